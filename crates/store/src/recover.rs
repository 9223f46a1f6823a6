//! After a start: what the journals hold becomes what each shard needs to go on.
//!
//! Every journal's records are shown to one [`Collector`], in log order within a journal. Accept records are kept by
//! message, the last place counts; states by recipient, the highest sequence wins in whatever journal it stands.
//! [`Collector::finish`] puts the two together. Invariants:
//! * An end whose accept record is still there keeps the message from being delivered again.
//! * A message without any state is delivered from the beginning.
//! * An end of which somebody is still to be told keeps its message open, and so does a response that a peer has not
//!   taken.
//! * An end whose accept record is gone is kept only for a read report that may still come, or is to be passed on.
//! * After a change of the shard count the records of the earlier journals come first; [`Collector::survivors`] says
//!   which of them must be written anew before those journals are dropped, all at once.

use crate::delivery::{Delivery, DeliveryRecipient};
use crate::messages::{Message, Spot};
use crate::record::{
    Accept, Action, Answered, ArchivedRemembered, FLAG_RELAYED, KIND_ACCEPT, KIND_ACTION, KIND_ANSWERED,
    KIND_ARRIVAL, KIND_REPEATS, KIND_REPEATS_ARRIVED, KIND_STATE, Origin, Remembered, Repeats,
    Source as Bringer, State, entered, is_reading_asked, keeps_message, owes_reading,
};
use ahash::{AHashMap, AHashSet};
use base::id::EPOCH_SHIFT;
use base::{MessageId, Msisdn, Partition, ShardId, WallSeconds};
use journal::Recovered;
use journal::planted::{Bug, is_planted};
use std::collections::BTreeSet;

mod actions;

use actions::Actions;

/// What one shard goes on with.
#[derive(Debug, Default)]
pub struct ShardState {
    /// Messages of its senders.
    pub messages: Vec<Message>,
    /// Copies of its recipients.
    pub copies: Vec<RestoredCopy>,
    /// Deliveries that no home had recorded anything of, with that home.
    pub deliveries: Vec<(ShardId, Delivery)>,
    /// Messages whose peer has not taken our response, with what it says.
    pub unanswered: Vec<(MessageId, Box<Origin>)>,
    /// Records of sends remembered: until when (seconds since 1970), where, and who brought them.
    pub remembered: Vec<(u32, Spot, Bringer)>,
    /// What operators did to the peers whose home it is, the earliest first, and where that stands.
    pub actions: Vec<(Spot, Action)>,
    /// What holds of each peer, wherever it stands.
    pub holding: Vec<Action>,
    /// Messages whose record stands in an older segment, too, with that segment.
    pub copied: Vec<(MessageId, u32)>,
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
    /// Which of its message's fields names it; of use where it has no number.
    pub field: u16,
}

/// Which journal a record was found in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// The open journal of this shard.
    Open(ShardId),
    /// A journal of an earlier layout, by its place among them.
    Adopted(u16),
}

/// A record of an earlier layout's journal that is still needed.
#[derive(Clone, Debug)]
pub struct Survivor {
    /// Which of the adopted journals.
    pub adopted: u16,
    /// Where in it.
    pub spot: Spot,
    /// The shard whose journal it belongs to now.
    pub home: ShardId,
}

/// What must be written anew after a change of the shard count.
#[derive(Debug, Default)]
pub struct Survivors {
    /// Records to be copied as they are.
    pub records: Vec<Survivor>,
    /// Sends to be remembered, with their messages' homes, by who brought them.
    pub sends: Vec<(ShardId, Bringer, Remembered)>,
}

/// Takes records from all journals, those of earlier layouts first.
#[derive(Debug, Default)]
pub struct Collector {
    accepts: AHashMap<u64, (Source, Spot, Begun)>,
    states: AHashMap<(u64, u16), (Source, Spot, State)>,
    remembered: Vec<(Source, Spot, Bringer, Vec<Remembered>)>,
    /// Messages whose peer needs no response any more.
    answered: AHashMap<u64, (Source, Spot)>,
    /// Records that begin a message, found twice in one open journal: its shard, the message, the earlier segment.
    copied: BTreeSet<(ShardId, u64, u32)>,
    actions: Actions,
    sequence_max: u64,
    unreadable: u64,
}

