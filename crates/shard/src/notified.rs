//! What the bearer says of a notification: it has it, it does not take it, the phone has it, the phone is not there.
//!
//! Behind `bearer`, before the next attempt in `notify`. From the push until its answer the copy keeps its
//! subscriber's place and its schedule rests; from the answer on both run (MM1 flows §4). Invariant: what is said of
//! another attempt than the latest, or of a copy that has gone on, changes nothing.

use crate::bearer::{Answered, Receipt, Ticket};
use crate::brain::Brain;
use base::Msisdn;
use lifecycle::{Event, State};
use meter::Counter;
use store::recipients::{MARK_ABSENT, MARK_NOTIFYING, MARK_PUSHING};
use store::{NONE, Recipient};

impl<B: AsRef<[u8]> + AsMut<[u8]>> Brain<B> {
    /// The bearer has answered.
    pub(crate) fn notification_answered(&mut self, ticket: Ticket, answered: Answered) {
        self.meter.count(match answered {
            Answered::Taken => Counter::PushesTaken,
            Answered::Rejected | Answered::UnknownSubscriber => Counter::PushesRejected,
            Answered::Late => Counter::PushesLate,
        });
        let Some(copy) = self.notified_copy(ticket) else {
            return;
        };
        self.unmark_pushing(ticket.number);
        match answered {
            Answered::UnknownSubscriber => self.todo(ticket.number, Event::Unroutable),
            Answered::Taken => {
                self.hold_place(ticket.number, &copy);
                self.wait_a_step(ticket.number, copy.attempts);
            }
            Answered::Rejected => {
                self.free_place(ticket.number);
                self.wait_a_step(ticket.number, copy.attempts);
            }
            Answered::Late => {
                // Its validity was the wait for the next attempt, which is over.
                self.free_place(ticket.number);
                let due = self.tick_in(0);
                self.set_due(ticket.number, due);
            }
        }
    }

    /// A receipt has come.
    pub(crate) fn notification_receipted(&mut self, ticket: Ticket, receipt: Receipt) {
        self.meter.count(match receipt {
            Receipt::Delivered => Counter::PushesDelivered,
            Receipt::Absent => Counter::PushesAbsent,
            Receipt::UnknownSubscriber => Counter::PushesRejected,
        });
        // With the attempt taken back, what is late of the attempt before would fit.
        let heard = self
            .notified_copy(ticket)
            .filter(|copy| copy.marks & MARK_ABSENT == 0);
        let Some(copy) = heard else {
            return;
        };
        match receipt {
            // The phone has it; if it does not come for the message, the schedule asks it again.
            Receipt::Delivered => self.free_place(ticket.number),
            // The wait is taken once more, from now, so that absence burns no attempt.
            Receipt::Absent => {
                self.free_place(ticket.number);
                self.wait_a_step(ticket.number, copy.attempts);
                if let Some(copy) = self.store.recipients.get_mut(ticket.number) {
                    copy.attempts = copy.attempts.saturating_sub(1);
                    copy.marks |= MARK_ABSENT;
                }
            }
            Receipt::UnknownSubscriber => self.todo(ticket.number, Event::Unroutable),
        }
    }

    /// The SMSC says that an absent phone is there: what it was notified of before goes out again now.
    pub(crate) fn reachable(&mut self, subscriber: Msisdn) {
        let waits = |copy: &Recipient| {
            copy.state == State::Notified
                && copy.fetching == 0
                && copy.marks & (MARK_PUSHING | MARK_NOTIFYING) == 0
        };
        let mut oldest = NONE;
        let numbers: smallvec::SmallVec<[u32; 8]> = self
            .store
            .copies_of(subscriber)
            .filter(|(_, copy)| waits(copy))
            .map(|(number, _)| number)
            .collect();
        let now = self.wheel.current();
        for number in numbers {
            self.set_due(number, now);
            // The newest stands first.
            oldest = number;
        }
        let held = self.store.subscribers.find(subscriber);
        if let Some(place) = held.and_then(|place| self.store.subscribers.get_mut(place))
            && oldest != NONE
        {
            let is_out = self
                .store
                .recipients
                .get(place.outstanding)
                .is_some_and(|copy| copy.marks & MARK_PUSHING != 0);
            if !is_out {
                place.outstanding = NONE;
                self.fired.push_back(oldest);
            }
        }
    }

    /// The copy that a ticket speaks of, where it still waits for an answer to that attempt.
    fn notified_copy(&mut self, ticket: Ticket) -> Option<Recipient> {
        let copy = *self.store.recipients.get(ticket.number)?;
        if !ticket.fits((copy.message, copy.index)) || copy.attempts != ticket.attempt {
            return None;
        }
        if copy.state != State::Notified {
            // The phone was faster than its SMSC.
            self.unmark_pushing(ticket.number);
            return None;
        }
        Some(copy)
    }

    /// The place is this copy's for as long as a taken notification may be unanswered.
    fn hold_place(&mut self, number: u32, copy: &Recipient) {
        let until = self.tick_in(u64::from(self.profile.notify.place_ms));
        if let Some(subscriber) = self.store.subscribers.get_mut(copy.subscriber)
            && subscriber.outstanding == number
        {
            subscriber.place_until = until;
        }
    }

    fn wait_a_step(&mut self, number: u32, attempts: u8) {
        let due = self.next_attempt(attempts);
        self.set_due(number, due);
    }

    fn set_due(&mut self, number: u32, due: u32) {
        if let Some(copy) = self.store.recipients.get_mut(number) {
            copy.due = due;
        }
        self.arm(number);
    }
}
