//! Retention: segments that nothing stands on are freed, nearly empty ones are emptied, old memories are forgotten.
//!
//! A segment is swept before it is freed: which of our messages lay in it, which of their sends must still be known for
//! repeats. Order matters, and every step may be the last before a crash:
//!
//! ```text
//!  sweep ─► sends remembered (record) ─► free block, behind everything appended ─► Gone to every shard
//! ```
//!
//! A recipient's end outlives the accept record that it speaks of: its record is unpinned only after `Gone`. Sweeps go
//! over the tables a bounded piece a turn; nothing stalls, however many wait.

use crate::brain::{Brain, Held};
use crate::fetch::Job;
use crate::mail::Mail;
use base::{MessageId, ShardId, limits};
use journal::SegmentSequence;
use meter::{Counter, Gauge};
use std::collections::VecDeque;
use std::sync::Arc;
use store::record::{Remembered, Repeats};
use store::{Octets, Spot};

/// Entries of a table that a sweep looks at in one turn.
const SWEEP_STEP: u32 = 4_096;

/// Ticks between two looks at the segments: half a second.
const CHECK_TICKS: u32 = 5;

/// Accept records on their way out of an emptying segment at once: paces the copying.
const MOVES_MAX: u32 = 4;

/// Sends in one record of sends remembered.
const REMEMBERED_MAX: usize = 1_000;

/// Messages in one [`Mail::Gone`].
const GONE_MAX: usize = 4_096;

/// What retention is about to do.
#[derive(Debug, Default)]
pub(crate) struct Retention {
    sweep: Option<Sweep>,
    next_check: u32,
    /// The first segment that could be freed or emptied, and the tick since when.
    since: Option<(SegmentSequence, u32)>,
    moves: u32,
    freeing: VecDeque<(SegmentSequence, Vec<MessageId>)>,
    /// Records of sends remembered: until when (seconds since 1970), segment, units.
    remembered: VecDeque<(u32, u32, u32)>,
    oldest_at: u32,
}

#[derive(Debug)]
struct Sweep {
    segment: u32,
    step: Step,
    position: u32,
    messages: Vec<MessageId>,
    sends: Vec<Remembered>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    /// Which messages lay in a segment that is to be freed.
    Collect,
    /// Write down the sends that may be repeated, then free.
    Free,
    /// Copy the messages that are still needed out of an emptying segment.
    MoveMessages,
    /// Write the copies' states anew that stand in it.
    MoveStates,
}

impl Retention {
    pub(crate) fn has_work(&self) -> bool {
        self.sweep.is_some() && self.moves < MOVES_MAX
    }

    pub(crate) fn next_tick(&self, current: u32) -> Option<u32> {
        Some(self.next_check.max(current + 1))
    }

    pub(crate) fn move_ended(&mut self) {
        self.moves = self.moves.saturating_sub(1);
    }

    pub(crate) fn keep_remembered(&mut self, until: u32, spot: Spot) {
        self.remembered
            .push_back((until, spot.segment, store::append::units(spot.length)));
    }
}

impl<B: AsRef<[u8]> + AsMut<[u8]>> Brain<B> {
    /// The retention part of a turn.
    pub(crate) fn retain(&mut self) {
        self.announce_freed();
        if self.retention.sweep.is_some() {
            if !self.blocked {
                self.sweep();
            }
        } else if self.wheel.current() >= self.retention.next_check {
            self.retention.next_check = self.wheel.current() + CHECK_TICKS;
            self.forget_old();
            self.look();
        }
    }

    /// Looks for a segment to free or to empty. Without need of space it is left alone for as long as its messages may be
    /// retrieved again.
    fn look(&mut self) {
        let journal = &self.store.journal;
        let used = journal.segments().count();
        self.meter.set(Gauge::JournalSegments, used as u64);
        let is_tight = used * 2 >= usize::from(journal.settings().draft().segments_max);
        let free = journal.freeable().next().map(|segment| (segment, Step::Collect));
        let found = free.or_else(|| {
            journal
                .evacuation_candidate()
                .map(|segment| (segment, Step::MoveMessages))
        });
        let Some((segment, step)) = found else {
            self.retention.since = None;
            return;
        };
        let tick = self.wheel.current();
        let since = match self.retention.since {
            Some((seen, since)) if seen == segment => since,
            _ => {
                self.retention.since = Some((segment, tick));
                tick
            }
        };
        let kept = u64::from(self.profile.retrieve.again_ms) / crate::timers::TICK_MS;
        if is_tight || u64::from(tick - since) >= kept {
            let segment = u32::try_from(segment.0).unwrap_or(u32::MAX);
            self.retention.sweep = Some(Sweep {
                segment,
                step,
                position: 0,
                messages: Vec::new(),
                sends: Vec::new(),
            });
        }
    }

    fn sweep(&mut self) {
        let Some(mut sweep) = self.retention.sweep.take() else {
            return;
        };
        let goes_on = match sweep.step {
            Step::Collect => self.collect(&mut sweep),
            Step::Free => self.free(&mut sweep),
            Step::MoveMessages => self.move_messages(&mut sweep),
            Step::MoveStates => self.move_states(&mut sweep),
        };
        if goes_on {
            self.retention.sweep = Some(sweep);
        }
    }

