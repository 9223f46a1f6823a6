//! Content-Transfer-Encoding: decoding into the caller's buffer, and the choice and writing of an encoding.
//!
//! Used once for each body. Invariants: decoding never fails: octets outside the alphabet are passed over, as RFC 2045
//! §6.8 asks, and a broken quoted-printable sequence stays as it is (§6.7); a decoded body is never longer than its
//! encoded form; the work is linear.

use base64_simd::{Out, STANDARD};
use memchr::{memchr, memchr_iter, memmem};

use crate::limits::LINE_OCTETS_MAX;

/// Octets of a body in one line of base64: 57 make 76 (RFC 2045 §6.8).
const BASE64_LINE_OCTETS: usize = 57;

/// Octets of a line of quoted-printable, with its soft line break (RFC 2045 §6.7).
const QUOTED_LINE_OCTETS: usize = 76;

/// How a body is encoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Transfer {
    /// 7bit, 8bit, binary: not at all.
    Identity,
    /// base64.
    Base64,
    /// quoted-printable.
    QuotedPrintable,
    /// Another, such as x-uuencode: the body is left as it is, and the header with it.
    Unknown,
}

impl Transfer {
    /// Reads the value of a header, in any case; a comment or parameter after it is tolerated.
    #[must_use]
    pub fn read(value: &[u8]) -> Self {
        let token = value
            .split(|octet| matches!(octet, b' ' | b';' | b'(' | b'\t'))
            .next()
            .unwrap_or_default();
        let is = |name: &[u8]| token.eq_ignore_ascii_case(name);
        match () {
            () if is(b"base64") => Self::Base64,
            () if is(b"quoted-printable") => Self::QuotedPrintable,
            () if is(b"7bit") || is(b"8bit") || is(b"binary") || token.is_empty() => Self::Identity,
            () => Self::Unknown,
        }
    }
}

/// Appends the decoded `body`.
pub fn decode(transfer: Transfer, body: &[u8], out: &mut Vec<u8>) {
    match transfer {
        Transfer::Identity | Transfer::Unknown => out.extend_from_slice(body),
        Transfer::Base64 => decode_base64(body, out),
        Transfer::QuotedPrintable => decode_quoted_printable(body, out),
    }
}

/// The lines are joined in the output and decoded there, in place; only damaged input is decoded octet by octet.
fn decode_base64(body: &[u8], out: &mut Vec<u8>) {
    let start = out.len();
    out.reserve(body.len());
    let mut line_start = 0_usize;
    for line_end in memchr_iter(b'\n', body).chain([body.len()]) {
        let line = body.get(line_start..line_end).unwrap_or_default();
        out.extend_from_slice(line.trim_ascii());
        line_start = line_end.saturating_add(1);
    }
    let joined = out.get_mut(start..).unwrap_or_default();
    match STANDARD.decode_inplace(joined) {
        Ok(decoded) => {
            let length = decoded.len();
            out.truncate(start.saturating_add(length));
        }
        Err(_) => {
            out.truncate(start);
            decode_damaged_base64(body, out);
        }
    }
}

fn decode_damaged_base64(body: &[u8], out: &mut Vec<u8>) {
    let (mut bits, mut sextets) = (0_u32, 0_u8);
    for &octet in body {
        let sextet = match octet {
            b'A'..=b'Z' => octet.wrapping_sub(b'A'),
            b'a'..=b'z' => octet.wrapping_sub(b'a').wrapping_add(26),
            b'0'..=b'9' => octet.wrapping_sub(b'0').wrapping_add(52),
            b'+' => 62,
            b'/' => 63,
            b'=' => {
                push_rest(bits, sextets, out);
                (bits, sextets) = (0, 0);
                continue;
            }
            _ => continue,
        };
        bits = (bits << 6) | u32::from(sextet);
        sextets = sextets.wrapping_add(1);
        if sextets == 4 {
            out.extend_from_slice(bits.to_be_bytes().get(1..).unwrap_or_default());
            (bits, sextets) = (0, 0);
        }
    }
    push_rest(bits, sextets, out);
}

