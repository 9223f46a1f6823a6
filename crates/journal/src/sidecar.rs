//! The sidecar checkpoint of a sealed segment: its record headers and header bytes, never bodies.
//!
//! Read by recovery instead of the segment, which is thousands of times larger. The writer gathers it as a
//! [`SidecarDraft`] while it appends, and the octets are made off the shard when the segment is sealed; where there is
//! no draft (a segment resumed after a start, or nearly all headers) the sealed segment is walked. Invariants: a walked
//! segment gets one only without damage, so that damage is reported at every start; one that is not whole or does not
//! fit its segment's claim is ignored and the segment scanned.
//!
//! ```text
//!  | magic 4 | format 2 | 0 2 | journal 4 | last group's crc 4 | segment 8 | mark 8 | committed 8 | epoch 4 |
//!  | end 4 | count 4 | octets of all frames 8 | 0 4 |                                          = 64 octets
//!  then for each record: record header 32, header bytes, zeros to a multiple of 16
//!  then the CRC-32C of everything before it, 4
//! ```

use crate::frame::{FORMAT_VERSION, GroupEnd, RECORD_ALIGN, RECORD_HEADER_OCTETS, RecordHeader};
use crate::operation::SegmentMark;
use crate::position::{Epoch, JournalId, Location, Lsn, SegmentSequence};
use crate::recovery::Recovered;
use crate::scan::{ScanIdentity, SegmentEnd, SegmentScan, Step};

const MAGIC: [u8; 4] = *b"RPSI";
const HEAD_OCTETS: usize = 64;
const CRC_OCTETS: usize = 4;

/// A sidecar that is whole and fits its segment.
#[derive(Clone, Copy, Debug)]
pub struct SidecarView<'a> {
    identity: ScanIdentity,
    end: SegmentEnd,
    count: u32,
    entries: &'a [u8],
}

fn number<const W: usize>(bytes: &[u8], at: usize) -> [u8; W] {
    bytes
        .get(at..)
        .and_then(|rest| rest.first_chunk::<W>())
        .copied()
        .unwrap_or([0; W])
}

/// What goes into a sidecar, gathered record by record.
#[derive(Debug)]
pub struct SidecarDraft {
    journal: JournalId,
    segment: SegmentSequence,
    mark: SegmentMark,
    last_crc: Option<u32>,
    committed: Lsn,
    epoch: Epoch,
    end: u32,
    count: u32,
    octets: u64,
    entries: Vec<u8>,
}

impl SidecarDraft {
    /// An empty one, with room for `entries_octets` of records' headers.
    #[must_use]
    pub fn new(
        journal: JournalId,
        segment: SegmentSequence,
        mark: SegmentMark,
        entries_octets: usize,
    ) -> Self {
        Self {
            journal,
            segment,
            mark,
            last_crc: None,
            committed: Lsn(0),
            epoch: Epoch(0),
            end: 0,
            count: 0,
            octets: 0,
            entries: Vec::with_capacity(entries_octets),
        }
    }

    /// Empties it for another segment; its room stays.
    pub fn begin(&mut self, segment: SegmentSequence, mark: SegmentMark) {
        let mut entries = std::mem::take(&mut self.entries);
        entries.clear();
        *self = Self {
            entries,
            ..Self::new(self.journal, segment, mark, 0)
        };
    }

    /// The segment.
    #[must_use]
    pub fn segment(&self) -> SegmentSequence {
        self.segment
    }

    /// Whether a record with so many octets of header bytes goes in without growing.
    #[must_use]
    pub fn fits(&self, header_octets: usize) -> bool {
        let entry = (RECORD_HEADER_OCTETS as usize + header_octets).next_multiple_of(RECORD_ALIGN as usize);
        self.entries.capacity() - self.entries.len() >= entry
    }

    /// Adds a record: its header as it stands in the segment, and its header bytes.
    pub fn add(&mut self, header: &RecordHeader, bytes: &[u8]) {
        self.entries.extend_from_slice(&header.encode());
        self.entries.extend_from_slice(bytes);
        self.entries
            .resize(self.entries.len().next_multiple_of(RECORD_ALIGN as usize), 0);
        self.count += 1;
        self.octets += u64::from(header.frame_octets().unwrap_or_default());
    }

    /// Takes note of a group: the CRC of its header, what it says is committed, and where it ends.
    pub fn note_group(&mut self, crc: u32, epoch: Epoch, committed: Lsn, end: u32) {
        self.last_crc = Some(crc);
        self.epoch = epoch;
        self.committed = self.committed.max(committed);
        self.end = end;
    }

