//! The stages tile a request's life: whatever it is and however it ends, the parts make up the whole, exactly.
//!
//! The lab stands in for the edge (accept and send) and answers every look at the clock with the next microsecond, so
//! a border that is missing or counted twice shows.

use crate::phone::{ALICE, BOB, CAROL, forward_req, send_req};
use crate::stamps::LOOK_NS;
use crate::world::{Shape, World};
use meter::{Class, Gathered, Stage};
use mms::Status;
use std::collections::BTreeMap;

/// Per class and stage: how many, and how many looks at the clock they took together.
type Times = BTreeMap<(&'static str, &'static str), (u64, u64)>;

fn gathered(world: &World) -> Times {
    let spans = &world.edge.spans;
    spans.order_swap();
    spans.swap_if_wanted();
    let row = |one: Gathered| {
        let count = one.cells.iter().map(|(_, n)| n).sum();
        assert_eq!(one.sum_ns % LOOK_NS, 0, "nothing but looks takes time here");
        let key = (one.class.labels().transaction, one.stage.name());
        (key, (count, one.sum_ns / LOOK_NS))
    };
    spans.gather().into_iter().map(row).collect()
}

/// The stages of a class, in order, that all of its requests passed; checks that they make up the total.
fn stages(times: &Times, class: Class) -> Vec<&'static str> {
    let transaction = class.labels().transaction;
    let (requests, total) = times[&(transaction, "total")];
    let of_class = |stage: &Stage| times.get(&(transaction, stage.name())).copied();
    let parts = Stage::ALL.iter().filter(|stage| **stage != Stage::Total);
    let sum: u64 = parts.clone().filter_map(of_class).map(|(_, looks)| looks).sum();
    assert_eq!(sum, total, "{transaction}: the stages tile the total");
    let passed = parts.filter(|stage| of_class(stage).is_some_and(|(count, _)| count == requests));
    passed.map(|stage| stage.name()).collect()
}

/// A message's life, one shard and several: every transaction of it in its stages.
#[test]
fn the_stages_of_each_transaction_tile_its_life() {
    for shards in [1, 3] {
        let mut world = World::new(Shape {
            shards,
            ..Shape::default()
        });
        for (to, body) in [(BOB, b"first"), (CAROL, b"other"), (BOB, b"third")] {
            world.send(ALICE, &[&format!("+{to}")], body, |_| {});
            let note = world.note(to);
            world.get(to, note.token);
            world.respond(to, &note, Status::Retrieved);
        }
        let times = gathered(&world);
        assert_eq!(
            stages(&times, Class::Mm1Submit),
            [
                "accept", "queue", "parse", "admit", "append", "durable", "route", "deliver", "send"
            ]
        );
        assert_eq!(
            stages(&times, Class::Mm1Retrieve),
            ["accept", "queue", "admit", "fetch", "deliver", "send"]
        );
        assert_eq!(
            stages(&times, Class::Mm1Respond),
            ["accept", "queue", "parse", "admit", "append", "durable", "send"]
        );
        assert_eq!(times[&("submit", "total")].0, 3);
        assert_eq!(times[&("retrieve", "total")].0, 3);
        assert_eq!(times[&("respond", "total")].0, 3);
        assert!(!times.contains_key(&("refused", "total")));
    }
}

/// A forwarding is a submission that fetches first; a repeat is one that appends nothing.
#[test]
fn forwards_and_repeats_tile() {
    let mut world = World::new(Shape::default());
    world.send(ALICE, &["+447700900002"], b"on and on", |_| {});
    let note = world.note(BOB);
    let forward = forward_req("F1", &["+447700900003"], &note.location, |_| {});
    world.post(BOB, None, forward);
    let again = send_req("T9", &["+447700900002"], b"again", |_| {});
    world.post(ALICE, None, again.clone());
    world.post(ALICE, None, again);
    let times = gathered(&world);
    assert_eq!(
        stages(&times, Class::Mm1Forward),
        [
            "accept", "queue", "parse", "admit", "fetch", "append", "durable", "route", "deliver", "send"
        ]
    );
    assert_eq!(
        stages(&times, Class::Mm1Submit),
        ["accept", "queue", "parse", "admit", "append", "durable", "send"],
        "a repeat is not routed"
    );
    assert_eq!(times[&("submit", "route")].0, 2);
}

/// What is refused counts as refused, not as what it wanted to be, and its stages tile, too.
#[test]
fn a_refusal_is_a_class_of_its_own() {
    let mut world = World::new(Shape::default());
    world.post(ALICE, None, b"no PDU at all".to_vec());
    let nobody = send_req("T1", &[], b"to nobody", |_| {});
    world.post(ALICE, None, nobody);
    world.send(ALICE, &["+447700900002"], b"for Bob", |_| {});
    let token = world.note(BOB).token;
    let slot = world.ask_get(CAROL, Some(token));
    world.settle();
    assert!(world.answers.contains_key(&slot));
    let times = gathered(&world);
    assert_eq!(stages(&times, Class::Mm1Refused), ["accept", "queue", "send"]);
    assert_eq!(times[&("refused", "total")].0, 3);
    assert_eq!(times[&("submit", "total")].0, 1);
    assert!(!times.contains_key(&("retrieve", "total")));
}
