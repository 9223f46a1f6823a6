//! Which segments hold copies of accept records whose originals still stand in older segments.
//!
//! Part of retention: `evacuate` notes each move, `retain` asks before it frees. An emptied segment stays on the disk
//! for as long as a reader holds a lease on it, or one of its records cannot be read. Invariant: a segment that holds a
//! copy is freed only when the original's segment is out of use: the ends of its messages are let go with it, and a
//! start that found the original alone would deliver the message again. Bounded by the segments in use: a move leads to
//! a newer one, so nothing waits in a circle.

use journal::SegmentSequence;
use std::collections::BTreeSet;

/// The moves whose originals are still on the disk.
#[derive(Debug, Default)]
pub(crate) struct Originals {
    /// The copy's segment, the original's.
    moves: BTreeSet<(u32, u32)>,
}

impl Originals {
    /// A record of `original` was copied to `copy`.
    pub(crate) fn note(&mut self, copy: u32, original: u32) {
        if copy != original {
            self.moves.insert((copy, original));
        }
    }

    /// Forgets the originals that are out of use.
    pub(crate) fn forget_freed(&mut self, is_used: impl Fn(u32) -> bool) {
        self.moves.retain(|(_, original)| is_used(*original));
    }

    /// Whether a segment must wait for an older one.
    pub(crate) fn hold(&self, segment: SegmentSequence) -> bool {
        let segment = u32::try_from(segment.0).unwrap_or(u32::MAX);
        self.moves
            .range((segment, 0)..=(segment, u32::MAX))
            .next()
            .is_some()
    }
}

#[cfg(test)]
mod tests;
