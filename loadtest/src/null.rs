//! A server that does nothing: it reads requests and answers each at once with M-Send.conf Ok, on one core.
//!
//! What the driver is measured against (`ceiling`), and what shows that it measures (`--stall-at`: for a second
//! nothing is read or answered, as a server in a long pause). Invariants: an answer leaves when its request is
//! whole and not before; the answer names the request's transaction, so that the driver checks it like a real one.

use crate::clock::Clock;
use crate::wire::{Done, Ending, Received, Wire};
use std::io::{self, Write};
use std::net::{SocketAddr, TcpListener};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// Connections at a time.
const CONNECTIONS_MAX: u32 = 16_384;
/// How often the end of the run is looked for.
const TURN: Duration = Duration::from_millis(100);
/// The end of a chunked body without trailers, as this package writes it.
const LAST_CHUNK: &[u8] = b"\r\n0\r\n\r\n";
/// The longest transaction name that is answered with.
const TRANSACTION_OCTETS_MAX: usize = 40;

/// What it is to do beside answering.
#[derive(Clone, Copy, Debug, Default)]
pub struct NullPlan {
    /// Stops for so long, so long after the first request.
    pub stall: Option<(Duration, Duration)>,
}

/// A null server: bound, not yet serving.
#[derive(Debug)]
pub struct Null {
    listener: TcpListener,
    plan: NullPlan,
}

/// What is known of a connection's request.
#[derive(Debug, Default)]
struct Guest {
    partial: Vec<u8>,
    missing: usize,
    is_chunked: bool,
    /// The body has not begun yet: its first octets name the transaction.
    is_unnamed: bool,
    transaction: Vec<u8>,
}

impl Null {
    /// Binds; port 0 is allowed.
    ///
    /// # Errors
    /// What the kernel says.
    pub fn bind(address: SocketAddr, plan: NullPlan) -> io::Result<Null> {
        let listener = TcpListener::bind(address)?;
        // std's backlog is 128: a driver that opens a thousand connections at once would wait for SYNs sent again.
        socket2::SockRef::from(&listener).listen(4_096)?;
        Ok(Null { listener, plan })
    }

    /// Where it listens.
    ///
    /// # Errors
    /// What the kernel says.
    pub fn address(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }

    /// Serves until told to stop.
    ///
    /// # Errors
    /// What the kernel says to the ring.
    pub fn serve(self, stop: &AtomicBool) -> io::Result<()> {
        let mut wire = Wire::new(CONNECTIONS_MAX)?;
        wire.listen(self.listener)?;
        let mut guests: Vec<Guest> = (0..CONNECTIONS_MAX).map(|_| Guest::default()).collect();
        let mut completions = Vec::with_capacity(4_096);
        let (mut first, mut stall) = (None::<Clock>, self.plan.stall);
        while !stop.load(Ordering::Relaxed) {
            wire.wait(TURN, &mut completions)?;
            if let (Some(clock), Some((after, length))) = (first, stall)
                && u128::from(clock.now_ns()) >= after.as_nanos()
            {
                stall = None;
                pause(length);
            }
            for completion in completions.drain(..) {
                let Some((slot, done)) = wire.interpret(completion)? else {
                    continue;
                };
                let guest = &mut guests[slot as usize];
                match done {
                    Done::Accepted => *guest = Guest::default(),
                    Done::Received(received) => {
                        if first.is_none() && stall.is_some() {
                            first = Some(Clock::starting_in(Duration::ZERO));
                        }
                        answer(&mut wire, slot, guest, received)?;
                    }
                    Done::Ended => wire.close(slot, Ending::Orderly)?,
                    Done::Connected | Done::Sent(_) | Done::Vacant => {}
                }
            }
        }
        Ok(())
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "the stall is the canary: nothing must happen in it"
)]
fn pause(length: Duration) {
    std::thread::sleep(length);
}

fn answer(wire: &mut Wire, slot: u32, guest: &mut Guest, received: Received) -> io::Result<()> {
    let verdict = guest.receive(received.octets());
    wire.give_back(received);
    let octets: &[u8] = match verdict {
        Verdict::More => return Ok(()),
        Verdict::Continue => http1::CONTINUE_100,
        Verdict::Whole => &[],
        Verdict::Malformed => return wire.close(slot, Ending::Reset),
    };
    let Some(front) = wire.front(slot) else {
        return wire.close(slot, Ending::Reset);
    };
    front.clear();
    if octets.is_empty() {
        guest.write(front)?;
    } else {
        front.extend_from_slice(octets);
    }
    let whole = wire.octets(slot);
    wire.send(slot, 0, whole)
}

