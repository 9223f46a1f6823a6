//! M-Forward.req: sent on without a download.
//!
//! DESIGN §6; OMA MMS-ENC M-Forward.req; MM1 flows §2.

use crate::phone::{ALICE, BOB, CAROL, EVE, conf_of, forward_req, send_req};
use crate::world::{Shape, World};
use meter::Counter;
use mms::{SenderVisibility, Status, Time, Version};
use wsp::EncodedString;

fn message_for_bob() -> World {
    let mut world = World::new(Shape::default());
    world.send(ALICE, &[BOB], b"pass it on", |send| {
        send.delivery_report = Some(true);
        send.subject = Some(EncodedString::ascii(b"Subject"));
    });
    world
}

#[test]
fn the_bytes_go_on_and_the_copy_ends_forwarded() {
    let mut world = message_for_bob();
    let note = world.note(BOB);
    let pdu = forward_req("F1", &[CAROL], &note.location, |forward| {
        forward.delivery_report = Some(true)
    });
    let conf = conf_of(&world.post(BOB, None, pdu.clone()));
    assert!(conf.is_forward);
    assert_eq!((conf.status, conf.transaction.as_str()), (0x80, "F1"));
    assert_eq!(world.statuses(ALICE), [Status::Forwarded]);
    let onward = world.note(CAROL);
    assert_eq!(onward.from.as_deref(), Some("+447700900002/TYPE=PLMN"));
    assert_eq!(onward.subject.as_deref(), Some("Subject"));
    let got = world.fetch(CAROL);
    assert_eq!(
        (got.body.as_slice(), got.message),
        (&b"pass it on"[..], conf.message)
    );
    assert_eq!(got.previously, 2, "by whom and when it was sent before");
    assert_eq!(world.statuses(BOB), [Status::Retrieved]);
    // A repeat is answered as the first was.
    assert_eq!(conf_of(&world.post(BOB, None, pdu)).message, conf.message);
    assert_eq!(world.notes(CAROL).len(), 1);
    world.ledger.check();
}

#[test]
fn a_chain_of_forwards_counts_up() {
    let mut world = message_for_bob();
    for (from, to) in [(BOB, CAROL), (CAROL, EVE)] {
        let note = world.note(from);
        let pdu = forward_req("F", &[to], &note.location, |_| {});
        assert_eq!(conf_of(&world.post(from, None, pdu)).status, 0x80);
    }
    let got = world.fetch(EVE);
    assert_eq!((got.previously, got.body.as_slice()), (4, &b"pass it on"[..]));
    assert!(world.ledger.open().is_empty());
    world.ledger.check();
}

/// X-Mms-Report-Allowed of an M-Forward.req is the recipient's word on the originator's report.
#[test]
fn the_forwarder_may_deny_the_report() {
    let mut world = message_for_bob();
    let note = world.note(BOB);
    let pdu = forward_req("F1", &[CAROL], &note.location, |forward| {
        forward.report_allowed = Some(false)
    });
    assert_eq!(conf_of(&world.post(BOB, None, pdu)).status, 0x80);
    assert!(world.reports(ALICE).is_empty());
    world.fetch(CAROL);
    assert!(
        world.reports(BOB).is_empty(),
        "the first sender's wish is not the forwarder's"
    );
    assert!(world.ledger.open().is_empty());
    world.ledger.check();
}

#[test]
fn only_the_recipient_may_forward() {
    let mut world = message_for_bob();
    let note = world.note(BOB);
    for (who, version, status) in [(EVE, Version::V1_2, 0xe4), (ALICE, Version::V1_0, 0x85)] {
        let pdu = forward_req("F1", &[CAROL], &note.location, |forward| {
            forward.version = version
        });
        let conf = conf_of(&world.post(who, None, pdu));
        assert_eq!((conf.status, conf.is_forward), (status, true), "{who}");
    }
    assert!(world.notes(CAROL).is_empty());
    assert_eq!(world.fetch(BOB).body, b"pass it on");
}

#[test]
fn what_is_over_cannot_be_forwarded() {
    let mut world = message_for_bob();
    let note = world.note(BOB);
    world.advance_s(8 * 86_400);
    let pdu = forward_req("F1", &[CAROL], &note.location, |_| {});
    assert_eq!(conf_of(&world.post(BOB, None, pdu)).status, 0xe4);
}

