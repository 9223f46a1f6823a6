//! How everything stops, and what a start makes of what is left on the disks.
//!
//! Beside `world`: the power fails everywhere at once, every journal is read, and the brains begin anew, perhaps
//! another number of them (`relayout`). Invariants: what was durable and not shown yet is shown before anything
//! starts; damage that loses records is a failure, since only what was not synced may be damaged.

use crate::node::Written;
use crate::world::World;
use crate::world::damage::Damaged;
use base::{Monotonic, ShardId};
use journal::fault::{Medium, MemoryMedium};
use journal::{Epoch, Lsn, RecordView, Recovered, Recovery, SegmentSequence};
use std::collections::{BTreeMap, BTreeSet};
use store::record::{KIND_ACCEPT, KIND_ARRIVAL, KIND_STATE, State, entered};
use store::recover::{Collector, Layout, ShardState, Source};

/// Where the accept records of each message stand, by shard and segment: moved ones may do so more than once.
pub type Places = BTreeMap<u64, BTreeSet<(u16, SegmentSequence)>>;

/// What a start found on the disks.
#[derive(Clone, Debug, Default)]
pub struct Found {
    /// Messages whose accept records are there, and where: by shard and segment.
    pub accepts: Places,
    /// The latest state record of each copy, by its sequence: the sequence, and the state as an octet.
    pub states: BTreeMap<(u64, u16), (u32, u8)>,
}

impl Found {
    fn take(&mut self, shard: u16, record: Recovered<'_>) {
        match record.kind {
            KIND_ACCEPT | KIND_ARRIVAL => {
                let entered = entered(record.kind, record.header).expect("a message");
                let places = self.accepts.entry(entered.accept.message).or_default();
                places.insert((shard, record.location.segment));
            }
            KIND_STATE => {
                let state = State::read(record.header).expect("a state").to_native();
                let known = self.states.entry((state.message, state.recipient)).or_default();
                *known = (*known).max((state.sequence, state.state));
            }
            _ => {}
        }
    }
}

/// A journal that was read.
pub(super) struct Read {
    pub(super) medium: MemoryMedium,
    pub(super) recovery: Recovery,
}

/// Reads a journal.
pub(super) fn read(medium: MemoryMedium, take: &mut impl FnMut(Recovered<'_>)) -> Read {
    let recovery = medium.recover(take);
    let lost: Vec<_> = recovery
        .problems
        .iter()
        .filter(|found| found.what.loses_records())
        .collect();
    assert!(lost.is_empty(), "{lost:?}");
    Read { medium, recovery }
}

impl World {
    /// The power fails everywhere at once, and everything starts again from the disks.
    pub fn crash(&mut self) {
        self.restart(self.shape.shards);
    }

    /// The same; so many shards are started.
    ///
    /// # Panics
    /// Where something is lost that was synced.
    pub fn restart(&mut self, shards: u16) {
        self.crashes += 1;
        self.epoch += 1;
        self.mail.clear();
        self.pushes.clear();
        self.relays.clear();
        let mut collector = Collector::default();
        let damaged: Damaged = self.nodes.iter().map(|node| node.damaged.clone()).collect();
        let mut open = self.power_off(&mut collector);
        // A process counts from its own start.
        self.now.monotonic = Monotonic(self.dice.below(3) * 70);
        if shards != self.shape.shards || !self.adopted.is_empty() {
            if shards != self.shape.shards {
                self.adopted.extend(open.into_iter().map(|read| read.medium));
                self.shape.shards = shards;
                open = Vec::new();
            }
            let open = open.into_iter().map(|read| read.medium).collect();
            let moved = self.move_in(open);
            collector = Collector::default();
            self.start(moved, collector);
        } else {
            self.start_read(open, collector);
            // Other disks have the journals of another layout.
            for (node, damaged) in self.nodes.iter_mut().zip(damaged) {
                node.damaged = damaged;
            }
        }
        self.begin();
    }

    /// What is left of every disk; what nobody was shown is shown.
    fn power_off(&mut self, collector: &mut Collector) -> Vec<Read> {
        let mut found = Found::default();
        let mut open = Vec::new();
        for (index, node) in std::mem::take(&mut self.nodes).into_iter().enumerate() {
            let tapped = node.tapped;
            let mut unseen: Vec<(Lsn, journal::Location)> = Vec::new();
            let (medium, faults) = node.disk.crash_counted();
            self.faults += faults;
            let read = read(medium, &mut |record: Recovered<'_>| {
                collector.take(Source::Open(ShardId(index as u16)), record);
                found.take(index as u16, record);
                if record.lsn >= tapped {
                    unseen.push((record.lsn, record.location));
                }
            });
            for (_, location) in unseen {
                let written = written_at(&read, location);
                self.show(index as u16, written);
            }
            open.push(read);
        }
        self.found = found;
        open
    }

    pub(super) fn layout(&self) -> Layout {
        Layout {
            shards: self.shape.shards,
            epoch: self.epoch,
            now: self.wall(),
            dedup_s: self.shape.profile.mm1.dedup_s,
            repeats_s: self.shape.profile.mm4.repeats_s,
            read_report_s: self.shape.profile.retrieve.read_report_s,
            again_s: self.shape.profile.retrieve.again_ms / 1_000,
        }
    }

    fn start(&mut self, media: Vec<MemoryMedium>, mut collector: Collector) {
        let mut found = Found::default();
        let mut open = Vec::new();
        for (index, medium) in media.into_iter().enumerate() {
            open.push(read(medium, &mut |record: Recovered<'_>| {
                collector.take(Source::Open(ShardId(index as u16)), record);
                found.take(index as u16, record);
            }));
        }
        self.found = found;
        self.start_read(open, collector);
    }

    fn start_read(&mut self, open: Vec<Read>, collector: Collector) {
        assert_eq!(collector.unreadable(), 0);
        self.places.clone_from(&self.found.accepts);
        let states = collector.finish(self.layout());
        for (index, (read, state)) in open.into_iter().zip(states).enumerate() {
            self.start_shard(index as u16, read, state);
        }
    }

    fn start_shard(&mut self, index: u16, read: Read, state: ShardState) {
        let resume = read.recovery.resume(Epoch(self.epoch), self.dice.roll());
        let node = self.node(index, resume, read.medium, state);
        self.nodes.push(node);
    }
}

/// The record at a place.
pub(super) fn view_at(read: &Read, location: journal::Location) -> RecordView<'_> {
    let mut reports = read.recovery.segments.iter();
    let report = reports.find(|report| report.place.segment == location.segment);
    let slot = report.expect("a segment that was read").place.slot;
    let file = read.medium.slot(slot).expect("a file");
    let geometry = read.medium.identity().geometry;
    RecordView::parse(&file[location.offset as usize..], location, geometry)
        .expect("what was found can be read")
}

fn written_at(read: &Read, location: journal::Location) -> Written {
    let view = view_at(read, location);
    Written {
        kind: view.kind,
        header: view.header.to_vec(),
        body: view.body.to_vec(),
        segment: location.segment,
    }
}
