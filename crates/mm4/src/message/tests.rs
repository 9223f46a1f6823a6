//! Tests of the six messages: read as peers send them, written octet by octet.

use super::*;
use crate::{Address, IdStyle, MmStatus, Orientation, ReadStatus, RequestStatus, Version};

fn read(mail: &str) -> Message<'_> {
    Message::read(mail.as_bytes()).unwrap_or_else(|refusal| panic!("{}: {mail}", refusal.error))
}

fn written(message: &Message<'_>, dialect: &Dialect<'_>) -> String {
    let mut out = Vec::new();
    message.write(dialect, &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

const FORWARD: &str = "From: +447700900001/TYPE=PLMN@mms.a.example\r\nTo: +447700900002/TYPE=PLMN@mms.b.example\r\n\
Sender: system-user@mms.a.example\r\nDate: Tue, 18 Jan 2022 02:23:39 +0000\r\nMessage-ID: <1@mms.a.example>\r\n\
Subject: =?utf-8?B?R3LDvMOfZQ==?=\r\n\
X-Mms-3GPP-MMS-Version: 6.3.0\r\nX-Mms-Message-Type: MM4_forward.REQ\r\nX-Mms-Transaction-ID: \"t-1\"\r\n\
X-Mms-Message-ID: \"m-1@mms.a.example\"\r\nX-Mms-Ack-Request: Yes\r\n\
X-Mms-Originator-System: system-user@mms.a.example\r\nX-Mms-Message-Class: Personal\r\nX-Mms-Expiry: 259200\r\n\
X-Mms-Delivery-Report: Yes\r\nX-Unknown: kept\r\nMIME-Version: 1.0\r\n\
Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 7bit\r\n\r\nhello\r\n";

#[test]
fn a_forward_is_written_as_it_was_read() {
    let message = read(FORWARD);
    assert_eq!(written(&message, &Dialect::default()), FORWARD);
    let Message::ForwardReq(request) = message else {
        panic!("a forward")
    };
    assert_eq!(request.subject.as_deref(), Some("Grüße"));
    assert_eq!(request.transaction.date, Some(base::WallSeconds(1_642_472_619)));
    assert_eq!(
        request.acknowledgement.reply_to(None),
        Some(&Address::new("system-user@mms.a.example"))
    );
}

#[test]
fn reports_say_who_what_and_when() {
    let mail = "From: +447700900002/TYPE=PLMN\r\nTo: +447700900001/TYPE=PLMN\r\nSender: s@b.example\r\n\
Date: Tue, 18 Jan 2022 02:23:39 +0000\r\nMessage-ID: <2@b.example>\r\nX-Mms-3GPP-MMS-Version: 6.3.0\r\n\
X-Mms-Message-Type: MM4_delivery_report.REQ\r\nX-Mms-Transaction-ID: \"t-2\"\r\nX-Mms-Message-ID: \"m-1\"\r\n\
X-Mms-Ack-Request: Yes\r\nX-Mms-Originator-System: s@b.example\r\nX-Mms-MM-Status-Code: Rejected\r\n\
X-Mms-MM-Status-Extension: Rejection-By-Other-RS\r\nX-Mms-Status-Text: no\r\n\
X-Mms-Forward-To-Originator-UA: Yes\r\nX-Mms-Applic-ID: app\r\nMIME-Version: 1.0\r\n\
Content-Type: text/plain; charset=us-ascii\r\n\r\n";
    let message = read(mail);
    assert_eq!(written(&message, &Dialect::default()), mail);
    let Message::DeliveryReportReq(report) = message else {
        panic!("a delivery report")
    };
    assert_eq!(report.status, MmStatus::Rejected);
    assert_eq!(report.recipient.local(), "+447700900002");
    assert_eq!(
        report.clone().oriented(Orientation::Reversed).recipient.local(),
        "+447700900001"
    );

    let reversed = Dialect {
        reports: Orientation::Reversed,
        ..Dialect::default()
    };
    let turned = written(&Message::DeliveryReportReq(report), &reversed);
    assert!(
        turned.starts_with("From: +447700900001/TYPE=PLMN\r\nTo: +447700900002/TYPE=PLMN\r\n"),
        "{turned}"
    );
}

#[test]
fn read_replies_and_responses_are_written_as_they_were_read() {
    let reply = "From: +447700900002/TYPE=PLMN\r\nTo: +447700900001/TYPE=PLMN\r\nX-Mms-3GPP-MMS-Version: 6.3.0\r\n\
X-Mms-Message-Type: MM4_read_reply_report.REQ\r\nX-Mms-Transaction-ID: \"t-3\"\r\nX-Mms-Message-ID: \"m-1\"\r\n\
X-Mms-Read-Status: Deleted without being read\r\nMIME-Version: 1.0\r\n\
Content-Type: text/plain; charset=us-ascii\r\n\r\n";
    let message = read(reply);
    assert_eq!(written(&message, &Dialect::default()), reply);
    assert!(
        matches!(&message, Message::ReadReplyReportReq(report) if report.status == ReadStatus::DeletedUnread)
    );

    for operation in ["MM4_forward", "MM4_delivery_report", "MM4_read_reply_report"] {
        let response = format!(
            "From: s@b.example\r\nTo: s@a.example\r\nSender: s@b.example\r\nX-Mms-3GPP-MMS-Version: 5.6.0\r\n\
X-Mms-Message-Type: {operation}.RES\r\nX-Mms-Transaction-ID: <t-1>\r\nX-Mms-Message-ID: m-1\r\n\
X-Mms-Request-Status-Code: Error-service-denied\r\nX-Mms-Status-Text: no\r\n\
X-Mms-Request-Recipients: +447700900002/TYPE=PLMN\r\nMIME-Version: 1.0\r\n\
Content-Type: text/plain; charset=us-ascii\r\n\r\n"
        );
        let message = read(&response);
        let Message::Response(read) = &message else {
            panic!("a response")
        };
        assert_eq!(
            (read.operation.name(), read.status),
            (operation, RequestStatus::ServiceDenied)
        );
        assert_eq!(
            written(&message, &Dialect::default()),
            response,
            "ids are echoed as they were"
        );
    }
}

#[test]
fn peers_spell_as_they_like() {
    let mail = FORWARD
        .replace("X-Mms-3GPP-MMS-Version: 6.3.0", "x-mms-3gpp-version: 5.6.0")
        .replace("MM4_forward.REQ", "mm4_FORWARD.req")
        .replace("X-Mms-Transaction-ID: \"t-1\"", "X-Mms-Transaction-Id:\r\n t-1")
        .replace("Ack-Request: Yes", "Ack-Request: 1")
        .replace("Expiry: 259200", "Expiry: 2022-01-18T02:23:39Z")
        .replace("\r\n", "\n");
    let Message::ForwardReq(request) = read(&mail) else {
        panic!("a forward")
    };
    assert_eq!(request.transaction.version.to_string(), "5.6.0");
    assert_eq!(request.transaction.id, crate::Id::new(&b"\"t-1\""[..]));
    assert!(request.acknowledgement.is_wanted);
    assert_eq!(request.terms.expiry, Some(crate::Expiry::At(1_642_472_619)));
    // A version of MM1, or none at all, says nothing about TS 23.140.
    for line in ["X-Mms-MMS-Version: 1.2\r\n", ""] {
        let mail = FORWARD.replace("X-Mms-3GPP-MMS-Version: 6.3.0\r\n", line);
        let Message::ForwardReq(request) = read(&mail) else {
            panic!("a forward")
        };
        assert_eq!(request.transaction.version, Version::ASSUMED);
    }
    let nexmo = "X-Mms-Message-Type: MM4_forward.RES\r\nX-Mms-Transaction-ID: t\r\n\
X-Mms-Request-Status-Code: 0\r\n\r\n";
    assert!(matches!(read(nexmo), Message::Response(response) if response.status == RequestStatus::Ok));
}

#[test]
fn what_is_missing_is_named() {
    for (line, field) in [
        ("X-Mms-Transaction-ID", Field::TransactionId),
        ("X-Mms-Message-ID", Field::MessageId),
        ("From", Field::From),
        ("To", Field::To),
    ] {
        let mail = FORWARD.replacen(&format!("{line}: "), "X-Gone: ", 1);
        let refusal = Message::read(mail.as_bytes()).unwrap_err();
        assert_eq!(refusal.error.kind, ErrorKind::Missing(field));
    }
    let mail = FORWARD.replace("\"t-1\"", "\"\"");
    assert_eq!(
        Message::read(mail.as_bytes()).unwrap_err().error.kind,
        ErrorKind::Value(Field::TransactionId)
    );
    let mail = FORWARD.replace("6.3.0", "7.0.0");
    let kind = Message::read(mail.as_bytes()).unwrap_err().error.kind;
    assert!(matches!(kind, ErrorKind::Version(version) if version.major == 7));
    let hidden = FORWARD.replace(
        "To: +447700900002/TYPE=PLMN@mms.b.example",
        "To: undisclosed-recipients:;",
    );
    let Message::ForwardReq(request) = read(&hidden) else {
        panic!("a forward")
    };
    assert!(request.to.is_empty());
    assert!(written(&read(&hidden), &Dialect::default()).contains("\r\nTo: undisclosed-recipients:;\r\n"));
}

#[test]
fn one_field_of_a_dialect_changes_one_thing() {
    let message = read(FORWARD);
    let usual = written(&message, &Dialect::default());
    let check = |dialect: Dialect<'_>, from: &str, to: &str| {
        assert_eq!(
            written(&message, &dialect),
            usual.replace(from, to),
            "{dialect:?}"
        );
    };
    let plain = Dialect::default();
    check(
        Dialect {
            ids: IdStyle::Bare,
            ..plain
        },
        "\"",
        "",
    );
    let angle = written(
        &message,
        &Dialect {
            ids: IdStyle::Angle,
            ..plain
        },
    );
    assert!(angle.contains("X-Mms-Transaction-ID: <t-1>\r\n"), "{angle}");
    check(
        Dialect {
            type_suffix: crate::dialect::TypeSuffix::None,
            ..plain
        },
        "/TYPE=PLMN",
        "",
    );
    let domain = Dialect {
        domain_to: Some("mms.c.example"),
        ..plain
    };
    check(domain, "PLMN@mms.b.example", "PLMN@mms.c.example");
    let domain = Dialect {
        domain_from: Some("mms.d.example"),
        ..plain
    };
    check(domain, "PLMN@mms.a.example", "PLMN@mms.d.example");
    let version = Version {
        major: 5,
        minor: 3,
        technical: 0,
    };
    check(Dialect { version, ..plain }, "6.3.0", "5.3.0");
}
