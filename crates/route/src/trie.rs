//! Longest prefix of digits: a trie of two digits a step.
//!
//! Filled once, then only read; the ground of ranges and of overrides by range. An entry is nothing, a prefix, or
//! another node; what a shorter prefix leads to is written into every entry behind it, so that a walk ends at its
//! answer: four loads for a prefix of eight digits. Invariants: node 0 is the root and behind no entry; a number is
//! walked with zeros behind its last digit, so a prefix that is longer than the number itself is no answer.

use crate::numbers::Code;
use base::Msisdn;
use base::number::E164_DIGITS_MAX;

/// Entries of a node: one for each two digits.
const FAN: usize = 100;
/// Steps of a walk over the 16 digits that hold any number.
const STEPS: usize = E164_DIGITS_MAX.div_ceil(2);
/// Marks an entry that is a prefix: its digits stand above its code.
const LEAF: u32 = 1 << 31;
/// Where a prefix's digits stand in its entry: above the 14 bits of a code.
const DIGITS_SHIFT: u32 = 16;

/// Ten to the power of the place.
const POWERS: [u64; 17] = {
    let mut powers = [1; 17];
    let mut at = 1;
    while at < powers.len() {
        powers[at] = powers[at - 1] * 10;
        at += 1;
    }
    powers
};

/// A prefix that was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Longest {
    /// What it leads to.
    pub code: Code,
    /// How many digits it has.
    pub digits: u8,
}

/// A prefix: its digits as a number, how many there are, and what it leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Prefix {
    digits: u8,
    value: u64,
    code: Code,
}

/// The trie.
#[derive(Clone, Debug)]
pub struct Trie {
    entries: Vec<u32>,
    /// By number of digits, then by value: for numbers that are shorter than the prefix at their place.
    prefixes: Vec<Prefix>,
}

impl Default for Trie {
    fn default() -> Trie {
        Trie::new(std::iter::empty())
    }
}

impl Trie {
    /// Makes it of prefixes: 1 to 15 digits, not beginning with 0; others are passed over, which the settings rule
    /// out. Of two that are the same the later one counts.
    #[must_use]
    pub fn new<'a>(prefixes: impl IntoIterator<Item = (&'a str, Code)>) -> Trie {
        let mut list: Vec<Prefix> = Vec::new();
        for (text, code) in prefixes {
            let is_prefix = (1..=E164_DIGITS_MAX).contains(&text.len())
                && text.bytes().all(|c| c.is_ascii_digit())
                && !text.starts_with('0');
            if let (true, Ok(value)) = (is_prefix, text.parse()) {
                let digits = text.len() as u8;
                list.push(Prefix { digits, value, code });
            }
        }
        // Shorter ones first, so that longer ones overwrite them. The sort keeps the order of equal ones.
        list.sort_by_key(|prefix| (prefix.digits, prefix.value));
        let mut trie = Trie {
            entries: vec![0; FAN],
            prefixes: Vec::new(),
        };
        for prefix in &list {
            trie.insert(*prefix);
        }
        list.reverse();
        list.dedup_by_key(|prefix| (prefix.digits, prefix.value));
        list.reverse();
        trie.prefixes = list;
        trie
    }

    fn insert(&mut self, prefix: Prefix) {
        let pairs = pairs(prefix.value * POWERS[16 - usize::from(prefix.digits)]);
        let whole_steps = usize::from(prefix.digits.div_ceil(2)) - 1;
        let mut node = 0;
        for pair in &pairs[..whole_steps] {
            node = self.below(node * FAN + usize::from(*pair));
        }
        let first = node * FAN + usize::from(pairs[whole_steps]);
        // The half of a step stands for ten entries.
        let count = if prefix.digits.is_multiple_of(2) { 1 } else { 10 };
        let leaf = LEAF | u32::from(prefix.digits) << DIGITS_SHIFT | u32::from(prefix.code.value());
        for entry in self.entries.iter_mut().skip(first).take(count) {
            *entry = leaf;
        }
    }

    /// The node behind an entry; made of what the entry was, where there is none.
    fn below(&mut self, at: usize) -> usize {
        let entry = self.entries.get(at).copied().unwrap_or(0);
        if entry != 0 && entry & LEAF == 0 {
            return entry as usize;
        }
        let node = self.entries.len() / FAN;
        self.entries.resize(self.entries.len() + FAN, entry);
        if let Some(place) = self.entries.get_mut(at) {
            *place = node as u32;
        }
        node
    }

    /// The longest prefix of a number.
    #[must_use]
    #[inline]
    pub fn longest(&self, number: Msisdn) -> Option<Longest> {
        let digits = digits(number.digits());
        let pairs = pairs(number.digits() * POWERS[16 - digits]);
        let mut node = 0;
        for pair in pairs {
            let entry = *self.entries.get(node * FAN + usize::from(pair))?;
            if entry & LEAF != 0 || entry == 0 {
                let code = Code::new((entry & u32::from(Code::MAX)) as u16)?;
                let found = (entry & !LEAF) >> DIGITS_SHIFT;
                return match found as usize <= digits {
                    true => Some(Longest {
                        code,
                        digits: found as u8,
                    }),
                    false => self.longest_of_short(number.digits(), digits),
                };
            }
            node = entry as usize;
        }
        None
    }

    /// The same for a number that is shorter than the prefix at its place: one search for each length.
    #[cold]
    fn longest_of_short(&self, number: u64, digits: usize) -> Option<Longest> {
        (1..=digits).rev().find_map(|length| {
            let wanted = (length as u8, number / POWERS[digits - length]);
            let at = self
                .prefixes
                .binary_search_by_key(&wanted, |prefix| (prefix.digits, prefix.value));
            let prefix = self.prefixes.get(at.ok()?)?;
            let (code, digits) = (prefix.code, prefix.digits);
            Some(Longest { code, digits })
        })
    }

    /// Prefixes in it.
    #[must_use]
    pub fn count(&self) -> usize {
        self.prefixes.len()
    }

    /// Octets of memory that it takes.
    #[must_use]
    pub fn octets(&self) -> usize {
        size_of_val(&*self.entries) + size_of_val(&*self.prefixes)
    }
}

/// How many digits a number has.
#[inline]
fn digits(number: u64) -> usize {
    number
        .checked_ilog10()
        .map_or(1, |power| power as usize + 1)
        .min(16)
}

/// 16 digits, two by two. Divisions by constants, none of which waits for another.
#[inline]
fn pairs(aligned: u64) -> [u8; STEPS] {
    const HALF: u64 = 100_000_000;
    let (upper, lower) = ((aligned / HALF) as u32, (aligned % HALF) as u32);
    let of = |half: u32, divisor: u32| (half / divisor % 100) as u8;
    [
        of(upper, 1_000_000),
        of(upper, 10_000),
        of(upper, 100),
        of(upper, 1),
        of(lower, 1_000_000),
        of(lower, 10_000),
        of(lower, 100),
        of(lower, 1),
    ]
}

#[cfg(test)]
mod tests;
