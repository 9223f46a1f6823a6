//! Who is asking, and what they may: connections to peers, senders to owners, recipients to relations.
//!
//! Pure functions over a snapshot, asked at EHLO, MAIL FROM and RCPT TO. Invariants: what is not provably a peer is
//! nobody; a number of ours never comes from outside; every refusal is a row of the one table of reasons, which has its
//! SMTP reply and its MM4 status.

use crate::routes::{Found, Route, Routes, Rule};
use base::{Msisdn, Reason};
use profile::peers::{Mode, Proof, Relation, Senders, Tls};
use profile::{Party, Peer, PeerId, Peers};
use std::net::IpAddr;

/// How a connection is protected.
#[derive(Clone, Copy, Debug)]
pub enum Channel<'a> {
    /// Not at all.
    Plain,
    /// By TLS, with these names in a certificate that was verified; none where the client has shown none.
    Tls(&'a [&'a str]),
}

/// What is known of who is connected.
#[derive(Clone, Copy, Debug)]
pub struct Caller<'a> {
    /// Address that it connects from.
    pub source: IpAddr,
    /// What it said in EHLO or HELO.
    pub helo: &'a str,
    /// TLS, if any.
    pub channel: Channel<'a>,
}

/// Why a caller is no peer; the nearest to being one counts, so that an operator sees what is missing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stranger {
    /// No peer connects from its address.
    Source,
    /// One does, under other names.
    Helo,
    /// One does, and must be protected by TLS, which may still come by STARTTLS.
    Plain,
    /// One does, with other names in its certificate.
    Certificate,
    /// Two do, and nothing tells them apart.
    Ambiguous,
}

impl Stranger {
    /// What it is told, whatever the cause: more would help those who try.
    #[must_use]
    pub fn reason(self) -> Reason {
        Reason::PeerUnknown
    }
}

/// How exactly a peer's proof fits; the greatest wins. Bits of the address prefix, then names.
type Fit = (u8, bool, bool);

/// Which peer a caller is. What an operator declared must all fit: address, certificate, EHLO.
///
/// # Errors
/// Why it is none.
pub fn peer_of(peers: &Peers, caller: &Caller<'_>) -> Result<PeerId, Stranger> {
    let mut best: Option<(Fit, PeerId)> = None;
    let mut is_shared = false;
    let mut nearest = Stranger::Source;
    for (id, peer) in peers.iter() {
        match fit(peer, caller) {
            Err(stranger) => nearest = nearest.max(stranger),
            Ok(fit) => {
                let order = best.map(|(other, _)| fit.cmp(&other));
                is_shared = match order {
                    None | Some(std::cmp::Ordering::Greater) => {
                        best = Some((fit, id));
                        false
                    }
                    Some(std::cmp::Ordering::Equal) => true,
                    Some(std::cmp::Ordering::Less) => is_shared,
                };
            }
        }
    }
    match best {
        Some(_) if is_shared => Err(Stranger::Ambiguous),
        Some((_, id)) => Ok(id),
        None => Err(nearest),
    }
}

fn fit(peer: &Peer, caller: &Caller<'_>) -> Result<Fit, Stranger> {
    let proof = &peer.proof;
    let bits = match proof.sources.is_empty() {
        // The certificate alone; without one a peer is only sent to.
        true if proof.certificate_names.is_empty() => return Err(Stranger::Source),
        true => 0,
        false => source_bits(proof, caller.source).ok_or(Stranger::Source)?,
    };
    let by_helo = !proof.helo_names.is_empty();
    if by_helo
        && !proof
            .helo_names
            .iter()
            .any(|name| name.eq_ignore_ascii_case(caller.helo))
    {
        return Err(Stranger::Helo);
    }
    let by_certificate = !proof.certificate_names.is_empty();
    match caller.channel {
        Channel::Plain if by_certificate || peer.tls == Tls::Required => return Err(Stranger::Plain),
        Channel::Tls(names) if by_certificate && !holds(&proof.certificate_names, names) => {
            return Err(Stranger::Certificate);
        }
        Channel::Plain | Channel::Tls(_) => {}
    }
    Ok((bits, by_certificate, by_helo))
}

/// Bits of the longest prefix that holds an address, 1 more than there are, so that every prefix is better than none.
fn source_bits(proof: &Proof, source: IpAddr) -> Option<u8> {
    let fitting = proof.sources.iter().filter(|prefix| prefix.contains(source));
    fitting.map(|prefix| prefix.bits().saturating_add(1)).max()
}

/// Whether a certificate holds a name that is asked for. `*.` stands for one label (RFC 9525 §6.3).
fn holds(wanted: &[String], names: &[&str]) -> bool {
    wanted.iter().any(|wanted| {
        names.iter().any(|name| match wanted.strip_prefix("*.") {
            None => name.eq_ignore_ascii_case(wanted),
            Some(parent) => name
                .split_once('.')
                .is_some_and(|(label, rest)| !label.is_empty() && rest.eq_ignore_ascii_case(parent)),
        })
    })
}

/// Whether a peer may bring messages from a sender.
///
/// # Errors
/// [`Reason::SenderOurs`] or [`Reason::SenderForeign`]: both are worth an alarm, since they are spoofs or stale tables.
pub fn may_originate(routes: &Routes, peer: PeerId, sender: Msisdn) -> Result<(), Reason> {
    let is_hub = routes
        .peers()
        .profile(peer)
        .is_some_and(|peer| peer.senders == Senders::Foreign);
    match routes.owner(sender) {
        Found {
            route: Route::Peer(owner),
            ..
        } if owner == peer => Ok(()),
        // Nobody's: ours only for want of a declaration.
        Found {
            route: Route::Unknown,
            ..
        }
        | Found {
            rule: Rule::Undeclared,
            ..
        } if is_hub => Ok(()),
        Found {
            route: Route::Local,
            rule: Rule::Ported | Rule::Range { .. },
        } => Err(Reason::SenderOurs),
        _ => Err(Reason::SenderForeign),
    }
}

/// Whether messages may go from one party to another, and how a hub answers between them.
///
/// # Errors
/// [`Reason::RelationDenied`].
pub fn may_send(peers: &Peers, from: Party, to: Party) -> Result<Mode, Reason> {
    match peers.relation(from, to) {
        Relation::Allowed(mode) => Ok(mode),
        Relation::Denied => Err(Reason::RelationDenied),
    }
}

/// A recipient that is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Accepted {
    /// Who serves it.
    pub to: Party,
    /// Which rule said so.
    pub rule: Rule,
    /// How a hub answers.
    pub mode: Mode,
}

/// The verdict on one recipient (RCPT TO).
///
/// # Errors
/// [`Reason::RecipientUnresolved`] where nobody serves it, or where it would go back to where it came from: two tables
/// of ported numbers that contradict each other must not send a message to and fro. [`Reason::RouteRefused`],
/// [`Reason::RelationDenied`].
pub fn recipient(routes: &Routes, from: Party, number: Msisdn) -> Result<Accepted, Reason> {
    let found = routes.lookup(number);
    let to = match found.route {
        Route::Local => Party::Local,
        Route::Peer(id) => Party::Peer(id),
        Route::Unknown => return Err(Reason::RecipientUnresolved),
        Route::Refused(reason) => return Err(reason),
    };
    if to == from && to != Party::Local {
        return Err(Reason::RecipientUnresolved);
    }
    let mode = may_send(routes.peers(), from, to)?;
    let rule = found.rule;
    Ok(Accepted { to, rule, mode })
}

#[cfg(test)]
mod tests;
