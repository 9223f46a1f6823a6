//! How another operator's message gets in front of its owner.
//!
//! Beside `world`, the counterpart of `World::ask`: the edge of MM4 hands a mail to the shard of its X-Mms-Message-ID.
//! Invariant: it is answered once, in the slot that it was given.

use crate::stamps::stamp;
use crate::world::World;
use base::ShardId;
use meter::{Class, Laps, Stage};
use shard::arrival::Arrival;
use shard::{Input, ReplyTo};

impl World {
    /// Puts another operator's message in front of its owner; gives the slot that its answer will have.
    pub fn bring(&mut self, make: impl FnOnce(ReplyTo) -> Arrival) -> u32 {
        let slot = self.slots;
        self.slots += 1;
        let mut laps = Laps::begin(stamp(), Class::Mm4Refused);
        laps.lap(Stage::Accept, stamp());
        let arrival = Box::new(make(ReplyTo {
            shard: ShardId(0),
            slot,
            generation: self.epoch,
            laps,
        }));
        let home = usize::from(arrival.home().home(self.shape.shards).0);
        self.nodes[home].inbox.push_back(Input::Arrival(arrival));
        slot
    }
}
