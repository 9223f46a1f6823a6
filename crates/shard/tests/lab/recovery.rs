//! Crashes: what was answered is kept, what was not is as if it had never been, and every schedule goes on.
//!
//! DESIGN §5 and §6. The disk forgets what was not synced, tears what was on its way, and may fail for good.

use crate::phone::{ALICE, BOB, CAROL, DAVE, EVE, conf_of, notify_resp, send_req};
use crate::world::{Shape, World};
use journal::fault::{FaultPlan, Holding};
use mms::{Status, Time};

/// A story told to its n-th step, then the power fails: whatever the step, the message is delivered and reported once.
#[test]
fn a_crash_after_any_step_ends_in_one_delivery() {
    for shards in [1, 3] {
        for steps in 0..160 {
            let mut world = World::new(Shape {
                shards,
                ..Shape::default()
            });
            let pdu = send_req("T1", &[BOB], b"once", |send| send.delivery_report = Some(true));
            let slot = world.ask_post(ALICE, None, pdu.clone());
            let was_answered = story(&mut world, slot, steps);
            world.crash();
            // At once: a message just after a start waits for the first segments.
            let conf = conf_of(&world.post(ALICE, None, pdu));
            assert_eq!(conf.status, 0x80, "{steps}: {conf:?}");
            if let Some(id) = was_answered {
                assert_eq!(conf.message, Some(id), "{steps}");
            }
            assert_eq!(world.ledger.accepts.len(), 1, "{steps}");
            world.advance_s(400);
            if !world.ledger.open().is_empty() {
                assert_eq!(world.fetch(BOB).body, b"once");
            }
            world.advance_s(700);
            assert_eq!(
                world.statuses(ALICE),
                [Status::Retrieved],
                "{shards} shards, {steps} steps"
            );
            world.crash();
            world.advance_s(700);
            assert_eq!(world.statuses(ALICE).len(), 1);
            world.ledger.check();
        }
    }
}

/// Sends, fetches and answers in so many random steps; gives the id, if the sender has heard it.
fn story(world: &mut World, send: u32, steps: u32) -> Option<base::MessageId> {
    let (mut get, mut response) = (None, None);
    for _ in 0..steps {
        world.stir();
        let note = world.notes(BOB).pop();
        if let (None, Some(note)) = (get, &note) {
            get = Some(world.ask_get(BOB, Some(note.token)));
        }
        let answer = get.and_then(|slot| world.answers.remove(&slot));
        if let Some((answer, note)) = answer.zip(note) {
            if let Some(ticket) = answer.sent {
                world.sent(ticket, true);
            }
            let pdu = notify_resp(&note.transaction, Status::Retrieved, None);
            response = Some(world.ask_post(BOB, None, pdu));
        }
    }
    let _ = response;
    world
        .answers
        .get(&send)
        .and_then(|answer| conf_of(answer).message)
}

#[test]
fn the_schedule_goes_on_with_the_same_identity() {
    let mut world = World::new(Shape::default());
    let begin = world.wall().0;
    world.send(ALICE, &[BOB], b"x", |_| {});
    world.advance_s(100);
    world.crash();
    world.advance_s(150);
    assert_eq!(world.notes(BOB).len(), 1);
    world.advance_s(60);
    let notes = world.notes(BOB);
    assert_eq!(notes.len(), 2);
    let wait = notes[1].at - begin;
    assert!((299..=302).contains(&wait), "{wait} s");
    assert_eq!(notes[0].location, notes[1].location);
    assert_eq!(notes[0].transaction, notes[1].transaction);
    world.ledger.check();
}

#[test]
fn a_recovered_message_expires_when_it_should() {
    let mut world = World::new(Shape::default());
    world.send(ALICE, &[BOB, CAROL], b"x", |send| {
        send.expiry = Some(Time::Relative(7_200));
        send.delivery_report = Some(true);
    });
    let note = world.note(CAROL);
    world.respond(CAROL, &note, Status::Deferred);
    world.advance_s(100);
    world.crash();
    world.advance_s(7_000);
    assert!(world.reports(ALICE).is_empty());
    world.advance_s(150);
    assert_eq!(world.statuses(ALICE), [Status::Expired; 2]);
    world.ledger.check();
}

/// What is overdue after a long stop goes out at the pace allowed, not at once.
#[test]
fn resumed_pushes_are_paced() {
    let mut shape = Shape::default();
    shape.profile.notify.resume_per_s = 10;
    let mut world = World::new(shape);
    for index in 0..60 {
        let to = format!("4477009001{index:02}");
        world.send(ALICE, &[&to], b"x", |_| {});
    }
    assert_eq!(world.ledger.pushes.len(), 60);
    world.pass(1_000_000);
    world.crash();
    world.settle();
    assert_eq!(world.ledger.pushes.len(), 60, "nothing at once");
    world.advance(3_000, 100);
    let resumed = world.ledger.pushes.len() - 60;
    assert!((28..=31).contains(&resumed), "{resumed} in three seconds");
    world.advance(5_000, 100);
    assert_eq!(world.ledger.pushes.len(), 120);
    world.ledger.check();
}