    fn collect(&mut self, sweep: &mut Sweep) -> bool {
        let oldest = self.wall().0.saturating_sub(self.profile.mm1.dedup_s);
        let end = sweep
            .position
            .saturating_add(SWEEP_STEP)
            .min(self.store.messages.bound());
        for number in sweep.position..end {
            let Some(message) = self.store.messages.at(number) else {
                continue;
            };
            if message.spot.segment != sweep.segment {
                continue;
            }
            sweep.messages.push(message.id);
            if message.accepted_at > oldest {
                sweep.sends.push(Remembered {
                    sender: message.sender,
                    key: message.repeat_key,
                    message: message.id.bits(),
                    at: message.accepted_at,
                });
            }
        }
        sweep.position = end;
        if end == self.store.messages.bound() {
            sweep.step = Step::Free;
        }
        true
    }

    fn free(&mut self, sweep: &mut Sweep) -> bool {
        if !sweep.sends.is_empty() {
            let rest = sweep.sends.split_off(sweep.sends.len().min(REMEMBERED_MAX));
            let until = self.wall().0.saturating_add(self.profile.mm1.dedup_s);
            let record = Repeats {
                sends: std::mem::take(&mut sweep.sends),
            };
            match self.store.remember(&record) {
                Ok((segment, units)) => {
                    self.retention.remembered.push_back((until, segment, units));
                    sweep.sends = rest;
                }
                Err(_) => {
                    // No room now; the whole record comes again.
                    sweep.sends = record.sends;
                    sweep.sends.extend(rest);
                    self.blocked = true;
                }
            }
            return true;
        }
        let segment = SegmentSequence(u64::from(sweep.segment));
        if self.store.journal.free(segment).is_err() {
            // Leased by a reader, or being read: another time.
            return false;
        }
        for id in &sweep.messages {
            if let Some(message) = self.store.messages.find_mut(*id) {
                message.spot = Spot::NOWHERE;
            }
        }
        self.retention
            .freeing
            .push_back((segment, std::mem::take(&mut sweep.messages)));
        self.retention.since = None;
        false
    }

    /// Segments whose free block is on disk: their messages are gone, and everybody is told.
    fn announce_freed(&mut self) {
        while let Some(segment) = self.store.journal.poll_freed() {
            self.meter.count(Counter::SegmentsFreed);
            let place = self
                .retention
                .freeing
                .iter()
                .position(|(freeing, _)| *freeing == segment);
            let Some((_, messages)) = place.and_then(|place| self.retention.freeing.remove(place)) else {
                continue;
            };
            for some in messages.chunks(GONE_MAX) {
                let some: Arc<[MessageId]> = some.into();
                for shard in 0..self.shards {
                    self.send_mail(ShardId(shard), Mail::Gone(Arc::clone(&some)));
                }
            }
        }
    }

    fn move_messages(&mut self, sweep: &mut Sweep) -> bool {
        let bound = self.store.messages.bound();
        let end = sweep.position.saturating_add(SWEEP_STEP).min(bound);
        while sweep.position < end && self.retention.moves < MOVES_MAX {
            let message = self.store.messages.at(sweep.position).copied();
            sweep.position += 1;
            if let Some(message) = message
                && message.spot.segment == sweep.segment
                && message.open > 0
            {
                self.retention.moves += 1;
                self.read(message.id, Job::Move);
            }
        }
        if sweep.position == bound && self.retention.moves == 0 {
            sweep.step = Step::MoveStates;
            sweep.position = 0;
        }
        true
    }

    /// An accept record was read for moving: it is appended again, and its message's place changes.
    pub(crate) fn move_message(&mut self, message: MessageId, header: &Octets, pdu: &Octets) {
        self.retention.move_ended();
        let is_needed = self
            .store
            .messages
            .find(message)
            .is_some_and(|message| message.open > 0);
        if !is_needed {
            return;
        }
        match self.store.relocate(header.as_slice(), pdu.as_slice(), message) {
            Ok(()) => {
                self.meter.count(Counter::JournalRecords);
                self.meter
                    .add(Counter::OctetsEvacuated, pdu.as_slice().len() as u64);
            }
            // No room: the segment stays, and the next look comes back to it.
            Err(_) => self.blocked = true,
        }
    }

    fn move_states(&mut self, sweep: &mut Sweep) -> bool {
        let bound = self.store.recipients.bound();
        let end = sweep.position.saturating_add(SWEEP_STEP).min(bound);
        let mut moved = 0;
        while sweep.position < end && moved < limits::TURN_INPUTS_MAX {
            let number = sweep.position;
            if let Some(copy) = self.store.recipients.get(number).copied()
                && copy.pin_segment == sweep.segment
            {
                moved += 1;
                if self
                    .append_state(number, copy, 0, &[], Held::Stepped(None))
                    .is_err()
                {
                    self.blocked = true;
                    return true;
                }
            }
            sweep.position += 1;
        }
        if sweep.position < bound {
            return true;
        }
        self.retention.since = None;
        false
    }

    /// Forgets what is old: records of sends remembered, and messages that nobody can repeat any more.
    fn forget_old(&mut self) {
        let now = self.wall().0;
        while let Some(&(until, segment, units)) = self.retention.remembered.front()
            && until <= now
        {
            self.retention.remembered.pop_front();
            self.store.unpin(segment, units);
        }
        let oldest = now.saturating_sub(self.profile.mm1.dedup_s);
        let bound = self.store.messages.bound();
        let start = if self.retention.oldest_at >= bound {
            0
        } else {
            self.retention.oldest_at
        };
        let end = start.saturating_add(SWEEP_STEP * 2).min(bound);
        for number in start..end {
            if let Some(message) = self.store.messages.at(number)
                && message.spot == Spot::NOWHERE
                && message.accepted_at <= oldest
            {
                self.store.messages.remove(message.id);
            }
        }
        self.retention.oldest_at = end;
    }
}
