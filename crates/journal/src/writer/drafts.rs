//! The sidecars in the making: one draft for each segment that is being written or waits to be sealed.
//!
//! Part of the writer: records and groups are noted as they are appended, so that sealing a segment reads nothing back.
//! Invariants: a draft has every record of its segment or is thrown away; its memory is bounded by a fixed share of a
//! segment; a segment that was begun by an earlier start has none.

use std::collections::VecDeque;
use std::sync::Arc;

use crate::frame::RecordHeader;
use crate::operation::SegmentMark;
use crate::position::{Epoch, Geometry, JournalId, Lsn, SegmentSequence};
use crate::sidecar::SidecarDraft;

/// A draft holds at most this share of its segment (a sixteenth). A segment with more headers than that has few bodies,
/// so that walking it costs little more than its records did.
const SEGMENT_SHARE: u32 = 16;

/// Segments that may wait to be sealed: the open one, the one before it, and one to spare.
const DRAFTS_MAX: usize = 3;

#[derive(Debug)]
pub(crate) struct Drafts {
    journal: JournalId,
    entries_octets: usize,
    /// Of the segments that are not sealed, in sequence order; nobody else holds them.
    open: VecDeque<Arc<SidecarDraft>>,
    /// Given out with a seal; used again once the hands have let go of them.
    sealed: VecDeque<Arc<SidecarDraft>>,
}

impl Drafts {
    pub(crate) fn new(journal: JournalId, geometry: Geometry) -> Self {
        Self {
            journal,
            entries_octets: (geometry.segment_octets() / SEGMENT_SHARE) as usize,
            open: VecDeque::with_capacity(DRAFTS_MAX),
            sealed: VecDeque::with_capacity(DRAFTS_MAX),
        }
    }

    /// A segment is begun.
    pub(crate) fn begin(&mut self, segment: SegmentSequence, mark: SegmentMark) {
        if self.open.len() == DRAFTS_MAX {
            self.retire();
        }
        let spent = self.sealed.pop_front().and_then(|mut draft| {
            Arc::get_mut(&mut draft)?.begin(segment, mark);
            Some(draft)
        });
        self.open.push_back(spent.unwrap_or_else(|| {
            Arc::new(SidecarDraft::new(
                self.journal,
                segment,
                mark,
                self.entries_octets,
            ))
        }));
    }

    /// A record was appended to the newest segment.
    pub(crate) fn add(&mut self, segment: SegmentSequence, header: &RecordHeader, bytes: &[u8]) {
        let newest = self.open.back_mut().and_then(Arc::get_mut);
        let Some(draft) = newest.filter(|draft| draft.segment() == segment) else {
            return;
        };
        if draft.fits(bytes.len()) {
            draft.add(header, bytes);
        } else if let Some(draft) = self.open.pop_back() {
            self.keep(draft);
        }
    }

    /// A group was given out whose header has this CRC, and which ends there.
    pub(crate) fn note_group(
        &mut self,
        segment: SegmentSequence,
        crc: u32,
        epoch: Epoch,
        committed: Lsn,
        end: u32,
    ) {
        let mut drafts = self.open.iter_mut().filter_map(Arc::get_mut);
        if let Some(draft) = drafts.find(|draft| draft.segment() == segment) {
            draft.note_group(crc, epoch, committed, end);
        }
    }

    /// The draft of a segment that is complete; older ones are of no use any more.
    pub(crate) fn take(&mut self, segment: SegmentSequence) -> Option<Arc<SidecarDraft>> {
        while self.open.front().is_some_and(|draft| draft.segment() < segment) {
            self.retire();
        }
        let is_first = self.open.front().is_some_and(|draft| draft.segment() == segment);
        let draft = is_first.then(|| self.open.pop_front()).flatten()?;
        self.keep(Arc::clone(&draft));
        Some(draft)
    }

    /// Gives up the oldest.
    fn retire(&mut self) {
        if let Some(draft) = self.open.pop_front() {
            self.keep(draft);
        }
    }

    fn keep(&mut self, draft: Arc<SidecarDraft>) {
        if self.sealed.len() < DRAFTS_MAX {
            self.sealed.push_back(draft);
        }
    }
}
