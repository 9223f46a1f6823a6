//! The stop-watch of one request: it travels with the request and is read once, when the answer has left.
//!
//! Begun and ended by an edge, carried by value through the shards, marked at the borders of `stage`. Invariants: time
//! is cut into ticks without remainder (what a lap does not use up goes to the next), so the laps' sum is the total; no
//! clock is in here: whoever marks a border brings a [`Stamp`] from its [`StampSource`].

use crate::scale::TICK_NS;
use crate::stage::{Class, Stage};

/// A moment on the monotonic clock of one process: nanoseconds since some start, the same on every core.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Stamp(pub u64);

/// Where stamps come from: the engine's clock, or a simulation's. A function, so that asking costs a call and no more.
pub type StampSource = fn() -> Stamp;

/// One request's laps: 64 octets, copied along.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Laps {
    began: Stamp,
    last: Stamp,
    /// Ticks spent in each stage.
    spent: [u32; Stage::PARTS],
    /// Which stages were passed, a bit each.
    passed: u16,
    class: Class,
}

impl Laps {
    /// A request whose first octets came at this moment. Until it is understood it counts as refused.
    #[must_use]
    pub fn begin(at: Stamp, refused: Class) -> Laps {
        Laps {
            began: at,
            last: at,
            spent: [0; Stage::PARTS],
            passed: 0,
            class: refused,
        }
    }

    /// A stage ends at this moment. A moment before the last border, as another core's clock may show, counts as that
    /// border.
    #[inline]
    pub fn lap(&mut self, stage: Stage, at: Stamp) {
        let ticks = at.0.saturating_sub(self.last.0) / TICK_NS;
        self.last.0 += ticks * TICK_NS;
        if let Some(spent) = self.spent.get_mut(stage as usize) {
            *spent = spent.saturating_add(u32::try_from(ticks).unwrap_or(u32::MAX));
            self.passed |= 1 << stage as u16;
        }
    }

    /// Nanoseconds since the last border.
    #[must_use]
    pub fn since_border_ns(&self, at: Stamp) -> u64 {
        at.0.saturating_sub(self.last.0)
    }

    /// Counts it as this from here on.
    pub fn count_as(&mut self, class: Class) {
        self.class = class;
    }

    /// What it counts as.
    #[must_use]
    pub fn class(&self) -> Class {
        self.class
    }

    /// Ticks of each stage passed, then of the total.
    pub(crate) fn parts(&self) -> impl Iterator<Item = (Stage, u32)> {
        let total = self.last.0.saturating_sub(self.began.0) / TICK_NS;
        let total = u32::try_from(total).unwrap_or(u32::MAX);
        let passed = self.passed;
        Stage::ALL
            .into_iter()
            .zip(self.spent)
            .filter(move |(stage, _)| passed & (1 << *stage as u16) != 0)
            .chain([(Stage::Total, total)])
    }
}

#[cfg(test)]
mod tests;
