//! Notifications: their schedule, their identity, their place, their size, and what ends them.
//!
//! DESIGN §6, MM1 flows §3 and §4.

use crate::phone::{ALICE, BOB, Note};
use crate::world::{Shape, World};
use mms::{Status, Time, Version};
use wsp::{ContentType, EncodedString};

fn identity(note: &Note) -> (&str, &str) {
    (&note.location, &note.transaction)
}

/// At once, 5 min, 15 min, 1 h, 4 h, 12 h, 24 h, then every 24 h until the expiry; each carries what is left of it.
#[test]
fn repeats_follow_the_schedule_and_keep_their_identity() {
    let mut world = World::new(Shape::default());
    let begin = world.wall().0;
    world.send(ALICE, &[BOB], b"hello?", |send| send.delivery_report = Some(true));
    world.advance(8 * 86_400_000, 5_000);
    let notes = world.notes(BOB);
    let mut due = 0;
    let waits = [0, 300, 900, 3_600, 14_400, 43_200];
    let waits: Vec<u32> = waits.into_iter().chain([86_400; 6]).collect();
    assert_eq!(notes.len(), waits.len());
    for (note, wait) in notes.iter().zip(waits) {
        due += wait;
        let late = note.at - begin - due;
        assert!(late <= 60, "{late} s late at {due}");
        due += late;
        assert_eq!(identity(note), identity(&notes[0]));
        assert_eq!(note.expiry_s, u64::from(7 * 86_400 - (note.at - begin)));
    }
    assert_eq!(world.statuses(ALICE), [Status::Expired]);
    world.ledger.check();
}

#[test]
fn one_notification_is_out_at_a_time() {
    let mut world = World::new(Shape::default());
    for text in [b"1", b"2", b"3"] {
        world.send(ALICE, &[BOB], text, |_| {});
    }
    assert_eq!(world.notes(BOB).len(), 1);
    // A response frees the place.
    let first = world.note(BOB);
    world.respond(BOB, &first, Status::Deferred);
    assert_eq!(world.notes(BOB).len(), 2);
    let second = world.note(BOB);
    assert_ne!(identity(&first), identity(&second));
    // So does a retrieval.
    world.get(BOB, second.token);
    assert_eq!(world.notes(BOB).len(), 3);
    let third = world.note(BOB);
    assert_eq!(world.get(BOB, third.token).body, b"3", "the oldest goes first");
    world.ledger.check();
}

#[test]
fn an_unanswered_notification_keeps_its_place_for_a_minute() {
    let mut world = World::new(Shape::default());
    world.send(ALICE, &[BOB], b"1", |_| {});
    world.send(ALICE, &[BOB], b"2", |_| {});
    world.advance(59_000, 100);
    assert_eq!(world.notes(BOB).len(), 1);
    world.advance(1_500, 100);
    assert_eq!(world.notes(BOB).len(), 2);
    // Each keeps its own schedule, one at a time.
    world.advance(3_600_000, 500);
    let notes = world.notes(BOB);
    let of = |note: &Note| notes.iter().filter(|other| other.token == note.token).count();
    assert_eq!((of(&notes[0]), of(&notes[1])), (3, 3));
    assert!(notes.windows(2).all(|pair| pair[1].at - pair[0].at >= 59));
    world.ledger.check();
}

/// A broken GET and a Retrieved without a GET are answers, too: the next message need not wait.
#[test]
fn every_answer_frees_the_place() {
    let mut world = World::new(Shape::default());
    world.send(ALICE, &[BOB], b"1", |_| {});
    world.send(ALICE, &[BOB], b"2", |_| {});
    let note = world.note(BOB);
    let answer = world.begin_get(BOB, note.token);
    world.finish_get(&answer, false);
    assert_eq!(world.notes(BOB).len(), 2);
}

/// With 20 characters of subject the push is 133 octets, header included.
#[test]
fn twenty_characters_of_subject_fit_one_sms() {
    let mut world = World::new(Shape::default());
    let subject = "Zwanzig Zeichen hier";
    assert_eq!(subject.len(), 20);
    world.send(ALICE, &[BOB], &[7; 90_000], |send| {
        send.subject = Some(EncodedString::ascii(b"Zwanzig Zeichen hier"));
        send.delivery_report = Some(true);
    });
    let note = world.note(BOB);
    assert_eq!(note.subject.as_deref(), Some(subject));
    assert_eq!(note.from.as_deref(), Some("+447700900001/TYPE=PLMN"));
    assert!(note.octets + 6 <= 133, "{} octets", note.octets);
}

#[test]
fn what_does_not_fit_is_left_out() {
    let mut world = World::new(Shape::default());
    world.send(ALICE, &[BOB], b"x", |send| {
        send.subject = Some(EncodedString::ascii(
            b"A subject that goes on for much longer than any display and any short message has room for",
        ));
    });
    let note = world.note(BOB);
    assert_eq!((note.subject, note.from.is_some()), (None, true));
    assert!(note.octets + 6 <= 133);
}

/// X-Mms-Message-Size counts the subject and the data of all parts.
#[test]
fn the_size_counts_subject_and_parts() {
    let mut body = Vec::new();
    wsp::write::multipart_head(&mut body, 2);
    wsp::write::part(&mut body, &[0x83], &[], &[b'a'; 100]);
    wsp::write::part(&mut body, &[0x9e], &[], &[b'b'; 1_000]);
    let mut world = World::new(Shape::default());
    world.send(ALICE, &[BOB], &body, |send| {
        send.subject = Some(EncodedString::ascii(b"Subject"));
        send.content.content_type = ContentType::from_raw(&[0xa3]).expect("multipart/mixed");
    });
    assert_eq!(world.note(BOB).size, 1_107);
    assert_eq!(world.fetch(BOB).body, body, "the body goes out as it came in");
}

