//! The timer wheel: one timer for each copy that waits, ten million of them, without an allocation.
//!
//! A tick is 100 ms since the start of the process. Six levels of 64 slots cover every `u32`; the links lie in the
//! copies themselves ([`store::Links`]). Setting, moving and taking out are a handful of writes.
//!
//! Invariant: a copy set for tick `t` stands at the level of the highest six-bit group in which `t` differs from the
//! current tick, in the slot that this group of `t` names; so its place is known without being stored.

use base::Monotonic;
use store::{NONE, Recipients};

/// Milliseconds of a tick.
pub const TICK_MS: u64 = 100;

const LEVELS: usize = 6;
const SLOTS: usize = 64;

/// The tick at or after a point in time.
#[must_use]
pub fn tick_at(time: Monotonic) -> u32 {
    u32::try_from(time.0.div_ceil(TICK_MS)).unwrap_or(u32::MAX)
}

/// The wheel.
#[derive(Debug)]
pub struct Wheel {
    current: u32,
    count: u32,
    heads: [[u32; SLOTS]; LEVELS],
    occupied: [u64; LEVELS],
}

impl Wheel {
    /// An empty wheel at a tick.
    #[must_use]
    pub fn new(current: u32) -> Wheel {
        Wheel {
            current,
            count: 0,
            heads: [[NONE; SLOTS]; LEVELS],
            occupied: [0; LEVELS],
        }
    }

    /// The tick it stands at.
    #[must_use]
    pub fn current(&self) -> u32 {
        self.current
    }

    /// Sets the timer of a copy for a tick, the next one at the earliest; an earlier setting is replaced.
    pub fn set(&mut self, copies: &mut Recipients, number: u32, tick: u32) {
        self.clear(copies, number);
        self.link(copies, number, tick.max(self.current.saturating_add(1)));
        self.count += 1;
    }

    /// Takes the timer of a copy out, if it is set.
    pub fn clear(&mut self, copies: &mut Recipients, number: u32) {
        let Some(copy) = copies.get_mut(number) else {
            return;
        };
        let links = std::mem::take(&mut copy.timer);
        if links.at == 0 {
            return;
        }
        self.count -= 1;
        if let Some(next) = copies.get_mut(links.next) {
            next.timer.previous = links.previous;
        }
        if let Some(previous) = copies.get_mut(links.previous) {
            previous.timer.next = links.next;
            return;
        }
        let (level, slot) = self.place(links.at);
        self.heads[level][slot] = links.next;
        if links.next == NONE {
            self.occupied[level] &= !(1 << slot);
        }
    }

    /// Moves on to a tick and appends every copy whose timer came to `fired`, earliest first.
    pub fn advance(&mut self, copies: &mut Recipients, to: u32, fired: &mut impl Extend<u32>) {
        while self.current < to {
            if self.count == 0 {
                self.current = to;
                return;
            }
            self.current += 1;
            for level in (1..LEVELS).rev() {
                if self.current.trailing_zeros() >= 6 * level as u32 {
                    self.cascade(copies, level);
                }
            }
            self.expire(copies, fired);
        }
    }

    /// A tick not later than the next that fires; `None` when no timer is set.
    #[must_use]
    pub fn next_tick(&self) -> Option<u32> {
        if self.count == 0 {
            return None;
        }
        for level in 0..LEVELS {
            let shift = 6 * level as u32;
            let group = (self.current >> shift) & 63;
            // Slots behind the current one; at the last group there is nothing behind.
            let ahead = self.occupied[level].checked_shr(group + 1).unwrap_or(0);
            if ahead != 0 {
                let slot = u64::from(group + 1 + ahead.trailing_zeros());
                let above = u64::from(self.current) >> shift >> 6 << 6;
                return Some(u32::try_from((above | slot) << shift).unwrap_or(u32::MAX));
            }
        }
        None
    }

    fn place(&self, at: u32) -> (usize, usize) {
        let differs = (at ^ self.current) | 1;
        let level = (31 - differs.leading_zeros()) as usize / 6;
        (level, (at >> (6 * level)) as usize & (SLOTS - 1))
    }

    fn link(&mut self, copies: &mut Recipients, number: u32, at: u32) {
        let (level, slot) = self.place(at);
        let head = self.heads[level][slot];
        if let Some(first) = copies.get_mut(head) {
            first.timer.previous = number;
        }
        if let Some(copy) = copies.get_mut(number) {
            copy.timer.at = at;
            copy.timer.previous = NONE;
            copy.timer.next = head;
        }
        self.heads[level][slot] = number;
        self.occupied[level] |= 1 << slot;
    }

    fn unhook(&mut self, level: usize) -> u32 {
        let slot = (self.current >> (6 * level)) as usize & (SLOTS - 1);
        self.occupied[level] &= !(1 << slot);
        std::mem::replace(&mut self.heads[level][slot], NONE)
    }

    fn cascade(&mut self, copies: &mut Recipients, level: usize) {
        let mut number = self.unhook(level);
        while let Some(copy) = copies.get(number) {
            let links = copy.timer;
            self.link(copies, number, links.at);
            number = links.next;
        }
    }

    fn expire(&mut self, copies: &mut Recipients, fired: &mut impl Extend<u32>) {
        let mut number = self.unhook(0);
        while let Some(copy) = copies.get_mut(number) {
            let links = std::mem::take(&mut copy.timer);
            self.count -= 1;
            fired.extend([number]);
            number = links.next;
        }
    }
}

#[cfg(test)]
mod tests;
