//! Who has something waiting here: the head of each subscriber's list of copies, and the place of the one
//! notification that may be outstanding. 32 octets each; an entry lives while there are
//! copies of its subscriber.

use crate::index::Index;
use crate::recipients::NONE;
use crate::slab::Slab;
use base::Msisdn;

/// One subscriber.
#[derive(Clone, Copy, Debug)]
pub struct Subscriber {
    /// Who.
    pub number: Msisdn,
    /// First copy of the list of those that wait.
    pub head: u32,
    /// The copy whose notification is out and unanswered, or [`NONE`].
    pub outstanding: u32,
    /// Copies in the list.
    pub waiting: u32,
    /// Copies in all, ended ones included.
    pub copies: u32,
    /// Tick until which the outstanding one keeps the place.
    pub place_until: u32,
}

/// The table.
#[derive(Debug, Default)]
pub struct Subscribers {
    slab: Slab<Subscriber>,
    index: Index,
    hasher: ahash::RandomState,
}

impl Subscribers {
    /// How many there are.
    #[must_use]
    pub fn len(&self) -> u32 {
        self.slab.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.slab.is_empty()
    }

    /// The subscriber of this number in the table.
    #[must_use]
    pub fn get(&self, number: u32) -> Option<&Subscriber> {
        self.slab.get(number)
    }

    /// The subscriber of this number in the table, to change.
    pub fn get_mut(&mut self, number: u32) -> Option<&mut Subscriber> {
        self.slab.get_mut(number)
    }

    /// The entry of a subscriber.
    #[must_use]
    pub fn find(&self, msisdn: Msisdn) -> Option<u32> {
        let matches = |number: u32| self.slab.get(number).is_some_and(|entry| entry.number == msisdn);
        self.index.find(self.hasher.hash_one(msisdn), matches)
    }

    /// The entry of a subscriber, made if there is none.
    pub fn find_or_insert(&mut self, msisdn: Msisdn) -> u32 {
        if let Some(number) = self.find(msisdn) {
            return number;
        }
        let number = self.slab.insert(Subscriber {
            number: msisdn,
            head: NONE,
            outstanding: NONE,
            waiting: 0,
            copies: 0,
            place_until: 0,
        });
        let (slab, hasher) = (&self.slab, &self.hasher);
        self.index.insert(hasher.hash_one(msisdn), number, |other| {
            slab.get(other).map_or(0, |other| hasher.hash_one(other.number))
        });
        number
    }

    /// Takes an entry out whose list is empty.
    pub fn remove(&mut self, number: u32) {
        let Some(entry) = self.slab.remove(number) else {
            return;
        };
        debug_assert_eq!(entry.head, NONE, "a subscriber is dropped with its last copy");
        self.index.remove(self.hasher.hash_one(entry.number), number);
    }
}
