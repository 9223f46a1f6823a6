//! Which messages stand in segments that they were copied out of.
//!
//! Part of retention: `evacuate` notes each move, `retain` asks whose ends may be let go. An emptied segment stays on
//! the disk for as long as a reader holds a lease on it, or one of its records cannot be read. Invariant: the ends of a
//! message are let go only when every segment with a record of it is out of use: a start that found the original alone
//! would deliver the message again. No segment waits for another, so what can't be freed keeps nothing but itself.
//! Bounded by the messages that were copied out of segments in use.

use base::MessageId;
use journal::SegmentSequence;
use std::collections::BTreeMap;

/// Whether the latest record of a message is on the disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Latest {
    Kept,
    Freed,
}

/// The moves whose originals are still on the disk.
#[derive(Debug, Default)]
pub(crate) struct Originals {
    /// By the original's segment.
    moved: BTreeMap<u32, BTreeMap<MessageId, Latest>>,
}

impl Originals {
    /// The record of a message was copied out of this segment.
    pub(crate) fn note(&mut self, message: MessageId, original: u32) {
        self.moved
            .entry(original)
            .or_default()
            .insert(message, Latest::Kept);
    }

    /// A segment is out of use: the messages whose latest record went before, and that waited for this one.
    pub(crate) fn out_of_use(&mut self, segment: SegmentSequence) -> impl Iterator<Item = MessageId> {
        let segment = u32::try_from(segment.0).unwrap_or(u32::MAX);
        let waited = self.moved.remove(&segment).unwrap_or_default();
        let waited = waited.into_iter().filter(|(_, latest)| *latest == Latest::Freed);
        waited.map(|(message, _)| message)
    }

    /// The latest record of a message is out of use: whether its ends may be let go, or wait for another segment.
    pub(crate) fn may_go(&mut self, message: MessageId) -> bool {
        let older = self.moved.values_mut().find_map(|of| of.get_mut(&message));
        older.map(|latest| *latest = Latest::Freed).is_none()
    }
}

#[cfg(test)]
mod tests;
