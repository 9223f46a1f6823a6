//! Every end has its cause, and it comes from the recipient's own phone, or from time; and that cause has its end.
//!
//! R5 and the forged reports of FEATURES §4: what another subscriber says about a copy, or what was never fetched, ends
//! nothing. But what a phone was given and says it has, has ended by the time it hears that it was understood.

use crate::checkers::expect;
use crate::event::{Asked, Checker, Event, Question, Scene};
use base::Token;
use shard::bearer::Kind;
use shard::{Answer, Answered, Receipt};
use std::collections::{BTreeMap, BTreeSet};
use store::record::{FLAG_RELAYED, State};

/// What is known about a copy.
#[derive(Debug, Default)]
struct Copy {
    /// Statuses that its phone has answered with.
    said: BTreeSet<u8>,
    /// First whole retrieval since the last start, by the true time.
    fetched_at: Option<u64>,
    /// Its phone asked for it at some time: an answer that overtakes the retrieval is believed.
    was_asked_for: bool,
    /// It was on its way to its phone at some time, whole for all the server knows or not.
    was_given: bool,
    /// Times that its phone said so before, and was not answered yet.
    too_early: u32,
    /// That it was fetched whole stands in the log, as it does when its record was written anew.
    is_fetched_on_disk: bool,
    /// A bearer said that there is no such subscriber.
    is_unknown: bool,
    /// Its phone sent it on.
    was_forwarded: bool,
    is_ended: bool,
}

/// Every end has its cause.
#[derive(Debug, Default)]
pub(crate) struct Causes {
    /// By message and number of the recipient.
    copies: BTreeMap<(u64, u64), Copy>,
    /// Both Transaction-IDs of each copy, with its number.
    transactions: BTreeMap<(u64, Vec<u8>), (u64, u64)>,
    tokens: BTreeMap<[u8; 12], (u64, u64)>,
}

/// States and ends as octets of a record; the ends are those of X-Mms-Status (OMA MMS Encapsulation).
const DEFERRED: u8 = 2;
const FETCHED: u8 = 3;
const RETRIEVED: u8 = 0x81;

impl Checker for Causes {
    fn name(&self) -> &'static str {
        "causes"
    }

    fn take(&mut self, scene: &Scene<'_>, event: &Event<'_>) -> Result<(), String> {
        match event {
            Event::Accepted(accept, _) => {
                for one in accept.recipients.iter().filter(|one| one.number != 0) {
                    let (key, token) = ((accept.message, one.number), Token(one.token));
                    let wire = token.to_wire();
                    self.tokens.insert(token.0, key);
                    for transaction in [&wire[..8], &wire[8..]] {
                        self.transactions.insert((one.number, transaction.to_vec()), key);
                    }
                    self.copies.entry(key).or_default();
                }
            }
            Event::Heard(question) => self.hear(scene, question),
            Event::Said(question, answer) => return self.say(question, answer),
            Event::Answered(about, Answered::UnknownSubscriber)
            | Event::Receipted(about, Receipt::UnknownSubscriber) => {
                if about.kind == Kind::Notification
                    && let Some(copy) = self.copies.get_mut(&(about.message, about.to))
                {
                    copy.is_unknown = true;
                }
            }
            Event::Spoken(message, to, end) => {
                if let Some(copy) = self.copies.get_mut(&(*message, *to)) {
                    copy.said.insert(*end);
                }
            }
            Event::Sent(ticket, true) => {
                let copies = self.copies.range_mut((ticket.message.bits(), 0)..);
                let of_message = copies.take_while(|((message, _), _)| *message == ticket.message.bits());
                for (_, copy) in of_message.filter(|(_, copy)| copy.was_asked_for) {
                    copy.fetched_at.get_or_insert(scene.now_s);
                }
            }
            Event::Started(_) => {
                for copy in self.copies.values_mut() {
                    copy.fetched_at = copy.is_fetched_on_disk.then_some(scene.now_s);
                    copy.too_early = 0;
                }
            }
            Event::Stepped(state, _) => {
                if let Some(copy) = self.copies.get_mut(&(state.message, state.number)) {
                    copy.is_fetched_on_disk = state.state == FETCHED;
                }
                if state.state == DEFERRED || state.state >= 0x80 {
                    return self.judge(scene, state);
                }
            }
            _ => {}
        }
        Ok(())
    }
}

