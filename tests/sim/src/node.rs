//! One shard of the simulation: a brain, its disk, and what lies between them.
//!
//! Carries out effects as the engine's hands do: disk operations go to the faulty disk, reads are answered from its
//! medium, what concerns others is handed up. Also taps the log: a record is shown once it is durable, never before.
//! Invariant: what the brain asked for is answered once.

use crate::meters::Meter;
use base::{Now, ShardId};
use journal::fault::{FaultDisk, MemoryMedium};
use journal::{
    BLOCK_OCTETS, GROUP_HEADER_OCTETS, GroupHeader, Location, Lsn, Operation, RECORD_ALIGN, ReadRange,
    RecordHeader, RecordView, SegmentSequence, Slot,
};
use shard::{Action, Answer, Brain, Effect, Input, Mail, NotDone, Push, Relay, ReplyTo};
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::ops::Range;
use std::sync::Arc;

/// A disk that fails as planned, in memory.
pub type Disk = FaultDisk<Vec<u8>, MemoryMedium>;

/// A record that is durable.
#[derive(Clone, Debug)]
pub struct Written {
    /// Its kind, in the store's words.
    pub kind: u16,
    /// Its header.
    pub header: Vec<u8>,
    /// Its body.
    pub body: Vec<u8>,
    /// The segment that it stands in.
    pub segment: SegmentSequence,
}

/// What a turn wants of the world outside the shard.
pub enum Wish {
    /// An answer for a connection.
    Answer(ReplyTo, Box<Answer>),
    /// Mail for another shard.
    Mail(ShardId, Mail),
    /// A push for the bearer.
    Push(Box<Push>),
    /// A mail for another operator.
    Relay(Box<Relay>),
    /// What came of an operator's action, by its ticket.
    Acted(u32, Result<Arc<Action>, NotDone>),
}

/// One shard.
pub struct Node {
    /// Where it counts.
    pub meter: Meter,
    /// The production code.
    pub brain: Brain<Vec<u8>>,
    /// Its disk.
    pub disk: Disk,
    /// What waits to be taken.
    pub inbox: VecDeque<Input<Vec<u8>>>,
    reads: VecDeque<(u32, Slot, ReadRange)>,
    flying: BTreeMap<Lsn, (Location, Vec<u8>)>,
    /// Everything below was shown.
    pub tapped: Lsn,
    /// Blocks that can't be read any more, by file and number, until they are written again.
    pub damaged: BTreeSet<(Slot, u32)>,
    /// Reads that had no answer: they failed on purpose, or met such a block.
    pub unread: u64,
    /// Segments that it may have: a journal that others were moved into may begin with more than the settings say.
    pub segments_max: usize,
}

impl Node {
    /// A shard at its start; the log below `tapped` was shown.
    #[must_use]
    pub fn new(brain: Brain<Vec<u8>>, disk: Disk, tapped: Lsn, meter: Meter) -> Node {
        let draft = brain.store().journal.settings().draft();
        Node {
            segments_max: usize::from(draft.segments_max).max(disk.medium().slots().count()),
            meter,
            brain,
            disk,
            inbox: VecDeque::new(),
            reads: VecDeque::new(),
            damaged: BTreeSet::new(),
            unread: 0,
            flying: BTreeMap::new(),
            tapped,
        }
    }

    /// Whether the disk or a read owes something.
    #[must_use]
    pub fn is_busy(&self) -> bool {
        self.disk.outstanding() > 0 || !self.reads.is_empty() || !self.inbox.is_empty()
    }

    /// Whether a turn has something to do.
    #[must_use]
    pub fn is_due(&self, now: Now) -> bool {
        !self.inbox.is_empty() || self.brain.next_deadline().is_some_and(|at| at <= now.monotonic)
    }

    /// Lets the disk take a step; its answer, if there is one, goes to the inbox.
    pub fn poll_disk(&mut self) -> bool {
        let Some(done) = self.disk.poll() else {
            return false;
        };
        self.inbox.push_back(Input::Disk {
            id: done.id,
            result: done.result,
            buffer: done.buffer,
        });
        true
    }

