//! The map that every shard reads while one owner writes it: addresses to subscribers, without a lock.
//!
//! Between the feed, which alone publishes here, and `identify`. An index of words points to records; each record is a
//! cache line of atomic words under a version. A changed binding is a new record, made known by one store to the index;
//! so a reader is never kept waiting, not even by a writer that was stopped in the middle.
//!
//! ```text
//!  index: [ tag | record ]…   one word a slot, twice as many as records, linear probing
//!  record: version+state | address high | low | generation+realm | msisdn+rat | imsi+bits | imeisv | last+plmn
//! ```
//!
//! Invariants: a record that a reader returns was whole and was published for the key that was asked; one that is no
//! longer published has the state `Free`; everything is allocated at start.

mod index;
mod record;

pub(crate) use index::Index;
pub(crate) use record::{Image, Record, State};

use crate::address::{Key, Realm};
use crate::subscriber::Facts;
use base::Monotonic;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering, fence};

/// Which binding: another subscriber, or the same in another session, is another generation. Its upper bits are the
/// millisecond, by CLOCK_MONOTONIC, after which it was surely made; the lower ones count within it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Generation(pub u64);

/// Bits of the count: with more than 256 bindings in a millisecond generations run ahead of time, which only makes
/// connections seem older than they are.
const COUNT_BITS: u32 = 8;

impl Generation {
    /// The next one after `last`, of a binding that is made at this moment.
    #[must_use]
    pub(crate) fn after(now: Monotonic, last: Generation) -> Generation {
        // The millisecond that has begun may end after the binding is made.
        let moment = now.0.saturating_add(1) << COUNT_BITS;
        Generation(moment.max(last.0.saturating_add(1)))
    }

    /// The newest of bindings that were made before this moment.
    #[must_use]
    pub(crate) fn before(moment: Monotonic) -> Generation {
        Generation(moment.0 << COUNT_BITS)
    }
}

/// An address as one session holds it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Binding {
    /// The address or prefix.
    pub key: Key,
    /// Which of its bindings.
    pub generation: Generation,
}

/// What is known of an address that a session holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Session {
    /// Which binding it is.
    pub binding: Binding,
    /// Of whom.
    pub facts: Facts,
    /// Seconds since 1970: its last accounting event, by the access server.
    pub last_s: u32,
}

/// What the map says of an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Found {
    /// One session holds it.
    Held(Session),
    /// Two claim it, and their order can't be told.
    Ambiguous,
    /// None holds it.
    Nobody,
}

/// Prefix lengths in use at most: each is one more probe of an IPv6 address.
pub(crate) const PREFIX_LENGTHS_MAX: u32 = 8;

/// How often a look-up begins again when records change under it; then the address is refused.
const TRIES_MAX: usize = 64;

/// Words of the set of prefix lengths, 0 to 128.
const LENGTH_WORDS: usize = 3;

pub(crate) struct Table {
    pub(crate) index: Index,
    pub(crate) records: Box<[Record]>,
    lengths: [AtomicU64; LENGTH_WORDS],
}

impl std::fmt::Debug for Table {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Table")
            .field("records", &self.records.len())
            .finish_non_exhaustive()
    }
}

impl Table {
    /// Room for `capacity` records; `seed` keeps the places of addresses from being foreseen.
    pub(crate) fn new(capacity: u32, seed: u64) -> Table {
        Table {
            index: Index::new(capacity, seed),
            records: (0..capacity).map(|_| Record::default()).collect(),
            lengths: Default::default(),
        }
    }

    /// The published record of `key`.
    fn read(&self, key: Key) -> Option<Image> {
        for _ in 0..TRIES_MAX {
            match self.read_once(key) {
                Read::Whole(image) => return Some(image),
                Read::Absent => return None,
                Read::Changed => {}
            }
        }
        None
    }

