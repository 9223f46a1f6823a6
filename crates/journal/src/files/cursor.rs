//! Follows a live journal's durable end from another thread: for CDRs, reports, trace, replica, metrics of record.
//!
//! Reads sealed segments through maps and the newest one with plain reads below the durable LSN, never beyond.
//! Invariants: records come in log order, each once; the cursor moves on only over what its reader took; what was
//! freed before it was read is told as a gap, and what is damaged as a problem, never passed over in silence.

use std::fs::File;
use std::io;
use std::os::fd::AsRawFd;
use std::os::unix::fs::FileExt;
use std::sync::Arc;

use crate::files::mapped::MappedSegment;
use crate::files::slots::JournalFiles;
use crate::frame::{GROUP_HEADER_OCTETS, GroupEnd, GroupHeader};
use crate::operation::{Place, SegmentMark};
use crate::position::{BLOCK_OCTETS, Lsn, SEGMENT_HEAD_OCTETS, SegmentSequence};
use crate::problem::Problem;
use crate::published::{Lease, Published};
use crate::scan::{RecordView, ScanIdentity, SegmentScan, Step, Successor};

/// Octets that one plain read of the newest segment asks for, unless a single group is larger (1 MiB: some groups,
/// and small beside the reader's own memory).
const WINDOW_OCTETS: u32 = 1 << 20;

/// What a step of following came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Followed {
    /// This many records were given out; there may be more.
    Records(u64),
    /// Everything durable was given out.
    UpToDate,
    /// Segments between were freed before they were read; the cursor stands at the next one.
    Gap {
        /// The segment that was wanted.
        wanted: SegmentSequence,
    },
    /// A damaged place was passed; what it does not name was given out.
    Problem(Problem),
}

