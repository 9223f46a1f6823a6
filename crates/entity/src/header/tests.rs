//! Tests of heads: what is a header, where the body begins, and the limits.

use super::*;

fn fields(head: &str) -> Vec<(String, String)> {
    let (headers, _) = Headers::read(head.as_bytes(), 0).unwrap();
    headers
        .map(|header| (text(header.name).into_owned(), header.text().into_owned()))
        .collect()
}

#[test]
fn headers_are_found_as_relays_write_them() {
    let check = |head: &str, expected: &[(&str, &str)]| {
        let expected: Vec<_> = expected
            .iter()
            .map(|f| (f.0.to_owned(), f.1.to_owned()))
            .collect();
        assert_eq!(fields(head), expected, "{head:?}");
    };
    check("A: b\r\n\r\nbody: no\r\n", &[("A", "b")]);
    check("A: b\n\nbody: no\n", &[("A", "b")]);
    check("A:b\r\nC :d", &[("A", "b"), ("C", "d")]);
    check(
        "A: b\r\n c\r\n\td\r\nE: f\r\n\r\n",
        &[("A", "b c\td"), ("E", "f")],
    );
    check("A:\r\n \"x\"\r\n\r\n", &[("A", "\"x\"")]);
    check(
        "no header at all\r\nA: b\r\n: nameless\r\na b: c\r\n\r\n",
        &[("A", "b")],
    );
    check("", &[]);
    check("\r\nbody", &[]);
    // A line that folds nothing but white space does not end the head.
    check("A: b\r\n \r\nC: d\r\n\r\n", &[("A", "b"), ("C", "d")]);
}

#[test]
fn names_are_compared_without_case_and_octets_read_as_text() {
    let (headers, body) = Headers::read(b"X-Mms-Transaction-Id: \"t\"\r\nS: \xFCber\r\n\r\nrest", 0).unwrap();
    assert_eq!(headers.first("x-mms-TRANSACTION-ID").unwrap().text(), "\"t\"");
    assert_eq!(
        headers.first("s").unwrap().text(),
        "über",
        "ISO 8859-1 where it is not UTF-8"
    );
    assert_eq!(body, 38);
    assert!(headers.first("T").is_none());
}

#[test]
fn a_head_has_limits() {
    let kind = |head: &[u8]| Headers::read(head, 0).map_err(|error| error.kind).err();
    let many = "A: b\r\n".repeat(HEADERS_MAX);
    assert_eq!(kind(many.as_bytes()), None);
    assert_eq!(
        kind(format!("{many}A: b\r\n").as_bytes()),
        Some(ErrorKind::HeadersTooMany)
    );
    let long = format!("A: {}\r\n", "x".repeat(HEADER_OCTETS_MAX - 5));
    assert_eq!(kind(long.as_bytes()), None);
    assert_eq!(
        kind(format!("A: b\r\nB{long}").as_bytes()),
        Some(ErrorKind::HeaderTooLong)
    );
    assert_eq!(kind(long.repeat(5).as_bytes()), Some(ErrorKind::HeadTooLong));
    let error = Headers::read(format!("A: b\r\nB{long}").as_bytes(), 10).unwrap_err();
    assert_eq!(error.offset, 16, "where the header begins that is too long");
}
