//! Vectors of whole PDUs: what is there, what is refused and why, what goes on with a message.

use wsp::{ContentType, EncodedString, Version};

use super::{NotificationInd, Pdu, RetrieveConf, SendReq};
use crate::error::ErrorKind;
use crate::field;
use crate::repeated::{PreviouslySent, RecipientKind, Repeated};
use crate::status::ResponseStatus;
use crate::value::{Counted, MessageClass, Originator, Priority, Status, Time};
use crate::{Address, Content, Form, message_size_octets};

/// The head of a real handset's message, with other numbers: every field as it was.
const HANDSET: &[u8] = b"\x8C\x80\
    \x98T19d6aeff2a3\0\
    \x8D\x92\
    \x85\x04\x69\xD5\xC2\xA3\
    \x89\x18\x80\x16\xEA4477009000/TYPE=PLMN\0\
    \x97\x16\xEA4477009001/TYPE=PLMN\0\
    \x8A\x80\x8F\x81\x86\x81\x90\x81\
    \x84\x1B\xB3\x8A<smil>\0\x89application/smil\0\
    \x01\x31\x04\x1Dapplication/smil\0\x85smil.xml\0\x81\xEA\xC0\"<smil>\0\x8Esmil.xml\0\0";

fn send_req(bytes: &[u8]) -> SendReq<'_> {
    match Pdu::read(bytes) {
        Ok(Pdu::SendReq(message)) => message,
        other => panic!("{other:?}"),
    }
}

fn refused(bytes: &[u8]) -> (ErrorKind, u32) {
    let error = Pdu::read(bytes).expect_err("a refusal");
    (error.kind, error.offset)
}

#[test]
fn a_handsets_message() {
    let message = send_req(HANDSET);
    assert_eq!(message.transaction_id, b"T19d6aeff2a3");
    assert_eq!(
        (message.version, message.date_unix_s),
        (Version::V1_2, Some(0x69D5_C2A3))
    );
    let utf8 = |text| Address {
        text: EncodedString {
            charset: Some(106),
            text,
        },
    };
    assert_eq!(message.from, Originator::Address(utf8(b"4477009000/TYPE=PLMN")));
    let recipients: Vec<_> = message.recipients.iter().collect();
    assert_eq!(recipients.len(), 1);
    assert!(matches!(recipients[0].address.form(), Form::Phone(_)));
    assert_eq!(recipients[0].kind, RecipientKind::To);
    assert_eq!(message.message_class, Some(MessageClass::Personal));
    assert_eq!(message.priority, Some(Priority::Normal));
    assert_eq!(
        (message.delivery_report, message.read_report),
        (Some(false), Some(false))
    );
    assert_eq!(message.content.content_type.start(), Some(b"<smil>".as_slice()));
    assert_eq!(message.content.body, &HANDSET[message.content.offset..]);
    assert_eq!(message.content.body[0], 1);
}

#[test]
fn tolerated() {
    // application header in front, iOS order (To before From), Cc empty, a field of the future, padding for a body
    let odd =
        b"\x8C\x80\x98T\0\x8D\x93X-Scanned-By\0x\0\x97a@b.example\0\x82\0\xC4\x02zz\x89\x01\x81\x84\x83Hi";
    let message = send_req(odd);
    assert_eq!(message.recipients.iter().count(), 1);
    assert_eq!(message.headers.application("x-scanned-by"), Some(b"x".as_slice()));
    assert_eq!(
        message.headers.first(0xC4).map(|field| field.value),
        Some(b"\x02zz".as_slice())
    );
    assert_eq!(message_size_octets(&message), Ok(2));
    // an unreadable optional field counts as absent; the first of two counts
    let odd = b"\x8C\x80\x98T\0\x8D\x90\x8F\x99\x98U\0\x89\x01\x81\x97a@b.example\0\x86\x80\x86\x81\x84\x83";
    let message = send_req(odd);
    assert_eq!((message.priority, message.delivery_report), (None, Some(true)));
    assert_eq!(message.transaction_id, b"T");
    // a subject whose sender forgot the Quote
    let odd = b"\x8C\x80\x98T\0\x8D\x90\x96\xC3\xA9t\xC3\xA9\0\x89\x01\x81\x97a@b.example\0\x84\x83";
    assert_eq!(
        send_req(odd).subject,
        Some(EncodedString::ascii("été".as_bytes()))
    );
}

