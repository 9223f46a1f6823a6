//! The mutator: damages a valid input in the ways that parsers get wrong.
//!
//! Between a format's `make` and the check. It knows no format itself: where lengths stand, which octets mean
//! something and how checksums are put right comes from [`Format`]. Invariants: the result is at most
//! `format.octets_max` long; the number of operations is bounded.

use super::{Dice, Format, Layout};

/// Operations on one input, at most: more make noise of it.
const OPERATIONS_MAX: usize = 6;

/// One input in this many stays as it was made, so that the valid paths are checked, too.
const UNTOUCHED_ODDS: usize = 12;

/// One input in this many is mere noise.
const NOISE_ODDS: usize = 40;

/// Octets at which binary formats change their mind: ends of the length, text, short-integer and uintvar ranges.
const EDGES: &[u8] = &[
    0x00, 0x01, 0x1E, 0x1F, 0x20, 0x22, 0x7F, 0x80, 0x81, 0x84, 0xEA, 0xFE, 0xFF,
];

/// Makes the input of an execution.
pub(super) fn input(format: &Format, dice: &mut Dice) -> Vec<u8> {
    if dice.one_in(NOISE_ODDS) {
        return dice.noise(format.octets_max.min(256));
    }
    let mut bytes = (format.make)(dice);
    if !dice.one_in(UNTOUCHED_ODDS) {
        for _ in 0..=dice.below(OPERATIONS_MAX) {
            operation(format, dice, &mut bytes);
        }
        (format.repair)(dice, &mut bytes);
    }
    bytes.truncate(format.octets_max);
    bytes
}

fn operation(format: &Format, dice: &mut Dice, bytes: &mut Vec<u8>) {
    match dice.below(14) {
        0 | 1 => flip(dice, bytes),
        2 => set_edge(dice, bytes),
        3..=5 => (format.edit_length)(dice, bytes),
        6 => overwrite(dice, bytes, format.tokens),
        7 if dice.one_in(2) => cut(dice, bytes),
        7 | 8 => splice(format, dice, bytes),
        _ if format.layout == Layout::Blocks => in_place(dice, bytes),
        9 => insert(dice, bytes, |dice| {
            dice.pick(format.tokens).map(|token| token.to_vec())
        }),
        10 => insert(dice, bytes, |dice| dice.pick(EDGES).map(|&edge| vec![edge])),
        11 => insert(dice, bytes, |dice| Some(dice.noise(16))),
        12 => remove(dice, bytes),
        _ => repeat(dice, bytes),
    }
}

fn cut(dice: &mut Dice, bytes: &mut Vec<u8>) {
    let keep = dice.below(bytes.len().saturating_add(1));
    bytes.truncate(keep);
}

/// Octets of a disk sector and of a page: what a disk writes, loses or puts in the wrong place as a whole.
const BLOCKS: &[usize] = &[512, 4096];

/// Zeros, fills or moves a range that begins and ends where a disk would.
fn in_place(dice: &mut Dice, bytes: &mut [u8]) {
    let block = dice.pick(BLOCKS).copied().unwrap_or(1);
    let blocks = bytes.len().div_ceil(block);
    let (from, to) = (dice.below(blocks) * block, dice.below(blocks) * block);
    let octets = block * (1 + dice.below(3));
    let range = |start: usize| start..start.saturating_add(octets).min(bytes.len());
    let (source, target) = (range(from), range(to));
    match dice.below(4) {
        0 => bytes.get_mut(target).unwrap_or_default().fill(0),
        1 => bytes.get_mut(target).unwrap_or_default().fill(dice.octet()),
        _ => {
            let moved = source.start..source.start + source.len().min(target.len());
            bytes.copy_within(moved, target.start);
        }
    }
}

fn flip(dice: &mut Dice, bytes: &mut [u8]) {
    let at = dice.below(bytes.len());
    let bit = dice.below(8);
    if let Some(octet) = bytes.get_mut(at) {
        *octet ^= 1 << bit;
    }
}

fn set_edge(dice: &mut Dice, bytes: &mut [u8]) {
    let at = dice.below(bytes.len());
    if let (Some(octet), Some(&edge)) = (bytes.get_mut(at), dice.pick(EDGES)) {
        *octet = edge;
    }
}

fn insert(dice: &mut Dice, bytes: &mut Vec<u8>, what: impl Fn(&mut Dice) -> Option<Vec<u8>>) {
    let at = dice.below(bytes.len().saturating_add(1));
    if let Some(piece) = what(dice) {
        bytes.splice(at..at, piece);
    }
}

fn overwrite(dice: &mut Dice, bytes: &mut [u8], tokens: &[&[u8]]) {
    let at = dice.below(bytes.len());
    let Some(token) = dice.pick(tokens) else { return };
    if let Some(target) = bytes.get_mut(at..at.saturating_add(token.len())) {
        target.copy_from_slice(token);
    }
}

/// A range of up to `octets_max` octets of the input.
fn range(dice: &mut Dice, bytes: &[u8], octets_max: usize) -> std::ops::Range<usize> {
    let start = dice.below(bytes.len());
    let octets = dice.below(octets_max).saturating_add(1);
    start..start.saturating_add(octets).min(bytes.len())
}

fn remove(dice: &mut Dice, bytes: &mut Vec<u8>) {
    let octets_max = if dice.one_in(4) { bytes.len() } else { 4 };
    bytes.drain(range(dice, bytes, octets_max));
}

/// Puts a piece of the input a second time, right behind itself or anywhere.
fn repeat(dice: &mut Dice, bytes: &mut Vec<u8>) {
    let from = range(dice, bytes, 64);
    let at = if dice.one_in(2) {
        from.end
    } else {
        dice.below(bytes.len().saturating_add(1))
    };
    let piece = bytes.get(from).map(<[u8]>::to_vec).unwrap_or_default();
    let times = if dice.one_in(16) { 32 } else { 1 };
    bytes.splice(at..at, piece.repeat(times));
}

/// The head of this input before the tail of another.
fn splice(format: &Format, dice: &mut Dice, bytes: &mut Vec<u8>) {
    let other = (format.make)(dice);
    let keep = dice.below(bytes.len().saturating_add(1));
    // Often at the same place, which formats that speak of positions want.
    let from = if dice.one_in(2) {
        keep.min(other.len())
    } else {
        dice.below(other.len().saturating_add(1))
    };
    bytes.truncate(keep);
    bytes.extend_from_slice(other.get(from..).unwrap_or_default());
}
