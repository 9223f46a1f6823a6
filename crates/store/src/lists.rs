//! Each subscriber's list of copies: in, out, along. Newest first; most lists hold one or two.

use crate::append::Store;
use crate::recipients::{NONE, Recipient};
use base::{Msisdn, Token};

impl<B: AsRef<[u8]> + AsMut<[u8]>> Store<B> {
    /// Puts a copy at the head of its subscriber's list, making the subscriber's entry if there is none.
    pub fn link(&mut self, number: u32, msisdn: Msisdn) {
        let place = self.subscribers.find_or_insert(msisdn);
        let Some(subscriber) = self.subscribers.get_mut(place) else {
            return;
        };
        let Some(copy) = self.recipients.get_mut(number) else {
            return;
        };
        copy.subscriber = place;
        copy.next = subscriber.head;
        subscriber.head = number;
        subscriber.waiting += u32::from(!copy.state.is_ended());
    }

    /// A copy that has just ended no longer fills its subscriber's mailbox.
    pub fn stop_waiting(&mut self, number: u32) {
        let place = self.recipients.get(number).map_or(NONE, |copy| copy.subscriber);
        if let Some(subscriber) = self.subscribers.get_mut(place) {
            subscriber.waiting = subscriber.waiting.saturating_sub(1);
        }
    }

    /// Takes a copy out of its subscriber's list, and the subscriber's entry with the last one.
    pub fn unlink(&mut self, number: u32) {
        let Some(copy) = self.recipients.get(number).copied() else {
            return;
        };
        let Some(subscriber) = self.subscribers.get_mut(copy.subscriber) else {
            return;
        };
        if subscriber.outstanding == number {
            subscriber.outstanding = NONE;
        }
        subscriber.waiting -= u32::from(!copy.state.is_ended());
        if subscriber.head == number {
            subscriber.head = copy.next;
            if copy.next == NONE {
                self.subscribers.remove(copy.subscriber);
            }
            return;
        }
        let mut at = subscriber.head;
        while let Some(before) = self.recipients.get_mut(at) {
            if before.next == number {
                before.next = copy.next;
                return;
            }
            at = before.next;
        }
    }

    /// The copies of a subscriber, newest first.
    pub fn copies_of(&self, msisdn: Msisdn) -> impl Iterator<Item = (u32, &Recipient)> {
        let head = self
            .subscribers
            .find(msisdn)
            .and_then(|place| self.subscribers.get(place));
        let mut at = head.map_or(NONE, |subscriber| subscriber.head);
        std::iter::from_fn(move || {
            let number = at;
            let copy = self.recipients.get(number)?;
            at = copy.next;
            Some((number, copy))
        })
    }

    /// The copy of this subscriber with this token. Every token of the list is compared, and each in full, so that
    /// the time taken says nothing about how much of a guess was right.
    #[must_use]
    pub fn copy_by_token(&self, msisdn: Msisdn, token: Token) -> Option<u32> {
        let mut found = None;
        for (number, copy) in self.copies_of(msisdn) {
            let difference = copy
                .token
                .0
                .iter()
                .zip(token.0)
                .fold(0_u8, |sum, (left, right)| sum | (left ^ right));
            if difference == 0 {
                found = Some(number);
            }
        }
        found
    }

    /// Who a copy is for, if it is a number.
    #[must_use]
    pub fn subscriber_of(&self, copy: &Recipient) -> Option<Msisdn> {
        self.subscribers
            .get(copy.subscriber)
            .map(|subscriber| subscriber.number)
    }
}
