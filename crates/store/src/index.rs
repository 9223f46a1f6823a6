//! Finding entries of a [`Slab`](crate::slab::Slab) by a hash of what is in them: numbers only, and no key.
//!
//! One table that doubles would stall its core while it hashes ten million entries anew; this is many, of which an
//! insertion grows one at most. Invariants: an entry stands in one part, that of its hash; nothing touches another.

use hashbrown::HashTable;

/// Parts of an index. With ten million entries, growing one moves twenty thousand, about two milliseconds of misses;
/// more parts would cost more cache for their heads, of which each look-up reads one.
const PARTS: usize = 512;

/// The index.
#[derive(Debug)]
pub struct Index {
    parts: Box<[HashTable<u32>]>,
}

impl Default for Index {
    fn default() -> Index {
        Index {
            parts: std::iter::repeat_with(HashTable::new).take(PARTS).collect(),
        }
    }
}

impl Index {
    /// Adds an entry. `hash_of` gives the hash of any that was added before, by its number.
    pub fn insert(&mut self, hash: u64, number: u32, hash_of: impl Fn(u32) -> u64) {
        if let Some(part) = self.parts.get_mut(part(hash)) {
            part.insert_unique(hash, number, |&other| hash_of(other));
        }
    }

    /// An entry of this hash that matches.
    #[must_use]
    pub fn find(&self, hash: u64, matches: impl Fn(u32) -> bool) -> Option<u32> {
        let part = self.parts.get(part(hash))?;
        part.find(hash, |&number| matches(number)).copied()
    }

    /// All entries of this hash; a few others may be among them.
    pub fn of_hash(&self, hash: u64) -> impl Iterator<Item = u32> + '_ {
        let part = self.parts.get(part(hash)).into_iter();
        part.flat_map(move |part| part.iter_hash(hash).copied())
    }

    /// Takes an entry out, if it is in.
    pub fn remove(&mut self, hash: u64, number: u32) {
        let Some(part) = self.parts.get_mut(part(hash)) else {
            return;
        };
        if let Ok(entry) = part.find_entry(hash, |&other| other == number) {
            entry.remove();
        }
    }
}

/// The part of a hash: by bits that a part itself looks at last, the lowest and the seven highest being its own.
fn part(hash: u64) -> usize {
    (hash >> 40) as usize % PARTS
}

#[cfg(test)]
mod tests;
