//! A group found in a segment, and the records in it.
//!
//! Given out by the scan; also the one place where a record read back by its location is judged. Invariants: a
//! [`RecordView`] is given out only when its checksum holds; a damaged group gives out the records that are still
//! whole, as far as its record headers can be trusted.

use crate::frame::{
    GROUP_HEADER_OCTETS, GroupEnd, GroupHeader, RECORD_ALIGN, RECORD_HEADER_OCTETS, RecordHeader,
};
use crate::operation::{Place, SegmentMark};
use crate::position::{BLOCK_OCTETS, Epoch, Geometry, JournalId, Location, Lsn};
use crate::problem::Damage;
use crate::settings::GROUP_OCTETS_MAX;

/// A record in place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RecordView<'a> {
    /// Where it stands in the log.
    pub lsn: Lsn,
    /// Where its frame lies.
    pub location: Location,
    /// The kind, for the store.
    pub kind: u16,
    /// The key, for the store.
    pub key: u64,
    /// Header bytes.
    pub header: &'a [u8],
    /// The body.
    pub body: &'a [u8],
}

/// Why bytes read at a location are not that record. The environment is at fault, or a location was kept too long.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReadRefused {
    /// The location points outside the bytes.
    #[error("the location lies outside the segment")]
    Outside,
    /// Another record, or none, stands there.
    #[error("no such record at this location")]
    NotThere,
    /// The record's bytes are not those that were written.
    #[error("the record is damaged")]
    Damaged,
}

impl<'a> RecordView<'a> {
    /// The record whose frame starts `bytes`, as read back from its location (see [`Location::read_range`]).
    ///
    /// # Errors
    /// [`ReadRefused`]; nothing that is not the record asked for, whole, is ever given out.
    pub fn parse(bytes: &'a [u8], location: Location, geometry: Geometry) -> Result<Self, ReadRefused> {
        let bytes = bytes
            .get(..location.length as usize)
            .ok_or(ReadRefused::Outside)?;
        let header = RecordHeader::decode(bytes).ok_or(ReadRefused::NotThere)?;
        if header.lsn != geometry.lsn_of(location) || header.frame_octets() != Some(location.length) {
            return Err(ReadRefused::NotThere);
        }
        Self::from_parts(header, bytes, location).ok_or(ReadRefused::Damaged)
    }

    /// `frame` has exactly the frame's octets.
    fn from_parts(header: RecordHeader, frame: &'a [u8], location: Location) -> Option<Self> {
        let bytes = frame.get(RECORD_HEADER_OCTETS as usize..)?;
        if header.crc_of(bytes) != header.crc {
            return None;
        }
        Self::split(header, frame, location)
    }

    fn split(header: RecordHeader, frame: &'a [u8], location: Location) -> Option<Self> {
        let bytes = frame.get(RECORD_HEADER_OCTETS as usize..)?;
        let (head, body) = bytes.split_at_checked(header.header_length as usize)?;
        let RecordHeader { kind, key, lsn, .. } = header;
        Some(Self {
            lsn,
            location,
            kind,
            key,
            header: head,
            body,
        })
    }
}

/// A group whose header is whole.
#[derive(Clone, Copy, Debug)]
pub struct Group<'a> {
    /// From the group's first octet to the end of its last block, or of the file.
    bytes: &'a [u8],
    header: GroupHeader,
    offset: u32,
    place: Place,
    geometry: Geometry,
    trust: Trust,
}

/// How far a group's records may be believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Trust {
    /// Everything was checked and holds.
    Whole,
    /// The record headers hold; some record's bytes do not.
    Headers,
    /// Not even the record headers: only what stands before the first bad record.
    Prefix,
}

/// Whether a group of such a header can lie in so many octets.
pub(super) fn length_is_possible(header: &GroupHeader, octets: usize) -> bool {
    let blocks = header.length.checked_next_multiple_of(BLOCK_OCTETS);
    (GROUP_HEADER_OCTETS..=GROUP_OCTETS_MAX).contains(&header.length)
        && header.count <= header.length / RECORD_HEADER_OCTETS
        && blocks.is_some_and(|blocks| blocks as usize <= octets)
}

impl<'a> Group<'a> {
    pub(super) fn new(
        bytes: &'a [u8],
        header: GroupHeader,
        offset: u32,
        place: Place,
        geometry: Geometry,
    ) -> Self {
        let octets = header.length.next_multiple_of(BLOCK_OCTETS) as usize;
        let bytes = bytes.get(..octets).unwrap_or(bytes);
        let mut group = Self {
            bytes,
            header,
            offset,
            place,
            geometry,
            trust: Trust::Headers,
        };
        group.trust = group.examine();
        group
    }

    /// What stands at a place whose group header is damaged, but which was acknowledged. Each record proves itself: it
    /// carries the LSN of its own place and a checksum.
    pub(super) fn salvaged(bytes: &'a [u8], offset: u32, place: Place, geometry: Geometry) -> Self {
        let header = GroupHeader {
            journal: JournalId(0),
            epoch: Epoch(0),
            segment: place.segment,
            mark: SegmentMark(0),
            lsn: geometry.lsn(place.segment, offset),
            committed: Lsn(0),
            length: u32::try_from(bytes.len()).unwrap_or(u32::MAX),
            end: GroupEnd::Open,
            count: u32::MAX,
            previous_crc: 0,
            records_crc: 0,
        };
        let mut group = Self {
            bytes,
            header,
            offset,
            place,
            geometry,
            trust: Trust::Prefix,
        };
        group.header.count = u32::try_from(group.records().count()).unwrap_or(u32::MAX);
        group
    }