    /// Answers one read; with nothing where it `fails`, or meets a damaged block.
    pub fn poll_read(&mut self, at: usize, fails: bool) -> bool {
        if at >= self.reads.len() {
            return false;
        }
        let Some((ticket, slot, range)) = self.reads.remove(at) else {
            return false;
        };
        let fails = fails || self.is_damaged(slot, range.offset, range.length);
        self.unread += u64::from(fails);
        let range = range.offset as usize..(range.offset + range.length) as usize;
        let octets = self.disk.medium().slot(slot).and_then(|file| file.get(range));
        self.inbox.push_back(Input::Read {
            ticket,
            octets: octets.filter(|_| !fails).map(<[u8]>::to_vec),
        });
        true
    }

    /// Whether so many octets of a file, from there on, can't be read any more.
    #[must_use]
    pub fn is_damaged(&self, slot: Slot, offset: u32, length: u32) -> bool {
        let mut damaged = self.damaged.range(blocks(slot, offset, length));
        damaged.next().is_some()
    }

    /// Reads that wait for an answer.
    #[must_use]
    pub fn reads(&self) -> usize {
        self.reads.len()
    }

    /// One turn with so many of the inputs that wait.
    pub fn turn(&mut self, now: Now, inputs: usize) -> Vec<Wish> {
        let count = inputs.min(self.inbox.len());
        let mut inputs: Vec<_> = self.inbox.drain(..count).collect();
        let mut effects = Vec::new();
        self.brain.turn(now, &mut inputs, &mut effects);
        let mut wishes = Vec::new();
        for effect in effects {
            match effect {
                Effect::Answer { to, answer } => wishes.push(Wish::Answer(to, Box::new(answer))),
                Effect::Mail { to, mail } => wishes.push(Wish::Mail(to, mail)),
                Effect::Push(push) => wishes.push(Wish::Push(push)),
                Effect::Relay(relay) => wishes.push(Wish::Relay(relay)),
                Effect::Spent(_) => {}
                Effect::Acted { ticket, outcome } => wishes.push(Wish::Acted(ticket, outcome)),
                Effect::Disk(operation) => self.submit(operation),
                Effect::Read { ticket, slot, range } => self.reads.push_back((ticket, slot, range)),
            }
        }
        wishes
    }

    fn submit(&mut self, operation: Operation<Vec<u8>>) {
        if let Operation::WriteGroup {
            place,
            offset,
            length,
            buffer,
            ..
        } = &operation
        {
            let geometry = self.brain.store().journal.published().geometry();
            let location = Location {
                segment: place.segment,
                offset: *offset,
                length: *length,
            };
            // A block that is written again is another one.
            let again: Vec<_> = self
                .damaged
                .range(blocks(place.slot, *offset, *length))
                .copied()
                .collect();
            for block in again {
                self.damaged.remove(&block);
            }
            let bytes = buffer[..*length as usize].to_vec();
            self.flying.insert(geometry.lsn_of(location), (location, bytes));
        }
        self.disk.submit(operation);
    }

    /// The records that became durable since the last call, in log order.
    ///
    /// # Panics
    /// Where the journal gave out a group that cannot be read.
    pub fn tap(&mut self) -> Vec<Written> {
        let journal = &self.brain.store().journal;
        let (durable, geometry) = (journal.durable_lsn(), journal.published().geometry());
        let mut written = Vec::new();
        while let Some(first) = self.flying.first_entry() {
            if *first.key() >= durable {
                break;
            }
            let (place, bytes) = first.remove();
            let (header, _) = GroupHeader::decode(&bytes).expect("a group was written");
            let mut at = GROUP_HEADER_OCTETS;
            for _ in 0..header.count {
                let frame = RecordHeader::decode(&bytes[at as usize..]).expect("a record header");
                let location = Location {
                    segment: place.segment,
                    offset: place.offset + at,
                    length: frame.frame_octets().expect("a length"),
                };
                let view = RecordView::parse(&bytes[at as usize..], location, geometry).expect("a record");
                written.push(Written {
                    kind: view.kind,
                    header: view.header.to_vec(),
                    body: view.body.to_vec(),
                    segment: place.segment,
                });
                at += location.length.next_multiple_of(RECORD_ALIGN);
            }
        }
        self.tapped = durable;
        written
    }
}

/// The blocks in which so many octets of a file stand, from there on.
fn blocks(slot: Slot, offset: u32, length: u32) -> Range<(Slot, u32)> {
    (slot, offset / BLOCK_OCTETS)..(slot, (offset + length).div_ceil(BLOCK_OCTETS))
}
