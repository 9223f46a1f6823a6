//! The watch over turns: one that takes long keeps every subscriber of its shard waiting, so it is counted.
//!
//! Beside the loop of turns, which brings the times. Invariant: the worst turn is told for the whole life of the
//! process; a counter tells how many were too long.

use meter::{Counter, Gauge, ShardMeter, Stamp};

/// A turn longer than this is a stall. Reason: 128 inputs of some 10 µs each take 1.3 ms; what takes four times as
/// long waits for something that a shard must not wait for.
pub(crate) const STALL_NS: u64 = 5_000_000;

/// What was the worst so far.
#[derive(Debug, Default)]
pub(crate) struct Watch {
    worst_ns: u64,
}

impl Watch {
    /// Takes the time of one turn, effects included.
    #[inline]
    pub(crate) fn turn_took(&mut self, began: Stamp, ended: Stamp, meter: &ShardMeter) {
        let took_ns = ended.0.saturating_sub(began.0);
        if took_ns > STALL_NS {
            meter.count(Counter::TurnsStalled);
        }
        if took_ns > self.worst_ns {
            self.worst_ns = took_ns;
            meter.set(Gauge::TurnWorst, took_ns);
        }
    }
}

#[cfg(test)]
mod tests;
