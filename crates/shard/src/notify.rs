//! Notifications: one outstanding a subscriber, built from the stored PDU, recorded with the attempt.
//!
//! The record of the attempt *is* the push in the outbox bearer: it becomes visible when it is durable. Another bearer
//! gets the push then (`bearer`), and answers (`notified`). A repeated notification keeps Content-Location and
//! Transaction-ID and carries the remaining validity (DESIGN §6). What does not fit one SMS is left out in the order of
//! `push::fit`.

use crate::bearer::{Kind, NoRoom, Push, Ticket, Wish, reference};
use crate::brain::{Brain, Held};
use crate::deliver::Outcome;
use crate::fetch::Job;
use base::{Msisdn, Reason, Token};
use journal::AppendRefused;
use journal::planted::{Bug, is_planted};
use lifecycle::{State, schedule};
use meter::Counter;
use mms::{MessageClass, NotificationInd, Originator, Pdu, PlmnText, SendReq, Time, Version};
use rand_core::RngCore;
use smallvec::SmallVec;
use store::recipients::{MARK_ABSENT, MARK_NOTIFYING, MARK_PUSHING};
use store::record::{FLAG_DELIVERY_REPORT, FLAG_HIDDEN_SENDER, FLAG_LOWERED};
use store::{AtHand, NONE, Recipient};

/// Characters of the token that make the Transaction-ID of a notification: the phone has the token anyway.
const TRANSACTION_OCTETS: usize = 8;

/// The Transaction-ID of a copy's notifications.
pub(crate) fn transaction_id(token: Token) -> [u8; TRANSACTION_OCTETS] {
    let mut id = [0; TRANSACTION_OCTETS];
    id.copy_from_slice(&token.to_wire()[..TRANSACTION_OCTETS]);
    id
}

/// The Transaction-ID of a deferred retrieval: another one, as its transaction is another.
pub(crate) fn deferred_transaction_id(token: Token) -> [u8; TRANSACTION_OCTETS] {
    let mut id = [0; TRANSACTION_OCTETS];
    id.copy_from_slice(&token.to_wire()[TRANSACTION_OCTETS..]);
    id
}

/// Whether what wants to be pushed has waited for the bearer's room.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Queue {
    /// Not yet: who waits goes first.
    New,
    /// It is its turn.
    Passed,
}

impl<B: AsRef<[u8]> + AsMut<[u8]>> Brain<B> {
    /// Begins a notification if the subscriber's place is free and the bearer has room; else leaves it to whoever frees
    /// them.
    pub(crate) fn notify_if_free(&mut self, number: u32, at_hand: Option<&AtHand>, queue: Queue) {
        let Some(copy) = self.store.recipients.get(number).copied() else {
            return;
        };
        if copy.marks & (MARK_NOTIFYING | MARK_PUSHING) != 0 {
            return;
        }
        if self.is_place_taken(&copy) {
            return self.arm(number);
        }
        if self.profile.push.is_carried() && self.carrier(number, &copy, queue).is_none() {
            return;
        }
        let until = self.tick_in(u64::from(self.profile.notify.place_ms));
        if let Some(subscriber) = self.store.subscribers.get_mut(copy.subscriber) {
            subscriber.outstanding = number;
            subscriber.place_until = until;
        }
        if let Some(copy) = self.store.recipients.get_mut(number) {
            copy.marks |= MARK_NOTIFYING;
        }
        match at_hand {
            Some(at_hand) => self.notify_with(number, Ok(at_hand)),
            None => {
                let message = copy.message;
                self.obtain(message, Job::Notify { number, message });
            }
        }
    }

