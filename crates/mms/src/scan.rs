//! One pass over a PDU's header section.
//!
//! Between the bytes and the typed PDUs: it checks the framing once and notes where each field first stands, so that
//! a typed PDU picks its values without searching. Invariants: where a field repeats against the rules, the first
//! one counts; nothing is allocated.

use wsp::{Reader, Version};

use crate::address::Address;
use crate::content::Content;
use crate::error::{Error, ErrorKind};
use crate::field;
use crate::headers::{Headers, Step, step};
use crate::pdu_type::PduType;
use crate::repeated::{Recipient, Repeated};
use crate::value::Value;

/// Where everything is.
pub(crate) struct Scan<'a> {
    bytes: &'a [u8],
    fields_end: usize,
    content_offset: Option<usize>,
    present: u64,
    /// Start and end of the first value of each assigned code, by its low six bits; valid where `present` has the
    /// bit. A value is read within these bounds, so that a malformed one cannot reach into its neighbour.
    values: [(u32, u32); 64],
}

impl<'a> Scan<'a> {
    /// Walks the header section. Errors: `Framing`, `UnexpectedOctet`, `TooLong`.
    pub(crate) fn read(bytes: &'a [u8]) -> Result<Self, Error> {
        if u32::try_from(bytes.len()).is_err() {
            return Err(Error::new(ErrorKind::TooLong, 0));
        }
        let mut scan = Self {
            bytes,
            fields_end: 0,
            content_offset: None,
            present: 0,
            values: [(0, 0); 64],
        };
        let mut reader = Reader::new(bytes);
        loop {
            scan.fields_end = reader.offset();
            match step(&mut reader)? {
                Step::Field(field) => scan.note(field.code, field.value_offset, reader.offset()),
                Step::Content => {
                    scan.content_offset = Some(reader.offset());
                    scan.present |= field::bit(field::CONTENT_TYPE);
                    return Ok(scan);
                }
                Step::End => return Ok(scan),
            }
        }
    }

    #[inline]
    fn note(&mut self, code: u8, start: usize, end: usize) {
        let bit = field::bit(code);
        if self.present & bit != 0 || bit == 0 {
            return;
        }
        self.present |= bit;
        let range = (u32::try_from(start), u32::try_from(end));
        if let (Some(slot), (Ok(start), Ok(end))) = (self.values.get_mut(usize::from(code & 0x3F)), range) {
            *slot = (start, end);
        }
    }

    /// Checks that all of `mandatory` (see [`field::mandatory`]) is there and that the version is spoken here.
    /// Errors: `Missing` with the lowest code, `Value`, `Version`.
    pub(crate) fn check(&self, mandatory: u64) -> Result<(), Error> {
        let missing = mandatory & !self.present;
        if missing != 0 {
            let code = 0x80 | missing.trailing_zeros().to_le_bytes()[0];
            return Err(self.missing(code));
        }
        let version: Version = self.required(field::VERSION)?;
        match version.major() {
            1 => Ok(()),
            _ => Err(Error::new(
                ErrorKind::Version(version),
                self.value(field::VERSION).map_or(0, |value| value.offset()),
            )),
        }
    }

    /// A reader over the value of a field; `None` when the field is absent.
    #[inline]
    fn value(&self, code: u8) -> Option<Reader<'a>> {
        if self.present & field::bit(code) == 0 {
            return None;
        }
        let &(start, end) = self.values.get(usize::from(code & 0x3F))?;
        let (start, end) = (usize::try_from(start).ok()?, usize::try_from(end).ok()?);
        Some(Reader::at(self.bytes.get(start..end)?, start))
    }

    /// That a field is not there.
    pub(crate) fn missing(&self, code: u8) -> Error {
        Error::new(ErrorKind::Missing(code), self.fields_end)
    }

    /// The value of a mandatory field. Errors: `Missing`, `Value`.
    pub(crate) fn required<T: Value<'a>>(&self, code: u8) -> Result<T, Error> {
        let mut reader = self.value(code).ok_or_else(|| self.missing(code))?;
        T::read(&mut reader).map_err(|error| Error::value(code, error))
    }

    /// The value of an optional field; one that cannot be read counts as absent, for a message is not lost over a
    /// malformed priority.
    pub(crate) fn optional<T: Value<'a>>(&self, code: u8) -> Option<T> {
        T::read(&mut self.value(code)?).ok()
    }

    /// The header section.
    pub(crate) fn headers(&self) -> Headers<'a> {
        Headers::new(self.bytes.get(..self.fields_end).unwrap_or_default())
    }

    /// Content type and body. Errors: `Missing`, `Value`.
    pub(crate) fn content(&self) -> Result<Content<'a>, Error> {
        Content::read(
            self.bytes,
            self.content_offset
                .ok_or_else(|| self.missing(field::CONTENT_TYPE))?,
        )
    }

    /// To, Cc and Bcc of a PDU that must have at least one address. Errors: `NoRecipient`.
    pub(crate) fn recipients(&self) -> Result<Repeated<'a, Recipient<'a>>, Error> {
        let recipients = self.headers().recipients();
        let first = |code| {
            self.optional(code)
                .is_some_and(|address: Address<'a>| !address.is_empty())
        };
        // Nearly always the first of a kind answers, without another walk.
        if [field::TO, field::CC, field::BCC].into_iter().any(first) || recipients.iter().next().is_some() {
            return Ok(recipients);
        }
        Err(Error::new(ErrorKind::NoRecipient, self.fields_end))
    }

    /// Whether any of these fields is there.
    pub(crate) const fn has_any(&self, bits: u64) -> bool {
        self.present & bits != 0
    }
}

/// The message type of a PDU. Errors: `NotAPdu`, `UnknownType`, `Unsupported`.
pub(crate) fn pdu_type(bytes: &[u8]) -> Result<PduType, Error> {
    let &[field::MESSAGE_TYPE, octet, ..] = bytes else {
        return Err(Error::new(ErrorKind::NotAPdu, 0));
    };
    match PduType::try_from(octet) {
        Ok(mailbox) if mailbox.is_mailbox() => Err(Error::new(ErrorKind::Unsupported(octet), 1)),
        Ok(known) => Ok(known),
        Err(octet) => Err(Error::new(ErrorKind::UnknownType(octet), 1)),
    }
}
