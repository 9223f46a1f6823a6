//! Address prefixes: where a gateway stands, as `10.0.0.0/8`, `2001:db8::/32` or one address.
//!
//! Read from the settings, asked per request by the edge. Invariant: the bits behind the prefix are zero, and an IPv4
//! address written the IPv6 way (`::ffff:a.b.c.d`) is compared as the IPv4 address that it is.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::str::FromStr;

/// A block of addresses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Prefix {
    address: IpAddr,
    bits: u8,
}

/// Why something is no prefix.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotAPrefix {
    /// The part before the `/` is no address.
    #[error("not an IPv4 or IPv6 address, with or without /BITS")]
    Address,
    /// The part behind it is no number, or more than the address has bits.
    #[error("the part behind the / is not a number of bits of that address")]
    Bits,
    /// The address has bits set behind the prefix: most likely another prefix was meant.
    #[error("the address has bits set behind the prefix")]
    HostBits,
}

impl Prefix {
    /// Where this machine itself stands: what is trusted by default, in the lab.
    #[must_use]
    pub fn loopback() -> Vec<Prefix> {
        let v4 = Prefix {
            address: IpAddr::V4(Ipv4Addr::new(127, 0, 0, 0)),
            bits: 8,
        };
        let v6 = Prefix {
            address: IpAddr::V6(Ipv6Addr::LOCALHOST),
            bits: 128,
        };
        vec![v4, v6]
    }

    /// How many leading bits are fixed; 0 is everybody.
    #[must_use]
    pub fn bits(self) -> u8 {
        self.bits
    }

    /// Whether `address` lies in it.
    #[must_use]
    pub fn contains(self, address: IpAddr) -> bool {
        match (self.address, address.to_canonical()) {
            (IpAddr::V4(own), IpAddr::V4(other)) => {
                masked(u128::from(own.to_bits()) << 96, self.bits)
                    == masked(u128::from(other.to_bits()) << 96, self.bits)
            }
            (IpAddr::V6(own), IpAddr::V6(other)) => {
                masked(own.to_bits(), self.bits) == masked(other.to_bits(), self.bits)
            }
            _ => false,
        }
    }
}

/// The first `bits` bits of an address that begins at the top.
fn masked(address: u128, bits: u8) -> u128 {
    let mask = u128::MAX.checked_shl(128 - u32::from(bits.min(128))).unwrap_or(0);
    address & mask
}

impl FromStr for Prefix {
    type Err = NotAPrefix;

    fn from_str(text: &str) -> Result<Prefix, NotAPrefix> {
        let (address, bits) = match text.split_once('/') {
            Some((address, bits)) => (address, Some(bits)),
            None => (text, None),
        };
        let address: IpAddr = address.parse().map_err(|_| NotAPrefix::Address)?;
        let (whole, width) = match address {
            IpAddr::V4(v4) => (u128::from(v4.to_bits()) << 96, 32),
            IpAddr::V6(v6) => (v6.to_bits(), 128),
        };
        let bits = bits.map_or(Ok(width), |bits| bits.parse::<u8>().map_err(|_| NotAPrefix::Bits))?;
        if bits > width {
            return Err(NotAPrefix::Bits);
        }
        if masked(whole, bits) != whole {
            return Err(NotAPrefix::HostBits);
        }
        Ok(Prefix { address, bits })
    }
}

impl fmt::Display for Prefix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.address, self.bits)
    }
}

#[cfg(test)]
mod tests;
