//! A head that is whole: its raw octets, owned, and where its fields lie in them.
//!
//! Made from what the scan has passed; carried by the request to the shard, so that any field (the ones that prove a
//! subscriber are settings) can be looked up there. Invariants: spans lie within the raw octets; names are tokens;
//! values have no white space at their ends.

use crate::reason::Reason;
use crate::scan::HeadExtent;

/// A range of a head's octets; 16 bits are enough, see `Limits::relations_hold`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Span {
    start: u16,
    octets: u16,
}

impl Span {
    pub(crate) fn new(start: usize, octets: usize) -> Self {
        Self {
            start: clip(start),
            octets: clip(octets),
        }
    }

    pub(crate) const fn is_empty(self) -> bool {
        self.octets == 0
    }

    pub(crate) fn of(self, raw: &[u8]) -> &[u8] {
        let start = usize::from(self.start);
        raw.get(start..start.saturating_add(usize::from(self.octets)))
            .unwrap_or_default()
    }
}

fn clip(value: usize) -> u16 {
    u16::try_from(value).unwrap_or(u16::MAX)
}

/// One field line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Field {
    pub(crate) name: Span,
    pub(crate) value: Span,
}

/// The head of a request or a response. Cloning copies it; moving it copies nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Head {
    raw: Box<[u8]>,
    fields: Box<[Field]>,
}

/// Heads of up to so many fields, nearly all, are tokenised in a small table.
const FIELDS_USUAL: usize = 24;

impl Head {
    /// Takes the head that `extent` found at the start of `octets`.
    pub(crate) fn parse(octets: &[u8], extent: HeadExtent) -> Result<Self, Reason> {
        let raw: Box<[u8]> = octets.get(..extent.head_octets).unwrap_or_default().into();
        let start = extent.first_line_octets.saturating_add(2);
        let fields = if usize::from(extent.fields) <= FIELDS_USUAL {
            tokenise::<FIELDS_USUAL>(&raw, start)?
        } else {
            tokenise::<{ crate::limits::FIELDS_CEILING as usize }>(&raw, start)?
        };
        Ok(Self { raw, fields })
    }

    /// The octets as they came, from the first line to the empty one.
    #[must_use]
    pub fn raw(&self) -> &[u8] {
        &self.raw
    }

    /// Every field in the order of arrival, as (name, value).
    pub fn fields(&self) -> impl Iterator<Item = (&[u8], &[u8])> {
        self.fields
            .iter()
            .map(|field| (field.name.of(&self.raw), field.value.of(&self.raw)))
    }

    /// The value of the first field of that name, whatever its case.
    #[must_use]
    pub fn field(&self, name: &str) -> Option<&[u8]> {
        self.fields()
            .find(|(found, _)| found.eq_ignore_ascii_case(name.as_bytes()))
            .map(|(_, value)| value)
    }

    /// The values of all fields of that name, whatever their case, in the order of arrival.
    pub fn fields_named<'h>(&'h self, name: &'h str) -> impl Iterator<Item = &'h [u8]> {
        self.fields()
            .filter(move |(found, _)| found.eq_ignore_ascii_case(name.as_bytes()))
            .map(|(_, value)| value)
    }

    pub(crate) fn field_spans(&self) -> &[Field] {
        &self.fields
    }

    pub(crate) fn memory_octets(&self) -> usize {
        self.raw.len().saturating_add(size_of_val(&*self.fields))
    }
}

fn tokenise<const FIELDS: usize>(raw: &[u8], start: usize) -> Result<Box<[Field]>, Reason> {
    let mut table = [httparse::EMPTY_HEADER; FIELDS];
    let section = raw.get(start..).unwrap_or_default();
    match httparse::parse_headers(section, &mut table) {
        Ok(httparse::Status::Complete((octets, found))) if octets == section.len() => {
            Ok(found.iter().map(|header| field(raw, header)).collect())
        }
        Err(httparse::Error::TooManyHeaders) => Err(Reason::FieldsTooMany),
        _ => Err(Reason::FieldMalformed),
    }
}

fn field(raw: &[u8], header: &httparse::Header<'_>) -> Field {
    let span = |part: &[u8]| {
        let start = part.as_ptr().addr().saturating_sub(raw.as_ptr().addr());
        Span::new(start, part.len())
    };
    Field {
        name: span(header.name.as_bytes()),
        value: span(header.value),
    }
}
