//! What look-ups found, for as long as the answer itself allows.
//!
//! Values and a clock from outside. Invariants: an entry is given for no longer than its time, and no time is longer
//! than [`KEPT_S_MAX`]; there are no more than [`ENTRIES_MAX`]; what nobody could find out is not kept.

use super::{Found, Key};
use engine::names::NoName;
use std::collections::BTreeMap;

/// Seconds that anything is kept. Reason: a peer that moves says so days before; one that had to move at once is found
/// within the hour.
pub(super) const KEPT_S_MAX: u32 = 3_600;

/// Seconds that it is kept that there is nothing. Reason: who has just entered a name wants it found.
pub(super) const NOTHING_S_MAX: u32 = 60;

/// Entries. Reason: a thousand peers with a few machines each, at some hundred octets.
pub(super) const ENTRIES_MAX: usize = 4_096;

const SECOND_MS: u64 = 1_000;

/// What is remembered.
#[derive(Debug, Default)]
pub(super) struct Cache {
    entries: BTreeMap<Key, (Result<Found, NoName>, u64)>,
}

impl Cache {
    /// What was found not too long ago.
    pub(super) fn find(&self, key: &Key, now_ms: u64) -> Option<&Result<Found, NoName>> {
        let (found, until_ms) = self.entries.get(key)?;
        (now_ms < *until_ms).then_some(found)
    }

    /// Remembers what was found, for so many seconds at most.
    pub(super) fn keep(&mut self, key: Key, found: Result<Found, NoName>, seconds: u32, now_ms: u64) {
        let seconds_max = match &found {
            Ok(Found::Exchanges(found)) if found.is_empty() => NOTHING_S_MAX,
            Ok(_) => KEPT_S_MAX,
            Err(NoName::TakesNoMail | NoName::Unknown | NoName::NoAddress) => NOTHING_S_MAX,
            Err(NoName::Failed(_) | NoName::Late | NoName::Busy) => 0,
        };
        let until_ms = now_ms.saturating_add(u64::from(seconds.min(seconds_max)) * SECOND_MS);
        if until_ms <= now_ms {
            self.entries.remove(&key);
            return;
        }
        if self.entries.len() >= ENTRIES_MAX && !self.entries.contains_key(&key) {
            self.make_room(now_ms);
        }
        self.entries.insert(key, (found, until_ms));
    }

    /// Drops what is over; where nothing is, what would be first.
    fn make_room(&mut self, now_ms: u64) {
        self.entries.retain(|_, (_, until_ms)| *until_ms > now_ms);
        if self.entries.len() >= ENTRIES_MAX {
            let first = self.entries.iter().min_by_key(|(_, (_, until_ms))| *until_ms);
            if let Some(key) = first.map(|(key, _)| key.clone()) {
                self.entries.remove(&key);
            }
        }
    }
}

#[cfg(test)]
mod tests;
