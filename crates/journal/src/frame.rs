//! The bytes of the log: group header, record header, claim and free marks.
//!
//! The writer encodes these, scan and readers decode them; nothing else knows an offset. Invariants: numbers are
//! little-endian; what is reserved is zero and is checked; decoding answers `None` for any bytes that are not a whole
//! and true frame, and never panics. The diagrams stand in the crate's opening comment.

use crate::operation::SegmentMark;
use crate::position::{BLOCK_OCTETS, Epoch, Geometry, JournalId, Lsn, SegmentSequence};

/// Format of everything below; a reader refuses another.
pub const FORMAT_VERSION: u16 = 1;
/// Octets of a group header.
pub const GROUP_HEADER_OCTETS: u32 = 80;
/// Octets of a record header.
pub const RECORD_HEADER_OCTETS: u32 = 32;
/// A record's frame starts on a multiple of this within its group, so that header bytes (which follow 32 octets
/// later) may be read in place by types that want 16.
pub const RECORD_ALIGN: u32 = 16;

const GROUP_MAGIC: [u8; 4] = *b"RPLG";
const CLAIM_MAGIC: [u8; 4] = *b"RPSC";
const FREE_MAGIC: [u8; 4] = *b"RPSF";
const MARK_OCTETS: usize = 64;
/// Where the second copy of a mark stands in its block: on another sector of any size up to 2 KiB.
const MARK_COPY_AT: usize = 2048;

const GROUP: usize = GROUP_HEADER_OCTETS as usize;
const RECORD: usize = RECORD_HEADER_OCTETS as usize;
const BLOCK: usize = BLOCK_OCTETS as usize;

/// A claim or free block, ready to be written.
pub type MarkBlock = [u8; BLOCK];

/// Whether a group is the last of its segment, so that the end of a segment is told from a lost group even when the
/// segment behind it is freed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GroupEnd {
    /// Another may follow.
    Open,
    /// It is the last.
    Segment,
}

/// A group header's content.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GroupHeader {
    /// The journal that the group belongs to.
    pub journal: JournalId,
    /// The start in which it was written.
    pub epoch: Epoch,
    /// Its segment.
    pub segment: SegmentSequence,
    /// The secret number of its segment.
    pub mark: SegmentMark,
    /// Where it stands.
    pub lsn: Lsn,
    /// Everything below this was durable when the group was closed.
    pub committed: Lsn,
    /// Octets of the group from its first to the end of its last record, without the padding to a block.
    pub length: u32,
    /// Whether another group follows in the segment.
    pub end: GroupEnd,
    /// Records in it; 0 in a marker.
    pub count: u32,
    /// CRC of the header of the group before it in log order; 0 for the first.
    pub previous_crc: u32,
    /// CRC-32C over its record headers in order; 0 when there are none.
    pub records_crc: u32,
}

/// A record header's content.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RecordHeader {
    /// The kind, which only the store understands.
    pub kind: u16,
    /// Octets of the header bytes.
    pub header_length: u32,
    /// Octets of the body.
    pub body_length: u32,
    /// The key, which only the store understands.
    pub key: u64,
    /// Where the frame stands.
    pub lsn: Lsn,
    /// CRC-32C over this header without this field, then header bytes and body.
    pub crc: u32,
}

fn put<const N: usize, const W: usize>(bytes: &mut [u8; N], at: usize, value: [u8; W]) {
    if let Some(field) = bytes.get_mut(at..at + W) {
        field.copy_from_slice(&value);
    }
}

fn take<const N: usize, const W: usize>(bytes: &[u8; N], at: usize) -> [u8; W] {
    bytes
        .get(at..)
        .and_then(|rest| rest.first_chunk::<W>())
        .copied()
        .unwrap_or([0; W])
}

