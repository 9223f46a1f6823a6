//! One peer's queue at one shard: what waits, what is under way, what may begin now.
//!
//! Between the copies (`departure`) and the mails (`mail`). Values in, verdicts out: no message is looked into here.
//! Invariants: at most `connections` mails under way, at most `window` messages without their response (a message that
//! is sent again keeps its place), and no more mails in a second than the profile says; the rest waits in order.

use super::breaker::{Breaker, Permit};
use super::note::Note;
use base::{MessageId, Monotonic, limits};
use profile::peers::Pace;
use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

/// Microseconds by which mails may come earlier than evenly spaced: a tenth of a second's worth at once.
const BURST_US: u64 = 100_000;

/// Messages that wait where a queue moves. Reason: some tenths of a second's worth at the rate of one core.
const MOVING_MAX: usize = 1_024;

/// A shard's share of a peer's pace.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Share {
    /// Mails under way.
    connections: u16,
    /// Messages without their response.
    window: usize,
    /// Microseconds between two mails.
    interval_us: u64,
}

impl Share {
    /// The share of one of `shards`: at least one of each.
    pub(crate) fn of(pace: &Pace, shards: u16) -> Share {
        let shards = shards.max(1);
        Share {
            connections: (pace.connections_max / shards).max(1),
            window: usize::try_from(pace.outstanding_max / u32::from(shards))
                .map_or(1, |window| window.max(1)),
            interval_us: 1_000_000 * u64::from(shards) / u64::from(pace.messages_per_s_max.max(1)),
        }
    }
}

/// What an operator has said of a peer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Hold {
    /// Nothing: it is sent to.
    #[default]
    None,
    /// Nothing is sent until it is released.
    Held,
    /// What was accepted by then goes out, seconds since 1970; later messages are set aside until it is released.
    Draining(u32),
}

/// What may be done now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Next {
    /// A mail with this message may begin.
    Begin(MessageId),
    /// A response may.
    BeginNote,
    /// Nothing before this, unless something happens.
    At(Monotonic),
    /// Nothing until something happens.
    Idle,
}

/// One peer.
#[derive(Debug)]
pub(crate) struct Queue {
    pub(crate) name: Arc<str>,
    share: Share,
    waiting: VecDeque<MessageId>,
    /// Responses, which go before messages: others wait for them.
    notes: VecDeque<Note>,
    /// Responses that were refused for now, and when they come again, in that order.
    notes_later: VecDeque<(Monotonic, Note)>,
    flying: u16,
    /// Messages without their response: how many copies of each.
    unanswered: BTreeMap<MessageId, u16>,
    pub(crate) breaker: Breaker,
    pub(crate) hold: Hold,
    /// Messages that wait for the end of a drain, and of each that is still open, how many copies.
    aside: VecDeque<MessageId>,
    aside_copies: BTreeMap<MessageId, u32>,
    /// Copies that the peer has not taken, wherever they wait.
    untaken: u32,
    /// The next mail is due at this on an even schedule, microseconds.
    next_us: u64,
    /// Its sessions carry any octet, as far as is known.
    pub(crate) is_binary: bool,
    /// What it or the kernel said last that was no success, and when.
    pub(crate) last_error: Option<(Monotonic, String)>,
}

impl Queue {
    pub(crate) fn new(name: Arc<str>, share: Share) -> Queue {
        Queue {
            name,
            share,
            waiting: VecDeque::new(),
            notes: VecDeque::new(),
            notes_later: VecDeque::new(),
            flying: 0,
            unanswered: BTreeMap::new(),
            breaker: Breaker::default(),
            hold: Hold::None,
            aside: VecDeque::new(),
            aside_copies: BTreeMap::new(),
            untaken: 0,
            next_us: 0,
            is_binary: true,
            last_error: None,
        }
    }

    /// Takes other settings.
    pub(crate) fn set_share(&mut self, share: Share) {
        self.share = share;
    }

    /// A message waits for a mail. Twice behind each other it waits once.
    pub(crate) fn push(&mut self, message: MessageId) {
        if self.waiting.back() != Some(&message) {
            self.waiting.push_back(message);
        }
    }

    /// A message goes back to the front: its mail did not leave, for no fault of its own.
    pub(crate) fn push_front(&mut self, message: MessageId) {
        if self.waiting.front() != Some(&message) {
            self.waiting.push_front(message);
        }
    }

    /// What may be done now.
    pub(crate) fn next(&mut self, now: Monotonic) -> Next {
        while let Some((_, note)) = self.notes_later.pop_front_if(|(at, _)| *at <= now) {
            self.notes.push_back(note);
        }
        let later = self.notes_later.front().map(|(at, _)| *at);
        let message = match (self.notes.is_empty(), self.waiting.front()) {
            (true, None) => return later.map_or(Next::Idle, Next::At),
            (true, Some(message)) => Some(*message),
            (false, _) => None,
        };
        if self.hold == Hold::Held || self.flying >= self.share.connections {
            return Next::Idle;
        }
        match self.breaker.permit(now) {
            Permit::NotBefore(at) => return Next::At(at),
            Permit::Probe if self.flying > 0 => return Next::Idle,
            Permit::Probe | Permit::Free => {}
        }
        // One that is sent again has its place.
        let open = self.unanswered.len() + usize::from(self.flying);
        if let Some(message) = message
            && open >= self.share.window
            && !self.unanswered.contains_key(&message)
        {
            return later.map_or(Next::Idle, Next::At);
        }
        let due_us = self.next_us.saturating_sub(BURST_US);
        if now.0.saturating_mul(1_000) < due_us {
            return Next::At(Monotonic(due_us.div_ceil(1_000)));
        }
        message.map_or(Next::BeginNote, Next::Begin)
    }

