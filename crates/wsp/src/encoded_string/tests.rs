//! Tests of the trimming of texts inside a Value-length.

use super::EncodedString;

fn check(charset: Option<u32>, value: &[u8], text: &[u8]) {
    assert_eq!(
        EncodedString::from_value(charset, value),
        EncodedString { charset, text },
        "{value:02x?}"
    );
}

#[test]
fn single_octets_end_at_the_first_zero() {
    check(Some(106), b"Hi\0", b"Hi");
    check(Some(106), b"Hi", b"Hi"); // terminator forgotten
    check(Some(106), b"Hi\0junk", b"Hi");
    check(Some(106), b"\x7F\xC3\xA9\0", b"\xC3\xA9"); // Quote before a high first octet
    check(None, b"\0\0", b"");
    check(Some(106), b"", b"");
}

#[test]
fn wide_units_keep_letters_that_end_in_zero() {
    check(Some(1000), b"\0A\x01\0\0\0", b"\0A\x01\0"); // U+0100 is 01 00; two octets of terminator
    check(Some(1014), b"A\0\0", b"A\0"); // UTF-16LE, one octet of terminator
    check(Some(1014), b"A\0\0\0", b"A\0");
    check(Some(1013), b"\0A", b"\0A"); // none
    check(Some(1013), b"\0A\x05", b"\0A"); // half a unit
    check(Some(1017), b"\0\0\0A\0\0\0\0", b"\0\0\0A");
}