#[test]
fn trailing_padding_ends_a_notification() {
    let bytes =
        b"\x8C\x82\x98T\0\x8D\x91\x8A\x80\x8E\x02\x10\x00\x88\x05\x81\x03\x09\x3A\x80\x83http://x\0\x81\0\0";
    let Ok(Pdu::NotificationInd(notification)) = Pdu::read(bytes) else {
        panic!()
    };
    assert_eq!(notification.message_size_octets, 4096);
    assert_eq!(notification.expiry, Time::Relative(604_800));
    assert_eq!(
        (notification.content_location, notification.from),
        (b"http://x".as_slice(), None)
    );
}

#[test]
fn refusals() {
    assert_eq!(refused(b""), (ErrorKind::NotAPdu, 0));
    assert_eq!(refused(b"\x8D\x90\x8C\x80"), (ErrorKind::NotAPdu, 0));
    assert_eq!(refused(b"\x8C\x98"), (ErrorKind::UnknownType(0x98), 1));
    assert_eq!(
        refused(b"\x8C\x8B\x98T\0\x8D\x92"),
        (ErrorKind::Unsupported(0x8B), 1)
    );
    assert_eq!(
        refused(b"\x8C\x85\x8D\x90"),
        (ErrorKind::Missing(field::TRANSACTION_ID), 4)
    );
    assert_eq!(
        refused(b"\x8C\x85\x98T\0"),
        (ErrorKind::Missing(field::VERSION), 5)
    );
    let version = Version::from_octet(0xA0).expect("2.0");
    assert_eq!(
        refused(b"\x8C\x85\x98T\0\x8D\xA0"),
        (ErrorKind::Version(version), 6)
    );
    assert_eq!(
        refused(b"\x8C\x85\x98T"),
        (ErrorKind::Framing(wsp::ErrorKind::Truncated), 3)
    );
    assert_eq!(refused(b"\x8C\x85\x05"), (ErrorKind::UnexpectedOctet(5), 2));
    assert_eq!(
        refused(b"\x8C\x83\x98T\0\x8D\x90\x95\x90"),
        (ErrorKind::Value(field::STATUS, wsp::ErrorKind::Form), 8)
    );
    // a Content-Location in a form that M-Delete.req does not have, found by a property test
    let counted = b"\x8C\x94\x98T\0\x8D\x92\x83\x05\x81\x03\x09\x3A\x80";
    assert_eq!(
        refused(counted),
        (ErrorKind::Missing(field::CONTENT_LOCATION), 14)
    );
    // a Message-ID that would otherwise reach into the field behind it
    let reaching = b"\x8C\x86\x8D\x90\x8B\x02ab\x97x\0\x85\x01\x05\x95\x81";
    assert_eq!(
        refused(reaching),
        (ErrorKind::Value(field::MESSAGE_ID, wsp::ErrorKind::Truncated), 5)
    );
    let empty_to = b"\x8C\x80\x98T\0\x8D\x90\x89\x01\x81\x97\0\x84\x83";
    assert_eq!(refused(empty_to), (ErrorKind::NoRecipient, 12));
    let no_body = b"\x8C\x80\x98T\0\x8D\x90\x89\x01\x81\x97a@b\0";
    assert_eq!(refused(no_body), (ErrorKind::Missing(field::CONTENT_TYPE), 15));
}

#[test]
fn minimal_answers() {
    let bytes = b"\x8C\x83\x98T1\0\x8D\x92\x95\x81";
    let Ok(pdu @ Pdu::NotifyRespInd(answer)) = Pdu::read(bytes) else {
        panic!()
    };
    assert_eq!((answer.status, answer.report_allowed), (Status::Retrieved, None));
    let mut out = Vec::new();
    pdu.write(&mut out);
    assert_eq!(out, bytes);
    out.clear();
    let mut answer = super::SendConf::new(b"T1", Version::V1_2, ResponseStatus::Ok);
    answer.message_id = Some(b"M1");
    answer.write(&mut out);
    assert_eq!(out, b"\x8C\x81\x98T1\0\x8D\x92\x92\x80\x8BM1\0");
}

