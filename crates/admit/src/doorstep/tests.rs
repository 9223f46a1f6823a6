//! The door by table: who stands there and who was let in over time, and when it is shut. The queue before it is
//! simulated in `tests/overload.rs`.

use super::Doorstep;
use base::Monotonic;
use profile::Overload;

const LIMITS: Overload = Overload {
    patience_ms: 500,
    target_ms: 200,
    interval_ms: 100,
    memory_percent: 80,
    refusals_per_s: 1_000,
};

/// Looks at moments, in milliseconds: how many stand there, how many were let in since; then whether the door is shut.
fn check(looks: &[(u64, u32, u32)], is_shut: bool) {
    let mut doorstep = Doorstep::default();
    for &(at, standing, let_in) in looks {
        doorstep.observe(Monotonic(at), standing, let_in, &LIMITS);
    }
    assert_eq!(doorstep.is_shut(), is_shut, "{looks:?}");
}

/// 1,000 a second are let in: so many stand there after so many milliseconds.
fn at_a_thousand(standing: &[(u64, u32)]) -> Vec<(u64, u32, u32)> {
    let mut last = 0;
    let looks = standing.iter().map(|&(at, standing)| {
        let let_in = at - std::mem::replace(&mut last, at);
        (at, standing, u32::try_from(let_in).unwrap())
    });
    looks.collect()
}

#[test]
fn nobody_is_kept_out_before_the_pace_is_known() {
    check(&[], false);
    check(&[(0, 4_096, 0)], false);
    check(&at_a_thousand(&[(0, 4_096), (49, 4_096)]), false);
    check(&at_a_thousand(&[(0, 4_096), (50, 4_096)]), true);
}

#[test]
fn it_is_shut_above_the_target() {
    check(&at_a_thousand(&[(0, 200), (60, 200), (1_000, 200)]), false);
    check(&at_a_thousand(&[(0, 201), (60, 201)]), true);
}

#[test]
fn it_opens_at_half_of_the_target() {
    let shut = [(0, 600), (60, 600)];
    let with = |more: &[(u64, u32)]| at_a_thousand(&[&shut[..], more].concat());
    check(&with(&[(90, 101)]), true);
    check(&with(&[(90, 100)]), false);
    check(&with(&[(90, 100), (120, 200)]), false);
    check(&with(&[(90, 0)]), false);
}

/// Who lets nobody in is shut, and opens when he is as fast as he was; handfuls are no pace.
#[test]
fn the_pace_is_that_of_now() {
    check(&[(0, 50, 0), (100, 50, 0)], true);
    check(&[(0, 50, 0), (100, 50, 0), (200, 50, 1_000)], false);
    let handfuls = [
        (0, 100, 0),
        (50, 100, 50),
        (100, 100, 0),
        (150, 100, 100),
        (200, 100, 50),
    ];
    check(&handfuls, false);
}

/// A moment in which nobody stands there opens the door and does not change the pace; what was let in meanwhile is no
/// pace, and after a second it may be another one.
#[test]
fn an_empty_doorstep_forgets_by_and_by() {
    let slow = [(0, 1, 0), (100, 1, 1)];
    let with = |more: &[(u64, u32, u32)]| [&slow[..], more].concat();
    check(&with(&[]), false);
    check(&with(&[(110, 3, 0)]), true);
    check(&with(&[(110, 3, 0), (120, 0, 3)]), false);
    check(&with(&[(120, 0, 3), (130, 3, 600)]), true);
    check(&with(&[(120, 0, 6), (1_101, 20, 1)]), false);
}
