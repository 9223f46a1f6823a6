//! The endgame of retrieval: who gets the bytes, how often, and what ends a message.
//!
//! DESIGN §6 and §8, MM1 flows §2. The URL is no authority: only the stored recipient gets anything.

use crate::phone::{ALICE, BOB, EVE, notify_resp};
use crate::world::{Shape, World};
use base::Token;
use meter::Gauge;
use mms::{Status, Time};

fn one_message(shape: Shape) -> World {
    let mut world = World::new(shape);
    world.send(ALICE, &[BOB], b"the bytes", |send| {
        send.delivery_report = Some(true);
        send.expiry = Some(Time::Relative(86_400));
    });
    world
}

/// Operators are shown how many wait: each copy until its end, whoever is to take it, and over starts.
#[test]
fn those_who_wait_are_counted() {
    let mut world = World::new(crate::relaying::shape(""));
    let shown = |world: &World, gauge| {
        let nodes = world.nodes.iter();
        nodes.map(|node| node.meter.gauge(gauge)).sum::<u64>()
    };
    world.send(
        ALICE,
        &[BOB, EVE, "+15550101", "nobody@example.invalid"],
        b"x",
        |_| {},
    );
    world.settle();
    assert_eq!(shown(&world, Gauge::RecipientsWaiting), 3, "nobody has ended");
    assert_eq!(shown(&world, Gauge::RecipientsKept), 4);
    world.fetch(BOB);
    for crashes in [false, true] {
        if crashes {
            world.crash();
            world.settle();
        }
        assert_eq!(shown(&world, Gauge::RecipientsWaiting), 2, "{crashes}");
    }
    world.advance_s(30 * 86_400);
    assert_eq!(shown(&world, Gauge::RecipientsWaiting), 0);
    world.ledger.check();
}

#[test]
fn a_broken_get_leaves_the_notifications_running() {
    let mut world = one_message(Shape::default());
    let note = world.note(BOB);
    let answer = world.begin_get(BOB, note.token);
    world.finish_get(&answer, false);
    world.advance_s(310);
    assert_eq!(world.notes(BOB).len(), 2);
    assert_eq!(world.fetch(BOB).body, b"the bytes");
    assert_eq!(world.statuses(ALICE), [Status::Retrieved]);
    world.ledger.check();
}

#[test]
fn a_whole_get_without_an_answer_counts_after_ten_minutes() {
    let mut world = one_message(Shape::default());
    let note = world.note(BOB);
    world.get(BOB, note.token);
    world.advance_s(590);
    assert!(world.reports(ALICE).is_empty());
    assert_eq!(world.notes(BOB).len(), 1, "and nobody calls meanwhile");
    world.advance_s(20);
    assert_eq!(world.statuses(ALICE), [Status::Retrieved]);
    world.respond(BOB, &note, Status::Retrieved);
    assert_eq!(world.statuses(ALICE), [Status::Retrieved]);
    world.ledger.check();
}

#[test]
fn a_get_begun_before_the_expiry_may_finish() {
    for (whole, end) in [(true, Status::Retrieved), (false, Status::Expired)] {
        let mut world = one_message(Shape::default());
        let note = world.note(BOB);
        world.advance_s(86_390);
        let answer = world.begin_get(BOB, note.token);
        world.advance_s(60);
        assert!(world.reports(ALICE).is_empty());
        world.finish_get(&answer, whole);
        if whole {
            world.respond(BOB, &note, Status::Retrieved);
        }
        assert_eq!(world.statuses(ALICE), [end]);
        world.ledger.check();
    }
}

#[test]
fn retrieved_without_a_get_ends_nothing() {
    let mut world = one_message(Shape::default());
    let note = world.note(BOB);
    world.respond(BOB, &note, Status::Retrieved);
    world.acknowledge(BOB, &note.transaction);
    assert!(world.reports(ALICE).is_empty());
    world.advance_s(310);
    assert_eq!(world.notes(BOB).len(), 2);
    assert_eq!(world.fetch(BOB).body, b"the bytes");
    world.ledger.check();
}

