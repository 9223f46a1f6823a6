//! Why bytes are not an MMS PDU.
//!
//! What [`crate::Pdu::read`] answers instead of a PDU; the refusal's Response-Status is chosen from it. Invariants:
//! `Copy`, no owned text; the offset counts from the first octet of the PDU.

use core::fmt;

use wsp::Version;

use crate::field;

/// What is wrong with the bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ErrorKind {
    /// The first octet is not X-Mms-Message-Type.
    NotAPdu,
    /// A message type that no version of the specification assigns.
    UnknownType(u8),
    /// A known message type that this codec does not read: the MMBox ones, 0x8B to 0x93.
    Unsupported(u8),
    /// A major version other than 1.
    Version(Version),
    /// A mandatory field, by code, is not there.
    Missing(u8),
    /// A mandatory field, by code, has a value that cannot be read.
    Value(u8, wsp::ErrorKind),
    /// None of To, Cc and Bcc has an address.
    NoRecipient,
    /// The header section cannot be followed any further.
    Framing(wsp::ErrorKind),
    /// An octet that begins neither an MMS header nor an application header.
    UnexpectedOctet(u8),
    /// The PDU is longer than 4 GiB.
    TooLong,
}

/// An error and where it is, in octets from the start of the PDU.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Error {
    /// What is wrong.
    pub kind: ErrorKind,
    /// Where; the end of the header section for something that is missing.
    pub offset: u32,
}

impl Error {
    pub(crate) fn new(kind: ErrorKind, offset: usize) -> Self {
        Self {
            kind,
            offset: u32::try_from(offset).unwrap_or(u32::MAX),
        }
    }

    pub(crate) const fn framing(error: wsp::Error) -> Self {
        Self {
            kind: ErrorKind::Framing(error.kind),
            offset: error.offset,
        }
    }

    pub(crate) const fn value(code: u8, error: wsp::Error) -> Self {
        Self {
            kind: ErrorKind::Value(code, error.kind),
            offset: error.offset,
        }
    }

    /// Whether the PDU is of a type or version that is not spoken here, as against corrupt: the answer is then
    /// Error-unsupported-message rather than message-format-corrupt.
    #[must_use]
    pub const fn is_unsupported(&self) -> bool {
        matches!(
            self.kind,
            ErrorKind::UnknownType(_) | ErrorKind::Unsupported(_) | ErrorKind::Version(_)
        )
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.kind {
            ErrorKind::NotAPdu => f.write_str("does not begin with X-Mms-Message-Type"),
            ErrorKind::UnknownType(octet) => write!(f, "message type {octet:#04x} is not assigned"),
            ErrorKind::Unsupported(octet) => write!(f, "message type {octet:#04x} is not supported"),
            ErrorKind::Version(version) => write!(f, "version {version} is not supported"),
            ErrorKind::Missing(code) => write!(f, "{} is missing", field::name(code)),
            ErrorKind::Value(code, kind) => write!(f, "{}: {kind}", field::name(code)),
            ErrorKind::NoRecipient => f.write_str("there is no recipient"),
            ErrorKind::Framing(kind) => write!(f, "header section: {kind}"),
            ErrorKind::UnexpectedOctet(octet) => write!(f, "octet {octet:#04x} begins no header"),
            ErrorKind::TooLong => f.write_str("longer than 4 GiB"),
        }?;
        write!(f, " (at octet {})", self.offset)
    }
}

impl core::error::Error for Error {}
