//! Entry points for fuzzers: hostile bytes in, nothing out.
//!
//! Called by a runner with seeded bytes. Invariants asserted: no panic, every view lies inside the input, the work
//! is bounded by the input, and what is re-written from the views reads back the same.

use crate::multipart::{Multipart, Part};
use crate::part_header::PartHeader;
use crate::{ContentType, write};

/// Walks a multipart body with all its headers, parameters and nested parts, writes it again and reads it back.
pub fn multipart(bytes: &[u8]) {
    let Ok(parts) = Multipart::read(bytes) else { return };
    let mut octets = 0_usize;
    for part in parts.map_while(Result::ok) {
        octets = octets.saturating_add(walk(&part));
        rewrite(&part);
    }
    assert!(
        octets <= bytes.len().saturating_mul(4),
        "more octets in views than in the input, per depth"
    );
}

fn walk(part: &Part<'_>) -> usize {
    content_type(part.content_type);
    for header in part.headers {
        if let PartHeader::Coded { value, .. } = header {
            assert!(!value.is_empty(), "a coded header has a value");
        }
    }
    let _ = (
        part.name(),
        part.content_id(),
        part.content_location(),
        part.headers.transfer_encoding(),
    );
    let mut octets = part.data.len();
    if let Ok(inner) = part.multipart() {
        for part in inner.map_while(Result::ok) {
            octets = octets.saturating_add(walk(&part));
        }
    }
    octets
}

fn content_type(value: ContentType<'_>) {
    let _ = (
        value.charset(),
        value.start(),
        value.root_type(),
        value.name(),
        value.is_multipart(),
    );
    let parameters: Vec<_> = value.parameters().collect();
    let mut out = Vec::new();
    write::content_type(&mut out, value.media, &parameters);
    let again = ContentType::from_raw(&out);
    assert_eq!(again.map(|again| again.media), Ok(value.media), "media survives");
    assert!(
        again.is_ok_and(|again| again.parameters().eq(parameters)),
        "parameters survive"
    );
}

fn rewrite(part: &Part<'_>) {
    let mut out = Vec::new();
    write::multipart_head(&mut out, 1);
    write::part(&mut out, part.content_type.raw, part.headers.raw(), part.data);
    let again = Multipart::read(&out)
        .ok()
        .and_then(|mut parts| parts.next())
        .and_then(Result::ok);
    let same = again.is_some_and(|again| {
        again.content_type == part.content_type
            && again.headers.raw() == part.headers.raw()
            && again.data == part.data
    });
    assert!(same, "a part survives re-writing");
}
