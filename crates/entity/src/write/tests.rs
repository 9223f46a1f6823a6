//! Tests of the writer of heads: folding, and what must not get out.

use super::*;
use crate::header::Headers;

fn put(name: &str, value: &str) -> String {
    let mut out = Vec::new();
    HeadWriter::new(&mut out).put(name, value.as_bytes());
    String::from_utf8(out).unwrap()
}

#[test]
fn values_are_written_as_they_are_where_they_can_be() {
    assert_eq!(
        put("X-Mms-Message-ID", "\"a@b\""),
        "X-Mms-Message-ID: \"a@b\"\r\n"
    );
    assert_eq!(put("A", "  b  "), "A: b\r\n");
    assert_eq!(put("A", ""), "A: \r\n");
    assert_eq!(put("", "b"), "");
    assert_eq!(put("A:b\r\n", "c"), "", "a name that is none");
}

#[test]
fn nothing_ends_a_field() {
    assert_eq!(put("A", "b\r\nBcc: c\r\n\r\nbody\0"), "A: b  Bcc: c    body\r\n");
    let mut out = Vec::new();
    HeadWriter::new(&mut out).text("Subject", "ü\r\nBcc: c");
    let head = String::from_utf8(out).unwrap();
    assert_eq!(head.matches("\r\n").count(), 1, "{head}");
    let mut out = Vec::new();
    HeadWriter::new(&mut out).media(
        "Content-Type",
        "text/plain\r\nA: b",
        &[("name", "a\r\nB: c\"\\"), ("x\r\n", "y")],
    );
    let written = "Content-Type: text/plain--A--b; name*=utf-8''a%0D%0AB%3A%20c%22%5C\r\n";
    assert_eq!(String::from_utf8(out).unwrap(), written);
}

#[test]
fn lines_are_folded_at_white_space() {
    let list = vec!["+447700900001/TYPE=PLMN"; 20].join(", ");
    let head = put("To", &list);
    assert!(
        head.lines().all(|line| line.len() <= LINE_OCTETS_WRITTEN),
        "{head}"
    );
    let (headers, _) = Headers::read(head.as_bytes(), 0).unwrap();
    assert_eq!(
        headers.first("to").unwrap().text(),
        list,
        "unfolded it is the same"
    );
}

#[test]
fn no_line_is_too_long() {
    for value in [
        "x".repeat(5_000),
        format!("{} {}", "x".repeat(980), "y".repeat(980)),
        format!("a{}b", " ".repeat(3_000)),
    ] {
        let head = put("X-Long", &value);
        assert!(head.lines().all(|line| line.len() <= LINE_OCTETS_MAX), "{head}");
        assert!(
            head.lines().all(|line| !line.trim().is_empty()),
            "no line of white space alone"
        );
        assert_eq!(Headers::read(head.as_bytes(), 0).unwrap().0.count(), 1);
    }
    let id = format!("\"{}\"", "x".repeat(600));
    assert_eq!(
        put("X-Mms-Message-ID", &id),
        format!("X-Mms-Message-ID: {id}\r\n"),
        "an id is not broken"
    );
}

#[test]
fn parameters_are_quoted_encoded_and_continued() {
    let media = |value: &str| {
        let mut out = Vec::new();
        HeadWriter::new(&mut out).media("Content-Type", "image/jpeg", &[("name", value)]);
        String::from_utf8(out).unwrap()
    };
    assert_eq!(media("a.jpg"), "Content-Type: image/jpeg; name=a.jpg\r\n");
    assert_eq!(
        media("a \"b\""),
        "Content-Type: image/jpeg; name=\"a \\\"b\\\"\"\r\n"
    );
    assert_eq!(media(""), "Content-Type: image/jpeg; name=\"\"\r\n");
    assert_eq!(media("ü"), "Content-Type: image/jpeg; name*=utf-8''%C3%BC\r\n");
    for long in ["x".repeat(900), "ü y".repeat(100)] {
        let head = media(&long);
        assert!(
            head.lines().all(|line| line.len() <= LINE_OCTETS_WRITTEN),
            "{head}"
        );
        let (headers, _) = Headers::read(head.as_bytes(), 0).unwrap();
        let read = crate::ContentType::read(&headers.first("content-type").unwrap(), 0).unwrap();
        assert_eq!(read.parameter("name"), Some(long.as_str()));
    }
}
