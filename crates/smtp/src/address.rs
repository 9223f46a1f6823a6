//! Addresses as they stand in an envelope, and the paths around them.
//!
//! Between a command line and the owner on the server's side, between the owner and a command line on the client's.
//! Invariants: an [`Address`] is printable ASCII without angle brackets outside quotes, so that it can be written into
//! a command as it is; it is kept as it came, quotes included, since whoever compares it knows what they mean. Both
//! the forms with and without a domain are addresses here: MM4 peers send both.

use crate::limits::PATH_OCTETS_MAX;

#[cfg(test)]
mod tests;

/// A mailbox of an envelope: `+447700900001/TYPE=PLMN@mms.example`, or without a domain.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Address<'a>(&'a str);

/// A text is no address: a control octet, one beyond ASCII, an empty part, a quote without end, or too long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AddressMalformed;

impl<'a> Address<'a> {
    /// Reads the text between the angle brackets, without a source route.
    ///
    /// # Errors
    /// [`AddressMalformed`] if it is none, or longer than a path may be (RFC 5321 §4.5.3.1.3).
    pub fn parse(text: &'a str) -> Result<Self, AddressMalformed> {
        let octets = text.as_bytes();
        if octets.len().saturating_add(2) > PATH_OCTETS_MAX as usize {
            return Err(AddressMalformed);
        }
        let local = local_part(octets).ok_or(AddressMalformed)?;
        match octets.get(local..) {
            Some([]) => Ok(Self(text)),
            Some([b'@', domain @ ..]) if is_domain(domain) => Ok(Self(text)),
            _ => Err(AddressMalformed),
        }
    }

    /// The text, without angle brackets.
    #[must_use]
    pub const fn as_str(self) -> &'a str {
        self.0
    }

    /// What stands behind the last `@`, if there is one.
    #[must_use]
    pub fn domain(self) -> Option<&'a str> {
        let local = local_part(self.0.as_bytes())?;
        self.0.get(local..)?.strip_prefix('@')
    }
}

/// A name of RFC 5321 §4.1.2 `Domain`, with the underscore that host names have in practice, or an address literal.
pub(crate) fn is_domain(octets: &[u8]) -> bool {
    if let [b'[', literal @ .., b']'] = octets {
        let inside =
            |octet: &u8| octet.is_ascii_graphic() && !matches!(octet, b'[' | b']' | b'\\' | b'<' | b'>');
        return !literal.is_empty() && literal.iter().all(inside);
    }
    let label = |label: &[u8]| {
        let inside = |octet: &u8| octet.is_ascii_alphanumeric() || matches!(octet, b'-' | b'_');
        !label.is_empty() && label.iter().all(inside)
    };
    octets.split(|octet| *octet == b'.').all(label)
}

/// Octets of the local part at the front: a quoted string, or atoms and dots.
fn local_part(octets: &[u8]) -> Option<usize> {
    if octets.first() != Some(&b'"') {
        let atom = |octet: &u8| octet.is_ascii_alphanumeric() || b"!#$%&'*+-/=?^_`{|}~.".contains(octet);
        let count = octets.iter().take_while(|octet| atom(octet)).count();
        return (count > 0).then_some(count);
    }
    let mut at = 1_usize;
    loop {
        match octets.get(at)? {
            b'"' => return Some(at.saturating_add(1)),
            b'\\' => {
                let quoted = octets.get(at.saturating_add(1))?;
                if !(b' '..=b'~').contains(quoted) {
                    return None;
                }
                at = at.saturating_add(2);
            }
            b' '..=b'~' => at = at.saturating_add(1),
            _ => return None,
        }
    }
}

/// Where an address stands in the text of a command, and where the text goes on behind its path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct PathExtent {
    /// First octet of the address.
    pub(crate) start: usize,
    /// Behind its last octet; equal to `start` for the null path.
    pub(crate) end: usize,
    /// Behind the closing angle bracket.
    pub(crate) rest: usize,
}

/// Finds the path at the front of `text`, which begins behind the colon. A source route is passed over, as RFC 5321
/// §4.1.1.3 wants; one space before the path is passed over, as old peers want.
pub(crate) fn find_path(text: &str) -> Option<PathExtent> {
    let octets = text.as_bytes();
    let open = usize::from(octets.first() == Some(&b' '));
    let mut start = match octets.get(open) {
        Some(b'<') => open.saturating_add(1),
        _ => return None,
    };
    if octets.get(start) == Some(&b'@') {
        let colon = octets.get(start..)?.iter().position(|octet| *octet == b':')?;
        let end = start.saturating_add(colon);
        let mut hops = octets.get(start..end)?.split(|octet| *octet == b',');
        if !hops.all(|hop| matches!(hop, [b'@', domain @ ..] if is_domain(domain))) {
            return None;
        }
        start = end.saturating_add(1);
    }
    let end = start.saturating_add(address_octets(octets.get(start..)?)?);
    let rest = end.saturating_add(1);
    if end == start {
        return Some(PathExtent { start, end, rest });
    }
    Address::parse(text.get(start..end)?).ok()?;
    Some(PathExtent { start, end, rest })
}

/// Octets up to the closing angle bracket, which may stand in quotes before.
fn address_octets(octets: &[u8]) -> Option<usize> {
    let quoted = if octets.first() == Some(&b'"') {
        local_part(octets)?
    } else {
        0
    };
    let close = octets.get(quoted..)?.iter().position(|octet| *octet == b'>')?;
    Some(quoted.saturating_add(close))
}
