//! Reports through a bearer that has to take them: nothing is finished before it did, whatever crashes when.

use crate::carried::carried;
use crate::phone::{ALICE, BOB, number, read_rec};
use crate::world::World;
use mms::{Pdu, ReadStatus, Status};
use shard::{Answered, Push};

/// The reports among pushes, whatever the order.
fn report(pushes: &[Push]) -> &Push {
    let mut reports = pushes.iter().filter(|push| push.to == number(ALICE));
    let report = reports.next().expect("a report");
    assert!(reports.next().is_none(), "one report");
    report
}

/// A message, fetched and acknowledged; the bearer has taken the notification.
fn ended(world: &mut World) -> base::MessageId {
    let id = world.send(ALICE, &[BOB], b"x", |send| {
        send.delivery_report = Some(true);
        send.read_report = Some(true);
    });
    world.answer_pushes(Answered::Taken);
    let note = world.note(BOB);
    world.get(BOB, note.token);
    world.respond(BOB, &note, Status::Retrieved);
    id
}

#[test]
fn an_end_is_finished_when_its_report_was_taken() {
    for shards in [1, 3] {
        let mut world = carried(shards);
        ended(&mut world);
        assert_eq!(world.open_messages(), 1, "its sender has not heard of it");
        let pushes = world.answer_pushes(Answered::Taken);
        let Ok(Pdu::DeliveryInd(told)) = Pdu::read(&report(&pushes).pdu) else {
            panic!("a delivery report");
        };
        assert_eq!(told.status, Status::Retrieved);
        assert_eq!(world.open_messages(), 0);
        world.crash();
        world.advance_s(1_000);
        assert!(world.pushes.is_empty(), "it is told once");
        assert_eq!(world.open_messages(), 0);
        world.ledger.check();
    }
}

/// Killed between the end and the telling, and again before the telling is recorded: the same octets come again.
#[test]
fn a_report_that_was_not_taken_comes_again_after_a_start() {
    for shards in [1, 3] {
        let mut world = carried(shards);
        ended(&mut world);
        let first = report(&Vec::from_iter(world.pushes.iter().map(|(_, push)| push.clone()))).clone();
        for _ in 0..2 {
            world.crash();
            assert_eq!(world.open_messages(), 1);
            world.advance_s(2);
            let again: Vec<_> = world.pushes.iter().map(|(_, push)| push.clone()).collect();
            let again = report(&again);
            assert_eq!((&again.pdu, again.reference), (&first.pdu, first.reference));
        }
        world.answer_pushes(Answered::Taken);
        assert_eq!(world.open_messages(), 0);
        world.crash();
        world.advance_s(1_000);
        assert!(world.pushes.is_empty());
        world.ledger.check();
    }
}

/// Another number of shards finds the debt as well.
#[test]
fn a_debt_moves_with_its_subscriber() {
    let mut world = carried(3);
    ended(&mut world);
    world.restart(2);
    world.advance_s(2);
    assert_eq!(world.open_messages(), 1);
    let pushes = world.answer_pushes(Answered::Taken);
    report(&pushes);
    assert_eq!(world.open_messages(), 0);
}

#[test]
fn what_nobody_takes_is_tried_by_the_schedule_and_given_up() {
    let mut world = carried(1);
    ended(&mut world);
    let mut tries = 0;
    for _ in 0..100 {
        tries += world.answer_pushes(Answered::Late).len();
        if world.open_messages() == 0 {
            break;
        }
        world.advance_s(3_600);
    }
    // 0, 15 min, 1 h, 4 h, 12 h, 24 h, ...: within three days.
    assert!((6..=9).contains(&tries), "{tries}");
    assert_eq!(world.open_messages(), 0);
    world.crash();
    world.advance_s(1_000);
    assert!(world.pushes.is_empty());
}

#[test]
fn what_is_refused_for_good_is_finished() {
    for answered in [Answered::Rejected, Answered::UnknownSubscriber] {
        let mut world = carried(1);
        ended(&mut world);
        world.answer_pushes(answered);
        assert_eq!(world.open_messages(), 0);
        world.ledger.check();
    }
}

/// A report about a recipient that is no number names it as its sender did, after a start as well.
#[test]
fn an_address_that_is_no_number_is_named_after_a_start() {
    let mut world = carried(1);
    world.send(ALICE, &[BOB, "nobody@example.invalid"], b"x", |send| {
        send.delivery_report = Some(true);
    });
    world.crash();
    world.advance_s(2);
    let pushes = world.answer_pushes(Answered::Taken);
    let Ok(Pdu::DeliveryInd(told)) = Pdu::read(&report(&pushes).pdu) else {
        panic!("a delivery report");
    };
    assert_eq!(told.to.text.text, b"nobody@example.invalid");
}

/// What was read, and how, is known after a start.
#[test]
fn a_reading_is_told_until_it_is_taken() {
    for status in [ReadStatus::Read, ReadStatus::DeletedUnread] {
        let mut world = carried(3);
        let id = ended(&mut world);
        world.answer_pushes(Answered::Taken);
        let mut pdu = Vec::new();
        let read = read_rec(id, ALICE);
        let Ok(Pdu::ReadRecInd(mut read)) = Pdu::read(&read) else {
            panic!("a read report");
        };
        read.read_status = status;
        read.write(&mut pdu);
        world.post(BOB, None, pdu);
        assert_eq!(world.pushes.len(), 1);
        world.crash();
        world.advance_s(2);
        let pushes = world.answer_pushes(Answered::Taken);
        let Ok(Pdu::ReadOrigInd(told)) = Pdu::read(&report(&pushes).pdu) else {
            panic!("a read report");
        };
        assert_eq!(told.read_status, status);
        world.crash();
        world.advance_s(1_000);
        assert!(world.pushes.is_empty(), "it is told once");
        world.ledger.check();
    }
}
