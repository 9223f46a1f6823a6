//! What a trace is about, as it is typed: a message or a number.
//!
//! First in the flow. Invariant: no text is both; a message has 16 hexadecimal digits and a number at most 15.

use base::{MessageId, Msisdn};
use std::str::FromStr;

/// What is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Subject {
    /// Everything about one message.
    Message(MessageId),
    /// Everything that a subscriber sent or was to get.
    Number(Msisdn),
}

/// A text that is neither.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("neither a Message-ID (16 hexadecimal digits, with or without @domain) nor an international number")]
pub struct NotASubject;

impl FromStr for Subject {
    type Err = NotASubject;

    fn from_str(text: &str) -> Result<Self, NotASubject> {
        if let Some(message) = MessageId::from_wire(text.as_bytes()) {
            return Ok(Self::Message(message));
        }
        let number = text.split_once('/').map_or(text, |(number, _type)| number);
        let digits = number.strip_prefix('+').unwrap_or(number);
        Msisdn::from_digits(digits.as_bytes())
            .map(Self::Number)
            .ok_or(NotASubject)
    }
}

impl Subject {
    /// As it stands in records: the octets that every record about it contains.
    #[must_use]
    pub fn stored(self) -> [u8; 8] {
        let bits = match self {
            Self::Message(message) => message.bits(),
            Self::Number(number) => number.digits(),
        };
        bits.to_le_bytes()
    }
}