    /// Takes what an operator said. What a drain had set aside waits in the queue again; another drain sets it aside
    /// anew.
    pub(crate) fn set_hold(&mut self, hold: Hold) {
        if self.hold != hold {
            self.hold = hold;
            self.bring_back();
        }
    }

    /// What was set aside waits again, behind the others.
    pub(crate) fn bring_back(&mut self) {
        self.aside_copies.clear();
        self.waiting.append(&mut self.aside);
    }

    /// Whether a message that was accepted then waits for the end of a drain.
    pub(crate) fn is_too_new(&self, accepted_at: u32) -> bool {
        matches!(self.hold, Hold::Draining(at) if accepted_at > at)
    }

    /// A copy of this message waits for the end of a drain.
    pub(crate) fn push_aside(&mut self, message: MessageId) {
        let copies = self.aside_copies.entry(message).or_default();
        *copies += 1;
        if *copies == 1 {
            self.aside.push_back(message);
        }
    }

    /// The message in front, with so many copies, waits for the end of a drain.
    pub(crate) fn set_aside(&mut self, copies: usize) {
        if let Some(message) = self.waiting.pop_front() {
            let copies = u32::try_from(copies).unwrap_or(u32::MAX);
            if self.aside_copies.insert(message, copies).is_none() {
                self.aside.push_back(message);
            }
        }
    }

    /// A copy for this peer has come.
    pub(crate) fn add_copy(&mut self) {
        self.untaken = self.untaken.saturating_add(1);
    }

    /// A copy of this message does not wait for this peer any more: it was taken, has ended, or goes elsewhere.
    pub(crate) fn drop_copy(&mut self, message: MessageId) {
        self.untaken = self.untaken.saturating_sub(1);
        if let Some(copies) = self.aside_copies.get_mut(&message) {
            *copies -= 1;
            if *copies == 0 {
                self.aside_copies.remove(&message);
            }
        }
    }

    /// Copies that the peer has not taken and that may go out, now or at their time.
    pub(crate) fn untaken(&self) -> u32 {
        let aside: u32 = self.aside_copies.values().sum();
        self.untaken.saturating_sub(aside)
    }

    /// Messages that wait for the end of a drain.
    pub(crate) fn aside(&self) -> usize {
        self.aside_copies.len()
    }

    /// Responses that were to come later are due now.
    pub(crate) fn recall_notes(&mut self) {
        let later = self.notes_later.drain(..).map(|(_, note)| note);
        self.notes.extend(later);
    }

    /// A response waits for a mail.
    ///
    /// # Errors
    /// The note itself, where too many wait.
    pub(crate) fn push_note(&mut self, note: Note) -> Result<(), Note> {
        if self.notes.len() + self.notes_later.len() >= limits::NOTES_MAX {
            return Err(note);
        }
        self.notes.push_back(note);
        Ok(())
    }

    /// A response waits until then.
    pub(crate) fn put_off_note(&mut self, at: Monotonic, note: Note) {
        self.notes_later.push_back((at, note));
    }

    /// A response waits again, in front.
    pub(crate) fn return_note(&mut self, note: Note) {
        self.notes.push_front(note);
    }

    /// A mail with the response in front begins.
    pub(crate) fn begin_note(&mut self, now: Monotonic) -> Option<Note> {
        let note = self.notes.pop_front()?;
        self.count_flight(now);
        Some(note)
    }

    /// Takes the message that [`next`](Self::next) named: nothing of it is left to be sent.
    pub(crate) fn drop_front(&mut self) {
        self.waiting.pop_front();
    }

    /// A mail with the message in front begins; all of its copies are in it or `more` are left for the next.
    pub(crate) fn begin(&mut self, now: Monotonic, more: bool) {
        if !more {
            self.waiting.pop_front();
        }
        self.count_flight(now);
    }

    fn count_flight(&mut self, now: Monotonic) {
        self.flying += 1;
        self.next_us = self.next_us.max(now.0.saturating_mul(1_000)) + self.share.interval_us;
    }

    /// A mail is answered.
    pub(crate) fn end(&mut self) {
        debug_assert!(self.flying > 0, "a mail is answered once");
        self.flying = self.flying.saturating_sub(1);
    }

    /// A copy waits for the response.
    pub(crate) fn await_response(&mut self, message: MessageId) {
        *self.unanswered.entry(message).or_default() += 1;
    }

    /// A copy does not wait for the response any more.
    pub(crate) fn response_settled(&mut self, message: MessageId) {
        if let Some(copies) = self.unanswered.get_mut(&message) {
            *copies -= 1;
            if *copies == 0 {
                self.unanswered.remove(&message);
            }
        }
    }

    /// Mails under way.
    pub(crate) fn flying(&self) -> u16 {
        self.flying
    }

    /// Messages that wait for a mail. One may stand here twice where a try of it failed in part.
    pub(crate) fn waiting(&self) -> usize {
        self.waiting.len()
    }

    /// Whether a message that comes now will likely leave within moments.
    pub(crate) fn moves(&self) -> bool {
        self.hold == Hold::None && !self.breaker.is_open() && self.waiting.len() < MOVING_MAX
    }

    /// Messages without their response.
    pub(crate) fn unanswered(&self) -> usize {
        self.unanswered.len()
    }

    /// Responses and reports that wait for a mail, or for their time.
    pub(crate) fn notes(&self) -> usize {
        self.notes.len() + self.notes_later.len()
    }

    /// The message in front.
    pub(crate) fn front(&self) -> Option<MessageId> {
        self.waiting.front().copied()
    }

    /// The message that has waited longest, of those in the queue and those set aside.
    pub(crate) fn oldest(&self) -> Option<MessageId> {
        self.front().or_else(|| self.aside.front().copied())
    }
}

#[cfg(test)]
mod tests;
