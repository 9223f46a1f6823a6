//! Octets within the buffer that they were received into: what is handed on instead of a copy.
//!
//! From the edge to the journal. A receive brings a head and a body in one call, so a body rarely begins where its
//! buffer does. Invariants: nothing outside the octets is ever shown; a parcel that is only a part of its buffer gives
//! the buffer back whole when it is done with, initialised as it was, to be received into again.

use std::fmt;
use std::ops::{Deref, Range};

/// Octets, and the buffer they lie in.
#[derive(Clone, Default)]
pub struct Parcel {
    buffer: Vec<u8>,
    start: usize,
    end: usize,
}

impl Parcel {
    /// The octets of `buffer` in `range`, or what of it is there.
    #[must_use]
    pub fn new(buffer: Vec<u8>, range: Range<usize>) -> Parcel {
        let end = range.end.min(buffer.len());
        let start = range.start.min(end);
        Parcel { buffer, start, end }
    }

    /// Octets of memory that it holds.
    #[must_use]
    pub fn capacity(&self) -> usize {
        self.buffer.capacity()
    }

    /// Whether its buffer holds more than the octets: then it is one to receive into.
    #[must_use]
    pub fn is_part(&self) -> bool {
        self.end - self.start != self.buffer.len()
    }

    /// Puts `octets` in, `at` octets behind the front (at the end where there are fewer). What lies before them moves
    /// where there is room for it, as it is the smaller part of a message.
    pub fn insert(&mut self, at: usize, octets: &[u8]) {
        let at = at.min(self.len());
        let Some(start) = self.start.checked_sub(octets.len()) else {
            self.buffer.truncate(self.end);
            let place = self.start + at;
            self.buffer.splice(place..place, octets.iter().copied());
            self.end = self.buffer.len();
            return;
        };
        self.buffer.copy_within(self.start..self.start + at, start);
        if let Some(room) = self.buffer.get_mut(start + at..start + at + octets.len()) {
            room.copy_from_slice(octets);
        }
        self.start = start;
    }

    /// The octets in a buffer of their own size, to be kept; and the buffer they were a part of.
    #[must_use]
    pub fn unpack(self) -> (Vec<u8>, Option<Vec<u8>>) {
        if self.is_part() {
            (self.to_vec(), Some(self.buffer))
        } else {
            (self.buffer, None)
        }
    }

    /// The buffer that the octets were a part of; nothing where they were all of it.
    #[must_use]
    pub fn into_spent(self) -> Option<Vec<u8>> {
        self.is_part().then_some(self.buffer)
    }
}

impl Deref for Parcel {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        self.buffer.get(self.start..self.end).unwrap_or_default()
    }
}

impl From<Vec<u8>> for Parcel {
    fn from(buffer: Vec<u8>) -> Parcel {
        let end = buffer.len();
        Parcel::new(buffer, 0..end)
    }
}

impl PartialEq for Parcel {
    fn eq(&self, other: &Parcel) -> bool {
        **self == **other
    }
}

impl Eq for Parcel {}

impl<T: AsRef<[u8]> + ?Sized> PartialEq<T> for Parcel {
    fn eq(&self, other: &T) -> bool {
        **self == *other.as_ref()
    }
}

impl fmt::Debug for Parcel {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{} octets of {}", self.len(), self.buffer.len())
    }
}

#[cfg(test)]
mod tests;
