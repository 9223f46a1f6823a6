//! Submission: who gets it, in what form, once; what is remembered of a repeat.
//!
//! DESIGN §6 and the transactions of MM1 flows §2. Each test tells one story on one shard.

use crate::phone::{ALICE, BOB, CAROL, DAVE, conf_of, number, pdu_of, send_req};
use crate::world::{Shape, World};
use mms::{Address, Originator, RecipientKind, SenderVisibility, Status, Time};

#[test]
fn a_message_lives_its_whole_life() {
    let mut world = World::new(Shape::default());
    let id = world.send(ALICE, &["+447700900002"], b"hello", |send| {
        send.delivery_report = Some(true)
    });
    let note = world.note(BOB);
    assert_eq!(note.from.as_deref(), Some("+447700900001/TYPE=PLMN"));
    assert_eq!(note.size, 5);
    let got = world.get(BOB, note.token);
    assert_eq!(
        (got.body.as_slice(), got.message, got.status),
        (&b"hello"[..], Some(id), None)
    );
    assert!(
        world.reports(ALICE).is_empty(),
        "delivered is on acknowledgement, not on GET"
    );
    world.respond(BOB, &note, Status::Retrieved);
    let reports = world.reports(ALICE);
    assert_eq!(reports.len(), 1);
    assert_eq!((reports[0].message, reports[0].status), (id, Status::Retrieved));
    assert_eq!(reports[0].to, "+447700900002/TYPE=PLMN");
    assert!(world.ledger.open().is_empty());
    let (pinned, needed) = world.pins();
    assert_eq!(pinned, needed, "pins are balanced");
    world.ledger.check();
}

/// Everybody sees To and Cc in full; Bcc is seen by nobody, not even by who stands in it; the body is stored once.
#[test]
fn to_cc_and_bcc_get_one_stored_body() {
    let mut world = World::new(Shape::default());
    let to = ["+447700900002", "cc:+447700900003", "bcc:+447700900004"];
    world.send(ALICE, &to, b"for three", |_| {});
    assert_eq!(world.ledger.accepts.len(), 1);
    for who in [BOB, CAROL, DAVE] {
        let got = world.fetch(who);
        let seen = [
            (RecipientKind::To, "+447700900002".to_owned()),
            (RecipientKind::Cc, "+447700900003".to_owned()),
        ];
        assert_eq!(got.recipients, seen, "{who}");
        assert_eq!(got.body, b"for three");
        let hidden = DAVE.as_bytes();
        assert!(!got.octets.windows(hidden.len()).any(|window| window == hidden));
    }
    for push in &world.ledger.pushes {
        let hidden = DAVE.as_bytes();
        assert!(!push.pdu.windows(hidden.len()).any(|window| window == hidden));
    }
    world.ledger.check();
}

/// National numbers become international, and aliases of one number meet.
#[test]
fn aliases_of_one_number_deliver_once() {
    let mut world = World::new(Shape::default());
    let aliases = [
        "07700900002",
        "+447700900002",
        "cc:00447700900002",
        "bcc:+447700900002/TYPE=PLMN",
    ];
    world.send(ALICE, &aliases, b"once", |send| send.delivery_report = Some(true));
    assert_eq!(world.notes(BOB).len(), 1);
    world.fetch(BOB);
    assert_eq!(world.statuses(ALICE), [Status::Retrieved]);
    assert!(world.ledger.open().is_empty());
    world.ledger.check();
}

/// One that can be reached is enough for Ok; each other one ends with a report of its own, named as the sender did.
#[test]
fn who_cannot_be_reached_ends_with_a_report() {
    let mut world = World::new(Shape::default());
    let to = ["bob@example.invalid", "*123#", "12345", "+447700900002"];
    world.send(ALICE, &to, b"some", |send| send.delivery_report = Some(true));
    let mut ends: Vec<_> = world
        .reports(ALICE)
        .into_iter()
        .map(|report| (report.to, report.status))
        .collect();
    ends.sort_by(|left, right| left.0.cmp(&right.0));
    let unreachable = |to: &str| (to.to_owned(), Status::Unreachable);
    assert_eq!(
        ends,
        [
            unreachable("*123#"),
            unreachable("12345"),
            unreachable("bob@example.invalid")
        ]
    );
    world.fetch(BOB);
    assert_eq!(world.reports(ALICE).len(), 4);
    assert!(world.ledger.open().is_empty());
    world.ledger.check();
}

#[test]
fn the_sender_is_who_the_network_says() {
    let mut world = World::new(Shape::default());
    world.send(ALICE, &[BOB], b"truth", |send| {
        send.from = Originator::Address(Address::ascii(b"+447700900099/TYPE=PLMN"));
    });
    assert_eq!(world.note(BOB).from.as_deref(), Some("+447700900001/TYPE=PLMN"));
    let got = world.fetch(BOB);
    assert_eq!(got.from.as_deref(), Some("+447700900001/TYPE=PLMN"));
    let claimed = b"0099";
    assert!(!got.octets.windows(4).any(|window| window == claimed));
}

#[test]
fn a_hidden_sender_is_hidden_everywhere() {
    let mut world = World::new(Shape::default());
    world.send(ALICE, &[BOB], b"who?", |send| {
        send.sender_visibility = Some(SenderVisibility::Hide);
        send.from = Originator::Address(Address::ascii(b"+447700900001"));
        send.delivery_report = Some(true);
    });
    assert_eq!(world.note(BOB).from, None);
    let got = world.fetch(BOB);
    assert_eq!(got.from, None);
    let number = ALICE.as_bytes();
    assert!(!got.octets.windows(number.len()).any(|window| window == number));
    assert_eq!(
        world.statuses(ALICE),
        [Status::Retrieved],
        "the report still finds them"
    );
}

