//! Refusals: every reason with its octet for the client's version, its sentence, and the request's Transaction-ID.
//!
//! The expected octets are those of OMA MMS-ENC (X-Mms-Response-Status), written down here once more, not read from
//! the table under test. Each is tried with a 1.0 and a 1.2 client, and what is valid beside it passes.

use crate::phone::{ALICE, BOB, conf_of, send_req};
use crate::world::{Shape, World};
use base::{Msisdn, Reason};
use mms::{ReplyChargingMode, SendReq, SenderVisibility, Time, Version};
use profile::Profile;
use shard::{Method, Request};

fn status(world: &mut World, version: Version, to: &[&str], change: impl FnOnce(&mut SendReq<'_>)) -> u8 {
    let transaction = format!("R{}", world.now.monotonic.0);
    let pdu = send_req(&transaction, to, b"body", |send| {
        send.version = version;
        change(send);
    });
    world.pass(1);
    let conf = conf_of(&world.post(ALICE, None, pdu));
    assert_eq!((conf.transaction, conf.version), (transaction, version));
    assert_eq!(conf.message.is_none(), conf.status != 0x80);
    let text = conf.text.unwrap_or_default();
    assert_eq!(text.is_empty(), conf.status == 0x80, "a refusal has its sentence");
    conf.status
}

type Case = (
    &'static str,
    fn(&mut Profile),
    &'static [&'static str],
    fn(&mut SendReq<'_>),
    u8,
    u8,
);

const NOTHING: fn(&mut Profile) = |_| {};
const THREE: &[&str] = &["+447700900002", "+447700900003", "cc:+447700900002"];

const CASES: &[Case] = &[
    ("valid", NOTHING, &[BOB], |_| {}, 0x80, 0x80),
    (
        "two of two recipients",
        |p| p.mm1.recipients_max = 3,
        THREE,
        |_| {},
        0x80,
        0x80,
    ),
    (
        "too many recipients",
        |p| p.mm1.recipients_max = 2,
        THREE,
        |_| {},
        0x82,
        0xe1,
    ),
    (
        "nobody reachable",
        NOTHING,
        &["bob@example.invalid", "1234"],
        |_| {},
        0x84,
        0xe3,
    ),
    (
        "reply charging",
        NOTHING,
        &[BOB],
        |s| s.reply_charging.mode = Some(ReplyChargingMode::Requested),
        0x80,
        0xe9,
    ),
    (
        "hiding not offered",
        |p| p.mm1.sender_hiding = false,
        &[BOB],
        |s| s.sender_visibility = Some(SenderVisibility::Hide),
        0x82,
        0xea,
    ),
    (
        "delivery after expiry",
        NOTHING,
        &[BOB],
        |s| (s.expiry, s.delivery_time) = (Some(Time::Relative(600)), Some(Time::Relative(600))),
        0x83,
        0xe2,
    ),
    (
        "too large",
        |p| p.mm1.message_octets_max = 3,
        &[BOB],
        |_| {},
        0x87,
        0xe5,
    ),
    (
        "just fits",
        |p| p.mm1.message_octets_max = 4,
        &[BOB],
        |_| {},
        0x80,
        0x80,
    ),
];

#[test]
fn every_reason_has_its_octet() {
    for (name, change, to, ask, old, new) in CASES {
        let mut shape = Shape::default();
        change(&mut shape.profile);
        let mut world = World::new(shape);
        assert_eq!(status(&mut world, Version::V1_0, to, ask), *old, "{name}, 1.0");
        assert_eq!(status(&mut world, Version::V1_2, to, ask), *new, "{name}, 1.2");
        let taken = u64::from(*old == 0x80) + u64::from(*new == 0x80);
        assert_eq!(world.ledger.accepts.len() as u64, taken, "{name}");
    }
}

/// A limit counts what was sent with 5 % of grace.
#[test]
fn five_percent_more_is_let_through() {
    let mut shape = Shape::default();
    shape.profile.mm1.message_octets_max = 1_000;
    let mut world = World::new(shape);
    for (octets, expected) in [(1_050, 0x80), (1_051, 0xe5)] {
        let pdu = send_req("G", &[BOB], &vec![7; octets], |_| {});
        assert_eq!(
            conf_of(&world.post(ALICE, None, pdu)).status,
            expected,
            "{octets}"
        );
    }
}

/// Not within the numbers served here.
#[test]
fn a_number_that_is_not_local_is_unresolved() {
    let mut shape = Shape::default();
    shape.profile.local_ranges = profile::LocalRanges::new(&["447700".to_owned()]);
    let mut world = World::new(shape);
    assert_eq!(status(&mut world, Version::V1_2, &["+15550100"], |_| {}), 0xe3);
    assert_eq!(
        status(&mut world, Version::V1_2, &["+15550100", BOB], |_| {}),
        0x80
    );
}

fn edge(
    world: &mut World,
    who: &str,
    pdu: &[u8],
    oversize: Option<u64>,
    refusal: Option<Reason>,
) -> shard::Answer {
    let subscriber = Msisdn::from_digits(who.as_bytes());
    let slot = world.ask(|reply_to| Request {
        reply_to,
        subscriber,
        method: Method::Post,
        token: None,
        body: pdu.to_vec().into(),
        oversize,
        refusal,
    });
    world.settle();
    world.answers.remove(&slot).expect("an answer")
}

/// Drained, not kept: the first octets are enough for the answer.
#[test]
fn an_oversize_body_is_answered_with_its_transaction() {
    let mut world = World::new(Shape::default());
    for (version, expected) in [(Version::V1_0, 0x87), (Version::V1_2, 0xe5)] {
        let pdu = send_req("BIG", &[BOB], &[1; 4_000], |send| send.version = version);
        let answer = edge(&mut world, ALICE, &pdu[..200], Some(9_000_000), None);
        let conf = conf_of(&answer);
        assert_eq!((conf.status, conf.transaction.as_str()), (expected, "BIG"));
    }
}

#[test]
fn without_identity_service_is_denied() {
    let mut world = World::new(Shape::default());
    for (version, expected) in [(Version::V1_0, 0x82), (Version::V1_2, 0xe1)] {
        let pdu = send_req("WHO", &[BOB], b"x", |send| send.version = version);
        let conf = conf_of(&edge(&mut world, "", &pdu, None, None));
        assert_eq!((conf.status, conf.transaction.as_str()), (expected, "WHO"));
    }
    assert!(world.ledger.accepts.is_empty());
}

#[test]
fn what_cannot_be_read_is_corrupt() {
    let mut world = World::new(Shape::default());
    for (version, expected) in [(Version::V1_0, 0x83), (Version::V1_2, 0xe2)] {
        let mut pdu = send_req("BAD", &[BOB], b"", |send| send.version = version);
        let cut = pdu
            .iter()
            .rposition(|&octet| octet == 0x84)
            .expect("a content type");
        pdu.truncate(cut);
        let conf = conf_of(&edge(&mut world, ALICE, &pdu, None, None));
        assert_eq!((conf.status, conf.transaction.as_str()), (expected, "BAD"));
    }
    let nothing = edge(&mut world, ALICE, b"", None, None);
    assert_eq!(nothing.http_status, 400);
    let garbage = edge(&mut world, ALICE, b"GET / HTTP", None, None);
    assert_eq!(garbage.http_status, 400);
}

/// A PDU type that is not offered, another major version.
#[test]
fn what_is_not_offered_is_unsupported() {
    let mut world = World::new(Shape::default());
    // M-Mbox-Store.req: type, transaction, version 1.2.
    let conf = conf_of(&edge(&mut world, ALICE, b"\x8c\x8b\x98M\x00\x8d\x92", None, None));
    assert_eq!((conf.status, conf.transaction.as_str()), (0x88, "M"));
    let mut pdu = send_req("V2", &[BOB], b"x", |_| {});
    let at = pdu
        .windows(2)
        .position(|two| two == [0x8d, 0x92])
        .expect("a version");
    pdu[at + 1] = 0xa0;
    let conf = conf_of(&edge(&mut world, ALICE, &pdu, None, None));
    assert_eq!((conf.status, conf.transaction.as_str()), (0x88, "V2"));
}

/// What the edge has decided is said in the PDU's words, too, for both versions.
#[test]
fn the_edges_refusals_carry_the_table() {
    let mut world = World::new(Shape::default());
    let rows = [
        (Reason::Busy, 0x86, 0xc0),
        (Reason::LogFull, 0x86, 0xc0),
        (Reason::LogFailed, 0x86, 0xc0),
        (Reason::Draining, 0x86, 0xc0),
        (Reason::RequestTimedOut, 0x86, 0xc0),
        (Reason::SenderBarred, 0x82, 0xe1),
        (Reason::ContentRefused, 0x87, 0xe5),
        (Reason::MediaTypeUnsupported, 0x88, 0x88),
    ];
    for (reason, old, new) in rows {
        for (version, expected) in [(Version::V1_0, old), (Version::V1_2, new)] {
            let pdu = send_req("E", &[BOB], b"x", |send| send.version = version);
            let conf = conf_of(&edge(&mut world, ALICE, &pdu, None, Some(reason)));
            assert_eq!(conf.status, expected, "{reason:?}");
            assert_eq!(conf.text.as_deref(), Some(reason.row().text));
        }
    }
    let answer = edge(
        &mut world,
        ALICE,
        &crate::phone::notify_resp("T", mms::Status::Deferred, None),
        None,
        Some(Reason::Busy),
    );
    assert_eq!((answer.http_status, answer.retry_after_s.is_some()), (503, true));
}

#[test]
fn a_drained_shard_takes_nothing_new() {
    let mut world = World::new(Shape::default());
    world.send(ALICE, &[BOB], b"before", |_| {});
    world.nodes[0].inbox.push_back(shard::Input::Drain);
    let pdu = send_req("D", &[BOB], b"x", |_| {});
    assert_eq!(conf_of(&world.post(ALICE, None, pdu)).status, 0xc0);
    let note = world.note(BOB);
    assert_eq!(world.begin_get(BOB, note.token).http_status, 503);
    world.settle();
    assert!(world.nodes[0].brain.is_idle());
}
