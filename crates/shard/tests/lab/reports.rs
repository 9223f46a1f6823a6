//! Reports to the originator: delivery and reading, once, only if asked for, only to who sent the message.
//!
//! DESIGN §6 and §8, MM1 flows §2.

use crate::phone::{ALICE, BOB, CAROL, EVE, notify_resp, number, read_rec};
use crate::world::{Shape, World};
use base::MessageId;
use mms::{MessageClass, Pdu, Status, Version};

pub(super) fn read_reports(world: &World, who: &str) -> Vec<(MessageId, String, String)> {
    let to = number(who).digits();
    let pushes = world.ledger.pushes.iter().filter(|push| push.to == to);
    let text = |octets: &[u8]| String::from_utf8_lossy(octets).into_owned();
    pushes
        .filter_map(|push| match Pdu::read(&push.pdu) {
            Ok(Pdu::ReadOrigInd(read)) => {
                let mms::Originator::Address(from) = read.from else {
                    panic!("a read report says who has read");
                };
                let id = MessageId::from_wire(read.message_id).expect("an id");
                Some((id, text(read.to.text.text), text(from.text.text)))
            }
            _ => None,
        })
        .collect()
}

#[test]
fn a_report_must_be_asked_for_and_allowed() {
    for (asked, allowed, reports) in [
        (None, None, 0),
        (Some(false), None, 0),
        (Some(true), None, 1),
        (Some(true), Some(true), 1),
        (Some(true), Some(false), 0),
    ] {
        let mut world = World::new(Shape::default());
        world.send(ALICE, &[BOB], b"x", |send| send.delivery_report = asked);
        let note = world.note(BOB);
        world.get(BOB, note.token);
        world.post(
            BOB,
            None,
            notify_resp(&note.transaction, Status::Retrieved, allowed),
        );
        assert_eq!(world.statuses(ALICE).len(), reports, "{asked:?} {allowed:?}");
        assert!(world.ledger.open().is_empty());
        world.ledger.check();
    }
}

/// What a phone says when it defers holds to the end, and over a start.
#[test]
fn a_refusal_of_reports_is_remembered() {
    let mut world = World::new(Shape::default());
    world.send(ALICE, &[BOB], b"x", |send| send.delivery_report = Some(true));
    let note = world.note(BOB);
    world.post(
        BOB,
        None,
        notify_resp(&note.transaction, Status::Deferred, Some(false)),
    );
    world.crash();
    let got = world.get(BOB, note.token);
    world.acknowledge(BOB, &got.transaction.expect("a transaction"));
    assert!(world.reports(ALICE).is_empty());
    world.ledger.check();
}

#[test]
fn each_recipient_is_reported_once() {
    let mut world = World::new(Shape::default());
    world.send(ALICE, &[BOB, CAROL], b"x", |send| {
        send.delivery_report = Some(true)
    });
    world.fetch(BOB);
    let note = world.note(CAROL);
    world.respond(CAROL, &note, Status::Rejected);
    let reports: Vec<_> = world
        .reports(ALICE)
        .into_iter()
        .map(|report| (report.to, report.status))
        .collect();
    let expected = [
        ("+447700900002/TYPE=PLMN".to_owned(), Status::Retrieved),
        ("+447700900003/TYPE=PLMN".to_owned(), Status::Rejected),
    ];
    assert_eq!(reports, expected);
    world.ledger.check();
}

/// A status octet that the sender's version does not have is never sent to it.
#[test]
fn old_senders_hear_what_they_know() {
    for (version, status) in [
        (Version::V1_0, Status::Rejected),
        (Version::V1_1, Status::Indeterminate),
        (Version::V1_2, Status::Unreachable),
    ] {
        let mut world = World::new(Shape::default());
        world.send(ALICE, &["nobody@example.invalid", BOB], b"x", |send| {
            send.version = version;
            send.delivery_report = Some(true);
        });
        let report = world.reports(ALICE).remove(0);
        assert_eq!((report.status, report.version), (status, version));
    }
}

