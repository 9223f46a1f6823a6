//! Buffers that connections receive heads into, in turn.
//!
//! Beside `hands`, for the edges. Invariant: a connection that holds nothing unread holds no buffer of the shard's.

use crate::hands::Hands;

/// Octets of a buffer to receive into: a message of common size whole, so that it costs one call and lies in the cache.
const LENT_OCTETS: usize = 64 * 1024;
/// Buffers kept for the next loan; more of them come back only after a burst of pipelining.
pub(crate) const LENT_KEPT_MAX: usize = 4;

impl Hands {
    /// Lends a connection a buffer to receive into, if one is of use to it now.
    pub(crate) fn lend(&self, machine: &mut http1::Connection) {
        let buffer = self.lent.borrow_mut().pop();
        if let Err(buffer) = machine.lend(buffer.unwrap_or_else(|| vec![0; LENT_OCTETS])) {
            self.keep(buffer);
        }
    }

    /// Takes the lent buffer back, unless the connection holds something unread in it.
    pub(crate) fn reclaim(&self, machine: &mut http1::Connection) {
        if let Some(buffer) = machine.reclaim() {
            self.keep(buffer);
        }
    }

    fn keep(&self, buffer: Vec<u8>) {
        let mut lent = self.lent.borrow_mut();
        if lent.len() < LENT_KEPT_MAX {
            lent.push(buffer);
        }
    }
}
