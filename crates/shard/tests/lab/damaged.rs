//! A record that can't be read any more: what it costs is itself and its segment, and that only until it is over.
//!
//! Beside `retention`. Segments of 1 MiB; blocks of the disk go bad under a record that waits.

use crate::phone::{ALICE, BOB, notify_resp, number, read_rec};
use crate::reports::read_reports;
use crate::retention::{BODY, in_use, lost, traffic, until_refused};
use crate::world::{Shape, World};
use base::MessageId;
use journal::{BLOCK_OCTETS, SegmentPhase, SegmentSequence};
use mms::Status;

/// The record of the first message to this number can't be read from now on; its segment.
fn damage(world: &mut World, who: &str) -> SegmentSequence {
    let to = who.parse::<u64>().expect("a number");
    let mut copies = world.ledger.copies.iter();
    let ((message, _), _) = copies.find(|(_, copy)| copy.number == to).expect("a copy");
    let node = &mut world.nodes[0];
    let id = base::MessageId::from_bits(*message);
    let spot = node.brain.store().messages.find(id).expect("a message").spot;
    let segment = SegmentSequence(spot.segment.into());
    let place = node.brain.store().journal.place_of(segment).expect("a segment");
    node.damaged.insert((place.slot, spot.offset / BLOCK_OCTETS));
    segment
}

/// The segment of a record that can't be read is the emptiest of all, and can't be emptied: the others are.
#[test]
fn an_unreadable_record_holds_its_segment_and_no_other() {
    for readable in [0, 1, 3] {
        let mut shape = Shape::default();
        shape.profile.retrieve.again_ms = 0;
        shape.draft.segments_max = 12;
        let mut world = World::new(shape);
        for index in 0..=readable {
            world.send(ALICE, &[&lost(90_000 + index)], &[1; BODY], |_| {});
        }
        let segment = damage(&mut world, &lost(90_000));
        traffic(&mut world, 1, 3_000);
        world.advance_s(600);
        let is_used = |world: &World| world.nodes[0].brain.store().journal.place_of(segment).is_some();
        assert!(is_used(&world), "what it holds is not over");
        let used = in_use(&world);
        assert!(used <= 5, "{used} segments where {readable} stood beside it");
        for index in 1..=readable {
            assert_eq!(world.fetch(&lost(90_000 + index)).body.len(), BODY);
        }
        for index in (100..3_000).step_by(100) {
            world.fetch(&lost(index));
        }
        world.advance_s(8 * 86_400);
        assert!(!is_used(&world), "it is over");
        assert!(world.ledger.open().is_empty());
        assert!(in_use(&world) <= 2, "{} segments", in_use(&world));
        world.ledger.check();
    }
}

/// A log that is full, and in each of its segments a record that can't be read and that somebody waits for: none can be
/// emptied. What can be delivered is, out of the room that is left for freeing; after the last of the others has
/// expired everything is as before. (Seed 3,002,196 of the simulation: no state found room any more, nor any end.)
#[test]
fn a_log_that_is_damaged_everywhere_goes_on() {
    for (attempts_s, keeps) in [(10, 60), (300, 60), (10, 0)] {
        let mut shape = Shape::default();
        shape.profile.notify.schedule_s = vec![attempts_s; 1_000];
        shape.draft.segments_max = 6;
        let mut world = World::new(shape);
        let waiting = until_refused(&mut world, usize::MAX);
        let mut hit = Vec::new();
        let mut segments = std::collections::BTreeSet::new();
        for who in &waiting {
            let segment = segment_of(&world, who);
            if is_sealed(&world, segment) && segments.insert(segment) {
                damage(&mut world, who);
                hit.push(who.clone());
            }
        }
        assert!(hit.len() >= 3, "{} segments", hit.len());
        // Some come before the log is full with attempts, so that segments hold differently much.
        for who in waiting.iter().filter(|who| !hit.contains(who)).take(keeps) {
            world.fetch(who);
        }
        world.advance(2_000_000, 1_000);
        assert!(world.nodes[0].brain.store().journal.is_cramped());
        let mut refused = 0;
        for who in waiting.iter().filter(|who| !hit.contains(who)).skip(keeps) {
            let note = world.note(who);
            let got = world.get(who, note.token);
            assert_eq!(got.body.len(), BODY);
            // While a segment is being emptied its copies come first, and phones try again.
            while refused < 100 {
                let taken = notify_resp(&note.transaction, Status::Retrieved, None);
                if world.post(who, None, taken).http_status == 200 {
                    break;
                }
                refused += 1;
                world.advance(1_000, 100);
            }
            world.advance(1_000, 100);
        }
        let open = world.ledger.open().len();
        assert_eq!(
            open,
            hit.len(),
            "of {} copies, {attempts_s} {keeps}",
            waiting.len()
        );
        world.advance_s(8 * 86_400);
        assert_eq!(world.ledger.open(), [], "they have expired");
        world.send(ALICE, &[BOB], b"there is room again", |_| {});
        world.fetch(BOB);
        world.ledger.check();
    }
}

