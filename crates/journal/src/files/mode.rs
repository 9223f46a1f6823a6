//! How groups reach the disk: around the page cache where the file system allows it.
//!
//! Probed once at start by a real aligned write; the engine opens its files with [`WriteMode::open_flags`] and says the
//! mode in its log. Invariant: in either mode a write that returned is on stable storage (O_DSYNC).

use std::fmt;
use std::fs::{self, File};
use std::io;
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::Path;

use crate::position::BLOCK_OCTETS;

/// How groups are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WriteMode {
    /// O_DIRECT and O_DSYNC: aligned buffers, no page cache.
    Direct,
    /// O_DSYNC through the page cache, where O_DIRECT is refused (some tmpfs and overlay file systems): more CPU.
    Buffered,
}

impl WriteMode {
    /// The flags, beside reading and writing, to open a segment file with.
    #[must_use]
    pub fn open_flags(self) -> i32 {
        match self {
            Self::Direct => libc::O_DIRECT | libc::O_DSYNC | libc::O_CLOEXEC,
            Self::Buffered => libc::O_DSYNC | libc::O_CLOEXEC,
        }
    }
}

impl fmt::Display for WriteMode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Direct => "O_DIRECT|O_DSYNC",
            Self::Buffered => "buffered, O_DSYNC (O_DIRECT is refused here)",
        })
    }
}

/// Bytes whose first is aligned to a block, as O_DIRECT wants them.
#[derive(Clone, Debug)]
pub struct AlignedBuffer {
    bytes: Vec<u8>,
    start: usize,
    octets: usize,
}

impl AlignedBuffer {
    /// So many zeros.
    #[must_use]
    pub fn zeroed(octets: usize) -> Self {
        let bytes = vec![0; octets + BLOCK_OCTETS as usize];
        let start = bytes.as_ptr().align_offset(BLOCK_OCTETS as usize);
        Self { bytes, start, octets }
    }
}

impl AsRef<[u8]> for AlignedBuffer {
    fn as_ref(&self) -> &[u8] {
        self.bytes
            .get(self.start..self.start + self.octets)
            .unwrap_or_default()
    }
}

impl AsMut<[u8]> for AlignedBuffer {
    fn as_mut(&mut self) -> &mut [u8] {
        self.bytes
            .get_mut(self.start..self.start + self.octets)
            .unwrap_or_default()
    }
}

/// Finds out which mode the file system of a folder allows, by writing and removing a file of one block there.
///
/// # Errors
/// What the system answered, when neither mode works.
pub fn probe_write_mode(folder: &Path) -> io::Result<WriteMode> {
    let path = folder.join("write-mode.probe");
    let try_mode = |mode: WriteMode| -> io::Result<()> {
        let file = open_with(&path, mode, Missing::Create)?;
        file.write_all_at(AlignedBuffer::zeroed(BLOCK_OCTETS as usize).as_ref(), 0)
    };
    let mode = try_mode(WriteMode::Direct)
        .map(|()| WriteMode::Direct)
        .or_else(|_| try_mode(WriteMode::Buffered).map(|()| WriteMode::Buffered));
    // A probe left behind does no harm and is overwritten by the next.
    let _ = fs::remove_file(&path);
    mode
}

/// What to do where there is no file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Missing {
    Create,
    Refuse,
}

/// Opens a file for durable writes.
pub(crate) fn open_with(path: &Path, mode: WriteMode, missing: Missing) -> io::Result<File> {
    let mut options = File::options();
    options
        .read(true)
        .write(true)
        .create(missing == Missing::Create)
        .truncate(false)
        .custom_flags(mode.open_flags());
    options.open(path)
}
