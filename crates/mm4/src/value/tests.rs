//! Tests of values: texts, misspellings, and the octets of MM1.

use super::*;

#[test]
fn every_value_is_read_back_from_both_interfaces() {
    fn check<T: PartialEq + std::fmt::Debug + Copy>(
        all: &[T],
        name: fn(T) -> &'static str,
        read: fn(&str) -> Option<T>,
        octet: fn(T) -> u8,
        of_octet: fn(u8) -> Option<T>,
    ) {
        for &value in all {
            assert_eq!(read(name(value)), Some(value));
            assert_eq!(read(&name(value).to_uppercase()), Some(value));
            assert_eq!(of_octet(octet(value)), Some(value));
        }
        assert_eq!(read("something else"), None);
        assert_eq!(of_octet(0x7F), None);
    }
    check(
        Priority::ALL,
        Priority::name,
        Priority::read,
        Priority::octet,
        Priority::of_octet,
    );
    check(
        Visibility::ALL,
        Visibility::name,
        Visibility::read,
        Visibility::octet,
        Visibility::of_octet,
    );
    check(
        ReadStatus::ALL,
        ReadStatus::name,
        ReadStatus::read,
        ReadStatus::octet,
        ReadStatus::of_octet,
    );
    check(
        ContentClass::ALL,
        ContentClass::name,
        ContentClass::read,
        ContentClass::octet,
        ContentClass::of_octet,
    );
    check(
        YesNo::ALL,
        YesNo::name,
        YesNo::read,
        YesNo::octet,
        YesNo::of_octet,
    );
}

#[test]
fn octets_are_those_that_mms_has() {
    for priority in mms::Priority::ALL {
        let here = Priority::of_octet(priority.octet()).unwrap();
        assert_eq!(here.name(), priority.name());
    }
    for visibility in mms::SenderVisibility::ALL {
        assert_eq!(
            Visibility::of_octet(visibility.octet()).unwrap().name(),
            visibility.name()
        );
    }
    for class in mms::ContentClass::ALL {
        assert_eq!(
            ContentClass::of_octet(class.octet()).unwrap().name(),
            class.name()
        );
    }
    assert_eq!(
        ReadStatus::of_octet(mms::ReadStatus::Read.octet()),
        Some(ReadStatus::Read)
    );
    assert_eq!(
        ReadStatus::of_octet(mms::ReadStatus::DeletedUnread.octet()),
        Some(ReadStatus::DeletedUnread)
    );
}

#[test]
fn misspellings_are_understood() {
    assert_eq!(YesNo::read("1"), Some(YesNo::Yes));
    assert_eq!(YesNo::read("yes "), Some(YesNo::Yes));
    assert_eq!(YesNo::read("\"No\""), Some(YesNo::No));
    assert_eq!(
        ReadStatus::read("Deletedwithoutbeingread"),
        Some(ReadStatus::DeletedUnread)
    );
}

#[test]
fn classes_may_be_tokens() {
    let read = |text: &'static str| MessageClass::read(Cow::Borrowed(text));
    assert_eq!(read("auto"), Some(MessageClass::Auto));
    assert_eq!(read("x-own"), Some(MessageClass::Token("x-own".into())));
    assert_eq!(read(" "), None);
    for octet in 0x80..=0x83 {
        let class = MessageClass::of_octet(octet).unwrap();
        assert_eq!(class.octet(), Some(octet));
        assert_eq!(
            MessageClass::read(Cow::Owned(class.name().to_owned())),
            Some(class)
        );
    }
    assert_eq!(read("x-own").unwrap().octet(), None);
    assert_eq!(MessageClass::of_octet(0x84), None);
}

#[test]
fn expiries_are_seconds_or_dates() {
    for (text, expected) in [
        ("259200", Some(Expiry::In(259_200))),
        ("Tue, 18 Jan 2022 02:23:39 GMT", Some(Expiry::At(1_642_472_619))),
        ("2022-01-18T02:23:39Z", Some(Expiry::At(1_642_472_619))),
        ("soon", None),
        ("", None),
        ("-1", None),
    ] {
        assert_eq!(Expiry::read(text), expected, "{text}");
        if let Some(expiry) = expected {
            assert_eq!(Expiry::read(&expiry.text()), expected);
        }
    }
}
