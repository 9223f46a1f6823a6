//! The source of chance: ChaCha8 by seed and number.
//!
//! Everything random in a fuzzer comes from here. Invariant: two dice of the same seed and number roll the same, and
//! those of other numbers are unrelated, so that one execution is repeated without those before it.

use rand_chacha::ChaCha8Rng;
use rand_core::{RngCore, SeedableRng};

/// Pseudo-random numbers of one execution.
#[derive(Clone, Debug)]
pub struct Dice(ChaCha8Rng);

impl Dice {
    /// The dice of an execution.
    #[must_use]
    pub fn new(seed: u64, execution: u64) -> Self {
        let mut generator = ChaCha8Rng::seed_from_u64(seed);
        generator.set_stream(execution);
        Self(generator)
    }

    /// 64 bits.
    pub fn roll(&mut self) -> u64 {
        self.0.next_u64()
    }

    /// Eight bits.
    pub fn octet(&mut self) -> u8 {
        self.0.next_u32() as u8
    }

    /// A number below `bound`; 0 for a bound of 0. The bias for bounds that are no power of two is of no matter here.
    pub fn below(&mut self, bound: usize) -> usize {
        ((u128::from(self.roll()) * bound as u128) >> 64) as usize
    }

    /// Whether one in `odds` comes up.
    pub fn one_in(&mut self, odds: usize) -> bool {
        self.below(odds) == 0
    }

    /// One of these; `None` when there are none.
    pub fn pick<'a, T>(&mut self, from: &'a [T]) -> Option<&'a T> {
        from.get(self.below(from.len()))
    }

    /// The value, in half of the cases.
    pub fn maybe<T>(&mut self, value: T) -> Option<T> {
        self.one_in(2).then_some(value)
    }

    /// Up to so many arbitrary octets.
    pub fn noise(&mut self, octets_max: usize) -> Vec<u8> {
        let mut bytes = vec![0; self.below(octets_max.saturating_add(1))];
        self.0.fill_bytes(&mut bytes);
        bytes
    }

    /// Up to so many printable octets, now and then one above 0x7F.
    pub fn text(&mut self, octets_max: usize) -> Vec<u8> {
        let mut bytes = self.noise(octets_max);
        for octet in &mut bytes {
            *octet = if *octet > 0xFA {
                *octet
            } else {
                0x20 + *octet % 0x5F
            };
        }
        bytes
    }

    /// A number with a random count of significant bits, so that small ones and edges are as likely as large ones.
    pub fn number(&mut self) -> u64 {
        let bits = self.below(65) as u32;
        let number = self.roll().checked_shr(64 - bits).unwrap_or(0);
        match self.below(8) {
            0 => number.wrapping_add(1),
            1 => 1_u64.checked_shl(bits).unwrap_or(0).wrapping_sub(1),
            _ => number,
        }
    }
}
