//! An operator: holds the other operator's MMSC back, lets it go, drains it, has it tried again.
//!
//! Beside the crowd, in runs whose swarm says so. Invariants: each order has a reason of its own, so that its record
//! can be told from any other; what is held back is released when everything is calm.

use super::Walk;
use super::peer::PEER;
use crate::event::Event;
use crate::swarm::choose;
use crate::world::Left;
use shard::{Doing, NotDone};

/// How often an operator does what: weights, in the order of [`Doing::ALL`].
const DOINGS: [u64; 4] = [3, 3, 2, 2];

impl Walk {
    /// An operator does something, now and then.
    pub(super) fn operate(&mut self) {
        if self.one_in(self.swarm.operates) {
            let doing = Doing::ALL[choose(&mut self.world.dice, &DOINGS)];
            self.order(doing);
        }
    }

    /// Everything is calm: whatever was held back goes.
    pub(super) fn release(&mut self) {
        if self.swarm.operates > 0 {
            self.order(Doing::Release);
        }
    }

    fn order(&mut self, doing: Doing) {
        self.coverage.count(match doing {
            Doing::Hold => "act: an operator holds a peer",
            Doing::Release => "act: an operator releases a peer",
            Doing::Drain => "act: an operator drains a peer",
            Doing::Retry => "act: an operator has a peer tried again",
        });
        let reason = format!("order {}", self.orders);
        self.orders += 1;
        let ticket = self.world.act(PEER, doing, &reason);
        self.tell(|| format!("an operator: {} the peer, ticket {ticket}", doing.name()));
        self.hear(&Event::Ordered(ticket, doing, &reason));
    }

    /// Hears what left for the peer and for operators.
    pub(super) fn take_left(&mut self) {
        for left in std::mem::take(&mut self.world.left) {
            match left {
                Left::Mail(_, message) => self.hear(&Event::Departed(message)),
                Left::Acted(ticket, acted) => {
                    self.world.acted.remove(&ticket);
                    self.coverage.count(match acted {
                        Ok(_) => "outcome: action done",
                        Err(NotDone::LogFailed) => "outcome: action refused, the log has failed",
                        Err(refused) => {
                            let what = format!("an action is refused: {refused:?}");
                            return self.court.find("actions", what);
                        }
                    });
                    self.tell(|| format!("ticket {ticket} is answered: {acted:?}"));
                    self.hear(&Event::Acted(ticket, &acted));
                }
            }
        }
    }
}
