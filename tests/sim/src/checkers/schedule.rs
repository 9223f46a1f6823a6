//! Notifications keep to their times: not before the earliest delivery, as far apart as the schedule says, one
//! outstanding a subscriber; and they say how long the message is still valid.
//!
//! R15. Late is allowed while there are faults; early is not, whatever the wall clock does.

use crate::checkers::expect;
use crate::event::{Asked, Checker, Event, Question, Scene};
use crate::phone::note_of;
use base::Token;
use lifecycle::schedule::wait_s;
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
    /// The copy whose notification each subscriber has not answered, and since when.
    outstanding: BTreeMap<u64, (u64, u32)>,
    transactions: BTreeMap<(u64, Vec<u8>), u64>,
    tokens: BTreeMap<Token, u64>,
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
                    self.tokens.insert(Token(one.token), accept.message);
                    for transaction in [&wire[..8], &wire[8..]] {
                        self.transactions
                            .insert((one.number, transaction.to_vec()), accept.message);
                    }
                }
            }
            Event::Heard(question) => self.hear(question),
            Event::Started(_) => {
                self.last.clear();
                self.outstanding.clear();
            }
            Event::Stepped(state, pdu) => {
                if state.state != 1 {
                    self.release(state.number, state.message);
                } else if let Some(note) = note_of(pdu, state.at) {
                    let accept = &scene.world.ledger.accepts[&state.message];
                    let (until, valid) = (accept.expiry, note.expiry_s + u64::from(state.at));
                    expect(valid.abs_diff(u64::from(until)) <= 1, || {
                        format!("{state:x?} says that it is valid to {valid} instead of {until}")
                    })?;
                    let early = scene.now_s + scene.tolerance_s < u64::from(accept.deliver_at);
                    expect(!early, || format!("{state:x?} comes before {}", accept.deliver_at))?;
                    return self.judge(scene, state);
                }
            }
            _ => {}
        }
        Ok(())
    }
}

impl Schedule {
    fn hear(&mut self, question: &Question) {
        let Some(who) = question.who else { return };
        let (message, status) = match &question.asked {
            Asked::Response(transaction, status) => {
                let message = self.transactions.get(&(who, transaction.clone()));
                (message.copied(), *status)
            }
            Asked::Acknowledge(transaction) => {
                (self.transactions.get(&(who, transaction.clone())).copied(), 0)
            }
            Asked::Get(token) => {
                let message = token.and_then(|token| self.tokens.get(&token));
                (message.copied(), 0)
            }
            _ => return,
        };
        let Some(message) = message else { return };
        self.release(who, message);
        if status == UNRECOGNISED {
            self.last.remove(&(message, who));
        }
    }

    fn release(&mut self, who: u64, message: u64) {
        if self.outstanding.get(&who).is_some_and(|(held, _)| *held == message) {
            self.outstanding.remove(&who);
        }
    }

    fn judge(&mut self, scene: &Scene<'_>, state: &State) -> Result<(), String> {
        let notify = &scene.world.shape.profile.notify;
        let slack_s = 2 + scene.tolerance_s;
        let now = Last {
            at: state.at,
            attempts: state.attempts,
        };
        if let Some(last) = self.last.insert((state.message, state.number), now) {
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
        expect(held_s >= u64::from(notify.place_ms / 1_000), || {
            format!("{state:x?} is pushed while {other:x}, of {since}, is outstanding")
        })
    }
}
