//! The verdict by table: delays over time, and who is taken. The queue under it is simulated in `tests/overload.rs`.

use super::{Rank, Shed};
use base::Monotonic;
use profile::Overload;

const LIMITS: Overload = Overload {
    patience_ms: 500,
    target_ms: 200,
    interval_ms: 100,
    memory_percent: 80,
    refusals_per_s: 1_000,
};

/// Delays observed at moments, both in milliseconds; then whether a queue stands, and the longest delay taken.
fn check(observed: &[(u64, u64)], is_standing: bool, delay_ms_max: u64) {
    let mut shed = Shed::default();
    for &(at, delay_ms) in observed {
        shed.observe(Monotonic(at), delay_ms, &LIMITS);
    }
    assert_eq!(shed.is_standing(), is_standing, "{observed:?}");
    assert_eq!(shed.delay_ms_max(&LIMITS), delay_ms_max, "{observed:?}");
    for (delay_ms, takes) in [(0, true), (delay_ms_max, true), (delay_ms_max + 1, false)] {
        assert_eq!(shed.takes(Rank::Begins, delay_ms, &LIMITS), takes, "{observed:?}");
        assert!(shed.takes(Rank::Settles, delay_ms, &LIMITS), "{observed:?}");
    }
}

#[test]
fn only_a_delay_that_stays_long_is_a_standing_queue() {
    check(&[], false, 500);
    check(&[(0, 0), (50, 10), (1_000, 200)], false, 500);
    // A burst: long, but not for an interval.
    check(&[(0, 300), (99, 450)], false, 500);
    check(&[(0, 300), (100, 300)], true, 200);
    // One short moment within the interval begins it anew.
    check(&[(0, 300), (60, 200), (120, 300), (219, 300)], false, 500);
    check(&[(0, 300), (60, 200), (120, 300), (220, 300)], true, 200);
    // A stall is seen in one sample; it takes a second one to be a queue.
    check(&[(0, 0), (5_000, 4_000)], false, 500);
}

#[test]
fn it_ends_at_half_of_the_target() {
    let standing = [(0, 300), (100, 300)];
    let with = |more: &[(u64, u64)]| [&standing[..], more].concat();
    check(&with(&[(110, 201)]), true, 200);
    check(&with(&[(110, 101)]), true, 200);
    check(&with(&[(110, 100)]), false, 500);
    check(&with(&[(110, 100), (120, 201), (219, 201)]), false, 500);
    check(&with(&[(110, 100), (120, 201), (220, 201)]), true, 200);
}

/// The door: at once, at half the target.
#[test]
fn who_comes_behind_a_wait_is_let_in_slowly() {
    let mut shed = Shed::default();
    for (at, delay_ms, is_behind) in [
        (0, 100, false),
        (1, 101, true),
        (2, 100, false),
        (3, 400, true),
        (4, 0, false),
    ] {
        shed.observe(Monotonic(at), delay_ms, &LIMITS);
        assert_eq!(shed.is_behind(), is_behind, "{delay_ms} ms");
    }
}
