//! The phones: they send, repeat, fetch, answer and forward, mostly as they should.
//!
//! Acts for subscribers in a run. Requests go over the network; what comes back decides what a phone does next, as far
//! as it has heard. Invariant: everything that is submitted stands in the book before it leaves.

mod nonsense;

use super::Walk;
use super::doing::{Doing, Framing, Known, Style, phone, write};
use super::peer::{FOREIGN, FURTHER};
use crate::book::Submission;
use crate::event::{Asked, Question};
use crate::net::{Manner, Outcome, Request};
use crate::phone::{forward_req, note_of, notify_resp, number, read_rec, send_req};
use crate::swarm::{PHONES, choose};
use base::{MessageId, Msisdn};
use mms::{AcknowledgeInd, Pdu, SenderVisibility, Status, Time, Version};
use shard::Answer;

/// Octets of contents.
const CONTENTS: [u64; 4] = [10, 500, 5_000, 40_000];

impl Walk {
    /// One phone does something.
    pub(super) fn act(&mut self) {
        match choose(&mut self.world.dice, &self.swarm.acts) {
            0 => self.send(),
            1 => self.repeat(),
            2 => self.react(),
            3 => self.forward(),
            4 => self.talk_nonsense(),
            5 => self.bring(),
            _ if self.one_in(2) => {
                let ms = [100, 1_000, 30_000, 400_000][self.dice(4) as usize];
                self.pass(ms);
            }
            _ => {}
        }
    }

    /// Sends a request for a phone.
    pub(super) fn ask(&mut self, who: u64, doing: Doing, method: &str, target: &str, body: &[u8]) {
        let framing = match self.dice(6) {
            0 => Framing::Chunked,
            1 => Framing::Expecting,
            _ => Framing::Length,
        };
        let name = phone(who);
        let style = Style {
            who: Some(&name),
            method,
            target,
            media_type: "application/vnd.wap.mms-message",
            framing,
        };
        self.begin(doing, style, body);
    }

    pub(super) fn begin(&mut self, doing: Doing, style: Style<'_>, body: &[u8]) {
        self.tell(|| {
            format!(
                "{:?} begins {} {} for {doing:?}",
                style.who, style.method, style.target
            )
        });
        self.begin_octets(doing, write(style, body));
    }

    /// Sends octets that may be a request, or not quite.
    pub(super) fn begin_octets(&mut self, doing: Doing, request: Request) {
        self.exchanges += 1;
        self.doing.insert(self.exchanges, doing);
        let manner = Manner {
            reuses: self.one_in(self.swarm.reuse),
            is_slow: !self.is_calm && self.one_in(self.swarm.slow),
        };
        self.coverage
            .add("fault: connection slow", u64::from(manner.is_slow));
        self.net
            .begin(self.world.now.monotonic.0, self.exchanges, request, manner);
    }

    fn post(&mut self, who: u64, body: &[u8]) {
        self.ask(who, Doing::Other, "POST", "/", body);
    }

    /// Posts an answer about a message: to the service, or to the message's own URL.
    fn respond(&mut self, who: u64, known: &Known, body: &[u8]) {
        let target = match self.dice(2) {
            0 => "/",
            _ => known.note.location.as_str(),
        };
        self.ask(who, Doing::Other, "POST", target, body);
    }

    fn send(&mut self) {
        self.coverage.count("act: sends");
        let from = self.dice(PHONES);
        let mut visible: Vec<String> = (0..=self.dice(2)).map(|_| phone(self.dice(PHONES))).collect();
        if self.one_in(6) {
            visible.push("nobody@example.invalid".to_owned());
        }
        if self.one_in(self.swarm.abroad) {
            visible.push(self.foreigner());
        }
        let mut hidden = Vec::new();
        if self.one_in(5) {
            hidden.push(self.anybody());
        }
        let number = self.book.len();
        let mut content = format!("<{number}>").into_bytes();
        let octets = CONTENTS[choose(&mut self.world.dice, &self.swarm.contents)];
        content.resize(content.len() + octets as usize, b'.');
        let is_anonymous = self.world.shape.profile.mm1.sender_hiding && self.one_in(6);
        let submission = Submission {
            from: digits(&phone(from)),
            transaction: format!("S{number}"),
            visible,
            hidden,
            is_anonymous,
            content,
            is_brought: false,
            is_forward: false,
            forwards: None,
            attempts: Vec::new(),
            ids: Vec::new(),
        };
        let number = self.book.enter(submission);
        let pdu = self.compose(number);
        self.book.submission_mut(number).attempts.push(pdu.clone());
        self.ask(from, Doing::Submit(number), "POST", "/", &pdu);
        if self.one_in(8) {
            // A phone, or a proxy in between, that tries again on another connection before it has heard anything.
            self.coverage.count("act: sends twice at once");
            self.ask(from, Doing::Submit(number), "POST", "/", &pdu);
        }
    }

