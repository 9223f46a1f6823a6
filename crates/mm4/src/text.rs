//! The dump of a mail, for people who look for what is wrong with it.
//!
//! Used by the operator's tools. Invariants: it never fails, whatever the octets; it shows each header with what it was
//! taken for, each part with its type and length, and the reason of a refusal. No content.

use std::fmt::Write as _;

use entity::{ContentType, Entity, header::text};

use crate::field::Field;
use crate::message::Message;

/// The dump, one line per header and part.
#[must_use]
pub fn dump_string(mail: &[u8]) -> String {
    let mut out = String::new();
    match Message::read(mail) {
        Ok(message) => out.push_str(kind(&message)),
        Err(refusal) => out.push_str(&format!("refused: {}", refusal.error)),
    }
    out.push('\n');
    if let Ok(entity) = Entity::read(mail) {
        for header in entity.headers {
            let known = if Field::of(header.name).is_some() {
                " "
            } else {
                "?"
            };
            // A line that cannot be written to a string does not exist.
            let _ = writeln!(out, "{known} {}: {}", text(header.name), shown(&header.decoded()));
        }
        parts(&entity, 1, &mut out);
    }
    out
}

const fn kind(message: &Message<'_>) -> &'static str {
    match message {
        Message::ForwardReq(_) => "MM4_forward.REQ",
        Message::DeliveryReportReq(_) => "MM4_delivery_report.REQ",
        Message::ReadReplyReportReq(_) => "MM4_read_reply_report.REQ",
        Message::Response(_) => "MM4 response",
    }
}

/// Without what could move the cursor of a terminal.
fn shown(text: &str) -> String {
    text.chars()
        .map(|c| if c.is_control() { '·' } else { c })
        .collect()
}

fn parts(entity: &Entity<'_>, depth: usize, out: &mut String) {
    let media = entity.content_type().unwrap_or(ContentType::text_plain());
    let indent = "  ".repeat(depth);
    let (name, transfer, octets) = (shown(&media.name()), entity.transfer(), entity.body.len());
    let _ = writeln!(
        out,
        "{indent}[{name}, {transfer:?}, {octets} octets at {}]",
        entity.body_offset
    );
    if !media.is_multipart() {
        return;
    }
    match entity.parts(&media) {
        Err(error) => {
            let _ = writeln!(out, "{indent}{error}");
        }
        // The limits of entity end the recursion.
        Ok(inner) => inner
            .map_while(Result::ok)
            .for_each(|part| parts(&part, depth.saturating_add(1), out)),
    }
}

#[cfg(test)]
mod tests;
