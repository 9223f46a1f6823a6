//! The journal's files: everything that opens, maps or waits. Never used on a shard.
//!
//! Start-up, the background preparer, readers and the operator's tools stand on this half; the writer and recovery
//! know nothing of it. Invariants: one process writes a data directory (flock); the manifest is on disk before the
//! first append; a slot file appears under its name only when it is filled and synced.
//!
//! ```text
//!  DIR/lock                              flocked by the writer; shared by tools on a stopped server
//!  DIR/manifest                          text, checksummed, replaced by rename
//!  DIR/journal-00007/slot-0003.log       a segment file: claim block, free block, groups
//!  DIR/journal-00007/segment-12.index    sidecar checkpoint of sealed segment 12
//! ```

mod archive;
mod cursor;
mod directory;
mod manifest;
mod mapped;
mod mode;
mod preparer;
mod sigbus;
mod slots;
mod verify;

pub use archive::{Archive, Found, HeldSegment, Holdings, Writer};
pub use cursor::{Cursor, CursorError, Followed};
pub use directory::{Directory, DirectoryError, Layout};
pub use manifest::{JournalEntry, JournalRole, Manifest, ManifestError};
pub use mapped::MappedSegment;
pub use mode::{AlignedBuffer, WriteMode, probe_write_mode};
pub use preparer::{Answer, Preparer};
pub use sigbus::install_sigbus_handler;
pub use slots::JournalFiles;
#[cfg(any(test, feature = "fault"))]
pub(crate) use slots::operation_error;
pub use verify::{JournalVerification, Verification};
