//! What proves that a packet comes from who knows the secret: MD5 authenticators and Message-Authenticator.
//!
//! Between reading a packet and believing it. Invariants: compared in constant time; a Message-Authenticator that is
//! there must be right, too; nothing in here says which of the two was wrong.

use crate::attribute;
use crate::packet::{Code, HEADER_OCTETS, Packet};
use hmac::{Hmac, Mac};
use md5::{Digest, Md5};
use subtle::ConstantTimeEq;

/// The packet was not made with this secret, or was changed on its way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Forged;

impl core::fmt::Display for Forged {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("the packet's authenticator is not made with this secret")
    }
}

impl core::error::Error for Forged {}

/// Octets of an authenticator.
const OCTETS: usize = 16;

impl Packet<'_> {
    /// Checks an Accounting-Request's authenticator, and its Message-Authenticator where there is one.
    ///
    /// # Errors
    /// [`Forged`]; to be dropped without an answer, and counted (RFC 2866 §3).
    pub fn verify(&self, secret: &[u8]) -> Result<(), Forged> {
        if self.code() != Code::AccountingRequest {
            return Err(Forged);
        }
        self.verify_after([0; OCTETS], secret)
    }

    /// Checks an Accounting-Response to the request that had the authenticator `request`.
    ///
    /// # Errors
    /// [`Forged`].
    pub fn verify_response(&self, request: [u8; OCTETS], secret: &[u8]) -> Result<(), Forged> {
        if self.code() != Code::AccountingResponse {
            return Err(Forged);
        }
        self.verify_after(request, secret)
    }

    /// `seed` stands in the authenticator's place while the sum is made: zeros in a request, the request's in an answer
    /// (RFC 2866 §3).
    fn verify_after(&self, seed: [u8; OCTETS], secret: &[u8]) -> Result<(), Forged> {
        let mut right = sum(self.octets(), seed, secret).ct_eq(&self.authenticator());
        for found in self
            .attributes()
            .filter(|a| a.number == attribute::MESSAGE_AUTHENTICATOR)
        {
            right &= keyed_sum(self.octets(), found.offset, secret).ct_eq(found.value);
        }
        if bool::from(right) { Ok(()) } else { Err(Forged) }
    }
}

/// MD5 over the packet with `seed` for its authenticator, and the secret (RFC 2866 §3).
pub(crate) fn sum(packet: &[u8], seed: [u8; OCTETS], secret: &[u8]) -> [u8; OCTETS] {
    let mut sum = Md5::new();
    sum.update(packet.get(..4).unwrap_or_default());
    sum.update(seed);
    sum.update(packet.get(HEADER_OCTETS..).unwrap_or_default());
    sum.update(secret);
    sum.finalize().into()
}

/// HMAC-MD5 over the packet with zeros for its authenticator and for the value of the attribute at `offset` (RFC 2869
/// §5.14, which leaves accounting open; zeros in requests and in their answers are what FreeRADIUS and pyrad take).
pub(crate) fn keyed_sum(packet: &[u8], offset: usize, secret: &[u8]) -> [u8; OCTETS] {
    // A key of any length is taken by HMAC (RFC 2104 §2): this can't fail, and if it did nothing would be equal to it.
    let Ok(mut sum) = Hmac::<Md5>::new_from_slice(secret) else {
        return [0; OCTETS];
    };
    let value = offset.saturating_add(2);
    sum.update(packet.get(..4).unwrap_or_default());
    sum.update(&[0; OCTETS]);
    sum.update(packet.get(HEADER_OCTETS..value).unwrap_or_default());
    sum.update(&[0; OCTETS]);
    sum.update(packet.get(value.saturating_add(OCTETS)..).unwrap_or_default());
    sum.finalize().into_bytes().into()
}

#[cfg(test)]
mod tests;
