//! Where a record stands: journal, slot, segment, offset and log sequence number.
//!
//! Every other file of the crate speaks in these words. Invariants: a [`SegmentSequence`] is given once in the life
//! of a journal and never again; an [`Lsn`] grows with every append; `Lsn = sequence * segment_octets + offset`, so
//! that either form is had from the other by a shift, and the log's logical order is the order of its LSNs.

use std::fmt;

/// Octets of a disk block: every group starts on one, and O_DIRECT moves whole ones (4,096: the page size and the
/// largest logical block of the disks that the server runs on).
pub const BLOCK_OCTETS: u32 = 4096;

/// Octets at the start of a segment before its first group: the claim block and the free block.
pub const SEGMENT_HEAD_OCTETS: u32 = 2 * BLOCK_OCTETS;

/// Smallest segment: 1 MiB, so that a test of recycling is quick.
pub const SEGMENT_OCTETS_MIN: u32 = 1 << 20;

/// Largest segment: 2 GiB, so that an offset fits 32 bits.
pub const SEGMENT_OCTETS_MAX: u32 = 1 << 31;

/// Largest sequence number of a segment: with the largest segments an LSN then just fits 64 bits (16 EiB of log).
pub const SEQUENCE_MAX: u64 = (1 << 33) - 1;

/// Number of a journal, given once in the life of a data directory and never again. A journal is not a shard: after
/// a change of the shard count the old ones are adopted, read-only, beside the new.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct JournalId(pub u32);

/// Number of a file of a journal. A slot is used again for another segment, under a new sequence number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Slot(pub u16);

/// How often this data directory was started for writing; every group carries it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Epoch(pub u32);

/// Number of a segment, from 1, growing in log order, never repeated within a journal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SegmentSequence(pub u64);

/// Position in the log's logical byte order: `sequence * segment_octets + offset in the segment`. A record's LSN is
/// that of the first octet of its frame; a durable LSN is exclusive (everything *below* it is on disk).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Lsn(pub u64);

/// Where a record's frame lies: enough to read it back. 16 octets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Location {
    /// The segment.
    pub segment: SegmentSequence,
    /// Octets from the start of the segment to the record's frame; a multiple of 16.
    pub offset: u32,
    /// Octets of the frame: record header, header bytes and body bytes, without padding.
    pub length: u32,
}

/// Octets to read from a segment's file to have a record in whole blocks, as O_DIRECT wants them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReadRange {
    /// First octet to read, a multiple of [`BLOCK_OCTETS`].
    pub offset: u32,
    /// Octets to read, a multiple of [`BLOCK_OCTETS`].
    pub length: u32,
    /// Octets of the read before the record's frame.
    pub skip: u32,
}

impl Location {
    /// The whole blocks that hold this record. `None` if the place cannot be in any segment.
    #[must_use]
    pub fn read_range(self) -> Option<ReadRange> {
        let skip = self.offset % BLOCK_OCTETS;
        let offset = self.offset - skip;
        let length = skip
            .checked_add(self.length)?
            .checked_next_multiple_of(BLOCK_OCTETS)?;
        offset
            .checked_add(length)
            .filter(|&end| end <= SEGMENT_OCTETS_MAX)?;
        Some(ReadRange { offset, length, skip })
    }
}

/// The size of a journal's segments, a power of two; turns LSNs into places and back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Geometry {
    shift: u8,
}

impl Geometry {
    /// A geometry of segments of so many octets; `None` unless that is a power of two between
    /// [`SEGMENT_OCTETS_MIN`] and [`SEGMENT_OCTETS_MAX`].
    #[must_use]
    pub fn new(segment_octets: u32) -> Option<Self> {
        if !segment_octets.is_power_of_two() || segment_octets < SEGMENT_OCTETS_MIN {
            return None;
        }
        u8::try_from(segment_octets.trailing_zeros())
            .ok()
            .map(|shift| Self { shift })
    }

    /// Octets of a segment, its head included.
    #[must_use]
    pub fn segment_octets(self) -> u32 {
        1 << self.shift
    }

    /// Octets of a segment that groups may fill.
    #[must_use]
    pub fn payload_octets(self) -> u32 {
        self.segment_octets() - SEGMENT_HEAD_OCTETS
    }

    /// The LSN of an offset in a segment. An offset of a whole segment gives the start of the next.
    #[must_use]
    pub fn lsn(self, segment: SegmentSequence, offset: u32) -> Lsn {
        Lsn((segment.0 << self.shift).saturating_add(u64::from(offset)))
    }

    /// The segment of an LSN.
    #[must_use]
    pub fn segment(self, lsn: Lsn) -> SegmentSequence {
        SegmentSequence(lsn.0 >> self.shift)
    }

    /// The offset of an LSN in its segment.
    #[must_use]
    pub fn offset(self, lsn: Lsn) -> u32 {
        // The mask leaves fewer than 32 bits.
        (lsn.0 & ((1u64 << self.shift) - 1)) as u32
    }

    /// The place of a frame of `length` octets at an LSN.
    #[must_use]
    pub fn location(self, lsn: Lsn, length: u32) -> Location {
        Location {
            segment: self.segment(lsn),
            offset: self.offset(lsn),
            length,
        }
    }

    /// The LSN of a place.
    #[must_use]
    pub fn lsn_of(self, location: Location) -> Lsn {
        self.lsn(location.segment, location.offset)
    }
}

impl fmt::Display for JournalId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "journal {}", self.0)
    }
}

impl fmt::Display for Slot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "slot {}", self.0)
    }
}

impl fmt::Display for SegmentSequence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "segment {}", self.0)
    }
}

impl fmt::Display for Lsn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}
