//! A header's value to a number or an IMSI: what gateways write, as their settings say that they do.
//!
//! Asked by `identify` for each header that is believed. Invariants: pure, without allocation; a value that is not
//! wholly of its form gives nothing, never a part of a number.

use crate::subscriber::Imsi;
use base::{Msisdn, NumberingPlan};
use profile::{NumberForm, NumberScope, NumberSource};

/// Characters of a number at most, with everything that may stand around it.
const TEXT_MAX: usize = 96;

/// Characters taken out of a value.
struct Text {
    octets: [u8; TEXT_MAX],
    length: usize,
}

impl Text {
    fn new() -> Text {
        Text {
            octets: [0; TEXT_MAX],
            length: 0,
        }
    }

    fn push(&mut self, octet: u8) -> Option<()> {
        *self.octets.get_mut(self.length)? = octet;
        self.length += 1;
        Some(())
    }

    fn of(octets: &[u8]) -> Option<Text> {
        let mut text = Text::new();
        octets.iter().try_for_each(|octet| text.push(*octet))?;
        Some(text)
    }

    fn octets(&self) -> &[u8] {
        self.octets.get(..self.length).unwrap_or_default()
    }
}

/// The number in a header's value.
#[must_use]
pub fn msisdn(value: &[u8], source: &NumberSource, plan: &NumberingPlan) -> Option<Msisdn> {
    let text = characters(value, source)?;
    let dialled = address_part(text.octets());
    let separated = dialled.iter().any(|c| b" -.()".contains(c));
    match source.scope {
        NumberScope::Dialled => plan.normalise(dialled),
        _ if separated => msisdn_of(&without_separators(dialled)?, source.scope, plan),
        scope => msisdn_of(&Text::of(dialled)?, scope, plan),
    }
}

fn msisdn_of(text: &Text, scope: NumberScope, plan: &NumberingPlan) -> Option<Msisdn> {
    let digits = text.octets();
    if let Some(rest) = digits.strip_prefix(b"+") {
        return Msisdn::from_digits(rest);
    }
    let is_national = match scope {
        NumberScope::Dialled | NumberScope::International => false,
        NumberScope::National => !has_prefix(digits, &plan.international_prefix),
        NumberScope::NationalOfDigits(count) => digits.len() == usize::from(count),
    };
    if !is_national {
        let prefixed = scope != NumberScope::International && has_prefix(digits, &plan.international_prefix);
        let skip = if prefixed {
            plan.international_prefix.len()
        } else {
            0
        };
        return Msisdn::from_digits(digits.get(skip..)?);
    }
    if plan.country_code.is_empty() {
        return None;
    }
    let skip = if has_prefix(digits, &plan.national_prefix) {
        plan.national_prefix.len()
    } else {
        0
    };
    let mut whole = Text::of(plan.country_code.as_bytes())?;
    digits
        .get(skip..)?
        .iter()
        .try_for_each(|digit| whole.push(*digit))?;
    Msisdn::from_digits(whole.octets())
}

/// The IMSI in a header's value.
#[must_use]
pub fn imsi(value: &[u8], source: &NumberSource) -> Option<Imsi> {
    Imsi::from_digits(characters(value, source)?.octets())
}

fn has_prefix(digits: &[u8], prefix: &str) -> bool {
    !prefix.is_empty() && digits.starts_with(prefix.as_bytes())
}

fn without_separators(dialled: &[u8]) -> Option<Text> {
    let mut text = Text::new();
    for octet in dialled.iter().filter(|c| !b" -.()".contains(c)) {
        text.push(*octet)?;
    }
    Some(text)
}

/// The part of the value that the source names, decoded to characters.
fn characters(value: &[u8], source: &NumberSource) -> Option<Text> {
    let part = match source.parameter.as_str() {
        "" => value,
        name => parameter(value, name.as_bytes())?,
    };
    let part = unquoted(part.trim_ascii());
    match source.form {
        NumberForm::Plain => Text::of(part),
        NumberForm::Hex => hex(part),
        NumberForm::Bcd => bcd(part),
        NumberForm::Base64 => base64(part),
    }
}

