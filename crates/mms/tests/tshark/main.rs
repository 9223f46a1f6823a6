//! A foreign dissector reads what we write: Wireshark's MMS encapsulation, run over a capture made here.
//!
//! The judge of the encoder. Invariants: without tshark the test says so and passes; a damaged PDU must be flagged
//! (the canary). Wireshark 4.0 knows PDU types to 0x93 and fields to 0xB3, and takes a Status of 0x84 as the last
//! octet for malformed, so nothing here goes beyond that.

#![expect(clippy::expect_used, reason = "a test's steps fail the test")]

mod capture;

use mms::{
    AcknowledgeInd, Address, Content, ContentType, Counted, DeliveryInd, EncodedString, ForwardConf,
    ForwardReq, MessageClass, NotificationInd, NotifyRespInd, Originator, Pdu, PreviouslySent, Priority,
    ReadOrigInd, ReadRecInd, ReadStatus, Recipient, RecipientKind, Repeated, ReplyCharging,
    ReplyChargingMode, ResponseStatus, RetrieveConf, RetrieveStatus, SendConf, SendReq, SenderVisibility,
    Status, Time, Version,
};

/// What the dissector must say of a PDU: its name for a field, and the value as it prints it.
type Facts = Vec<(&'static str, String)>;

/// The fields that are asked for. Each PDU is checked in all of them: what we did not write must be empty.
const FIELDS: &[&str] = &[
    "mmse.message_type",
    "mmse.transaction_id",
    "mmse.mms_version",
    "mmse.from",
    "mmse.to",
    "mmse.cc",
    "mmse.bcc",
    "mmse.subject",
    "mmse.date",
    "mmse.content_location",
    "mmse.message_id",
    "mmse.message_size",
    "mmse.message_class.id",
    "mmse.message_class.str",
    "mmse.priority",
    "mmse.delivery_report",
    "mmse.read_report",
    "mmse.report_allowed",
    "mmse.response_status",
    "mmse.response_text",
    "mmse.sender_visibility",
    "mmse.status",
    "mmse.retrieve_status",
    "mmse.retrieve_text",
    "mmse.read_status",
    "mmse.expiry.abs",
    "mmse.expiry.rel",
    "mmse.delivery_time.abs",
    "mmse.delivery_time.rel",
    "mmse.reply_charging",
    "mmse.reply_charging_id",
    "mmse.reply_charging_size",
    "mmse.reply_charging_deadline.rel",
    "mmse.previously_sent_by.address",
    "mmse.previously_sent_by.forward_count",
    "mmse.previously_sent_date.forward_count",
    "mmse.ffheader",
];

const DATE: u64 = 1_700_000_000;
const DATE_SHOWN: &str = "Nov 14, 2023 22:13:20.000000000 UTC";
const A: &str = "+447700900001/TYPE=PLMN";
const B: &str = "joe@user.example";

struct Case {
    bytes: Vec<u8>,
    facts: Facts,
}

fn case(pdu: Pdu<'_>, facts: &[(&'static str, &str)]) -> Case {
    let mut bytes = Vec::new();
    pdu.write(&mut bytes);
    bytes.extend_from_slice(pdu.body());
    let mut all = vec![("mmse.message_type", pdu.pdu_type().octet().to_string())];
    all.extend(facts.iter().map(|(key, value)| (*key, (*value).to_owned())));
    Case { bytes, facts: all }
}

fn address(text: &str) -> Address<'_> {
    Address::ascii(text.as_bytes())
}

const TID: (&str, &str) = ("mmse.transaction_id", "T1");

fn answers() -> Vec<Case> {
    let mut cases = Vec::new();
    for (version, shown) in [
        (Version::V1_0, "1.0"),
        (Version::V1_1, "1.1"),
        (Version::V1_2, "1.2"),
    ] {
        for octet in [0x80_u8, 0x81, 0x88, 0xC0, 0xC3, 0xE0, 0xE5, 0xE9] {
            let status = ResponseStatus::try_from(octet).expect("assigned");
            let octet = octet.to_string();
            let version_fact = ("mmse.mms_version", shown);
            let facts = [TID, version_fact, ("mmse.response_status", octet.as_str())];
            cases.push(case(Pdu::SendConf(SendConf::new(b"T1", version, status)), &facts));
            let mut conf = ForwardConf::new(b"T1", version, status);
            conf.response_text = Some(EncodedString::ascii(b"because"));
            conf.message_id = Some(b"M1@mms.example");
            let more = [
                ("mmse.response_text", "because"),
                ("mmse.message_id", "M1@mms.example"),
            ];
            cases.push(case(Pdu::ForwardConf(conf), &[facts.as_slice(), &more].concat()));
        }
    }
    cases
}

