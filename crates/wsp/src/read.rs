//! The cursor that reads WSP primitives out of borrowed bytes.
//!
//! Everything that decodes (content types, multiparts, MMS headers) goes through [`Reader`]. Invariants: it never
//! allocates, never panics, never reads past its end; after an error the position is unspecified, so callers that
//! want to go on work on a copy (`Reader` is `Copy`). Value grammar: WAP-230-WSP §8.4.

use crate::error::{Error, ErrorKind};
use crate::{EncodedString, Version};

/// A position in borrowed bytes, with the offset of that position in the outermost input for error messages.
#[derive(Debug, Clone, Copy)]
pub struct Reader<'a> {
    rest: &'a [u8],
    offset: usize,
}

/// How a value whose first octet is 0x80 or above is skipped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HighOctet {
    /// It is a one-octet value, as WSP says.
    Value,
    /// It begins a text whose sender forgot the Quote octet: it lasts to the next zero octet.
    Text,
}

impl<'a> Reader<'a> {
    /// Reads `bytes` from their start.
    #[must_use]
    pub const fn new(bytes: &'a [u8]) -> Self {
        Self {
            rest: bytes,
            offset: 0,
        }
    }

    /// Reads `bytes`, which lie `offset` octets into the outermost input.
    #[must_use]
    pub const fn at(bytes: &'a [u8], offset: usize) -> Self {
        Self { rest: bytes, offset }
    }

    /// Octets from the start of the outermost input to this position.
    #[must_use]
    pub const fn offset(&self) -> usize {
        self.offset
    }

