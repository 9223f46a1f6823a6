//! Bodies at hand: the stored PDUs of the last messages accepted here, in the very buffers they were received into.
//!
//! Most messages are fetched seconds after they were sent; those never touch the disk again. Bounded in octets; the
//! oldest goes first.

use crate::delivery::Octets;
use base::MessageId;
use hashbrown::HashMap;
use std::collections::VecDeque;

/// The ring.
#[derive(Debug)]
pub struct Recent {
    bodies: HashMap<MessageId, Octets, ahash::RandomState>,
    order: VecDeque<(MessageId, u32)>,
    octets: usize,
    octets_max: usize,
}

impl Recent {
    /// A ring of at most so many octets, counted by the buffers' capacity.
    #[must_use]
    pub fn new(octets_max: usize) -> Recent {
        Recent {
            bodies: HashMap::default(),
            order: VecDeque::new(),
            octets: 0,
            octets_max,
        }
    }

    /// Octets held.
    #[must_use]
    pub fn octets(&self) -> usize {
        self.octets
    }

    /// Puts a body in, and the oldest ones out until it fits. One larger than the whole ring is not taken.
    pub fn insert(&mut self, message: MessageId, body: &Octets) {
        let size = body.capacity();
        let Ok(size_kept) = u32::try_from(size) else {
            return;
        };
        if size > self.octets_max {
            return;
        }
        while self.octets + size > self.octets_max {
            let Some((oldest, size)) = self.order.pop_front() else {
                break;
            };
            self.bodies.remove(&oldest);
            self.octets -= size as usize;
        }
        if self.bodies.insert(message, body.clone()).is_none() {
            self.order.push_back((message, size_kept));
            self.octets += size;
        }
    }

    /// A body, if it is still here.
    #[must_use]
    pub fn find(&self, message: MessageId) -> Option<&Octets> {
        self.bodies.get(&message)
    }
}

#[cfg(test)]
mod tests;
