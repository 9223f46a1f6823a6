//! The kernel's clocks as `base::Clock`: the only place of the server that asks what time it is.
//!
//! Read once per turn and once per wait of a connection, never per decision. Invariant: the monotonic clock counts from
//! the making of the first clock of the process, so that the shards' readings can be compared.

use base::{Clock, Monotonic, Now, WallMs};
use meter::Stamp;
use rustix::time::{ClockId, Timespec, clock_getres, clock_gettime};
use std::sync::OnceLock;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// Where the monotonic milliseconds count from.
static START: OnceLock<Instant> = OnceLock::new();

/// The cycle counter as a clock, calibrated once in a process, within a millisecond.
static COUNTER: OnceLock<quanta::Clock> = OnceLock::new();

/// The moment, for the borders of stages: the cycle counter where it runs at one rate on all cores, else the kernel's
/// monotonic clock. Measured: 11 ns against 25 for the kernel's. Not comparable with [`KernelClock`]'s readings.
#[must_use]
pub fn stamp() -> Stamp {
    let clock = COUNTER.get_or_init(quanta::Clock::new);
    Stamp(clock.delta_as_nanos(0, clock.raw()))
}

/// The processor time of this thread, on the scheduler's account: what others had of its core is not in it. A system
/// call; comparable with its own readings alone.
#[must_use]
pub(crate) fn thread_time() -> Stamp {
    let spent = clock_gettime(ClockId::ThreadCPUTime);
    Stamp(u64::try_from(spent.tv_sec * 1_000_000_000 + spent.tv_nsec).unwrap_or_default())
}

/// CLOCK_REALTIME and CLOCK_MONOTONIC, through the vDSO: about 25 ns each, without entering the kernel.
#[derive(Clone, Copy, Debug)]
pub struct KernelClock {
    start: Instant,
}

impl KernelClock {
    /// A clock; all of them agree.
    #[must_use]
    pub fn new() -> KernelClock {
        #[expect(
            clippy::disallowed_methods,
            reason = "the engine's clock is where time comes from"
        )]
        let start = *START.get_or_init(Instant::now);
        KernelClock { start }
    }

    /// The monotonic clock alone.
    #[must_use]
    pub fn monotonic(&self) -> Monotonic {
        #[expect(
            clippy::disallowed_methods,
            reason = "the engine's clock is where time comes from"
        )]
        let since = Instant::now().saturating_duration_since(self.start);
        Monotonic(whole_ms(since))
    }
}

/// CLOCK_MONOTONIC since the machine's start, with the wall clock: what sessions are dated by, over processes.
#[must_use]
pub fn since_boot() -> Now {
    Now {
        wall: KernelClock::new().now().wall,
        monotonic: milliseconds(clock_gettime(ClockId::Monotonic)),
    }
}

/// The same as it was at the kernel's last tick, the clock that the kernel tells the ages of connections by.
#[must_use]
pub fn coarse() -> Monotonic {
    milliseconds(clock_gettime(ClockId::MonotonicCoarse))
}

/// Milliseconds between two ticks, rounded up: 1 to 10.
#[must_use]
pub fn tick_ms() -> u32 {
    let tick = clock_getres(ClockId::MonotonicCoarse);
    u32::try_from(tick.tv_nsec.unsigned_abs().div_ceil(1_000_000)).unwrap_or(u32::MAX)
}

fn milliseconds(time: Timespec) -> Monotonic {
    let seconds = u64::try_from(time.tv_sec).unwrap_or(0);
    Monotonic(seconds.saturating_mul(1_000) + time.tv_nsec.unsigned_abs() / 1_000_000)
}

impl Default for KernelClock {
    fn default() -> KernelClock {
        KernelClock::new()
    }
}

impl Clock for KernelClock {
    fn now(&self) -> Now {
        #[expect(
            clippy::disallowed_methods,
            reason = "the engine's clock is where time comes from"
        )]
        let wall = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Now {
            wall: WallMs(whole_ms(wall)),
            monotonic: self.monotonic(),
        }
    }
}

fn whole_ms(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
