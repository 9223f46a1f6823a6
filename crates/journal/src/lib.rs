//! The append-only log of one shard.
//!
//! Ring 3: the store puts records in, the engine carries out the disk operations, readers off the shards map what is
//! sealed. The content of records is opaque here.

mod frame;
mod operation;
mod position;
mod published;
mod segments;
mod settings;
mod writer;

pub use frame::{
    FORMAT_VERSION, GROUP_HEADER_OCTETS, GroupHeader, MarkBlock, RECORD_ALIGN, RECORD_HEADER_OCTETS,
    RecordHeader, claim_block, free_block,
};
pub use operation::{Operation, OperationError, OperationId, Place, SegmentMark, SlotOrigin};
pub use position::{
    BLOCK_OCTETS, Epoch, Geometry, JournalId, Location, Lsn, ReadRange, SEGMENT_HEAD_OCTETS,
    SEGMENT_OCTETS_MAX, SEGMENT_OCTETS_MIN, SEQUENCE_MAX, SegmentSequence, Slot,
};
pub use published::{Lease, Published, PublishedSegment};
pub use segments::{SegmentPhase, SegmentRefused, SegmentState};
pub use settings::{
    GROUP_OCTETS_MAX, GROUPS_IN_FLIGHT_MAX, SEGMENTS_MAX, Settings, SettingsDraft, SettingsError,
};
pub use writer::{
    AppendClass, AppendRefused, Appended, Journal, Record, Resume, SealedSegment, Sidecar, State, Tail,
    UnknownOperation,
};
