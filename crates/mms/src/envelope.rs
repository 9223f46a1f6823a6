//! The first look at a PDU: type, transaction and version, even of one that is corrupt.
//!
//! Before [`crate::Pdu::read`], for dispatch; after it has failed, for a refusal that echoes the Transaction-ID.
//! Invariant: never fails; it reports what the longest readable prefix of the header section says.

use wsp::{Reader, Version};

use crate::field;
use crate::headers::{Step, step};

/// What identifies a transaction.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Envelope<'a> {
    /// The octet of X-Mms-Message-Type; 0 when the bytes do not begin with one. See [`crate::PduType`].
    pub pdu_type: u8,
    /// X-Mms-Transaction-Id.
    pub transaction_id: Option<&'a [u8]>,
    /// X-Mms-MMS-Version.
    pub version: Option<Version>,
}

impl<'a> Envelope<'a> {
    /// Reads up to the field that completes the envelope, or to the first one that cannot be followed.
    #[must_use]
    pub fn peek(bytes: &'a [u8]) -> Self {
        let mut envelope = Self::default();
        let &[field::MESSAGE_TYPE, pdu_type, ..] = bytes else {
            return envelope;
        };
        envelope.pdu_type = pdu_type;
        let mut reader = Reader::new(bytes);
        while let Ok(Step::Field(field)) = step(&mut reader) {
            match field.code {
                field::TRANSACTION_ID if envelope.transaction_id.is_none() => {
                    envelope.transaction_id = field.read().ok();
                }
                field::VERSION if envelope.version.is_none() => envelope.version = field.read().ok(),
                _ => {}
            }
            if envelope.transaction_id.is_some() && envelope.version.is_some() {
                break;
            }
        }
        envelope
    }
}

#[cfg(test)]
mod tests;
