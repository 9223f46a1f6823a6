//! Retention: segments that nothing stands on are freed, nearly empty ones are emptied, old memories are forgotten.
//!
//! A segment is swept before it is freed: which of our messages lay in it, which of their sends must still be known for
//! repeats. Order matters, and every step may be the last before a crash:
//!
//! ```text
//!  sweep ─► sends remembered (record) ─► free block, behind everything appended ─► Gone to every shard
//! ```
//!
//! What is still needed of a nearly empty segment is copied out first: see `evacuate`.
//!
//! A recipient's end outlives the accept record that it speaks of, wherever that stands or stood: its record is
//! unpinned only after `Gone`, which waits for the segments that the message was copied out of (`originals`). Sweeps go
//! over the tables a bounded piece a turn, and so does what a freeing sets off (`freeing`); nothing stalls, however
//! many wait.

use crate::brain::Brain;
use crate::freeing::Freeings;
use crate::left::Left;
use crate::originals::Originals;
use base::MessageId;
use journal::planted::{Bug, is_planted};
use journal::{SegmentPhase, SegmentSequence, SegmentState};
use meter::Gauge;
use std::collections::{BTreeMap, VecDeque};
use store::append::units;
use store::record::{Remembered, Repeats, Source};
use store::{Message, Spot};

/// Entries of a table that a sweep looks at in one turn.
pub(crate) const SWEEP_STEP: u32 = 4_096;

/// Ticks between two looks at the segments: half a second.
const CHECK_TICKS: u32 = 5;

/// Records on their way out of an emptying segment at once: paces the copying.
pub(crate) const MOVES_MAX: u32 = 4;

/// In need a segment with fewer pinned octets in the hundred than this is emptied: the copies are to fit the one that
/// is left, with the rest of each group's last block.
pub(crate) const PRESSED_BELOW_PERCENT: u8 = 75;

/// Sends in one record of sends remembered.
const REMEMBERED_MAX: usize = 1_000;

/// Entries that are looked at for what is old between two ticks, and how many of them in one turn: 80,000 a second,
/// several times what a shard accepts; to take one out costs a microsecond.
const FORGET_STEPS: u32 = 8_192;
const FORGET_STEP: u32 = 512;

/// Who brings messages, in the order of the lists kept for each.
pub(crate) const SOURCES: [Source; 2] = [Source::Subscriber, Source::Peer];

/// The place of a source in such lists.
pub(crate) fn place_of(source: Source) -> usize {
    match source {
        Source::Subscriber => 0,
        Source::Peer => 1,
    }
}

/// What retention is about to do.
#[derive(Debug, Default)]
pub(crate) struct Retention {
    sweep: Option<Sweep>,
    next_check: u32,
    /// The segments that could be freed or emptied, and the tick since when.
    since: BTreeMap<SegmentSequence, u32>,
    /// Records being read for a move.
    pub(crate) moves: u32,
    /// What it wanted to write found no room: it waits for a completion or the next tick.
    pub(crate) is_blocked: bool,
    /// The same, at any time since the sweep began.
    was_refused: bool,
    /// Segments with a record that could not be read.
    pub(crate) left: Left,
    pub(crate) freeings: Freeings,
    /// Records of sends remembered, by who brought them, each list in the order of until when (seconds since 1970).
    pub(crate) remembered: [VecDeque<(u32, Spot)>; 2],
    /// Where the next look for old messages begins, how many entries it has left, and the tick of its beginning.
    oldest_at: u32,
    forget_left: u32,
    forgot_at: u32,
    /// Which messages still stand in segments that they were copied out of.
    pub(crate) originals: Originals,
}

/// A look over the tables for what stands in a segment.
#[derive(Debug)]
pub(crate) struct Sweep {
    pub(crate) segment: u32,
    pub(crate) step: Step,
    pub(crate) position: u32,
    /// It goes on when a read ends.
    pub(crate) is_waiting: bool,
    messages: Vec<MessageId>,
    /// Sends to be written down, by who brought them.
    sends: [Vec<Remembered>; 2],
}

/// What a sweep does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// Which messages lay in a segment that is to be freed.
    Collect,
    /// Write down the sends that may be repeated, then free.
    Free,
    /// Read the record that could not be read before, of a segment that is to be emptied.
    TryAgain,
    /// Copy the messages that are still needed out of an emptying segment.
    MoveMessages,
    /// Copy the records of sends remembered.
    MoveRemembered,
    /// Write the copies' states anew that stand in it.
    MoveStates,
    /// Write anew what operators did.
    MoveActions,
}

impl Retention {
    pub(crate) fn has_work(&self) -> bool {
        let has_step = self.sweep.as_ref().is_some_and(|sweep| !sweep.is_waiting);
        let may_step = has_step && self.moves < MOVES_MAX && !self.is_blocked;
        may_step || self.forget_left > 0 || self.freeings.has_work()
    }

