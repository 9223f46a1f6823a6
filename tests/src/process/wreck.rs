//! A stopped server's log, copied to be damaged: where each class of its octets lies, and what is still shown of it.
//!
//! Between a site and the tests of damage. Knows the frames by the journal's own decoders, and judges by what its tools
//! say (`log verify`, a start, a read by place). Invariants: the site's own data is never touched; what is shown is
//! compared with what the sound log showed, record by record.

use super::{Failure, Site};
use journal::{
    BLOCK_OCTETS, Directory, GROUP_HEADER_OCTETS, Geometry, Group, GroupHeader, JournalFiles,
    JournalIdentity, Location, Lsn, Place, Problem, RECORD_ALIGN, RECORD_HEADER_OCTETS, RecordHeader,
    RecordView, Recovered, Recovery, SEGMENT_HEAD_OCTETS, Sidecar,
};
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

/// Kind of a message's record, as the store writes it.
const KIND_ACCEPT: u16 = 1;

/// What octets are for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Class {
    /// The block that says whose segment the file holds.
    Claim,
    /// The block that says up to where the file's segments are freed.
    Free,
    /// A group's header.
    GroupHeader,
    /// A record's header.
    RecordHeader,
    /// A record's header bytes.
    HeaderBytes,
    /// A record's body.
    Body,
    /// Zeros behind a record, up to the next.
    Gap,
    /// Zeros behind a group, up to the next block.
    Padding,
    /// The checkpoint beside a sealed segment.
    Sidecar,
    /// The file that names the journals.
    Manifest,
}

/// Octets of one class that belong together.
#[derive(Clone, Debug)]
pub struct Stretch {
    /// What they are for.
    pub class: Class,
    /// Their file.
    pub file: PathBuf,
    /// Where in it.
    pub octets: Range<usize>,
    /// File and segment; nothing for the manifest.
    pub place: Option<Place>,
    /// The octets of the group that they are in, or that they stand for, in the file.
    pub group: Range<usize>,
    /// The record that they are in.
    pub record: Option<Lsn>,
    /// Whether the segment is sealed, and so has a later one behind it.
    pub is_sealed: bool,
    /// Whether a group behind says that theirs was on disk.
    pub is_committed: bool,
}

/// A record's place, and a sum of its content.
pub type Shown = BTreeMap<u64, (Location, u32)>;

/// See the module's comment.
#[derive(Debug)]
pub struct Wreck {
    /// The copy of the data directory.
    pub data: PathBuf,
    /// Every stretch, in the order of the files.
    pub stretches: Vec<Stretch>,
    /// What the sound log shows.
    pub sound: Shown,
    /// Places of records of kind 1, which hold messages.
    accepts: BTreeSet<u64>,
    /// The journal.
    pub identity: JournalIdentity,
}

impl Wreck {
    /// A copy of a stopped site's only journal.
    ///
    /// # Errors
    /// Where it can't be copied or read.
    pub fn of(site: &Site, name: &str) -> Result<Wreck, Failure> {
        let data = site.folder().join(name);
        copy_folder(&site.data(), &data)?;
        let files = files(&data)?;
        let mut wreck = Wreck {
            stretches: Vec::new(),
            sound: Shown::new(),
            accepts: BTreeSet::new(),
            identity: files.identity(),
            data,
        };
        wreck.sound = wreck.dump()?.0;
        files.recover(&mut |record: Recovered<'_>| {
            if record.kind == KIND_ACCEPT {
                wreck.accepts.insert(record.lsn.0);
            }
        })?;
        wreck.survey(&files)?;
        Ok(wreck)
    }

    /// What `log dump` shows now, and where it stumbles.
    ///
    /// # Errors
    /// Where the files can't be read at all.
    pub fn dump(&self) -> Result<(Shown, Vec<Problem>), Failure> {
        let (mut shown, mut problems) = (Shown::new(), Vec::new());
        files(&self.data)?.dump(|step| match step {
            Ok((_, record)) => {
                shown.insert(record.lsn.0, (record.location, sum(&record)));
            }
            Err(problem) => problems.push(problem),
        })?;
        Ok((shown, problems))
    }

    /// Whether the sound log's record at this place is a message's.
    #[must_use]
    pub fn is_accept(&self, lsn: Lsn) -> bool {
        self.accepts.contains(&lsn.0)
    }

    /// What `log verify` finds now.
    ///
    /// # Errors
    /// Where the directory can't be opened or read.
    pub fn verify(&self) -> Result<Vec<Problem>, Failure> {
        let verdict = open(&self.data)?.verify()?;
        let problems = verdict.journals.iter().flat_map(|journal| &journal.problems);
        Ok(problems.copied().collect())
    }

    /// What a start finds now, and every record that it shows: its header bytes' sum by its place in the log.
    ///
    /// # Errors
    /// Where the files can't be read at all.
    pub fn recover(&self) -> Result<(Recovery, BTreeMap<u64, u32>), Failure> {
        let mut shown = BTreeMap::new();
        let recovery = files(&self.data)?.recover(&mut |record: Recovered<'_>| {
            shown.insert(record.lsn.0, crc32c::crc32c(record.header));
        })?;
        Ok((recovery, shown))
    }

    /// What reading a record of the sound log by its place gives now, as a shard reads a body: its sum, or a refusal.
    ///
    /// # Errors
    /// Where the file can't be read.
    pub fn read_by_place(&self, file: &Path, location: Location) -> Result<Option<u32>, Failure> {
        let mut frame = vec![0; location.length as usize];
        std::fs::File::open(file)?.read_exact_at(&mut frame, u64::from(location.offset))?;
        let record = RecordView::parse(&frame, location, self.identity.geometry);
        Ok(record.ok().map(|record| sum(&record)))
    }

    fn survey(&mut self, files: &JournalFiles) -> Result<(), Failure> {
        let recovery = files.recover(&mut |_: Recovered<'_>| ())?;
        let last = recovery.segments.last().copied();
        let committed = last.map_or(Lsn(0), |last| last.end.committed);
        for report in &recovery.segments {
            let is_sealed = last.is_some_and(|last| last.place != report.place);
            let ground = Ground {
                file: files.slot_path(report.place.slot),
                place: report.place,
                is_sealed,
                committed,
                geometry: self.identity.geometry,
            };
            let bytes = std::fs::read(&ground.file)?;
            ground.walk(&bytes, report.end.end, &mut self.stretches);
            if report.sidecar == Sidecar::Valid {
                let file = files.sidecar_path(report.place.segment);
                let octets = 0..std::fs::read(&file)?.len();
                self.stretches.push(Stretch {
                    file,
                    ..ground.stretch(Class::Sidecar, octets, 0..0)
                });
            }
        }
        let file = self.data.join("manifest");
        let octets = 0..std::fs::read(&file)?.len();
        self.stretches.push(Stretch {
            class: Class::Manifest,
            file,
            group: octets.clone(),
            octets,
            place: None,
            record: None,
            is_sealed: false,
            is_committed: true,
        });
        Ok(())
    }
}

