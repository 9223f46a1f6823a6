//! MMS PDUs of every type, with every field that the table of fields knows, and what becomes of a submission.
//!
//! A subject of the fuzzers. Invariant: [`pdu`] puts in what the table calls mandatory, then some of what is optional,
//! with values of the table's shape; so a new row is fuzzed without a change here.

use mms::field::{self, FIELDS, FieldRow, Shape};
use mms::{
    Content, MessageClass, NotificationInd, Originator, Pdu, PduType, PlmnText, RetrieveConf, SendReq, Time,
    Version,
};
use wsp::write;

use crate::fuzz::subject::wsp as multiparts;
use crate::fuzz::{Dice, Format, Layout};

/// PDUs of all types.
pub const FORMAT: Format = Format {
    make: |dice| {
        let pdu_type = dice.pick(PduType::ALL).copied();
        pdu(dice, pdu_type.unwrap_or(PduType::SendReq))
    },
    edit_length: multiparts::edit_length,
    repair: |_, _| {},
    layout: Layout::Stream,
    tokens: TOKENS,
    octets_max: 3_072,
};

/// M-Send.req alone.
pub const SUBMISSIONS: Format = Format {
    make: |dice| pdu(dice, PduType::SendReq),
    ..FORMAT
};

const TOKENS: &[&[u8]] = &[
    b"\x8C\x80",
    b"\x8C\x84",
    b"\x8D\x90",
    b"\x8D\x93",
    b"\x98T1\0",
    b"\x85\x04\x69\xD5\xC2\xA3",
    b"\x89\x01\x81",
    b"\x89\x18\x80\x16\xEA",
    b"\x97+447700900001/TYPE=PLMN\0",
    b"\x97\x16\xEA4477009001/TYPE=PLMN\0",
    b"/TYPE=",
    b"\x88\x05\x81\x03\x09\x3A\x80",
    b"\x96\x05\xEA\x22\"x\0",
    b"\xA0\x05\x01\x83a@b\0",
    b"X-Scanned-By\0yes\0",
    b"\x84\xB3",
    b"\x84\xA3",
    b"\x84\x1F\x8F\xFF\xFF\xFF\x7F",
    b"\x1F\x8F\xFF\xFF\xFF\x7F",
    b"\x08\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF",
    b"\x7F\xEA\0",
];

const ADDRESSES: &[&[u8]] = &[
    b"+447700900001/TYPE=PLMN",
    b"4477009000/TYPE=PLMN",
    b"+447700900002",
    b"Ann <ann@example.org>",
    b"\"A, B\" <b@example.org>",
    b"192.0.2.1/TYPE=IPv4",
    b"2001:DB8::1/TYPE=IPv6",
    b"7001",
    b"",
    b"/TYPE=PLMN",
    b"<>",
];

/// A valid PDU of a type. Of a mailbox type, too, which the reader refuses for that reason.
pub fn pdu(dice: &mut Dice, pdu_type: PduType) -> Vec<u8> {
    let mut out = vec![field::MESSAGE_TYPE, pdu_type.octet()];
    let skipped = [field::MESSAGE_TYPE, field::CONTENT_TYPE];
    let rows = FIELDS.iter().filter(|row| !skipped.contains(&row.code));
    for row in rows.clone().filter(|row| row.mandatory.contains(pdu_type)) {
        put(dice, &mut out, row);
    }
    if matches!(pdu_type, PduType::SendReq | PduType::ForwardReq) {
        for _ in 0..=dice.below(3) {
            if let Some(row) = field::row(field::TO) {
                put(dice, &mut out, row);
            }
        }
    }
    let odds = 1 + dice.below(12);
    for row in rows.filter(|row| row.optional.contains(pdu_type) && row.code != field::TO) {
        if dice.one_in(odds) {
            put(dice, &mut out, row);
        }
    }
    if dice.one_in(4) {
        write::text_string(&mut out, b"X-Scanned-By");
        write::text_string(&mut out, &dice.text(12));
    }
    if field::row(field::CONTENT_TYPE).is_some_and(|row| row.mandatory.contains(pdu_type)) {
        content(dice, &mut out);
    }
    out
}

fn content(dice: &mut Dice, out: &mut Vec<u8>) {
    out.push(field::CONTENT_TYPE);
    let multipart = !dice.one_in(4);
    let media = multipart.then_some(wsp::Media::Code(if dice.one_in(2) { 0x33 } else { 0x23 }));
    out.extend_from_slice(&multiparts::content_type(dice, media));
    let body = if multipart {
        multiparts::body(dice, 1)
    } else {
        dice.noise(200)
    };
    out.extend_from_slice(&body);
}

fn put(dice: &mut Dice, out: &mut Vec<u8>, row: &FieldRow) {
    if !matches!(row.shape, Shape::Nothing | Shape::ContentType) {
        out.push(row.code);
        shaped(dice, out, row.shape);
    }
}

