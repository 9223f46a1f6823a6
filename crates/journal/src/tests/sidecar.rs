//! The sidecar gathered while a segment is written is the one that walking it would give.

use super::{World, identity};
use crate::fault::{FaultPlan, Holding};
use crate::tests::Content;
use crate::{ScanIdentity, SegmentPhase, Successor, build_sidecar};

fn sealed_sidecars(world: &World) -> Vec<(Vec<u8>, Option<Vec<u8>>)> {
    let mut medium = world.disk.medium().clone();
    let sidecars = medium.sidecars_mut().clone();
    let sealed = world
        .journal
        .segments()
        .filter(|state| state.phase == SegmentPhase::Sealed);
    let walked = sealed.map(|state| {
        let bytes = medium.slot(state.place.slot).unwrap();
        let mark = crate::frame::decode_claim(&bytes[..4096]).mark.unwrap().mark;
        let crate::JournalIdentity { journal, geometry } = identity();
        let scan = ScanIdentity {
            journal,
            place: state.place,
            mark,
            geometry,
            successor: Successor::Present,
        };
        let walked = build_sidecar(bytes, scan).unwrap();
        (walked, sidecars.get(&state.place.segment).cloned())
    });
    walked.collect()
}

#[test]
fn a_gathered_sidecar_is_what_a_walk_gives() {
    for seed in 0..20 {
        let mut world = World::fresh(FaultPlan::of(Holding::Keep, seed));
        for key in 0..200 {
            let body_octets = (key * 977 + seed * 31) % 30_000;
            world.append_soon(&Content::of(key, (key % 300) as usize, body_octets as usize));
            if key % 7 == seed % 7 {
                world.settle();
            }
        }
        world.settle();
        let sidecars = sealed_sidecars(&world);
        assert_eq!(world.seals[1], 0, "seed {seed}: each was gathered");
        assert!(sidecars.len() >= 2, "seed {seed}: {} segments", sidecars.len());
        for (walked, gathered) in sidecars {
            assert_eq!(Some(walked), gathered, "seed {seed}");
        }
    }
}

/// A segment of headers alone passes the bound of its draft, and is walked.
#[test]
fn a_segment_of_headers_gets_its_sidecar_by_a_walk() {
    let mut world = World::fresh(FaultPlan::of(Holding::Keep, 3));
    for key in 0..9_000 {
        world.append_soon(&Content::of(key, 200, 0));
    }
    world.settle();
    let sidecars = sealed_sidecars(&world);
    assert_eq!(world.seals[0], 0, "none was gathered");
    assert!(sidecars.len() >= 2);
    for (walked, stored) in sidecars {
        assert_eq!(Some(walked), stored);
    }
}