    /// Records that its header tells of, or that were salvaged.
    #[must_use]
    pub fn count(&self) -> u32 {
        self.header.count
    }

    /// Of a salvaged group: the offset in the file behind its last record, and the octets from there that are not
    /// zero.
    pub(super) fn unproven(&self) -> (u32, usize) {
        let mut records = self.records();
        while records.next().is_some() {}
        let rest = self.bytes.get(records.at as usize..).unwrap_or_default();
        let lost = rest.iter().filter(|&&octet| octet != 0).count();
        (self.offset.saturating_add(records.at), lost)
    }

    /// The header.
    #[must_use]
    pub fn header(&self) -> &GroupHeader {
        &self.header
    }

    /// Octets from the start of the file.
    #[must_use]
    pub fn offset(&self) -> u32 {
        self.offset
    }

    /// Whether every record in it is whole.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        self.trust == Trust::Whole
    }

    /// Whether the octets behind the last record are zero, as they were written.
    #[must_use]
    pub fn padding_is_zero(&self) -> bool {
        self.bytes
            .get(self.header.length as usize..)
            .is_some_and(|rest| rest.iter().all(|&octet| octet == 0))
    }

    /// The records that are whole.
    #[must_use]
    pub fn records(&self) -> Records<'a> {
        Records {
            group: *self,
            at: GROUP_HEADER_OCTETS,
            left: self.header.count,
        }
    }

    /// The record header at an offset in the group, and its frame, if they can be there.
    fn frame_at(&self, at: u32) -> Option<(RecordHeader, &'a [u8])> {
        let content = self.bytes.get(..self.header.length as usize)?;
        let rest = content.get(at as usize..)?;
        let header = RecordHeader::decode(rest)?;
        let offset = self.offset.checked_add(at)?;
        if header.lsn != self.geometry.lsn(self.place.segment, offset) {
            return None;
        }
        Some((header, rest.get(..header.frame_octets()? as usize)?))
    }

    fn view(&self, at: u32, header: RecordHeader, frame: &'a [u8]) -> Option<RecordView<'a>> {
        let offset = self.offset.checked_add(at)?;
        let length = header.frame_octets()?;
        if self.trust == Trust::Whole {
            // Its checksum was seen to hold when the group was taken.
            return RecordView::split(
                header,
                frame,
                Location {
                    segment: self.place.segment,
                    offset,
                    length,
                },
            );
        }
        RecordView::from_parts(
            header,
            frame,
            Location {
                segment: self.place.segment,
                offset,
                length,
            },
        )
    }

    fn examine(&self) -> Trust {
        let mut at = GROUP_HEADER_OCTETS;
        let mut headers_crc = 0;
        let mut whole = true;
        for _ in 0..self.header.count {
            let Some((header, frame)) = self.frame_at(at) else {
                return Trust::Prefix;
            };
            headers_crc = crc32c::crc32c_append(headers_crc, &header.encode());
            whole &= self.view(at, header, frame).is_some() && self.gap_is_zero(at, frame.len());
            at = next_frame(at, &header);
        }
        if headers_crc != self.header.records_crc || at != self.header.length {
            return Trust::Prefix;
        }
        if whole { Trust::Whole } else { Trust::Headers }
    }

    /// The up to 15 octets between a frame and the next are zero, as they were written.
    fn gap_is_zero(&self, at: u32, octets: usize) -> bool {
        let end = at as usize + octets;
        let next = end.next_multiple_of(RECORD_ALIGN as usize);
        self.bytes
            .get(end..next)
            .is_some_and(|gap| gap.iter().all(|&octet| octet == 0))
    }

    /// Names each damaged place: offset in the file, octets, what.
    pub(super) fn damages(&self, mut name: impl FnMut(u32, u32, Damage)) {
        let mut at = GROUP_HEADER_OCTETS;
        let lose_rest = |at: u32, name: &mut dyn FnMut(u32, u32, Damage)| {
            name(
                self.offset + at,
                self.header.length.saturating_sub(at),
                Damage::RecordHeaders,
            );
        };
        for _ in 0..self.header.count {
            let Some((header, frame)) = self.frame_at(at) else {
                return lose_rest(at, &mut name);
            };
            match self.view(at, header, frame) {
                Some(_) if !self.gap_is_zero(at, frame.len()) => {
                    name(self.offset + at + frame.len() as u32, 0, Damage::Padding);
                }
                Some(_) => {}
                None if self.trust == Trust::Prefix => return lose_rest(at, &mut name),
                None => name(self.offset + at, frame.len() as u32, Damage::RecordBytes),
            }
            at = next_frame(at, &header);
        }
        if self.trust == Trust::Prefix {
            lose_rest(at.min(self.header.length), &mut name);
        }
    }
}

fn next_frame(at: u32, header: &RecordHeader) -> u32 {
    let octets = header.frame_octets().unwrap_or(u32::MAX);
    at.saturating_add(octets.checked_next_multiple_of(RECORD_ALIGN).unwrap_or(u32::MAX))
}

/// Walks the whole records of a group.
#[derive(Clone, Debug)]
pub struct Records<'a> {
    group: Group<'a>,
    at: u32,
    left: u32,
}

impl<'a> Iterator for Records<'a> {
    type Item = RecordView<'a>;

    fn next(&mut self) -> Option<RecordView<'a>> {
        while self.left > 0 {
            self.left -= 1;
            let (header, frame) = self.group.frame_at(self.at)?;
            let at = self.at;
            self.at = next_frame(at, &header);
            match self.group.view(at, header, frame) {
                Some(view) => return Some(view),
                None if self.group.trust == Trust::Prefix => {
                    self.left = 0;
                    return None;
                }
                None => {}
            }
        }
        None
    }
}
