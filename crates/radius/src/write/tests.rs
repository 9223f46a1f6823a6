//! Answers: Proxy-States back in order, the same octets for the same request; and packets that are full.

use super::*;
use crate::accounting::tests::{SECRET, START, octets};
use crate::{Accounting, Status, fuzz};
use proptest::prelude::*;

#[test]
fn proxy_states_come_back_in_their_order_and_nothing_else() {
    let octets = octets(START);
    let request = Packet::read(&octets).unwrap();
    let mut answer = Vec::new();
    Answer::write(&request, SECRET, &mut answer);
    let response = Packet::read(&answer).unwrap();
    assert_eq!(response.code(), Code::AccountingResponse);
    assert_eq!(response.identifier(), request.identifier());
    let attributes: Vec<_> = response.attributes().map(|a| (a.number, a.value.len())).collect();
    assert_eq!(attributes, [(80, 16), (33, 2), (33, 2)]);
    let states: Vec<_> = response
        .attributes()
        .filter(|a| a.number == 33)
        .map(|a| a.value)
        .collect();
    assert_eq!(states, [b"p1", b"p2"]);
    let mut again = Vec::new();
    Answer::write(&request, SECRET, &mut again);
    assert_eq!(answer, again);
}

#[test]
fn a_full_packet_takes_no_more_and_stays_sound() {
    let mut out = b"before".to_vec();
    let mut writer = Writer::new(&mut out, Code::AccountingRequest, 7);
    writer.number(attribute::ACCT_STATUS_TYPE, 3).unwrap();
    assert_eq!(writer.attribute(1, &[0; 254]), Err(Full));
    assert_eq!(writer.three_gpp(1, &[0; 250]), Err(Full));
    while writer.attribute(25, &[1; 253]).is_ok() {}
    while writer.attribute(25, &[1]).is_ok() {}
    while writer.attribute(25, &[]).is_ok() {}
    writer.sign_request(SECRET);
    let packet = Packet::read(&out[6..]).unwrap();
    assert!((PACKET_OCTETS_MAX - 1..=PACKET_OCTETS_MAX).contains(&packet.octets().len()));
    assert_eq!(packet.verify(SECRET), Ok(()));
    assert_eq!(Accounting::read(&packet).unwrap().status, Status::InterimUpdate);
}

/// Hostile heads: (octets, error, offset).
#[test]
fn lengths_that_do_not_fit() {
    use crate::error::ErrorKind::{AttributeLength, Code as WrongCode, Length, Truncated};
    let head = |length: u16, rest: &[u8]| {
        let mut octets = vec![4, 1];
        octets.extend_from_slice(&length.to_be_bytes());
        octets.extend_from_slice(&[0; 16]);
        octets.extend_from_slice(rest);
        octets
    };
    for (octets, kind, offset) in [
        (Vec::new(), Truncated, 0),
        (vec![4; 19], Truncated, 19),
        (head(19, &[]), Length, 2),
        (head(4_097, &[0; 4_077]), Length, 2),
        (head(21, &[]), Truncated, 20),
        (head(21, &[1]), AttributeLength, 20),
        (head(22, &[1, 1]), AttributeLength, 20),
        (head(22, &[1, 0]), AttributeLength, 20),
        (head(25, &[1, 3, 0, 1, 3]), AttributeLength, 23),
        (vec![1; 20], WrongCode, 0),
    ] {
        let error = Packet::read(&octets).unwrap_err();
        assert_eq!((error.kind, error.offset), (kind, offset), "{octets:02x?}");
    }
    // Octets behind the length are padding.
    assert_eq!(Packet::read(&head(20, b"padding")).unwrap().octets().len(), 20);
}

proptest! {
    #[test]
    fn any_octets(octets in proptest::collection::vec(any::<u8>(), 0..600)) {
        fuzz::datagram(&octets);
    }

    #[test]
    fn any_damage_to_a_sound_packet(changes in proptest::collection::vec((0..196_usize, any::<u8>()), 0..6)) {
        let mut octets = octets(START);
        for (at, octet) in changes {
            octets[at] = octet;
        }
        fuzz::datagram(&octets);
    }
}
