//! What a data directory is made of: the one file that is read before anything else.
//!
//! Text for the operator's eyes, a checksum in its last line. Invariants: it is replaced as a whole and synced before
//! the first append of a start; a journal's number is never given again; unknown lines are refused, so that an older
//! program does not write what a newer one made.

use std::fmt::Write as _;

use crate::position::{Epoch, Geometry, JournalId};

const TITLE: &str = "ringpost data 1";
/// Most journals in one directory: a bound for hostile files, far above the cores of any machine.
const JOURNALS_MAX: usize = 65_536;

/// Whether a journal is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JournalRole {
    /// A shard appends to it.
    Open,
    /// It is of an earlier layout: read and freed only.
    Adopted,
}

/// A journal of the directory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct JournalEntry {
    /// Its number.
    pub id: JournalId,
    /// Whether it is written.
    pub role: JournalRole,
    /// The size of its segments.
    pub geometry: Geometry,
}

/// The content.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Manifest {
    /// Raised whenever the set of open journals changes.
    pub layout_epoch: u32,
    /// Raised at every start for writing.
    pub start_epoch: Epoch,
    /// Partitions of the number space, spread over the open journals in their order.
    pub partitions: u32,
    /// The number that the next new journal gets.
    pub next_journal: JournalId,
    /// The journals: open ones in the order of their shards, then adopted ones.
    pub journals: Vec<JournalEntry>,
}

/// Why a manifest cannot be used. The environment is at fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ManifestError {
    /// It is not one, or of another version.
    #[error("not a manifest of this version (its first line must be {TITLE:?})")]
    Title,
    /// Its checksum does not hold.
    #[error("the manifest is damaged (checksum)")]
    Checksum,
    /// A line is not understood.
    #[error("line {0} of the manifest is not understood")]
    Line(u32),
}

impl Manifest {
    /// The text of the file.
    #[must_use]
    pub fn encode(&self) -> String {
        let mut text = format!(
            "{TITLE}\nlayout-epoch {}\nstart-epoch {}\npartitions {}\nnext-journal {}\n",
            self.layout_epoch, self.start_epoch.0, self.partitions, self.next_journal.0,
        );
        for JournalEntry { id, role, geometry } in &self.journals {
            let role = match role {
                JournalRole::Open => "open",
                JournalRole::Adopted => "adopted",
            };
            // Writing to a String cannot fail.
            let _ = writeln!(text, "journal {} {role} {}", id.0, geometry.segment_octets());
        }
        let crc = crc32c::crc32c(text.as_bytes());
        let _ = writeln!(text, "crc32c {crc:08x}");
        text
    }

    /// Reads the text of the file.
    ///
    /// # Errors
    /// [`ManifestError`].
    pub fn decode(bytes: &[u8]) -> Result<Self, ManifestError> {
        let text = std::str::from_utf8(bytes).map_err(|_| ManifestError::Title)?;
        if text.lines().next() != Some(TITLE) {
            return Err(ManifestError::Title);
        }
        let (content, crc) = text
            .trim_end()
            .rsplit_once("crc32c ")
            .ok_or(ManifestError::Checksum)?;
        if u32::from_str_radix(crc, 16) != Ok(crc32c::crc32c(content.as_bytes())) {
            return Err(ManifestError::Checksum);
        }
        let mut manifest = Self {
            layout_epoch: 0,
            start_epoch: Epoch(0),
            partitions: 0,
            next_journal: JournalId(0),
            journals: Vec::new(),
        };
        for (line, number) in content.lines().zip(1u32..).skip(1) {
            manifest.take_line(line).ok_or(ManifestError::Line(number))?;
        }
        Ok(manifest)
    }

    fn take_line(&mut self, line: &str) -> Option<()> {
        let (name, value) = line.split_once(' ')?;
        match name {
            "layout-epoch" => self.layout_epoch = value.parse().ok()?,
            "start-epoch" => self.start_epoch = Epoch(value.parse().ok()?),
            "partitions" => self.partitions = value.parse().ok()?,
            "next-journal" => self.next_journal = JournalId(value.parse().ok()?),
            "journal" => {
                let mut words = value.split(' ');
                let id = JournalId(words.next()?.parse().ok()?);
                let role = match words.next()? {
                    "open" => JournalRole::Open,
                    "adopted" => JournalRole::Adopted,
                    _ => return None,
                };
                let geometry = Geometry::new(words.next()?.parse().ok()?)?;
                if words.next().is_some() || self.journals.len() == JOURNALS_MAX {
                    return None;
                }
                self.journals.push(JournalEntry { id, role, geometry });
            }
            _ => return None,
        }
        Some(())
    }

    /// The journals that shards append to, in the order of the shards.
    pub fn open_journals(&self) -> impl Iterator<Item = &JournalEntry> {
        self.journals
            .iter()
            .filter(|entry| entry.role == JournalRole::Open)
    }

    /// Sets the open journals to so many of such a geometry: if they are not, all become adopted and new ones are
    /// made. Answers whether anything changed.
    pub(crate) fn lay_out(&mut self, journals: u16, geometry: Geometry, partitions: u32) -> LaidOut {
        let fits = self.open_journals().all(|entry| entry.geometry == geometry)
            && self.open_journals().count() == usize::from(journals)
            && self.partitions == partitions;
        if fits {
            return LaidOut::AsBefore;
        }
        self.layout_epoch = self.layout_epoch.saturating_add(1);
        self.partitions = partitions;
        self.journals
            .iter_mut()
            .for_each(|entry| entry.role = JournalRole::Adopted);
        let first = self.next_journal.0;
        let ids = (first..).take(usize::from(journals)).map(JournalId);
        let new = ids.map(|id| JournalEntry {
            id,
            role: JournalRole::Open,
            geometry,
        });
        let adopted = std::mem::take(&mut self.journals);
        self.journals = new.chain(adopted).collect();
        self.next_journal = JournalId(first.saturating_add(u32::from(journals)));
        LaidOut::Changed
    }
}

/// Whether a layout changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LaidOut {
    AsBefore,
    Changed,
}
