//! Access servers by what they call themselves, and when each was last cleared.
//!
//! Inside the feed. Invariants: bounded; the number of an access server never changes while the process lives; one that
//! is full of names refuses new ones, and its sessions with them.

use crate::accounting::NasName;
use crate::address::Realm;
use xxhash_rust::xxh3::xxh3_64_with_seed;

/// Access servers known at most, over all realms.
pub(crate) const NAS_MAX: usize = 4_096;

/// One of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Nas {
    /// Hash of NAS-Identifier, 0 where it has none.
    pub(crate) identifier: u64,
    /// Hash of its address, 0 where it has none.
    pub(crate) address: u64,
    /// Event time of its last Accounting-On or -Off; 0 before the first.
    pub(crate) cleared_s: u32,
}

#[derive(Debug, Default)]
pub(crate) struct Nases(Vec<Nas>);

impl Nases {
    /// The number of the one called so, which is made known if there is room.
    pub(crate) fn meet(&mut self, realm: Realm, name: &NasName<'_>) -> Option<u16> {
        let (identifier, address) = hashes(realm, name);
        self.meet_hashed(identifier, address)
    }

    pub(crate) fn meet_hashed(&mut self, identifier: u64, address: u64) -> Option<u16> {
        let found = self
            .0
            .iter()
            .position(|nas| (nas.identifier, nas.address) == (identifier, address));
        let index = match found {
            Some(index) => index,
            None if self.0.len() >= NAS_MAX => return None,
            None => {
                // One that is known by another part of its name may have been cleared by it.
                let cleared_s = self
                    .0
                    .iter()
                    .filter(|nas| same(nas, identifier, address))
                    .map(|nas| nas.cleared_s)
                    .max();
                self.0.push(Nas {
                    identifier,
                    address,
                    cleared_s: cleared_s.unwrap_or(0),
                });
                self.0.len() - 1
            }
        };
        u16::try_from(index).ok()
    }

    /// Notes that those called so were cleared; tells which they are.
    pub(crate) fn clear(&mut self, realm: Realm, name: &NasName<'_>, at_s: u32) -> Vec<u16> {
        let (identifier, address) = hashes(realm, name);
        self.meet_hashed(identifier, address);
        let mut cleared = Vec::new();
        for (index, nas) in self.0.iter_mut().enumerate() {
            if same(nas, identifier, address) {
                nas.cleared_s = nas.cleared_s.max(at_s);
                cleared.extend(u16::try_from(index).ok());
            }
        }
        cleared
    }

    pub(crate) fn of(&self, index: u16) -> Option<&Nas> {
        self.0.get(usize::from(index))
    }

    pub(crate) fn of_mut(&mut self, index: u16) -> Option<&mut Nas> {
        self.0.get_mut(usize::from(index))
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Nas> {
        self.0.iter()
    }
}

/// Whether they share a part of their name: too much is cleared rather than too little.
fn same(nas: &Nas, identifier: u64, address: u64) -> bool {
    (identifier != 0 && nas.identifier == identifier) || (address != 0 && nas.address == address)
}

fn hashes(realm: Realm, name: &NasName<'_>) -> (u64, u64) {
    let seed = u64::from(realm.0) << 8;
    let identifier = name
        .identifier
        .map_or(0, |text| xxh3_64_with_seed(text, seed | 1).max(1));
    let address = match (name.address, name.identifier) {
        (Some(address), _) => Some(address),
        (None, None) => Some(name.source),
        (None, Some(_)) => None,
    };
    let address = address.map_or(0, |address| {
        let octets = crate::Key::address(realm, address).mapped().to_be_bytes();
        xxh3_64_with_seed(&octets, seed | 2).max(1)
    });
    (identifier, address)
}
