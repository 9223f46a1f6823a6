//! The sessions on disk: snapshots and the logs behind them, found and judged at a start.
//!
//! ```text
//!  snapshot-N ─ log-N ─ log-N+1 …    a log begins before the snapshot of its number is made, so snapshot N with
//!                                    all logs from N on is whole, whether snapshot N+1 was finished or not
//!  file:  head (128) | frames of `apn::image` (128 each) … | of a snapshot: end (128) with count and sum
//! ```
//!
//! Invariants: files are made beside and renamed when whole and synced; what is damaged is not repaired: a session that
//! can't be known leaves nobody identified, a wrong one somebody else's messages. Only a log's torn end is cut, since
//! what stood there was never answered.

use apn::image::{FRAME_OCTETS, Frame, Frames};
use base::WallSeconds;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

/// Octets of a head and of an end: as long as a frame, so that frames stay aligned.
pub(crate) const BLOCK_OCTETS: usize = FRAME_OCTETS;

/// What a block is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Head of a log.
    Log,
    /// Head of a snapshot.
    Snapshot,
    /// End of a snapshot.
    End,
}

impl Kind {
    fn magic(self) -> [u8; 8] {
        match self {
            Kind::Log => *b"rSlog\0\0\x01",
            Kind::Snapshot => *b"rSsnap\0\x01",
            Kind::End => *b"rSend\0\0\x01",
        }
    }
}

/// A block: which file, how many frames, their sum.
pub(crate) fn block(kind: Kind, number: u64, frames: u64, sum: u32) -> [u8; BLOCK_OCTETS] {
    let mut octets = [0; BLOCK_OCTETS];
    let parts: [(usize, &[u8]); 4] = [
        (0, &kind.magic()),
        (8, &number.to_le_bytes()),
        (16, &frames.to_le_bytes()),
        (24, &sum.to_le_bytes()),
    ];
    for (at, part) in parts {
        if let Some(place) = octets.get_mut(at..at + part.len()) {
            place.copy_from_slice(part);
        }
    }
    let own = crc32c::crc32c(octets.get(..BLOCK_OCTETS - 4).unwrap_or_default());
    if let Some(place) = octets.get_mut(BLOCK_OCTETS - 4..) {
        place.copy_from_slice(&own.to_le_bytes());
    }
    octets
}

/// Where the log of that number lies.
pub(crate) fn log_path(folder: &Path, number: u64) -> PathBuf {
    folder.join(format!("log-{number:016x}"))
}

/// Where the snapshot of that number lies.
pub(crate) fn snapshot_path(folder: &Path, number: u64) -> PathBuf {
    folder.join(format!("snapshot-{number:016x}"))
}

/// What a start finds.
#[derive(Debug)]
pub(crate) enum Found {
    /// No files: nothing was ever kept here.
    Nothing,
    /// Frames of the snapshot, then of each log.
    Whole(Vec<Vec<u8>>),
    /// What is there can't be believed, and why.
    Damaged(String),
}

/// What a folder holds.
#[derive(Debug)]
pub(crate) struct Kept {
    pub(crate) found: Found,
    /// A number that no file has.
    pub(crate) next: u64,
}

/// Reads a folder.
///
/// # Errors
/// Where the folder itself can't be read.
pub(crate) fn load(folder: &Path) -> io::Result<Kept> {
    let (mut logs, mut snapshots) = (Vec::new(), Vec::new());
    for entry in fs::read_dir(folder)? {
        let name = entry?.file_name();
        let name = name.to_string_lossy();
        if let Some(number) = number_of(&name, "log-") {
            logs.push(number);
        } else if let Some(number) = number_of(&name, "snapshot-") {
            snapshots.push(number);
        }
    }
    logs.sort_unstable();
    let last = logs.iter().chain(&snapshots).max().copied();
    let found = match snapshots.iter().max() {
        None if logs.is_empty() => Found::Nothing,
        None => Found::Damaged("there is a log and no snapshot".to_owned()),
        Some(&newest) => {
            logs.retain(|number| *number >= newest);
            match whole(folder, newest, &logs) {
                Ok(files) => Found::Whole(files),
                Err(why) => Found::Damaged(why),
            }
        }
    };
    Ok(Kept {
        found,
        next: last.map_or(1, |last| last.saturating_add(1)),
    })
}