/// The whole octets of a quantum of two or three sextets.
fn push_rest(bits: u32, sextets: u8, out: &mut Vec<u8>) {
    let octets = match sextets {
        2 => (bits << 12).to_be_bytes(),
        3 => (bits << 6).to_be_bytes(),
        _ => return,
    };
    let end = usize::from(sextets);
    out.extend_from_slice(octets.get(1..end).unwrap_or_default());
}

fn decode_quoted_printable(body: &[u8], out: &mut Vec<u8>) {
    out.reserve(body.len());
    let mut rest = body;
    while !rest.is_empty() {
        let length = memchr(b'\n', rest).map_or(rest.len(), |end| end.saturating_add(1));
        let (line, after) = rest.split_at_checked(length).unwrap_or((rest, b""));
        rest = after;
        let (text, line_end): (&[u8], &[u8]) = match line {
            [text @ .., b'\r', b'\n'] => (text, b"\r\n"),
            [text @ .., b'\n'] => (text, b"\n"),
            text => (text, b""),
        };
        // White space at the end of a line was added on the way (RFC 2045 §6.7, rule 3).
        let text = text.trim_ascii_end();
        match text.strip_suffix(b"=") {
            Some(soft) => decode_quoted_text(soft, out),
            None => {
                decode_quoted_text(text, out);
                out.extend_from_slice(line_end);
            }
        }
    }
}

fn decode_quoted_text(mut text: &[u8], out: &mut Vec<u8>) {
    while let Some(position) = memchr(b'=', text) {
        let (plain, escape) = text.split_at_checked(position).unwrap_or((text, b""));
        out.extend_from_slice(plain);
        match escape {
            [_, high, low, after @ ..] if high.is_ascii_hexdigit() && low.is_ascii_hexdigit() => {
                out.push((hexadecimal(*high) << 4) | hexadecimal(*low));
                text = after;
            }
            [_, after @ ..] => {
                out.push(b'=');
                text = after;
            }
            [] => return,
        }
    }
    out.extend_from_slice(text);
}

pub(crate) const fn hexadecimal(digit: u8) -> u8 {
    match digit {
        b'0'..=b'9' => digit.wrapping_sub(b'0'),
        b'a'..=b'f' => digit.wrapping_sub(b'a').wrapping_add(10),
        _ => digit.wrapping_sub(b'A').wrapping_add(10),
    }
}

/// What a body consists of, as far as its transfer is concerned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Texture {
    /// No octet above 127 and no zero octet.
    pub is_seven_bit: bool,
    /// No zero octet, every line end is CR LF, and no line is longer than allowed.
    pub has_lines: bool,
    /// At least seven octets of eight are printable ASCII or white space.
    pub is_mostly_text: bool,
    /// Holds what every boundary of ours begins with.
    pub holds_boundary: bool,
}

/// What every boundary that we write begins with, after its two hyphens. It occurs neither in base64 nor in
/// quoted-printable (RFC 2045 §6.7 recommends it), and a body that holds it is never sent unencoded.
pub const BOUNDARY_MARK: &str = "=_";

impl Texture {
    /// Looks a body over.
    #[must_use]
    pub fn of(body: &[u8]) -> Self {
        let mut odd = 0_usize;
        let (mut is_seven_bit, mut is_text) = (true, true);
        for &octet in body {
            is_seven_bit &= octet < 0x80;
            is_text &= octet != 0;
            let plain = matches!(octet, b' '..=b'~' | b'\t' | b'\r' | b'\n');
            odd = odd.saturating_add(usize::from(!plain));
        }
        Self {
            is_seven_bit: is_seven_bit && is_text,
            has_lines: is_text && has_lines(body),
            is_mostly_text: odd.saturating_mul(8) <= body.len(),
            holds_boundary: memmem::find(body, b"--=_").is_some(),
        }
    }
}

