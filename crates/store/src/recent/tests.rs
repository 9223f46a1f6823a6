//! The ring keeps to its octets and lets the oldest go.
use super::*;
use std::sync::Arc;

#[test]
fn the_oldest_goes_first_and_the_bound_holds() {
    let mut ring = Recent::new(250);
    for id in 0..4 {
        ring.insert(MessageId::from_bits(id), &Octets::whole(Arc::new(vec![0; 100])));
        assert!(ring.octets() <= 250);
    }
    assert!(ring.find(MessageId::from_bits(1)).is_none());
    assert!(ring.find(MessageId::from_bits(3)).is_some());
    ring.insert(MessageId::from_bits(9), &Octets::whole(Arc::new(vec![0; 251])));
    assert!(ring.find(MessageId::from_bits(9)).is_none());
}
