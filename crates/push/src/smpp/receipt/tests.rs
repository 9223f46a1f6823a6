//! Receipts in the words of SMSCs.
//!
//! Invariant: texts follow SMPP 3.4 appendix B, or a departure that its row names.

use super::*;

fn delivered(text: &str) -> Delivered<'_> {
    Delivered {
        source: b"447700900123",
        esm_class: KIND_RECEIPT,
        text: text.as_bytes(),
        ..Delivered::default()
    }
}

#[track_caller]
fn check(text: &str, id: &str, state: State, error: Option<(u16, bool)>) {
    let receipt = read(&delivered(text), TextErrors::Opaque).unwrap();
    assert_eq!(
        (receipt.id, receipt.state, receipt.error),
        (id.as_bytes(), state, error)
    );
    assert_eq!(receipt.from, Msisdn::from_digits(b"447700900123"));
}

#[test]
fn texts() {
    check(
        "id:0123456789 sub:001 dlvrd:001 submit date:2601311200 done date:2601311201 stat:DELIVRD err:000 text:",
        "0123456789",
        State::Delivered,
        Some((0, false)),
    );
    check(
        "id:a7 stat:UNDELIV err:001",
        "a7",
        State::Undeliverable,
        Some((1, false)),
    );
    // Other letters, words in full, no error, a blank after the colon, another order.
    check("ID:a7 STAT:Delivered", "a7", State::Delivered, None);
    check(
        "stat: EXPIRED id: a7 Err: 27",
        "a7",
        State::Expired,
        Some((27, false)),
    );
    // An error that is no number, a state that is none.
    check("id:a7 stat:REJECTD err:0x1", "a7", State::Rejected, None);
    check("id:a7 stat:LOST", "a7", State::Unknown, None);
    // The message's own text may look like a receipt, but stands behind it.
    check(
        "id:a7 stat:DELETED text:id:b8 stat:DELIVRD",
        "a7",
        State::Deleted,
        None,
    );
}

#[test]
fn parameters_win() {
    let receipt = read(
        &Delivered {
            receipted_message_id: Some(b"b8"),
            message_state: Some(5),
            network_error: Some((NETWORK_GSM, 1)),
            ..delivered("id:a7 stat:DELIVRD err:000")
        },
        TextErrors::Opaque,
    );
    let receipt = receipt.unwrap();
    assert_eq!((receipt.id, receipt.state), (&b"b8"[..], State::Undeliverable));
    assert_eq!(receipt.outcome(), Some(Outcome::UnknownSubscriber));
}

#[test]
fn what_is_no_receipt() {
    let plain = Delivered {
        esm_class: 0,
        ..delivered("id:a7 stat:DELIVRD")
    };
    assert_eq!(read(&plain, TextErrors::Map), None, "a person may write that");
    let marked_by_id = Delivered {
        receipted_message_id: Some(b"a7"),
        message_state: Some(2),
        ..plain
    };
    assert!(read(&marked_by_id, TextErrors::Map).is_some());
    for text in ["", "id:a7", "stat:DELIVRD", "kid:a7 stat:DELIVRD"] {
        assert_eq!(read(&delivered(text), TextErrors::Map), None, "{text}");
    }
    let intermediate = Delivered {
        esm_class: KIND_INTERMEDIATE,
        ..delivered("id:a7 stat:UNDELIV")
    };
    let receipt = read(&intermediate, TextErrors::Map).unwrap();
    assert_eq!(receipt.outcome(), None);
}

#[test]
fn outcomes() {
    let absent = |code| Some(Outcome::Absent { code });
    let rejected = |code| Some(Outcome::Rejected { code });
    let table = [
        ("stat:ENROUTE", None),
        ("stat:ACCEPTD err:000", None),
        ("stat:DELIVRD err:001", Some(Outcome::Delivered)),
        ("stat:EXPIRED err:000", absent(None)),
        ("stat:EXPIRED err:027", absent(Some(27))),
        ("stat:DELETED", absent(None)),
        ("stat:UNKNOWN", absent(None)),
        ("stat:UNDELIV err:027", absent(Some(27))),
        ("stat:UNDELIV err:005", absent(Some(5))),
        ("stat:UNDELIV err:001", Some(Outcome::UnknownSubscriber)),
        ("stat:UNDELIV err:011", rejected(11)),
        ("stat:REJECTD err:001", Some(Outcome::UnknownSubscriber)),
        ("stat:REJECTD err:099", rejected(99)),
        ("stat:REJECTD", rejected(0)),
    ];
    for (text, expected) in table {
        let text = format!("id:a7 {text}");
        let receipt = read(&delivered(&text), TextErrors::Map).unwrap();
        assert_eq!(receipt.outcome(), expected, "{text}");
    }
    // A maker's own number says nothing.
    let opaque = read(&delivered("id:a7 stat:UNDELIV err:001"), TextErrors::Opaque).unwrap();
    assert_eq!(opaque.outcome(), absent(Some(1)));
}

#[test]
fn phones() {
    let expected = Msisdn::from_digits(b"15550100");
    for text in ["15550100", "+15550100", "0015550100"] {
        assert_eq!(phone(text.as_bytes()), expected);
    }
    assert_eq!(phone(b"Ringpost"), None);
    assert_eq!(phone(b""), None);
}
