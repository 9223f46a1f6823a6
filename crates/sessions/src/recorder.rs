//! Writes the log, and snapshots piece by piece beside it.
//!
//! Under the owner of the map, on its thread. Invariants: what `append` returned from is on disk; a snapshot gets its
//! name when it is whole and synced, and only then do older files go; a recorder that failed once is given up.

use crate::files::{self, BLOCK_OCTETS, Kind, block};
use apn::Feed;
use apn::image::{FRAME_OCTETS, Frame};
use base::Now;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// Rows that one step of a snapshot writes at most: half a megabyte, so that an answer waits some milliseconds for it.
const STEP_ROWS: u32 = 4_096;

/// See the module's comment.
#[derive(Debug)]
pub(crate) struct Recorder {
    folder: PathBuf,
    number: u64,
    log: File,
    log_octets: u64,
    snapshot: Option<Snapshot>,
    /// Octets of the last snapshot.
    snapshot_octets: u64,
}

/// A snapshot in the making.
#[derive(Debug)]
struct Snapshot {
    file: File,
    path: PathBuf,
    next_row: u32,
    frames: u64,
    sum: u32,
}

impl Recorder {
    /// Begins the log and the snapshot of that number, which no file may have.
    ///
    /// # Errors
    /// What the disk says.
    pub(crate) fn begin(folder: &Path, number: u64) -> io::Result<Recorder> {
        let mut recorder = Recorder {
            folder: folder.to_owned(),
            number,
            log: new_log(folder, number)?,
            log_octets: 0,
            snapshot: None,
            snapshot_octets: 0,
        };
        recorder.begin_snapshot()?;
        Ok(recorder)
    }

    /// Begins the next log and the snapshot that lets the old ones go.
    ///
    /// # Errors
    /// What the disk says.
    pub(crate) fn roll(&mut self) -> io::Result<()> {
        let number = self.number.saturating_add(1);
        // A log that is not the last one has no torn end.
        self.log.sync_data()?;
        self.log = new_log(&self.folder, number)?;
        self.number = number;
        self.log_octets = 0;
        self.begin_snapshot()
    }

    fn begin_snapshot(&mut self) -> io::Result<()> {
        let path = files::snapshot_path(&self.folder, self.number).with_extension("new");
        let mut file = File::create(&path)?;
        file.write_all(&block(Kind::Snapshot, self.number, 0, 0))?;
        self.snapshot = Some(Snapshot {
            file,
            path,
            next_row: 0,
            frames: 0,
            sum: 0,
        });
        Ok(())
    }

    /// Puts frames behind the log, durably.
    ///
    /// # Errors
    /// What the disk says.
    pub(crate) fn append(&mut self, frames: &[u8]) -> io::Result<()> {
        self.log.write_all(frames)?;
        self.log.sync_data()?;
        self.log_octets += frames.len() as u64;
        Ok(())
    }

    /// Notes that this process lives; durable with what comes next.
    ///
    /// # Errors
    /// What the disk says.
    pub(crate) fn note_alive(&mut self, now: Now) -> io::Result<()> {
        let frame = Frame::Alive(now.wall.seconds()).encode();
        self.log_octets += frame.len() as u64;
        self.log.write_all(&frame)
    }

    /// The number of its files.
    pub(crate) fn number(&self) -> u64 {
        self.number
    }

    /// Octets behind the last snapshot.
    pub(crate) fn log_octets(&self) -> u64 {
        self.log_octets
    }

    /// Whether a snapshot is in the making.
    pub(crate) fn is_making_snapshot(&self) -> bool {
        self.snapshot.is_some()
    }

    /// Whether the log has grown so long, against `octets_max` and against a snapshot, that a new one is worth it.
    pub(crate) fn is_long(&self, octets_max: u64) -> bool {
        self.log_octets > octets_max.max(self.snapshot_octets.saturating_mul(2))
    }

    /// Writes the next piece of the snapshot in the making; true when it is whole.
    ///
    /// # Errors
    /// What the disk says.
    pub(crate) fn step(&mut self, feed: &Feed, now: Now) -> io::Result<bool> {
        let Some(snapshot) = &mut self.snapshot else {
            return Ok(true);
        };
        let mut octets = Vec::with_capacity(STEP_ROWS as usize * FRAME_OCTETS);
        let next = feed.snapshot(snapshot.next_row, STEP_ROWS, now, &mut octets);
        snapshot.file.write_all(&octets)?;
        snapshot.frames += (octets.len() / FRAME_OCTETS) as u64;
        snapshot.sum = crc32c::crc32c_append(snapshot.sum, &octets);
        if let Some(next) = next {
            snapshot.next_row = next;
            return Ok(false);
        }
        let end = block(Kind::End, self.number, snapshot.frames, snapshot.sum);
        snapshot.file.write_all(&end)?;
        snapshot.file.sync_all()?;
        fs::rename(&snapshot.path, files::snapshot_path(&self.folder, self.number))?;
        files::sync_folder(&self.folder)?;
        self.snapshot_octets = snapshot.frames * FRAME_OCTETS as u64;
        self.snapshot = None;
        files::delete_before(&self.folder, self.number)?;
        Ok(true)
    }
}

fn new_log(folder: &Path, number: u64) -> io::Result<File> {
    let path = files::log_path(folder, number);
    let mut log = File::options().create_new(true).append(true).open(path)?;
    let head: [u8; BLOCK_OCTETS] = block(Kind::Log, number, 0, 0);
    log.write_all(&head)?;
    log.sync_all()?;
    files::sync_folder(folder)?;
    Ok(log)
}