impl GroupHeader {
    /// The bytes, and the CRC that the next group's header repeats.
    #[must_use]
    pub fn encode(&self) -> ([u8; GROUP], u32) {
        let mut bytes = [0; GROUP];
        put(&mut bytes, 0, GROUP_MAGIC);
        put(&mut bytes, 4, FORMAT_VERSION.to_le_bytes());
        put(
            &mut bytes,
            6,
            u16::from(self.end == GroupEnd::Segment).to_le_bytes(),
        );
        put(&mut bytes, 8, self.journal.0.to_le_bytes());
        put(&mut bytes, 12, self.epoch.0.to_le_bytes());
        put(&mut bytes, 16, self.segment.0.to_le_bytes());
        put(&mut bytes, 24, self.mark.0.to_le_bytes());
        put(&mut bytes, 32, self.lsn.0.to_le_bytes());
        put(&mut bytes, 40, self.committed.0.to_le_bytes());
        put(&mut bytes, 48, self.length.to_le_bytes());
        put(&mut bytes, 52, self.count.to_le_bytes());
        put(&mut bytes, 56, self.previous_crc.to_le_bytes());
        put(&mut bytes, 60, self.records_crc.to_le_bytes());
        let crc = crc32c::crc32c(bytes.get(..76).unwrap_or_default());
        put(&mut bytes, 76, crc.to_le_bytes());
        (bytes, crc)
    }

    /// The header at the start of `bytes` with its own CRC; `None` unless it is whole, of this format and true.
    #[must_use]
    pub fn decode(bytes: &[u8]) -> Option<(Self, u32)> {
        let bytes = bytes.first_chunk::<GROUP>()?;
        if take(bytes, 0) != GROUP_MAGIC || u16::from_le_bytes(take(bytes, 4)) != FORMAT_VERSION {
            return None;
        }
        let crc = u32::from_le_bytes(take(bytes, 76));
        if crc != crc32c::crc32c(bytes.get(..76)?) {
            return None;
        }
        let end = match u16::from_le_bytes(take(bytes, 6)) {
            0 => GroupEnd::Open,
            1 => GroupEnd::Segment,
            _ => return None,
        };
        if take::<GROUP, 12>(bytes, 64) != [0; 12] {
            return None;
        }
        let header = Self {
            journal: JournalId(u32::from_le_bytes(take(bytes, 8))),
            epoch: Epoch(u32::from_le_bytes(take(bytes, 12))),
            segment: SegmentSequence(u64::from_le_bytes(take(bytes, 16))),
            mark: SegmentMark(u64::from_le_bytes(take(bytes, 24))),
            lsn: Lsn(u64::from_le_bytes(take(bytes, 32))),
            committed: Lsn(u64::from_le_bytes(take(bytes, 40))),
            length: u32::from_le_bytes(take(bytes, 48)),
            end,
            count: u32::from_le_bytes(take(bytes, 52)),
            previous_crc: u32::from_le_bytes(take(bytes, 56)),
            records_crc: u32::from_le_bytes(take(bytes, 60)),
        };
        Some((header, crc))
    }
}

impl RecordHeader {
    /// Octets of the frame, without padding; `None` when that passes 32 bits.
    #[must_use]
    pub fn frame_octets(&self) -> Option<u32> {
        RECORD_HEADER_OCTETS
            .checked_add(self.header_length)?
            .checked_add(self.body_length)
    }

    /// The bytes, with whatever `crc` says.
    #[must_use]
    pub fn encode(&self) -> [u8; RECORD] {
        let mut bytes = [0; RECORD];
        put(&mut bytes, 0, self.kind.to_le_bytes());
        put(&mut bytes, 4, self.header_length.to_le_bytes());
        put(&mut bytes, 8, self.body_length.to_le_bytes());
        put(&mut bytes, 12, self.crc.to_le_bytes());
        put(&mut bytes, 16, self.key.to_le_bytes());
        put(&mut bytes, 24, self.lsn.0.to_le_bytes());
        bytes
    }

    /// The header at the start of `bytes`; `None` if it is not whole. Its truth is known only with its bytes:
    /// [`Self::crc_of`].
    #[must_use]
    pub fn decode(bytes: &[u8]) -> Option<Self> {
        let bytes = bytes.first_chunk::<RECORD>()?;
        if take::<RECORD, 2>(bytes, 2) != [0; 2] {
            return None;
        }
        Some(Self {
            kind: u16::from_le_bytes(take(bytes, 0)),
            header_length: u32::from_le_bytes(take(bytes, 4)),
            body_length: u32::from_le_bytes(take(bytes, 8)),
            key: u64::from_le_bytes(take(bytes, 16)),
            lsn: Lsn(u64::from_le_bytes(take(bytes, 24))),
            crc: u32::from_le_bytes(take(bytes, 12)),
        })
    }

    /// What the CRC must be for this header before these bytes (header bytes and body, in one piece).
    #[must_use]
    pub fn crc_of(&self, bytes: &[u8]) -> u32 {
        let unsummed = Self { crc: 0, ..*self }.encode();
        crc32c::crc32c_append(crc32c::crc32c(&unsummed), bytes)
    }
}

