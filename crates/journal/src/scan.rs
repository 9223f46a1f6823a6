//! Walks the groups of one segment and tells a torn tail from corruption.
//!
//! Works on bytes alone (a map, a test's buffer, a fuzzer's input), so that recovery, cursors, `log verify`, the
//! simulator and the fuzzer judge by the same code. The rule: a group that is not whole stands either *below* a
//! committed LSN that a later group carries (or in a segment that has a successor: the writer begins no segment before
//! the last one is durable), and then it is corruption, isolated, and the scan goes on at the next whole group; or it
//! does not, and then it and all behind it is a torn tail that nobody was told of. Invariants: no byte sequence makes
//! the scan panic or walk backwards; each step moves at least one block on.

mod group;

use std::collections::VecDeque;

use crate::frame::{GroupEnd, GroupHeader};
use crate::operation::{Place, SegmentMark};
use crate::position::{BLOCK_OCTETS, Epoch, Geometry, JournalId, Lsn, SEGMENT_HEAD_OCTETS};
use crate::problem::{Damage, Problem};
use crate::settings::{GROUP_OCTETS_MAX, GROUPS_IN_FLIGHT_MAX};

pub use group::{Group, ReadRefused, RecordView, Records};

/// How far behind a bad group at the log's end later ones are searched for (64 MiB): the most that groups on their
/// way at a crash can span. Damage longer than this at the very end is not told from a torn tail.
pub const SEARCH_OCTETS_MAX: u32 = GROUP_OCTETS_MAX * GROUPS_IN_FLIGHT_MAX as u32;

/// Which segment is expected in the bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ScanIdentity {
    /// The journal.
    pub journal: JournalId,
    /// File and segment.
    pub place: Place,
    /// The segment's secret number, from the claim mark.
    pub mark: SegmentMark,
    /// The size of a segment.
    pub geometry: Geometry,
    /// Whether a later segment holds groups.
    pub successor: Successor,
}

/// Whether a later segment holds groups, so that every group of this one was durable.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Successor {
    /// One does.
    Present,
    /// This may be the log's end.
    Absent,
}

/// One thing found.
#[derive(Clone, Copy, Debug)]
pub enum Step<'a> {
    /// A group; its records may be read.
    Group(Group<'a>),
    /// A damaged place; what it does not name is served.
    Problem(Problem),
}

/// Where and how a segment ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SegmentEnd {
    /// Octets from the start of the file to the end of the last whole group.
    pub end: u32,
    /// Whether that group said that it is the last.
    pub closed: GroupEnd,
    /// Octets from `end` that hold groups of a torn tail; 0 when there are none.
    pub torn_octets: u32,
    /// CRC of the last whole group's header; `None` when there was no group.
    pub last_crc: Option<u32>,
    /// Start in which the last whole group was written.
    pub epoch: Epoch,
    /// The highest committed LSN seen.
    pub committed: Lsn,
}

/// The walk. Ask for steps until there are none, then for the end.
#[derive(Debug)]
pub struct SegmentScan<'a> {
    bytes: &'a [u8],
    /// Offset in the file of the first of `bytes`.
    base: u32,
    /// Offset in the file at which the walk ends.
    limit: u32,
    identity: ScanIdentity,
    offset: u32,
    finished: bool,
    /// `None` before the first group and behind a damaged place.
    expected_crc: Option<u32>,
    queued: VecDeque<Step<'a>>,
    end: SegmentEnd,
}

impl<'a> SegmentScan<'a> {
    /// A walk over the bytes of a segment's file from its start. What lies beyond the segment size is not looked at.
    #[must_use]
    pub fn new(bytes: &'a [u8], identity: ScanIdentity) -> Self {
        let octets = identity.geometry.segment_octets() as usize;
        let end = SegmentEnd {
            end: SEGMENT_HEAD_OCTETS,
            closed: GroupEnd::Open,
            torn_octets: 0,
            last_crc: None,
            epoch: Epoch(0),
            committed: Lsn(0),
        };
        Self {
            bytes: bytes.get(..octets).unwrap_or(bytes),
            base: 0,
            limit: identity.geometry.segment_octets(),
            identity,
            offset: SEGMENT_HEAD_OCTETS,
            finished: false,
            expected_crc: None,
            queued: VecDeque::new(),
            end,
        }
    }

