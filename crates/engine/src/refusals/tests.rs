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
    let mut refusals = Refusals::default();
    let untils: Vec<u64> = (0..100_000).map(|_| refusals.said(5_000, 1_000)).collect();
    assert!(
        untils
            .iter()
            .all(|until| (5_000..=5_000 + PAUSE_MS_MAX).contains(until))
    );
    let [next, later] = [1, 101].map(|past| 5_000 + PAUSE_MS_MAX + past);
    assert!(refusals.said(next, 1_000) <= next + 1 && refusals.said(later, 1_000) == later);
}

/// A thousand that are turned away at one moment, whatever the row was: nowhere many come again together.
#[test]
fn those_beyond_the_row_do_not_come_again_together() {
    let mut refusals = Refusals::default();
    let mut at = std::collections::BTreeMap::new();
    for _ in 0..50_000 {
        *at.entry(refusals.said(60_000, 1_000)).or_insert(0) += 1;
    }
    at.remove(&60_000);
    // Fifty thousand over five seconds, the second half of which is given eighteen times over.
    let most = at.values().max().copied();
    assert!(most.is_some_and(|most| most <= 20), "{most:?}");
}
