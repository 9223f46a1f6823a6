//! Binary multipart: the part table of a message body.
//!
//! ```text
//! body  = Uintvar nEntries, entry*
//! entry = Uintvar HeadersLen, Uintvar DataLen, [ Content-Type, headers ]: HeadersLen octets, data: DataLen octets
//! ```
//! Invariants: the data of a part is never looked at, so the work is linear in the headers; the number of entries
//! is a claim that ends the walk early but never makes it go on beyond the bytes; nesting is limited. WSP §8.5.

use crate::content_type::ContentType;
use crate::error::{Error, ErrorKind};
use crate::part_header::PartHeaders;
use crate::read::Reader;

/// How deep multiparts may nest, the outermost included. MMS clients nest once (an alternative inside a related).
pub const DEPTH_MAX: u8 = 4;

/// A binary multipart body; iterate over it for its parts.
#[derive(Debug, Clone, Copy)]
pub struct Multipart<'a> {
    entries_declared: u32,
    entries_left: u32,
    depth: u8,
    reader: Reader<'a>,
}

impl<'a> Multipart<'a> {
    /// Reads the number of entries at the start of a body. Errors: `Truncated` (an empty body), `Uintvar`.
    pub fn read(body: &'a [u8]) -> Result<Self, Error> {
        Self::read_at(Reader::new(body), 1)
    }

    fn read_at(mut reader: Reader<'a>, depth: u8) -> Result<Self, Error> {
        if depth > DEPTH_MAX {
            return Err(reader.error(ErrorKind::Depth));
        }
        let entries_declared = reader.uintvar()?;
        Ok(Self {
            entries_declared,
            entries_left: entries_declared,
            depth,
            reader,
        })
    }

    /// The number of entries that the body claims to have.
    #[must_use]
    pub const fn entries_declared(&self) -> u32 {
        self.entries_declared
    }

    fn part(&mut self) -> Result<Part<'a>, Error> {
        let reader = &mut self.reader;
        let headers_length = reader.uintvar()?;
        let data_length = reader.uintvar()?;
        if headers_length == 0 {
            return Err(reader.error(ErrorKind::NoContentType));
        }
        let headers_offset = reader.offset();
        let headers = reader.take(usize::try_from(headers_length).unwrap_or(usize::MAX))?;
        let mut head = Reader::at(headers, headers_offset);
        let content_type = ContentType::read(&mut head)?;
        let data_offset = reader.offset();
        let data = reader.take(usize::try_from(data_length).unwrap_or(usize::MAX))?;
        Ok(Part {
            content_type,
            headers: PartHeaders::new(head),
            data,
            data_offset,
            depth: self.depth,
        })
    }
}

impl<'a> Iterator for Multipart<'a> {
    type Item = Result<Part<'a>, Error>;

    /// The next part. After an error there are no more. The end of the bytes ends the table without an error, even
    /// when more entries were declared.
    fn next(&mut self) -> Option<Self::Item> {
        if self.reader.is_empty() {
            return None;
        }
        self.entries_left = self.entries_left.checked_sub(1)?;
        let part = self.part();
        if part.is_err() {
            self.entries_left = 0;
        }
        Some(part)
    }
}

/// One part: what it is, its headers, and its data.
#[derive(Debug, Clone, Copy)]
pub struct Part<'a> {
    /// The part's content type.
    pub content_type: ContentType<'a>,
    /// The headers after the content type.
    pub headers: PartHeaders<'a>,
    /// The data, as it is on the wire.
    pub data: &'a [u8],
    /// Octets from the start of the outermost body to the data.
    pub data_offset: usize,
    depth: u8,
}

impl<'a> Part<'a> {
    /// The parts of a part that is itself a multipart. Errors: `Depth`, `Truncated`, `Uintvar`.
    pub fn multipart(&self) -> Result<Multipart<'a>, Error> {
        Multipart::read_at(
            Reader::at(self.data, self.data_offset),
            self.depth.saturating_add(1),
        )
    }

    /// What the part is called: `name` of its content type, else the `filename` of its disposition.
    #[must_use]
    pub fn name(&self) -> Option<&'a [u8]> {
        self.content_type.name().or_else(|| self.headers.file_name())
    }

    /// Its Content-ID without quotes and angle brackets.
    #[must_use]
    pub fn content_id(&self) -> Option<&'a [u8]> {
        self.headers.content_id()
    }

    /// Its Content-Location.
    #[must_use]
    pub fn content_location(&self) -> Option<&'a [u8]> {
        self.headers.content_location()
    }
}

#[cfg(test)]
mod tests;
