//! What kind of octets a message consists of, in the words of BODY=.
//!
//! Said by MAIL on either side; it decides how a body is checked. Invariant: only a binary body is free of lines, and
//! a binary body travels only in chunks.

/// The BODY parameter (RFC 6152, RFC 3030).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum BodyKind {
    /// Lines of ASCII. What is meant when nothing is said; octets beyond ASCII are let pass all the same.
    #[default]
    SevenBit,
    /// Lines of any octets but NUL.
    EightBit,
    /// Any octets.
    Binary,
}

impl BodyKind {
    /// Reads the parameter's value.
    pub(crate) fn parse(value: &str) -> Option<Self> {
        [Self::SevenBit, Self::EightBit, Self::Binary]
            .into_iter()
            .find(|kind| kind.keyword().eq_ignore_ascii_case(value))
    }

    /// The parameter's value.
    #[must_use]
    pub const fn keyword(self) -> &'static str {
        match self {
            Self::SevenBit => "7BIT",
            Self::EightBit => "8BITMIME",
            Self::Binary => "BINARYMIME",
        }
    }
}