#[test]
fn machines_get_no_reports() {
    let mut world = World::new(Shape::default());
    world.send(ALICE, &[BOB], b"x", |send| {
        send.message_class = Some(MessageClass::Auto);
        send.delivery_report = Some(true);
    });
    world.fetch(BOB);
    assert!(world.reports(ALICE).is_empty());
}

/// To the stored originator whatever the PDU says, once.
#[test]
fn a_read_report_goes_to_who_sent_the_message() {
    let mut world = World::new(Shape::default());
    let id = world.send(ALICE, &[BOB], b"x", |send| send.read_report = Some(true));
    world.post(BOB, None, read_rec(id, ALICE));
    assert!(
        read_reports(&world, ALICE).is_empty(),
        "not before it was fetched"
    );
    world.fetch(BOB);
    world.post(EVE, None, read_rec(id, EVE));
    assert!(read_reports(&world, ALICE).is_empty(), "not for somebody else");
    for _ in 0..3 {
        world.post(BOB, None, read_rec(id, EVE));
    }
    let expected = (
        id,
        "+447700900001/TYPE=PLMN".to_owned(),
        "+447700900002/TYPE=PLMN".to_owned(),
    );
    assert_eq!(read_reports(&world, ALICE), [expected]);
    assert!(read_reports(&world, EVE).is_empty());
    world.crash();
    world.post(BOB, None, read_rec(id, ALICE));
    assert_eq!(read_reports(&world, ALICE).len(), 1);
    world.ledger.check();
}

#[test]
fn a_read_report_nobody_asked_for_is_dropped() {
    let mut world = World::new(Shape::default());
    let id = world.send(ALICE, &[BOB], b"x", |send| send.delivery_report = Some(true));
    world.fetch(BOB);
    world.post(BOB, None, read_rec(id, ALICE));
    assert!(read_reports(&world, ALICE).is_empty());
}

/// Between the GET and the acknowledgement a message may be read as well.
#[test]
fn a_read_report_may_come_before_the_acknowledgement() {
    let mut world = World::new(Shape::default());
    let id = world.send(ALICE, &[BOB], b"x", |send| {
        send.read_report = Some(true);
        send.delivery_report = Some(true);
    });
    let note = world.note(BOB);
    world.get(BOB, note.token);
    world.post(BOB, None, read_rec(id, ALICE));
    assert_eq!(read_reports(&world, ALICE).len(), 1);
    world.crash();
    world.respond(BOB, &note, Status::Retrieved);
    assert_eq!(world.statuses(ALICE), [Status::Retrieved]);
    world.ledger.check();
}

#[test]
fn a_read_report_may_come_days_later() {
    let mut world = World::new(Shape::default());
    let id = world.send(ALICE, &[BOB], b"x", |send| send.read_report = Some(true));
    world.fetch(BOB);
    world.advance_s(6 * 86_400);
    world.crash();
    world.post(BOB, None, read_rec(id, ALICE));
    assert_eq!(read_reports(&world, ALICE).len(), 1);
    world.ledger.check();
}

/// Whom a report is about stands in the message where it is no number; if the disk does not give it, it is read again.
#[test]
fn a_report_about_an_address_waits_until_it_can_be_read() {
    let mut world = World::new(Shape {
        recent_octets: 0,
        read_eio: 1,
        ..Shape::default()
    });
    let nobody = "nobody@example.invalid";
    world.send(ALICE, &[nobody, BOB], b"x", |send| {
        send.delivery_report = Some(true)
    });
    world.advance_s(200);
    assert_eq!(world.reports(ALICE), []);
    world.shape.read_eio = 0;
    world.advance_s(200);
    let reports = world.reports(ALICE);
    assert_eq!(reports.len(), 1);
    assert_eq!(
        (reports[0].to.as_str(), reports[0].status),
        (nobody, Status::Unreachable)
    );
    world.ledger.check();
}
