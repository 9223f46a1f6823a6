//! Each subscriber's list of the copies that wait, newest first: most hold one or two. Ended copies are in no list, so
//! that who has fetched a thousand messages is served as fast as who fetched one; they are found by their token or
//! their message, and keep their subscriber's entry alive.

use crate::append::Store;
use crate::recipients::{NONE, Recipient};
use crate::record::FLAG_RELAYED;
use base::{MessageId, Msisdn, Token};

impl<B: AsRef<[u8]> + AsMut<[u8]>> Store<B> {
    /// Gives a copy to its subscriber, making the entry if there is none; one that waits goes to the head of the list.
    pub fn link(&mut self, number: u32, msisdn: Msisdn) {
        let place = self.subscribers.find_or_insert(msisdn);
        let Some(subscriber) = self.subscribers.get_mut(place) else {
            return;
        };
        let Some(copy) = self.recipients.get_mut(number) else {
            return;
        };
        copy.subscriber = place;
        subscriber.copies += 1;
        if !copy.state.is_ended() {
            copy.next = subscriber.head;
            subscriber.head = number;
            subscriber.waiting += 1;
        }
    }

    /// Notes whose number a copy is for that another operator serves: it is in no list, so that nobody is notified of
    /// it and no phone finds it.
    pub fn own(&mut self, number: u32, msisdn: Msisdn) {
        let place = self.subscribers.find_or_insert(msisdn);
        if let Some(subscriber) = self.subscribers.get_mut(place)
            && let Some(copy) = self.recipients.get_mut(number)
        {
            copy.subscriber = place;
            subscriber.copies += 1;
        }
    }

    /// Takes a copy that has just ended out of its subscriber's list.
    pub fn stop_waiting(&mut self, number: u32) {
        self.recipients.end(number);
        let Some(copy) = self.recipients.get(number).copied() else {
            return;
        };
        if copy.flags & FLAG_RELAYED != 0 {
            return;
        }
        let Some(subscriber) = self.subscribers.get_mut(copy.subscriber) else {
            return;
        };
        if subscriber.head == number {
            subscriber.head = copy.next;
            subscriber.waiting -= 1;
            return;
        }
        let mut at = subscriber.head;
        while let Some(before) = self.recipients.get_mut(at) {
            if before.next == number {
                before.next = copy.next;
                subscriber.waiting -= 1;
                return;
            }
            at = before.next;
        }
    }

    /// Takes an ended copy from its subscriber, and the subscriber's entry with the last one.
    pub fn unlink(&mut self, number: u32) {
        let place = self.recipients.get(number).map_or(NONE, |copy| copy.subscriber);
        let Some(subscriber) = self.subscribers.get_mut(place) else {
            return;
        };
        if subscriber.outstanding == number {
            subscriber.outstanding = NONE;
        }
        subscriber.copies -= 1;
        if subscriber.copies == 0 {
            self.subscribers.remove(place);
        }
    }

    /// The copies of a subscriber that wait, newest first.
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

    /// The copy of this subscriber with this token, ended or not. Nobody's but the asker's own are looked at, or one is
    /// found by a keyed hash of the whole token: the time taken says nothing about how much of a guess was right.
    #[must_use]
    pub fn copy_by_token(&self, msisdn: Msisdn, token: Token) -> Option<u32> {
        let waiting = self.copies_of(msisdn).find(|(_, copy)| copy.token == token);
        let ended = || {
            let number = self.recipients.find_ended(token)?;
            self.is_for(number, msisdn).then_some(number)
        };
        waiting.map(|(number, _)| number).or_else(ended)
    }

    /// This subscriber's copy of a message, ended or not.
    #[must_use]
    pub fn copy_by_message(&self, msisdn: Msisdn, message: MessageId) -> Option<u32> {
        self.recipients
            .of_message(message)
            .find(|&number| self.is_for(number, msisdn))
    }

    fn is_for(&self, number: u32, msisdn: Msisdn) -> bool {
        let copy = self.recipients.get(number);
        copy.filter(|copy| copy.flags & FLAG_RELAYED == 0)
            .and_then(|copy| self.subscriber_of(copy))
            == Some(msisdn)
    }

    /// Who a copy is for, if it is a number.
    #[must_use]
    pub fn subscriber_of(&self, copy: &Recipient) -> Option<Msisdn> {
        self.subscribers
            .get(copy.subscriber)
            .map(|subscriber| subscriber.number)
    }
}
