//! A shard's brain over a disk that answers in the next turn, and a clock that goes a millisecond a turn.
//!
//! Made ready by [`subjects`](crate::subjects), and by the bench of memory. Invariants: its chance is seeded, its clock
//! counts turns, so every run is the same; what it answers is shown, so that a turn which takes nothing is seen.

use base::{Monotonic, Msisdn, Now, ShardId, WallMs};
use journal::{AlignedBuffer, Epoch, Journal, JournalId, Operation, OperationId, Resume};
use meter::{Class, Laps, ShardMeter, Stamp};
use profile::Settings;
use shard::{Answer, Brain, Effect, Input, Method, Options, ReplyTo, Request};
use std::collections::VecDeque;
use std::sync::Arc;
use store::Store;

/// A brain, and what its disk has answered.
pub struct Lab {
    brain: Brain<AlignedBuffer>,
    answered: VecDeque<Input<AlignedBuffer>>,
    inputs: Vec<Input<AlignedBuffer>>,
    effects: Vec<Effect<AlignedBuffer>>,
    now: Now,
    /// Answers so far.
    pub answers: u64,
    /// What it counts.
    pub meter: Arc<ShardMeter>,
}

/// A submission: its number, who sends it, and the PDU.
pub type Submission = (u64, Option<Msisdn>, Vec<u8>);

impl std::fmt::Debug for Lab {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "Lab, {} answers", self.answers)
    }
}

/// What a disk that does all at once says of an operation: which it was, the octets written, and its buffer.
pub fn done<B>(operation: Operation<B>) -> (OperationId, u32, Option<B>) {
    let id = operation.id();
    match operation {
        Operation::WriteGroup { length, buffer, .. } => (id, length, Some(buffer)),
        _ => (id, 0, None),
    }
}

/// Has a disk that does all at once carry out whatever a journal asks of it.
pub fn carry_out<B: AsRef<[u8]> + AsMut<[u8]>>(journal: &mut Journal<B>) {
    while let Some(operation) = journal.poll_operation() {
        let (id, octets, buffer) = done(operation);
        // It was given out a moment ago.
        let _ = journal.complete(id, Ok(octets), buffer);
    }
}

/// Nobody asks how long a stage took.
fn stamp() -> Stamp {
    Stamp(0)
}

impl Lab {
    /// A new shard, alone.
    #[must_use]
    pub fn new(journal_settings: journal::Settings) -> Lab {
        let meter = Arc::<ShardMeter>::default();
        let journal = Journal::new(journal_settings, Resume::fresh(JournalId(0), Epoch(1), 1));
        let now = Now {
            monotonic: Monotonic(1_000),
            wall: WallMs(1_700_000_000_000),
        };
        let address = std::net::SocketAddr::from(([127, 0, 0, 1], 8_190));
        let profile = profile::compile(&Settings::default(), 1, address);
        let Ok(routes) = route::Routes::compile(&profile, Arc::default(), 1) else {
            unreachable!("no ported numbers name a peer");
        };
        let mut brain = Brain::new(
            Options {
                shard: ShardId(0),
                shards: 1,
                profile: Arc::new(profile),
                routes: route::Publisher::new(Arc::new(routes)).reader(),
                meter: Arc::clone(&meter),
                stamp,
                seed: [7; 32],
                first_sequence: 1,
                now,
            },
            Store::new(journal, 0),
        );
        while brain.wants_buffer() {
            let buffer = AlignedBuffer::zeroed(brain.group_octets() as usize);
            if brain.give_buffer(buffer).is_err() {
                unreachable!("a buffer of the size that was asked for");
            }
        }
        Lab {
            brain,
            answered: VecDeque::with_capacity(1_024),
            inputs: Vec::with_capacity(1_024),
            effects: Vec::with_capacity(4_096),
            now,
            answers: 0,
            meter,
        }
    }

    /// Whether nothing is under way.
    #[must_use]
    pub fn is_idle(&self) -> bool {
        self.brain.is_idle()
    }

    /// One turn with these submissions and with what the disk has answered; a millisecond passes.
    pub fn turn(&mut self, submissions: impl Iterator<Item = Submission>, mut hears: impl FnMut(&Answer)) {
        self.inputs.extend(self.answered.drain(..));
        for (number, subscriber, pdu) in submissions {
            self.inputs.push(Input::Request(Box::new(Request {
                reply_to: ReplyTo {
                    shard: ShardId(0),
                    slot: number as u32,
                    generation: 0,
                    laps: Laps::begin(stamp(), Class::Mm1Refused),
                },
                subscriber,
                method: Method::Post,
                token: None,
                body: pdu.into(),
                oversize: None,
                refusal: None,
            })));
        }
        self.now.monotonic.0 += 1;
        self.now.wall.0 += 1;
        self.brain.turn(self.now, &mut self.inputs, &mut self.effects);
        for effect in self.effects.drain(..) {
            match effect {
                Effect::Answer { answer, .. } => {
                    self.answers += 1;
                    hears(&answer);
                }
                Effect::Disk(operation) => {
                    let (id, octets, buffer) = done(operation);
                    let result = Ok(octets);
                    self.answered.push_back(Input::Disk { id, result, buffer });
                }
                // One shard, the outbox, every body at hand when it is notified: what is left has nobody to go to.
                _ => {}
            }
        }
    }
}
