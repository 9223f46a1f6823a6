//! What operators do to a peer: hold, release, drain, retry.
//!
//! ```text
//!  Input::Act ─► record (at the peer's home) ┄(disk)┄► taken here, told to every shard ─► Effect::Acted
//! ```
//!
//! Invariants: who is answered that it is done is answered after the record is on disk and every shard has taken it; of
//! two actions on one peer the later holds, in whatever order they come to a shard; what an operator holds back is
//! never ended for having been tried too long.

use super::queue::Hold;
use crate::Effect;
use crate::brain::{Brain, Held};
use crate::deliver::Outcome;
use crate::mail::Mail;
use base::{ShardId, limits};
use journal::AppendClass;
use journal::planted::{Bug, is_planted};
use lifecycle::State;
use meter::Counter;
use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use store::Spot;
use store::append::units;
use store::recipients::{MARK_FLYING, MARK_QUEUED};
use store::record::{Action, Doing};
use store::slab::Slab;
use store::via::{PeerMark, Via};

/// Copies that one turn looks at for what is to be tried again.
const RECALL_STEP: u32 = 4_096;

/// What an operator wants done. The brain answers it once, with [`Effect::Acted`].
#[derive(Clone, Debug)]
pub struct Act {
    /// To answer it with.
    pub ticket: u32,
    /// What.
    pub doing: Doing,
    /// Name of the peer's profile.
    pub peer: Arc<str>,
    /// Who wants it, as they say.
    pub by: String,
    /// The address that they ask from.
    pub from: String,
    /// Why, in their words.
    pub reason: String,
}

/// Why something was not done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotDone {
    /// There is no peer of that name.
    Unknown,
    /// Too many others are under way.
    Busy,
    /// The journal takes nothing: it has stopped.
    LogFailed,
}

/// An action that is on disk, on its way to the other shards.
#[derive(Debug)]
pub(crate) struct Acted {
    ticket: u32,
    action: Arc<Action>,
    /// Shards that have not taken it.
    left: u16,
}

/// All of it at one shard.
#[derive(Debug, Default)]
pub(crate) struct Acts {
    waiting: VecDeque<Box<Act>>,
    under_way: Slab<Acted>,
    /// What holds of each peer.
    pub(crate) holding: BTreeMap<PeerMark, Arc<Action>>,
    /// What was done to the peers whose home it is, the earliest first, and where that stands.
    pub(crate) kept: VecDeque<(Spot, Arc<Action>)>,
    /// Whose copies are being looked at, and the next of them.
    recalled: Vec<(PeerMark, Doing)>,
    position: u32,
}

impl Acts {
    /// What holds of a peer, as its queue needs it.
    pub(crate) fn hold_of(&self, peer: PeerMark) -> Hold {
        match self.holding.get(&peer) {
            Some(action) if action.done() == Some(Doing::Hold) => Hold::Held,
            Some(action) if action.done() == Some(Doing::Drain) => Hold::Draining(action.at),
            _ => Hold::None,
        }
    }

    /// Since when a message of that age is tried, seconds since 1970; nothing while an operator holds it back.
    pub(crate) fn tried_since(&self, peer: PeerMark, accepted_at: u32) -> Option<u32> {
        let Some(action) = self.holding.get(&peer) else {
            return Some(accepted_at);
        };
        match self.hold_of(peer) {
            Hold::Held => None,
            Hold::Draining(at) if accepted_at > at => None,
            Hold::Draining(_) | Hold::None => Some(accepted_at.max(action.at)),
        }
    }

    /// Takes what a start found.
    pub(crate) fn restore(&mut self, holding: Vec<Action>) {
        self.holding = holding
            .into_iter()
            .map(|action| (action.mark(), Arc::new(action)))
            .collect();
    }

