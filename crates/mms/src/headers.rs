//! The header section of a PDU, as a borrowed view.
//!
//! Walks fields one by one; the typed PDUs, the peek and the dump are all built on [`Fields`]. Invariants: a walk
//! never goes beyond the section, never allocates, and ends at the body, at padding, or at the first octet that
//! cannot be followed. Layout: OMA-TS-MMS_ENC clause 7.1; skip rule: WSP §8.4.1.2.

use wsp::{EncodedString, HighOctet, Reader};

use crate::error::{Error, ErrorKind};
use crate::field;
use crate::repeated::{Item, Recipient, Repeated};
use crate::value::Value;

/// One header field, raw.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Field<'a> {
    /// The octet on the wire, 0x80 or above; 0 for an application header.
    pub code: u8,
    /// The name of an application header; empty for a coded field.
    pub name: &'a [u8],
    /// The octets of the value on the wire, with length or terminator.
    pub value: &'a [u8],
    /// Where the value starts, in octets from the start of the PDU.
    pub value_offset: usize,
}

impl<'a> Field<'a> {
    /// Whether it is an application header: name and value in words.
    #[must_use]
    pub const fn is_application(&self) -> bool {
        self.code == 0
    }

    /// The value as a `T`. Errors: those of `T`, with offsets in the PDU.
    pub fn read<T: Value<'a>>(&self) -> Result<T, wsp::Error> {
        T::read(&mut Reader::at(self.value, self.value_offset))
    }
}

/// What stands at a position in a header section.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Step<'a> {
    /// A field, which has been passed.
    Field(Field<'a>),
    /// Content-Type: its value begins here, the header section is over.
    Content,
    /// The end of the bytes, or zero octets with which some gateways pad.
    End,
}

/// Passes one field.
#[inline]
pub(crate) fn step<'a>(reader: &mut Reader<'a>) -> Result<Step<'a>, Error> {
    let at = *reader;
    match reader.peek() {
        None | Some(0) => Ok(Step::End),
        Some(field::CONTENT_TYPE) => {
            reader.octet().map_err(Error::framing)?;
            Ok(Step::Content)
        }
        Some(code @ 0x80..) => {
            reader.octet().map_err(Error::framing)?;
            let high = match field::bit(code) & field::TEXTS {
                0 => HighOctet::Value,
                _ => HighOctet::Text,
            };
            let value_offset = reader.offset();
            let value = reader.raw_value(high).map_err(Error::framing)?;
            Ok(Step::Field(Field {
                code,
                name: b"",
                value,
                value_offset,
            }))
        }
        Some(0x20..=0x7E) => {
            let name = reader.until_zero().map_err(Error::framing)?;
            let value_offset = reader.offset();
            let (value, _) = reader.spanned(Reader::until_zero).map_err(Error::framing)?;
            Ok(Step::Field(Field {
                code: 0,
                name,
                value,
                value_offset,
            }))
        }
        Some(octet) => Err(Error::new(ErrorKind::UnexpectedOctet(octet), at.offset())),
    }
}

/// The fields of a header section, in the order of the wire.
#[derive(Debug, Clone, Copy)]
pub struct Fields<'a> {
    reader: Reader<'a>,
}

impl<'a> Iterator for Fields<'a> {
    type Item = Field<'a>;

    #[inline]
    fn next(&mut self) -> Option<Field<'a>> {
        if let Ok(Step::Field(field)) = step(&mut self.reader) {
            return Some(field);
        }
        self.reader = Reader::new(b"");
        None
    }
}

/// A header section: from X-Mms-Message-Type up to, but without, Content-Type.
#[derive(Debug, Clone, Copy, Default)]
pub struct Headers<'a> {
    bytes: &'a [u8],
}

/// Two sections are equal when they carry the same fields beyond the specification (codes that are not assigned,
/// application headers) in the same order: those are the ones that only a section holds, the others are in the
/// PDU's own fields.
impl PartialEq for Headers<'_> {
    fn eq(&self, other: &Self) -> bool {
        fn extra<'a>(headers: &Headers<'a>) -> impl Iterator<Item = (u8, &'a [u8], &'a [u8])> {
            let unassigned = headers.fields().filter(|field| field::bit(field.code) == 0);
            unassigned.map(|field| (field.code, field.name, field.value))
        }
        extra(self).eq(extra(other))
    }
}

impl Eq for Headers<'_> {}

impl<'a> Headers<'a> {
    pub(crate) const fn new(bytes: &'a [u8]) -> Self {
        Self { bytes }
    }

    /// The octets of the section.
    #[must_use]
    pub const fn bytes(&self) -> &'a [u8] {
        self.bytes
    }

    /// The fields in the order of the wire.
    #[must_use]
    pub const fn fields(&self) -> Fields<'a> {
        Fields {
            reader: Reader::new(self.bytes),
        }
    }

    /// The first field with that code (see [`field`] for their names).
    #[must_use]
    pub fn first(&self, code: u8) -> Option<Field<'a>> {
        self.fields().find(|field| field.code == code)
    }

    /// The value of the first field with that code; `None` when it is absent or cannot be read.
    #[must_use]
    pub fn value<T: Value<'a>>(&self, code: u8) -> Option<T> {
        self.first(code)?.read().ok()
    }

    /// The value of an application header, by name in any case.
    #[must_use]
    pub fn application(&self, name: &str) -> Option<&'a [u8]> {
        let wanted =
            |field: &Field<'_>| field.is_application() && field.name.eq_ignore_ascii_case(name.as_bytes());
        self.fields().find(wanted)?.read().ok()
    }

    /// Subject.
    #[must_use]
    pub fn subject(&self) -> Option<EncodedString<'a>> {
        self.value(field::SUBJECT)
    }

    /// Everybody in To, Cc and Bcc, in the order of the wire; empty addresses are left out.
    #[must_use]
    pub const fn recipients(self) -> Repeated<'a, Recipient<'a>> {
        Repeated::Wire(self)
    }

    /// The fields of one repeated kind.
    pub fn items<T: Item<'a>>(&self) -> impl Iterator<Item = T> + use<'a, T> {
        self.fields().filter_map(|field| T::from_field(&field))
    }
}
