//! The append-only log of one shard.
//!
//! Ring 3. The store puts records in and decides what is alive; the engine carries out the disk operations; recovery,
//! cursors and the `log` tools map what is sealed. What is in a record is opaque here: a kind, a key, header bytes and
//! a body. Invariants: nothing is called durable before it is on disk; nothing that was called durable is ever lost
//! in silence; what was freed is never seen again.
//!
//! # On disk
//!
//! A journal is a folder of segment files ("slots") of one size, filled with zeros before use and used again and
//! again. Numbers are little-endian; `crc` is CRC-32C; reserved octets are zero.
//!
//! ```text
//!  segment file                     group                              record (on a multiple of 16)
//!  0      claim block  4096         0   magic "RPLG"           4       0   kind                    2
//!  4096   free block   4096         4   format                 2       2   reserved                2
//!  8192   group                     6   last of its segment    2       4   header length           4
//!         group                     8   journal                4       8   body length             4
//!         ...  each starts on       12  start epoch            4       12  crc of this header      4
//!         a multiple of 4096        16  segment sequence       8           (without these four)
//!         ...                       24  segment mark (secret)  8           and of all bytes below
//!         group, "last"             32  LSN                    8       16  key                     8
//!         (unused)                  40  committed LSN          8       24  LSN                     8
//!                                   48  length, unpadded       4       32  header bytes
//!  claim and free block             52  records                4           body
//!  0     mark, 64 octets            56  crc of the header of   4           zeros up to 15
//!  2048  the same again                 the group before
//!                                   60  crc of all record      4
//!  mark                                 headers in order
//!  0   magic "RPSC"/"RPSF"  4       64  reserved              12
//!  4   format, reserved     4       76  crc of this header     4
//!  8   journal              4       80  record, record, ...
//!  12  octets of a segment  4           zeros to the block's end
//!  16  segment sequence     8
//!  24  segment mark         8       LSN = segment sequence * octets of a segment + offset in the file
//!  32  reserved            28
//!  60  crc of this mark     4       a segment is live when claim.sequence > free.sequence
//! ```
//!
//! Record headers are reached by hopping over bodies, so that a walk reads one page a record; a group's header proves
//! them all. A record proves itself, so that it may be read alone, by its location.
//!
//! # Reading order
//!
//! `position` (the words) → `frame` (the bytes) → `operation` (what is asked of the disk) → `writer` and in it `group`,
//! `sum`, `flow`, `retention` (with `segments` and `published`) → `scan`, `recovery`, `sidecar` (what a start
//! finds) → `files` (everything that opens, maps or waits) → `fault` (a disk that fails on purpose) → `fuzz`.

#[cfg(any(test, feature = "fault"))]
pub mod fault;
mod files;
mod frame;
pub mod fuzz;
mod operation;
pub mod planted;
mod position;
mod problem;
mod published;
mod recovery;
mod scan;
mod segments;
mod settings;
mod sidecar;
mod sum;
#[cfg(test)]
mod tests;
mod writer;

pub use files::{
    AlignedBuffer, Answer, Archive, Cursor, CursorError, Directory, DirectoryError, Followed, Found,
    HeldSegment, Holdings, JournalEntry, JournalFiles, JournalRole, JournalVerification, Layout, Manifest,
    ManifestError, MappedSegment, Preparer, Verification, WriteMode, Writer, install_sigbus_handler,
    probe_write_mode,
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
pub use sidecar::{SidecarDraft, SidecarView, build_sidecar};
pub use sum::Summed;
pub use writer::{
    AppendClass, AppendRefused, Appended, Journal, Record, Relief, Resume, SealedSegment, Sidecar, State,
    Tail, UnknownOperation,
};
