//! CR, LF, NUL and their like in every text of a submission: what comes out has the same fields as for a plain one.
//!
//! A plain M-Send.req has a mark in each text; the marks are replaced, octet for octet, by what would end a line, a
//! string or a header elsewhere. Invariants: what is taken gives a notification, a retrieval and a report that read
//! back, with the sender who it was found to be and the same fields as the plain one's; HTTP heads have the same
//! names. MM4 heads are `no_field_forges_another`'s, in `mm4`.

use crate::support::{phone, serve};
use mms::{EncodedString, MessageClass, Pdu, PduType, Recipient};
use sim::phone::{ALICE, BOB, pdu_of, send_req};
use sim::world::{Shape, World};
use tests::fuzz::Dice;
use tests::process::letter::subscriber;
use tests::process::turnstile;
use tests::process::wire::Wire;

/// Worlds that are tried.
const TRIES: u64 = 300;

/// Sixteen octets, in each text of the plain submission.
const MARK: &[u8] = b"MARKMARKMARKMARK";

/// Pieces of what is put in their place.
const PIECES: &[&[u8]] = &[
    b"\r\n",
    b"\n",
    b"\r",
    b"\0",
    b"\r\n\r\n",
    b"X: y",
    b"Bcc: x@y",
    b"\x8C\x82",
    b"\x89\x01\x81",
    b"\x7F",
    b"\xFF",
    b"\xC2\x85",
    b"\"",
    b"<>",
    b"/TYPE=PLMN",
    b"ab",
];

fn hostile(dice: &mut Dice) -> Vec<u8> {
    let mut octets = Vec::new();
    while octets.len() < MARK.len() {
        octets.extend_from_slice(dice.pick(PIECES).copied().unwrap_or(b"x"));
    }
    octets.truncate(MARK.len());
    octets
}

/// A submission with the mark in all its texts but the transaction, by which answers are told.
fn marked(to: &str, transaction: &str) -> Vec<u8> {
    send_req(transaction, &[to, "cc:MARKMARKMARKMARK"], MARK, |send| {
        send.subject = Some(EncodedString {
            charset: Some(106),
            text: MARK,
        });
        send.message_class = Some(MessageClass::Token(MARK));
        send.delivery_report = Some(true);
    })
}

/// Replaces each mark by hostile octets of its own.
fn replaced(mut pdu: Vec<u8>, dice: &mut Dice) -> Vec<u8> {
    let mut at = 0;
    while at + MARK.len() <= pdu.len() {
        if pdu[at..].starts_with(MARK) {
            pdu[at..at + MARK.len()].copy_from_slice(&hostile(dice));
        }
        at += 1;
    }
    pdu
}

#[test]
fn what_comes_out_has_the_fields_of_a_plain_message() {
    let (mut taken, mut with_line_ends) = (0, 0);
    for number in 0..TRIES {
        let mut dice = Dice::new(23, number);
        let pdu = replaced(marked(BOB, "T1"), &mut dice);
        let mut world = World::new(Shape::default());
        let answer = pdu_of(&world.post(ALICE, None, pdu.clone()));
        let Ok(Pdu::SendConf(conf)) = Pdu::read(&answer) else {
            // What can't be read has an answer in HTTP's words, with a body that is none of the sender's.
            assert!(answer.is_empty(), "{number}: an answer that can't be read");
            continue;
        };
        assert_eq!(conf.transaction_id, b"T1", "{number}");
        if conf.message_id.is_none() {
            continue;
        }
        world.settle();
        // A hostile class may make it a message of another kind, and a hostile validity an ended one.
        let Some(note) = world.notes(BOB).pop() else {
            continue;
        };
        taken += 1;
        assert_eq!(note.from.as_deref(), Some("+447700900001/TYPE=PLMN"), "{number}");
        let got = world.fetch(BOB);
        let Ok(Pdu::SendReq(sent)) = Pdu::read(&pdu) else {
            panic!("{number}: it was taken")
        };
        with_line_ends += u32::from(sent.subject.is_some_and(|subject| subject.text.contains(&b'\n')));
        assert_eq!(got.body, sent.content.body, "{number}: the content is unchanged");
        assert_eq!(got.from.as_deref(), Some("+447700900001/TYPE=PLMN"), "{number}");
        // A report about an address that can't be reached repeats it, to who wrote it and nobody else.
        let written = |to: &str| {
            let mut recipients = sent.headers.items::<Recipient<'_>>();
            recipients.any(|recipient| String::from_utf8_lossy(recipient.address.text.text) == to)
        };
        for report in world.reports(ALICE) {
            let known = report.to == "+447700900002/TYPE=PLMN" || written(&report.to);
            assert!(known, "{number}: a report about {:?}", report.to);
        }
        assert!(world.reports(BOB).is_empty(), "{number}");
        for push in &world.ledger.pushes {
            let read = Pdu::read(&push.pdu).expect("what is pushed reads back");
            assert!(matches!(
                read.pdu_type(),
                PduType::NotificationInd | PduType::DeliveryInd
            ));
        }
        world.ledger.check();
    }
    println!("{taken} of {TRIES} were taken, {with_line_ends} with a line end in the subject");
    assert!(taken > 20, "only {taken} were taken: the test tests little");
}

#[test]
fn http_heads_are_ours() {
    let _turn = turnstile::enter();
    let (_site, server) = serve(1);
    let names = |answer: &http1::client::Answer| -> Vec<String> {
        let fields = answer.head.fields();
        fields
            .map(|(name, _)| String::from_utf8_lossy(name).to_ascii_lowercase())
            .collect()
    };
    let post = |pdu: &[u8]| {
        let mut wire = Wire::open(server.at.mm1).unwrap();
        let head = format!(
            "POST / HTTP/1.1\r\nHost: m\r\nX-MSISDN: {}\r\nContent-Type: application/vnd.wap.mms-message\r\n\
             Content-Length: {}\r\n\r\n",
            subscriber(58),
            pdu.len()
        );
        wire.send(&[head.as_bytes(), pdu].concat()).unwrap();
        wire.answer().unwrap().expect("an answer")
    };
    let to = format!("+{}/TYPE=PLMN", subscriber(59).digits());
    let plain = names(&post(&marked(&to, "MARKMARKMARKMARK")));
    for number in 0..200 {
        let pdu = replaced(marked(&to, "MARKMARKMARKMARK"), &mut Dice::new(24, number));
        let answer = post(&pdu);
        if answer.status == 200 {
            assert_eq!(names(&answer), plain, "{number}");
        }
        let forged = ["x", "bcc"].map(|name| names(&answer).iter().any(|found| found == name));
        assert_eq!(forged, [false, false], "{number}");
    }
    let mut bob = phone(59, &server);
    let mut read = 0;
    while let Some(push) = bob.push(std::time::Duration::ZERO).unwrap() {
        read += u32::from(Pdu::read(&push.pdu).is_ok());
        assert!(Pdu::read(&push.pdu).is_ok(), "what is pushed reads back");
    }
    assert!(read > 0);
    assert_eq!(server.terminate().unwrap().code(), Some(0));
}
