//! Bodies at hand: the stored PDUs of the last messages accepted here, in the very buffers they were received into.
//!
//! Most messages are fetched seconds after they were sent; those never touch the disk again. Bounded in octets; the
//! oldest goes first. Invariant: what is taken stays for about [`STAY_MS_MIN`] at least. At a rate that would push
//! bodies out before anybody could ask for them, most are not taken at all: keeping them would only have each message
//! received into memory that no cache holds (measured: a quarter of the processor time at full rate). What leaves for
//! another operator at once is kept apart and only until it has left, so these buffers are few and used again. Where
//! turns are real the memory is [touched](Recent::touch) before the first of them.

use crate::delivery::Octets;
use base::{MessageId, Monotonic};
use hashbrown::HashMap;
use std::collections::VecDeque;

use ballast::Ballast;
use leaving::Leaving;

mod ballast;
mod leaving;

/// Milliseconds: a notification takes about a second to a phone, and the phone about one to come back.
pub const STAY_MS_MIN: u64 = 2_000;

/// The ring.
#[derive(Debug)]
pub struct Recent {
    leaving: Leaving,
    ballast: Ballast,
    bodies: HashMap<MessageId, Octets, ahash::RandomState>,
    order: VecDeque<(MessageId, u32)>,
    octets: usize,
    octets_max: usize,
    /// Octets taken since `since`.
    taken: usize,
    since: Monotonic,
}

impl Recent {
    /// A ring of at most so many octets, counted by the buffers' capacity.
    #[must_use]
    pub fn new(octets_max: usize) -> Recent {
        Recent {
            leaving: Leaving::default(),
            ballast: Ballast::default(),
            bodies: HashMap::default(),
            order: VecDeque::new(),
            octets: 0,
            octets_max,
            taken: 0,
            since: Monotonic(0),
        }
    }

    /// Takes all the memory that the ring may hold, before there is anything in it: no body waits for a page then.
    pub fn touch(&mut self) {
        self.ballast = Ballast::touched(self.octets_max.saturating_sub(self.octets()));
    }

    /// Octets of memory that bodies have not taken the place of yet.
    #[must_use]
    pub fn ballast_octets(&self) -> usize {
        self.ballast.octets()
    }

    /// Octets of bodies held.
    #[must_use]
    pub fn octets(&self) -> usize {
        self.octets + self.leaving.octets()
    }

    /// Whether a body of so many octets would be taken now: not one larger than the whole ring, nor one that would push
    /// out what came a moment ago.
    #[must_use]
    pub fn takes(&self, octets: usize, now: Monotonic) -> bool {
        let taken = if self.is_over(now) { 0 } else { self.taken };
        let others = self.leaving.octets();
        taken.saturating_add(octets).saturating_add(others) <= self.octets_max
    }

    fn is_over(&self, now: Monotonic) -> bool {
        now.0.saturating_sub(self.since.0) >= STAY_MS_MIN
    }

    /// Puts a body in that it [takes](Self::takes), and the oldest ones out until it fits.
    pub fn insert(&mut self, message: MessageId, body: &Octets, now: Monotonic) {
        let size = body.capacity();
        let Ok(size_kept) = u32::try_from(size) else {
            return;
        };
        if !self.takes(size, now) {
            return;
        }
        if self.is_over(now) {
            (self.since, self.taken) = (now, 0);
        }
        self.taken += size;
        self.make_room(size);
        if self.bodies.insert(message, body.clone()).is_none() {
            self.order.push_back((message, size_kept));
            self.octets += size;
            self.ballast
                .make_way(self.octets_max.saturating_sub(self.octets()));
        }
    }

    /// Whether a body of so many octets would be kept until it has left: those take half of the ring at most. Lets go
    /// what has stayed for too long.
    pub fn lets_leave(&mut self, octets: usize, now: Monotonic) -> bool {
        self.leaving.let_go(now);
        self.leaving.octets().saturating_add(octets) <= self.octets_max / 2
    }

    /// Keeps a body until it has left in mails for so many copies, if it [may](Self::lets_leave), or for
    /// [`STAY_MS_MIN`].
    pub fn insert_leaving(&mut self, message: MessageId, body: &Octets, copies: u16, now: Monotonic) {
        if self.lets_leave(body.capacity(), now) {
            self.make_room(body.capacity());
            self.leaving.insert(message, body, copies, now);
            self.ballast
                .make_way(self.octets_max.saturating_sub(self.octets()));
        }
    }

    /// The body of a message that leaves in a mail for so many copies.
    pub fn take_leaving(&mut self, message: MessageId, copies: usize) -> Option<Octets> {
        self.leaving.take(message, copies)
    }

    /// Puts the oldest out until so many octets fit.
    fn make_room(&mut self, octets: usize) {
        while self.octets() + octets > self.octets_max {
            let Some((oldest, size)) = self.order.pop_front() else {
                break;
            };
            self.bodies.remove(&oldest);
            self.octets -= size as usize;
        }
    }

    /// A body, if it is still here.
    #[must_use]
    pub fn find(&self, message: MessageId) -> Option<&Octets> {
        self.bodies.get(&message)
    }
}

#[cfg(test)]
mod tests;
