//! Other operators' mail servers: one that takes everything, and three that misbehave.
//!
//! Behind the server, on the driver's core, a thread for each connection. Invariants: a mail counts when its 250 is
//! written; nothing of a mail is looked at but its end, and the digits of its last RCPT, so that a sink costs little
//! beside what sends to it.

use crate::BenchError;
use rustix::net::{AddressFamily, SocketType, bind, getsockname, listen, socket};
use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::os::fd::OwnedFd;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// Octets read at once.
const ROOM_OCTETS: usize = 64 << 10;

/// What ends a mail.
const END: &[u8] = b"\r\n.\r\n";

/// Octets at the end of a read in which that is looked for: commands behind it are short.
const TAIL_OCTETS: usize = 64;

/// What a slow peer greets with, an octet a second.
const SLOW_GREETING: &[u8] = b"220 slow.example ESMTP, at its own pace\r\n";

/// How a peer behaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Manner {
    /// Takes every mail.
    Takes,
    /// Accepts connections and never says a word.
    Silent,
    /// Says an octet a second.
    Slow,
    /// Greets, reads what comes and breaks the connection; every other time at once.
    Flaps,
}

/// Recipients that are told apart: those whose last digits are below this.
const RECIPIENTS: u64 = 1_000_000;
/// So many last digits.
const RECIPIENT_DIGITS: usize = 6;
/// Connections that may wait to be taken.
const BACKLOG: i32 = 128;

/// What was taken.
#[derive(Debug)]
struct Ledger {
    mails: AtomicU64,
    /// A bit for each recipient.
    recipients: Vec<AtomicU64>,
}

impl Ledger {
    fn new() -> Arc<Ledger> {
        let words = RECIPIENTS.div_ceil(64);
        Arc::new(Ledger {
            mails: AtomicU64::new(0),
            recipients: (0..words).map(|_| AtomicU64::new(0)).collect(),
        })
    }

    fn take(&self, recipient: u64) {
        self.mails.fetch_add(1, Ordering::Relaxed);
        if let Some(word) = self.recipients.get((recipient / 64) as usize) {
            word.fetch_or(1 << (recipient % 64), Ordering::Relaxed);
        }
    }
}

/// A peer that is down: connections to it are refused.
#[derive(Debug)]
pub struct Shut {
    socket: OwnedFd,
    /// Where it will listen.
    pub address: SocketAddr,
}

impl Shut {
    /// Takes an address.
    ///
    /// # Errors
    /// What the system answered.
    pub fn new() -> Result<Shut, BenchError> {
        let socket = socket(AddressFamily::INET, SocketType::STREAM, None).map_err(io::Error::from)?;
        bind(&socket, &SocketAddr::from((Ipv4Addr::LOCALHOST, 0))).map_err(io::Error::from)?;
        let address = getsockname(&socket).map_err(io::Error::from)?;
        let address = SocketAddr::try_from(address).map_err(io::Error::from)?;
        Ok(Shut { socket, address })
    }

    /// It is there, on the caller's core and of its niceness.
    ///
    /// # Errors
    /// What the system answered.
    pub fn open(self, manner: Manner) -> Result<Sink, BenchError> {
        listen(&self.socket, BACKLOG).map_err(io::Error::from)?;
        Sink::on(TcpListener::from(self.socket), manner)
    }
}

/// One peer. Its threads end with the process.
#[derive(Debug)]
pub struct Sink {
    /// Where it listens.
    pub address: SocketAddr,
    taken: Arc<Ledger>,
}

impl Sink {
    /// Starts one on the caller's core.
    ///
    /// # Errors
    /// What the system answered.
    pub fn start(manner: Manner) -> Result<Sink, BenchError> {
        Sink::on(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?, manner)
    }

    fn on(listener: TcpListener, manner: Manner) -> Result<Sink, BenchError> {
        let sink = Sink {
            address: listener.local_addr()?,
            taken: Ledger::new(),
        };
        let taken = Arc::clone(&sink.taken);
        std::thread::Builder::new()
            .name("sink".to_owned())
            .spawn(move || {
                for (number, stream) in listener.incoming().enumerate() {
                    let (Ok(stream), taken) = (stream, Arc::clone(&taken)) else {
                        continue;
                    };
                    // A connection that no thread can be had for breaks, which its peer says.
                    let _ = std::thread::Builder::new().spawn(move || {
                        // A connection that breaks has ended.
                        let _ = behave(manner, number, stream, &taken);
                    });
                }
            })?;
        Ok(sink)
    }

