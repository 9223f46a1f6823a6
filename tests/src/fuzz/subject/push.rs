//! Pushes, their segments, what an SMSC says, and what a push gateway says.
//!
//! A subject of the fuzzers. Invariants: pushes and segments are made by the crate's own writers, PDUs of an SMSC
//! (which it only reads) as SMPP 3.4 §4 lays them out; the first octet of a session's input tells how it is cut.

use mms::{MessageClass, NotificationInd, Time, Version};
use push::smpp::{TextErrors, frame, receipt};
use push::wdp::{self, Reassembly, Reference};
use push::{pap, wsp_push};

use crate::fuzz::subject::{mms as pdus, wsp as multiparts};
use crate::fuzz::{Dice, Format, Layout};

/// Pushes as a phone reads them.
pub const PUSHES: Format = Format {
    make: |dice| {
        let mut out = Vec::new();
        let pdu = match dice.below(3) {
            0 => pdus::pdu(dice, mms::PduType::DeliveryInd),
            _ => notification(dice),
        };
        wsp_push::write_push(&mut out, dice.octet(), &pdu);
        out
    },
    edit_length: multiparts::edit_length,
    repair: |_, _| {},
    layout: Layout::Stream,
    tokens: &[
        b"\x06\x03\xBE\xAF\x84",
        b"\x01\x06\x03",
        b"application/vnd.wap.mms-message\0",
        b"\xAFx-wap-application:mms.ua\0",
        b"\x8C\x82",
        b"\x83http://mmsc.example/a\0",
    ],
    octets_max: 600,
};

/// Short messages of a push, of 140 octets each but the last.
pub const SEGMENTS: Format = Format {
    make: segments,
    tokens: &[
        b"\x0B\x05\x04\x0B\x84\x23\xF0\x00\x03\x01\x02\x01",
        b"\x00\x03\x01\x00\x00",
        b"\x00\x03\x01\xFF\x01",
        b"\x08\x04\x12\x34\x02\x01",
        b"\x05\x04\x0B\x84",
        b"\x06",
    ],
    octets_max: 700,
    ..PUSHES
};

/// What an SMSC sends on a bound link.
pub const SESSIONS: Format = Format {
    make: |dice| {
        let mut out = vec![dice.octet()];
        for _ in 0..dice.below(8) {
            smsc(dice, &mut out);
        }
        out
    },
    edit_length: |dice, bytes| {
        // The first word of the stream is a length, and so is what looks like one.
        let starts = (1..bytes.len()).filter(|&at| bytes.get(at..at + 3) == Some(&[0, 0, 0]));
        let starts: Vec<usize> = starts.collect();
        let at = dice.pick(&starts).copied().unwrap_or(1);
        let place = at + dice.below(4);
        if let Some(octet) = bytes.get_mut(place) {
            *octet = dice.octet();
        }
    },
    tokens: &[
        b"\0\0\0\x10\x80\0\0\x04\0\0\0\x58\0\0\0\x02",
        b"\0\0\0\x10\x80\0\0\x15\0\0\0\0\0\0\0\x02",
        b"\0\0\0\x10\0\0\0\x15\0\0\0\0\0\0\0\x01",
        b"\0\0\0\x10\0\0\0\x06\0\0\0\0\0\0\0\x01",
        b"\0\0\0\x10\x80\0\0\0\0\0\0\x03\0\0\0\x02",
        b"\0\0\0\x0F",
        b"\xFF\xFF\xFF\xFF",
        b"stat:UNDELIV",
    ],
    octets_max: 1_200,
    ..PUSHES
};

/// Bodies of deliver_sm.
pub const DELIVERED: Format = Format {
    make: |dice| {
        let text = receipt_text(dice);
        deliver_sm(dice, text.as_bytes())
    },
    tokens: &[
        b"id:",
        b" stat:DELIVRD",
        b" err:000",
        b"\0",
        b"\x00\x1E\x00\x03a7\0",
        b"\x04\x27\x00\x01\x02",
        b"\x04\x23\x00\x03\x03\x00\x01",
        b"\x04\x24\xFF\xFF",
    ],
    octets_max: 400,
    ..PUSHES
};

/// Documents of a push gateway.
pub const DOCUMENTS: Format = Format {
    make: document,
    edit_length: crate::fuzz::subject::http1::edit_length,
    tokens: &[
        b"<",
        b">",
        b"/>",
        b"&amp;",
        b"&x;",
        b"&#x10FFFF;",
        b"<!ENTITY a \"&a;&a;\">",
        b"<!DOCTYPE pap SYSTEM \"file:///etc/passwd\">",
        b"<pap>",
        b"</pap>",
        b"<!--",
        b"<![CDATA[",
        b" code=\"1001\"",
        b" push-id='1'",
        b"<response-result code='1001'/>",
        b"\xFF",
        b"\0",
    ],
    octets_max: 900,
    ..PUSHES
};

fn notification(dice: &mut Dice) -> Vec<u8> {
    let subject = dice.text(20);
    let size = dice.number();
    let location = b"http://mmsc.example/aAbBcCdDeEfFgGhH";
    let expiry = Time::Relative(3_600);
    let mut whole = NotificationInd::new(
        b"aAbBcCdD",
        Version::V1_2,
        MessageClass::Personal,
        size,
        expiry,
        location,
    );
    whole.subject = Some(mms::EncodedString {
        charset: Some(106),
        text: &subject,
    });
    let mut out = Vec::new();
    whole.write(&mut out);
    out
}

