//! The append-only log of one shard.
//!
//! Ring 3: the store puts records in, the engine carries out the disk operations, readers off the shards map what is
//! sealed. The content of records is opaque here.

#[cfg(any(test, feature = "fault"))]
pub mod fault;
mod files;
mod frame;
pub mod fuzz;
mod operation;
mod position;
mod problem;
mod published;
mod recovery;
mod scan;
mod segments;
mod settings;
mod sidecar;
#[cfg(test)]
mod tests;
mod writer;

pub use files::{
    AlignedBuffer, Answer, Cursor, CursorError, Directory, DirectoryError, Followed, JournalEntry,
    JournalFiles, JournalRole, JournalVerification, Layout, Manifest, ManifestError, MappedSegment, Preparer,
    Verification, WriteMode, install_sigbus_handler, probe_write_mode,
};
pub use frame::{
    FORMAT_VERSION, GROUP_HEADER_OCTETS, GroupEnd, GroupHeader, MarkBlock, RECORD_ALIGN,
    RECORD_HEADER_OCTETS, RecordHeader, claim_block, free_block,
};
pub use operation::{Operation, OperationError, OperationId, Place, SegmentMark, SlotOrigin};
pub use position::{
    BLOCK_OCTETS, Epoch, Geometry, JournalId, Location, Lsn, ReadRange, SEGMENT_HEAD_OCTETS,
    SEGMENT_OCTETS_MAX, SEGMENT_OCTETS_MIN, SEQUENCE_MAX, SegmentSequence, Slot,
};
pub use problem::{Damage, Problem};
pub use published::{Lease, Published, PublishedSegment};
pub use recovery::{
    JournalIdentity, PROBLEMS_KEPT_MAX, Progress, Recovered, Recovery, RecoveryVisitor, SegmentOutcome,
    SegmentReport, SlotImage, inspect, recover,
};
pub use scan::{
    Group, ReadRefused, RecordView, Records, SEARCH_OCTETS_MAX, ScanIdentity, SegmentEnd, SegmentScan, Step,
    Successor,
};
pub use segments::{SegmentPhase, SegmentRefused, SegmentState};
pub use settings::{
    GROUP_OCTETS_MAX, GROUPS_IN_FLIGHT_MAX, SEGMENTS_MAX, Settings, SettingsDraft, SettingsError,
};
pub use sidecar::{SidecarView, build_sidecar};
pub use writer::{
    AppendClass, AppendRefused, Appended, Journal, Record, Resume, SealedSegment, Sidecar, State, Tail,
    UnknownOperation,
};
