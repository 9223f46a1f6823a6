//! A disk in the process that fails on purpose, for tests, the simulator and the server's test-only switch.
//!
//! Stands where the hands stand: takes [`Operation`]s, answers them late, out of order, with errors, short or damaged,
//! as a seeded [`FaultPlan`] says, on a [`Medium`] (memory, or the real files). io_uring cannot be intercepted from
//! outside, and a killed process loses nothing that the page cache holds; so *forget* keeps a write in process memory
//! until it is answered, and a kill then loses what was never answered, as a power cut does. Invariants: the same
//! seed and operations give the same faults; every operation is answered once; `lie` (answered, then lost at a crash)
//! exists as the canary that a crash test must catch.

mod counts;
mod files;
mod memory;
mod plan;

use crate::frame::{claim_block, free_block};
use crate::operation::{Operation, OperationError, OperationId, Place, SegmentMark, SlotOrigin};
use crate::position::{BLOCK_OCTETS, Slot};
use crate::recovery::JournalIdentity;
use crate::sidecar::SidecarDraft;
use std::sync::Arc;

pub use counts::FaultCounts;
pub use memory::MemoryMedium;
pub use plan::{FaultPlan, FaultPlanError, Holding};

/// Where the faulty disk keeps what it does not lose.
pub trait Medium {
    /// The journal, for the marks that a power cut may tear.
    fn identity(&self) -> JournalIdentity;

    /// Writes bytes at an offset, durably.
    ///
    /// # Errors
    /// What the system answered.
    fn write(&mut self, slot: Slot, offset: u32, bytes: &[u8]) -> Result<(), OperationError>;

    /// Makes a segment ready: see [`Operation::PrepareSegment`].
    ///
    /// # Errors
    /// What the system answered.
    fn prepare(&mut self, place: Place, mark: SegmentMark, origin: SlotOrigin) -> Result<(), OperationError>;

    /// Overwrites a range with zeros, durably.
    ///
    /// # Errors
    /// What the system answered.
    fn zero(&mut self, slot: Slot, offset: u32, octets: u32) -> Result<(), OperationError>;

    /// Writes the free block of a segment, durably, and drops its sidecar.
    ///
    /// # Errors
    /// What the system answered.
    fn free(&mut self, place: Place) -> Result<(), OperationError>;

    /// Writes the sidecar of a sealed segment.
    ///
    /// # Errors
    /// What the system answered.
    fn seal(&mut self, place: Place, draft: Option<&Arc<SidecarDraft>>) -> Result<(), OperationError>;

    /// Removes a file.
    ///
    /// # Errors
    /// What the system answered.
    fn remove(&mut self, slot: Slot) -> Result<(), OperationError>;
}

/// The answer to an operation, for [`crate::Journal::complete`].
#[derive(Debug)]
pub struct Completed<B> {
    /// The operation.
    pub id: OperationId,
    /// Octets written, or what failed.
    pub result: Result<u32, OperationError>,
    /// The buffer, if it had one.
    pub buffer: Option<B>,
}

/// A small generator of pseudo-random numbers (SplitMix64), so that a run is told by its seed.
#[derive(Clone, Debug)]
pub struct Dice(pub u64);

