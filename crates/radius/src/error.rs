//! What can be wrong with a RADIUS datagram.
//!
//! First stop of every reader. Invariants: an error is small and `Copy`, never owns text, and its offset points into
//! the datagram.

use core::fmt;

/// Why a datagram could not be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ErrorKind {
    /// Fewer octets than a header, or than the header's length says (RFC 2865 §3).
    Truncated,
    /// The header's length is below 20 or above 4096 (RFC 2865 §3).
    Length,
    /// A code other than Accounting-Request and Accounting-Response.
    Code,
    /// An attribute's length is below 2 or goes beyond the packet.
    AttributeLength,
    /// A sub-attribute of vendor 10415 whose length is below 2 or goes beyond its attribute.
    VendorLength,
    /// A value that its attribute can't have: wrong size, or outside its range.
    Form,
    /// An attribute that may stand once stands twice, with different values.
    Repeated,
    /// A request without Acct-Status-Type, or with one that is not known.
    Status,
}

/// An error and the offset, in octets from the start of the datagram, of what it concerns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Error {
    /// What is wrong.
    pub kind: ErrorKind,
    /// Where it starts; at most 4096.
    pub offset: u16,
}

impl Error {
    /// An error of `kind` at `offset`.
    #[must_use]
    pub fn new(kind: ErrorKind, offset: usize) -> Error {
        Error {
            kind,
            offset: u16::try_from(offset).unwrap_or(u16::MAX),
        }
    }
}

impl fmt::Display for ErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            ErrorKind::Truncated => "the packet goes on beyond the end of the datagram",
            ErrorKind::Length => "not a packet length of 20 to 4096",
            ErrorKind::Code => "neither an Accounting-Request nor an Accounting-Response",
            ErrorKind::AttributeLength => "an attribute's length does not fit the packet",
            ErrorKind::VendorLength => "a 3GPP attribute's length does not fit its attribute",
            ErrorKind::Form => "not a value of this attribute",
            ErrorKind::Repeated => "an attribute stands twice with different values",
            ErrorKind::Status => "no Acct-Status-Type that is known",
        })
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} (at octet {})", self.kind, self.offset)
    }
}

impl core::error::Error for Error {}
