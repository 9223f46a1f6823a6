//! An entity, and the walk over the parts of a multipart.
//!
//! The reader that everything else stands on. Invariants: bodies are views and are scanned once a level of nesting, for
//! line ends followed by `--`; a delimiter is a whole line (RFC 2046 §5.1.1), so that neither a longer boundary nor one
//! in the middle of a line ends a part; a multipart that is cut off ends with its last part.

use std::borrow::Cow;

use memchr::memmem::Finder;

use crate::content_type::ContentType;
use crate::error::{Error, ErrorKind};
use crate::header::Headers;
use crate::limits::{DEPTH_MAX, PARTS_MAX};
use crate::transfer::{self, Transfer};

/// A mail, or one of its parts: a head and a body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Entity<'a> {
    /// The head.
    pub headers: Headers<'a>,
    /// The body as it was carried: still in its transfer encoding, without the line end before the next delimiter.
    pub body: &'a [u8],
    /// Where the body begins, in octets from the start of the mail.
    pub body_offset: usize,
    depth: u8,
}

impl<'a> Entity<'a> {
    /// Splits a mail into head and body. Errors: `HeadTooLong`, `HeadersTooMany`, `HeaderTooLong`.
    pub fn read(mail: &'a [u8]) -> Result<Self, Error> {
        Self::read_at(mail, 0, 0)
    }

    fn read_at(bytes: &'a [u8], offset: usize, depth: u8) -> Result<Self, Error> {
        let (headers, body) = Headers::read(bytes, offset)?;
        Ok(Self {
            headers,
            body: bytes.get(body..).unwrap_or_default(),
            body_offset: offset.saturating_add(body),
            depth,
        })
    }

    /// What the body is; text/plain where the head does not say. Errors: those of [`ContentType::read`].
    pub fn content_type(&self) -> Result<ContentType<'a>, Error> {
        match self.headers.first("Content-Type") {
            Some(header) => ContentType::read(&header, self.body_offset),
            None => Ok(ContentType::text_plain()),
        }
    }

    /// How the body is encoded.
    #[must_use]
    pub fn transfer(&self) -> Transfer {
        let header = self.headers.first("Content-Transfer-Encoding");
        header.map_or(Transfer::Identity, |header| Transfer::read(&header.value()))
    }

    /// Appends the decoded body.
    pub fn decode(&self, out: &mut Vec<u8>) {
        transfer::decode(self.transfer(), self.body, out);
    }

    /// The Content-ID as it was written, with its angle brackets if it has them.
    #[must_use]
    pub fn content_id(&self) -> Option<Cow<'a, [u8]>> {
        self.headers.first("Content-ID").map(|header| header.value())
    }

    /// The Content-Location, decoded (RFC 2557 §4.4.2 allows encoded words).
    #[must_use]
    pub fn content_location(&self) -> Option<Cow<'a, str>> {
        self.headers
            .first("Content-Location")
            .map(|header| header.decoded())
    }

    /// The parts of a multipart. Errors: `Depth`, `Boundary`, `NoParts`.
    pub fn parts<'b>(&self, content_type: &'b ContentType<'_>) -> Result<Parts<'a, 'b>, Error> {
        let error = |kind| Error::new(kind, self.body_offset);
        if self.depth >= DEPTH_MAX {
            return Err(error(ErrorKind::Depth));
        }
        let boundary = content_type.boundary().ok_or(error(ErrorKind::Boundary))?;
        let mut parts = Parts {
            body: self.body,
            body_offset: self.body_offset,
            boundary: boundary.as_bytes(),
            finder: Finder::new(b"\n--"),
            next: None,
            depth: self.depth.saturating_add(1),
            count: 0,
        };
        // The first delimiter may be the first line; what stands before it is the preamble.
        let first = match delimiter(self.body, parts.boundary) {
            Some(delimiter) => Some(delimiter),
            None => parts.delimiter_after(0).map(|(_, delimiter)| delimiter),
        };
        match first {
            Some(Delimiter { next }) => parts.next = next,
            None => return Err(error(ErrorKind::NoParts)),
        }
        Ok(parts)
    }
}

/// A delimiter line: where the part after it begins; `None` after the closing one.
#[derive(Clone, Copy)]
struct Delimiter {
    next: Option<usize>,
}

/// The parts of a multipart, in order.
#[derive(Debug, Clone)]
pub struct Parts<'a, 'b> {
    body: &'a [u8],
    body_offset: usize,
    boundary: &'b [u8],
    finder: Finder<'static>,
    next: Option<usize>,
    depth: u8,
    count: usize,
}

impl Parts<'_, '_> {
    /// The next delimiter line that follows a line end at or after `from`: where the content before it ends, and the
    /// line.
    fn delimiter_after(&self, from: usize) -> Option<(usize, Delimiter)> {
        let mut position = from;
        loop {
            let rest = self.body.get(position..)?;
            let line_end = position.saturating_add(self.finder.find(rest)?);
            let line_start = line_end.saturating_add(1);
            if let Some(found) = delimiter(self.body.get(line_start..)?, self.boundary) {
                let next = found.next.map(|next| next.saturating_add(line_start));
                let before = self.body.get(..line_end).unwrap_or_default();
                let content = before.strip_suffix(b"\r").unwrap_or(before);
                return Some((content.len(), Delimiter { next }));
            }
            position = line_start;
        }
    }
}

impl<'a> Iterator for Parts<'a, '_> {
    type Item = Result<Entity<'a>, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        let start = self.next.take()?;
        let offset = self.body_offset.saturating_add(start);
        self.count = self.count.saturating_add(1);
        if self.count > PARTS_MAX {
            return Some(Err(Error::new(ErrorKind::PartsTooMany, offset)));
        }
        // The line end of the delimiter before may be that of the delimiter after: an empty part.
        let end = match self.delimiter_after(start.saturating_sub(1)) {
            Some((end, delimiter)) => {
                self.next = delimiter.next;
                end.max(start)
            }
            None => self.body.len(),
        };
        let bytes = self.body.get(start..end).unwrap_or_default();
        let part = Entity::read_at(bytes, offset, self.depth);
        if part.is_err() {
            self.next = None;
        }
        Some(part)
    }
}

/// Whether `bytes` begin with a delimiter line, and where the next line begins.
fn delimiter(bytes: &[u8], boundary: &[u8]) -> Option<Delimiter> {
    let after = bytes.strip_prefix(b"--")?.strip_prefix(boundary)?;
    let (after, closes) = match after.strip_prefix(b"--") {
        Some(after) => (after, true),
        None => (after, false),
    };
    let padding = after
        .iter()
        .take_while(|&&octet| matches!(octet, b' ' | b'\t'))
        .count();
    let line_end = match after.get(padding..)? {
        [] => 0,
        [b'\n', ..] => 1,
        [b'\r', b'\n', ..] => 2,
        _ => return None,
    };
    let rest = after.len().saturating_sub(padding.saturating_add(line_end));
    Some(Delimiter {
        next: (!closes).then(|| bytes.len().saturating_sub(rest)),
    })
}

#[cfg(test)]
mod tests;