    /// A phone, or now and then a subscriber of the other operator.
    fn anybody(&mut self) -> String {
        match self.one_in(self.swarm.abroad) {
            true => self.foreigner(),
            false => phone(self.dice(PHONES)),
        }
    }

    /// A subscriber of another operator: of either, where there are two.
    fn foreigner(&mut self) -> String {
        let is_far = self.swarm.passes > 0 && self.one_in(2);
        let first = if is_far { FURTHER } else { FOREIGN };
        (first + self.dice(4)).to_string()
    }

    fn compose(&mut self, number: usize) -> Vec<u8> {
        let submission = self.book.submission(number).clone();
        let hidden: Vec<String> = submission
            .hidden
            .iter()
            .map(|text| format!("bcc:{}", dialled(text)))
            .collect();
        let visible: Vec<String> = submission.visible.iter().map(|text| dialled(text)).collect();
        let to: Vec<&str> = visible.iter().chain(&hidden).map(String::as_str).collect();
        let (report, read) = (self.dice(3) > 0, self.dice(3) == 0);
        let expiry = [None, Some(Time::Relative(3_600))][self.dice(2) as usize];
        let delivery = [None, None, None, Some(Time::Relative(100))][self.dice(4) as usize];
        let date = (self.dice(3) > 0).then_some(self.world.now.wall.0 / 1_000);
        send_req(&submission.transaction, &to, &submission.content, |send| {
            send.delivery_report = Some(report);
            send.read_report = Some(read);
            send.date_unix_s = date;
            (send.expiry, send.delivery_time) = (expiry, delivery);
            if submission.is_anonymous {
                send.sender_visibility = Some(SenderVisibility::Hide);
            }
        })
    }

    /// The same again; Date is rewritten, where there is one.
    fn repeat(&mut self) {
        if self.unsure.is_empty() {
            return;
        }
        let at = self.dice(self.unsure.len() as u64) as usize;
        let number = self.unsure.swap_remove(at);
        let submission = self.book.submission(number);
        let (who, first) = (submission.from % 100, submission.attempts[0].clone());
        let pdu = redated(&first, self.world.now.wall.0 / 1_000).unwrap_or(first);
        self.coverage.count("act: sends again, with another Date");
        self.book.submission_mut(number).attempts.push(pdu.clone());
        self.ask(who, Doing::Submit(number), "POST", "/", &pdu);
    }

    fn any_note(&mut self) -> Option<Known> {
        let at = self.dice(self.notes.len() as u64) as usize;
        self.notes.get(at).cloned()
    }

    /// A phone does something about a notification it has had: mostly the right thing.
    fn react(&mut self) {
        let Some(known) = self.any_note() else { return };
        if !self.one_in(self.swarm.mischief) {
            return self.fetch(&known);
        }
        let (who, id) = (known.who, MessageId::from_bits(known.message));
        let other = (who + 1 + self.dice(PHONES - 1)) % PHONES;
        let say = |status| notify_resp(&known.note.transaction, status, None);
        match self.dice(9) {
            0 | 1 => {
                self.coverage.count("act: answers Deferred");
                self.respond(who, &known, &say(Status::Deferred));
            }
            2 => {
                self.coverage.count("act: answers Retrieved without a GET");
                self.respond(who, &known, &say(Status::Retrieved));
            }
            3 => {
                self.coverage.count("act: answers Rejected");
                self.respond(who, &known, &say(Status::Rejected));
            }
            4 => {
                self.coverage.count("act: answers Unrecognised");
                self.respond(who, &known, &say(Status::Unrecognised));
                self.respond(who, &known, &say(Status::Unrecognised));
            }
            5 => {
                self.coverage.count("act: fetches what is another's");
                let stolen = Known { who: other, ..known };
                self.fetch(&stolen);
            }
            6 => {
                self.coverage.count("act: answers for another");
                let status = [Status::Retrieved, Status::Rejected][self.dice(2) as usize];
                self.respond(other, &known, &say(status));
            }
            7 => {
                self.coverage.count("act: reports a reading of another's");
                self.post(other, &read_rec(id, &phone(other)));
            }
            _ => {
                self.coverage.count("act: reports a reading");
                self.post(who, &read_rec(id, &phone(who)));
            }
        }
    }

