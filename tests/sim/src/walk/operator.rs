//! An operator: holds another operator's MMSC back, lets it go, drains it, has it tried again.
//!
//! Beside the crowd, in runs whose swarm says so. Invariants: each order has a reason of its own, so that its record
//! can be told from any other; what is held back is released when everything is calm.

use super::Walk;
use super::peer::{FAR, PEER};
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
            let peers = self.peers();
            let peer = match peers.len() {
                1 => peers[0],
                count => peers[self.dice(count as u64) as usize],
            };
            self.order(peer, doing);
        }
    }

    /// Everything is calm: whatever was held back goes.
    pub(super) fn release(&mut self) {
        if self.swarm.operates > 0 {
            for peer in self.peers() {
                self.order(peer, Doing::Release);
            }
        }
    }

    /// The other operators of this run, as the settings have them now.
    fn peers(&self) -> &'static [&'static str] {
        let routes = self.world.routes.current();
        match routes.peers().find(FAR) {
            None => &[PEER],
            Some(_) => &[PEER, FAR],
        }
    }

    /// Another number plan or agreement holds from now on, now and then.
    pub(super) fn reload(&mut self) {
        if self.one_in(self.swarm.moves) {
            let plan = self.dice(self.swarm.operators.len() as u64) as usize;
            self.settle_on(plan);
        }
    }

    /// This one of the run's settings of operators holds from now on: the first is the usual one.
    pub(super) fn settle_on(&mut self, plan: usize) {
        let Some(operators) = self.swarm.operators.get(plan) else {
            return;
        };
        self.world.settle_on(operators);
        self.coverage.count(match plan {
            0 => "act: the settings of operators are as usual",
            1 => "act: a peer's numbers move to another",
            _ => "act: an agreement of peers ends",
        });
        self.tell(|| format!("settings of operators: {plan}"));
    }

    fn order(&mut self, peer: &str, doing: Doing) {
        self.coverage.count(match doing {
            Doing::Hold => "act: an operator holds a peer",
            Doing::Release => "act: an operator releases a peer",
            Doing::Drain => "act: an operator drains a peer",
            Doing::Retry => "act: an operator has a peer tried again",
        });
        let reason = format!("order {}", self.orders);
        self.orders += 1;
        let ticket = self.world.act(peer, doing, &reason);
        self.tell(|| format!("an operator: {} {peer}, ticket {ticket}", doing.name()));
        self.hear(&Event::Ordered(ticket, doing, &reason));
    }

    /// Hears what left for the peer and for operators.
    pub(super) fn take_left(&mut self) {
        for left in std::mem::take(&mut self.world.left) {
            match left {
                Left::Mail(peer, message) => self.hear(&Event::Departed(&peer, message)),
                Left::Acted(ticket, acted) => {
                    self.world.acted.remove(&ticket);
                    match acted {
                        Ok(_) => self.coverage.count("outcome: action done"),
                        Err(NotDone::LogFailed) => {
                            self.coverage.count("outcome: action refused, the log has failed");
                        }
                        // The settings have no such peer any more.
                        Err(NotDone::Unknown) if self.swarm.moves > 0 => {}
                        Err(refused) => {
                            let what = format!("an action is refused: {refused:?}");
                            return self.court.find("actions", what);
                        }
                    }
                    self.tell(|| format!("ticket {ticket} is answered: {acted:?}"));
                    self.hear(&Event::Acted(ticket, &acted));
                }
            }
        }
    }
}