/// What is kept of the record that began a message.
#[derive(Debug)]
struct Begun {
    accept: Accept,
    /// Of an arrival, each recipient's; else none.
    keys: Vec<u64>,
    /// Of an arrival whose peer wants a response, where it comes from.
    origin: Option<Box<Origin>>,
}

impl Begun {
    fn bringer(&self) -> Bringer {
        match self.keys.is_empty() {
            true => Bringer::Subscriber,
            false => Bringer::Peer,
        }
    }

    fn home(&self, layout: Layout) -> ShardId {
        let partition = MessageId::from_bits(self.accept.message).partition();
        partition.home(layout.shards)
    }

    /// Every entry that it has in the table of messages; `open` is of the first.
    fn messages(&self, spot: Spot, open: u16) -> impl Iterator<Item = Message> {
        let first = Message::of(&self.accept, spot, open, self.bringer());
        std::iter::once(first).chain(first.others(&self.keys))
    }
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
    /// Seconds that a subscriber's send is remembered.
    pub dedup_s: u32,
    /// Seconds that an arrival is remembered.
    pub repeats_s: u32,
    /// Seconds after an end during which a read report is taken.
    pub read_report_s: u32,
    /// Seconds after a retrieval's end during which it may be repeated.
    pub again_s: u32,
}

impl Layout {
    fn remembered_s(&self, bringer: Bringer) -> u32 {
        match bringer {
            Bringer::Subscriber => self.dedup_s,
            Bringer::Peer => self.repeats_s,
        }
    }
}

