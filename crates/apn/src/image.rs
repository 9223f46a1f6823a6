//! The map as octets: frames of one size that make a snapshot and the log behind it.
//!
//! Between the feed and its owner, who writes them to files off the datapath and gives them back at the next start.
//! A frame holds the whole state of one address, so that replaying is taking the last one of each; a snapshot is
//! frames of all addresses, made piecemeal while the log goes on. Invariants: each frame has a checksum; reading stops
//! at the first one that is not whole, and says where; pure.
//!
//! ```text
//!  0  magic "rS"  version  kind | 4 realm  bits  state | 8 address (16) | 24 session | 32 previous
//! 40 previous kind, RAT known, RAT, 0 | 44 began min, max, last, heard (4 each) | 60 PLMN
//! 64 MSISDN | 72 IMSI | 80 IMEISV | 88 access server, two hashes | 104 seconds | 108 generation (8)
//! 116 zeros | 124 CRC-32C
//! ```

use crate::accounting::SessionName;
use crate::address::Key;
use crate::order::Previous;
use crate::subscriber::{Facts, Imeisv, Imsi, Plmn};
use crate::table::Generation;
use base::{Msisdn, WallSeconds};

/// Octets of a frame: a quarter of a disk's sector, so that none lies in two.
pub const FRAME_OCTETS: usize = 128;

const MAGIC: [u8; 2] = *b"rS";
const VERSION: u8 = 1;
const SUM_AT: usize = FRAME_OCTETS - 4;

/// What an address's state is when saved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum SavedState {
    /// A session holds it.
    Held = 1,
    /// Two claim it; the frame of the other follows.
    Contested = 2,
    /// Its session has ended.
    Ended = 3,
    /// The second of two claims.
    Rival = 4,
}

/// One claim to an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Saved {
    /// Which address.
    pub key: Key,
    /// What of it.
    pub state: SavedState,
    /// Whose session.
    pub session: SessionName,
    /// The one before.
    pub previous: Previous,
    /// See [`crate::order::Life`].
    pub began_s_min: u32,
    /// See [`crate::order::Life`].
    pub began_s_max: u32,
    /// See [`crate::order::Life`].
    pub last_s: u32,
    /// When it was last heard of, by this server's wall clock.
    pub heard: WallSeconds,
    /// Of whom.
    pub facts: Facts,
    /// The access server: hashes of its identifier and of its address.
    pub nas: [u64; 2],
    /// Which binding it is, with its moment; 0 in frames of programs that did not keep it.
    pub generation: Generation,
}

/// What a frame says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Frame {
    /// The state of an address, or the second part of it.
    Claim(Saved),
    /// Sessions whose last moment is not later were forgotten.
    Forgotten(u32),
    /// The writer of the log lived at this moment of its wall clock.
    Alive(WallSeconds),
    /// An access server was cleared at this second.
    Cleared {
        /// Hashes of its identifier and of its address.
        nas: [u64; 2],
        /// Seconds, by the access server.
        at_s: u32,
    },
}

impl Frame {
    /// As octets.
    #[must_use]
    pub fn encode(&self) -> [u8; FRAME_OCTETS] {
        let mut octets = [0; FRAME_OCTETS];
        put(&mut octets, 0, MAGIC);
        put(&mut octets, 2, [VERSION]);
        match self {
            Frame::Claim(saved) => {
                put(&mut octets, 3, [1]);
                encode_claim(saved, &mut octets);
            }
            Frame::Forgotten(at_s) => {
                put(&mut octets, 3, [2]);
                put(&mut octets, 104, at_s.to_le_bytes());
            }
            Frame::Alive(at) => {
                put(&mut octets, 3, [4]);
                put(&mut octets, 104, at.0.to_le_bytes());
            }
            Frame::Cleared { nas, at_s } => {
                put(&mut octets, 3, [3]);
                put(&mut octets, 88, nas[0].to_le_bytes());
                put(&mut octets, 96, nas[1].to_le_bytes());
                put(&mut octets, 104, at_s.to_le_bytes());
            }
        }
        let sum = crc32c::crc32c(octets.get(..SUM_AT).unwrap_or_default());
        put(&mut octets, SUM_AT, sum.to_le_bytes());
        octets
    }

    /// Reads what [`Frame::encode`] wrote; `None` for anything else.
    #[must_use]
    pub fn decode(octets: &[u8; FRAME_OCTETS]) -> Option<Frame> {
        let sum = u32::from_le_bytes(take(octets, SUM_AT)?);
        let [kind] = take(octets, 3)?;
        let sound = take(octets, 0)? == MAGIC
            && take(octets, 2)? == [VERSION]
            && sum == crc32c::crc32c(octets.get(..SUM_AT)?);
        if !sound {
            return None;
        }
        let nas = [u64_at(octets, 88)?, u64_at(octets, 96)?];
        match kind {
            1 => decode_claim(octets, nas).map(Frame::Claim),
            2 => Some(Frame::Forgotten(u32_at(octets, 104)?)),
            3 => Some(Frame::Cleared {
                nas,
                at_s: u32_at(octets, 104)?,
            }),
            4 => Some(Frame::Alive(WallSeconds(u32_at(octets, 104)?))),
            _ => None,
        }
    }
}