/// A delivery that no home had recorded anything of begins anew, across shards too.
#[test]
fn a_delivery_lost_between_shards_begins_anew() {
    let mut world = World::new(Shape {
        shards: 3,
        ..Shape::default()
    });
    world.drops = Some(|mail| matches!(mail, shard::Mail::Deliver(_)));
    let all = [ALICE, BOB, CAROL, DAVE, EVE];
    for from in all {
        world.send(from, &all, b"x", |_| {});
    }
    let before = world.ledger.pushes.len();
    assert!(before < 25);
    world.drops = None;
    world.crash();
    world.settle();
    for _ in 0..12 {
        for who in all {
            assert_eq!(world.fetch(who).body, b"x");
        }
        world.advance_s(400);
    }
    assert!(world.ledger.open().is_empty());
    world.ledger.check();
}

/// An end that did not reach the sender's home is told again by recovery, and the message is let go.
#[test]
fn an_end_lost_between_shards_is_told_again() {
    let mut world = World::new(Shape {
        shards: 3,
        ..Shape::default()
    });
    world.drops = Some(|mail| matches!(mail, shard::Mail::Ended { .. }));
    for who in [ALICE, BOB, CAROL, DAVE] {
        world.send(EVE, &[who], b"x", |_| {});
        world.fetch(who);
    }
    world.drops = None;
    world.crash();
    world.settle();
    assert_eq!(world.open_messages(), 0);
    let (pinned, needed) = world.pins();
    assert_eq!(pinned, needed);
}

/// Many at once, more than the buffers hold, on a slow disk: everybody waits their turn, nobody is turned away.
#[test]
fn a_burst_waits_for_the_disk() {
    let mut world = World::new(Shape {
        plan: FaultPlan {
            slow_steps_max: 6,
            ..FaultPlan::of(Holding::Forget, 9)
        },
        ..Shape::default()
    });
    let phones: Vec<String> = (0..99).map(|index| format!("4477009001{index:02}")).collect();
    let ask = |world: &mut World| -> Vec<u32> {
        let transaction = format!("B{}", world.ledger.records);
        let sends = phones.iter().map(|who| {
            let pdu = send_req(&transaction, &[who], &[1; 60_000], |send| {
                send.delivery_report = Some(true)
            });
            world.ask_post(ALICE, None, pdu)
        });
        sends.collect()
    };
    for slot in ask(&mut world) {
        world.settle();
        assert_eq!(
            conf_of(&world.answers.remove(&slot).expect("an answer")).status,
            0x80
        );
    }
    let notes: Vec<_> = phones.iter().map(|who| (who, world.note(who))).collect();
    for (who, note) in &notes {
        let answer = world.begin_get(who, note.token);
        world.finish_get(&answer, true);
    }
    // All acknowledge at once, twice, behind another burst that fills the buffers.
    let mut slots = Vec::new();
    ask(&mut world);
    for (who, note) in notes.iter().chain(&notes) {
        let pdu = notify_resp(&note.transaction, Status::Retrieved, None);
        slots.push(world.ask_post(who, None, pdu));
    }
    world.settle();
    assert!(slots.iter().all(|slot| world.answers[slot].http_status == 200));
    assert_eq!(world.statuses(ALICE), [Status::Retrieved; 99]);
    world.ledger.check();
}

/// After a failed write nothing is promised any more, and nothing spins.
#[test]
fn a_stopped_journal_refuses_for_now() {
    let mut shape = Shape {
        plan: FaultPlan {
            eio: 12,
            ..FaultPlan::of(Holding::Forget, 0)
        },
        ..Shape::default()
    };
    for seed in 0..40 {
        shape.plan.seed = seed;
        let mut world = World::new(shape.clone());
        let mut ids = Vec::new();
        for index in 0..20_u8 {
            let transaction = format!("T{index}");
            let pdu = send_req(&transaction, &[BOB], &[index], |_| {});
            let conf = conf_of(&world.post(ALICE, None, pdu));
            match conf.status {
                0x80 => ids.extend(conf.message),
                status => assert_eq!(status, 0xc0),
            }
            if let Some(note) = world.notes(BOB).last().cloned() {
                let answer = world.post(BOB, None, notify_resp(&note.transaction, Status::Deferred, None));
                assert!([200, 503].contains(&answer.http_status));
            }
        }
        world.advance_s(2_000);
        world.shape.plan.eio = 0;
        world.crash();
        world.settle();
        let kept = ids.iter().all(|id| world.ledger.accepts.contains_key(&id.bits()));
        assert!(kept, "what was answered is there");
        world.advance_s(8 * 86_400);
        assert!(world.ledger.open().is_empty());
        world.ledger.check();
    }
}

