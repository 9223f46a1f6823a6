//! Addresses: of subscribers, of services, of MMSCs.
//!
//! Read from From, To, Cc, Sender and the rest; matched and routed by `number` and `domain`. Invariants: the text is
//! kept as it was received; the form is found from it alone: `+E164/TYPE=PLMN@domain`, any of its parts missing, short
//! codes, e-mail, and what is none of them. Source: MM4 reference §4.

use entity::{Mailbox, mailbox};

/// What an address is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Form {
    /// A telephone number, with or without `+`.
    Number,
    /// A short code or a name of a service: `/TYPE=PLMN` behind no number, or fewer digits than a number has.
    Code,
    /// An e-mail address.
    Mail,
    /// An address of another type, such as `/TYPE=IPv4`.
    OtherType,
    /// None of these: `PostMaster`, a host name.
    Other,
}

/// An address, with the name that people read if it has one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Address {
    /// The display name, decoded.
    pub name: Option<String>,
    /// The address without name and angle brackets, as it was received.
    pub text: String,
    /// What it is.
    pub form: Form,
}

impl Address {
    /// An address from its text.
    #[must_use]
    pub fn new(text: impl Into<String>) -> Self {
        let text = text.into();
        let form = form(&text);
        Self {
            name: None,
            text,
            form,
        }
    }

    /// A subscriber.
    #[must_use]
    pub fn of_subscriber(number: base::Msisdn) -> Self {
        Self {
            name: None,
            text: number.to_string(),
            form: Form::Number,
        }
    }

    /// The addresses of a header.
    #[must_use]
    pub fn list(text: &str) -> Vec<Self> {
        mailbox::list(text).into_iter().map(Self::from).collect()
    }

    /// The first address of a header; all of its text where it is no list.
    #[must_use]
    pub fn read(text: &str) -> Option<Self> {
        mailbox::list(text).into_iter().next().map(Self::from)
    }

    /// What is before the `/TYPE=` and the domain: the number as it was dialled, the code, the local part.
    #[must_use]
    pub fn local(&self) -> &str {
        split_type(split_domain(&self.text).0).0
    }

    /// The domain, without the `@`.
    #[must_use]
    pub fn domain(&self) -> Option<&str> {
        split_domain(&self.text).1
    }

    /// The type behind `/TYPE=`, such as `PLMN`.
    #[must_use]
    pub fn type_token(&self) -> Option<&str> {
        split_type(split_domain(&self.text).0).1
    }

    /// The number as it was dialled, for `base::NumberingPlan`; `None` for what is no number.
    #[must_use]
    pub fn dialled(&self) -> Option<&str> {
        (self.form == Form::Number).then(|| self.local())
    }
}

impl From<Mailbox> for Address {
    fn from(mailbox: Mailbox) -> Self {
        Self {
            name: mailbox.name,
            ..Self::new(mailbox.address)
        }
    }
}

/// Local part and domain. Only the last `@` can begin a domain.
fn split_domain(text: &str) -> (&str, Option<&str>) {
    match text.rsplit_once('@') {
        Some((local, domain)) if !domain.is_empty() => (local, Some(domain)),
        Some((local, _)) => (local, None),
        None => (text, None),
    }
}

fn split_type(local: &str) -> (&str, Option<&str>) {
    const MARK: &str = "/TYPE=";
    let at = local
        .as_bytes()
        .windows(MARK.len())
        .rposition(|window| window.eq_ignore_ascii_case(MARK.as_bytes()));
    match at.and_then(|at| local.split_at_checked(at)) {
        Some((head, tail)) => (head, tail.get(MARK.len()..)),
        None => (local, None),
    }
}

/// The least digits of a number without `+`; fewer are a short code (`base::number` draws the same line).
const DIGITS_MIN: usize = base::number::E164_DIGITS_MIN;

fn form(text: &str) -> Form {
    let (rest, domain) = split_domain(text);
    let (local, type_token) = split_type(rest);
    // PLNM is what some handsets and gateways write.
    let is_plmn = type_token.is_none_or(|token| {
        ["PLMN", "PLNM"]
            .iter()
            .any(|plmn| token.eq_ignore_ascii_case(plmn))
    });
    let digits = local.bytes().filter(u8::is_ascii_digit).count();
    let is_dialled = digits > 0
        && local
            .bytes()
            .all(|octet| matches!(octet, b'0'..=b'9' | b'+' | b'-' | b'.' | b' ' | b'(' | b')'));
    match (is_dialled, domain) {
        _ if !is_plmn => Form::OtherType,
        (true, _) if digits >= DIGITS_MIN => Form::Number,
        (true, _) => Form::Code,
        (false, _) if type_token.is_some() && !local.is_empty() => Form::Code,
        (false, Some(_)) if !local.is_empty() => Form::Mail,
        _ => Form::Other,
    }
}

#[cfg(test)]
mod tests;
