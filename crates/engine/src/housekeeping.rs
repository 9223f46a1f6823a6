//! Where threads run that serve a shard and are none: off the shards' cores where there are others, and behind them.
//!
//! Beside the flow. A thread inherits the core of whoever starts it, so what a shard starts would share its core for
//! good, and keep all its subscribers waiting for a slice of the scheduler at a time, 4 ms with 250 ticks a second.
//! Invariant: no such thread runs on a shard's core while this process may use another.

use rustix::process::setpriority_process;
use rustix::thread::{CpuSet, sched_setaffinity};
use std::sync::Arc;

/// The nice value of such threads: a tenth of the core where a shard wants it, too, which has to fill the next segment
/// while this one is written.
const NICE: i32 = 10;

/// The cores for such threads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Housekeeping {
    cores: Arc<[usize]>,
}

impl Housekeeping {
    /// Of the cores that this process may use those that are no shard's; all where none is left.
    pub(crate) fn beside(allowed: &[usize], shards: &[usize]) -> Housekeeping {
        let free: Vec<usize> = allowed
            .iter()
            .copied()
            .filter(|core| !shards.contains(core))
            .collect();
        let cores = match free.is_empty() {
            true => allowed.into(),
            false => free.into(),
        };
        Housekeeping { cores }
    }

    /// Makes the calling thread one of them: on these cores, and behind everybody else there. Where the system refuses,
    /// it is its shard's neighbour and equal as before.
    pub(crate) fn settle(&self) {
        self.take_seat();
        let _ = setpriority_process(None, NICE);
    }

    /// Puts the calling thread on these cores; its priority stays.
    pub(crate) fn take_seat(&self) {
        if self.cores.is_empty() {
            return;
        }
        let mut set = CpuSet::new();
        self.cores.iter().for_each(|&core| set.set(core));
        let _ = sched_setaffinity(None, &set);
    }
}

#[cfg(test)]
mod tests;