fn has_lines(body: &[u8]) -> bool {
    let mut start = 0_usize;
    for end in memchr_iter(b'\n', body).chain([body.len()]) {
        let line = body.get(start..end).unwrap_or_default();
        let text = line.strip_suffix(b"\r");
        let whole = text.is_some() || end == body.len();
        let text = text.filter(|_| end < body.len()).unwrap_or(line);
        if !whole || text.len() > LINE_OCTETS_MAX || memchr(b'\r', text).is_some() {
            return false;
        }
        start = end.saturating_add(1);
    }
    true
}

/// Appends a body in base64, in lines of 76, without a line end after the last. Some lines are encoded at once: one
/// alone is too short for the vectors.
pub fn encode_base64(body: &[u8], out: &mut Vec<u8>) {
    const TEXT: usize = 76;
    const LINE: usize = TEXT + 2;
    const AT_ONCE: usize = 16;
    let lines = body.len().div_ceil(BASE64_LINE_OCTETS);
    out.reserve(lines.saturating_mul(LINE));
    let (mut text, mut framed) = ([0; TEXT * AT_ONCE], [0; LINE * AT_ONCE]);
    for line in framed.chunks_exact_mut(LINE) {
        if let Some(line_end) = line.get_mut(TEXT..) {
            line_end.copy_from_slice(b"\r\n");
        }
    }
    for octets in body.chunks(BASE64_LINE_OCTETS * AT_ONCE) {
        let encoded = STANDARD.encode(octets, Out::from_slice(&mut text));
        let mut framed_octets = 0_usize;
        for (from, to) in encoded.chunks(TEXT).zip(framed.chunks_exact_mut(LINE)) {
            if let Some(to) = to.get_mut(..from.len()) {
                to.copy_from_slice(from);
            }
            framed_octets = framed_octets.saturating_add(from.len()).saturating_add(2);
        }
        // A line that is not whole is the last, and lacks its end.
        let has_last = octets.len() % BASE64_LINE_OCTETS != 0;
        let whole = framed_octets.saturating_sub(if has_last { 2 } else { 0 });
        out.extend_from_slice(framed.get(..whole).unwrap_or_default());
    }
    if !body.is_empty() && body.len().is_multiple_of(BASE64_LINE_OCTETS) {
        out.truncate(out.len().saturating_sub(2));
    }
}

/// Appends a body in quoted-printable, byte for byte: line ends that are not CR LF are encoded, and so is white space
/// at the end of a line.
pub fn encode_quoted_printable(body: &[u8], out: &mut Vec<u8>) {
    const DIGITS: &[u8; 16] = b"0123456789ABCDEF";
    let mut column = 0_usize;
    let mut rest = body;
    while let Some((&octet, after)) = rest.split_first() {
        if let [b'\r', b'\n', after @ ..] = rest {
            out.extend_from_slice(b"\r\n");
            (rest, column) = (after, 0);
            continue;
        }
        let ends_line = after.is_empty() || after.starts_with(b"\r\n");
        let plain = match octet {
            b'=' => false,
            b'!'..=b'~' => column > 0 || !matches!(octet, b'.' | b'F' | b'-'),
            b' ' | b'\t' => !ends_line,
            _ => false,
        };
        let width = if plain { 1 } else { 3 };
        if column.saturating_add(width) >= QUOTED_LINE_OCTETS {
            out.extend_from_slice(b"=\r\n");
            column = 0;
        }
        match plain {
            true => out.push(octet),
            false => {
                let digit = |nibble: u8| DIGITS.get(usize::from(nibble & 15)).copied().unwrap_or(b'0');
                out.extend_from_slice(&[b'=', digit(octet >> 4), digit(octet)]);
            }
        }
        column = column.saturating_add(width);
        rest = after;
    }
}

#[cfg(test)]
mod tests;
