//! What can be wrong with WSP-encoded bytes.
//!
//! First stop of every decoder: each function of [`crate::Reader`] answers with this type. Invariants: an error
//! is small and `Copy`, never owns text, and its offset points into the bytes that the outermost reader was given.

use core::fmt;

/// Why a WSP value could not be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ErrorKind {
    /// The value goes on beyond the bytes that are there.
    Truncated,
    /// A Uintvar of more than five octets, or one that does not fit 32 bits.
    Uintvar,
    /// Neither a Short-integer nor a Long-integer, or one that does not fit 64 bits.
    Integer,
    /// An octet above 31 where a Value-length is expected.
    ValueLength,
    /// Not a version, an encoded string or another value of the expected form.
    Form,
    /// A multipart entry whose header length is zero: it has no Content-Type.
    NoContentType,
    /// Multiparts nested deeper than [`crate::multipart::DEPTH_MAX`].
    Depth,
}

/// An error and the offset, in octets from the start of the input, of the value that it concerns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Error {
    /// What is wrong.
    pub kind: ErrorKind,
    /// Where the value starts that could not be read; saturates at `u32::MAX`.
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

impl fmt::Display for ErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Truncated => "the value goes on beyond the end of the data",
            Self::Uintvar => "not a variable-length integer of at most 32 bits",
            Self::Integer => "not an integer of at most 64 bits",
            Self::ValueLength => "not a value length",
            Self::Form => "not a value of the expected form",
            Self::NoContentType => "a multipart entry without a content type",
            Self::Depth => "multiparts are nested too deeply",
        })
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} (at octet {})", self.kind, self.offset)
    }
}

impl core::error::Error for Error {}
