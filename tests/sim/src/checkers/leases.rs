//! What a reader off the shards holds a lease on stays as it is.
//!
//! Cursors (outbox, log tools) take a lease on a sealed segment and read it at their own pace; a segment that is used
//! again meanwhile would show them another subscriber's octets. This checker is such a reader: it takes leases now and
//! then, and looks again later.

use crate::checkers::expect;
use crate::event::{Checker, Event, Scene};
use journal::{Lease, SegmentPhase};
use xxhash_rust::xxh3::xxh3_64;

/// A lease that is held, and what its segment looked like.
#[derive(Debug)]
struct Held {
    shard: usize,
    lease: Lease,
    hash: u64,
    until: u64,
}

/// A reader.
#[derive(Debug, Default)]
pub(crate) struct Leases {
    held: Vec<Held>,
    steps: u64,
}

/// Steps between two looks.
const STEPS_BETWEEN: u64 = 16;

/// Steps for which a lease is held.
const STEPS_HELD: u64 = 96;

/// Leases held at once.
const HELD_MAX: usize = 4;

impl Checker for Leases {
    fn name(&self) -> &'static str {
        "leases"
    }

    fn take(&mut self, scene: &Scene<'_>, event: &Event<'_>) -> Result<(), String> {
        match event {
            // Readers are of the same process.
            Event::Started(_) => self.held.clear(),
            // A reader comes to its end, as all do: what is leased for good keeps a full log full.
            Event::Calm => {
                self.look(scene)?;
                self.held.clear();
            }
            Event::Step => {
                self.steps += 1;
                if self.steps.is_multiple_of(STEPS_BETWEEN) {
                    self.look(scene)?;
                    let steps = self.steps;
                    self.held.retain(|held| held.until > steps);
                    self.hold(scene);
                }
            }
            _ => {}
        }
        Ok(())
    }
}

impl Leases {
    fn look(&self, scene: &Scene<'_>) -> Result<(), String> {
        for held in &self.held {
            expect(hash(scene, held.shard, &held.lease) == Some(held.hash), || {
                format!("segment {} changed under a lease", held.lease.segment().0)
            })?;
        }
        Ok(())
    }

    fn hold(&mut self, scene: &Scene<'_>) {
        let shard = (self.steps / STEPS_BETWEEN) as usize % scene.world.nodes.len();
        let journal = &scene.world.nodes[shard].brain.store().journal;
        // The one that is nearest to being freed.
        let sealed = journal
            .segments()
            .filter(|state| state.phase == SegmentPhase::Sealed);
        let Some(state) = sealed.min_by_key(|state| (state.pinned_octets, state.place.segment)) else {
            return;
        };
        let is_held = |held: &Held| held.shard == shard && held.lease.segment() == state.place.segment;
        if self.held.len() >= HELD_MAX || self.held.iter().any(is_held) {
            return;
        }
        let Some(lease) = journal.published().lease(state.place.segment) else {
            return;
        };
        if let Some(hash) = hash(scene, shard, &lease) {
            self.held.push(Held {
                shard,
                lease,
                hash,
                until: self.steps + STEPS_HELD,
            });
        }
    }
}

/// Of the segment's marks and its first groups: both change when it is used again.
fn hash(scene: &Scene<'_>, shard: usize, lease: &Lease) -> Option<u64> {
    const LOOKED_AT_OCTETS: usize = 64 << 10;
    let file = scene.world.nodes[shard].disk.medium().slot(lease.slot())?;
    Some(xxh3_64(file.get(..LOOKED_AT_OCTETS)?))
}
