//! Blocks of a disk that were written, synced, and go bad later.
//!
//! Beside `world`. A sealed segment's headers stand in its sidecar, too, so a start finds the record and knows whose it
//! is; nobody can read it any more, over starts too, until its block is written anew. Invariant: [`World::hit`] names
//! every message whose record stands in such a block, and no other.

use super::World;
use base::MessageId;
use journal::{BLOCK_OCTETS, Place, SegmentPhase, SegmentSequence, Slot};
use std::collections::BTreeSet;
use store::messages::Message;

/// Bad blocks of each disk, in the order of the shards.
pub(super) type Damaged = Vec<BTreeSet<(Slot, u32)>>;

impl World {
    /// A block goes bad under the record of a message that somebody waits for, in a sealed segment; which messages that
    /// hits. None where there is none.
    pub fn damage(&mut self) -> Vec<u64> {
        let index = self.dice.below(self.nodes.len() as u64) as usize;
        let waiting: Vec<(Message, Place)> = self
            .readable(index)
            .filter(|(message, _)| message.open > 0)
            .collect();
        let at = self.dice.below(waiting.len().max(1) as u64) as usize;
        let Some((message, place)) = waiting.get(at) else {
            return Vec::new();
        };
        let spot = message.spot;
        let last = (spot.offset + spot.length - 1) / BLOCK_OCTETS;
        let first = spot.offset / BLOCK_OCTETS;
        let block = first + self.dice.below(u64::from(last - first + 1)) as u32;
        let slot = place.slot;
        self.nodes[index].damaged.insert((slot, block));
        let node = &self.nodes[index];
        let is_hit = |(message, place): &(Message, Place)| {
            let spot = message.spot;
            node.is_damaged(place.slot, spot.offset, spot.length)
        };
        let hit: Vec<u64> = self
            .readable(index)
            .filter(is_hit)
            .map(|(message, _)| message.id.bits())
            .collect();
        self.hit.extend(&hit);
        hit
    }

    /// The messages whose records stand in sealed segments of a shard, and where those are.
    fn readable(&self, index: usize) -> impl Iterator<Item = (Message, Place)> + '_ {
        let store = self.nodes[index].brain.store();
        let all = (0..store.messages.bound()).filter_map(|number| store.messages.at(number));
        all.filter_map(|message| {
            let segment = SegmentSequence(message.spot.segment.into());
            let mut segments = store.journal.segments();
            let state = segments.find(|state| state.place.segment == segment)?;
            (state.phase == SegmentPhase::Sealed).then_some((*message, state.place))
        })
    }

    /// Whether a message can't be read any more.
    #[must_use]
    pub fn is_hit(&self, message: MessageId) -> bool {
        self.hit.contains(&message.bits())
    }
}
