//! What a peer offers, as its answer to EHLO lists it.
//!
//! Between the peer's reply and each transaction. Invariants: what is not offered is not used; a size that can't be
//! read counts as none declared; what was learnt before TLS is forgotten after it.

use crate::command::number;

/// The extensions that we use (RFC 2920, 1870, 6152, 3030, 3207, 2034), each with where it was offered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Capabilities {
    offered: u8,
    size_octets_max: Option<u64>,
}

/// An extension, as a bit.
#[derive(Clone, Copy)]
enum Extension {
    Pipelining = 1,
    Size = 2,
    EightBit = 4,
    Chunking = 8,
    Binary = 16,
    StartTls = 32,
    EnhancedCodes = 64,
}

const KEYWORDS: [(&str, Extension); 7] = [
    ("PIPELINING", Extension::Pipelining),
    ("SIZE", Extension::Size),
    ("8BITMIME", Extension::EightBit),
    ("CHUNKING", Extension::Chunking),
    ("BINARYMIME", Extension::Binary),
    ("STARTTLS", Extension::StartTls),
    ("ENHANCEDSTATUSCODES", Extension::EnhancedCodes),
];

impl Capabilities {
    /// Reads the lines of an answer to EHLO, whose first is the greeting.
    pub(crate) fn read(lines: &[String]) -> Self {
        let mut capabilities = Self::default();
        for line in lines.iter().skip(1) {
            let (keyword, argument) = line.split_once(' ').unwrap_or((line, ""));
            let known = KEYWORDS
                .iter()
                .find(|(name, _)| keyword.eq_ignore_ascii_case(name));
            let Some((_, extension)) = known else {
                continue;
            };
            capabilities.offered |= *extension as u8;
            if let Extension::Size = extension {
                // RFC 1870 §4: 0, or nothing, is no limit.
                capabilities.size_octets_max = number(argument.trim()).filter(|octets| *octets > 0);
            }
        }
        capabilities
    }

    const fn has(self, extension: Extension) -> bool {
        self.offered & extension as u8 != 0
    }

    /// Commands may be sent in groups.
    #[must_use]
    pub const fn pipelining(self) -> bool {
        self.has(Extension::Pipelining)
    }

    /// MAIL may declare a size.
    #[must_use]
    pub const fn size(self) -> bool {
        self.has(Extension::Size)
    }

    /// The largest message that the peer takes, if it says so.
    #[must_use]
    pub const fn size_octets_max(self) -> Option<u64> {
        self.size_octets_max
    }

    /// Bodies may have octets beyond ASCII.
    #[must_use]
    pub const fn eight_bit(self) -> bool {
        self.has(Extension::EightBit)
    }

    /// Messages may come by BDAT.
    #[must_use]
    pub const fn chunking(self) -> bool {
        self.has(Extension::Chunking)
    }

    /// Bodies may have any octets; only together with chunks.
    #[must_use]
    pub const fn binary(self) -> bool {
        self.has(Extension::Binary) && self.has(Extension::Chunking)
    }

    /// TLS may be started.
    #[must_use]
    pub const fn start_tls(self) -> bool {
        self.has(Extension::StartTls)
    }

    /// Replies have enhanced codes.
    #[must_use]
    pub const fn enhanced_codes(self) -> bool {
        self.has(Extension::EnhancedCodes)
    }
}
