//! Content-type-value: a media type and its parameters.
//!
//! The last header of a PDU with a body, the first of each multipart entry. Invariants: `raw` is exactly what was
//! on the wire, so that a message leaves with the content type it came with; parameters are read when asked for.

use crate::error::Error;
use crate::media_type;
use crate::parameter::{ParameterValue, Parameters};
use crate::read::Reader;

/// A media type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Media<'a> {
    /// A well-known code, see [`media_type`].
    Code(u16),
    /// A media type in words, which may be empty.
    Text(&'a [u8]),
}

impl<'a> Media<'a> {
    /// The media type in words; `*/*` for an empty one, empty for a code that is not assigned.
    #[must_use]
    pub fn name(&self) -> &'a [u8] {
        match *self {
            Self::Code(code) => media_type::name(code).unwrap_or("").as_bytes(),
            Self::Text(b"") => b"*/*",
            Self::Text(text) => text,
        }
    }
}

/// A media type with parameters, borrowed from the wire.
#[derive(Debug, Clone, Copy)]
pub struct ContentType<'a> {
    /// The octets on the wire, Value-length included.
    pub raw: &'a [u8],
    /// The media type.
    pub media: Media<'a>,
    parameters: Parameters<'a>,
}

impl PartialEq for ContentType<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.raw == other.raw
    }
}

impl Eq for ContentType<'_> {}

impl<'a> ContentType<'a> {
    /// Reads a Content-type-value (WSP §8.4.2.24): a code, a text, or a Value-length with either and parameters.
    /// Errors: `Truncated`, `Integer`, `Uintvar`.
    pub fn read(reader: &mut Reader<'a>) -> Result<Self, Error> {
        let (raw, (media, parameters)) = reader.spanned(|reader| match reader.peek() {
            Some(1..=31) => {
                let mut value = reader.value()?;
                Ok((media(&mut value)?, value))
            }
            _ => Ok((media(reader)?, Reader::new(b""))),
        })?;
        Ok(Self {
            raw,
            media,
            parameters: Parameters::new(parameters),
        })
    }

    /// Reads a value that lies alone in `raw`. Errors: as [`Self::read`].
    pub fn from_raw(raw: &'a [u8]) -> Result<Self, Error> {
        Self::read(&mut Reader::new(raw))
    }

    /// The parameters.
    #[must_use]
    pub const fn parameters(&self) -> Parameters<'a> {
        self.parameters
    }

    /// Whether this is that media type, compared without case.
    #[must_use]
    pub fn is(&self, name: &str) -> bool {
        self.media.name().eq_ignore_ascii_case(name.as_bytes())
    }

    /// Whether the body is a binary multipart (`application/vnd.wap.multipart.*`, or `multipart/*` by its code or
    /// in words, which clients use for the same layout).
    #[must_use]
    pub fn is_multipart(&self) -> bool {
        let starts_with = |prefix: &[u8]| {
            self.media
                .name()
                .get(..prefix.len())
                .is_some_and(|head| head.eq_ignore_ascii_case(prefix))
        };
        starts_with(b"application/vnd.wap.multipart.") || starts_with(b"multipart/")
    }

    /// The character set of a text, as MIBenum.
    #[must_use]
    pub fn charset(&self) -> Option<u32> {
        self.parameters.named("charset")?.charset()
    }

    /// `start` of a multipart/related: the Content-ID of its root, with or without `<>` as sent.
    #[must_use]
    pub fn start(&self) -> Option<&'a [u8]> {
        self.parameters.named("start")?.text()
    }

    /// `type` of a multipart/related: the media type of its root.
    #[must_use]
    pub fn root_type(&self) -> Option<Media<'a>> {
        match self.parameters.named("type")?.value {
            ParameterValue::Integer(code) => u16::try_from(code).ok().map(Media::Code),
            ParameterValue::Text(text) => Some(Media::Text(text)),
            ParameterValue::Empty => None,
        }
    }

    /// `name` of the content.
    #[must_use]
    pub fn name(&self) -> Option<&'a [u8]> {
        self.parameters.named("name")?.text()
    }
}

fn media<'a>(reader: &mut Reader<'a>) -> Result<Media<'a>, Error> {
    match reader.peek() {
        Some(1..=30 | 0x80..) => {
            let at = *reader;
            let code = reader.integer()?;
            let code = u16::try_from(code).map_err(|_| at.error(crate::ErrorKind::Integer))?;
            Ok(Media::Code(code))
        }
        _ => Ok(Media::Text(reader.text_string()?)),
    }
}

#[cfg(test)]
mod tests;
