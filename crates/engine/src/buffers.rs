//! The bounded memory for bodies in flight, and the buffers of the journal's groups.
//!
//! Beside the edge and the disk. Invariants: the connections of a shard together hold no more octets than the
//! budget, from a head's end until its answer is there; a full budget is refused in HTTP's words (503), never
//! waited for; a part of it is kept from large bodies, so that reports and retrievals are served when messages
//! fill the rest; group buffers come from the executor's own arena, so that a group costs no page fault.

use glommio::io::DmaBuffer;
use std::cell::Cell;
use std::rc::Rc;

/// Octets of a share that is no large one: the receive buffer, a head of the default limit, and a report, which
/// is below 1 KiB. A message with content is larger, but for the smallest.
const SMALL_OCTETS_MAX: u64 = 24 << 10;

/// A shard's octets for requests in flight.
#[derive(Debug)]
pub(crate) struct Budget {
    octets_max: u64,
    /// Octets up to which large shares may fill it.
    large_octets_max: Cell<u64>,
    used: Cell<u64>,
}

/// A connection's part of the budget, given back when dropped.
#[derive(Debug)]
pub(crate) struct Share {
    budget: Rc<Budget>,
    held: u64,
}

/// The budget is used up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Full;

impl Budget {
    pub(crate) fn new(octets_max: u64) -> Rc<Budget> {
        Rc::new(Budget {
            octets_max,
            large_octets_max: Cell::new(octets_max),
            used: Cell::new(0),
        })
    }

    /// Sets how much of it is open to large shares, parts per hundred.
    pub(crate) fn open_to_large(&self, percent: u8) {
        let octets = self.octets_max / 100 * u64::from(percent.min(100));
        self.large_octets_max.set(octets);
    }

    /// An empty share.
    pub(crate) fn share(self: &Rc<Budget>) -> Share {
        let budget = Rc::clone(self);
        Share { budget, held: 0 }
    }
}

impl Share {
    /// Makes the share so large; a failure leaves it as it was.
    pub(crate) fn resize(&mut self, octets: u64) -> Result<(), Full> {
        let used = self
            .budget
            .used
            .get()
            .saturating_sub(self.held)
            .saturating_add(octets);
        // Giving back always works, though the others may hold all.
        let octets_max = match octets > SMALL_OCTETS_MAX {
            true => self.budget.large_octets_max.get(),
            false => self.budget.octets_max,
        };
        if used > octets_max && octets > self.held {
            return Err(Full);
        }
        self.budget.used.set(used);
        self.held = octets;
        Ok(())
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        let used = self.budget.used.get();
        debug_assert!(used >= self.held, "shares never exceed what was counted");
        self.budget.used.set(used.saturating_sub(self.held));
    }
}

/// A buffer for one group: 4,096-aligned, out of the executor's arena where there is room. It does not leave
/// its thread.
#[derive(Debug)]
pub struct GroupBuffer {
    memory: DmaBuffer,
}

impl GroupBuffer {
    /// A buffer of `octets`, a multiple of 4,096; its content is arbitrary. Only inside an executor.
    pub(crate) fn allocate(octets: usize) -> GroupBuffer {
        let memory = glommio::allocate_dma_buffer(octets);
        GroupBuffer { memory }
    }

    /// The first `octets` of it, as glommio wants them for a write.
    pub(crate) fn into_write(mut self, octets: usize) -> DmaBuffer {
        self.memory.trim_to_size(octets.min(self.memory.len()));
        self.memory
    }
}

impl AsRef<[u8]> for GroupBuffer {
    fn as_ref(&self) -> &[u8] {
        self.memory.as_bytes()
    }
}

impl AsMut<[u8]> for GroupBuffer {
    fn as_mut(&mut self) -> &mut [u8] {
        self.memory.as_bytes_mut()
    }
}

#[cfg(test)]
mod tests;