/// A phone that resets the connection it has read to its end has the message, whatever the server's kernel says; and
/// its word is as good after the next notification.
#[test]
fn an_acknowledgement_of_a_get_that_seemed_broken_is_believed() {
    for waits_s in [0, 310] {
        let mut world = one_message(Shape::default());
        let note = world.note(BOB);
        let answer = world.begin_get(BOB, note.token);
        world.finish_get(&answer, false);
        world.advance_s(waits_s);
        world.acknowledge(BOB, &note.transaction);
        assert_eq!(world.statuses(ALICE), [Status::Retrieved]);
        let notes = world.notes(BOB).len();
        world.advance_s(3_600);
        assert_eq!(world.notes(BOB).len(), notes);
        world.ledger.check();
    }
}

/// What the first has ended is no longer in its subscriber's list when the second comes.
#[test]
fn a_repeat_is_answered_no_sooner_than_what_it_repeats() {
    let mut world = one_message(Shape::default());
    let note = world.note(BOB);
    world.get(BOB, note.token);
    let pdu = notify_resp(&note.transaction, Status::Retrieved, None);
    let slots = [(); 2].map(|()| world.ask_post(BOB, None, pdu.clone()));
    world.turn(0, 2);
    assert!(
        slots.iter().all(|slot| !world.answers.contains_key(slot)),
        "it is not on disk yet"
    );
    world.settle();
    assert!(slots.iter().all(|slot| world.answers[slot].http_status == 200));
    assert_eq!(world.statuses(ALICE), [Status::Retrieved]);
}

/// It waits for nothing where nothing is under way, be the log as empty as it is when a shard has just been made.
#[test]
fn an_answer_to_nothing_is_taken() {
    let mut world = World::new(Shape::default());
    let answer = world.post(BOB, None, notify_resp("stray", Status::Retrieved, None));
    assert_eq!(answer.http_status, 200);
}

/// NotifyResp and Acknowledge are synonyms, and idempotent.
#[test]
fn acknowledgements_are_synonyms_and_count_once() {
    let mut world = one_message(Shape::default());
    let note = world.note(BOB);
    world.get(BOB, note.token);
    world.acknowledge(BOB, &note.transaction);
    world.respond(BOB, &note, Status::Retrieved);
    world.acknowledge(BOB, &note.transaction);
    world.respond(BOB, &note, Status::Rejected);
    assert_eq!(world.statuses(ALICE), [Status::Retrieved]);
    world.ledger.check();
}

/// A phone may post to its retrieval URL; then the URL says which message, whatever the Transaction-ID.
#[test]
fn an_answer_posted_to_the_url_names_its_message() {
    let mut world = one_message(Shape::default());
    let note = world.note(BOB);
    world.get(BOB, note.token);
    world.post(
        BOB,
        Some(note.token),
        notify_resp("other", Status::Retrieved, None),
    );
    assert_eq!(world.statuses(ALICE), [Status::Retrieved]);
}

#[test]
fn for_an_hour_the_bytes_can_be_fetched_again() {
    let mut world = one_message(Shape::default());
    let note = world.note(BOB);
    world.fetch(BOB);
    world.advance_s(3_500);
    assert_eq!(world.get(BOB, note.token).body, b"the bytes");
    world.crash();
    assert_eq!(world.get(BOB, note.token).body, b"the bytes");
    world.respond(BOB, &note, Status::Retrieved);
    world.advance_s(200);
    let late = world.get(BOB, note.token);
    assert_eq!(late.status, Some(0xe2));
    assert_ne!(late.body, b"the bytes");
    assert!(late.body.is_ascii() && !late.body.is_empty(), "with a text body");
    assert_eq!(
        world.statuses(ALICE),
        [Status::Retrieved],
        "without a second report"
    );
    world.ledger.check();
}

