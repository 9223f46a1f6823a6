//! Another number of shards: what the earlier journals hold moves into new ones.
//!
//! What `ringpost` does with files between opening the data directory and recovery, over disks in memory: the same
//! `store::recover::Survivors`, the same writer, which may have as many segments as there is space for. The power may
//! fail in the midst of it; then the next attempt does the rest. Invariants: the old journals go all at once, after
//! everything that was copied out of them is on disk; however often a move is cut off, it finds room.

use crate::world::World;
use crate::world::restart::{Read, read, view_at};
use base::ShardId;
use journal::fault::{FaultDisk, FaultPlan, MemoryMedium};
use journal::{
    AppendClass, AppendRefused, Epoch, Journal, Location, Record, RecordView, Recovered, SEGMENTS_MAX,
    Settings, SettingsDraft,
};
use std::collections::BTreeMap;
use store::Store;
use store::record::{Remembered, Repeats, Source as Bringer};
use store::recover::{Collector, Source, Survivors};

/// Sends remembered by one record: well below a group's size.
const SENDS_PER_RECORD: usize = 256;

/// A journal's writer and its disk.
struct Writer {
    store: Store<Vec<u8>>,
    disk: FaultDisk<Vec<u8>, MemoryMedium>,
    /// Operations until the power fails, if it does.
    fuse: Option<u64>,
}

/// The power failed before a move came to its end.
struct Cut;

impl World {
    /// Moves what the journals of earlier layouts hold into these, which are made where there are none.
    pub(super) fn move_in(&mut self, mut open: Vec<MemoryMedium>) -> Vec<MemoryMedium> {
        self.relayouts.0 += 1;
        while open.len() < usize::from(self.shape.shards) {
            let medium = self.new_medium();
            open.push(medium);
        }
        loop {
            match self.try_to_move(open) {
                Ok(moved) => return moved,
                Err(torn) => {
                    self.relayouts.1 += 1;
                    self.epoch += 1;
                    open = torn;
                }
            }
        }
    }

    fn try_to_move(&mut self, open: Vec<MemoryMedium>) -> Result<Vec<MemoryMedium>, Vec<MemoryMedium>> {
        let mut collector = Collector::default();
        let mut old = Vec::new();
        for (index, medium) in (0..).zip(std::mem::take(&mut self.adopted)) {
            let mut places = Vec::new();
            let read = read(medium, &mut |record: Recovered<'_>| {
                collector.take(Source::Adopted(index), record);
                places.push(record.location);
            });
            old.push((read, places));
        }
        let mut writers = Vec::new();
        for (shard, medium) in (0..).zip(open) {
            let read = read(medium, &mut |record: Recovered<'_>| {
                collector.take(Source::Open(ShardId(shard)), record);
            });
            writers.push(self.writer(read));
        }
        let survivors = collector.survivors(self.layout());
        let outcome = copy(&old, &survivors, &mut writers);
        // Where everything was finished nothing is on its way that could be torn.
        let mut left = Vec::new();
        for writer in writers {
            let (medium, faults) = writer.disk.crash_counted();
            self.faults += faults;
            left.push(medium);
        }
        if outcome.is_ok() {
            return Ok(left);
        }
        self.adopted = old.into_iter().map(|(read, _)| read.medium).collect();
        Err(left)
    }

    fn writer(&mut self, read: Read) -> Writer {
        let draft = SettingsDraft {
            segments_max: SEGMENTS_MAX,
            ..self.shape.draft
        };
        let settings = Settings::new(draft).expect("settings");
        let resume = read.recovery.resume(Epoch(self.epoch), self.dice.roll());
        let mut journal = Journal::new(settings, resume);
        for _ in 0..settings.buffers() {
            let given = journal.give_buffer(vec![0; self.shape.draft.group_octets as usize]);
            given.expect("a buffer");
        }
        let plan = FaultPlan {
            eio: 0,
            enospc: 0,
            short: 0,
            seed: self.dice.roll(),
            ..self.shape.plan.clone()
        };
        // One move in three is cut off somewhere.
        let fuse = self.dice.one_in(3).then(|| self.dice.below(6));
        Writer {
            store: Store::new(journal, 0),
            disk: FaultDisk::new(plan, read.medium),
            fuse,
        }
    }
}

