//! WSP multiparts: entries with content types, part headers and nested multiparts.
//!
//! A subject of the fuzzers; `mms` puts these bodies into its PDUs. Invariant: what [`body`] makes is a valid multipart
//! whose entries are told by their headers.

use wsp::{Media, Multipart, Parameter, ParameterName, ParameterValue, part_header, write};

use crate::fuzz::{Dice, Format, Layout};

/// Multipart bodies.
pub const FORMAT: Format = Format {
    make: |dice| body(dice, 0),
    edit_length,
    repair: |_, _| {},
    layout: Layout::Stream,
    tokens: TOKENS,
    octets_max: 2_048,
};

/// Quotes, uintvar edges, content types, part headers.
pub const TOKENS: &[&[u8]] = &[
    b"\x1F\x8F\xFF\xFF\xFF\x7F",
    b"\x8F\xFF\xFF\xFF\x7F",
    b"\x80\x80\x80\x80\x01",
    b"\x81\x00",
    b"\x1F\x20",
    b"\"\0",
    b"\x7F\xEA\0",
    b"\xB3\x8A<smil>\0\x89application/smil\0",
    b"\x03\x83\x81\xEA",
    b"\x04\x83\x81\x03\xE8",
    b"\xC0\"<a>\0",
    b"\x8Ea.jpg\0",
    b"\xAE\x03\x81\x86\0",
    b"X-Name\0value\0",
    b"\x0C\x8E\x9E\0",
];

/// Depth to which multiparts are put into one another.
const DEPTH_MAX: usize = 3;

const WORDS: &[&[u8]] = &[
    b"",
    b"a.jpg",
    b"<smil>",
    b"\"quoted\"",
    b"\xEF\xBB\xBFx",
    b"application/smil",
    b"image/jpeg",
];

/// A word that is seen in real messages, or an arbitrary text.
pub(super) fn word(dice: &mut Dice) -> Vec<u8> {
    match dice.pick(WORDS) {
        Some(word) if dice.one_in(2) => word.to_vec(),
        _ => dice.text(24),
    }
}

/// A multipart of a few entries.
pub fn body(dice: &mut Dice, depth: usize) -> Vec<u8> {
    let entries = dice.below(5);
    let mut out = Vec::new();
    let told = if dice.one_in(8) {
        dice.number() as u32
    } else {
        entries as u32
    };
    write::multipart_head(&mut out, told);
    for _ in 0..entries {
        let nested = depth < DEPTH_MAX && dice.one_in(6);
        let data = if nested {
            body(dice, depth + 1)
        } else {
            dice.noise(80)
        };
        let media = if nested { Some(Media::Code(0x33)) } else { None };
        let content_type = content_type(dice, media);
        let headers = headers(dice);
        write::part(&mut out, &content_type, &headers, &data);
    }
    out
}

/// A content type, of this medium or any.
pub fn content_type(dice: &mut Dice, media: Option<Media<'_>>) -> Vec<u8> {
    let (texts, name) = ([word(dice), word(dice)], dice.text(8));
    let [first, second] = &texts;
    let media = media.unwrap_or_else(|| match dice.below(4) {
        0 => Media::Text(b"image/jpeg"),
        1 => Media::Text(first),
        2 => Media::Code(0x33),
        _ => Media::Code(u16::from(dice.octet() & 0x7F)),
    });
    let mut parameters = Vec::new();
    for _ in 0..dice.below(4) {
        let name = match dice.below(6) {
            0 => ParameterName::Text(&name),
            _ => ParameterName::Token(dice.below(0x20) as u8),
        };
        let value = match dice.below(6) {
            0 => ParameterValue::Integer(dice.number()),
            1 => ParameterValue::Empty,
            _ => ParameterValue::Text(second),
        };
        parameters.push(Parameter { name, value });
    }
    let mut out = Vec::new();
    write::content_type(&mut out, media, &parameters);
    out
}

fn headers(dice: &mut Dice) -> Vec<u8> {
    let mut out = Vec::new();
    for _ in 0..dice.below(4) {
        let text = word(dice);
        match dice.below(6) {
            0 => {
                write::short_integer(&mut out, part_header::CONTENT_ID);
                write::quoted_string(&mut out, &text);
            }
            1 => {
                write::short_integer(&mut out, part_header::CONTENT_LOCATION);
                write::text_string(&mut out, &text);
            }
            2 => {
                write::short_integer(&mut out, part_header::CONTENT_DISPOSITION);
                write::value(&mut out, |out| {
                    out.push(0x80 | text.len() as u8 & 3);
                    write::short_integer(out, wsp::parameter::FILENAME);
                    write::text_string(out, &text);
                });
            }
            3 => {
                write::text_string(&mut out, b"Content-Transfer-Encoding");
                write::text_string(&mut out, &text);
            }
            4 => {
                write::short_integer(&mut out, part_header::CONTENT_LENGTH);
                write::integer(&mut out, dice.number());
            }
            _ => {
                write::short_integer(&mut out, dice.octet() & 0x7F);
                write::value(&mut out, |out| out.extend_from_slice(&text));
            }
        }
    }
    out
}

/// Changes an octet that can be a length: of a value (up to 30, or 31 before a uintvar), of a long integer, or of a
/// part of a multipart.
pub fn edit_length(dice: &mut Dice, bytes: &mut [u8]) {
    // The lengths of most inputs are small octets; a few tries find one.
    for _ in 0..8 {
        let at = dice.below(bytes.len());
        let rest = bytes.len().saturating_sub(at);
        let Some(octet) = bytes.get_mut(at).filter(|octet| **octet < 0x20) else {
            continue;
        };
        *octet = match dice.below(8) {
            0 => 0,
            1 => octet.wrapping_add(1),
            2 => octet.wrapping_sub(1),
            3 => 0x1E,
            4 => 0x1F,
            5 => 0x7F,
            6 => rest.min(0x7F) as u8,
            _ => *octet | 0x80,
        };
        return;
    }
}

/// Whether it is a multipart to its end.
pub fn accepts(bytes: &[u8]) -> bool {
    Multipart::read(bytes).is_ok_and(|mut parts| parts.all(|part| part.is_ok()))
}

/// A reader that believes the two lengths of each part.
pub fn canary(bytes: &[u8]) {
    fn uintvar(bytes: &[u8], at: &mut usize) -> Option<usize> {
        let mut value = 0_usize;
        for _ in 0..5 {
            let octet = *bytes.get(*at)?;
            *at += 1;
            value = value << 7 | usize::from(octet & 0x7F);
            if octet < 0x80 {
                return Some(value);
            }
        }
        None
    }
    let mut at = 0;
    let Some(entries) = uintvar(bytes, &mut at) else {
        return;
    };
    for _ in 0..entries {
        let (Some(headers), Some(data)) = (uintvar(bytes, &mut at), uintvar(bytes, &mut at)) else {
            return;
        };
        // Only a part with headers and data is believed, so that noise does not do.
        if headers < 4 || data == 0 || at + headers > bytes.len() {
            return;
        }
        let part = &bytes[at + headers..at + headers + data];
        at += headers + part.len();
    }
}