/// A refused forwarding changes nothing.
#[test]
fn a_refused_forward_leaves_the_copy() {
    let mut world = message_for_bob();
    let note = world.note(BOB);
    let pdu = forward_req("F1", &["nobody@example.invalid"], &note.location, |_| {});
    assert_eq!(conf_of(&world.post(BOB, None, pdu)).status, 0xe3);
    assert!(world.reports(ALICE).is_empty());
    assert_eq!(world.fetch(BOB).body, b"pass it on");
}

#[test]
fn a_hidden_sender_stays_hidden_when_forwarded() {
    let mut world = World::new(Shape::default());
    world.send(ALICE, &[BOB], b"secret", |send| {
        send.sender_visibility = Some(SenderVisibility::Hide)
    });
    let note = world.note(BOB);
    let pdu = forward_req("F1", &[CAROL], &note.location, |_| {});
    assert_eq!(conf_of(&world.post(BOB, None, pdu)).status, 0x80);
    let got = world.fetch(CAROL);
    let number = ALICE.as_bytes();
    assert!(!got.octets.windows(number.len()).any(|window| window == number));
    assert_eq!(got.from.as_deref(), Some("+447700900002/TYPE=PLMN"));
}

/// A forward carries its own times.
#[test]
fn a_forward_has_its_own_terms() {
    let mut world = message_for_bob();
    let note = world.note(BOB);
    let pdu = forward_req("F1", &[CAROL], &note.location, |forward| {
        forward.expiry = Some(Time::Relative(7_200));
        forward.delivery_time = Some(Time::Relative(600));
    });
    assert_eq!(conf_of(&world.post(BOB, None, pdu)).status, 0x80);
    assert!(world.notes(CAROL).is_empty());
    world.advance_s(605);
    assert!(world.note(CAROL).expiry_s <= 6_600);
}

/// The end of the forwarded copy follows the new message's record; a crash between them loses neither.
#[test]
fn a_crash_after_the_answer_ends_the_copy_all_the_same() {
    let mut world = message_for_bob();
    let note = world.note(BOB);
    let pdu = forward_req("F1", &[CAROL], &note.location, |_| {});
    let slot = world.ask_post(BOB, None, pdu.clone());
    for _ in 0..500 {
        if world.answers.contains_key(&slot) {
            break;
        }
        world.stir();
    }
    let first = conf_of(&world.answers[&slot]).message;
    world.crash();
    assert_eq!(conf_of(&world.post(BOB, None, pdu)).message, first);
    assert_eq!(world.statuses(ALICE), [Status::Forwarded]);
    assert_eq!(world.notes(CAROL).len(), 1);
    assert_eq!(world.fetch(CAROL).body, b"pass it on");
    world.ledger.check();
}

/// Just after a start a submission waits for the first segments. The original is read from the disk for each try, so a
/// try that finds no room waits for the next moment, too. (Seed 186,980 of the simulation.)
#[test]
fn what_finds_no_room_yet_is_not_read_again_at_once() {
    let mut world = World::new(Shape {
        recent_octets: 0,
        ..Shape::default()
    });
    world.send(ALICE, &[BOB], b"pass it on", |_| {});
    let note = world.note(BOB);
    world.nodes[0].disk.plan_mut().enospc = 1;
    world.advance_s(10);
    let is_full = (0..60).any(|round| {
        let pdu = send_req(&format!("S{round}"), &[EVE], &[b'x'; 100_000], |_| {});
        conf_of(&world.post(ALICE, None, pdu)).status != 0x80
    });
    assert!(is_full);
    world.crash();
    assert!(world.nodes[0].brain.store().journal.at_watermark());
    let pdu = forward_req("F1", &[CAROL], &note.location, |_| {});
    let slot = world.ask_post(BOB, None, pdu);
    // The disk reads, and the next segment is not ready yet.
    for _ in 0..100 {
        if world.nodes[0].is_due(world.now) {
            world.turn(0, usize::MAX);
        }
        world.nodes[0].poll_read(0, false);
    }
    let reads = world.nodes[0].meter.counter(Counter::DiskReads);
    assert!(reads <= 2, "{reads} reads");
    assert!(!world.answers.contains_key(&slot), "it waits");
    world.advance(2_000, 100);
    let answer = world.answers.remove(&slot).expect("an answer");
    assert_eq!(conf_of(&answer).status, 0x80);
    assert_eq!(world.fetch(CAROL).body, b"pass it on");
    world.ledger.check();
}