impl Collector {
    /// Takes one record of a journal.
    pub fn take(&mut self, source: Source, record: Recovered<'_>) {
        let spot = Spot::new(record.location);
        let read = match record.kind {
            KIND_ACCEPT | KIND_ARRIVAL => entered(record.kind, record.header).map(|entered| {
                let accept = entered.accept;
                let (origin, keys) = entered.arrival.unzip();
                let keys = keys.unwrap_or_default();
                let origin = origin.filter(|origin| origin.is_answer_wanted).map(Box::new);
                let others = u64::try_from(keys.len().saturating_sub(1)).unwrap_or(0);
                self.saw(accept.message + others);
                let begun = Begun { accept, keys, origin };
                let message = begun.accept.message;
                let known = self.accepts.insert(message, (source, spot, begun));
                if let (Source::Open(shard), Some((was, old, _))) = (source, known)
                    && was == source
                    && spot.segment != old.segment
                {
                    self.copied.insert((shard, message, old.segment));
                }
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
                    self.states.insert(key, (source, spot, state));
                }
            }),
            KIND_REPEATS | KIND_REPEATS_ARRIVED => Repeats::read(record.header).map(|repeats| {
                let sends = repeats.sends.iter().map(ArchivedRemembered::to_native);
                let bringer = match record.kind {
                    KIND_REPEATS => Bringer::Subscriber,
                    _ => Bringer::Peer,
                };
                self.remembered.push((source, spot, bringer, sends.collect()));
            }),
            KIND_ANSWERED => Answered::read(record.header).map(|answered| {
                self.answered.insert(answered.to_native().message, (source, spot));
            }),
            KIND_ACTION => self.actions.take(source, spot, record.header).map(|number| {
                self.sequence_max = self.sequence_max.max(number);
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

    /// What must be copied out of the adopted journals before they can be dropped: messages that still have somebody
    /// waiting, the latest state of every copy, sends that may be repeated.
    #[must_use]
    pub fn survivors(&self, layout: Layout) -> Survivors {
        let mut survivors = Survivors::default();
        for (source, spot, begun) in self.accepts.values() {
            let home = begun.home(layout);
            let answered = self.answered.get(&begun.accept.message).copied();
            let is_needed = self.is_needed(begun, layout);
            for (source, spot) in [Some((*source, *spot)), answered].into_iter().flatten() {
                if let (Source::Adopted(adopted), true) = (source, is_needed) {
                    survivors.records.push(Survivor { adopted, spot, home });
                }
            }
        }
        // Of copies, all: an end keeps its message from coming back, and its report may not have been taken yet.
        for (source, spot, state) in self.states.values() {
            if is_planted(Bug::ChangedShardCount) && is_ended(state) {
                continue;
            }
            if let Source::Adopted(adopted) = *source {
                survivors.records.push(Survivor {
                    adopted,
                    spot: *spot,
                    home: home_of(state, layout),
                });
            }
        }
        survivors.records.extend(self.actions.survivors(layout));
        survivors.sends = self.sends(layout);
        // A table's order is nobody's: one disk, one start.
        survivors
            .sends
            .sort_unstable_by_key(|(home, _, send)| (*home, send.message));
        survivors
    }

    /// Whether a record that begins a message must be copied: somebody waits, or may fetch it again, or its answer to
    /// a peer is owed.
    fn is_needed(&self, begun: &Begun, layout: Layout) -> bool {
        let accept = &begun.accept;
        let is_waiting = (0_u16..).zip(&accept.recipients).any(|(index, _)| {
            self.states
                .get(&(accept.message, index))
                .is_none_or(|(_, _, state)| !is_settled(state) || comes_again(state, layout))
        });
        is_waiting || self.is_unanswered(begun)
    }

    /// Sends that may still be repeated and would be forgotten with the adopted journals: each once, and none that an
    /// open journal tells of already, or a record that is copied to one. Each attempt at a move that was cut off would
    /// else write all that the attempts before it had written.
    fn sends(&self, layout: Layout) -> Vec<(ShardId, Bringer, Remembered)> {
        let mut told = AHashSet::new();
        for (source, spot, begun) in self.accepts.values() {
            if matches!(source, Source::Open(_)) || self.is_needed(begun, layout) {
                told.extend(begun.messages(*spot, 0).map(|message| message.id.bits()));
            }
        }
        for (source, _, _, sends) in &self.remembered {
            if matches!(source, Source::Open(_)) {
                told.extend(sends.iter().map(|send| send.message));
            }
        }
        let begun = self.accepts.values().flat_map(|(_, spot, begun)| {
            let messages = begun.messages(*spot, 0);
            messages.map(|message| (begun.bringer(), message.to_remember()))
        });
        let remembered = self.remembered.iter().flat_map(|(_, _, bringer, sends)| {
            let sends = sends.iter();
            sends.map(|send| (*bringer, *send))
        });
        let may_come =
            |bringer, send: &Remembered| send.at.saturating_add(layout.remembered_s(bringer)) > layout.now.0;
        let mut wanted = Vec::new();
        for (bringer, send) in begun.chain(remembered) {
            if may_come(bringer, &send) && told.insert(send.message) {
                let home = MessageId::from_bits(send.message).partition().home(layout.shards);
                wanted.push((home, bringer, send));
            }
        }
        wanted
    }

    /// Puts everything together, a state for each shard. No record may stand in an adopted journal any more.
    #[must_use]
    pub fn finish(mut self, layout: Layout) -> Vec<ShardState> {
        let mut shards: Vec<ShardState> = (0..layout.shards).map(|_| ShardState::default()).collect();
        let first = (u64::from(layout.epoch) << EPOCH_SHIFT).max(self.sequence_max + 1);
        for shard in &mut shards {
            shard.first_sequence = first;
        }
        for (shard, message, original) in std::mem::take(&mut self.copied) {
            let message = MessageId::from_bits(message);
            push(&mut shards, shard, |shard| shard.copied.push((message, original)));
        }
        self.actions.finish(&mut shards);
        self.finish_remembered(&mut shards, layout);
        // In the order of their ids: who waited longest is resumed first, and one disk gives one start.
        let mut accepts: Vec<_> = std::mem::take(&mut self.accepts).into_values().collect();
        accepts.sort_unstable_by_key(|(_, _, begun)| begun.accept.message);
        for (source, spot, begun) in accepts {
            if let Source::Open(shard) = source {
                self.finish_message(&mut shards, layout, (shard, spot), &begun);
            }
        }
        let mut states: Vec<_> = self.states.into_values().collect();
        states.sort_unstable_by_key(|(_, _, state)| (state.message, state.recipient));
        for (source, spot, state) in states {
            if let Source::Open(shard) = source
                && owes_read(&state, layout)
            {
                push(&mut shards, shard, |shard| {
                    shard.copies.push(RestoredCopy {
                        state,
                        spot,
                        is_gone: true,
                        field: 0,
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
        begun: &Begun,
    ) {
        let accept = &begun.accept;
        let mut open = 0;
        let mut deliveries: Vec<(ShardId, Delivery)> = Vec::new();
        for (index, recipient) in (0_u16..).zip(&accept.recipients) {
            match self.states.remove(&(accept.message, index)) {
                Some((Source::Open(home), spot, state)) => {
                    open += u16::from(!is_settled(&state));
                    push(shards, home, |home| {
                        home.copies.push(RestoredCopy {
                            state,
                            spot,
                            is_gone: false,
                            field: recipient.field,
                        });
                    });
                }
                _ => {
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
        let unanswered = begun.origin.as_ref().filter(|_| self.is_unanswered(begun));
        open += u16::from(unanswered.is_some());
        push(shards, shard, |shard| {
            shard.messages.extend(begun.messages(spot, open));
            shard.deliveries.append(&mut deliveries);
            let message = MessageId::from_bits(accept.message);
            shard
                .unanswered
                .extend(unanswered.map(|origin| (message, origin.clone())));
        });
    }

    /// Whether a peer waits for our response to this.
    fn is_unanswered(&self, begun: &Begun) -> bool {
        begun.origin.is_some() && !self.answered.contains_key(&begun.accept.message)
    }

    fn finish_remembered(&mut self, shards: &mut [ShardState], layout: Layout) {
        // Its record may still be there, where a crash came between the record and the freeing; and it stands in two
        // such records, where the freeing was tried twice.
        let mut known = self.known();
        for (source, spot, bringer, sends) in std::mem::take(&mut self.remembered) {
            let Source::Open(shard) = source else { continue };
            let latest = sends.iter().map(|send| send.at).max().unwrap_or(0);
            let until = latest.saturating_add(layout.remembered_s(bringer));
            if until <= layout.now.0 {
                continue;
            }
            let Some(state) = shards.get_mut(usize::from(shard.0)) else {
                continue;
            };
            state.remembered.push((until, spot, bringer));
            for send in &sends {
                if known.insert(send.message) {
                    state.messages.push(Message::remembered(send, bringer));
                }
            }
        }
    }

    /// Every id in the table of messages that has a record of its own.
    fn known(&self) -> AHashSet<u64> {
        let begun = self.accepts.values();
        begun
            .flat_map(|(_, spot, begun)| begun.messages(*spot, 0))
            .map(|message| message.id.bits())
            .collect()
    }

    fn saw(&mut self, message: u64) {
        self.sequence_max = self.sequence_max.max(MessageId::from_bits(message).sequence());
    }
}

fn is_ended(state: &State) -> bool {
    lifecycle::State::from_octet(state.state).is_some_and(lifecycle::State::is_ended)
}

/// Whether it has ended and nobody is to be told of it any more.
fn is_settled(state: &State) -> bool {
    is_ended(state) && !keeps_message(state.flags, state.sender)
}

/// Whether the phone may fetch it once more although it has it.
fn comes_again(state: &State, layout: Layout) -> bool {
    let is_retrieved = state.state == lifecycle::End::Retrieved.status();
    is_retrieved && state.until.saturating_add(layout.again_s) > layout.now.0
}

fn owes_read(state: &State, layout: Layout) -> bool {
    let is_wanted = is_reading_asked(state.flags) || owes_reading(state.flags, state.sender);
    let is_passed_on = lifecycle::State::Ended(lifecycle::End::PassedOn).to_octet();
    let is_retrieved = state.state == lifecycle::End::Retrieved.status() || state.state == is_passed_on;
    is_wanted && is_retrieved && state.until.saturating_add(layout.read_report_s) > layout.now.0
}

/// The home of a copy: its number's, or its message's where it has none or another operator serves it.
fn home_of(state: &State, layout: Layout) -> ShardId {
    let number = Msisdn::from_bits(state.number).filter(|_| state.flags & FLAG_RELAYED == 0);
    let partition = number.map_or_else(|| MessageId::from_bits(state.message).partition(), Partition::of);
    partition.home(layout.shards)
}

fn push(shards: &mut [ShardState], shard: ShardId, into: impl FnOnce(&mut ShardState)) {
    if let Some(state) = shards.get_mut(usize::from(shard.0)) {
        into(state);
    }
}

#[cfg(test)]
mod tests;
