//! What the shards hold, added up: messages, lists, pins.
//!
//! Asked by checkers and stories; changes nothing.

use super::World;
use base::Msisdn;
use journal::RECORD_HEADER_OCTETS;
use std::sync::Arc;
use store::record::Action;

impl World {
    /// Messages whose senders' shards wait for somebody's end.
    #[must_use]
    pub fn open_messages(&self) -> usize {
        self.held_messages().len()
    }

    /// The same, one by one.
    #[must_use]
    pub fn held_messages(&self) -> Vec<u64> {
        let tables = self.nodes.iter().map(|node| &node.brain.store().messages);
        let all = tables.flat_map(|messages| (0..messages.bound()).filter_map(|number| messages.at(number)));
        let open = all.filter(|message| message.open > 0);
        open.map(|message| message.id.bits()).collect()
    }

    /// Whether every subscriber's list holds exactly the copies that wait for them.
    pub fn lists_hold(&self, msisdn: Msisdn) -> bool {
        self.nodes.iter().all(|node| {
            let store = node.brain.store();
            let copies = (0..store.recipients.bound()).filter_map(|number| store.recipients.get(number));
            let is_ours = |copy: &&store::Recipient| copy.flags & store::record::FLAG_RELAYED == 0;
            let theirs = copies
                .filter(is_ours)
                .filter(|copy| store.subscriber_of(copy) == Some(msisdn));
            let waiting = theirs.filter(|copy| !copy.state.is_ended()).count();
            let known = store
                .subscribers
                .find(msisdn)
                .and_then(|place| store.subscribers.get(place));
            let counted = known.map_or(0, |subscriber| subscriber.waiting as usize);
            waiting == counted && store.copies_of(msisdn).count() == counted
        })
    }

    /// Octets pinned in all segments of all shards, and octets that must be by what is in memory.
    #[must_use]
    pub fn pins(&self) -> (u64, u64) {
        let (mut pinned, mut needed) = (0, 0);
        for node in &self.nodes {
            let store = node.brain.store();
            pinned += store
                .journal
                .segments()
                .map(|state| state.pinned_octets)
                .sum::<u64>();
            let messages = (0..store.messages.bound()).filter_map(|number| store.messages.at(number));
            needed += messages
                .filter(|message| message.open > 0)
                .map(|message| u64::from(store::append::units(message.spot.length)) * 16)
                .sum::<u64>();
            let copies = (0..store.recipients.bound()).filter_map(|number| store.recipients.get(number));
            needed += copies
                .filter(|copy| copy.pin_segment != 0)
                .map(|copy| u64::from(copy.pin_units) * 16)
                .sum::<u64>();
            let octets = |action: Arc<Action>| action.to_octets().len() as u32 + RECORD_HEADER_OCTETS;
            let actions = node.brain.action_rows().into_iter().map(octets);
            needed += actions
                .map(|octets| u64::from(store::append::units(octets)) * 16)
                .sum::<u64>();
        }
        (pinned, needed)
    }
}