/// A message that has ended does not come back, however often the power fails.
#[test]
fn what_has_ended_stays_ended() {
    let mut world = World::new(Shape::default());
    for who in [BOB, CAROL, DAVE] {
        world.send(ALICE, &[who], b"x", |send| send.delivery_report = Some(true));
    }
    world.fetch(BOB);
    let note = world.note(CAROL);
    world.respond(CAROL, &note, Status::Rejected);
    for _ in 0..3 {
        world.crash();
        world.advance_s(100_000);
    }
    assert_eq!(world.statuses(ALICE)[..2], [Status::Retrieved, Status::Rejected]);
    assert_eq!((world.notes(BOB).len(), world.notes(CAROL).len()), (1, 1));
    assert!(world.notes(DAVE).len() > 3, "and who waits is still called");
    world.ledger.check();
}

/// A phone that fetched before the crash is believed after it.
#[test]
fn a_forgotten_retrieval_is_believed() {
    let mut world = World::new(Shape::default());
    world.send(ALICE, &[BOB], b"x", |send| send.delivery_report = Some(true));
    let note = world.note(BOB);
    world.begin_get(BOB, note.token);
    world.crash();
    world.respond(BOB, &note, Status::Retrieved);
    assert_eq!(world.statuses(ALICE), [Status::Retrieved]);
    world.ledger.check();
}

/// The shard count goes up and down again, each change cut off several times: what is kept does not grow by it, and an
/// old repeat is still known (seed 303,354 of the simulation: each attempt wrote all sends once more).
#[test]
fn changing_the_shard_count_again_and_again_takes_no_more_room() {
    let mut world = World::new(Shape::default());
    let pdu = send_req("again", &[BOB], b"hello", |_| {});
    let first = conf_of(&world.post(ALICE, None, pdu.clone())).message;
    for _ in 0..200 {
        world.send(ALICE, &[CAROL], b"hello", |_| {});
    }
    for round in 0_u16..40 {
        world.restart(1 + round % 4);
        world.advance(6_000, 100);
    }
    assert!(world.relayouts.1 > 20, "{:?}", world.relayouts);
    for node in &world.nodes {
        let files = node.disk.medium().slots().count();
        assert!(files <= 6, "{files} files");
    }
    assert_eq!(conf_of(&world.post(ALICE, None, pdu)).message, first);
    world.ledger.check();
}

/// Four nearly full journals become one that may have no more segments than each of them had: it has them all the same,
/// refuses what is new, and takes it again once there is room.
#[test]
fn full_journals_may_become_fewer() {
    let mut shape = Shape {
        shards: 4,
        ..Shape::default()
    };
    shape.draft.segments_max = 4;
    let mut world = World::new(shape);
    let body = vec![7; 40_000];
    let everybody = [ALICE, BOB, CAROL, DAVE, EVE];
    let ask = |world: &mut World, who: &str, number: usize| {
        let pdu = send_req(&format!("N{number}"), &[who], &body, |_| {});
        conf_of(&world.post(who, None, pdu)).status
    };
    let mut taken = 0;
    for number in 0..400 {
        taken += usize::from(ask(&mut world, everybody[number % 5], number) == 0x80);
    }
    assert!(taken < 400, "the logs are full");
    world.restart(1);
    world.advance(6_000, 100);
    let segments = world.nodes[0].brain.store().journal.segments().count();
    assert!(segments > 4, "{segments} segments");
    let more = (1_000..1_100).position(|number| ask(&mut world, everybody[number % 5], number) == 0xc0);
    let more = more.expect("there is no room for what is new");
    assert!(more < 50, "only the segment ahead is filled: {more}");
    taken += more;
    let mut fetched = 0;
    for who in everybody {
        let mut seen = std::collections::BTreeSet::new();
        while let Some(note) = world
            .notes(who)
            .into_iter()
            .find(|note| seen.insert(note.location.clone()))
        {
            assert_eq!(world.get(who, note.token).body, body);
            world.respond(who, &note, Status::Retrieved);
            fetched += 1;
            world.advance(200, 100);
        }
    }
    assert_eq!(fetched, taken);
    // Everything may be fetched again for a while; then segments are freed.
    world.advance_s(2 * 86_400);
    assert_eq!(ask(&mut world, ALICE, 2_000), 0x80);
    world.ledger.check();
}
