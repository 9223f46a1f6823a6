//! The client's machine: replies in, one step out, commands in order.
//!
//! Between the owner of a message and the socket to a peer. The owner obeys [`Session::step`], sends what
//! [`Session::unsent`] holds, receives into [`Session::receive_buffer`]. Invariants: each reply belongs to the oldest
//! command without one; nothing is sent in clear that policy wants in TLS; a body is cut off by closing, never by
//! ending it early; time never enters but as the caller's `now_ms`, which does not go back.

use std::collections::VecDeque;
use std::sync::Arc;

use super::Config;
use super::capabilities::Capabilities;
use super::outcome::{Close, Outcome};
use super::reply::ReplyReader;
use super::state::{Event, State};
use super::transaction::{Message, Transaction, Unsendable};
use crate::input::Input;
use crate::output::Output;
use crate::timers::{Deadline, Timer};

/// What the owner is to do. After each step it sends what [`Session::unsent`] holds.
#[derive(Debug, PartialEq, Eq)]
pub enum Step {
    /// Receive more, and call `step` when the deadline has come in any case, or when all has been sent.
    NeedMore {
        /// The earliest of the timers that run.
        deadline: Deadline,
    },
    /// Between transactions: [`Session::begin`] or [`Session::quit`]. Receive meanwhile: the peer may say 421.
    Ready,
    /// Send what is unsent, take the TLS handshake, then call [`Session::tls_started`]; close if it fails.
    StartTls,
    /// Give the body from this offset on by [`Session::body`], then call `step` again.
    Body {
        /// Octets of it that were given.
        offset: u64,
    },
    /// The transaction is over.
    Done(Outcome),
    /// Close the socket.
    Closed(Close),
}

/// The body is not the one that was surveyed; the connection is over, and the message was not ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BodyChanged;

/// What a reply will be for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Expected {
    Greeting,
    Ehlo,
    Helo,
    StartTls,
    Mail,
    Recipient,
    Data,
    End,
    /// The end of a message for nobody.
    VoidEnd,
    Reset,
    Quit,
}

impl Expected {
    /// How long it is waited for.
    const fn timer(self) -> Timer {
        match self {
            Self::Greeting => Timer::ClientGreeting,
            Self::Ehlo | Self::Helo => Timer::ClientHello,
            Self::StartTls => Timer::ClientStartTls,
            Self::Mail => Timer::ClientMail,
            Self::Recipient => Timer::ClientRecipient,
            Self::Data => Timer::ClientData,
            Self::End | Self::VoidEnd => Timer::ClientDataEnd,
            Self::Reset => Timer::ClientReset,
            Self::Quit => Timer::ClientQuit,
        }
    }
}

/// One connection to a peer.
#[derive(Debug)]
pub struct Session {
    pub(super) config: Arc<Config>,
    pub(super) state: State,
    pub(super) input: Input,
    pub(super) output: Output,
    pub(super) reader: ReplyReader,
    /// What the next replies are for; at most one a recipient and a few.
    pub(super) expected: VecDeque<Expected>,
    pub(super) capabilities: Capabilities,
    pub(super) transaction: Option<Transaction>,
    pub(super) done: Option<Outcome>,
    pub(super) close: Close,
    pub(super) tls: bool,
    pub(super) peer_ended: bool,
    /// When the oldest command without a reply was sent, or the reply before it came.
    pub(super) since_ms: u64,
}

impl Session {
    /// A connection made at `now_ms`.
    #[must_use]
    pub fn new(config: Arc<Config>, now_ms: u64) -> Self {
        debug_assert!(config.limits.relations_hold(), "the limits contradict each other");
        Self {
            config,
            state: State::Greeting,
            input: Input::default(),
            output: Output::default(),
            reader: ReplyReader::default(),
            expected: VecDeque::from([Expected::Greeting]),
            capabilities: Capabilities::default(),
            transaction: None,
            done: None,
            close: Close::PeerEnded,
            tls: false,
            peer_ended: false,
            since_ms: now_ms,
        }
    }

    /// Where the next octets are to be received. `None`: TLS is being agreed on, or the connection is over.
    pub fn receive_buffer(&mut self) -> Option<&mut [u8]> {
        if self.peer_ended || matches!(self.state, State::Handshake | State::Closed) {
            return None;
        }
        let room = self.input.room(self.config.limits.receive_octets);
        (!room.is_empty()).then_some(room)
    }

    /// `octets` were received into the last [`receive_buffer`](Self::receive_buffer). Call [`step`](Self::step) next.
    pub fn received(&mut self, octets: usize) {
        self.input.filled(octets);
    }

    /// Copies as many of `octets` as there is room for at once, and answers how many; for callers without a socket.
    pub fn receive(&mut self, octets: &[u8]) -> usize {
        let Some(room) = self.receive_buffer() else {
            return 0;
        };
        let count = room.len().min(octets.len());
        if let (Some(to), Some(from)) = (room.get_mut(..count), octets.get(..count)) {
            to.copy_from_slice(from);
        }
        self.received(count);
        count
    }

    /// What is to be sent.
    #[must_use]
    pub fn unsent(&self) -> &[u8] {
        self.output.unsent()
    }

    /// So many octets of it have left. Call [`step`](Self::step) next when all have.
    pub fn sent(&mut self, octets: usize, now_ms: u64) {
        self.output.sent(octets, now_ms);
        self.since_ms = now_ms;
    }

    /// The peer has shut its sending side, or the connection broke.
    pub const fn end_of_stream(&mut self) {
        self.peer_ended = true;
    }