    pub(crate) fn next_tick(&self, current: u32) -> Option<u32> {
        Some(self.next_check.max(current + 1))
    }

    /// There was no room for what it wanted to write.
    pub(crate) fn refused(&mut self) {
        self.is_blocked = true;
        self.was_refused = true;
    }

    /// Gives an emptying up that found no room: what can be freed by now goes first; another segment may be emptier.
    fn reconsider(&mut self) {
        let empties = |sweep: &Sweep| !matches!(sweep.step, Step::Collect | Step::Free);
        if self.was_refused && self.moves == 0 && self.sweep.as_ref().is_some_and(empties) {
            self.sweep = None;
        }
    }

    pub(crate) fn move_ended(&mut self) {
        self.moves = self.moves.saturating_sub(1);
        if let Some(sweep) = &mut self.sweep {
            sweep.is_waiting = false;
        }
    }

    /// A record of a segment could not be read at this tick: the segment is left for now.
    pub(crate) fn move_failed(&mut self, segment: SegmentSequence, record: (MessageId, Spot), tick: u32) {
        if !is_planted(Bug::DamagedAgain) {
            self.left.note(segment, record, tick);
        }
        self.give_up();
    }

    /// A record is not where it was to be moved from: what is being swept is looked at anew.
    pub(crate) fn give_up(&mut self) {
        self.move_ended();
        self.sweep = None;
    }
}

impl<B: AsRef<[u8]> + AsMut<[u8]>> Brain<B> {
    /// The retention part of a turn.
    pub(crate) fn retain(&mut self) {
        self.go_on_freeing();
        let is_time = self.wheel.current() >= self.retention.next_check;
        if is_time {
            self.retention.next_check = self.wheel.current() + CHECK_TICKS;
            // The disk may have room again; nothing else would say so where no segment can be freed, or where a sweep
            // waits for that very room.
            self.store.journal.retry_preparation();
            self.retention.reconsider();
        }
        // At its own pace: under load there may be a sweep at every time, whose way grows with what is not forgotten.
        if self.wheel.current() != self.retention.forgot_at {
            self.retention.forgot_at = self.wheel.current();
            self.retention.forget_left = FORGET_STEPS.min(self.store.messages.bound());
            self.forget_remembered();
        }
        self.forget_old();
        if let Some(sweep) = &self.retention.sweep {
            if !self.retention.is_blocked && !sweep.is_waiting {
                self.sweep();
            }
        } else if is_time {
            self.look();
        }
    }

    /// Looks for a segment to free or to empty. Without need of space each is left alone for as long as its messages
    /// may be retrieved again. Where states find no room any more, the emptiest is emptied, however full it is: else
    /// nothing would ever end again, and nothing be freed.
    fn look(&mut self) {
        let journal = &self.store.journal;
        let draft = journal.settings().draft();
        let used = journal.segments().count();
        self.meter.set(Gauge::JournalSegments, used as u64);
        let is_short = journal.is_cramped() && journal.at_watermark();
        let is_tight = is_short || used * 2 >= usize::from(draft.segments_max);
        let tick = self.wheel.current();
        let is_pressed = journal.is_pressed();
        let live_max = self.live_octets_max(is_pressed);
        let is_nearly_empty = |state: &&SegmentState| {
            state.phase == SegmentPhase::Sealed && state.pinned_octets < live_max.max(1)
        };
        let mut since = BTreeMap::new();
        for state in journal.segments().filter(is_nearly_empty) {
            let segment = state.place.segment;
            since.insert(
                segment,
                self.retention.since.get(&segment).map_or(tick, |&since| since),
            );
        }
        self.retention.since = since;
        let kept = u64::from(self.profile.retrieve.again_ms) / crate::timers::TICK_MS;
        let is_old = |segment: &SegmentSequence| {
            let since = self.retention.since.get(segment);
            since.is_some_and(|&since| is_tight || u64::from(tick - since) >= kept)
        };
        let free = journal
            .freeable()
            .find(is_old)
            .map(|segment| (segment, Step::Collect));
        let found = free.or_else(|| {
            let nearly_empty = journal.segments().filter(is_nearly_empty);
            nearly_empty
                .filter(|state| state.pinned_octets > 0 && is_old(&state.place.segment))
                .filter(|state| !self.retention.left.is_left(state.place.segment, tick))
                .min_by_key(|state| (state.pinned_octets, state.place.segment))
                .map(|state| (state.place.segment, Step::MoveMessages))
        });
        let found = found.map(|(segment, step)| match step {
            Step::MoveMessages => (segment, self.first_step(segment)),
            step => (segment, step),
        });
        self.leave_room(found.map(|(_, step)| step), is_pressed);
        self.retention.was_refused = false;
        self.retention.sweep = found.map(|(segment, step)| Sweep {
            segment: u32::try_from(segment.0).unwrap_or(u32::MAX),
            step,
            position: 0,
            is_waiting: false,
            messages: Vec::new(),
            sends: Default::default(),
        });
    }

