//! The bytes of journal files: made, damaged where it hurts, and mended so that the damage is met behind checksums.
//!
//! Below the judgements of `journal`. Invariant: what [`segment`] makes is a segment that a writer could have left,
//! as short as its groups; offsets are those drawn in the crate's opening comment.

use journal::{
    Epoch, FORMAT_VERSION, Geometry, GroupEnd, GroupHeader, JournalEntry, JournalId, JournalRole, Lsn,
    Manifest, Place, RecordHeader, ScanIdentity, SegmentMark, SegmentSequence, Slot, Successor,
    build_sidecar, claim_block, free_block,
};

use crate::fuzz::Dice;

/// Octets of a group header.
pub(super) const GROUP: usize = journal::GROUP_HEADER_OCTETS as usize;
/// Octets of a record header.
pub(super) const RECORD: usize = journal::RECORD_HEADER_OCTETS as usize;
/// Octets before the first group.
pub(super) const HEAD: usize = journal::SEGMENT_HEAD_OCTETS as usize;
/// The journal that `journal::fuzz::recovery` expects.
pub(super) const JOURNAL: JournalId = JournalId(1);
/// The segment that it expects.
pub(super) const SEGMENT: SegmentSequence = SegmentSequence(1);
/// The mark that it expects.
pub(super) const MARK: SegmentMark = SegmentMark(0);

const BLOCK: usize = journal::BLOCK_OCTETS as usize;
const ALIGN: usize = journal::RECORD_ALIGN as usize;

/// Magic numbers, and lengths at their ends.
pub(super) const TOKENS: &[&[u8]] = &[
    b"RPLG",
    b"RPSC",
    b"RPSF",
    b"RPSI",
    b"\xFF\xFF\xFF\xFF",
    b"\0\0\0\0",
    b"\0\0\0\0\0\0\0\0",
    b"\xFF\xFF\xFF\x7F",
    b"\0\0\x10\0",
    b"\0\x10\0\0",
    b"crc32c ",
    b"journal 1 open 1048576\n",
];

/// The smallest segments.
pub(super) fn geometry() -> Geometry {
    let smallest = Geometry::new(journal::SEGMENT_OCTETS_MIN);
    let Some(geometry) = smallest else {
        unreachable!("the smallest size is a size")
    };
    geometry
}

/// A segment mostly, now and then a sidecar or a manifest.
pub(super) fn file(dice: &mut Dice) -> Vec<u8> {
    match dice.below(8) {
        0 => manifest(dice),
        1 => {
            let identity = ScanIdentity {
                journal: JOURNAL,
                place: Place {
                    slot: Slot(0),
                    segment: SEGMENT,
                },
                mark: MARK,
                geometry: geometry(),
                successor: Successor::Present,
            };
            build_sidecar(&segment(dice), identity).unwrap_or_default()
        }
        _ => segment(dice),
    }
}

fn manifest(dice: &mut Dice) -> Vec<u8> {
    let entry = |id: u32| JournalEntry {
        id: JournalId(id),
        role: if id.is_multiple_of(2) {
            JournalRole::Open
        } else {
            JournalRole::Adopted
        },
        geometry: geometry(),
    };
    let manifest = Manifest {
        layout_epoch: dice.number() as u32,
        start_epoch: Epoch(dice.number() as u32),
        partitions: 4_096,
        next_journal: JournalId(dice.number() as u32),
        journals: (0..dice.below(5) as u32).map(entry).collect(),
    };
    manifest.encode().into_bytes()
}

/// A segment file from its start to the end of its last group, with the mark that the entry point expects.
pub(super) fn segment(dice: &mut Dice) -> Vec<u8> {
    marked_segment(dice, MARK)
}

/// The same with a mark of its own, as every segment has one: blocks of another are then known for foreign.
pub(super) fn own_segment(dice: &mut Dice) -> Vec<u8> {
    let mark = SegmentMark(dice.roll());
    marked_segment(dice, mark)
}