    /// The handshake that [`Step::StartTls`] asked for has succeeded.
    pub fn tls_started(&mut self, now_ms: u64) {
        if self.state == State::Handshake {
            self.tls = true;
            self.capabilities = Capabilities::default();
            self.say_hello(Expected::Ehlo, now_ms);
            self.state.follow(Event::TlsStarted, State::Hello);
        }
    }

    /// What the peer offers; nothing before its answer to EHLO, or after HELO.
    #[must_use]
    pub const fn capabilities(&self) -> Capabilities {
        self.capabilities
    }

    /// Whether TLS was started within the session.
    #[must_use]
    pub const fn is_tls(&self) -> bool {
        self.tls
    }

    /// Begins a transaction; it ends with [`Step::Done`].
    ///
    /// # Errors
    /// [`Unsendable`] if it can't be sent on this connection as it is; then nothing has changed.
    pub fn begin(&mut self, message: &Message<'_>, now_ms: u64) -> Result<(), Unsendable> {
        if self.state != State::Ready || self.done.is_some() {
            return Err(Unsendable::NotReady);
        }
        let transaction = Transaction::new(message, self.capabilities, &self.config.limits)?;
        self.transaction = Some(transaction);
        self.state.follow(Event::Begun, State::Envelope);
        self.write_command(now_ms);
        while self.capabilities.pipelining() && self.write_command(now_ms).is_some() {}
        Ok(())
    }

    /// Ends the connection by QUIT, between transactions; elsewhere it does nothing.
    pub fn quit(&mut self, now_ms: u64) {
        if self.state == State::Ready {
            self.output.writer(now_ms).extend_from_slice(b"QUIT\r\n");
            self.expect(Expected::Quit, now_ms);
            self.state.follow(Event::Quit, State::Quitting);
        }
    }

    /// Gives a piece of the body that [`Step::Body`] asked for; answers how many octets of it were taken.
    ///
    /// # Errors
    /// [`BodyChanged`] if an octet can't travel as the survey said; the connection is over.
    pub fn body(&mut self, piece: &[u8], now_ms: u64) -> Result<usize, BodyChanged> {
        let room = (self.config.limits.output_octets_max as usize).saturating_sub(self.output.len());
        let Some(transaction) = self.transaction.as_mut().filter(|_| self.state == State::Body) else {
            return Ok(0);
        };
        let count = piece
            .len()
            .min(room)
            .min(usize::try_from(transaction.left()).unwrap_or(usize::MAX));
        let piece = piece.get(..count).unwrap_or_default();
        let appended = transaction.append(piece, self.output.writer(now_ms));
        let over = transaction.left() == 0;
        if appended.is_err() || (over && self.end_body(now_ms).is_err()) {
            self.close(Close::BodyChanged);
            return Err(BodyChanged);
        }
        Ok(count)
    }

    /// What is to be done now. Call it after each event, and when a deadline has come.
    pub fn step(&mut self, now_ms: u64) -> Step {
        loop {
            if let Some(outcome) = self.done.take() {
                return Step::Done(outcome);
            }
            match self.state {
                State::Closed => return Step::Closed(self.close.clone()),
                State::Handshake => return Step::StartTls,
                _ => {}
            }
            match self.reader.next(self.input.unread(), &self.config.limits) {
                Err(fault) => {
                    self.close(Close::NoReply(fault));
                    continue;
                }
                Ok((taken, reply)) => {
                    self.input.consume(taken);
                    if let Some(reply) = reply {
                        self.hear(reply, now_ms);
                        continue;
                    }
                    if taken > 0 {
                        continue;
                    }
                }
            }
            if let Some(step) = self.starved(now_ms) {
                return step;
            }
        }
    }

    /// No reply is here: go on with the body, wait, or give up.
    fn starved(&mut self, now_ms: u64) -> Option<Step> {
        if self.peer_ended {
            self.close(if self.state == State::Quitting {
                Close::Quit
            } else {
                Close::PeerEnded
            });
            return None;
        }
        let full = self.output.len() >= self.config.limits.output_octets_max as usize;
        if self.state == State::Body && !full {
            let offset = self.transaction.as_ref().map_or(0, |t| t.given);
            return Some(Step::Body { offset });
        }
        let timers = &self.config.timers;
        let awaited = self
            .expected
            .front()
            .map(|expected| timers.deadline(expected.timer(), self.since_ms));
        let unsent = (!self.output.is_empty()).then(|| timers.deadline(Timer::Send, self.output.since_ms()));
        let deadline = match (awaited, unsent) {
            (Some(awaited), Some(unsent)) => awaited.earlier(unsent),
            (Some(deadline), None) | (None, Some(deadline)) => deadline,
            (None, None) => return Some(Step::Ready),
        };
        if deadline.has_come(now_ms) {
            self.close(if self.state == State::Quitting {
                Close::Quit
            } else {
                Close::TooLate(deadline.timer)
            });
            return None;
        }
        Some(Step::NeedMore { deadline })
    }

    pub(super) fn say_hello(&mut self, expected: Expected, now_ms: u64) {
        let verb = if expected == Expected::Helo {
            "HELO "
        } else {
            "EHLO "
        };
        let config = self.config.clone();
        let out = self.output.writer(now_ms);
        out.extend_from_slice(verb.as_bytes());
        out.extend(config.name.bytes().filter(u8::is_ascii_graphic));
        out.extend_from_slice(b"\r\n");
        self.expect(expected, now_ms);
    }

    pub(super) fn expect(&mut self, expected: Expected, now_ms: u64) {
        if self.expected.is_empty() {
            self.since_ms = now_ms;
        }
        self.expected.push_back(expected);
    }

    pub(super) fn close(&mut self, close: Close) {
        self.done = self
            .transaction
            .take()
            .map(Transaction::outcome)
            .or(self.done.take());
        self.close = close;
        self.state.follow(Event::Closed, State::Closed);
    }
}
