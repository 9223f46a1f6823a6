//! Entry points for fuzzers: hostile bytes in, nothing out.
//!
//! Called by a runner with seeded bytes. Invariants asserted: no panic; a mail that converts gives a binary multipart
//! that `wsp` reads; that one converts back, and forth again, to the same parts, byte for byte.

use wsp::{ContentType, Multipart};

use crate::mime::{self, Carriage};
use crate::part::Entity;
use crate::{canonical, mailbox, word};

/// Reads a mail, converts it, and there and back again over each kind of way.
pub fn mail(bytes: &[u8]) {
    let Ok(entity) = Entity::read(bytes) else { return };
    for header in entity.headers {
        let text = header.decoded();
        let _ = (mailbox::list(&text), crate::date::read(&text));
    }
    let (mut content_type, mut body) = (Vec::new(), Vec::new());
    if canonical::write(&entity, &mut content_type, &mut body).is_ok() {
        there_and_back(&content_type, &body);
    }
}

/// Reads a content type and a body as a PDU carries them, converts them to MIME and back.
pub fn content(bytes: &[u8]) {
    let mut reader = wsp::Reader::new(bytes);
    if let Ok(content_type) = ContentType::read(&mut reader) {
        there_and_back(content_type.raw, reader.rest());
    }
}

/// Decodes encoded words and encodes what came out.
pub fn words(bytes: &[u8]) {
    let text = word::decode(crate::header::text(bytes)).into_owned();
    let again = word::decode(word::encode(&text).into());
    assert_eq!(again, text, "a text survives its encoding");
}

fn there_and_back(content_type: &[u8], body: &[u8]) {
    let Ok(first) = ContentType::from_raw(content_type) else {
        return;
    };
    for carriage in [Carriage::SevenBit, Carriage::EightBit, Carriage::Binary] {
        let mut mail = Vec::new();
        if mime::write(&first, body, carriage, &mut mail).is_err() {
            return;
        }
        let lines = carriage != Carriage::Binary;
        assert!(!lines || is_transparent(&mail), "lines within their limit");
        let Ok(entity) = Entity::read(&mail) else { return };
        let (mut again_type, mut again_body) = (Vec::new(), Vec::new());
        // A head of many long names may be beyond a limit of reading.
        if canonical::write(&entity, &mut again_type, &mut again_body).is_err() {
            return;
        }
        let again = ContentType::from_raw(&again_type);
        assert!(
            again.is_ok_and(|again| same(&first, body, &again, &again_body)),
            "parts survive"
        );
    }
}

fn is_transparent(mail: &[u8]) -> bool {
    mail.split(|&octet| octet == b'\n')
        .all(|line| line.len() <= crate::limits::LINE_OCTETS_MAX.saturating_add(1) && !line.contains(&0))
}

fn same(first: &ContentType<'_>, body: &[u8], again: &ContentType<'_>, again_body: &[u8]) -> bool {
    match (first.is_multipart(), again.is_multipart()) {
        (false, false) => body == again_body,
        (true, true) => parts(body) == parts(again_body),
        _ => false,
    }
}

/// The data of the parts that are no multiparts, in order.
fn parts(body: &[u8]) -> Vec<&[u8]> {
    fn walk<'a>(parts: Multipart<'a>, data: &mut Vec<&'a [u8]>) {
        for part in parts.map_while(Result::ok) {
            let inner = part.content_type.is_multipart().then(|| part.multipart());
            match inner {
                Some(Ok(inner)) if inner.clone().all(|part| part.is_ok()) => walk(inner, data),
                _ => data.push(part.data),
            }
        }
    }
    let mut data = Vec::new();
    if let Ok(multipart) = Multipart::read(body) {
        walk(multipart, &mut data);
    }
    data
}