/// Who claimed a segment's file, for what.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ClaimMark {
    /// The journal.
    pub(crate) journal: JournalId,
    /// The segment now in the file.
    pub(crate) segment: SegmentSequence,
    /// Its secret number.
    pub(crate) mark: SegmentMark,
    /// Octets of the segment.
    pub(crate) segment_octets: u32,
}

fn encode_mark(magic: [u8; 4], content: &ClaimMark) -> MarkBlock {
    let mut copy = [0; MARK_OCTETS];
    put(&mut copy, 0, magic);
    put(&mut copy, 4, FORMAT_VERSION.to_le_bytes());
    put(&mut copy, 8, content.journal.0.to_le_bytes());
    put(&mut copy, 12, content.segment_octets.to_le_bytes());
    put(&mut copy, 16, content.segment.0.to_le_bytes());
    put(&mut copy, 24, content.mark.0.to_le_bytes());
    let crc = crc32c::crc32c(copy.get(..60).unwrap_or_default());
    put(&mut copy, 60, crc.to_le_bytes());
    let mut block = [0; BLOCK];
    put(&mut block, 0, copy);
    put(&mut block, MARK_COPY_AT, copy);
    block
}

fn decode_copy(magic: [u8; 4], bytes: &[u8]) -> Option<ClaimMark> {
    let bytes = bytes.first_chunk::<MARK_OCTETS>()?;
    let crc = u32::from_le_bytes(take(bytes, 60));
    let known = take(bytes, 0) == magic
        && u16::from_le_bytes(take(bytes, 4)) == FORMAT_VERSION
        && crc == crc32c::crc32c(bytes.get(..60)?)
        && take::<MARK_OCTETS, 28>(bytes, 32) == [0; 28];
    known.then(|| ClaimMark {
        journal: JournalId(u32::from_le_bytes(take(bytes, 8))),
        segment_octets: u32::from_le_bytes(take(bytes, 12)),
        segment: SegmentSequence(u64::from_le_bytes(take(bytes, 16))),
        mark: SegmentMark(u64::from_le_bytes(take(bytes, 24))),
    })
}

/// What one mark block says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct MarkRead {
    /// The newest whole copy.
    pub(crate) mark: Option<ClaimMark>,
    /// A copy is neither whole nor zeros, or the copies differ: the write was torn, or the disk rotted.
    pub(crate) damaged: bool,
}

fn decode_mark(magic: [u8; 4], block: &[u8]) -> MarkRead {
    let first = decode_copy(magic, block);
    let second = block
        .get(MARK_COPY_AT..)
        .and_then(|rest| decode_copy(magic, rest));
    let mark = first.into_iter().chain(second).max_by_key(|mark| mark.segment);
    let intact = match mark {
        Some(mark) => block == encode_mark(magic, &mark),
        None => block.iter().all(|&octet| octet == 0),
    };
    MarkRead {
        mark,
        damaged: !intact,
    }
}

/// The claim block of a segment, the first 4,096 octets of its file: what `PrepareSegment` writes last.
#[must_use]
pub fn claim_block(
    journal: JournalId,
    segment: SegmentSequence,
    mark: SegmentMark,
    geometry: Geometry,
) -> MarkBlock {
    let segment_octets = geometry.segment_octets();
    encode_mark(
        CLAIM_MAGIC,
        &ClaimMark {
            journal,
            segment,
            mark,
            segment_octets,
        },
    )
}

/// Reads a claim block.
pub(crate) fn decode_claim(block: &[u8]) -> MarkRead {
    decode_mark(CLAIM_MAGIC, block)
}

/// The free block of a segment, the second 4,096 octets of its file: what `FreeSegment` writes. Every segment of the
/// file up to this one is freed.
#[must_use]
pub fn free_block(journal: JournalId, segment: SegmentSequence, geometry: Geometry) -> MarkBlock {
    let segment_octets = geometry.segment_octets();
    encode_mark(
        FREE_MAGIC,
        &ClaimMark {
            journal,
            segment,
            mark: SegmentMark(0),
            segment_octets,
        },
    )
}

/// Reads a free block.
pub(crate) fn decode_free(block: &[u8]) -> MarkRead {
    decode_mark(FREE_MAGIC, block)
}