    /// The sidecar's octets; `None` when the segment has no group.
    #[must_use]
    pub fn encode(&self) -> Option<Vec<u8>> {
        let mut bytes = Vec::with_capacity(HEAD_OCTETS + self.entries.len() + CRC_OCTETS);
        bytes.extend_from_slice(&MAGIC);
        bytes.extend_from_slice(&FORMAT_VERSION.to_le_bytes());
        bytes.extend_from_slice(&[0; 2]);
        bytes.extend_from_slice(&self.journal.0.to_le_bytes());
        bytes.extend_from_slice(&self.last_crc?.to_le_bytes());
        bytes.extend_from_slice(&self.segment.0.to_le_bytes());
        bytes.extend_from_slice(&self.mark.0.to_le_bytes());
        bytes.extend_from_slice(&self.committed.0.to_le_bytes());
        bytes.extend_from_slice(&self.epoch.0.to_le_bytes());
        bytes.extend_from_slice(&self.end.to_le_bytes());
        bytes.extend_from_slice(&self.count.to_le_bytes());
        bytes.extend_from_slice(&self.octets.to_le_bytes());
        bytes.extend_from_slice(&[0; 4]);
        debug_assert_eq!(bytes.len(), HEAD_OCTETS, "as drawn above");
        bytes.extend_from_slice(&self.entries);
        let crc = crc32c::crc32c(&bytes);
        bytes.extend_from_slice(&crc.to_le_bytes());
        Some(bytes)
    }
}

/// The sidecar of a sealed segment, by walking it; `None` when it is damaged or does not say where it ends.
#[must_use]
pub fn build_sidecar(segment: &[u8], identity: ScanIdentity) -> Option<Vec<u8>> {
    let mut draft = SidecarDraft::new(identity.journal, identity.place.segment, identity.mark, 0);
    let mut scan = SegmentScan::new(segment, identity);
    for step in scan.by_ref() {
        let Step::Group(group) = step else { return None };
        for record in group.records() {
            let header = RecordHeader::decode(segment.get(record.location.offset as usize..)?)?;
            draft.add(&header, record.header);
        }
    }
    let end = scan.end();
    draft.note_group(end.last_crc?, end.epoch, end.committed, end.end);
    draft.encode()
}

impl<'a> SidecarView<'a> {
    /// The sidecar in these bytes, if it is whole and of this segment.
    #[must_use]
    pub fn parse(bytes: &'a [u8], identity: ScanIdentity) -> Option<Self> {
        let view = Self::summed(bytes, identity)?;
        (view.records().count() == view.count as usize).then_some(view)
    }

    /// The same by its checksum and head alone, without a walk over its records: for readers that pass over most.
    pub(crate) fn summed(bytes: &'a [u8], identity: ScanIdentity) -> Option<Self> {
        let (content, crc) = bytes.split_last_chunk::<CRC_OCTETS>()?;
        if crc32c::crc32c(content) != u32::from_le_bytes(*crc) {
            return None;
        }
        let (head, entries) = content.split_at_checked(HEAD_OCTETS)?;
        let fits = number(head, 0) == MAGIC
            && u16::from_le_bytes(number(head, 4)) == FORMAT_VERSION
            && JournalId(u32::from_le_bytes(number(head, 8))) == identity.journal
            && SegmentSequence(u64::from_le_bytes(number(head, 16))) == identity.place.segment
            && SegmentMark(u64::from_le_bytes(number(head, 24))) == identity.mark;
        let end = SegmentEnd {
            end: u32::from_le_bytes(number(head, 44)),
            closed: GroupEnd::Segment,
            torn_octets: 0,
            last_crc: Some(u32::from_le_bytes(number(head, 12))),
            epoch: Epoch(u32::from_le_bytes(number(head, 40))),
            committed: Lsn(u64::from_le_bytes(number(head, 32))),
        };
        let view = Self {
            identity,
            end,
            count: u32::from_le_bytes(number(head, 48)),
            entries,
        };
        let whole = fits && end.end <= identity.geometry.segment_octets();
        whole.then_some(view)
    }

    /// The octets of all records' headers.
    pub(crate) fn entries(&self) -> &'a [u8] {
        self.entries
    }

    /// Where the segment ends.
    #[must_use]
    pub fn end(&self) -> SegmentEnd {
        self.end
    }

    /// The records, in log order, without their bodies.
    pub fn records(&self) -> impl Iterator<Item = Recovered<'a>> + use<'a> {
        let mut rest = self.entries;
        let geometry = self.identity.geometry;
        std::iter::from_fn(move || {
            let header = RecordHeader::decode(rest)?;
            let length = header.frame_octets()?;
            let end = RECORD_HEADER_OCTETS.checked_add(header.header_length)?;
            let head = rest.get(RECORD_HEADER_OCTETS as usize..end as usize)?;
            let location: Location = geometry.location(header.lsn, length);
            rest = rest.get(end.checked_next_multiple_of(RECORD_ALIGN)? as usize..)?;
            let RecordHeader {
                kind,
                key,
                lsn,
                body_length,
                ..
            } = header;
            Some(Recovered {
                lsn,
                location,
                kind,
                key,
                header: head,
                body_octets: body_length,
            })
        })
    }
}
