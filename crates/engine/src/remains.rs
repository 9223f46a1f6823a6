//! What a shard still has under way: told by name when a drain has run out of its time.
//!
//! Between a shard's census and the operator. Invariants: a shard is quiet exactly when nothing remains; no number and
//! no content is in here, only counts and the address of one peer.

use base::ShardId;
use shard::UnderWay;
use std::fmt;
use std::net::SocketAddr;

/// What a connection waits for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Waits {
    /// Octets of its peer: a request that has not come whole, or the peer's end after the last answer.
    #[default]
    Octets,
    /// The answer of a shard.
    Answer,
    /// Room in the kernel for an answer: the peer does not read.
    Room,
    /// The peer's acknowledgement of an answer.
    Acknowledgement,
    /// The end of a pause after a refusal.
    Pause,
}

impl Waits {
    /// In a sentence.
    #[must_use]
    pub fn text(self) -> &'static str {
        match self {
            Waits::Octets => "waits for octets",
            Waits::Answer => "waits for its answer",
            Waits::Room => "waits until its peer reads",
            Waits::Acknowledgement => "waits until its peer has everything",
            Waits::Pause => "waits to be read again after a refusal",
        }
    }
}

/// One shard's unfinished work.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Remains {
    /// Whose.
    pub shard: ShardId,
    /// It has not said what it has: its thread is stuck, or gets no processor.
    pub is_silent: bool,
    /// Listeners that may still give a connection.
    pub listeners: u32,
    /// Open connections.
    pub connections: u32,
    /// One of them: its peer, and what it waits for.
    pub connection: Option<(SocketAddr, Waits)>,
    /// Inputs that wait for a turn.
    pub inputs: u32,
    /// Links to SMSCs and gateways that have not ended.
    pub links: u32,
    /// Disk operations.
    pub disk: u32,
    /// In the brain.
    pub brain: UnderWay,
}

impl Remains {
    /// Nothing is left of this shard.
    #[must_use]
    pub fn nothing(shard: ShardId) -> Remains {
        Remains {
            shard,
            ..Remains::default()
        }
    }

    /// A shard that does not answer.
    #[must_use]
    pub fn silent(shard: ShardId) -> Remains {
        Remains {
            is_silent: true,
            ..Remains::nothing(shard)
        }
    }

    /// Whether the shard is quiet.
    #[must_use]
    pub fn is_nothing(&self) -> bool {
        *self == Remains::nothing(self.shard)
    }
}

impl fmt::Display for Remains {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "shard {}: ", self.shard.0)?;
        if self.is_silent {
            return f.write_str("it does not answer");
        }
        let mut before = "";
        let brain = &self.brain;
        for (count, what) in [
            (self.listeners, "listeners"),
            (self.connections, "connections"),
            (self.inputs, "inputs"),
            (self.links, "links"),
            (self.disk, "disk operations"),
            (brain.requests, "requests"),
            (brain.undurable, "appends not on disk"),
            (brain.jobs, "fetches"),
            (brain.mails, "mails between shards"),
            (brain.relays, "mails to other operators"),
            (u32::from(brain.log), "log not written to its end"),
        ] {
            if count == 0 {
                continue;
            }
            write!(f, "{before}{count} {what}")?;
            before = ", ";
            if what == "connections"
                && let Some((peer, waits)) = self.connection
            {
                write!(f, " ({peer} {})", waits.text())?;
            }
        }
        if before.is_empty() {
            f.write_str("nothing")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
