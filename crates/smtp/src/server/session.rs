//! The server's machine: octets in, one step out, replies in order.
//!
//! Between the socket of MM4 and its owner. The owner receives into [`Session::receive_buffer`], tells it by
//! [`Session::received`], obeys [`Session::step`], answers by [`Session::reply`] and sends what
//! [`Session::unsent`] holds. Invariants: replies stand in the order of the commands; while an answer of the owner is
//! awaited nothing is read; after a refusal of the connection nothing of the peer is interpreted; memory is one receive
//! buffer and a bounded output; time never enters but as the caller's `now_ms`, which does not go back.

use std::sync::Arc;

use super::Config;
use super::event::{BodyFraming, Close, Mail, NothingOutstanding, Step};
use super::sequence::Stage;
use super::state::{Event, Fate, Question, State};
use crate::address::Address;
use crate::command::{MailParameters, Place};
use crate::input::Input;
use crate::line::LineScan;
use crate::message::BodyKind;
use crate::output::Output;
use crate::reason::Reason;
use crate::reply::{Reply, write_plain};
use crate::text::TextDecoder;
use crate::timers::{Deadline, Timer};

/// A step without what it borrows.
#[derive(Clone, Copy, Debug)]
pub(super) enum Act {
    NeedMore(Deadline),
    Send(Deadline),
    Wait,
    Mail { from: Place, parameters: MailParameters },
    Recipient(Place),
    Data(BodyFraming),
    Body(Place),
    End,
    Discard(Reason),
    Abandoned,
    StartTls,
    Finish(Deadline),
    Closed(Close),
}

/// What is counted on a connection, against its limits.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Counts {
    pub(super) errors: u32,
    pub(super) idle_commands: u32,
    pub(super) transactions: u32,
    /// RCPT commands of this transaction.
    pub(super) recipients: u32,
    /// Octets passed over of a command line too long.
    pub(super) skipped_octets: usize,
    /// Octets of this message that were taken.
    pub(super) message_octets: u64,
}

/// One connection of a listener.
#[derive(Debug)]
pub struct Session {
    pub(super) config: Arc<Config>,
    pub(super) state: State,
    pub(super) stage: Stage,
    pub(super) input: Input,
    /// Octets at the front that the last step lent out.
    pub(super) taken: usize,
    pub(super) scan: LineScan,
    pub(super) output: Output,
    pub(super) counts: Counts,
    pub(super) decoder: TextDecoder,
    pub(super) body: BodyKind,
    pub(super) peer_name: String,
    /// EHLO was said, so that commands may come in groups.
    pub(super) pipelining: bool,
    pub(super) tls: bool,
    pub(super) peer_ended: bool,
    pub(super) retiring: bool,
    pub(super) waiting_since_ms: u64,
    pub(super) heard_ms: u64,
    pub(super) message_since_ms: u64,
    /// How often each reason was given and nobody has counted it yet.
    refused: [u16; Reason::ALL.len()],
    /// The sum of them.
    refused_count: u32,
}

impl Session {
    /// A connection accepted at `now_ms`; its greeting waits to be sent.
    #[must_use]
    pub fn new(config: Arc<Config>, now_ms: u64) -> Self {
        let mut session = Self::silent(config, now_ms);
        let name = format!("{} ESMTP ready", session.config.name);
        write_plain(session.output.writer(now_ms), 220, b' ', &name);
        session
    }

    /// A connection accepted at `now_ms` that is not served: the reply (421 or 554) is sent for a greeting.
    #[must_use]
    pub fn refusing(config: Arc<Config>, reply: Reply<'_>, now_ms: u64) -> Self {
        let mut session = Self::silent(config, now_ms);
        reply.write(session.output.writer(now_ms));
        session.finish(Close::Dismissed);
        session
    }

    fn silent(config: Arc<Config>, now_ms: u64) -> Self {
        debug_assert!(config.limits.relations_hold(), "the limits contradict each other");
        Self {
            config,
            state: State::Greeting,
            stage: Stage::Connected,
            input: Input::default(),
            taken: 0,
            scan: LineScan::default(),
            output: Output::default(),
            counts: Counts::default(),
            decoder: TextDecoder::new(crate::text::Framing::Dots),
            body: BodyKind::SevenBit,
            peer_name: String::new(),
            pipelining: false,
            tls: false,
            peer_ended: false,
            retiring: false,
            waiting_since_ms: now_ms,
            heard_ms: now_ms,
            message_since_ms: now_ms,
            refused: [0; Reason::ALL.len()],
            refused_count: 0,
        }
    }

    /// Tells what the session itself has refused since this was last asked: each reason, and how often.
    pub fn take_refused(&mut self, mut told: impl FnMut(Reason, u16)) {
        if std::mem::take(&mut self.refused_count) == 0 {
            return;
        }
        for (reason, count) in Reason::ALL.iter().zip(&mut self.refused) {
            match std::mem::take(count) {
                0 => {}
                count => told(*reason, count),
            }
        }
    }