    pub(super) fn fetch(&mut self, known: &Known) {
        self.coverage.count("act: fetches");
        let path = match self.dice(2) {
            0 => known.note.location.clone(),
            _ => format!("/{}", known.note.location.rsplit('/').next().unwrap_or_default()),
        };
        self.ask(known.who, Doing::Fetch(known.clone()), "GET", &path, &[]);
    }

    fn forward(&mut self) {
        let Some(known) = self.any_note() else { return };
        let Some(original) = self.of_message.get(&known.message).copied() else {
            return;
        };
        self.coverage.count("act: forwards");
        let onward = self.anybody();
        let transaction = format!("F{}", self.book.len());
        let denies = self.one_in(4);
        let pdu = forward_req(
            &transaction,
            &[&dialled(&onward)],
            &known.note.location,
            |forward| {
                forward.report_allowed = denies.then_some(false);
            },
        );
        let submission = Submission {
            from: digits(&phone(known.who)),
            transaction,
            visible: vec![onward],
            hidden: Vec::new(),
            is_anonymous: false,
            content: self.book.submission(original).content.clone(),
            is_brought: false,
            is_forward: true,
            forwards: Some(known.message),
            attempts: vec![pdu.clone()],
            ids: Vec::new(),
        };
        let number = self.book.enter(submission);
        self.ask(known.who, Doing::Submit(number), "POST", "/", &pdu);
    }

    /// An exchange is over: the phone goes on with what it heard.
    pub(super) fn over(&mut self, exchange: u32, outcome: Outcome) {
        let Some(doing) = self.doing.remove(&exchange) else {
            return;
        };
        let answer = match outcome {
            Outcome::Answered(answer) => answer,
            Outcome::Broken => {
                self.coverage.count("fault: exchange broken");
                if let Doing::Submit(number) = doing {
                    self.unsure.push(number);
                }
                return;
            }
        };
        let refusal = refusal(answer.status, &answer.body);
        self.coverage.refusal(&refusal);
        self.tell(|| format!("{doing:?} is answered {} {refusal}", answer.status));
        match doing {
            Doing::Submit(number) => self.submitted(number, &answer.body),
            Doing::Fetch(known) if answer.status == 200 => self.fetched(&known, &answer.body),
            Doing::Fetch(_) => {}
            Doing::Other => {}
        }
    }

    fn submitted(&mut self, number: usize, body: &[u8]) {
        let status = match Pdu::read(body) {
            Ok(Pdu::SendConf(conf)) => conf.response_status.octet(),
            Ok(Pdu::ForwardConf(conf)) => conf.response_status.octet(),
            // Refused in HTTP's words: to be tried again.
            _ => 0xc0,
        };
        self.coverage
            .add("outcome: submission answered Ok", u64::from(status == 0x80));
        if status == 0xc0 || (status == 0x80 && self.one_in(3)) {
            self.unsure.push(number);
        }
    }

