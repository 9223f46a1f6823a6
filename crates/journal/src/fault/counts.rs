//! What a faulty disk has done so far, so that a run can show that it met what it was made for.
//!
//! Beside [`crate::fault::FaultDisk`], which counts. Invariant: counting decides nothing.

use std::ops::AddAssign;

/// How often what was done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FaultCounts {
    /// Operations answered with EIO.
    pub failed: u64,
    /// Preparations answered with ENOSPC.
    pub refused: u64,
    /// Groups of which half was written.
    pub short: u64,
    /// Operations that had to wait for steps of time.
    pub late: u64,
    /// Answers that came before that of an earlier operation.
    pub reordered: u64,
    /// Writes of which a power cut left nothing.
    pub lost: u64,
    /// Writes of which a power cut left some sectors.
    pub torn: u64,
    /// Writes that reached the medium whole, and nobody was told.
    pub whole: u64,
    /// Writes of which a power cut left wrong octets, before their sectors were lost or not.
    pub garbled: u64,
}

impl AddAssign for FaultCounts {
    fn add_assign(&mut self, other: FaultCounts) {
        self.failed += other.failed;
        self.refused += other.refused;
        self.short += other.short;
        self.late += other.late;
        self.reordered += other.reordered;
        self.lost += other.lost;
        self.torn += other.torn;
        self.whole += other.whole;
        self.garbled += other.garbled;
    }
}
