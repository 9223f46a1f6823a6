//! Which was first, a connection or the binding of its address: moments, compared so that doubt refuses.
//!
//! Between the edge, which asks the kernel how old a connection is, and the generations of the map. The kernel knows
//! ages in ticks of its clock, 1 to 10 ms long; so a moment is told as the earliest that it can have been, and a
//! binding's as the latest. Invariants: a connection that was established before its address's binding was made known
//! is never told to be later; one that is established when the answer to its Start has left ([`tellable_at`]) always
//! is.
//!
//! ```text
//!  Start received ─ applied ──(two ticks and some ms)── answered ── its connection established ── accepted
//!                      └ generation: the millisecond after    the earliest that this can have been ┘
//! ```
//!
//! All moments here are of CLOCK_MONOTONIC and of its coarse form, which goes forward with the ticks that ages are
//! counted in: where ticks stand still, both do.

use crate::table::Generation;
use base::Monotonic;

/// Milliseconds that two roundings down and one up of the kernel's and ours may come to.
const ROUNDING_MS: u64 = 2;

/// The newest binding that is surely older than a connection. `coarse` was read before the kernel was asked for the
/// connection's age in milliseconds; a tick between the two readings makes it older than it is.
#[must_use]
pub fn established(coarse: Monotonic, age_ms: u32, tick_ms: u32) -> Generation {
    let doubt_ms = u64::from(tick_ms).saturating_add(ROUNDING_MS);
    let back_ms = u64::from(age_ms).saturating_add(doubt_ms);
    Generation::before(Monotonic(coarse.0.saturating_sub(back_ms)))
}

/// What the coarse clock has to show before the answer to a Start that was applied at this moment may leave: whoever
/// connects from then on is known to be later.
#[must_use]
pub fn tellable_at(applied: Monotonic, tick_ms: u32) -> Monotonic {
    let doubt_ms = u64::from(tick_ms).saturating_add(ROUNDING_MS);
    // A tick and its rounding once more, for one between the edge's two readings.
    applied + (doubt_ms.saturating_mul(2) + 1)
}

#[cfg(test)]
mod tests;
