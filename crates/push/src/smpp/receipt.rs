//! Delivery receipts: from the optional parameters, or from the text that SMPP 3.4 appendix B suggests.
//!
//! Between a delivered PDU and [`super::receipts`]. Invariants: parameters win over the text; a delivered message that
//! is no receipt is never taken for one; an intermediate state ends nothing.

use base::Msisdn;

use super::frame::Delivered;
use super::settings::TextErrors;
use crate::outcome::Outcome;

/// esm_class: the bits that say what a delivered message is, and their values (SMPP 3.4 §5.2.12).
const KIND: u8 = 0x3C;
const KIND_RECEIPT: u8 = 0x04;
const KIND_INTERMEDIATE: u8 = 0x20;
/// network_error_code: the kind of network whose codes [`NETWORK_ERRORS`] has (SMPP 3.4 §5.3.2.31).
const NETWORK_GSM: u8 = 3;

/// message_state (SMPP 3.4 §5.2.28), and its short form in receipts' texts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum State {
    /// Under way.
    Enroute,
    /// The phone has it.
    Delivered,
    /// Its validity is over.
    Expired,
    /// Somebody removed it.
    Deleted,
    /// It can't be delivered; why, the error says.
    Undeliverable,
    /// The SMSC has it; in practice not an end.
    Accepted,
    /// The SMSC has lost sight of it.
    Unknown,
    /// The network refused it.
    Rejected,
}

/// Number, first letters in a text, state. ENROUTE is 1; a state above 8 or in other letters is unknown.
const STATES: [(u8, &str, State); 8] = [
    (1, "ENROU", State::Enroute),
    (2, "DELIV", State::Delivered),
    (3, "EXPIR", State::Expired),
    (4, "DELET", State::Deleted),
    (5, "UNDEL", State::Undeliverable),
    (6, "ACCEP", State::Accepted),
    (7, "UNKNO", State::Unknown),
    (8, "REJEC", State::Rejected),
];

/// What an error of the network says about the phone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// Not there now.
    Absent,
    /// No such subscriber.
    Unknown,
    /// It will not get this.
    Barred,
}

/// MAP errors (3GPP TS 29.002 §17.6.6) that decide; every other means: not there now. 5 (unidentified subscriber)
/// passes with the next location update, 13 (call barred) with the next bill.
pub const NETWORK_ERRORS: &[(u16, &str, Fault)] = &[
    (1, "unknownSubscriber", Fault::Unknown),
    (9, "illegalSubscriber", Fault::Barred),
    (11, "teleserviceNotProvisioned", Fault::Barred),
    (12, "illegalEquipment", Fault::Barred),
    (21, "facilityNotSupported", Fault::Barred),
];

/// A receipt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Receipt<'a> {
    /// The id of the message, as the receipt writes it.
    pub id: &'a [u8],
    /// Where the message stands.
    pub state: State,
    /// The network's error, and whether it is one of [`NETWORK_ERRORS`].
    pub error: Option<(u16, bool)>,
    /// The phone, if the source is a number.
    pub from: Option<Msisdn>,
}

/// The receipt that a delivered message is; nothing if it is none, or has no id or state.
#[must_use]
pub fn read<'a>(delivered: &Delivered<'a>, text_errors: TextErrors) -> Option<Receipt<'a>> {
    let is_marked = matches!(delivered.esm_class & KIND, KIND_RECEIPT | KIND_INTERMEDIATE);
    if !is_marked && delivered.receipted_message_id.is_none() {
        return None;
    }
    let in_text = |key| value(delivered.text, key);
    let id = delivered
        .receipted_message_id
        .filter(|id| !id.is_empty())
        .or_else(|| in_text("id:"))?;
    let by_number = |number| STATES.iter().find(|(n, ..)| *n == number).map(|row| row.2);
    let state = match delivered.message_state {
        Some(number) => by_number(number).unwrap_or(State::Unknown),
        None => state(in_text("stat:")?),
    };
    let error = match delivered.network_error {
        Some((network, code)) => Some((code, network == NETWORK_GSM)),
        None => in_text("err:")
            .and_then(number)
            .map(|code| (code, text_errors == TextErrors::Map)),
    };
    let intermediate = delivered.esm_class & KIND == KIND_INTERMEDIATE;
    Some(Receipt {
        id,
        state: if intermediate { State::Enroute } else { state },
        error,
        from: phone(delivered.source),
    })
}

/// The number in an address, which SMSCs write with or without `+` or `00`.
#[must_use]
pub fn phone(address: &[u8]) -> Option<Msisdn> {
    let digits = address.strip_prefix(b"+").unwrap_or(address);
    Msisdn::from_digits(digits.strip_prefix(b"00").unwrap_or(digits))
}

impl Receipt<'_> {
    /// What the receipt means for the push; nothing for a message that is still under way.
    #[must_use]
    pub fn outcome(&self) -> Option<Outcome> {
        let code = self.error.map(|(code, _)| code).filter(|&code| code != 0);
        let fault = self
            .error
            .filter(|(_, is_known)| *is_known)
            .and_then(|(code, _)| NETWORK_ERRORS.iter().find(|(c, ..)| *c == code))
            .map(|row| row.2);
        let rejected = Outcome::Rejected {
            code: u32::from(code.unwrap_or(0)),
        };
        let absent = Outcome::Absent { code };
        match (self.state, fault) {
            (State::Enroute | State::Accepted, _) => None,
            (State::Delivered, _) => Some(Outcome::Delivered),
            (State::Undeliverable | State::Rejected, Some(Fault::Unknown)) => {
                Some(Outcome::UnknownSubscriber)
            }
            (State::Undeliverable | State::Rejected, Some(Fault::Barred)) => Some(rejected),
            (State::Rejected, None) => Some(rejected),
            _ => Some(absent),
        }
    }
}

/// What stands behind `key` in a receipt's text, up to the next blank. Keys are compared without case and begin a word.
fn value<'a>(text: &'a [u8], key: &str) -> Option<&'a [u8]> {
    let mut words = text.split(u8::is_ascii_whitespace);
    let word = words.find(|word| {
        word.get(..key.len())
            .is_some_and(|head| head.eq_ignore_ascii_case(key.as_bytes()))
    })?;
    let value = word.get(key.len()..).filter(|value| !value.is_empty());
    // Some write a blank after the colon.
    value.or_else(|| words.find(|word| !word.is_empty()))
}

fn state(text: &[u8]) -> State {
    let row = STATES.iter().find(|(_, letters, _)| {
        text.get(..letters.len())
            .is_some_and(|head| head.eq_ignore_ascii_case(letters.as_bytes()))
    });
    row.map_or(State::Unknown, |row| row.2)
}

fn number(text: &[u8]) -> Option<u16> {
    std::str::from_utf8(text).ok()?.parse().ok()
}

#[cfg(test)]
mod tests;
