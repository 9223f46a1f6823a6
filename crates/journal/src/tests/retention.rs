//! Does space come back, never too early, and does what was freed stay unseen?

use std::collections::BTreeMap;

use super::{Content, World, check_found, found, small};
use crate::fault::{Dice, FaultPlan, Holding};
use crate::{AppendClass, Journal, Lsn, Published, SegmentPhase, SegmentRefused, SegmentSequence, State};
use std::sync::Arc;

/// A world whose first segments are sealed.
fn filled(segments: u64) -> World {
    let mut world = World::fresh(FaultPlan::of(Holding::Keep, 5));
    let mut key = 0;
    while world.journal.segments().count() as u64 <= segments {
        world.append_soon(&Content::of(key, 50, 40_000));
        world.settle();
        key += 1;
    }
    world
}

fn first(world: &World) -> SegmentSequence {
    world.journal.segments().next().unwrap().place.segment
}

#[test]
fn a_segment_is_freed_only_when_sealed_unpinned_and_unleased() {
    let mut world = filled(2);
    let oldest = first(&world);
    let newest = world.journal.segments().last().unwrap().place.segment;
    assert_eq!(world.journal.free(newest), Err(SegmentRefused::NotSealed));
    assert_eq!(
        world.journal.free(SegmentSequence(99)),
        Err(SegmentRefused::Unknown)
    );
    world.journal.pin(oldest, 500).unwrap();
    assert_eq!(world.journal.free(oldest), Err(SegmentRefused::Pinned));
    assert!(!world.journal.freeable().any(|segment| segment == oldest));
    assert_eq!(world.journal.unpin(oldest, 501), Err(SegmentRefused::Unbalanced));
    world.journal.unpin(oldest, 500).unwrap();
    let published: Arc<Published> = Arc::clone(world.journal.published());
    let lease = published.lease(oldest).unwrap();
    let second = published.lease(oldest).unwrap();
    drop(second);
    assert_eq!(world.journal.free(oldest), Err(SegmentRefused::Leased));
    assert!(!world.journal.freeable().any(|segment| segment == oldest));
    drop(lease);
    assert_eq!(world.journal.freeable().next(), Some(oldest));
    world.journal.free(oldest).unwrap();
    assert!(
        published.lease(oldest).is_none(),
        "no reader may open what is being freed"
    );
    assert_eq!(
        world.journal.free(oldest),
        Err(SegmentRefused::NotSealed),
        "twice"
    );
    assert_eq!(world.journal.pin(oldest, 1), Err(SegmentRefused::Unknown));
    assert_eq!(world.journal.poll_freed(), None, "not on disk yet");
    world.settle();
    assert_eq!(world.journal.poll_freed(), Some(oldest));
    assert_eq!(world.journal.poll_freed(), None);
    let (recovery, records) = found(world.disk.medium());
    assert!(
        recovery
            .segments
            .iter()
            .all(|report| report.place.segment != oldest)
    );
    let geometry = super::identity().geometry;
    assert!(records.keys().all(|&lsn| geometry.segment(lsn) != oldest));
}

/// The records that justify a freeing are on disk before the free block is asked for.
#[test]
fn a_free_block_waits_for_what_was_appended_before_it() {
    let mut world = filled(1);
    let oldest = first(&world);
    let relocated = world
        .append(AppendClass::State, &Content::of(1000, 20, 100))
        .unwrap();
    world.journal.free(oldest).unwrap();
    // The group is asked for, the freeing is not.
    let groups = world.groups();
    assert_eq!((groups.len(), world.disk.outstanding()), (1, 0));
    assert!(world.journal.durable_lsn() <= relocated.lsn);
    for (id, length, buffer) in groups {
        world.journal.complete(id, Ok(length), Some(buffer)).unwrap();
    }
    assert!(world.groups().is_empty());
    assert_eq!(world.disk.outstanding(), 1, "now it is");
}