    fn read_once(&self, key: Key) -> Read {
        let hash = self.index.hash(key);
        for slot in self.index.probe(hash) {
            let word = slot.load(Ordering::Acquire);
            let number = match index::content(word, hash) {
                index::Content::Empty => return Read::Absent,
                index::Content::Other => continue,
                index::Content::Record(number) => number,
            };
            let Some(record) = self.records.get(number as usize) else {
                return Read::Absent;
            };
            match record.read() {
                Some(image) if image.key == key && image.state != State::Free => return Read::Whole(image),
                // Another address with the same tag, unless the slot was given to another record meanwhile.
                Some(image) if image.state != State::Free && slot.load(Ordering::Relaxed) == word => {}
                _ => return Read::Changed,
            }
        }
        Read::Absent
    }

    /// The number of the published record of `key`; for the writer, which alone changes it.
    pub(crate) fn number_of(&self, hash: u64, key: Key) -> Option<u32> {
        for slot in self.index.probe(hash) {
            match index::content(slot.load(Ordering::Relaxed), hash) {
                index::Content::Empty => return None,
                index::Content::Other => {}
                index::Content::Record(number) => {
                    let image = self.records.get(number as usize)?.read();
                    if image.is_some_and(|image| image.key == key) {
                        return Some(number);
                    }
                }
            }
        }
        None
    }

    /// Makes a prefix length one that look-ups try; false where there are too many.
    pub(crate) fn admit_length(&self, bits: u8) -> bool {
        let (word, bit) = (usize::from(bits / 64), 1_u64 << (bits % 64));
        let Some(cell) = self.lengths.get(word) else {
            return false;
        };
        let held = cell.load(Ordering::Relaxed);
        if held & bit != 0 {
            return true;
        }
        let count: u32 = self
            .lengths
            .iter()
            .map(|word| word.load(Ordering::Relaxed).count_ones())
            .sum();
        if count >= PREFIX_LENGTHS_MAX {
            return false;
        }
        cell.store(held | bit, Ordering::Release);
        true
    }

    fn find(&self, realm: Realm, address: IpAddr) -> Option<Image> {
        match address.to_canonical() {
            v4 @ IpAddr::V4(_) => self.read(Key::address(realm, v4)),
            IpAddr::V6(v6) => self.find_v6(realm, v6),
        }
    }

    /// The longest prefix that is known decides.
    fn find_v6(&self, realm: Realm, address: Ipv6Addr) -> Option<Image> {
        for (word, cell) in self.lengths.iter().enumerate().rev() {
            let mut held = cell.load(Ordering::Acquire);
            while held != 0 {
                let bit = held.ilog2();
                held &= !(1 << bit);
                let bits = u8::try_from(word as u32 * 64 + bit).ok()?;
                let key = Key::prefix(realm, address, bits)?;
                if let Some(image) = self.read(key) {
                    return Some(image);
                }
            }
        }
        None
    }
}

enum Read {
    Whole(Image),
    Absent,
    Changed,
}

/// A reader of the map. Cloning it is cheap; each shard has its own.
#[derive(Clone, Debug)]
pub struct View(pub(crate) Arc<Table>);

impl View {
    /// A map that nobody is in.
    #[must_use]
    pub fn of_nobody() -> View {
        View(Arc::new(Table::new(1, 0)))
    }

    /// Who holds `address` now. Half a microsecond with two million sessions, out of the caches
    /// (`bench identity`); never waits.
    #[must_use]
    pub fn find(&self, realm: Realm, address: IpAddr) -> Found {
        match self.0.find(realm, address) {
            Some(image) => match image.state {
                State::Held => Found::Held(image.session()),
                State::Contested => Found::Ambiguous,
                State::Free | State::Ended | State::Rival => Found::Nobody,
            },
            None => Found::Nobody,
        }
    }

    /// Whether the binding is still the present one: to be asked just before an answer leaves.
    #[must_use]
    pub fn still_holds(&self, binding: Binding) -> bool {
        // What was done before this call must be seen: the question is about now.
        fence(Ordering::SeqCst);
        self.0
            .read(binding.key)
            .is_some_and(|image| image.state == State::Held && image.generation == binding.generation)
    }
}

#[cfg(test)]
mod tests;
