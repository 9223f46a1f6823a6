//! The transaction id of a mail to a peer: which message, which peer, and which of its copies the mail is for.
//!
//! Written by `mail`, read by `arrival::word` from what the peer says of it. A message may go to one peer in several
//! mails: its recipients are more than one mail takes, or some were refused for now. A response as peers write it
//! names no recipient; it is about those of its mail and no others. Invariant: the mail of a second try for the same
//! copies has the same id, for any others another.
//!
//! ```text
//!  0123456789abcdef . 89abcdef . 41
//!  message            peer       copies: a digit for four of them, the lowest bit for the first; here 2 and 4
//! ```

use base::{MessageId, limits};
use std::fmt;
use store::via::PeerMark;

const WORD_BITS: u16 = u64::BITS as u16;
const WORDS: usize = (limits::RECIPIENTS_MAX / WORD_BITS) as usize;
/// Hexadecimal digits of a word.
const WORD_DIGITS: usize = (WORD_BITS / 4) as usize;

const _: () = assert!(
    limits::RECIPIENTS_MAX.is_multiple_of(WORD_BITS),
    "each copy of a message has its bit"
);

/// Which copies of a message a mail is for, by their places among its recipients.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Part([u64; WORDS]);

impl Part {
    /// Adds a copy.
    pub(crate) fn insert(&mut self, index: u16) {
        if let Some(word) = self.0.get_mut(usize::from(index / WORD_BITS)) {
            *word |= 1 << (index % WORD_BITS);
        }
    }

    /// Whether the copy is of this part.
    #[must_use]
    pub fn contains(&self, index: u16) -> bool {
        let word = self.0.get(usize::from(index / WORD_BITS));
        word.is_some_and(|word| word >> (index % WORD_BITS) & 1 == 1)
    }

    fn digit(&self, place: usize) -> u8 {
        let word = self.0.get(place / WORD_DIGITS).copied().unwrap_or(0);
        (word >> (4 * (place % WORD_DIGITS)) & 0xf) as u8
    }

    fn read(text: &str) -> Option<Part> {
        let mut part = Part::default();
        if text.len() > WORDS * WORD_DIGITS || text.ends_with('0') || text.is_empty() {
            return None;
        }
        for (place, octet) in text.bytes().enumerate() {
            let digit = char::from(octet).to_digit(16)?;
            *part.0.get_mut(place / WORD_DIGITS)? |= u64::from(digit) << (4 * (place % WORD_DIGITS));
        }
        Some(part)
    }
}

impl FromIterator<u16> for Part {
    fn from_iter<I: IntoIterator<Item = u16>>(indices: I) -> Part {
        let mut part = Part::default();
        indices.into_iter().for_each(|index| part.insert(index));
        part
    }
}

impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let digits = WORDS * WORD_DIGITS;
        let end = (0..digits).rfind(|&place| self.digit(place) != 0);
        (0..=end.unwrap_or(0)).try_for_each(|place| write!(f, "{:x}", self.digit(place)))
    }
}

/// The id of a mail with these copies of a message for a peer.
pub(crate) fn transaction_id(message: MessageId, peer: PeerMark, part: Part) -> String {
    format!("{message}.{:08x}.{part}", peer.short())
}

/// Takes a transaction id apart: which message, the mark of which peer, in short, and which copies.
pub(crate) fn read_transaction_id(bare: &[u8]) -> Option<(MessageId, u32, Part)> {
    let (message, rest) = str::from_utf8(bare).ok()?.split_once('.')?;
    let (peer, part) = rest.split_once('.')?;
    let is_hex = |text: &str, digits| text.len() == digits && text.bytes().all(|c| c.is_ascii_hexdigit());
    if !(is_hex(message, 16) && is_hex(peer, 8)) {
        return None;
    }
    let message = u64::from_str_radix(message, 16).ok()?;
    let peer = u32::from_str_radix(peer, 16).ok()?;
    Some((MessageId::from_bits(message), peer, Part::read(part)?))
}

#[cfg(test)]
mod tests;