    /// What has not been read yet.
    #[must_use]
    pub const fn rest(&self) -> &'a [u8] {
        self.rest
    }

    /// Whether everything has been read.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    /// The next octet, which stays unread.
    #[must_use]
    pub fn peek(&self) -> Option<u8> {
        self.rest.first().copied()
    }

    /// An error of `kind` at this position.
    #[must_use]
    pub fn error(&self, kind: ErrorKind) -> Error {
        Error::new(kind, self.offset)
    }

    /// One octet. Errors: `Truncated`.
    #[inline]
    pub fn octet(&mut self) -> Result<u8, Error> {
        let (&first, rest) = self
            .rest
            .split_first()
            .ok_or_else(|| self.error(ErrorKind::Truncated))?;
        self.rest = rest;
        self.offset = self.offset.wrapping_add(1);
        Ok(first)
    }

    /// The next `count` octets. Errors: `Truncated`.
    #[inline]
    pub fn take(&mut self, count: usize) -> Result<&'a [u8], Error> {
        let (taken, rest) = self
            .rest
            .split_at_checked(count)
            .ok_or_else(|| self.error(ErrorKind::Truncated))?;
        self.rest = rest;
        self.offset = self.offset.wrapping_add(count);
        Ok(taken)
    }

    /// The octets that `read` consumed, with what it made of them. Errors: those of `read`.
    pub fn spanned<T>(
        &mut self,
        read: impl FnOnce(&mut Self) -> Result<T, Error>,
    ) -> Result<(&'a [u8], T), Error> {
        let before = *self;
        let value = read(self)?;
        let consumed = before.rest.len().saturating_sub(self.rest.len());
        let raw = before.rest.get(..consumed).unwrap_or_default();
        Ok((raw, value))
    }

    /// Short-integer: seven bits with the high bit set. Errors: `Truncated`, `Integer`.
    pub fn short_integer(&mut self) -> Result<u8, Error> {
        let before = *self;
        match self.octet()? {
            octet @ 0x80.. => Ok(octet & 0x7F),
            _ => Err(before.error(ErrorKind::Integer)),
        }
    }

    /// Long-integer: a length of 1 to 30, then that many octets, most significant first. Leading zeros are legal.
    /// Errors: `Truncated`, `Integer` (also above 64 bits).
    pub fn long_integer(&mut self) -> Result<u64, Error> {
        let before = *self;
        let length = self.octet()?;
        if !(1..=30).contains(&length) {
            return Err(before.error(ErrorKind::Integer));
        }
        let mut value = 0_u64;
        for &octet in self.take(usize::from(length))? {
            if value >> 56 != 0 {
                return Err(before.error(ErrorKind::Integer));
            }
            value = (value << 8) | u64::from(octet);
        }
        Ok(value)
    }

    /// Integer-value: a Short-integer or a Long-integer. Errors: `Truncated`, `Integer`.
    pub fn integer(&mut self) -> Result<u64, Error> {
        match self.peek() {
            Some(0x80..) => self.short_integer().map(u64::from),
            _ => self.long_integer(),
        }
    }

    /// Uintvar: one to five octets of seven bits, most significant first. Errors: `Truncated`, `Uintvar`.
    #[inline]
    pub fn uintvar(&mut self) -> Result<u32, Error> {
        let before = *self;
        let mut value = 0_u32;
        for _ in 0..5 {
            let octet = self.octet()?;
            if value >> 25 != 0 {
                return Err(before.error(ErrorKind::Uintvar));
            }
            value = (value << 7) | u32::from(octet & 0x7F);
            if octet & 0x80 == 0 {
                return Ok(value);
            }
        }
        Err(before.error(ErrorKind::Uintvar))
    }

    /// Value-length: 0 to 30 in one octet, or 31 and a Uintvar. Errors: `Truncated`, `ValueLength`, `Uintvar`.
    pub fn value_length(&mut self) -> Result<u32, Error> {
        let before = *self;
        match self.octet()? {
            short @ 0..=30 => Ok(u32::from(short)),
            31 => self.uintvar(),
            _ => Err(before.error(ErrorKind::ValueLength)),
        }
    }

    /// A Value-length and a reader over exactly that many octets. Errors: as [`Self::value_length`].
    pub fn value(&mut self) -> Result<Self, Error> {
        let length = self.value_length()?;
        let offset = self.offset;
        let bytes = self.take(usize::try_from(length).unwrap_or(usize::MAX))?;
        Ok(Self { rest: bytes, offset })
    }

    /// The octets up to the next zero octet, which is consumed too. Errors: `Truncated`.
    #[inline]
    pub fn until_zero(&mut self) -> Result<&'a [u8], Error> {
        let length = zero_position(self.rest).ok_or_else(|| self.error(ErrorKind::Truncated))?;
        let text = self.take(length)?;
        self.octet()?;
        Ok(text)
    }

    /// Text-string: octets up to a zero octet, without the Quote (0x7F) that precedes a high first octet.
    /// Errors: `Truncated`.
    pub fn text_string(&mut self) -> Result<&'a [u8], Error> {
        let text = self.until_zero()?;
        Ok(text.strip_prefix(b"\x7F").unwrap_or(text))
    }

    /// Quoted-string: `"`, octets, zero; a closing quote and a missing opening one are tolerated. Errors: `Truncated`.
    pub fn quoted_string(&mut self) -> Result<&'a [u8], Error> {
        Ok(unquoted(self.text_string()?))
    }

    /// Encoded-string-value: a Text-string, or a Value-length, a character set and a text. A value without a
    /// character set inside its Value-length is tolerated. Errors: `Truncated`, `Integer`, `Uintvar`.
    pub fn encoded_string(&mut self) -> Result<EncodedString<'a>, Error> {
        match self.peek() {
            Some(1..=31) => {
                let mut value = self.value()?;
                let charset = match value.peek() {
                    None | Some(0x20..=0x7F) => None,
                    Some(_) => {
                        let at = value;
                        let code = value.integer()?;
                        Some(u32::try_from(code).map_err(|_| at.error(ErrorKind::Integer))?)
                    }
                };
                Ok(EncodedString::from_value(charset, value.rest))
            }
            _ => Ok(EncodedString {
                charset: None,
                text: self.text_string()?,
            }),
        }
    }

    /// Date-value, seconds since 1970-01-01 UTC. A Short-integer is tolerated. Errors: `Truncated`, `Integer`.
    pub fn date(&mut self) -> Result<u64, Error> {
        self.integer()
    }

    /// Delta-seconds-value, seconds. Errors: `Truncated`, `Integer`.
    pub fn delta_seconds(&mut self) -> Result<u64, Error> {
        self.integer()
    }

    /// Version-value as a Short-integer. Errors: `Truncated`, `Form`.
    pub fn version(&mut self) -> Result<Version, Error> {
        let before = *self;
        let octet = self.octet()?;
        Version::from_octet(octet).ok_or_else(|| before.error(ErrorKind::Form))
    }

    /// Any value, whatever its type, as its octets on the wire, Value-length and terminator included: 0–30 is a
    /// length, 31 a Uintvar length, 32–127 begins a text, 128–255 stands alone unless `high` says that it begins
    /// a text (WSP §8.4.1.2). Errors: `Truncated`, `Uintvar`.
    #[inline]
    pub fn raw_value(&mut self, high: HighOctet) -> Result<&'a [u8], Error> {
        let length = match (self.peek(), high) {
            (None, _) => return Err(self.error(ErrorKind::Truncated)),
            (Some(short @ 0..=30), _) => usize::from(short).saturating_add(1),
            (Some(31), _) => return self.raw_long_value(),
            (Some(32..=127), _) | (Some(_), HighOctet::Text) => zero_position(self.rest)
                .ok_or_else(|| self.error(ErrorKind::Truncated))?
                .saturating_add(1),
            (Some(_), HighOctet::Value) => 1,
        };
        self.take(length)
    }

    fn raw_long_value(&mut self) -> Result<&'a [u8], Error> {
        Ok(self.spanned(Self::value)?.0)
    }
}

/// A text without the quotes around it; the closing one is optional.
pub(crate) fn unquoted(text: &[u8]) -> &[u8] {
    match text.strip_prefix(b"\"") {
        Some(open) => open.strip_suffix(b"\"").unwrap_or(open),
        None => text,
    }
}

/// Where the first zero octet is: eight octets at a time, for texts are the bulk of a header section.
#[inline]
fn zero_position(bytes: &[u8]) -> Option<usize> {
    const LOW: u64 = 0x0101_0101_0101_0101;
    const HIGH: u64 = 0x8080_8080_8080_8080;
    let (words, tail) = bytes.as_chunks::<8>();
    let mut position = 0_usize;
    for word in words {
        let word = u64::from_le_bytes(*word);
        // The lowest set bit marks the first zero octet: borrows only spread upwards from a zero.
        let zeros = word.wrapping_sub(LOW) & !word & HIGH;
        if zeros != 0 {
            return Some(position.saturating_add((zeros.trailing_zeros() >> 3) as usize));
        }
        position = position.saturating_add(8);
    }
    tail.iter()
        .position(|&octet| octet == 0)
        .map(|index| position.saturating_add(index))
}

#[cfg(test)]
mod tests;
