//! Tests of media types, as mails of real MMSCs have them.

use super::*;
use crate::header::Headers;

fn parse(value: &str) -> Result<ContentType<'static>, ErrorKind> {
    let head = format!("Content-Type: {value}\r\n").leak();
    let header = Headers::read(head.as_bytes(), 0).unwrap().0.next().unwrap();
    ContentType::read(&header, 0).map_err(|error| error.kind)
}

#[test]
fn types_and_parameters_are_read() {
    let related =
        parse("multipart/related;Type=\"application/smil\";Start=0.smil; \r\n\tboundary=\"----=_P a\"")
            .unwrap();
    assert!(related.is("multipart", "related") && related.is_multipart());
    assert_eq!(related.parameter("type"), Some("application/smil"));
    assert_eq!(related.parameter("start"), Some("0.smil"));
    assert_eq!(related.boundary(), Some("----=_P a"));
    for (value, name) in [
        ("text/plain; name*=utf-8''%c3%bc.txt", "ü.txt"),
        ("text/plain; name=\"=?utf-8?B?w7xi?=\"", "üb"),
        ("image/jpeg; name*0=\"foo\"; name*1=\"bar\"", "foobar"),
        ("image/jpeg; name=\"a b\\\"c.jpg\"", "a b\"c.jpg"),
        ("image/jpeg; name=a b c.jpg; x=y", "a b c.jpg"),
    ] {
        assert_eq!(parse(value).unwrap().parameter("name"), Some(name), "{value}");
    }
}

#[test]
fn octets_that_are_no_utf_8_are_a_name_too() {
    let (headers, _) = Headers::read(b"Content-Type: image/jpeg; name=\"\xFC.jpg\"", 0).unwrap();
    let parsed = ContentType::read(&headers.first("content-type").unwrap(), 0).unwrap();
    assert_eq!(parsed.parameter("name"), Some("ü.jpg"));
}

#[test]
fn what_cannot_be_read_is_plain_text() {
    assert_eq!(parse("").unwrap(), ContentType::text_plain());
    assert_eq!(parse(";").unwrap(), ContentType::text_plain());
    assert_eq!(parse("text").unwrap().name(), "text/");
}

#[test]
fn boundaries_and_lengths_are_limited() {
    assert_eq!(parse("multipart/mixed").unwrap().boundary(), None);
    let boundary =
        |octets: usize| parse(&format!("multipart/mixed; boundary={}", "b".repeat(octets))).unwrap();
    assert!(boundary(BOUNDARY_OCTETS_MAX).boundary().is_some());
    assert!(boundary(BOUNDARY_OCTETS_MAX + 1).boundary().is_none());
    assert_eq!(
        parse(&"a".repeat(MEDIA_OCTETS_MAX)),
        Err(ErrorKind::HeaderTooLong)
    );
    assert_eq!(
        parse(&"=? ".repeat(MEDIA_WORDS_MAX + 1)),
        Err(ErrorKind::WordsTooMany)
    );
    assert!(parse(&"=? ".repeat(MEDIA_WORDS_MAX)).is_ok());
}