    /// Only a segment with fewer pinned octets is worth emptying; in need any whose copies find room.
    fn live_octets_max(&self, is_pressed: bool) -> u64 {
        let journal = &self.store.journal;
        let draft = journal.settings().draft();
        let percent = match is_pressed {
            true => PRESSED_BELOW_PERCENT,
            false => draft.evacuate_below_percent,
        };
        let octets = u64::from(draft.segment_octets) * u64::from(percent) / 100;
        match is_pressed {
            true => octets.min(journal.octets_left() * u64::from(PRESSED_BELOW_PERCENT) / 100),
            false => octets,
        }
    }

    fn sweep(&mut self) {
        let Some(mut sweep) = self.retention.sweep.take() else {
            return;
        };
        let goes_on = match sweep.step {
            Step::Collect => self.collect(&mut sweep),
            Step::Free => self.free(&mut sweep),
            Step::TryAgain => self.read_unread(&mut sweep),
            Step::MoveMessages => self.move_messages(&mut sweep),
            Step::MoveRemembered => self.move_remembered(&mut sweep),
            Step::MoveStates => self.move_states(&mut sweep),
            Step::MoveActions => self.move_action(sweep.segment),
        };
        if goes_on {
            self.retention.sweep = Some(sweep);
        }
    }

    fn collect(&mut self, sweep: &mut Sweep) -> bool {
        let oldest = SOURCES.map(|source| self.remembered_since(source));
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
            let place = place_of(message.source);
            if message.accepted_at > oldest[place] && message.sender != 0 {
                sweep.sends[place].push(message.to_remember());
            }
        }
        sweep.position = end;
        if end == self.store.messages.bound() {
            sweep.step = Step::Free;
        }
        true
    }

    fn free(&mut self, sweep: &mut Sweep) -> bool {
        let unwritten = |source: &Source| !sweep.sends[place_of(*source)].is_empty();
        if let Some(source) = SOURCES.into_iter().find(unwritten) {
            self.write_down(&mut sweep.sends[place_of(source)], source);
            return true;
        }
        let segment = SegmentSequence(u64::from(sweep.segment));
        if self.store.journal.free(segment).is_err() {
            // Leased by a reader, or being read: another time.
            return false;
        }
        let messages = std::mem::take(&mut sweep.messages);
        self.retention.freeings.begin(segment, messages);
        false
    }

    /// Writes some of the sends down that must be known when their records are gone.
    fn write_down(&mut self, sends: &mut Vec<Remembered>, source: Source) {
        let some = sends.split_off(sends.len().saturating_sub(REMEMBERED_MAX));
        let until = self.wall().0.saturating_add(self.remembered_s(source));
        let record = Repeats { sends: some };
        match self.store.remember(&record, source) {
            Ok(spot) => self.retention.remembered[place_of(source)].push_back((until, spot)),
            Err(_) => {
                // No room now; the whole record comes again.
                sends.extend(record.sends);
                self.retention.refused();
            }
        }
    }

    /// How long a repeat is known, seconds.
    fn remembered_s(&self, source: Source) -> u32 {
        match source {
            Source::Subscriber => self.profile.mm1.dedup_s,
            Source::Peer => self.profile.mm4.repeats_s,
        }
    }

    /// What was accepted then or before is repeated no more, seconds since 1970.
    pub(crate) fn remembered_since(&self, source: Source) -> u32 {
        self.wall().0.saturating_sub(self.remembered_s(source))
    }

    /// Whether a report may still name a recipient by this entry: its message is open, although its record has moved.
    fn is_reported_on(&self, message: &Message) -> bool {
        let base = self.store.messages.find(message.base());
        message.index > 0 && base.is_some_and(|base| base.open > 0)
    }

    /// Forgets records of sends remembered that nobody can repeat any more.
    fn forget_remembered(&mut self) {
        let now = self.wall().0;
        for source in SOURCES {
            let list = &mut self.retention.remembered[place_of(source)];
            while let Some((_, spot)) = list.pop_front_if(|(until, _)| *until <= now) {
                self.store.unpin(spot.segment, units(spot.length));
            }
        }
    }

    /// Forgets messages that nobody can repeat any more, a piece of the table.
    fn forget_old(&mut self) {
        let steps = self.retention.forget_left.min(FORGET_STEP);
        if steps == 0 {
            return;
        }
        self.retention.forget_left -= steps;
        let oldest = SOURCES.map(|source| self.remembered_since(source));
        let bound = self.store.messages.bound();
        let start = match self.retention.oldest_at {
            at if at < bound => at,
            _ => 0,
        };
        let end = start.saturating_add(steps).min(bound);
        for number in start..end {
            if let Some(message) = self.store.messages.at(number)
                && message.spot == Spot::NOWHERE
                && message.accepted_at <= oldest[place_of(message.source)]
                && !self.is_reported_on(message)
            {
                self.store.messages.remove(message.id);
            }
        }
        self.retention.oldest_at = end;
    }
}
