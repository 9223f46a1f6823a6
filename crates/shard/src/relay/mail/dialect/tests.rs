//! Texts of phones, in the character sets that they use.

use super::text;
use mms::EncodedString;

fn check(charset: Option<u32>, octets: &[u8], expected: &str) {
    let encoded = EncodedString {
        charset,
        text: octets,
    };
    assert_eq!(text(encoded), expected, "{charset:?} {octets:x?}");
}

#[test]
fn texts_are_decoded() {
    check(None, b"Hello", "Hello");
    check(None, "Grüße".as_bytes(), "Grüße");
    check(Some(106), "Привет".as_bytes(), "Привет");
    check(Some(3), b"Hello", "Hello");
    check(Some(4), b"Gr\xfc\xdfe", "Grüße");
    check(Some(1_000), &[0x04, 0x1f, 0x04, 0x40], "Пр");
    check(Some(1_015), &[0xff, 0xfe, 0x1f, 0x04], "П");
    check(Some(1_015), &[0xfe, 0xff, 0x04, 0x1f], "П");
    check(Some(1_014), &[0x1f, 0x04], "П");
    check(Some(1_013), &[0xd8, 0x3d, 0xde, 0x00], "😀");
}

#[test]
fn what_is_broken_is_replaced() {
    check(Some(106), b"a\xff", "a\u{fffd}");
    check(Some(1_013), &[0xd8, 0x3d], "\u{fffd}");
}