/// A used file gets a new segment; nothing of the old one is ever shown, whatever the moment of the crash.
#[test]
fn recycling_never_shows_an_old_record_as_new() {
    let mut world = filled(2);
    let geometry = super::identity().geometry;
    let mut freed = Vec::new();
    let mut slots = BTreeMap::new();
    for round in 0..30 {
        for key in 0..12 {
            world.append_soon(&Content::of(5000 + round * 100 + key, 50, 40_000));
            world.turn();
        }
        world.settle();
        let freeable: Vec<SegmentSequence> = world.journal.freeable().collect();
        for segment in freeable {
            world.journal.free(segment).unwrap();
            world.settle();
            freed.push(world.journal.poll_freed().unwrap());
        }
        for state in world.journal.segments() {
            slots.insert(state.place.segment, state.place.slot);
        }
        let (recovery, records) = found(world.disk.medium());
        assert_eq!(recovery.problems_total, 0, "{:?}", recovery.problems);
        assert!(records.keys().all(|&lsn| !freed.contains(&geometry.segment(lsn))));
        for (lsn, content) in &records {
            assert_eq!(world.appended.get(lsn).map(|(was, _)| was), Some(content));
        }
    }
    assert!(freed.len() > 10, "{freed:?}");
    let files: std::collections::BTreeSet<_> = slots.values().collect();
    assert!(
        files.len() <= 8 && slots.len() > files.len() * 2,
        "files are used again"
    );
    assert!(
        freed.windows(2).all(|pair| pair[0] < pair[1]),
        "numbers never repeat"
    );
}

#[test]
fn the_emptiest_segment_is_the_one_to_evacuate() {
    let mut world = filled(4);
    let segments: Vec<SegmentSequence> = world
        .journal
        .segments()
        .map(|state| state.place.segment)
        .collect();
    assert_eq!(
        world.journal.evacuation_candidate(),
        None,
        "nothing pinned: free them instead"
    );
    let quarter = (1 << 20) / 4;
    for (segment, octets) in segments.iter().zip([quarter, 900, 300, 300, 100]) {
        world.journal.pin(*segment, octets).unwrap();
    }
    // The first is full enough, the fifth is not sealed; of two equal ones the older.
    assert_eq!(world.journal.evacuation_candidate(), Some(segments[2]));
    world.journal.unpin(segments[0], 1).unwrap();
    world.journal.unpin(segments[1], 900).unwrap();
    world.journal.unpin(segments[2], 300).unwrap();
    world.journal.unpin(segments[3], 300).unwrap();
    assert_eq!(world.journal.evacuation_candidate(), Some(segments[0]));
}

/// Random lives of records, evacuation and freeing, a power cut at any step: what is pinned is never lost, what was
/// announced as freed is never seen.
#[test]
fn a_cut_between_any_two_steps_loses_no_pinned_record() {
    for seed in 0..60 {
        let mut dice = Dice(seed);
        let plan = FaultPlan {
            slow_steps_max: 4,
            reorder: true,
            ..FaultPlan::of(Holding::Forget, seed)
        };
        let mut world = World::fresh(plan);
        // Which records are alive, by key, and where; the store's part.
        let mut alive: BTreeMap<u64, Lsn> = BTreeMap::new();
        let mut freed = Vec::new();
        let steps = 40 + dice.below(400);
        for key in 0..steps {
            let content = Content::of(key, 20, 9_000 + dice.below(20_000) as usize);
            let appended = world.append_soon(&content);
            world
                .journal
                .pin(appended.location.segment, appended.location.length)
                .unwrap();
            alive.insert(key, appended.lsn);
            if dice.one_in(2) {
                end_one(&mut world, &mut alive, &mut dice);
            }
            if dice.one_in(10) {
                evacuate(&mut world, &mut alive);
            }
            let freeable = world.journal.freeable().next();
            if let Some(segment) = freeable {
                world.journal.free(segment).unwrap();
            }
            while let Some(segment) = world.journal.poll_freed() {
                freed.push(segment);
            }
            world.turn();
        }
        let geometry = super::identity().geometry;
        let durable = world.journal.durable_lsn();
        let appended = world.appended.clone();
        let medium = world.disk.crash();
        let (recovery, records) = found(&medium);
        assert!(
            recovery
                .problems
                .iter()
                .all(|problem| !problem.what.loses_records()),
            "seed {seed}"
        );
        // A record that was durable once, wherever it was copied to since, is found in one of its places.
        for key in alive.keys() {
            let mut places = appended.iter().filter(|(_, (content, _))| content.key == *key);
            if places.clone().any(|(lsn, _)| *lsn < durable) {
                let kept = places.any(|(lsn, (content, _))| records.get(lsn) == Some(content));
                assert!(kept, "seed {seed}: key {key} lost");
            }
        }
        assert!(
            records.keys().all(|&lsn| !freed.contains(&geometry.segment(lsn))),
            "seed {seed}"
        );
        let resume = recovery.resume(crate::Epoch(2), seed);
        assert!(
            freed.iter().all(|segment| *segment < resume.next_sequence),
            "seed {seed}"
        );
    }
}

