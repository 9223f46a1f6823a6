//! The index of the map: an open table of words, each a tag and the number of a record.
//!
//! Under `table`; written by the feed alone. Invariants: a key's slot does not move while the key is in, so that a
//! reader can't pass it by; at most half of the slots are taken; a slot that was given back stays a step of its probe
//! unless nothing follows it.

use crate::address::Key;
use ahash::RandomState;
use std::sync::atomic::{AtomicU64, Ordering};

/// Nothing was ever here, or nothing follows: a probe ends.
const EMPTY: u64 = 0;
/// Given back: a probe goes on.
const DELETED: u64 = 1;
/// What record numbers are raised by, so that no word is one of these.
const RECORD_OFFSET: u64 = 2;

/// What a slot holds, for a reader with some hash.
pub(crate) enum Content {
    Empty,
    Other,
    Record(u32),
}

/// Reads a slot's word.
pub(crate) fn content(word: u64, hash: u64) -> Content {
    match word {
        EMPTY => Content::Empty,
        DELETED => Content::Other,
        word if word >> 32 != hash >> 32 => Content::Other,
        word => match u32::try_from((word & 0xFFFF_FFFF) - RECORD_OFFSET) {
            Ok(record) => Content::Record(record),
            Err(_) => Content::Other,
        },
    }
}

fn word_of(hash: u64, record: u32) -> u64 {
    (hash >> 32) << 32 | (u64::from(record) + RECORD_OFFSET)
}

pub(crate) struct Index {
    slots: Box<[AtomicU64]>,
    hashing: RandomState,
}

impl Index {
    pub(crate) fn new(capacity: u32, seed: u64) -> Index {
        let slots = (u64::from(capacity.max(4)) * 2).next_power_of_two();
        Index {
            slots: (0..slots).map(|_| AtomicU64::new(EMPTY)).collect(),
            hashing: RandomState::with_seeds(seed, !seed, seed.rotate_left(17), seed.rotate_left(43)),
        }
    }

    #[inline]
    pub(crate) fn hash(&self, key: Key) -> u64 {
        self.hashing.hash_one(key)
    }

    /// The slots where a key of this hash may be, each once, in their order.
    #[inline]
    pub(crate) fn probe(&self, hash: u64) -> impl Iterator<Item = &AtomicU64> {
        let start = (hash & (self.slots.len() as u64 - 1)) as usize;
        let (head, tail) = self.slots.split_at(start.min(self.slots.len()));
        tail.iter().chain(head)
    }

    /// Points `key`'s slot from one record to another, in one store.
    pub(crate) fn replace(&self, hash: u64, from: u32, to: u32) {
        let old = word_of(hash, from);
        let slot = self
            .probe(hash)
            .take_while(|slot| slot.load(Ordering::Relaxed) != EMPTY)
            .find(|slot| slot.load(Ordering::Relaxed) == old);
        if let Some(slot) = slot {
            slot.store(word_of(hash, to), Ordering::Release);
        }
    }

    /// Puts a key in that is not there. There is room: slots are twice the records.
    pub(crate) fn insert(&self, hash: u64, record: u32) {
        let free = self
            .probe(hash)
            .find(|slot| slot.load(Ordering::Relaxed) <= DELETED);
        if let Some(slot) = free {
            slot.store(word_of(hash, record), Ordering::Release);
        }
    }

    /// Takes a key out. Where nothing follows, the slots given back before it end the probe again.
    pub(crate) fn remove(&self, hash: u64, record: u32) {
        let old = word_of(hash, record);
        let mask = self.slots.len() - 1;
        let mut at = (hash & mask as u64) as usize;
        for _ in 0..self.slots.len() {
            match self.word(at) {
                EMPTY => return,
                word if word == old => break,
                _ => at = (at + 1) & mask,
            }
        }
        self.put(at, DELETED);
        if self.word((at + 1) & mask) != EMPTY {
            return;
        }
        for _ in 0..self.slots.len() {
            if self.word(at) != DELETED {
                return;
            }
            self.put(at, EMPTY);
            at = at.wrapping_sub(1) & mask;
        }
    }

    fn word(&self, at: usize) -> u64 {
        self.slots
            .get(at)
            .map_or(EMPTY, |slot| slot.load(Ordering::Relaxed))
    }

    fn put(&self, at: usize, word: u64) {
        if let Some(slot) = self.slots.get(at) {
            slot.store(word, Ordering::Release);
        }
    }

    /// Octets of memory.
    pub(crate) fn octets(&self) -> usize {
        self.slots.len() * size_of::<AtomicU64>()
    }
}
