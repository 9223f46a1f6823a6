//! What became of the requests of an access point, by verdict and shard.
//!
//! Beside the shards' counters, since access points come and go with the settings: each is named, and who reloads the
//! settings keeps the meters of those that stay. Invariants: one writer a cell, the shard; cells of two shards never
//! share a line; nothing is allocated while requests are counted.

use crate::counter::table;
use std::sync::atomic::{AtomicU64, Ordering};

table! {
    /// What an access point decided about a request.
    Verdict:
    Identified "identified" "The subscriber is known.";
    Untrusted "untrusted" "Identity headers from an address that is no gateway; look at any.";
    Contradicted "contradicted" "Headers and session name two subscribers; look at any.";
    Ambiguous "ambiguous" "Two sessions claim the address; look at any.";
    Ended "ended" "The session ended before the answer left, or the connection is an earlier session's.";
    Unknown "unknown" "No session and no header names anybody; look when it rises.";
    Unreadable "unreadable" "A gateway's header that can't be read; look at any.";
}

#[derive(Debug, Default)]
#[repr(align(128))]
struct Cells([AtomicU64; Verdict::COUNT]);

/// The counters of one access point, for every shard.
#[derive(Debug)]
pub struct ApnMeter {
    name: String,
    shards: Box<[Cells]>,
}

impl ApnMeter {
    /// All zero.
    #[must_use]
    pub fn new(name: &str, shards: u16) -> ApnMeter {
        ApnMeter {
            name: name.to_owned(),
            shards: (0..shards).map(|_| Cells::default()).collect(),
        }
    }

    /// Whose they are; empty for requests that no access point takes.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Adds one. Only that shard calls this: a load and a store, not a locked add.
    pub fn count(&self, shard: u16, verdict: Verdict) {
        let cells = self.shards.get(usize::from(shard));
        if let Some(cell) = cells.and_then(|cells| cells.0.get(verdict as usize)) {
            cell.store(cell.load(Ordering::Relaxed).wrapping_add(1), Ordering::Relaxed);
        }
    }

    /// The sum over the shards, from any thread.
    #[must_use]
    pub fn sum(&self, verdict: Verdict) -> u64 {
        let cells = self
            .shards
            .iter()
            .filter_map(|cells| cells.0.get(verdict as usize));
        cells.map(|cell| cell.load(Ordering::Relaxed)).sum()
    }
}
