//! Identifiers of transactions, messages and mails: opaque texts, more or less wrapped.
//!
//! Used to match a response with its request and a report with its message. Invariants: two ids are equal when they
//! are so without the quotes and angle brackets around them; a response echoes the id as it was received (MM4
//! reference §3).

use std::borrow::Cow;
use std::hash::{Hash, Hasher};

/// An identifier, as it was received or as it was made here.
#[derive(Debug, Clone, Eq)]
pub struct Id<'a> {
    raw: Cow<'a, [u8]>,
    is_kept: bool,
}

impl<'a> Id<'a> {
    /// An id of any octets; what stands around it is kept for the echo.
    #[must_use]
    pub fn new(raw: impl Into<Cow<'a, [u8]>>) -> Self {
        Self {
            raw: raw.into(),
            is_kept: false,
        }
    }

    /// An id that somebody else made: it is written as it came, in no dialect (MM4 reference §3 and §6).
    #[must_use]
    pub fn kept(raw: impl Into<Cow<'a, [u8]>>) -> Self {
        Self {
            is_kept: true,
            ..Self::new(raw)
        }
    }

    /// Whether it is written as it came.
    #[must_use]
    pub fn is_kept(&self) -> bool {
        self.is_kept
    }

    /// As it was received.
    #[must_use]
    pub fn raw(&self) -> &[u8] {
        &self.raw
    }

    /// Without white space, quotes and angle brackets around it, in whatever order they are wrapped.
    #[must_use]
    pub fn bare(&self) -> &[u8] {
        let mut bare = self.raw.trim_ascii();
        while let [b'"', inner @ .., b'"'] | [b'<', inner @ .., b'>'] | [b'\'', inner @ .., b'\''] = bare {
            bare = inner.trim_ascii();
        }
        bare
    }

    /// Whether there is nothing in it.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.bare().is_empty()
    }

    /// The same id, not borrowed.
    #[must_use]
    pub fn into_owned(self) -> Id<'static> {
        Id {
            is_kept: self.is_kept,
            ..Id::new(self.raw.into_owned())
        }
    }
}

impl PartialEq for Id<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.bare() == other.bare()
    }
}

impl Hash for Id<'_> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.bare().hash(state);
    }
}

#[cfg(test)]
mod tests;