    /// The stored PDU is here, or enough of it: the notification is written and its attempt recorded.
    pub(crate) fn notify_with(&mut self, number: u32, pdu: Result<&AtHand, Reason>) {
        let Some(copy) = self.store.recipients.get_mut(number) else {
            return;
        };
        copy.marks &= !MARK_NOTIFYING;
        let copy = *copy;
        if !matches!(copy.state, State::Taken | State::Notified) {
            return self.free_place(number);
        }
        if self.wall().0 >= copy.until {
            // The PDU was long in coming, or the delivery was.
            self.free_place(number);
            return self.fired.push_back(number);
        }
        // The place is held from the push on; while the PDU was on its way it may have gone to another copy.
        let until = self.tick_in(u64::from(self.profile.notify.place_ms));
        match self.store.subscribers.get_mut(copy.subscriber) {
            Some(subscriber) if subscriber.outstanding == number => subscriber.place_until = until,
            _ => return self.arm(number),
        }
        let carrier = match self.profile.push.is_carried() {
            false => None,
            true => match self.carrier(number, &copy, Queue::Passed) {
                None => return self.free_place(number),
                carrier => carrier,
            },
        };
        let mut notification = std::mem::take(&mut self.scratch);
        notification.clear();
        let written = pdu.is_ok_and(|pdu| self.write_notification(&mut notification, &copy, pdu));
        let mut next = copy;
        next.state = State::Notified;
        next.attempts = copy.attempts.saturating_add(1);
        next.due = self.next_attempt(next.attempts);
        let to = self.store.subscriber_of(&copy).map_or(0, Msisdn::digits);
        let appended = match written {
            true => self.append_notification(number, next, to, &notification, carrier),
            // The body could not be read now; the schedule tries again.
            false => Ok(()),
        };
        self.scratch = notification;
        match appended {
            Err(refused) => {
                self.free_place_quietly(number);
                // After the journal has stopped there is no more to be tried.
                if self.unrecorded(refused) != Outcome::Failed {
                    self.fired.push_back(number);
                }
            }
            Ok(()) => {
                if !written && let Some(copy) = self.store.recipients.get_mut(number) {
                    copy.due = next.due;
                }
                self.arm(number);
            }
        }
    }

    /// Where a push to a copy's subscriber goes, if there is room for it. Else the copy waits for room, or for its next
    /// attempt where there is no route for its number.
    fn carrier(&mut self, number: u32, copy: &Recipient, queue: Queue) -> Option<(Msisdn, u16)> {
        let to = self.store.subscriber_of(copy)?;
        let message = copy.message;
        match self.room_for(to, queue, Wish::Notify { number, message }) {
            Ok(route) => return Some((to, route)),
            Err(NoRoom::Waits) => {
                if let Some(copy) = self.store.recipients.get_mut(number) {
                    copy.marks |= MARK_PUSHING;
                }
            }
            Err(NoRoom::NoRoute) => {
                self.meter.count(Counter::PushesRejected);
                let due = self.next_attempt(copy.attempts.saturating_add(1));
                if let Some(copy) = self.store.recipients.get_mut(number) {
                    copy.due = due;
                }
            }
        }
        self.arm(number);
        None
    }

    /// Appends the record of an attempt; what a bearer carries leaves when it is durable, and keeps the place until the
    /// bearer has answered.
    fn append_notification(
        &mut self,
        number: u32,
        next: Recipient,
        to: u64,
        pdu: &[u8],
        carrier: Option<(Msisdn, u16)>,
    ) -> Result<(), AppendRefused> {
        let Some((msisdn, route)) = carrier else {
            return self.append_state(number, next, to, pdu, Held::Notified(None));
        };
        let kind = Kind::Notification;
        let ticket = Ticket::new(
            self.shard,
            kind,
            number,
            next.attempts,
            (next.message, next.index),
        );
        let wait = schedule::wait_s(&self.profile.notify.schedule_s, next.attempts, 0, 0);
        let push = Box::new(Push {
            id: ticket.id(),
            route,
            to: msisdn,
            pdu: pdu.to_vec(),
            reference: reference(next.message, next.index, kind, next.sequence),
            valid_for_s: wait.min(next.until.saturating_sub(self.wall().0)),
        });
        self.append_state(number, next, to, pdu, Held::Notified(Some(push)))?;
        self.room.took(route);
        if let Some(copy) = self.store.recipients.get_mut(number) {
            copy.marks |= MARK_PUSHING;
            copy.marks &= !MARK_ABSENT;
        }
        if let Some(subscriber) = self.store.subscribers.get_mut(next.subscriber) {
            subscriber.place_until = u32::MAX;
        }
        Ok(())
    }

    pub(crate) fn next_attempt(&mut self, attempts: u8) -> u32 {
        let notify = &self.profile.notify;
        let noise = self.random.next_u32() as u16;
        let wait = schedule::wait_s(&notify.schedule_s, attempts, notify.jitter_percent, noise);
        self.tick_in(u64::from(wait) * 1_000)
    }

