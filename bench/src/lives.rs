//! Whole lives in a closed loop, on one thread: each connection posts a message, waits for its notification, retrieves,
//! responds, begins the next.
//!
//! Outside the server, on the other core; it is the phones, and the SMSC that brings them their notifications.
//! Invariants: a life counts when its response was answered and every answer before it was as expected; the message
//! that is retrieved is as long as the one that was sent, and ends as it did; any failure ends the run.

use crate::pdu::Template;
use crate::{BenchError, clock, driver, report};
use hdrhistogram::Histogram;
use mms::{NotifyRespInd, Pdu, Status, Version};
use rustix::event::epoll::{self, EventData, EventFlags};
use std::collections::BTreeMap;
use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::os::fd::OwnedFd;
use std::time::{Duration, Instant};

/// A bare submission to the SMSC that is a notification.
pub const NOTIFICATION: u8 = 0x82;
/// A bare submission to the SMSC that is a delivery report.
pub const REPORT: u8 = 0x86;

/// What the numbers of recipients begin with, and how many digits follow.
const RECIPIENTS: &[u8] = b"9992";
const DIGITS: usize = 9;
/// X-Mms-Message-Type, the field that every PDU begins with (OMA MMS-ENC §7.3).
const MESSAGE_TYPE: u8 = 0x8c;
/// Octets read at once: a retrieved message and its head.
const ROOM_OCTETS: usize = 128 << 10;
/// The last octets of a message, which a retrieved one is compared by.
const COMPARED_OCTETS: usize = 4_096;
/// The event of the SMSC's connection.
const LINK: u64 = u64::MAX;

/// The number of a message's recipient, from its PDU: behind a plus, since other numbers may have the same digits.
#[must_use]
pub fn recipient(pdu: &[u8]) -> Option<u64> {
    let plus = pdu.windows(2).zip(1..).filter(|(window, _)| *window == b"+9");
    let mut places = plus.filter_map(|(_, at)| pdu.get(at..));
    number_in(places.find(|rest| rest.starts_with(RECIPIENTS))?)
}

/// The number behind the first mark of a recipient.
fn number_in(octets: &[u8]) -> Option<u64> {
    let at = octets
        .windows(RECIPIENTS.len())
        .position(|window| window == RECIPIENTS)?
        + RECIPIENTS.len();
    std::str::from_utf8(octets.get(at..at + DIGITS)?)
        .ok()?
        .parse()
        .ok()
}

/// Who speaks on the other side.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dialect {
    /// The bare server.
    Bare,
    /// MMS.
    Full,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    Submit,
    Wait,
    Retrieve,
    Respond,
}

/// What a notification says.
struct Notice {
    path: Vec<u8>,
    transaction: Vec<u8>,
}

struct Phone {
    stream: TcpStream,
    request: Template,
    small: Vec<u8>,
    sent: usize,
    step: Step,
    number: u64,
    begun: Instant,
    notice: Option<Notice>,
    /// How often the message was retrieved.
    retrieved: u32,
    answer: Vec<u8>,
    wants_room: bool,
}

/// What came of a time of driving.
#[derive(Debug)]
pub struct Lived {
    /// Lives that ended.
    pub lives: u64,
    /// Delivery reports that the SMSC was given.
    pub reports: u64,
    /// How long it went.
    pub elapsed: Duration,
    /// Microseconds of a life.
    pub life_us: Histogram<u64>,
}

/// The phones and their SMSC.
pub struct Lives {
    epoll: OwnedFd,
    phones: Vec<Phone>,
    waiting: BTreeMap<u64, usize>,
    link: TcpStream,
    heard: Vec<u8>,
    room: Vec<u8>,
    tail: Vec<u8>,
    dialect: Dialect,
    /// How often each message is retrieved before it is answered.
    retrievals: u32,
    next_number: u64,
    reports: u64,
}

