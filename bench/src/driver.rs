//! A closed loop of keep-alive connections, on one thread: each posts a message, waits for its answer, posts the next.
//!
//! Outside the server, on the other core. Closed on purpose: the question is what a message costs a busy server, not
//! how long a phone waits (that is `loadtest`'s, and open). Invariants: a message counts only when its answer was read
//! whole and says that it was taken; the connections' requests are made once and numbered in place, so that the driver
//! has time to spare; any failure ends the run.

use crate::pdu::Template;
use crate::{BenchError, clock, report};
use hdrhistogram::Histogram;
use mms::{Pdu, StatusClass};
use rustix::event::epoll::{self, Event, EventData, EventFlags};
use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::os::fd::OwnedFd;
use std::time::{Duration, Instant};

/// Events taken at a time.
pub(crate) const EVENTS_MAX: usize = 256;
/// Longest answer that is expected: a head and some tens of octets.
pub const ANSWER_OCTETS_MAX: usize = 4_096;
/// A server that says nothing for so long is stuck.
const PATIENCE: Duration = Duration::from_secs(20);

/// What an answer must be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expect {
    /// Status 200, whatever it says.
    Status200,
    /// Status 200 and an M-Send.conf whose status is Ok.
    SendConfOk,
}

/// What came of a time of driving.
#[derive(Debug)]
pub struct Driven {
    /// Messages answered as expected.
    pub messages: u64,
    /// How long it went.
    pub elapsed: Duration,
    /// Microseconds from the first octet sent to the answer's last.
    pub latency_us: Histogram<u64>,
}

impl Driven {
    /// Messages a second.
    #[must_use]
    pub fn rate(&self) -> f64 {
        self.messages as f64 / self.elapsed.as_secs_f64()
    }
}

/// The driver.
#[derive(Debug)]
pub struct Driver {
    epoll: OwnedFd,
    connections: Vec<Connection>,
    first_number: u64,
    next_number: u64,
    expect: Expect,
    /// Nothing new is posted; so many connections have been answered.
    is_ending: bool,
    ended: usize,
}

#[derive(Debug)]
struct Connection {
    stream: TcpStream,
    request: Template,
    sent: usize,
    begun: Instant,
    answer: Vec<u8>,
    wants_room: bool,
}

impl Driver {
    /// Connects so many connections; numbers messages from `first_number` on.
    ///
    /// # Errors
    /// What the system answered.
    pub fn connect(
        address: SocketAddr,
        connections: usize,
        template: &Template,
        first_number: u64,
        expect: Expect,
    ) -> Result<Driver, BenchError> {
        let epoll = epoll::create(epoll::CreateFlags::CLOEXEC).map_err(io::Error::from)?;
        let mut driver = Driver {
            epoll,
            connections: Vec::with_capacity(connections),
            first_number,
            next_number: first_number,
            expect,
            is_ending: false,
            ended: 0,
        };
        for index in 0..connections as u64 {
            let stream = TcpStream::connect(address)?;
            stream.set_nodelay(true)?;
            stream.set_nonblocking(true)?;
            let data = EventData::new_u64(index);
            epoll::add(&driver.epoll, &stream, data, EventFlags::IN).map_err(io::Error::from)?;
            let mut connection = Connection {
                stream,
                request: template.clone(),
                sent: 0,
                begun: clock(),
                answer: Vec::with_capacity(ANSWER_OCTETS_MAX),
                wants_room: false,
            };
            connection.request.number(driver.next_number);
            driver.next_number += 1;
            driver.connections.push(connection);
        }
        for index in 0..connections {
            driver.send(index)?;
        }
        Ok(driver)
    }

    /// The number that the next message gets: below it all were sent.
    #[must_use]
    pub fn next_number(&self) -> u64 {
        self.next_number
    }

