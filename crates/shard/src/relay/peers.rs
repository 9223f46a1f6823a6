//! All peers of one shard: a queue for each, and the mails under way.
//!
//! Held by the brain. Invariants: a queue outlives its peer's profile for as long as something is in it; a ticket names
//! one mail until it is answered.

use super::acts::Acts;
use super::awaiting::Awaiting;
use super::note::Note;
use super::queue::{Queue, Share};
use base::{MessageId, Monotonic};
use profile::PeerId;
use route::Routes;
use smallvec::SmallVec;
use std::collections::BTreeMap;
use std::sync::Arc;
use store::slab::Slab;
use store::via::PeerMark;

/// A mail under way: from the moment that its PDU is asked for.
#[derive(Debug)]
pub(crate) struct Flight {
    pub(crate) peer: PeerMark,
    pub(crate) message: MessageId,
    /// Numbers of the copies, in the order of its recipients.
    pub(crate) copies: SmallVec<[u32; 2]>,
    pub(crate) begun: Monotonic,
    /// Of a response: what it is. It has no copies.
    pub(crate) note: Option<Note>,
}

/// One peer, with its place in the snapshot of routes.
#[derive(Debug)]
pub(crate) struct Lane {
    /// Nothing where the settings don't have it any more.
    pub(crate) id: Option<PeerId>,
    pub(crate) queue: Queue,
}

/// All of them.
#[derive(Debug, Default)]
pub(crate) struct Peers {
    pub(crate) lanes: BTreeMap<PeerMark, Lane>,
    pub(crate) flights: Slab<Flight>,
    /// What others bring, and whose answer waits for others.
    pub(crate) awaiting: Awaiting,
    /// What operators do to them.
    pub(crate) acts: Acts,
    /// Something has happened since the queues were last looked at.
    pub(crate) is_dirty: bool,
    /// When they are to be looked at again.
    pub(crate) wake_at: Option<Monotonic>,
}

impl Peers {
    /// Takes a new snapshot's peers.
    pub(crate) fn take(&mut self, routes: &Routes, shards: u16) {
        for lane in self.lanes.values_mut() {
            lane.id = None;
        }
        for (id, peer) in routes.peers().iter() {
            let share = Share::of(&peer.pace, shards);
            let lane = self
                .lanes
                .entry(PeerMark::of(&peer.name))
                .or_insert_with(|| Lane {
                    id: None,
                    queue: Queue::new(Arc::from(peer.name.as_str()), share),
                });
            lane.id = Some(id);
            lane.queue.set_share(share);
            lane.queue.set_hold(self.acts.hold_of(PeerMark::of(&peer.name)));
        }
        // What was held back for a peer that is gone goes where the routes lead now.
        for lane in self.lanes.values_mut().filter(|lane| lane.id.is_none()) {
            lane.queue.bring_back();
        }
        self.is_dirty = true;
    }

    /// One peer's queue, to change; it is looked at in this turn.
    pub(crate) fn queue_mut(&mut self, peer: PeerMark) -> Option<&mut Queue> {
        self.is_dirty = true;
        self.lanes.get_mut(&peer).map(|lane| &mut lane.queue)
    }

    /// A peer has brought something. Most have nothing that is held back.
    pub(crate) fn heard(&mut self, peer: &str) {
        let lane = self.lanes.get_mut(&PeerMark::of(peer));
        if let Some(lane) = lane.filter(|lane| lane.queue.breaker.is_open()) {
            lane.queue.breaker.heard();
            self.is_dirty = true;
        }
    }

    /// The peer of a mark, in the present snapshot.
    pub(crate) fn id(&self, peer: PeerMark) -> Option<PeerId> {
        self.lanes.get(&peer)?.id
    }
}
