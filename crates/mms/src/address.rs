//! Addresses: To, Cc, Bcc, From, Previously-Sent-By.
//!
//! The octets stay as they came; [`Address::form`] says what they mean, which routing asks for. Invariants: parsing
//! never fails (what is nothing else is `Other`), compares `/TYPE=` without case and borrows everything. Forms:
//! OMA-TS-MMS_ENC clause 8; tolerances: what real clients and gateways send.

use core::net::IpAddr;
use core::str;

use wsp::{EncodedString, Reader, charset, write};

use crate::value::Value;

/// An address as it is on the wire.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Address<'a> {
    /// The text, with `/TYPE=` and display name.
    pub text: EncodedString<'a>,
}

/// What an address is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form<'a> {
    /// A telephone number, with `/TYPE=PLMN`, with another type, or bare. Short numbers are numbers, too.
    Phone(Digits<'a>),
    /// `*` or `#`, then digits.
    ShortCode(&'a [u8]),
    /// Letters and digits, at least one letter.
    Alpha(&'a [u8]),
    /// An e-mail address, `local@domain`.
    Email(&'a [u8]),
    /// An IP address.
    Ip(IpAddr),
    /// Anything else: the whole text.
    Other(&'a [u8]),
}

impl<'a> Address<'a> {
    /// An address without a character set, such as `+447700900001/TYPE=PLMN`.
    #[must_use]
    pub const fn ascii(text: &'a [u8]) -> Self {
        Self {
            text: EncodedString::ascii(text),
        }
    }

    /// Whether there is nothing in it; padding and careless clients make such ones.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.text.text.trim_ascii().is_empty()
    }

    /// The name before an address in angle brackets, without quotes.
    #[must_use]
    pub fn display_name(&self) -> Option<&'a [u8]> {
        let (name, _) = bracketed(self.text.text.trim_ascii())?;
        let name = name.trim_ascii();
        let name = name
            .strip_prefix(b"\"")
            .and_then(|name| name.strip_suffix(b"\""))
            .unwrap_or(name);
        (!name.is_empty()).then_some(name)
    }

    /// The token after `/TYPE=`, as it was sent.
    #[must_use]
    pub fn type_token(&self) -> Option<&'a [u8]> {
        split_type(self.bare()).1
    }

    /// What the address is.
    #[must_use]
    pub fn form(&self) -> Form<'a> {
        if self
            .text
            .charset
            .is_some_and(|charset| charset::code_unit_octets(charset) != 1)
        {
            return Form::Other(self.text.text);
        }
        let (address, type_token) = split_type(self.bare());
        let address = address.trim_ascii();
        let is_ip_type = type_token.is_some_and(|token| begins_without_case(token, b"ipv"));
        if (is_ip_type || type_token.is_none())
            && let Some(ip) = str::from_utf8(address).ok().and_then(|text| text.parse().ok())
        {
            return Form::Ip(ip);
        }
        if address.contains(&b'@') {
            return Form::Email(address);
        }
        if let Some(digits) = Digits::parse(address) {
            return Form::Phone(digits);
        }
        match address {
            [b'*' | b'#', digits @ ..] if !digits.is_empty() && digits.iter().all(is_code_octet) => {
                Form::ShortCode(address)
            }
            [_, ..] if type_token.is_none() && address.iter().all(u8::is_ascii_alphanumeric) => {
                Form::Alpha(address)
            }
            _ => Form::Other(self.text.text),
        }
    }

    /// The text without display name and angle brackets.
    fn bare(&self) -> &'a [u8] {
        let text = self.text.text.trim_ascii();
        bracketed(text).map_or(text, |(_, inner)| inner.trim_ascii())
    }
}

impl<'a> Value<'a> for Address<'a> {
    fn read(reader: &mut Reader<'a>) -> Result<Self, wsp::Error> {
        reader.encoded_string().map(|text| Self { text })
    }

    fn write(&self, out: &mut Vec<u8>) {
        write::encoded_string(out, self.text);
    }
}

