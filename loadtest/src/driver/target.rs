//! Where requests go, and the connections that stand there.
//!
//! Under [`super::Driver`]. Invariants: never more connections than the target allows; waiting requests are
//! bounded; the patience of a target is one value, so its deadlines come in the order in which requests were sent.

use super::exchange::Ask;
use std::collections::VecDeque;
use std::net::SocketAddr;
use std::time::Duration;

/// Requests that may wait for a connection: 10 s of the fastest schedule. Beyond it they fail, and are counted.
const WAITING_MAX: usize = 1 << 20;

/// A server's listener.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Target {
    /// Where it listens.
    pub address: SocketAddr,
    /// Connections that may stand at a time.
    pub connections_max: u32,
    /// How long an answer is waited for.
    pub patience: Duration,
}

/// A target's connections and those who wait for one.
#[derive(Debug)]
pub(super) struct Pool {
    pub(super) address: SocketAddr,
    pub(super) idle: Vec<u32>,
    pub(super) open: u32,
    pub(super) opening: u32,
    pub(super) waiting: VecDeque<Ask>,
    connections_max: u32,
    patience_ns: u64,
    deadlines: VecDeque<(u64, u32, u32)>,
}

impl Pool {
    pub(super) fn new(target: &Target) -> Pool {
        Pool {
            address: target.address,
            idle: Vec::new(),
            open: 0,
            opening: 0,
            waiting: VecDeque::new(),
            connections_max: target.connections_max,
            patience_ns: target.patience.as_nanos() as u64,
            deadlines: VecDeque::new(),
        }
    }

    pub(super) fn may_open(&self) -> bool {
        self.open < self.connections_max
    }

    pub(super) fn is_full_of_waiting(&self) -> bool {
        self.waiting.len() >= WAITING_MAX
    }

    /// The next request that was due longer ago than an answer is waited for, and has no connection yet.
    pub(super) fn held_too_long(&mut self, now_ns: u64) -> Option<Ask> {
        let oldest_ns = now_ns.saturating_sub(self.patience_ns);
        self.waiting.pop_front_if(|ask| ask.due_ns < oldest_ns)
    }

    /// Remembers when the answer to a request is given up.
    pub(super) fn watch(&mut self, sent_ns: u64, slot: u32, serial: u32) {
        self.deadlines
            .push_back((sent_ns + self.patience_ns, slot, serial));
    }

    pub(super) fn next_deadline_ns(&self) -> Option<u64> {
        self.deadlines.front().map(|(at_ns, ..)| *at_ns)
    }

    /// The next request that was waited for long enough, whether or not it was answered.
    pub(super) fn expired(&mut self, now_ns: u64) -> Option<(u32, u32)> {
        let (at_ns, slot, serial) = *self.deadlines.front()?;
        (at_ns <= now_ns).then(|| {
            self.deadlines.pop_front();
            (slot, serial)
        })
    }
}