/// Why following failed. The environment is at fault; the position is as before.
#[derive(Debug, thiserror::Error)]
#[error("journal cursor: {0}")]
pub struct CursorError(#[from] io::Error);

/// A reader's place in a live journal.
#[derive(Debug)]
pub struct Cursor {
    published: Arc<Published>,
    files: JournalFiles,
    position: Lsn,
    /// CRC of the header of the last group read, of this segment or the one before.
    last_crc: Option<u32>,
    /// The same, within this segment only.
    expected_crc: Option<u32>,
    reading: Option<Reading>,
    window: Vec<u8>,
}

/// The segment being read.
#[derive(Debug)]
enum Reading {
    Newest {
        lease: Lease,
        file: File,
        mark: SegmentMark,
    },
    Sealed(Box<MappedSegment>),
}

/// What reading some groups came to.
struct Progress {
    records: u64,
    problem: Option<Problem>,
    offset: u32,
    expected_crc: Option<u32>,
    closed: GroupEnd,
}

impl Cursor {
    /// A cursor that starts with the first group at or behind `position` (a position that a cursor once told, or
    /// `Lsn(0)` for the oldest there is).
    #[must_use]
    pub fn new(published: Arc<Published>, files: JournalFiles, position: Lsn) -> Self {
        Self {
            published,
            files,
            position,
            last_crc: None,
            expected_crc: None,
            reading: None,
            window: Vec::new(),
        }
    }

    /// Where it stands: everything below was given out. Keep this to go on after a restart.
    #[must_use]
    pub fn position(&self) -> Lsn {
        self.position
    }

    /// Gives out the next records, whole groups at a time; returns at the latest at the end of a segment. When it says
    /// `UpToDate` the reader waits for the durable LSN to move.
    ///
    /// # Errors
    /// [`CursorError`]; nothing of this step counts as read.
    pub fn follow(&mut self, mut take: impl FnMut(RecordView<'_>)) -> Result<Followed, CursorError> {
        let geometry = self.published.geometry();
        let durable = self.published.durable_lsn();
        if self.position >= durable {
            return Ok(Followed::UpToDate);
        }
        if self.reading.is_none() {
            let wanted = geometry.segment(self.position);
            match self.open_at(wanted, durable)? {
                Opened::Here => {}
                Opened::Nothing => return Ok(Followed::UpToDate),
                Opened::BehindGap => return Ok(Followed::Gap { wanted }),
            }
        }
        let segment = geometry.segment(self.position);
        let sealed = geometry.segment(durable) > segment;
        let offset = geometry.offset(self.position).max(SEGMENT_HEAD_OCTETS);
        if sealed {
            self.map_reading()?;
        }
        let durable_offset = if sealed {
            geometry.segment_octets()
        } else {
            geometry.offset(durable)
        };
        let Some(progress) = self.read_groups(offset, durable_offset, &mut take)? else {
            return Ok(Followed::UpToDate);
        };
        self.expected_crc = progress.expected_crc;
        self.last_crc = progress.expected_crc.or(self.last_crc);
        let next_segment = SegmentSequence(segment.0 + 1);
        self.position = if sealed || progress.closed == GroupEnd::Segment {
            self.reading = None;
            self.expected_crc = None;
            geometry.lsn(next_segment, 0)
        } else {
            geometry.lsn(segment, progress.offset)
        };
        Ok(progress
            .problem
            .map_or(Followed::Records(progress.records), Followed::Problem))
    }

    /// Opens the segment wanted, or the first behind it.
    fn open_at(&mut self, wanted: SegmentSequence, durable: Lsn) -> io::Result<Opened> {
        let Some(next) = self.published.segment_from(wanted) else {
            return Ok(Opened::Nothing);
        };
        let start = self.published.geometry().lsn(next.segment, SEGMENT_HEAD_OCTETS);
        if start >= durable {
            return Ok(Opened::Nothing);
        }
        let Some(lease) = self.published.lease(next.segment) else {
            return Ok(Opened::Nothing);
        };
        let file = File::open(self.files.slot_path(lease.slot()))?;
        forget_read_ahead(&file);
        let Some((_, mark)) = self
            .files
            .claim(lease.slot())?
            .filter(|&(segment, _)| segment == next.segment)
        else {
            return Err(io::ErrorKind::InvalidData.into());
        };
        let mut header = [0; GROUP_HEADER_OCTETS as usize];
        file.read_exact_at(&mut header, u64::from(SEGMENT_HEAD_OCTETS))?;
        self.reading = Some(Reading::Newest { lease, file, mark });
        if next.segment == wanted {
            return Ok(Opened::Here);
        }
        // Sequence numbers have holes where a claimed segment was never written; only a freed one is a gap. The chain
        // tells them apart: the next group knows the one before it. Who starts at 0 has missed nothing.
        let before = GroupHeader::decode(&header).map(|(header, _)| header.previous_crc);
        let gap = wanted.0 != 0 && (self.last_crc.is_none() || self.last_crc != before);
        self.position = start;
        Ok(if gap { Opened::BehindGap } else { Opened::Here })
    }

    /// A segment that is sealed by now is mapped.
    fn map_reading(&mut self) -> io::Result<()> {
        if let Some(Reading::Newest { .. }) = &self.reading
            && let Some(Reading::Newest { lease, .. }) = self.reading.take()
        {
            self.reading = Some(Reading::Sealed(Box::new(MappedSegment::open(
                &self.files,
                lease,
            )?)));
        }
        Ok(())
    }

    /// Reads groups from an offset up to the durable one; `None` when there is nothing between.
    fn read_groups(
        &mut self,
        offset: u32,
        durable: u32,
        take: &mut impl FnMut(RecordView<'_>),
    ) -> io::Result<Option<Progress>> {
        match &self.reading {
            None => Ok(None),
            Some(Reading::Sealed(map)) => {
                let mut scan = map.scan_from(offset, self.expected_crc);
                Ok(Some(give_out(&mut scan, take)))
            }
            Some(Reading::Newest { lease, file, mark }) => {
                if offset >= durable {
                    return Ok(None);
                }
                read_window(file, &mut self.window, offset, durable)?;
                let identity = self.files.identity();
                let identity = ScanIdentity {
                    journal: identity.journal,
                    place: Place {
                        slot: lease.slot(),
                        segment: lease.segment(),
                    },
                    mark: *mark,
                    geometry: identity.geometry,
                    successor: Successor::Present,
                };
                let mut scan = SegmentScan::window(&self.window, offset, identity, self.expected_crc);
                Ok(Some(give_out(&mut scan, take)))
            }
        }
    }
}

/// What opening a segment came to.
enum Opened {
    Here,
    BehindGap,
    Nothing,
}

fn give_out(scan: &mut SegmentScan<'_>, take: &mut impl FnMut(RecordView<'_>)) -> Progress {
    let (mut records, mut problem) = (0, None);
    for step in scan.by_ref() {
        match step {
            Step::Group(group) => {
                for record in group.records() {
                    take(record);
                    records += 1;
                }
            }
            Step::Problem(found) => problem = problem.or(Some(found)),
        }
    }
    let end = scan.end();
    Progress {
        records,
        problem,
        offset: scan.offset(),
        expected_crc: end.last_crc,
        closed: end.closed,
    }
}

/// Reads durable octets: up to a window, but whole groups.
pub(super) fn read_window(file: &File, window: &mut Vec<u8>, offset: u32, durable: u32) -> io::Result<()> {
    let octets = (durable - offset).min(WINDOW_OCTETS);
    window.resize(octets as usize, 0);
    file.read_exact_at(window, u64::from(offset))?;
    // Cut to whole groups; should the first be larger than the window, read just that.
    let mut at = 0u32;
    while let Some((header, _)) = window.get(at as usize..).and_then(GroupHeader::decode) {
        let length = header
            .length
            .max(GROUP_HEADER_OCTETS)
            .next_multiple_of(BLOCK_OCTETS);
        let end = at.saturating_add(length);
        if end as usize > window.len() && at == 0 {
            window.resize(end.min(durable - offset) as usize, 0);
            return file.read_exact_at(window, u64::from(offset));
        }
        if end as usize > window.len() {
            window.truncate(at as usize);
            return Ok(());
        }
        at = end;
    }
    Ok(())
}

#[expect(unsafe_code, reason = "the standard library cannot give advice on a file")]
pub(super) fn forget_read_ahead(file: &File) {
    // Read-ahead would fill the page cache with what the writer is about to overwrite around it.
    // SAFETY: the descriptor is open for the length of the call, and no memory is passed.
    unsafe { libc::posix_fadvise(file.as_raw_fd(), 0, 0, libc::POSIX_FADV_RANDOM) };
}