fn marked_segment(dice: &mut Dice, mark: SegmentMark) -> Vec<u8> {
    let mut bytes = claim_block(JOURNAL, SEGMENT, mark, geometry()).to_vec();
    if dice.one_in(8) {
        bytes.extend_from_slice(&free_block(
            JOURNAL,
            SegmentSequence(dice.below(3) as u64),
            geometry(),
        ));
    }
    bytes.resize(HEAD, 0);
    let mut chain = Chain {
        mark,
        epoch: Epoch(dice.below(4) as u32),
        previous_crc: dice.roll() as u32,
    };
    let groups = 1 + dice.below(5);
    for at in 1..=groups {
        chain.epoch.0 += u32::from(dice.one_in(4));
        let end = if at == groups && dice.one_in(4) {
            GroupEnd::Segment
        } else {
            GroupEnd::Open
        };
        chain.previous_crc = group(dice, &mut bytes, chain, end);
    }
    bytes
}

/// What a group has from those before it.
#[derive(Clone, Copy)]
struct Chain {
    mark: SegmentMark,
    epoch: Epoch,
    previous_crc: u32,
}

/// Appends a group; its header's checksum.
fn group(dice: &mut Dice, bytes: &mut Vec<u8>, chain: Chain, end: GroupEnd) -> u32 {
    let start = bytes.len();
    let lsn = geometry().lsn(SEGMENT, start as u32);
    bytes.resize(start + GROUP, 0);
    let (count, mut records_crc) = (dice.below(5), 0);
    for _ in 0..count {
        records_crc = record(dice, bytes, records_crc);
    }
    // What is committed lies some way behind, as with several groups in flight.
    let committed = match dice.below(3) {
        0 => Lsn(0),
        1 => lsn,
        _ => Lsn(lsn.0.saturating_sub(dice.below(3 * BLOCK) as u64)),
    };
    let Chain {
        mark,
        epoch,
        previous_crc,
    } = chain;
    let header = GroupHeader {
        journal: JOURNAL,
        epoch,
        segment: SEGMENT,
        mark,
        lsn,
        committed,
        length: (bytes.len() - start) as u32,
        end,
        count: count as u32,
        previous_crc,
        records_crc,
    };
    let (encoded, crc) = header.encode();
    bytes[start..start + GROUP].copy_from_slice(&encoded);
    bytes.resize(bytes.len().next_multiple_of(BLOCK), 0);
    crc
}

/// Appends a record; the checksum over the record headers so far.
fn record(dice: &mut Dice, bytes: &mut Vec<u8>, records_crc: u32) -> u32 {
    let header = dice.noise(60);
    let body_octets_max = if dice.one_in(8) { 5_000 } else { 200 };
    let body = dice.noise(body_octets_max);
    let content = [header.as_slice(), body.as_slice()].concat();
    let mut frame = RecordHeader {
        kind: dice.below(9) as u16,
        header_length: header.len() as u32,
        body_length: body.len() as u32,
        key: dice.number(),
        lsn: geometry().lsn(SEGMENT, bytes.len() as u32),
        crc: 0,
    };
    frame.crc = frame.crc_of(&content);
    let encoded = frame.encode();
    bytes.extend_from_slice(&encoded);
    bytes.extend_from_slice(&content);
    bytes.resize(bytes.len().next_multiple_of(ALIGN), 0);
    crc32c::crc32c_append(records_crc, &encoded)
}

/// Offsets of the fields of a group header that a reader goes by: end, segment, mark, LSN, committed, length, count.
const GROUP_FIELDS: &[usize] = &[6, 16, 24, 32, 40, 48, 52];
/// The same of a record header: lengths, LSN.
const RECORD_FIELDS: &[usize] = &[4, 8, 24];

/// Changes a number in the header of a group or of its first record.
pub(super) fn edit_length(dice: &mut Dice, bytes: &mut [u8]) {
    let blocks = bytes.len().saturating_sub(HEAD) / BLOCK;
    let start = HEAD + dice.below(blocks) * BLOCK;
    let field = match dice.one_in(2) {
        true => dice.pick(GROUP_FIELDS).copied(),
        false => dice.pick(RECORD_FIELDS).map(|field| GROUP + field),
    };
    let at = start + field.unwrap_or_default();
    let Some(target) = bytes.get_mut(at..at + 4) else {
        return;
    };
    let Ok(value) = <[u8; 4]>::try_from(&*target).map(u32::from_le_bytes) else {
        return;
    };
    let changed = match dice.below(8) {
        0 => 0,
        1 => u32::MAX,
        2 => value.wrapping_add(1),
        3 => value.wrapping_sub(1),
        4 => value.wrapping_add(ALIGN as u32),
        5 => value.wrapping_add(BLOCK as u32),
        6 => 1 << dice.below(32),
        _ => dice.number() as u32,
    };
    target.copy_from_slice(&changed.to_le_bytes());
}

