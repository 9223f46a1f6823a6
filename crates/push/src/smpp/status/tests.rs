//! The table of command_status.
//!
//! Invariant: the classes that other-interfaces §8 names are checked one by one.

use super::*;

#[test]
fn rows_are_in_order_and_once() {
    assert!(TABLE.windows(2).all(|pair| pair[0].code < pair[1].code));
}

#[test]
fn classes_of_the_specification() {
    let table = [
        (0x00, Class::Taken),
        (0x14, Class::Throttled),
        (0x58, Class::Throttled),
        (0x08, AGAIN),
        (0xFE, AGAIN),
        (0xFF, AGAIN),
        (0x45, FEW),
        (0x04, Class::Reconnect),
        (0x05, Class::Reconnect),
        (0x0D, Class::Reconnect),
        (0x0E, Class::Reconnect),
        (0x0F, Class::Reconnect),
        (0x0A, Class::Rejected),
        (0x0B, Class::UnknownSubscriber),
        (0x62, Class::Rejected),
        (0x66, Class::Rejected),
        (0xC0, Class::NoParameters),
        (0xC4, Class::NoParameters),
        // Reserved, an SMSC's own, and the greatest.
        (0x09, OTHER),
        (0x0444, OTHER),
        (u32::MAX, OTHER),
    ];
    for (code, class_expected) in table {
        assert_eq!(class(code), class_expected, "{code:#x}");
    }
}

/// The names, against another's table of the same specification.
#[test]
fn codes_are_those_of_rusmpp() {
    // 5.0, whose words the library uses, calls optional parameters otherwise.
    for row in TABLE.iter().filter(|row| !(0xC0..=0xC4).contains(&row.code)) {
        let name = format!("{:?}", rusmpp_core::CommandStatus::from(row.code)).to_lowercase();
        let ours = row.name.replace('_', "").to_lowercase();
        assert_eq!(name, ours, "{:#x}", row.code);
    }
}
