//! How often a shard says "later": refusals beyond a rate cost their connections a pause.
//!
//! Beside the edges. A refusal is cheap, not free: a storm of requests that are all refused could take the core from
//! those that are served. So refusals are given places in a row, so many a second, and a connection that goes on and
//! whose place lies ahead is not read until then; what it sends meanwhile waits in the kernel, and TCP holds its sender
//! back.
//! Invariants: no pause is longer than [`PAUSE_MS_MAX`], so a gateway's other subscribers wait no longer than that;
//! where the row is full its second half is given once more: who is turned away together does not come again together.

/// Longest pause, milliseconds. Reason: `Retry-After` asks for thirty seconds; who comes again sooner loses nothing
/// that was promised, and a retrieval behind the refusal on the same connection still has most of its patience. With
/// thirty thousand connections of a shard that all come again, it leaves six thousand refusals a second.
const PAUSE_MS_MAX: u64 = 5_000;

/// Microseconds of places that may be taken at once: a tenth of a second's worth of refusals is a burst.
const BURST_US: u64 = 100_000;

/// The row of places.
#[derive(Debug, Default)]
pub(crate) struct Refusals {
    /// When the next place is, microseconds.
    next_us: u64,
}

impl Refusals {
    /// A refusal was said: until when its connection is to be left alone, milliseconds; `now_ms` where it is not.
    pub(crate) fn said(&mut self, now_ms: u64, refusals_per_s: u32) -> u64 {
        let now_us = now_ms.saturating_mul(1_000);
        let place_us = self.next_us.max(now_us.saturating_sub(BURST_US));
        let mut next_us = place_us.saturating_add(1_000_000 / u64::from(refusals_per_s.max(1)));
        // Beyond the longest pause there are no places.
        if next_us > now_us.saturating_add(PAUSE_MS_MAX * 1_000) {
            next_us = now_us.saturating_add(PAUSE_MS_MAX * 500);
        }
        self.next_us = next_us;
        place_us.div_ceil(1_000).max(now_ms)
    }
}

#[cfg(test)]
mod tests;
