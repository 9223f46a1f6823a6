//! Waits that grow and are spread: for links, for throttled SMSCs, for refused segments.
//!
//! A pure function and a small generator for its noise. Invariant: a wait lies between half its size and its size,
//! and its size doubles from the least to the most. The noise is not secret, so its seed may be any.

use base::Monotonic;

/// The wait before try `attempt` (from 0), in milliseconds: `least` doubled so often, at most `most`, of which the
/// second half is spread by `noise`.
#[must_use]
pub fn wait_ms(attempt: u32, least: u32, most: u32, noise: u32) -> u64 {
    let factor = 1_u64.checked_shl(attempt.min(32)).unwrap_or(u64::MAX);
    let size = u64::from(least).saturating_mul(factor).min(u64::from(most));
    let half = size / 2;
    let spread = u64::from(noise).saturating_mul(size.saturating_sub(half)) >> 32;
    half.saturating_add(spread)
}

/// The time so many milliseconds after `at`; the end of time instead of its beginning.
#[must_use]
pub fn after(at: Monotonic, wait_ms: impl Into<u64>) -> Monotonic {
    Monotonic(at.0.saturating_add(wait_ms.into()))
}

/// SplitMix64 (Steele, Lea, Flood 2014): a counter through a mixing function.
#[derive(Debug, Clone)]
pub struct Noise(u64);

impl Noise {
    /// From the caller's entropy.
    #[must_use]
    pub const fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// The next 32 bits.
    pub fn draw(&mut self) -> u32 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        u32::try_from((mixed ^ (mixed >> 31)) >> 32).unwrap_or(u32::MAX)
    }
}
