//! Other operators: who serves which number, and what became of the mails that they were sent.
//!
//! Beside `world`, for the tests that hold a peer as a value. Invariant: each mail is answered by who took it.

use crate::world::World;
use profile::Profile;
use route::Routes;
use shard::{Act, Action, Doing, Input, NotDone, PeerMark, Relayed};
use std::sync::Arc;

/// The routes of a profile without ported numbers.
///
/// # Panics
/// Never: there are none to name a peer that is gone.
#[must_use]
pub fn routes_of(profile: &Profile, version: u64) -> Routes {
    Routes::compile(profile, Arc::default(), version).expect("no ported numbers name a peer")
}

/// What came of an operator's action.
pub type Acted = Result<Arc<Action>, NotDone>;

impl World {
    /// An operator wants something done to a peer; gives the ticket that [`World::acted`] knows it by.
    pub fn act(&mut self, peer: &str, doing: Doing, reason: &str) -> u32 {
        let ticket = self.acts;
        self.acts += 1;
        let home = PeerMark::of(peer).home(self.shape.shards);
        let act = Act {
            ticket,
            doing,
            peer: Arc::from(peer),
            by: "olga".to_owned(),
            from: "192.0.2.7".to_owned(),
            reason: reason.to_owned(),
        };
        let node = &mut self.nodes[usize::from(home.0)];
        node.inbox.push_back(Input::Act(Box::new(act)));
        ticket
    }

    /// Answers a mail to another operator.
    pub fn relayed(&mut self, index: u16, relayed: Relayed) {
        self.nodes[usize::from(index)]
            .inbox
            .push_back(Input::Relayed(Box::new(relayed)));
    }
}
