//! Forms of the texts that stand in operator profiles: names, hosts, media ranges, targets of routes.
//!
//! Beside `value`, which holds the forms of the other settings. Invariant: check and pattern say the same; a test
//! walks both over one list of samples.

use crate::value::Form;

/// Characters of a domain as text, at most (RFC 1035 §2.3.4: 255 octets on the wire).
const DOMAIN_CHARACTERS_MAX: usize = 253;

/// The name of a peer: short, since it stands in records, reports and CSV files.
pub const PEER_NAME: Form = Form {
    text: "1 to 32 lower-case letters, digits and hyphens, first a letter, not `local`, `any` or `refused`",
    pattern: "^(?!(local|any|refused)$)[a-z][0-9a-z-]{0,31}$",
    check: |text| is_name(text) && !matches!(text, "local" | "any" | "refused"),
};

/// One side of a relation.
pub const PARTY: Form = Form {
    text: "the name of a peer, `local` or `any`",
    pattern: "^(?!refused$)[a-z][0-9a-z-]{0,31}$",
    check: |text| is_name(text) && text != "refused",
};

/// Where an override leads.
pub const TARGET: Form = Form {
    text: "the name of a peer, `local` or `refused`",
    pattern: "^(?!any$)[a-z][0-9a-z-]{0,31}$",
    check: |text| is_name(text) && text != "any",
};

/// A domain of the IPX or the Internet, compared without regard to case.
pub const DOMAIN: Form = Form {
    text: "a domain of 1 to 253 letters, digits, dots and hyphens",
    pattern: "^[0-9A-Za-z]([0-9A-Za-z.-]{0,251}[0-9A-Za-z])?$",
    check: is_domain,
};

/// A name in a certificate: a domain, or `*.` and a domain for any one label (RFC 9525 §6.3).
pub const CERTIFICATE_NAME: Form = Form {
    text: "a domain, or *. and a domain",
    pattern: "^(\\*\\.)?[0-9A-Za-z]([0-9A-Za-z.-]{0,249}[0-9A-Za-z])?$",
    check: |text| text.len() <= DOMAIN_CHARACTERS_MAX && is_domain(text.strip_prefix("*.").unwrap_or(text)),
};

/// A next hop: host, port, and its weight behind a `/`; weight 0 is drained.
pub const HOST: Form = Form {
    text: "HOST:PORT or HOST:PORT/WEIGHT, port 1 to 65535, weight 0 to 1000",
    pattern: "^(\\[[0-9A-Fa-f:.]{2,45}\\]|[0-9A-Za-z]([0-9A-Za-z.-]{0,251}[0-9A-Za-z])?):[0-9]{1,5}(/[0-9]{1,4})?$",
    check: |text| host(text).is_some(),
};

/// A type of content: `image/jpeg`, `image/*` or `*/*`.
pub const MEDIA_RANGE: Form = Form {
    text: "a media type, TYPE/* or */*, in lower case",
    pattern: "^(\\*/\\*|[0-9a-z!#$&^_.+-]{1,64}/(\\*|[0-9a-z!#$&^_.+-]{1,64}))$",
    check: |text| {
        let Some((kind, sub)) = text.split_once('/') else {
            return false;
        };
        (kind == "*" && sub == "*") || (is_media_word(kind) && (sub == "*" || is_media_word(sub)))
    },
};

/// The version that stands in X-Mms-3GPP-MMS-Version: that of TS 23.140 (MM4 reference §3: 4 to 6 are in use).
pub const MM4_VERSION: Form = Form {
    text: "a version of TS 23.140 such as 6.10.0, major 4 to 6",
    pattern: "^[456]\\.[0-9]{1,2}\\.[0-9]{1,2}$",
    check: |text| {
        let mut parts = text.split('.');
        let number = |part: Option<&str>, longest| {
            part.is_some_and(|part| {
                (1..=longest).contains(&part.len()) && part.bytes().all(|c| c.is_ascii_digit())
            })
        };
        let major = parts.next().is_some_and(|part| matches!(part, "4" | "5" | "6"));
        major && number(parts.next(), 2) && number(parts.next(), 2) && parts.next().is_none()
    },
};

/// What a file of ported numbers may call a peer beside its name, such as a routing number.
pub const ROUTING_ID: Form = Form {
    text: "1 to 32 letters, digits, dots, hyphens and underscores",
    pattern: "^[0-9A-Za-z._-]{1,32}$",
    check: |text| {
        (1..=32).contains(&text.len())
            && text
                .bytes()
                .all(|c| c.is_ascii_alphanumeric() || b"._-".contains(&c))
    },
};

/// A number, or leading digits with a `*` behind.
pub const NUMBERS: Form = Form {
    text: "a number of 7 to 15 international digits, or 1 to 15 leading digits and *",
    pattern: "^\\+?[1-9]([0-9]{6,14}|[0-9]{0,14}\\*)$",
    check: |text| {
        let digits = text.strip_prefix('+').unwrap_or(text);
        let (digits, shortest) = match digits.strip_suffix('*') {
            Some(digits) => (digits, 1),
            None => (digits, 7),
        };
        (shortest..=15).contains(&digits.len())
            && !digits.starts_with('0')
            && digits.bytes().all(|c| c.is_ascii_digit())
    },
};

/// Takes a host apart: name or address, port, weight.
#[must_use]
pub(crate) fn host(text: &str) -> Option<(&str, u16, u16)> {
    let (address, weight) = match text.split_once('/') {
        Some((address, weight)) => (address, decimal(weight)?),
        None => (text, 1),
    };
    let (name, port) = address.rsplit_once(':')?;
    let port = decimal(port)?;
    let is_address = name
        .strip_prefix('[')
        .and_then(|name| name.strip_suffix(']'))
        .is_some_and(|name| name.parse::<std::net::Ipv6Addr>().is_ok());
    ((is_address || is_domain(name)) && port > 0 && weight <= 1_000).then_some((name, port, weight))
}

/// Plain digits only: no sign, no space.
fn decimal(text: &str) -> Option<u16> {
    let fits = (1..=5).contains(&text.len()) && text.bytes().all(|c| c.is_ascii_digit());
    text.parse().ok().filter(|_| fits)
}

fn is_name(text: &str) -> bool {
    (1..=32).contains(&text.len())
        && text.starts_with(|c: char| c.is_ascii_lowercase())
        && text
            .bytes()
            .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == b'-')
}

fn is_domain(text: &str) -> bool {
    let ends = |c: Option<&u8>| c.is_some_and(u8::is_ascii_alphanumeric);
    text.len() <= DOMAIN_CHARACTERS_MAX
        && ends(text.as_bytes().first())
        && ends(text.as_bytes().last())
        && text
            .bytes()
            .all(|c| c.is_ascii_alphanumeric() || c == b'.' || c == b'-')
}

fn is_media_word(text: &str) -> bool {
    (1..=64).contains(&text.len())
        && text
            .bytes()
            .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || b"!#$&^_.+-".contains(&c))
}

#[cfg(test)]
mod tests;
