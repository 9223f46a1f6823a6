//! The writer of heads: nothing that is put into a field can end it.
//!
//! Used for everything that leaves, by [`crate::mime`] and by the crates above. Invariants, whatever the caller passes:
//! a field is one field, ASCII, free of CR, LF and NUL but for its folds, each of which is followed by white space and
//! then by something else; no line is longer than 998 octets, and none longer than 78 that has a place to be folded at.

use crate::header::text;
use crate::limits::{LINE_OCTETS_MAX, LINE_OCTETS_WRITTEN};
use crate::word;

/// Octets of a name of a header that is written; longer ones are left out, no protocol has them.
const NAME_OCTETS_MAX: usize = 76;

/// Octets of a parameter's value that is written in one piece; longer ones are continued (RFC 2231 §3).
const PARAMETER_OCTETS_MAX: usize = 200;

/// Octets of a piece of such a value.
const PIECE_OCTETS: usize = 40;

/// Appends headers to a buffer.
#[derive(Debug)]
pub struct HeadWriter<'v> {
    out: &'v mut Vec<u8>,
}

impl<'v> HeadWriter<'v> {
    /// Writes to the end of `out`.
    #[must_use]
    pub const fn new(out: &'v mut Vec<u8>) -> Self {
        Self { out }
    }

    /// A header whose value is a protocol's: an id, an address list, a token. It is folded at its white space. Octets
    /// that no header can hold become spaces; a value that is not ASCII becomes encoded words.
    pub fn put(&mut self, name: &str, value: &[u8]) {
        if !is_name(name.as_bytes()) {
            return;
        }
        let is_clean = value.iter().all(|octet| matches!(octet, b' '..=b'~' | b'\t'));
        if is_clean {
            return self.fold(name, value.trim_ascii());
        }
        let cleaned: Vec<u8> = value
            .iter()
            .map(|&octet| if octet.is_ascii_control() { b' ' } else { octet })
            .collect();
        if cleaned.is_ascii() {
            self.fold(name, cleaned.trim_ascii());
        } else {
            self.fold(name, word::encode(text(cleaned.trim_ascii()).trim()).as_bytes());
        }
    }

    /// A header for people: encoded words (RFC 2047) where it is not plain ASCII.
    pub fn text(&mut self, name: &str, value: &str) {
        let value = value.trim();
        if word::is_plain(value) {
            self.put(name, value.as_bytes());
        } else if is_name(name.as_bytes()) {
            let clean: String = value
                .chars()
                .map(|c| if c.is_control() { ' ' } else { c })
                .collect();
            self.fold(name, word::encode(clean.trim()).as_bytes());
        }
    }

    /// A media type or disposition with its parameters, folded between them only.
    pub fn media(&mut self, name: &str, value: &str, parameters: &[(&str, &str)]) {
        let token = |octet: u8| {
            if is_token(octet) || octet == b'/' {
                octet
            } else {
                b'-'
            }
        };
        let value: Vec<u8> = value
            .bytes()
            .take(NAME_OCTETS_MAX.saturating_mul(2))
            .map(token)
            .collect();
        let mut pieces = Vec::with_capacity(parameters.len());
        for (parameter, value) in parameters {
            if !parameter.is_empty() && parameter.len() <= NAME_OCTETS_MAX && parameter.bytes().all(is_token)
            {
                push_parameter(parameter, value, &mut pieces);
            }
        }
        self.out.extend_from_slice(name.as_bytes());
        self.out.extend_from_slice(b": ");
        self.out.extend_from_slice(&value);
        let mut column = name.len().saturating_add(2).saturating_add(value.len());
        for piece in pieces {
            self.out.push(b';');
            let width = piece.len().saturating_add(2);
            if column.saturating_add(width) > LINE_OCTETS_WRITTEN {
                self.out.extend_from_slice(b"\r\n");
                column = 0;
            }
            self.out.push(b' ');
            self.out.extend_from_slice(piece.as_bytes());
            column = column.saturating_add(width);
        }
        self.out.extend_from_slice(b"\r\n");
    }

    /// The empty line that ends the head.
    pub fn end(self) {
        self.out.extend_from_slice(b"\r\n");
    }

