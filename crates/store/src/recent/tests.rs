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