/// A segment file while its stretches are told.
struct Ground {
    file: PathBuf,
    place: Place,
    is_sealed: bool,
    committed: Lsn,
    geometry: Geometry,
}

impl Ground {
    fn stretch(&self, class: Class, octets: Range<usize>, group: Range<usize>) -> Stretch {
        let lsn = self
            .geometry
            .lsn(self.place.segment, u32::try_from(group.start).unwrap_or(u32::MAX));
        Stretch {
            class,
            file: self.file.clone(),
            octets,
            place: Some(self.place),
            group,
            record: None,
            is_sealed: self.is_sealed,
            is_committed: self.is_sealed || lsn < self.committed,
        }
    }

    fn walk(&self, bytes: &[u8], end: u32, stretches: &mut Vec<Stretch>) {
        let block = BLOCK_OCTETS as usize;
        stretches.push(self.stretch(Class::Claim, 0..block, 0..0));
        stretches.push(self.stretch(Class::Free, block..2 * block, 0..0));
        let mut at = SEGMENT_HEAD_OCTETS as usize;
        while at < end as usize {
            let Some((header, _)) = bytes.get(at..).and_then(GroupHeader::decode) else {
                return;
            };
            let octets = header.length as usize;
            let group = at..at + octets.next_multiple_of(block);
            let head = at..at + GROUP_HEADER_OCTETS as usize;
            stretches.push(self.stretch(Class::GroupHeader, head.clone(), group.clone()));
            let mut record = head.end;
            for _ in 0..header.count {
                record = self.walk_record(bytes, record, &group, stretches);
            }
            stretches.push(self.stretch(Class::Padding, at + octets..group.end, group.clone()));
            at = group.end;
        }
    }

    /// Tells a record's stretches; where the next one begins.
    fn walk_record(
        &self,
        bytes: &[u8],
        at: usize,
        group: &Range<usize>,
        stretches: &mut Vec<Stretch>,
    ) -> usize {
        let Some(header) = bytes.get(at..).and_then(RecordHeader::decode) else {
            return at;
        };
        let head = at + RECORD_HEADER_OCTETS as usize;
        let body = head + header.header_length as usize;
        let end = body + header.body_length as usize;
        let next = end.next_multiple_of(RECORD_ALIGN as usize);
        for (class, octets) in [
            (Class::RecordHeader, at..head),
            (Class::HeaderBytes, head..body),
            (Class::Body, body..end),
            (Class::Gap, end..next),
        ] {
            stretches.push(Stretch {
                record: Some(header.lsn),
                ..self.stretch(class, octets, group.clone())
            });
        }
        next
    }
}

/// What a group shows.
pub fn shown<'a>(group: &Group<'a>) -> impl Iterator<Item = (u64, (Location, u32))> + use<'a> {
    group
        .records()
        .map(|record| (record.lsn.0, (record.location, sum(&record))))
}

/// Copies a folder and what is in it.
///
/// # Errors
/// What the kernel says.
pub fn copy_folder(from: &Path, to: &Path) -> Result<(), Failure> {
    std::fs::create_dir_all(to)?;
    for entry in std::fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy_folder(&entry.path(), &target)?;
        } else {
            std::fs::copy(entry.path(), target)?;
        }
    }
    Ok(())
}

fn open(data: &Path) -> Result<Directory, Failure> {
    Directory::open_stopped(data).map_err(|error| Failure::of("opening the data", error))
}

fn files(data: &Path) -> Result<JournalFiles, Failure> {
    let directory = open(data)?;
    let entry = directory.manifest().journals.first().copied();
    let entry = entry.ok_or_else(|| Failure("a directory without a journal".to_owned()))?;
    Ok(directory.journal(&entry)?)
}

fn sum(record: &RecordView<'_>) -> u32 {
    let head = crc32c::crc32c_append(u32::from(record.kind), &record.key.to_le_bytes());
    crc32c::crc32c_append(crc32c::crc32c_append(head, record.header), record.body)
}
