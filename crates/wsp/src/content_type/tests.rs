//! Vectors of content types: forms of WSP §8.4.2.24, and what phones really send.

use super::{ContentType, Media};
use crate::error::ErrorKind;
use crate::parameter::{CHARSET, NAME, Parameter, ParameterName, ParameterValue, START, TYPE};
use crate::{charset, media_type, write};

fn read(raw: &[u8]) -> ContentType<'_> {
    ContentType::from_raw(raw).expect("a content type")
}

#[test]
fn one_octet() {
    let mixed = read(b"\xA3");
    assert_eq!(mixed.media, Media::Code(media_type::MULTIPART_MIXED));
    assert!(mixed.is("application/vnd.wap.multipart.mixed") && mixed.is_multipart());
    assert_eq!(mixed.parameters().count(), 0);
}

#[test]
fn a_text_alone() {
    let smil = read(b"application/smil\0after");
    assert!(smil.is("Application/SMIL") && !smil.is_multipart());
    assert_eq!(smil.raw, b"application/smil\0");
    assert_eq!(read(b"\0").media.name(), b"*/*");
}

#[test]
fn related_with_start_and_type() {
    // 1B length; B3 related; 8A start; 89 type, in words
    let related = read(b"\x1B\xB3\x8A<smil>\0\x89application/smil\0");
    assert_eq!(related.start(), Some(b"<smil>".as_slice()));
    assert_eq!(related.root_type(), Some(Media::Text(b"application/smil")));
    assert!(related.is_multipart());
    // the same with a code for the type, and the start of WSP 1.4 in quotes
    let related = read(b"\x07\xB3\x89\x83\x99\"a\0");
    assert_eq!(related.root_type(), Some(Media::Code(media_type::TEXT_PLAIN)));
    assert_eq!(related.start(), Some(b"a".as_slice()));
}

#[test]
fn part_with_name_and_charset() {
    // 1D length; text; 85 name; 81 charset EA
    let smil = read(b"\x1Dapplication/smil\0\x85smil.xml\0\x81\xEA");
    assert_eq!(smil.name(), Some(b"smil.xml".as_slice()));
    assert_eq!(smil.charset(), Some(charset::UTF_8));
}

#[test]
fn charset_in_words() {
    // An Openwave client: text/plain with an untyped parameter
    let plain = read(b"\x1Etext/plain\0charset\0iso-8859-1\0");
    assert_eq!(plain.charset(), Some(4));
}

#[test]
fn unreadable_parameters_end_the_list() {
    let broken = read(b"\x06\x83\x81\xEA\x85ab"); // name without terminator
    assert_eq!(broken.charset(), Some(106));
    assert_eq!(broken.name(), None);
    assert_eq!(broken.parameters().count(), 1);
}

#[test]
fn refusals() {
    for (raw, kind) in [
        (b"".as_slice(), ErrorKind::Truncated),
        (b"\x05\x83", ErrorKind::Truncated),
        (b"text/plain", ErrorKind::Truncated),
        (b"\x04\x03\x01\x00\x00", ErrorKind::Integer), // code of 17 bits
    ] {
        assert_eq!(
            ContentType::from_raw(raw).map_err(|error| error.kind),
            Err(kind),
            "{raw:02x?}"
        );
    }
}

#[test]
fn writing_gives_the_forms_that_clients_read() {
    let mut out = Vec::new();
    let text = |token, text| Parameter {
        name: ParameterName::Token(token),
        value: ParameterValue::Text(text),
    };
    write::content_type(
        &mut out,
        Media::Code(media_type::MULTIPART_RELATED),
        &[text(START, b"<smil>"), text(TYPE, b"application/smil")],
    );
    assert_eq!(out, b"\x1B\xB3\x8A<smil>\0\x89application/smil\0");
    out.clear();
    let utf8 = Parameter {
        name: ParameterName::Token(CHARSET),
        value: ParameterValue::Integer(106),
    };
    write::content_type(&mut out, Media::Code(3), &[utf8, text(NAME, b"a.txt")]);
    assert_eq!(out, b"\x0A\x83\x81\xEA\x85a.txt\0");
    out.clear();
    write::content_type(&mut out, Media::Code(3), &[]);
    write::content_type(&mut out, Media::Text(b"image/heic"), &[]);
    assert_eq!(out, b"\x83image/heic\0");
}

#[test]
fn tables_are_sorted_and_names_are_found() {
    assert!(media_type::MEDIA_TYPES.is_sorted_by_key(|row| row.0));
    assert!(charset::CHARSETS.is_sorted_by_key(|row| row.0));
    for &(code, name) in media_type::MEDIA_TYPES {
        assert_eq!(media_type::name(code), Some(name));
        assert_eq!(media_type::by_name(name.to_uppercase().as_bytes()), Some(code));
    }
    assert_eq!(media_type::name(0x59), None);
    assert_eq!(charset::by_name(b"UTF-8"), Some(106));
    assert_eq!(charset::name(105), None);
}
