//! The version of TS 23.140 that a message follows.
//!
//! Read from X-Mms-3GPP-MMS-Version, in one of its spellings. Invariant: versions compare by major, minor, technical.

use core::fmt;

/// Such as 6.3.0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Version {
    /// The release: 4 to 6 are spoken here.
    pub major: u8,
    /// The minor version.
    pub minor: u8,
    /// The technical version.
    pub technical: u8,
}

impl Version {
    /// What a message is taken for that names none: Rel-5, as most peers name.
    pub const ASSUMED: Self = Self {
        major: 5,
        minor: 3,
        technical: 0,
    };

    /// What is written where a dialect names nothing else.
    pub const OURS: Self = Self {
        major: 6,
        minor: 3,
        technical: 0,
    };

    /// Reads `6.3.0`; parts after the major may be missing. `None` for anything else.
    #[must_use]
    pub fn read(text: &str) -> Option<Self> {
        let text = text.trim().trim_matches('"');
        let mut parts = text.split('.').map(|part| part.trim().parse::<u8>());
        let major = parts.next()?.ok()?;
        let minor = parts.next().unwrap_or(Ok(0)).ok()?;
        let technical = parts.next().unwrap_or(Ok(0)).ok()?;
        parts.next().is_none().then_some(Self {
            major,
            minor,
            technical,
        })
    }

    /// Whether messages of this version are understood here.
    #[must_use]
    pub const fn is_supported(self) -> bool {
        matches!(self.major, 4..=6)
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.major, self.minor, self.technical)
    }
}

#[cfg(test)]
mod tests;
