//! The headers of a multipart entry after its content type.
//!
//! Walked only when somebody asks for a name or an encoding. Invariants: iteration never fails, it ends at the first
//! header that cannot be read; unknown headers are handed out raw.

use crate::parameter::Parameters;
use crate::read::{HighOctet, Reader, unquoted};

/// Field code of Content-Encoding.
pub const CONTENT_ENCODING: u8 = 0x0B;
/// Field code of Content-Length.
pub const CONTENT_LENGTH: u8 = 0x0D;
/// Field code of Content-Location, value a Text-string.
pub const CONTENT_LOCATION: u8 = 0x0E;
/// Field code of Content-Disposition in WSP 1.1, the one that clients send.
pub const CONTENT_DISPOSITION: u8 = 0x2E;
/// Field code of Content-ID, value a Quoted-string.
pub const CONTENT_ID: u8 = 0x40;
/// Field code of Content-Disposition in WSP 1.4.
pub const CONTENT_DISPOSITION_1_4: u8 = 0x45;

/// One header of a part.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PartHeader<'a> {
    /// A header with a code (without its high bit) and its value, raw.
    Coded {
        /// The field code.
        code: u8,
        /// The value on the wire.
        value: &'a [u8],
    },
    /// A header in words.
    Text {
        /// Its name.
        name: &'a [u8],
        /// Its value.
        value: &'a [u8],
    },
}

/// The headers of one part, in the order of the wire.
#[derive(Debug, Clone, Copy)]
pub struct PartHeaders<'a> {
    reader: Reader<'a>,
}

impl<'a> PartHeaders<'a> {
    pub(crate) const fn new(reader: Reader<'a>) -> Self {
        Self { reader }
    }

    /// The octets of these headers on the wire.
    #[must_use]
    pub const fn raw(&self) -> &'a [u8] {
        self.reader.rest()
    }

    /// The value of the first header with that code, raw.
    #[must_use]
    pub fn coded(mut self, wanted: u8) -> Option<&'a [u8]> {
        self.find_map(|header| match header {
            PartHeader::Coded { code, value } if code == wanted => Some(value),
            _ => None,
        })
    }

    /// The value of the first header in words with that name, in any case.
    #[must_use]
    pub fn text(mut self, wanted: &str) -> Option<&'a [u8]> {
        self.find_map(|header| match header {
            PartHeader::Text { name, value } if name.eq_ignore_ascii_case(wanted.as_bytes()) => Some(value),
            _ => None,
        })
    }

    /// Content-ID without quotes and angle brackets; a plain text and missing brackets are tolerated.
    #[must_use]
    pub fn content_id(self) -> Option<&'a [u8]> {
        let text = self.coded_text(CONTENT_ID).or_else(|| self.text("Content-ID"))?;
        Some(without_brackets(unquoted(text)))
    }

    /// Content-Location.
    #[must_use]
    pub fn content_location(self) -> Option<&'a [u8]> {
        self.coded_text(CONTENT_LOCATION)
            .or_else(|| self.text("Content-Location"))
    }

    /// Content-Transfer-Encoding, which has no code but which some senders use (and mean).
    #[must_use]
    pub fn transfer_encoding(self) -> Option<&'a [u8]> {
        self.text("Content-Transfer-Encoding")
    }

    /// The `filename` parameter of Content-Disposition.
    #[must_use]
    pub fn file_name(self) -> Option<&'a [u8]> {
        let raw = self
            .coded(CONTENT_DISPOSITION)
            .or_else(|| self.coded(CONTENT_DISPOSITION_1_4))?;
        let mut value = Reader::new(raw).value().ok()?;
        value.raw_value(HighOctet::Value).ok()?;
        Parameters::new(value).named("filename")?.text()
    }

    fn coded_text(self, code: u8) -> Option<&'a [u8]> {
        Reader::new(self.coded(code)?).text_string().ok()
    }
}

impl<'a> Iterator for PartHeaders<'a> {
    type Item = PartHeader<'a>;

    fn next(&mut self) -> Option<Self::Item> {
        let header = read(&mut self.reader);
        if header.is_none() {
            self.reader = Reader::new(b"");
        }
        header
    }
}

fn read<'a>(reader: &mut Reader<'a>) -> Option<PartHeader<'a>> {
    match reader.peek()? {
        0x80.. => {
            let code = reader.short_integer().ok()?;
            let high = match code {
                CONTENT_ID | CONTENT_LOCATION => HighOctet::Text,
                _ => HighOctet::Value,
            };
            Some(PartHeader::Coded {
                code,
                value: reader.raw_value(high).ok()?,
            })
        }
        0x20..=0x7E => {
            let name = reader.until_zero().ok()?;
            Some(PartHeader::Text {
                name,
                value: reader.text_string().ok()?,
            })
        }
        _ => None,
    }
}

/// A Content-ID without the angle brackets around it, as `start` parameters and `cid:` links are compared.
#[must_use]
pub fn without_brackets(id: &[u8]) -> &[u8] {
    let id = id.strip_prefix(b"<").unwrap_or(id);
    id.strip_suffix(b">").unwrap_or(id)
}
