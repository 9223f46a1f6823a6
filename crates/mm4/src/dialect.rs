//! How one peer wants to be spoken to.
//!
//! Part of the operator's profile of a peer; read by the writers. Invariant: it changes the form of what is written,
//! never its meaning. Source: MM4 reference §3, §4 and §8.

use entity::Carriage;

use crate::address::{Address, Form};
use crate::version::Version;

/// What stands around ids.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum IdStyle {
    /// `"id"`, as Mbuni and most others write.
    #[default]
    Quoted,
    /// `id`.
    Bare,
    /// `<id>`.
    Angle,
}

/// Who stands in From and To of a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Orientation {
    /// From is the recipient of the message, To its originator, as TS 23.140 has it.
    #[default]
    BySpecification,
    /// The other way round.
    Reversed,
}

/// The form of what one peer is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Dialect<'a> {
    /// The version that is claimed; a response claims the lower of this and the request's.
    pub version: Version,
    /// What stands around ids that we made; a response echoes the peer's as it was.
    pub ids: IdStyle,
    /// Whether numbers end in `/TYPE=PLMN`.
    pub type_suffix: TypeSuffix,
    /// Whether numbers begin with `+`.
    pub plus: Plus,
    /// The domain of From; `None`: as it is, and none for a number.
    pub domain_from: Option<&'a str>,
    /// The domain of To and Cc; `None`: as it is, and none for a number.
    pub domain_to: Option<&'a str>,
    /// Who stands where in a report.
    pub reports: Orientation,
    /// What the SMTP session with the peer carries unencoded.
    pub carriage: Carriage,
}

/// What follows a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum TypeSuffix {
    /// `/TYPE=PLMN`.
    #[default]
    Plmn,
    /// Nothing.
    None,
}

/// What stands in front of a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Plus {
    /// `+`.
    #[default]
    Written,
    /// Nothing.
    Omitted,
}

impl Default for Dialect<'_> {
    fn default() -> Self {
        Self {
            version: Version::OURS,
            ids: IdStyle::default(),
            type_suffix: TypeSuffix::default(),
            plus: Plus::default(),
            domain_from: None,
            domain_to: None,
            reports: Orientation::default(),
            carriage: Carriage::default(),
        }
    }
}

impl Dialect<'_> {
    /// An id of ours.
    #[must_use]
    pub fn id(&self, bare: &[u8]) -> Vec<u8> {
        let (open, close): (&[u8], &[u8]) = match self.ids {
            IdStyle::Quoted => (b"\"", b"\""),
            IdStyle::Bare => (b"", b""),
            IdStyle::Angle => (b"<", b">"),
        };
        [open, bare, close].concat()
    }

    /// An address as it is written, also in the SMTP envelope. Numbers and codes get type and domain; an e-mail address
    /// keeps its own.
    #[must_use]
    pub fn address(&self, address: &Address, domain: Option<&str>) -> String {
        let domain = match address.form {
            Form::Number | Form::Code | Form::OtherType => domain.or(address.domain()),
            Form::Mail | Form::Other => address.domain(),
        };
        let mut text = String::with_capacity(address.text.len().saturating_add(48));
        match address.form {
            Form::Number => {
                let is_written = self.plus == Plus::Written;
                if is_written && !address.local().starts_with('+') && is_international(address) {
                    text.push('+');
                }
                let kept = |c: &char| c.is_ascii_digit() || (is_written && *c == '+');
                text.extend(address.local().chars().filter(kept));
            }
            Form::OtherType if is_host(address.local()) => text.push_str(address.local()),
            _ => push_local(address.local(), &mut text),
        }
        match (address.form, address.type_token(), self.type_suffix) {
            (Form::Number | Form::Code, _, TypeSuffix::Plmn) => text.push_str("/TYPE=PLMN"),
            (Form::OtherType, Some(token), _) => {
                text.push_str("/TYPE=");
                text.extend(token.chars().filter(char::is_ascii_alphanumeric));
            }
            _ => {}
        }
        if let Some(domain) = domain {
            // A colon outside a literal would begin a group.
            let is_literal = domain.starts_with('[') && domain.ends_with(']');
            let is_of_domain = |c: &char| match c {
                '.' | '-' | '_' => true,
                ':' | '[' | ']' => is_literal,
                c => c.is_ascii_alphanumeric(),
            };
            let domain: String = domain.chars().filter(is_of_domain).collect();
            if !domain.is_empty() {
                text.push('@');
                text.push_str(&domain);
            }
        }
        text
    }
}

/// A number of enough digits that does not begin with 0 has lost its `+` (as `base::NumberingPlan` takes it, too).
fn is_international(address: &Address) -> bool {
    !address.local().starts_with('0')
}

/// An IPv4 or IPv6 address, as TYPE=IPv4 and TYPE=IPv6 have it.
fn is_host(local: &str) -> bool {
    !local.is_empty()
        && local
            .chars()
            .all(|c| c.is_ascii_hexdigit() || matches!(c, ':' | '.'))
}

/// Stands for a local part of which nothing can be written: an address is never left empty.
const UNWRITABLE: &str = "unknown";

/// A local part: as it is where it is made of atoms, else quoted (RFC 5321 §4.1.2). What no local part holds is
/// dropped.
fn push_local(local: &str, text: &mut String) {
    let is_atom = |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+-/=?^_`{|}~.".contains(c);
    if !local.is_empty() && local.chars().all(is_atom) {
        return text.push_str(local);
    }
    let inner = local
        .strip_prefix('"')
        .and_then(|inner| inner.strip_suffix('"'))
        .unwrap_or(local);
    let is_printable = |c: &char| matches!(c, '!'..='~');
    if !inner.chars().any(|c| is_printable(&c)) {
        return text.push_str(UNWRITABLE);
    }
    text.push('"');
    for character in inner.chars().filter(|c| is_printable(c) || *c == ' ') {
        if matches!(character, '"' | '\\') {
            text.push('\\');
        }
        text.push(character);
    }
    text.push('"');
}

#[cfg(test)]
mod tests;
