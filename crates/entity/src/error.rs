//! Why bytes are not a MIME entity that can be converted.
//!
//! What every reader of this crate answers instead of a value. Invariants: `Copy`, no owned text; the offset counts
//! from the first octet of the mail (of the body, for a binary multipart).

use core::fmt;

/// What is wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ErrorKind {
    /// A head of more than [`crate::limits::HEAD_OCTETS_MAX`] octets.
    HeadTooLong,
    /// A head of more than [`crate::limits::HEADERS_MAX`] headers.
    HeadersTooMany,
    /// A header that is longer than its limit.
    HeaderTooLong,
    /// A media type with more than [`crate::limits::MEDIA_WORDS_MAX`] encoded words.
    WordsTooMany,
    /// Multiparts nested deeper than [`crate::limits::DEPTH_MAX`].
    Depth,
    /// More than [`crate::limits::PARTS_MAX`] parts.
    PartsTooMany,
    /// A multipart without a boundary, or with one that cannot be a boundary.
    Boundary,
    /// A multipart in which its boundary does not occur.
    NoParts,
    /// More than 4 GiB.
    TooLong,
    /// The binary multipart that is to be written as MIME cannot be read.
    Wsp(wsp::ErrorKind),
}

/// An error and where it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Error {
    /// What is wrong.
    pub kind: ErrorKind,
    /// Where, in octets from the start of the input; saturates at `u32::MAX`.
    pub offset: u32,
}

impl Error {
    /// An error of `kind` at `offset` octets from the start of the input.
    #[must_use]
    pub fn new(kind: ErrorKind, offset: usize) -> Self {
        Self {
            kind,
            offset: u32::try_from(offset).unwrap_or(u32::MAX),
        }
    }
}

impl From<wsp::Error> for Error {
    fn from(error: wsp::Error) -> Self {
        Self {
            kind: ErrorKind::Wsp(error.kind),
            offset: error.offset,
        }
    }
}

impl fmt::Display for ErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::HeadTooLong => "the head is too long",
            Self::HeadersTooMany => "too many headers",
            Self::HeaderTooLong => "a header is too long",
            Self::WordsTooMany => "too many encoded words",
            Self::Depth => "multiparts are nested too deeply",
            Self::PartsTooMany => "too many parts",
            Self::Boundary => "a multipart without a usable boundary",
            Self::NoParts => "a multipart in which its boundary does not occur",
            Self::TooLong => "longer than 4 GiB",
            Self::Wsp(kind) => return write!(f, "binary multipart: {kind}"),
        })
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} (at octet {})", self.kind, self.offset)
    }
}

impl core::error::Error for Error {}
