//! Properties: what is written reads back equal, and no bytes make the codec panic.
//!
//! Beside the vectors and the real PDUs. Invariant: every case is a function of proptest's seed.

use mms::{
    Address, ApplicationIds, Content, ContentClass, ContentType, EncodedString, MessageClass,
    NotificationInd, Originator, Pdu, Priority, Recipient, RecipientKind, SendReq, Time, Version,
};
use proptest::collection::vec;
use proptest::prelude::*;

const BASE: &[u8] = b"\x8C\x80\x98T19d6aeff2a3\0\x8D\x92\x85\x04\x69\xD5\xC2\xA3\
    \x89\x18\x80\x16\xEA4477009000/TYPE=PLMN\0\x97\x16\xEA4477009001/TYPE=PLMN\0\
    \x8A\x80\x8F\x81\x86\x81\x90\x81X-By\0me\0\xA4\x06\x80work\0\
    \x84\x1B\xB3\x8A<smil>\0\x89application/smil\0\
    \x01\x2E\x04\x1Dapplication/smil\0\x85smil.xml\0\x81\xEA\xC0\"<s>\0\x8Esmil.xml\0<a/>";

fn text() -> impl Strategy<Value = Vec<u8>> {
    vec(1_u8..=255, 0..40)
}

fn time() -> impl Strategy<Value = Time> {
    prop_oneof![
        any::<u64>().prop_map(Time::Absolute),
        any::<u64>().prop_map(Time::Relative)
    ]
}

fn written(pdu: Pdu<'_>) -> Vec<u8> {
    let mut out = Vec::new();
    pdu.write(&mut out);
    out.extend_from_slice(pdu.body());
    out
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn notifications(
        texts in [text(), text(), text(), text()],
        size: u64,
        expiry in time(),
        flags in [any::<Option<bool>>(), any::<Option<bool>>(), any::<Option<bool>>()],
        charset in prop::option::of(prop::sample::select(vec![3_u32, 106, 2025])),
    ) {
        let [transaction_id, location, subject, applic] = &texts;
        let subject = EncodedString { charset, text: subject };
        let mut pdu = NotificationInd::new(transaction_id, Version::V1_3, MessageClass::Auto, size, expiry, location);
        pdu.subject = Some(subject);
        pdu.from = Some(Originator::Address(Address { text: subject }));
        pdu.delivery_report = flags[0];
        pdu.stored = flags[1];
        pdu.drm_content = flags[2];
        pdu.application = ApplicationIds { applic_id: Some(applic), ..ApplicationIds::default() };
        pdu.reply_charging.deadline = Some(expiry);
        pdu.reply_charging.size_octets = Some(size);
        let bytes = written(Pdu::NotificationInd(pdu));
        prop_assert_eq!(Pdu::read(&bytes), Ok(Pdu::NotificationInd(pdu)));
    }

    #[test]
    fn submissions(
        transaction_id in text(),
        numbers in vec((0_u8..3, 1_u64..1_000_000_000_000_000), 1..50),
        subject in text(),
        body in vec(any::<u8>(), 0..100),
        delivery in time(),
    ) {
        let addresses: Vec<_> = numbers.iter().map(|(_, number)| mms::PlmnText::new(*number)).collect();
        let kinds = [RecipientKind::To, RecipientKind::Cc, RecipientKind::Bcc];
        let recipients: Vec<_> = numbers.iter().zip(&addresses)
            .map(|((kind, _), address)| Recipient { kind: kinds[usize::from(*kind)], address: address.address() })
            .collect();
        let content = Content::new(ContentType::from_raw(b"\x83").expect("text/plain"), &body);
        let mut pdu = SendReq::new(&transaction_id, Version::V1_2, Originator::Insert, &recipients, content);
        pdu.subject = Some(EncodedString { charset: Some(106), text: &subject });
        pdu.delivery_time = Some(delivery);
        pdu.priority = Some(Priority::High);
        pdu.content_class = Some(ContentClass::ImageBasic);
        let bytes = written(Pdu::SendReq(pdu));
        prop_assert_eq!(Pdu::read(&bytes), Ok(Pdu::SendReq(pdu)));
        mms::fuzz::pdu(&bytes);
    }

    #[test]
    fn hostile_bytes(kind in 0x80_u8..0x9A, bytes in vec(any::<u8>(), 0..300)) {
        mms::fuzz::pdu(&bytes);
        mms::fuzz::pdu(&[&[0x8C, kind], bytes.as_slice()].concat());
    }

    /// Header-like noise: field codes followed by small values, so that whole PDUs come about by chance.
    #[test]
    fn likely_headers(
        kind in 0x80_u8..0x98,
        fields in vec((0x81_u8..=0xC2, vec(any::<u8>(), 0..12), 0_u8..4), 0..40),
    ) {
        let mut bytes = vec![0x8C, kind, 0x98, b'T', 0, 0x8D, 0x92];
        for (code, value, form) in fields {
            bytes.push(code);
            match form {
                0 => bytes.push(value.first().copied().unwrap_or(0x80) | 0x80),
                1 => { bytes.push(value.len() as u8); bytes.extend(value); }
                2 => { bytes.extend(value.iter().map(|octet| octet | 0x20)); bytes.push(0); }
                _ => bytes.extend_from_slice(b"\x05\x81\x03\x09\x3A\x80"),
            }
        }
        mms::fuzz::pdu(&bytes);
    }

    #[test]
    fn damaged_messages(position in 0_usize..250, octet: u8, cut in 0_usize..250) {
        let mut bytes = BASE.to_vec();
        if let Some(slot) = bytes.get_mut(position) {
            *slot = octet;
        }
        mms::fuzz::pdu(&bytes);
        bytes.truncate(cut);
        mms::fuzz::pdu(&bytes);
    }
}

#[test]
fn the_base_of_the_damage_is_whole() {
    assert!(matches!(Pdu::read(BASE), Ok(Pdu::SendReq(_))));
    mms::fuzz::pdu(BASE);
}
