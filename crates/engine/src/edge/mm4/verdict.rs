//! The verdicts of the edge of MM4: who is connected, whose number sends, which recipient is taken; and how they are
//! said in SMTP.
//!
//! Between the session, which knows no peer, and `route`, which knows no address. Pure functions of what they are
//! given. Invariant: a refusal takes its code, its enhanced code and its sentence from the one table of reasons.

use base::{Msisdn, Reason};
use mm4::{Address, Form};
use profile::{Party, PeerId, Profile};
use route::takes::may_fit;
use route::{Route, Routes, trust};
use smtp::{Enhanced, Reply};
use std::borrow::Cow;

/// A recipient that is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Recipient {
    /// A subscriber.
    Number(Msisdn),
    /// A subscriber of another operator, of whom only reports may speak: who brings the mail is sent messages by that
    /// operator, and may send it none.
    Reports,
    /// This system itself: where responses, reports and bounces go.
    System,
}

/// A mail as far as MAIL tells.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sent {
    /// Who brings it.
    pub(crate) peer: PeerId,
    /// Octets that it declared; 0 where it did not.
    pub(crate) declared_octets: u64,
    /// Its reverse path is no number: responses and reports come from systems (MM4 reference §4).
    pub(crate) is_from_system: bool,
}

/// Whether a reverse path is no number.
pub(crate) fn is_from_system(path: Option<&str>) -> bool {
    path.is_none_or(|path| Address::new(plain(path)).dialled().is_none())
}

/// Whether a peer may name this sender in MAIL. Only a number says anything; whose message it is, its header says.
pub(crate) fn sender(routes: &Routes, peer: PeerId, path: &str) -> Result<(), Reason> {
    let address = Address::new(plain(path));
    let Some(dialled) = address.dialled() else {
        return Ok(());
    };
    let number = routes
        .normalise(Party::Peer(peer), dialled.as_bytes())
        .ok_or(Reason::SenderForeign)?;
    trust::may_originate(routes, peer, number)
}

/// The verdict on a recipient of a mail that a peer brings.
pub(crate) fn recipient(
    routes: &Routes,
    profile: &Profile,
    sent: Sent,
    path: &str,
) -> Result<Recipient, Reason> {
    let address = Address::new(plain(path));
    if address.form != Form::Number {
        let ours = &profile.mm4;
        let is_here = address
            .domain()
            .is_none_or(|domain| domain.eq_ignore_ascii_case(&ours.domain));
        let is_system = address.local().eq_ignore_ascii_case(&ours.system_user)
            || address.local().eq_ignore_ascii_case("postmaster");
        return (is_here && is_system)
            .then_some(Recipient::System)
            .ok_or(Reason::RecipientUnresolved);
    }
    let dialled = address.dialled().unwrap_or_default();
    let from = Party::Peer(sent.peer);
    let number = routes
        .normalise(from, dialled.as_bytes())
        .ok_or(Reason::RecipientUnresolved)?;
    let accepted = match trust::recipient(routes, from, number) {
        // Reports on what a hub passed on to this peer go the other way than messages may.
        Err(Reason::RelationDenied) if sent.is_from_system && may_report(routes, sent.peer, number) => {
            return Ok(Recipient::Reports);
        }
        verdict => verdict?,
    };
    match accepted.to {
        Party::Local => Ok(Recipient::Number(number)),
        // What is certainly too large for where it goes is refused before its octets come (MM4 reference §6).
        to => match routes.takes(to) {
            Some(takes) if !may_fit(takes, sent.declared_octets) => Err(Reason::ContentTooLarge),
            _ => Ok(Recipient::Number(number)),
        },
    }
}

/// Whether the operator of this number may send messages to a peer, who reports on them.
fn may_report(routes: &Routes, peer: PeerId, number: Msisdn) -> bool {
    let Route::Peer(originator) = routes.lookup(number).route else {
        return false;
    };
    let (from, to) = (Party::Peer(originator), Party::Peer(peer));
    trust::may_send(routes.peers(), from, to).is_ok()
}

/// A path without quotes that it does not need: those mean nothing (RFC 5321 §4.1.2).
fn plain(path: &str) -> Cow<'_, str> {
    let quoted = path.strip_prefix('"').and_then(|inside| inside.split_once('"'));
    match quoted {
        Some((local, rest)) if local.bytes().all(is_atom) => Cow::Owned(format!("{local}{rest}")),
        _ => Cow::Borrowed(path),
    }
}

/// RFC 5321 §4.1.2 `atext`, and the dot between atoms.
fn is_atom(octet: u8) -> bool {
    octet.is_ascii_alphanumeric() || b"!#$%&'*+-/=?^_`{|}~.".contains(&octet)
}

/// A reason in SMTP's words.
pub(crate) fn reply_of(reason: Reason) -> Reply<'static> {
    let row = reason.row();
    let mut parts = row.smtp_enhanced.split('.').skip(1);
    let mut part = || parts.next().and_then(|part| part.parse().ok()).unwrap_or(0);
    let enhanced = Enhanced::new(part(), part());
    Reply::new(row.smtp_code, enhanced, row.text)
}

#[cfg(test)]
mod tests;
