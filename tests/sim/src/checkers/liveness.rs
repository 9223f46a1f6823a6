//! Once faults stop, everything that can be delivered is; and no two shards wait for each other.
//!
//! At the end of a run faults cease and phones behave. After some time of that nobody may wait any more, and none of
//! those who waited then may have been left to expire.

use crate::checkers::expect;
use crate::event::{Checker, Event, Scene};
use std::collections::BTreeSet;

/// What can be delivered is.
#[derive(Debug, Default)]
pub(crate) struct Liveness {
    is_settled: bool,
    /// Copies that had time enough left when faults stopped.
    deliverable: BTreeSet<(u64, u16)>,
    /// Messages, and for which numbers, that a peer has called expired: that is its word, whenever its record comes.
    called_expired: BTreeSet<(u64, u64)>,
}

/// Expired, as an octet of a record and as X-Mms-Status (OMA MMS Encapsulation).
const EXPIRED: u8 = 0x80;

/// Seconds that a delivery may take when nothing goes wrong: the longest wait of a schedule, twice.
const ENOUGH_S: u64 = 4_000;

impl Checker for Liveness {
    fn name(&self) -> &'static str {
        "liveness"
    }

    fn take(&mut self, scene: &Scene<'_>, event: &Event<'_>) -> Result<(), String> {
        let ledger = &scene.world.ledger;
        match event {
            Event::Calm => {
                let open = ledger.open().into_iter();
                self.deliverable = open
                    .filter(|(message, _)| u64::from(ledger.accepts[message].expiry) > scene.now_s + ENOUGH_S)
                    // What nobody can read any more ends when its validity does.
                    .filter(|(message, _)| !scene.world.hit.contains(message))
                    .collect();
            }
            Event::Spoken(message, to, EXPIRED) => {
                self.called_expired.insert((*message, *to));
            }
            Event::Stepped(state, _) if state.state == EXPIRED => {
                let was_due = self.deliverable.contains(&(state.message, state.recipient))
                    && !self.called_expired.contains(&(state.message, state.number));
                return expect(!was_due, || format!("{state:x?} expires in calm weather"));
            }
            Event::Settled => {
                self.is_settled = true;
                let left: Vec<_> = ledger
                    .open()
                    .into_iter()
                    .filter(|key| self.deliverable.contains(key))
                    .collect();
                return expect(left.is_empty(), || {
                    format!("{left:x?} still wait in calm weather")
                });
            }
            Event::Over => {
                let open = ledger.open();
                return expect(open.is_empty() && self.is_settled, || {
                    format!("{open:x?} never end")
                });
            }
            _ => {}
        }
        Ok(())
    }
}
