//! What operators do to peers: what is held back is not sent, what was answered as done stands in the log, once, and
//! holds on every shard until the next, over starts too.
//!
//! Judged by the log alone: of the actions on disk that last, the one with the highest number holds. Between an order
//! and its answer it may hold or not. That what is released goes is `liveness`'s matter: nothing is exempt from it.

use crate::checkers::expect;
use crate::event::{Checker, Event, Scene};
use crate::ledger::key_of;
use crate::world::Acted;
use shard::{Doing, NotDone};
use std::collections::{BTreeMap, BTreeSet};
use store::record::Action;

/// Operators are obeyed.
#[derive(Debug, Default)]
pub(crate) struct Actions {
    /// Orders without an answer, by their tickets: what, and why.
    asked: BTreeMap<u32, (Doing, String)>,
    /// Every reason that was ever given, and the number of the record that has it.
    reasons: BTreeMap<String, Option<u64>>,
    /// Actions that were answered as done.
    done: BTreeSet<(u64, String)>,
    steps: u64,
}

/// Steps between two looks.
const STEPS_BETWEEN: u64 = 8;

impl Checker for Actions {
    fn name(&self) -> &'static str {
        "actions"
    }

    fn take(&mut self, scene: &Scene<'_>, event: &Event<'_>) -> Result<(), String> {
        match event {
            Event::Ordered(ticket, doing, reason) => {
                self.asked.insert(*ticket, (*doing, (*reason).to_owned()));
                self.reasons.insert((*reason).to_owned(), None);
                Ok(())
            }
            Event::Recorded(action) => self.recorded(action),
            Event::Acted(ticket, acted) => self.acted(scene, *ticket, acted),
            Event::Departed(peer, message) => self.departed(scene, peer, *message),
            Event::Started(_) => {
                // Who has no answer by now gets none, and what was done of it is on disk.
                self.asked.clear();
                self.look(scene, true)
            }
            Event::Step => {
                self.steps += 1;
                match self.steps.is_multiple_of(STEPS_BETWEEN) {
                    true => self.look(scene, false),
                    false => Ok(()),
                }
            }
            Event::Settled => {
                expect(self.asked.is_empty(), || {
                    format!("{:?} are not answered in calm weather", self.asked)
                })?;
                self.look(scene, true)
            }
            Event::Over => self.look(scene, true),
            _ => Ok(()),
        }
    }
}

impl Actions {
    fn recorded(&mut self, action: &Action) -> Result<(), String> {
        let number = self.reasons.get_mut(&action.reason);
        let number = number.ok_or_else(|| format!("nobody asked for {action:?}"))?;
        let known = number.get_or_insert(action.number);
        expect(*known == action.number, || {
            format!("{action:?} is recorded twice, first as {known}")
        })
    }

    fn acted(&mut self, scene: &Scene<'_>, ticket: u32, acted: &Acted) -> Result<(), String> {
        let asked = self.asked.remove(&ticket);
        let (doing, reason) = asked.ok_or_else(|| format!("ticket {ticket} is answered twice"))?;
        match acted {
            Ok(action) => {
                let stored = scene.world.ledger.actions.get(&key_of(action));
                let is_it = action.done() == Some(doing) && action.reason == reason;
                expect(is_it && stored == Some(action), || {
                    format!("{doing:?} is answered as done: {action:?}, and {stored:?} is on disk")
                })?;
                expect(self.done.insert(key_of(action)), || {
                    format!("{action:?} is answered twice")
                })
            }
            Err(NotDone::LogFailed) => {
                let mut stores = scene.world.nodes.iter().map(|node| node.brain.store());
                expect(stores.any(|store| store.has_failed()), || {
                    format!("{doing:?} is refused, and no log has failed")
                })
            }
            // Whose settings may be gone by then.
            Err(NotDone::Unknown) if scene.world.routes.current().version() > 1 => Ok(()),
            Err(refused) => Err(format!("{doing:?} is refused: {refused:?}")),
        }
    }

    /// What holds of a peer by the log, unless an order may change it just now.
    fn holding<'a>(&self, scene: &Scene<'a>, peer: &str) -> Option<&'a Action> {
        let mut latest = scene.world.ledger.actions.values().rev();
        let lasts = |action: &&Action| action.done().is_some_and(Doing::lasts);
        let latest = latest.find(|action| action.peer == peer && lasts(action));
        latest.filter(|_| self.asked.is_empty())
    }

    fn departed(&self, scene: &Scene<'_>, peer: &str, message: Option<u64>) -> Result<(), String> {
        let Some(action) = self.holding(scene, peer) else {
            return Ok(());
        };
        let accept = message.and_then(|message| scene.world.ledger.accepts.get(&message));
        let is_held = match action.done() {
            Some(Doing::Hold) => true,
            Some(Doing::Drain) => accept.is_some_and(|accept| accept.accepted_at > action.at),
            _ => false,
        };
        expect(!is_held, || {
            format!("{message:x?} goes to {peer}, of which holds {action:?}")
        })
    }

    /// Whether memory says what the log says: all of it, where nothing can be on its way there.
    fn look(&self, scene: &Scene<'_>, is_settled: bool) -> Result<(), String> {
        let stored = &scene.world.ledger.actions;
        let brains = || scene.world.nodes.iter().map(|node| &node.brain);
        let mut rows = BTreeMap::new();
        for action in brains().flat_map(|brain| brain.action_rows()) {
            let again = rows.insert(key_of(&action), action);
            expect(again.is_none(), || format!("{again:?} is shown twice"))?;
        }
        for (key, action) in stored {
            let row = rows.remove(key);
            expect(row.as_deref() == Some(action), || {
                format!("{action:?} is shown as {row:?}")
            })?;
        }
        expect(rows.is_empty() || !is_settled, || {
            format!("{rows:?} are shown, and not on disk")
        })?;
        for row in brains().flat_map(|brain| brain.peer_rows()) {
            let Some(holding) = self.holding(scene, &row.peer) else {
                continue;
            };
            let holding = Some(holding).filter(|action| action.done() != Some(Doing::Release));
            expect(row.held.as_deref() == holding, || {
                format!(
                    "{:?} holds of {} at a shard, {holding:?} by the log",
                    row.held, row.peer
                )
            })?;
        }
        Ok(())
    }
}