fn begins_without_case(text: &[u8], prefix: &[u8]) -> bool {
    text.get(..prefix.len())
        .is_some_and(|head| head.eq_ignore_ascii_case(prefix))
}

fn is_code_octet(octet: &u8) -> bool {
    octet.is_ascii_digit() || matches!(octet, b'*' | b'#')
}

/// `name <address>` apart; `None` without brackets.
fn bracketed(text: &[u8]) -> Option<(&[u8], &[u8])> {
    let inner = text.strip_suffix(b">")?;
    let open = inner.iter().rposition(|&octet| octet == b'<')?;
    let (name, address) = inner.split_at_checked(open)?;
    Some((name, address.strip_prefix(b"<")?))
}

/// An address and the token after its last `/TYPE=`.
fn split_type(text: &[u8]) -> (&[u8], Option<&[u8]>) {
    let split = text
        .iter()
        .rposition(|&octet| octet == b'/')
        .and_then(|slash| text.split_at_checked(slash));
    match split {
        Some((address, tail)) if begins_without_case(tail, b"/type=") => {
            (address, Some(tail.get(b"/type=".len()..).unwrap_or_default()))
        }
        _ => (text, None),
    }
}

/// A telephone number: digits with separators between them, perhaps after a `+`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Digits<'a> {
    raw: &'a [u8],
    international: bool,
}

impl<'a> Digits<'a> {
    /// Reads digits, an optional `+` before the first, and the separators that people type (space, `-`, `.`, `(`,
    /// `)`); `None` for anything else and when there is no digit.
    #[must_use]
    pub fn parse(raw: &'a [u8]) -> Option<Self> {
        let mut international = false;
        let mut seen_digit = false;
        for octet in raw {
            match octet {
                b'0'..=b'9' => seen_digit = true,
                b'+' if !international && !seen_digit => international = true,
                b' ' | b'-' | b'.' | b'(' | b')' => {}
                _ => return None,
            }
        }
        seen_digit.then_some(Self { raw, international })
    }

    /// Whether a `+` stands before the digits: the number begins with a country code.
    #[must_use]
    pub const fn is_international(&self) -> bool {
        self.international
    }

    /// The digits as ASCII, without separators.
    pub fn digits(&self) -> impl Iterator<Item = u8> + 'a {
        self.raw.iter().copied().filter(u8::is_ascii_digit)
    }

    /// The digits as a number; leading zeros are lost. `None` when it does not fit 64 bits.
    #[must_use]
    pub fn value(&self) -> Option<u64> {
        self.digits().try_fold(0_u64, |value, digit| {
            value
                .checked_mul(10)?
                .checked_add(u64::from(digit.wrapping_sub(b'0')))
        })
    }
}

/// The text `+NUMBER/TYPE=PLMN` of an international number, for addresses that the server writes.
#[derive(Debug, Clone, Copy)]
pub struct PlmnText {
    /// Right-aligned: `+`, at most 20 digits, `/TYPE=PLMN`.
    octets: [u8; 31],
    unused: usize,
}

impl PlmnText {
    /// The text for an E.164 number (country code first, no `+`).
    #[must_use]
    pub fn new(number: u64) -> Self {
        let mut octets = [0; 31];
        let mut left = number;
        let mut unused = octets.len();
        let mut put = octets.iter_mut().rev();
        // The suffix comes first in the zip: it must be what runs out, or a slot would be lost.
        for (octet, slot) in b"/TYPE=PLMN".iter().rev().zip(put.by_ref()) {
            *slot = *octet;
            unused = unused.saturating_sub(1);
        }
        for slot in put {
            unused = unused.saturating_sub(1);
            if left == 0 && unused < 20 {
                *slot = b'+';
                break;
            }
            *slot = b'0' | (left % 10).to_le_bytes()[0];
            left /= 10;
        }
        Self { octets, unused }
    }

    /// The address.
    #[must_use]
    pub fn address(&self) -> Address<'_> {
        Address::ascii(self.octets.get(self.unused..).unwrap_or_default())
    }
}

#[cfg(test)]
mod tests;