#[test]
fn deferred_means_no_more_notifications() {
    let mut world = World::new(Shape::default());
    world.send(ALICE, &[BOB], b"later", |send| {
        send.expiry = Some(Time::Relative(86_400));
        send.delivery_report = Some(true);
    });
    let note = world.note(BOB);
    world.respond(BOB, &note, Status::Deferred);
    world.advance_s(80_000);
    world.crash();
    assert_eq!(world.notes(BOB).len(), 1);
    let got = world.get(BOB, note.token);
    assert_ne!(got.transaction.as_deref(), Some(note.transaction.as_str()));
    world.acknowledge(BOB, &got.transaction.expect("a transaction"));
    assert_eq!(world.statuses(ALICE), [Status::Retrieved]);
    world.ledger.check();
}

#[test]
fn a_deferred_message_expires_like_any() {
    let mut world = World::new(Shape::default());
    world.send(ALICE, &[BOB], b"never", |send| {
        send.expiry = Some(Time::Relative(3_600));
        send.delivery_report = Some(true);
    });
    let note = world.note(BOB);
    world.respond(BOB, &note, Status::Deferred);
    world.advance_s(3_700);
    assert_eq!(world.statuses(ALICE), [Status::Expired]);
    assert_eq!(world.get(BOB, note.token).status, Some(0xe2));
}

#[test]
fn rejected_ends_it() {
    let mut world = World::new(Shape::default());
    world.send(ALICE, &[BOB], b"spam", |send| send.delivery_report = Some(true));
    let note = world.note(BOB);
    world.respond(BOB, &note, Status::Rejected);
    assert_eq!(world.statuses(ALICE), [Status::Rejected]);
    assert_eq!(world.get(BOB, note.token).status, Some(0xe2));
    world.advance_s(86_400);
    assert_eq!(world.notes(BOB).len(), 1);
    world.ledger.check();
}

/// Not recognised: once more in version 1.0, then it is over.
#[test]
fn unrecognised_goes_down_a_version_first() {
    let mut world = World::new(Shape::default());
    world.send(ALICE, &[BOB], b"new", |send| send.delivery_report = Some(true));
    let first = world.note(BOB);
    world.respond(BOB, &first, Status::Unrecognised);
    let second = world.note(BOB);
    assert_eq!(world.notes(BOB).len(), 2);
    assert_eq!(identity(&first), identity(&second));
    assert_eq!((first.version, second.version), (Version::V1_2, Version::V1_0));
    world.respond(BOB, &second, Status::Unrecognised);
    assert_eq!(world.statuses(ALICE), [Status::Unrecognised]);
    world.ledger.check();
}

#[test]
fn a_clock_jump_expires_nothing_early() {
    let mut world = World::new(Shape::default());
    world.send(ALICE, &[BOB], b"still here", |send| {
        send.delivery_report = Some(true)
    });
    world.now.wall.0 += 30 * 86_400_000;
    world.advance_s(60);
    assert!(world.reports(ALICE).is_empty());
    assert_eq!(world.fetch(BOB).body, b"still here");
}

/// While the bytes are on their way, nobody calls the phone again.
#[test]
fn no_notification_while_a_retrieval_runs() {
    let mut world = World::new(Shape::default());
    world.send(ALICE, &[BOB], b"slow", |_| {});
    let note = world.note(BOB);
    let answer = world.begin_get(BOB, note.token);
    world.advance(2_000_000, 1_000);
    assert_eq!(world.notes(BOB).len(), 1);
    world.finish_get(&answer, false);
    world.advance(2_000, 100);
    assert_eq!(world.notes(BOB).len(), 2, "it broke, and the next one is overdue");
    world.ledger.check();
}

/// Two copies for Bob whose time has come, and whose PDUs are slow in coming from the disk.
fn two_slow_reads(expiry_s: u64) -> World {
    let mut world = World::new(Shape {
        recent_octets: 0,
        ..Shape::default()
    });
    for body in [b"one", b"two"] {
        world.send(ALICE, &[BOB], body, |send| {
            send.delivery_time = Some(Time::Relative(100));
            send.expiry = Some(Time::Relative(expiry_s));
        });
    }
    world.advance_s(99);
    world.pass(2_000);
    world.turn(0, usize::MAX);
    assert_eq!((world.nodes[0].reads(), world.notes(BOB).len()), (1, 0));
    world
}

/// While the PDU is on its way the place may go to another copy; then this one waits for its turn again. The place is
/// held from the push on.
#[test]
fn a_slow_read_does_not_let_two_be_outstanding() {
    let mut world = two_slow_reads(86_400);
    world.pass(61_000);
    world.turn(0, usize::MAX);
    world.settle();
    assert_eq!(world.notes(BOB).len(), 1);
    world.advance_s(50);
    assert_eq!(world.notes(BOB).len(), 1);
    world.advance_s(20);
    assert_eq!(world.notes(BOB).len(), 2);
    world.ledger.check();
}

#[test]
fn nothing_is_notified_after_its_validity() {
    let least_s = u64::from(Shape::default().profile.mm1.expiry_min_s);
    let mut world = two_slow_reads(least_s.max(200));
    world.pass(least_s.max(200) * 1_000);
    world.settle();
    world.advance_s(10);
    assert!(world.notes(BOB).is_empty());
    assert!(world.ledger.open().is_empty());
}