fn notifications() -> Vec<Case> {
    let classes = [
        (MessageClass::Personal, ("mmse.message_class.id", "128")),
        (MessageClass::Auto, ("mmse.message_class.id", "131")),
        (MessageClass::Token(b"own"), ("mmse.message_class.str", "own")),
    ];
    let expiries = [
        (Time::Relative(604_800), ("mmse.expiry.rel", "604800.000000000")),
        (Time::Absolute(DATE), ("mmse.expiry.abs", DATE_SHOWN)),
    ];
    let mut cases = Vec::new();
    for (class, class_fact) in classes {
        for (expiry, expiry_fact) in expiries {
            for size in [0_u64, 127, 128, 30_000, 839_556] {
                let shown = size.to_string();
                let mut pdu =
                    NotificationInd::new(b"T1", Version::V1_2, class, size, expiry, b"http://mms/0123");
                let mut facts = vec![
                    TID,
                    ("mmse.mms_version", "1.2"),
                    class_fact,
                    expiry_fact,
                    ("mmse.message_size", shown.as_str()),
                    ("mmse.content_location", "http://mms/0123"),
                ];
                cases.push(case(Pdu::NotificationInd(pdu), &facts));
                pdu.from = Some(Originator::Address(address(A)));
                pdu.subject = Some(EncodedString::utf8("Gr\u{fc}\u{df}e"));
                pdu.delivery_report = Some(true);
                pdu.priority = Some(Priority::High);
                pdu.reply_charging = ReplyCharging {
                    mode: Some(ReplyChargingMode::RequestedTextOnly),
                    deadline: Some(Time::Relative(3_600)),
                    id: Some(b"M0"),
                    size_octets: Some(1_000),
                };
                facts.extend([
                    ("mmse.from", A),
                    ("mmse.subject", "Gr\u{fc}\u{df}e"),
                    ("mmse.delivery_report", "128"),
                    ("mmse.priority", "130"),
                    ("mmse.reply_charging", "129"),
                    ("mmse.reply_charging_id", "M0"),
                    ("mmse.reply_charging_size", "1000"),
                    ("mmse.reply_charging_deadline.rel", "3600.000000000"),
                ]);
                cases.push(case(Pdu::NotificationInd(pdu), &facts));
            }
        }
    }
    cases
}

fn reports() -> Vec<Case> {
    let version = ("mmse.mms_version", "1.1");
    let mut cases = Vec::new();
    for (allowed, shown) in [(true, "128"), (false, "129")] {
        let mut acknowledge = AcknowledgeInd::new(b"T1", Version::V1_1);
        acknowledge.report_allowed = Some(allowed);
        cases.push(case(
            Pdu::AcknowledgeInd(acknowledge),
            &[TID, version, ("mmse.report_allowed", shown)],
        ));
        for status in [
            Status::Retrieved,
            Status::Rejected,
            Status::Deferred,
            Status::Unrecognised,
        ] {
            let mut answer = NotifyRespInd::new(b"T1", Version::V1_1, status);
            answer.report_allowed = Some(allowed);
            let octet = status.octet().to_string();
            let facts = [
                TID,
                version,
                ("mmse.status", octet.as_str()),
                ("mmse.report_allowed", shown),
            ];
            cases.push(case(Pdu::NotifyRespInd(answer), &facts));
        }
    }
    let id = ("mmse.message_id", "M1");
    let date = ("mmse.date", DATE_SHOWN);
    for status in [
        Status::Expired,
        Status::Retrieved,
        Status::Rejected,
        Status::Indeterminate,
        Status::Unreachable,
    ] {
        let octet = status.octet().to_string();
        let report = DeliveryInd::new(Version::V1_1, b"M1", address(A), DATE, status);
        let facts = [version, id, ("mmse.to", A), date, ("mmse.status", octet.as_str())];
        cases.push(case(Pdu::DeliveryInd(report), &facts));
    }
    for status in [ReadStatus::Read, ReadStatus::DeletedUnread] {
        let octet = status.octet().to_string();
        let read = ("mmse.read_status", octet.as_str());
        let insert = ("mmse.from", "<insert address>");
        let mut rec = ReadRecInd::new(Version::V1_1, b"M1", address(B), Originator::Insert, status);
        cases.push(case(
            Pdu::ReadRecInd(rec),
            &[version, id, ("mmse.to", B), insert, read],
        ));
        rec.date_unix_s = Some(DATE);
        cases.push(case(
            Pdu::ReadRecInd(rec),
            &[version, id, ("mmse.to", B), insert, read, date],
        ));
        let from = Originator::Address(address(B));
        let orig = ReadOrigInd::new(Version::V1_1, b"M1", address(A), from, DATE, status);
        cases.push(case(
            Pdu::ReadOrigInd(orig),
            &[version, id, ("mmse.to", A), ("mmse.from", B), read, date],
        ));
    }
    cases
}

