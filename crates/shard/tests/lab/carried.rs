//! Notifications through a bearer that answers: room, places, receipts, the schedule (MM1 flows §4).

use crate::phone::{ALICE, BOB, CAROL, number};
use crate::world::{Shape, World};
use base::limits::PUSHES_OUTSTANDING_MAX;
use mms::Status;
use profile::{Bearer, PushRoute};
use shard::{Answered, Push, Receipt};

/// A world whose pushes an SMSC takes, or does not.
pub(crate) fn carried(shards: u16) -> World {
    let mut shape = Shape {
        shards,
        ..Shape::default()
    };
    shape.profile.push.bearer = Bearer::Smpp;
    shape.profile.push.routes = [PushRoute {
        prefix: String::new(),
        centres: vec![0],
    }]
    .into();
    World::new(shape)
}

fn taken(world: &mut World) -> Vec<Push> {
    world.answer_pushes(Answered::Taken)
}

/// DESIGN §6: one outstanding a subscriber; 60 s free the place: ten messages to a silent phone are all notified.
#[test]
fn ten_messages_to_a_silent_phone_are_all_notified() {
    let mut world = carried(1);
    for _ in 0..10 {
        world.send(ALICE, &[BOB], b"x", |_| {});
    }
    let mut locations = std::collections::BTreeSet::new();
    for _ in 0..10 {
        let pushes = taken(&mut world);
        assert_eq!(pushes.len(), 1, "one at a time");
        locations.insert(world.notes(BOB).pop().expect("a note").location);
        world.advance_s(61);
    }
    assert_eq!(locations.len(), 10);
}

/// The place is held, and the schedule rests, for as long as the bearer has the push.
#[test]
fn a_push_without_an_answer_is_not_repeated() {
    let mut world = carried(1);
    world.send(ALICE, &[BOB], b"x", |_| {});
    world.send(ALICE, &[BOB], b"y", |_| {});
    world.advance_s(4_000);
    assert_eq!(world.pushes.len(), 1);
    let begin = world.wall().0;
    taken(&mut world);
    world.advance_s(59);
    assert!(world.pushes.is_empty());
    world.advance_s(2);
    taken(&mut world);
    world.advance_s(300);
    let notes = world.notes(BOB);
    let mut again = notes.iter().filter(|note| note.location == notes[0].location);
    let wait = again.next_back().expect("it").at - begin;
    assert!((299..=302).contains(&wait), "{wait} s after it was taken");
}

#[test]
fn an_answer_or_a_retrieval_frees_the_place() {
    for retrieves in [true, false] {
        let mut world = carried(1);
        world.send(ALICE, &[BOB], b"x", |_| {});
        world.send(ALICE, &[BOB], b"y", |_| {});
        assert_eq!(taken(&mut world).len(), 1);
        let note = world.note(BOB);
        if retrieves {
            world.get(BOB, note.token);
        } else {
            world.respond(BOB, &note, Status::Deferred);
        }
        assert_eq!(taken(&mut world).len(), 1, "the next one goes out at once");
    }
}

/// What is beyond the bearer's room waits without a record, in its order, and goes out as room is given back.
#[test]
fn what_finds_no_room_waits() {
    let mut world = carried(1);
    let more = 20;
    let count = PUSHES_OUTSTANDING_MAX + more;
    let numbers: Vec<String> = (0..count).map(|n| format!("+1555010{n:04}")).collect();
    for some in numbers.chunks(50) {
        let to: Vec<&str> = some.iter().map(String::as_str).collect();
        world.send(ALICE, &to, b"x", |_| {});
    }
    assert_eq!(world.pushes.len(), PUSHES_OUTSTANDING_MAX as usize);
    assert_eq!(world.ledger.pushes.len(), PUSHES_OUTSTANDING_MAX as usize);
    let first = world.pushes.pop_front().expect("a push");
    world.pushes.retain(|_| true);
    let rest = std::mem::take(&mut world.pushes);
    world.pushes.push_back(first);
    taken(&mut world);
    assert_eq!(world.pushes.len(), 1, "one went, one may come");
    world.pushes.extend(rest);
    taken(&mut world);
    assert_eq!(world.pushes.len(), more as usize - 1);
    taken(&mut world);
    assert_eq!(world.ledger.pushes.len(), count as usize);
    // What waited when the power failed is pushed after the start as if for the first time.
    world.ledger.check();
}

