//! Which number a push has in the outbox, for ever: the order in which stretches of journals were first read.
//!
//! ```text
//!  journal 0  ├── a ──┤                ├──── c ────┤
//!  journal 1           ├───── b ─────┤
//!  SEQ        1 …      |              |             next     a push at `lsn` of a stretch has the number
//!                                                            seq_start + (lsn - from) / 8
//! ```
//!
//! Numbers are places, not counts: when a journal's old segments are freed, the numbers of what is left stay. A stretch
//! is written to the order's file before its pushes are shown, so a number that was shown is the same after a kill. The
//! file is not synced: after a loss of power the last stretches may get other numbers, which the lab can bear.
//!
//! Invariants: stretches of one journal do not overlap; numbers rise in the order of the file; a torn last entry is
//! dropped; what lies before a journal's known end and in no stretch was forgotten, and stays so.

use crc32c::crc32c;
use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// Records begin at multiples of this in a journal, so dividing by it keeps them apart.
const LSN_ALIGN: u64 = 8;

/// Octets of an entry in the file: seq_start, from, to, journal, all little-endian, and a CRC-32C of them.
const ENTRY_OCTETS: usize = 32;

/// Stretches known at most: 8 MiB of file. Beyond it the older half is forgotten, with its pushes.
const STRETCHES_MAX: usize = 262_144;

/// One stretch with its numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Entry {
    seq_start: u64,
    from: u64,
    to: u64,
    journal: u32,
}

/// The order, in memory and in its file.
#[derive(Debug)]
pub struct Order {
    path: PathBuf,
    file: File,
    /// Stretches in the file, superseded ones included.
    written: usize,
    /// By journal and beginning.
    entries: BTreeMap<(u32, u64), Entry>,
    /// How far each journal has been given numbers.
    ends: BTreeMap<u32, u64>,
    seq_next: u64,
    stretches_max: usize,
}

impl Order {
    /// Reads the order's file, or begins one.
    ///
    /// # Errors
    /// What the disk says.
    pub fn open(path: &Path) -> io::Result<Order> {
        Order::open_with(path, STRETCHES_MAX)
    }

    pub(crate) fn open_with(path: &Path, stretches_max: usize) -> io::Result<Order> {
        let octets = match fs::read(path) {
            Ok(octets) => octets,
            Err(error) if error.kind() == io::ErrorKind::NotFound => Vec::new(),
            Err(error) => return Err(error),
        };
        let known: Vec<Entry> = octets.chunks_exact(ENTRY_OCTETS).map_while(Entry::read).collect();
        let file = OpenOptions::new().create(true).append(true).open(path)?;
        // A torn entry would hide those that are appended behind it.
        file.set_len((known.len() * ENTRY_OCTETS) as u64)?;
        let mut order = Order {
            path: path.to_owned(),
            file,
            written: 0,
            entries: BTreeMap::new(),
            ends: BTreeMap::new(),
            seq_next: 1,
            stretches_max,
        };
        for entry in known {
            order.written += 1;
            order.take(entry);
        }
        Ok(order)
    }

    /// The number of the push whose record begins at `lsn` of `journal`, if it has one.
    #[must_use]
    pub fn seq(&self, journal: u32, lsn: u64) -> Option<u64> {
        let (_, entry) = self.entries.range((journal, 0)..=(journal, lsn)).next_back()?;
        (lsn < entry.to).then(|| entry.seq_start + (lsn - entry.from) / LSN_ALIGN)
    }

    /// How far `journal` has been given numbers: what begins before it has its number or was forgotten.
    #[must_use]
    pub fn end(&self, journal: u32) -> u64 {
        self.ends.get(&journal).copied().unwrap_or(0)
    }

