//! One phone in an open loop: it posts on schedule over one connection, whatever came of the last.
//!
//! Beside what is done to the server. Its waiting counts from the scheduled moment, so that whoever holds it up once is
//! seen in all that was due meanwhile. Invariants: each answer is read whole, and nothing is left of it; a message that
//! was refused is counted, and its waiting is not recorded.

use crate::driver::{ANSWER_OCTETS_MAX, Verdict, verdict};
use crate::pdu::Template;
use crate::{BenchError, clock, report};
use hdrhistogram::Histogram;
use rustix::event::{Timespec, poll};
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

/// A server that says nothing for so long is stuck.
const PATIENCE: Duration = Duration::from_secs(20);
/// Senders, in turn: far fewer messages for each than one may send.
const SENDERS: u64 = 100_000;

/// See the module's comment.
#[derive(Debug)]
pub struct Phone {
    server: SocketAddr,
    stream: TcpStream,
    request: Template,
    number: u64,
    interval: Duration,
}

/// What came of a time of posting.
#[derive(Debug)]
pub struct Posted {
    /// Microseconds from each scheduled moment to the last octet of the answer that took the message.
    pub waited_us: Histogram<u64>,
    /// Messages that were not taken.
    pub refused: u64,
}

impl Phone {
    /// Connects; messages of so many octets, so many a second, numbered from `first_number` on.
    ///
    /// # Errors
    /// What the system answered.
    pub fn connect(
        server: SocketAddr,
        octets: usize,
        per_s: u32,
        first_number: u64,
    ) -> Result<Phone, BenchError> {
        Ok(Phone {
            server,
            stream: connected(server)?,
            request: Template::new(octets, SENDERS)?,
            number: first_number,
            interval: Duration::from_secs(1) / per_s.max(1),
        })
    }

    /// The number that the next message gets: all below it were posted.
    #[must_use]
    pub fn next_number(&self) -> u64 {
        self.number
    }

    /// Posts one message of that number, and has it answered.
    ///
    /// # Errors
    /// What the system answered, or an answer that is none.
    pub fn post_one(&mut self, number: u64) -> Result<Verdict, BenchError> {
        self.request.number(number);
        self.stream.write_all(self.request.octets())?;
        let verdict = self.answer()?;
        if verdict == Verdict::Refused {
            // Who is refused may be left alone for a while, or closed: the next is not to pay for that.
            self.stream = connected(self.server)?;
        }
        Ok(verdict)
    }

    /// Posts on schedule for so long.
    ///
    /// # Errors
    /// As of [`post_one`](Self::post_one).
    pub fn post(&mut self, time: Duration) -> Result<Posted, BenchError> {
        self.post_while(time, || Ok(true)).map(|(posted, _)| posted)
    }

    /// Posts on schedule for so long, or until `goes_on` says no, which is asked before each message; how long it was.
    ///
    /// # Errors
    /// As of [`post_one`](Self::post_one), and those of `goes_on`.
    pub fn post_while(
        &mut self,
        time: Duration,
        mut goes_on: impl FnMut() -> Result<bool, BenchError>,
    ) -> Result<(Posted, Duration), BenchError> {
        let mut posted = Posted {
            waited_us: report::microseconds()?,
            refused: 0,
        };
        let begun = clock();
        let mut scheduled = Duration::ZERO;
        while scheduled < time && goes_on()? {
            let early = scheduled.saturating_sub(begun.elapsed());
            if !early.is_zero() {
                // Nothing to wait for but time; interrupted, it goes a little early and counts no less.
                let _ = poll(&mut [], Timespec::try_from(early).ok().as_ref());
            }
            let verdict = self.post_one(self.number)?;
            self.number += 1;
            let waited = begun.elapsed().saturating_sub(scheduled);
            match verdict {
                Verdict::Taken => posted
                    .waited_us
                    .saturating_record(u64::try_from(waited.as_micros()).unwrap_or(u64::MAX)),
                Verdict::Refused => posted.refused += 1,
            }
            scheduled += self.interval;
        }
        Ok((posted, begun.elapsed()))
    }

    /// Reads an answer whole.
    fn answer(&mut self) -> Result<Verdict, BenchError> {
        let mut answer = Vec::with_capacity(ANSWER_OCTETS_MAX);
        let mut room = [0; ANSWER_OCTETS_MAX];
        loop {
            let octets = self.stream.read(&mut room)?;
            if octets == 0 {
                return Err(BenchError::broken("the phone's connection was closed"));
            }
            answer.extend_from_slice(room.get(..octets).unwrap_or_default());
            if let Some(verdict) = verdict(&answer)? {
                return Ok(verdict);
            }
        }
    }
}

fn connected(server: SocketAddr) -> Result<TcpStream, BenchError> {
    let stream = TcpStream::connect(server)?;
    stream.set_nodelay(true)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    Ok(stream)
}