    /// Where the next octets are to be received. `None`: nothing may be received now (the peer is ahead of us, TLS is
    /// being agreed on, or the connection is over).
    pub fn receive_buffer(&mut self) -> Option<&mut [u8]> {
        self.settle();
        if self.peer_ended || matches!(self.state, State::Handshake | State::Closed(_)) {
            return None;
        }
        let room = self.input.room(self.config.limits.receive_octets);
        (!room.is_empty()).then_some(room)
    }

    /// `octets` were received into the last [`receive_buffer`](Self::receive_buffer). Call [`step`](Self::step) next.
    pub fn received(&mut self, octets: usize, now_ms: u64) {
        self.input.filled(octets);
        self.heard_ms = now_ms;
        match &mut self.state {
            State::Lingering { octets_left, .. } => {
                *octets_left = octets_left.saturating_sub(octets as u64);
                self.input.clear();
            }
            State::Finishing(_) => self.input.clear(),
            _ => {}
        }
    }

    /// Copies as many of `octets` as there is room for at once, and answers how many; for callers without a socket.
    pub fn receive(&mut self, octets: &[u8], now_ms: u64) -> usize {
        let Some(room) = self.receive_buffer() else {
            return 0;
        };
        let count = room.len().min(octets.len());
        if let (Some(to), Some(from)) = (room.get_mut(..count), octets.get(..count)) {
            to.copy_from_slice(from);
        }
        self.received(count, now_ms);
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
    }

    /// The peer has shut its sending side. What came whole before is still served.
    pub const fn end_of_stream(&mut self) {
        self.peer_ended = true;
    }

    /// The server is to end: an open transaction is finished, then 421 is said.
    pub const fn retire(&mut self) {
        self.retiring = true;
    }

    /// The handshake that [`Step::StartTls`] asked for has succeeded.
    pub fn tls_started(&mut self, now_ms: u64) {
        if let State::Handshake = self.state {
            self.tls = true;
            self.await_command(Event::TlsStarted, now_ms);
        }
    }

    /// The name that the peer gave with EHLO or HELO; empty before.
    #[must_use]
    pub fn peer_name(&self) -> &str {
        &self.peer_name
    }

    /// Whether TLS was started within the session.
    #[must_use]
    pub const fn is_tls(&self) -> bool {
        self.tls
    }

    /// Octets of memory that the session holds now; at most
    /// [`Limits::session_octets_max`](crate::Limits::session_octets_max).
    #[must_use]
    pub fn memory_octets(&self) -> u64 {
        let octets = self
            .input
            .memory_octets()
            .saturating_add(self.output.memory_octets())
            .saturating_add(self.peer_name.capacity());
        octets as u64
    }

