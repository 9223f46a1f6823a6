//! Operator profiles, compiled: what the rules and the sessions read about each peer.
//!
//! Made from the tables `[[peer]]`, `[[relation]]` and `[[override]]`, together with the snapshot that they are part
//! of. Invariants: a [`PeerId`] counts the peers of one snapshot in the order of the file, so it is never stored nor
//! kept over a reload (a name is); whatever refers to a peer refers to one that is there.

mod choices;
mod matrix;

pub use choices::{
    Ack, AddressDomain, AddressPlus, AddressType, Charset, Ids, Mode, ReportFrom, Senders, SizeBasis, Tls,
    Transfer,
};
pub use matrix::{Matrix, Relation};

use crate::peer::{OverrideEntry, PeerEntry, forms};
use crate::prefix::Prefix;
use crate::settings::Settings;
use base::NumberingPlan;

/// One peer of one snapshot.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PeerId(u16);

impl PeerId {
    /// By its place in the list.
    #[must_use]
    pub fn new(index: u16) -> PeerId {
        PeerId(index)
    }

    /// Its place in the list.
    #[must_use]
    pub fn index(self) -> usize {
        usize::from(self.0)
    }
}

/// One side of a relation: this server's subscribers, or a peer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Party {
    /// Ours.
    Local,
    /// Somebody else's.
    Peer(PeerId),
}

/// A next hop.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Host {
    /// Domain, IPv4 address, or IPv6 address in brackets.
    pub name: String,
    /// TCP port.
    pub port: u16,
    /// Share of the traffic, relative to the other hosts; 0 takes nothing new.
    pub weight: u16,
}

/// How a peer's machines are found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Hops {
    /// By the MX of this domain, at this port.
    Mx {
        /// The domain.
        domain: String,
        /// TCP port.
        port: u16,
    },
    /// These.
    Hosts(Vec<Host>),
}

/// What proves that a connection comes from a peer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proof {
    /// Addresses that it connects from; empty: the certificate alone.
    pub sources: Vec<Prefix>,
    /// Names of which its certificate must hold one, in lower case; empty: none is asked for.
    pub certificate_names: Vec<String>,
    /// Names of which its EHLO must be one, in lower case; empty: any.
    pub helo_names: Vec<String>,
}

/// What a peer takes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Takes {
    /// Media ranges in lower case.
    pub content_types: Vec<String>,
    /// Octets, counted as `size_basis` says.
    pub size_octets_max: u32,
    /// What is counted.
    pub size_basis: SizeBasis,
    /// Recipients of one mail.
    pub recipients_max: u16,
    /// Character set of texts.
    pub charset: Charset,
}

/// How a peer writes, and wants to be written to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dialect {
    /// X-Mms-3GPP-MMS-Version.
    pub mms_version: String,
    /// Form of ids.
    pub ids: Ids,
    /// `/TYPE=PLMN` behind numbers.
    pub address_type: AddressType,
    /// The `+` of numbers.
    pub address_plus: AddressPlus,
    /// Domains in the mail's header.
    pub address_domain: AddressDomain,
    /// From of a report.
    pub report_from: ReportFrom,
    /// Encoding of parts.
    pub transfer: Transfer,
}

/// Which reports are exchanged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reports {
    /// Delivery reports.
    pub delivery: bool,
    /// Read reports.
    pub read: bool,
    /// X-Mms-Request-Recipients in a RES.
    pub request_recipients: bool,
}

/// How fast a peer may be sent to, and may send.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pace {
    /// Mails in a second.
    pub messages_per_s_max: u32,
    /// Connections at once.
    pub connections_max: u16,
    /// Messages without their RES at once.
    pub outstanding_max: u32,
    /// Mails that it may bring in a second.
    pub arrivals_per_s_max: u32,
}

/// When something is sent again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tries {
    /// Seconds until a RES is missed.
    pub res_s: u32,
    /// Repeats for want of a RES.
    pub resends_max: u8,
    /// Seconds after a try that failed for a time; the last one repeats.
    pub retry_schedule_s: Vec<u32>,
    /// Seconds that a message is tried at all.
    pub retry_s_max: u32,
}

