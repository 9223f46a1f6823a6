//! A setting's value apart from its meaning, and the forms that texts may have.
//!
//! Between TOML and the typed fields: what a file holds is brought to [`Value`] once; the default file, the schema and
//! the manual are written from it. Invariant: [`Value`]'s text form is TOML, and is JSON too.

use std::fmt;
use std::net::{IpAddr, SocketAddr};

/// A value as a file can hold it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// A whole number.
    Integer(i64),
    /// `true` or `false`.
    Switch(bool),
    /// A text.
    Text(String),
    /// A list.
    List(Vec<Value>),
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Value::Integer(number) => write!(f, "{number}"),
            Value::Switch(switch) => write!(f, "{switch}"),
            Value::Text(text) => write!(f, "{}", serde_json::Value::from(text.as_str())),
            Value::List(entries) => {
                f.write_str("[")?;
                for (index, entry) in entries.iter().enumerate() {
                    let comma = if index == 0 { "" } else { ", " };
                    write!(f, "{comma}{entry}")?;
                }
                f.write_str("]")
            }
        }
    }
}

/// A form of texts: the same in words, as a check, and as a pattern of JSON schema.
#[derive(Clone, Copy, Debug)]
pub struct Form {
    /// In words.
    pub text: &'static str,
    /// As a regular expression (ECMA 262), anchored; its length limit stands in it.
    pub pattern: &'static str,
    pub(crate) check: fn(&str) -> bool,
}

impl Form {
    /// Whether `text` has this form.
    #[must_use]
    pub fn fits(&self, text: &str) -> bool {
        (self.check)(text)
    }
}

/// Name of a folder.
pub const PATH: Form = Form {
    text: "a path of 1 to 4096 characters",
    pattern: "^[^\\u0000]{1,4096}$",
    check: |text| (1..=4_096).contains(&text.chars().count()) && !text.contains('\0'),
};

/// A file that may be none.
pub const FILE_OR_NONE: Form = FOLDER_OR_NONE;

/// A domain that may be none.
pub const DOMAIN_OR_NONE: Form = Form {
    text: "empty, or a domain of 1 to 40 letters, digits, dots and hyphens",
    pattern: "^([0-9A-Za-z]([0-9A-Za-z.-]{0,38}[0-9A-Za-z])?)?$",
    check: |text| text.is_empty() || (DOMAIN.check)(text),
};

/// The local part of an address: atoms and dots (RFC 5321 §4.1.2), without what numbers carry.
pub const LOCAL_PART: Form = Form {
    text: "1 to 40 letters, digits, dots, hyphens and underscores",
    pattern: "^[0-9A-Za-z._-]{1,40}$",
    check: |text| {
        (1..=40).contains(&text.len())
            && text
                .bytes()
                .all(|c| c.is_ascii_alphanumeric() || matches!(c, b'.' | b'-' | b'_'))
    },
};

/// A name server: an address, and a port where it is not 53.
pub const DNS_SERVER: Form = Form {
    text: "ADDRESS or ADDRESS:PORT, port 1 to 65535",
    pattern: "^([0-9A-Fa-f:.]{2,45}|[0-9.]{7,15}:[0-9]{1,5}|\\[[0-9A-Fa-f:.]{2,45}\\]:[0-9]{1,5})$",
    check: |text| dns_server(text).is_some(),
};

/// Port of name servers (RFC 1035 §4.2).
const DNS_PORT: u16 = 53;

/// The address and port of a text of the form [`DNS_SERVER`].
#[must_use]
pub fn dns_server(text: &str) -> Option<SocketAddr> {
    let address = text.parse::<IpAddr>().map(|address| (address, DNS_PORT).into());
    let server = address.or_else(|_| text.parse::<SocketAddr>()).ok()?;
    (server.port() != 0).then_some(server)
}

/// A folder that may be none.
pub const FOLDER_OR_NONE: Form = Form {
    text: "empty, or a path of at most 4096 characters",
    pattern: "^[^\\u0000]{0,4096}$",
    check: |text| text.chars().count() <= 4_096 && !text.contains('\0'),
};

/// Name of an HTTP header field: a token (RFC 9110 §5.6.2).
pub const HEADER_NAME: Form = Form {
    text: "a header name of 1 to 64 characters",
    pattern: "^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,64}$",
    check: |text| {
        (1..=64).contains(&text.len())
            && text
                .bytes()
                .all(|c| c.is_ascii_alphanumeric() || b"!#$%&'*+.^_`|~-".contains(&c))
    },
};

/// A country code, or nothing (ITU-T E.164 §6.2: 1 to 3 digits, the first not 0).
pub const COUNTRY_CODE: Form = Form {
    text: "empty, or 1 to 3 digits that do not begin with 0",
    pattern: "^([1-9][0-9]{0,2})?$",
    check: |text| text.len() <= 3 && !text.starts_with('0') && digits(text),
};

/// What is dialled in front of a number, or nothing.
pub const DIAL_PREFIX: Form = Form {
    text: "empty, or 1 to 5 digits",
    pattern: "^[0-9]{0,5}$",
    check: |text| text.len() <= 5 && digits(text),
};

/// Leading digits of international numbers.
pub const NUMBER_RANGE: Form = Form {
    text: "1 to 15 leading international digits, with or without +",
    pattern: "^\\+?[1-9][0-9]{0,14}$",
    check: |text| {
        let range = text.strip_prefix('+').unwrap_or(text);
        (1..=15).contains(&range.len()) && !range.starts_with('0') && digits(range)
    },
};

/// Start of retrieval URLs, or nothing for the first listener's address. 96 characters: a notification must fit an SMS.
pub const RETRIEVAL_BASE: Form = Form {
    text: "empty, or a URL http://…/ of at most 96 characters",
    pattern: "^(http://[!-~]{1,88}/)?$",
    check: |text| {
        let inside = text
            .strip_prefix("http://")
            .and_then(|rest| rest.strip_suffix('/'));
        text.is_empty()
            || inside.is_some_and(|inside| {
                (1..=88).contains(&inside.len()) && inside.bytes().all(|c| c.is_ascii_graphic())
            })
    },
};

/// A domain, for the right side of a Message-ID (RFC 1035 §2.3.4 allows 253 characters; a Message-ID has 40 here).
pub const DOMAIN: Form = Form {
    text: "a domain of 1 to 40 letters, digits, dots and hyphens",
    pattern: "^[0-9A-Za-z]([0-9A-Za-z.-]{0,38}[0-9A-Za-z])?$",
    check: |text| {
        let ends = |c: Option<&u8>| c.is_some_and(u8::is_ascii_alphanumeric);
        text.len() <= 40
            && ends(text.as_bytes().first())
            && ends(text.as_bytes().last())
            && text
                .bytes()
                .all(|c| c.is_ascii_alphanumeric() || c == b'.' || c == b'-')
    },
};

/// A secret, or nothing. 16 characters: guessing must be hopeless at the rate that the admin listener answers.
pub const TOKEN: Form = Form {
    text: "empty, or 16 to 256 printable characters without spaces",
    pattern: "^([!-~]{16,256})?$",
    check: |text| {
        text.is_empty() || ((16..=256).contains(&text.len()) && text.bytes().all(|c| c.is_ascii_graphic()))
    },
};

fn digits(text: &str) -> bool {
    text.bytes().all(|c| c.is_ascii_digit())
}
