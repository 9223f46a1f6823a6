//! Whether a shard that is behind takes something new: by how long things wait, not by how many there are.
//!
//! Asked by the shard when a request's turn has come, and told once a turn how long things wait: what the request at
//! the front has waited, and the age of the oldest append that is not on disk. A queue that is long for a moment is a
//! burst, and is served; a delay that has not once been short for a whole interval is a standing queue, and then what
//! waited longer than the target is refused instead of served. So the queue stays as long as the target, the server
//! never idles, and what it takes is answered in time; the reasoning is that of controlled delay (RFC 8289), with
//! refusals where a router drops. Pure: times come in, a verdict goes out.
//!
//! Invariants: nothing that waited longer than the patience is taken, standing queue or not; within the target
//! everything is taken; what settles an earlier promise (retrievals, responses, reports) is not asked about at all.

use base::Monotonic;
use profile::Overload;

/// How a request stands to what was promised before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rank {
    /// It ends something: a retrieval, a response, an acknowledgement, a read report. Refusing it makes more work.
    Settles,
    /// It begins something: a submission, a forwarding.
    Begins,
}

/// What is known of the delay of one shard.
#[derive(Clone, Copy, Debug, Default)]
pub struct Shed {
    /// Since when the delay has not been short.
    long_since: Option<Monotonic>,
    is_standing: bool,
    is_behind: bool,
}

impl Shed {
    /// The delay at this moment, milliseconds: the wait of the request at the front and the age of the oldest append
    /// that is not durable, together; zero where there are none.
    pub fn observe(&mut self, now: Monotonic, delay_ms: u64, limits: &Overload) {
        let target_ms = u64::from(limits.target_ms);
        self.is_behind = delay_ms > target_ms / 2;
        // Refusing holds the delay at the target; below half of it, there is nothing to be held.
        let short_ms = if self.is_standing {
            target_ms / 2
        } else {
            target_ms
        };
        if delay_ms <= short_ms {
            self.long_since = None;
            self.is_standing = false;
            return;
        }
        let since = *self.long_since.get_or_insert(now);
        self.is_standing |= now.since(since) >= u64::from(limits.interval_ms);
    }

    /// Whether the queue is a standing one: what is new and late is refused.
    #[must_use]
    pub fn is_standing(&self) -> bool {
        self.is_standing
    }

    /// Whether the delay is such that who comes next may be refused for it: new connections are better left to the
    /// kernel for a while. At half the target, so that who is let in is served; a refusal costs nearly as much. The
    /// part of the disk counts, since a shard without time is also late to hear what its disk has done.
    #[must_use]
    pub fn is_behind(&self) -> bool {
        self.is_behind
    }

    /// The longest delay, milliseconds, with which something new is taken now.
    #[must_use]
    pub fn delay_ms_max(&self, limits: &Overload) -> u64 {
        u64::from(if self.is_standing {
            limits.target_ms
        } else {
            limits.patience_ms
        })
    }

    /// Whether a request is taken that would have waited so long, the disk's delay included.
    #[must_use]
    pub fn takes(&self, rank: Rank, delay_ms: u64, limits: &Overload) -> bool {
        rank == Rank::Settles || delay_ms <= self.delay_ms_max(limits)
    }
}

#[cfg(test)]
mod tests;