/// The segment of the first message to this number.
fn segment_of(world: &World, who: &str) -> SegmentSequence {
    let to = who.parse::<u64>().expect("a number");
    let mut copies = world.ledger.copies.iter();
    let ((message, _), _) = copies.find(|(_, copy)| copy.number == to).expect("a copy");
    let id = MessageId::from_bits(*message);
    let found = world.nodes[0].brain.store().messages.find(id).expect("a message");
    SegmentSequence(found.spot.segment.into())
}

fn is_sealed(world: &World, segment: SegmentSequence) -> bool {
    let mut segments = world.nodes[0].brain.store().journal.segments();
    segments.any(|state| state.place.segment == segment && state.phase == SegmentPhase::Sealed)
}

/// The segment of the latest state of a subscriber's copy, if there still is one.
fn segment_of_state(world: &World, message: MessageId, who: &str) -> Option<u32> {
    let store = world.nodes[0].brain.store();
    let copy = store.recipients.get(store.recipients.find(message, 0)?)?;
    assert_eq!(store.subscriber_of(copy), Some(number(who)));
    Some(copy.pin_segment)
}

/// That a message was fetched stands in a segment that can't be emptied; that it was read stands in a later one, which
/// is freed. A start that believed the older state would take the next report for the first. (Seeds 1,067,007 and
/// 1,067,633 of the simulation.)
#[test]
fn what_was_read_stays_read_where_an_older_state_stays_on_the_disk() {
    for asks in [false, true] {
        let mut shape = Shape::default();
        shape.profile.retrieve.again_ms = 0;
        let mut world = World::new(shape);
        let in_use = |world: &World, segment: u32| {
            let journal = &world.nodes[0].brain.store().journal;
            journal.place_of(SegmentSequence(segment.into())).is_some()
        };
        let message = world.send(ALICE, &[BOB], &[1; BODY], |send| send.read_report = Some(asks));
        traffic(&mut world, 101, 200);
        traffic(&mut world, 201, 300);
        world.send(ALICE, &[&lost(90_000)], &[1; BODY], |_| {});
        let kept = damage(&mut world, &lost(90_000));
        world.fetch(BOB);
        let fetched = segment_of_state(&world, message, BOB).expect("a copy");
        assert_eq!(
            u64::from(fetched),
            kept.0,
            "the end stands beside what can't be read"
        );
        traffic(&mut world, 301, 400);
        traffic(&mut world, 401, 500);
        world.post(BOB, None, read_rec(message, ALICE));
        assert_eq!(read_reports(&world, ALICE).len(), usize::from(asks));
        let read = segment_of_state(&world, message, BOB);
        assert!(read.is_none_or(|read| read > fetched), "and the reading later");
        traffic(&mut world, 501, 600);
        traffic(&mut world, 601, 700);
        world.advance(60_000, 500);
        assert!(in_use(&world, fetched));
        assert!(
            read.is_none_or(|read| !in_use(&world, read)),
            "that segment is freed"
        );
        world.crash();
        world.advance(60_000, 500);
        world.post(BOB, None, read_rec(message, ALICE));
        assert_eq!(read_reports(&world, ALICE).len(), usize::from(asks), "told once");
        world.ledger.check();
    }
}
