//! Other operators' mail servers: one that takes everything, and three that misbehave.
//!
//! Behind the server, on the driver's core, a thread for each connection. Invariants: a mail counts when its 250 is
//! written; nothing of a mail is looked at but its end, so that a sink costs little beside what sends to it.

use crate::BenchError;
use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
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

/// One peer. Its threads end with the process.
#[derive(Debug)]
pub struct Sink {
    /// Where it listens.
    pub address: SocketAddr,
    taken: Arc<AtomicU64>,
}

impl Sink {
    /// Starts one on the caller's core.
    ///
    /// # Errors
    /// What the system answered.
    pub fn start(manner: Manner) -> Result<Sink, BenchError> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let sink = Sink {
            address: listener.local_addr()?,
            taken: Arc::default(),
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
        self.taken.load(Ordering::Relaxed)
    }
}

fn behave(manner: Manner, number: usize, mut stream: TcpStream, taken: &AtomicU64) -> io::Result<()> {
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
fn take(stream: &mut TcpStream, room: &mut [u8], taken: &AtomicU64) -> io::Result<()> {
    stream.write_all(b"220 sink.example ESMTP\r\n")?;
    let mut lines: Vec<u8> = Vec::new();
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
                    taken.fetch_add(1, Ordering::Relaxed);
                    replies.extend_from_slice(b"250 2.0.0 taken\r\n");
                }
                Some(b'Q') => return stream.write_all(b"221 bye\r\n"),
                _ => replies.extend_from_slice(b"250 2.0.0 ok\r\n"),
            }
        }
        stream.write_all(&replies)?;
    }
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
