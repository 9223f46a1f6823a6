//! Is damage below the last committed LSN found, located and isolated, and damage above it taken for a torn tail?

use super::{Content, World, found, identity, steps};
use crate::fault::{FaultPlan, Holding, MemoryMedium};
use crate::{
    AppendClass, Damage, GROUP_HEADER_OCTETS, RECORD_HEADER_OCTETS, SegmentOutcome, Slot, Step, Successor,
};

/// Three groups of two records and, last, a marker: all but the marker are committed.
fn three_groups() -> (MemoryMedium, Vec<crate::Appended>) {
    let mut world = World::fresh(FaultPlan::of(Holding::Keep, 5));
    world.settle();
    let mut appended = Vec::new();
    for key in 0..6 {
        appended.push(
            world
                .append(AppendClass::New, &Content::of(key, 37, 1000 + key as usize))
                .unwrap(),
        );
        if key % 2 == 1 {
            world.settle();
        }
    }
    world.journal.request_marker();
    world.settle();
    (world.disk.medium().clone(), appended)
}

fn groups(medium: &MemoryMedium) -> Vec<(u32, u32)> {
    let report = medium.recover(&mut |_: crate::Recovered<'_>| {}).segments[0];
    let bytes = medium.slot(report.place.slot).unwrap();
    let all = steps(bytes, report.place.slot, report.place.segment, Successor::Absent);
    let group = |step: &Step<'_>| match step {
        Step::Group(group) => (group.offset(), group.header().length),
        Step::Problem(problem) => panic!("{problem}"),
    };
    all.iter().map(group).collect()
}

/// Turns one bit over; twice is as before.
fn flip(medium: &mut MemoryMedium, slot: Slot, at: u32) {
    medium.slot_mut(slot).unwrap()[at as usize] ^= 1 << (at % 8);
}

fn flipped(medium: &MemoryMedium, slot: Slot, at: u32, bit: u8) -> MemoryMedium {
    let mut damaged = medium.clone();
    damaged.slot_mut(slot).unwrap()[at as usize] ^= 1 << bit;
    damaged
}

/// Every octet of the committed groups, each bit of it in turn over the classes of bytes.
#[test]
fn a_flipped_bit_below_the_committed_lsn_is_found_and_located() {
    let (mut medium, appended) = three_groups();
    let (slot, groups) = (Slot(0), groups(&medium));
    assert_eq!(groups.len(), 4);
    for &(start, length) in &groups[..3] {
        for at in start..start + length {
            flip(&mut medium, slot, at);
            let (recovery, records) = found(&medium);
            flip(&mut medium, slot, at);
            let problem = recovery
                .problems
                .first()
                .unwrap_or_else(|| panic!("octet {at} not found"));
            assert_ne!(problem.what, Damage::TornTail, "octet {at}");
            assert!(
                matches!(recovery.segments[0].outcome, SegmentOutcome::Corrupt { .. }),
                "octet {at}"
            );
            // Located: the damage is named within the record or the group header that it hit.
            let hit = appended.iter().find(|held| {
                let place = held.location;
                (place.offset..place.offset + place.length).contains(&at)
            });
            let named = hit.map_or(start, |held| held.location.offset);
            let padding = problem.what == Damage::Padding;
            assert!(
                problem.offset == named || (padding && problem.offset <= at),
                "octet {at}: {problem}"
            );
            // Isolated: records of other groups are served, and those before it in its own.
            for held in &appended {
                let place = held.location;
                let elsewhere = !(start..start + length).contains(&place.offset);
                let before = place.offset + place.length <= at && at >= start + GROUP_HEADER_OCTETS;
                if elsewhere || before {
                    assert!(records.contains_key(&held.lsn), "octet {at} cost {place:?}");
                }
            }
        }
    }
}

#[test]
fn a_damaged_body_costs_one_record_and_a_damaged_group_header_none() {
    let (medium, appended) = three_groups();
    let body = appended[2].location.offset + RECORD_HEADER_OCTETS + 500;
    let (recovery, records) = found(&flipped(&medium, Slot(0), body, 3));
    assert_eq!(records.len(), 5);
    assert_eq!(recovery.problems[0].what, Damage::RecordBytes);
    let group_header = groups(&medium)[1].0 + 20;
    let (recovery, records) = found(&flipped(&medium, Slot(0), group_header, 3));
    assert_eq!(records.len(), 6, "each record proves itself");
    assert_eq!(recovery.problems[0].what, Damage::GroupHeader);
}

