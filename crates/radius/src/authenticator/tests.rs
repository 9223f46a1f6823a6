//! Authenticators of foreign clients: right with the secret, wrong with any other, wrong after any change.

use crate::accounting::tests::{SECRET, START, STOP, octets};
use crate::{Answer, Forged, Packet};

#[test]
fn another_secret_is_a_forgery() {
    for hex in [START, STOP] {
        let octets = octets(hex);
        let packet = Packet::read(&octets).unwrap();
        assert_eq!(packet.verify(SECRET), Ok(()));
        assert_eq!(packet.verify(b"between-you-and-us"), Err(Forged));
        assert_eq!(packet.verify(b""), Err(Forged));
    }
}

#[test]
fn any_changed_bit_is_a_forgery_or_no_packet() {
    for hex in [START, STOP] {
        let sound = octets(hex);
        for at in 0..sound.len() * 8 {
            let mut octets = sound.clone();
            octets[at / 8] ^= 1 << (at % 8);
            if let Ok(packet) = Packet::read(&octets) {
                assert_eq!(packet.verify(SECRET), Err(Forged), "bit {at}");
            }
        }
    }
}

#[test]
fn a_wrong_message_authenticator_is_a_forgery_even_under_a_right_authenticator() {
    let mut octets = octets(START);
    octets[22] ^= 1;
    let sum = super::sum(&octets, [0; 16], SECRET);
    octets[4..20].copy_from_slice(&sum);
    let packet = Packet::read(&octets).unwrap();
    assert_eq!(packet.verify(SECRET), Err(Forged));
}

#[test]
fn an_answer_is_no_request_and_is_bound_to_its_request() {
    let octets = octets(STOP);
    let request = Packet::read(&octets).unwrap();
    let mut answer = Vec::new();
    Answer::write(&request, SECRET, &mut answer);
    let response = Packet::read(&answer).unwrap();
    assert_eq!(response.verify(SECRET), Err(Forged));
    assert_eq!(response.verify_response(request.authenticator(), SECRET), Ok(()));
    assert_eq!(response.verify_response([7; 16], SECRET), Err(Forged));
    assert_eq!(
        request.verify_response(request.authenticator(), SECRET),
        Err(Forged)
    );
}
