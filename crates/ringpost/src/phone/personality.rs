//! Handsets by what is publicly known of them: how each family writes its requests, and how its network names it.
//!
//! Beside [`Phone`](super::Phone), which asks it for targets, headers and habits. The families stand in
//! `tests/vectors/handsets.toml`, each with the fact that it was made from; none is a copy of a capture. Invariants: a
//! name is one family's; what a phone says of itself is kept apart from what its gateway says of it.

use super::http::{Framing, Url};
use super::{Config, PhoneError};
use base::Msisdn;
use serde::Deserialize;
use std::str::FromStr;

/// The families.
const HANDSETS: &str = include_str!("../../../../tests/vectors/handsets.toml");

/// How a gateway writes the number into its header.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Written {
    /// `+447700900001`.
    #[default]
    Plus,
    /// `447700900001`.
    Digits,
    /// The digits' ASCII codes in hexadecimal: `343437…`.
    Hex,
    /// Within a Cookie: `User-Identity-Forward-msisdn=` and the same.
    CookieHex,
    /// `tel:+447700900001`.
    Tel,
    /// Without the country code, which has two digits: `7700900001`.
    National,
}

/// The version of MMS that it speaks, as text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct Spoken(pub mms::Version);

/// A family of handsets.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
pub struct Personality {
    /// Its name, for `--personality`.
    pub name: String,
    /// The fact that it was made from.
    pub about: String,
    /// The header in which its gateway names it.
    pub header: String,
    /// How.
    pub written: Written,
    /// Headers that the phone itself adds, as `Name: value`; `##LINE1##` is its number without `+`,
    /// `##LINE1NOCOUNTRYCODE##` the same without its country code, which has two digits.
    pub own: Vec<String>,
    /// User-Agent; empty: none.
    pub user_agent: String,
    /// The header that points at its profile; empty: none.
    pub profile_header: String,
    /// Where that points.
    pub profile: String,
    /// Accept; empty: none.
    pub accept: String,
    /// Host of its MMSC's URL, where it goes through a proxy.
    pub host: String,
    /// Path of its MMSC's URL.
    pub path: String,
    /// It goes through a proxy, so it asks in absolute form.
    pub proxy: bool,
    /// It puts the notification's transaction behind the retrieval URL (`enabledTransID`).
    pub transaction_suffix: bool,
    /// It answers to the retrieval URL, not to the MMSC's (`enabledNotifyWapMMSC`).
    pub notify_url: bool,
    /// It closes each connection (`mmsCloseConnection`).
    pub close: bool,
    /// It puts a charset behind Content-Type (`supportHttpCharsetHeader`).
    pub charset: bool,
    /// It leaves Content-Type out.
    pub untyped: bool,
    /// It sends bodies in chunks.
    pub chunked: bool,
    /// It asks for leave before it sends a body: `Expect: 100-continue`.
    pub expect: bool,
    /// It speaks this version of MMS.
    pub version: Spoken,
    /// Octets of the content that it sends.
    pub octets: u32,
    /// It writes a new Date each time it sends a message again.
    pub date_rewritten: bool,
    /// It says Deferred first and fetches later.
    pub deferred: bool,
}

impl Default for Personality {
    /// The lab's phone: nothing but what it must say.
    fn default() -> Personality {
        Personality {
            name: "lab".to_owned(),
            about: "no handset: what the protocol asks for".to_owned(),
            header: "X-MSISDN".to_owned(),
            written: Written::Plus,
            own: Vec::new(),
            user_agent: String::new(),
            profile_header: String::new(),
            profile: String::new(),
            accept: String::new(),
            host: String::new(),
            path: "/".to_owned(),
            proxy: false,
            transaction_suffix: false,
            notify_url: false,
            close: false,
            charset: false,
            untyped: false,
            chunked: false,
            expect: false,
            version: Spoken(mms::Version::V1_2),
            octets: 2_000,
            date_rewritten: false,
            deferred: false,
        }
    }
}

/// The file's form.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Handsets {
    handset: Vec<Personality>,
}

/// Every family, in the order of the file.
///
/// # Errors
/// [`PhoneError::Personality`], where the file is broken: a defect.
pub fn all() -> Result<Vec<Personality>, PhoneError> {
    let read = toml::from_str::<Handsets>(HANDSETS);
    read.map(|read| read.handset)
        .map_err(|error| PhoneError::Personality(error.to_string()))
}

