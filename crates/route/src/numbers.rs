//! A table from whole numbers to codes, eight octets a slot: ten million ported numbers in about 107 MB.
//!
//! Filled once, then only read; the ground of `ported` and of overrides. A slot holds the number, mixed, in its upper
//! 50 bits and the code in its lower 14; 0 is empty. Invariants: slots that are filled are sorted by the mixed number,
//! so a number that is not there is known at the first greater one; the slot behind the last filled one is empty.

use base::Msisdn;

/// Bits of a number: 15 digits (ITU-T E.164 §6.2.1) are less than 2^50.
const NUMBER_BITS: u32 = 50;
const NUMBER_MASK: u64 = (1 << NUMBER_BITS) - 1;
const CODE_BITS: u32 = u64::BITS - NUMBER_BITS;

/// Slots kept empty at most, of four: three quarters full, a look-up reads one or two cache lines.
const FILLED_OF_FOUR: usize = 3;

const _: () = assert!(
    10_u64.pow(base::number::E164_DIGITS_MAX as u32) <= 1 << NUMBER_BITS,
    "a number fits"
);

/// What a number leads to: 1 to [`Code::MAX`]; its meaning is the owner's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Code(u16);

impl Code {
    /// The greatest: 14 bits.
    pub const MAX: u16 = (1 << CODE_BITS) - 1;

    /// A code, if it is in range.
    #[must_use]
    pub const fn new(code: u16) -> Option<Code> {
        match code {
            1..=Code::MAX => Some(Code(code)),
            _ => None,
        }
    }

    /// 1 to [`Code::MAX`].
    #[must_use]
    pub const fn value(self) -> u16 {
        self.0
    }
}

/// A number and its code on the way into a table: eight octets.
#[derive(Clone, Copy, Debug)]
pub struct Row(u64);

impl Row {
    /// Packs both.
    #[must_use]
    pub fn new(number: Msisdn, code: Code) -> Row {
        Row(mixed(number.digits()) << CODE_BITS | u64::from(code.0))
    }
}

/// A look-up whose first slot is on its way from memory.
#[derive(Clone, Copy, Debug)]
pub struct Begun {
    wanted: u64,
    home: usize,
    first: u64,
}

/// The table.
#[derive(Clone, Debug, Default)]
pub struct Numbers {
    slots: Box<[u64]>,
    homes: u64,
    count: usize,
}

impl Numbers {
    /// Makes it of rows in their order: a later row of the same number wins.
    #[must_use]
    pub fn new(rows: &[Row]) -> Numbers {
        if rows.is_empty() {
            return Numbers::default();
        }
        let homes = (rows.len() / FILLED_OF_FOUR * 4).max(rows.len()) + 4;
        // Room behind the last home for those that are pushed on; more is added where that is not enough.
        let mut slots = vec![0; homes + 64];
        let mut count = 0;
        for row in rows {
            count += usize::from(insert(&mut slots, homes as u64, row.0));
        }
        Numbers {
            slots: slots.into_boxed_slice(),
            homes: homes as u64,
            count,
        }
    }

    /// The code of a number.
    #[must_use]
    #[inline]
    pub fn code(&self, number: Msisdn) -> Option<Code> {
        self.finish(self.begin(number))
    }

    /// Asks memory for the slot where a number begins to be looked for. It is far away in a large table: what the
    /// caller does before [`Numbers::finish`] costs nothing beside that.
    #[must_use]
    #[inline]
    pub fn begin(&self, number: Msisdn) -> Begun {
        let wanted = mixed(number.digits());
        let home = home(wanted, self.homes);
        // The load is not moved down to where it is used; nothing waits for it until then.
        let first = std::hint::black_box(self.slots.get(home).copied().unwrap_or(0));
        Begun { wanted, home, first }
    }

    /// The code of the number that was begun with, in the same table.
    #[must_use]
    #[inline]
    pub fn finish(&self, begun: Begun) -> Option<Code> {
        let mut slot = begun.first;
        let mut at = begun.home;
        loop {
            let found = slot >> CODE_BITS;
            if found >= begun.wanted || slot == 0 {
                let code = (slot & u64::from(Code::MAX)) as u16;
                return if found == begun.wanted {
                    Code::new(code)
                } else {
                    None
                };
            }
            at += 1;
            slot = *self.slots.get(at)?;
        }
    }

    /// Numbers in it.
    #[must_use]
    pub fn count(&self) -> usize {
        self.count
    }

    /// Octets of memory that it takes.
    #[must_use]
    pub fn octets(&self) -> usize {
        size_of_val(&*self.slots)
    }
}

/// Puts a slot in its place; whether the number was not there before.
fn insert(slots: &mut Vec<u64>, homes: u64, new: u64) -> bool {
    let wanted = new >> CODE_BITS;
    let mut carried = new;
    let mut at = home(wanted, homes);
    loop {
        // The slot behind the last one stays empty.
        if at + 1 >= slots.len() {
            slots.resize(slots.len() + 64, 0);
        }
        let Some(slot) = slots.get_mut(at) else {
            return false;
        };
        if *slot == 0 {
            *slot = carried;
            return true;
        }
        if carried == new && *slot >> CODE_BITS == wanted {
            *slot = new;
            return false;
        }
        if *slot > carried {
            std::mem::swap(slot, &mut carried);
        }
        at += 1;
    }
}

/// The first slot where a mixed number may stand: the greater the number, the later.
#[inline]
fn home(mixed: u64, homes: u64) -> usize {
    ((u128::from(mixed << CODE_BITS) * u128::from(homes)) >> 64) as usize
}

/// Spreads neighbouring numbers over all of the table: shifts and odd factors, each of which can be undone, so that
/// two numbers never become one. The factors are the odd parts of the golden ratio and of its square, in 50 bits.
#[inline]
fn mixed(number: u64) -> u64 {
    let mut x = number & NUMBER_MASK;
    x ^= x >> 25;
    x = x.wrapping_mul(0x9E37_79B9_7F4A_7C15) & NUMBER_MASK;
    x ^= x >> 25;
    x = x.wrapping_mul(0xC2B2_AE3D_27D4_EB4F) & NUMBER_MASK;
    x ^ x >> 25
}

#[cfg(test)]
mod tests;