    /// Keeps an action for those who look; gives one that need not be kept any more.
    fn keep(&mut self, spot: Spot, action: Arc<Action>) -> Option<Spot> {
        self.kept.push_back((spot, action));
        if self.kept.len() <= limits::ACTIONS_KEPT_MAX + self.holding.len() {
            return None;
        }
        let holds = |action: &Action| {
            let held = self.holding.get(&action.mark());
            held.is_some_and(|held| held.number == action.number)
        };
        let oldest = self.kept.iter().position(|(_, action)| !holds(action))?;
        self.kept.remove(oldest).map(|(spot, _)| spot)
    }
}

impl<B: AsRef<[u8]> + AsMut<[u8]>> Brain<B> {
    /// An operator wants something done.
    pub(crate) fn take_act(&mut self, act: Box<Act>) {
        let acts = &mut self.relays.acts;
        let under_way = acts.waiting.len() + acts.under_way.len() as usize;
        let is_known = self
            .relays
            .lanes
            .get(&PeerMark::of(&act.peer))
            .is_some_and(|lane| lane.id.is_some() || lane.queue.hold != Hold::None);
        if !is_known {
            self.not_done(act.ticket, NotDone::Unknown);
        } else if under_way >= limits::ACTIONS_UNDER_WAY_MAX {
            self.not_done(act.ticket, NotDone::Busy);
        } else {
            self.relays.acts.waiting.push_back(act);
        }
    }

    fn not_done(&mut self, ticket: u32, why: NotDone) {
        let outcome = Err(why);
        self.effects.push(Effect::Acted { ticket, outcome });
    }

    /// Records what operators want, and goes on with what they wanted. Whether something is left to be done.
    pub(crate) fn carry_out_acts(&mut self) -> bool {
        while let Some(act) = self.relays.acts.waiting.pop_front() {
            if let Some(act) = self.record_act(act) {
                self.relays.acts.waiting.push_front(act);
                break;
            }
        }
        self.recall();
        let acts = &self.relays.acts;
        !acts.recalled.is_empty() || !acts.waiting.is_empty() && !self.blocked && !self.is_full
    }

    /// Appends an action's record; gives it back where the journal has no room now.
    fn record_act(&mut self, act: Box<Act>) -> Option<Box<Act>> {
        if self.store.has_failed() {
            self.not_done(act.ticket, NotDone::LogFailed);
            return None;
        }
        let action = Action {
            number: self.next_sequence,
            at: self.wall().0,
            doing: act.doing.to_octet(),
            peer: act.peer.as_ref().to_owned(),
            by: act.by.clone(),
            from: act.from.clone(),
            reason: act.reason.clone(),
        };
        let action = Arc::new(action);
        let acted = Acted {
            ticket: act.ticket,
            action: Arc::clone(&action),
            left: 0,
        };
        let then = Held::Acted(Box::new(acted));
        let (pending, spot) = match self.store.act(AppendClass::State, &action, then) {
            Ok(appended) => appended,
            Err(refused) if self.unrecorded(refused) == Outcome::Failed => {
                self.not_done(act.ticket, NotDone::LogFailed);
                return None;
            }
            Err(_) => return Some(act),
        };
        self.next_sequence += 1;
        self.meter.count(Counter::JournalRecords);
        self.keep_action(spot, action);
        self.waiting.push_back(pending);
        None
    }

    /// Keeps an action, whose record is pinned, for those who look.
    pub(crate) fn keep_action(&mut self, spot: Spot, action: Arc<Action>) {
        if let Some(old) = self.relays.acts.keep(spot, action) {
            self.store.unpin(old.segment, units(old.length));
        }
    }

    /// Writes the actions anew that stand in an emptying segment, one at a time; whether one did.
    pub(crate) fn move_action(&mut self, segment: u32) -> bool {
        let mut kept = self.relays.acts.kept.iter();
        let Some(place) = kept.position(|(spot, _)| spot.segment == segment) else {
            return false;
        };
        let Some((spot, action)) = self.relays.acts.kept.get_mut(place) else {
            return false;
        };
        match self.store.act(AppendClass::Relief, action, ()) {
            Ok((_, new)) => {
                let old = std::mem::replace(spot, new);
                self.store.unpin(old.segment, units(old.length));
                self.meter.count(Counter::JournalRecords);
            }
            // No room: the sweep comes back to it after a completion, or at the next tick.
            Err(_) => self.retention.refused(),
        }
        true
    }

