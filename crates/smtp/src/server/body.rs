//! How a message comes in: text up to a dot, or chunks by count.
//!
//! Part of the machine: between DATA or BDAT and the owner's buffer. Invariants: what the owner is given is borrowed
//! from the receive buffer and was checked; a refused message is read to its end within a bound, and its reply stands
//! where the message's would; octets behind DATA that did not wait for the 354 end the connection.

use super::sequence::Stage;
use super::session::{Act, Session};
use super::state::{Event, Fate, Question, State};
use crate::command::Place;
use crate::message::BodyKind;
use crate::reason::Reason;
use crate::reply::{Enhanced, Reply};
use crate::text::{Framing, TextDecoder, TextStop};
use crate::timers::{Deadline, Timer};

impl Session {
    /// The owner lets a text come: 354, unless the peer did not wait for it.
    pub(super) fn let_text_come(&mut self, reply: Reply<'_>, now_ms: u64) {
        if !self.input.is_empty() {
            self.refuse(Reason::EarlyAfterData, now_ms);
            return;
        }
        let go_ahead = if reply.wire_code() == 354 {
            reply
        } else {
            Reply::GO_AHEAD
        };
        self.say(go_ahead, now_ms);
        self.begin_message(Framing::Dots, now_ms);
        self.state
            .follow(Event::TextBegins, State::Text { refused: None });
    }

    fn begin_message(&mut self, framing: Framing, now_ms: u64) {
        self.decoder = TextDecoder::new(framing);
        self.counts.message_octets = 0;
        self.message_since_ms = now_ms;
        self.heard_ms = now_ms;
    }

    /// A chunk of `left` octets comes.
    pub(super) fn begin_chunk(&mut self, event: Event, left: u64, last: bool, fate: Fate, now_ms: u64) {
        if self.stage != Stage::Chunks {
            let framing = if self.body == BodyKind::Binary {
                Framing::Binary
            } else {
                Framing::Lines
            };
            self.begin_message(framing, now_ms);
        }
        if fate == Fate::Kept {
            self.stage = Stage::Chunks;
        }
        self.heard_ms = now_ms;
        self.state.follow(event, State::Chunk { left, last, fate });
    }

    /// The deadline within a body: of the block, or of the whole.
    fn body_deadline(&self) -> Deadline {
        let timers = &self.config.timers;
        timers
            .deadline(Timer::ServerDataBlock, self.heard_ms)
            .earlier(timers.deadline(Timer::ServerMessage, self.message_since_ms))
    }

    /// Goes on with a text.
    pub(super) fn read_text(&mut self, refused: Option<Reason>, now_ms: u64) -> Option<Act> {
        let stop = self.decoder.next(self.input.unread(), &self.config.limits);
        match stop {
            TextStop::Fault(reason) => self.refuse(reason, now_ms),
            TextStop::Data { from, to } => {
                self.count_message((to.saturating_sub(from)) as u64, now_ms)?;
                if refused.is_some() {
                    self.input.consume(to);
                    return None;
                }
                if let Some(reason) = self.decoder.complaint() {
                    self.input.consume(to);
                    self.state = State::Text {
                        refused: Some(reason),
                    };
                    return Some(Act::Discard(reason));
                }
                self.taken = to;
                Some(Act::Body(Place { start: from, end: to }))
            }
            TextStop::Over(octets) => {
                self.input.consume(octets);
                let Some(reason) = refused else {
                    self.state
                        .follow(Event::MessageEnds, State::Question(Question::End));
                    return Some(Act::End);
                };
                self.end_refused(reason, now_ms);
                None
            }
            TextStop::Starved => {
                let here = self.input.unread().len();
                self.input.consume(here);
                self.starved(self.body_deadline(), now_ms)
            }
        }
    }

    /// The end of a message or chunk that was refused.
    fn end_refused(&mut self, reason: Reason, now_ms: u64) {
        self.stage = if reason == Reason::ChunkOutOfSequence || reason == Reason::ChunkWithoutRecipients {
            self.stage
        } else {
            Stage::Greeted
        };
        self.say_no(reason, now_ms);
        self.await_command(Event::BodyEnds, now_ms);
    }

    /// Counts octets of a message; nothing when they are more than even a refused one may have.
    fn count_message(&mut self, octets: u64, now_ms: u64) -> Option<()> {
        self.counts.message_octets = self.counts.message_octets.saturating_add(octets);
        if self.counts.message_octets > self.config.limits.drain_octets_max {
            self.refuse(Reason::DrainExceeded, now_ms);
            return None;
        }
        Some(())
    }

    /// Goes on with a chunk.
    pub(super) fn read_chunk(&mut self, left: u64, last: bool, fate: Fate, now_ms: u64) -> Option<Act> {
        if left == 0 {
            return self.end_chunk(last, fate, now_ms);
        }
        let unread = self.input.unread();
        let count = unread.len().min(usize::try_from(left).unwrap_or(usize::MAX));
        if count == 0 {
            return self.starved(self.body_deadline(), now_ms);
        }
        if fate != Fate::Kept {
            self.input.consume(count);
            let left = left.saturating_sub(count as u64);
            self.state = State::Chunk { left, last, fate };
            self.count_message(count as u64, now_ms)?;
            return None;
        }
        let octets = unread.get(..count).unwrap_or_default();
        match self.decoder.next(octets, &self.config.limits) {
            TextStop::Fault(reason) => self.refuse(reason, now_ms),
            TextStop::Data { from, to } => {
                let left = left.saturating_sub(to as u64);
                self.count_message(to as u64, now_ms)?;
                if let Some(reason) = self.decoder.complaint() {
                    self.input.consume(to);
                    self.stage = Stage::Greeted;
                    let fate = Fate::Dropped(reason);
                    self.state = State::Chunk { left, last, fate };
                    return Some(Act::Discard(reason));
                }
                self.state = State::Chunk { left, last, fate };
                self.taken = to;
                Some(Act::Body(Place { start: from, end: to }))
            }
            // Only a text ends by itself, or holds octets back.
            TextStop::Over(_) | TextStop::Starved => self.starved(self.body_deadline(), now_ms),
        }
    }

    fn end_chunk(&mut self, last: bool, fate: Fate, now_ms: u64) -> Option<Act> {
        match fate {
            Fate::Dropped(reason) => self.end_refused(reason, now_ms),
            Fate::Ignored => self.await_command(Event::BodyEnds, now_ms),
            Fate::Kept if last && !self.decoder.may_end() => {
                return self.refuse(Reason::CarriageReturnBare, now_ms);
            }
            Fate::Kept if last => {
                self.state
                    .follow(Event::MessageEnds, State::Question(Question::End));
                return Some(Act::End);
            }
            Fate::Kept => {
                self.say(Reply::new(250, Enhanced::new(0, 0), "Chunk received"), now_ms);
                self.await_command(Event::BodyEnds, now_ms);
            }
        }
        None
    }
}
