//! A group while it is filled, and once it is closed.
//!
//! The writer copies records into the open group's buffer; when the group is given out its header is put before them
//! (only then are the CRC of the group before it and the committed LSN known). Invariants: the group's place is fixed
//! when it is begun, so that a record's location is final when it is appended; every octet up to the block end is
//! written by us, none is left over from the buffer's last use.

use crate::frame::{
    GROUP_HEADER_OCTETS, GroupEnd, GroupHeader, RECORD_ALIGN, RECORD_HEADER_OCTETS, RecordHeader,
};
use crate::operation::Place;
use crate::position::{BLOCK_OCTETS, Epoch, Geometry, JournalId, Lsn};
use crate::sum::{SUMMED_OCTETS_MIN, Summed, joined};
use crate::writer::{Head, Record};

/// A group that still takes records, or is closed and waits for its turn.
#[derive(Debug)]
pub(crate) struct OpenGroup<B> {
    buffer: B,
    head: Head,
    filled: u32,
    capacity: u32,
    count: u32,
    records_crc: u32,
}

/// A group that takes no more records.
#[derive(Debug)]
pub(crate) struct ClosedGroup<B> {
    group: OpenGroup<B>,
    end: GroupEnd,
}

/// What a group's header says beyond the group itself.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Chain {
    pub(crate) journal: JournalId,
    pub(crate) epoch: Epoch,
    pub(crate) committed: Lsn,
    pub(crate) previous_crc: u32,
}

/// A group with its header, ready to be written.
#[derive(Debug)]
pub(crate) struct FinishedGroup<B> {
    pub(crate) buffer: B,
    pub(crate) place: Place,
    pub(crate) offset: u32,
    pub(crate) length: u32,
    pub(crate) crc: u32,
}

/// Copies `bytes` to `at` and answers the position behind them.
fn copy(buffer: &mut [u8], at: usize, bytes: &[u8]) -> usize {
    let end = at + bytes.len();
    if let Some(target) = buffer.get_mut(at..end) {
        target.copy_from_slice(bytes);
    }
    end
}

fn zero(buffer: &mut [u8], from: usize, to: usize) {
    if let Some(target) = buffer.get_mut(from..to) {
        target.fill(0);
    }
}

impl<B: AsRef<[u8]> + AsMut<[u8]>> OpenGroup<B> {
    /// An empty group at the head; `capacity` is what buffer and segment leave for it.
    pub(crate) fn new(buffer: B, head: Head, capacity: u32) -> Self {
        debug_assert!(
            head.offset.is_multiple_of(BLOCK_OCTETS),
            "groups start on a block"
        );
        Self {
            buffer,
            head,
            filled: GROUP_HEADER_OCTETS,
            capacity,
            count: 0,
            records_crc: 0,
        }
    }

    pub(crate) fn place(&self) -> Place {
        self.head.place
    }

    /// Octets up to the end of the last record, the group header included.
    pub(crate) fn filled(&self) -> u32 {
        self.filled
    }

    /// Octets that the group takes of its segment: whole blocks.
    pub(crate) fn block_octets(&self) -> u32 {
        self.filled.next_multiple_of(BLOCK_OCTETS)
    }

    /// Whether a padded frame of so many octets still goes in.
    pub(crate) fn fits(&self, frame: u32) -> bool {
        self.capacity - self.filled >= frame
    }

    /// Copies a record in, of whose body the last octets may have been summed; the caller has seen that it fits.
    /// Answers the frame's offset in the segment and its header.
    pub(crate) fn push(
        &mut self,
        record: &Record<'_>,
        summed: Option<Summed>,
        geometry: Geometry,
    ) -> (u32, RecordHeader) {
        let offset = self.head.offset + self.filled;
        let body: usize = record.body.iter().map(|piece| piece.len()).sum();
        // Both were seen to be below the size of a group, which fits 32 bits.
        let mut header = RecordHeader {
            kind: record.kind,
            header_length: record.header.len() as u32,
            body_length: body as u32,
            key: record.key,
            lsn: geometry.lsn(self.head.place.segment, offset),
            crc: 0,
        };
        let length = RECORD_HEADER_OCTETS + header.header_length + header.body_length;
        let end = self.filled + length.next_multiple_of(RECORD_ALIGN);
        debug_assert!(end <= self.capacity, "the caller has seen that it fits");

        let buffer = self.buffer.as_mut();
        let start = self.filled as usize;
        let bytes_at = start + RECORD_HEADER_OCTETS as usize;
        let mut at = copy(buffer, bytes_at, record.header);
        // Summing what was just copied finds it in the cache, and sums what will be written. What was summed before
        // is not looked at again: a copy that went wrong has another sum, which its first reader finds.
        let mut crc = crc32c::crc32c(&header.encode());
        crc = crc32c::crc32c_append(crc, buffer.get(bytes_at..at).unwrap_or_default());
        let body_at = at;
        for piece in record.body {
            at = copy(buffer, at, piece);
        }
        let of_use = SUMMED_OCTETS_MIN..=header.body_length;
        let summed = summed.filter(|summed| of_use.contains(&summed.octets));
        let summed_octets = summed.map_or(0, |summed| summed.octets as usize);
        let unsummed = buffer.get(body_at..at - summed_octets).unwrap_or_default();
        crc = crc32c::crc32c_append(crc, unsummed);
        if let Some(summed) = summed {
            crc = joined(crc, summed);
            debug_assert_eq!(
                summed.crc,
                crc32c::crc32c(buffer.get(at - summed_octets..at).unwrap_or_default()),
                "what was summed is what is written"
            );
        }
        zero(buffer, at, end as usize);
        header.crc = crc;
        let encoded = header.encode();
        copy(buffer, start, &encoded);
        self.records_crc = crc32c::crc32c_append(self.records_crc, &encoded);
        self.count += 1;
        self.filled = end;
        (offset, header)
    }

    pub(crate) fn close(self, end: GroupEnd) -> ClosedGroup<B> {
        ClosedGroup { group: self, end }
    }
}

impl<B: AsRef<[u8]> + AsMut<[u8]>> ClosedGroup<B> {
    pub(crate) fn place(&self) -> Place {
        self.group.head.place
    }

    /// Octets that it takes of its segment.
    pub(crate) fn block_octets(&self) -> u32 {
        self.group.block_octets()
    }

    /// Whether it is the first of its segment.
    pub(crate) fn is_first(&self) -> bool {
        self.group.head.first
    }

    /// Puts the header before the records and zeros behind them.
    pub(crate) fn finish(mut self, chain: Chain, geometry: Geometry) -> FinishedGroup<B> {
        let head = self.group.head;
        let length = self.group.block_octets();
        let (header, crc) = GroupHeader {
            journal: chain.journal,
            epoch: chain.epoch,
            segment: head.place.segment,
            mark: head.mark,
            lsn: geometry.lsn(head.place.segment, head.offset),
            committed: chain.committed,
            length: self.group.filled,
            end: self.end,
            count: self.group.count,
            previous_crc: chain.previous_crc,
            records_crc: self.group.records_crc,
        }
        .encode();
        let buffer = self.group.buffer.as_mut();
        copy(buffer, 0, &header);
        zero(buffer, self.group.filled as usize, length as usize);
        FinishedGroup {
            buffer: self.group.buffer,
            place: head.place,
            offset: head.offset,
            length,
            crc,
        }
    }
}
