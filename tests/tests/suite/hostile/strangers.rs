//! PDUs of others, sent again: answers, acknowledgements, forwards and read reports of who has nothing to do with it.
//!
//! A world with strangers is compared with one without: invariants: the same notifications, the same reports, the same
//! content for everybody, whatever strangers sent in between; reports about messages that never were go nowhere.

use base::{MessageId, Token};
use mms::{AcknowledgeInd, Status, Version};
use sim::phone::{ALICE, BOB, CAROL, DAVE, EVE, conf_of, forward_req, notify_resp, read_rec};
use sim::world::{Shape, World};

/// What everybody got: reports to the sender, what recipients fetched, pushes to all.
#[derive(Debug, PartialEq, Eq)]
struct Outcome {
    reports: Vec<(String, Status)>,
    fetched: Vec<Vec<u8>>,
    pushes: Vec<usize>,
}

/// Whether strangers meddle.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Crowd {
    Absent,
    Meddling,
}

/// Everything that a stranger can send about a message whose URL, transaction and id they have learnt.
fn meddle(world: &mut World, message: MessageId, whom: &str) {
    let note = world.note(whom);
    for stranger in [DAVE, EVE, ALICE] {
        for status in [
            Status::Retrieved,
            Status::Rejected,
            Status::Deferred,
            Status::Expired,
        ] {
            for token in [None, Some(note.token)] {
                world.post(
                    stranger,
                    token,
                    notify_resp(&note.transaction, status, Some(true)),
                );
            }
        }
        let mut acknowledgement = Vec::new();
        AcknowledgeInd::new(note.transaction.as_bytes(), Version::V1_2).write(&mut acknowledgement);
        world.post(stranger, None, acknowledgement);
        for to in [ALICE, EVE] {
            world.post(stranger, None, read_rec(message, to));
        }
        let transaction = format!("F{}", world.now.monotonic.0);
        let conf = conf_of(&world.post(
            stranger,
            None,
            forward_req(&transaction, &[EVE], &note.location, |_| {}),
        ));
        assert_ne!(conf.status, 0x80, "a stranger forwards nothing");
        let got = world.get(stranger, note.token);
        assert_eq!(got.status, Some(0xE2), "a stranger fetches nothing");
    }
}

/// A message to two recipients, from its submission to its read report.
fn life(crowd: Crowd) -> Outcome {
    let mut world = World::new(Shape {
        shards: 2,
        ..Shape::default()
    });
    let message = world.send(ALICE, &[BOB, CAROL], b"between us", |send| {
        send.delivery_report = Some(true);
        send.read_report = Some(true);
    });
    world.settle();
    let mut fetched = Vec::new();
    for whom in [BOB, CAROL] {
        let meddles = |world: &mut World| {
            if crowd == Crowd::Meddling {
                meddle(world, message, whom);
            }
        };
        meddles(&mut world);
        fetched.push(world.fetch(whom).body);
        meddles(&mut world);
        world.post(whom, None, read_rec(message, ALICE));
        meddles(&mut world);
    }
    world.advance_s(30);
    world.ledger.check();
    let reports = world.reports(ALICE);
    let pushed = |who: &str| {
        let to = sim::phone::number(who).digits();
        world.ledger.pushes.iter().filter(|push| push.to == to).count()
    };
    Outcome {
        reports: reports
            .into_iter()
            .map(|report| (report.to, report.status))
            .collect(),
        fetched,
        pushes: [ALICE, BOB, CAROL, DAVE, EVE].into_iter().map(pushed).collect(),
    }
}

#[test]
fn strangers_change_nothing() {
    let alone = life(Crowd::Absent);
    assert_eq!(alone.reports.len(), 2, "{alone:?}");
    assert_eq!(
        alone.pushes,
        [4, 1, 1, 0, 0],
        "two delivery and two read reports: {alone:?}"
    );
    assert_eq!(life(Crowd::Meddling), alone);
}

#[test]
fn reports_about_what_never_was_go_nowhere() {
    let mut world = World::new(Shape::default());
    let known = world.send(ALICE, &[BOB], b"x", |send| {
        send.delivery_report = Some(true);
        send.read_report = Some(true);
    });
    world.settle();
    let (note, before) = (world.note(BOB), world.ledger.pushes.len());
    let forged = format!("{known}");
    for change in 0..forged.len() {
        let mut text = forged.clone().into_bytes();
        text[change] = if text[change] == b'0' { b'1' } else { b'0' };
        let Some(id) = MessageId::from_wire(&text) else {
            continue;
        };
        for who in [BOB, EVE] {
            world.post(who, None, read_rec(id, ALICE));
        }
    }
    for transaction in ["", "T0", "aAbBcCdD", "\u{7f}", &"x".repeat(200)] {
        for who in [BOB, EVE] {
            world.post(who, None, notify_resp(transaction, Status::Retrieved, Some(true)));
            world.post(
                who,
                Some(Token([7; 12])),
                notify_resp(transaction, Status::Rejected, None),
            );
        }
    }
    world.settle();
    assert_eq!(world.ledger.pushes.len(), before, "nothing is reported");
    assert_eq!(world.get(BOB, note.token).body, b"x");
    world.ledger.check();
}
