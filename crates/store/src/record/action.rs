//! What an operator did to another operator's MMSC: the record of an action.
//!
//! Stands in the journal of the peer's home alone ([`PeerMark::home`]), so an action is there or it is not; what holds
//! is told to the other shards. Invariants: the numbers of one peer's actions rise, over starts and other shard counts
//! too, so the latest of them that changes how the peer is sent to is the one that holds; that one is never let go.

use super::{KIND_ACTION, Unreadable};
use crate::via::PeerMark;
use rkyv::rancor::Failure;
use rkyv::util::AlignedVec;
use rkyv::{Archive, Serialize};

/// Header of the record of an action.
#[derive(Archive, Serialize, Debug, Clone, PartialEq, Eq)]
pub struct Action {
    /// Of the actions on one peer the latest has the highest.
    pub number: u64,
    /// Seconds since 1970.
    pub at: u32,
    /// [`Doing::to_octet`].
    pub doing: u8,
    /// Name of the peer's profile.
    pub peer: String,
    /// Who did it, as they said.
    pub by: String,
    /// Where they did it from: the address that the request came from.
    pub from: String,
    /// Why, in their words; may be empty.
    pub reason: String,
}

codec!(Action, ArchivedAction, KIND_ACTION);

/// What can be done to a peer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Doing {
    /// Nothing is sent to it until it is released.
    Hold,
    /// It is sent to as its profile says.
    Release,
    /// What was accepted by then goes out, what comes later waits until it is released.
    Drain,
    /// What waits for another try is tried at once.
    Retry,
}

impl Doing {
    /// All of them.
    pub const ALL: [Doing; 4] = [Doing::Hold, Doing::Release, Doing::Drain, Doing::Retry];

    /// As it is stored.
    #[must_use]
    pub fn to_octet(self) -> u8 {
        match self {
            Doing::Hold => 1,
            Doing::Release => 2,
            Doing::Drain => 3,
            Doing::Retry => 4,
        }
    }

    /// From its stored form.
    #[must_use]
    pub fn from_octet(octet: u8) -> Option<Doing> {
        Doing::ALL.into_iter().find(|doing| doing.to_octet() == octet)
    }

    /// As operators write it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Doing::Hold => "hold",
            Doing::Release => "release",
            Doing::Drain => "drain",
            Doing::Retry => "retry",
        }
    }

    /// Of its name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Doing> {
        Doing::ALL.into_iter().find(|doing| doing.name() == name)
    }

    /// Whether it holds until another comes; a retry is over when it is done.
    #[must_use]
    pub fn lasts(self) -> bool {
        self != Doing::Retry
    }
}

impl Action {
    /// Whom it is about.
    #[must_use]
    pub fn mark(&self) -> PeerMark {
        PeerMark::of(&self.peer)
    }

    /// What was done; nothing where a later version wrote it.
    #[must_use]
    pub fn done(&self) -> Option<Doing> {
        Doing::from_octet(self.doing)
    }
}

impl ArchivedAction {
    /// As a value; allocates.
    #[must_use]
    pub fn to_native(&self) -> Action {
        Action {
            number: self.number.to_native(),
            at: self.at.to_native(),
            doing: self.doing,
            peer: self.peer.as_str().to_owned(),
            by: self.by.as_str().to_owned(),
            from: self.from.as_str().to_owned(),
            reason: self.reason.as_str().to_owned(),
        }
    }
}
