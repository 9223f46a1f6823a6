//! After a start: what the journals hold becomes what each shard needs to go on.
//!
//! Every journal's records are shown to one [`Collector`], in log order within a journal. Accept records are kept by
//! message, the last place counts; states by recipient, the highest sequence wins in whatever journal it stands.
//! [`Collector::finish`] puts the two together. Invariants:
//! * An end whose accept record is still there keeps the message from being delivered again.
//! * A message without any state is delivered from the beginning.
//! * An end whose accept record is gone is kept only for a read report that may still come.

use crate::delivery::{Delivery, DeliveryRecipient};
use crate::messages::{Message, Spot};
use crate::record::{
    Accept, FLAG_READ_DONE, FLAG_READ_REPORT, KIND_ACCEPT, KIND_REPEATS, KIND_STATE, Repeats, State,
};
use ahash::AHashMap;
use base::id::EPOCH_SHIFT;
use base::{MessageId, Msisdn, Partition, ShardId, WallSeconds};
use journal::Recovered;

/// What one shard goes on with.
#[derive(Debug, Default)]
pub struct ShardState {
    /// Messages of its senders.
    pub messages: Vec<Message>,
    /// Copies of its recipients.
    pub copies: Vec<RestoredCopy>,
    /// Deliveries that no home had recorded anything of, with that home.
    pub deliveries: Vec<(ShardId, Delivery)>,
    /// Records of sends remembered: until when (seconds since 1970), and where.
    pub remembered: Vec<(u32, Spot)>,
    /// First sequence for message ids.
    pub first_sequence: u64,
}

/// A copy and where its latest state stands.
#[derive(Clone, Copy, Debug)]
pub struct RestoredCopy {
    /// Its state.
    pub state: State,
    /// Where.
    pub spot: Spot,
    /// Its message's accept record is gone.
    pub is_gone: bool,
}

/// Takes records from all journals.
#[derive(Debug, Default)]
pub struct Collector {
    accepts: AHashMap<u64, (ShardId, Spot, Accept)>,
    states: AHashMap<(u64, u16), (ShardId, Spot, State)>,
    remembered: Vec<(ShardId, Spot, Vec<crate::record::Remembered>)>,
    sequence_max: u64,
    unreadable: u64,
}

/// What the recovered state is put together for.
#[derive(Clone, Copy, Debug)]
pub struct Layout {
    /// Shards, each with the journal of its number.
    pub shards: u16,
    /// Number of this start.
    pub epoch: u32,
    /// The time.
    pub now: WallSeconds,
    /// Seconds that a send is remembered.
    pub dedup_s: u32,
    /// Seconds after an end during which a read report is taken.
    pub read_report_s: u32,
}

impl Collector {
    /// Takes one record of a shard's journal.
    pub fn take(&mut self, shard: ShardId, record: Recovered<'_>) {
        let spot = Spot::new(record.location);
        let read = match record.kind {
            KIND_ACCEPT => Accept::read(record.header).map(|accept| {
                let accept = accept.to_native();
                self.saw(accept.message);
                self.accepts.insert(accept.message, (shard, spot, accept));
            }),
            KIND_STATE => State::read(record.header).map(|state| {
                let state = state.to_native();
                self.saw(state.message);
                let key = (state.message, state.recipient);
                let is_newer = self
                    .states
                    .get(&key)
                    .is_none_or(|(_, _, known)| known.sequence <= state.sequence);
                if is_newer {
                    self.states.insert(key, (shard, spot, state));
                }
            }),
            KIND_REPEATS => Repeats::read(record.header).map(|repeats| {
                let sends = repeats
                    .sends
                    .iter()
                    .map(crate::record::ArchivedRemembered::to_native);
                self.remembered.push((shard, spot, sends.collect()));
            }),
            _ => Err(crate::record::Unreadable { kind: record.kind }),
        };
        self.unreadable += u64::from(read.is_err());
    }

    /// Records that could not be understood: of a later version, or defects.
    #[must_use]
    pub fn unreadable(&self) -> u64 {
        self.unreadable
    }