impl Causes {
    fn say(&mut self, question: &Question, answer: &Answer) -> Result<(), String> {
        let Some(who) = question.who else { return Ok(()) };
        let (Asked::Acknowledge(transaction) | Asked::Response(transaction, RETRIEVED)) = &question.asked
        else {
            if let Asked::Get(Some(token)) = &question.asked
                && answer.sent.is_some()
                && let Some(key) = self.tokens.get(&token.0).filter(|(_, owner)| *owner == who)
                && let Some(copy) = self.copies.get_mut(key)
            {
                copy.was_given = true;
            }
            return Ok(());
        };
        let Some(&key) = self.transactions.get(&(who, transaction.clone())) else {
            return Ok(());
        };
        let Some(copy) = self.copies.get_mut(&key) else {
            return Ok(());
        };
        if copy.too_early > 0 {
            copy.too_early -= 1;
            return Ok(());
        }
        let is_open = copy.was_given && !copy.is_ended;
        expect(answer.http_status != 200 || !is_open, || {
            format!("{who} has {:x} and says so, to no effect", key.0)
        })
    }

    fn hear(&mut self, scene: &Scene<'_>, question: &Question) {
        let Some(who) = question.who else { return };
        let (transaction, status) = match &question.asked {
            Asked::Response(transaction, status) => (transaction.clone(), *status),
            Asked::Acknowledge(transaction) => (transaction.clone(), RETRIEVED),
            Asked::Get(token) => {
                let key = token.and_then(|token| self.tokens.get(&token.0));
                if let Some(key) = key.filter(|(_, owner)| *owner == who)
                    && let Some(copy) = self.copies.get_mut(key)
                {
                    copy.was_asked_for = true;
                }
                return;
            }
            Asked::Submission(number) => {
                // It names the copy by a URL, which the crowd wrote down.
                let submission = scene.book.submission(*number);
                if let Some(copy) = submission
                    .forwards
                    .and_then(|key| self.copies.get_mut(&(key, who)))
                {
                    copy.was_forwarded = true;
                }
                return;
            }
            _ => return,
        };
        let key = self.transactions.get(&(who, transaction));
        if let Some(copy) = key.and_then(|key| self.copies.get_mut(key)) {
            copy.said.insert(status);
            copy.too_early += u32::from(status == RETRIEVED && !copy.was_given);
        }
    }

    fn judge(&mut self, scene: &Scene<'_>, state: &State) -> Result<(), String> {
        let Some(copy) = self.copies.get_mut(&(state.message, state.number)) else {
            return Ok(());
        };
        if copy.is_ended {
            return Ok(());
        }
        copy.is_ended = state.state >= 0x80;
        let retrieve = &scene.world.shape.profile.retrieve;
        let unanswered_s = u64::from(retrieve.unanswered_ms / 1_000);
        let was_late = copy
            .fetched_at
            .is_some_and(|at| scene.now_s - at + scene.tolerance_s >= unanswered_s);
        let is_abroad = state.flags & FLAG_RELAYED != 0;
        let is_caused = match state.state {
            // The other operator's word; of its refusals, and of its silence, it need not say anything.
            RETRIEVED | 0x84 if is_abroad => copy.said.contains(&state.state),
            _ if is_abroad => true,
            DEFERRED => copy.said.contains(&0x83),
            // After a start a phone's word is taken for a retrieval that was forgotten.
            RETRIEVED => {
                let is_believed = copy.was_asked_for || scene.world.crashes > 0;
                copy.said.contains(&RETRIEVED) && is_believed
                    || was_late
                    || retrieve.delivered_on_fetch && copy.was_asked_for
            }
            0x82 | 0x84 => copy.said.contains(&state.state),
            0x86 => copy.was_forwarded,
            0x80 => scene.now_s + scene.tolerance_s >= expiry(scene, state.message),
            // A mailbox that is full, or a number that is nobody's.
            0x87 => copy.is_unknown || scene.world.shape.profile.mm1.mailbox_messages_max < 1_000,
            _ => false,
        };
        expect(is_caused, || format!("{state:x?} for no reason: {copy:?}"))
    }
}

fn expiry(scene: &Scene<'_>, message: u64) -> u64 {
    let accept = scene.world.ledger.accepts.get(&message);
    accept.map_or(0, |accept| u64::from(accept.expiry))
}
