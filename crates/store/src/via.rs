//! The way of a copy that another operator serves: which peer it goes to, and how often it was sent again.
//!
//! Such a copy has no retrieval URL, so its state record keeps this where others keep their token. Part of the on-disk
//! format. Invariant: the peer is known by the hash of its profile's name, so that reports find their copy whatever the
//! routes say by then.
//!
//! ```text
//!  octets 0..8   8        9       10       11
//!  peer          resends  steps   answer   refused
//! ```
//!
//! Steps are bits: 1 its route was looked up again, 2 its peer said Deferred, 4 that was told to who brought it. Before
//! the latter two were, the octet was 0 or 1; who knows the first alone takes any of them for it, which only spares a
//! second look-up.

use crate::record::FLAG_RELAYED;
use base::id::PARTITIONS;
use base::{Partition, ShardId, Token};
use xxhash_rust::xxh3::xxh3_64;

/// What stands for a peer in records and ids: XXH3-64 of its profile's name. Never changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PeerMark(pub u64);

impl PeerMark {
    /// Of a profile's name.
    #[must_use]
    pub fn of(name: &str) -> PeerMark {
        PeerMark(xxh3_64(name.as_bytes()))
    }

    /// The shard that keeps what operators did to it.
    #[must_use]
    pub fn home(self, shards: u16) -> ShardId {
        let index = self.0 % u64::from(PARTITIONS);
        Partition::new(index as u16).unwrap_or_default().home(shards)
    }

    /// What stands in transaction ids: its lower half.
    #[must_use]
    pub fn short(self) -> u32 {
        self.0 as u32
    }
}

const STEP_REROUTED: u8 = 1;
const STEP_DEFERRED: u8 = 1 << 1;
const STEP_DEFERRAL_TOLD: u8 = 1 << 2;

/// The way of a copy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Via {
    /// Whom it goes to.
    pub peer: PeerMark,
    /// How often it was sent again for want of a response.
    pub resends: u8,
    /// Its route was looked up a second time, after the first peer had said that it does not know the number.
    pub is_rerouted: bool,
    /// What it answered, as the octet of X-Mms-Response-Status; 0 where it has not, or Ok without more.
    pub answer: u8,
    /// The peer said Deferred of it: more follows later.
    pub is_deferred: bool,
    /// Who brought the message knows that.
    pub is_deferral_told: bool,
    /// Who brought the message was told so in our own response: it is as if this copy had never been taken.
    pub is_refused: bool,
}

impl Via {
    /// A first try.
    #[must_use]
    pub fn first(peer: PeerMark) -> Via {
        Via {
            peer,
            resends: 0,
            is_rerouted: false,
            answer: 0,
            is_deferred: false,
            is_deferral_told: false,
            is_refused: false,
        }
    }

    /// In the place of a token.
    #[must_use]
    pub fn to_token(self) -> Token {
        let mut octets = [0; 12];
        for (octet, of_peer) in octets.iter_mut().zip(self.peer.0.to_le_bytes()) {
            *octet = of_peer;
        }
        octets[8] = self.resends;
        let steps = [
            (self.is_rerouted, STEP_REROUTED),
            (self.is_deferred, STEP_DEFERRED),
            (self.is_deferral_told, STEP_DEFERRAL_TOLD),
        ];
        let taken = steps.iter().filter(|(is_taken, _)| *is_taken);
        octets[9] = taken.fold(0, |all, (_, step)| all | step);
        octets[10] = self.answer;
        octets[11] = u8::from(self.is_refused);
        Token(octets)
    }

    /// Of a copy with these flags and this token; nothing where nobody else serves it.
    #[must_use]
    pub fn of(flags: u16, token: Token) -> Option<Via> {
        let (peer, rest) = token.0.split_first_chunk::<8>()?;
        let steps = rest.get(1).copied().unwrap_or(0);
        (flags & FLAG_RELAYED != 0).then(|| Via {
            peer: PeerMark(u64::from_le_bytes(*peer)),
            resends: rest.first().copied().unwrap_or(0),
            is_rerouted: steps & STEP_REROUTED != 0,
            is_deferred: steps & STEP_DEFERRED != 0,
            is_deferral_told: steps & STEP_DEFERRAL_TOLD != 0,
            answer: rest.get(2).copied().unwrap_or(0),
            is_refused: rest.get(3).is_some_and(|&octet| octet != 0),
        })
    }
}

#[cfg(test)]
mod tests;