#[test]
fn nobody_is_notified_before_the_delivery_time() {
    let mut world = World::new(Shape::default());
    world.send(ALICE, &[BOB], b"later", |send| {
        send.delivery_time = Some(Time::Relative(3_600))
    });
    world.advance(3_590_000, 1_000);
    assert!(world.notes(BOB).is_empty());
    world.advance(20_000, 100);
    assert_eq!(world.notes(BOB).len(), 1);
    world.crash();
    world.ledger.check();
}

/// Validity: asked for in either form, within the operator's bounds.
#[test]
fn the_validity_is_what_was_asked_within_bounds() {
    let day = 86_400;
    type Asked = fn(u64) -> Option<Time>;
    let cases: [(Asked, u64); 5] = [
        (|_| None, 7 * day),
        (|_| Some(Time::Relative(3_600)), 3_600),
        (|now| Some(Time::Absolute(now + 7_200)), 7_200),
        (|_| Some(Time::Relative(30 * 86_400)), 7 * day),
        (|now| Some(Time::Absolute(now - 5)), 60),
    ];
    for (asked, expected) in cases {
        let mut world = World::new(Shape::default());
        let now = u64::from(world.wall().0);
        world.send(ALICE, &[BOB], b"x", |send| send.expiry = asked(now));
        assert_eq!(world.note(BOB).expiry_s, expected, "{:?}", asked(now));
    }
}

/// The same again gives the same Message-ID and no second message, though phones rewrite Date on each retry.
#[test]
fn a_repeat_is_answered_as_the_first_was() {
    let mut world = World::new(Shape::default());
    let first = send_req("T1", &[BOB], b"again", |send| send.date_unix_s = Some(1_000));
    let again = send_req("T1", &[BOB], b"again", |send| {
        send.date_unix_s = Some(2_000);
        send.from = Originator::Address(Address::ascii(b"+447700900001"));
    });
    let other = send_req("T1", &[BOB], b"other", |_| {});
    let id = conf_of(&world.post(ALICE, None, first.clone())).message;
    assert_eq!(conf_of(&world.post(ALICE, None, again)).message, id);
    let new = conf_of(&world.post(ALICE, None, other)).message;
    assert_ne!(new, id, "the same id with other content is a new message");
    let carols = conf_of(&world.post(CAROL, None, first.clone())).message;
    assert_ne!(carols, id, "somebody else's transactions are their own");
    assert_eq!(world.ledger.accepts.len(), 3);
    world.crash();
    assert_eq!(
        conf_of(&world.post(ALICE, None, first)).message,
        id,
        "it survives a kill"
    );
    assert_eq!(world.ledger.accepts.len(), 3);
    world.ledger.check();
}

/// The server inserts Date where the phone left it out, once: every retrieval says the same.
#[test]
fn a_message_without_date_gets_that_of_its_acceptance() {
    let mut world = World::new(Shape::default());
    let sent_at = u64::from(world.wall().0);
    world.send(ALICE, &[BOB], b"undated", |send| send.date_unix_s = None);
    let token = world.note(BOB).token;
    let first = world.begin_get(BOB, token);
    world.finish_get(&first, false);
    world.pass(5_000);
    let second = world.begin_get(BOB, token);
    assert_eq!(pdu_of(&first), pdu_of(&second));
    match mms::Pdu::read(&pdu_of(&first)) {
        Ok(mms::Pdu::RetrieveConf(conf)) => {
            assert_eq!(conf.date_unix_s, sent_at);
            assert_eq!(conf.content.body, b"undated");
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_repeat_joins_the_commit_of_the_first() {
    let mut world = World::new(Shape::default());
    let pdu = send_req("T1", &[BOB], b"twice", |_| {});
    let slots = [
        world.ask_post(ALICE, None, pdu.clone()),
        world.ask_post(ALICE, None, pdu),
    ];
    world.turn(0, usize::MAX);
    assert!(
        world.answers.is_empty(),
        "nothing is answered before it is durable"
    );
    world.settle();
    let ids = slots.map(|slot| conf_of(&world.answers[&slot]).message);
    assert_eq!(ids[0], ids[1]);
    assert_eq!(world.ledger.accepts.len(), 1);
}

#[test]
fn a_repeat_is_known_for_its_time_only() {
    let mut world = World::new(Shape::default());
    let pdu = send_req("T1", &[BOB], b"again", |_| {});
    let id = conf_of(&world.post(ALICE, None, pdu.clone())).message;
    world.advance_s(3_590);
    assert_eq!(conf_of(&world.post(ALICE, None, pdu.clone())).message, id);
    world.advance_s(20);
    assert_ne!(conf_of(&world.post(ALICE, None, pdu)).message, id);
}

/// What waits counts against a mailbox; what was taken does not.
#[test]
fn a_mailbox_is_full_of_what_waits() {
    let mut shape = Shape::default();
    shape.profile.mm1.mailbox_messages_max = 3;
    let mut world = World::new(shape);
    for index in 0..8 {
        world.send(ALICE, &[BOB], &[index], |send| send.delivery_report = Some(true));
        world.fetch(BOB);
    }
    assert_eq!(world.statuses(ALICE), [Status::Retrieved; 8]);
    for index in 0..4 {
        world.send(ALICE, &[BOB], &[index], |send| send.delivery_report = Some(true));
    }
    assert_eq!(world.statuses(ALICE)[8..], [Status::Unreachable]);
    world.crash();
    world.send(ALICE, &[BOB], b"over", |send| send.delivery_report = Some(true));
    assert_eq!(world.statuses(ALICE)[8..], [Status::Unreachable; 2]);
    let _ = number(BOB);
    world.ledger.check();
}
