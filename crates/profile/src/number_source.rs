//! Where a header holds a number and how it is written: `X-MSISDN`, or `Cookie parameter=msisdn form=hex`.
//!
//! Read from the settings' texts; `apn` decodes by it. Invariant: what it prints is what it reads.

use std::fmt;
use std::str::FromStr;

/// How the digits are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum NumberForm {
    /// As digits.
    #[default]
    Plain,
    /// Each character as two hexadecimal digits.
    Hex,
    /// Two digits an octet, the lower half first, filled with F, in hexadecimal, as IMSIs are (TS 24.008 §10.5.1.4).
    Bcd,
    /// The characters in base64 (RFC 4648 §4 or §5, padding or not).
    Base64,
}

/// Whether the country code is there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum NumberScope {
    /// As people dial: a national prefix makes it national, anything else is international.
    #[default]
    Dialled,
    /// It is, with or without a `+`; a 0 at the front is an error.
    International,
    /// It is left out, unless a `+` or the international prefix stands there.
    National,
    /// It is left out where the number has this many digits.
    NationalOfDigits(u8),
}

/// One header that may hold a number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NumberSource {
    /// Name of the header, compared without regard to case.
    pub header: String,
    /// The part of its value that holds it, as in `msisdn=…;`; empty: the whole value.
    pub parameter: String,
    /// How the digits are written.
    pub form: NumberForm,
    /// Whether the country code is there.
    pub scope: NumberScope,
}

/// Why a text is no such source.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not NAME, then any of form=, parameter=, numbers= or national_digits=")]
pub struct NotASource;

impl FromStr for NumberSource {
    type Err = NotASource;

    fn from_str(text: &str) -> Result<NumberSource, NotASource> {
        let mut words = text.split(' ').filter(|word| !word.is_empty());
        let header = words.next().filter(|name| is_token(name)).ok_or(NotASource)?;
        let mut source = NumberSource {
            header: header.to_owned(),
            parameter: String::new(),
            form: NumberForm::default(),
            scope: NumberScope::default(),
        };
        for word in words {
            let (key, value) = word.split_once('=').ok_or(NotASource)?;
            match key {
                "form" => source.form = form_of(value).ok_or(NotASource)?,
                "parameter" if is_token(value) => value.clone_into(&mut source.parameter),
                "numbers" => source.scope = scope_of(value).ok_or(NotASource)?,
                "national_digits" => {
                    let digits = value.parse().ok().filter(|digits| (4..=14).contains(digits));
                    source.scope = NumberScope::NationalOfDigits(digits.ok_or(NotASource)?);
                }
                _ => return Err(NotASource),
            }
        }
        Ok(source)
    }
}

impl fmt::Display for NumberSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.header)?;
        if !self.parameter.is_empty() {
            write!(f, " parameter={}", self.parameter)?;
        }
        f.write_str(match self.form {
            NumberForm::Plain => "",
            NumberForm::Hex => " form=hex",
            NumberForm::Bcd => " form=bcd",
            NumberForm::Base64 => " form=base64",
        })?;
        match self.scope {
            NumberScope::Dialled => Ok(()),
            NumberScope::International => f.write_str(" numbers=international"),
            NumberScope::National => f.write_str(" numbers=national"),
            NumberScope::NationalOfDigits(digits) => write!(f, " national_digits={digits}"),
        }
    }
}

fn form_of(word: &str) -> Option<NumberForm> {
    match word {
        "plain" => Some(NumberForm::Plain),
        "hex" => Some(NumberForm::Hex),
        "bcd" => Some(NumberForm::Bcd),
        "base64" => Some(NumberForm::Base64),
        _ => None,
    }
}

fn scope_of(word: &str) -> Option<NumberScope> {
    match word {
        "dialled" => Some(NumberScope::Dialled),
        "international" => Some(NumberScope::International),
        "national" => Some(NumberScope::National),
        _ => None,
    }
}

/// A token (RFC 9110 §5.6.2), which names of headers and of cookies' parts are.
fn is_token(text: &str) -> bool {
    (1..=64).contains(&text.len())
        && text
            .bytes()
            .all(|c| c.is_ascii_alphanumeric() || b"!#$%&'*+.^_`|~-".contains(&c))
}

#[cfg(test)]
mod tests;
