//! Places of connections: taken when one is accepted, given back at its end, counted for each door.
//!
//! Part of the hands, between accept and the edges. Invariant: connections of one door never take the places of
//! another;
//! of connections over a limit only so many are told so at a time.

use super::{Hands, TURNED_AWAY_MAX};
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
        let turned_away = self.turned_away.get();
        let others = self.mm4.open_count().saturating_add(turned_away);
        let phones = slots.open_count().saturating_sub(others);
        let served = match door {
            Door::Mm1(_) => phones < self.limits.connections_max,
            Door::Mm4 => self.mm4.begin(peer.ip().to_canonical()),
        };
        // There is a place for each that may be served or told.
        let opened = match served || turned_away < TURNED_AWAY_MAX {
            true => slots.open(peer),
            false => None,
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
            self.turned_away.set(turned_away + 1);
            Admission::TurnedAway(id)
        }
    }

    /// Gives the place of a connection back that was turned away.
    pub(crate) fn close_turned_away(&self, id: SlotId) {
        self.turned_away.set(self.turned_away.get().saturating_sub(1));
        self.close_slot(id);
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
