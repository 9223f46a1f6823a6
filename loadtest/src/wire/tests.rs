//! The ring, both ends: octets arrive whole and in order, slots are used again.

use super::{Done, Ending, Wire};
use std::net::TcpListener;
use std::sync::Arc;
use std::time::Duration;

const PATIENCE: Duration = Duration::from_secs(10);

/// Turns until something of a kind is done; gives its slot. Everything received is collected.
fn until(wire: &mut Wire, wanted: fn(&Done) -> bool, octets: &mut Vec<u8>) -> u32 {
    let mut completions = Vec::new();
    loop {
        wire.wait(PATIENCE, &mut completions).unwrap();
        assert!(!completions.is_empty(), "nothing happens");
        let mut found = None;
        for completion in completions.drain(..) {
            let Some((slot, done)) = wire.interpret(completion).unwrap() else {
                continue;
            };
            if wanted(&done) {
                found = Some(slot);
            }
            if let Done::Received(received) = done {
                octets.extend_from_slice(received.octets());
                wire.give_back(received);
            }
        }
        if let Some(slot) = found {
            return slot;
        }
    }
}

#[test]
fn front_body_and_tail_arrive_in_order() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let mut wire = Wire::new(4).unwrap();
    wire.listen(listener).unwrap();
    let slot = wire.connect(address).unwrap().unwrap();
    let mut octets = Vec::new();
    until(
        &mut wire,
        |done| matches!(done, Done::Connected | Done::Accepted),
        &mut octets,
    );
    let body: Arc<[u8]> = (0..3_000_000_u32).map(|at| (at % 251) as u8).collect();
    wire.front(slot).unwrap().extend_from_slice(b"front");
    wire.attach(slot, Some(&body), b"tail");
    let whole = wire.octets(slot);
    wire.send(slot, 0, 7).unwrap();
    assert!(wire.front(slot).is_none(), "lent to the kernel");
    until(&mut wire, |done| matches!(done, Done::Sent(7)), &mut octets);
    wire.send(slot, 7, whole).unwrap();
    while octets.len() < whole {
        until(&mut wire, |done| matches!(done, Done::Received(_)), &mut octets);
    }
    assert!(octets.starts_with(b"front") && octets.ends_with(b"tail"));
    assert_eq!(&octets[5..whole - 4], &body[..]);
}

#[test]
fn slots_are_used_again() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let mut wire = Wire::new(1).unwrap();
    for ending in [Ending::Orderly, Ending::Reset, Ending::Orderly] {
        let slot = wire.connect(address).unwrap().unwrap();
        assert!(wire.connect(address).unwrap().is_none(), "there is one slot");
        until(&mut wire, |done| matches!(done, Done::Connected), &mut Vec::new());
        wire.close(slot, ending).unwrap();
        until(&mut wire, |done| matches!(done, Done::Vacant), &mut Vec::new());
        drop(listener.accept().unwrap());
    }
}

#[test]
fn a_refused_connection_is_told() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let mut wire = Wire::new(1).unwrap();
    wire.connect(address).unwrap().unwrap();
    until(&mut wire, |done| matches!(done, Done::Ended), &mut Vec::new());
}
