//! Buffers that connections receive into, in turn.
//!
//! Beside `hands`, for the edges. Invariants: a connection that holds nothing unread holds no buffer of the shard's; a
//! message's body goes on to the brain in the buffer it came in, as long as no more than [`LENT_AWAY_MAX`] are away.

use crate::hands::Hands;

/// Octets of a buffer to receive into: a message of common size whole, so that it costs one call and no copy.
const LENT_OCTETS: usize = 64 * 1024;
/// Buffers kept for the next loan, the last used first; more of them come back only after a burst. Reason: as many as
/// the requests that one turn takes under load.
pub(crate) const LENT_KEPT_MAX: usize = 64;
/// Buffers that may be with requests that are not answered yet. Reason: 32 MiB a shard; beyond, bodies are copied into
/// as much memory as they need.
const LENT_AWAY_MAX: u32 = 512;

impl Hands {
    /// Lays in the buffers for loans, each of them touched, so that no turn waits for the kernel's pages.
    pub(crate) fn lay_in_buffers(&self) {
        let touched = std::iter::repeat_with(|| vec![1; LENT_OCTETS]);
        self.lent.borrow_mut().extend(touched.take(LENT_KEPT_MAX));
    }

    /// Lends a connection a buffer to receive into, if one is of use to it now.
    pub(crate) fn lend(&self, machine: &mut http1::Connection) {
        let buffer = self.lent.borrow_mut().pop();
        let may_leave = self.lent_away.get() < LENT_AWAY_MAX && !self.is_overloaded();
        if let Err(buffer) = machine.lend(buffer.unwrap_or_else(|| vec![0; LENT_OCTETS]), may_leave) {
            self.take_back(buffer);
        }
    }

    /// Takes the lent buffer back, unless the connection holds something unread in it.
    pub(crate) fn reclaim(&self, machine: &mut http1::Connection) {
        if let Some(buffer) = machine.reclaim() {
            self.take_back(buffer);
        }
    }

    /// Takes a buffer of this shard's or another's for the next loan.
    pub(crate) fn take_back(&self, buffer: Vec<u8>) {
        let mut lent = self.lent.borrow_mut();
        if lent.len() < LENT_KEPT_MAX && buffer.len() == LENT_OCTETS {
            lent.push(buffer);
        }
    }
}