impl Dice {
    /// The next 64 bits.
    pub fn roll(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let value = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let value = (value ^ (value >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        value ^ (value >> 31)
    }

    /// A number below `bound`; 0 for a bound of 0.
    pub fn below(&mut self, bound: u64) -> u64 {
        self.roll().checked_rem(bound).unwrap_or(0)
    }

    /// Whether one in `odds` comes up; never for 0.
    pub fn one_in(&mut self, odds: u32) -> bool {
        odds > 0 && self.below(u64::from(odds)) == 0
    }
}

#[derive(Debug)]
struct Held<B> {
    operation: Operation<B>,
    result: Result<u32, OperationError>,
    steps_left: u32,
    /// What is yet to be brought to the medium.
    unapplied: bool,
}

/// The faulty disk.
#[derive(Debug)]
pub struct FaultDisk<B, M> {
    plan: FaultPlan,
    dice: Dice,
    medium: M,
    held: Vec<Held<B>>,
    /// Writes answered but not brought to the medium, by `lie`.
    lies: Vec<(Slot, u32, Vec<u8>)>,
    /// Operations taken, by kind.
    seen: [u32; 3],
    counts: FaultCounts,
}

/// Kinds of operations, as a plan counts them.
const GROUPS: usize = 0;
const PREPARATIONS: usize = 1;
const OTHERS: usize = 2;

fn kind_of<B>(operation: &Operation<B>) -> usize {
    match operation {
        Operation::WriteGroup { .. } | Operation::ZeroTail { .. } => GROUPS,
        Operation::PrepareSegment { .. } => PREPARATIONS,
        Operation::SealSegment { .. } | Operation::FreeSegment { .. } | Operation::RemoveSlot { .. } => {
            OTHERS
        }
    }
}

/// What the answer of an operation says that came to no harm.
fn asked_octets<B>(operation: &Operation<B>) -> u32 {
    match operation {
        Operation::WriteGroup { length, .. } | Operation::ZeroTail { length, .. } => *length,
        _ => 0,
    }
}

impl<B: AsRef<[u8]>, M: Medium> FaultDisk<B, M> {
    /// A disk on this medium that fails as planned.
    pub fn new(plan: FaultPlan, medium: M) -> Self {
        let dice = Dice(plan.seed);
        Self {
            plan,
            dice,
            medium,
            held: Vec::new(),
            lies: Vec::new(),
            seen: [0; 3],
            counts: FaultCounts::default(),
        }
    }

    /// Takes an operation.
    pub fn submit(&mut self, operation: Operation<B>) {
        let mut held = Held {
            operation,
            result: Ok(0),
            steps_left: 0,
            unapplied: true,
        };
        held.steps_left = self.dice.below(u64::from(self.plan.slow_steps_max) + 1) as u32;
        self.counts.late += u64::from(held.steps_left > 0);
        if self.plan.holding == Holding::Keep {
            self.apply(&mut held);
        }
        self.held.push(held);
    }

    /// Lets one step of time pass and answers at most one operation.
    pub fn poll(&mut self) -> Option<Completed<B>> {
        self.held
            .iter_mut()
            .for_each(|held| held.steps_left = held.steps_left.saturating_sub(1));
        let ripe: Vec<usize> = self
            .held
            .iter()
            .enumerate()
            .filter(|(_, held)| held.steps_left == 0)
            .map(|(at, _)| at)
            .collect();
        let pick = if self.plan.reorder {
            self.dice.below(ripe.len() as u64) as usize
        } else {
            0
        };
        let at = *ripe.get(pick)?;
        self.counts.reordered += u64::from(at > 0);
        let mut held = self.held.remove(at);
        if held.unapplied {
            self.apply(&mut held);
        }
        let (id, result) = (held.operation.id(), held.result);
        let buffer = match held.operation {
            Operation::WriteGroup { buffer, .. } => Some(buffer),
            _ => None,
        };
        Some(Completed { id, result, buffer })
    }

    /// Operations taken and not answered.
    #[must_use]
    pub fn outstanding(&self) -> usize {
        self.held.len()
    }

    /// The plan, to change it while it is carried out: a disk that fills up, or that is well again.
    pub fn plan_mut(&mut self) -> &mut FaultPlan {
        &mut self.plan
    }

    /// What was done so far.
    #[must_use]
    pub fn counts(&self) -> FaultCounts {
        self.counts
    }

    /// The medium, for looking.
    #[must_use]
    pub fn medium(&self) -> &M {
        &self.medium
    }

    /// The power fails: of every write not answered the medium has all, nothing, its first part or some of its
    /// sectors, as the dice say; what was lied about is gone.
    #[must_use]
    pub fn crash(self) -> M {
        self.crash_counted().0
    }

    /// The same, with what was done until then.
    #[must_use]
    pub fn crash_counted(mut self) -> (M, FaultCounts) {
        for held in std::mem::take(&mut self.held) {
            if held.unapplied {
                self.tear_operation(&held.operation);
            }
        }
        (self.medium, self.counts)
    }

    fn tear_operation(&mut self, operation: &Operation<B>) {
        let JournalIdentity { journal, geometry } = self.medium.identity();
        match operation {
            Operation::WriteGroup {
                place,
                offset,
                length,
                buffer,
                ..
            } => {
                let bytes = buffer.as_ref().get(..*length as usize).unwrap_or_default();
                let mut bytes = bytes.to_vec();
                if self.plan.garbles && self.dice.one_in(2) {
                    self.garble(&mut bytes);
                    self.counts.garbled += 1;
                }
                self.tear(place.slot, *offset, &bytes);
            }
            Operation::ZeroTail {
                place,
                offset,
                length,
                ..
            } => {
                self.tear(place.slot, *offset, &vec![0; *length as usize]);
            }
            Operation::FreeSegment { place, .. } => {
                self.tear(
                    place.slot,
                    BLOCK_OCTETS,
                    &free_block(journal, place.segment, geometry),
                );
            }
            Operation::PrepareSegment {
                place,
                mark,
                origin: SlotOrigin::Recycled,
                ..
            } => {
                self.tear(
                    place.slot,
                    0,
                    &claim_block(journal, place.segment, *mark, geometry),
                );
            }
            // A new file, a sidecar and a removal are there or not: each is one rename or unlink.
            Operation::PrepareSegment { .. }
            | Operation::SealSegment { .. }
            | Operation::RemoveSlot { .. } => {}
        }
    }

    /// Changes some octets, as a medium does that was cut off while it wrote.
    fn garble(&mut self, bytes: &mut [u8]) {
        for _ in 0..=self.dice.below(3) {
            let at = self.dice.below(bytes.len() as u64) as usize;
            if let Some(octet) = bytes.get_mut(at) {
                *octet ^= 1 << self.dice.below(8);
            }
        }
    }

    fn tear(&mut self, slot: Slot, offset: u32, bytes: &[u8]) {
        const SECTOR_OCTETS: usize = 512;
        let fate = self.dice.below(4);
        let cut = self.dice.below(bytes.len() as u64 + 1) as usize;
        let mut landed = 0;
        for (at, sector) in bytes.chunks(SECTOR_OCTETS).enumerate() {
            let start = at * SECTOR_OCTETS;
            let lands = match fate {
                0 => false,
                1 => true,
                2 => start + sector.len() <= cut,
                _ => self.dice.one_in(2),
            };
            if lands {
                // A failing medium after a power cut is no case of its own.
                let _ = self.medium.write(slot, offset + start as u32, sector);
                landed += sector.len();
            }
        }
        match landed {
            0 => self.counts.lost += 1,
            all if all == bytes.len() => self.counts.whole += 1,
            _ => self.counts.torn += 1,
        }
    }

    fn apply(&mut self, held: &mut Held<B>) {
        held.unapplied = false;
        let kind = kind_of(&held.operation);
        let may_fail = self.may_fail(kind);
        if may_fail && self.dice.one_in(self.plan.eio) {
            if self.plan.fails_sync {
                // What the medium says to it is of no account: the answer is EIO.
                let _ = self.carry_out(&held.operation, may_fail);
            }
            held.result = Err(OperationError::Io(libc::EIO));
            self.counts.failed += 1;
        } else if may_fail && kind == PREPARATIONS && self.dice.one_in(self.plan.enospc) {
            held.result = Err(OperationError::NoSpace);
            self.counts.refused += 1;
        } else {
            held.result = self.carry_out(&held.operation, may_fail);
        }
        if self.plan.is_deaf && held.result.is_err() {
            held.result = Ok(asked_octets(&held.operation));
        }
    }

    /// Counts an operation of a kind, and says whether it is one that may come to harm.
    fn may_fail(&mut self, kind: usize) -> bool {
        let FaultPlan { good, ref well, .. } = self.plan;
        let Some(seen) = self.seen.get_mut(kind) else {
            return true;
        };
        *seen = seen.saturating_add(1);
        *seen > good && !well.as_ref().is_some_and(|file| file.exists())
    }

    fn carry_out(&mut self, operation: &Operation<B>, may_fail: bool) -> Result<u32, OperationError> {
        match operation {
            Operation::WriteGroup {
                place,
                offset,
                length,
                buffer,
                ..
            } => {
                let bytes = buffer
                    .as_ref()
                    .get(..*length as usize)
                    .ok_or(OperationError::Short)?;
                self.write_group(place.slot, *offset, bytes, may_fail)
            }
            Operation::ZeroTail {
                place,
                offset,
                length,
                ..
            } => self.medium.zero(place.slot, *offset, *length).map(|()| *length),
            Operation::PrepareSegment {
                place, mark, origin, ..
            } => self.medium.prepare(*place, *mark, *origin).map(|()| 0),
            Operation::SealSegment { place, draft, .. } => {
                self.medium.seal(*place, draft.as_ref()).map(|()| 0)
            }
            Operation::FreeSegment { place, .. } => self.medium.free(*place).map(|()| 0),
            Operation::RemoveSlot { slot, .. } => self.medium.remove(*slot).map(|()| 0),
        }
    }

    fn write_group(
        &mut self,
        slot: Slot,
        offset: u32,
        bytes: &[u8],
        may_fail: bool,
    ) -> Result<u32, OperationError> {
        let octets = bytes.len() as u32;
        if self.plan.holding == Holding::Lie {
            self.lies.push((slot, offset, bytes.to_vec()));
            if self.lies.len() > self.plan.lies_kept_max {
                let (slot, offset, bytes) = self.lies.remove(0);
                self.medium.write(slot, offset, &bytes)?;
            }
            return Ok(octets);
        }
        if may_fail && self.dice.one_in(self.plan.short) {
            let short = bytes.get(..bytes.len() / 2).unwrap_or_default();
            self.medium.write(slot, offset, short)?;
            self.counts.short += 1;
            return Ok(short.len() as u32);
        }
        if may_fail && self.dice.one_in(self.plan.corrupt) {
            let mut damaged = bytes.to_vec();
            let at = self.dice.below(damaged.len() as u64) as usize;
            if let Some(octet) = damaged.get_mut(at) {
                *octet ^= 1 << self.dice.below(8);
            }
            return self.medium.write(slot, offset, &damaged).map(|()| octets);
        }
        self.medium.write(slot, offset, bytes).map(|()| octets)
    }
}
