//! Pins, freeing, evacuation: how disk space comes back.
//!
//! The store pins the octets of each record that it still needs and unpins them when it does not; the journal adds up
//! by segment and carries out the freeing. Invariants: see [`crate::Journal`]; in particular a free block is written
//! only after everything appended before the call of [`Journal::free`] is durable.

use crate::operation::{Operation, Place};
use crate::planted::{Bug, is_planted};
use crate::position::SegmentSequence;
use crate::published::Lease;
use crate::segments::{SegmentPhase, SegmentRefused, SegmentState};
use crate::writer::flow::Pending;
use crate::writer::{AppendRefused, Journal, PendingFree, State};

impl<B: AsRef<[u8]> + AsMut<[u8]>> Journal<B> {
    /// Holds `octets` of a segment: the length of a record that is still needed.
    ///
    /// # Errors
    /// [`SegmentRefused::Unknown`] when the segment is not in use or is being freed.
    pub fn pin(&mut self, segment: SegmentSequence, octets: u32) -> Result<(), SegmentRefused> {
        self.segments.pin(segment, octets)
    }

    /// Gives back what [`Self::pin`] held.
    ///
    /// # Errors
    /// [`SegmentRefused::Unknown`]; [`SegmentRefused::Unbalanced`] when less was pinned, and nothing changes.
    pub fn unpin(&mut self, segment: SegmentSequence, octets: u32) -> Result<(), SegmentRefused> {
        self.segments.unpin(segment, octets)
    }

    /// Segments in use, in log order, with what is pinned in each.
    pub fn segments(&self) -> impl Iterator<Item = &SegmentState> {
        self.segments.used()
    }

    /// The file that holds a segment in use.
    #[must_use]
    pub fn place_of(&self, segment: SegmentSequence) -> Option<Place> {
        self.segments.state(segment).ok().map(|state| state.place)
    }

    /// A lease for a read by the shard itself, by binary search; readers elsewhere use [`crate::Published::lease`].
    #[must_use]
    pub fn lease(&self, segment: SegmentSequence) -> Option<Lease> {
        self.published.lease_in(self.place_of(segment)?)
    }

    /// Sealed segments in which nothing is pinned and on which no lease is out, in log order.
    pub fn freeable(&self) -> impl Iterator<Item = SegmentSequence> + '_ {
        self.segments
            .used()
            .filter(|state| state.phase == SegmentPhase::Sealed && state.pinned_octets == 0)
            .filter(|state| {
                self.published.leases(state.place.slot) == 0 || is_planted(Bug::RecyclingUnderLease)
            })
            .map(|state| state.place.segment)
    }

    /// The sealed segment that is best copied away: of those with something pinned, but less than
    /// `evacuate_below_percent` of a segment, the emptiest, and of equal ones the oldest.
    #[must_use]
    pub fn evacuation_candidate(&self) -> Option<SegmentSequence> {
        let octets = u64::from(self.settings.geometry.segment_octets());
        let limit = octets * u64::from(self.settings.draft.evacuate_below_percent) / 100;
        self.segments
            .used()
            .filter(|state| state.phase == SegmentPhase::Sealed)
            .filter(|state| state.pinned_octets > 0 && state.pinned_octets < limit)
            .min_by_key(|state| (state.pinned_octets, state.place.segment))
            .map(|state| state.place.segment)
    }

    /// Orders a segment to be freed. The free block is written once everything appended up to now is durable; then
    /// [`Self::poll_freed`] announces it and the file is used again under a new sequence number (an adopted
    /// journal's file is removed). The records that justify freeing a segment of an *adopted* journal stand in
    /// another journal: call this only when they are durable there.
    ///
    /// # Errors
    /// [`SegmentRefused`]; nothing changed.
    pub fn free(&mut self, segment: SegmentSequence) -> Result<(), SegmentRefused> {
        let SegmentState { place, phase, .. } = *self.segments.state(segment)?;
        let is_free = phase == SegmentPhase::Sealed && self.segments.state(segment)?.pinned_octets == 0;
        if is_free && !is_planted(Bug::RecyclingUnderLease) {
            self.published
                .close(place.slot, segment)
                .map_err(|_| SegmentRefused::Leased)?;
        }
        let place = self.segments.begin_free(segment)?;
        self.frees.push_back(PendingFree {
            place,
            barrier: self.appended_lsn(),
        });
        Ok(())
    }

    /// Ends the current segment although it may have room, so that it can be emptied: a marker begins the next one.
    ///
    /// # Errors
    /// [`AppendRefused`]; nothing changed.
    pub fn turn_over(&mut self) -> Result<(), AppendRefused> {
        match self.state {
            State::Writing => self.begin_segment(),
            State::Adopted => Err(AppendRefused::ReadOnly),
            State::Failed(_) => Err(AppendRefused::Stopped),
        }
    }

    /// The next segment whose freeing is on disk. What is remembered about it may be forgotten.
    pub fn poll_freed(&mut self) -> Option<SegmentSequence> {
        self.freed.pop_front()
    }

    /// Orders the free blocks whose barrier is durable.
    pub(crate) fn order_frees(&mut self) {
        while let Some(&PendingFree { place, barrier }) = self.frees.front() {
            if barrier > self.durable {
                return;
            }
            self.frees.pop_front();
            let id = self.order(Pending::Free(place));
            self.orders.push_back(Operation::FreeSegment { id, place });
        }
    }

    pub(crate) fn finish_free(&mut self, place: Place) {
        self.segments.finish_free(place.segment);
        self.freed.push_back(place.segment);
        if self.state == State::Adopted {
            let id = self.order(Pending::Remove);
            self.orders
                .push_back(Operation::RemoveSlot { id, slot: place.slot });
        } else {
            self.segments.add_free(place.slot);
            // Space came back, so that preparation may go on.
            self.preparation_refused = None;
        }
    }

    /// Seals the segments before this one, whose groups are all durable, and orders their sidecars.
    pub(crate) fn seal_before(&mut self, place: Place) {
        while let Some(sealed) = self.segments.seal_one_before(place.segment) {
            let place = sealed.place;
            let draft = self.drafts.take(place.segment);
            let id = self.order(Pending::Seal);
            self.orders.push_back(Operation::SealSegment { id, place, draft });
        }
    }
}
