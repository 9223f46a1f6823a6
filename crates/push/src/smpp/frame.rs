//! SMPP octets in: where a PDU begins and ends, and the few fields that are read of one.
//!
//! First thing behind the socket. Invariants: a length outside 16..=[`PDU_OCTETS_MAX`] is an error before anything is
//! kept; all that is read is borrowed; optional parameters that are cut short end the list, what stands before them
//! counts (SMPP 3.4 §3.2, §4).

use super::limits::{FIELD_OCTETS_MAX, PDU_OCTETS_MAX};

/// Octets of the header of every PDU (SMPP 3.4 §3.2).
pub const HEAD_OCTETS: usize = 16;
/// The bit of command_id that marks an answer.
pub const RESPONSE: u32 = 0x8000_0000;

/// command_id of the PDUs that a session meets (SMPP 3.4 §5.1.2.1).
pub mod command {
    /// generic_nack.
    pub const GENERIC_NACK: u32 = 0x8000_0000;
    /// submit_sm.
    pub const SUBMIT_SM: u32 = 0x04;
    /// deliver_sm.
    pub const DELIVER_SM: u32 = 0x05;
    /// unbind.
    pub const UNBIND: u32 = 0x06;
    /// enquire_link.
    pub const ENQUIRE_LINK: u32 = 0x15;
    /// alert_notification.
    pub const ALERT_NOTIFICATION: u32 = 0x102;
    /// data_sm.
    pub const DATA_SM: u32 = 0x103;
}

/// Tags of the optional parameters that are read (SMPP 3.4 §5.3.2).
mod tag {
    pub(super) const RECEIPTED_MESSAGE_ID: u16 = 0x001E;
    pub(super) const NETWORK_ERROR_CODE: u16 = 0x0423;
    pub(super) const MESSAGE_PAYLOAD: u16 = 0x0424;
    pub(super) const MESSAGE_STATE: u16 = 0x0427;
}

/// The header of a PDU, without its length.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Head {
    /// command_id.
    pub command: u32,
    /// command_status; zero in requests.
    pub status: u32,
    /// sequence_number.
    pub sequence: u32,
}

/// One PDU: its header and its body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Frame<'a> {
    /// The header.
    pub head: Head,
    /// What follows it.
    pub body: &'a [u8],
    /// Octets of all of it.
    pub octets: usize,
}

/// A command_length that no PDU has: where the next begins is unknown, so the link is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BadLength(pub u32);

/// The first PDU of `input`; nothing while it is not all there. Errors: as soon as its length is.
pub fn first(input: &[u8]) -> Result<Option<Frame<'_>>, BadLength> {
    let Some((length, rest)) = word(input) else {
        return Ok(None);
    };
    let octets = usize::try_from(length).unwrap_or(usize::MAX);
    if octets < HEAD_OCTETS || length > PDU_OCTETS_MAX {
        return Err(BadLength(length));
    }
    let Some(whole) = rest.get(..octets.saturating_sub(4)) else {
        return Ok(None);
    };
    let read = || {
        let (command, rest) = word(whole)?;
        let (status, rest) = word(rest)?;
        let (sequence, body) = word(rest)?;
        let head = Head {
            command,
            status,
            sequence,
        };
        Some(Frame { head, body, octets })
    };
    Ok(read())
}

fn word(octets: &[u8]) -> Option<(u32, &[u8])> {
    let (word, rest) = octets.split_first_chunk::<4>()?;
    Some((u32::from_be_bytes(*word), rest))
}

fn half(octets: &[u8]) -> Option<(u16, &[u8])> {
    let (half, rest) = octets.split_first_chunk::<2>()?;
    Some((u16::from_be_bytes(*half), rest))
}

/// A C-octet string without its zero, and what follows; nothing without a zero within [`FIELD_OCTETS_MAX`].
fn text(octets: &[u8]) -> Option<(&[u8], &[u8])> {
    let within = octets.get(..FIELD_OCTETS_MAX).unwrap_or(octets);
    let end = within.iter().position(|&octet| octet == 0)?;
    Some((octets.get(..end)?, octets.get(end.saturating_add(1)..)?))
}

