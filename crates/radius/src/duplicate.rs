//! Requests that were met before: a client repeats what it got no answer to.
//!
//! Between verifying a request and giving it to the rules: a repeated one is answered and not applied again.
//! Invariants: the window is bounded by entries and by age; two requests are the same only if source, identifier and
//! authenticator are (RFC 2866 §4.1, RFC 5080 §2.2.2), and the authenticator is a sum over all that they say.

use hashbrown::HashTable;
use std::collections::VecDeque;
use std::net::SocketAddr;

/// Whether a request is new.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Meeting {
    /// It is: apply it, then answer.
    First,
    /// It was met within the window: answer only.
    Repeated,
}

/// What makes two requests the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Key {
    source: SocketAddr,
    identifier: u8,
    authenticator: [u8; 16],
}

#[derive(Clone, Copy, Debug)]
struct Entry {
    key: Key,
    met_ms: u64,
}

/// The window of requests met.
#[derive(Debug)]
pub struct Duplicates {
    ring: VecDeque<Entry>,
    /// Sequence numbers of entries, by the authenticator's first octets: they are a sum, so they are spread.
    index: HashTable<u64>,
    /// Sequence number of the ring's front.
    front: u64,
    entries_max: usize,
    age_ms_max: u64,
}

impl Duplicates {
    /// A window of at most `entries_max` requests, none older than `age_ms_max` milliseconds. Thirty seconds pass
    /// between the first and the last try of usual clients.
    #[must_use]
    pub fn new(entries_max: usize, age_ms_max: u64) -> Duplicates {
        let entries_max = entries_max.max(1);
        Duplicates {
            ring: VecDeque::with_capacity(entries_max),
            index: HashTable::with_capacity(entries_max),
            front: 0,
            entries_max,
            age_ms_max,
        }
    }

    /// Tells whether a verified request was met before, and remembers it. `now_ms` is of the monotonic clock.
    pub fn meet(&mut self, source: SocketAddr, packet: &crate::Packet<'_>, now_ms: u64) -> Meeting {
        self.forget(now_ms);
        let key = Key {
            source,
            identifier: packet.identifier(),
            authenticator: packet.authenticator(),
        };
        let hash = hash_of(&key);
        let (ring, front) = (&self.ring, self.front);
        let same = |sequence: &u64| entry(ring, front, *sequence).is_some_and(|entry| entry.key == key);
        if self.index.find(hash, same).is_some() {
            return Meeting::Repeated;
        }
        if self.ring.len() >= self.entries_max {
            self.drop_front();
        }
        let sequence = self.front.saturating_add(self.ring.len() as u64);
        self.ring.push_back(Entry { key, met_ms: now_ms });
        let (ring, front) = (&self.ring, self.front);
        self.index.insert_unique(hash, sequence, |sequence| {
            entry(ring, front, *sequence).map_or(0, |entry| hash_of(&entry.key))
        });
        Meeting::First
    }

    /// Forgets the request met last: it was not recorded, so it is new when it comes again.
    pub fn forget_newest(&mut self) {
        if let Some(entry) = self.ring.pop_back() {
            let sequence = self.front.saturating_add(self.ring.len() as u64);
            if let Ok(found) = self
                .index
                .find_entry(hash_of(&entry.key), |other| *other == sequence)
            {
                found.remove();
            }
        }
    }

    /// Requests remembered.
    #[must_use]
    pub fn len(&self) -> usize {
        self.ring.len()
    }

    /// Whether none is.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.ring.is_empty()
    }

    fn forget(&mut self, now_ms: u64) {
        while self
            .ring
            .front()
            .is_some_and(|entry| now_ms.saturating_sub(entry.met_ms) > self.age_ms_max)
        {
            self.drop_front();
        }
    }

    fn drop_front(&mut self) {
        if let Some(entry) = self.ring.pop_front() {
            let sequence = self.front;
            self.front = self.front.saturating_add(1);
            if let Ok(found) = self
                .index
                .find_entry(hash_of(&entry.key), |other| *other == sequence)
            {
                found.remove();
            }
        }
    }
}

fn entry(ring: &VecDeque<Entry>, front: u64, sequence: u64) -> Option<&Entry> {
    ring.get(usize::try_from(sequence.checked_sub(front)?).ok()?)
}

fn hash_of(key: &Key) -> u64 {
    let head = key.authenticator.first_chunk::<8>().copied().unwrap_or_default();
    u64::from_le_bytes(head)
}

#[cfg(test)]
mod tests;
