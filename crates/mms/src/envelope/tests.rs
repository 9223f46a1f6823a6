//! The peek, on whole PDUs and on what is left of damaged ones.

use wsp::Version;

use super::Envelope;

const SEND_REQ: &[u8] = b"\x8C\x80\x98T1\0\x8D\x92\x89\x01\x81\x97\x05\xEAabc\0\x84\x83Hi";

#[test]
fn whole() {
    let envelope = Envelope::peek(SEND_REQ);
    let expected = Envelope {
        pdu_type: 0x80,
        transaction_id: Some(b"T1".as_slice()),
        version: Some(Version::V1_2),
    };
    assert_eq!(envelope, expected);
}

#[test]
fn every_prefix_says_what_it_can() {
    for length in 0..=SEND_REQ.len() {
        let envelope = Envelope::peek(&SEND_REQ[..length]);
        assert_eq!(envelope.pdu_type, if length >= 2 { 0x80 } else { 0 }, "{length}");
        assert_eq!(envelope.transaction_id.is_some(), length >= 6, "{length}");
        assert_eq!(envelope.version.is_some(), length >= 8, "{length}");
    }
}

#[test]
fn corrupt_behind_the_transaction() {
    let envelope = Envelope::peek(b"\x8C\x80\x98T1\0\x05\x05\x05");
    assert_eq!(
        (envelope.transaction_id, envelope.version),
        (Some(b"T1".as_slice()), None)
    );
    // The version cannot be read, and says so, but does not hide the rest.
    let envelope = Envelope::peek(b"\x8C\x80\x8D\x12\x98T1\0");
    assert_eq!(envelope.transaction_id, None, "0x12 begins a value of 18 octets");
    let envelope = Envelope::peek(b"\x8C\xFF\x98T1\0\x8D\xA0");
    assert_eq!(
        (envelope.pdu_type, envelope.version.map(Version::major)),
        (0xFF, Some(2))
    );
}

#[test]
fn no_pdu() {
    assert_eq!(Envelope::peek(b"GET / HTTP/1.1"), Envelope::default());
    assert_eq!(Envelope::peek(b""), Envelope::default());
}

#[test]
fn a_mailbox_pdu_is_answered_under_its_transaction() {
    let envelope = Envelope::peek(b"\x8C\x8B\x98T7\0\x8D\x92\x83x\0");
    assert_eq!(
        (envelope.pdu_type, envelope.transaction_id),
        (0x8B, Some(b"T7".as_slice()))
    );
}
