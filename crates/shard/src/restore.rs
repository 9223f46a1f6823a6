//! After a start: what recovery found becomes the brain's memory again, and every schedule goes on.
//!
//! Resumed pushes are paced. A copy that was notified before is believed when its phone says that it has the message:
//! a retrieval is not recorded, so it may have happened.

use crate::brain::Brain;
use crate::debt::is_owing;
use crate::mail::Mail;
use crate::retain::place_of;
use base::{MessageId, Msisdn, ShardId, Token};
use lifecycle::{End, State, schedule};
use meter::Counter;
use std::sync::Arc;
use store::recipients::{MARK_GIVEN, MARK_GONE};
use store::record::Action;
use store::recover::{RestoredCopy, ShardState};
use store::via::Via;
use store::{Delivery, Links, NONE, Recipient, record};

/// Milliseconds of a second, for pacing.
const SECOND_MS: u64 = 1_000;

impl<B: AsRef<[u8]> + AsMut<[u8]>> Brain<B> {
    /// Takes what recovery found for this shard. Called once, before the first turn.
    pub fn restore(&mut self, state: ShardState) {
        self.next_sequence = self.next_sequence.max(state.first_sequence);
        for message in state.messages {
            if message.open > 0 {
                self.pin_restored(message.spot);
            }
            self.store.messages.insert(message);
        }
        for (until, spot, source) in state.remembered {
            self.pin_restored(spot);
            self.retention.remembered[place_of(source)].push_back((until, spot));
        }
        for (message, original) in state.copied {
            self.retention.originals.note(message, original);
        }
        self.restore_actions(state.actions, state.holding);
        let mut paced = 0;
        for copy in &state.copies {
            self.restore_copy(copy, &mut paced);
        }
        for (message, origin) in state.unanswered {
            self.restore_answer(message, &origin, &state.deliveries);
        }
        for (home, delivery) in state.deliveries {
            self.deliver_again(home, delivery);
        }
    }

    fn restore_actions(&mut self, actions: Vec<(store::Spot, Action)>, holding: Vec<Action>) {
        self.relays.acts.restore(holding);
        for (spot, action) in actions {
            self.pin_restored(spot);
            self.keep_action(spot, Arc::new(action));
        }
        let routes = Arc::clone(&self.routes);
        self.relays.take(&routes, self.shards);
    }

    fn pin_restored(&mut self, spot: store::Spot) {
        let octets = store::append::units(spot.length) * journal::RECORD_ALIGN;
        let pinned = self.store.journal.pin(spot.location().segment, octets);
        debug_assert!(
            pinned.is_ok(),
            "a record that was found stands in a segment in use"
        );
    }

    fn restore_copy(&mut self, restored: &RestoredCopy, paced: &mut u64) {
        self.meter.count(Counter::RecipientsTaken);
        let found = &restored.state;
        let state = State::from_octet(found.state).unwrap_or(State::Ended(End::Indeterminate));
        let mut marks = MARK_GIVEN;
        if restored.is_gone {
            marks |= MARK_GONE;
        }
        self.pin_restored(restored.spot);
        let number = self.store.recipients.insert(Recipient {
            message: MessageId::from_bits(found.message),
            sender: found.sender,
            token: Token(found.token),
            until: found.until,
            due: 0,
            timer: Links::default(),
            subscriber: NONE,
            next: Msisdn::from_bits(found.number).map_or(u32::from(restored.field), |_| NONE),
            pin_segment: restored.spot.segment,
            pin_units: u16::try_from(store::append::units(restored.spot.length)).unwrap_or(u16::MAX),
            sequence: u16::try_from(found.sequence).unwrap_or(u16::MAX),
            flags: found.flags,
            index: found.recipient,
            state,
            attempts: found.attempts,
            marks,
            fetching: 0,
        });
        if let Some(via) = Via::of(found.flags, Token(found.token)) {
            return self.restore_relayed(number, found, via, paced);
        }
        if let Some(msisdn) = Msisdn::from_bits(found.number) {
            self.store.link(number, msisdn);
        }
        let due = match state {
            State::Ended(_) => self.kept_until(number),
            // Its answer may have been lost with the process: the phone is asked again soon, at the pace allowed.
            State::Taken | State::Notified => self.resumed(found, paced),
            _ => self.tick_in(u64::from(self.profile.retrieve.unanswered_ms)),
        };
        if let Some(copy) = self.store.recipients.get_mut(number) {
            copy.due = due;
        }
        self.arm(number);
        self.restore_owing(number, found, paced);
    }

