//! A table of entries by number that never moves them and never doubles: chunks of fixed size, and a free list.
//!
//! A `Vec` that doubles would hold up to twice what it needs and stall its core while it copies ten million entries;
//! this one grows by a chunk. Invariant: a number is given again only after its entry was removed.

/// Entries of a chunk: 4,096 × 72 octets is about a huge page's seventh, and a chunk costs one allocation.
const CHUNK: usize = 4_096;

/// The table.
#[derive(Debug)]
pub struct Slab<T> {
    chunks: Vec<Box<[Option<T>]>>,
    free: Vec<u32>,
    fresh: u32,
    len: u32,
}

impl<T> Default for Slab<T> {
    fn default() -> Slab<T> {
        Slab {
            chunks: Vec::new(),
            free: Vec::new(),
            fresh: 0,
            len: 0,
        }
    }
}

impl<T> Slab<T> {
    /// Entries in it.
    #[must_use]
    pub fn len(&self) -> u32 {
        self.len
    }

    /// Whether it is empty.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// One more than the highest number ever given: the bound of a sweep.
    #[must_use]
    pub fn bound(&self) -> u32 {
        self.fresh
    }

    /// Puts an entry in and gives its number.
    pub fn insert(&mut self, entry: T) -> u32 {
        let number = self.free.pop().unwrap_or_else(|| {
            let number = self.fresh;
            self.fresh = self.fresh.saturating_add(1);
            number
        });
        let (chunk, place) = split(number);
        if chunk == self.chunks.len() {
            self.chunks
                .push(std::iter::repeat_with(|| None).take(CHUNK).collect());
        }
        if let Some(slot) = self.chunks.get_mut(chunk).and_then(|chunk| chunk.get_mut(place)) {
            *slot = Some(entry);
            self.len += 1;
        }
        number
    }

    /// The entry of this number.
    #[must_use]
    #[inline]
    pub fn get(&self, number: u32) -> Option<&T> {
        let (chunk, place) = split(number);
        self.chunks.get(chunk)?.get(place)?.as_ref()
    }

    /// The entry of this number, to change.
    #[inline]
    pub fn get_mut(&mut self, number: u32) -> Option<&mut T> {
        let (chunk, place) = split(number);
        self.chunks.get_mut(chunk)?.get_mut(place)?.as_mut()
    }

    /// Takes an entry out.
    pub fn remove(&mut self, number: u32) -> Option<T> {
        let (chunk, place) = split(number);
        let entry = self.chunks.get_mut(chunk)?.get_mut(place)?.take()?;
        self.free.push(number);
        self.len -= 1;
        Some(entry)
    }
}

fn split(number: u32) -> (usize, usize) {
    (number as usize / CHUNK, number as usize % CHUNK)
}

#[cfg(test)]
mod tests;
