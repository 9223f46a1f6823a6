//! The entry point of fuzzers: hostile octets through every reader, and what is read written again.
//!
//! Beside the flow; an ordinary function, so that plain seeded programs and cargo-fuzz drive the same check.
//! Invariant: it panics exactly when the crate breaks one of its promises.

use crate::accounting::Accounting;
use crate::packet::{Code, Packet};
use crate::write::{Answer, Writer};

/// The secret that fuzzers sign with.
pub const SECRET: &[u8] = b"fuzz";

/// Checks one datagram: it is read or refused within itself; re-written with the same attributes and signed, it
/// verifies and reads the same; its answer verifies, and a changed octet does not.
///
/// # Panics
/// If one of these does not hold.
pub fn datagram(input: &[u8]) {
    let packet = match Packet::read(input) {
        Ok(packet) => packet,
        Err(error) => {
            assert!(
                usize::from(error.offset) <= input.len().max(2),
                "an offset points beyond the datagram"
            );
            return;
        }
    };
    // It may have any authenticator; what counts is that asking is safe.
    let _ = packet.verify(SECRET);
    let accounting = Accounting::read(&packet);
    if let Err(error) = accounting {
        assert!(
            usize::from(error.offset) <= packet.octets().len(),
            "an offset points beyond the packet"
        );
    }
    let mut again = Vec::new();
    let mut writer = Writer::new(&mut again, Code::AccountingRequest, packet.identifier());
    for attribute in packet.attributes() {
        if attribute.number != crate::attribute::MESSAGE_AUTHENTICATOR {
            assert!(
                writer.attribute(attribute.number, attribute.value).is_ok(),
                "what fitted does not fit"
            );
        }
    }
    writer.sign_request(SECRET);
    let Ok(copy) = Packet::read(&again) else {
        unreachable!("what was written can't be read");
    };
    assert_eq!(copy.verify(SECRET), Ok(()), "what was signed does not verify");
    if let (Ok(one), Ok(other)) = (accounting, Accounting::read(&copy)) {
        assert_eq!(one, other, "what was written reads otherwise");
    }
    answer(&copy);
}

fn answer(request: &Packet<'_>) {
    let mut octets = Vec::new();
    Answer::write(request, SECRET, &mut octets);
    {
        let Ok(response) = Packet::read(&octets) else {
            unreachable!("the answer can't be read");
        };
        assert_eq!(
            response.verify_response(request.authenticator(), SECRET),
            Ok(()),
            "the answer does not verify"
        );
    }
    if let Some(octet) = octets.last_mut() {
        *octet ^= 1;
    }
    if let Ok(changed) = Packet::read(&octets) {
        assert!(
            changed.verify_response(request.authenticator(), SECRET).is_err(),
            "a changed answer verifies"
        );
    }
}
