//! A token bucket: so many segments a second, so many at once.
//!
//! Between the queue and the wire of a session. Invariant: within any span of `d` milliseconds at most
//! `burst + rate × d / 1,000` tokens are given out.

use base::Monotonic;

use super::backoff::after;

/// Thousandths of a token in one.
const ONE: u64 = 1_000;

/// The bucket. A rate in tokens a second is the same number of thousandths a millisecond.
#[derive(Debug)]
pub struct Bucket {
    rate_per_s: u64,
    full: u64,
    level: u64,
    at: Monotonic,
}

impl Bucket {
    /// A full one.
    #[must_use]
    pub fn new(rate_per_s: u32, burst: u32, now: Monotonic) -> Self {
        let full = u64::from(burst.max(1)).saturating_mul(ONE);
        Self {
            rate_per_s: u64::from(rate_per_s.max(1)),
            full,
            level: full,
            at: now,
        }
    }

    /// Takes a token, if there is one.
    pub fn take(&mut self, now: Monotonic) -> bool {
        let gained = now.since(self.at).saturating_mul(self.rate_per_s);
        self.level = self.level.saturating_add(gained).min(self.full);
        self.at = self.at.max(now);
        if self.level < ONE {
            return false;
        }
        self.level = self.level.saturating_sub(ONE);
        true
    }

    /// When there is a token, if none is taken before.
    #[must_use]
    pub fn ready_at(&self) -> Monotonic {
        let missing = ONE.saturating_sub(self.level);
        after(self.at, missing.div_ceil(self.rate_per_s))
    }
}
