//! One slot file, open in the shard's ring: around the page cache, or through it where O_DIRECT is refused.
//!
//! Under the disk. Invariants: opened with the journal's own flags, so that a write that completed is on stable
//! storage; whole blocks only; a read that is not whole is no read.

use crate::buffers::GroupBuffer;
use glommio::GlommioError;
use glommio::io::{BufferedFile, DmaFile, OpenOptions};
use journal::{OperationError, ReadRange, WriteMode};
use std::path::Path;

/// The file.
pub(super) enum SlotFile {
    /// O_DIRECT and O_DSYNC.
    Direct(DmaFile),
    /// O_DSYNC through the page cache; each group is copied once more.
    Buffered(BufferedFile),
}

impl SlotFile {
    pub(super) async fn open(path: &Path, mode: WriteMode) -> Result<SlotFile, OperationError> {
        let mut options = OpenOptions::new();
        options.write(true).custom_flags(mode.open_flags());
        if mode == WriteMode::Direct {
            refuse_polling(path, &options).await?;
        }
        options.read(true);
        let opened = match mode {
            WriteMode::Direct => options.dma_open(path).await.map(SlotFile::Direct),
            WriteMode::Buffered => options.buffered_open(path).await.map(SlotFile::Buffered),
        };
        opened.map_err(|error| operation_error(&error))
    }

    /// Writes the first `length` octets of a group; answers how many are on stable storage.
    pub(super) async fn write(
        &self,
        buffer: GroupBuffer,
        length: u32,
        offset: u32,
    ) -> Result<u32, OperationError> {
        let position = u64::from(offset);
        let written = match self {
            SlotFile::Direct(file) => file.write_at(buffer.into_write(length as usize), position).await,
            SlotFile::Buffered(file) => {
                let octets = buffer
                    .as_ref()
                    .get(..length as usize)
                    .ok_or(OperationError::Short)?;
                file.write_at(octets.to_vec(), position).await
            }
        };
        match written {
            Ok(octets) => Ok(u32::try_from(octets).unwrap_or(u32::MAX)),
            Err(error) => Err(operation_error(&error)),
        }
    }

    /// The blocks of a range, all of them or nothing.
    pub(super) async fn read(&self, range: ReadRange) -> Option<Vec<u8>> {
        let position = u64::from(range.offset);
        let length = range.length as usize;
        let read = match self {
            SlotFile::Direct(file) => file.read_at_aligned(position, length).await,
            SlotFile::Buffered(file) => file.read_at(position, length).await,
        };
        let octets = read.ok().filter(|octets| octets.len() == length)?;
        Some(octets.to_vec())
    }

    pub(super) async fn close(self) {
        // Everything that was answered is on stable storage; closing adds nothing that could be lost.
        let _ = match self {
            SlotFile::Direct(file) => file.close().await,
            SlotFile::Buffered(file) => file.close().await,
        };
    }
}

/// Keeps glommio from polling for this device's completions, in this thread and for good.
///
/// At a device's first file glommio tries a read in its IOPOLL ring and, if that is answered, does all I/O there: the
/// core then spins for as long as a write is under way, though a device without poll queues completes by interrupt all
/// the same. A file that is open for writing only fails the trial, and the answer is kept for the device.
async fn refuse_polling(path: &Path, write_only: &OpenOptions) -> Result<(), OperationError> {
    let file = write_only.dma_open(path).await;
    let file = file.map_err(|error| operation_error(&error))?;
    file.close().await.map_err(|error| operation_error(&error))
}

fn operation_error(error: &GlommioError<()>) -> OperationError {
    match error.raw_os_error() {
        Some(libc::ENOSPC | libc::EDQUOT) => OperationError::NoSpace,
        Some(errno) => OperationError::Io(errno),
        None => OperationError::Io(libc::EIO),
    }
}
