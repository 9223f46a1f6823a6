//! Packets to octets: the answer that this server gives, and requests for those who test it.
//!
//! At the end of the flow. Invariants: a packet is finished by signing it, and can't be had unsigned; it never exceeds
//! the length that a packet may have.

use crate::attribute;
use crate::authenticator::{keyed_sum, sum};
use crate::packet::{Code, HEADER_OCTETS, PACKET_OCTETS_MAX, Packet};
use crate::vendor::VENDOR_3GPP;

/// The packet or the attribute would be too long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Full;

impl core::fmt::Display for Full {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("an attribute holds 253 octets, and a packet 4096")
    }
}

impl core::error::Error for Full {}

/// A packet in the making, in the caller's buffer.
#[derive(Debug)]
pub struct Writer<'o> {
    out: &'o mut Vec<u8>,
    start: usize,
    message_authenticator: Option<usize>,
}

impl<'o> Writer<'o> {
    /// Starts a packet behind what `out` holds.
    pub fn new(out: &'o mut Vec<u8>, code: Code, identifier: u8) -> Writer<'o> {
        let start = out.len();
        out.extend_from_slice(&[code as u8, identifier, 0, 0]);
        out.extend_from_slice(&[0; 16]);
        Writer {
            out,
            start,
            message_authenticator: None,
        }
    }

    /// Adds an attribute.
    ///
    /// # Errors
    /// [`Full`] where it holds no more; the packet is as it was.
    pub fn attribute(&mut self, number: u8, value: &[u8]) -> Result<(), Full> {
        let octets = value.len().saturating_add(2);
        let length = u8::try_from(octets).map_err(|_| Full)?;
        let written = self.out.len().saturating_sub(self.start);
        if written.saturating_add(octets) > PACKET_OCTETS_MAX {
            return Err(Full);
        }
        self.out.extend_from_slice(&[number, length]);
        self.out.extend_from_slice(value);
        Ok(())
    }

    /// Adds a four-octet number.
    ///
    /// # Errors
    /// [`Full`].
    pub fn number(&mut self, number: u8, value: u32) -> Result<(), Full> {
        self.attribute(number, &value.to_be_bytes())
    }

    /// Adds an attribute of 3GPP.
    ///
    /// # Errors
    /// [`Full`].
    pub fn three_gpp(&mut self, number: u8, value: &[u8]) -> Result<(), Full> {
        let length = u8::try_from(value.len().saturating_add(2)).map_err(|_| Full)?;
        let mut whole = Vec::with_capacity(value.len().saturating_add(6));
        whole.extend_from_slice(&VENDOR_3GPP.to_be_bytes());
        whole.extend_from_slice(&[number, length]);
        whole.extend_from_slice(value);
        self.attribute(attribute::VENDOR_SPECIFIC, &whole)
    }

    /// Adds a Message-Authenticator, whose value is put in when the packet is signed. Once.
    ///
    /// # Errors
    /// [`Full`].
    pub fn message_authenticator(&mut self) -> Result<(), Full> {
        let offset = self.out.len().saturating_sub(self.start);
        self.attribute(attribute::MESSAGE_AUTHENTICATOR, &[0; 16])?;
        self.message_authenticator = Some(offset);
        Ok(())
    }

    /// Signs a request; returns its authenticator, which the answer is checked by.
    pub fn sign_request(self, secret: &[u8]) -> [u8; 16] {
        self.sign([0; 16], secret)
    }

    /// Signs an answer to the request that had the authenticator `request`.
    pub fn sign_response(self, request: [u8; 16], secret: &[u8]) {
        self.sign(request, secret);
    }

    fn sign(self, seed: [u8; 16], secret: &[u8]) -> [u8; 16] {
        let packet = self.out.get_mut(self.start..).unwrap_or_default();
        // At most 4096, which `attribute` sees to.
        let length = u16::try_from(packet.len()).unwrap_or(u16::MAX);
        put(packet, 2, &length.to_be_bytes());
        if let Some(offset) = self.message_authenticator {
            let value = keyed_sum(packet, offset, secret);
            put(packet, offset.saturating_add(2), &value);
        }
        let authenticator = sum(packet, seed, secret);
        put(packet, 4, &authenticator);
        authenticator
    }
}

fn put(packet: &mut [u8], at: usize, value: &[u8]) {
    if let Some(place) = packet.get_mut(at..at.saturating_add(value.len())) {
        place.copy_from_slice(value);
    }
}

/// The answer to a request: it was taken.
#[derive(Clone, Copy, Debug)]
pub struct Answer;

/// Octets of the longest answer: a header, and every Proxy-State that a request can hold.
pub const ANSWER_OCTETS_MAX: usize = PACKET_OCTETS_MAX;

const _: () = assert!(HEADER_OCTETS < ANSWER_OCTETS_MAX);

impl Answer {
    /// Appends the Accounting-Response to `request`, its Proxy-States copied unchanged and in order (RFC 2865 §5.33).
    /// The same request gives the same octets, so a repeated one gets the answer of the first. A Message-Authenticator
    /// is given to who gave one.
    pub fn write(request: &Packet<'_>, secret: &[u8], out: &mut Vec<u8>) {
        let mut writer = Writer::new(out, Code::AccountingResponse, request.identifier());
        let mut keyed = false;
        for found in request.attributes() {
            // What fitted the request fits the answer: neither can be full.
            let _ = match found.number {
                attribute::PROXY_STATE => writer.attribute(found.number, found.value),
                attribute::MESSAGE_AUTHENTICATOR if !keyed => {
                    keyed = true;
                    writer.message_authenticator()
                }
                _ => Ok(()),
            };
        }
        writer.sign_response(request.authenticator(), secret);
    }
}

#[cfg(test)]
mod tests;
