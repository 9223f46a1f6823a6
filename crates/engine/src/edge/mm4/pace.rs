//! How fast a peer may bring mails, over all shards: when it may bring the next one.
//!
//! Asked at MAIL, before anything of a mail is taken. A peer has one moment in time that every mail moves on by what it
//! costs; it may lie a second ahead, so that a second's mails may come at once (the generic cell rate algorithm).
//! Invariants: no lock; what a reload changes counts from the next mail; a peer's place stays for the life of the
//! process, so a reload gives nobody a second's mails anew.

use base::Monotonic;
use shard::PeerMark;
use std::sync::atomic::{AtomicU64, Ordering};

/// Places. Reason: four times the peers that settings can name, for those of earlier settings. Who finds none shares
/// the last.
const PLACES: usize = 4_096;

const SECOND_NS: u64 = 1_000_000_000;
const MILLISECOND_NS: u64 = 1_000_000;

/// The paces of all peers, shared by the shards.
#[derive(Debug)]
pub struct Paces {
    places: Box<[Place]>,
}

#[derive(Debug, Default)]
struct Place {
    /// The peer's mark; 0 where it is free.
    mark: AtomicU64,
    /// Nanoseconds on the monotonic clock at which all that it brought has been paid for.
    paid_ns: AtomicU64,
}

impl Default for Paces {
    fn default() -> Paces {
        Paces {
            places: (0..PLACES).map(|_| Place::default()).collect(),
        }
    }
}

impl Paces {
    /// Whether a peer may bring another mail now, at so many in a second; it counts then.
    pub(crate) fn admit(&self, peer: PeerMark, per_s_max: u32, now: Monotonic) -> bool {
        let Some(place) = self.place(peer) else {
            return true;
        };
        let now_ns = now.0.saturating_mul(MILLISECOND_NS);
        let cost_ns = SECOND_NS / u64::from(per_s_max.max(1));
        let paid = |paid_ns: u64| {
            let next_ns = paid_ns.max(now_ns).saturating_add(cost_ns);
            (next_ns - now_ns <= SECOND_NS).then_some(next_ns)
        };
        // Nothing else hangs on it.
        let moved = place
            .paid_ns
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, paid);
        moved.is_ok()
    }

    /// The place of a peer: its own from its first mail on.
    fn place(&self, peer: PeerMark) -> Option<&Place> {
        let own = peer.0.max(1);
        let first = (own % PLACES as u64) as usize;
        let (before, after) = self.places.split_at_checked(first)?;
        let mine = after.iter().chain(before).find(|place| {
            let taken = place
                .mark
                .compare_exchange(0, own, Ordering::Relaxed, Ordering::Relaxed);
            taken.is_ok() || taken == Err(own)
        });
        mine.or_else(|| self.places.last())
    }
}

#[cfg(test)]
mod tests;