    /// A walk over durable groups that start at `base`, behind a group whose header's CRC was `expected_crc`; `bytes`
    /// may end within a group, before which the walk stops.
    #[must_use]
    pub fn window(bytes: &'a [u8], base: u32, identity: ScanIdentity, expected_crc: Option<u32>) -> Self {
        let octets = u32::try_from(bytes.len()).unwrap_or(u32::MAX);
        let limit = base
            .saturating_add(octets)
            .min(identity.geometry.segment_octets());
        let mut scan = Self::new(bytes, identity);
        (scan.base, scan.limit, scan.offset, scan.expected_crc) = (base, limit, base, expected_crc);
        scan.end.end = base;
        scan
    }

    /// Whether a whole group stands first, or was acknowledged in a segment whose first is damaged. A segment of which
    /// nobody was told anything holds none.
    #[must_use]
    pub fn holds_groups(mut self) -> bool {
        self.next().is_some_and(|step| match step {
            Step::Group(_) => true,
            Step::Problem(problem) => problem.what != Damage::TornTail,
        })
    }

    /// Where the walk stands: behind the last group or damaged place that it gave out.
    pub(crate) fn offset(&self) -> u32 {
        self.offset
    }

    /// Where the walk ended; of meaning when the steps are exhausted.
    #[must_use]
    pub fn end(&self) -> SegmentEnd {
        self.end
    }

    fn problem(&self, offset: u32, octets: u32, what: Damage) -> Problem {
        let Place { slot, segment } = self.identity.place;
        Problem {
            slot,
            segment,
            offset,
            octets,
            what,
        }
    }