    /// Writes words and the white space between them, which is where a line may end.
    fn fold(&mut self, name: &str, value: &[u8]) {
        self.out.extend_from_slice(name.as_bytes());
        self.out.push(b':');
        let mut column = name.len().saturating_add(1);
        let mut rest = value;
        let mut gap: &[u8] = b" ";
        loop {
            let length = rest.iter().take_while(|&&octet| !is_space(octet)).count();
            let (word, after) = rest.split_at_checked(length).unwrap_or((rest, b""));
            let wanted = column.saturating_add(gap.len()).saturating_add(word.len());
            let is_first = column == name.len().saturating_add(1);
            let limit = if is_first {
                LINE_OCTETS_MAX
            } else {
                LINE_OCTETS_WRITTEN
            };
            if wanted > limit && !word.is_empty() {
                self.out.extend_from_slice(b"\r\n");
                column = 0;
            }
            self.out.extend_from_slice(gap);
            column = column.saturating_add(gap.len());
            column = self.word(word, column);
            let length = after.iter().take_while(|&&octet| is_space(octet)).count();
            let (space, after) = after.split_at_checked(length).unwrap_or((after, b""));
            if after.is_empty() {
                break;
            }
            // A line of nothing but white space would be taken for the end of the head by some readers.
            gap = space.get(..space.len().min(GAP_OCTETS_MAX)).unwrap_or(b" ");
            rest = after;
        }
        self.out.extend_from_slice(b"\r\n");
    }

    /// A word; one that fits no line is broken, which puts a space into it.
    fn word(&mut self, word: &[u8], column: usize) -> usize {
        let room = LINE_OCTETS_MAX.saturating_sub(column);
        if word.len() <= room {
            self.out.extend_from_slice(word);
            return column.saturating_add(word.len());
        }
        let mut width = column;
        for (index, piece) in word.chunks(WORD_OCTETS_MAX).enumerate() {
            if index > 0 {
                self.out.extend_from_slice(b"\r\n ");
                width = 1;
            }
            self.out.extend_from_slice(piece);
            width = width.saturating_add(piece.len());
        }
        width
    }
}

/// White space between two words that is kept.
const GAP_OCTETS_MAX: usize = 16;

/// Octets of a piece of a word that fits no line.
const WORD_OCTETS_MAX: usize = 900;

const _: () = assert!(
    WORD_OCTETS_MAX + GAP_OCTETS_MAX + NAME_OCTETS_MAX < LINE_OCTETS_MAX,
    "the name, a gap and a piece fit a line"
);

fn is_space(octet: u8) -> bool {
    matches!(octet, b' ' | b'\t')
}

/// Whether it can be the name of a header that is written.
fn is_name(name: &[u8]) -> bool {
    (1..=NAME_OCTETS_MAX).contains(&name.len())
        && name
            .iter()
            .all(|&octet| octet.is_ascii_graphic() && octet != b':')
}

/// An octet of a token (RFC 2045 §5.1).
fn is_token(octet: u8) -> bool {
    octet.is_ascii_graphic() && !b"()<>@,;:\\\"/[]?=".contains(&octet)
}

/// `name="value"`, or its pieces where it is too long or not ASCII (RFC 2231).
fn push_parameter(name: &str, value: &str, pieces: &mut Vec<String>) {
    let is_ascii = value.bytes().all(|octet| matches!(octet, b' '..=b'~'));
    if is_ascii && value.len() <= PARAMETER_OCTETS_MAX && !value.contains("=?") {
        pieces.push(format!("{name}={}", quoted(value)));
    } else {
        let encoded = percent_encoded(value);
        if encoded.len() <= PARAMETER_OCTETS_MAX {
            pieces.push(format!("{name}*=utf-8''{encoded}"));
            return;
        }
        let mut rest = encoded.as_str();
        for index in 0_usize.. {
            let (piece, after) = rest.split_at_checked(piece_length(rest)).unwrap_or((rest, ""));
            let charset = if index == 0 { "utf-8''" } else { "" };
            pieces.push(format!("{name}*{index}*={charset}{piece}"));
            rest = after;
            if rest.is_empty() {
                return;
            }
        }
    }
}

/// Octets of the next piece: no `%XX` is cut.
fn piece_length(rest: &str) -> usize {
    let length = rest.len().min(PIECE_OCTETS);
    let cut =
        |back: usize| length < rest.len() && rest.as_bytes().get(length.wrapping_sub(back)) == Some(&b'%');
    match (cut(1), cut(2)) {
        (true, _) => length.saturating_sub(1),
        (_, true) => length.saturating_sub(2),
        _ => length,
    }
}

/// A quoted-string, or the value alone where it is a token.
#[must_use]
pub fn quoted(value: &str) -> String {
    if !value.is_empty() && value.bytes().all(is_token) {
        return value.to_owned();
    }
    let mut quoted = String::with_capacity(value.len().saturating_add(2));
    quoted.push('"');
    for character in value.chars() {
        if matches!(character, '"' | '\\') {
            quoted.push('\\');
        }
        quoted.push(if character.is_control() { ' ' } else { character });
    }
    quoted.push('"');
    quoted
}

fn percent_encoded(value: &str) -> String {
    let mut encoded = String::with_capacity(value.len().saturating_mul(3));
    for &octet in value.as_bytes() {
        match octet {
            octet if octet.is_ascii_alphanumeric() || b"-._~".contains(&octet) => {
                encoded.push(char::from(octet))
            }
            octet => encoded.push_str(&format!("%{octet:02X}")),
        }
    }
    encoded
}

#[cfg(test)]
mod tests;