/// Ends the oldest or newest life: unpins it.
fn end_one(world: &mut World, alive: &mut BTreeMap<u64, Lsn>, dice: &mut Dice) {
    let end = if dice.one_in(8) {
        alive.pop_last()
    } else {
        alive.pop_first()
    };
    let Some((_, lsn)) = end else { return };
    let location = world.appended[&lsn].1.location;
    world.journal.unpin(location.segment, location.length).unwrap();
}

/// Copies what is alive out of the emptiest segment.
fn evacuate(world: &mut World, alive: &mut BTreeMap<u64, Lsn>) {
    let Some(segment) = world.journal.evacuation_candidate() else {
        return;
    };
    let geometry = super::identity().geometry;
    let moved: Vec<u64> = alive
        .iter()
        .filter(|(_, lsn)| geometry.segment(**lsn) == segment)
        .map(|(key, _)| *key)
        .collect();
    for key in moved {
        let (content, old) = world.appended[&alive[&key]].clone();
        let copy = world.append_soon(&content);
        world
            .journal
            .pin(copy.location.segment, copy.location.length)
            .unwrap();
        world
            .journal
            .unpin(old.location.segment, old.location.length)
            .unwrap();
        alive.insert(key, copy.lsn);
    }
}

#[test]
fn an_adopted_journal_is_read_and_freed_and_its_files_go() {
    let mut world = filled(3);
    world.append_soon(&Content::of(9999, 10, 10));
    world.settle();
    let acknowledged = world.acknowledged();
    let medium = world.disk.medium().clone();
    let recovery = check_found(&acknowledged, &medium);
    let settings = crate::Settings::new(small()).unwrap();
    let mut adopted: Journal<Vec<u8>> = Journal::adopt(settings, recovery.resume(crate::Epoch(2), 1));
    assert_eq!(adopted.state(), State::Adopted);
    let record = crate::Record {
        kind: 1,
        key: 1,
        header: &[],
        body: &[],
    };
    assert_eq!(
        adopted.append(AppendClass::State, record),
        Err(crate::AppendRefused::ReadOnly)
    );
    assert!(
        adopted
            .segments()
            .all(|state| state.phase == SegmentPhase::Sealed)
    );
    let segments: Vec<SegmentSequence> = adopted.freeable().collect();
    assert_eq!(segments.len(), 4);
    adopted.pin(segments[0], 10).unwrap();
    let mut disk = crate::fault::FaultDisk::new(FaultPlan::of(Holding::Keep, 1), medium);
    for segment in &segments[1..] {
        adopted.free(*segment).unwrap();
    }
    for _ in 0..100 {
        while let Some(operation) = adopted.poll_operation() {
            assert!(!matches!(operation, crate::Operation::WriteGroup { .. }));
            disk.submit(operation);
        }
        if let Some(done) = disk.poll() {
            adopted.complete(done.id, done.result, done.buffer).unwrap();
        }
    }
    assert_eq!(
        disk.medium().slots().count(),
        1,
        "only the pinned segment's file is left"
    );
    let (recovery, _) = found(disk.medium());
    assert_eq!(recovery.segments.len(), 1);
    assert_eq!(recovery.segments[0].place.segment, segments[0]);
}

/// Where no file can be added the current segment can be ended before it is full, and then be freed.
#[test]
fn a_turned_over_segment_is_sealed_and_can_be_freed() {
    let mut world = World::fresh(FaultPlan::of(Holding::Keep, 5));
    world.settle();
    for key in 0..3 {
        world.append_soon(&Content::of(key, 50, 10_000));
        world.settle();
    }
    let current = first(&world);
    assert!(!world.journal.is_cramped() && !world.journal.is_pressed());
    world.journal.turn_over().unwrap();
    world.settle();
    assert_eq!(world.journal.freeable().next(), Some(current));
    world.append_soon(&Content::of(9, 50, 10_000));
    world.settle();
    check_found(&world.acknowledged(), world.disk.medium());
    world.journal.free(current).unwrap();
    world.settle();
    assert_eq!(world.journal.poll_freed(), Some(current));
    let (recovery, records) = found(world.disk.medium());
    assert_eq!((recovery.problems_total, records.len()), (0, 1));
}