    /// Writes M-Notification.ind into as few SMS as can be. `false` where the stored PDU can't be read.
    fn write_notification(&self, out: &mut Vec<u8>, copy: &Recipient, pdu: &AtHand) -> bool {
        let Ok(Pdu::SendReq(send)) = Pdu::read(pdu.octets.as_slice()) else {
            return false;
        };
        let transaction = transaction_id(copy.token);
        let mut location: SmallVec<[u8; 96]> =
            SmallVec::from_slice(self.profile.mm1.retrieval_base.as_bytes());
        location.extend_from_slice(&copy.token.to_wire());
        let version = if copy.flags & FLAG_LOWERED != 0 {
            Version::V1_0
        } else {
            mms::version::WRITTEN_MAX
        };
        let class = send.message_class.unwrap_or(MessageClass::Personal);
        let size = match pdu.size_octets {
            Some(octets) => u64::from(octets),
            None => mms::message_size_octets(&send).unwrap_or(0),
        };
        let left = u64::from(copy.until.saturating_sub(self.wall().0));
        let mut notification = NotificationInd::new(
            &transaction,
            version,
            class,
            size,
            Time::Relative(left),
            &location,
        );
        let sender = PlmnText::new(copy.sender);
        notification.from = (copy.flags & FLAG_HIDDEN_SENDER == 0 && copy.sender != 0)
            .then(|| Originator::Address(sender.address()));
        notification.subject = send.subject;
        notification.delivery_report = (copy.flags & FLAG_DELIVERY_REPORT != 0).then_some(true);
        notification.priority = send.priority;
        carry_application(&mut notification, &send);
        // The wider reference fits links of both widths.
        push::fit(&notification, push::wdp::Reference::Word, out);
        true
    }

    pub(crate) fn is_place_taken(&self, copy: &Recipient) -> bool {
        self.store
            .subscribers
            .get(copy.subscriber)
            .is_some_and(|subscriber| {
                subscriber.outstanding != NONE && self.wheel.current() < subscriber.place_until
            })
    }

    /// The tick at which this copy's hold on the place ends; never, where it has none.
    pub(crate) fn place_until(&self, number: u32, copy: &Recipient) -> u32 {
        self.store
            .subscribers
            .get(copy.subscriber)
            .filter(|subscriber| subscriber.outstanding == number)
            .map_or(u32::MAX, |subscriber| subscriber.place_until)
    }

    pub(crate) fn free_place_if_late(&mut self, number: u32, tick: u32) {
        let Some(copy) = self.store.recipients.get(number).copied() else {
            return;
        };
        if tick >= self.place_until(number, &copy) {
            self.free_place(number);
        }
    }

    /// Frees the subscriber's place if this copy holds it; gives the head of their list if it is free now.
    fn free_place_quietly(&mut self, number: u32) -> Option<u32> {
        let place = self.store.recipients.get(number)?.subscriber;
        let subscriber = self.store.subscribers.get_mut(place)?;
        if subscriber.outstanding == number {
            subscriber.outstanding = NONE;
        }
        (subscriber.outstanding == NONE).then_some(subscriber.head)
    }

    /// Frees the subscriber's place if this copy holds it, and gives it to the copy that has waited longest. A place
    /// that was given back for want of room in the journal is free, too, and may be so until this copy ends.
    pub(crate) fn free_place(&mut self, number: u32) {
        let Some(mut at) = self.free_place_quietly(number) else {
            return;
        };
        let tick = self.wheel.current();
        let mut longest: Option<(u32, u32)> = None;
        while let Some(copy) = self.store.recipients.get(at) {
            let waits = matches!(copy.state, State::Taken | State::Notified)
                && copy.due <= tick + 1
                && copy.fetching == 0
                && copy.marks & MARK_PUSHING == 0
                && at != number;
            // The list has the newest first: of equally due ones the last in it has waited longest.
            if waits && longest.is_none_or(|(due, _)| copy.due <= due) {
                longest = Some((copy.due, at));
            }
            at = copy.next;
        }
        if let Some((_, next)) = longest
            && !is_planted(Bug::LostWakeUp)
        {
            self.fired.push_back(next);
        }
    }
}

fn carry_application<'a>(notification: &mut NotificationInd<'a>, send: &SendReq<'a>) {
    notification.application = send.application;
    notification.content_class = send.content_class;
    notification.drm_content = send.drm_content;
}
