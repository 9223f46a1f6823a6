//! Bodies on their way to another operator: kept for the moments between their record and their mail.
//!
//! Within the ring of recent bodies, which bounds it. Invariants: a body goes with the mail that its last copy is in,
//! or when it has stayed too long to be leaving at once; the order never holds more than came in that time.

use super::STAY_MS_MIN;
use crate::delivery::Octets;
use base::{MessageId, Monotonic};
use hashbrown::HashMap;
use std::collections::VecDeque;

/// What leaves.
#[derive(Debug, Default)]
pub(super) struct Leaving {
    /// With the copies that no mail has been written for.
    bodies: HashMap<MessageId, (Octets, u16), ahash::RandomState>,
    order: VecDeque<(MessageId, Monotonic)>,
    octets: usize,
}

impl Leaving {
    /// Octets held.
    pub(super) fn octets(&self) -> usize {
        self.octets
    }

    /// Lets go what has stayed for too long.
    pub(super) fn let_go(&mut self, now: Monotonic) {
        while let Some((message, _)) = self.order.pop_front_if(|(_, since)| is_over(*since, now)) {
            self.remove(message);
        }
    }

    pub(super) fn insert(&mut self, message: MessageId, body: &Octets, copies: u16, now: Monotonic) {
        if self.bodies.insert(message, (body.clone(), copies)).is_none() {
            self.octets += body.capacity();
            self.order.push_back((message, now));
        }
    }

    pub(super) fn take(&mut self, message: MessageId, copies: usize) -> Option<Octets> {
        let (body, left) = self.bodies.get_mut(&message)?;
        *left = left.saturating_sub(u16::try_from(copies).unwrap_or(u16::MAX));
        let (body, is_last) = (body.clone(), *left == 0);
        if is_last {
            self.remove(message);
        }
        Some(body)
    }

    fn remove(&mut self, message: MessageId) {
        if let Some((body, _)) = self.bodies.remove(&message) {
            self.octets -= body.capacity();
        }
    }
}

fn is_over(since: Monotonic, now: Monotonic) -> bool {
    now.0.saturating_sub(since.0) >= STAY_MS_MIN
}