    fn fetched(&mut self, known: &Known, body: &[u8]) {
        let Ok(Pdu::RetrieveConf(conf)) = Pdu::read(body) else {
            let what = format!("{:?} is no M-Retrieve.conf", Pdu::read(body));
            return self.court.find("codec", what);
        };
        if conf.retrieve_status.is_some() {
            return;
        }
        self.coverage.count("outcome: content arrived");
        let transaction = conf.transaction_id.unwrap_or_default().to_vec();
        let (who, id) = (known.who, MessageId::from_bits(known.message));
        if self.is_calm || !self.one_in(6) {
            self.coverage.count("act: acknowledges");
            let pdu = match self.one_in(2) {
                true => notify_resp(&known.note.transaction, Status::Retrieved, None),
                false => {
                    let mut pdu = Vec::new();
                    AcknowledgeInd::new(&transaction, Version::V1_2).write(&mut pdu);
                    pdu
                }
            };
            self.respond(who, known, &pdu);
            if self.one_in(5) {
                self.respond(who, known, &pdu);
            }
        }
        if self.one_in(3) {
            self.coverage.count("act: reports a reading");
            self.post(who, &read_rec(id, &phone(who)));
        }
    }

    /// A shard has answered: of refusals the reason is counted, of submissions what may not be.
    pub(super) fn said(&mut self, question: &Question, answer: &Answer) {
        let Asked::Submission(number) = question.asked else {
            return;
        };
        let octets = crate::phone::pdu_of(answer);
        let status = match Pdu::read(&octets) {
            Ok(Pdu::SendConf(conf)) => conf.response_status.octet(),
            Ok(Pdu::ForwardConf(conf)) => conf.response_status.octet(),
            _ => return,
        };
        // A copy that is over or was never the asker's cannot be forwarded.
        let is_forward = self.book.submission(number).is_forward;
        let may_be = matches!(status, 0x80 | 0xc0) || (status == 0xe4 && is_forward);
        if !may_be {
            self.court
                .find("admission", format!("submission {number} is refused: {status:x}"));
        }
    }

    /// Phones hear what was pushed to them.
    pub(super) fn take_pushes(&mut self) {
        // What a bearer carries they hear from it; in calm weather of all that there is, as if told once more.
        if self.world.shape.profile.push.is_carried() && !self.is_calm {
            return;
        }
        while let Some(push) = self.world.ledger.pushes.get(self.pushes_seen) {
            self.pushes_seen += 1;
            if let Some(note) = note_of(&push.pdu, push.at) {
                let known = Known {
                    who: push.to % 100,
                    note,
                    message: push.message,
                    recipient: push.recipient,
                };
                self.know(known);
            }
        }
    }

    pub(super) fn know(&mut self, known: Known) {
        self.notes.retain(|other| other.note.token != known.note.token);
        self.notes.push(known);
    }
}

/// The sentence that a refusal carries; nothing of other answers.
fn refusal(status: u16, body: &[u8]) -> String {
    let text = match Pdu::read(body) {
        Ok(Pdu::SendConf(conf)) => conf.response_text.map(|text| text.text),
        Ok(Pdu::ForwardConf(conf)) => conf.response_text.map(|text| text.text),
        Ok(Pdu::RetrieveConf(conf)) => conf.retrieve_text.map(|text| text.text),
        _ if status >= 400 => Some(body),
        _ => None,
    };
    String::from_utf8_lossy(text.unwrap_or_default()).into_owned()
}

/// A number as phones write it: another country's with its `+`.
pub(super) fn dialled(text: &str) -> String {
    let is_foreign = text
        .parse()
        .is_ok_and(|number: u64| [FOREIGN / 100, FURTHER / 100].contains(&(number / 100)));
    format!("{}{text}", if is_foreign { "+" } else { "" })
}

fn digits(text: &str) -> u64 {
    Msisdn::digits(number(text))
}

/// The PDU with another Date, where it has one: a long integer of four octets.
fn redated(pdu: &[u8], unix_s: u64) -> Option<Vec<u8>> {
    let Ok(Pdu::SendReq(send)) = Pdu::read(pdu) else {
        return None;
    };
    let old = u32::try_from(send.date_unix_s?).ok()?.to_be_bytes();
    let field = [mms::field::DATE, 4, old[0], old[1], old[2], old[3]];
    let at = pdu.windows(field.len()).position(|window| window == field)?;
    let mut again = pdu.to_vec();
    again[at + 2..at + 6].copy_from_slice(&u32::try_from(unix_s).ok()?.to_be_bytes());
    Some(again)
}
