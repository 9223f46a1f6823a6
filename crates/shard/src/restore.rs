//! After a start: what recovery found becomes the brain's memory again, and every schedule goes on.
//!
//! Resumed pushes are paced. A copy that was notified before is believed when its phone says that it has the message:
//! a retrieval is not recorded, so it may have happened.

use crate::brain::Brain;
use crate::debt::is_owing;
use crate::mail::Mail;
use crate::retain::place_of;
use base::{MessageId, Msisdn, Token};
use lifecycle::{End, State, schedule};
use meter::Counter;
use store::recipients::{MARK_GONE, MARK_RECOVERED};
use store::recover::{RestoredCopy, ShardState};
use store::{Links, NONE, Recipient, record};

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
        for (copy, original) in state.copied {
            self.retention.originals.note(copy, original);
        }
        let mut paced = 0;
        for copy in &state.copies {
            self.restore_copy(copy, &mut paced);
        }
        for (home, delivery) in state.deliveries {
            self.send_mail(home, Mail::Deliver(Box::new(delivery)));
        }
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
        let mut marks = MARK_RECOVERED;
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
        let tick = self.tick_in(*paced * SECOND_MS / u64::from(self.profile.notify.resume_per_s.max(1)));
        self.restore_debts(number, found.at, tick);
        *paced += u64::from(self.store.recipients.get(number).is_some_and(is_owing));
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
