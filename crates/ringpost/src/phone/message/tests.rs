//! What comes in: reports, refusals, and file names that senders chose.

use super::{Message, Notification, Outcome, Part, Push, PushKind, Report};
use crate::phone::PhoneError;
use mms::Status;

/// A PDU of written octets.
fn push(octets: &[&[u8]]) -> Result<Push, PhoneError> {
    Push::read(7, octets.concat())
}

#[test]
fn a_notification_on_the_wire() {
    let read = push(&[
        &[0x8C, 0x82],                               // X-Mms-Message-Type: M-Notification.ind
        b"\x98T2\0\x8D\x92",                         // X-Mms-Transaction-Id, version 1.2
        b"\x89\x19\x80+447700900001/TYPE=PLMN\0",    // From
        b"\x96Hi\0",                                 // Subject
        &[0x8A, 0x80, 0x8E, 0x02, 0x7D, 0x00],       // class Personal, size 32,000
        &[0x88, 0x05, 0x81, 0x03, 0x09, 0x3A, 0x80], // expires in 604,800 s
        b"\x83http://m/x\0",                         // Content-Location
    ]);
    let expected = Notification {
        transaction_id: "T2".to_owned(),
        content_location: "http://m/x".to_owned(),
        from: Some("+447700900001/TYPE=PLMN".to_owned()),
        subject: Some("Hi".to_owned()),
        size_octets: 32_000,
    };
    assert_eq!(read.unwrap().kind, PushKind::Notification(expected));
}

#[test]
fn a_delivery_report_on_the_wire_and_what_is_no_push() {
    let read = push(&[
        &[0x8C, 0x86, 0x8D, 0x92], // M-Delivery.ind, version 1.2
        b"\x8Bid@x\0",             // Message-ID
        b"\x97+447700900002/TYPE=PLMN\0",
        &[0x85, 0x04, 0x5F, 0x00, 0x00, 0x00, 0x95, 0x81], // Date, X-Mms-Status: Retrieved
    ]);
    let expected = Report {
        message_id: "id@x".to_owned(),
        recipient: "+447700900002/TYPE=PLMN".to_owned(),
        outcome: Outcome::Delivery(Status::Retrieved),
    };
    assert_eq!(read.unwrap().kind, PushKind::Report(expected));
    assert!(matches!(push(&[&[0x8C]]), Err(PhoneError::Pdu(_))));
}

#[test]
fn a_refused_retrieval_is_an_error_with_the_servers_words() {
    let pdu = [
        &[0x8C, 0x84, 0x8D, 0x92][..], // M-Retrieve.conf, version 1.2
        &[0x85, 0x04, 0x5F, 0x00, 0x00, 0x00],
        &[0x99, 0xE2], // X-Mms-Retrieve-Status: Error-permanent-message-not-found
        b"\x9AGone.\0",
        &[0x84, 0x83], // text/plain
        b"Gone.",
    ]
    .concat();
    match Message::read(&pdu) {
        Err(PhoneError::Refused { status, text, .. }) => assert_eq!((status, text.as_str()), (0xE2, "Gone.")),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_part_is_saved_under_a_name_and_never_at_a_path() {
    let rows: &[(Option<&str>, &str, &str)] = &[
        (Some("photo.jpg"), "image/jpeg", "photo.jpg"),
        (Some("../../etc/passwd"), "text/plain", "passwd"),
        (Some("C:\\temp\\a.gif"), "image/gif", "a.gif"),
        (Some(".."), "text/plain", "part-3.txt"),
        (Some(""), "image/png", "part-3.png"),
        (None, "audio/amr", "part-3.amr"),
        (None, "x/y", "part-3.bin"),
        (Some("a\0b\n|c.txt"), "text/plain", "a_b__c.txt"),
        (Some(".bashrc"), "text/plain", "bashrc"),
        (Some("Grüße aus Köln.txt"), "text/plain", "Grüße aus Köln.txt"),
    ];
    for (name, content_type, expected) in rows {
        let part = Part {
            content_type: (*content_type).to_owned(),
            name: name.map(str::to_owned),
            octets: Vec::new(),
        };
        assert_eq!(part.file_name(3), *expected, "{name:?}");
    }
    let long = Part {
        content_type: String::new(),
        name: Some("x".repeat(500)),
        octets: Vec::new(),
    };
    assert!(long.file_name(0).len() <= 60);
}
