//! Time as values: a turn of the shard is told what time it is, and never asks.
//!
//! Two clocks, because they answer different questions. The wall clock (`WallMs`) says what a phone or an
//! operator would say; it goes to disk and onto the wire, and it can jump. The monotonic clock says how long
//! something has been; all timers run on it. Invariant: nothing expires early because the wall clock jumped.

use std::ops::Add;

/// Milliseconds since 1970-01-01 UTC by the wall clock.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct WallMs(pub u64);

/// Seconds since 1970-01-01 UTC: the unit of every date in an MMS PDU (OMA MMS-ENC Date-value) and of stored
/// deadlines. 32 unsigned bits reach to the year 2106.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct WallSeconds(pub u32);

/// Milliseconds since some start of this process; never goes back.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Monotonic(pub u64);

/// What time it is, by both clocks, at the start of a turn.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Now {
    /// The wall clock.
    pub wall: WallMs,
    /// The monotonic clock.
    pub monotonic: Monotonic,
}

/// Tells the time. The engine's reads the kernel's clocks; the simulator's is a counter.
pub trait Clock {
    /// Both clocks, read together.
    fn now(&self) -> Now;
}

impl WallMs {
    /// Whole seconds, rounded down.
    #[must_use]
    pub fn seconds(self) -> WallSeconds {
        WallSeconds(u32::try_from(self.0 / 1_000).unwrap_or(u32::MAX))
    }
}

impl WallSeconds {
    /// Seconds from `earlier` to here, or zero if `earlier` is later.
    #[must_use]
    pub fn since(self, earlier: WallSeconds) -> u32 {
        self.0.saturating_sub(earlier.0)
    }
}

impl Monotonic {
    /// Milliseconds from `earlier` to here, or zero if `earlier` is later.
    #[must_use]
    pub fn since(self, earlier: Monotonic) -> u64 {
        self.0.saturating_sub(earlier.0)
    }
}

impl Add<u32> for WallSeconds {
    type Output = WallSeconds;

    /// Saturates at the year 2106 instead of wrapping into the past.
    fn add(self, seconds: u32) -> WallSeconds {
        WallSeconds(self.0.saturating_add(seconds))
    }
}

impl Add<u64> for Monotonic {
    type Output = Monotonic;

    fn add(self, ms: u64) -> Monotonic {
        Monotonic(self.0.saturating_add(ms))
    }
}
