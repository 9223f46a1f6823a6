//! Do hostile bytes anywhere on the disk leave the reader standing?

use super::{Content, JOURNAL, World, identity};
use crate::fault::{Dice, FaultPlan, Holding};
use crate::{AppendClass, Manifest, SegmentMark, SegmentSequence};

#[test]
fn random_and_mutated_segments_never_panic() {
    crate::fuzz::recovery(&[]);
    let mut world = World::fresh(FaultPlan::of(Holding::Keep, 5));
    world.settle();
    for key in 0..20 {
        world
            .append(AppendClass::New, &Content::of(key, 20, 3000))
            .unwrap();
        world.settle();
    }
    let good = world.disk.medium().slot(crate::Slot(0)).unwrap()[..140_000].to_vec();
    for seed in 0..200 {
        let mut dice = Dice(seed);
        let mut bytes = good.clone();
        for _ in 0..=dice.below(40) {
            let at = dice.below(bytes.len() as u64) as usize;
            bytes[at] = dice.roll() as u8;
        }
        bytes.truncate(dice.below(bytes.len() as u64 + 1) as usize);
        crate::fuzz::recovery(&bytes);
    }
}

/// Frames whose checksums hold but whose lengths lie: the checksum is no wall against a hostile writer.
#[test]
fn true_checksums_over_false_lengths_never_panic() {
    let geometry = crate::Geometry::new(1 << 20).unwrap();
    for seed in 0..500 {
        let mut dice = Dice(seed);
        let mut bytes = vec![0; 64 << 10];
        let claim = crate::claim_block(crate::JournalId(1), SegmentSequence(1), SegmentMark(0), geometry);
        bytes[..4096].copy_from_slice(&claim);
        let mut at = crate::SEGMENT_HEAD_OCTETS;
        while (at as usize) < bytes.len() {
            let mut lengths = [0u32; 4];
            for length in &mut lengths {
                *length = match dice.below(4) {
                    0 => u32::MAX - dice.below(64) as u32,
                    1 => dice.roll() as u32,
                    _ => dice.below(6000) as u32,
                };
            }
            let record = crate::RecordHeader {
                kind: 1,
                header_length: lengths[0],
                body_length: lengths[1],
                key: 1,
                lsn: geometry.lsn(SegmentSequence(1), at + 80),
                crc: 0,
            };
            let group = crate::GroupHeader {
                journal: crate::JournalId(1),
                epoch: crate::Epoch(1),
                segment: SegmentSequence(1),
                mark: SegmentMark(0),
                lsn: geometry.lsn(SegmentSequence(1), at),
                committed: crate::Lsn(dice.roll()),
                length: lengths[2],
                end: crate::GroupEnd::Open,
                count: lengths[3],
                previous_crc: 0,
                records_crc: 0,
            };
            bytes[at as usize..][..80].copy_from_slice(&group.encode().0);
            bytes[at as usize + 80..][..32].copy_from_slice(&record.encode());
            at += 4096;
        }
        crate::fuzz::recovery(&bytes);
    }
}

#[test]
fn a_manifest_is_itself_or_refused() {
    let manifest = Manifest {
        layout_epoch: 3,
        start_epoch: crate::Epoch(9),
        partitions: 4096,
        next_journal: crate::JournalId(8),
        journals: vec![crate::JournalEntry {
            id: JOURNAL,
            role: crate::JournalRole::Open,
            geometry: identity().geometry,
        }],
    };
    let text = manifest.encode();
    assert_eq!(Manifest::decode(text.as_bytes()), Ok(manifest));
    for at in 0..text.len() {
        let mut damaged = text.clone().into_bytes();
        damaged[at] ^= 2;
        let decoded = Manifest::decode(&damaged);
        assert!(decoded.is_err(), "octet {at} of {text}: {decoded:?}");
    }
    for cut in 0..text.len() - 1 {
        assert!(Manifest::decode(&text.as_bytes()[..cut]).is_err(), "cut at {cut}");
    }
}
