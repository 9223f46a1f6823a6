//! Headers that nobody here knows: kept in order, and written again.
//!
//! IR.52 asks a relay to pass unknown X-headers on unchanged. Invariants: what is known, what describes the content and
//! what only traces the way of one mail is not among them; names and values are written as they came, made safe.

use std::borrow::Cow;

use entity::{HeadWriter, Header, Headers};

use crate::content::is_of_content;
use crate::field::Field;

/// Headers of one mail's way, which are not the message's. Source: RFC 5321 §4.4, RFC 6376, RFC 8601, RFC 8617.
const TRACE: &[&str] = &[
    "Received",
    "Return-Path",
    "Delivered-To",
    "X-Original-To",
    "DKIM-Signature",
    "Authentication-Results",
    "Received-SPF",
    "ARC-Seal",
    "ARC-Message-Signature",
    "ARC-Authentication-Results",
    "MIME-Version",
    "Bcc",
];

/// The unknown headers of a mail, or those that a caller adds.
#[derive(Debug, Clone, Default)]
pub struct Extra<'a> {
    head: Headers<'a>,
    added: Vec<(Cow<'a, str>, Cow<'a, [u8]>)>,
}

/// Two are equal when they write the same.
impl PartialEq for Extra<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.iter().eq(other.iter())
    }
}

impl<'a> Extra<'a> {
    pub(crate) const fn of(head: Headers<'a>) -> Self {
        Self {
            head,
            added: Vec::new(),
        }
    }

    /// Adds a header after the others.
    pub fn push(&mut self, name: impl Into<Cow<'a, str>>, value: impl Into<Cow<'a, [u8]>>) {
        self.added.push((name.into(), value.into()));
    }

    /// Names and values, unfolded, in order.
    pub fn iter(&self) -> impl Iterator<Item = (Cow<'_, str>, Cow<'_, [u8]>)> {
        let unknown = self.head.filter(|header| is_unknown(header));
        let received = unknown.map(|header| (String::from_utf8_lossy(header.name), header.value()));
        let added = self
            .added
            .iter()
            .map(|(name, value)| (Cow::Borrowed(name.as_ref()), Cow::Borrowed(value.as_ref())));
        received.chain(added)
    }

    /// The value of the first of that name, in any case.
    #[must_use]
    pub fn first(&self, name: &str) -> Option<Cow<'_, [u8]>> {
        self.iter()
            .find(|header| header.0.eq_ignore_ascii_case(name))
            .map(|header| header.1)
    }

    pub(crate) fn write(&self, writer: &mut HeadWriter<'_>) {
        for (name, value) in self.iter() {
            writer.put(&name, &value);
        }
    }
}

fn is_unknown(header: &Header<'_>) -> bool {
    Field::of(header.name).is_none()
        && !is_of_content(header.name)
        && !TRACE.iter().any(|name| header.is(name))
}

#[cfg(test)]
mod tests;