const RELATED: &[u8] = b"\x1B\xB3\x8A<smil>\0\x89application/smil\0";
const BODY: &[u8] = b"\x02\
    \x2E\x04\x1Dapplication/smil\0\x85smil.xml\0\x81\xEA\xC0\"<smil\0\x8Esm.xml\0<a/>\
    \x04\x05\x03\x83\x81\xEAHello";

fn three_recipients() -> [Recipient<'static>; 3] {
    let recipient = |kind, text: &'static str| Recipient {
        kind,
        address: address(text),
    };
    [
        recipient(RecipientKind::To, A),
        recipient(RecipientKind::Cc, B),
        recipient(RecipientKind::Bcc, "*12345"),
    ]
}

fn submissions_and_retrievals() -> Vec<Case> {
    let content = Content::new(ContentType::from_raw(RELATED).expect("related"), BODY);
    let plain = Content::new(ContentType::from_raw(b"\x83").expect("text"), b"Hello");
    let three = three_recipients();
    let mut cases = Vec::new();
    for (from, shown) in [
        (Originator::Insert, "<insert address>".to_owned()),
        (Originator::Address(address(A)), A.to_owned()),
        (Originator::Address(address(LONG)), LONG.to_owned()),
    ] {
        let mut pdu = SendReq::new(b"T1", Version::V1_2, from, three.get(..1).expect("one"), plain);
        let from_fact = ("mmse.from", shown.as_str());
        let facts = vec![TID, ("mmse.mms_version", "1.2"), from_fact, ("mmse.to", A)];
        cases.push(case(Pdu::SendReq(pdu), &facts));
        pdu.recipients = Repeated::List(&three);
        pdu.content = content;
        pdu.date_unix_s = Some(DATE);
        pdu.subject = Some(EncodedString::ascii(b"Hi"));
        pdu.message_class = Some(MessageClass::Informational);
        pdu.priority = Some(Priority::Low);
        pdu.expiry = Some(Time::Relative(60));
        pdu.delivery_time = Some(Time::Absolute(DATE));
        pdu.sender_visibility = Some(SenderVisibility::Hide);
        pdu.delivery_report = Some(true);
        pdu.read_report = Some(false);
        let more = [
            ("mmse.cc", B),
            ("mmse.bcc", "*12345"),
            ("mmse.date", DATE_SHOWN),
            ("mmse.subject", "Hi"),
            ("mmse.message_class.id", "130"),
            ("mmse.priority", "128"),
            ("mmse.expiry.rel", "60.000000000"),
            ("mmse.delivery_time.abs", DATE_SHOWN),
            ("mmse.sender_visibility", "128"),
            ("mmse.delivery_report", "128"),
            ("mmse.read_report", "129"),
        ];
        let submission = case(Pdu::SendReq(pdu), &[facts.as_slice(), &more].concat());
        cases.push(retrieval(&submission.bytes));
        cases.push(submission);
    }
    cases
}

/// A retrieval that fails, and a forward of what was never retrieved.
fn without_a_message() -> Vec<Case> {
    let plain = Content::new(ContentType::from_raw(b"\x83").expect("text"), b"Hello");
    let three = three_recipients();
    let error = RetrieveConf {
        retrieve_status: Some(RetrieveStatus::PermanentMessageNotFound),
        retrieve_text: Some(EncodedString::utf8("gone")),
        ..RetrieveConf::new(Version::V1_2, DATE, plain)
    };
    let facts = [
        ("mmse.mms_version", "1.2"),
        ("mmse.date", DATE_SHOWN),
        ("mmse.retrieve_status", "226"),
        ("mmse.retrieve_text", "gone"),
    ];
    let mut cases = vec![case(Pdu::RetrieveConf(error), &facts)];
    let mut forward = ForwardReq::new(
        b"T1",
        Version::V1_2,
        Originator::Insert,
        &three,
        b"http://mms/0123",
    );
    forward.report_allowed = Some(false);
    let facts = [
        TID,
        ("mmse.mms_version", "1.2"),
        ("mmse.from", "<insert address>"),
        ("mmse.to", A),
        ("mmse.cc", B),
        ("mmse.bcc", "*12345"),
        ("mmse.report_allowed", "129"),
        ("mmse.content_location", "http://mms/0123"),
    ];
    cases.push(case(Pdu::ForwardReq(forward), &facts));
    cases
}

