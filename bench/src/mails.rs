//! A closed loop of SMTP connections, on one thread: each brings an MM4_forward.REQ, waits for 250, brings the next.
//!
//! The counterpart of [`driver`] for MM4, and as closed on purpose. Invariants: a mail counts only when
//! the 250 at its end was read; every mail is another message to another recipient, of equal length; servers of every
//! kind hear the same octets, pipelined as RFC 2920 allows; any other reply ends the run.

use crate::driver::{self, Driven, EVENTS_MAX};
use crate::{BenchError, clock, report};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rustix::event::epoll::{self, EventData, EventFlags};
use std::io::{self, Read};
use std::net::{SocketAddr, TcpStream};
use std::ops::Range;
use std::os::fd::OwnedFd;
use std::time::{Duration, Instant};

/// Octets of replies taken at a time.
const REPLY_OCTETS: usize = 4_096;
/// Digits that are replaced by a mail's number, everywhere.
const DIGITS: usize = 9;
/// A mail's number is below this.
pub const NUMBERS: u64 = 10_u64.pow(DIGITS as u32);
/// What stands where they go.
const MARK: &[u8; DIGITS] = b"123456781";
/// Octets of base64 in a line.
const LINE_OCTETS: usize = 76;

/// An envelope and a mail that can be numbered.
#[derive(Clone, Debug)]
pub struct Mail {
    envelope: Vec<u8>,
    text: Vec<u8>,
    /// Where the number stands in each.
    places: [Vec<usize>; 2],
}

impl Mail {
    /// A mail with a photograph of so many octets, from +15550100 to a number of +9992, which no country has.
    #[must_use]
    pub fn new(photograph: usize) -> Mail {
        let mark = String::from_utf8_lossy(MARK);
        let envelope = format!(
            "MAIL FROM:<+15550100/TYPE=PLMN@mms.alpha.example>\r\n\
             RCPT TO:<+9992{mark}/TYPE=PLMN@mms.ours.example>\r\nDATA\r\n"
        );
        let mut text = format!(
            "X-Mms-3GPP-MMS-Version: 6.3.0\r\nX-Mms-Message-Type: MM4_forward.REQ\r\n\
             X-Mms-Transaction-ID: T{mark}\r\nX-Mms-Message-ID: \"{mark}@mms.alpha.example\"\r\n\
             Sender: system-user@mms.alpha.example\r\nFrom: +15550100/TYPE=PLMN@mms.alpha.example\r\n\
             To: +9992{mark}/TYPE=PLMN@mms.ours.example\r\nSubject: Bench\r\n\
             Message-ID: <{mark}@mms.alpha.example>\r\nDate: Sun, 22 Nov 2026 16:00:00 +0000\r\n\
             X-Mms-Expiry: 86400\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=\"=_b\"\r\n\r\n\
             --=_b\r\nContent-Type: image/jpeg\r\nContent-Location: photo.jpg\r\n\
             Content-Transfer-Encoding: base64\r\n\r\n"
        );
        let octets: Vec<u8> = (0..photograph).map(|at| (at ^ (at >> 8)) as u8).collect();
        let encoded = STANDARD.encode(octets);
        let mut rest = encoded.as_str();
        while !rest.is_empty() {
            let (line, behind) = rest.split_at(rest.len().min(LINE_OCTETS));
            text.push_str(line);
            text.push_str("\r\n");
            rest = behind;
        }
        text.push_str("--=_b--\r\n.\r\n");
        let (envelope, text) = (envelope.into_bytes(), text.into_bytes());
        let places = [places(&envelope), places(&text)];
        Mail {
            envelope,
            text,
            places,
        }
    }

    /// Octets of it, without the envelope.
    #[must_use]
    pub fn octets(&self) -> usize {
        self.text.len()
    }

    /// Makes it mail `number`, below a thousand million.
    fn number(&mut self, number: u64) {
        let digits = format!("{number:0DIGITS$}");
        for (octets, places) in [&mut self.envelope, &mut self.text].into_iter().zip(&self.places) {
            for &at in places {
                if let Some(place) = octets.get_mut(at..at + DIGITS) {
                    place.copy_from_slice(digits.as_bytes());
                }
            }
        }
    }
}

fn places(octets: &[u8]) -> Vec<usize> {
    let windows = octets.windows(DIGITS).enumerate();
    windows
        .filter(|(_, window)| window == MARK)
        .map(|(at, _)| at)
        .collect()
}

/// What a connection waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Waits {
    Greeting,
    Hello,
    /// So many of the three answers to an envelope have come.
    Envelope(u8),
    Taken,
    /// Nothing more: all mails were brought.
    Nothing,
}

#[derive(Debug)]
struct Connection {
    stream: TcpStream,
    mail: Mail,
    waits: Waits,
    sent: usize,
    begun: Instant,
    reply: Vec<u8>,
    wants_room: bool,
}

impl Connection {
    /// What is to be sent for what is awaited.
    fn outgoing(&self) -> &[u8] {
        match self.waits {
            Waits::Greeting | Waits::Nothing => b"",
            Waits::Hello => b"EHLO mms1.alpha.example\r\n",
            Waits::Envelope(_) => &self.mail.envelope,
            Waits::Taken => &self.mail.text,
        }
    }
}

