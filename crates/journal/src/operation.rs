//! What the journal asks of the disk, and what the disk answers.
//!
//! [`crate::Journal::poll_operation`] hands these out; the hands (the engine, the simulator, the fault driver) carry
//! them out and bring each back by [`crate::Journal::complete`]. Invariants: an [`OperationId`] is used once; every
//! operation handed out is answered exactly once; one that is answered `Ok` is **on stable storage**, not only
//! accepted; a buffer goes out with its operation and comes back with the answer.
//!
//! Only `WriteGroup` is the shard's own work (an aligned write through its ring). The others are rare and are carried
//! out off the shard by [`crate::Preparer`].

use std::sync::Arc;

use crate::position::{SegmentSequence, Slot};
use crate::sidecar::SidecarDraft;

/// Number of an operation, counted from 1 by each journal since its start.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct OperationId(pub u64);

/// A segment and the file that holds it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// The file.
    pub slot: Slot,
    /// The segment in it.
    pub segment: SegmentSequence,
}

/// The secret number of a segment. It is drawn when the segment is claimed, stands in every group, and is unknown to
/// whoever sends messages, so that a body made to look like a group is never taken for one when a scan searches
/// behind a damaged place.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct SegmentMark(pub u64);

impl std::fmt::Debug for SegmentMark {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SegmentMark(..)")
    }
}

/// Whether a slot's file must be made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SlotOrigin {
    /// The file does not exist yet: create it, fill it with zeros, sync it and its folder.
    Fresh,
    /// The file is filled and its last segment durably freed: only the claim is written.
    Recycled,
}

/// One thing for the disk to do.
#[derive(Debug)]
pub enum Operation<B> {
    /// Write the first `length` octets of the buffer at the offset, durably (O_DSYNC or RWF_DSYNC). Both are
    /// multiples of 4,096. The answer is the octets written; fewer than `length` is a failure.
    WriteGroup {
        /// Number to answer with.
        id: OperationId,
        /// File and segment.
        place: Place,
        /// Octets from the start of the file.
        offset: u32,
        /// Octets of the buffer to write.
        length: u32,
        /// The group; to be given back with the answer.
        buffer: B,
    },
    /// Overwrite this range with zeros, durably; once after a start that found a torn tail.
    ZeroTail {
        /// Number to answer with.
        id: OperationId,
        /// File and segment.
        place: Place,
        /// Octets from the start of the file, a multiple of 4,096.
        offset: u32,
        /// Octets to zero, a multiple of 4,096.
        length: u32,
    },
    /// Make a segment ready off the shard: [`SlotOrigin`] says what it takes; then write its claim block, durably.
    PrepareSegment {
        /// Number to answer with.
        id: OperationId,
        /// File and the new sequence number.
        place: Place,
        /// The segment's secret number, for the claim block.
        mark: SegmentMark,
        /// Whether the file must be made.
        origin: SlotOrigin,
    },
    /// The segment is complete on disk: write its sidecar checkpoint off the shard. No group depends on it.
    SealSegment {
        /// Number to answer with.
        id: OperationId,
        /// File and segment.
        place: Place,
        /// What was gathered while it was written; where nothing was, the segment is walked.
        draft: Option<Arc<SidecarDraft>>,
    },
    /// Overwrite the free block of the segment, durably: from then on no recovery shows it. Its sidecar goes too.
    FreeSegment {
        /// Number to answer with.
        id: OperationId,
        /// File and segment.
        place: Place,
    },
    /// Unlink the file of an adopted journal whose segment was durably freed, or that holds none.
    RemoveSlot {
        /// Number to answer with.
        id: OperationId,
        /// The file.
        slot: Slot,
    },
}

impl<B> Operation<B> {
    /// The number to answer with.
    #[must_use]
    pub fn id(&self) -> OperationId {
        match self {
            Self::WriteGroup { id, .. }
            | Self::ZeroTail { id, .. }
            | Self::PrepareSegment { id, .. }
            | Self::SealSegment { id, .. }
            | Self::FreeSegment { id, .. }
            | Self::RemoveSlot { id, .. } => *id,
        }
    }
}

impl<B> Operation<B> {
    /// The same operation for hands with other buffers, or none; `None` for a group.
    #[must_use]
    pub fn without_buffer<C>(&self) -> Option<Operation<C>> {
        Some(match *self {
            Self::SealSegment { id, place, ref draft } => Operation::SealSegment {
                id,
                place,
                draft: draft.clone(),
            },
            Self::WriteGroup { .. } => return None,
            Self::ZeroTail {
                id,
                place,
                offset,
                length,
            } => Operation::ZeroTail {
                id,
                place,
                offset,
                length,
            },
            Self::PrepareSegment {
                id,
                place,
                mark,
                origin,
            } => Operation::PrepareSegment {
                id,
                place,
                mark,
                origin,
            },
            Self::FreeSegment { id, place } => Operation::FreeSegment { id, place },
            Self::RemoveSlot { id, slot } => Operation::RemoveSlot { id, slot },
        })
    }
}

/// Why an operation failed. The environment is at fault in each case.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OperationError {
    /// No space is left (ENOSPC, EDQUOT). Only preparation can meet it: groups go to filled segments.
    #[error("no space left on the device")]
    NoSpace,
    /// Fewer octets were written than asked.
    #[error("short write")]
    Short,
    /// Another error of the system, by its errno.
    #[error("input/output error (errno {0})")]
    Io(i32),
}
