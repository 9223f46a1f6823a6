//! The files of one journal: names, creation, marks, sidecars, recovery.
//!
//! Carries out the writer's rare operations off the shard ([`JournalFiles::carry_out`]) and opens everything for
//! readers. A recycled file needs no zeroing: every group carries its segment's sequence and secret number and the
//! start's epoch under a checksum, so that what an earlier segment left can never be read as this one's, and its
//! extents are written, which is what zero-filling a new file is for. Invariants: see [`crate::files`].

use std::fs::{self, File};
use std::io::{self, Write};
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use memmap2::{Advice, Mmap};
use rustix::fs::{Advice as CacheAdvice, FallocateFlags, fadvise, fallocate};
use rustix::io::Errno;

use crate::files::mode::{AlignedBuffer, Missing, WriteMode, open_with};
use crate::files::sigbus::Registration;
use crate::frame::{claim_block, decode_claim, free_block};
use crate::operation::{Operation, OperationError, Place, SegmentMark, SlotOrigin};
use crate::position::{BLOCK_OCTETS, SegmentSequence, Slot};
use crate::problem::{Damage, Problem};
use crate::recovery::{JournalIdentity, Recovery, RecoveryVisitor, SlotImage, recover};
use crate::scan::{ScanIdentity, Successor};
use crate::sidecar::{SidecarDraft, build_sidecar};
use crate::writer::{Journal, State};

/// Octets of zeros written at once when a file is filled. Reason: a group that comes meanwhile waits for one such write
/// of the disk, about 0.2 ms, and the disk is busy all the same.
const FILL_OCTETS: usize = 256 << 10;

/// One journal's folder.
#[derive(Clone, Debug)]
pub struct JournalFiles {
    folder: PathBuf,
    identity: JournalIdentity,
    mode: WriteMode,
}

/// The slot files of a journal, mapped, and known to the SIGBUS handler.
#[derive(Debug)]
pub(crate) struct MappedSlots(Vec<MappedSlot>);

#[derive(Debug)]
struct MappedSlot {
    // Before the map, so that the handler forgets the range before it is unmapped.
    _registration: Option<Registration>,
    slot: Slot,
    map: Mmap,
}

impl MappedSlots {
    pub(crate) fn images(&self) -> Vec<SlotImage<'_>> {
        self.0
            .iter()
            .map(|held| SlotImage {
                slot: held.slot,
                bytes: &held.map,
            })
            .collect()
    }
}

/// Lets the page cache forget what readers brought in of a freed segment. A direct write over cached pages has to wait
/// for them, so that the ring would hand each group to a worker thread, which the shard's core pays for.
fn forget_cached(path: &Path) -> io::Result<()> {
    // Where the advice is refused, writes are only slower.
    let _ = fadvise(File::open(path)?, 0, None, CacheAdvice::DontNeed);
    Ok(())
}

pub(crate) fn operation_error(error: &io::Error) -> OperationError {
    match error.raw_os_error() {
        Some(libc::ENOSPC | libc::EDQUOT) => OperationError::NoSpace,
        Some(errno) => OperationError::Io(errno),
        None => OperationError::Io(libc::EIO),
    }
}

/// Makes a rename or a new name in a folder durable.
pub(crate) fn sync_folder(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

/// Puts bytes at a path in one step: whoever looks finds the old content or the new.
pub(crate) fn replace_file(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let folder = path.parent().ok_or(io::ErrorKind::InvalidInput)?;
    let new = path.with_extension("new");
    let mut file = File::create(&new)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    fs::rename(&new, path)?;
    sync_folder(folder)
}

#[expect(
    unsafe_code,
    reason = "a map is the only way to read a segment without copying it"
)]
pub(crate) fn map_file(file: &File) -> io::Result<Mmap> {
    // SAFETY: the file is one of this data directory, which is locked against other writers; a segment's bytes below
    // the durable LSN are never written again while a lease is out, and a file is never made shorter. Who holds no
    // lock maps sidecars only: they are replaced by rename and never changed in place.
    unsafe { Mmap::map(file) }
}