    /// An action is on disk: every shard is told, this one too.
    pub(crate) fn acted(&mut self, acted: &Acted) {
        let action = Arc::clone(&acted.action);
        let told = match is_planted(Bug::UntoldAction) {
            true => self.shard.0..self.shard.0 + 1,
            false => 0..self.shards,
        };
        let place = self.relays.acts.under_way.insert(Acted {
            ticket: acted.ticket,
            action: Arc::clone(&action),
            left: told.end - told.start,
        });
        for shard in told {
            let action = Arc::clone(&action);
            self.send_mail(ShardId(shard), Mail::Act { action, place });
        }
    }

    /// The journal has stopped before an action was on disk.
    pub(crate) fn act_abandoned(&mut self, acted: &Acted) {
        self.not_done(acted.ticket, NotDone::LogFailed);
    }

    /// A shard has taken an action; the last of them answers.
    pub(crate) fn act_taken(&mut self, place: u32) {
        let acts = &mut self.relays.acts;
        let Some(acted) = acts.under_way.get_mut(place) else {
            return;
        };
        acted.left = acted.left.saturating_sub(1);
        if acted.left == 0
            && let Some(acted) = acts.under_way.remove(place)
        {
            let (ticket, outcome) = (acted.ticket, Ok(acted.action));
            self.effects.push(Effect::Acted { ticket, outcome });
        }
    }

    /// Does at this shard what an operator did.
    pub(crate) fn take_action(&mut self, action: &Arc<Action>) {
        let (peer, Some(doing)) = (action.mark(), action.done()) else {
            return;
        };
        let acts = &mut self.relays.acts;
        if doing.lasts() {
            let held = acts.holding.get(&peer).map_or(0, |held| held.number);
            if held > action.number {
                return;
            }
            acts.holding.insert(peer, Arc::clone(action));
        }
        if doing != Doing::Hold {
            acts.recalled.retain(|(recalled, _)| *recalled != peer);
            acts.recalled.push((peer, doing));
            acts.position = 0;
        }
        let hold = acts.hold_of(peer);
        if let Some(queue) = self.relays.queue_mut(peer) {
            queue.set_hold(hold);
            if doing == Doing::Retry {
                queue.recall_notes();
                queue.breaker.forgive();
            }
        }
    }

    /// Looks at some of the copies whose peers an operator let go or wants tried.
    fn recall(&mut self) {
        let acts = &mut self.relays.acts;
        if acts.recalled.is_empty() {
            return;
        }
        let bound = self.store.recipients.bound();
        let begin = acts.position;
        let end = begin.saturating_add(RECALL_STEP).min(bound);
        acts.position = end;
        let recalled = match end == bound {
            true => std::mem::take(&mut acts.recalled),
            false => acts.recalled.clone(),
        };
        for number in begin..end {
            let Some(copy) = self.store.recipients.get(number) else {
                continue;
            };
            let Some(via) = Via::of(copy.flags, copy.token) else {
                continue;
            };
            let doing = recalled.iter().find(|(peer, _)| *peer == via.peer);
            if let (State::Taken, Some((_, doing))) = (copy.state, doing) {
                self.recall_copy(number, *doing);
            }
        }
    }

    /// A copy that its peer has not taken: its time is measured anew, and where it waits for another try, that comes
    /// now. What was never tried waits for its time of delivery, or for its turn after a start.
    fn recall_copy(&mut self, number: u32, doing: Doing) {
        let soon = self.wheel.current() + 1;
        if let Some(copy) = self.store.recipients.get_mut(number)
            && doing == Doing::Retry
            && copy.attempts > 0
            && copy.marks & (MARK_QUEUED | MARK_FLYING) == 0
        {
            copy.due = copy.due.min(soon);
        }
        self.arm(number);
    }
}
