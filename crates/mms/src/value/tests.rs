//! Vectors of MMS values.

use wsp::{EncodedString, Reader};

use super::{Counted, MessageClass, Originator, Priority, Status, Time, Value};
use crate::address::Address;

/// Reads `bytes` to the end as `value`; with `writes`, the value is written as just these octets.
fn check<'a, T: Value<'a> + PartialEq + std::fmt::Debug>(bytes: &'a [u8], value: T, writes: bool) {
    let mut reader = Reader::new(bytes);
    assert_eq!(T::read(&mut reader).as_ref(), Ok(&value), "{bytes:02x?}");
    assert!(reader.is_empty(), "{bytes:02x?}");
    let mut out = Vec::new();
    value.write(&mut out);
    assert_eq!(out == bytes, writes, "{bytes:02x?} / {out:02x?}");
}

fn refuse<'a, T: Value<'a> + std::fmt::Debug>(bytes: &'a [u8]) {
    assert!(T::read(&mut Reader::new(bytes)).is_err(), "{bytes:02x?}");
}

#[test]
fn times() {
    check(b"\x05\x81\x03\x09\x3A\x80", Time::Relative(604_800), true); // 7 days
    check(b"\x06\x80\x04\x69\xD5\xC2\xA3", Time::Absolute(0x69D5_C2A3), true);
    check(b"\x02\x81\x85", Time::Relative(5), false); // a Short-integer, as the book allows and clients do not
    refuse::<Time>(b"\x02\x82\x85");
    refuse::<Time>(b"\x00");
    refuse::<Time>(b"\x81");
}

#[test]
fn originators() {
    check(b"\x01\x81", Originator::Insert, true);
    let address = Address {
        text: EncodedString {
            charset: Some(106),
            text: b"3342012834/TYPE=PLMN",
        },
    };
    check(
        b"\x18\x80\x16\xEA3342012834/TYPE=PLMN\0",
        Originator::Address(address),
        true,
    );
    let joe = Address::ascii(b"joe@user.example");
    check(b"\x12\x80joe@user.example\0", Originator::Address(joe), true);
    refuse::<Originator<'_>>(b"joe@user.example\0"); // no Value-length
    refuse::<Originator<'_>>(b"\x02\x82\x85");
}

#[test]
fn classes_octets_and_numbers() {
    check(b"\x83", MessageClass::Auto, true);
    check(b"own-class\0", MessageClass::Token(b"own-class"), true);
    refuse::<MessageClass<'_>>(b"\x84");
    refuse::<MessageClass<'_>>(b"\0");
    check(b"\x82", Priority::High, true);
    refuse::<Priority>(b"\x83");
    check(b"\x87", Status::Unreachable, true);
    refuse::<Status>(b"\x88");
    check(b"\x80", true, true);
    check(b"\x81", false, true);
    refuse::<bool>(b"\x82");
    check(b"\x04\x00\x01\x29\x8D", 76_173_u64, false); // leading zeros, from a real server
    check(b"\x03\x01\x29\x8D", 76_173_u64, true);
    check(b"\x85", 5_u64, false); // a size as Short-integer, from a real server
}

#[test]
fn counted() {
    let by = Counted {
        count: 1,
        value: Address::ascii(b"+447700900001/TYPE=PLMN"),
    };
    check(b"\x19\x81+447700900001/TYPE=PLMN\0", by, true);
    check(
        b"\x06\x82\x04\x69\xD5\xC2\xA3",
        Counted {
            count: 2,
            value: 0x69D5_C2A3_u64,
        },
        true,
    );
    refuse::<Counted<u64>>(b"\x01\x81");
}
