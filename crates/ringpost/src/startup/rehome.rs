//! After a change of the shard count: what is still needed of the earlier journals is appended to the new ones.
//!
//! Between two scans of a start. Invariants: records are copied as they are, bodies included; everything copied is durable
//! before this returns; nothing is taken away here, so a stop in between only means that the next start copies again.

use super::{Plan, Scanned};
use base::{MessageId, ShardId};
use journal::{
    AlignedBuffer, AppendClass, AppendRefused, Journal, JournalFiles, MappedSegment, Operation, Place,
    Record, RecordView, SegmentSequence,
};
use std::collections::BTreeMap;
use store::record::{KIND_REPEATS, Repeats};
use store::recover::{Layout, Survivor, Survivors};

/// Why the records could not be carried over.
#[derive(Debug, thiserror::Error)]
pub enum RehomeError {
    /// The new journals refused a record.
    #[error("{0}")]
    Refused(#[from] AppendRefused),
    /// An old journal could not be read again.
    #[error("{0}")]
    Io(#[from] std::io::Error),
    /// A record that was there a moment ago is not.
    #[error("{0}")]
    Read(#[from] journal::ReadRefused),
}

/// Sends in one record of sends remembered.
const SENDS_MAX: usize = 1_000;

/// Copies what survives into the journals of the new layout, durably.
pub(super) fn rehome(scanned: &Scanned, layout: Layout, plan: &Plan) -> Result<(), RehomeError> {
    let Survivors { mut records, sends } = scanned.collector.survivors(layout);
    eprintln!(
        "another number of shards: {} records are rewritten for {}",
        records.len(),
        plan.shards
    );
    let mut scribes: Vec<Scribe> = scanned
        .open
        .iter()
        .map(|(files, recovery)| Scribe::new(files, plan, recovery))
        .collect();
    // In the order of the disk, so that each old segment is mapped once.
    records.sort_unstable_by_key(|survivor| (survivor.adopted, survivor.spot.segment, survivor.spot.offset));
    let mut source = OldSegments {
        scanned,
        mapped: None,
    };
    for survivor in &records {
        let view = source.read(survivor)?;
        if let Some(scribe) = scribes.get_mut(usize::from(survivor.home.0)) {
            scribe.append(Record {
                kind: view.kind,
                key: view.key,
                header: view.header,
                body: &[view.body],
            })?;
        }
    }
    let mut by_home: BTreeMap<ShardId, Vec<_>> = BTreeMap::new();
    for (home, send) in sends {
        by_home.entry(home).or_default().push(send);
    }
    for (home, sends) in by_home {
        let Some(scribe) = scribes.get_mut(usize::from(home.0)) else {
            continue;
        };
        for some in sends.chunks(SENDS_MAX) {
            let header = Repeats { sends: some.to_vec() }.to_octets();
            let key = some
                .first()
                .map_or(0, |send| MessageId::from_bits(send.message).bits());
            scribe.append(Record {
                kind: KIND_REPEATS,
                key,
                header: &header,
                body: &[],
            })?;
        }
    }
    scribes.into_iter().try_for_each(Scribe::finish)
}

/// The old journals' segments, one mapped at a time.
struct OldSegments<'s> {
    scanned: &'s Scanned,
    mapped: Option<(u16, MappedSegment)>,
}

impl OldSegments<'_> {
    fn read(&mut self, survivor: &Survivor) -> Result<RecordView<'_>, RehomeError> {
        let segment = SegmentSequence(u64::from(survivor.spot.segment));
        let is_mapped = self.mapped.as_ref().is_some_and(|(adopted, mapped)| {
            *adopted == survivor.adopted && mapped.place().segment == segment
        });
        if !is_mapped {
            let files = self.scanned.adopted.get(usize::from(survivor.adopted));
            let files = files
                .ok_or(std::io::ErrorKind::NotFound)
                .map_err(std::io::Error::from)?;
            self.mapped = Some((survivor.adopted, open_segment(files, segment)?));
        }
        let (_, mapped) = self
            .mapped
            .as_ref()
            .ok_or(std::io::ErrorKind::NotFound)
            .map_err(std::io::Error::from)?;
        Ok(mapped.read(survivor.spot.location())?)
    }
}

fn open_segment(files: &JournalFiles, segment: SegmentSequence) -> Result<MappedSegment, std::io::Error> {
    for slot in files.slots()? {
        match MappedSegment::open_stopped(files, Place { slot, segment }) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
            other => return other,
        }
    }
    Err(std::io::ErrorKind::NotFound.into())
}

/// Appends to one new journal and carries its operations out at once.
struct Scribe {
    journal: Journal<AlignedBuffer>,
    files: JournalFiles,
}

impl Scribe {
    fn new(files: &JournalFiles, plan: &Plan, recovery: &journal::Recovery) -> Scribe {
        let resume = recovery.resume(recovery.epoch, plan.mark_seed);
        let mut journal = Journal::new(plan.journal, resume);
        for _ in 0..plan.journal.buffers() {
            let buffer = AlignedBuffer::zeroed(plan.journal.draft().group_octets as usize);
            let taken = journal.give_buffer(buffer);
            debug_assert!(taken.is_ok(), "a buffer of a group's size is taken");
        }
        Scribe {
            journal,
            files: files.clone(),
        }
    }

    fn append(&mut self, record: Record<'_>) -> Result<(), RehomeError> {
        loop {
            match self.journal.append(AppendClass::State, record) {
                Ok(_) => return Ok(()),
                Err(refused @ (AppendRefused::NoBuffer | AppendRefused::NoSegment)) => {
                    if !self.carry_out() {
                        return Err(refused.into());
                    }
                }
                Err(refused) => return Err(refused.into()),
            }
        }
    }

    /// Carries out all that the journal wants done; whether there was anything.
    fn carry_out(&mut self) -> bool {
        let mut was_any = false;
        while let Some(operation) = self.journal.poll_operation() {
            was_any = true;
            let result = self.files.carry_out(&operation);
            let id = operation.id();
            let buffer = match operation {
                Operation::WriteGroup { buffer, .. } => Some(buffer),
                _ => None,
            };
            let known = self.journal.complete(id, result, buffer);
            debug_assert!(known.is_ok(), "an operation is answered once");
        }
        was_any
    }

    fn finish(mut self) -> Result<(), RehomeError> {
        self.journal.request_marker();
        while !self.journal.is_idle() {
            if !self.carry_out() {
                return Err(AppendRefused::Stopped.into());
            }
        }
        match self.journal.state() {
            journal::State::Failed(_) => Err(AppendRefused::Stopped.into()),
            _ => Ok(()),
        }
    }
}
