//! Notifications keep to their times: not before the earliest delivery, as far apart as the schedule says, one
//! outstanding a subscriber; and they say how long the message is still valid.
//!
//! R15. Late is allowed while there are faults; early is not, whatever the wall clock does.

use crate::checkers::expect;
use crate::event::{Asked, Checker, Event, Question, Scene};
use crate::phone::note_of;
use base::Token;
use lifecycle::schedule::wait_s;
use shard::Answered;
use std::collections::BTreeMap;
use store::record::State;

/// X-Mms-Status Unrecognised: the next notification, in version 1.0, goes out at once.
const UNRECOGNISED: u8 = 0x84;

/// The last notification of a copy.
#[derive(Clone, Copy, Debug)]
struct Last {
    at: u32,
    attempts: u8,
}

/// The times of notifications.
#[derive(Debug, Default)]
pub(crate) struct Schedule {
    /// By message and number of the recipient.
    last: BTreeMap<(u64, u64), Last>,
    /// The copy that each subscriber was notified of last, and when.
    outstanding: BTreeMap<u64, (u64, u32)>,
    /// When something was last said about a copy, by the true time; records come later than what they record.
    touched: BTreeMap<(u64, u64), u64>,
    /// Requests about a copy that are not answered yet: their effect may come at any moment.
    in_progress: BTreeMap<(u64, u64), u32>,
    /// When a phone last said that it does not understand.
    unrecognised: BTreeMap<(u64, u64), u64>,
    /// When an SMSC last said that a phone is there.
    reachable: BTreeMap<u64, u64>,
    transactions: BTreeMap<(u64, Vec<u8>), u64>,
    tokens: BTreeMap<[u8; 12], u64>,
}

impl Checker for Schedule {
    fn name(&self) -> &'static str {
        "schedule"
    }

    fn take(&mut self, scene: &Scene<'_>, event: &Event<'_>) -> Result<(), String> {
        match event {
            Event::Accepted(accept, _) => {
                for one in &accept.recipients {
                    let wire = Token(one.token).to_wire();
                    self.tokens.insert(one.token, accept.message);
                    for transaction in [&wire[..8], &wire[8..]] {
                        self.transactions
                            .insert((one.number, transaction.to_vec()), accept.message);
                    }
                }
            }
            // What was heard before a push may take effect after it, when it is answered.
            Event::Heard(question) => {
                if let Some(key) = self.hear(scene, question) {
                    *self.in_progress.entry(key).or_default() += 1;
                }
            }
            Event::Said(question, _) => {
                if let Some(key) = self.hear(scene, question)
                    && let Some(count) = self.in_progress.get_mut(&key)
                {
                    *count = count.saturating_sub(1);
                }
            }
            // A refusal frees the place, and so does a receipt.
            Event::Answered(about, Answered::Rejected | Answered::Late | Answered::UnknownSubscriber)
            | Event::Receipted(about, _) => {
                self.touched.insert((about.message, about.to), scene.now_s);
            }
            Event::Reachable(who) => {
                self.reachable.insert(*who, scene.now_s);
            }
            Event::Sent(ticket, _) => {
                let message = ticket.message.bits();
                let of_message = self.touched.iter_mut().filter(|((held, _), _)| *held == message);
                for (_, at) in of_message {
                    *at = scene.now_s;
                }
            }
            Event::Started(_) => {
                self.last.clear();
                self.outstanding.clear();
                self.in_progress.clear();
            }
            Event::Stepped(state, pdu) => {
                if state.state != 1 {
                    self.touched.insert((state.message, state.number), scene.now_s);
                } else if let Some(note) = note_of(pdu, state.at) {
                    let accept = &scene.world.ledger.accepts[&state.message];
                    let (until, valid) = (accept.expiry, note.expiry_s + u64::from(state.at));
                    expect(valid.abs_diff(u64::from(until)) <= 1, || {
                        format!("{state:x?} says that it is valid to {valid} instead of {until}")
                    })?;
                    let early = scene.now_s + scene.tolerance_s < u64::from(accept.deliver_at);
                    expect(!early, || {
                        format!("{state:x?} comes before {}", accept.deliver_at)
                    })?;
                    return self.judge(scene, state);
                }
            }
            _ => {}
        }
        Ok(())
    }
}

impl Schedule {
    /// Notes that something is said about a copy; gives which.
    fn hear(&mut self, scene: &Scene<'_>, question: &Question) -> Option<(u64, u64)> {
        let who = question.who?;
        let (message, status) = match &question.asked {
            Asked::Response(transaction, status) => {
                let message = self.transactions.get(&(who, transaction.clone()));
                (message.copied(), *status)
            }
            Asked::Acknowledge(transaction) => {
                (self.transactions.get(&(who, transaction.clone())).copied(), 0)
            }
            Asked::Get(token) => {
                let message = token.and_then(|token| self.tokens.get(&token.0));
                (message.copied(), 0)
            }
            Asked::Submission(number) => (scene.book.submission(*number).forwards, 0),
            Asked::Other => return None,
        };
        let key = (message?, who);
        self.touched.insert(key, scene.now_s);
        if status == UNRECOGNISED {
            self.unrecognised.insert(key, scene.now_s);
        }
        Some(key)
    }

    fn judge(&mut self, scene: &Scene<'_>, state: &State) -> Result<(), String> {
        let notify = &scene.world.shape.profile.notify;
        let slack_s = 2 + scene.tolerance_s;
        let is_since = |at: Option<&u64>, since: u32| at.is_some_and(|at| at + slack_s >= u64::from(since));
        let key = (state.message, state.number);
        let now = Last {
            at: state.at,
            attempts: state.attempts,
        };
        if let Some(last) = self.last.insert(key, now)
            && !is_since(self.unrecognised.get(&key), last.at)
            && !is_since(self.reachable.get(&state.number), last.at)
        {
            let least_s = wait_s(&notify.schedule_s, last.attempts, notify.jitter_percent, 0);
            expect(
                u64::from(state.at.saturating_sub(last.at)) + slack_s >= u64::from(least_s),
                || format!("{state:x?} comes less than {least_s} s after {last:?}"),
            )?;
        }
        let held = self.outstanding.insert(state.number, (state.message, state.at));
        let Some((other, since)) = held.filter(|(other, _)| *other != state.message) else {
            return Ok(());
        };
        let held_s = u64::from(state.at.saturating_sub(since)) + slack_s;
        let key = (other, state.number);
        let is_in_progress = self.in_progress.get(&key).is_some_and(|count| *count > 0);
        let is_free = is_in_progress
            || held_s >= u64::from(notify.place_ms / 1_000)
            || is_since(self.touched.get(&key), since)
            || is_since(self.reachable.get(&state.number), since);
        expect(is_free, || {
            format!("{state:x?} is pushed while {other:x}, of {since}, is outstanding")
        })
    }
}
