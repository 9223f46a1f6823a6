//! One walk over the head of a mail.
//!
//! Between `entity` and the typed messages: finds the first header of each kind and reads its value in the form that is
//! asked for. Invariants: no header is looked at twice but address lists and previous senders; a value that cannot be
//! read is absent, unless it is mandatory.

use std::borrow::Cow;

use entity::{Entity, Header, date};

use crate::address::Address;
use crate::error::{Error, ErrorKind};
use crate::field::{self, Field};
use crate::id::Id;
use crate::value::YesNo;
use crate::version::Version;

/// The headers of a mail, by kind.
pub(crate) struct Head<'a> {
    pub(crate) entity: Entity<'a>,
    first: [Option<Header<'a>>; field::COUNT],
    /// How many relays the mail has passed: its Received headers.
    pub(crate) hops: usize,
}

impl<'a> Head<'a> {
    pub(crate) fn walk(entity: Entity<'a>) -> Self {
        let mut head = Self {
            entity,
            first: [None; field::COUNT],
            hops: 0,
        };
        for header in entity.headers {
            match Field::of(header.name) {
                Some(field) => {
                    if let Some(slot @ None) = head.first.get_mut(field as usize) {
                        *slot = Some(header);
                    }
                }
                None => head.hops = head.hops.saturating_add(usize::from(header.is("Received"))),
            }
        }
        head
    }

    pub(crate) fn header(&self, field: Field) -> Option<Header<'a>> {
        self.first.get(field as usize).copied().flatten()
    }

    /// All headers of a kind.
    pub(crate) fn all(&self, field: Field) -> impl Iterator<Item = Header<'a>> {
        self.entity
            .headers
            .filter(move |header| Field::of(header.name) == Some(field))
    }

    pub(crate) fn text(&self, field: Field) -> Option<Cow<'a, str>> {
        self.header(field).map(|header| header.text())
    }

    /// A text for people, or one that might have been encoded like one.
    pub(crate) fn decoded(&self, field: Field) -> Option<Cow<'a, str>> {
        self.header(field)
            .map(|header| header.decoded())
            .filter(|text| !text.is_empty())
    }

    pub(crate) fn id(&self, field: Field) -> Option<Id<'a>> {
        let id = Id::new(self.header(field)?.value());
        (!id.is_empty()).then_some(id)
    }

    /// Errors: `Missing`, `Value` for an empty one.
    pub(crate) fn mandatory_id(&self, field: Field) -> Result<Id<'a>, Error> {
        self.mandatory(field, self.id(field))
    }

    /// The first address of a header.
    pub(crate) fn address(&self, field: Field) -> Option<Address> {
        Address::read(&self.text(field)?)
    }

    /// Errors: `Missing`, `Value` for a list without an address.
    pub(crate) fn mandatory_address(&self, field: Field) -> Result<Address, Error> {
        self.mandatory(field, self.address(field))
    }

    /// Every address of every header of that kind.
    pub(crate) fn addresses(&self, field: Field) -> Vec<Address> {
        match self.header(field) {
            None => Vec::new(),
            Some(_) => self
                .all(field)
                .flat_map(|header| Address::list(&header.text()))
                .collect(),
        }
    }

    pub(crate) fn flag(&self, field: Field) -> Option<bool> {
        YesNo::read(&self.text(field)?).map(|value| value == YesNo::Yes)
    }

    pub(crate) fn seconds(&self, field: Field) -> Option<u64> {
        date::read(&self.text(field)?)
    }

    /// The version. An `X-Mms-MMS-Version` below 4 is one of MM1, not of TS 23.140. Errors: a version that is not
    /// spoken.
    pub(crate) fn version(&self) -> Result<Version, Version> {
        let named = |field| Version::read(&self.text(field)?);
        let version = named(Field::Version)
            .or_else(|| named(Field::VersionMisspelt).filter(|version| version.major >= 4))
            .unwrap_or(Version::ASSUMED);
        if version.is_supported() {
            Ok(version)
        } else {
            Err(version)
        }
    }

    /// A value that has to be there.
    pub(crate) fn mandatory<T>(&self, field: Field, value: Option<T>) -> Result<T, Error> {
        value.ok_or_else(|| match self.header(field) {
            Some(_) => ErrorKind::Value(field).into(),
            None => ErrorKind::Missing(field).into(),
        })
    }
}
