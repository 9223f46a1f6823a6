//! Whole-crate tests: a writer on a faulty disk in memory, beside a model of what must be so.
//!
//! [`World`] drives the writer as the hands do and remembers what it was told; each file below asks one question.

mod corruption;
mod crash;
mod durability;
mod golden;
mod hostile;
mod retention;
mod sidecar;

use std::collections::BTreeMap;

use crate::fault::{Dice, FaultDisk, FaultPlan, MemoryMedium};
use crate::{
    AppendClass, AppendRefused, Appended, Epoch, Geometry, Journal, JournalId, JournalIdentity, Lsn,
    Operation, OperationId, Record, RecordView, Recovered, Recovery, Resume, ScanIdentity, SegmentScan,
    SegmentSequence, Settings, SettingsDraft, Slot, Step, Successor,
};

pub(crate) const JOURNAL: JournalId = JournalId(7);

/// Small segments and groups, so that tests see many of both.
pub(crate) fn small() -> SettingsDraft {
    SettingsDraft {
        segment_octets: 1 << 20,
        group_octets: 64 << 10,
        groups_in_flight: 3,
        segments_max: 8,
        segments_reserved: 1,
        segments_ahead: 1,
        evacuate_below_percent: 25,
    }
}

pub(crate) fn identity() -> JournalIdentity {
    JournalIdentity {
        journal: JOURNAL,
        geometry: Geometry::new(1 << 20).unwrap(),
    }
}

/// What a record holds, so that it is known again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Content {
    pub(crate) kind: u16,
    pub(crate) key: u64,
    pub(crate) header: Vec<u8>,
    pub(crate) body: Vec<u8>,
}

impl Content {
    pub(crate) fn of(key: u64, header_octets: usize, body_octets: usize) -> Self {
        let mut dice = Dice(key);
        let mut bytes = |octets: usize| (0..octets).map(|_| dice.roll() as u8).collect();
        Self {
            kind: (key % 7) as u16,
            key,
            header: bytes(header_octets),
            body: bytes(body_octets),
        }
    }
}

/// A writer, its disk, and what it was told.
pub(crate) struct World {
    pub(crate) journal: Journal<Vec<u8>>,
    pub(crate) disk: FaultDisk<Vec<u8>, MemoryMedium>,
    pub(crate) appended: BTreeMap<Lsn, (Content, Appended)>,
    /// Seals that came with what was gathered, and those that did not.
    pub(crate) seals: [u32; 2],
}

impl World {
    pub(crate) fn fresh(plan: FaultPlan) -> Self {
        let medium = MemoryMedium::new(identity(), 64);
        Self::with(small(), Resume::fresh(JOURNAL, Epoch(1), plan.seed), plan, medium)
    }

    pub(crate) fn with(draft: SettingsDraft, resume: Resume, plan: FaultPlan, medium: MemoryMedium) -> Self {
        let settings = Settings::new(draft).unwrap();
        let mut journal = Journal::new(settings, resume);
        for _ in 0..settings.buffers() {
            journal
                .give_buffer(vec![0xee; draft.group_octets as usize])
                .unwrap();
        }
        Self {
            journal,
            disk: FaultDisk::new(plan, medium),
            appended: BTreeMap::new(),
            seals: [0; 2],
        }
    }

    /// One turn of the hands: everything asked is submitted, at most one answer is brought.
    pub(crate) fn turn(&mut self) {
        self.submit();
        if let Some(done) = self.disk.poll() {
            self.journal.complete(done.id, done.result, done.buffer).unwrap();
        }
    }

    pub(crate) fn submit(&mut self) {
        while let Some(operation) = self.journal.poll_operation() {
            if let Operation::SealSegment { draft, .. } = &operation {
                let [gathered, walked] = &mut self.seals;
                *if draft.is_some() { gathered } else { walked } += 1;
            }
            self.disk.submit(operation);
        }
    }