impl Personality {
    /// The family of that name.
    ///
    /// # Errors
    /// [`PhoneError::Personality`], with the names that there are.
    pub fn named(name: &str) -> Result<Personality, PhoneError> {
        let known = all()?;
        if let Some(found) = known.iter().find(|family| family.name == name) {
            return Ok(found.clone());
        }
        let names: Vec<&str> = known.iter().map(|family| family.name.as_str()).collect();
        let sentence = format!("no handset is called {name:?}; known are {}", names.join(", "));
        Err(PhoneError::Personality(sentence))
    }

    /// Makes a phone of the family of a phone of the lab: through a proxy where it goes through one, with its MMSC's
    /// URL, its header and its version.
    ///
    /// # Errors
    /// [`PhoneError::Url`] where host or path are none.
    pub fn applied(self, config: Config) -> Result<Config, PhoneError> {
        let authority = config.mmsc.authority().to_owned();
        let host = match self.proxy && !self.host.is_empty() {
            true => self.host.clone(),
            false => authority.clone(),
        };
        let mmsc: Url = format!("http://{host}{}", self.path).parse()?;
        let proxy = match (self.proxy, config.proxy) {
            (true, None) => Some(authority),
            (_, proxy) => proxy,
        };
        Ok(Config {
            mmsc,
            proxy,
            header: self.header.clone(),
            version: self.version.0,
            personality: self,
            ..config
        })
    }

    /// What its gateway writes for a number.
    #[must_use]
    pub fn identity(&self, number: Msisdn) -> String {
        let digits = number.digits().to_string();
        match self.written {
            Written::Plus => format!("+{digits}"),
            Written::Digits => digits,
            Written::Hex => hexadecimal(&digits),
            Written::CookieHex => format!("User-Identity-Forward-msisdn={}", hexadecimal(&digits)),
            Written::Tel => format!("tel:+{digits}"),
            Written::National => without_country_code(&digits).to_owned(),
        }
    }

    /// The headers that it says about itself, in the order in which it says them.
    pub fn own_fields(&self, number: Msisdn) -> Vec<(String, String)> {
        let digits = number.digits().to_string();
        let mut fields = Vec::new();
        for (name, value) in [
            ("User-Agent", &self.user_agent),
            ("Accept", &self.accept),
            (self.profile_header.as_str(), &self.profile),
        ] {
            if !name.is_empty() && !value.is_empty() {
                fields.push((name.to_owned(), value.clone()));
            }
        }
        for line in &self.own {
            let (name, value) = line.split_once(": ").unwrap_or((line, ""));
            let value = value
                .replace("##LINE1##", &digits)
                .replace("##LINE1NOCOUNTRYCODE##", without_country_code(&digits));
            fields.push((name.to_owned(), value));
        }
        if self.close {
            fields.push(("Connection".to_owned(), "close".to_owned()));
        }
        fields
    }

    /// How it sends bodies.
    #[must_use]
    pub fn framing(&self) -> Framing {
        match (self.chunked, self.expect) {
            (true, _) => Framing::Chunks,
            (false, true) => Framing::Expect,
            (false, false) => Framing::Length,
        }
    }

    /// Content-Type of what it posts; none where it leaves it out.
    #[must_use]
    pub fn content_type(&self) -> Option<&'static str> {
        match (self.untyped, self.charset) {
            (true, _) => None,
            (false, true) => Some("application/vnd.wap.mms-message; charset=utf-8"),
            (false, false) => Some(super::MMS_MESSAGE),
        }
    }
}

fn hexadecimal(digits: &str) -> String {
    digits.bytes().map(|octet| format!("{octet:02x}")).collect()
}

/// Country codes of the lab's numbers that are written nationally have two digits (+44).
fn without_country_code(digits: &str) -> &str {
    digits.get(2..).unwrap_or_default()
}

impl TryFrom<String> for Spoken {
    type Error = String;

    fn try_from(text: String) -> Result<Spoken, String> {
        text.parse()
    }
}

impl FromStr for Spoken {
    type Err = String;

    fn from_str(text: &str) -> Result<Spoken, String> {
        match text {
            "1.0" => Ok(Spoken(mms::Version::V1_0)),
            "1.1" => Ok(Spoken(mms::Version::V1_1)),
            "1.2" => Ok(Spoken(mms::Version::V1_2)),
            "1.3" => Ok(Spoken(mms::Version::V1_3)),
            _ => Err("1.0, 1.1, 1.2 or 1.3".to_owned()),
        }
    }
}

#[cfg(test)]
mod tests;
