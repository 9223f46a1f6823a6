//! One snapshot for all shards, replaced while they read: no lock, no failed look-up, no stale one.
//!
//! The control plane holds the [`Publisher`], each shard a [`Reader`]. A read is one load of the current pointer and
//! its comparison with the reader's own; where they differ the reader takes the new one (`arc-swap`). Invariants:
//! * A look-up that begins after `publish` has returned sees that snapshot or a later one; a reader never goes back.
//! * A reader holds one snapshot for as long as it borrows it, so it never sees parts of two.
//! * The publisher keeps what it has replaced until no reader holds it and frees it itself: giving 100 MB back to the
//!   system would stall a shard. What is kept is bounded by [`RETIRED_MAX`].

use arc_swap::{ArcSwap, Cache};
use std::sync::Arc;

/// Replaced snapshots that readers may still hold. Reason: a shard takes the new one at its next turn; eight reloads
/// without a turn are a shard that hangs, and each holds up to 107 MB a ten million ported numbers.
pub const RETIRED_MAX: usize = 8;

/// The side that replaces.
#[derive(Debug)]
pub struct Publisher<T> {
    current: Arc<ArcSwap<T>>,
    retired: Vec<Arc<T>>,
}

/// A snapshot that was not published: a reader holds each of the last [`RETIRED_MAX`].
#[derive(Debug, thiserror::Error)]
#[error("readers still hold {RETIRED_MAX} older snapshots: a shard does not take the new ones")]
pub struct NotTaken<T>(pub Arc<T>);

impl<T> Publisher<T> {
    /// With a first snapshot.
    #[must_use]
    pub fn new(first: Arc<T>) -> Publisher<T> {
        Publisher {
            current: Arc::new(ArcSwap::new(first)),
            retired: Vec::new(),
        }
    }

    /// Another reader.
    #[must_use]
    pub fn reader(&self) -> Reader<T> {
        Reader(Cache::new(Arc::clone(&self.current)))
    }

    /// What is published now.
    #[must_use]
    pub fn current(&self) -> Arc<T> {
        self.current.load_full()
    }

    /// Replaces the snapshot for every read from now on.
    ///
    /// # Errors
    /// The snapshot itself, while too many older ones are held; the current one stays.
    pub fn publish(&mut self, next: Arc<T>) -> Result<(), NotTaken<T>> {
        self.reclaim();
        if self.retired.len() >= RETIRED_MAX {
            return Err(NotTaken(next));
        }
        let replaced = self.current.swap(next);
        self.retired.push(replaced);
        self.reclaim();
        Ok(())
    }

    /// Frees what no reader holds any more; how many older snapshots are left. For a timer of the control plane.
    pub fn reclaim(&mut self) -> usize {
        // A count of one is ours: nobody can take another from a snapshot that is not current.
        self.retired.retain(|snapshot| Arc::strong_count(snapshot) > 1);
        self.retired.len()
    }
}

/// The side that reads: one a shard.
#[derive(Debug)]
pub struct Reader<T>(Cache<Arc<ArcSwap<T>>, Arc<T>>);

impl<T> Reader<T> {
    /// The current snapshot. Held for a whole turn it gives all of the turn's look-ups one view.
    #[inline]
    pub fn current(&mut self) -> &Arc<T> {
        self.0.load()
    }
}

#[cfg(test)]
mod tests;
