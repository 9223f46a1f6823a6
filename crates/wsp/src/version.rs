//! Version-value: major and minor in one octet.
//!
//! Used for X-Mms-MMS-Version and the WSP encoding version. Invariant: the major is 1 to 7.

use core::fmt;

/// A protocol version, ordered by major then minor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Version {
    major: u8,
    minor: u8,
}

impl Version {
    /// 1.0, on the wire 0x90.
    pub const V1_0: Self = Self { major: 1, minor: 0 };
    /// 1.1, on the wire 0x91.
    pub const V1_1: Self = Self { major: 1, minor: 1 };
    /// 1.2, on the wire 0x92.
    pub const V1_2: Self = Self { major: 1, minor: 2 };
    /// 1.3, on the wire 0x93.
    pub const V1_3: Self = Self { major: 1, minor: 3 };

    /// From the octet `1mmmnnnn` (WSP §8.4.2.3); `None` when the high bit is missing or the major is 0. A minor of
    /// 15 means "no minor version" and reads as 15.
    #[must_use]
    pub const fn from_octet(octet: u8) -> Option<Self> {
        let (major, minor) = ((octet >> 4) & 0x07, octet & 0x0F);
        if octet & 0x80 == 0 || major == 0 {
            None
        } else {
            Some(Self { major, minor })
        }
    }

    /// The octet on the wire.
    #[must_use]
    pub const fn octet(self) -> u8 {
        0x80 | (self.major << 4) | self.minor
    }

    /// The major version, 1 to 7.
    #[must_use]
    pub const fn major(self) -> u8 {
        self.major
    }

    /// The minor version, 0 to 15; 15 is "none".
    #[must_use]
    pub const fn minor(self) -> u8 {
        self.minor
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.minor {
            15 => write!(f, "{}", self.major),
            minor => write!(f, "{}.{minor}", self.major),
        }
    }
}