    /// The bytes from an offset of the file on.
    fn from(&self, offset: u32) -> Option<&'a [u8]> {
        self.bytes.get(offset.checked_sub(self.base)? as usize..)
    }

    /// Offset in the file behind the last of the bytes.
    fn bytes_end(&self) -> u32 {
        self.base
            .saturating_add(u32::try_from(self.bytes.len()).unwrap_or(u32::MAX))
    }

    /// The group header at an offset, if it is whole and of this very place.
    fn header_at(&self, offset: u32) -> Option<(GroupHeader, u32)> {
        let bytes = self.from(offset)?;
        let (header, crc) = GroupHeader::decode(bytes)?;
        let identity = &self.identity;
        let here = header.journal == identity.journal
            && header.segment == identity.place.segment
            && header.mark == identity.mark
            && header.lsn == identity.geometry.lsn(identity.place.segment, offset);
        (here && group::length_is_possible(&header, bytes.len())).then_some((header, crc))
    }

    /// Takes the group at the offset if it is whole and follows the one before it.
    fn take_group(&mut self) -> bool {
        let Some((header, crc)) = self.header_at(self.offset) else {
            return false;
        };
        let follows = self
            .expected_crc
            .is_none_or(|expected| expected == header.previous_crc);
        if !follows || header.epoch < self.end.epoch {
            return false;
        }
        let Some(bytes) = self.from(self.offset) else {
            return false;
        };
        let group = Group::new(
            bytes,
            header,
            self.offset,
            self.identity.place,
            self.identity.geometry,
        );
        if !group.is_whole() && !self.was_committed(self.offset, header.length) {
            return false;
        }
        if !group.is_whole() {
            group.damages(|offset, octets, what| {
                let problem = self.problem(offset, octets, what);
                self.queued.push_back(Step::Problem(problem));
            });
        }
        self.queued.push_back(Step::Group(group));
        self.offset = self
            .offset
            .saturating_add(header.length.next_multiple_of(BLOCK_OCTETS));
        self.expected_crc = Some(crc);
        self.end = SegmentEnd {
            end: self.offset,
            closed: header.end,
            torn_octets: 0,
            last_crc: Some(crc),
            epoch: header.epoch,
            committed: self.end.committed.max(header.committed),
        };
        self.finished = header.end == GroupEnd::Segment;
        true
    }

    /// Whether the group at the offset was acknowledged, by what stands at least `length` octets later.
    fn was_committed(&self, offset: u32, length: u32) -> bool {
        let lsn = self.identity.geometry.lsn(self.identity.place.segment, offset);
        let behind = offset
            .saturating_add(length.next_multiple_of(BLOCK_OCTETS))
            .max(offset + BLOCK_OCTETS);
        self.identity.successor == Successor::Present
            || self.later(behind).any(|(_, header)| header.committed > lsn)
    }

    /// Whole groups of this segment at or behind an offset, by place alone.
    fn later(&self, from: u32) -> impl Iterator<Item = (u32, GroupHeader)> + '_ {
        let octets = self.bytes_end();
        let until = match self.identity.successor {
            Successor::Present => octets,
            Successor::Absent => octets.min(from.saturating_add(SEARCH_OCTETS_MAX)),
        };
        (from..until)
            .step_by(BLOCK_OCTETS as usize)
            .filter_map(|offset| self.header_at(offset).map(|(header, _)| (offset, header)))
    }

    /// Serves what still proves itself between the offset and the next whole group, and names the rest.
    fn salvage(&mut self, until: u32) {
        let bytes = self.from(self.offset).unwrap_or_default();
        let bytes = bytes.get(..(until - self.offset) as usize).unwrap_or(bytes);
        let group = Group::salvaged(bytes, self.offset, self.identity.place, self.identity.geometry);
        let (lost_from, lost) = group.unproven();
        let (octets, what) = match (group.count(), lost) {
            (0, _) => (until - self.offset, Damage::GroupLost),
            (_, 0) => (0, Damage::GroupHeader),
            (_, _) => (until - lost_from, Damage::GroupLost),
        };
        let offset = if what == Damage::GroupLost && group.count() > 0 {
            lost_from
        } else {
            self.offset
        };
        let problem = self.problem(offset, octets, what);
        self.queued.push_back(Step::Problem(problem));
        if group.count() > 0 {
            self.queued.push_back(Step::Group(group));
        }
    }

    /// No group follows at the offset: either damage to step over, or the end.
    fn step_over(&mut self) {
        let octets = self.bytes_end();
        let behind = self.offset.saturating_add(BLOCK_OCTETS);
        if self.offset >= self.limit {
            self.finished = true;
        } else if self.was_committed(self.offset, 0) {
            let next = self.later(behind).next().map(|(offset, _)| offset);
            let until = next.unwrap_or(self.limit);
            self.salvage(until);
            self.expected_crc = None;
            self.offset = until;
            self.finished = next.is_none();
            if next.is_some() {
                // What was saved here was acknowledged; the log never goes on over it, however what follows came out.
                self.end.end = until;
            }
        } else {
            // Groups of a tail that nobody was told of; a header that is not whole needs no discarding.
            let stale = self
                .later(self.offset)
                .map(|(offset, header)| offset.saturating_add(header.length))
                .max();
            let until = stale
                .map_or(self.offset, |until| until.next_multiple_of(BLOCK_OCTETS))
                .min(octets);
            self.end.torn_octets = until.saturating_sub(self.offset);
            self.finished = true;
            if self.end.torn_octets > 0 {
                let torn = self.problem(self.offset, self.end.torn_octets, Damage::TornTail);
                self.queued.push_back(Step::Problem(torn));
            }
        }
    }
}

impl<'a> Iterator for SegmentScan<'a> {
    type Item = Step<'a>;

    fn next(&mut self) -> Option<Step<'a>> {
        while self.queued.is_empty() && !self.finished {
            if !self.take_group() {
                self.step_over();
            }
        }
        self.queued.pop_front()
    }
}
