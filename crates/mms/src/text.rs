//! A PDU in words, for people.
//!
//! Behind `pdu dump`. Invariants: every octet of the PDU is accounted for by an offset; nothing is masked, so the
//! output is for the eyes of somebody who may see the message; a corrupt PDU is shown as far as it can be followed.

use core::fmt::{self, Write};

use wsp::{EncodedString, Multipart, ParameterValue, PartHeader, Reader, charset};

use crate::address::Address;
use crate::content::Content;
use crate::field::{self, Shape};
use crate::headers::{Field, Step, step};
use crate::pdu_type::PduType;
use crate::repeated::{DeleteResult, Item};
use crate::value::{Counted, MessageClass, Originator, Time};

/// Writes one line per header field, parameter and part of `bytes`. Errors: those of `out`.
pub fn dump(bytes: &[u8], out: &mut impl Write) -> fmt::Result {
    let is_counted =
        matches!(bytes, [field::MESSAGE_TYPE, octet, ..] if *octet == PduType::DeleteConf.octet());
    let mut reader = Reader::new(bytes);
    loop {
        let at = reader.offset();
        match step(&mut reader) {
            Ok(Step::Field(field)) => {
                write!(out, "{at:>8}  ")?;
                field_line(&field, is_counted, out)?;
                writeln!(out)?;
            }
            Ok(Step::Content) => return content(bytes, reader.offset(), out),
            Ok(Step::End) if reader.is_empty() => return Ok(()),
            Ok(Step::End) => return writeln!(out, "{at:>8}  padding: {} octets", reader.rest().len()),
            Err(error) => return writeln!(out, "{at:>8}  unreadable: {error}"),
        }
    }
}

/// The same as a string.
#[must_use]
pub fn dump_string(bytes: &[u8]) -> String {
    let mut out = String::new();
    // Writing to a string does not fail.
    let _ = dump(bytes, &mut out);
    out
}

fn field_line(field: &Field<'_>, is_counted: bool, out: &mut impl Write) -> fmt::Result {
    if field.is_application() {
        let value = field.value.strip_suffix(b"\0").unwrap_or(field.value);
        return write!(out, "{}: {}", field.name.escape_ascii(), Octets(value));
    }
    match field::row(field.code) {
        None => write!(out, "field {:#04x}: {}", field.code, Hex(field.value)),
        Some(row) => {
            write!(out, "{}: ", row.name)?;
            let shown = match DeleteResult::from_field(field) {
                Some(result) if is_counted => delete_result(&result, out).map(|()| true),
                _ => value(row.shape, field, out),
            };
            match shown? {
                true => Ok(()),
                false => write!(out, "{}", Hex(field.value)),
            }
        }
    }
}

/// Writes the value in words; false, and nothing written, when it has not the form that the table says.
fn value(shape: Shape, field: &Field<'_>, out: &mut impl Write) -> Result<bool, fmt::Error> {
    match shape {
        Shape::Address | Shape::Encoded => shown(field.read(), out, encoded),
        Shape::Text => shown(field.read::<&[u8]>(), out, |text, out| {
            write!(out, "{}", Octets(text))
        }),
        Shape::Date => shown(field.read::<u64>(), out, |seconds, out| {
            write!(out, "{seconds} s since 1970")
        }),
        Shape::Number => shown(field.read::<u64>(), out, |number, out| write!(out, "{number}")),
        Shape::YesNo => shown(field.read::<bool>(), out, |yes, out| {
            out.write_str(if yes { "Yes" } else { "No" })
        }),
        Shape::Time => shown(field.read::<Time>(), out, |time, out| match time {
            Time::Absolute(seconds) => write!(out, "{seconds} s since 1970"),
            Time::Relative(seconds) => write!(out, "in {seconds} s"),
        }),
        Shape::Originator => shown(field.read::<Originator<'_>>(), out, |from, out| match from {
            Originator::Address(address) => encoded(address.text, out),
            Originator::Insert => out.write_str("(insert address)"),
        }),
        Shape::Octet(name_of) => match (field.value, field.value.first().copied().and_then(name_of)) {
            ([octet], Some(name)) => write!(out, "{name} ({octet:#04x})").map(|()| true),
            _ => Ok(false),
        },
        Shape::MessageClass => shown(field.read::<MessageClass<'_>>(), out, |class, out| match class {
            MessageClass::Token(token) => write!(out, "{}", Octets(token)),
            known => write!(out, "{known:?}"),
        }),
        Shape::Version => shown(field.read::<wsp::Version>(), out, |version, out| {
            write!(out, "{version}")
        }),
        Shape::CountedAddress => shown(field.read::<Counted<Address<'_>>>(), out, |by, out| {
            write!(out, "{}: ", by.count)?;
            encoded(by.value.text, out)
        }),
        Shape::CountedDate => shown(field.read::<Counted<u64>>(), out, |date, out| {
            write!(out, "{}: {} s since 1970", date.count, date.value)
        }),
        Shape::ContentType | Shape::Structured | Shape::Nothing => Ok(false),
    }
}

