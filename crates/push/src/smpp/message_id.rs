//! Ids that an SMSC gives to messages, and the ways in which its receipts write them differently.
//!
//! Between submit_sm_resp, which often has the id in hexadecimal, and the receipt, which then has it in decimal, with
//! or without leading zeros. Invariant: two spellings of one number are equal after [`MessageId::read`] except for
//! their base; the base is settled by [`IdForm`].

use smallvec::SmallVec;

use super::limits::MESSAGE_ID_OCTETS_MAX;

/// An id without leading zeros and in small letters.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MessageId(SmallVec<[u8; 24]>);

/// How the receipts of an SMSC write the ids of its responses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, PartialOrd, Ord)]
pub enum IdForm {
    /// Not known: each way is tried, and the one that alone matches is kept.
    #[default]
    Learn,
    /// The same.
    Same,
    /// Hexadecimal in the response, decimal in the receipt.
    HexadecimalThenDecimal,
    /// Decimal in the response, hexadecimal in the receipt.
    DecimalThenHexadecimal,
}

/// The forms that [`IdForm::Learn`] tries, in this order.
pub const FORMS: [IdForm; 3] = [
    IdForm::Same,
    IdForm::HexadecimalThenDecimal,
    IdForm::DecimalThenHexadecimal,
];

impl MessageId {
    /// From a field or a receipt's text; nothing for an empty one, or one above [`MESSAGE_ID_OCTETS_MAX`].
    #[must_use]
    pub fn read(text: &[u8]) -> Option<Self> {
        let text = text.trim_ascii();
        if text.is_empty() || text.len() > MESSAGE_ID_OCTETS_MAX {
            return None;
        }
        let zeros = text.iter().take_while(|&&octet| octet == b'0').count();
        let rest = text.get(zeros..).filter(|rest| !rest.is_empty()).unwrap_or(b"0");
        Some(Self(rest.iter().map(u8::to_ascii_lowercase).collect()))
    }

    /// The octets, in the form in which they are compared.
    #[must_use]
    pub fn octets(&self) -> &[u8] {
        &self.0
    }

    /// As a response would have it whose receipt has `self`.
    #[must_use]
    pub fn in_response(&self, form: IdForm) -> Option<Self> {
        match form {
            IdForm::Same | IdForm::Learn => Some(self.clone()),
            IdForm::HexadecimalThenDecimal => self.rebased(10, 16),
            IdForm::DecimalThenHexadecimal => self.rebased(16, 10),
        }
    }

    /// As a receipt would have it whose response has `self`.
    #[must_use]
    pub fn in_receipt(&self, form: IdForm) -> Option<Self> {
        match form {
            IdForm::Same | IdForm::Learn => Some(self.clone()),
            IdForm::HexadecimalThenDecimal => self.rebased(16, 10),
            IdForm::DecimalThenHexadecimal => self.rebased(10, 16),
        }
    }

    /// The same number in another base; nothing if it is no number, or one above 128 bits.
    fn rebased(&self, from: u32, to: u32) -> Option<Self> {
        let text = std::str::from_utf8(&self.0).ok()?;
        if !text.starts_with(|first: char| first.is_ascii_hexdigit()) {
            return None;
        }
        let number = u128::from_str_radix(text, from).ok()?;
        let text = match to {
            16 => format!("{number:x}"),
            _ => format!("{number}"),
        };
        Some(Self(SmallVec::from_slice(text.as_bytes())))
    }
}

#[cfg(test)]
mod tests;
