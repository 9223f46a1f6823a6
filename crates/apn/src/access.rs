//! Access points, compiled: which one a request belongs to.
//!
//! Made from settings, read by every shard; asked before `identify`. Invariants: a request that no access point takes
//! is nobody's (default deny); of several that would take it the most specific one does: by host, then by path, then by
//! the longest source prefix, then the first of the file.

use crate::address::Realm;
use base::NumberingPlan;
use profile::{ApnEntry, NumberForm, NumberScope, NumberSource, Prefix, Settings};
use std::net::{IpAddr, SocketAddr};

/// How it is known who is asking.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// The session of the connection's address.
    Session,
    /// The session of the address in a gateway's header.
    GatewayAddress,
    /// The number in a gateway's header.
    GatewayNumber,
    /// That number and the session, agreeing; the session is of the address in the header if one is configured, else
    /// of the connection's.
    Both,
}

/// What becomes of identity headers that no gateway wrote.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Claims {
    /// The request is refused.
    Refuse,
    /// It is refused if they name another than the session.
    Compare,
    /// They are passed over.
    Ignore,
}

/// One access point.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Apn {
    /// Its place among all: stands in identities.
    pub index: u16,
    /// Its name.
    pub name: String,
    /// The address space of its sessions.
    pub realm: Realm,
    /// How it is known who is asking.
    pub mode: Mode,
    /// What becomes of identity headers that no gateway wrote.
    pub claims: Claims,
    /// Headers that may hold the number.
    pub number_headers: Vec<NumberSource>,
    /// Headers that may hold the IMSI.
    pub imsi_headers: Vec<NumberSource>,
    /// Headers that may hold the phone's address.
    pub address_headers: Vec<String>,
    /// How numbers are written here.
    pub numbering: NumberingPlan,
    listeners: Vec<SocketAddr>,
    hosts: Vec<String>,
    paths: Vec<String>,
    sources: Vec<Prefix>,
    gateways: Vec<Prefix>,
}

/// Where a request came in.
#[derive(Clone, Copy, Debug)]
pub struct Place<'a> {
    /// The listener, as it stands in `listen.mm1`.
    pub listener: SocketAddr,
    /// The connection's far end.
    pub peer: IpAddr,
    /// Host, or the authority of an absolute-form target; with or without port, may be empty.
    pub host: &'a [u8],
    /// The path, of either form of target.
    pub path: &'a [u8],
}

/// All access points.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Apns(Vec<Apn>);

impl Apns {
    /// Compiles what the settings say; without an `[[apn]]` the one that `identity.*` describes. Settings keep their
    /// relations, so nothing can be wrong.
    #[must_use]
    pub fn compile(settings: &Settings) -> Apns {
        let numbering = NumberingPlan {
            country_code: settings.numbering.country_code.clone(),
            national_prefix: settings.numbering.national_prefix.clone(),
            international_prefix: settings.numbering.international_prefix.clone(),
        };
        if settings.apns.is_empty() {
            return Apns(vec![plain(settings, numbering)]);
        }
        let apns = (0..)
            .zip(&settings.apns)
            .map(|(index, entry)| compiled(index, entry, &numbering));
        Apns(apns.collect())
    }

    /// The access point that a request belongs to; `None`: nobody's.
    #[must_use]
    pub fn select(&self, place: &Place<'_>) -> Option<&Apn> {
        let host = without_port(place.host);
        let mut best: Option<(&Apn, (bool, usize, u8))> = None;
        for apn in &self.0 {
            if let Some(rank) = apn.rank(place, host)
                && best.is_none_or(|(_, other)| rank > other)
            {
                best = Some((apn, rank));
            }
        }
        best.map(|(apn, _)| apn)
    }

    /// The one that an identity names.
    #[must_use]
    pub fn of(&self, index: u16) -> Option<&Apn> {
        self.0.get(usize::from(index))
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = &Apn> {
        self.0.iter()
    }
}

impl Apn {
    /// Whether headers that come from `peer` are believed.
    #[must_use]
    pub fn trusts(&self, peer: IpAddr) -> bool {
        self.gateways.iter().any(|gateway| gateway.contains(peer))
    }

