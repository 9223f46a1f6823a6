//! Does the durable LSN tell the truth, in every order of completions, and does a failure stop it for good?

use proptest::prelude::*;

use super::{Content, World, check_found, found, small};
use crate::fault::{Dice, FaultDisk, FaultPlan, Holding, MemoryMedium};
use crate::{
    AppendClass, AppendRefused, Journal, OperationError, OperationId, Record, Relief, Resume, Settings,
    SettingsDraft, State, UnknownOperation,
};

fn slow(holding: Holding, seed: u64) -> FaultPlan {
    FaultPlan {
        slow_steps_max: 5,
        reorder: true,
        ..FaultPlan::of(holding, seed)
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    /// Random sizes, random completion order, a power cut at a random point, several starts in a row: whatever was
    /// durable is found unchanged, and nothing is found that was not appended.
    #[test]
    fn what_was_durable_is_found(seed: u64, starts in 1usize..5, appends in 1usize..60) {
        let mut dice = Dice(seed);
        let mut world = World::fresh(slow(Holding::Forget, seed));
        let mut known = std::collections::BTreeMap::new();
        for start in 0..starts {
            let cut = dice.below(appends as u64 * 3);
            for step in 0..appends as u64 {
                if step == cut {
                    break;
                }
                let octets_max = if dice.one_in(8) { 60_000 } else { 3_000 };
                let octets = dice.below(octets_max) as usize;
                let content = Content::of(dice.roll(), dice.below(200) as usize, octets);
                world.append_soon(&content);
                for _ in 0..dice.below(3) {
                    world.turn();
                }
            }
            if dice.one_in(3) {
                world.journal.request_marker();
                world.settle();
            }
            let acknowledged = world.acknowledged();
            let appended = world.appended.clone();
            let medium = world.disk.crash();
            known.extend(acknowledged);
            let recovery = check_found(&known, &medium);
            prop_assert!(recovery.problems.iter().all(|problem| !problem.what.loses_records()), "{recovery:?}");
            let (_, records) = found(&medium);
            for (lsn, content) in &records {
                let was = appended.get(lsn).map(|(was, _)| was);
                let was = was.or_else(|| known.get(lsn).map(|(was, _)| was));
                prop_assert_eq!(was, Some(content));
            }
            // Found once is found for ever: the writer goes on behind it.
            known.extend(appended.into_iter().filter(|(lsn, _)| records.contains_key(lsn)));
            let epoch = crate::Epoch(start as u32 + 2);
            let resume = recovery.resume(epoch, dice.roll());
            world = World::with(small(), resume, slow(Holding::Forget, dice.roll()), medium);
        }
    }
}

#[test]
fn durability_advances_in_log_order_only() {
    let mut world = World::fresh(FaultPlan::of(Holding::Keep, 1));
    world.settle();
    let mut writes = Vec::new();
    let mut lsns = Vec::new();
    for key in 0..3 {
        lsns.push(
            world
                .append(AppendClass::New, &Content::of(key, 10, 50_000))
                .unwrap()
                .lsn,
        );
        writes.extend(world.groups());
    }
    // The second and third are kept until the first is on its way or full; force them out by filling.
    world
        .append(AppendClass::New, &Content::of(9, 10, 60_000))
        .unwrap();
    writes.extend(world.groups());
    assert_eq!(writes.len(), 3, "three groups in flight, the setting");
    let mut parts = writes;
    let before = world.journal.durable_lsn();
    for (id, length, buffer) in parts.drain(1..) {
        world.journal.complete(id, Ok(length), Some(buffer)).unwrap();
        assert_eq!(
            world.journal.durable_lsn(),
            before,
            "the first is still on its way"
        );
    }
    let (id, length, buffer) = parts.remove(0);
    world.journal.complete(id, Ok(length), Some(buffer)).unwrap();
    assert!(lsns.iter().all(|&lsn| lsn < world.journal.durable_lsn()));
    assert_eq!(
        world.journal.published().durable_lsn(),
        world.journal.durable_lsn()
    );
    assert_eq!(
        world.journal.complete(id, Ok(1), None),
        Err(UnknownOperation(id)),
        "answered twice"
    );
    let never = OperationId(4711);
    assert_eq!(
        world.journal.complete(never, Ok(0), None),
        Err(UnknownOperation(never))
    );
}

#[test]
fn what_gathers_while_the_disk_is_busy_is_the_next_group() {
    let mut world = World::fresh(FaultPlan::of(Holding::Keep, 1));
    world.settle();
    world.append(AppendClass::New, &Content::of(1, 10, 100)).unwrap();
    let (id, length, buffer) = world.groups().pop().expect("an idle disk gets the group at once");
    for key in 2..20 {
        world
            .append(AppendClass::New, &Content::of(key, 10, 100))
            .unwrap();
        assert!(world.groups().is_empty(), "they gather");
    }
    world.journal.complete(id, Ok(length), Some(buffer)).unwrap();
    let (_, _, buffer) = world.groups().pop().unwrap();
    let (header, _) = crate::GroupHeader::decode(&buffer).unwrap();
    assert_eq!(header.count, 18);
    assert!(world.groups().is_empty());
}

#[test]
fn one_failed_write_stops_the_journal_for_good() {
    let failures = [
        Err(OperationError::Io(libc::EIO)),
        Err(OperationError::NoSpace),
        Ok(4096),
    ];
    for failure in failures {
        let mut world = World::fresh(FaultPlan::of(Holding::Keep, 1));
        world.settle();
        world
            .append(AppendClass::New, &Content::of(1, 10, 10_000))
            .unwrap();
        let (id, _, buffer) = world.groups().pop().unwrap();
        let durable = world.journal.durable_lsn();
        world.journal.complete(id, failure, Some(buffer)).unwrap();
        assert!(matches!(world.journal.state(), State::Failed(_)), "{failure:?}");
        let refused = world.append(AppendClass::State, &Content::of(2, 1, 1));
        assert_eq!(refused, Err(AppendRefused::Stopped));
        assert!(
            world.journal.poll_operation().is_none(),
            "nothing more is written"
        );
        assert_eq!(world.journal.durable_lsn(), durable);
        assert!(
            world.journal.is_idle(),
            "shutdown does not wait for what cannot be"
        );
    }
}

#[test]
fn a_later_group_is_not_durable_after_an_earlier_one_failed() {
    let mut world = World::fresh(FaultPlan::of(Holding::Keep, 1));
    world.settle();
    let mut writes = Vec::new();
    for key in 0..3 {
        world
            .append(AppendClass::New, &Content::of(key, 10, 60_000))
            .unwrap();
        writes.extend(world.groups());
    }
    let (first, second, length) = (writes[0].0, writes[1].0, writes[1].1);
    let durable = world.journal.durable_lsn();
    world
        .journal
        .complete(first, Err(OperationError::Io(libc::EIO)), None)
        .unwrap();
    world.journal.complete(second, Ok(length), None).unwrap();
    assert_eq!(world.journal.durable_lsn(), durable);
}

#[test]
fn refusals_keep_nothing() {
    let mut world = World::fresh(FaultPlan::of(Holding::Keep, 1));
    let record = Content::of(1, 10, 100);
    assert_eq!(
        world.append(AppendClass::New, &record),
        Err(AppendRefused::Watermark),
        "nothing is filled yet"
    );
    assert_eq!(
        world.append(AppendClass::State, &record),
        Err(AppendRefused::NoSegment)
    );
    world.settle();
    let octets_max = world.journal.settings().record_octets_max();
    let long = Content::of(2, 0, octets_max as usize + 1);
    assert_eq!(
        world.append(AppendClass::State, &long),
        Err(AppendRefused::TooLong { octets_max })
    );
    let longest = Content::of(3, 0, octets_max as usize);
    world.append(AppendClass::State, &longest).unwrap();
    // Every buffer filled, none on its way.
    let refused = (0..100).find_map(|_| world.append(AppendClass::State, &longest).err());
    assert_eq!(refused, Some(AppendRefused::NoBuffer));
    world.settle();
    let acknowledged = world.acknowledged();
    assert_eq!(acknowledged.len(), world.appended.len());
    check_found(&acknowledged, world.disk.medium());
    assert_eq!(
        world.journal.give_buffer(vec![0; 4096]),
        Err(vec![0; 4096]),
        "too short a buffer"
    );
}

#[test]
fn admission_closes_before_the_disk_is_full_and_states_before_freeing() {
    // Space for four files although eight are allowed: pre-filling meets ENOSPC.
    let medium = MemoryMedium::new(super::identity(), 4);
    let resume = Resume::fresh(super::JOURNAL, crate::Epoch(1), 3);
    let mut world = World::with(small(), resume, FaultPlan::of(Holding::Keep, 3), medium);
    world.settle();
    let content = Content::of(1, 100, 30_000);
    let mut new = 0;
    while world.append(AppendClass::New, &content).is_ok() {
        world.settle();
        new += 1;
    }
    assert_eq!(
        world.append(AppendClass::New, &content),
        Err(AppendRefused::Watermark)
    );
    assert!(world.journal.at_watermark());
    assert_eq!(world.journal.preparation_refused(), Some(OperationError::NoSpace));
    let mut state = 0;
    while world.append(AppendClass::State, &content).is_ok() {
        world.settle();
        state += 1;
    }
    assert_eq!(
        world.append(AppendClass::State, &content),
        Err(AppendRefused::Watermark)
    );
    let mut relief = 0;
    while world.append(AppendClass::Relief, &content).is_ok() {
        world.settle();
        relief += 1;
    }
    assert_eq!(
        world.append(AppendClass::Relief, &content),
        Err(AppendRefused::NoSegment)
    );
    // Each record is a group of 32 KiB, 31 of which fit a segment; one segment of four is reserved, one is left for
    // freeing. That there is no space for a fifth was not known yet when the first record of the third came.
    assert_eq!((new, state, relief), (63, 30, 31));
    assert_eq!(world.journal.state(), State::Writing, "a full disk is no failure");
    check_found(&world.acknowledged(), world.disk.medium());
    // Freeing one segment opens the door again.
    let oldest = world.journal.freeable().next().unwrap();
    world.journal.free(oldest).unwrap();
    world.settle();
    assert_eq!(world.journal.poll_freed(), Some(oldest));
    assert_eq!(
        world.append(AppendClass::State, &content),
        Err(AppendRefused::Watermark),
        "it is the one that is left for freeing"
    );
    let oldest = world.journal.freeable().next().unwrap();
    world.journal.free(oldest).unwrap();
    world.settle();
    assert!(world.append(AppendClass::State, &content).is_ok());
}

/// Where copying frees nothing the last room is for ends; states leave what an emptying takes, and a quarter at least.
#[test]
fn where_no_segment_can_be_emptied_ends_have_the_last_room() {
    for (emptying, kept) in [(0, 256 << 10), (600_000, 600_000), (u64::MAX, 1 << 20)] {
        let medium = MemoryMedium::new(super::identity(), 4);
        let resume = Resume::fresh(super::JOURNAL, crate::Epoch(1), 3);
        let mut world = World::with(small(), resume, FaultPlan::of(Holding::Keep, 3), medium);
        world.settle();
        let content = Content::of(1, 100, 3_000);
        let fill = |world: &mut World, class| {
            while world.append(class, &content).is_ok() {
                world.settle();
            }
            world.append(class, &content)
        };
        let refused = Err(AppendRefused::Watermark);
        assert_eq!(fill(&mut world, AppendClass::State), refused);
        assert_eq!(world.append(AppendClass::End, &content), refused);
        world.journal.leave_room_for(Relief::Ends(emptying));
        assert_eq!(fill(&mut world, AppendClass::State), refused);
        let left = world.journal.octets_left();
        let payload = u64::from(world.journal.settings().geometry().payload_octets());
        let kept = kept.min(payload);
        // All but the rest of a block or two, and a quarter of what a segment holds is less than of its octets.
        assert!((kept - 4_096..kept + 12_288).contains(&left), "{left} of {kept}");
        assert_eq!(world.append(AppendClass::New, &content), refused);
        let end = fill(&mut world, AppendClass::End);
        assert_eq!(end, Err(AppendRefused::NoSegment), "to the last octet");
        check_found(&world.acknowledged(), world.disk.medium());
    }
}

#[test]
fn an_idle_journal_puts_its_durable_lsn_on_disk() {
    let mut world = World::fresh(FaultPlan::of(Holding::Keep, 1));
    world.settle();
    world.journal.request_marker();
    assert!(world.journal.is_idle(), "nothing to say yet");
    let last = world.append(AppendClass::New, &Content::of(1, 10, 100)).unwrap();
    world.settle();
    world.journal.request_marker();
    assert!(!world.journal.is_idle());
    world.settle();
    assert!(world.journal.is_idle());
    let (recovery, _) = found(world.disk.medium());
    let end = recovery.segments.last().unwrap().end;
    assert!(end.committed > last.lsn);
    let durable = world.journal.durable_lsn();
    world.journal.request_marker();
    world.settle();
    assert_eq!(world.journal.durable_lsn(), durable, "it was said already");
}

/// A disk that answers before it has written is caught: the canary of every test above.
#[test]
fn a_lying_disk_is_caught() {
    let mut world = World::fresh(FaultPlan::of(Holding::Lie, 1));
    for key in 0..4 {
        world.append_soon(&Content::of(key, 10, 1000));
        world.settle();
    }
    let acknowledged = world.acknowledged();
    assert_eq!(acknowledged.len(), 4);
    let medium = world.disk.crash();
    let (_, records) = found(&medium);
    assert!(records.len() < 4, "the canary must be caught");
}

#[test]
fn settings_refuse_what_cannot_work() {
    type Case = (&'static str, fn(&mut SettingsDraft));
    let cases: [Case; 8] = [
        ("segment_octets", |draft| draft.segment_octets = 3 << 20),
        ("segment_octets", |draft| draft.segment_octets = 1 << 19),
        ("group_octets", |draft| draft.group_octets = 4097),
        ("group_octets", |draft| draft.group_octets = 512 << 10),
        ("groups_in_flight", |draft| draft.groups_in_flight = 5),
        ("segments_max", |draft| draft.segments_max = 2),
        ("segments_ahead", |draft| draft.segments_ahead = 0),
        ("evacuate_below_percent", |draft| {
            draft.evacuate_below_percent = 101
        }),
    ];
    for (setting, change) in cases {
        let mut draft = small();
        change(&mut draft);
        assert_eq!(Settings::new(draft).unwrap_err().setting, setting);
    }
    Settings::new(SettingsDraft::laptop()).unwrap();
}

#[test]
fn fault_plans_are_read_from_a_line() {
    let plan: FaultPlan = "forget:seed=7,eio=1000,slow=3,reorder=1".parse().unwrap();
    assert_eq!((plan.holding, plan.seed, plan.eio), (Holding::Forget, 7, 1000));
    assert_eq!((plan.slow_steps_max, plan.reorder), (3, true));
    let plan: FaultPlan = "plain:eio=1,sync=1,good=20,deaf=1,well=/there/well"
        .parse()
        .unwrap();
    assert_eq!((plan.good, plan.fails_sync, plan.is_deaf), (20, true, true));
    assert_eq!(plan.well.as_deref(), Some(std::path::Path::new("/there/well")));
    for line in ["", "remember", "forget:seed", "forget:luck=7", "lie:eio=many"] {
        assert!(line.parse::<FaultPlan>().is_err(), "{line}");
    }
}

/// Errors at random: the journal never claims durable what the disk refused.
#[test]
fn random_errors_never_make_a_false_claim() {
    for seed in 0..300 {
        let mut plan = FaultPlan {
            eio: 20,
            short: 40,
            ..FaultPlan::of(Holding::Forget, seed)
        };
        (plan.slow_steps_max, plan.reorder) = (3, true);
        let mut world = World::fresh(plan);
        for key in 0..200 {
            // Refusals of every kind are expected here.
            let _ = world.append(AppendClass::State, &Content::of(key, 30, 5000));
            world.turn();
        }
        let acknowledged = world.acknowledged();
        check_found(&acknowledged, &world.disk.crash());
    }
}

/// Buffers go round: a hundred groups need no more than the first few.
#[test]
fn buffers_are_used_again() {
    let settings = Settings::new(small()).unwrap();
    let mut journal: Journal<Vec<u8>> =
        Journal::new(settings, Resume::fresh(super::JOURNAL, crate::Epoch(1), 1));
    journal.give_buffer(vec![0; 64 << 10]).unwrap();
    let mut disk = FaultDisk::new(
        FaultPlan::of(Holding::Keep, 1),
        MemoryMedium::new(super::identity(), 8),
    );
    for round in 0..200 {
        let record = Record {
            kind: 1,
            key: round,
            header: &[1],
            body: &[&[2; 100]],
        };
        let _ = journal.append(AppendClass::State, record);
        while let Some(operation) = journal.poll_operation() {
            disk.submit(operation);
        }
        while let Some(done) = disk.poll() {
            journal.complete(done.id, done.result, done.buffer).unwrap();
        }
    }
    assert!(journal.durable_lsn().0 > 190 * 4096);
}
