//! What the writer shows to readers on other threads: the durable LSN, and a lease word for each slot.
//!
//! Made with a [`crate::Journal`], shared by `Arc`. Invariants: the durable LSN never falls; a segment is recycled
//! only after its word was closed, and a word is closed only when no lease is out; whoever holds a [`Lease`] therefore
//! reads the segment that it asked for and never another one's bytes in the same file.
//!
//! ```text
//!  lease word of a slot, 64 bits:  | sequence, 48 bits (0: closed) | leases, 16 bits |
//! ```

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::operation::Place;
use crate::position::{Geometry, JournalId, Lsn, SEQUENCE_MAX, SegmentSequence, Slot};

const LEASE_BITS: u32 = 16;
const LEASES_MASK: u64 = (1 << LEASE_BITS) - 1;

/// The shared view of one journal.
#[derive(Debug)]
pub struct Published {
    journal: JournalId,
    geometry: Geometry,
    durable: AtomicU64,
    words: Box<[AtomicU64]>,
}

/// A hold on a segment: while one is out the segment is not recycled. Given back when dropped.
#[derive(Debug)]
pub struct Lease {
    published: Arc<Published>,
    slot: Slot,
    segment: SegmentSequence,
}

/// A segment that readers may open, and whether it is complete.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PublishedSegment {
    /// Its file.
    pub slot: Slot,
    /// Its number.
    pub segment: SegmentSequence,
}

impl Published {
    pub(crate) fn new(journal: JournalId, geometry: Geometry, slots: u16, durable: Lsn) -> Arc<Self> {
        let words = (0..slots).map(|_| AtomicU64::new(0)).collect();
        Arc::new(Self {
            journal,
            geometry,
            durable: AtomicU64::new(durable.0),
            words,
        })
    }

    /// The journal.
    #[must_use]
    pub fn journal(&self) -> JournalId {
        self.journal
    }

    /// The size of its segments.
    #[must_use]
    pub fn geometry(&self) -> Geometry {
        self.geometry
    }

    /// Everything below this is on disk and may be read.
    #[must_use]
    pub fn durable_lsn(&self) -> Lsn {
        // Acquire: pairs with the writer's release, so that the groups below are in the file before this is seen.
        Lsn(self.durable.load(Ordering::Acquire))
    }

    /// Takes a lease on a segment. `None` when it is not there, was freed, or has 65,535 leases.
    #[must_use]
    pub fn lease(self: &Arc<Self>, segment: SegmentSequence) -> Option<Lease> {
        self.lease_in(Place {
            slot: self.slot_of(segment)?,
            segment,
        })
    }

    /// The same where the file is known.
    #[must_use]
    pub fn lease_in(self: &Arc<Self>, place: Place) -> Option<Lease> {
        let Place { slot, segment } = place;
        let word = self.words.get(usize::from(slot.0))?;
        word.try_update(Ordering::AcqRel, Ordering::Acquire, |value| {
            let takes = value >> LEASE_BITS == segment.0 && value & LEASES_MASK < LEASES_MASK;
            takes.then(|| value + 1)
        })
        .ok()?;
        Some(Lease {
            published: Arc::clone(self),
            slot,
            segment,
        })
    }

    /// The file that holds a segment now, if it is open to readers.
    #[must_use]
    pub fn slot_of(&self, segment: SegmentSequence) -> Option<Slot> {
        self.segments()
            .find(|held| held.segment == segment)
            .map(|held| held.slot)
    }

    /// The first segment at or after this one that is open to readers.
    #[must_use]
    pub fn segment_from(&self, from: SegmentSequence) -> Option<PublishedSegment> {
        self.segments()
            .filter(|held| held.segment >= from)
            .min_by_key(|held| held.segment)
    }

    fn segments(&self) -> impl Iterator<Item = PublishedSegment> + '_ {
        self.words.iter().zip(0u16..).filter_map(|(word, slot)| {
            let sequence = word.load(Ordering::Acquire) >> LEASE_BITS;
            (sequence != 0).then_some(PublishedSegment {
                slot: Slot(slot),
                segment: SegmentSequence(sequence),
            })
        })
    }

    pub(crate) fn publish_durable(&self, durable: Lsn) {
        self.durable.store(durable.0, Ordering::Release);
    }

    /// Opens a slot's word for a segment that now gets its first group.
    pub(crate) fn open(&self, slot: Slot, segment: SegmentSequence) {
        debug_assert!(
            segment.0 != 0 && segment.0 <= SEQUENCE_MAX,
            "sequence fits its bits"
        );
        if let Some(word) = self.words.get(usize::from(slot.0)) {
            word.store(segment.0 << LEASE_BITS, Ordering::Release);
        }
    }

    /// Closes a slot's word for good, unless a lease is out.
    pub(crate) fn close(&self, slot: Slot, segment: SegmentSequence) -> Result<(), Leased> {
        let Some(word) = self.words.get(usize::from(slot.0)) else {
            return Ok(());
        };
        let idle = segment.0 << LEASE_BITS;
        word.compare_exchange(idle, 0, Ordering::AcqRel, Ordering::Acquire)
            .map(drop)
            .map_err(|_| Leased)
    }

    /// Leases out on a slot now.
    pub(crate) fn leases(&self, slot: Slot) -> u64 {
        self.words
            .get(usize::from(slot.0))
            .map_or(0, |word| word.load(Ordering::Acquire) & LEASES_MASK)
    }
}

/// A lease is out.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Leased;

impl Lease {
    /// The file to read.
    #[must_use]
    pub fn slot(&self) -> Slot {
        self.slot
    }

    /// The segment held.
    #[must_use]
    pub fn segment(&self) -> SegmentSequence {
        self.segment
    }

    /// The journal's shared view.
    #[must_use]
    pub fn published(&self) -> &Arc<Published> {
        &self.published
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        if let Some(word) = self.published.words.get(usize::from(self.slot.0)) {
            // The word cannot have been closed while this lease was out, so the count is at least one.
            let before = word.fetch_sub(1, Ordering::AcqRel);
            debug_assert!(
                before & LEASES_MASK > 0 && before >> LEASE_BITS == self.segment.0,
                "lease held"
            );
        }
    }
}
