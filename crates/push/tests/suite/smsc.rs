//! An SMSC's side of the wire: PDUs written by `rusmpp-core`, ours read with as little as a test needs.
//!
//! Used by the walks and the model. Invariant: nothing here uses the writers under test.

use rusmpp_core::CommandStatus;
use rusmpp_core::command::borrowed::Command;
use rusmpp_core::encode::{Encode, Length};
use rusmpp_core::pdus::borrowed::{
    AlertNotification, BindReceiverResp, BindTransceiverResp, BindTransmitterResp, DeliverSm, Pdu,
    SubmitSmResp,
};
use rusmpp_core::types::borrowed::{COctetString, OctetString};
use rusmpp_core::values::EsmClass;

const PARAMETERS: usize = 4;

/// A PDU with its length.
pub(crate) fn pdu(status: u32, sequence: u32, pdu: Pdu<'_, PARAMETERS>) -> Vec<u8> {
    let command = Command::new(CommandStatus::from(status), sequence, pdu);
    let length = command.length();
    let mut octets = u32::try_from(length + 4).unwrap().to_be_bytes().to_vec();
    octets.resize(length + 4, 0);
    command.encode(&mut octets[4..]);
    octets
}

/// A header alone, as SMSCs answer what they refuse.
pub(crate) fn bare(command: u32, status: u32, sequence: u32) -> Vec<u8> {
    [16, command, status, sequence]
        .iter()
        .flat_map(|word| word.to_be_bytes())
        .collect()
}

/// The answer to a bind by its command_id.
pub(crate) fn bound(command: u32, sequence: u32) -> Vec<u8> {
    let answer = match command {
        0x01 => Pdu::BindReceiverResp(BindReceiverResp::default()),
        0x02 => Pdu::BindTransmitterResp(BindTransmitterResp::default()),
        _ => Pdu::BindTransceiverResp(BindTransceiverResp::default()),
    };
    pdu(0, sequence, answer)
}

/// submit_sm_resp that says Ok.
pub(crate) fn taken(sequence: u32, id: &str) -> Vec<u8> {
    let id = format!("{id}\0");
    let id = COctetString::new(id.as_bytes()).unwrap();
    pdu(
        0,
        sequence,
        Pdu::SubmitSmResp(SubmitSmResp::builder().message_id(id).build()),
    )
}

/// A receipt in a deliver_sm.
pub(crate) fn receipt(sequence: u32, from: &str, text: &str) -> Vec<u8> {
    delivered(sequence, from, 4, text)
}

/// A deliver_sm.
pub(crate) fn delivered(sequence: u32, from: &str, esm_class: u8, text: &str) -> Vec<u8> {
    let from = format!("{from}\0");
    let deliver = DeliverSm::builder()
        .source_addr(COctetString::new(from.as_bytes()).unwrap())
        .destination_addr(COctetString::new(b"5574\0").unwrap())
        .esm_class(EsmClass::from(esm_class))
        .short_message(OctetString::new(text.as_bytes()).unwrap())
        .build();
    pdu(0, sequence, Pdu::DeliverSm(deliver))
}

/// alert_notification: the phone is there.
pub(crate) fn alert(sequence: u32, from: &str) -> Vec<u8> {
    let from = format!("{from}\0");
    let alert = AlertNotification::builder()
        .source_addr(COctetString::new(from.as_bytes()).unwrap())
        .build();
    pdu(0, sequence, Pdu::AlertNotification(alert))
}

/// One of our PDUs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Ours {
    pub(crate) command: u32,
    pub(crate) status: u32,
    pub(crate) sequence: u32,
    pub(crate) body: Vec<u8>,
}

/// Takes the whole PDUs off the front of `octets`.
pub(crate) fn split(octets: &mut Vec<u8>) -> Vec<Ours> {
    let mut all = Vec::new();
    while let Some(length) = octets
        .first_chunk::<4>()
        .map(|word| u32::from_be_bytes(*word) as usize)
    {
        assert!(length >= 16, "we write whole headers");
        if octets.len() < length {
            break;
        }
        let rest = octets.split_off(length);
        let word = |at: usize| u32::from_be_bytes(octets[at..at + 4].try_into().unwrap());
        all.push(Ours {
            command: word(4),
            status: word(8),
            sequence: word(12),
            body: octets[16..].to_vec(),
        });
        *octets = rest;
    }
    all
}

/// The parts of our submit_sm that a model looks at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Submitted {
    pub(crate) to: String,
    pub(crate) esm_class: u8,
    pub(crate) short_message: Vec<u8>,
    pub(crate) parameters: Vec<u8>,
}

/// Reads a submit_sm's body.
pub(crate) fn submitted(body: &[u8]) -> Submitted {
    let mut rest = body;
    let mut text = |before: usize| {
        rest = &rest[before..];
        let end = rest.iter().position(|&octet| octet == 0).unwrap();
        let text = String::from_utf8(rest[..end].to_vec()).unwrap();
        rest = &rest[end + 1..];
        text
    };
    text(0);
    text(2);
    let to = text(2);
    let esm_class = rest[0];
    rest = &rest[3..];
    for _ in 0..2 {
        let end = rest.iter().position(|&octet| octet == 0).unwrap();
        rest = &rest[end + 1..];
    }
    let length = usize::from(rest[4]);
    Submitted {
        to,
        esm_class,
        short_message: rest[5..5 + length].to_vec(),
        parameters: rest[5 + length..].to_vec(),
    }
}
