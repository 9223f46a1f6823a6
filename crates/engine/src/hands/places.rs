//! Places of connections: taken when one is accepted, given back at its end, counted for each door.
//!
//! Part of the hands, between accept and the edges. Invariant: connections of one door never take the places of
//! another.

use super::Hands;
use crate::listeners::Door;
use crate::slots::SlotId;
use meter::{Counter, Gauge};
use std::net::SocketAddr;

/// What becomes of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Admission {
    /// It is served.
    Served(SlotId),
    /// It is over the limit and is told so.
    TurnedAway(SlotId),
    /// Too many are being told so already.
    Dropped,
}

impl Hands {
    /// Takes a place for a connection of that door.
    pub(crate) fn open_slot(&self, door: Door, peer: SocketAddr) -> Admission {
        let mut slots = self.slots.borrow_mut();
        let phones = slots.open_count().saturating_sub(self.mm4.open_count());
        let opened = slots.open(peer);
        let served = match door {
            Door::Mm1(_) => phones < self.limits.connections_max,
            Door::Mm4 => opened.is_some() && self.mm4.begin(),
        };
        let Some(id) = opened else {
            self.meter.count(Counter::ConnectionsRefused);
            return Admission::Dropped;
        };
        self.meter
            .set(Gauge::ConnectionsOpen, u64::from(slots.open_count()));
        if served {
            self.meter.count(Counter::ConnectionsAccepted);
            Admission::Served(id)
        } else {
            self.meter.count(Counter::ConnectionsRefused);
            Admission::TurnedAway(id)
        }
    }

    /// Gives a connection's place back.
    pub(crate) fn close_slot(&self, id: SlotId) {
        let mut slots = self.slots.borrow_mut();
        slots.close(id);
        self.meter
            .set(Gauge::ConnectionsOpen, u64::from(slots.open_count()));
        drop(slots);
        if self.is_draining() {
            // Whether the shard is quiet is seen at the end of a turn.
            self.wake_turn();
        }
    }
}