impl Lives {
    /// Takes the server's link from the listener, and connects so many phones.
    ///
    /// # Errors
    /// What the system answered.
    pub fn connect(
        address: SocketAddr,
        listener: &TcpListener,
        phones: usize,
        template: &Template,
        dialect: Dialect,
    ) -> Result<Lives, BenchError> {
        let epoll = epoll::create(epoll::CreateFlags::CLOEXEC).map_err(io::Error::from)?;
        let (link, _) = listener.accept()?;
        link.set_nodelay(true)?;
        link.set_nonblocking(true)?;
        epoll::add(&epoll, &link, EventData::new_u64(LINK), EventFlags::IN).map_err(io::Error::from)?;
        let pdu = template.pdu();
        let tail = pdu
            .get(pdu.len().saturating_sub(COMPARED_OCTETS)..)
            .unwrap_or_default()
            .to_vec();
        let mut lives = Lives {
            epoll,
            phones: Vec::with_capacity(phones),
            waiting: BTreeMap::new(),
            link,
            heard: Vec::new(),
            room: vec![0; ROOM_OCTETS],
            tail,
            dialect,
            retrievals: 1,
            next_number: 0,
            reports: 0,
        };
        for index in 0..phones {
            let stream = TcpStream::connect(address)?;
            stream.set_nodelay(true)?;
            stream.set_nonblocking(true)?;
            let data = EventData::new_u64(index as u64);
            epoll::add(&lives.epoll, &stream, data, EventFlags::IN).map_err(io::Error::from)?;
            lives.phones.push(Phone {
                stream,
                request: template.clone(),
                small: Vec::new(),
                sent: 0,
                step: Step::Submit,
                number: 0,
                begun: clock(),
                notice: None,
                retrieved: 0,
                answer: Vec::new(),
                wants_room: false,
            });
            lives.begin(index)?;
        }
        Ok(lives)
    }

    /// From here on each message is retrieved so often (once at least) before it is answered: what one more costs is
    /// what a retrieval costs, and nothing else.
    #[must_use]
    pub fn retrieving(self, retrievals: u32) -> Lives {
        Lives { retrievals, ..self }
    }

    /// Drives for so long, or until so many lives have ended. What is under way at the end stays so.
    ///
    /// # Errors
    /// An answer that is not as expected, a connection that broke, a server that is silent.
    pub fn run(&mut self, time: Duration, lives_max: u64) -> Result<Lived, BenchError> {
        let mut life_us = report::microseconds()?;
        let (begun, reports) = (clock(), self.reports);
        let (mut now, mut lives) = (begun, 0);
        let mut events = Vec::with_capacity(driver::EVENTS_MAX);
        while now.duration_since(begun) < time && lives < lives_max {
            now = driver::wait(&self.epoll, &mut events)?;
            for event in &events {
                if event.data.u64() == LINK {
                    self.hear()?;
                    continue;
                }
                let index = event.data.u64() as usize;
                let flags = event.flags;
                if flags.contains(EventFlags::OUT) {
                    self.send(index)?;
                }
                let ends = EventFlags::IN | EventFlags::HUP | EventFlags::ERR;
                if flags.intersects(ends) && self.receive(index)? {
                    lives += 1;
                    if let Some(phone) = self.phones.get(index) {
                        life_us.saturating_record(now.duration_since(phone.begun).as_micros() as u64);
                    }
                    self.begin(index)?;
                }
            }
        }
        Ok(Lived {
            lives,
            reports: self.reports - reports,
            elapsed: now.duration_since(begun),
            life_us,
        })
    }

    /// Posts the next message on a connection.
    fn begin(&mut self, index: usize) -> Result<(), BenchError> {
        let number = self.next_number;
        self.next_number += 1;
        self.waiting.insert(number, index);
        if let Some(phone) = self.phones.get_mut(index) {
            phone.request.number(number);
            (phone.number, phone.step, phone.sent, phone.begun) = (number, Step::Submit, 0, clock());
            (phone.notice, phone.retrieved) = (None, 0);
        }
        self.send(index)
    }

