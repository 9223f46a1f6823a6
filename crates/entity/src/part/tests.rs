//! Tests of the walk: where parts begin and end.

use super::*;
use crate::header::text;

/// The bodies of the parts of a multipart with the boundary `b`.
fn bodies(body: &str) -> Result<Vec<String>, ErrorKind> {
    let mail = format!("Content-Type: multipart/mixed; boundary=b\r\n\r\n{body}");
    let entity = Entity::read(mail.as_bytes()).unwrap();
    let media = entity.content_type().unwrap();
    let parts = entity.parts(&media).map_err(|error| error.kind)?;
    parts
        .map(|part| {
            part.map(|part| text(part.body).into_owned())
                .map_err(|error| error.kind)
        })
        .collect()
}

fn check(body: &str, expected: &[&str]) {
    let expected: Vec<String> = expected.iter().map(|&body| body.to_owned()).collect();
    assert_eq!(bodies(body), Ok(expected), "{body:?}");
}

#[test]
fn a_delimiter_is_a_whole_line() {
    check("--b\r\n\r\none\r\n--b\r\n\r\ntwo\r\n--b--\r\n", &["one", "two"]);
    check("--b\n\none\n--b\n\ntwo\n--b--", &["one", "two"]);
    check(
        "preamble\r\n--b\r\n\r\none\r\n--b--\r\nepilogue\r\n--b\r\n\r\nno\r\n",
        &["one"],
    );
    check("--b  \t\r\n\r\none\r\n--b-- \r\n", &["one"]);
    // Longer boundaries, boundaries within a line, and hyphens end nothing.
    check(
        "--b\r\n\r\none\r\n--bb\r\nx--b\r\n--\r\n--b-\r\n\r\n--b--\r\n",
        &["one\r\n--bb\r\nx--b\r\n--\r\n--b-\r\n"],
    );
    // The line end before a delimiter is the delimiter's; the one before that is the part's.
    check("--b\r\n\r\none\r\n\r\n--b--\r\n", &["one\r\n"]);
    check("--b\r\n\r\n\r\n--b--\r\n", &[""]);
}

#[test]
fn parts_may_be_empty_or_cut_off() {
    check("--b\r\n--b\r\n\r\n--b--\r\n", &["", ""]);
    check("--b--\r\n", &[]);
    check("--b\r\nA: c\r\n\r\none\r\n", &["one\r\n"]);
    check("--b\r\n\r\none\r\n--b", &["one", ""]);
    check("--b", &[""]);
    assert_eq!(bodies("--c\r\n"), Err(ErrorKind::NoParts));
    assert_eq!(bodies(""), Err(ErrorKind::NoParts));
}

#[test]
fn the_limits_of_parts_and_depth_hold() {
    let many = format!("{}--b--\r\n", "--b\r\n\r\n".repeat(PARTS_MAX));
    assert_eq!(bodies(&many).map(|bodies| bodies.len()), Ok(PARTS_MAX));
    assert_eq!(
        bodies(&format!("--b\r\n\r\n\r\n{many}")),
        Err(ErrorKind::PartsTooMany)
    );

    let mut mail = "innermost".to_owned();
    for level in 0..=DEPTH_MAX {
        mail = format!(
            "Content-Type: multipart/mixed; boundary=b{level}\r\n\r\n--b{level}\r\n{mail}\r\n--b{level}--"
        );
    }
    let mut entity = Entity::read(mail.as_bytes()).unwrap();
    for _ in 0..DEPTH_MAX {
        let media = entity.content_type().unwrap();
        entity = entity.parts(&media).unwrap().next().unwrap().unwrap();
    }
    let error = entity.parts(&entity.content_type().unwrap()).unwrap_err();
    assert_eq!(error.kind, ErrorKind::Depth);
    assert_eq!(error.offset as usize, entity.body_offset);
}

#[test]
fn a_multipart_needs_a_boundary() {
    let entity = Entity::read(b"Content-Type: multipart/mixed\r\n\r\n--\r\n").unwrap();
    let media = entity.content_type().unwrap();
    assert_eq!(entity.parts(&media).unwrap_err().kind, ErrorKind::Boundary);
}

#[test]
fn a_part_knows_its_names() {
    let part =
        Entity::read(b"Content-ID: <a@b>\r\nContent-Location: =?utf-8?Q?=C3=BC.jpg?=\r\n\r\n").unwrap();
    assert_eq!(part.content_id().as_deref(), Some(b"<a@b>".as_slice()));
    assert_eq!(part.content_location().as_deref(), Some("ü.jpg"));
    assert_eq!(part.transfer(), Transfer::Identity);
}
