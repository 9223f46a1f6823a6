//! The time, for measuring: nanoseconds since the run began.
//!
//! Read by the driver's turn and nowhere deeper: what decides gets the time as a value. Invariants: monotonic; all
//! threads of a run share one origin, so that their intervals are the same.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// Nanoseconds of a second.
pub const SECOND_NS: u64 = 1_000_000_000;
/// Nanoseconds of a millisecond.
pub const MILLISECOND_NS: u64 = 1_000_000;

/// A run's clock.
#[derive(Clone, Copy, Debug)]
pub struct Clock {
    origin: Instant,
}

impl Clock {
    /// A clock that shows 0 after so long a time from now (and 0 until then).
    #[must_use]
    pub fn starting_in(delay: Duration) -> Clock {
        Clock {
            origin: instant() + delay,
        }
    }

    /// Nanoseconds since the origin.
    #[must_use]
    pub fn now_ns(&self) -> u64 {
        instant().saturating_duration_since(self.origin).as_nanos() as u64
    }

    /// How long it is until the clock shows so much.
    #[must_use]
    pub fn until(&self, at_ns: u64) -> Duration {
        (self.origin + Duration::from_nanos(at_ns)).saturating_duration_since(instant())
    }
}

#[expect(clippy::disallowed_methods, reason = "a load generator measures real time")]
fn instant() -> Instant {
    Instant::now()
}

/// Milliseconds since 1970-01-01 UTC, for the record.
#[must_use]
#[expect(clippy::disallowed_methods, reason = "a run's record says when it was")]
pub fn unix_ms() -> u64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |time| time.as_millis() as u64)
}
