//! Which fields go when a notification is too long for its messages.
//!
//! Reckoned by hand: the mandatory fields take 29 octets and the URL, the push header 6, From 27, a subject its length
//! and 2, each of the small ones 2. Invariant: a URL of 39 octets and a Transaction-ID of 8 are as the server's own.

use mms::{Address, ApplicationIds, EncodedString, MessageClass, Originator, Pdu, Priority, Time, Version};

use super::*;

const LOCATION: &[u8] = b"http://mms.example.net/0123456789abcdef";
const SUBJECT: &[u8] = b"Holiday in the hills";

fn notification(subject: &'static [u8], location: &'static [u8]) -> NotificationInd<'static> {
    let mut notification = NotificationInd::new(
        b"01234567",
        Version::V1_2,
        MessageClass::Personal,
        30_000,
        Time::Relative(604_800),
        location,
    );
    let text = |text| EncodedString { charset: None, text };
    notification.from = Some(Originator::Address(Address {
        text: text(b"+447700900001/TYPE=PLMN"),
    }));
    notification.subject = Some(text(subject));
    notification.delivery_report = Some(true);
    notification.priority = Some(Priority::High);
    notification
}

#[track_caller]
fn check(notification: &NotificationInd<'_>, segments: u8, dropped: &[&str]) -> Vec<u8> {
    let mut out = Vec::new();
    let fitted = fit(notification, Reference::Octet, &mut out);
    assert_eq!(fitted.dropped.names().collect::<Vec<_>>(), dropped);
    assert_eq!(fitted.segments, segments);
    if fitted.is_sendable() {
        assert_eq!(
            Reference::Octet.segments(out.len() + PUSH_HEADER_OCTETS),
            Some(segments)
        );
    }
    assert!(
        matches!(Pdu::read(&out), Ok(Pdu::NotificationInd(_))),
        "still a notification"
    );
    out
}

#[test]
fn a_usual_one_fits_whole() {
    // FEATURES A5: a subject of 20 characters and a sender in E.164 fit one message.
    let out = check(&notification(SUBJECT, LOCATION), 1, &[]);
    assert!(out.windows(SUBJECT.len()).any(|window| window == SUBJECT));
}

#[test]
fn fields_go_in_the_order_of_the_table() {
    check(&notification(&[b'x'; 26], LOCATION), 1, &[]);
    check(&notification(&[b'x'; 27], LOCATION), 1, &["X-Mms-Priority"]);
    check(
        &notification(&[b'x'; 29], LOCATION),
        1,
        &["X-Mms-Priority", "X-Mms-Delivery-Report"],
    );
    // Once the subject goes, the small ones come back.
    check(&notification(&[b'x'; 60], LOCATION), 1, &["Subject"]);
    // Without a subject the sender is next.
    let mut long = notification(SUBJECT, &[b'u'; 80]);
    long.subject = None;
    check(&long, 1, &["From"]);
    check(&notification(&[b'x'; 60], &[b'u'; 80]), 1, &["Subject", "From"]);
}

#[test]
fn two_messages_when_one_can_not_be() {
    // The mandatory fields alone need two, so whatever fits two stays.
    check(&notification(SUBJECT, &[b'u'; 130]), 2, &[]);
    check(&notification(&[b'x'; 80], &[b'u'; 130]), 2, &["Subject"]);
    check(&notification(SUBJECT, &[b'u'; 290]), 3, &[]);
    let all = ["X-Mms-Priority", "X-Mms-Delivery-Report", "Subject", "From"];
    check(&notification(SUBJECT, &[b'u'; 400]), 4, &all);
}

#[test]
fn some_are_never_dropped() {
    let mut notification = notification(&[b'x'; 60], &[b'u'; 60]);
    notification.replace_id = Some(b"0123456789");
    notification.application = ApplicationIds {
        applic_id: Some(b"net.example.game"),
        ..ApplicationIds::default()
    };
    let out = check(&notification, 1, &["Subject", "From"]);
    let Ok(Pdu::NotificationInd(read)) = Pdu::read(&out) else {
        panic!("a notification");
    };
    assert_eq!(read.replace_id, notification.replace_id);
    assert_eq!(read.application, notification.application);
}

#[test]
fn the_order_is_documented() {
    let names: Vec<_> = ORDER.iter().map(|row| row.name).collect();
    let expected = [
        "X-Mms-Priority",
        "X-Mms-Delivery-Report",
        "X-Mms-Content-Class",
        "X-Mms-DRM-Content",
        "X-Mms-Distribution-Indicator",
        "X-Mms-Stored",
        "X-Mms-Recommended-Retrieval-Mode-Text",
        "Subject",
        "X-Mms-Recommended-Retrieval-Mode",
        "From",
    ];
    assert_eq!(names, expected);
    assert!(ORDER.iter().all(|row| !row.text.is_empty()));
}
