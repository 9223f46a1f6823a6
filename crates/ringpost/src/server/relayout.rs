//! Another number of shards, or another size of segments: what the earlier journals hold moves into new ones.
//!
//! Between opening the data directory and recovery. What is still needed (`store::recover::Survivors`) is appended to
//! the new journals, on this thread, by the same writer that shards use; then the old journals' files are removed.
//! Invariants: an old journal is removed only after everything that was copied out of it is on disk; a crash at any
//! moment leaves either the old journals, whole, or the copies, and the next start does the rest; what is still needed
//! finds room whatever `journal.segments_max` is, as long as the disk has it; where a record is not understood, nothing
//! is moved and nothing removed.

use super::recover::{Visitor, read};
use super::{StartError, convert};
use ahash::AHashMap;
use base::ShardId;
use engine::Machine;
use journal::{
    AlignedBuffer, AppendClass, AppendRefused, Directory, DirectoryError, Geometry, Journal, JournalFiles,
    JournalRole, Layout, Operation, Record, RecordView, SEGMENTS_MAX, SettingsDraft,
};
use profile::Settings;
use std::io;
use std::path::Path;
use store::Store;
use store::record::{Remembered, Repeats, Source};
use store::recover::{Collector, Layout as Shards, Source as From, Survivors};

/// Opens and locks the data directory, laid out as the settings want it; says the number of shards. With `shards = 0`
/// the number stays what it was, whatever the machine: a data directory that moves is not rewritten by that.
pub(super) fn open(
    path: &Path,
    settings: &Settings,
    machine: &Machine,
) -> Result<(Directory, u16), StartError> {
    let found = match Directory::open_stopped(path) {
        Ok(directory) => Some(directory),
        Err(DirectoryError::NoData(_)) => None,
        Err(error) => return Err(error.into()),
    };
    let known = found
        .as_ref()
        .map_or(0, |directory| directory.manifest().open_journals().count());
    let journals = match (settings.process.shards, u16::try_from(known)) {
        (0, Ok(known)) if known > 0 => known,
        _ => convert::shards(settings, machine),
    };
    let octets = u32::try_from(settings.journal.segment_octets).unwrap_or(u32::MAX);
    let geometry = Geometry::new(octets)
        .ok_or_else(|| StartError::Settings("journal.segment_octets is no size of a segment".to_owned()))?;
    let partitions = u32::from(base::id::PARTITIONS);
    let layout = Layout {
        journals,
        geometry,
        partitions,
    };
    if let Some(directory) = found {
        refuse_unknown(&directory, layout)?;
    }
    let directory = Directory::open(path, layout)?;
    Ok((directory, journals))
}

/// Refuses another layout while the journals hold records that this version does not know: they could not be moved, and
/// once the layout is another one there is no way back to it.
fn refuse_unknown(directory: &Directory, layout: Layout) -> Result<(), StartError> {
    let open = || directory.manifest().open_journals();
    let stays = open().count() == usize::from(layout.journals)
        && open().all(|entry| entry.geometry == layout.geometry);
    if stays {
        return Ok(());
    }
    let mut records = 0;
    for entry in &directory.manifest().journals {
        directory.journal(entry)?.dump(|step| {
            let is_unknown = step.is_ok_and(|(_, record)| !store::record::is_known(record.kind));
            records += u64::from(is_unknown);
        })?;
    }
    match records {
        0 => Ok(()),
        records => Err(StartError::NotUnderstood { records }),
    }
}

/// Moves what the journals of earlier layouts hold, if there are any, and removes them.
pub(super) fn finish(
    directory: &mut Directory,
    settings: &Settings,
    layout: Shards,
) -> Result<(), StartError> {
    let adopted: Vec<_> = directory
        .manifest()
        .journals
        .iter()
        .filter(|entry| entry.role == JournalRole::Adopted)
        .copied()
        .collect();
    if adopted.is_empty() {
        return Ok(());
    }
    eprintln!(
        "layout: {} journals of an earlier layout are moved into {}",
        adopted.len(),
        layout.shards
    );
    let mut collector = Collector::default();
    let mut old = Vec::new();
    for (index, entry) in (0..).zip(&adopted) {
        let files = directory.journal(entry)?;
        read(&files, &mut Visitor::new(&mut collector, From::Adopted(index)))?;
        old.push(files);
    }
    let mut writers = Vec::new();
    for (shard, entry) in (0..).zip(directory.manifest().open_journals()) {
        let files = directory.journal(entry)?;
        let recovery = read(
            &files,
            &mut Visitor::new(&mut collector, From::Open(ShardId(shard))),
        )?;
        let resume = recovery.resume(directory.epoch(), mark_seed()?);
        writers.push(Writer::new(files, settings, resume)?);
    }
    if collector.unreadable() > 0 {
        return Err(StartError::NotUnderstood {
            records: collector.unreadable(),
        });
    }
    let survivors = collector.survivors(layout);
    copy(&old, &survivors, &mut writers)?;
    for writer in &mut writers {
        writer.finish()?;
    }
    // All at once: an end in one of them may keep a message in another from coming back.
    directory.retire_adopted()?;
    Ok(())
}

fn mark_seed() -> Result<u64, StartError> {
    Ok(u64::from_le_bytes(
        convert::seed()?.first_chunk().copied().unwrap_or_default(),
    ))
}