    /// The groups asked for now, not submitted; everything else asked for is.
    pub(crate) fn groups(&mut self) -> Vec<(OperationId, u32, Vec<u8>)> {
        let mut groups = Vec::new();
        while let Some(operation) = self.journal.poll_operation() {
            match operation {
                Operation::WriteGroup {
                    id, length, buffer, ..
                } => groups.push((id, length, buffer)),
                other => self.disk.submit(other),
            }
        }
        groups
    }

    /// Turns until nothing is left to do.
    pub(crate) fn settle(&mut self) {
        loop {
            self.turn();
            if self.disk.outstanding() == 0 {
                self.submit();
                if self.disk.outstanding() == 0 {
                    return;
                }
            }
        }
    }

    pub(crate) fn append(
        &mut self,
        class: AppendClass,
        content: &Content,
    ) -> Result<Appended, AppendRefused> {
        let (front, back) = content.body.split_at(content.body.len() / 3);
        let Content { kind, key, .. } = *content;
        let record = Record {
            kind,
            key,
            header: &content.header,
            body: &[front, back],
        };
        let appended = self.journal.append(class, record)?;
        self.appended.insert(appended.lsn, (content.clone(), appended));
        Ok(appended)
    }

    /// Appends, turning the hands while it is refused for the moment.
    pub(crate) fn append_soon(&mut self, content: &Content) -> Appended {
        for _ in 0..10_000 {
            match self.append(AppendClass::State, content) {
                Ok(appended) => return appended,
                Err(AppendRefused::NoBuffer | AppendRefused::NoSegment) => self.turn(),
                Err(refused) => panic!("refused: {refused}"),
            }
        }
        panic!("refused for ever");
    }

    /// What was durable by the writer's own word.
    pub(crate) fn acknowledged(&self) -> BTreeMap<Lsn, (Content, Appended)> {
        self.appended
            .range(..self.journal.durable_lsn())
            .map(|(lsn, held)| (*lsn, held.clone()))
            .collect()
    }
}

/// What a start finds: the report, and each record with its body.
pub(crate) fn found(medium: &MemoryMedium) -> (Recovery, BTreeMap<Lsn, Content>) {
    let mut records = BTreeMap::new();
    let mut last = Lsn(0);
    let recovery = medium.recover(&mut |record: Recovered<'_>| {
        assert!(record.lsn > last, "in log order");
        last = record.lsn;
        records.insert(record.lsn, (record.location, record.body_octets));
    });
    let slots: BTreeMap<SegmentSequence, Slot> = recovery
        .segments
        .iter()
        .map(|report| (report.place.segment, report.place.slot))
        .collect();
    let read = records.into_iter().map(|(lsn, (location, body_octets))| {
        let file = medium.slot(slots[&location.segment]).unwrap();
        let view =
            RecordView::parse(&file[location.offset as usize..], location, identity().geometry).unwrap();
        assert_eq!((view.lsn, view.body.len()), (lsn, body_octets as usize));
        let RecordView {
            kind,
            key,
            header,
            body,
            ..
        } = view;
        (
            lsn,
            Content {
                kind,
                key,
                header: header.to_vec(),
                body: body.to_vec(),
            },
        )
    });
    (recovery.clone(), read.collect())
}

/// Checks that a start finds everything acknowledged, unchanged, and nothing that was never appended.
pub(crate) fn check_found(
    world_acknowledged: &BTreeMap<Lsn, (Content, Appended)>,
    medium: &MemoryMedium,
) -> Recovery {
    let (recovery, records) = found(medium);
    for (lsn, (content, _)) in world_acknowledged {
        assert_eq!(records.get(lsn), Some(content), "acknowledged at {lsn}");
    }
    recovery
}

/// The scan of one segment of the medium.
pub(crate) fn steps(
    bytes: &[u8],
    slot: Slot,
    segment: SegmentSequence,
    successor: Successor,
) -> Vec<Step<'_>> {
    let mark = crate::frame::decode_claim(&bytes[..4096]).mark.unwrap().mark;
    let JournalIdentity { journal, geometry } = identity();
    let place = crate::Place { slot, segment };
    SegmentScan::new(
        bytes,
        ScanIdentity {
            journal,
            place,
            mark,
            geometry,
            successor,
        },
    )
    .collect()
}
