//! A wall clock that does not jump: what expiries and dates are reckoned by.
//!
//! It runs with the monotonic clock and follows the wall clock by at most one part in a hundred, so that a wall clock
//! set an hour ahead by mistake expires nothing early, and a small correction is taken over within seconds.

use crate::brain::Brain;
use crate::timers::{TICK_MS, tick_at};
use base::{Now, WallMs, WallSeconds};

/// The steady clock.
#[derive(Clone, Copy, Debug)]
pub struct Steady {
    now: Now,
    /// Wall less monotonic, milliseconds.
    offset_ms: i64,
}

/// The clock gains or loses at most one millisecond in this many.
const SLEW: i64 = 100;

impl Steady {
    /// Starts with the wall clock believed: there is nothing else.
    #[must_use]
    pub fn new(now: Now) -> Steady {
        Steady {
            now,
            offset_ms: offset_ms(now),
        }
    }

    /// Takes the time at the start of a turn.
    pub fn advance(&mut self, now: Now) {
        let elapsed = i64::try_from(now.monotonic.since(self.now.monotonic)).unwrap_or(i64::MAX);
        let behind = offset_ms(now).saturating_sub(self.offset_ms);
        let most = elapsed / SLEW;
        self.offset_ms = self.offset_ms.saturating_add(behind.clamp(-most, most));
        // A turn shorter than the slew's unit must not swallow the time that passed.
        if behind == 0 || most > 0 {
            self.now = now;
        }
    }

    /// The steady wall clock at a monotonic time.
    #[must_use]
    pub fn wall(&self, monotonic: base::Monotonic) -> WallMs {
        let ms = i64::try_from(monotonic.0)
            .unwrap_or(i64::MAX)
            .saturating_add(self.offset_ms);
        WallMs(u64::try_from(ms).unwrap_or(0))
    }

    /// The same in whole seconds.
    #[must_use]
    pub fn seconds(&self, monotonic: base::Monotonic) -> WallSeconds {
        self.wall(monotonic).seconds()
    }
}

fn offset_ms(now: Now) -> i64 {
    let wall = i64::try_from(now.wall.0).unwrap_or(i64::MAX);
    wall.saturating_sub(i64::try_from(now.monotonic.0).unwrap_or(i64::MAX))
}

impl<B: AsRef<[u8]> + AsMut<[u8]>> Brain<B> {
    /// Seconds since 1970 by the steady clock.
    pub(crate) fn wall(&self) -> WallSeconds {
        self.steady.seconds(self.now)
    }

    /// The tick at which the steady clock will show `at`.
    pub(crate) fn tick_of(&self, at: u32) -> u32 {
        let seconds = u64::from(WallSeconds(at).since(self.wall()));
        u32::try_from(self.now.0 / TICK_MS + seconds * (1_000 / TICK_MS)).unwrap_or(u32::MAX)
    }

    /// The tick `ms` milliseconds from now, the next one at the earliest.
    pub(crate) fn tick_in(&self, ms: u64) -> u32 {
        tick_at(self.now + ms)
    }
}

#[cfg(test)]
mod tests;