/// message_id of a submit_sm_resp: up to its zero octet, or to the end where that is missing.
#[must_use]
pub fn message_id(body: &[u8]) -> &[u8] {
    body.split(|&octet| octet == 0).next().unwrap_or_default()
}

/// What an SMSC delivers: a receipt, or a message that somebody sent to our short code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Delivered<'a> {
    /// source_addr: of a receipt, the phone's number.
    pub source: &'a [u8],
    /// esm_class: says whether it is a receipt.
    pub esm_class: u8,
    /// short_message, or message_payload if that is given.
    pub text: &'a [u8],
    /// receipted_message_id.
    pub receipted_message_id: Option<&'a [u8]>,
    /// message_state.
    pub message_state: Option<u8>,
    /// network_error_code: the kind of network, and its code.
    pub network_error: Option<(u8, u16)>,
}

/// The body of a deliver_sm (SMPP 3.4 §4.6.1). Nothing for one without its mandatory fields.
#[must_use]
pub fn deliver_sm(body: &[u8]) -> Option<Delivered<'_>> {
    let (_service_type, rest) = text(body)?;
    let (source, rest) = address(rest)?;
    let (_destination, rest) = address(rest)?;
    let (&[esm_class, _protocol, _priority], rest) = rest.split_first_chunk::<3>()?;
    let (_schedule, rest) = text(rest)?;
    let (_validity, rest) = text(rest)?;
    let (&[_registered, _replace, _coding, _default, length], rest) = rest.split_first_chunk::<5>()?;
    let (short_message, parameters) = rest.split_at_checked(usize::from(length))?;
    let mut delivered = Delivered {
        source,
        esm_class,
        text: short_message,
        ..Delivered::default()
    };
    read_parameters(parameters, &mut delivered);
    Some(delivered)
}

/// The body of a data_sm (SMPP 3.4 §4.7.1), with which some SMSCs send receipts.
#[must_use]
pub fn data_sm(body: &[u8]) -> Option<Delivered<'_>> {
    let (_service_type, rest) = text(body)?;
    let (source, rest) = address(rest)?;
    let (_destination, rest) = address(rest)?;
    let (&[esm_class, _registered, _coding], parameters) = rest.split_first_chunk::<3>()?;
    let mut delivered = Delivered {
        source,
        esm_class,
        ..Delivered::default()
    };
    read_parameters(parameters, &mut delivered);
    Some(delivered)
}

/// The number that an alert_notification says is reachable (SMPP 3.4 §4.12.1).
#[must_use]
pub fn alert_notification(body: &[u8]) -> Option<&[u8]> {
    address(body).map(|(source, _)| source)
}

/// TON, NPI and address.
fn address(octets: &[u8]) -> Option<(&[u8], &[u8])> {
    let (_kinds, rest) = octets.split_first_chunk::<2>()?;
    text(rest)
}

fn read_parameters<'a>(mut octets: &'a [u8], delivered: &mut Delivered<'a>) {
    while let Some((tag, value, rest)) = parameter(octets) {
        octets = rest;
        match (tag, value) {
            (tag::RECEIPTED_MESSAGE_ID, id) => delivered.receipted_message_id = Some(message_id(id)),
            (tag::MESSAGE_STATE, [state, ..]) => delivered.message_state = Some(*state),
            (tag::NETWORK_ERROR_CODE, [network, high, low]) => {
                delivered.network_error = Some((*network, u16::from_be_bytes([*high, *low])));
            }
            (tag::MESSAGE_PAYLOAD, payload) if delivered.text.is_empty() => delivered.text = payload,
            _ => {}
        }
    }
}

fn parameter(octets: &[u8]) -> Option<(u16, &[u8], &[u8])> {
    let (tag, rest) = half(octets)?;
    let (length, rest) = half(rest)?;
    let (value, rest) = rest.split_at_checked(usize::from(length))?;
    Some((tag, value, rest))
}

#[cfg(test)]
mod tests;