/// Without the marker nothing says that the last group was acknowledged: damage in it is a torn tail, and the writer
/// goes on before it.
#[test]
fn damage_above_the_committed_lsn_is_a_torn_tail() {
    let (medium, appended) = three_groups();
    let groups = groups(&medium);
    let ((third, length), (marker, _)) = (groups[2], groups[3]);
    let mut unmarked = medium.clone();
    unmarked.slot_mut(Slot(0)).unwrap()[marker as usize..].fill(0);
    for at in third..third + length {
        flip(&mut unmarked, Slot(0), at);
        let (recovery, records) = found(&unmarked);
        flip(&mut unmarked, Slot(0), at);
        assert_eq!(records.len(), 4, "octet {at}: {recovery:?}");
        assert!(
            recovery
                .problems
                .iter()
                .all(|problem| problem.what == Damage::TornTail),
            "octet {at}"
        );
        let tail = recovery.resume(crate::Epoch(2), 1).tail.unwrap();
        assert_eq!(tail.offset, third);
        assert!(recovery.durable <= appended[4].lsn);
    }
}

/// The file cut at every octet of its last group, and of the one before.
#[test]
fn a_tail_cut_anywhere_leaves_what_is_before_it() {
    let (medium, _) = three_groups();
    let groups = groups(&medium);
    let (second, (third, length), marker) = (groups[1].0, groups[2], groups[3].0);
    let mut torn = medium.clone();
    // From the end, so that each cut only has to take one octet more.
    for cut in (second..=third + length).rev() {
        let end = if cut == third + length {
            1 << 20
        } else {
            cut as usize + 1
        };
        torn.slot_mut(Slot(0)).unwrap()[cut as usize..end].fill(0);
        let (recovery, records) = found(&torn);
        let whole = match cut {
            cut if cut >= third + length - 15 => records.len().max(4),
            cut if cut >= third => 4,
            _ => records.len().min(4),
        };
        assert_eq!(records.len(), whole, "cut at {cut}");
        assert!(records.len() >= 2, "cut at {cut}");
        assert!(
            recovery
                .problems
                .iter()
                .all(|problem| !problem.what.loses_records()),
            "cut at {cut}"
        );
        if cut % 16 != 0 {
            continue;
        }
        // The truncated file itself, too.
        let mut short = medium.clone();
        short.slot_mut(Slot(0)).unwrap().truncate(cut as usize);
        let (recovery, records_of_short) = found(&short);
        assert!(records_of_short.len() <= 4 + 2);
        assert!(
            recovery
                .problems
                .iter()
                .any(|problem| problem.what == Damage::Truncated)
        );
    }
    assert!(marker > third);
}

/// Groups on their way at once: the first is lost, the second is whole. Nobody was told of either.
#[test]
fn a_missing_group_before_a_whole_one_that_was_not_committed_is_torn() {
    let mut world = World::fresh(FaultPlan::of(Holding::Keep, 5));
    world.settle();
    world.append(AppendClass::New, &Content::of(1, 10, 1000)).unwrap();
    world.settle();
    let mut writes = Vec::new();
    for key in 2..4 {
        world
            .append(AppendClass::New, &Content::of(key, 10, 62_000))
            .unwrap();
        writes.extend(world.groups());
    }
    assert_eq!(writes.len(), 2);
    // Of the two only the second reaches the disk.
    let mut holed = world.disk.medium().clone();
    let at = crate::SEGMENT_HEAD_OCTETS as usize + 4096 + writes[0].1 as usize;
    let (_, length, buffer) = &writes[1];
    holed.slot_mut(Slot(0)).unwrap()[at..at + *length as usize].copy_from_slice(&buffer[..*length as usize]);
    let (recovery, records) = found(&holed);
    assert_eq!(records.len(), 1);
    assert!(
        matches!(recovery.segments[0].outcome, SegmentOutcome::TornTail { .. }),
        "{recovery:?}"
    );
    let tail = recovery.resume(crate::Epoch(2), 9).tail.unwrap();
    assert_eq!(
        tail.zero_octets,
        writes[0].1 + writes[1].1,
        "both are zeroed before anything is written"
    );
    // The same hole below a committed LSN is corruption.
    let mut marked = World::fresh(FaultPlan::of(Holding::Keep, 5));
    marked.settle();
    for key in 1..4 {
        marked
            .append(AppendClass::New, &Content::of(key, 10, 1000))
            .unwrap();
        marked.settle();
    }
    let mut holed = marked.disk.medium().clone();
    let second = crate::SEGMENT_HEAD_OCTETS as usize + 4096;
    holed.slot_mut(Slot(0)).unwrap()[second..second + 4096].fill(0);
    let (recovery, records) = found(&holed);
    assert_eq!(records.len(), 2);
    assert_eq!(
        (recovery.problems[0].what, recovery.problems[0].offset),
        (Damage::GroupLost, second as u32)
    );
}

