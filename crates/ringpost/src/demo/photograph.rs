//! The demo's photograph: a lake at evening, drawn octet by octet, and compressed as a camera would.
//!
//! So that no picture lies in the project. Invariant: the same picture each time, about 100 kB.

use jpeg_encoder::{ColorType, Encoder, EncodingError};
use std::io;

const WIDTH: u16 = 1_024;
const HEIGHT: u16 = 768;

/// Where the water begins, from the top.
const SHORE: f32 = 0.58;

/// Draws the picture and compresses it.
pub(super) fn jpeg() -> io::Result<Vec<u8>> {
    let mut pixels = Vec::with_capacity(usize::from(WIDTH) * usize::from(HEIGHT) * 3);
    for y in 0..HEIGHT {
        for x in 0..WIDTH {
            let colour = colour(f32::from(x) / f32::from(WIDTH), f32::from(y) / f32::from(HEIGHT));
            let grain = grain(x, y);
            pixels.extend(colour.map(|channel| (channel + grain).clamp(0.0, 255.0) as u8));
        }
    }
    let mut octets = Vec::new();
    let encoder = Encoder::new(&mut octets, 82);
    encoder
        .encode(&pixels, WIDTH, HEIGHT, ColorType::Rgb)
        .map_err(refused)?;
    Ok(octets)
}

fn refused(error: EncodingError) -> io::Error {
    io::Error::other(error.to_string())
}

/// Red, green and blue of a place, 0 to 255; both axes go from 0 to 1.
fn colour(x: f32, y: f32) -> [f32; 3] {
    if y < SHORE {
        return above(x, y / SHORE);
    }
    // The water shows what is above it, upside down, darker and stirred.
    let depth = (y - SHORE) / (1.0 - SHORE);
    let stir = (depth * 90.0 + (x * 23.0).sin() * 2.0).sin() * 0.012 * (0.3 + depth);
    let [red, green, blue] = above((x + stir).clamp(0.0, 1.0), 1.0 - depth * 0.9);
    let glitter = ((x * 410.0 + depth * 57.0).sin() * (depth * 300.0).sin())
        .max(0.0)
        .powi(6)
        * 60.0
        * near_sun(x);
    [
        red * 0.62 + glitter,
        green * 0.66 + glitter * 0.8,
        blue * 0.74 + glitter * 0.4,
    ]
}

/// Sky, sun and two ranges of hills.
fn above(x: f32, height: f32) -> [f32; 3] {
    let far = 0.80 + 0.06 * (x * 9.0).sin() + 0.03 * (x * 31.0 + 1.0).sin();
    let near = 0.90 + 0.05 * (x * 5.0 + 2.0).sin() + 0.015 * (x * 67.0).sin();
    if height > near {
        return [28.0, 34.0, 38.0];
    }
    if height > far {
        return [74.0, 70.0, 92.0];
    }
    let sky = [60.0 + 185.0 * height, 78.0 + 92.0 * height, 140.0 - 20.0 * height];
    let (dx, dy) = (x - 0.62, (height - 0.66) * 0.44);
    let distance = (dx * dx + dy * dy).sqrt();
    let sun = (1.0 - distance / 0.045).clamp(0.0, 1.0).sqrt() * 120.0 + (-distance * 9.0).exp() * 70.0;
    let cloud =
        ((x * 13.0 + height * 40.0).sin() + (x * 29.0 - height * 17.0).sin()).max(0.0) * 14.0 * height;
    [
        sky[0] + sun + cloud,
        sky[1] + sun * 0.85 + cloud * 0.8,
        sky[2] + sun * 0.4 + cloud,
    ]
}

fn near_sun(x: f32) -> f32 {
    (1.0 - (x - 0.62).abs() * 4.0).max(0.0)
}

/// A sensor's grain: the same at the same place.
fn grain(x: u16, y: u16) -> f32 {
    let mut hash = u32::from(x).wrapping_mul(0x9E37_79B1) ^ u32::from(y).wrapping_mul(0x85EB_CA77);
    hash ^= hash >> 15;
    hash = hash.wrapping_mul(0xC2B2_AE3D);
    hash ^= hash >> 13;
    f32::from((hash & 0xFF) as u8) / 255.0 * 9.0 - 4.5
}

#[cfg(test)]
mod tests;
