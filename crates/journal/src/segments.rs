//! Which segment is where and how much of it is still needed: the bookkeeping behind retention.
//!
//! Owned by the writer ([`crate::Journal`]); recovery fills it at start. Invariants: used segments stand in growing
//! sequence order; a slot holds at most one segment; only a sealed segment with no pinned octet and no lease is ever
//! freed; a freed slot is announced and used again only after the free block is on disk.

use std::collections::VecDeque;

use crate::operation::{Place, SegmentMark, SlotOrigin};
use crate::position::{SEQUENCE_MAX, SegmentSequence, Slot};

/// What a segment is going through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SegmentPhase {
    /// It is being written.
    Open,
    /// It is complete on disk.
    Sealed,
    /// Its freeing was ordered; no reader may open it any more.
    Freeing,
}

/// A used segment, as the operator's view and the store see it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SegmentState {
    /// File and number.
    pub place: Place,
    /// What it is going through.
    pub phase: SegmentPhase,
    /// Octets from the start of the file to the end of its last group.
    pub end: u32,
    /// Octets of records that the store still needs.
    pub pinned_octets: u64,
}

/// Why the bookkeeping refuses. Our own code is at fault, except for `Leased`, which passes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SegmentRefused {
    /// No such segment is in use.
    #[error("no such segment")]
    Unknown,
    /// It is still being written, or already being freed.
    #[error("segment is not sealed")]
    NotSealed,
    /// Records in it are still needed.
    #[error("segment holds pinned records")]
    Pinned,
    /// A reader holds a lease; ask again later.
    #[error("segment is leased by a reader")]
    Leased,
    /// More octets were unpinned than pinned.
    #[error("more octets unpinned than pinned")]
    Unbalanced,
}

/// A claimed segment without groups yet.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ready {
    pub(crate) place: Place,
    pub(crate) mark: SegmentMark,
}

#[derive(Debug)]
pub(crate) struct Segments {
    /// In sequence order.
    used: VecDeque<SegmentState>,
    /// In sequence order.
    ready: VecDeque<Ready>,
    /// Filled, freed, to be claimed again.
    free: VecDeque<Slot>,
    /// Lowest slot number never used.
    pub(crate) next_slot: u16,
    /// The preparation ordered and not answered.
    pub(crate) preparing: Option<SlotOrigin>,
    /// Claimed segments without groups whose freeing is ordered; nothing is claimed before it is done.
    pub(crate) vacating: u16,
    next_sequence: u64,
}

impl Segments {
    /// `slots` is the room to keep, so that nothing is allocated later.
    pub(crate) fn new(slots: u16, next_slot: u16, next_sequence: SegmentSequence) -> Self {
        let room = usize::from(slots) + 1;
        Self {
            used: VecDeque::with_capacity(room),
            ready: VecDeque::with_capacity(room),
            free: VecDeque::with_capacity(room),
            next_slot,
            preparing: None,
            vacating: 0,
            next_sequence: next_sequence.0,
        }
    }

    pub(crate) fn used(&self) -> impl Iterator<Item = &SegmentState> {
        self.used.iter()
    }

    fn find(&self, segment: SegmentSequence) -> Result<usize, SegmentRefused> {
        self.used
            .binary_search_by_key(&segment, |state| state.place.segment)
            .map_err(|_| SegmentRefused::Unknown)
    }

    pub(crate) fn state_mut(
        &mut self,
        segment: SegmentSequence,
    ) -> Result<&mut SegmentState, SegmentRefused> {
        let at = self.find(segment)?;
        self.used.get_mut(at).ok_or(SegmentRefused::Unknown)
    }

    pub(crate) fn state(&self, segment: SegmentSequence) -> Result<&SegmentState, SegmentRefused> {
        self.used.get(self.find(segment)?).ok_or(SegmentRefused::Unknown)
    }

    pub(crate) fn pin(&mut self, segment: SegmentSequence, octets: u32) -> Result<(), SegmentRefused> {
        let state = self.state_mut(segment)?;
        if state.phase == SegmentPhase::Freeing {
            return Err(SegmentRefused::Unknown);
        }
        state.pinned_octets = state.pinned_octets.saturating_add(u64::from(octets));
        Ok(())
    }

    pub(crate) fn unpin(&mut self, segment: SegmentSequence, octets: u32) -> Result<(), SegmentRefused> {
        let state = self.state_mut(segment)?;
        let left = state
            .pinned_octets
            .checked_sub(u64::from(octets))
            .ok_or(SegmentRefused::Unbalanced)?;
        state.pinned_octets = left;
        Ok(())
    }

    /// Marks a sealed, unpinned segment as being freed.
    pub(crate) fn begin_free(&mut self, segment: SegmentSequence) -> Result<Place, SegmentRefused> {
        let state = self.state_mut(segment)?;
        if state.phase != SegmentPhase::Sealed {
            return Err(SegmentRefused::NotSealed);
        }
        if state.pinned_octets > 0 {
            return Err(SegmentRefused::Pinned);
        }
        state.phase = SegmentPhase::Freeing;
        Ok(state.place)
    }

    /// Takes a segment out of use after its free block is on disk.
    pub(crate) fn finish_free(&mut self, segment: SegmentSequence) {
        if let Ok(at) = self.find(segment) {
            self.used.remove(at);
        }
    }

    /// Seals the oldest open segment before this one; `None` when there is none.
    pub(crate) fn seal_one_before(&mut self, segment: SegmentSequence) -> Option<SegmentState> {
        // The open segments are the newest and few, so that looking from the end finds them at once.
        let newest = self
            .used
            .iter_mut()
            .rev()
            .take_while(|state| state.phase == SegmentPhase::Open);
        let mut open = newest.filter(|state| state.place.segment < segment);
        let state = open.next()?;
        state.phase = SegmentPhase::Sealed;
        Some(*state)
    }

    pub(crate) fn add_free(&mut self, slot: Slot) {
        self.free.push_back(slot);
    }

    pub(crate) fn take_free(&mut self) -> Option<Slot> {
        self.free.pop_front()
    }

    pub(crate) fn add_used(&mut self, state: SegmentState) {
        debug_assert!(
            self.used
                .back()
                .is_none_or(|last| last.place.segment < state.place.segment),
            "in order"
        );
        self.used.push_back(state);
    }

    /// Files a claimed segment; one that comes too late (a later one is already in use) only gives its slot back.
    pub(crate) fn add_ready(&mut self, ready: Ready) {
        let newest_used = self.used.back().map(|last| last.place.segment);
        if newest_used.is_some_and(|newest| ready.place.segment < newest) {
            return self.add_free(ready.place.slot);
        }
        let at = self
            .ready
            .partition_point(|held| held.place.segment < ready.place.segment);
        self.ready.insert(at, ready);
    }

    /// Claimed segments.
    pub(crate) fn ready(&self) -> usize {
        self.ready.len()
    }

    pub(crate) fn take_ready(&mut self) -> Option<Ready> {
        self.ready.pop_front()
    }

    /// Filled segments that hold nothing: claimed or free.
    pub(crate) fn filled(&self) -> u64 {
        (self.ready.len() + self.free.len()) as u64
    }

    /// Draws a sequence number; `None` when all are used up.
    pub(crate) fn next_sequence(&mut self) -> Option<SegmentSequence> {
        let sequence = SegmentSequence(self.next_sequence);
        self.next_sequence = self.next_sequence.saturating_add(1);
        (sequence.0 <= SEQUENCE_MAX).then_some(sequence)
    }
}
