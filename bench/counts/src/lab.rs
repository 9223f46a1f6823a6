//! A shard's brain over a disk that answers in the next turn, and a clock that goes a millisecond a turn.
//!
//! Made ready by [`subjects`](crate::subjects). Invariants: its chance is seeded, its clock counts turns, so every run
//! is the same; what it answers is counted, so that a turn which takes nothing is seen.

use base::{Monotonic, Msisdn, Now, ShardId, WallMs};
use journal::{AlignedBuffer, Epoch, Journal, JournalId, Operation, Resume, SettingsDraft};
use meter::{Class, Laps, ShardMeter, Stamp};
use profile::Settings;
use shard::{Brain, Effect, Input, Method, Options, ReplyTo, Request};
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
}

impl std::fmt::Debug for Lab {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "Lab, {} answers", self.answers)
    }
}

impl Default for Lab {
    fn default() -> Lab {
        Lab::new()
    }
}

/// Nobody asks how long a stage took.
fn stamp() -> Stamp {
    Stamp(0)
}

impl Lab {
    /// A new shard, alone.
    #[must_use]
    pub fn new() -> Lab {
        let Ok(journal_settings) = journal::Settings::new(SettingsDraft::laptop()) else {
            unreachable!("the laptop's settings hold");
        };
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
                meter: Arc::<ShardMeter>::default(),
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
        }
    }

    /// One turn with these submissions, each from a number of its own, and with what the disk has answered.
    pub fn turn(&mut self, submissions: impl Iterator<Item = (u64, Vec<u8>)>) {
        self.inputs.extend(self.answered.drain(..));
        for (number, pdu) in submissions {
            self.inputs.push(Input::Request(Box::new(Request {
                reply_to: ReplyTo {
                    shard: ShardId(0),
                    slot: number as u32,
                    generation: 0,
                    laps: Laps::begin(stamp(), Class::Mm1Refused),
                },
                subscriber: Msisdn::from_bits(99_910_000_000 + number),
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
                Effect::Answer { .. } => self.answers += 1,
                Effect::Disk(operation) => {
                    let id = operation.id();
                    let (octets, buffer) = match operation {
                        Operation::WriteGroup { length, buffer, .. } => (length, Some(buffer)),
                        _ => (0, None),
                    };
                    let result = Ok(octets);
                    self.answered.push_back(Input::Disk { id, result, buffer });
                }
                // One shard, the outbox, every body at hand: what is left has nobody to go to.
                _ => {}
            }
        }
    }
}
