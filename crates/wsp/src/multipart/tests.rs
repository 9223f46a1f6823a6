//! Vectors of part tables (WSP §8.5), honest and lying.

use super::{DEPTH_MAX, Multipart};
use crate::error::ErrorKind;
use crate::part_header::{PartHeader, without_brackets};
use crate::write;

/// nEntries 2; a SMIL part with name, Content-ID and Content-Location; a text part.
const TWO: &[u8] = b"\x02\
    \x2E\x04\x1Dapplication/smil\0\x85smil.xml\0\x81\xEA\xC0\"<s>\0\x8Esmil.xml\0<a/>\
    \x01\x02\x83Hi";

fn errors(body: &[u8]) -> Vec<ErrorKind> {
    Multipart::read(body)
        .expect("a count")
        .filter_map(Result::err)
        .map(|error| error.kind)
        .collect()
}

#[test]
fn parts_and_their_headers() {
    let parts: Vec<_> = Multipart::read(TWO)
        .expect("a count")
        .map(|part| part.expect("a part"))
        .collect();
    let [smil, text] = parts.as_slice() else {
        panic!("two parts")
    };
    assert_eq!(smil.data, b"<a/>");
    assert_eq!(&TWO[smil.data_offset..smil.data_offset + 4], b"<a/>");
    assert_eq!(smil.name(), Some(b"smil.xml".as_slice()));
    assert_eq!(smil.content_id(), Some(b"s".as_slice()));
    assert_eq!(smil.content_location(), Some(b"smil.xml".as_slice()));
    assert_eq!(
        (text.data, text.content_id(), text.name()),
        (b"Hi".as_slice(), None, None)
    );
}

#[test]
fn disposition_and_headers_in_words() {
    // AE disposition: length 8, attachment, filename a.jpg; then a header in words, then an unknown code
    let mut headers = b"\xAE\x08\x81\x86a.jpg\0".to_vec();
    headers.extend_from_slice(b"Content-Transfer-Encoding\0base64\0\xD0\x02xx");
    let mut body = Vec::new();
    write::multipart_head(&mut body, 1);
    write::part(&mut body, b"\x9E", &headers, b"eA==");
    let part = Multipart::read(&body)
        .expect("a count")
        .next()
        .expect("a part")
        .expect("readable");
    assert_eq!(part.name(), Some(b"a.jpg".as_slice()));
    assert_eq!(part.headers.transfer_encoding(), Some(b"base64".as_slice()));
    assert_eq!(
        part.headers.last(),
        Some(PartHeader::Coded {
            code: 0x50,
            value: b"\x02xx"
        })
    );
    assert_eq!(part.headers.raw(), headers);
}

#[test]
fn the_count_may_lie() {
    let more = [b"\x09", &TWO[1..]].concat();
    assert_eq!(
        Multipart::read(&more).expect("a count").count(),
        2,
        "the bytes end first"
    );
    let fewer = [b"\x01", &TWO[1..]].concat();
    assert_eq!(
        Multipart::read(&fewer).expect("a count").count(),
        1,
        "the count ends first"
    );
    assert_eq!(
        Multipart::read(b"\x8F\xFF\xFF\xFF\x7F").expect("a count").count(),
        0
    );
}

#[test]
fn refusals_end_the_table() {
    assert_eq!(errors(b"\x02\x00\x00\x01\x00\x83"), [ErrorKind::NoContentType]);
    assert_eq!(errors(b"\x01\x01\x05\x83Hi"), [ErrorKind::Truncated]); // data length beyond the end
    assert_eq!(errors(b"\x01\x05\x00\x83"), [ErrorKind::Truncated]); // headers length beyond the end
    assert_eq!(errors(b"\x01\x90\x80\x80\x80\x00"), [ErrorKind::Uintvar]);
    assert_eq!(errors(b"\x01\x02\x00ab"), [ErrorKind::Truncated]); // content type without an end
    assert_eq!(
        Multipart::read(b"").map_err(|error| error.kind).err(),
        Some(ErrorKind::Truncated)
    );
}

#[test]
fn nesting_is_limited() {
    let mut body = b"\x01\x01\x02\x83Hi".to_vec();
    for _ in 1..=DEPTH_MAX {
        let inner = std::mem::take(&mut body);
        write::multipart_head(&mut body, 1);
        write::part(&mut body, b"\xA6", b"", &inner);
    }
    let mut table = Multipart::read(&body).expect("a count");
    for depth in 1..=DEPTH_MAX {
        let part = table.next().expect("a part").expect("readable");
        match part.multipart() {
            Ok(inner) => table = inner,
            Err(error) => {
                assert_eq!((depth, error.kind), (DEPTH_MAX, ErrorKind::Depth));
                return;
            }
        }
    }
    panic!("no limit");
}

#[test]
fn brackets_are_optional() {
    for id in [b"<a>".as_slice(), b"a", b"<a", b"a>"] {
        assert_eq!(without_brackets(id), b"a");
    }
}