    /// Puts everything together, a state for each shard.
    #[must_use]
    pub fn finish(mut self, layout: Layout) -> Vec<ShardState> {
        let mut shards: Vec<ShardState> = (0..layout.shards).map(|_| ShardState::default()).collect();
        let first = (u64::from(layout.epoch) << EPOCH_SHIFT).max(self.sequence_max + 1);
        for shard in &mut shards {
            shard.first_sequence = first;
        }
        self.finish_remembered(&mut shards, layout);
        for (_, (shard, spot, accept)) in std::mem::take(&mut self.accepts) {
            self.finish_message(&mut shards, layout, (shard, spot), &accept);
        }
        for (shard, spot, state) in self.states.into_values() {
            let oldest = layout.now.0.saturating_sub(layout.read_report_s);
            let is_read_owed = state.flags & FLAG_READ_REPORT != 0 && state.flags & FLAG_READ_DONE == 0;
            let is_retrieved = state.state == lifecycle::End::Retrieved.status();
            if is_read_owed && is_retrieved && state.until > oldest {
                push(&mut shards, shard, |shard| {
                    shard.copies.push(RestoredCopy {
                        state,
                        spot,
                        is_gone: true,
                    });
                });
            }
        }
        shards
    }

    fn finish_message(
        &mut self,
        shards: &mut [ShardState],
        layout: Layout,
        (shard, spot): (ShardId, Spot),
        accept: &Accept,
    ) {
        let mut open = 0;
        let mut deliveries: Vec<(ShardId, Delivery)> = Vec::new();
        for (index, recipient) in (0_u16..).zip(&accept.recipients) {
            match self.states.remove(&(accept.message, index)) {
                Some((home, spot, state)) => {
                    let is_ended = lifecycle::State::from_octet(state.state).is_some_and(|s| s.is_ended());
                    open += u16::from(!is_ended);
                    push(shards, home, |home| {
                        home.copies.push(RestoredCopy {
                            state,
                            spot,
                            is_gone: false,
                        });
                    });
                }
                None => {
                    open += 1;
                    let home = Msisdn::from_bits(recipient.number)
                        .map_or(shard, |number| Partition::of(number).home(layout.shards));
                    let place = deliveries
                        .iter()
                        .position(|(at, _)| *at == home)
                        .unwrap_or_else(|| {
                            deliveries.push((home, Delivery::of(accept)));
                            deliveries.len() - 1
                        });
                    if let Some((_, delivery)) = deliveries.get_mut(place) {
                        delivery.recipients.push(DeliveryRecipient {
                            index,
                            recipient: *recipient,
                        });
                    }
                }
            }
        }
        let message = Message {
            id: MessageId::from_bits(accept.message),
            sender: accept.sender,
            repeat_key: accept.repeat_key,
            accepted_at: accept.accepted_at,
            spot,
            open,
            reads: 0,
        };
        push(shards, shard, |shard| {
            shard.messages.push(message);
            shard.deliveries.append(&mut deliveries);
        });
    }

    fn finish_remembered(&mut self, shards: &mut [ShardState], layout: Layout) {
        for (shard, spot, sends) in std::mem::take(&mut self.remembered) {
            let latest = sends.iter().map(|send| send.at).max().unwrap_or(0);
            let until = latest.saturating_add(layout.dedup_s);
            if until <= layout.now.0 {
                continue;
            }
            let Some(state) = shards.get_mut(usize::from(shard.0)) else {
                continue;
            };
            state.remembered.push((until, spot));
            for send in sends {
                // Its accept record may still be there, where a crash came between the record and the freeing.
                if !self.accepts.contains_key(&send.message) {
                    state.messages.push(Message {
                        id: MessageId::from_bits(send.message),
                        sender: send.sender,
                        repeat_key: send.key,
                        accepted_at: send.at,
                        spot: Spot::NOWHERE,
                        open: 0,
                        reads: 0,
                    });
                }
            }
        }
    }

    fn saw(&mut self, message: u64) {
        self.sequence_max = self.sequence_max.max(MessageId::from_bits(message).sequence());
    }
}

fn push(shards: &mut [ShardState], shard: ShardId, into: impl FnOnce(&mut ShardState)) {
    if let Some(state) = shards.get_mut(usize::from(shard.0)) {
        into(state);
    }
}
