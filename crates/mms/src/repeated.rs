//! Fields that may repeat: recipients, locations, previous senders, results of a deletion.
//!
//! One type for both directions: read, it is a view of the header section; written, it is the caller's slice.
//! Invariant: iterating gives the same items either way, so a PDU that was read can be written again.

use core::slice;

use wsp::EncodedString;

use crate::address::Address;
use crate::field;
use crate::headers::{Field, Fields, Headers};
use crate::status::ResponseStatus;
use crate::value::Counted;
use crate::write::Writer;

/// Something that a repeatable field holds.
pub trait Item<'a>: Copy + PartialEq {
    /// What the field holds; `None` for a field of another kind and for a value that cannot be read.
    fn from_field(field: &Field<'a>) -> Option<Self>;

    /// Appends it as a field.
    fn put(&self, writer: &mut Writer<'_>);
}

/// Items of one kind, read or to be written.
#[derive(Debug, Clone, Copy)]
pub enum Repeated<'a, T> {
    /// Those of a header section.
    Wire(Headers<'a>),
    /// Those of the caller.
    List(&'a [T]),
}

impl<T> Default for Repeated<'_, T> {
    fn default() -> Self {
        Self::List(&[])
    }
}

impl<'a, T: Item<'a>> Repeated<'a, T> {
    /// The items in order.
    #[must_use]
    pub fn iter(&self) -> Items<'a, T> {
        match self {
            Self::Wire(headers) => Items::Wire(headers.fields()),
            Self::List(list) => Items::List(list.iter()),
        }
    }
}

impl<'a, T: Item<'a>> IntoIterator for Repeated<'a, T> {
    type Item = T;
    type IntoIter = Items<'a, T>;

    fn into_iter(self) -> Items<'a, T> {
        self.iter()
    }
}

impl<'a, T: Item<'a>> PartialEq for Repeated<'a, T> {
    fn eq(&self, other: &Self) -> bool {
        self.iter().eq(other.iter())
    }
}

/// Iterator over [`Repeated`].
#[derive(Debug, Clone)]
pub enum Items<'a, T> {
    /// Over a header section.
    Wire(Fields<'a>),
    /// Over the caller's slice.
    List(slice::Iter<'a, T>),
}

impl<'a, T: Item<'a>> Iterator for Items<'a, T> {
    type Item = T;

    fn next(&mut self) -> Option<T> {
        match self {
            Self::Wire(fields) => fields.find_map(|field| T::from_field(&field)),
            Self::List(list) => list.next().copied(),
        }
    }
}

/// Which of the three recipient fields.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum RecipientKind {
    /// To
    To,
    /// Cc
    Cc,
    /// Bcc: never shown to anybody.
    Bcc,
}

/// One recipient.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Recipient<'a> {
    /// Its field.
    pub kind: RecipientKind,
    /// Its address, not empty.
    pub address: Address<'a>,
}

impl<'a> Item<'a> for Recipient<'a> {
    fn from_field(field: &Field<'a>) -> Option<Self> {
        let kind = match field.code {
            field::TO => RecipientKind::To,
            field::CC => RecipientKind::Cc,
            field::BCC => RecipientKind::Bcc,
            _ => return None,
        };
        let address: Address<'a> = field.read().ok()?;
        (!address.is_empty()).then_some(Self { kind, address })
    }

    fn put(&self, writer: &mut Writer<'_>) {
        let code = match self.kind {
            RecipientKind::To => field::TO,
            RecipientKind::Cc => field::CC,
            RecipientKind::Bcc => field::BCC,
        };
        writer.put(code, self.address);
    }
}

/// X-Mms-Content-Location of M-Delete.req: a message to be deleted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Location<'a>(pub &'a [u8]);

impl<'a> Item<'a> for Location<'a> {
    fn from_field(field: &Field<'a>) -> Option<Self> {
        (field.code == field::CONTENT_LOCATION).then(|| field.read().ok().map(Self))?
    }

    fn put(&self, writer: &mut Writer<'_>) {
        writer.put(field::CONTENT_LOCATION, self.0);
    }
}

/// X-Mms-Previously-Sent-By and -Date: who sent the message before it was forwarded. Equal counts belong together;
/// the highest is the latest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PreviouslySent<'a> {
    /// Who.
    By(Counted<Address<'a>>),
    /// When, seconds since 1970-01-01 UTC.
    Date(Counted<u64>),
}

impl PreviouslySent<'_> {
    /// Which of the earlier senders it is about: 1 is the first.
    #[must_use]
    pub const fn count(&self) -> u64 {
        match self {
            Self::By(by) => by.count,
            Self::Date(date) => date.count,
        }
    }
}

impl<'a> Item<'a> for PreviouslySent<'a> {
    fn from_field(field: &Field<'a>) -> Option<Self> {
        match field.code {
            field::PREVIOUSLY_SENT_BY => field.read().ok().map(Self::By),
            field::PREVIOUSLY_SENT_DATE => field.read().ok().map(Self::Date),
            _ => None,
        }
    }

    fn put(&self, writer: &mut Writer<'_>) {
        match self {
            Self::By(by) => writer.put(field::PREVIOUSLY_SENT_BY, *by),
            Self::Date(date) => writer.put(field::PREVIOUSLY_SENT_DATE, *date),
        }
    }
}

/// The counted fields of M-Delete.conf; equal counts speak of the same message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DeleteResult<'a> {
    /// Which message.
    Location(Counted<&'a [u8]>),
    /// What became of it.
    Status(Counted<ResponseStatus>),
    /// The same in words.
    Text(Counted<EncodedString<'a>>),
}

impl<'a> Item<'a> for DeleteResult<'a> {
    fn from_field(field: &Field<'a>) -> Option<Self> {
        match field.code {
            field::CONTENT_LOCATION => field.read().ok().map(Self::Location),
            field::RESPONSE_STATUS => field.read().ok().map(Self::Status),
            field::RESPONSE_TEXT => field.read().ok().map(Self::Text),
            _ => None,
        }
    }

    fn put(&self, writer: &mut Writer<'_>) {
        match self {
            Self::Location(location) => writer.put(field::CONTENT_LOCATION, *location),
            Self::Status(status) => writer.put(field::RESPONSE_STATUS, *status),
            Self::Text(text) => writer.put(field::RESPONSE_TEXT, *text),
        }
    }
}