impl JournalFiles {
    /// The files of a journal in a folder, which is made if it is missing.
    ///
    /// # Errors
    /// What the system answered.
    pub fn open(folder: PathBuf, identity: JournalIdentity, mode: WriteMode) -> io::Result<Self> {
        if !folder.is_dir() {
            fs::create_dir_all(&folder)?;
            folder.parent().map_or(Ok(()), sync_folder)?;
        }
        Ok(Self {
            folder,
            identity,
            mode,
        })
    }

    /// The journal and the size of its segments.
    #[must_use]
    pub fn identity(&self) -> JournalIdentity {
        self.identity
    }

    /// How its groups are written.
    #[must_use]
    pub fn mode(&self) -> WriteMode {
        self.mode
    }

    /// The path of a slot's file, for the engine to open with [`WriteMode::open_flags`].
    #[must_use]
    pub fn slot_path(&self, slot: Slot) -> PathBuf {
        self.folder.join(format!("slot-{:04}.log", slot.0))
    }

    /// The path of a sealed segment's sidecar.
    #[must_use]
    pub fn sidecar_path(&self, segment: SegmentSequence) -> PathBuf {
        self.folder.join(format!("segment-{}.index", segment.0))
    }

    /// The slots that have a file, in order.
    ///
    /// # Errors
    /// What the system answered.
    pub fn slots(&self) -> io::Result<Vec<Slot>> {
        let mut slots = Vec::new();
        for entry in fs::read_dir(&self.folder)? {
            let name = entry?.file_name();
            let number = name
                .to_str()
                .and_then(|name| name.strip_prefix("slot-")?.strip_suffix(".log"));
            slots.extend(number.and_then(|number| number.parse().ok()).map(Slot));
        }
        slots.sort_unstable();
        Ok(slots)
    }

    /// Octets that the files take.
    ///
    /// # Errors
    /// What the system answered.
    pub fn octets(&self) -> io::Result<u64> {
        self.slots()?
            .into_iter()
            .map(|slot| Ok(fs::metadata(self.slot_path(slot))?.len()))
            .sum()
    }

    /// Carries out an operation at once, on this thread: any but on a shard.
    ///
    /// # Errors
    /// What the system answered, in the journal's words.
    pub fn carry_out<B: AsRef<[u8]>>(&self, operation: &Operation<B>) -> Result<u32, OperationError> {
        let done = match operation {
            Operation::WriteGroup {
                place,
                offset,
                length,
                buffer,
                ..
            } => {
                let bytes = buffer
                    .as_ref()
                    .get(..*length as usize)
                    .ok_or(OperationError::Short)?;
                self.write_at(place.slot, *offset, bytes, self.mode)
                    .map(|()| *length)
            }
            Operation::ZeroTail {
                place,
                offset,
                length,
                ..
            } => self.zero_at(place.slot, *offset, *length).map(|()| *length),
            Operation::PrepareSegment {
                place, mark, origin, ..
            } => self.prepare(*place, *mark, *origin).map(|()| 0),
            Operation::SealSegment { place, draft, .. } => self.seal(*place, draft.as_deref()).map(|()| 0),
            Operation::FreeSegment { place, .. } => self.free(*place).map(|()| 0),
            Operation::RemoveSlot { slot, .. } => self.remove(*slot).map(|()| 0),
        };
        done.map_err(|error| operation_error(&error))
    }

    /// Carries out what a writer asks for until it has filled space to append to: at start, before the shard runs. The
    /// rest is left for the preparer.
    ///
    /// # Errors
    /// Why no space could be made.
    pub fn make_ready<B>(&self, journal: &mut Journal<B>) -> Result<(), OperationError>
    where
        B: AsRef<[u8]> + AsMut<[u8]>,
    {
        while journal.octets_left() == 0
            && let Some(operation) = journal.poll_operation()
        {
            let id = operation.id();
            let result = self.carry_out(&operation);
            let buffer = match operation {
                Operation::WriteGroup { buffer, .. } => Some(buffer),
                _ => None,
            };
            // It was asked for a moment ago, so it is outstanding.
            let _ = journal.complete(id, result, buffer);
            if matches!(journal.state(), State::Failed(_)) || journal.preparation_refused().is_some() {
                return result.map(drop);
            }
        }
        Ok(())
    }

