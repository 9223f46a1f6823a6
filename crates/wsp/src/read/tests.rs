//! Vectors of WSP primitives, after the grammar of WAP-230-WSP §8.4.

use super::{HighOctet, Reader, zero_position};
use crate::error::{Error, ErrorKind};
use crate::{EncodedString, Version};

fn check<'a, T: PartialEq + std::fmt::Debug>(
    bytes: &'a [u8],
    read: impl Fn(&mut Reader<'a>) -> Result<T, Error>,
    expected: T,
    left: usize,
) {
    let mut reader = Reader::new(bytes);
    assert_eq!(read(&mut reader), Ok(expected), "{bytes:02x?}");
    assert_eq!(reader.rest().len(), left, "octets left of {bytes:02x?}");
    assert_eq!(reader.offset(), bytes.len() - left);
}

fn refuse<'a, T: PartialEq + std::fmt::Debug>(
    bytes: &'a [u8],
    read: impl Fn(&mut Reader<'a>) -> Result<T, Error>,
    kind: ErrorKind,
    offset: u32,
) {
    assert_eq!(
        read(&mut Reader::new(bytes)),
        Err(Error { kind, offset }),
        "{bytes:02x?}"
    );
}

#[test]
fn integers() {
    check(b"\x80", Reader::short_integer, 0, 0);
    check(b"\xFF\x01", Reader::short_integer, 127, 1);
    refuse(b"\x7F", Reader::short_integer, ErrorKind::Integer, 0);
    check(b"\x04\x69\xD5\xC2\xA3", Reader::long_integer, 0x69D5_C2A3, 0);
    check(
        b"\x09\x00\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF",
        Reader::long_integer,
        u64::MAX,
        0,
    ); // leading zero
    refuse(
        b"\x09\x01\x00\x00\x00\x00\x00\x00\x00\x00",
        Reader::long_integer,
        ErrorKind::Integer,
        0,
    );
    refuse(b"\x00", Reader::long_integer, ErrorKind::Integer, 0);
    refuse(b"\x1F\x01", Reader::long_integer, ErrorKind::Integer, 0);
    refuse(b"\x04\x01", Reader::long_integer, ErrorKind::Truncated, 1);
    check(b"\xEA", Reader::integer, 106, 0); // UTF-8 as a Short-integer
    check(b"\x02\x03\xE8", Reader::integer, 1000, 0); // UCS-2 as a Long-integer
}

#[test]
fn uintvars() {
    check(b"\x00", Reader::uintvar, 0, 0);
    check(b"\x7F", Reader::uintvar, 127, 0);
    check(b"\x82\x00", Reader::uintvar, 256, 0);
    check(b"\x8F\xFF\xFF\xFF\x7F", Reader::uintvar, u32::MAX, 0);
    check(b"\x80\x80\x80\x80\x01", Reader::uintvar, 1, 0); // padded, but five octets
    refuse(b"\x90\x80\x80\x80\x00", Reader::uintvar, ErrorKind::Uintvar, 0); // 33 bits
    refuse(
        b"\x80\x80\x80\x80\x80\x01",
        Reader::uintvar,
        ErrorKind::Uintvar,
        0,
    ); // six octets
    refuse(b"\x80", Reader::uintvar, ErrorKind::Truncated, 1);
}

#[test]
fn value_lengths() {
    check(b"\x1E", Reader::value_length, 30, 0);
    check(b"\x1F\x1F", Reader::value_length, 31, 0);
    check(b"\x1F\x82\x00", Reader::value_length, 256, 0);
    refuse(b"\x20", Reader::value_length, ErrorKind::ValueLength, 0);
    refuse(
        b"\x05ab",
        |reader| reader.value().map(|_| ()),
        ErrorKind::Truncated,
        1,
    );
}