/// Walks the frames of a file, up to the first that is not whole.
#[derive(Clone, Debug)]
pub struct Frames<'b> {
    rest: &'b [u8],
    offset: usize,
}

impl<'b> Frames<'b> {
    /// Of these octets.
    #[must_use]
    pub fn new(octets: &'b [u8]) -> Frames<'b> {
        Frames {
            rest: octets,
            offset: 0,
        }
    }

    /// Where the walk stands; at its end, where the first octet is that is no whole frame. A log is cut there.
    #[must_use]
    pub fn offset(&self) -> usize {
        self.offset
    }
}

impl Iterator for Frames<'_> {
    type Item = Frame;

    fn next(&mut self) -> Option<Frame> {
        let (octets, rest) = self.rest.split_first_chunk::<FRAME_OCTETS>()?;
        let frame = Frame::decode(octets)?;
        self.rest = rest;
        self.offset += FRAME_OCTETS;
        Some(frame)
    }
}

fn encode_claim(saved: &Saved, octets: &mut [u8; FRAME_OCTETS]) {
    let facts = &saved.facts;
    let (previous_kind, previous) = match saved.previous {
        Previous::Unknown => (0, 0),
        Previous::Ended(session) => (1, session.0),
        Previous::Displaced(session) => (2, session.0),
    };
    put(octets, 4, saved.key.realm().0.to_le_bytes());
    put(octets, 6, [saved.key.bits(), saved.state as u8]);
    put(octets, 8, saved.key.mapped().to_le_bytes());
    put(octets, 24, saved.session.0.to_le_bytes());
    put(octets, 32, previous.to_le_bytes());
    put(
        octets,
        40,
        [
            previous_kind,
            u8::from(facts.rat.is_some()),
            facts.rat.unwrap_or(0),
        ],
    );
    let seconds = [saved.began_s_min, saved.began_s_max, saved.last_s, saved.heard.0];
    for (at, value) in [44, 48, 52, 56].into_iter().zip(seconds) {
        put(octets, at, value.to_le_bytes());
    }
    put(
        octets,
        60,
        (facts.sgsn.map_or(0, Plmn::bits) as u32).to_le_bytes(),
    );
    let words = [
        facts.msisdn.map_or(0, Msisdn::digits),
        facts.imsi.map_or(0, Imsi::bits),
        facts.imeisv.map_or(0, Imeisv::bits),
        saved.nas[0],
        saved.nas[1],
        saved.generation.0,
    ];
    for (at, value) in [64, 72, 80, 88, 96, 108].into_iter().zip(words) {
        put(octets, at, value.to_le_bytes());
    }
}

fn decode_claim(octets: &[u8; FRAME_OCTETS], nas: [u64; 2]) -> Option<Saved> {
    let [bits, state] = take(octets, 6)?;
    let [previous_kind, rat_known, rat] = take(octets, 40)?;
    let previous = SessionName(u64_at(octets, 32)?);
    Some(Saved {
        key: Key::from_parts(
            u16::from_le_bytes(take(octets, 4)?),
            bits,
            u128::from_le_bytes(take(octets, 8)?),
        )?,
        state: match state {
            1 => SavedState::Held,
            2 => SavedState::Contested,
            3 => SavedState::Ended,
            4 => SavedState::Rival,
            _ => return None,
        },
        session: SessionName(u64_at(octets, 24)?),
        previous: match previous_kind {
            0 => Previous::Unknown,
            1 => Previous::Ended(previous),
            2 => Previous::Displaced(previous),
            _ => return None,
        },
        began_s_min: u32_at(octets, 44)?,
        began_s_max: u32_at(octets, 48)?,
        last_s: u32_at(octets, 52)?,
        heard: WallSeconds(u32_at(octets, 56)?),
        facts: Facts {
            msisdn: Msisdn::from_bits(u64_at(octets, 64)?),
            imsi: Imsi::from_bits(u64_at(octets, 72)?),
            imeisv: Imeisv::from_bits(u64_at(octets, 80)?),
            sgsn: Plmn::from_bits(u64::from(u32_at(octets, 60)?)),
            rat: (rat_known != 0).then_some(rat),
        },
        nas,
        generation: Generation(u64_at(octets, 108)?),
    })
}

fn put<const N: usize>(octets: &mut [u8; FRAME_OCTETS], at: usize, value: [u8; N]) {
    if let Some(place) = octets.get_mut(at..at + N) {
        place.copy_from_slice(&value);
    }
}

fn take<const N: usize>(octets: &[u8; FRAME_OCTETS], at: usize) -> Option<[u8; N]> {
    octets.get(at..)?.first_chunk::<N>().copied()
}

fn u32_at(octets: &[u8; FRAME_OCTETS], at: usize) -> Option<u32> {
    take(octets, at).map(u32::from_le_bytes)
}

fn u64_at(octets: &[u8; FRAME_OCTETS], at: usize) -> Option<u64> {
    take(octets, at).map(u64::from_le_bytes)
}

#[cfg(test)]
mod tests;