    /// Mails taken so far.
    #[must_use]
    pub fn taken(&self) -> u64 {
        self.taken.mails.load(Ordering::Relaxed)
    }

    /// Recipients that got a mail, of a million told apart.
    #[must_use]
    pub fn recipients(&self) -> u64 {
        let words = self.taken.recipients.iter();
        words
            .map(|word| u64::from(word.load(Ordering::Relaxed).count_ones()))
            .sum()
    }
}

fn behave(manner: Manner, number: usize, mut stream: TcpStream, taken: &Ledger) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let mut room = vec![0; ROOM_OCTETS];
    match manner {
        Manner::Takes => take(&mut stream, &mut room, taken),
        Manner::Silent => {
            while stream.read(&mut room)? > 0 {}
            Ok(())
        }
        Manner::Slow => {
            for octet in SLOW_GREETING {
                stream.write_all(&[*octet])?;
                std::thread::park_timeout(Duration::from_secs(1));
            }
            Ok(())
        }
        Manner::Flaps if number.is_multiple_of(2) => Ok(()),
        Manner::Flaps => {
            stream.write_all(b"220 flapping.example ESMTP\r\n")?;
            stream.read(&mut room).map(drop)
        }
    }
}

/// Takes mails until the connection ends.
fn take(stream: &mut TcpStream, room: &mut [u8], taken: &Ledger) -> io::Result<()> {
    stream.write_all(b"220 sink.example ESMTP\r\n")?;
    let mut lines: Vec<u8> = Vec::new();
    let mut recipient = u64::MAX;
    loop {
        let octets = stream.read(room)?;
        if octets == 0 {
            return Ok(());
        }
        lines.extend_from_slice(room.get(..octets).unwrap_or_default());
        let mut replies = Vec::new();
        while let Some(end) = lines.iter().position(|octet| *octet == b'\n') {
            let line: Vec<u8> = lines.drain(..=end).collect();
            match line.first().map(u8::to_ascii_uppercase) {
                Some(b'E' | b'H') => {
                    let offer =
                        b"250-sink.example\r\n250-PIPELINING\r\n250-SIZE 10000000\r\n250 8BITMIME\r\n";
                    replies.extend_from_slice(offer);
                }
                Some(b'D') => {
                    replies.extend_from_slice(b"354 on\r\n");
                    stream.write_all(&replies)?;
                    replies.clear();
                    take_text(stream, room, &mut lines)?;
                    taken.take(recipient);
                    replies.extend_from_slice(b"250 2.0.0 taken\r\n");
                }
                Some(b'Q') => return stream.write_all(b"221 bye\r\n"),
                first => {
                    if first == Some(b'R') && line.len() > b"RSET\r\n".len() {
                        recipient = recipient_of(&line);
                    }
                    replies.extend_from_slice(b"250 2.0.0 ok\r\n");
                }
            }
        }
        stream.write_all(&replies)?;
    }
}

/// The last digits of the number in a RCPT.
fn recipient_of(line: &[u8]) -> u64 {
    let number = line.split(|octet| *octet == b'+').nth(1).unwrap_or_default();
    let digits: Vec<u8> = number.iter().copied().take_while(u8::is_ascii_digit).collect();
    let last = digits.get(digits.len().saturating_sub(RECIPIENT_DIGITS)..);
    let text = std::str::from_utf8(last.unwrap_or_default());
    text.ok().and_then(|text| text.parse().ok()).unwrap_or(u64::MAX)
}

/// Reads a text to its end; what comes behind it stays in `lines`.
fn take_text(stream: &mut TcpStream, room: &mut [u8], lines: &mut Vec<u8>) -> io::Result<()> {
    // The last octets before the tail that is looked at, with the end of the line before the text.
    let mut tail = [b"\r\n", lines.as_slice()].concat();
    lines.clear();
    loop {
        if let Some(at) = tail.windows(END.len()).rposition(|window| window == END) {
            lines.extend_from_slice(tail.get(at + END.len()..).unwrap_or_default());
            return Ok(());
        }
        let octets = stream.read(room)?;
        if octets == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        let kept = tail.len().saturating_sub(END.len());
        tail.drain(..kept);
        let fresh = octets.saturating_sub(TAIL_OCTETS);
        if fresh > 0 {
            tail.clear();
        }
        tail.extend_from_slice(room.get(fresh..octets).unwrap_or_default());
    }
}