    /// Drives for so long, or until so many messages were answered. What is under way at the end stays so.
    ///
    /// # Errors
    /// An answer that is not as expected, a connection that broke, a server that is silent.
    pub fn run(&mut self, time: Duration, messages_max: u64) -> Result<Driven, BenchError> {
        let mut latency_us = report::microseconds()?;
        let begun = clock();
        let (mut now, mut messages) = (begun, 0);
        let mut events = Vec::with_capacity(EVENTS_MAX);
        while now.duration_since(begun) < time
            && messages < messages_max
            && self.ended < self.connections.len()
        {
            now = wait(&self.epoll, &mut events)?;
            for event in &events {
                let index = event.data.u64() as usize;
                let flags = event.flags;
                if flags.contains(EventFlags::OUT) {
                    self.send(index)?;
                }
                if flags.intersects(EventFlags::IN | EventFlags::HUP | EventFlags::ERR)
                    && let Some(begun) = self.receive(index)?
                {
                    messages += 1;
                    latency_us.saturating_record(now.duration_since(begun).as_micros() as u64);
                    if self.is_ending {
                        self.ended += 1;
                    } else {
                        self.begin(index, now)?;
                    }
                }
            }
        }
        Ok(Driven {
            messages,
            elapsed: now.duration_since(begun),
            latency_us,
        })
    }

    /// Waits for what is under way; answers how many messages were posted and taken since the beginning.
    ///
    /// # Errors
    /// As of [`run`](Self::run).
    pub fn finish(&mut self, time: Duration) -> Result<u64, BenchError> {
        self.is_ending = true;
        self.run(time, u64::MAX)?;
        Ok(self.next_number - self.first_number)
    }

    /// Posts the next message on a connection.
    fn begin(&mut self, index: usize, now: Instant) -> Result<(), BenchError> {
        let number = self.next_number;
        self.next_number += 1;
        if let Some(connection) = self.connections.get_mut(index) {
            connection.request.number(number);
            connection.sent = 0;
            connection.begun = now;
        }
        self.send(index)
    }

    /// Gives the kernel what it takes of the request.
    fn send(&mut self, index: usize) -> Result<(), BenchError> {
        let Some(connection) = self.connections.get_mut(index) else {
            return Ok(());
        };
        let wants_room = give(
            &connection.stream,
            connection.request.octets(),
            &mut connection.sent,
        )?;
        if wants_room != connection.wants_room {
            connection.wants_room = wants_room;
            watch(&self.epoll, &connection.stream, index, wants_room)?;
        }
        Ok(())
    }

    /// Reads what has come; gives the request's beginning when its answer is whole.
    fn receive(&mut self, index: usize) -> Result<Option<Instant>, BenchError> {
        let Some(connection) = self.connections.get_mut(index) else {
            return Ok(None);
        };
        let mut room = [0; ANSWER_OCTETS_MAX];
        match connection.stream.read(&mut room) {
            Ok(0) => return Err(BenchError::broken("the server closed a connection")),
            Ok(octets) => connection
                .answer
                .extend_from_slice(room.get(..octets).unwrap_or_default()),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(None),
            Err(error) => return Err(error.into()),
        }
        if !is_whole(&connection.answer, self.expect)? {
            return Ok(None);
        }
        connection.answer.clear();
        Ok(Some(connection.begun))
    }
}

/// Whether an answer has come whole.
///
/// # Errors
/// Where it is not what was expected.
pub fn is_whole(answer: &[u8], expect: Expect) -> Result<bool, BenchError> {
    let Some(head) = head(answer)? else {
        return Ok(false);
    };
    let length = head
        .body_octets
        .ok_or_else(|| BenchError::broken("an answer without Content-Length"))?;
    let body = answer.get(head.octets..).unwrap_or_default();
    if body.len() < length {
        return Ok(false);
    }
    if head.code != Some(200) {
        let text = String::from_utf8_lossy(body);
        return Err(BenchError::broken(format!("answered {:?}: {text}", head.code)));
    }
    if expect == Expect::SendConfOk && !is_taken(body) {
        return Err(BenchError::broken(format!("not taken: {:?}", Pdu::read(body))));
    }
    Ok(true)
}