/// The driver.
#[derive(Debug)]
pub struct Mails {
    epoll: OwnedFd,
    connections: Vec<Connection>,
    /// Numbers of mails that nobody has begun to bring.
    numbers: Range<u64>,
}

impl Mails {
    /// Connects so many connections, which bring mails of these numbers.
    ///
    /// # Errors
    /// What the system answered.
    pub fn connect(
        address: SocketAddr,
        connections: usize,
        mail: &Mail,
        numbers: Range<u64>,
    ) -> Result<Mails, BenchError> {
        let epoll = epoll::create(epoll::CreateFlags::CLOEXEC).map_err(io::Error::from)?;
        let mut mails = Mails {
            epoll,
            connections: Vec::with_capacity(connections),
            numbers,
        };
        for index in 0..connections as u64 {
            let stream = TcpStream::connect(address)?;
            stream.set_nodelay(true)?;
            stream.set_nonblocking(true)?;
            let data = EventData::new_u64(index);
            epoll::add(&mails.epoll, &stream, data, EventFlags::IN).map_err(io::Error::from)?;
            mails.connections.push(Connection {
                stream,
                mail: mail.clone(),
                waits: Waits::Greeting,
                sent: 0,
                begun: clock(),
                reply: Vec::with_capacity(REPLY_OCTETS),
                wants_room: false,
            });
        }
        Ok(mails)
    }

    /// Drives for so long, or until all were brought. What is under way at the end stays so.
    ///
    /// # Errors
    /// A reply that is not as expected, a connection that broke, a server that is silent.
    pub fn run(&mut self, time: Duration) -> Result<Driven, BenchError> {
        let mut latency_us = report::microseconds()?;
        let begun = clock();
        let (mut now, mut messages) = (begun, 0);
        let mut events = Vec::with_capacity(EVENTS_MAX);
        while now.duration_since(begun) < time && !self.has_ended() {
            now = driver::wait(&self.epoll, &mut events)?;
            for event in &events {
                let index = event.data.u64() as usize;
                let flags = event.flags;
                if flags.contains(EventFlags::OUT) {
                    self.send(index)?;
                }
                if flags.intersects(EventFlags::IN | EventFlags::HUP | EventFlags::ERR)
                    && let Some(begun) = self.receive(index, now)?
                {
                    messages += 1;
                    latency_us.saturating_record(now.duration_since(begun).as_micros() as u64);
                }
            }
        }
        Ok(Driven {
            messages,
            elapsed: now.duration_since(begun),
            latency_us,
        })
    }

    /// Whether all mails were brought.
    fn has_ended(&self) -> bool {
        let mut connections = self.connections.iter();
        self.numbers.is_empty() && connections.all(|connection| connection.waits == Waits::Nothing)
    }

    /// Gives the kernel what it takes.
    fn send(&mut self, index: usize) -> Result<(), BenchError> {
        let Some(connection) = self.connections.get_mut(index) else {
            return Ok(());
        };
        let mut sent = connection.sent;
        let wants_room = driver::give(&connection.stream, connection.outgoing(), &mut sent)?;
        connection.sent = sent;
        if wants_room != connection.wants_room {
            connection.wants_room = wants_room;
            driver::watch(&self.epoll, &connection.stream, index, wants_room)?;
        }
        Ok(())
    }

    /// Reads what has come and goes on; gives the beginning of a mail that was taken.
    fn receive(&mut self, index: usize, now: Instant) -> Result<Option<Instant>, BenchError> {
        let Some(connection) = self.connections.get_mut(index) else {
            return Ok(None);
        };
        let mut room = [0; REPLY_OCTETS];
        match connection.stream.read(&mut room) {
            Ok(0) => return Err(BenchError::broken("the server closed a connection")),
            Ok(octets) => connection
                .reply
                .extend_from_slice(room.get(..octets).unwrap_or_default()),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(None),
            Err(error) => return Err(error.into()),
        }
        let mut taken = None;
        while let Some(end) = connection.reply.iter().position(|octet| *octet == b'\n') {
            let line: Vec<u8> = connection.reply.drain(..=end).collect();
            if line.get(3) == Some(&b'-') {
                continue;
            }
            let code = line.get(..3).unwrap_or_default();
            let next = match (connection.waits, code) {
                (Waits::Greeting, b"220") => Waits::Hello,
                (Waits::Hello, b"250") => Waits::Envelope(0),
                (Waits::Envelope(0), b"250") => Waits::Envelope(1),
                (Waits::Envelope(1), b"250") => Waits::Envelope(2),
                (Waits::Envelope(2), b"354") => Waits::Taken,
                (Waits::Taken, b"250") => {
                    taken = Some(connection.begun);
                    Waits::Envelope(0)
                }
                _ => {
                    let said = String::from_utf8_lossy(&line).into_owned();
                    return Err(BenchError::broken(format!("{:?}: {said}", connection.waits)));
                }
            };
            connection.waits = next;
            if let Waits::Envelope(0) = next {
                match self.numbers.next() {
                    Some(number) => connection.mail.number(number),
                    None => connection.waits = Waits::Nothing,
                }
                connection.begun = now;
            }
            if !matches!(next, Waits::Envelope(1 | 2)) {
                connection.sent = 0;
            }
        }
        self.send(index)?;
        Ok(taken)
    }
}