    /// Reads everything as a start does: syncs what an earlier process may have left unsynced, so that what is read
    /// here stays, then maps and scans. Each record goes to the visitor in log order.
    ///
    /// # Errors
    /// What the system answered; damage in the log is no error but a part of the [`Recovery`].
    pub fn recover(&self, visitor: &mut impl RecoveryVisitor) -> io::Result<Recovery> {
        for slot in self.slots()? {
            open_with(&self.slot_path(slot), WriteMode::Buffered, Missing::Refuse)?.sync_all()?;
        }
        let slots = self.map_slots()?;
        let sidecar = |segment| fs::read(self.sidecar_path(segment)).ok();
        let mut recovery = recover(self.identity, &slots.images(), sidecar, visitor);
        self.missing_slots(&slots)
            .into_iter()
            .for_each(|problem| recovery.note(problem));
        Ok(recovery)
    }

    pub(crate) fn map_slots(&self) -> io::Result<MappedSlots> {
        let map = |slot| {
            let map = map_file(&File::open(self.slot_path(slot))?)?;
            // The walk is from front to back; where the advice is refused the walk is only slower.
            let _ = map.advise(Advice::Sequential);
            let segment = self
                .claim(slot)
                .ok()
                .flatten()
                .map_or(SegmentSequence(0), |(segment, _)| segment);
            let registration = Registration::of(&map, self.identity.journal, segment);
            Ok(MappedSlot {
                _registration: registration,
                slot,
                map,
            })
        };
        self.slots()?
            .into_iter()
            .map(map)
            .collect::<io::Result<_>>()
            .map(MappedSlots)
    }

    /// Gaps in the numbers of the files: in a journal that is written none is ever removed.
    pub(crate) fn missing_slots(&self, slots: &MappedSlots) -> Vec<Problem> {
        let held = |slot: u16| {
            slots
                .0
                .binary_search_by_key(&Slot(slot), |held| held.slot)
                .is_ok()
        };
        let end = slots.0.last().map_or(0, |held| held.slot.0);
        let missing = (0..end).filter(|&slot| !held(slot));
        let problem = |slot| Problem {
            slot: Slot(slot),
            segment: SegmentSequence(0),
            offset: 0,
            octets: self.identity.geometry.segment_octets(),
            what: Damage::SlotMissing,
        };
        missing.map(problem).collect()
    }

    /// Which segment a file holds by its claim, and its secret number.
    pub(crate) fn claim(&self, slot: Slot) -> io::Result<Option<(SegmentSequence, SegmentMark)>> {
        let mut block = vec![0; BLOCK_OCTETS as usize];
        File::open(self.slot_path(slot))?.read_exact_at(&mut block, 0)?;
        Ok(decode_claim(&block).mark.map(|claim| (claim.segment, claim.mark)))
    }

    pub(crate) fn write_at(&self, slot: Slot, offset: u32, bytes: &[u8], mode: WriteMode) -> io::Result<()> {
        open_with(&self.slot_path(slot), mode, Missing::Refuse)?.write_all_at(bytes, u64::from(offset))
    }

    pub(crate) fn zero_at(&self, slot: Slot, offset: u32, octets: u32) -> io::Result<()> {
        let file = open_with(&self.slot_path(slot), WriteMode::Buffered, Missing::Refuse)?;
        write_zeros(&file, u64::from(offset), u64::from(octets))
    }