/// A field of M-Delete.conf, where three fields are preceded by a count.
fn delete_result(result: &DeleteResult<'_>, out: &mut impl Write) -> fmt::Result {
    match result {
        DeleteResult::Location(location) => write!(out, "{}: {}", location.count, Octets(location.value)),
        DeleteResult::Status(status) => write!(out, "{}: {:?}", status.count, status.value),
        DeleteResult::Text(text) => {
            write!(out, "{}: ", text.count)?;
            encoded(text.value, out)
        }
    }
}

fn shown<T, W: Write>(
    value: Result<T, wsp::Error>,
    out: &mut W,
    show: impl FnOnce(T, &mut W) -> fmt::Result,
) -> Result<bool, fmt::Error> {
    match value {
        Ok(value) => show(value, out).map(|()| true),
        Err(_) => Ok(false),
    }
}

fn encoded(string: EncodedString<'_>, out: &mut impl Write) -> fmt::Result {
    write!(out, "{}", Octets(string.text))?;
    match string.charset {
        None => Ok(()),
        Some(code) => write!(
            out,
            " ({})",
            charset::name(code).unwrap_or("unassigned character set")
        ),
    }
}

fn content(bytes: &[u8], offset: usize, out: &mut impl Write) -> fmt::Result {
    let content = match Content::read(bytes, offset) {
        Ok(content) => content,
        Err(error) => return writeln!(out, "{offset:>8}  unreadable: {error}"),
    };
    write!(out, "{:>8}  Content-Type: ", offset.saturating_sub(1))?;
    content_type(&content.content_type, out)?;
    writeln!(out)?;
    match content.parts() {
        None => writeln!(out, "{:>8}  body: {} octets", content.offset, content.body.len()),
        Some(Err(error)) => writeln!(out, "{:>8}  unreadable body: {error}", content.offset),
        Some(Ok(table)) => parts(table, content.offset, 1, out),
    }
}

fn parts(table: Multipart<'_>, body_offset: usize, depth: usize, out: &mut impl Write) -> fmt::Result {
    for part in table {
        let part = match part {
            Ok(part) => part,
            Err(error) => return writeln!(out, "          unreadable part: {error} of the body"),
        };
        let indent = depth.saturating_mul(2);
        let offset = body_offset.saturating_add(part.data_offset);
        write!(
            out,
            "{offset:>8}  {:indent$}part of {} octets: ",
            "",
            part.data.len()
        )?;
        content_type(&part.content_type, out)?;
        for header in part.headers {
            match header {
                PartHeader::Coded { code, value } => write!(out, "; {code:#04x}={}", Octets(value))?,
                PartHeader::Text { name, value } => {
                    write!(out, "; {}={}", name.escape_ascii(), Octets(value))?
                }
            }
        }
        writeln!(out)?;
        if part.content_type.is_multipart() {
            match part.multipart() {
                Ok(inner) => parts(inner, body_offset, depth.saturating_add(1), out)?,
                Err(error) => writeln!(out, "          unreadable part: {error} of the body")?,
            }
        }
    }
    Ok(())
}

fn content_type(value: &wsp::ContentType<'_>, out: &mut impl Write) -> fmt::Result {
    write!(out, "{}", Octets(value.media.name()))?;
    for parameter in value.parameters() {
        write!(out, "; {}", parameter.name_text().escape_ascii())?;
        match parameter.value {
            ParameterValue::Empty => {}
            ParameterValue::Integer(number) => write!(out, "={number}")?,
            ParameterValue::Text(text) => write!(out, "={}", Octets(text))?,
        }
    }
    Ok(())
}

/// Text if it is printable UTF-8, else escaped: a dump never sends control characters to a terminal.
struct Octets<'a>(&'a [u8]);

impl fmt::Display for Octets<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match core::str::from_utf8(self.0) {
            Ok(text) if !text.chars().any(char::is_control) => f.write_str(text),
            _ => write!(f, "{}", self.0.escape_ascii()),
        }
    }
}

struct Hex<'a>(&'a [u8]);

impl fmt::Display for Hex<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|octet| write!(f, "{octet:02x}"))
    }
}

#[cfg(test)]
mod tests;
