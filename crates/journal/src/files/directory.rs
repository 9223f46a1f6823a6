//! A data directory, locked: the first thing that a start opens and the last that it closes.
//!
//! Invariants: while a [`Directory`] opened for writing lives, no other process writes here; its manifest, with the
//! start epoch raised, is on disk before it is given out; a log that the manifest can't have named is left alone, and
//! the directory refused.

use std::ffi::{OsStr, OsString};
use std::fs::{self, File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

use crate::files::manifest::{JournalEntry, JournalRole, Manifest, ManifestError};
use crate::files::mode::{WriteMode, probe_write_mode};
use crate::files::slots::{JournalFiles, replace_file, sync_folder};
use crate::position::{Epoch, Geometry, JournalId};
use crate::recovery::JournalIdentity;

/// How the operator wants the directory laid out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Layout {
    /// Open journals: one a shard.
    pub journals: u16,
    /// The size of their segments.
    pub geometry: Geometry,
    /// Partitions of the number space.
    pub partitions: u32,
}

/// Why a data directory cannot be opened. The environment is at fault.
#[derive(Debug, thiserror::Error)]
pub enum DirectoryError {
    /// Another process has it open.
    #[error("{} is in use by another process", .0.display())]
    Locked(PathBuf),
    /// There is no manifest, and none is to be made.
    #[error("{} holds no data (no manifest)", .0.display())]
    NoData(PathBuf),
    /// The manifest cannot be used.
    #[error(
        "{}: {source}. Nothing was changed. Put back a copy of this file; without one the logs beside it can't be \
         told apart: move the directory away to begin anew",
        path.display()
    )]
    Manifest {
        /// Its path.
        path: PathBuf,
        /// Why.
        source: ManifestError,
    },
    /// A log that the manifest can't have named: the file is gone, or it is an older one.
    #[error(
        "{}: it is not the last manifest of these logs, or there is none. Nothing was changed. Put back the last one; \
         without it the logs can't be told apart: move the directory away to begin anew",
        .0.display()
    )]
    Unnamed(PathBuf),
    /// The system refused.
    #[error("{}: {source}", path.display())]
    Io {
        /// Where.
        path: PathBuf,
        /// What it answered.
        source: io::Error,
    },
}

/// A locked data directory.
#[derive(Debug)]
pub struct Directory {
    path: PathBuf,
    manifest: Manifest,
    mode: WriteMode,
    /// Holds the lock while it is open.
    _lock: File,
}

pub(super) fn journal_folder(path: &Path, id: JournalId) -> PathBuf {
    path.join(format!("journal-{:05}", id.0))
}

/// The journal whose folder has that name.
fn journal_number(name: &OsStr) -> Option<JournalId> {
    let number = name.to_str()?.strip_prefix("journal-")?;
    number.parse().ok().map(JournalId)
}

/// A journal gets its number in the manifest before it gets its folder: one with a later number was made under a later
/// manifest than this.
fn refuse_unnamed(path: &Path, next: JournalId) -> Result<(), DirectoryError> {
    let entries = match fs::read_dir(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        entries => entries,
    };
    let names = entries.and_then(|entries| {
        let names = entries.map(|entry| entry.map(|entry| entry.file_name()));
        names.collect::<io::Result<Vec<_>>>()
    });
    let names = names.map_err(|source| DirectoryError::Io {
        path: path.to_owned(),
        source,
    })?;
    let is_later = |name: &OsString| journal_number(name).is_some_and(|number| number >= next);
    if names.iter().any(is_later) {
        return Err(DirectoryError::Unnamed(path.join("manifest")));
    }
    Ok(())
}

fn lock_file(path: &Path) -> io::Result<File> {
    File::options()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .open(path.join("lock"))
}

impl Directory {
    /// Opens a data directory for writing, makes it if it is not there, lays it out as wanted and raises the start
    /// epoch. Journals of another layout become adopted ones.
    ///
    /// # Errors
    /// [`DirectoryError`]; `Locked` when another process has it.
    pub fn open(path: &Path, layout: Layout) -> Result<Self, DirectoryError> {
        let fault = |source| DirectoryError::Io {
            path: path.to_owned(),
            source,
        };
        fs::create_dir_all(path).map_err(fault)?;
        let lock = lock_file(path).map_err(fault)?;
        lock.try_lock().map_err(|refused| match refused {
            TryLockError::WouldBlock => DirectoryError::Locked(path.to_owned()),
            TryLockError::Error(source) => fault(source),
        })?;
        let mode = probe_write_mode(path).map_err(fault)?;
        let mut manifest = match read_manifest(path) {
            Ok(manifest) => manifest,
            Err(DirectoryError::NoData(_)) => Manifest {
                layout_epoch: 0,
                start_epoch: Epoch(0),
                partitions: 0,
                next_journal: JournalId(0),
                journals: Vec::new(),
            },
            Err(error) => return Err(error),
        };
        refuse_unnamed(path, manifest.next_journal)?;
        manifest.lay_out(layout.journals, layout.geometry, layout.partitions);
        manifest.start_epoch = Epoch(manifest.start_epoch.0.saturating_add(1));
        let directory = Self {
            path: path.to_owned(),
            manifest,
            mode,
            _lock: lock,
        };
        directory.write_manifest().map_err(fault)?;
        directory.sweep_forgotten().map_err(fault)?;
        path.parent()
            .filter(|parent| parent.is_dir())
            .map_or(Ok(()), sync_folder)
            .map_err(fault)?;
        Ok(directory)
    }