#[test]
fn an_expired_message_is_not_found() {
    let mut world = one_message(Shape::default());
    let note = world.note(BOB);
    world.advance_s(86_500);
    let late = world.get(BOB, note.token);
    assert_eq!(
        (late.status, late.body),
        (Some(0xe2), b"The message has expired.".to_vec())
    );
    assert_eq!(world.statuses(ALICE), [Status::Expired]);
}

/// Nobody but the recipient gets bytes, or ends anything.
#[test]
fn a_url_is_no_authority() {
    let mut world = one_message(Shape::default());
    let note = world.note(BOB);
    for who in [ALICE, EVE] {
        let got = world.get(who, note.token);
        assert_eq!(got.status, Some(0xe2), "{who}");
        assert!(!got.octets.windows(9).any(|window| window == b"the bytes"));
        world.post(
            who,
            Some(note.token),
            notify_resp(&note.transaction, Status::Rejected, None),
        );
        world.acknowledge(who, &note.transaction);
    }
    let unidentified = world.begin_get("", note.token);
    assert_eq!(unidentified.http_status, 403);
    assert_eq!(world.get(BOB, Token([0; 12])).status, Some(0xe2));
    let slot = world.ask_get(BOB, None);
    world.settle();
    assert_eq!(crate::phone::got_of(&world.answers[&slot]).status, Some(0xe2));
    assert!(world.reports(ALICE).is_empty());
    assert_eq!(world.fetch(BOB).body, b"the bytes");
    world.ledger.check();
}

#[test]
fn two_gets_at_once_end_it_once() {
    for order in [[true, false], [false, true], [true, true]] {
        let mut world = one_message(Shape::default());
        let note = world.note(BOB);
        let answers = [(); 2].map(|()| world.begin_get(BOB, note.token));
        for (answer, whole) in answers.iter().zip(order) {
            world.finish_get(answer, whole);
        }
        world.respond(BOB, &note, Status::Retrieved);
        assert_eq!(world.statuses(ALICE), [Status::Retrieved], "{order:?}");
        world.advance_s(7_200);
        assert_eq!(world.notes(BOB).len(), 1);
        world.ledger.check();
    }
}

/// The acknowledgement may overtake the word that the last octet left.
#[test]
fn an_answer_before_the_last_octet_is_believed() {
    let mut world = one_message(Shape::default());
    let note = world.note(BOB);
    let answer = world.begin_get(BOB, note.token);
    world.respond(BOB, &note, Status::Retrieved);
    world.finish_get(&answer, true);
    assert_eq!(world.statuses(ALICE), [Status::Retrieved]);
    world.ledger.check();
}

#[test]
fn policy_may_count_the_get() {
    let mut shape = Shape::default();
    shape.profile.retrieve.delivered_on_fetch = true;
    let mut world = one_message(shape);
    let note = world.note(BOB);
    world.get(BOB, note.token);
    assert_eq!(world.statuses(ALICE), [Status::Retrieved]);
    world.respond(BOB, &note, Status::Retrieved);
    assert_eq!(world.statuses(ALICE), [Status::Retrieved]);
}

/// Without any body at hand everything comes from the disk.
#[test]
fn bodies_come_from_the_disk_where_memory_has_none() {
    let mut world = one_message(Shape {
        recent_octets: 0,
        ..Shape::default()
    });
    let to = ["bob@example.invalid", BOB];
    world.send(ALICE, &to, b"second", |send| send.delivery_report = Some(true));
    assert_eq!(world.reports(ALICE)[0].to, "bob@example.invalid");
    assert_eq!(world.fetch(BOB).body, b"the bytes");
    assert_eq!(world.fetch(BOB).body, b"second");
    world.crash();
    let note = world.note(BOB);
    assert_eq!(world.get(BOB, note.token).body, b"second");
    let (pinned, needed) = world.pins();
    assert_eq!(pinned, needed);
    world.ledger.check();
}