    /// Gives the kernel what it takes of the request.
    fn send(&mut self, index: usize) -> Result<(), BenchError> {
        let Some(phone) = self.phones.get_mut(index) else {
            return Ok(());
        };
        let octets = match phone.step {
            Step::Submit => phone.request.octets(),
            _ => &phone.small,
        };
        let wants_room = driver::give(&phone.stream, octets, &mut phone.sent)?;
        if wants_room != phone.wants_room {
            phone.wants_room = wants_room;
            driver::watch(&self.epoll, &phone.stream, index, wants_room)?;
        }
        Ok(())
    }

    /// Reads what has come, and goes on when an answer is whole; says whether the life has ended with it.
    fn receive(&mut self, index: usize) -> Result<bool, BenchError> {
        let Some(phone) = self.phones.get_mut(index) else {
            return Ok(false);
        };
        match phone.stream.read(&mut self.room) {
            Ok(0) => return Err(BenchError::broken("the server closed a connection")),
            Ok(octets) => phone
                .answer
                .extend_from_slice(self.room.get(..octets).unwrap_or_default()),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(false),
            Err(error) => return Err(error.into()),
        }
        let Some(body_at) = body_of_whole(&phone.answer)? else {
            return Ok(false);
        };
        let body = phone.answer.get(body_at..).unwrap_or_default();
        match phone.step {
            Step::Submit => {
                if self.dialect == Dialect::Full && !driver::is_taken(body) {
                    return Err(BenchError::broken("a message was not taken"));
                }
                phone.step = Step::Wait;
            }
            Step::Retrieve if !body.ends_with(&self.tail) => {
                return Err(BenchError::broken("what was retrieved is not what was sent"));
            }
            Step::Retrieve if phone.retrieved + 1 < self.retrievals => {
                (phone.retrieved, phone.sent) = (phone.retrieved + 1, 0);
            }
            Step::Retrieve => {
                let notice = phone.notice.take();
                let transaction = notice.map(|notice| notice.transaction).unwrap_or_default();
                phone.small = response(phone.number, &transaction);
                (phone.step, phone.sent) = (Step::Respond, 0);
            }
            Step::Respond => {
                phone.answer.clear();
                return Ok(true);
            }
            Step::Wait => return Err(BenchError::broken("an answer to nothing")),
        }
        phone.answer.clear();
        match phone.step {
            Step::Wait => self.retrieve(index),
            _ => self.send(index),
        }?;
        Ok(false)
    }

    /// Asks for the message where it is answered and notified.
    fn retrieve(&mut self, index: usize) -> Result<(), BenchError> {
        let Some(phone) = self.phones.get_mut(index) else {
            return Ok(());
        };
        let (Step::Wait, Some(notice)) = (phone.step, &phone.notice) else {
            return Ok(());
        };
        phone.small.clear();
        let path = String::from_utf8_lossy(&notice.path);
        write!(
            phone.small,
            "GET {path} HTTP/1.1\r\nHost: mms.bench.invalid\r\nX-MSISDN: +9992{:09}\r\nUser-Agent: bench\r\n\r\n",
            phone.number
        )?;
        (phone.step, phone.sent) = (Step::Retrieve, 0);
        self.send(index)
    }

    /// The SMSC's side: every request is answered with Ok, all that came together at once.
    fn hear(&mut self) -> Result<(), BenchError> {
        match self.link.read(&mut self.room) {
            Ok(0) => return Err(BenchError::broken("the server closed the link")),
            Ok(octets) => self
                .heard
                .extend_from_slice(self.room.get(..octets).unwrap_or_default()),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(()),
            Err(error) => return Err(error.into()),
        }
        let heard = std::mem::take(&mut self.heard);
        let (mut at, mut output) = (0, Vec::new());
        while let Some(frame) = frame_at(&heard, at) {
            at += frame.len();
            let word = |from: usize| frame.get(from..from + 4).unwrap_or_default();
            let body: &[u8] = match word(4) {
                [0, 0, 0, 4] => {
                    self.submitted(frame)?;
                    b"1\0"
                }
                [0, 0, 0, 1 | 2 | 9] => b"s\0",
                _ => b"",
            };
            output.extend_from_slice(&(16 + body.len() as u32).to_be_bytes());
            output.push(0x80);
            output.extend_from_slice(frame.get(5..8).unwrap_or_default());
            output.extend_from_slice(&[0; 4]);
            output.extend_from_slice(word(12));
            output.extend_from_slice(body);
        }
        self.heard = heard.get(at..).unwrap_or_default().to_vec();
        // Answers are some octets: they fit into a socket's buffer.
        self.link.write_all(&output).map_err(BenchError::from)
    }

