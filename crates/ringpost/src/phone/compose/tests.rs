//! What goes into an M-Send.req, octet by octet where it is ours to decide.

use super::{File, Submission, address, content_type, send_req, transaction_id};
use mms::{Pdu, Version};
use std::time::Duration;

fn file(name: &str, octets: &[u8]) -> File {
    File {
        name: name.to_owned(),
        content_type: content_type(name).to_owned(),
        octets: octets.to_vec(),
    }
}

#[test]
fn a_small_message_on_the_wire() {
    let submission = Submission {
        to: vec!["+447700900002".to_owned()],
        files: vec![file("a.txt", b"hi")],
        ..Submission::default()
    };
    let pdu = send_req(&submission, b"T1", Version::V1_2).unwrap();
    let mut expected = vec![
        0x8C, 0x80, // X-Mms-Message-Type: M-Send.req
        0x98, b'T', b'1', 0x00, // X-Mms-Transaction-Id
        0x8D, 0x92, // X-Mms-MMS-Version: 1.2
        0x89, 0x01, 0x81, // From: insert-address
        0x97, // To
    ];
    expected.extend_from_slice(b"+447700900002/TYPE=PLMN\0");
    expected.extend_from_slice(&[
        0x8A, 0x80, // X-Mms-Message-Class: Personal
        0x8F, 0x81, // X-Mms-Priority: Normal
        0x86, 0x81, // X-Mms-Delivery-Report: No
        0x90, 0x81, // X-Mms-Read-Report: No
        0x84, 0xA3, // Content-Type: application/vnd.wap.multipart.mixed
        0x01, // one part
    ]);
    let headers_at = expected.len();
    assert_eq!(pdu[..headers_at], expected, "the head");
    // Headers of 31 octets, data of 2: text/plain; charset=utf-8; name=a.txt, Content-ID, Content-Location.
    let mut part = vec![31, 2, 11, 0x83, 0x81, 0xEA, 0x85];
    part.extend_from_slice(b"a.txt\0");
    part.extend_from_slice(&[0xC0, b'"']);
    part.extend_from_slice(b"<a.txt>\0");
    part.push(0x8E);
    part.extend_from_slice(b"a.txt\0");
    part.extend_from_slice(b"hi");
    let length = part.len() - 4;
    part[0] = length as u8;
    part[2] = 10;
    assert_eq!(pdu[headers_at..], part, "the part");
}

#[test]
fn wishes_become_fields() {
    let submission = Submission {
        to: vec!["+447700900002".to_owned()],
        cc: vec!["someone@mail.example".to_owned()],
        bcc: vec!["12345".to_owned()],
        subject: Some("Grüße".to_owned()),
        slides: true,
        delivery_report: true,
        read_report: true,
        hide: true,
        urgent: true,
        expiry: Some(Duration::from_secs(3_600)),
        delivery_delay: Some(Duration::from_secs(60)),
        files: vec![file("a&b.jpg", &[0xFF, 0xD8, 0x00, 0x80])],
        transaction_id: None,
        date_unix_s: None,
    };
    let pdu = send_req(&submission, b"T2", Version::V1_3).unwrap();
    let text = mms::text::dump_string(&pdu);
    for line in [
        "To: +447700900002/TYPE=PLMN",
        "Cc: someone@mail.example",
        "Bcc: 12345",
        "Subject: Grüße (utf-8)",
        "X-Mms-Priority: High (0x82)",
        "X-Mms-Sender-Visibility: Hide (0x80)",
        "X-Mms-Delivery-Report: Yes",
        "X-Mms-Expiry: in 3600 s",
        "X-Mms-Delivery-Time: in 60 s",
    ] {
        assert!(
            text.to_lowercase().contains(&line.to_lowercase()),
            "{line}\n{text}"
        );
    }
    let Ok(Pdu::SendReq(req)) = Pdu::read(&pdu) else {
        panic!("{text}")
    };
    assert!(
        req.content
            .content_type
            .is("application/vnd.wap.multipart.related")
    );
    let parts: Vec<_> = req
        .content
        .parts()
        .unwrap()
        .unwrap()
        .map(Result::unwrap)
        .collect();
    assert_eq!(parts[1].data, [0xFF, 0xD8, 0x00, 0x80]);
    let smil = String::from_utf8(parts[0].data.to_vec()).unwrap();
    assert!(smil.contains("<img src=\"a&amp;b.jpg\""), "{smil}");
}

#[test]
fn addresses_and_types_by_name() {
    let addresses = [
        ("+447700900002", "+447700900002/TYPE=PLMN"),
        ("07700900002", "07700900002"),
        ("+447700900002/TYPE=PLMN", "+447700900002/TYPE=PLMN"),
        ("a@b.example", "a@b.example"),
    ];
    for (text, expected) in addresses {
        assert_eq!(address(text), expected);
    }
    let types = [
        ("a.JPG", "image/jpeg"),
        ("a.b.png", "image/png"),
        ("a", "application/octet-stream"),
        (".x", "application/octet-stream"),
    ];
    for (name, expected) in types {
        assert_eq!(content_type(name), expected, "{name}");
    }
    let (one, other) = (transaction_id().unwrap(), transaction_id().unwrap());
    assert!(one != other && one.len() == 16);
}
