//! A data directory as a reader without a lock finds it, whether its server runs or not: for `ringpost trace`.
//!
//! Another process may be writing here, so that nothing is held back from being recycled: a look takes what stands and
//! proves itself. Invariants: nothing is made, locked or written; of a running server only what a later group says is
//! durable is given out; every record carries its segment's secret mark and a checksum, so that a file that was
//! recycled during a look is told as gone and never read as something else.

mod segment;

use std::fs::{self, File};
use std::io;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use crate::files::directory::{DirectoryError, journal_folder, read_manifest};
use crate::files::manifest::{JournalEntry, Manifest};
use crate::files::mode::WriteMode;
use crate::files::slots::JournalFiles;
use crate::frame::{GROUP_HEADER_OCTETS, GroupHeader, decode_claim, decode_free};
use crate::operation::{Place, SegmentMark};
use crate::position::{BLOCK_OCTETS, SEGMENT_HEAD_OCTETS, SegmentSequence, Slot};
use crate::problem::{Damage, Problem};
use crate::recovery::{JournalIdentity, Recovered};

pub use segment::HeldSegment;

/// One thing that a look finds.
#[derive(Clone, Copy, Debug)]
pub enum Found<'a> {
    /// A record's headers; its body is read by its location.
    Record(Recovered<'a>),
    /// A damaged place was passed; what it does not name was given out. Records around it may come twice.
    Problem(Problem),
}

/// Whether something is writing to a data directory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Writer {
    /// A server has it open.
    Running,
    /// Nobody has.
    Stopped,
}

/// A data directory, looked at without a lock.
#[derive(Debug)]
pub struct Archive {
    path: PathBuf,
    manifest: Manifest,
    writer: Writer,
}

/// What a survey of all files came to.
#[derive(Debug, Default)]
pub struct Holdings {
    /// The segments that hold records, journal by journal, in log order.
    pub segments: Vec<HeldSegment>,
    /// Files that could not be understood, with their journals' numbers.
    pub problems: Vec<(u32, Problem)>,
}

/// What the marks of a file say.
enum Marks {
    Live(Place, SegmentMark),
    Free,
    Unreadable,
}

impl Archive {
    /// Reads the manifest, and asks whether a server is running: the lock is tried and given back at once.
    ///
    /// # Errors
    /// [`DirectoryError`]; `NoData` when there is no manifest.
    pub fn open(path: &Path) -> Result<Self, DirectoryError> {
        let manifest = read_manifest(path)?;
        let fault = |source| DirectoryError::Io {
            path: path.to_owned(),
            source,
        };
        let lock = File::open(path.join("lock")).map_err(fault)?;
        let writer = match lock.try_lock_shared() {
            Ok(()) => Writer::Stopped,
            Err(fs::TryLockError::WouldBlock) => Writer::Running,
            Err(fs::TryLockError::Error(source)) => return Err(fault(source)),
        };
        Ok(Self {
            path: path.to_owned(),
            manifest,
            writer,
        })
    }

    /// Whether a server had it open when it was opened here.
    #[must_use]
    pub fn writer(&self) -> Writer {
        self.writer
    }

    /// Surveys the marks of all files.
    ///
    /// # Errors
    /// What the system answered; `NotFound` also when a starting server has just replaced a journal.
    pub fn holdings(&self) -> io::Result<Holdings> {
        let mut holdings = Holdings::default();
        for entry in &self.manifest.journals {
            self.survey(entry, &mut holdings)?;
        }
        Ok(holdings)
    }

    fn survey(&self, entry: &JournalEntry, holdings: &mut Holdings) -> io::Result<()> {
        let folder = journal_folder(&self.path, entry.id);
        if !folder.is_dir() {
            // Opening would make it; a reader makes nothing.
            return Err(io::ErrorKind::NotFound.into());
        }
        let identity = JournalIdentity {
            journal: entry.id,
            geometry: entry.geometry,
        };
        let files = JournalFiles::open(folder, identity, WriteMode::Buffered)?;
        let mut live = Vec::new();
        for slot in files.slots()? {
            match marks_of(&files, slot)? {
                Marks::Live(place, mark) => live.push((place, mark)),
                Marks::Free => {}
                Marks::Unreadable => {
                    let problem = Problem {
                        slot,
                        segment: SegmentSequence(0),
                        offset: 0,
                        octets: identity.geometry.payload_octets(),
                        what: Damage::Marks,
                    };
                    holdings.problems.push((entry.id.0, problem));
                }
            }
        }
        live.sort_by_key(|(place, _)| place.segment);
        let begun = |&(place, mark): &(Place, SegmentMark)| has_begun(&files, place, mark);
        let newest = live
            .iter()
            .rfind(|held| begun(held))
            .map(|(place, _)| place.segment);
        // Claimed ahead and not yet written: nothing to be read.
        live.retain(|(place, _)| newest.is_some_and(|newest| place.segment <= newest));
        holdings.segments.extend(live.into_iter().map(|(place, mark)| {
            let newest = newest == Some(place.segment);
            HeldSegment::new(files.clone(), place, mark, newest.then_some(self.writer))
        }));
        Ok(())
    }
}

/// Reads both marks of a file; where the claim is unreadable its first group tells.
fn marks_of(files: &JournalFiles, slot: Slot) -> io::Result<Marks> {
    let file = File::open(files.slot_path(slot))?;
    let mut blocks = vec![0; 2 * BLOCK_OCTETS as usize];
    if let Err(error) = file.read_exact_at(&mut blocks, 0) {
        return match error.kind() {
            io::ErrorKind::UnexpectedEof => Ok(Marks::Unreadable),
            _ => Err(error),
        };
    }
    let (claim, free) = blocks.split_at(BLOCK_OCTETS as usize);
    let ours = |journal| journal == files.identity().journal;
    let claim = decode_claim(claim).mark.filter(|mark| ours(mark.journal));
    let free = decode_free(free).mark.filter(|mark| ours(mark.journal));
    let told = match claim {
        Some(claim) => Some((claim.segment, claim.mark)),
        None => first_group(&file)?
            .filter(|header| ours(header.journal))
            .map(|header| (header.segment, header.mark)),
    };
    let freed = free.map_or(SegmentSequence(0), |mark| mark.segment);
    Ok(match told {
        Some((segment, mark)) if segment > freed => Marks::Live(Place { slot, segment }, mark),
        None if free.is_none() => Marks::Unreadable,
        _ => Marks::Free,
    })
}

/// The header of a file's first group, if it is whole.
fn first_group(file: &File) -> io::Result<Option<GroupHeader>> {
    let mut header = [0; GROUP_HEADER_OCTETS as usize];
    match file.read_exact_at(&mut header, u64::from(SEGMENT_HEAD_OCTETS)) {
        Ok(()) => Ok(GroupHeader::decode(&header).map(|(header, _)| header)),
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Ok(None),
        Err(error) => Err(error),
    }
}

/// Whether a segment holds its first group, or was sealed.
fn has_begun(files: &JournalFiles, place: Place, mark: SegmentMark) -> bool {
    let first = File::open(files.slot_path(place.slot)).and_then(|file| first_group(&file));
    let begun = |header: GroupHeader| header.segment == place.segment && header.mark == mark;
    first.ok().flatten().is_some_and(begun) || files.sidecar_path(place.segment).exists()
}
