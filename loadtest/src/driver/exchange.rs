//! One request and its answer, as an actor sees them.
//!
//! Between [`super::Driver`] and the actors. Invariants: every [`Ask`] is concluded exactly once; its times are
//! due ≤ sent ≤ done.

use std::collections::VecDeque;
use std::sync::Arc;

/// A request that somebody wants to make.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ask {
    /// Which of the driver's targets.
    pub target: u8,
    /// What the actor knows it by.
    pub token: u64,
    /// When it is to be sent: latency counts from here.
    pub due_ns: u64,
}

/// What an actor wants done.
#[derive(Debug, Default)]
pub struct Desk {
    pub(super) asks: VecDeque<Ask>,
    pub(super) wakes: Vec<(u64, u64)>,
}

impl Desk {
    /// Asks for an exchange, as soon as a connection is free.
    pub fn ask(&mut self, ask: Ask) {
        self.asks.push_back(ask);
    }

    /// Asks for [`super::Actor::woken`] with this token at a time.
    pub fn wake(&mut self, at_ns: u64, token: u64) {
        self.wakes.push((at_ns, token));
    }

    /// A request that never got a connection has ended.
    pub(super) fn give_up(
        &mut self,
        ask: &Ask,
        failure: Failure,
        now_ns: u64,
        actor: &mut impl super::Actor,
    ) {
        let times = Times {
            due_ns: ask.due_ns,
            sent_ns: now_ns,
            done_ns: now_ns,
        };
        actor.concluded(ask.token, Outcome::Failed(failure), times, self);
    }

    /// Takes the asks, for who drives an actor without sockets.
    pub fn take_asks(&mut self) -> VecDeque<Ask> {
        std::mem::take(&mut self.asks)
    }

    /// Takes the wakes: time and token.
    pub fn take_wakes(&mut self) -> Vec<(u64, u64)> {
        std::mem::take(&mut self.wakes)
    }
}

/// How a request leaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Pace {
    /// In one go.
    #[default]
    Whole,
    /// In pieces of so many octets with so many nanoseconds between them: a phone at the cell's edge.
    Slow {
        /// Octets of a piece.
        piece_octets: u32,
        /// Nanoseconds between two.
        gap_ns: u64,
    },
    /// So many octets, then a reset: a phone that loses its radio.
    CutAt(u32),
    /// So many octets (the head), the rest after 100, or after a second without one (RFC 9110 §10.1.1).
    Hold(u32),
}

/// What stands behind the front that an actor composed, and how all of it is sent.
#[derive(Clone, Debug, Default)]
pub struct Shape {
    /// Sent from where it lies.
    pub body: Option<Arc<[u8]>>,
    /// Behind the body.
    pub tail: &'static [u8],
    /// How it leaves.
    pub pace: Pace,
    /// Whether the connection ends after the answer.
    pub is_last: bool,
}

/// An answer, in the receive buffer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Answer<'a> {
    /// HTTP status.
    pub status: u16,
    /// Status line and fields.
    pub head: &'a [u8],
    /// The body.
    pub body: &'a [u8],
}

impl<'a> Answer<'a> {
    /// A field's value, by its name in any case.
    #[must_use]
    pub fn field(&self, name: &str) -> Option<&'a [u8]> {
        self.head.split(|octet| *octet == b'\n').find_map(|line| {
            let (found, value) = line.split_at_checked(name.len())?;
            let value = value.strip_prefix(b":")?;
            found
                .eq_ignore_ascii_case(name.as_bytes())
                .then(|| value.trim_ascii())
        })
    }
}

/// Why there is no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Failure {
    /// No connection could be made.
    Unreachable,
    /// The connection ended within the exchange.
    Broken,
    /// Nothing came in the time allowed.
    Silent,
    /// What came is not HTTP.
    Malformed,
    /// The request was cut off by us, as the scenario wants.
    Cut,
    /// It waited for a connection too long, or too many did already.
    Held,
}

/// How an exchange ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome<'a> {
    /// With an answer.
    Answered(Answer<'a>),
    /// Without.
    Failed(Failure),
}

/// When what happened, in nanoseconds of the run's clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Times {
    /// When it was to be sent.
    pub due_ns: u64,
    /// When it was given to the kernel.
    pub sent_ns: u64,
    /// When its answer was there whole.
    pub done_ns: u64,
}

impl Times {
    /// Latency from the intended send: what a phone waits.
    #[must_use]
    pub fn corrected_ns(&self) -> u64 {
        self.done_ns.saturating_sub(self.due_ns)
    }

    /// Latency from the actual send, which leaves out what the driver was kept from sending.
    #[must_use]
    pub fn uncorrected_ns(&self) -> u64 {
        self.done_ns.saturating_sub(self.sent_ns)
    }
}