fn number_of(name: &str, prefix: &str) -> Option<u64> {
    u64::from_str_radix(name.strip_prefix(prefix)?, 16).ok()
}

/// The frames of the snapshot and of the logs from its number on.
fn whole(folder: &Path, newest: u64, logs: &[u64]) -> Result<Vec<Vec<u8>>, String> {
    let follows = logs.iter().zip(newest..).all(|(found, wanted)| *found == wanted);
    if logs.is_empty() || !follows {
        return Err("a log is missing".to_owned());
    }
    let read = |path: PathBuf| {
        let octets = fs::read(&path);
        octets.map_err(|error| format!("{}: {error}", path.display()))
    };
    let mut files = vec![snapshot(read(snapshot_path(folder, newest))?, newest)?];
    for &number in logs {
        let is_last = logs.last() == Some(&number);
        files.push(log(read(log_path(folder, number))?, number, is_last)?);
    }
    Ok(files)
}

/// A snapshot's frames: head, end, count and sum must be right.
fn snapshot(mut octets: Vec<u8>, number: u64) -> Result<Vec<u8>, String> {
    let wrong = |what: &str| Err(format!("snapshot {number:x}: {what}"));
    if octets.len() < 2 * BLOCK_OCTETS || !octets.len().is_multiple_of(BLOCK_OCTETS) {
        return wrong("cut off");
    }
    let end = octets.split_off(octets.len() - BLOCK_OCTETS);
    let frames = octets.split_off(BLOCK_OCTETS);
    if octets != block(Kind::Snapshot, number, 0, 0) {
        return wrong("its head is damaged");
    }
    let count = (frames.len() / FRAME_OCTETS) as u64;
    if end != block(Kind::End, number, count, crc32c::crc32c(&frames)) {
        return wrong("its end is missing or its frames are damaged");
    }
    Ok(frames)
}

/// A log's frames. The last log may have a torn end: octets that are no frame, with none behind them.
fn log(mut octets: Vec<u8>, number: u64, is_last: bool) -> Result<Vec<u8>, String> {
    let mut frames = octets.split_off(octets.len().min(BLOCK_OCTETS));
    if octets != block(Kind::Log, number, 0, 0) {
        // Its head is synced before it is used: a head that is torn has nothing behind it, and is no other file's.
        let is_blank = octets.len() < BLOCK_OCTETS || octets.iter().all(|octet| *octet == 0);
        let is_torn = is_last && frames.is_empty() && is_blank;
        return match is_torn {
            true => Ok(frames),
            false => Err(format!("log {number:x}: its head is damaged")),
        };
    }
    let mut walk = Frames::new(&frames);
    while walk.next().is_some() {}
    let whole = walk.offset();
    let rest = frames.get(whole..).unwrap_or_default();
    let is_damaged = rest.chunks_exact(FRAME_OCTETS).any(|chunk| {
        let frame = chunk.first_chunk::<FRAME_OCTETS>();
        frame.is_some_and(|frame| Frame::decode(frame).is_some())
    });
    if is_damaged || (!is_last && !rest.is_empty()) {
        return Err(format!(
            "log {number:x}: damaged at octet {}",
            whole + BLOCK_OCTETS
        ));
    }
    frames.truncate(whole);
    Ok(frames)
}

/// When the writer of these frames was last alive.
pub(crate) fn last_alive(files: &[Vec<u8>]) -> WallSeconds {
    let frames = files.iter().flat_map(|octets| Frames::new(octets));
    let times = frames.filter_map(|frame| match frame {
        Frame::Alive(at) => Some(at),
        Frame::Claim(claim) => Some(claim.heard),
        Frame::Forgotten(_) | Frame::Cleared { .. } => None,
    });
    times.max().unwrap_or_default()
}

/// Deletes every file but those of `number` and later.
///
/// # Errors
/// What the disk says.
pub(crate) fn delete_before(folder: &Path, number: u64) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let name = entry.file_name();
        let name = name.to_string_lossy();
        let known = number_of(&name, "log-").or_else(|| number_of(&name, "snapshot-"));
        if known.is_some_and(|known| known < number) || name.ends_with(".new") {
            fs::remove_file(entry.path())?;
        }
    }
    sync_folder(folder)
}

/// Makes names that were made, changed or removed durable.
///
/// # Errors
/// What the disk says.
pub(crate) fn sync_folder(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

#[cfg(test)]
mod tests;