/// `tel:+44…;phone-context=…` and `+44…/TYPE=PLMN` to what is dialled (RFC 3966 §3; 3GPP TS 23.140 §8.4.5).
fn address_part(text: &[u8]) -> &[u8] {
    let text = match text.split_first_chunk::<4>() {
        // Only a URI has parameters (RFC 3966 §3); elsewhere a semicolon may stand between two numbers.
        Some((scheme, rest)) if scheme.eq_ignore_ascii_case(b"tel:") => {
            rest.split(|octet| *octet == b';').next().unwrap_or_default()
        }
        _ => text,
    };
    match text.iter().position(|octet| *octet == b'/') {
        Some(at)
            if text
                .get(at..)
                .is_some_and(|tail| tail.eq_ignore_ascii_case(b"/TYPE=PLMN")) =>
        {
            text.get(..at).unwrap_or_default()
        }
        _ => text,
    }
    .trim_ascii()
}

/// The value of `name=` among parts that `;`, `,` or `&` separate. Named twice with different values it is nothing.
fn parameter<'v>(value: &'v [u8], name: &[u8]) -> Option<&'v [u8]> {
    let mut found = None;
    for part in value.split(|octet| b";,&".contains(octet)) {
        let Some(at) = part.iter().position(|octet| *octet == b'=') else {
            continue;
        };
        let (key, rest) = part.split_at(at);
        if !key.trim_ascii().eq_ignore_ascii_case(name) {
            continue;
        }
        let rest = rest.get(1..).unwrap_or_default().trim_ascii();
        if found.is_some_and(|other| other != rest) {
            return None;
        }
        found = Some(rest);
    }
    found
}

fn unquoted(text: &[u8]) -> &[u8] {
    match text {
        [b'"', inner @ .., b'"'] | [b'<', inner @ .., b'>'] => inner,
        _ => text,
    }
}

fn hex(part: &[u8]) -> Option<Text> {
    let mut text = Text::new();
    hex_octets(part, |octet| {
        text.push(octet)
            .filter(|()| octet.is_ascii_graphic() || octet == b' ')
    })?;
    Some(text)
}

/// Lower half first; F fills the last octet.
fn bcd(part: &[u8]) -> Option<Text> {
    let mut text = Text::new();
    let mut filled = false;
    hex_octets(part, |octet| {
        for half in [octet & 0xF, octet >> 4] {
            match half {
                0xF => filled = true,
                digit if digit <= 9 && !filled => text.push(b'0' + digit)?,
                _ => return None,
            }
        }
        Some(())
    })?;
    Some(text)
}

fn hex_octets(part: &[u8], mut take: impl FnMut(u8) -> Option<()>) -> Option<()> {
    let part = match part {
        [b'0', b'x' | b'X', rest @ ..] => rest,
        _ => part,
    };
    if part.is_empty() || part.len() % 2 != 0 {
        return None;
    }
    for pair in part.chunks_exact(2) {
        let [high, low] = pair else { return None };
        let (high, low) = (char::from(*high).to_digit(16)?, char::from(*low).to_digit(16)?);
        take(u8::try_from(high << 4 | low).ok()?)?;
    }
    Some(())
}

/// Either alphabet, with or without padding.
fn base64(part: &[u8]) -> Option<Text> {
    let mut text = Text::new();
    let end = part.iter().rposition(|octet| *octet != b'=')? + 1;
    let (mut bits, mut count) = (0_u32, 0);
    for octet in part.get(..end)? {
        let sextet = match octet {
            b'A'..=b'Z' => octet - b'A',
            b'a'..=b'z' => octet - b'a' + 26,
            b'0'..=b'9' => octet - b'0' + 52,
            b'+' | b'-' => 62,
            b'/' | b'_' => 63,
            _ => return None,
        };
        bits = bits << 6 | u32::from(sextet);
        count += 6;
        if count >= 8 {
            count -= 8;
            text.push((bits >> count) as u8)?;
            bits &= (1 << count) - 1;
        }
    }
    // A single sextet at the end is no octet, and bits that are left must be zero.
    (count < 6 && bits == 0 && part.len() - end <= 2).then_some(text)
}

#[cfg(test)]
mod tests;
