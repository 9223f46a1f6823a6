//! The scale of every histogram here: which cell a number of ticks falls into.
//!
//! Under `spans`; the exports turn cells back into values. It is the layout of HdrHistogram with two significant
//! digits and a lowest value of one tick, so a cell is one of that library's, and nothing is lost in the export.
//! Invariants: each `u32` has a cell; a cell's width is at most 1/128 of its lowest value, or one tick.
//!
//! Sizes: 3,328 cells of 8 octets are 26 KiB a histogram. Range: 16 ns to 68.7 s.

/// Nanoseconds of one tick: finer than the clock's own cost (some 10 ns), and 2^32 of them are more than the minute
/// after which an edge gives a request up.
pub const TICK_NS: u64 = 16;

/// The highest value that can be told from higher ones, nanoseconds.
pub const NS_MAX: u64 = u32::MAX as u64 * TICK_NS;

/// Significant decimal digits that hold at every value.
pub const DIGITS: u8 = 2;

/// Cells of one doubling: 256 keep two decimal digits.
const HALF: u32 = 128;

/// Cells of a histogram: 256, then 128 for each of the 24 doublings up to 2^32.
pub const CELLS: usize = 256 + 24 * HALF as usize;

/// The cell of a number of ticks.
#[inline]
#[must_use]
pub fn cell_of(ticks: u32) -> usize {
    let doublings = 24 - (ticks | 0xff).leading_zeros();
    (doublings * HALF + (ticks >> doublings)) as usize
}

/// The least number of ticks in a cell.
#[must_use]
pub fn ticks_of(cell: usize) -> u32 {
    let cell = u32::try_from(cell.min(CELLS - 1)).unwrap_or(u32::MAX);
    let doublings = (cell / HALF).saturating_sub(1);
    (cell - doublings * HALF) << doublings
}

#[cfg(test)]
mod tests;