/// Rot in a committed group before a tail that the crash tore: the records saved from it stay when the log goes on.
#[test]
fn the_log_goes_on_behind_what_was_saved_before_a_torn_tail() {
    let mut world = World::fresh(FaultPlan::of(Holding::Keep, 5));
    world.settle();
    for key in 1..4 {
        world
            .append(AppendClass::New, &Content::of(key, 10, 100))
            .unwrap();
        world.settle();
    }
    let mut medium = world.disk.medium().clone();
    let file = medium.slot_mut(Slot(0)).unwrap();
    let second = crate::SEGMENT_HEAD_OCTETS as usize + 4096;
    let third = second + 4096;
    // One bit of the second group's header; of the third only the header came to the disk, of later ones nothing.
    file[second + 40] ^= 1;
    file[third + GROUP_HEADER_OCTETS as usize..].fill(0);
    let (recovery, saved) = found(&medium);
    assert_eq!((saved.len(), recovery.segments[0].end.end), (2, third as u32));
    let resume = recovery.resume(crate::Epoch(2), 6);
    let mut again = World::with(super::small(), resume, FaultPlan::of(Holding::Keep, 6), medium);
    again.append_soon(&Content::of(9, 10, 100));
    again.settle();
    let (_, records) = found(again.disk.medium());
    assert_eq!(records.len(), 3);
    assert!(
        saved
            .iter()
            .all(|(lsn, content)| records.get(lsn) == Some(content))
    );
}

/// A body that is made to look like a group is never taken for one: it lacks the segment's secret number.
#[test]
fn a_forged_group_in_a_body_is_not_believed() {
    let mut world = World::fresh(FaultPlan::of(Holding::Keep, 5));
    world.settle();
    world.append(AppendClass::New, &Content::of(1, 0, 1000)).unwrap();
    world.settle();
    // The second group holds a body in which, on a block's start, a perfect header stands, but for the mark.
    let mut body = vec![0; 12_000];
    let first = crate::SEGMENT_HEAD_OCTETS;
    let forged_at = first + 2 * 4096;
    let forged = crate::GroupHeader {
        journal: super::JOURNAL,
        epoch: crate::Epoch(1),
        segment: crate::SegmentSequence(1),
        mark: crate::SegmentMark(0),
        lsn: identity().geometry.lsn(crate::SegmentSequence(1), forged_at),
        committed: crate::Lsn(u64::MAX),
        length: GROUP_HEADER_OCTETS,
        end: crate::GroupEnd::Open,
        count: 0,
        previous_crc: 0,
        records_crc: 0,
    };
    let place = 4096 - (GROUP_HEADER_OCTETS + RECORD_HEADER_OCTETS) as usize;
    body[place..place + 80].copy_from_slice(&forged.encode().0);
    let content = Content {
        kind: 1,
        key: 2,
        header: Vec::new(),
        body,
    };
    world.append(AppendClass::New, &content).unwrap();
    world.settle();
    let mut torn = world.disk.medium().clone();
    let file = torn.slot_mut(Slot(0)).unwrap();
    assert_eq!(
        &file[forged_at as usize..][..4],
        b"RPLG",
        "it lies where a group could start"
    );
    file[(first + 4096) as usize] ^= 1;
    let (recovery, records) = found(&torn);
    assert_eq!(records.len(), 1);
    assert_eq!(
        recovery.problems_total, 0,
        "a tail nobody was told of, not corruption"
    );
}

