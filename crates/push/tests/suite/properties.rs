//! Properties: no octets panic a reader or the session, and a fitted notification keeps its promises.
//!
//! Every case is a function of proptest's seed. The fuzz entry points are run here with random and with likely octets.

use mms::{Address, EncodedString, MessageClass, NotificationInd, Originator, Pdu, Priority, Time, Version};
use proptest::collection::vec;
use proptest::prelude::*;
use push::smpp::backoff::wait_ms;
use push::wdp::{Reference, SEGMENTS_MAX};
use push::{fit, fuzz};

use crate::smsc;

fn texts(octets_max: usize) -> impl Strategy<Value = Vec<u8>> {
    vec(0x20_u8..0x7F, 1..octets_max)
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn fitted(
        transaction_id in texts(64),
        location in texts(300),
        subject in prop::option::of(texts(120)),
        from in prop::option::of(texts(40)),
        priority: bool,
        is_wide: bool,
    ) {
        let expiry = Time::Relative(3_600);
        let class = MessageClass::Personal;
        let mut whole = NotificationInd::new(&transaction_id, Version::V1_2, class, 30_000, expiry, &location);
        let text = |text| EncodedString { charset: Some(106), text };
        whole.subject = subject.as_deref().map(text);
        whole.from = from.as_deref().map(|from| Originator::Address(Address { text: text(from) }));
        whole.priority = priority.then_some(Priority::High);
        let reference = if is_wide { Reference::Word } else { Reference::Octet };
        let mut out = Vec::new();
        let fitted = fit(&whole, reference, &mut out);
        let segments = reference.segments(out.len() + 6);
        prop_assert_eq!(fitted.is_sendable(), segments.is_some());
        prop_assert!(segments.is_none_or(|segments| segments == fitted.segments && segments <= SEGMENTS_MAX));
        let Ok(Pdu::NotificationInd(read)) = Pdu::read(&out) else {
            return Err(TestCaseError::fail("it is still a notification"));
        };
        prop_assert_eq!(read.content_location, whole.content_location);
        prop_assert_eq!(read.transaction_id, whole.transaction_id);
        // What was said to be dropped is what is missing.
        let missing: Vec<_> = [
            ("X-Mms-Priority", whole.priority.is_some() && read.priority.is_none()),
            ("Subject", whole.subject.is_some() && read.subject.is_none()),
            ("From", whole.from.is_some() && read.from.is_none()),
        ].into_iter().filter(|(_, is_missing)| *is_missing).map(|(name, _)| name).collect();
        prop_assert_eq!(fitted.dropped.names().collect::<Vec<_>>(), missing);
    }

    #[test]
    fn waits(attempt: u32, least in 1_u32..60_000, more in 0_u32..600_000, noise: u32) {
        let most = least + more;
        let wait = wait_ms(attempt, least, most, noise);
        prop_assert!(wait >= u64::from(least / 2) && wait <= u64::from(most));
        prop_assert!(wait_ms(attempt, least, most, 0) <= wait);
    }

    #[test]
    fn hostile_octets(octets in vec(any::<u8>(), 0..600)) {
        fuzz::push(&octets);
        fuzz::segments(&octets);
        fuzz::session(&octets);
        fuzz::delivered(&octets);
        fuzz::pap(&octets);
    }

    /// Whole PDUs of every kind with a random status and sequence_number, damaged in one place.
    #[test]
    fn likely_octets(
        pdus in vec((0_u8..9, 0_u32..0x110, 0_u32..12, "[a-z0-9:]{0,20}"), 0..20),
        cut: u8,
        damage in prop::option::of((0_usize..500, any::<u8>())),
    ) {
        let mut octets = vec![cut];
        for (kind, status, sequence, text) in pdus {
            octets.extend(match kind {
                0 => smsc::bare(0x8000_0004, status, sequence),
                1 => smsc::taken(sequence, &text),
                2 => smsc::bare(0x8000_0000, status, sequence),
                3 => smsc::bare(0x8000_0015, 0, sequence),
                4 => smsc::bare(0x15, 0, sequence),
                5 => smsc::bare(0x06, 0, sequence),
                6 => smsc::alert(sequence, &text),
                7 => smsc::receipt(sequence, "447700900101", &format!("id:{text} stat:DELIVRD")),
                _ => smsc::bare(status, 0, sequence),
            });
        }
        if let Some((at, octet)) = damage
            && let Some(slot) = octets.get_mut(at)
        {
            *slot = octet;
        }
        fuzz::session(&octets);
    }

    #[test]
    fn likely_documents(name in "[a-z-]{1,20}", value in ".{0,20}", cut in 0_usize..120) {
        let text = format!("<pap><{name} code=\"{value}\" push-id='1'/><response-result code='1001'/></pap>");
        fuzz::pap(text.as_bytes());
        fuzz::pap(text.as_bytes().get(..cut).unwrap_or_default());
    }
}
