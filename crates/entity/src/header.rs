//! The head of an entity: its headers, in order, as views over the mail.
//!
//! First step of every reader. Invariants: a head that exists is within its limits; iteration never fails and never
//! allocates; a line that is no header is passed over, since relays leave such lines behind. Grammar: RFC 5322 §2.2.

use std::borrow::Cow;

use memchr::{memchr, memchr3};

use crate::error::{Error, ErrorKind};
use crate::limits::{HEAD_OCTETS_MAX, HEADER_OCTETS_MAX, HEADERS_MAX};
use crate::word;

/// One header, raw.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Header<'a> {
    /// Its name as it was written: printable ASCII, at least one octet.
    pub name: &'a [u8],
    /// What follows the colon, with folds and the end of its last line.
    pub raw: &'a [u8],
}

impl<'a> Header<'a> {
    /// Whether it has this name, in any case.
    #[must_use]
    pub fn is(&self, name: &str) -> bool {
        self.name.eq_ignore_ascii_case(name.as_bytes())
    }

    /// The value without folds and without white space around it. Borrowed unless it was folded.
    #[must_use]
    pub fn value(&self) -> Cow<'a, [u8]> {
        let trimmed = self.raw.trim_ascii();
        if memchr3(b'\n', b'\r', 0, trimmed).is_none() {
            return Cow::Borrowed(trimmed);
        }
        Cow::Owned(
            trimmed
                .iter()
                .copied()
                .filter(|octet| !matches!(octet, b'\n' | b'\r' | 0))
                .collect(),
        )
    }

    /// The value as text: UTF-8, or ISO 8859-1 where it is not UTF-8. Encoded words stay as they are.
    #[must_use]
    pub fn text(&self) -> Cow<'a, str> {
        match self.value() {
            Cow::Borrowed(octets) => text(octets),
            Cow::Owned(octets) => Cow::Owned(text(&octets).into_owned()),
        }
    }

    /// The value as text for people: encoded words (RFC 2047) are decoded.
    #[must_use]
    pub fn decoded(&self) -> Cow<'a, str> {
        word::decode(self.text())
    }
}

/// Octets as text: UTF-8, or ISO 8859-1 where they are not.
#[must_use]
pub fn text(octets: &[u8]) -> Cow<'_, str> {
    match str::from_utf8(octets) {
        Ok(text) => Cow::Borrowed(text),
        Err(_) => Cow::Owned(octets.iter().copied().map(char::from).collect()),
    }
}

/// A head: iterate over it for its headers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Headers<'a> {
    bytes: &'a [u8],
}

impl<'a> Headers<'a> {
    /// Splits an entity that lies `offset` octets into the mail into its head and where its body begins in `bytes`.
    /// Without an empty line all of it is head. Errors: `HeadTooLong`, `HeadersTooMany`, `HeaderTooLong`.
    pub fn read(bytes: &'a [u8], offset: usize) -> Result<(Self, usize), Error> {
        let at = |position: usize| offset.saturating_add(position);
        let (mut position, mut header_start, mut headers) = (0_usize, 0_usize, 0_usize);
        loop {
            let rest = bytes.get(position..).unwrap_or_default();
            let length = memchr(b'\n', rest).map_or(rest.len(), |end| end.saturating_add(1));
            let line = rest.get(..length).unwrap_or_default();
            if matches!(line, b"" | b"\n" | b"\r\n") {
                let head = bytes.get(..position).unwrap_or_default();
                return Ok((Self { bytes: head }, position.saturating_add(length)));
            }
            if !matches!(line.first(), Some(b' ' | b'\t')) {
                header_start = position;
                headers = headers.saturating_add(1);
            }
            position = position.saturating_add(length);
            if headers > HEADERS_MAX {
                return Err(Error::new(ErrorKind::HeadersTooMany, at(header_start)));
            }
            if position.saturating_sub(header_start) > HEADER_OCTETS_MAX {
                return Err(Error::new(ErrorKind::HeaderTooLong, at(header_start)));
            }
            if position > HEAD_OCTETS_MAX {
                return Err(Error::new(ErrorKind::HeadTooLong, at(HEAD_OCTETS_MAX)));
            }
        }
    }

    /// The octets of the head, without the empty line.
    #[must_use]
    pub const fn bytes(&self) -> &'a [u8] {
        self.bytes
    }

    /// The first header of that name, in any case.
    #[must_use]
    pub fn first(mut self, name: &str) -> Option<Header<'a>> {
        self.find(|header| header.is(name))
    }
}

impl<'a> Iterator for Headers<'a> {
    type Item = Header<'a>;

    fn next(&mut self) -> Option<Header<'a>> {
        while !self.bytes.is_empty() {
            let (field, rest) = self.bytes.split_at_checked(field_length(self.bytes))?;
            self.bytes = rest;
            if let Some(header) = header(field) {
                return Some(header);
            }
        }
        None
    }
}

/// Octets of the first field: its first line and those that begin with white space.
fn field_length(bytes: &[u8]) -> usize {
    let mut length = 0_usize;
    loop {
        let rest = bytes.get(length..).unwrap_or_default();
        let Some(end) = memchr(b'\n', rest) else {
            return bytes.len();
        };
        length = length.saturating_add(end).saturating_add(1);
        if !matches!(bytes.get(length), Some(b' ' | b'\t')) {
            return length;
        }
    }
}

fn header(field: &[u8]) -> Option<Header<'_>> {
    let colon = memchr(b':', field)?;
    let name = field.get(..colon)?.trim_ascii_end();
    let is_name = !name.is_empty() && name.iter().all(u8::is_ascii_graphic);
    is_name.then_some(Header {
        name,
        raw: field.get(colon.saturating_add(1)..)?,
    })
}

#[cfg(test)]
mod tests;