/// A segment with a successor was durable to its end, whose last group says so.
#[test]
fn damage_in_an_earlier_segment_is_corruption_even_at_its_end() {
    let mut world = World::fresh(FaultPlan::of(Holding::Keep, 5));
    for key in 0..40 {
        world.append_soon(&Content::of(key, 50, 40_000));
        world.settle();
    }
    let medium = world.disk.medium().clone();
    let (recovery, records) = found(&medium);
    assert_eq!(
        (recovery.problems_total, records.len(), recovery.segments.len()),
        (0, 40, 2)
    );
    let (place, end) = (recovery.segments[0].place, recovery.segments[0].end.end);
    assert_eq!(recovery.segments[0].sidecar, crate::Sidecar::Valid);
    let mut damaged = medium.clone();
    damaged.sidecars_mut().clear();
    damaged.slot_mut(place.slot).unwrap()[end as usize - 4096..end as usize].fill(0);
    let (recovery, records) = found(&damaged);
    assert_eq!(recovery.problems[0].what, Damage::GroupLost, "{recovery:?}");
    assert!(records.len() >= 39);
    // A damaged sidecar is noted and its segment scanned.
    let mut damaged = medium.clone();
    damaged
        .sidecars_mut()
        .values_mut()
        .for_each(|bytes| bytes[100] ^= 1);
    let (recovery, records) = found(&damaged);
    assert_eq!((recovery.problems[0].what, records.len()), (Damage::Sidecar, 40));
}

/// Marks: one damaged copy changes nothing but is reported; both copies of a claim are told by the groups.
#[test]
fn damaged_marks_are_reported_and_survived() {
    let (medium, _) = three_groups();
    for at in [0u32, 8, 16, 24, 60, 2048, 2064, 4000] {
        let (recovery, records) = found(&flipped(&medium, Slot(0), at, 1));
        assert_eq!(
            (recovery.problems[0].what, records.len()),
            (Damage::Claim, 6),
            "octet {at}"
        );
    }
    let both = flipped(&flipped(&medium, Slot(0), 16, 1), Slot(0), 2064, 1);
    let (recovery, records) = found(&both);
    assert_eq!((recovery.problems[0].what, records.len()), (Damage::Claim, 6));
    let (recovery, records) = found(&flipped(&medium, Slot(0), 4096, 1));
    assert_eq!((recovery.problems[0].what, records.len()), (Damage::FreeMark, 6));
}

/// A whole segment overwritten: its groups, or all of its file. Neither is taken for an empty one.
#[test]
fn a_lost_segment_is_missed_and_its_file_left_alone() {
    let mut world = World::fresh(FaultPlan::of(Holding::Keep, 5));
    for key in 0..60 {
        world.append_soon(&Content::of(key, 50, 40_000));
        world.settle();
    }
    let medium = world.disk.medium().clone();
    let (recovery, records) = found(&medium);
    assert_eq!((recovery.problems_total, recovery.segments.len()), (0, 3));
    let place = recovery.segments[1].place;
    for (from, what) in [(8192, Damage::GroupLost), (0, Damage::Marks)] {
        let mut damaged = medium.clone();
        damaged.slot_mut(place.slot).unwrap()[from..].fill(0);
        let (recovery, left) = found(&damaged);
        assert_eq!(
            (recovery.problems[0].what, recovery.problems[0].slot),
            (what, place.slot)
        );
        assert!(what.loses_records());
        assert!(left.len() < records.len());
        let resume = recovery.resume(crate::Epoch(2), 1);
        assert!(!resume.free.contains(&place.slot) && !resume.vacant.contains(&place));
        // It is reported at every start, whatever is written meanwhile.
        let mut world = World::with(super::small(), resume, FaultPlan::of(Holding::Keep, 5), damaged);
        for key in 0..60 {
            world.append_soon(&Content::of(key, 50, 40_000));
            world.settle();
        }
        let (recovery, _) = found(&world.disk.crash());
        assert_eq!((recovery.problems_total, recovery.problems[0].what), (1, what));
    }
}