fn shaped(dice: &mut Dice, out: &mut Vec<u8>, shape: Shape) {
    match shape {
        Shape::Address => address(dice, out),
        Shape::Encoded => {
            let text = multiparts::word(dice);
            encoded(dice, out, &text);
        }
        Shape::Text => write::text_string(out, &multiparts::word(dice)),
        Shape::Date => write::long_integer(out, dice.number()),
        Shape::Number if dice.one_in(4) => write::integer(out, dice.number()),
        Shape::Number => write::long_integer(out, dice.number()),
        Shape::YesNo => out.push(0x80 | dice.below(2) as u8),
        Shape::Time => write::value(out, |out| {
            out.push(0x80 | dice.below(2) as u8);
            write::long_integer(out, dice.number());
        }),
        Shape::Originator => write::value(out, |out| {
            if dice.one_in(2) {
                out.push(0x81);
            } else {
                out.push(0x80);
                address(dice, out);
            }
        }),
        Shape::Octet(name) => {
            let named: Vec<u8> = (0x80..=0xFF).filter(|&octet| name(octet).is_some()).collect();
            out.push(dice.pick(&named).copied().unwrap_or(0x80));
        }
        Shape::MessageClass if dice.one_in(4) => write::text_string(out, b"auto"),
        Shape::MessageClass => out.push(0x80 | dice.below(4) as u8),
        Shape::Version => out.push(0x90 | dice.below(4) as u8),
        Shape::CountedAddress => write::value(out, |out| {
            write::integer(out, dice.number());
            address(dice, out);
        }),
        Shape::CountedDate => write::value(out, |out| {
            write::integer(out, dice.number());
            write::long_integer(out, dice.number());
        }),
        Shape::Structured => write::value(out, |out| {
            out.push(0x80 | dice.below(3) as u8);
            out.extend_from_slice(&dice.noise(12));
        }),
        Shape::ContentType | Shape::Nothing => {}
    }
}

fn encoded(dice: &mut Dice, out: &mut Vec<u8>, text: &[u8]) {
    let charset = match dice.below(4) {
        0 => None,
        1 => Some(dice.number() as u32),
        _ => Some(106),
    };
    write::encoded_string(out, mms::EncodedString { charset, text });
}

fn address(dice: &mut Dice, out: &mut Vec<u8>) {
    let text = match dice.pick(ADDRESSES) {
        Some(known) if !dice.one_in(4) => known.to_vec(),
        _ => dice.text(30),
    };
    encoded(dice, out, &text);
}

/// Whether it is a PDU.
pub fn accepts(bytes: &[u8]) -> bool {
    Pdu::read(bytes).is_ok()
}

/// Whether it is a submission.
pub fn accepts_submission(bytes: &[u8]) -> bool {
    matches!(Pdu::read(bytes), Ok(Pdu::SendReq(_)))
}

/// Makes of a submission what its recipient is sent: the notification and the retrieval. Both must be readable, with
/// the body unchanged.
pub fn carried(bytes: &[u8]) {
    let Ok(Pdu::SendReq(send)) = Pdu::read(bytes) else {
        return;
    };
    let sender = PlmnText::new(447_700_900_001);
    notify(&send, &sender);
    retrieve(&send, &sender);
}

fn notify(send: &SendReq<'_>, sender: &PlmnText) {
    let class = send.message_class.unwrap_or(MessageClass::Personal);
    let size = mms::message_size_octets(send).unwrap_or(0);
    let location = b"http://mmsc/aAbBcCdDeEfFgGhH";
    let expiry = Time::Relative(3_600);
    let mut notification = NotificationInd::new(b"aAbBcCdD", Version::V1_2, class, size, expiry, location);
    notification.from = Some(Originator::Address(sender.address()));
    notification.subject = send.subject;
    notification.priority = send.priority;
    notification.application = send.application;
    notification.content_class = send.content_class;
    notification.drm_content = send.drm_content;
    let mut out = Vec::new();
    notification.write(&mut out);
    assert_eq!(
        Pdu::read(&out),
        Ok(Pdu::NotificationInd(notification)),
        "the notification reads back"
    );
}

fn retrieve(send: &SendReq<'_>, sender: &PlmnText) {
    let content = Content::new(send.content.content_type, send.content.body);
    let mut retrieval = RetrieveConf::new(Version::V1_2, 1_700_000_000, content);
    retrieval.transaction_id = Some(b"aAbBcCdD");
    retrieval.message_id = Some(b"1@mmsc");
    retrieval.from = Some(Originator::Address(sender.address()));
    retrieval.headers = send.headers;
    let mut out = Vec::new();
    retrieval.write(&mut out);
    out.extend_from_slice(send.content.body);
    match Pdu::read(&out) {
        Ok(Pdu::RetrieveConf(again)) => {
            assert_eq!(again, retrieval, "the retrieval reads back");
            assert_eq!(again.content.body, send.content.body, "the body is unchanged");
            assert_eq!(again.subject(), send.subject, "the subject is carried");
            assert_eq!(
                again.from,
                Some(Originator::Address(sender.address())),
                "the sender is who it was found to be, whatever the submission said"
            );
        }
        other => unreachable!("the retrieval does not read back: {other:?}"),
    }
}

/// A walk over the fields that believes the length of each value.
pub fn canary(bytes: &[u8]) {
    if !matches!(bytes, [field::MESSAGE_TYPE, _, ..]) {
        return;
    }
    let mut rest = &bytes[2..];
    while let [code, first, ..] = *rest {
        if code < 0x80 || code == field::CONTENT_TYPE {
            return;
        }
        let octets = match first {
            0..=0x1E => 1 + usize::from(first),
            0x1F => return,
            0x20..=0x7F => match rest.iter().skip(1).position(|&octet| octet == 0) {
                Some(length) => length + 1,
                None => return,
            },
            0x80.. => 1,
        };
        rest = &rest[1 + octets..];
    }
}
