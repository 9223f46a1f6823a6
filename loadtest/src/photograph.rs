//! Photographs of a wanted size: a JPEG that decodes, filled up to the octet.
//!
//! For scenarios that name no file. Invariants: the result has exactly the octets that were asked for; from
//! [`JPEG_OCTETS_MIN`] on it is a valid JPEG (the rest of its size in comment segments, which decoders skip).

use crate::pace::Dice;
use jpeg_encoder::{ColorType, Encoder};

/// Below this no picture fits; such parts are noise, which is all that a size test needs.
pub const JPEG_OCTETS_MIN: usize = 900;
/// The longest comment segment (ITU-T T.81 B.2.4.5: two octets of length, which count themselves).
const COMMENT_OCTETS_MAX: usize = 65_533;

/// A photograph of exactly so many octets.
#[must_use]
pub fn of_octets(octets: usize, seed: u64) -> Vec<u8> {
    let mut best = None;
    // A picture of side × side takes some octets for each 8 × 8 block; the largest that fits is filled up.
    let (mut low, mut high) = (1_u16, 128_u16);
    while low <= high {
        let middle = low + (high - low) / 2;
        match picture(middle * 8, seed) {
            Some(jpeg) if jpeg.len() == octets || jpeg.len() + 4 <= octets => {
                best = Some(jpeg);
                low = middle + 1;
            }
            _ => high = middle - 1,
        }
    }
    match best {
        Some(jpeg) => filled(jpeg, octets, seed),
        None => noise(octets, seed),
    }
}

/// Octets that don't compress, and are the same for the same seed.
#[must_use]
pub fn noise(octets: usize, seed: u64) -> Vec<u8> {
    let mut dice = Dice::new(seed, u64::MAX);
    (0..octets).map(|_| dice.below(256) as u8).collect()
}

/// A landscape of soft hills and some grain.
fn picture(side: u16, seed: u64) -> Option<Vec<u8>> {
    let mut dice = Dice::new(seed, 1);
    let size = usize::from(side);
    let mut pixels = Vec::with_capacity(size * size * 3);
    for y in 0..size {
        for x in 0..size {
            let (u, v) = (x as f64 / size as f64, y as f64 / size as f64);
            let hill = 0.55 + 0.2 * (u * 7.0).sin() + 0.1 * (u * 17.0 + 1.0).cos();
            let grain = dice.below(24) as f64;
            let colour = if v < hill {
                [90.0, 150.0 - 60.0 * v, 220.0]
            } else {
                [60.0 + 80.0 * v, 120.0, 40.0]
            };
            pixels.extend(colour.map(|value| (value + grain).clamp(0.0, 255.0) as u8));
        }
    }
    let mut out = Vec::new();
    let encoder = Encoder::new(&mut out, 80);
    encoder.encode(&pixels, side, side, ColorType::Rgb).ok()?;
    Some(out)
}

/// Puts comment segments behind the first marker until the size is met.
fn filled(jpeg: Vec<u8>, octets: usize, seed: u64) -> Vec<u8> {
    let mut missing = octets - jpeg.len();
    let (start, rest) = jpeg.split_at(2.min(jpeg.len()));
    let mut out = Vec::with_capacity(octets);
    out.extend_from_slice(start);
    let filling = noise(missing, seed ^ 1);
    while missing > 0 {
        let mut segment = missing.min(COMMENT_OCTETS_MAX + 2);
        // What is left must be nothing, or room for a whole segment.
        if missing > segment && missing - segment < 4 {
            segment -= 4;
        }
        let length = segment - 2;
        out.extend_from_slice(&[0xFF, 0xFE, (length >> 8) as u8, length as u8]);
        out.extend_from_slice(filling.get(..segment - 4).unwrap_or_default());
        missing -= segment;
    }
    out.extend_from_slice(rest);
    out
}

#[cfg(test)]
mod tests;
