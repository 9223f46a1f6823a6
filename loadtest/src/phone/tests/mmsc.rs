//! An MMSC in memory that answers at once, and errs as it is told: on every fifth message.

use crate::driver::{Actor, Answer, Desk, Failure, Outcome, Pace, Times};
use crate::phone::{ADMIN, Phones};
use crate::record::Counts;
use mms::address::PlmnText;
use mms::*;
use std::collections::{BTreeMap, BinaryHeap};

/// What it does wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    None,
    /// Says Ok and tells nobody.
    Forget,
    /// Changes an octet.
    Corrupt,
    /// Hands out another's message.
    Swap,
    NoReport,
    NoRead,
    TwoReports,
    /// A second notification under another location.
    TwoNotifications,
    /// The same notification again.
    Repeat,
    /// A repeat of a transaction becomes a second message.
    TwoMessages,
    Refuse,
}

#[derive(Default)]
struct Mmsc {
    messages: Vec<Vec<u8>>,
    transactions: BTreeMap<Vec<u8>, usize>,
    pushes: BTreeMap<String, Vec<Vec<u8>>>,
}

/// A millisecond for every exchange.
const STEP_NS: u64 = 1_000_000;

/// Turns the clock until all has ended and been looked at; gives what was counted.
pub(super) fn drive(phones: &mut Phones, fault: Fault) -> Counts {
    let (mut mmsc, mut desk, mut now_ns) = (Mmsc::default(), Desk::default(), 1);
    let mut wakes: BinaryHeap<std::cmp::Reverse<(u64, u64)>> = BinaryHeap::new();
    let mut is_looking = false;
    for _ in 0..10_000_000 {
        phones.due(now_ns, &mut desk);
        while wakes.peek().is_some_and(|wake| wake.0.0 <= now_ns) {
            let token = wakes.pop().unwrap().0.1;
            phones.woken(token, now_ns, &mut desk);
        }
        for ask in desk.take_asks() {
            let mut front = Vec::new();
            let shape = phones.compose(ask.token, &mut front);
            let times = Times {
                due_ns: ask.due_ns,
                sent_ns: now_ns,
                done_ns: now_ns + STEP_NS,
            };
            if matches!(shape.pace, Pace::CutAt(_)) {
                phones.concluded(ask.token, Outcome::Failed(Failure::Cut), times, &mut desk);
                continue;
            }
            front.extend_from_slice(shape.body.as_deref().unwrap_or_default());
            front.extend_from_slice(shape.tail);
            let (status, head, body) = mmsc.answer(ask.target == ADMIN, &front, fault);
            let answer = Answer {
                status,
                head: head.as_bytes(),
                body: &body,
            };
            phones.concluded(ask.token, Outcome::Answered(answer), times, &mut desk);
        }
        wakes.extend(desk.take_wakes().into_iter().map(std::cmp::Reverse));
        if phones.is_over(now_ns) {
            if !is_looking {
                is_looking = true;
                phones.begin_looking(&mut desk, now_ns);
            } else if phones.has_looked() {
                return phones.recorder.counts;
            }
        }
        now_ns += STEP_NS;
    }
    panic!("the lives do not end: {:?}", phones.recorder.counts);
}

fn is_wrong(message: usize) -> bool {
    message % 5 == 2
}

impl Mmsc {
    fn answer(&mut self, is_admin: bool, octets: &[u8], fault: Fault) -> (u16, String, Vec<u8>) {
        let request = read(octets);
        if is_admin {
            let (number, query) = request
                .target()
                .trim_start_matches("/v1/outbox/")
                .split_once('?')
                .unwrap();
            let after: usize = query.split(['=', '&']).nth(1).unwrap().parse().unwrap();
            let push = self.pushes.get(number).and_then(|pushes| pushes.get(after));
            return match push {
                Some(pdu) => (
                    200,
                    format!("HTTP/1.1 200 OK\r\nOutbox-Seq: {}\r\n\r\n", after + 1),
                    pdu.clone(),
                ),
                None => (204, String::new(), Vec::new()),
            };
        }
        let number = String::from_utf8(request.field("x-msisdn").unwrap().to_vec()).unwrap();
        if request.body.is_empty() {
            return (200, String::new(), self.retrieve(request.path(), fault));
        }
        let body = match Pdu::read(&request.body).unwrap() {
            Pdu::SendReq(message) => self.submit(&number, &message, &request.body, fault),
            Pdu::AcknowledgeInd(end) => self.end(end.transaction_id, fault),
            Pdu::NotifyRespInd(end) => self.end(end.transaction_id, fault),
            Pdu::ReadRecInd(read) => self.read(read.message_id, fault),
            other => panic!("{other:?}"),
        };
        (200, String::new(), body)
    }

    fn push(&mut self, number: &str, write: impl FnOnce(&mut Vec<u8>)) {
        let mut pdu = Vec::new();
        write(&mut pdu);
        self.pushes
            .entry(number.trim_start_matches('+').to_owned())
            .or_default()
            .push(pdu);
    }

