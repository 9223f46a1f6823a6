//! Text with a character set, as it is on the wire.
//!
//! Used for subjects, addresses and status texts. Invariant: the octets are never converted; a message leaves with
//! the subject that it came with, whatever its character set.

use crate::charset;

/// An Encoded-string-value: octets and the character set that the sender named, if any.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct EncodedString<'a> {
    /// IANA MIBenum; `None` when the sender named none (then it is US-ASCII by the book, often UTF-8 in practice).
    pub charset: Option<u32>,
    /// The text without Quote and terminator, in that character set.
    pub text: &'a [u8],
}

impl<'a> EncodedString<'a> {
    /// A text that names no character set.
    #[must_use]
    pub const fn ascii(text: &'a [u8]) -> Self {
        Self { charset: None, text }
    }

    /// A text in UTF-8.
    #[must_use]
    pub const fn utf8(text: &'a str) -> Self {
        Self {
            charset: Some(charset::UTF_8),
            text: text.as_bytes(),
        }
    }

    /// What is left of a Value-length after the character set. A text of single octets ends at its first zero octet, as
    /// a Text-string does. Of wider code units the length is the truth: terminators are trimmed unit by unit, since
    /// `01 00` is a letter in UCS-2 and `41 00` one in UTF-16LE, and senders write one zero octet or two; a last unit
    /// that is not whole is dropped.
    pub(crate) fn from_value(charset: Option<u32>, value: &'a [u8]) -> Self {
        let text = match charset.map_or(1, charset::code_unit_octets) {
            1 => {
                let text = value.strip_prefix(b"\x7F").unwrap_or(value);
                text.split(|&octet| octet == 0).next().unwrap_or_default()
            }
            unit => {
                let rest = value.len().checked_rem(unit).unwrap_or(0);
                let whole = value.get(..value.len().saturating_sub(rest)).unwrap_or_default();
                trim_zeros(whole, unit)
            }
        };
        Self { charset, text }
    }
}

/// `text` without the code units at its end that are zero.
fn trim_zeros(mut text: &[u8], unit: usize) -> &[u8] {
    while let Some((head, last)) = text.split_at_checked(text.len().wrapping_sub(unit)) {
        if last.iter().any(|&octet| octet != 0) {
            break;
        }
        text = head;
    }
    text
}

#[cfg(test)]
mod tests;
