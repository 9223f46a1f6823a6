//! The simulation's clock for the borders of stages: each look at it is a microsecond after the one before.
//!
//! So a stage is exactly as long as the looks within it, and one run of a seed gives the same times as the next. It
//! decides nothing: the brains' time is the world's.

use meter::Stamp;
use std::cell::Cell;

/// Nanoseconds between two looks; a whole number of ticks.
pub const LOOK_NS: u64 = 1_008;

thread_local! {
    static LOOKS: Cell<u64> = const { Cell::new(0) };
}

/// The next moment; each test's thread has its own.
pub fn stamp() -> Stamp {
    LOOKS.with(|looks| {
        looks.set(looks.get() + 1);
        Stamp(looks.get() * LOOK_NS)
    })
}
