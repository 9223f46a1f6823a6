//! The table against itself and against what the walk takes from it.

use super::{FIELDS, Shape, TEXTS, bit, bits, mandatory, name, row};
use crate::pdu_type::PduType;

#[test]
fn rows_stand_at_their_code() {
    assert_eq!(FIELDS.len(), 0xBF - 0x80);
    for (index, field) in FIELDS.iter().enumerate() {
        assert_eq!(usize::from(field.code), 0x81 + index, "{}", field.name);
        assert_eq!(row(field.code).map(|row| row.name), Some(field.name));
    }
    for code in [0, 0x7F, 0x80, 0xC0, 0xFF] {
        assert!(row(code).is_none(), "{code:#04x}");
        assert_eq!(bit(code), 0);
        assert_eq!(name(code), "unassigned field");
    }
}

#[test]
fn every_pdu_has_type_and_version_and_the_mailbox_has_nothing() {
    for &pdu in PduType::ALL {
        let own = mandatory(pdu);
        let always = bits(&[super::MESSAGE_TYPE, super::VERSION]);
        match pdu.is_mailbox() {
            true => assert_eq!(own, 0, "{pdu:?}"),
            false => assert_eq!(own & always, always, "{pdu:?}"),
        }
    }
}

#[test]
fn no_pdu_has_a_field_both_mandatory_and_optional() {
    for field in FIELDS {
        for &pdu in PduType::ALL {
            let both = field.mandatory.contains(pdu) && field.optional.contains(pdu);
            assert!(!both, "{} in {}", field.name, pdu.name());
        }
    }
}

#[test]
fn blind_copies_leave_no_server() {
    let to_a_phone = [
        PduType::RetrieveConf,
        PduType::NotificationInd,
        PduType::DeliveryInd,
        PduType::ReadOrigInd,
    ];
    for pdu in to_a_phone {
        assert!(row(super::BCC).is_some_and(|row| !row.allowed_in(pdu)), "{pdu:?}");
    }
}

#[test]
fn texts_are_the_fields_that_are_texts() {
    for field in FIELDS {
        let text = matches!(field.shape, Shape::Address | Shape::Encoded | Shape::Text);
        assert_eq!(TEXTS & bit(field.code) != 0, text, "{}", field.name);
    }
}
