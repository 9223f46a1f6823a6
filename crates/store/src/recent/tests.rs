//! The ring keeps to its octets and lets the oldest go.
use super::*;
use std::sync::Arc;

fn body(octets: usize) -> Octets {
    Octets::whole(Arc::new(vec![0; octets]))
}

#[test]
fn the_oldest_goes_first_and_the_bound_holds() {
    let mut ring = Recent::new(250);
    for id in 0..4 {
        ring.insert(MessageId::from_bits(id), &body(100), Monotonic(id * STAY_MS_MIN));
        assert!(ring.octets() <= 250);
    }
    assert!(ring.find(MessageId::from_bits(1)).is_none());
    assert!(ring.find(MessageId::from_bits(3)).is_some());
    ring.insert(MessageId::from_bits(9), &body(251), Monotonic(9 * STAY_MS_MIN));
    assert!(ring.find(MessageId::from_bits(9)).is_none());
}

#[test]
fn what_is_taken_stays_long_enough_to_be_asked_for() {
    let mut ring = Recent::new(1_000);
    let mut taken = 0;
    for id in 0..10_000 {
        ring.insert(MessageId::from_bits(id), &body(100), Monotonic(id));
        taken += u32::from(ring.find(MessageId::from_bits(id)).is_some());
        // The first ten of each span of time are held through it.
        let span = id - id % STAY_MS_MIN;
        assert!(ring.find(MessageId::from_bits(span)).is_some(), "at {id}");
    }
    assert_eq!(taken, 50);
}

#[test]
fn what_leaves_goes_with_its_last_copy() {
    let mut ring = Recent::new(1_000);
    let now = Monotonic(5);
    ring.insert_leaving(MessageId::from_bits(1), &body(100), 3, now);
    assert!(ring.take_leaving(MessageId::from_bits(1), 2).is_some());
    assert_eq!(ring.octets(), 100);
    assert!(ring.take_leaving(MessageId::from_bits(1), 1).is_some());
    assert!(ring.take_leaving(MessageId::from_bits(1), 1).is_none());
    assert_eq!(ring.octets(), 0);
}

#[test]
fn what_leaves_takes_half_and_pushes_out_what_stays() {
    let mut ring = Recent::new(1_000);
    for id in 0..10 {
        ring.insert(MessageId::from_bits(id), &body(100), Monotonic(0));
    }
    for id in 10..30 {
        ring.insert_leaving(MessageId::from_bits(id), &body(100), 1, Monotonic(1));
        assert!(ring.octets() <= 1_000);
    }
    assert!(!ring.lets_leave(1, Monotonic(1)));
    assert!(ring.find(MessageId::from_bits(4)).is_none());
    assert!(ring.find(MessageId::from_bits(5)).is_some());
    assert!(ring.take_leaving(MessageId::from_bits(14), 1).is_some());
    assert!(ring.take_leaving(MessageId::from_bits(15), 1).is_none());
}

#[test]
fn what_does_not_leave_is_let_go() {
    let mut ring = Recent::new(1_000);
    for id in 0..5 {
        ring.insert_leaving(MessageId::from_bits(id), &body(100), 1, Monotonic(id));
    }
    assert!(!ring.lets_leave(100, Monotonic(STAY_MS_MIN - 1)));
    assert!(ring.lets_leave(100, Monotonic(STAY_MS_MIN)));
    assert!(ring.take_leaving(MessageId::from_bits(0), 1).is_none());
    assert!(ring.take_leaving(MessageId::from_bits(1), 1).is_some());
}

#[test]
fn bodies_take_the_place_of_ballast() {
    const MAX: usize = 1 << 20;
    let mut ring = Recent::new(MAX);
    ring.touch();
    assert!(ring.ballast_octets() > MAX / 2);
    let mut before = ring.ballast_octets();
    for id in 0..100 {
        let now = Monotonic(id * STAY_MS_MIN);
        match id % 2 {
            0 => ring.insert(MessageId::from_bits(id), &body(30_000), now),
            _ => ring.insert_leaving(MessageId::from_bits(id), &body(30_000), 1, now),
        }
        assert!(ring.octets() + ring.ballast_octets() <= MAX, "after {id}");
        assert!(ring.ballast_octets() <= before, "it never grows");
        before = ring.ballast_octets();
    }
    assert_eq!(ring.ballast_octets(), 0);
}

#[test]
fn a_small_ring_has_no_ballast() {
    for octets_max in [0, 1, 40_000] {
        let mut ring = Recent::new(octets_max);
        ring.touch();
        assert_eq!(ring.ballast_octets(), 0);
    }
}