    /// Whether the connection's own address decides: then a connection belongs to the session that it was opened in.
    #[must_use]
    pub fn is_by_connection(&self) -> bool {
        self.mode == Mode::Session || (self.mode == Mode::Both && self.address_headers.is_empty())
    }

    /// Whether phones are known by an address in a gateway's header.
    #[must_use]
    pub fn is_by_header(&self) -> bool {
        self.mode == Mode::GatewayAddress || (self.mode == Mode::Both && !self.address_headers.is_empty())
    }

    /// How specifically it takes a request, if it does.
    fn rank(&self, place: &Place<'_>, host: &[u8]) -> Option<(bool, usize, u8)> {
        let here = self.listeners.is_empty() || self.listeners.contains(&place.listener);
        let named = self
            .hosts
            .iter()
            .any(|name| name.as_bytes().eq_ignore_ascii_case(host));
        let path = self
            .paths
            .iter()
            .filter(|path| place.path.starts_with(path.as_bytes()))
            .map(String::len)
            .max();
        let source = self
            .sources
            .iter()
            .filter(|source| source.contains(place.peer))
            .map(|source| source.bits())
            .max()?;
        let taken = here && (self.hosts.is_empty() || named) && (self.paths.is_empty() || path.is_some());
        taken.then_some((named, path.unwrap_or(0), source))
    }
}

fn compiled(index: u16, entry: &ApnEntry, numbering: &NumberingPlan) -> Apn {
    let own = NumberingPlan {
        country_code: entry.country_code.clone(),
        national_prefix: entry.national_prefix.clone(),
        international_prefix: entry.international_prefix.clone(),
    };
    Apn {
        index,
        name: entry.name.clone(),
        realm: Realm(entry.realm),
        mode: match entry.mode.as_str() {
            "gateway_address" => Mode::GatewayAddress,
            "gateway_number" => Mode::GatewayNumber,
            "both" => Mode::Both,
            _ => Mode::Session,
        },
        claims: match entry.claims.as_str() {
            "compare" => Claims::Compare,
            "ignore" => Claims::Ignore,
            _ => Claims::Refuse,
        },
        number_headers: sources(&entry.number_headers),
        imsi_headers: sources(&entry.imsi_headers),
        address_headers: entry.address_headers.clone(),
        numbering: if entry.country_code.is_empty() {
            numbering.clone()
        } else {
            own
        },
        listeners: entry
            .listeners
            .iter()
            .filter_map(|text| text.parse().ok())
            .collect(),
        hosts: entry.hosts.clone(),
        paths: entry.paths.clone(),
        sources: entry.source_prefixes().collect(),
        gateways: entry.gateways.clone(),
    }
}

fn sources(texts: &[String]) -> Vec<NumberSource> {
    texts.iter().filter_map(|text| text.parse().ok()).collect()
}

/// What `identity.*` says: number headers of listed gateways, at every listener.
fn plain(settings: &Settings, numbering: NumberingPlan) -> Apn {
    let everybody = ["0.0.0.0/0", "::/0"];
    Apn {
        index: 0,
        name: "default".to_owned(),
        realm: Realm(0),
        mode: Mode::GatewayNumber,
        claims: Claims::Refuse,
        number_headers: settings
            .identity
            .headers
            .iter()
            .map(|name| NumberSource {
                header: name.clone(),
                parameter: String::new(),
                form: NumberForm::Plain,
                scope: NumberScope::Dialled,
            })
            .collect(),
        imsi_headers: Vec::new(),
        address_headers: Vec::new(),
        numbering,
        listeners: Vec::new(),
        hosts: Vec::new(),
        paths: Vec::new(),
        sources: everybody
            .iter()
            .filter_map(|prefix| prefix.parse().ok())
            .collect(),
        gateways: settings.identity.gateways.clone(),
    }
}

/// The host of `host:port` and `[v6]:port`.
fn without_port(host: &[u8]) -> &[u8] {
    let end = match host {
        [b'[', ..] => {
            let close = host.iter().position(|octet| *octet == b']');
            return host.get(1..close.unwrap_or(host.len())).unwrap_or_default();
        }
        _ => host.iter().rposition(|octet| *octet == b':'),
    };
    host.get(..end.unwrap_or(host.len())).unwrap_or_default()
}

#[cfg(test)]
mod tests;
