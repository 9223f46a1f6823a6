//! The look-up: which party serves a number, and which rule said so.
//!
//! One snapshot of everything that routing depends on, compiled by the control plane. Invariants: the order of the
//! rules is override, ported number, longest range, then ours where no range was declared; a look-up depends on the
//! snapshot and the number alone.

use crate::numbers::{Code, Numbers, Row};
use crate::ported::Ported;
use crate::trie::Trie;
use base::{Msisdn, NumberingPlan, Reason};
use profile::peers::{SizeBasis, Takes, Target};
use profile::{Party, PeerId, Peers, Profile};
use std::sync::Arc;

/// Where a number is served.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Route {
    /// Here.
    Local,
    /// By a peer of the same snapshot.
    Peer(PeerId),
    /// Nobody knows.
    Unknown,
    /// Nowhere, by decision.
    Refused(Reason),
}

/// Which rule said so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rule {
    /// An override of this number.
    OverrideNumber,
    /// An override of a range.
    OverrideRange {
        /// Its digits.
        digits: u8,
    },
    /// A file of ported numbers.
    Ported,
    /// The longest range that fits, ours or a peer's.
    Range {
        /// Its digits.
        digits: u8,
    },
    /// No range of ours was declared, so what goes nowhere else is ours (the lab).
    Undeclared,
    /// None.
    NoRule,
}

/// A look-up's answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Found {
    /// Where.
    pub route: Route,
    /// Why.
    pub rule: Rule,
}

/// Ported numbers name a peer that the settings don't have any more.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("ported numbers belong to {0}, and there is no such peer any more")]
pub struct PeerGone(pub String);

/// Codes in tries and tables of overrides.
const CODE_LOCAL: u16 = 1;
const CODE_REFUSED: u16 = 2;
const CODE_PEERS: u16 = 3;

/// Everything that routing depends on, for one version of the settings and of the ported numbers.
#[derive(Clone, Debug)]
pub struct Routes {
    version: u64,
    peers: Arc<Peers>,
    numbering: NumberingPlan,
    ours: Takes,
    override_numbers: Numbers,
    override_ranges: Trie,
    ported: Arc<Ported>,
    /// Who each code of `ported` stands for here; none for numbers that were taken back.
    ported_routes: Vec<Option<Route>>,
    ranges: Trie,
    otherwise: Found,
}

impl Routes {
    /// Compiles a snapshot. `version` counts them; the profile's own version is another count, since ported numbers
    /// change without it.
    ///
    /// # Errors
    /// [`PeerGone`] where ported numbers, read for an older profile, name a peer that is gone: read them again.
    pub fn compile(profile: &Profile, ported: Arc<Ported>, version: u64) -> Result<Routes, PeerGone> {
        let peers = Arc::clone(&profile.peers);
        let ported_routes = ported_routes(&ported, &peers)?;
        let local = profile.local_ranges.iter().map(|range| (range, Party::Local));
        let of_peers = peers.iter().flat_map(|(id, peer)| {
            let ranges = peer.ranges.iter();
            ranges.map(move |range| (range.as_str(), Party::Peer(id)))
        });
        let all = local.chain(of_peers);
        let ranges = Trie::new(all.filter_map(|(range, party)| Some((range, Code::new(code_of(party))?))));
        let (override_numbers, override_ranges) = overrides(&peers);
        let otherwise = match profile.local_ranges.is_declared() {
            true => Found {
                route: Route::Unknown,
                rule: Rule::NoRule,
            },
            false => Found {
                route: Route::Local,
                rule: Rule::Undeclared,
            },
        };
        Ok(Routes {
            version,
            peers,
            numbering: profile.numbering.clone(),
            ours: Takes {
                content_types: vec!["*/*".to_owned()],
                size_octets_max: profile.mm1.message_octets_max,
                size_basis: SizeBasis::Binary,
                recipients_max: profile.mm1.recipients_max,
                charset: profile::peers::Charset::Unchanged,
            },
            override_numbers,
            override_ranges,
            ported,
            ported_routes,
            ranges,
            otherwise,
        })
    }

