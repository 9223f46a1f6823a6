//! Encoded words: texts of any language in a header.
//!
//! Used for Subject, display names and status texts. Invariants: decoding never fails, what cannot be decoded stays
//! as it is; what is written is ASCII, in words of at most 75 octets, each a whole number of characters. Grammar: RFC
//! 2047.

use std::borrow::Cow;

use base64_simd::STANDARD;
use mail_parser::HeaderValue;
use mail_parser::parsers::MessageStream;
use memchr::{memchr, memmem};

/// Octets of text in one encoded word: 45 make 60 of base64, 72 with the frame `=?utf-8?B?` … `?=`; at most 75 are
/// allowed (RFC 2047 §2).
const WORD_OCTETS_MAX: usize = 45;

/// Where the name of the character set of an encoded word ends at the latest.
const CHARSET_END_MAX: usize = 64;

/// Octets of an encoded word that is decoded. RFC 2047 §2 allows 75; subjects in one word of any length are common.
const WORD_READ_OCTETS_MAX: usize = 2_048;

/// Decodes the encoded words of a text; borrowed when there are none. White space between two of them is dropped. The
/// library is given one whole word at a time, because it would look for the end of each unfinished one in all the rest.
#[must_use]
pub fn decode(text: Cow<'_, str>) -> Cow<'_, str> {
    if memmem::find(text.as_bytes(), b"=?").is_none() {
        return text;
    }
    let mut decoded = String::with_capacity(text.len());
    let (mut rest, mut after_word) = (text.as_ref(), false);
    while let Some(start) = rest.find("=?") {
        let (before, from_word) = rest.split_at_checked(start).unwrap_or((rest, ""));
        match word(from_word) {
            Some((word, after)) => {
                if !(after_word && before.trim_ascii().is_empty()) {
                    decoded.push_str(before);
                }
                decoded.push_str(&word);
                (rest, after_word) = (after, true);
            }
            None => {
                let (mark, after) = from_word.split_at_checked(2).unwrap_or((from_word, ""));
                decoded.push_str(before);
                decoded.push_str(mark);
                (rest, after_word) = (after, false);
            }
        }
    }
    decoded.push_str(rest);
    Cow::Owned(decoded)
}

/// The encoded word that `text` begins with, and what follows it.
fn word(text: &str) -> Option<(String, &str)> {
    let window = text.as_bytes().get(..text.len().min(WORD_READ_OCTETS_MAX))?;
    let charset_end = memchr(b'?', window.get(2..)?)?.saturating_add(2);
    let data = charset_end.saturating_add(3);
    let is_head = charset_end <= CHARSET_END_MAX && window.get(data.saturating_sub(1)) == Some(&b'?');
    if !is_head {
        return None;
    }
    let end = memmem::find(window.get(data..)?, b"?=")?
        .saturating_add(data)
        .saturating_add(2);
    let (word, after) = text.split_at_checked(end)?;
    // The library ends a value at its line end.
    let line = format!("{word}\n");
    match MessageStream::new(line.as_bytes()).parse_unstructured() {
        HeaderValue::Text(decoded) => Some((decoded.into_owned(), after)),
        _ => None,
    }
}

/// Whether a text can stand in a header as it is: printable ASCII that nobody takes for an encoded word.
#[must_use]
pub fn is_plain(text: &str) -> bool {
    text.bytes().all(|octet| matches!(octet, b' '..=b'~')) && !text.contains("=?")
}

/// The text as encoded words in UTF-8, separated by spaces, which a reader drops.
#[must_use]
pub fn encode(text: &str) -> String {
    let mut words = String::with_capacity(text.len().saturating_mul(2));
    let mut rest = text;
    while !rest.is_empty() {
        let mut length = rest.len().min(WORD_OCTETS_MAX);
        while !rest.is_char_boundary(length) {
            length = length.saturating_sub(1);
        }
        let (chunk, more) = rest.split_at_checked(length).unwrap_or((rest, ""));
        if !words.is_empty() {
            words.push(' ');
        }
        words.push_str("=?utf-8?B?");
        STANDARD.encode_append(chunk, &mut words);
        words.push_str("?=");
        rest = more;
    }
    words
}

#[cfg(test)]
mod tests;
