//! What a crash leaves in the places between two starts: numbers, chains, half-done preparations.

use super::{Content, JOURNAL, World, found, identity, small};
use crate::fault::{FaultPlan, Holding, MemoryMedium};
use crate::{
    AppendClass, Damage, Epoch, Journal, Operation, Resume, SegmentSequence, Settings, SettingsDraft, Slot,
};

/// Every number that was ever claimed is below every number claimed after a start, used or not.
#[test]
fn numbers_are_never_given_again() {
    // The first start keeps more segments claimed than the later ones, which therefore leave some of them unused.
    let ahead = SettingsDraft {
        segments_ahead: 4,
        ..small()
    };
    let medium = MemoryMedium::new(identity(), 64);
    let resume = Resume::fresh(JOURNAL, Epoch(1), 1);
    let mut world = World::with(ahead, resume, FaultPlan::of(Holding::Keep, 1), medium);
    let mut claimed = vec![SegmentSequence(0)];
    for start in 0..4 {
        let mut drawn = Vec::new();
        for key in 0..30 {
            world.append_soon(&Content::of(key, 10, 40_000));
            while let Some(operation) = world.journal.poll_operation() {
                if let Operation::PrepareSegment { place, .. } = &operation {
                    drawn.push(place.segment);
                }
                world.disk.submit(operation);
            }
            world.turn();
        }
        world.settle();
        let medium = world.disk.crash();
        for slot in medium.slots() {
            let claim = crate::frame::decode_claim(&medium.slot(slot).unwrap()[..4096]);
            drawn.extend(claim.mark.map(|mark| mark.segment));
        }
        let (recovery, _) = found(&medium);
        assert_eq!(
            recovery.problems_total, 0,
            "what a stop left unwritten is not taken for lost"
        );
        let resume = recovery.resume(Epoch(start + 2), 7);
        assert!(
            drawn.iter().all(|&segment| segment < resume.next_sequence),
            "start {start}"
        );
        claimed.push(resume.next_sequence);
        assert!(claimed.windows(2).all(|pair| pair[0] < pair[1]), "{claimed:?}");
        world = World::with(small(), resume, FaultPlan::of(Holding::Keep, 1), medium);
    }
}

/// A whole group of an earlier start that stands where the next would is not taken for it: it follows another group.
#[test]
fn a_group_that_follows_another_one_is_not_taken() {
    let write = |keys: &[u64]| {
        // The same seed gives both the same secret number, as one file would have.
        let mut world = World::fresh(FaultPlan::of(Holding::Keep, 1));
        world.settle();
        for &key in keys {
            world
                .append(AppendClass::New, &Content::of(key, 10, 1000))
                .unwrap();
            world.settle();
        }
        world.disk.medium().clone()
    };
    let (old, new) = (write(&[1, 2]), write(&[3]));
    let mut mixed = old.clone();
    let first = crate::SEGMENT_HEAD_OCTETS as usize;
    let group = new.slot(Slot(0)).unwrap()[first..first + 4096].to_vec();
    mixed.slot_mut(Slot(0)).unwrap()[first..first + 4096].copy_from_slice(&group);
    let (recovery, records) = found(&mixed);
    assert_eq!(
        records.values().map(|content| content.key).collect::<Vec<_>>(),
        [3]
    );
    // The stale group says that something before it was committed, but nothing at or behind its own place.
    assert_eq!(recovery.problems[0].what, Damage::TornTail);
    let tail = recovery.resume(Epoch(2), 1).tail.unwrap();
    assert_eq!(
        (tail.offset as usize, tail.zero_octets),
        (first + 4096, 4096),
        "and it is zeroed"
    );
}

/// A torn tail is zeroed before the first group is given out, and a failure to zero it stops the journal.
#[test]
fn nothing_is_written_before_the_torn_tail_is_zeroed() {
    let mut world = World::fresh(FaultPlan::of(Holding::Keep, 1));
    world.settle();
    for key in 0..3 {
        world
            .append(AppendClass::New, &Content::of(key, 10, 1000))
            .unwrap();
        world.settle();
    }
    let mut torn = world.disk.medium().clone();
    let last = crate::SEGMENT_HEAD_OCTETS as usize + 2 * 4096;
    torn.slot_mut(Slot(0)).unwrap()[last + 500] ^= 1;
    let (recovery, records) = found(&torn);
    assert_eq!(records.len(), 2);
    let resume = recovery.resume(Epoch(2), 1);
    for answer in [Ok(0), Err(crate::OperationError::Io(libc::EIO))] {
        let mut journal: Journal<Vec<u8>> = Journal::new(Settings::new(small()).unwrap(), resume.clone());
        journal.give_buffer(vec![0; 64 << 10]).unwrap();
        let record = crate::Record {
            kind: 1,
            key: 9,
            header: &[],
            body: &[],
        };
        journal.append(AppendClass::State, record).unwrap();
        let mut asked: Vec<Operation<Vec<u8>>> = std::iter::from_fn(|| journal.poll_operation()).collect();
        assert!(
            !asked
                .iter()
                .any(|operation| matches!(operation, Operation::WriteGroup { .. }))
        );
        let zero = asked
            .iter()
            .position(|operation| matches!(operation, Operation::ZeroTail { .. }))
            .unwrap();
        let id = asked.remove(zero).id();
        journal.complete(id, answer, None).unwrap();
        let next = std::iter::from_fn(|| journal.poll_operation())
            .any(|operation| matches!(operation, Operation::WriteGroup { .. }));
        assert_eq!(next, answer.is_ok());
    }
}

/// Starting again and again without writing changes nothing that is found and uses up no space.
#[test]
fn starts_in_a_row_use_up_nothing() {
    let mut world = World::fresh(FaultPlan::of(Holding::Keep, 1));
    for key in 0..30 {
        world.append_soon(&Content::of(key, 10, 40_000));
        world.settle();
    }
    let mut medium = world.disk.crash();
    let (_, before) = found(&medium);
    let files = medium.slots().count();
    for start in 0..40 {
        let (recovery, records) = found(&medium);
        assert_eq!(records, before);
        assert_eq!(recovery.problems_total, 0);
        let resume = recovery.resume(Epoch(start + 2), u64::from(start));
        let mut world = World::with(small(), resume, FaultPlan::of(Holding::Keep, 1), medium);
        world.journal.request_marker();
        world.settle();
        medium = world.disk.crash();
    }
    assert_eq!(medium.slots().count(), files);
}