/// One operator profile.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Peer {
    /// Its name: unique, and what is stored of it.
    pub name: String,
    /// Its domains in lower case, the first one its address; at least one.
    pub domains: Vec<String>,
    /// Where its machines are.
    pub hops: Hops,
    /// What proves it.
    pub proof: Proof,
    /// Leading digits of its numbers, without `+`.
    pub ranges: Vec<String>,
    /// Other names in files of ported numbers.
    pub routing_ids: Vec<String>,
    /// Whose numbers it may bring.
    pub senders: Senders,
    /// How it writes numbers.
    pub numbering: NumberingPlan,
    /// What it takes.
    pub takes: Takes,
    /// How it is written to.
    pub dialect: Dialect,
    /// What takes a message off our hands.
    pub ack: Ack,
    /// Reports.
    pub reports: Reports,
    /// Rate and windows.
    pub pace: Pace,
    /// Timers and retries.
    pub tries: Tries,
    /// STARTTLS.
    pub tls: Tls,
}

/// Where an override leads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target {
    /// To somebody.
    Party(Party),
    /// Nowhere.
    Refused,
}

/// One number, or one range of numbers, that goes elsewhere.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Override {
    /// Digits without `+`: all of them, or the leading ones.
    pub digits: String,
    /// Whether `digits` are a whole number.
    pub is_whole: bool,
    /// Where it goes.
    pub to: Target,
}

/// All peers of a snapshot, with what holds between them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Peers {
    list: Vec<Peer>,
    matrix: Matrix,
    overrides: Vec<Override>,
}

impl Peers {
    /// Compiles what keeps every relation: names that are not there would be passed over.
    #[must_use]
    pub(crate) fn new(settings: &Settings) -> Peers {
        let list: Vec<Peer> = settings.peers.iter().map(peer).collect();
        let find = |name: &str| find(&list, name);
        let matrix = Matrix::new(list.len(), &settings.relations, find);
        let overrides = settings
            .overrides
            .iter()
            .flat_map(|entry| overrides(entry, find))
            .collect();
        Peers {
            list,
            matrix,
            overrides,
        }
    }

    /// How many there are.
    #[must_use]
    pub fn count(&self) -> usize {
        self.list.len()
    }

    /// The profile of a peer of this snapshot; nothing for an id of another one.
    #[must_use]
    pub fn profile(&self, id: PeerId) -> Option<&Peer> {
        self.list.get(id.index())
    }

    /// All, in the order of the file.
    pub fn iter(&self) -> impl Iterator<Item = (PeerId, &Peer)> {
        (0_u16..).map(PeerId).zip(&self.list)
    }

    /// The peer of that name.
    #[must_use]
    pub fn find(&self, name: &str) -> Option<PeerId> {
        find(&self.list, name)
    }

    /// The peer that has this domain, whatever its case.
    #[must_use]
    pub fn of_domain(&self, domain: &str) -> Option<PeerId> {
        self.iter()
            .find(|(_, peer)| peer.domains.iter().any(|own| own.eq_ignore_ascii_case(domain)))
            .map(|(id, _)| id)
    }

    /// What holds between two parties.
    #[must_use]
    pub fn relation(&self, from: Party, to: Party) -> Relation {
        self.matrix.relation(from, to)
    }

    /// Seconds that a transparent relation waits for the far side.
    #[must_use]
    pub fn answer_s(&self, from: Party, to: Party) -> u32 {
        self.matrix.answer_s(from, to)
    }

    /// Numbers that go elsewhere.
    #[must_use]
    pub fn overrides(&self) -> &[Override] {
        &self.overrides
    }

    /// Name of a party, as in the file.
    #[must_use]
    pub fn name(&self, party: Party) -> &str {
        match party {
            Party::Local => "local",
            Party::Peer(id) => self.profile(id).map_or("unknown", |peer| &peer.name),
        }
    }
}

