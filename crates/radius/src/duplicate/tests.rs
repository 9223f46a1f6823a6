//! The window of requests met: what is the same, and when it is forgotten.

use super::*;
use crate::accounting::tests::{START, STOP, octets};
use crate::{Code, Packet, Writer};

fn source(port: u16) -> SocketAddr {
    SocketAddr::from(([192, 0, 2, 1], port))
}

#[test]
fn the_same_request_is_met_once() {
    let (start, stop) = (octets(START), octets(STOP));
    let (start, stop) = (Packet::read(&start).unwrap(), Packet::read(&stop).unwrap());
    let mut window = Duplicates::new(10, 30_000);
    assert_eq!(window.meet(source(1), &start, 0), Meeting::First);
    assert_eq!(window.meet(source(1), &start, 29_000), Meeting::Repeated);
    assert_eq!(window.meet(source(2), &start, 29_000), Meeting::First);
    assert_eq!(window.meet(source(1), &stop, 29_000), Meeting::First);
    assert_eq!(window.meet(source(1), &start, 30_001), Meeting::First);
}

#[test]
fn the_window_is_bounded_and_forgets_the_oldest() {
    let mut window = Duplicates::new(100, u64::MAX);
    let packets: Vec<Vec<u8>> = (0..1_000_u32)
        .map(|number| {
            let mut octets = Vec::new();
            let mut writer = Writer::new(&mut octets, Code::AccountingRequest, number as u8);
            writer.number(44, number).unwrap();
            writer.sign_request(b"secret");
            octets
        })
        .collect();
    for octets in &packets {
        let packet = Packet::read(octets).unwrap();
        assert_eq!(window.meet(source(1), &packet, 0), Meeting::First);
        assert!(window.len() <= 100);
    }
    for (number, octets) in packets.iter().enumerate().rev() {
        let packet = Packet::read(octets).unwrap();
        let expected = if number >= 900 {
            Meeting::Repeated
        } else {
            Meeting::First
        };
        // Looking at those that are forgotten would push others out.
        if number >= 900 {
            assert_eq!(window.meet(source(1), &packet, 0), expected, "{number}");
        }
    }
    let first = Packet::read(&packets[0]).unwrap();
    assert_eq!(window.meet(source(1), &first, 0), Meeting::First);
}

#[test]
fn what_was_not_recorded_is_new_when_it_comes_again() {
    let (start, stop) = (octets(START), octets(STOP));
    let (start, stop) = (Packet::read(&start).unwrap(), Packet::read(&stop).unwrap());
    let mut window = Duplicates::new(10, u64::MAX);
    assert_eq!(window.meet(source(1), &start, 0), Meeting::First);
    assert_eq!(window.meet(source(1), &stop, 0), Meeting::First);
    window.forget_newest();
    assert_eq!(window.meet(source(1), &stop, 0), Meeting::First);
    assert_eq!(window.meet(source(1), &start, 0), Meeting::Repeated);
    assert_eq!(window.len(), 2);
}
