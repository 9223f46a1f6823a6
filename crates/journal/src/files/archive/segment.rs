//! One segment, read without a lock.
//!
//! A sealed one is read through its sidecar, mapped: a sidecar is replaced by rename and never changed in place. What
//! has none is read by plain reads, since its file may be recycled at any moment: the newest by windows up to what is
//! durable, a sealed one (its sidecar is being written, or it is damaged) as a whole. Invariants: see
//! [`crate::files::archive`]; memory is bounded by a window, or by one segment where there is damage.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;

use memmap2::Advice;

use super::{Found, Marks, Writer, marks_of};
use crate::files::cursor::{forget_read_ahead, read_window};
use crate::files::sigbus::Registration;
use crate::files::slots::{JournalFiles, map_file};
use crate::frame::{GROUP_HEADER_OCTETS, GroupEnd, GroupHeader};
use crate::operation::{Place, SegmentMark};
use crate::position::{BLOCK_OCTETS, JournalId, Location, Lsn, SEGMENT_HEAD_OCTETS};
use crate::problem::{Damage, Problem};
use crate::recovery::Recovered;
use crate::scan::{ReadRefused, RecordView, SEARCH_OCTETS_MAX, ScanIdentity, SegmentScan, Step, Successor};
use crate::sidecar::SidecarView;

/// Octets looked through at once for a group behind a damaged one (1 MiB, the size of a cursor's window).
const SEARCH_WINDOW_OCTETS: u32 = 1 << 20;

/// A segment that holds records.
#[derive(Debug)]
pub struct HeldSegment {
    files: JournalFiles,
    place: Place,
    mark: SegmentMark,
    /// Of the newest segment of a journal: whether it may still grow.
    newest: Option<Writer>,
}

/// How far the newest segment reaches.
#[derive(Clone, Copy)]
struct Extent {
    /// Octets from the file's start that a group says are durable.
    durable: u32,
    /// Octets from the file's start to the end of the last group found.
    end: u32,
}

