//! Parameters of a content type or a content disposition.
//!
//! Read by [`crate::ContentType`] and by part headers. Invariants: iteration never fails, it ends at the first
//! parameter that cannot be read (the value's length bounds the damage); names are looked up in one table.

use crate::charset;
use crate::error::Error;
use crate::read::{HighOctet, Reader, unquoted};

/// Token of `charset`, value an Integer-value.
pub const CHARSET: u8 = 0x01;
/// Token of `name` in WSP 1.1, value a Text-string.
pub const NAME: u8 = 0x05;
/// Token of `filename` in WSP 1.1, value a Text-string.
pub const FILENAME: u8 = 0x06;
/// Token of `type` of a multipart/related, value a content-type code or a Text-string.
pub const TYPE: u8 = 0x09;
/// Token of `start` in WSP 1.2, value a Text-string.
pub const START: u8 = 0x0A;

const Q: u8 = 0x00;

/// Token and name of each assigned parameter. Tokens 17 to 1D are the WSP 1.4 twins of older ones. Source: WINA
/// well-known parameter assignments.
pub const PARAMETERS: &[(u8, &str)] = &[
    (0x00, "q"),
    (0x01, "charset"),
    (0x02, "level"),
    (0x03, "type"),
    (0x05, "name"),
    (0x06, "filename"),
    (0x07, "differences"),
    (0x08, "padding"),
    (0x09, "type"),
    (0x0A, "start"),
    (0x0B, "start-info"),
    (0x0C, "comment"),
    (0x0D, "domain"),
    (0x0E, "max-age"),
    (0x0F, "path"),
    (0x10, "secure"),
    (0x11, "sec"),
    (0x12, "mac"),
    (0x13, "creation-date"),
    (0x14, "modification-date"),
    (0x15, "read-date"),
    (0x16, "size"),
    (0x17, "name"),
    (0x18, "filename"),
    (0x19, "start"),
    (0x1A, "start-info"),
    (0x1B, "comment"),
    (0x1C, "domain"),
    (0x1D, "path"),
];

/// The name of a parameter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ParameterName<'a> {
    /// A token, without its high bit.
    Token(u8),
    /// A name in full.
    Text(&'a [u8]),
}

/// The value of a parameter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ParameterValue<'a> {
    /// No value (one zero octet).
    Empty,
    /// A number: a MIBenum, a content-type code, seconds, octets.
    Integer(u64),
    /// A text without quotes and terminator.
    Text(&'a [u8]),
}

/// One parameter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Parameter<'a> {
    /// Its name.
    pub name: ParameterName<'a>,
    /// Its value.
    pub value: ParameterValue<'a>,
}

impl<'a> Parameter<'a> {
    /// The name in words: a token's from [`PARAMETERS`] (empty if it is not assigned), else as it was sent.
    #[must_use]
    pub fn name_text(&self) -> &'a [u8] {
        match self.name {
            ParameterName::Text(text) => text,
            ParameterName::Token(token) => PARAMETERS
                .iter()
                .find(|row| row.0 == token)
                .map_or(b"".as_slice(), |row| row.1.as_bytes()),
        }
    }

    /// Whether the parameter has this name, in any case, as token or as text.
    #[must_use]
    pub fn is(&self, name: &str) -> bool {
        self.name_text().eq_ignore_ascii_case(name.as_bytes())
    }

    /// The value as a text; `None` for numbers and empty values.
    #[must_use]
    pub fn text(&self) -> Option<&'a [u8]> {
        match self.value {
            ParameterValue::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The value as a MIBenum: a number as it is, a text by name (some clients write `charset` in words).
    #[must_use]
    pub fn charset(&self) -> Option<u32> {
        match self.value {
            ParameterValue::Integer(code) => u32::try_from(code).ok(),
            ParameterValue::Text(text) => charset::by_name(text),
            ParameterValue::Empty => None,
        }
    }
}

/// The parameters of one value, in the order of the wire.
#[derive(Debug, Clone, Copy)]
pub struct Parameters<'a> {
    reader: Reader<'a>,
}

impl<'a> Parameters<'a> {
    /// Parameters in what `reader` has left.
    #[must_use]
    pub const fn new(reader: Reader<'a>) -> Self {
        Self { reader }
    }

    /// The first parameter of that name.
    #[must_use]
    pub fn named(mut self, name: &str) -> Option<Parameter<'a>> {
        self.find(|parameter| parameter.is(name))
    }
}

impl<'a> Iterator for Parameters<'a> {
    type Item = Parameter<'a>;

    fn next(&mut self) -> Option<Self::Item> {
        let parameter = read(&mut self.reader);
        if parameter.is_err() {
            self.reader = Reader::new(b"");
        }
        parameter.ok()
    }
}

/// WSP §8.4.2.4: Typed-parameter (token, typed value) or Untyped-parameter (text, integer or text).
fn read<'a>(reader: &mut Reader<'a>) -> Result<Parameter<'a>, Error> {
    let name = match reader.peek() {
        Some(0x80..) => ParameterName::Token(reader.short_integer()?),
        _ => ParameterName::Text(reader.text_string()?),
    };
    let value = match (name, reader.peek()) {
        (ParameterName::Token(Q), _) => ParameterValue::Integer(u64::from(reader.uintvar()?)),
        (_, Some(0)) => {
            reader.octet()?;
            ParameterValue::Empty
        }
        (_, Some(1..=30 | 0x80..)) => ParameterValue::Integer(reader.integer()?),
        (_, Some(31)) => {
            reader.raw_value(HighOctet::Value)?;
            ParameterValue::Empty
        }
        _ => ParameterValue::Text(unquoted(reader.text_string()?)),
    };
    Ok(Parameter { name, value })
}