fn find(list: &[Peer], name: &str) -> Option<PeerId> {
    let index = list.iter().position(|peer| peer.name == name)?;
    u16::try_from(index).ok().map(PeerId)
}

fn lower(names: &[String]) -> Vec<String> {
    names.iter().map(|name| name.to_ascii_lowercase()).collect()
}

fn digits(range: &str) -> &str {
    range.strip_prefix('+').unwrap_or(range)
}

fn peer(entry: &PeerEntry) -> Peer {
    Peer {
        name: entry.name.clone(),
        domains: lower(&entry.domains),
        hops: hops(entry),
        proof: Proof {
            sources: entry.sources.clone(),
            certificate_names: lower(&entry.certificate_names),
            helo_names: lower(&entry.helo_names),
        },
        ranges: entry
            .ranges
            .iter()
            .map(|range| digits(range).to_owned())
            .collect(),
        routing_ids: entry.routing_ids.clone(),
        senders: Senders::of(&entry.senders),
        numbering: NumberingPlan {
            country_code: entry.country_code.clone(),
            national_prefix: entry.national_prefix.clone(),
            international_prefix: entry.international_prefix.clone(),
        },
        takes: Takes {
            content_types: entry.content_types.clone(),
            size_octets_max: entry.size_octets_max,
            size_basis: SizeBasis::of(&entry.size_basis),
            recipients_max: entry.recipients_max,
            charset: Charset::of(&entry.charset),
        },
        dialect: dialect(entry),
        ack: Ack::of(&entry.ack),
        reports: Reports {
            delivery: entry.delivery_reports,
            read: entry.read_reports,
            request_recipients: entry.request_recipients,
        },
        pace: Pace {
            messages_per_s_max: entry.messages_per_s_max,
            connections_max: entry.connections_max,
            outstanding_max: entry.outstanding_max,
            arrivals_per_s_max: entry.arrivals_per_s_max,
        },
        tries: Tries {
            res_s: entry.res_s,
            resends_max: entry.resends_max,
            retry_schedule_s: entry.retry_schedule_s.clone(),
            retry_s_max: entry.retry_s_max,
        },
        tls: Tls::of(&entry.tls),
    }
}

fn dialect(entry: &PeerEntry) -> Dialect {
    Dialect {
        mms_version: entry.mms_version.clone(),
        ids: Ids::of(&entry.ids),
        address_type: AddressType::of(&entry.address_type),
        address_plus: AddressPlus::of(&entry.address_plus),
        address_domain: AddressDomain::of(&entry.address_domain),
        report_from: ReportFrom::of(&entry.report_from),
        transfer: Transfer::of(&entry.transfer),
    }
}

fn hops(entry: &PeerEntry) -> Hops {
    let hosts: Vec<Host> = entry
        .hosts
        .iter()
        .filter_map(|host| forms::host(host))
        .map(|(name, port, weight)| Host {
            name: name.to_ascii_lowercase(),
            port,
            weight,
        })
        .collect();
    match (hosts.is_empty(), entry.domains.first()) {
        (true, Some(domain)) => Hops::Mx {
            domain: domain.to_ascii_lowercase(),
            port: entry.mx_port,
        },
        _ => Hops::Hosts(hosts),
    }
}

fn overrides(entry: &OverrideEntry, find: impl Fn(&str) -> Option<PeerId>) -> Vec<Override> {
    let to = match entry.to.as_str() {
        "refused" => Some(Target::Refused),
        "local" => Some(Target::Party(Party::Local)),
        name => find(name).map(|id| Target::Party(Party::Peer(id))),
    };
    let Some(to) = to else { return Vec::new() };
    entry
        .numbers
        .iter()
        .map(|numbers| {
            let whole = digits(numbers);
            let leading = whole.strip_suffix('*');
            Override {
                digits: leading.unwrap_or(whole).to_owned(),
                is_whole: leading.is_none(),
                to,
            }
        })
        .collect()
}

#[cfg(test)]
mod tests;
