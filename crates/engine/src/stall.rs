//! The watch over turns: one that takes long keeps every subscriber of its shard waiting, so it is counted.
//!
//! Beside the loop of turns. A turn takes long because of its work, which is a fault of the server, or because somebody
//! else had the core meanwhile, which is a fault of how the machine is laid out; so the thread's own time is looked at
//! beside the clock. Invariants: the worst turn is told for the whole life of the process; a counter tells how
//! many were too long, another how many of them were so by themselves.

use crate::clock::{stamp, thread_time};
use meter::{Counter, Gauge, ShardMeter, Stamp};

/// A turn longer than this is a stall. Reason: 128 inputs of some 10 µs each take 1.3 ms; what takes four times as
/// long waits for something that a shard must not wait for.
pub(crate) const STALL_NS: u64 = 5_000_000;

/// When a turn began.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Began {
    clock: Stamp,
    own: Stamp,
}

/// How long a turn took.
#[derive(Clone, Copy, Debug)]
struct Took {
    clock_ns: u64,
    own_ns: u64,
}

/// What was the worst so far.
#[derive(Debug, Default)]
pub(crate) struct Watch {
    worst_ns: u64,
}

impl Began {
    /// Now.
    #[inline]
    pub(crate) fn now() -> Began {
        Began {
            clock: stamp(),
            own: thread_time(),
        }
    }

    fn took(self) -> Took {
        Took {
            clock_ns: stamp().0.saturating_sub(self.clock.0),
            own_ns: thread_time().0.saturating_sub(self.own.0),
        }
    }
}

impl Watch {
    /// A turn has ended, effects included.
    #[inline]
    pub(crate) fn turn_ended(&mut self, began: Began, meter: &ShardMeter) {
        self.note(began.took(), meter);
    }

    fn note(&mut self, took: Took, meter: &ShardMeter) {
        if took.clock_ns > STALL_NS {
            meter.count(Counter::TurnsStalled);
            if took.own_ns > STALL_NS {
                meter.count(Counter::TurnsOverlong);
            }
        }
        if took.clock_ns > self.worst_ns {
            self.worst_ns = took.clock_ns;
            meter.set(Gauge::TurnWorst, took.clock_ns);
        }
    }
}

#[cfg(test)]
mod tests;