    fn submit(&mut self, sender: &str, message: &SendReq<'_>, whole: &[u8], fault: Fault) -> Vec<u8> {
        let key = [sender.as_bytes(), message.transaction_id].concat();
        let known = self.transactions.get(&key).copied();
        let number = match known {
            Some(known) if !(fault == Fault::TwoMessages) => known,
            _ => {
                self.messages.push([sender.as_bytes(), b"|", whole].concat());
                self.messages.len() - 1
            }
        };
        self.transactions.insert(key, number);
        let is_refused = fault == Fault::Refuse && is_wrong(number);
        let status = if is_refused {
            ResponseStatus::TransientFailure
        } else {
            ResponseStatus::Ok
        };
        let id = format!("id-{number}");
        let mut conf = SendConf::new(message.transaction_id, Version::V1_2, status);
        conf.message_id = (!is_refused).then_some(id.as_bytes());
        let mut out = Vec::new();
        conf.write(&mut out);
        if known.is_none() && !is_refused && !(fault == Fault::Forget && is_wrong(number)) {
            self.notify(message, number, "");
            if fault == Fault::TwoNotifications && is_wrong(number) {
                self.notify(message, number, "x");
            }
            if fault == Fault::Repeat {
                self.notify(message, number, "");
            }
        }
        out
    }

    fn notify(&mut self, message: &SendReq<'_>, number: usize, suffix: &str) {
        let recipient = message.recipients.iter().next().unwrap();
        let to = String::from_utf8_lossy(recipient.address.text.text).into_owned();
        let location = format!("http://mmsc/{number}{suffix}");
        let transaction = format!("n{number}");
        let (class, expiry) = (MessageClass::Personal, Time::Relative(60));
        let mut push = NotificationInd::new(
            transaction.as_bytes(),
            Version::V1_2,
            class,
            1,
            expiry,
            location.as_bytes(),
        );
        push.subject = message.subject;
        self.push(to.trim_end_matches("/TYPE=PLMN"), |out| push.write(out));
    }

    fn retrieve(&self, path: &str, fault: Fault) -> Vec<u8> {
        let digits: String = path.chars().filter(char::is_ascii_digit).collect();
        // A personality may append the transaction `n12` to `/12`: the digits twice.
        let number: usize = match path.split_once('n') {
            Some((_, number)) => number.parse().unwrap(),
            None => digits.parse().unwrap(),
        };
        let number = if fault == Fault::Swap && is_wrong(number) {
            number - 1
        } else {
            number
        };
        let stored = &self.messages[number];
        let at = stored.iter().position(|octet| *octet == b'|').unwrap() + 1;
        let Pdu::SendReq(message) = Pdu::read(&stored[at..]).unwrap() else {
            panic!()
        };
        let transaction = format!("r{number}");
        let id = format!("id-{number}");
        let mut conf = RetrieveConf::new(Version::V1_2, 1_700_000_000, message.content);
        conf.transaction_id = Some(transaction.as_bytes());
        conf.message_id = Some(id.as_bytes());
        let mut out = Vec::new();
        conf.write(&mut out);
        out.extend_from_slice(message.content.body);
        if fault == Fault::Corrupt && is_wrong(number) {
            let last = out.len() - 100;
            out[last] ^= 0x40;
        }
        out
    }

    fn sender(&self, number: usize) -> String {
        String::from_utf8_lossy(
            self.messages[number]
                .split(|octet| *octet == b'|')
                .next()
                .unwrap(),
        )
        .into_owned()
    }

    fn end(&mut self, transaction: &[u8], fault: Fault) -> Vec<u8> {
        let number: usize = std::str::from_utf8(&transaction[1..]).unwrap().parse().unwrap();
        let (sender, id, to) = (self.sender(number), format!("id-{number}"), PlmnText::new(9_992));
        let times = match fault {
            Fault::NoReport if is_wrong(number) => 0,
            Fault::TwoReports if is_wrong(number) => 2,
            _ => 1,
        };
        for _ in 0..times {
            let report = DeliveryInd::new(Version::V1_2, id.as_bytes(), to.address(), 1, Status::Retrieved);
            self.push(&sender, |out| report.write(out));
        }
        Vec::new()
    }

    fn read(&mut self, id: &[u8], fault: Fault) -> Vec<u8> {
        let number: usize = std::str::from_utf8(&id[3..]).unwrap().parse().unwrap();
        if !(fault == Fault::NoRead && is_wrong(number)) {
            let (sender, to) = (self.sender(number), PlmnText::new(9_991));
            let from = Originator::Insert;
            let report = ReadOrigInd::new(Version::V1_2, id, to.address(), from, 1, ReadStatus::Read);
            self.push(&sender, |out| report.write(out));
        }
        Vec::new()
    }
}

fn read(octets: &[u8]) -> http1::Request {
    let mut connection = http1::Connection::new(http1::Limits::DEFAULT, 0);
    let mut rest = octets;
    loop {
        match connection.step(1) {
            http1::Step::NeedMore { .. } => {
                let taken = connection.receive(rest, 1);
                assert!(taken > 0, "the request is not whole");
                rest = &rest[taken..];
            }
            http1::Step::Continue100 => {}
            http1::Step::Request(request) => return request,
            other => panic!("{other:?}"),
        }
    }
}
