//! SMPP octets read: framing, delivered messages, and the habits of SMSCs that a strict decoder refuses.
//!
//! Invariant: bodies that conform are written by `rusmpp-core`, the others by hand.

use rusmpp_core::encode::Encode;
use rusmpp_core::pdus::borrowed::{DataSm, DeliverSm};
use rusmpp_core::tlvs::borrowed::{MessageDeliveryRequestTlvValue, MessageSubmissionRequestTlvValue};
use rusmpp_core::types::borrowed::{COctetString, OctetString};
use rusmpp_core::values::{EsmClass, MessageState};

use super::*;
use crate::hex::octets;

#[test]
fn frames() {
    let enquire_link = octets("00000010 00000015 00000000 00000007");
    let head = Head {
        command: command::ENQUIRE_LINK,
        status: 0,
        sequence: 7,
    };
    let frame = first(&enquire_link).unwrap().unwrap();
    assert_eq!((frame.head, frame.body, frame.octets), (head, &[][..], 16));
    for cut in 0..16 {
        assert_eq!(first(&enquire_link[..cut]), Ok(None));
    }
    // The length alone is enough to refuse.
    assert_eq!(first(&octets("0000000F")), Err(BadLength(15)));
    assert_eq!(first(&octets("00010400")), Err(BadLength(66_560)));
    assert_eq!(first(&octets("000103FF")), Ok(None));
    assert_eq!(first(&octets("48545450")), Err(BadLength(0x4854_5450)), "HTTP");
}

fn encoded(value: &impl Encode) -> Vec<u8> {
    let mut octets = vec![0; value.length()];
    value.encode(&mut octets);
    octets
}

#[test]
fn a_deliver_sm_of_another_encoder() {
    let pdu: DeliverSm<'_, 4> = DeliverSm::builder()
        .source_addr(COctetString::new(b"447700900123\0").unwrap())
        .destination_addr(COctetString::new(b"5574\0").unwrap())
        .esm_class(EsmClass::from(4))
        .short_message(OctetString::new(b"id:7 stat:DELIVRD").unwrap())
        .push_tlv(MessageDeliveryRequestTlvValue::ReceiptedMessageId(
            COctetString::new(b"A7\0").unwrap(),
        ))
        .unwrap()
        .push_tlv(MessageDeliveryRequestTlvValue::MessageState(
            MessageState::Delivered,
        ))
        .unwrap()
        .build();
    let body = encoded(&pdu);
    let delivered = deliver_sm(&body).unwrap();
    let expected = Delivered {
        source: b"447700900123",
        esm_class: 4,
        text: b"id:7 stat:DELIVRD",
        receipted_message_id: Some(b"A7"),
        message_state: Some(2),
        network_error: None,
    };
    assert_eq!(delivered, expected);
}

#[test]
fn a_data_sm_of_another_encoder() {
    let pdu: DataSm<'_, 4> = DataSm::builder()
        .source_addr(COctetString::new(b"447700900123\0").unwrap())
        .esm_class(EsmClass::from(4))
        .push_tlv(MessageSubmissionRequestTlvValue::SourcePort(9200))
        .unwrap()
        .build();
    let body = encoded(&pdu);
    let delivered = data_sm(&body).unwrap();
    assert_eq!((delivered.source, delivered.esm_class), (&b"447700900123"[..], 4));
}

/// A deliver_sm with this validity_period and these parameters.
fn habit(validity: &str, parameters: &str) -> Vec<u8> {
    octets(&format!(
        "00                # service_type
         01 01 313535353031303000 # source
         00 00 00          # destination
         04 00 00          # esm_class, protocol_id, priority_flag
         00                # schedule_delivery_time
         {validity}        # validity_period
         00 00 00 00       # registered, replace, coding, default message
         00                # sm_length
         {parameters}"
    ))
}

#[test]
fn habits_that_a_strict_decoder_refuses() {
    type Strict<'a> = DeliverSm<'a, 8>;
    let cases = [
        // An id without its zero.
        ("00", "001E 0003 414237", Some(&b"AB7"[..]), None),
        // A state after it, whose value has two octets.
        ("00", "001E 0003 414200 0427 0002 0200", Some(b"AB"), Some(2)),
        // A validity of ten digits.
        ("3030303030303030303000", "0427 0001 05", None, Some(5)),
        // A parameter that ends too soon: those before it count.
        ("00", "0427 0001 05 001E 0009 41", None, Some(5)),
    ];
    for (validity, parameters, id, state) in cases {
        let body = habit(validity, parameters);
        let delivered = deliver_sm(&body).unwrap();
        assert_eq!(delivered.receipted_message_id, id, "{parameters}");
        assert_eq!(delivered.message_state, state, "{parameters}");
        let strict =
            <Strict<'_> as rusmpp_core::decode::borrowed::DecodeWithLength<'_>>::decode(&body, body.len());
        let is_whole = strict.is_ok_and(|(pdu, _)| {
            let tags: Vec<_> = pdu.tlvs().iter().map(|tlv| u16::from(tlv.tag())).collect();
            tags.contains(&0x001E) == id.is_some() && tags.contains(&0x0427) == state.is_some()
        });
        assert!(!is_whole, "then our own reader has no reason: {parameters}");
    }
}

#[test]
fn payload_and_network_error() {
    let body = habit("00", "0424 0003 616263 0423 0003 03 0001");
    let delivered = deliver_sm(&body).unwrap();
    assert_eq!(
        (delivered.text, delivered.network_error),
        (&b"abc"[..], Some((3, 1)))
    );
}

#[test]
fn bodies_cut_short() {
    let body = habit("00", "");
    for cut in 0..body.len() {
        assert_eq!(deliver_sm(&body[..cut]), None, "at {cut}");
    }
    assert_eq!(deliver_sm(&[b'a'; 1_000]), None, "a field without an end");
    assert_eq!(data_sm(&octets("00 01 01 31 00 00 00 00 04 00")), None);
    assert_eq!(message_id(b"abc\0\x04\x24"), b"abc");
    assert_eq!(message_id(b"abc"), b"abc");
    assert_eq!(message_id(b""), b"");
    assert_eq!(
        alert_notification(&octets("01 01 3135353530313030 00 00 00 00")),
        Some(&b"15550100"[..])
    );
    assert_eq!(alert_notification(b"\x01"), None);
}
