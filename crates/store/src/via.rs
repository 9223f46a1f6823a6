//! The way of a copy that another operator serves: which peer it goes to, and how often it was sent again.
//!
//! Such a copy has no retrieval URL, so its state record keeps this where others keep their token. Part of the on-disk
//! format. Invariant: the peer is known by the hash of its profile's name, so that reports find their copy whatever the
//! routes say by then.
//!
//! ```text
//!  octets 0..8   8        9          10       11
//!  peer          resends  rerouted   answer   refused
//! ```

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
        octets[9] = u8::from(self.is_rerouted);
        octets[10] = self.answer;
        octets[11] = u8::from(self.is_refused);
        Token(octets)
    }

    /// Of a copy with these flags and this token; nothing where nobody else serves it.
    #[must_use]
    pub fn of(flags: u16, token: Token) -> Option<Via> {
        let (peer, rest) = token.0.split_first_chunk::<8>()?;
        (flags & FLAG_RELAYED != 0).then(|| Via {
            peer: PeerMark(u64::from_le_bytes(*peer)),
            resends: rest.first().copied().unwrap_or(0),
            is_rerouted: rest.get(1).is_some_and(|&octet| octet != 0),
            answer: rest.get(2).copied().unwrap_or(0),
            is_refused: rest.get(3).is_some_and(|&octet| octet != 0),
        })
    }
}

#[cfg(test)]
mod tests;
