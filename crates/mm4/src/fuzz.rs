//! Entry points for fuzzers: hostile bytes in, nothing out.
//!
//! Called by a runner with seeded bytes. Invariants asserted: no panic; a message that was read and written in any
//! dialect reads back as the same message; a refusal's response can be read; writing never forges a header.

use entity::{Carriage, Entity};

use crate::bounce::Bounce;
use crate::dialect::{Dialect, IdStyle, Orientation, TypeSuffix};
use crate::message::Message;
use crate::text;
use crate::version::Version;

/// Reads a mail, writes it again in several dialects, and reads what was written.
pub fn mail(bytes: &[u8]) {
    let _ = text::dump_string(bytes);
    let _ = Bounce::read(bytes);
    match Message::read(bytes) {
        Ok(message) => {
            for dialect in dialects() {
                rewrite(&message, &dialect);
            }
        }
        Err(refusal) => {
            if let Some(response) = refusal.response() {
                let mut out = Vec::new();
                response.write(&Dialect::default(), &mut out);
                let again = Message::read(&out);
                assert!(
                    matches!(again, Ok(Message::Response(_)) | Err(_)),
                    "a response or an unknown one"
                );
            }
        }
    }
}

fn dialects() -> [Dialect<'static>; 3] {
    let plain = Dialect::default();
    [
        plain,
        Dialect {
            ids: IdStyle::Bare,
            type_suffix: TypeSuffix::None,
            domain_from: Some("mms.a.example"),
            domain_to: Some("mms.b.example"),
            carriage: Carriage::EightBit,
            version: Version {
                major: 5,
                minor: 3,
                technical: 0,
            },
            ..plain
        },
        Dialect {
            ids: IdStyle::Angle,
            reports: Orientation::Reversed,
            carriage: Carriage::Binary,
            ..plain
        },
    ]
}

fn rewrite(message: &Message<'_>, dialect: &Dialect<'_>) {
    let mut first = Vec::new();
    if message.write(dialect, &mut first).is_err() {
        return;
    }
    let head = Entity::read(&first).map_or(0, |entity| entity.headers.bytes().len());
    let mut lines = first
        .get(..head)
        .unwrap_or_default()
        .split(|&octet| octet == b'\n');
    assert!(
        lines.all(|line| line.len() <= 999 && line.is_ascii()),
        "lines of a head are short and ASCII"
    );
    // An id that no header can hold, and a head that is beyond a limit once it is folded, do not come back.
    if !is_plain(message) || head > entity::limits::HEADER_OCTETS_MAX {
        return;
    }
    let again = Message::read(&first);
    assert!(
        again.is_ok(),
        "what was written reads back: {:?}",
        again.err().map(|refusal| refusal.error)
    );
    if let Ok(again) = again {
        assert!(ids(message) == ids(&again), "ids survive");
    }
}

/// Whether all ids can be written as they are.
fn is_plain(message: &Message<'_>) -> bool {
    let transaction = match message {
        Message::ForwardReq(request) => &request.transaction,
        Message::DeliveryReportReq(request) => &request.transaction,
        Message::ReadReplyReportReq(request) => &request.transaction,
        Message::Response(response) => &response.transaction,
    };
    let is_plain = |id: &[u8]| id.len() <= 500 && id.iter().all(u8::is_ascii_graphic);
    is_plain(transaction.id.raw()) && ids(message).1.is_none_or(is_plain)
}

/// What identifies a message.
fn ids<'m>(message: &'m Message<'_>) -> (&'static str, Option<&'m [u8]>) {
    match message {
        Message::ForwardReq(request) => ("forward", Some(request.message_id.bare())),
        Message::DeliveryReportReq(request) => (request.status.name(), Some(request.message_id.bare())),
        Message::ReadReplyReportReq(request) => (request.status.name(), Some(request.message_id.bare())),
        Message::Response(response) => (
            response.status.name(),
            response.message_id.as_ref().map(|id| id.bare()),
        ),
    }
}
