//! The same story on one, two and three shards has the same outcome.
//!
//! Requests, copies and reports cross the mesh in random order between pairs; what subscribers see does not
//! depend on it.

use crate::phone::{ALICE, BOB, CAROL, DAVE, EVE, conf_of, forward_req, got_of};
use crate::world::{Shape, World};
use mms::Status;

/// What everybody has seen at the end, without ids and tokens.
#[derive(Debug, PartialEq, Eq)]
struct Seen {
    bodies: Vec<(String, Vec<u8>)>,
    reports: Vec<(String, Vec<(String, Status)>)>,
    notes: Vec<usize>,
}

const ALL: [&str; 5] = [ALICE, BOB, CAROL, DAVE, EVE];

fn tell(shards: u16, recent_octets: usize) -> Seen {
    let mut world = World::new(Shape {
        shards,
        recent_octets,
        ..Shape::default()
    });
    let mut bodies = Vec::new();
    for (index, from) in ALL.into_iter().enumerate() {
        let to = [
            ALL[(index + 1) % 5],
            ALL[(index + 2) % 5],
            "cc:nobody@example.invalid",
        ];
        world.send(from, &to, from.as_bytes(), |send| {
            send.delivery_report = Some(true)
        });
    }
    for who in ALL {
        let got = world.fetch(who);
        bodies.push((who.to_owned(), got.body));
        world.advance(200, 100);
    }
    let note = world.note(BOB);
    let pdu = forward_req("F", &[EVE], &note.location, |_| {});
    assert_eq!(conf_of(&world.post(BOB, None, pdu)).status, 0x80);
    let note = world.note(CAROL);
    world.respond(CAROL, &note, Status::Rejected);
    let stolen = world.begin_get(EVE, note.token);
    assert_eq!(got_of(&stolen).status, Some(0xe2));
    world.advance_s(8 * 86_400);
    world.ledger.check();
    assert!(world.ledger.open().is_empty());
    let reports = ALL.map(|who| {
        let mut all: Vec<_> = world
            .reports(who)
            .into_iter()
            .map(|one| (one.to, one.status))
            .collect();
        all.sort_by(|left, right| left.0.cmp(&right.0));
        (who.to_owned(), all)
    });
    let (pinned, needed) = world.pins();
    assert_eq!(pinned, needed, "pins are balanced");
    Seen {
        bodies,
        reports: reports.to_vec(),
        notes: ALL.map(|who| world.notes(who).len()).to_vec(),
    }
}

#[test]
fn the_number_of_shards_changes_nothing() {
    let one = tell(1, 256 << 10);
    assert_eq!(one.bodies.len(), 5);
    assert_eq!(one.reports.iter().map(|(_, all)| all.len()).sum::<usize>(), 15);
    for shards in [2, 3] {
        for recent_octets in [256 << 10, 0] {
            assert_eq!(tell(shards, recent_octets), one, "{shards} shards");
        }
    }
}
