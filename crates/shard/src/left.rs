//! Segments with a record that could not be read: none of them can be emptied before that record has ended or is read.
//!
//! Part of retention. Each is left alone for a while. Then that record is read first, and the rest is copied only if
//! it is there: an emptying that can't come to its end takes room and gives none back. Invariants: what is copied in
//! vain out of a segment is copied once; the journal knows whether any segment can be emptied, and so what its last
//! room is for ([`Relief`]).

use crate::brain::Brain;
use crate::fetch::Job;
use crate::retain::{PRESSED_BELOW_PERCENT, Step, Sweep};
use base::MessageId;
use journal::{AppendRefused, Relief, SegmentPhase, SegmentSequence, SegmentState};
use std::collections::BTreeMap;
use store::Spot;

/// Ticks for which such a segment is left alone: a minute. Its disk may recover, and the other segments come first
/// meanwhile.
const LEFT_TICKS: u32 = 600;

/// The record that could not be read.
#[derive(Clone, Copy, Debug)]
struct Unread {
    /// The segment is left alone until this tick.
    until: u32,
    /// Of which message; of none where sends are remembered in it.
    message: MessageId,
    spot: Spot,
}

/// All of them. Bounded by the segments in use.
#[derive(Debug, Default)]
pub(crate) struct Left {
    segments: BTreeMap<SegmentSequence, Unread>,
}

impl Left {
    /// A record could not be read at this tick.
    pub(crate) fn note(&mut self, segment: SegmentSequence, (message, spot): (MessageId, Spot), tick: u32) {
        let until = tick.saturating_add(LEFT_TICKS);
        let unread = Unread { until, message, spot };
        self.segments.insert(segment, unread);
    }

    /// Whether a segment is left alone at this tick.
    pub(crate) fn is_left(&self, segment: SegmentSequence, tick: u32) -> bool {
        let unread = self.segments.get(&segment);
        unread.is_some_and(|unread| tick < unread.until)
    }

    /// A segment is out of use, or its record can be read.
    pub(crate) fn forget(&mut self, segment: SegmentSequence) {
        self.segments.remove(&segment);
    }
}

impl<B: AsRef<[u8]> + AsMut<[u8]>> Brain<B> {
    /// How the emptying of a segment begins: with the record that could not be read before, if it is still needed.
    pub(crate) fn first_step(&mut self, segment: SegmentSequence) -> Step {
        let is_needed = |unread: &&Unread| {
            let message = self.store.messages.find(unread.message);
            let mut remembered = self.retention.remembered.iter().flatten();
            message.is_some_and(|message| message.open > 0 && message.spot == unread.spot)
                || remembered.any(|(_, spot)| *spot == unread.spot)
        };
        if self
            .retention
            .left
            .segments
            .get(&segment)
            .filter(is_needed)
            .is_some()
        {
            return Step::TryAgain;
        }
        self.retention.left.forget(segment);
        Step::MoveMessages
    }

    /// Has the record read that could not be read before.
    pub(crate) fn read_unread(&mut self, sweep: &mut Sweep) -> bool {
        sweep.step = Step::MoveMessages;
        let segment = SegmentSequence(sweep.segment.into());
        if let Some(unread) = self.retention.left.segments.get(&segment).copied() {
            self.retention.moves += 1;
            self.read_at(unread.message, unread.spot, Job::Try);
            sweep.is_waiting = self.retention.moves > 0;
        }
        true
    }

    /// It was read: the rest may be copied, too.
    pub(crate) fn is_readable(&mut self, segment: SegmentSequence) {
        self.retention.left.forget(segment);
        self.retention.move_ended();
        self.store.journal.leave_room_for(Relief::Copies);
    }

    /// Looks for room where there is nothing to be freed or emptied, and says what the last room is for.
    pub(crate) fn leave_room(&mut self, found: Option<Step>, is_pressed: bool) {
        let relief = match found {
            // Whether it can be emptied is not known yet.
            Some(Step::TryAgain) => return,
            // The current one may hold little that is needed. Without a buffer now, with one at the next look.
            None if is_pressed => match self.store.journal.turn_over() {
                Err(AppendRefused::NoSegment) => Relief::Ends(self.emptying_octets()),
                _ => Relief::Copies,
            },
            _ => Relief::Copies,
        };
        self.store.journal.leave_room_for(relief);
    }

    /// The least that the copies out of one of the segments take.
    fn emptying_octets(&self) -> u64 {
        let is_held = |state: &&SegmentState| state.phase == SegmentPhase::Sealed && state.pinned_octets > 0;
        let held = self.store.journal.segments().filter(is_held);
        let least = held.map(|state| state.pinned_octets).min();
        least.map_or(0, |octets| {
            (octets + 1) * 100 / u64::from(PRESSED_BELOW_PERCENT) + 1
        })
    }
}