/// Puts most checksums right.
pub(super) fn repair(dice: &mut Dice, bytes: &mut Vec<u8>) {
    if dice.one_in(4) {
        return;
    }
    if bytes.starts_with(b"RPSI") {
        let octets = bytes.len().saturating_sub(4);
        return repair_sum(bytes, 0, octets);
    }
    if let Some(text) = std::str::from_utf8(bytes)
        .ok()
        .and_then(|text| text.rsplit_once("crc32c "))
    {
        let sum = crc32c::crc32c(text.0.as_bytes());
        *bytes = format!("{}crc32c {sum:08x}\n", text.0).into_bytes();
        return;
    }
    for mark in [0, 2_048, BLOCK, BLOCK + 2_048] {
        if has_magic(bytes, mark, b"RPSC") || has_magic(bytes, mark, b"RPSF") {
            repair_sum(bytes, mark, 60);
        }
    }
    let mut previous = None;
    for start in (HEAD..bytes.len()).step_by(BLOCK) {
        if has_magic(bytes, start, b"RPLG") && !dice.one_in(16) {
            previous = repair_group(bytes, start, previous);
        }
    }
}

fn has_magic(bytes: &[u8], at: usize, magic: &[u8; 4]) -> bool {
    let version = bytes.get(at + 4..at + 6);
    bytes.get(at..at + 4) == Some(magic) && version == Some(&FORMAT_VERSION.to_le_bytes())
}

/// Writes the checksum of `octets` from `start` on behind them.
fn repair_sum(bytes: &mut [u8], start: usize, octets: usize) {
    let end = start + octets;
    let sum = bytes.get(start..end).map(crc32c::crc32c);
    if let (Some(sum), Some(target)) = (sum, bytes.get_mut(end..end + 4)) {
        target.copy_from_slice(&sum.to_le_bytes());
    }
}

fn number(bytes: &[u8], at: usize) -> Option<u32> {
    let field = bytes.get(at..)?.first_chunk::<4>()?;
    Some(u32::from_le_bytes(*field))
}

/// Sums up the records as far as they can be walked, then the header; its checksum.
fn repair_group(bytes: &mut [u8], start: usize, previous: Option<u32>) -> Option<u32> {
    let count = number(bytes, start + 52)?.min((bytes.len() / RECORD) as u32);
    let (mut at, mut records_crc) = (start + GROUP, 0);
    for _ in 0..count {
        let Some(header) = bytes.get(at..).and_then(RecordHeader::decode) else {
            break;
        };
        let content = header
            .frame_octets()
            .and_then(|octets| bytes.get(at + RECORD..at + octets as usize));
        let crc = content.map_or(header.crc, |content| header.crc_of(content));
        let encoded = RecordHeader { crc, ..header }.encode();
        bytes.get_mut(at..at + RECORD)?.copy_from_slice(&encoded);
        records_crc = crc32c::crc32c_append(records_crc, &encoded);
        at = (at + RECORD)
            .saturating_add(content_octets(&header))
            .next_multiple_of(ALIGN);
    }
    let sums = [
        (56, previous.or_else(|| number(bytes, start + 56))?),
        (60, records_crc),
    ];
    for (field, sum) in sums {
        let target = bytes.get_mut(start + field..start + field + 4)?;
        target.copy_from_slice(&sum.to_le_bytes());
    }
    repair_sum(bytes, start, GROUP - 4);
    number(bytes, start + GROUP - 4)
}

fn content_octets(header: &RecordHeader) -> usize {
    (header.header_length as usize).saturating_add(header.body_length as usize)
}