    /// Where a number is served. About 0.1 µs; no lock, no allocation.
    #[must_use]
    #[inline]
    pub fn lookup(&self, number: Msisdn) -> Found {
        if self.override_numbers.count() > 0
            && let Some(code) = self.override_numbers.code(number)
        {
            let (route, rule) = (route_of(code), Rule::OverrideNumber);
            return Found { route, rule };
        }
        if self.override_ranges.count() > 0
            && let Some(longest) = self.override_ranges.longest(number)
        {
            let rule = Rule::OverrideRange {
                digits: longest.digits,
            };
            let route = route_of(longest.code);
            return Found { route, rule };
        }
        self.owner(number)
    }

    /// Whose number it is: ported numbers and ranges, without overrides, which say where messages go and not whose a
    /// number is.
    #[must_use]
    #[inline]
    pub fn owner(&self, number: Msisdn) -> Found {
        // The table of ported numbers is larger than the caches: the walk over the ranges fills the wait for it.
        let begun = self.ported.numbers().begin(number);
        let longest = self.ranges.longest(number);
        let ported = self.ported.numbers().finish(begun);
        let ported = ported.and_then(|code| self.ported_routes.get(usize::from(code.value()) - 1));
        if let Some(Some(route)) = ported {
            let (route, rule) = (*route, Rule::Ported);
            return Found { route, rule };
        }
        match longest {
            Some(longest) => Found {
                route: route_of(longest.code),
                rule: Rule::Range {
                    digits: longest.digits,
                },
            },
            None => self.otherwise,
        }
    }

    /// Counts the snapshots.
    #[must_use]
    pub fn version(&self) -> u64 {
        self.version
    }

    /// The peers of this snapshot, whose ids its routes carry.
    #[must_use]
    pub fn peers(&self) -> &Peers {
        &self.peers
    }

    /// Ported numbers, for the next snapshot where their files have not changed.
    #[must_use]
    pub fn ported(&self) -> &Arc<Ported> {
        &self.ported
    }

    /// Brings a number to E.164 as the one writes it who sends it.
    #[must_use]
    pub fn normalise(&self, from: Party, dialled: &[u8]) -> Option<Msisdn> {
        let plan = match from {
            Party::Local => &self.numbering,
            Party::Peer(id) => &self.peers.profile(id)?.numbering,
        };
        plan.normalise(dialled)
    }

    /// What a party takes.
    #[must_use]
    pub fn takes(&self, party: Party) -> Option<&Takes> {
        match party {
            Party::Local => Some(&self.ours),
            Party::Peer(id) => self.peers.profile(id).map(|peer| &peer.takes),
        }
    }

    /// Prefixes, ported numbers and octets of memory.
    #[must_use]
    pub fn measure(&self) -> (usize, usize, usize) {
        let octets = self.ranges.octets() + self.ported.octets() + self.override_numbers.octets();
        (
            self.ranges.count(),
            self.ported.count(),
            octets + self.override_ranges.octets(),
        )
    }
}

fn ported_routes(ported: &Ported, peers: &Peers) -> Result<Vec<Option<Route>>, PeerGone> {
    let mut routes = Vec::new();
    for name in ported.names() {
        routes.push(match name.as_deref() {
            None => None,
            Some("local") => Some(Route::Local),
            Some(name) => match peers.find(name) {
                Some(id) => Some(Route::Peer(id)),
                None => return Err(PeerGone(name.to_owned())),
            },
        });
    }
    Ok(routes)
}

fn overrides(peers: &Peers) -> (Numbers, Trie) {
    let mut numbers = Vec::new();
    let mut ranges = Vec::new();
    for entry in peers.overrides() {
        let code = match entry.to {
            Target::Refused => CODE_REFUSED,
            Target::Party(party) => code_of(party),
        };
        let Some(code) = Code::new(code) else { continue };
        match Msisdn::from_digits(entry.digits.as_bytes()) {
            Some(number) if entry.is_whole => numbers.push(Row::new(number, code)),
            _ => ranges.push((entry.digits.as_str(), code)),
        }
    }
    (Numbers::new(&numbers), Trie::new(ranges))
}

/// Peers are at most 1,000, codes 16,383.
fn code_of(party: Party) -> u16 {
    match party {
        Party::Local => CODE_LOCAL,
        Party::Peer(id) => CODE_PEERS.saturating_add(id.index() as u16),
    }
}

#[inline]
fn route_of(code: Code) -> Route {
    match code.value() {
        CODE_LOCAL => Route::Local,
        CODE_REFUSED => Route::Refused(Reason::RouteRefused),
        value => Route::Peer(PeerId::new(value - CODE_PEERS)),
    }
}

#[cfg(test)]
pub(crate) mod tests;
