//! One record of the map: eight atomic words under a version.
//!
//! Under `table`. The writer takes the version away, writes the words and puts the next version; a reader takes what it
//! read only if the version was the same before and after. Invariants: one writer; versions of a record only grow; a
//! record is written as a whole only while it is not published, and its state and its last moment by one store each.

use crate::address::Key;
use crate::subscriber::{Facts, Imeisv, Imsi, Plmn};
use crate::table::{Binding, Generation, Session};
use base::Msisdn;
use std::sync::atomic::{AtomicU64, Ordering, fence};

/// What a record is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum State {
    /// Not published.
    Free = 0,
    /// One session holds the address.
    Held = 1,
    /// Two claim it; the other is a `Rival`.
    Contested = 2,
    /// It was held and is not.
    Ended = 3,
    /// The second claim to a contested address: not in the index.
    Rival = 4,
}

const STATE_BITS: u32 = 3;
const STATE_MASK: u64 = (1 << STATE_BITS) - 1;
const GENERATION_BITS: u32 = 48;
const NUMBER_MASK: u64 = (1 << 50) - 1;
const RAT_SHIFT: u32 = 50;
const RAT_KNOWN: u64 = 1 << 58;
const IMSI_MASK: u64 = (1 << 54) - 1;
const PLMN_MASK: u64 = 0xFFFF_FFFF;

impl State {
    fn of(word: u64) -> State {
        match word & STATE_MASK {
            1 => State::Held,
            2 => State::Contested,
            3 => State::Ended,
            4 => State::Rival,
            _ => State::Free,
        }
    }
}

/// What a record says, all of one moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Image {
    pub(crate) state: State,
    pub(crate) key: Key,
    pub(crate) generation: Generation,
    pub(crate) facts: Facts,
    pub(crate) last_s: u32,
}

impl Image {
    pub(crate) fn session(&self) -> Session {
        Session {
            binding: Binding {
                key: self.key,
                generation: self.generation,
            },
            facts: self.facts,
            last_s: self.last_s,
        }
    }

    fn words(&self) -> [u64; 7] {
        let address = self.key.mapped();
        let rat = self
            .facts
            .rat
            .map_or(0, |rat| RAT_KNOWN | u64::from(rat) << RAT_SHIFT);
        let imsi = self.facts.imsi.map_or(0, Imsi::bits);
        let plmn = self.facts.sgsn.map_or(0, Plmn::bits) & PLMN_MASK;
        [
            (address >> 64) as u64,
            address as u64,
            self.generation.0 << 16 | u64::from(self.key.realm().0),
            self.facts.msisdn.map_or(0, Msisdn::digits) | rat,
            imsi | u64::from(self.key.bits()) << 54,
            self.facts.imeisv.map_or(0, Imeisv::bits),
            u64::from(self.last_s) << 32 | plmn,
        ]
    }

    fn of(state: State, words: [u64; 7]) -> Option<Image> {
        let [high, low, generation, number, imsi, imeisv, last] = words;
        let address = u128::from(high) << 64 | u128::from(low);
        Some(Image {
            state,
            key: Key::from_parts(generation as u16, (imsi >> 54) as u8, address)?,
            generation: Generation(generation >> 16),
            facts: Facts {
                msisdn: Msisdn::from_bits(number & NUMBER_MASK),
                imsi: Imsi::from_bits(imsi & IMSI_MASK),
                imeisv: Imeisv::from_bits(imeisv),
                sgsn: Plmn::from_bits(last & PLMN_MASK),
                rat: (number & RAT_KNOWN != 0).then_some((number >> RAT_SHIFT) as u8),
            },
            last_s: (last >> 32) as u32,
        })
    }
}

// 50 bits hold 15 digits, and 48 bits the milliseconds of 34 years, each with its count.
const _: () = assert!(10_u64.pow(15) < NUMBER_MASK && GENERATION_BITS + 16 == 64);

/// One cache line.
#[derive(Debug, Default)]
#[repr(align(64))]
pub(crate) struct Record {
    version: AtomicU64,
    words: [AtomicU64; 7],
}

impl Record {
    /// What it says; `None` while it is written.
    #[inline]
    pub(crate) fn read(&self) -> Option<Image> {
        let before = self.version.load(Ordering::Acquire);
        if before == 0 {
            return None;
        }
        let words =
            std::array::from_fn(|at| self.words.get(at).map_or(0, |word| word.load(Ordering::Relaxed)));
        // The words' loads must not be put behind that of the version.
        fence(Ordering::Acquire);
        if self.version.load(Ordering::Relaxed) != before {
            return None;
        }
        Image::of(State::of(before), words)
    }

    /// Writes all of it, while it is not published.
    pub(crate) fn write(&self, image: &Image) {
        let version = self.version_next();
        // Released, so that who sees it gone sees that its slot points elsewhere, and looks again there.
        self.version.store(0, Ordering::Release);
        // No word may be seen to change before the version is gone.
        fence(Ordering::Release);
        for (word, value) in self.words.iter().zip(image.words()) {
            word.store(value, Ordering::Relaxed);
        }
        self.version
            .store(version << STATE_BITS | image.state as u64, Ordering::Release);
    }

    /// Changes its state alone.
    pub(crate) fn put_state(&self, state: State) {
        let version = self.version_next();
        self.version
            .store(version << STATE_BITS | state as u64, Ordering::Release);
    }

    fn version_next(&self) -> u64 {
        (self.version.load(Ordering::Relaxed) >> STATE_BITS).wrapping_add(1)
    }

    /// Moves its last moment alone.
    pub(crate) fn put_last(&self, last_s: u32) {
        let [.., word] = &self.words;
        let plmn = word.load(Ordering::Relaxed) & PLMN_MASK;
        word.store(u64::from(last_s) << 32 | plmn, Ordering::Relaxed);
    }
}
