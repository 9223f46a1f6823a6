//! Other operators: who serves which number, and what became of the mails that they were sent.
//!
//! Beside `world`, for the tests that hold a peer as a value. Invariant: each mail is answered by who took it.

use crate::world::World;
use profile::Profile;
use route::Routes;
use shard::{Input, Relayed};
use std::sync::Arc;

/// The routes of a profile without ported numbers.
///
/// # Panics
/// Never: there are none to name a peer that is gone.
#[must_use]
pub fn routes_of(profile: &Profile, version: u64) -> Routes {
    Routes::compile(profile, Arc::default(), version).expect("no ported numbers name a peer")
}

impl World {
    /// Answers a mail to another operator.
    pub fn relayed(&mut self, index: u16, relayed: Relayed) {
        self.nodes[usize::from(index)]
            .inbox
            .push_back(Input::Relayed(Box::new(relayed)));
    }
}