fn segments(dice: &mut Dice) -> Vec<u8> {
    let push = (PUSHES.make)(dice);
    let reference = if dice.one_in(2) {
        Reference::Octet
    } else {
        Reference::Word
    };
    let mut out = Vec::new();
    for number in 1..=wdp::SEGMENTS_MAX {
        if let Some(segment) = wdp::segment(&push, reference, number) {
            wdp::write_message(&mut out, reference, 0x1234, &segment);
        }
    }
    out
}

fn receipt_text(dice: &mut Dice) -> String {
    let states = ["DELIVRD", "EXPIRED", "UNDELIV", "REJECTD", "ACCEPTD", "LOST"];
    let state = states[dice.below(states.len())];
    let id = dice.below(12);
    format!(
        "id:{id} sub:001 dlvrd:001 submit date:2601311200 done date:2601311201 stat:{state} err:000 text:"
    )
}

/// deliver_sm (SMPP 3.4 §4.6.1), with an optional parameter now and then.
fn deliver_sm(dice: &mut Dice, text: &[u8]) -> Vec<u8> {
    let mut out = [&b"\0\x01\x01447700900101\0\0\0"[..], b"5574\0"].concat();
    // esm_class 4 is a receipt; protocol, priority, two dates, registered_delivery, replace, data_coding, default id.
    out.extend_from_slice(&[4, 0, 0, 0, 0, 0, 0, 0, 0]);
    out.push(text.len() as u8);
    out.extend_from_slice(text);
    if dice.one_in(2) {
        out.extend_from_slice(b"\x00\x1E\x00\x02");
        out.extend_from_slice(format!("{}\0", dice.below(9)).as_bytes());
    }
    if dice.one_in(2) {
        out.extend_from_slice(&[0x04, 0x27, 0, 1, dice.below(9) as u8]);
    }
    out
}

fn smsc(dice: &mut Dice, out: &mut Vec<u8>) {
    let sequence = dice.below(12) as u32;
    let statuses = [0, 0, 0, 0x14, 0x58, 0x0B, 0x08];
    let status = statuses[dice.below(statuses.len())];
    let (command, status, body) = match dice.below(8) {
        0..=2 => (0x8000_0004, status, format!("{}\0", dice.below(12)).into_bytes()),
        3 | 4 => {
            let text = receipt_text(dice);
            (0x05, 0, deliver_sm(dice, text.as_bytes()))
        }
        5 => (0x15, 0, Vec::new()),
        6 => (0x8000_0015, 0, Vec::new()),
        _ => (0x8000_0000, status, Vec::new()),
    };
    for word in [16 + body.len() as u32, command, status, sequence] {
        out.extend_from_slice(&word.to_be_bytes());
    }
    out.extend_from_slice(&body);
}

fn document(dice: &mut Dice) -> Vec<u8> {
    let (code, note) = (1_000 + dice.below(1_100), dice.below(100));
    let states = ["delivered", "expired", "rejected", "undeliverable", "aborted"];
    let state = states[dice.below(states.len())];
    let body = if dice.one_in(2) {
        format!(
            "<push-response push-id=\"000000000000002a@x\" sender-name=\"gw\"><progress-note stage=\"one\" \
             note=\"{note}\"/><response-result code='{code}' desc=\"so &amp; so\"></response-result></push-response>"
        )
    } else {
        format!(
            "<resultnotification-message push-id=\"000000000000002a@x\" message-state=\"{state}\" code=\"{code}\">\
             <address address-value=\"WAPPUSH=+447700900001/TYPE=PLMN@ppg.example\"/><quality-of-service/>\
             </resultnotification-message>"
        )
    };
    format!("<?xml version=\"1.0\"?><!DOCTYPE pap><pap product-name=\"gateway\">{body}</pap>").into_bytes()
}

/// Whether it is a push.
pub fn accepts_push(bytes: &[u8]) -> bool {
    wsp_push::read_push(bytes).is_ok()
}

/// Whether a push comes together of it.
pub fn accepts_segments(bytes: &[u8]) -> bool {
    let mut reassembly = Reassembly::new();
    let mut whole = bytes
        .chunks(wdp::SMS_OCTETS)
        .filter_map(|message| reassembly.take(&wdp::read_header(message)?));
    whole.next().is_some()
}

/// Whether it is made of whole PDUs, and there is one.
pub fn accepts_session(bytes: &[u8]) -> bool {
    let mut rest = bytes.get(1..).unwrap_or_default();
    let mut frames = 0;
    while let Ok(Some(_)) = frame::first(rest) {
        let [a, b, c, d, ..] = *rest else { return false };
        rest = rest
            .get(u32::from_be_bytes([a, b, c, d]) as usize..)
            .unwrap_or_default();
        frames += 1;
    }
    frames > 0 && rest.is_empty()
}

/// Whether it is a receipt.
pub fn accepts_delivered(bytes: &[u8]) -> bool {
    frame::deliver_sm(bytes).is_some_and(|delivered| receipt::read(&delivered, TextErrors::Map).is_some())
}

/// Whether it is an answer or a notice.
pub fn accepts_document(bytes: &[u8]) -> bool {
    pap::read_answer(bytes).is_ok() || pap::read_notice(bytes).is_ok()
}

/// A reader of PDUs that believes their lengths.
pub fn canary(bytes: &[u8]) {
    let mut rest = bytes.get(1..).unwrap_or_default();
    while let [a, b, c, d, ..] = *rest {
        let octets = u32::from_be_bytes([a, b, c, d]) as usize;
        if octets < 16 {
            return;
        }
        rest = &rest[octets..];
    }
}