    /// What a copy owes is told again, at its turn.
    fn restore_owing(&mut self, number: u32, found: &record::State, paced: &mut u64) {
        let tick = self.tick_in(*paced * SECOND_MS / u64::from(self.profile.notify.resume_per_s.max(1)));
        self.restore_debts(number, found.at, tick);
        *paced += u64::from(self.store.recipients.get(number).is_some_and(is_owing));
    }

    /// Divides what nobody had recorded anything of: recovery knows no routes, and takes everybody for ours.
    fn deliver_again(&mut self, home: ShardId, mut delivery: Delivery) {
        let message = delivery.message;
        let (abroad, ours): (Vec<_>, Vec<_>) = std::mem::take(&mut delivery.recipients)
            .into_iter()
            .partition(|recipient| self.place_of(message, recipient.recipient.number) != home);
        for (home, recipients) in [(self.shard, abroad), (home, ours)] {
            if !recipients.is_empty() {
                let part = Delivery {
                    recipients,
                    ..delivery.clone()
                };
                self.send_mail(home, Mail::Deliver(Box::new(part)));
            }
        }
    }

    /// A copy that goes to another operator: it waits for its response or its report again, or for its next try.
    fn restore_relayed(&mut self, number: u32, found: &record::State, via: Via, paced: &mut u64) {
        if let Some(msisdn) = Msisdn::from_bits(found.number) {
            self.store.own(number, msisdn);
        }
        let state = State::from_octet(found.state).unwrap_or(State::Taken);
        if via.is_refused {
            let message = MessageId::from_bits(found.message);
            self.store.messages.forget_repeat(message, found.recipient);
        }
        if state == State::HandedOver
            && let Some(queue) = self.relays.queue_mut(via.peer)
        {
            queue.await_response(MessageId::from_bits(found.message));
        }
        if state == State::Taken
            && let Some(queue) = self.relays.queue_mut(via.peer)
        {
            queue.add_copy();
        }
        let due = match state {
            State::Ended(_) => self.kept_until(number),
            State::HandedOver => {
                let res_s = self.peer_profile(via.peer).map_or(0, |peer| peer.tries.res_s);
                self.tick_of(found.at.saturating_add(res_s))
            }
            State::Relayed => u32::MAX,
            _ => {
                *paced += 1;
                self.tick_in(*paced * SECOND_MS / u64::from(self.profile.notify.resume_per_s.max(1)))
            }
        };
        if let Some(copy) = self.store.recipients.get_mut(number) {
            copy.due = due;
        }
        self.arm(number);
        self.restore_owing(number, found, paced);
    }

    /// The tick of a resumed copy's next attempt: as its schedule says; one that is overdue takes its turn.
    fn resumed(&self, found: &record::State, paced: &mut u64) -> u32 {
        let wait = schedule::wait_s(&self.profile.notify.schedule_s, found.attempts, 0, 0);
        let at = found.at.saturating_add(wait);
        // What a bearer was to carry in the last moments may not have left: those are asked again soon, too.
        let is_sure = !self.profile.push.is_carried()
            || u64::from(self.wall().0.saturating_sub(found.at)) * SECOND_MS
                > u64::from(self.profile.notify.place_ms);
        if at > self.wall().0 && is_sure {
            return self.tick_of(at);
        }
        *paced += 1;
        self.tick_in(*paced * SECOND_MS / u64::from(self.profile.notify.resume_per_s.max(1)))
    }
}
