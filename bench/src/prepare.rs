//! A data directory whose segment files are filled beforehand, as they are on a server that has run for a while.
//!
//! Before either server starts. In use, segments are recycled; a fresh directory would have the first minutes pay for
//! filling new files, on the disk and on the core that is measured. Invariant: both servers get the same number of
//! filled, empty files.

use crate::BenchError;
use crate::bare::SEGMENT_OCTETS;
use base::id::PARTITIONS;
use journal::{
    Directory, Geometry, Layout, Operation, OperationId, Place, SegmentMark, SegmentSequence, Slot,
    SlotOrigin,
};
use std::path::Path;

/// Fills so many segment files in a directory, which is emptied first.
///
/// # Errors
/// What the system answered.
pub fn fill(path: &Path, segments: u16) -> Result<(), BenchError> {
    if path.exists() {
        std::fs::remove_dir_all(path)?;
    }
    let directory = Directory::open(path, layout(SEGMENT_OCTETS)?)
        .map_err(|error| BenchError::broken(error.to_string()))?;
    let entry = directory
        .manifest()
        .open_journals()
        .next()
        .copied()
        .ok_or_else(|| BenchError::broken("a directory without a journal"))?;
    let files = directory.journal(&entry)?;
    for slot in 0..segments {
        let place = Place {
            slot: Slot(slot),
            segment: SegmentSequence(u64::from(slot) + 1),
        };
        let fresh = Operation::PrepareSegment {
            id: OperationId(0),
            place,
            mark: SegmentMark(u64::from(slot) + 1),
            origin: SlotOrigin::Fresh,
        };
        let freed = Operation::FreeSegment {
            id: OperationId(0),
            place,
        };
        for operation in [fresh, freed] {
            files
                .carry_out::<Vec<u8>>(&operation)
                .map_err(|error| BenchError::broken(format!("filling segments: {error}")))?;
        }
    }
    Ok(())
}

/// One journal of segments of this size.
///
/// # Errors
/// Where the size is none that a segment may have.
pub fn layout(segment_octets: u32) -> Result<Layout, BenchError> {
    Ok(Layout {
        journals: 1,
        geometry: Geometry::new(segment_octets).ok_or_else(|| BenchError::broken("size of a segment"))?,
        partitions: u32::from(PARTITIONS),
    })
}