/// Copies records as they are, each to its shard's journal, then the sends to be remembered.
fn copy(old: &[JournalFiles], survivors: &Survivors, writers: &mut [Writer]) -> Result<(), StartError> {
    for (index, files) in (0..).zip(old) {
        let wanted: AHashMap<(u32, u32), ShardId> = survivors
            .records
            .iter()
            .filter(|survivor| survivor.adopted == index)
            .map(|survivor| ((survivor.spot.segment, survivor.spot.offset), survivor.home))
            .collect();
        let (mut outcome, mut copied) = (Ok(()), 0);
        files.dump(|step| {
            let Ok((_, record)) = step else { return };
            let segment = u32::try_from(record.location.segment.0).unwrap_or(u32::MAX);
            let home = wanted.get(&(segment, record.location.offset));
            if let (Ok(()), Some(home)) = (&outcome, home)
                && let Some(writer) = writers.get_mut(usize::from(home.0))
            {
                outcome = writer.append(&record);
                copied += 1;
            }
        })?;
        outcome?;
        if copied < wanted.len() {
            // Found a moment ago by recovery: a checkpoint of a segment that is damaged by now, or another process.
            let missing = wanted.len() - copied;
            return Err(failed(&format!(
                "{missing} records of journal {} can't be read again",
                files.identity().journal.0
            )));
        }
    }
    for (shard, writer) in (0..).zip(writers) {
        for source in [Source::Subscriber, Source::Peer] {
            let sends: Vec<_> = survivors
                .sends
                .iter()
                .filter(|(home, bringer, _)| *home == ShardId(shard) && *bringer == source)
                .map(|(_, _, send)| *send)
                .collect();
            for sends in sends.chunks(SENDS_PER_RECORD) {
                writer.remember(sends, source)?;
            }
        }
    }
    Ok(())
}

/// Sends remembered by one record: well below a group's size.
const SENDS_PER_RECORD: usize = 1_024;

/// A journal's writer with its disk on this thread.
struct Writer {
    files: JournalFiles,
    store: Store<AlignedBuffer>,
}

impl Writer {
    fn new(files: JournalFiles, settings: &Settings, resume: journal::Resume) -> Result<Writer, StartError> {
        // Nearly full journals may become fewer. Those that hold more segments than they may have take no new message
        // until enough of them are empty again, as a full one does; the segments ahead and in reserve are made here, so
        // that ends can be written.
        let draft = SettingsDraft {
            segments_max: SEGMENTS_MAX,
            ..convert::journal(settings, files.identity().geometry)?.draft()
        };
        let settings = journal::Settings::new(draft)
            .map_err(|error| StartError::Settings(format!("journal.{error}")))?;
        let mut journal = Journal::new(settings, resume);
        for _ in 0..settings.buffers() {
            let buffer = AlignedBuffer::zeroed(settings.draft().group_octets as usize);
            let taken = journal.give_buffer(buffer);
            debug_assert!(taken.is_ok(), "buffers are as long as was asked");
        }
        Ok(Writer {
            files,
            store: Store::new(journal, 0),
        })
    }

    fn append(&mut self, record: &RecordView<'_>) -> Result<(), StartError> {
        let copy = Record {
            kind: record.kind,
            key: record.key,
            header: record.header,
            body: &[record.body],
        };
        self.until_there_is_room(|store| store.journal.append(AppendClass::State, copy).map(drop))
    }

    fn remember(&mut self, sends: &[Remembered], source: Source) -> Result<(), StartError> {
        let repeats = Repeats {
            sends: sends.to_vec(),
        };
        self.until_there_is_room(|store| store.remember(&repeats, source).map(drop))
    }

    /// Appends; where there is no room, lets the disk do its work first.
    fn until_there_is_room(
        &mut self,
        append: impl Fn(&mut Store<AlignedBuffer>) -> Result<(), AppendRefused>,
    ) -> Result<(), StartError> {
        loop {
            match append(&mut self.store) {
                Ok(()) => return Ok(()),
                Err(refused @ (AppendRefused::NoSegment | AppendRefused::NoBuffer)) if self.work()? == 0 => {
                    return Err(self.full(&refused));
                }
                Err(AppendRefused::NoSegment | AppendRefused::NoBuffer) => {}
                Err(refused) => return Err(self.full(&refused)),
            }
        }
    }

    /// Why it takes no more, and what the operator can do.
    fn full(&self, refused: &AppendRefused) -> StartError {
        match self.store.journal.preparation_refused() {
            Some(error) => failed(&format!(
                "no segment can be made for the new journals ({error}): free space in the data directory and start \
                 again, which goes on from here"
            )),
            None => failed(&format!("the new journals have no room ({refused})")),
        }
    }

    /// Carries out every operation that is wanted now; says how many.
    fn work(&mut self) -> Result<usize, StartError> {
        let mut done = 0;
        while let Some(operation) = self.store.journal.poll_operation() {
            done += 1;
            let id = operation.id();
            let result = self.files.carry_out(&operation);
            let buffer = match operation {
                Operation::WriteGroup { buffer, .. } => Some(buffer),
                _ => None,
            };
            let known = self.store.journal.complete(id, result, buffer);
            debug_assert!(known.is_ok(), "an operation is answered once");
        }
        if self.store.has_failed() {
            return Err(failed("a write to the new journals failed"));
        }
        Ok(done)
    }

    /// Everything appended is on disk when this returns.
    fn finish(&mut self) -> Result<(), StartError> {
        self.store.journal.request_marker();
        // Also where an earlier attempt has copied everything: the segments ahead and in reserve are made here.
        let mut done = self.work()?;
        while !self.store.journal.is_idle() {
            if done == 0 {
                return Err(failed("the new journals can't be finished"));
            }
            done = self.work()?;
        }
        Ok(())
    }
}

fn failed(what: &str) -> StartError {
    StartError::Io(io::Error::other(format!("{what}; the old journals are kept")))
}

#[cfg(test)]
mod tests;
