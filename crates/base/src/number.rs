//! Subscriber numbers: E.164 digits as a `u64`, and the rules that bring what people dial to that form.
//!
//! Inside there is one form only, so that aliases of one number (`+44…`, `0044…`, `0…`, with or without
//! `/TYPE=PLMN`) meet in one subscriber, one limit and one delivery.

use std::fmt;
use std::num::NonZeroU64;

/// Digits of the longest international number (ITU-T E.164 §6.2.1: 15 digits).
pub const E164_DIGITS_MAX: usize = 15;

/// Digits of the shortest international number taken for a subscriber. E.164 sets no minimum; 7 keeps short codes
/// out.
pub const E164_DIGITS_MIN: usize = 7;

/// An international subscriber number without its `+`. Never printed whole by `Debug`: see [`Masked`].
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Msisdn(NonZeroU64);

impl Msisdn {
    /// From plain international digits, without `+`; `None` unless 7 to 15 digits that do not begin with 0.
    #[must_use]
    pub fn from_digits(digits: &[u8]) -> Option<Msisdn> {
        if !(E164_DIGITS_MIN..=E164_DIGITS_MAX).contains(&digits.len()) || digits[0] == b'0' {
            return None;
        }
        let mut value = 0_u64;
        for &digit in digits {
            if !digit.is_ascii_digit() {
                return None;
            }
            value = value * 10 + u64::from(digit - b'0');
        }
        NonZeroU64::new(value).map(Msisdn)
    }

    /// From its stored form; `None` for values that no number has.
    #[must_use]
    pub fn from_bits(bits: u64) -> Option<Msisdn> {
        let shortest = 10_u64.pow(E164_DIGITS_MIN as u32 - 1);
        let beyond = 10_u64.pow(E164_DIGITS_MAX as u32);
        if bits < shortest || bits >= beyond {
            return None;
        }
        NonZeroU64::new(bits).map(Msisdn)
    }

    /// The digits as a decimal number; also the stored form.
    #[must_use]
    pub fn digits(self) -> u64 {
        self.0.get()
    }

    /// For logs: all but the last two digits hidden.
    #[must_use]
    pub fn masked(self) -> Masked {
        Masked(self)
    }
}

impl fmt::Display for Msisdn {
    /// `+` and the digits, as on the wire.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "+{}", self.0)
    }
}

impl fmt::Debug for Msisdn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.masked())
    }
}

/// A number fit for a log line: `+447…01`.
#[derive(Clone, Copy)]
pub struct Masked(Msisdn);

impl fmt::Display for Masked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "+…{:02}", self.0.digits() % 100)
    }
}

/// How numbers are written where a listener stands: brings them to E.164.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NumberingPlan {
    /// Country code of numbers written nationally, such as `44`. Empty: national numbers are refused.
    pub country_code: String,
    /// What a national number begins with, dropped before the country code is put in front; such as `0`.
    pub national_prefix: String,
    /// What an international number may begin with instead of `+`; such as `00`.
    pub international_prefix: String,
}

impl Default for NumberingPlan {
    fn default() -> NumberingPlan {
        NumberingPlan {
            country_code: String::new(),
            national_prefix: "0".to_owned(),
            international_prefix: "00".to_owned(),
        }
    }
}

impl NumberingPlan {
    /// Brings dialled digits to E.164. Spaces, `-`, `.`, `(` and `)` are passed over (MM1 PDU reference §8).
    ///
    /// `+` or the international prefix: international. The national prefix: national, if a country code is set.
    /// Anything else is taken for international digits that lost their `+`, which is what enriched headers hold.
    #[must_use]
    pub fn normalise(&self, dialled: &[u8]) -> Option<Msisdn> {
        let mut digits = [0_u8; 24];
        let mut length = 0;
        let (plus, rest) = match dialled.trim_ascii() {
            [b'+', rest @ ..] => (true, rest),
            rest => (false, rest),
        };
        for &character in rest {
            match character {
                b'0'..=b'9' => {
                    *digits.get_mut(length)? = character;
                    length += 1;
                }
                b' ' | b'-' | b'.' | b'(' | b')' => {}
                _ => return None,
            }
        }
        let digits = &digits[..length];
        if plus {
            return Msisdn::from_digits(digits);
        }
        if let Some(rest) = strip_nonempty(digits, &self.international_prefix) {
            return Msisdn::from_digits(rest);
        }
        if let Some(rest) = strip_nonempty(digits, &self.national_prefix) {
            if self.country_code.is_empty() {
                return None;
            }
            let mut whole = [0_u8; 48];
            let code = self.country_code.as_bytes();
            whole.get_mut(..code.len())?.copy_from_slice(code);
            whole
                .get_mut(code.len()..code.len() + rest.len())?
                .copy_from_slice(rest);
            return Msisdn::from_digits(&whole[..code.len() + rest.len()]);
        }
        Msisdn::from_digits(digits)
    }
}

fn strip_nonempty<'a>(digits: &'a [u8], prefix: &str) -> Option<&'a [u8]> {
    if prefix.is_empty() {
        None
    } else {
        digits.strip_prefix(prefix.as_bytes())
    }
}

#[cfg(test)]
mod tests;