#[test]
fn texts() {
    check(b"T1\0x", Reader::text_string, b"T1".as_slice(), 1);
    check(b"\x7F\xC3\xA9\0", Reader::text_string, b"\xC3\xA9".as_slice(), 0);
    check(b"\0", Reader::text_string, b"".as_slice(), 0);
    check(b"\"<a@b>\0", Reader::quoted_string, b"<a@b>".as_slice(), 0);
    check(b"\"a\"\0", Reader::quoted_string, b"a".as_slice(), 0); // a closing quote, against the grammar
    check(b"a\0", Reader::quoted_string, b"a".as_slice(), 0);
    refuse(b"no end", Reader::text_string, ErrorKind::Truncated, 0);
}

#[test]
fn encoded_strings() {
    let utf8 = |text| EncodedString {
        charset: Some(106),
        text,
    };
    check(
        b"plain\0",
        Reader::encoded_string,
        EncodedString::ascii(b"plain"),
        0,
    );
    check(b"\x05\xEAabc\0", Reader::encoded_string, utf8(b"abc"), 0);
    check(b"\x02\xEA\0!", Reader::encoded_string, utf8(b""), 1); // empty subject with a character set
    check(b"\0", Reader::encoded_string, EncodedString::ascii(b""), 0);
    check(
        b"\x07\x02\x03\xE8\x04\x1F\0\0",
        Reader::encoded_string,
        EncodedString {
            charset: Some(1000),
            text: b"\x04\x1F",
        },
        0,
    );
    check(
        b"\x04abc\0",
        Reader::encoded_string,
        EncodedString::ascii(b"abc"),
        0,
    ); // no character set in the value
    refuse(b"\x02\x00a", Reader::encoded_string, ErrorKind::Integer, 1);
}

#[test]
fn versions() {
    check(b"\x92", Reader::version, Version::V1_2, 0);
    refuse(b"\x12", Reader::version, ErrorKind::Form, 0);
    refuse(b"\x82", Reader::version, ErrorKind::Form, 0); // major 0
    assert_eq!(
        Version::from_octet(0x9F)
            .map(|version| version.to_string())
            .as_deref(),
        Some("1")
    );
    assert!(Version::V1_0 < Version::V1_3);
}

#[test]
fn skipping() {
    let value = |reader: &mut Reader<'static>| reader.raw_value(HighOctet::Value);
    let text = |reader: &mut Reader<'static>| reader.raw_value(HighOctet::Text);
    check(b"\x02ab!", value, b"\x02ab".as_slice(), 1);
    check(b"\x1F\x03abc!", value, b"\x1F\x03abc".as_slice(), 1);
    check(b"ab\0!", value, b"ab\0".as_slice(), 1);
    check(b"\x81!", value, b"\x81".as_slice(), 1);
    check(b"\xC3\xA9\0!", text, b"\xC3\xA9\0".as_slice(), 1); // Quote forgotten
    refuse(b"", value, ErrorKind::Truncated, 0);
    refuse(b"\x05ab", value, ErrorKind::Truncated, 0);
    refuse(b"\x1F\xFF\xFF\xFF\xFF\x7F", value, ErrorKind::Uintvar, 1);
    refuse(b"\x1F\x8F\xFF\xFF\xFF\x7F", value, ErrorKind::Truncated, 6);
}

#[test]
fn offsets_count_from_the_outermost_input() {
    let mut reader = Reader::at(b"\x01\x80", 40);
    let value = reader.value().expect("one octet");
    assert_eq!((value.offset(), reader.offset()), (41, 42));
    assert_eq!(
        reader.octet(),
        Err(Error {
            kind: ErrorKind::Truncated,
            offset: 42
        })
    );
}

#[test]
fn the_zero_is_found_at_every_position() {
    for length in 0..40 {
        for position in 0..length {
            let mut bytes = vec![0x80_u8; length];
            bytes[position] = 0;
            if position + 1 < length {
                bytes[position + 1] = 1; // where a borrow would show
            }
            assert_eq!(zero_position(&bytes), Some(position), "{length}");
        }
        assert_eq!(zero_position(&vec![1_u8; length]), None);
    }
}
