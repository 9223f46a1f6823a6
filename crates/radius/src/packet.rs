//! A packet: its header, and attributes whose lengths fit.
//!
//! Made from a datagram; everything else reads it. Invariants: a `Packet` is 20 to 4096 octets, padding behind its
//! length is dropped (RFC 2865 §3), and its attributes fill it exactly.

use crate::attribute::Attributes;
use crate::error::{Error, ErrorKind};

/// Octets of a header (RFC 2865 §3).
pub const HEADER_OCTETS: usize = 20;

/// Octets of the longest packet (RFC 2865 §3).
pub const PACKET_OCTETS_MAX: usize = 4_096;

/// What a packet is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Code {
    /// Something happened to a session (RFC 2866 §4.1).
    AccountingRequest = 4,
    /// It was recorded (RFC 2866 §4.2).
    AccountingResponse = 5,
}

/// One packet, borrowed from its datagram. Not believed before it is verified.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Packet<'b> {
    octets: &'b [u8],
    code: Code,
    identifier: u8,
    authenticator: [u8; 16],
}

impl<'b> Packet<'b> {
    /// Reads the header and checks every length.
    ///
    /// # Errors
    /// `Truncated`, `Length`, `Code` or `AttributeLength`; the peer's fault, and to be dropped without an answer.
    pub fn read(datagram: &'b [u8]) -> Result<Packet<'b>, Error> {
        let Some(header) = datagram.first_chunk::<HEADER_OCTETS>() else {
            return Err(Error::new(ErrorKind::Truncated, datagram.len()));
        };
        let [code, identifier, length_high, length_low, authenticator @ ..] = *header;
        let code = match code {
            4 => Code::AccountingRequest,
            5 => Code::AccountingResponse,
            _ => return Err(Error::new(ErrorKind::Code, 0)),
        };
        let length = usize::from(u16::from_be_bytes([length_high, length_low]));
        if !(HEADER_OCTETS..=PACKET_OCTETS_MAX).contains(&length) {
            return Err(Error::new(ErrorKind::Length, 2));
        }
        let Some(octets) = datagram.get(..length) else {
            return Err(Error::new(ErrorKind::Truncated, datagram.len()));
        };
        let packet = Packet {
            octets,
            code,
            identifier,
            authenticator,
        };
        let mut walk = packet.attributes();
        while walk.next().is_some() {}
        if walk.stuck() {
            return Err(Error::new(ErrorKind::AttributeLength, walk.offset()));
        }
        Ok(packet)
    }

    /// What it is.
    #[must_use]
    pub fn code(&self) -> Code {
        self.code
    }

    /// Matches an answer to its request.
    #[must_use]
    pub fn identifier(&self) -> u8 {
        self.identifier
    }

    /// The authenticator as it came.
    #[must_use]
    pub fn authenticator(&self) -> [u8; 16] {
        self.authenticator
    }

    /// The octets of the packet, without padding.
    #[must_use]
    pub fn octets(&self) -> &'b [u8] {
        self.octets
    }

    /// Its attributes, in their order.
    #[must_use]
    pub fn attributes(&self) -> Attributes<'b> {
        Attributes::new(
            self.octets.get(HEADER_OCTETS..).unwrap_or_default(),
            HEADER_OCTETS,
        )
    }
}