    /// A submission: a notification wakes its phone, a report is counted.
    fn submitted(&mut self, frame: &[u8]) -> Result<(), BenchError> {
        let body = frame.get(16..).unwrap_or_default();
        let (number, notice) = match self.dialect {
            Dialect::Bare if body.first() == Some(&REPORT) => (None, None),
            Dialect::Bare => {
                let number = body.get(1..9).and_then(|octets| octets.try_into().ok());
                let notice = Notice {
                    path: b"/".to_vec(),
                    transaction: vec![b'.'; 22],
                };
                (number.map(u64::from_be_bytes), Some(notice))
            }
            Dialect::Full => notice_in(body)?,
        };
        let (Some(number), Some(notice)) = (number, notice) else {
            self.reports += 1;
            return Ok(());
        };
        let Some(index) = self.waiting.remove(&number) else {
            return Err(BenchError::broken("a notification of nothing, or a second one"));
        };
        if let Some(phone) = self.phones.get_mut(index) {
            phone.notice = Some(notice);
        }
        self.retrieve(index)
    }
}

/// The whole frame that begins there (SMPP 3.4 §3.2: four octets of length first).
fn frame_at(octets: &[u8], at: usize) -> Option<&[u8]> {
    let length = octets.get(at..at + 4)?.try_into().ok().map(u32::from_be_bytes)?;
    octets.get(at..at + (length as usize).max(16))
}

/// The number and the place that a notification tells; nothing for a delivery report.
fn notice_in(body: &[u8]) -> Result<(Option<u64>, Option<Notice>), BenchError> {
    let starts = |kind: u8| body.windows(2).position(|window| window == [MESSAGE_TYPE, kind]);
    let Some(at) = starts(NOTIFICATION) else {
        return Ok((None, None));
    };
    let Ok(Pdu::NotificationInd(notification)) = Pdu::read(body.get(at..).unwrap_or_default()) else {
        return Err(BenchError::broken(
            "a notification can't be read: does it fit one segment?",
        ));
    };
    let location = notification.content_location;
    let path_at = location
        .iter()
        .rposition(|octet| *octet == b'/')
        .unwrap_or_default();
    let notice = Notice {
        path: location.get(path_at..).unwrap_or_default().to_vec(),
        transaction: notification.transaction_id.to_vec(),
    };
    Ok((number_in(body.get(..at).unwrap_or_default()), Some(notice)))
}

/// M-NotifyResp.ind with its head.
fn response(number: u64, transaction: &[u8]) -> Vec<u8> {
    let mut pdu = Vec::with_capacity(64);
    NotifyRespInd::new(transaction, Version::V1_2, Status::Retrieved).write(&mut pdu);
    let head = format!(
        "POST / HTTP/1.1\r\nHost: mms.bench.invalid\r\nX-MSISDN: +9992{number:09}\r\nContent-Type: \
         application/vnd.wap.mms-message\r\nContent-Length: {}\r\nUser-Agent: bench\r\n\r\n",
        pdu.len()
    );
    [head.as_bytes(), &pdu].concat()
}

/// Where the body of an answer begins that has come whole and is a success.
fn body_of_whole(answer: &[u8]) -> Result<Option<usize>, BenchError> {
    let Some(head) = driver::head(answer)? else {
        return Ok(None);
    };
    if answer.len() < head.octets + head.body_octets.unwrap_or_default() {
        return Ok(None);
    }
    match head.code {
        Some(200 | 204) => Ok(Some(head.octets)),
        code => Err(BenchError::broken(format!("answered {code:?}"))),
    }
}
