//! Content-Type and Content-Disposition: a type and its parameters.
//!
//! Read by [`crate::part`] to walk and by [`crate::canonical`] to convert. Invariants: the type and the names of
//! parameters are in lower case; values are text, with quotes, RFC 2231 and RFC 2047 undone by the library; what cannot
//! be read is `text/plain`, the default of RFC 2045 §5.2.

use std::borrow::Cow;

use mail_parser::HeaderValue;
use mail_parser::parsers::MessageStream;
use memchr::memmem;

use crate::error::{Error, ErrorKind};
use crate::header::{Header, text};
use crate::limits::{BOUNDARY_OCTETS_MAX, MEDIA_OCTETS_MAX, MEDIA_WORDS_MAX};

/// A type and its parameters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContentType<'a> {
    /// The type, such as `multipart`; of a disposition all of it.
    pub main: Cow<'a, str>,
    /// The subtype, such as `related`; empty when there is none.
    pub sub: Cow<'a, str>,
    /// Names and values in the order of the header.
    pub parameters: Vec<(Cow<'a, str>, Cow<'a, str>)>,
}

impl<'a> ContentType<'a> {
    /// What an entity is whose header does not say: text/plain, without a character set.
    #[must_use]
    pub const fn text_plain() -> Self {
        Self {
            main: Cow::Borrowed("text"),
            sub: Cow::Borrowed("plain"),
            parameters: Vec::new(),
        }
    }

    /// Reads the value of a header. Errors: `HeaderTooLong`, `WordsTooMany`.
    pub fn read(header: &Header<'a>, offset: usize) -> Result<Self, Error> {
        let raw = header.raw;
        if raw.len() > MEDIA_OCTETS_MAX {
            return Err(Error::new(ErrorKind::HeaderTooLong, offset));
        }
        if memmem::find_iter(raw, b"=?").nth(MEDIA_WORDS_MAX).is_some() {
            return Err(Error::new(ErrorKind::WordsTooMany, offset));
        }
        // The library reads to the end of the line, and takes octets that are not UTF-8 for noise.
        let is_whole = raw.ends_with(b"\n") && str::from_utf8(raw).is_ok();
        let parsed = if is_whole {
            MessageStream::new(raw).parse_content_type()
        } else {
            let line = format!("{}\n", text(raw).trim_end());
            MessageStream::new(line.as_bytes())
                .parse_content_type()
                .into_owned()
        };
        let HeaderValue::ContentType(parsed) = parsed else {
            return Ok(Self::text_plain());
        };
        let parameters = parsed.attributes.unwrap_or_default();
        Ok(Self {
            main: parsed.c_type,
            sub: parsed.c_subtype.unwrap_or_default(),
            parameters: parameters.into_iter().map(|a| (a.name, a.value)).collect(),
        })
    }

    /// Whether it is that type and subtype, given in lower case.
    #[must_use]
    pub fn is(&self, main: &str, sub: &str) -> bool {
        self.main == main && self.sub == sub
    }

    /// Whether it is a `multipart/*`.
    #[must_use]
    pub fn is_multipart(&self) -> bool {
        self.main == "multipart"
    }

    /// Type and subtype with the slash between them.
    #[must_use]
    pub fn name(&self) -> String {
        format!("{}/{}", self.main, self.sub)
    }

    /// The first parameter of that name, given in lower case.
    #[must_use]
    pub fn parameter(&self, name: &str) -> Option<&str> {
        let found = self.parameters.iter().find(|parameter| parameter.0 == name);
        found.map(|parameter| parameter.1.as_ref())
    }

    /// The boundary of a multipart, if it can be one.
    #[must_use]
    pub fn boundary(&self) -> Option<&str> {
        let boundary = self.parameter("boundary")?.trim_ascii_end();
        let is_boundary = (1..=BOUNDARY_OCTETS_MAX).contains(&boundary.len())
            && !boundary.bytes().any(|octet| octet.is_ascii_control());
        is_boundary.then_some(boundary)
    }
}

#[cfg(test)]
mod tests;