    pub(crate) fn prepare(&self, place: Place, mark: SegmentMark, origin: SlotOrigin) -> io::Result<()> {
        let JournalIdentity { journal, geometry } = self.identity;
        let claim = claim_block(journal, place.segment, mark, geometry);
        let path = self.slot_path(place.slot);
        if origin == SlotOrigin::Recycled {
            forget_cached(&path)?;
            return self.write_at(place.slot, 0, &claim, WriteMode::Buffered);
        }
        let new = path.with_extension("new");
        let filled = fill_file(&new, u64::from(geometry.segment_octets()), &claim, self.mode);
        if filled.is_err() {
            // The space of a file that could not be filled is given back; if that fails too, the next try does it.
            let _ = fs::remove_file(&new);
        }
        filled?;
        fs::rename(&new, &path)?;
        sync_folder(&self.folder)
    }

    pub(crate) fn free(&self, place: Place) -> io::Result<()> {
        let JournalIdentity { journal, geometry } = self.identity;
        let block = free_block(journal, place.segment, geometry);
        self.write_at(place.slot, BLOCK_OCTETS, &block, WriteMode::Buffered)?;
        // A sidecar left behind is never read: its segment is not live.
        let _ = fs::remove_file(self.sidecar_path(place.segment));
        Ok(())
    }

    pub(crate) fn seal(&self, place: Place, draft: Option<&SidecarDraft>) -> io::Result<()> {
        if let Some(bytes) = draft.and_then(SidecarDraft::encode) {
            return replace_file(&self.sidecar_path(place.segment), &bytes);
        }
        let Some((segment, mark)) = self
            .claim(place.slot)?
            .filter(|&(segment, _)| segment == place.segment)
        else {
            return Err(io::ErrorKind::NotFound.into());
        };
        let JournalIdentity { journal, geometry } = self.identity;
        let map = map_file(&File::open(self.slot_path(place.slot))?)?;
        let identity = ScanIdentity {
            journal,
            place,
            mark,
            geometry,
            successor: Successor::Present,
        };
        // A damaged segment gets none, so that its damage is reported at every start.
        build_sidecar(&map, identity)
            .map_or(Ok(()), |bytes| replace_file(&self.sidecar_path(segment), &bytes))
    }

    pub(crate) fn remove(&self, slot: Slot) -> io::Result<()> {
        fs::remove_file(self.slot_path(slot))?;
        sync_folder(&self.folder)
    }

    /// Removes the folder of a journal that holds no file of value any more.
    pub(crate) fn remove_folder(&self) -> io::Result<()> {
        fs::remove_dir_all(&self.folder)
    }
}

/// A new file of zeros with its claim, on disk. Its extents are allocated first, so that they lie together, and then
/// written, since unwritten ones cost the writer 40 % and four times the p99. The zeros go around the page cache, one
/// write at a time: given to the cache, all of a segment is written back at once, the groups of the segment before wait
/// behind it, and each group written here later has to push its pages out again.
fn fill_file(path: &Path, octets: u64, claim: &[u8], mode: WriteMode) -> io::Result<()> {
    let mut options = File::options();
    options.write(true).create(true).truncate(true);
    let file = options
        .custom_flags(mode.open_flags() & !libc::O_DSYNC)
        .open(path)?;
    allocate(&file, octets)?;
    write_zeros(&file, 0, octets)?;
    let mut first = AlignedBuffer::zeroed(claim.len());
    first.as_mut().copy_from_slice(claim);
    file.write_all_at(first.as_ref(), 0)?;
    file.sync_all()
}

fn allocate(file: &File, octets: u64) -> io::Result<()> {
    match fallocate(file, FallocateFlags::empty(), 0, octets) {
        // Not every file system can; writing the zeros then finds out whether there is space.
        Ok(()) | Err(Errno::OPNOTSUPP) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

fn write_zeros(file: &File, offset: u64, octets: u64) -> io::Result<()> {
    let zeros = AlignedBuffer::zeroed(FILL_OCTETS.min(usize::try_from(octets).unwrap_or(FILL_OCTETS)));
    let zeros = zeros.as_ref();
    let mut at = 0;
    while at < octets {
        let left = usize::try_from(octets - at)
            .unwrap_or(FILL_OCTETS)
            .min(zeros.len());
        file.write_all_at(zeros.get(..left).unwrap_or_default(), offset + at)?;
        at += left as u64;
    }
    Ok(())
}
