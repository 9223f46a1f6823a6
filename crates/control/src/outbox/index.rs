//! Number → its last pushes, in memory.
//!
//! Filled by the follower, read by the API. Invariants: a number's pushes are sorted by their sequence numbers and at
//! most [`PUSHES_PER_NUMBER_MAX`]; all pushes together take at most the octets allowed, the oldest being forgotten
//! first; a waiter is told at most once, and those that gave up are dropped when the next one comes.

use ahash::AHashMap;
use axum::body::Bytes;
use base::Msisdn;
use std::collections::VecDeque;
use tokio::sync::oneshot;

/// Pushes kept of one number (DESIGN §9).
pub const PUSHES_PER_NUMBER_MAX: usize = 1_000;

/// What a push takes beside its PDU: its place in two queues, its shared buffer's head.
const PUSH_OVERHEAD_OCTETS: u64 = 128;

/// A push as it is shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shown {
    /// Its number, for `after` and `Outbox-Seq`.
    pub seq: u64,
    /// The PDU.
    pub pdu: Bytes,
}

/// The pushes of all numbers.
#[derive(Debug)]
pub struct Index {
    numbers: AHashMap<Msisdn, VecDeque<Shown>>,
    waiters: AHashMap<Msisdn, Vec<oneshot::Sender<()>>>,
    waiting: usize,
    /// In the order of arrival; entries whose push was forgotten for another reason are passed over.
    arrivals: VecDeque<(Msisdn, u64)>,
    pushes: usize,
    octets: u64,
    octets_max: u64,
}

impl Index {
    /// An empty one that keeps at most `octets_max` octets of pushes.
    #[must_use]
    pub fn new(octets_max: u64) -> Index {
        Index {
            numbers: AHashMap::new(),
            waiters: AHashMap::new(),
            waiting: 0,
            arrivals: VecDeque::new(),
            pushes: 0,
            octets: 0,
            octets_max,
        }
    }

    /// Takes a push; one whose number is there already is the same push.
    pub fn insert(&mut self, number: Msisdn, shown: Shown) {
        let pushes = self.numbers.entry(number).or_default();
        let place = pushes.partition_point(|other| other.seq < shown.seq);
        if pushes.get(place).is_some_and(|other| other.seq == shown.seq) {
            return;
        }
        self.octets += cost(&shown);
        self.pushes += 1;
        self.arrivals.push_back((number, shown.seq));
        pushes.insert(place, shown);
        if pushes.len() > PUSHES_PER_NUMBER_MAX {
            let oldest = pushes.pop_front();
            self.forgotten(oldest);
        }
        while self.octets > self.octets_max && self.forget_oldest() {}
        if self.arrivals.len() > 2 * self.pushes + PUSHES_PER_NUMBER_MAX {
            self.tidy_arrivals();
        }
        for waiter in self.waiters.remove(&number).unwrap_or_default() {
            self.waiting -= 1;
            // A waiter that gave up needs no word.
            let _ = waiter.send(());
        }
    }

    /// The first push of `number` after `seq`.
    #[must_use]
    pub fn after(&self, number: Msisdn, seq: u64) -> Option<Shown> {
        let pushes = self.numbers.get(&number)?;
        let place = pushes.partition_point(|push| push.seq <= seq);
        pushes.get(place).cloned()
    }

    /// Something that is told when the next push of `number` comes.
    pub fn wait(&mut self, number: Msisdn) -> oneshot::Receiver<()> {
        self.gave_up(number);
        let (waiter, told) = oneshot::channel();
        self.waiters.entry(number).or_default().push(waiter);
        self.waiting += 1;
        told
    }

    /// Drops the waiters of `number` that gave up.
    pub fn gave_up(&mut self, number: Msisdn) {
        if let Some(waiters) = self.waiters.get_mut(&number) {
            self.waiting -= waiters.len();
            waiters.retain(|waiter| !waiter.is_closed());
            self.waiting += waiters.len();
            if waiters.is_empty() {
                self.waiters.remove(&number);
            }
        }
    }

    /// Tells every waiter, for a look at what has become of the outbox.
    pub fn tell_all(&mut self) {
        self.waiting = 0;
        for waiter in std::mem::take(&mut self.waiters).into_values().flatten() {
            // A waiter that gave up needs no word.
            let _ = waiter.send(());
        }
    }

    /// Forgets all pushes below `seq`.
    pub fn forget_below(&mut self, seq: u64) {
        let mut gone = Vec::new();
        self.numbers.retain(|_, pushes| {
            let keep = pushes.partition_point(|push| push.seq < seq);
            gone.extend(pushes.drain(..keep));
            !pushes.is_empty()
        });
        for push in gone {
            self.forgotten(Some(push));
        }
        self.tidy_arrivals();
    }

    /// Pushes kept.
    #[must_use]
    pub fn pushes(&self) -> usize {
        self.pushes
    }

    /// Numbers that have any.
    #[must_use]
    pub fn numbers(&self) -> usize {
        self.numbers.len()
    }

    /// Octets that they take, the estimate that the limit goes by.
    #[must_use]
    pub fn octets(&self) -> u64 {
        self.octets
    }

    /// Requests that wait.
    #[must_use]
    pub fn waiters(&self) -> usize {
        self.waiting
    }

    /// Forgets the push that came first; false when there is none.
    fn forget_oldest(&mut self) -> bool {
        while let Some((number, seq)) = self.arrivals.pop_front() {
            let Some(pushes) = self.numbers.get_mut(&number) else {
                continue;
            };
            let Ok(place) = pushes.binary_search_by_key(&seq, |push| push.seq) else {
                continue;
            };
            let oldest = pushes.remove(place);
            if pushes.is_empty() {
                self.numbers.remove(&number);
            }
            self.forgotten(oldest);
            return true;
        }
        false
    }

    fn forgotten(&mut self, push: Option<Shown>) {
        if let Some(push) = push {
            self.octets -= cost(&push);
            self.pushes -= 1;
        }
    }

    fn tidy_arrivals(&mut self) {
        let numbers = &self.numbers;
        self.arrivals.retain(|(number, seq)| {
            let pushes = numbers.get(number);
            pushes.is_some_and(|pushes| pushes.binary_search_by_key(seq, |push| push.seq).is_ok())
        });
    }
}

fn cost(push: &Shown) -> u64 {
    push.pdu.len() as u64 + PUSH_OVERHEAD_OCTETS
}

#[cfg(test)]
mod tests;