#[test]
fn a_small_notification() {
    let location = b"http://mms/0123456789abcdef01";
    let notification = NotificationInd::new(
        b"T2",
        Version::V1_2,
        MessageClass::Personal,
        30_000,
        Time::Relative(604_800),
        location,
    );
    let mut out = Vec::new();
    notification.write(&mut out);
    assert_eq!(
        out,
        [
            b"\x8C\x82\x98T2\0\x8D\x92\x8A\x80\x8E\x02\x75\x30\x88\x05\x81\x03\x09\x3A\x80\x83".as_slice(),
            location,
            b"\0"
        ]
        .concat()
    );
}

/// A submission with everything that must and must not reach the recipient.
const SUBMISSION: &[u8] = b"\x8C\x80\x98T\0\x8D\x92\
    \x89\x01\x81\
    \x97+447700900001/TYPE=PLMN\0\x82+447700900002/TYPE=PLMN\0\x81+447700900003/TYPE=PLMN\0\
    \x96\x08\x02\x03\xE8\x04\x1F\x01\x00\x00\
    \x8F\x82\x8F\x80\x90\x80\
    \x88\x05\x81\x03\x09\x3A\x80\
    \x99\xE2\x8BM0\0\xA4\x06\x80work\0\
    \xC7\x02zz\
    X-Scanned-By\0me\0\
    \x84\x83Hello";

#[test]
fn what_goes_on_with_a_message() {
    let submission = send_req(SUBMISSION);
    let from = crate::PlmnText::new(447_700_900_000);
    let mut conf = RetrieveConf::new(Version::V1_2, 1_700_000_000, submission.content);
    conf.message_id = Some(b"M1");
    conf.from = Some(Originator::Address(from.address()));
    let earlier = [PreviouslySent::Date(Counted {
        count: 1,
        value: 1_600_000_000,
    })];
    conf.previously_sent = Repeated::List(&earlier);
    conf.headers = submission.headers;
    let mut out = Vec::new();
    conf.write(&mut out);
    let expected = b"\x8C\x84\x8D\x92\x8BM1\0\x85\x04\x65\x53\xF1\x00\
        \x89\x19\x80+447700900000/TYPE=PLMN\0\
        \xA1\x06\x81\x04\x5F\x5E\x10\x00\
        \x97+447700900001/TYPE=PLMN\0\x82+447700900002/TYPE=PLMN\0\
        \x96\x08\x02\x03\xE8\x04\x1F\x01\x00\x00\
        \x8F\x82\x90\x80\
        \xC7\x02zz\
        X-Scanned-By\0me\0\
        \x84\x83";
    assert_eq!(
        out.escape_ascii().to_string(),
        expected.escape_ascii().to_string()
    );
    out.extend_from_slice(submission.content.body);
    let Ok(Pdu::RetrieveConf(read)) = Pdu::read(&out) else {
        panic!()
    };
    assert_eq!(read.subject(), submission.subject);
    assert_eq!(read.content.body, b"Hello");
    assert!(
        read.recipients()
            .iter()
            .all(|recipient| recipient.kind != RecipientKind::Bcc)
    );
}

#[test]
fn a_forgotten_quote_is_put_in_on_the_way_out() {
    let odd = b"\x8C\x80\x98T\0\x8D\x90\x89\x01\x81\x97a@b.example\0\x96\xC3\xA9\0\x84\x83";
    let submission = send_req(odd);
    let mut conf = RetrieveConf::new(Version::V1_0, 1, submission.content);
    conf.headers = submission.headers;
    let mut out = Vec::new();
    conf.write(&mut out);
    assert!(out.windows(5).any(|window| window == b"\x96\x7F\xC3\xA9\0"));
}

#[test]
fn size_is_subject_and_data() {
    let message = send_req(HANDSET);
    assert!(message_size_octets(&message).is_err(), "the part is cut off");
    let raw = ContentType::from_raw(b"\xA3").expect("mixed");
    let body = b"\x02\x01\x05\x83Hello\x01\x03\x83Joe";
    let parts = SendReq {
        content: Content::new(raw, body),
        subject: Some(EncodedString::utf8("été")),
        ..send_req(SUBMISSION)
    };
    assert_eq!(message_size_octets(&parts), Ok(5 + 3 + 5));
}

#[test]
fn what_the_bytes_cost_in_memory() {
    assert!(
        size_of::<Pdu<'_>>() <= 720,
        "{} octets: a PDU lives on the stack",
        size_of::<Pdu<'_>>()
    );
    assert!(
        size_of::<crate::Error>() <= 8,
        "{} octets",
        size_of::<crate::Error>()
    );
}