    /// Opens the data directory of a stopped server for reading; several may.
    ///
    /// # Errors
    /// [`DirectoryError`]; `Locked` when a server is running on it.
    pub fn open_stopped(path: &Path) -> Result<Self, DirectoryError> {
        let fault = |source| DirectoryError::Io {
            path: path.to_owned(),
            source,
        };
        let manifest = match read_manifest(path) {
            Err(DirectoryError::NoData(_)) => {
                refuse_unnamed(path, JournalId(0))?;
                return Err(DirectoryError::NoData(path.to_owned()));
            }
            read => read?,
        };
        let lock = File::open(path.join("lock")).map_err(fault)?;
        lock.try_lock_shared().map_err(|refused| match refused {
            TryLockError::WouldBlock => DirectoryError::Locked(path.to_owned()),
            TryLockError::Error(source) => fault(source),
        })?;
        refuse_unnamed(path, manifest.next_journal)?;
        Ok(Self {
            path: path.to_owned(),
            manifest,
            mode: WriteMode::Buffered,
            _lock: lock,
        })
    }

    /// Its path.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The manifest.
    #[must_use]
    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// How groups are written here.
    #[must_use]
    pub fn mode(&self) -> WriteMode {
        self.mode
    }

    /// The number of this start.
    #[must_use]
    pub fn epoch(&self) -> Epoch {
        self.manifest.start_epoch
    }

    /// The files of one of its journals.
    ///
    /// # Errors
    /// What the system answered.
    pub fn journal(&self, entry: &JournalEntry) -> io::Result<JournalFiles> {
        let folder = journal_folder(&self.path, entry.id);
        let identity = JournalIdentity {
            journal: entry.id,
            geometry: entry.geometry,
        };
        JournalFiles::open(folder, identity, self.mode)
    }

    /// Forgets an adopted journal whose files are all removed.
    ///
    /// # Errors
    /// `InvalidInput` when it is open, unknown, or still has files; else what the system answered.
    pub fn retire(&mut self, id: JournalId) -> io::Result<()> {
        let adopted = |entry: &&JournalEntry| entry.id == id && entry.role == JournalRole::Adopted;
        let entry = self.manifest.journals.iter().find(adopted).copied();
        let files = self.journal(&entry.ok_or(io::ErrorKind::InvalidInput)?)?;
        if !files.slots()?.is_empty() {
            return Err(io::ErrorKind::InvalidInput.into());
        }
        self.manifest.journals.retain(|entry| entry.id != id);
        self.write_manifest()?;
        files.remove_folder()
    }

    /// Drops all adopted journals in one step: one manifest without them, then their folders. What of them is still
    /// needed must stand durably in the open journals by then. All at once, because an end in one of them may keep a
    /// message in another from coming back.
    ///
    /// # Errors
    /// What the system answered; either all are in the manifest still, or none.
    pub fn retire_adopted(&mut self) -> io::Result<()> {
        self.manifest
            .journals
            .retain(|entry| entry.role == JournalRole::Open);
        self.write_manifest()?;
        self.sweep_forgotten()
    }

    /// Removes folders of journals that the manifest does not name: a stop came between the two steps of retiring.
    fn sweep_forgotten(&self) -> io::Result<()> {
        for entry in fs::read_dir(&self.path)? {
            let entry = entry?;
            let number = journal_number(&entry.file_name());
            let is_forgotten = |id| self.manifest.journals.iter().all(|entry| entry.id != id);
            if number.is_some_and(is_forgotten) {
                fs::remove_dir_all(entry.path())?;
            }
        }
        sync_folder(&self.path)
    }

    fn write_manifest(&self) -> io::Result<()> {
        replace_file(&self.path.join("manifest"), self.manifest.encode().as_bytes())
    }
}

pub(super) fn read_manifest(folder: &Path) -> Result<Manifest, DirectoryError> {
    let path = folder.join("manifest");
    match fs::read(&path) {
        Ok(bytes) => Manifest::decode(&bytes).map_err(|source| DirectoryError::Manifest { path, source }),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            Err(DirectoryError::NoData(folder.to_owned()))
        }
        Err(source) => Err(DirectoryError::Io { path, source }),
    }
}