/// Copies records as they are, each to its shard's journal, then the sends to be remembered.
fn copy(old: &[(Read, Vec<Location>)], survivors: &Survivors, writers: &mut [Writer]) -> Result<(), Cut> {
    for (index, (read, places)) in (0..).zip(old) {
        let of_this = survivors
            .records
            .iter()
            .filter(|survivor| survivor.adopted == index);
        let wanted: BTreeMap<(u32, u32), ShardId> = of_this
            .map(|survivor| ((survivor.spot.segment, survivor.spot.offset), survivor.home))
            .collect();
        let mut copied = 0;
        for &place in places {
            if let Some(home) = wanted.get(&(place.segment.0 as u32, place.offset)) {
                writers[usize::from(home.0)].append(&view_at(read, place))?;
                copied += 1;
            }
        }
        assert_eq!(copied, wanted.len(), "every survivor is where it was found");
    }
    for (shard, writer) in (0..).zip(&mut *writers) {
        for source in [Bringer::Subscriber, Bringer::Peer] {
            let of_this = survivors
                .sends
                .iter()
                .filter(|(home, bringer, _)| *home == ShardId(shard) && *bringer == source);
            let sends: Vec<Remembered> = of_this.map(|(_, _, send)| *send).collect();
            for sends in sends.chunks(SENDS_PER_RECORD) {
                let sends = Repeats {
                    sends: sends.to_vec(),
                };
                writer.until_there_is_room(|store| store.remember(&sends, source).map(drop))?;
            }
        }
    }
    writers.iter_mut().try_for_each(Writer::finish)
}

impl Writer {
    fn append(&mut self, record: &RecordView<'_>) -> Result<(), Cut> {
        let copy = Record {
            kind: record.kind,
            key: record.key,
            header: record.header,
            body: &[record.body],
        };
        self.until_there_is_room(|store| store.journal.append(AppendClass::State, copy).map(drop))
    }

    fn until_there_is_room(
        &mut self,
        append: impl Fn(&mut Store<Vec<u8>>) -> Result<(), AppendRefused>,
    ) -> Result<(), Cut> {
        loop {
            match append(&mut self.store) {
                Ok(()) => return Ok(()),
                Err(AppendRefused::NoSegment | AppendRefused::NoBuffer) if self.work()? > 0 => {}
                Err(refused) => panic!("the new journals take nothing: {refused}"),
            }
        }
    }

    /// Carries out every operation that is wanted now; says how many.
    fn work(&mut self) -> Result<usize, Cut> {
        let mut done = 0;
        while let Some(operation) = self.store.journal.poll_operation() {
            self.disk.submit(operation);
        }
        while self.disk.outstanding() > 0 {
            if let Some(fuse) = &mut self.fuse {
                *fuse = fuse.checked_sub(1).ok_or(Cut)?;
            }
            if let Some(answer) = self.disk.poll() {
                done += 1;
                let known = self
                    .store
                    .journal
                    .complete(answer.id, answer.result, answer.buffer);
                known.expect("an operation is answered once");
            }
            while let Some(operation) = self.store.journal.poll_operation() {
                self.disk.submit(operation);
            }
        }
        Ok(done)
    }

    /// Everything appended is on disk when this returns.
    fn finish(&mut self) -> Result<(), Cut> {
        self.store.journal.request_marker();
        // Also where an earlier attempt has copied everything: the segments ahead and in reserve are made here.
        let mut done = self.work()?;
        while !self.store.journal.is_idle() {
            assert!(done > 0, "the new journals can be finished");
            done = self.work()?;
        }
        Ok(())
    }
}