    /// What is to be done now. Call it after each event, and when a deadline has come.
    pub fn step(&mut self, now_ms: u64) -> Step<'_> {
        self.settle();
        let act = loop {
            if let Some(act) = self.turn(now_ms) {
                break act;
            }
        };
        match act {
            Act::NeedMore(deadline) => Step::NeedMore { deadline },
            Act::Send(deadline) => Step::Send { deadline },
            Act::Wait => Step::Wait,
            Act::Mail { from, parameters } => Step::Mail(Mail {
                from: self.address(from),
                size_octets: parameters.size,
                body: parameters.body,
            }),
            Act::Recipient(place) => self.address(place).map_or(Step::Wait, Step::Recipient),
            Act::Data(framing) => Step::Data(framing),
            Act::Body(Place { start, end }) => {
                Step::Body(self.input.unread().get(start..end).unwrap_or_default())
            }
            Act::End => Step::End,
            Act::Discard(reason) => Step::Discard(reason),
            Act::Abandoned => Step::Abandoned,
            Act::StartTls => Step::StartTls,
            Act::Finish(deadline) => Step::Finish { deadline },
            Act::Closed(close) => Step::Closed(close),
        }
    }

    /// The address at a place of the line at the buffer's front, which was checked when the line was read.
    fn address(&self, Place { start, end }: Place) -> Option<Address<'_>> {
        let octets = self.input.unread().get(start..end)?;
        Address::parse(std::str::from_utf8(octets).ok()?).ok()
    }

    /// One turn: a step, or nothing when the state has moved and is to be asked again.
    fn turn(&mut self, now_ms: u64) -> Option<Act> {
        match self.state {
            State::Greeting => self.greet(now_ms),
            State::Command => self.read_command(now_ms),
            State::Question(_) => Some(Act::Wait),
            State::Text { refused } => self.read_text(refused, now_ms),
            State::Chunk { left, last, fate } => self.read_chunk(left, last, fate, now_ms),
            State::Handshake => Some(Act::StartTls),
            State::Finishing(close) => {
                if !self.output.is_empty() {
                    return Some(self.send_first(now_ms));
                }
                let next = State::Lingering {
                    since_ms: now_ms,
                    octets_left: self.config.limits.linger_octets_max,
                    close,
                };
                self.state.follow(Event::AllSent, next);
                None
            }
            State::Lingering {
                since_ms,
                octets_left,
                close,
            } => {
                let deadline = self.config.timers.deadline(Timer::ServerLinger, since_ms);
                if self.peer_ended || octets_left == 0 || deadline.has_come(now_ms) {
                    self.state.follow(Event::LingerEnds, State::Closed(close));
                    return None;
                }
                Some(Act::Finish(deadline))
            }
            State::Closed(close) => Some(Act::Closed(close)),
        }
    }

    fn greet(&mut self, now_ms: u64) -> Option<Act> {
        if self.output.is_empty() {
            self.await_command(Event::Greeted, now_ms);
            return None;
        }
        if !self.input.is_empty() {
            return self.refuse(Reason::EarlyBeforeGreeting, now_ms);
        }
        if self.peer_ended {
            self.finish(Close::PeerEnded);
            return None;
        }
        Some(self.send_first(now_ms))
    }

    /// There is output, and nothing else is to be done before it has left.
    pub(super) fn send_first(&mut self, now_ms: u64) -> Act {
        let deadline = self.config.timers.deadline(Timer::Send, self.output.since_ms());
        if deadline.has_come(now_ms) {
            self.state
                .follow(Event::Deadline, State::Closed(Close::SendTimeout));
            return Act::Closed(Close::SendTimeout);
        }
        Act::Send(deadline)
    }

    /// There is nothing to go on with: the peer has ended, or is too late, or has time yet.
    pub(super) fn starved(&mut self, deadline: Deadline, now_ms: u64) -> Option<Act> {
        if self.peer_ended {
            let between = matches!(self.state, State::Command) && !self.stage.in_transaction();
            let close = if between && self.input.is_empty() && self.counts.skipped_octets == 0 {
                Close::PeerEnded
            } else {
                Close::PeerTruncated
            };
            self.finish(close);
            return None;
        }
        if deadline.has_come(now_ms) {
            return self.refuse(Reason::TooLate, now_ms);
        }
        if self.output.is_empty() {
            return Some(Act::NeedMore(deadline));
        }
        match self.send_first(now_ms) {
            Act::Send(send) => Some(Act::NeedMore(deadline.earlier(send))),
            act => Some(act),
        }
    }

    /// Answers the outstanding event.
    ///
    /// 421 ends the connection. A positive reply to DATA is sent as 354; one to the first chunk says nothing yet.
    ///
    /// # Errors
    /// [`NothingOutstanding`] if there is nothing to answer.
    pub fn reply(&mut self, reply: Reply<'_>, now_ms: u64) -> Result<(), NothingOutstanding> {
        let State::Question(question) = self.state else {
            return Err(NothingOutstanding);
        };
        self.settle();
        if reply.wire_code() == 421 {
            reply.write(self.output.writer(now_ms));
            self.finish(Close::Dismissed);
            return Ok(());
        }
        let stage = match (question, reply.is_positive()) {
            (Question::Text, true) => {
                self.let_text_come(reply, now_ms);
                return Ok(());
            }
            (Question::Chunk { left, last }, true) => {
                self.begin_chunk(Event::ChunkBegins, left, last, Fate::Kept, now_ms);
                return Ok(());
            }
            (Question::Sender, true) => Stage::Sender,
            (Question::Recipient, true) => Stage::Recipients,
            (Question::Recipient, false) => self.stage,
            (Question::End, _) => {
                self.counts.transactions = self.counts.transactions.saturating_add(1);
                self.counts.idle_commands = 0;
                Stage::Greeted
            }
            (Question::Sender | Question::Text | Question::Chunk { .. }, false) => Stage::Greeted,
        };
        let fitting = if reply.is_positive() && reply.wire_code() >= 300 {
            Reply::OK
        } else {
            reply
        };
        fitting.write(self.output.writer(now_ms));
        self.stage = stage;
        if let Question::Chunk { left, last } = question {
            self.begin_chunk(Event::ChunkBegins, left, last, Fate::Ignored, now_ms);
        } else {
            self.await_command(Event::Answered, now_ms);
        }
        Ok(())
    }

    /// Gives back what the last step lent out.
    pub(super) fn settle(&mut self) {
        self.input.consume(std::mem::take(&mut self.taken));
    }

    pub(super) fn await_command(&mut self, event: Event, now_ms: u64) {
        self.waiting_since_ms = now_ms;
        self.state.follow(event, State::Command);
    }

    /// Writes a reply of the session's own.
    pub(super) fn say(&mut self, reply: Reply<'_>, now_ms: u64) {
        reply.write(self.output.writer(now_ms));
        self.waiting_since_ms = now_ms;
    }

    /// Says why the session refuses.
    pub(super) fn say_no(&mut self, reason: Reason, now_ms: u64) {
        if let Some(count) = self.refused.get_mut(reason as usize) {
            *count = count.saturating_add(1);
            self.refused_count = self.refused_count.saturating_add(1);
        }
        self.say(reason.reply(), now_ms);
    }

    /// Says why and ends the connection.
    pub(super) fn refuse(&mut self, reason: Reason, now_ms: u64) -> Option<Act> {
        self.say_no(reason, now_ms);
        self.finish(Close::Refused(reason));
        None
    }

    /// Ends the connection when the output has left.
    pub(super) fn finish(&mut self, close: Close) {
        self.input.clear();
        self.taken = 0;
        self.state.follow(Event::LastReply, State::Finishing(close));
    }
}
