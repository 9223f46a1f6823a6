//! Push-ids and the tables of codes.
//!
//! Invariant: codes are those of WAP-247-PAP §9.14.

use super::status::{CODES, Class, State, class};
use super::*;
use crate::outcome::Outcome;

#[test]
fn push_ids() {
    let text = push_id(PushId(0x2A), "mms.example.net");
    assert_eq!(text, "000000000000002a@mms.example.net");
    assert_eq!(push_of(&text), Some(PushId(0x2A)));
    for text in [
        "2a@x",
        "000000000000002a",
        "+00000000000002a@x",
        "000000000000002g@x",
    ] {
        assert_eq!(push_of(text), None, "{text}");
    }
}

#[test]
fn codes() {
    assert!(CODES.windows(2).all(|pair| pair[0].0 < pair[1].0));
    let table = [
        (1001, Class::Taken),
        (2002, Class::UnknownSubscriber),
        (2007, Class::Taken),
        (3000, Class::TryAgain),
        (3007, Class::Rejected),
        // By their thousand.
        (1099, Class::Taken),
        (2099, Class::Rejected),
        (4099, Class::TryAgain),
        (5000, Class::TryAgain),
        (0, Class::TryAgain),
    ];
    for (code, expected) in table {
        assert_eq!(class(code), expected, "{code}");
    }
}

#[test]
fn states() {
    let table = [
        ("delivered", 1000, Some(Outcome::Delivered)),
        ("pending", 1001, None),
        ("undeliverable", 2003, Some(Outcome::UnknownSubscriber)),
        ("undeliverable", 4001, Some(Outcome::Absent { code: Some(4001) })),
        ("Expired", 1000, Some(Outcome::Absent { code: Some(1000) })),
        ("rejected", 2001, Some(Outcome::Rejected { code: 2001 })),
        ("something", 1000, Some(Outcome::Absent { code: Some(1000) })),
    ];
    for (word, code, expected) in table {
        assert_eq!(State::from_word(word).outcome(code), expected, "{word}");
    }
}