    /// Gives numbers to what lies in `from..to` of `journal` and has none yet; on disk when this returns.
    ///
    /// # Errors
    /// What the disk says; no number was given then.
    pub fn extend(&mut self, journal: u32, from: u64, to: u64) -> io::Result<()> {
        let from = from.max(self.end(journal));
        if to <= from {
            return Ok(());
        }
        let entry = Entry {
            seq_start: self.seq_next,
            from,
            to,
            journal,
        };
        self.file.write_all(&entry.write())?;
        self.written += 1;
        self.take(entry);
        if self.written > self.stretches_max {
            self.rewrite()?;
        }
        Ok(())
    }

    /// The least number that any stretch still has: pushes below it are forgotten.
    #[must_use]
    pub fn seq_min(&self) -> u64 {
        self.entries
            .values()
            .map(|entry| entry.seq_start)
            .min()
            .unwrap_or(self.seq_next)
    }

    /// Adds an entry of the file to what is known.
    fn take(&mut self, entry: Entry) {
        self.seq_next = self.seq_next.max(entry.seq_end());
        let end = self.ends.entry(entry.journal).or_insert(0);
        *end = (*end).max(entry.to);
        let before = self
            .entries
            .range_mut((entry.journal, 0)..(entry.journal, entry.from))
            .next_back();
        // With one journal, or a quiet one beside it, neighbours join: numbers go on as places do.
        if let Some((_, before)) = before
            && before.to == entry.from
            && before.seq_end() == entry.seq_start
            && (before.to - before.from).is_multiple_of(LSN_ALIGN)
        {
            before.to = entry.to;
            return;
        }
        self.entries.insert((entry.journal, entry.from), entry);
    }

    /// Writes the file anew with neighbours joined and, where that is not enough, without the older half.
    fn rewrite(&mut self) -> io::Result<()> {
        let mut entries: Vec<Entry> = self.entries.values().copied().collect();
        entries.sort_unstable_by_key(|entry| entry.seq_start);
        let drop = if entries.len() > self.stretches_max / 2 {
            entries.len() / 2
        } else {
            0
        };
        let mut octets = Vec::with_capacity(entries.len() * ENTRY_OCTETS);
        for entry in entries.iter().skip(drop) {
            octets.extend_from_slice(&entry.write());
        }
        let fresh = self.path.with_extension("new");
        fs::write(&fresh, &octets)?;
        fs::rename(&fresh, &self.path)?;
        self.file = OpenOptions::new().append(true).open(&self.path)?;
        for entry in entries.iter().take(drop) {
            self.entries.remove(&(entry.journal, entry.from));
        }
        self.written = entries.len() - drop;
        Ok(())
    }
}

impl Entry {
    /// The number behind its last one.
    fn seq_end(&self) -> u64 {
        self.seq_start + (self.to - self.from).div_ceil(LSN_ALIGN)
    }

    fn write(&self) -> [u8; ENTRY_OCTETS] {
        let mut octets = [0; ENTRY_OCTETS];
        octets[..8].copy_from_slice(&self.seq_start.to_le_bytes());
        octets[8..16].copy_from_slice(&self.from.to_le_bytes());
        octets[16..24].copy_from_slice(&self.to.to_le_bytes());
        octets[24..28].copy_from_slice(&self.journal.to_le_bytes());
        let sum = crc32c(&octets[..28]);
        octets[28..].copy_from_slice(&sum.to_le_bytes());
        octets
    }

    /// Reads an entry; nothing where its sum or its relations do not hold.
    fn read(octets: &[u8]) -> Option<Entry> {
        let word = |at: usize| octets.get(at..at + 8)?.try_into().ok().map(u64::from_le_bytes);
        let sum = u32::from_le_bytes(octets.get(28..32)?.try_into().ok()?);
        let entry = Entry {
            seq_start: word(0)?,
            from: word(8)?,
            to: word(16)?,
            journal: u32::from_le_bytes(octets.get(24..28)?.try_into().ok()?),
        };
        (sum == crc32c(octets.get(..28)?) && entry.from < entry.to && entry.seq_start > 0).then_some(entry)
    }
}

#[cfg(test)]
mod tests;
