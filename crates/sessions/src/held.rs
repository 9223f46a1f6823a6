//! Answers that wait until whoever connects behind them is known to be later than what they answer.
//!
//! Behind the log, before the sockets, on the owner's thread. The edge tells by the kernel's ticks whether a connection
//! or its address's session was first ([`apn::moment`]), and refuses where it can't; so a Start is answered some ticks
//! after it was applied. Invariants: answers leave in the order of their moments; nothing waits longer than the ticks
//! take; one that finds no room leaves at once, which costs its subscriber another connection at worst.

use apn::moment::tellable_at;
use base::Monotonic;
use std::collections::VecDeque;
use std::net::SocketAddr;

/// Answers that may wait: those of 40 ms at a million a second.
const HELD_MAX: usize = 1 << 16;

/// The longest that is waited before the clock is asked again: it stands still where no tick comes.
const WAIT_MS_MAX: u32 = 20;

/// The clock that goes with the kernel's ticks.
pub struct Ticks {
    /// CLOCK_MONOTONIC_COARSE: it counts from where [`crate::Clock`]'s monotonic one does.
    pub coarse: Box<dyn Fn() -> Monotonic + Send>,
    /// Milliseconds between two of its steps, rounded up.
    pub tick_ms: u32,
}

/// One answer.
#[derive(Debug)]
pub(crate) struct Answer {
    /// The place of its socket.
    pub(crate) seat: usize,
    pub(crate) to: SocketAddr,
    pub(crate) octets: Vec<u8>,
}

/// See the module's comment.
pub(crate) struct Held {
    ticks: Ticks,
    waiting: VecDeque<(Monotonic, Answer)>,
}

impl Held {
    pub(crate) fn new(ticks: Ticks) -> Held {
        Held {
            ticks,
            waiting: VecDeque::new(),
        }
    }

    /// Whether an answer to what was applied at this moment has to wait.
    pub(crate) fn must_wait(&self, applied: Monotonic) -> bool {
        self.waiting.len() < HELD_MAX && (self.ticks.coarse)() < tellable_at(applied, self.ticks.tick_ms)
    }

    /// Keeps it until it may leave.
    pub(crate) fn keep(&mut self, applied: Monotonic, answer: Answer) {
        let due = tellable_at(applied, self.ticks.tick_ms);
        self.waiting.push_back((due, answer));
    }

    /// The next answer that may leave.
    pub(crate) fn next(&mut self) -> Option<Answer> {
        let (due, _) = self.waiting.front()?;
        if (self.ticks.coarse)() < *due {
            return None;
        }
        self.waiting.pop_front().map(|(_, answer)| answer)
    }

    /// The next answer, whether it may leave or not.
    pub(crate) fn next_early(&mut self) -> Option<Answer> {
        self.waiting.pop_front().map(|(_, answer)| answer)
    }

    /// Milliseconds until the next answer may leave, or its tick begins at least; nothing where none waits.
    pub(crate) fn wait_ms(&self) -> Option<u32> {
        let (due, _) = self.waiting.front()?;
        let left_ms = due.since((self.ticks.coarse)());
        Some(u32::try_from(left_ms).unwrap_or(u32::MAX).clamp(1, WAIT_MS_MAX))
    }
}
