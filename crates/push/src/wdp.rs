//! WDP over GSM SMS: the user data header with ports and concatenation, cutting a push into messages.
//!
//! Second layer, below the push. Invariants: every message is at most [`SMS_OCTETS`] with its header; the segments of
//! one push carry one reference and are numbered from 1 (3GPP TS 23.040 §9.2.3.24, MM1 flows §3.2).

use base::limits::PUSH_OCTETS_PER_SMS;

mod reassembly;

pub use reassembly::{OPEN_MAX, Piece, Reassembly, read_header};

/// Octets of user data in one SMS of 8-bit data (3GPP TS 23.040 §9.2.3.16).
pub const SMS_OCTETS: usize = 140;
/// Port of connectionless WAP push (IANA wap-push).
pub const PUSH_PORT: u16 = 2948;
/// Port that it comes from (IANA wap-wsp).
pub const SOURCE_PORT: u16 = 9200;
/// The most messages that one push may take: more and phones that lose one lose the push (MM1 flows §3.2).
pub const SEGMENTS_MAX: u8 = 3;

/// Information element: application port addressing, 16 bits (3GPP TS 23.040 §9.2.3.24.4).
pub const IE_PORTS: u8 = 0x05;
/// Information element: concatenation with an 8-bit reference (§9.2.3.24.1).
pub const IE_CONCATENATION_8: u8 = 0x00;
/// Information element: concatenation with a 16-bit reference (§9.2.3.24.8).
pub const IE_CONCATENATION_16: u8 = 0x08;

/// How wide the reference of a concatenated push is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Reference {
    /// Eight bits: every phone reads it; repeats after 256 pushes to one number.
    #[default]
    Octet,
    /// Sixteen bits: one octet less in each message.
    Word,
}

impl Reference {
    /// Octets of the header of one message out of `segments`.
    #[must_use]
    pub const fn header_octets(self, segments: u8) -> usize {
        match (segments, self) {
            (0 | 1, _) => 7,
            (_, Self::Octet) => 12,
            (_, Self::Word) => 13,
        }
    }

    /// Octets of push that one message out of `segments` carries.
    #[must_use]
    pub const fn payload_octets(self, segments: u8) -> usize {
        SMS_OCTETS.saturating_sub(self.header_octets(segments))
    }

    /// Octets of push that so many messages carry together.
    #[must_use]
    pub const fn budget_octets(self, segments: u8) -> usize {
        self.payload_octets(segments).saturating_mul(segments as usize)
    }

    /// How many messages a push of so many octets takes; nothing above [`SEGMENTS_MAX`].
    #[must_use]
    pub fn segments(self, push_octets: usize) -> Option<u8> {
        (1..=SEGMENTS_MAX).find(|&segments| push_octets <= self.budget_octets(segments))
    }
}

const _: () = assert!(Reference::Octet.payload_octets(1) == PUSH_OCTETS_PER_SMS);
const _: () = assert!(Reference::Octet.payload_octets(2) == 128);
const _: () = assert!(Reference::Word.payload_octets(2) == 127);

/// One segment of a push: its place and its octets, without a header.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Segment<'a> {
    /// From 1.
    pub number: u8,
    /// Of how many.
    pub total: u8,
    /// The push's octets in it.
    pub octets: &'a [u8],
}

/// Segment `number` (from 1) of `push`, cut so that each with its header fits a message. Nothing when the push takes
/// more than [`SEGMENTS_MAX`] messages, or has fewer than that.
#[must_use]
pub fn segment(push: &[u8], reference: Reference, number: u8) -> Option<Segment<'_>> {
    let total = reference.segments(push.len())?;
    if number == 0 || number > total {
        return None;
    }
    let size = reference.payload_octets(total);
    let start = size.saturating_mul(usize::from(number.saturating_sub(1)));
    let end = start.saturating_add(size).min(push.len());
    Some(Segment {
        number,
        total,
        octets: push.get(start..end)?,
    })
}

/// Appends the user data header of `segment`: ports 9200 to 2948 and, when there are several, the concatenation.
/// `value` is the push's reference; of an eight-bit one its low octet is used.
pub fn write_header(out: &mut Vec<u8>, reference: Reference, value: u16, segment: &Segment<'_>) {
    let octets = reference.header_octets(segment.total).saturating_sub(1);
    out.push(octets.to_le_bytes()[0]);
    out.extend_from_slice(&[IE_PORTS, 4]);
    out.extend_from_slice(&PUSH_PORT.to_be_bytes());
    out.extend_from_slice(&SOURCE_PORT.to_be_bytes());
    if segment.total <= 1 {
        return;
    }
    let [high, low] = value.to_be_bytes();
    match reference {
        Reference::Octet => out.extend_from_slice(&[IE_CONCATENATION_8, 3, low]),
        Reference::Word => out.extend_from_slice(&[IE_CONCATENATION_16, 4, high, low]),
    }
    out.extend_from_slice(&[segment.total, segment.number]);
}

/// Appends the whole user data of one message: header and segment.
pub fn write_message(out: &mut Vec<u8>, reference: Reference, value: u16, segment: &Segment<'_>) {
    write_header(out, reference, value, segment);
    out.extend_from_slice(segment.octets);
}

#[cfg(test)]
mod tests;
