//! The scale is HdrHistogram's own: each value falls into the cell that the library would put it into.

use super::{CELLS, DIGITS, NS_MAX, TICK_NS, cell_of, ticks_of};
use hdrhistogram::Histogram;

/// Numbers around every power of two, and a spread between.
fn samples() -> impl Iterator<Item = u32> {
    let around = (0..32).flat_map(|bit| {
        let power = 1_u32 << bit;
        [power.saturating_sub(1), power, power + 1, power + power / 3]
    });
    let spread = (0..200_000_u32).map(|n| n.wrapping_mul(2_654_435_761).wrapping_add(n) >> (n % 29));
    around.chain([0, u32::MAX]).chain(spread)
}

#[test]
fn a_cell_is_the_librarys() {
    let library = Histogram::<u64>::new_with_bounds(TICK_NS, NS_MAX, DIGITS).unwrap();
    for ticks in samples() {
        let lowest = u64::from(ticks_of(cell_of(ticks))) * TICK_NS;
        let value = u64::from(ticks) * TICK_NS;
        assert_eq!(lowest, library.lowest_equivalent(value), "{ticks}");
    }
}

#[test]
fn cells_ascend_and_none_is_missing() {
    for cell in 0..CELLS {
        assert_eq!(cell_of(ticks_of(cell)), cell);
        assert!(cell == 0 || ticks_of(cell) > ticks_of(cell - 1));
        if let Some(before) = ticks_of(cell).checked_sub(1) {
            assert_eq!(cell_of(before), cell - 1, "cells adjoin");
        }
    }
    assert_eq!(cell_of(u32::MAX), CELLS - 1);
}

#[test]
fn two_digits_hold() {
    for ticks in samples() {
        let lowest = ticks_of(cell_of(ticks));
        assert!(
            lowest <= ticks && (ticks - lowest) <= lowest / 128,
            "{ticks} {lowest}"
        );
    }
}
