//! The row of places, by table.

use super::{PAUSE_MS_MAX, Refusals};

/// So many refusals at each moment, at so many a second; the pause of the last one of each moment, milliseconds.
fn pauses(refusals_per_s: u32, moments: &[(u64, u32)]) -> Vec<u64> {
    let mut refusals = Refusals::default();
    let last = |&(now_ms, count): &(u64, u32)| {
        let untils = (0..count).map(|_| refusals.said(now_ms, refusals_per_s));
        untils.last().unwrap_or(now_ms) - now_ms
    };
    moments.iter().map(last).collect()
}

#[test]
fn within_the_rate_nobody_waits() {
    assert_eq!(pauses(1_000, &[(5_000, 1), (5_001, 1), (5_002, 1)]), [0, 0, 0]);
    // A tenth of a second's worth at once.
    assert_eq!(pauses(1_000, &[(5_000, 101)]), [0]);
    assert_eq!(pauses(1_000, &[(5_000, 101), (5_100, 100)]), [0, 0]);
}

#[test]
fn beyond_it_each_waits_for_its_place() {
    assert_eq!(pauses(1_000, &[(5_000, 102)]), [1]);
    assert_eq!(pauses(1_000, &[(5_000, 601), (5_250, 1)]), [500, 251]);
    assert_eq!(pauses(10, &[(5_000, 12)]), [1_000]);
}

#[test]
fn a_pause_has_a_bound_and_a_storm_leaves_nothing_behind() {
    assert_eq!(pauses(1_000, &[(5_000, 100_000)]), [PAUSE_MS_MAX]);
    assert_eq!(pauses(1_000, &[(5_000, 100_000), (7_101, 1)]), [PAUSE_MS_MAX, 0]);
}
