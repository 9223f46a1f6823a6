//! The chunked coding (RFC 9112 §7.1), decoded octet by octet without a buffer of its own.
//!
//! Runs over the receive buffer between the head and the body; data runs are not touched here but told to the caller,
//! who moves them or receives them in place. Invariants: an octet outside data is looked at once; extensions and
//! trailers are bounded and dropped; whatever is not exactly the grammar's is refused.

use crate::limits::Limits;
use crate::reason::Reason;
use crate::scan::{is_field_octet, is_token_octet};

/// Digits of a chunk size, leading zeros counted: 64 bits.
const SIZE_DIGITS_MAX: u8 = 16;

/// Where the decoder is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    Size { digits: u8 },
    ExtensionSpace,
    Extension,
    SizeEnd,
    Data,
    DataCarriageReturn,
    DataLineFeed,
    TrailerStart,
    TrailerName,
    TrailerValue,
    TrailerEnd,
    End,
    Done,
}

/// A decoder in progress.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ChunkDecoder {
    place: Place,
    data_octets: u64,
    extension_octets: u32,
    trailer_octets: u32,
}

/// What the decoder stopped at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ChunkStop {
    /// The octets are used up.
    Starved,
    /// The next octets, so many of them, are data; see [`ChunkDecoder::took`].
    Data(u64),
    /// The body and its trailers are over.
    Over,
}

impl ChunkDecoder {
    /// At the first chunk's size.
    pub(crate) const fn new() -> Self {
        Self {
            place: Place::Size { digits: 0 },
            data_octets: 0,
            extension_octets: 0,
            trailer_octets: 0,
        }
    }

    /// Octets of data still to come in this chunk; 0 outside data.
    pub(crate) const fn data_octets(&self) -> u64 {
        if matches!(self.place, Place::Data) {
            self.data_octets
        } else {
            0
        }
    }

    /// The caller has taken so many octets of the data that it was told of.
    pub(crate) const fn took(&mut self, octets: u64) {
        self.data_octets = self.data_octets.saturating_sub(octets);
        if self.data_octets == 0 {
            self.place = Place::DataCarriageReturn;
        }
    }

    /// Reads framing octets; answers how many of `octets` they were, and what comes then.
    pub(crate) fn advance(&mut self, octets: &[u8], limits: &Limits) -> Result<(usize, ChunkStop), Reason> {
        let mut used = 0_usize;
        loop {
            match self.place {
                Place::Data => return Ok((used, ChunkStop::Data(self.data_octets))),
                Place::Done => return Ok((used, ChunkStop::Over)),
                _ => {}
            }
            let Some(&octet) = octets.get(used) else {
                return Ok((used, ChunkStop::Starved));
            };
            used = used.saturating_add(1);
            self.place = match self.place {
                Place::TrailerStart
                | Place::TrailerName
                | Place::TrailerValue
                | Place::TrailerEnd
                | Place::End => self.trailer(octet, limits)?,
                _ => self.chunk(octet, limits)?,
            };
        }
    }

    fn chunk(&mut self, octet: u8, limits: &Limits) -> Result<Place, Reason> {
        match (self.place, octet) {
            (Place::Size { digits }, _) if octet.is_ascii_hexdigit() => {
                if digits >= SIZE_DIGITS_MAX {
                    return Err(Reason::ChunkSizeMalformed);
                }
                let digit = char::from(octet).to_digit(16).unwrap_or_default();
                self.data_octets = self.data_octets.wrapping_shl(4) | u64::from(digit);
                Ok(Place::Size {
                    digits: digits.saturating_add(1),
                })
            }
            (Place::Size { digits: 0 }, _) => Err(Reason::ChunkSizeMalformed),
            (Place::Size { .. } | Place::Extension, b'\r') => Ok(Place::SizeEnd),
            (Place::Size { .. } | Place::ExtensionSpace, b' ' | b'\t') => {
                // BWS may stand before the semicolon of an extension, not before the line's end.
                self.count_extension(limits).map(|()| Place::ExtensionSpace)
            }
            (Place::Size { .. } | Place::ExtensionSpace, b';') => {
                self.count_extension(limits).map(|()| Place::Extension)
            }
            (Place::Extension, _) if is_field_octet(octet) => {
                self.count_extension(limits).map(|()| Place::Extension)
            }
            (Place::SizeEnd, b'\n') if self.data_octets == 0 => Ok(Place::TrailerStart),
            (Place::SizeEnd, b'\n') => Ok(Place::Data),
            (Place::DataCarriageReturn, b'\r') => Ok(Place::DataLineFeed),
            (Place::DataLineFeed, b'\n') => Ok(Place::Size { digits: 0 }),
            (Place::DataCarriageReturn | Place::DataLineFeed, _) => Err(Reason::ChunkEndMalformed),
            _ => Err(Reason::ChunkSizeMalformed),
        }
    }

    fn count_extension(&mut self, limits: &Limits) -> Result<(), Reason> {
        self.extension_octets = self.extension_octets.saturating_add(1);
        if self.extension_octets > limits.chunk_extension_octets_max {
            return Err(Reason::ChunkExtensionTooLong);
        }
        Ok(())
    }

    fn trailer(&mut self, octet: u8, limits: &Limits) -> Result<Place, Reason> {
        if self.place == Place::TrailerStart && octet == b'\r' {
            return Ok(Place::End);
        }
        if self.place == Place::End {
            return if octet == b'\n' {
                Ok(Place::Done)
            } else {
                Err(Reason::TrailerMalformed)
            };
        }
        self.trailer_octets = self.trailer_octets.saturating_add(1);
        if self.trailer_octets > limits.trailer_octets_max {
            return Err(Reason::TrailerTooLong);
        }
        match (self.place, octet) {
            (Place::TrailerStart | Place::TrailerName, _) if is_token_octet(octet) => Ok(Place::TrailerName),
            (Place::TrailerName, b':') => Ok(Place::TrailerValue),
            (Place::TrailerValue, b'\r') => Ok(Place::TrailerEnd),
            (Place::TrailerValue, _) if is_field_octet(octet) => Ok(Place::TrailerValue),
            (Place::TrailerEnd, b'\n') => Ok(Place::TrailerStart),
            _ => Err(Reason::TrailerMalformed),
        }
    }
}