/// What was said of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It was taken.
    Taken,
    /// It was refused, for now or for good.
    Refused,
}

/// The verdict of an answer, once that has come whole.
///
/// # Errors
/// Where it is no HTTP.
pub fn verdict(answer: &[u8]) -> Result<Option<Verdict>, BenchError> {
    let Some(head) = head(answer)? else {
        return Ok(None);
    };
    let body = answer.get(head.octets..).unwrap_or_default();
    if body.len() < head.body_octets.unwrap_or(0) {
        return Ok(None);
    }
    let is_taken = head.code == Some(200) && is_taken(body);
    Ok(Some(if is_taken {
        Verdict::Taken
    } else {
        Verdict::Refused
    }))
}

/// Whether it is an M-Send.conf whose status is Ok.
pub(crate) fn is_taken(body: &[u8]) -> bool {
    matches!(Pdu::read(body), Ok(Pdu::SendConf(conf)) if conf.response_status.class() == StatusClass::Ok)
}

/// An answer's head.
pub(crate) struct Head {
    /// Its own octets.
    pub(crate) octets: usize,
    /// What Content-Length says, if it is there.
    pub(crate) body_octets: Option<usize>,
    /// The status.
    pub(crate) code: Option<u16>,
}

/// The head of an answer, once it is whole.
pub(crate) fn head(answer: &[u8]) -> Result<Option<Head>, BenchError> {
    let mut fields = [httparse::EMPTY_HEADER; 16];
    let mut head = httparse::Response::new(&mut fields);
    let parsed = head
        .parse(answer)
        .map_err(|error| BenchError::broken(error.to_string()))?;
    let httparse::Status::Complete(octets) = parsed else {
        return Ok(None);
    };
    let length = head
        .headers
        .iter()
        .find(|field| field.name.eq_ignore_ascii_case("content-length"));
    Ok(Some(Head {
        octets,
        body_octets: length.and_then(|field| std::str::from_utf8(field.value).ok()?.parse().ok()),
        code: head.code,
    }))
}

/// Waits until something is ready, [`PATIENCE`] at most; gives the time at which it was.
pub(crate) fn wait(epoll: &OwnedFd, events: &mut Vec<Event>) -> Result<Instant, BenchError> {
    events.clear();
    let patience = rustix::event::Timespec {
        tv_sec: PATIENCE.as_secs() as i64,
        tv_nsec: 0,
    };
    let room = rustix::buffer::spare_capacity(events);
    epoll::wait(epoll, room, Some(&patience)).map_err(io::Error::from)?;
    match events.is_empty() {
        true => Err(BenchError::broken("the server is silent")),
        false => Ok(clock()),
    }
}

/// Gives the kernel what it takes of some octets, of which `sent` went before; says whether some are left.
pub(crate) fn give(mut stream: &TcpStream, octets: &[u8], sent: &mut usize) -> Result<bool, BenchError> {
    while let Some(rest @ [_, ..]) = octets.get(*sent..) {
        match stream.write(rest) {
            Ok(taken) => *sent += taken,
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(true),
            Err(error) => return Err(error.into()),
        }
    }
    Ok(false)
}

/// Has a connection watched for what comes, and for room where it waits for that.
pub(crate) fn watch(
    epoll: &OwnedFd,
    stream: &TcpStream,
    index: usize,
    wants_room: bool,
) -> Result<(), BenchError> {
    let flags = if wants_room {
        EventFlags::IN | EventFlags::OUT
    } else {
        EventFlags::IN
    };
    let data = EventData::new_u64(index as u64);
    epoll::modify(epoll, stream, data, flags).map_err(io::Error::from)?;
    Ok(())
}
