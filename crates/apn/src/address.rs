//! What the map is keyed by: a realm and an address or prefix within it.
//!
//! Words of this crate. Invariants: realms keep address spaces apart, so the same address in two of them is two
//! subscribers; an IPv4 address has one form, however it was written; the bits behind a prefix are zero.

use std::net::{IpAddr, Ipv6Addr};

/// An address space: one per packet network whose addresses may overlap with another's.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Realm(pub u16);

/// An address or an IPv6 prefix in a realm.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key {
    realm: Realm,
    bits: u8,
    address: u128,
}

impl Key {
    /// A single address; an IPv4 address written the IPv6 way is the IPv4 address.
    #[must_use]
    pub fn address(realm: Realm, address: IpAddr) -> Key {
        Key {
            realm,
            bits: 128,
            address: mapped(address),
        }
    }

    /// An IPv6 prefix; bits behind it are dropped. Shorter than 32 is no subscriber's: `None`, so that one wrong
    /// packet can't claim a network (RFC 6459 §5.2: a session has a /64, a delegation is a /48 to /64).
    #[must_use]
    pub fn prefix(realm: Realm, address: Ipv6Addr, bits: u8) -> Option<Key> {
        let whole = (32..=128).contains(&bits) && address.to_ipv4_mapped().is_none();
        whole.then(|| Key {
            realm,
            bits,
            address: address.to_bits() & mask(bits),
        })
    }

    /// From its parts as they are stored; `None` where they don't belong together.
    #[must_use]
    pub(crate) fn from_parts(realm: u16, bits: u8, address: u128) -> Option<Key> {
        let fits = (32..=128).contains(&bits) && address & !mask(bits) == 0;
        fits.then_some(Key {
            realm: Realm(realm),
            bits,
            address,
        })
    }

    /// The realm.
    #[must_use]
    pub fn realm(self) -> Realm {
        self.realm
    }

    /// Leading bits that are fixed, 32 to 128; 128 for every IPv4 address.
    #[must_use]
    pub fn bits(self) -> u8 {
        self.bits
    }

    /// The address, IPv4 as `::ffff:a.b.c.d`.
    #[must_use]
    pub fn mapped(self) -> u128 {
        self.address
    }

    /// The address as it is written.
    #[must_use]
    pub fn ip(self) -> IpAddr {
        IpAddr::V6(Ipv6Addr::from_bits(self.address)).to_canonical()
    }
}

fn mapped(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(v4) => v4.to_ipv6_mapped().to_bits(),
        IpAddr::V6(v6) => v6.to_bits(),
    }
}

fn mask(bits: u8) -> u128 {
    u128::MAX
        .checked_shl(128_u32.saturating_sub(u32::from(bits)))
        .unwrap_or(0)
}