fn of(view: RecordView<'_>) -> Recovered<'_> {
    Recovered {
        lsn: view.lsn,
        location: view.location,
        kind: view.kind,
        key: view.key,
        header: view.header,
        body_octets: u32::try_from(view.body.len()).unwrap_or(u32::MAX),
    }
}

impl HeldSegment {
    pub(super) fn new(files: JournalFiles, place: Place, mark: SegmentMark, newest: Option<Writer>) -> Self {
        Self {
            files,
            place,
            mark,
            newest,
        }
    }

    /// Its journal.
    #[must_use]
    pub fn journal(&self) -> JournalId {
        self.files.identity().journal
    }

    /// File and segment.
    #[must_use]
    pub fn place(&self) -> Place {
        self.place
    }

    /// Gives out its records in log order. `may_hold` is shown all headers of a sealed segment in one piece first: when
    /// it says no, the segment is passed over, and that is what makes a look over millions quick.
    ///
    /// # Errors
    /// What the system answered; `NotFound` when the segment was freed meanwhile.
    pub fn headers(
        &self,
        may_hold: impl FnOnce(&[u8]) -> bool,
        mut take: impl FnMut(Found<'_>),
    ) -> io::Result<()> {
        match (self.sidecar(may_hold, &mut take)?, self.newest) {
            (true, _) => Ok(()),
            (false, None) => self.whole(&mut take),
            (false, Some(writer)) => self.windows(writer, &mut take),
        }
    }

    /// Reads a record with its body.
    ///
    /// # Errors
    /// What the system answered, `NotFound` when the segment was freed meanwhile; inside, why the octets are not that
    /// record.
    pub fn record<T>(
        &self,
        location: Location,
        with: impl FnOnce(RecordView<'_>) -> T,
    ) -> io::Result<Result<T, ReadRefused>> {
        let geometry = self.files.identity().geometry;
        let file = File::open(self.files.slot_path(self.place.slot))?;
        let within = location.offset.saturating_add(location.length) <= geometry.segment_octets();
        if location.segment != self.place.segment || !within {
            return Ok(Err(ReadRefused::NotThere));
        }
        let mut bytes = vec![0; location.length as usize];
        file.read_exact_at(&mut bytes, u64::from(location.offset))?;
        match RecordView::parse(&bytes, location, geometry) {
            Ok(view) => Ok(Ok(with(view))),
            Err(_) if !self.is_held()? => Err(io::ErrorKind::NotFound.into()),
            Err(refused) => Ok(Err(refused)),
        }
    }

    fn identity(&self, successor: Successor) -> ScanIdentity {
        let identity = self.files.identity();
        ScanIdentity {
            journal: identity.journal,
            place: self.place,
            mark: self.mark,
            geometry: identity.geometry,
            successor,
        }
    }

    /// Whether the file still holds this segment.
    fn is_held(&self) -> io::Result<bool> {
        let marks = marks_of(&self.files, self.place.slot)?;
        Ok(matches!(marks, Marks::Live(place, mark) if place == self.place && mark == self.mark))
    }

    /// Reads through the sidecar; `false` when there is none that can be used.
    fn sidecar(
        &self,
        may_hold: impl FnOnce(&[u8]) -> bool,
        take: &mut impl FnMut(Found<'_>),
    ) -> io::Result<bool> {
        let file = match File::open(self.files.sidecar_path(self.place.segment)) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
            Err(error) => return Err(error),
        };
        let Ok(map) = map_file(&file) else {
            return Ok(false);
        };
        // It is read from front to back at once; where the advice is refused the walk is only slower.
        let _ = map.advise(Advice::WillNeed);
        let _registration = Registration::of(&map, self.journal(), self.place.segment);
        let Some(view) = SidecarView::summed(&map, self.identity(Successor::Present)) else {
            take(Found::Problem(self.problem(Damage::Sidecar)));
            return Ok(false);
        };
        if may_hold(view.entries()) {
            view.records().for_each(|record| take(Found::Record(record)));
        }
        Ok(true)
    }

    fn problem(&self, what: Damage) -> Problem {
        let Place { slot, segment } = self.place;
        Problem {
            slot,
            segment,
            offset: 0,
            octets: 0,
            what,
        }
    }

    /// Reads a sealed segment in one piece: damage is judged with all of it in sight.
    fn whole(&self, take: &mut impl FnMut(Found<'_>)) -> io::Result<()> {
        let file = File::open(self.files.slot_path(self.place.slot))?;
        let octets = u64::from(self.files.identity().geometry.segment_octets());
        let octets = octets.min(file.metadata()?.len());
        let mut bytes = vec![0; usize::try_from(octets).unwrap_or(usize::MAX)];
        file.read_exact_at(&mut bytes, 0)?;
        let scan = SegmentScan::new(&bytes, self.identity(Successor::Present));
        self.give_out(scan, None, take).map(drop)
    }

    /// Reads the newest segment by windows.
    fn windows(&self, writer: Writer, take: &mut impl FnMut(Found<'_>)) -> io::Result<()> {
        let file = File::open(self.files.slot_path(self.place.slot))?;
        forget_read_ahead(&file);
        let extent = self.extent(&file)?;
        let mut window = Vec::new();
        let (mut at, mut crc) = (SEGMENT_HEAD_OCTETS, None);
        while at < extent.durable {
            read_window(&file, &mut window, at, extent.durable)?;
            let identity = self.identity(Successor::Present);
            let scan = SegmentScan::window(&window, at, identity, crc);
            let (behind, last_crc, closed) = self.give_out(scan, None, take)?;
            if behind <= at || closed == GroupEnd::Segment {
                break;
            }
            (at, crc) = (behind, last_crc);
        }
        // Behind it stand groups that were written, and of which no later one says that they are durable. Of a running
        // server they are nobody's yet; of a stopped one recovery would take what is whole, and so does this.
        if writer == Writer::Running || extent.end <= extent.durable {
            return Ok(());
        }
        let from = extent.durable.max(SEGMENT_HEAD_OCTETS);
        let mut bytes = vec![0; (extent.end - from) as usize];
        file.read_exact_at(&mut bytes, u64::from(from))?;
        let scan = SegmentScan::window(&bytes, from, self.identity(Successor::Absent), crc);
        self.give_out(scan, Some(Damage::TornTail), take).map(drop)
    }

    /// Gives out what a scan finds but problems of kind `ignored`; says where it stopped.
    fn give_out(
        &self,
        mut scan: SegmentScan<'_>,
        ignored: Option<Damage>,
        take: &mut impl FnMut(Found<'_>),
    ) -> io::Result<(u32, Option<u32>, GroupEnd)> {
        for step in scan.by_ref() {
            match step {
                Step::Group(group) => group.records().for_each(|record| take(Found::Record(of(record)))),
                Step::Problem(problem) if Some(problem.what) == ignored => {}
                // What looks like damage may be another segment's beginning in the same file.
                Step::Problem(_) if !self.is_held()? => return Err(io::ErrorKind::NotFound.into()),
                Step::Problem(problem) => take(Found::Problem(problem)),
            }
        }
        let end = scan.end();
        Ok((scan.offset(), end.last_crc, end.closed))
    }

    /// Hops from group to group, over damaged ones too, reading headers only.
    fn extent(&self, file: &File) -> io::Result<Extent> {
        let geometry = self.files.identity().geometry;
        let (mut end, mut committed) = (SEGMENT_HEAD_OCTETS, Lsn(0));
        let mut bytes = [0; GROUP_HEADER_OCTETS as usize];
        while end.saturating_add(GROUP_HEADER_OCTETS) <= geometry.segment_octets() {
            file.read_exact_at(&mut bytes, u64::from(end))?;
            let found = match self.group_in(&bytes, end) {
                Some(header) => Some(header),
                None => self.later_group(file, end)?,
            };
            let Some(header) = found else { break };
            committed = committed.max(header.committed);
            let padded = header
                .length
                .max(GROUP_HEADER_OCTETS)
                .next_multiple_of(BLOCK_OCTETS);
            end = geometry.offset(header.lsn).saturating_add(padded);
            if header.end == GroupEnd::Segment {
                break;
            }
        }
        let end = end.min(geometry.segment_octets());
        let start = geometry.lsn(self.place.segment, 0);
        let durable = u32::try_from(committed.0.saturating_sub(start.0)).unwrap_or(u32::MAX);
        let durable = durable.checked_next_multiple_of(BLOCK_OCTETS).unwrap_or(u32::MAX);
        Ok(Extent {
            durable: durable.min(end),
            end,
        })
    }

    /// The group header in front of these bytes, if it belongs at this offset of this segment.
    fn group_in(&self, bytes: &[u8], offset: u32) -> Option<GroupHeader> {
        let identity = self.files.identity();
        let (header, _) = GroupHeader::decode(bytes)?;
        let here = header.journal == identity.journal
            && header.segment == self.place.segment
            && header.mark == self.mark
            && header.lsn == identity.geometry.lsn(self.place.segment, offset);
        here.then_some(header)
    }

    /// The first group behind an offset, as far as groups on their way at a stop can span.
    fn later_group(&self, file: &File, offset: u32) -> io::Result<Option<GroupHeader>> {
        let octets = self.files.identity().geometry.segment_octets();
        let until = offset.saturating_add(SEARCH_OCTETS_MAX).min(octets);
        let mut window = Vec::new();
        let mut at = offset;
        while at < until {
            window.resize((until - at).min(SEARCH_WINDOW_OCTETS) as usize, 0);
            file.read_exact_at(&mut window, u64::from(at))?;
            let blocks = (at..until).step_by(BLOCK_OCTETS as usize);
            let found = window
                .chunks(BLOCK_OCTETS as usize)
                .zip(blocks)
                .find_map(|(block, offset)| self.group_in(block, offset));
            if found.is_some() {
                return Ok(found);
            }
            at += window.len() as u32;
        }
        Ok(None)
    }
}
