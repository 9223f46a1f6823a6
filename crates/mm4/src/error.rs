//! Why a mail is not a message of MM4.
//!
//! The first half of a [`crate::Refusal`]. Invariants: `Copy`, no owned text; it maps to one status of a response.

use core::fmt;

use crate::field::Field;
use crate::status::RequestStatus;
use crate::version::Version;

/// What is wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ErrorKind {
    /// There is no X-Mms-Message-Type: an ordinary mail, or a bounce.
    NotMm4,
    /// A message type that is not one of the six.
    UnknownType,
    /// A major version that is not spoken here.
    Version(Version),
    /// A mandatory header is not there.
    Missing(Field),
    /// A mandatory header has a value that cannot be read.
    Value(Field),
    /// The mail cannot be taken apart.
    Mime(entity::ErrorKind),
}

/// An error.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Error {
    /// What is wrong.
    pub kind: ErrorKind,
}

impl Error {
    /// What a response says of it.
    #[must_use]
    pub const fn status(&self) -> RequestStatus {
        match self.kind {
            ErrorKind::UnknownType | ErrorKind::Version(_) => RequestStatus::UnsupportedMessage,
            _ => RequestStatus::FormatCorrupt,
        }
    }
}

impl From<ErrorKind> for Error {
    fn from(kind: ErrorKind) -> Self {
        Self { kind }
    }
}

impl From<entity::Error> for Error {
    fn from(error: entity::Error) -> Self {
        ErrorKind::Mime(error.kind).into()
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.kind {
            ErrorKind::NotMm4 => f.write_str("there is no X-Mms-Message-Type"),
            ErrorKind::UnknownType => f.write_str("the message type is not known"),
            ErrorKind::Version(version) => write!(f, "version {version} is not supported"),
            ErrorKind::Missing(field) => write!(f, "{} is missing", field.name()),
            ErrorKind::Value(field) => write!(f, "{} cannot be read", field.name()),
            ErrorKind::Mime(kind) => write!(f, "{kind}"),
        }
    }
}

impl core::error::Error for Error {}
