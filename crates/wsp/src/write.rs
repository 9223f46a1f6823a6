//! Writers of WSP values into the caller's buffer.
//!
//! The mirror of [`crate::Reader`], for everything that leaves. Invariants: whatever is asked to be written, the
//! result is one well-formed value: a text ends at its first zero octet and is quoted where its first octet would
//! be taken for something else, so no content can forge a header. Value grammar: WAP-230-WSP §8.4.

use crate::charset;
use crate::content_type::Media;
use crate::parameter::{Parameter, ParameterName, ParameterValue};
use crate::{EncodedString, Version};

/// A Short-integer of the low seven bits of `value`.
pub fn short_integer(out: &mut Vec<u8>, value: u8) {
    out.push(0x80 | value);
}

/// A Long-integer in as few octets as hold it, at least one.
pub fn long_integer(out: &mut Vec<u8>, value: u64) {
    let octets = value.to_be_bytes();
    let zeros = octets.iter().take(7).take_while(|&&octet| octet == 0).count();
    let significant = octets.get(zeros..).unwrap_or_default();
    out.push(significant.len().to_le_bytes()[0]);
    out.extend_from_slice(significant);
}

/// An Integer-value: a Short-integer below 128, else a Long-integer.
pub fn integer(out: &mut Vec<u8>, value: u64) {
    match u8::try_from(value) {
        Ok(short @ 0..=0x7F) => short_integer(out, short),
        _ => long_integer(out, value),
    }
}

/// A Uintvar.
pub fn uintvar(out: &mut Vec<u8>, value: u32) {
    for shift in [28_u32, 21, 14, 7] {
        if value >> shift != 0 {
            out.push(0x80 | ((value >> shift) & 0x7F).to_le_bytes()[0]);
        }
    }
    out.push((value & 0x7F).to_le_bytes()[0]);
}

/// A Value-length: one octet up to 30, else 31 and a Uintvar.
pub fn value_length(out: &mut Vec<u8>, length: u32) {
    match u8::try_from(length) {
        Ok(short @ 0..=30) => out.push(short),
        _ => {
            out.push(31);
            uintvar(out, length);
        }
    }
}

/// A Value-length and what `write` appends. The length is put in afterwards, which moves only the value itself.
pub fn value(out: &mut Vec<u8>, write: impl FnOnce(&mut Vec<u8>)) {
    let start = out.len();
    write(out);
    let length = u32::try_from(out.len().saturating_sub(start)).unwrap_or(u32::MAX);
    let end = out.len();
    value_length(out, length);
    let prefix = out.len().saturating_sub(end);
    if let Some(value) = out.get_mut(start..) {
        value.rotate_right(prefix);
    }
}

/// A Text-string. It ends at the first zero octet of `text`; a Quote (0x7F) goes before a first octet that is not
/// printable ASCII.
pub fn text_string(out: &mut Vec<u8>, text: &[u8]) {
    let text = until_zero(text);
    if !matches!(text.first(), None | Some(0x20..=0x7E)) {
        out.push(0x7F);
    }
    out.extend_from_slice(text);
    out.push(0);
}

/// A Quoted-string: `"`, the text up to its first zero octet, zero.
pub fn quoted_string(out: &mut Vec<u8>, text: &[u8]) {
    out.push(b'"');
    out.extend_from_slice(until_zero(text));
    out.push(0);
}

/// An Encoded-string-value: the bare text when no character set is named, else Value-length, character set, text.
pub fn encoded_string(out: &mut Vec<u8>, string: EncodedString<'_>) {
    let Some(charset) = string.charset else {
        return text_string(out, string.text);
    };
    value(out, |out| {
        integer(out, u64::from(charset));
        match charset::code_unit_octets(charset) {
            1 => text_string(out, string.text),
            unit => {
                let odd = string.text.len().checked_rem(unit).unwrap_or(0);
                let whole = string.text.len().saturating_sub(odd);
                out.extend_from_slice(string.text.get(..whole).unwrap_or_default());
                out.extend(core::iter::repeat_n(0, unit));
            }
        }
    });
}

/// A Version-value.
pub fn version(out: &mut Vec<u8>, version: Version) {
    out.push(version.octet());
}

/// A Content-type-value: short form without parameters, general form with them.
pub fn content_type(out: &mut Vec<u8>, media: Media<'_>, parameters: &[Parameter<'_>]) {
    if parameters.is_empty() && !matches!(media, Media::Code(0x80..)) {
        return media_value(out, media);
    }
    value(out, |out| {
        media_value(out, media);
        for entry in parameters {
            parameter(out, entry);
        }
    });
}

fn media_value(out: &mut Vec<u8>, media: Media<'_>) {
    match media {
        Media::Code(code) => integer(out, u64::from(code)),
        Media::Text(text) => text_string(out, text),
    }
}

/// One parameter of a content type or a disposition.
pub fn parameter(out: &mut Vec<u8>, parameter: &Parameter<'_>) {
    match parameter.name {
        ParameterName::Token(token) => short_integer(out, token),
        ParameterName::Text(name) => text_string(out, name),
    }
    match (parameter.name, parameter.value) {
        (ParameterName::Token(0x00), ParameterValue::Integer(quality)) => {
            uintvar(out, u32::try_from(quality).unwrap_or(u32::MAX));
        }
        (_, ParameterValue::Integer(number)) => integer(out, number),
        (_, ParameterValue::Text(text)) => parameter_text(out, until_zero(text)),
        (_, ParameterValue::Empty) => out.push(0),
    }
}

/// A text value of a parameter. Quotes are added only where the text would be taken for "no value" or for a quoted one.
fn parameter_text(out: &mut Vec<u8>, text: &[u8]) {
    match text.first() {
        None => quoted_string(out, text),
        Some(b'"') => {
            out.push(b'"');
            out.extend_from_slice(text);
            out.extend_from_slice(b"\"\0");
        }
        Some(_) => text_string(out, text),
    }
}

/// The number of entries at the head of a multipart.
pub fn multipart_head(out: &mut Vec<u8>, entries: u32) {
    uintvar(out, entries);
}

/// One entry of a multipart: `content_type` and `headers` as they are on the wire, then the data.
pub fn part(out: &mut Vec<u8>, content_type: &[u8], headers: &[u8], data: &[u8]) {
    let length = |octets: usize| u32::try_from(octets).unwrap_or(u32::MAX);
    uintvar(out, length(content_type.len().saturating_add(headers.len())));
    uintvar(out, length(data.len()));
    out.extend_from_slice(content_type);
    out.extend_from_slice(headers);
    out.extend_from_slice(data);
}

fn until_zero(text: &[u8]) -> &[u8] {
    text.split(|&octet| octet == 0).next().unwrap_or_default()
}