#[test]
fn a_receipt_of_the_phone_frees_the_place_and_leaves_the_schedule() {
    let mut world = carried(1);
    let begin = world.wall().0;
    world.send(ALICE, &[BOB], b"x", |_| {});
    world.send(ALICE, &[BOB], b"y", |_| {});
    let first = taken(&mut world);
    world.advance_s(10);
    world.receipt(&first[0], Receipt::Delivered);
    assert_eq!(taken(&mut world).len(), 1);
    world.receipt(&first[0], Receipt::Delivered);
    world.advance_s(295);
    let notes = world.notes(BOB);
    let mut again = notes.iter().filter(|note| note.location == notes[0].location);
    let wait = again.next_back().expect("it").at - begin;
    assert!((299..=302).contains(&wait), "{wait} s");
}

/// Absence burns no attempt: the same wait is taken again, from the receipt on.
#[test]
fn absence_takes_the_wait_once_more() {
    let mut world = carried(1);
    world.send(ALICE, &[BOB], b"x", |_| {});
    for _ in 0..3 {
        let pushes = taken(&mut world);
        assert_eq!(pushes.len(), 1);
        world.advance_s(200);
        world.receipt(&pushes[0], Receipt::Absent);
        world.advance_s(299);
        assert!(world.pushes.is_empty());
        world.advance_s(3);
    }
    taken(&mut world);
    world.advance_s(302);
    assert_eq!(world.pushes.len(), 1, "and the next step was not reached");
}

/// What is late of the attempt before says nothing of the one that absence has taken back.
#[test]
fn absence_does_not_bring_an_older_attempt_back() {
    let mut world = carried(1);
    world.send(ALICE, &[BOB], b"x", |_| {});
    let first = taken(&mut world);
    world.advance_s(302);
    let second = taken(&mut world);
    world.receipt(&second[0], Receipt::Absent);
    world.receipt(&first[0], Receipt::Absent);
    world.advance_s(302);
    assert!(
        world.pushes.is_empty(),
        "the second wait is taken again, not the first"
    );
}

#[test]
fn an_unknown_subscriber_ends_it() {
    for receipted in [true, false] {
        let mut world = carried(3);
        world.send(ALICE, &[BOB], b"x", |send| send.delivery_report = Some(true));
        if receipted {
            let pushes = taken(&mut world);
            world.receipt(&pushes[0], Receipt::UnknownSubscriber);
        } else {
            world.answer_pushes(Answered::UnknownSubscriber);
        }
        assert_eq!(world.statuses(ALICE), [Status::Unreachable]);
        taken(&mut world);
        assert_eq!(world.open_messages(), 0);
        world.ledger.check();
    }
}

#[test]
fn what_was_refused_or_late_is_tried_again() {
    for (answered, wait_s) in [(Answered::Rejected, 302), (Answered::Late, 1)] {
        let mut world = carried(1);
        world.send(ALICE, &[BOB], b"x", |_| {});
        assert_eq!(world.answer_pushes(answered).len(), 1);
        world.advance_s(wait_s);
        assert_eq!(taken(&mut world).len(), 1, "{answered:?}");
        world.fetch(BOB);
        world.ledger.check();
    }
}

#[test]
fn a_phone_that_is_back_is_asked_at_once() {
    let mut world = carried(1);
    world.send(ALICE, &[BOB], b"x", |_| {});
    world.send(ALICE, &[CAROL], b"x", |_| {});
    let pushes = taken(&mut world);
    for push in &pushes {
        world.receipt(push, Receipt::Absent);
    }
    let home = usize::from(world.home(Some(number(BOB))));
    world.nodes[home]
        .inbox
        .push_back(shard::Input::Reachable(number(BOB)));
    world.settle();
    let pushes = taken(&mut world);
    assert_eq!(pushes.len(), 1);
    assert_eq!(pushes[0].to, number(BOB));
}

/// Validity is up to the next notification, and never beyond the message's own end.
#[test]
fn a_push_is_valid_up_to_the_next_one() {
    let mut world = carried(1);
    world.send(ALICE, &[BOB], b"x", |send| {
        send.expiry = Some(mms::Time::Relative(1_000));
    });
    let mut valid = Vec::new();
    for _ in 0..2 {
        valid.extend(taken(&mut world).iter().map(|push| push.valid_for_s));
        world.advance_s(302);
    }
    assert_eq!(valid[0], 300);
    assert!((690..=700).contains(&valid[1]), "{valid:?}");
}

/// After a start: what was pushed in the last moments may not have left.
#[test]
fn the_last_pushes_before_a_kill_go_out_again() {
    let mut world = carried(1);
    world.send(ALICE, &[BOB], b"x", |_| {});
    world.crash();
    world.advance_s(2);
    assert_eq!(taken(&mut world).len(), 1);
    world.advance_s(100);
    world.crash();
    world.advance_s(100);
    assert!(world.pushes.is_empty(), "older ones keep to their schedule");
    world.fetch(BOB);
    world.ledger.check();
}
