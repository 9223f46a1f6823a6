//! The breaker, as a story of failures and answers.

use super::{Breaker, Permit, WAIT_MS, WAIT_MS_MAX};
use base::Monotonic;

fn failed(times: u64) -> (Breaker, Monotonic) {
    let mut breaker = Breaker::default();
    let mut now = Monotonic(1_000);
    for _ in 0..times {
        now = now + WAIT_MS_MAX;
        breaker.lost(now, now, 0);
    }
    (breaker, now)
}

#[test]
fn some_failures_are_borne() {
    for times in 0..=2 {
        let (breaker, now) = failed(times);
        assert_eq!(breaker.permit(now), Permit::Free, "{times}");
        assert!(!breaker.is_open());
    }
}

#[test]
fn the_wait_doubles_up_to_its_bound_and_then_one_is_tried() {
    for (times, wait_ms) in [
        (3, WAIT_MS),
        (4, 2 * WAIT_MS),
        (5, 4 * WAIT_MS),
        (9, 60_000),
        (200, 60_000),
    ] {
        let (breaker, now) = failed(times);
        assert!(breaker.is_open());
        assert_eq!(breaker.permit(now), Permit::NotBefore(now + wait_ms), "{times}");
        assert_eq!(
            breaker.permit(now + (wait_ms - 1)),
            Permit::NotBefore(now + wait_ms)
        );
        assert_eq!(breaker.permit(now + wait_ms), Permit::Probe);
    }
}

#[test]
fn an_answer_closes_it() {
    let (mut breaker, now) = failed(20);
    breaker.answered();
    assert_eq!(breaker.permit(now), Permit::Free);
}

/// Four connections that break at once are one failure.
#[test]
fn what_began_before_the_last_failure_tells_nothing() {
    let mut breaker = Breaker::default();
    let begun = Monotonic(500);
    for at in 1_000..1_010 {
        breaker.lost(begun, Monotonic(at), 0);
    }
    assert_eq!(breaker.permit(Monotonic(1_010)), Permit::Free);
}

#[test]
fn chance_shortens_the_wait_by_a_quarter_at_most() {
    let mut breaker = failed(2).0;
    let now = Monotonic(10_000_000);
    breaker.lost(now, now, u16::MAX);
    assert_eq!(breaker.permit(now), Permit::NotBefore(now + WAIT_MS * 3 / 4));
}

#[test]
fn an_operator_may_have_it_tried_at_once() {
    let (mut breaker, now) = failed(20);
    breaker.forgive();
    assert_eq!(breaker.permit(now), Permit::Probe);
}

/// One that was away for long, and now brings something, need not be waited for a minute; nor is it asked all the time.
#[test]
fn one_that_is_heard_is_asked_soon() {
    let (mut breaker, failed_at) = failed(20);
    let later = failed_at + 10_000;
    assert_eq!(breaker.permit(later), Permit::NotBefore(failed_at + WAIT_MS_MAX));
    breaker.heard();
    assert_eq!(breaker.permit(later), Permit::Probe);
    breaker.lost(later, later, 0);
    breaker.heard();
    assert_eq!(breaker.permit(later), Permit::NotBefore(later + WAIT_MS));
    breaker.heard();
    assert_eq!(breaker.permit(later), Permit::NotBefore(later + WAIT_MS));
    let mut closed = Breaker::default();
    closed.heard();
    assert_eq!(closed.permit(Monotonic(0)), Permit::Free);
}