/// An address whose From has a length of more than one octet.
const LONG: &str = "a.very.long.local.part.indeed.for.a.phone@an.even.longer.domain.name.example";

/// The retrieval of a submission, by way of the bytes: what is carried over must be readable, too.
fn retrieval(submission: &[u8]) -> Case {
    let Ok(Pdu::SendReq(submission)) = Pdu::read(submission) else {
        unreachable!("just written")
    };
    let previous = [
        PreviouslySent::By(Counted {
            count: 1,
            value: address(B),
        }),
        PreviouslySent::Date(Counted {
            count: 1,
            value: DATE,
        }),
    ];
    let conf = RetrieveConf {
        transaction_id: Some(b"T3"),
        message_id: Some(b"M1"),
        from: Some(Originator::Address(address(A))),
        previously_sent: Repeated::List(&previous),
        headers: submission.headers,
        ..RetrieveConf::new(Version::V1_2, DATE, submission.content)
    };
    case(
        Pdu::RetrieveConf(conf),
        &[
            ("mmse.transaction_id", "T3"),
            ("mmse.mms_version", "1.2"),
            ("mmse.message_id", "M1"),
            ("mmse.from", A),
            ("mmse.date", DATE_SHOWN),
            ("mmse.to", A),
            ("mmse.cc", B),
            ("mmse.subject", "Hi"),
            ("mmse.message_class.id", "130"),
            ("mmse.priority", "128"),
            ("mmse.delivery_report", "128"),
            ("mmse.read_report", "129"),
            ("mmse.previously_sent_by.address", B),
            ("mmse.previously_sent_by.forward_count", "1"),
            ("mmse.previously_sent_date.forward_count", "1"),
        ],
    )
}

/// A text as tshark shows it: it takes no notice of the character set and replaces each octet above 0x7F.
fn as_shown(text: &str) -> String {
    text.bytes()
        .map(|octet| {
            if octet.is_ascii() {
                char::from(octet)
            } else {
                '\u{FFFD}'
            }
        })
        .collect()
}

/// A number as we print it; tshark prints octets with `0x`, booleans of two octets in a word.
fn decimal(shown: &str) -> String {
    let number = shown
        .strip_prefix("0x")
        .and_then(|hex| u64::from_str_radix(hex, 16).ok());
    number.map_or_else(|| shown.to_owned(), |number| number.to_string())
}

#[test]
fn wireshark_reads_what_we_write() {
    let cases: Vec<Case> = [
        answers(),
        notifications(),
        reports(),
        submissions_and_retrievals(),
        without_a_message(),
    ]
    .into_iter()
    .flatten()
    .collect();
    let pdus: Vec<&[u8]> = cases.iter().map(|case| case.bytes.as_slice()).collect();
    let Some(packets) = capture::dissect(&pdus, FIELDS, "clean") else {
        return;
    };
    assert_eq!(packets.len(), cases.len());
    let mut failures = Vec::new();
    for (case, (columns, complaints)) in cases.iter().zip(&packets) {
        for (field, found) in FIELDS.iter().zip(columns) {
            let fact = case.facts.iter().find(|fact| fact.0 == *field);
            let expected = fact.map_or(String::new(), |fact| as_shown(&fact.1));
            if decimal(found) != expected {
                failures.push(format!(
                    "{field}: ours {expected:?}, theirs {found:?} in {}",
                    case.bytes.escape_ascii()
                ));
            }
        }
        if !complaints.is_empty() {
            failures.push(format!("{complaints} in {}", case.bytes.escape_ascii()));
        }
    }
    println!("{} PDUs", cases.len());
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

#[test]
fn a_damaged_pdu_is_flagged() {
    let cases = notifications();
    let whole = &cases.last().expect("cases").bytes;
    // Cut within the Value-length of a From, and with a Value-length that points beyond the end.
    let from = whole
        .windows(2)
        .position(|window| window == b"\x89\x19")
        .expect("From");
    let cut = &whole[..from + 6];
    let mut long = whole.clone();
    long[from + 1] = 30;
    long.truncate(from + 20);
    let Some(packets) = capture::dissect(&[cut, &long, whole], FIELDS, "damaged") else {
        return;
    };
    let flagged: Vec<bool> = packets
        .iter()
        .map(|(_, complaints)| !complaints.is_empty())
        .collect();
    assert_eq!(flagged, [true, true, false]);
    assert!(Pdu::read(cut).is_err() && Pdu::read(&long).is_err() && Pdu::read(whole).is_ok());
}