#[derive(Debug, PartialEq, Eq)]
enum Verdict {
    More,
    Continue,
    Whole,
    Malformed,
}

impl Guest {
    fn receive(&mut self, octets: &[u8]) -> Verdict {
        if self.is_unnamed {
            self.name_transaction(octets);
        }
        if self.is_chunked {
            self.is_chunked = !octets.ends_with(LAST_CHUNK);
            return if self.is_chunked {
                Verdict::More
            } else {
                Verdict::Whole
            };
        }
        if self.missing > 0 {
            return self.take(octets.len());
        }
        if self.partial.is_empty() {
            return self.begin(octets);
        }
        let mut whole = std::mem::take(&mut self.partial);
        whole.extend_from_slice(octets);
        self.begin(&whole)
    }

    fn take(&mut self, octets: usize) -> Verdict {
        if octets > self.missing {
            return Verdict::Malformed;
        }
        self.missing -= octets;
        if self.missing == 0 {
            Verdict::Whole
        } else {
            Verdict::More
        }
    }

    fn begin(&mut self, octets: &[u8]) -> Verdict {
        let mut fields = [httparse::EMPTY_HEADER; 32];
        let mut head = httparse::Request::new(&mut fields);
        let head_octets = match head.parse(octets) {
            Ok(httparse::Status::Complete(head_octets)) => head_octets,
            Ok(httparse::Status::Partial) => {
                self.partial = octets.to_vec();
                return Verdict::More;
            }
            Err(_) => return Verdict::Malformed,
        };
        let (mut length, mut expects) = (0, false);
        for field in head.headers.iter() {
            match field.name.len() {
                14 if field.name.eq_ignore_ascii_case("content-length") => {
                    let text = std::str::from_utf8(field.value).unwrap_or_default();
                    let Ok(octets) = text.trim().parse() else {
                        return Verdict::Malformed;
                    };
                    length = octets;
                }
                17 if field.name.eq_ignore_ascii_case("transfer-encoding") => self.is_chunked = true,
                6 if field.name.eq_ignore_ascii_case("expect") => expects = true,
                _ => {}
            }
        }
        let body = octets.get(head_octets..).unwrap_or_default();
        self.missing = length;
        self.name_transaction(body);
        if self.is_chunked {
            self.missing = 0;
            self.is_chunked = !body.ends_with(LAST_CHUNK);
            return match self.is_chunked {
                true if expects => Verdict::Continue,
                true => Verdict::More,
                false => Verdict::Whole,
            };
        }
        match self.take(body.len()) {
            Verdict::More if expects && body.is_empty() => Verdict::Continue,
            verdict => verdict,
        }
    }

    /// Type, transaction: the first two fields of every PDU that has one.
    fn name_transaction(&mut self, body: &[u8]) {
        self.transaction.clear();
        self.is_unnamed = body.is_empty() && (self.is_chunked || self.missing > 0);
        // A chunk's size stands before its octets.
        let size_octets = body
            .iter()
            .position(|octet| *octet == b'\n')
            .map_or(0, |at| at + 1);
        let body = if self.is_chunked {
            body.get(size_octets..).unwrap_or_default()
        } else {
            body
        };
        if let [0x8C, _, 0x98, rest @ ..] = body {
            let name = rest.split(|octet| *octet == 0).next().unwrap_or_default();
            self.transaction.extend_from_slice(
                name.get(..name.len().min(TRANSACTION_OCTETS_MAX))
                    .unwrap_or_default(),
            );
        }
    }

    /// M-Send.conf: transaction, version 1.2, Ok, Message-ID.
    fn write(&self, out: &mut Vec<u8>) -> io::Result<()> {
        let transaction = &self.transaction;
        const BEFORE: &[u8] = &[0x8C, 0x81, 0x98];
        const AFTER: &[u8] = b"\0\x8D\x92\x92\x80\x8Bnull\0";
        out.extend_from_slice(
            b"HTTP/1.1 200 OK\r\nContent-Type: application/vnd.wap.mms-message\r\nContent-Length: ",
        );
        writeln!(out, "{}\r\n\r", BEFORE.len() + transaction.len() + AFTER.len())?;
        out.extend_from_slice(BEFORE);
        out.extend_from_slice(transaction);
        out.extend_from_slice(AFTER);
        Ok(())
    }
}
