//! Who is asking, decided for one request from its access point, its connection's address and its headers.
//!
//! Behind [`crate::Apns::select`], before the mesh: the subscriber decides the home shard. Invariants: pure; nothing is
//! remembered from one request to the next, since a gateway carries many subscribers on one connection; what a phone
//! can write decides nothing by itself; whatever is missing, unreadable or does not agree is a refusal (DESIGN §8).

use crate::access::{Apn, Claims, Mode};
use crate::headers::{Headers, is_known};
use crate::number;
use crate::subscriber::{Facts, Imsi};
use crate::table::{Binding, Found, Session, View};
use base::{Msisdn, Reason};
use profile::NumberSource;
use std::net::IpAddr;

/// Who is asking.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Identity {
    /// The subscriber.
    pub msisdn: Msisdn,
    /// What else the session says; only the number where it came from a header alone.
    pub facts: Facts,
    /// The session that it rests on, if it rests on one: ask [`View::still_holds`] before an answer leaves.
    pub binding: Option<Binding>,
    /// Which access point decided.
    pub apn: u16,
}

/// Why nobody is asking.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// An identity header came from an address that is no gateway: to be counted, and told to the operator.
    HeaderUntrusted,
    /// Header and session, or two headers, name different subscribers: to be counted, and told to the operator.
    Disagreement,
    /// Two sessions claim the address and can't be ordered.
    Ambiguous,
    /// No header, no session, or neither says a number.
    Unknown,
    /// A header of a gateway is there and can't be read.
    Unreadable,
}

impl Refusal {
    /// The reason that the interfaces answer with.
    #[must_use]
    pub fn reason(self) -> Reason {
        match self {
            Refusal::HeaderUntrusted => Reason::IdentityUntrusted,
            Refusal::Disagreement => Reason::IdentityContradicted,
            Refusal::Ambiguous => Reason::IdentityAmbiguous,
            Refusal::Unknown | Refusal::Unreadable => Reason::SenderUnidentified,
        }
    }
}

/// What the gateway's headers say.
#[derive(Clone, Copy, Debug, Default)]
struct Told {
    msisdn: Option<Msisdn>,
    imsi: Option<Imsi>,
    address: Option<IpAddr>,
}

/// Decides.
///
/// # Errors
/// Why nobody is asking.
pub fn identify(
    apn: &Apn,
    view: &View,
    peer: IpAddr,
    headers: &(impl Headers + ?Sized),
) -> Result<Identity, Refusal> {
    if apn.mode == Mode::Session {
        return by_session(apn, view, peer, headers);
    }
    if !apn.trusts(peer) {
        let claimed = headers.fields().any(|(name, _)| is_claim(apn, name));
        return Err(if claimed {
            Refusal::HeaderUntrusted
        } else {
            Refusal::Unknown
        });
    }
    let told = told(apn, headers)?;
    match apn.mode {
        Mode::GatewayNumber => {
            let msisdn = told.msisdn.ok_or(Refusal::Unknown)?;
            let facts = Facts {
                msisdn: Some(msisdn),
                imsi: told.imsi,
                ..Facts::default()
            };
            Ok(Identity {
                msisdn,
                facts,
                binding: None,
                apn: apn.index,
            })
        }
        Mode::GatewayAddress | Mode::Session => {
            let address = told.address.ok_or(Refusal::Unknown)?;
            agreed(apn, session(apn, view, address)?, &told)
        }
        Mode::Both => {
            if told.msisdn.is_none() {
                return Err(Refusal::Unknown);
            }
            let address = match (told.address, apn.address_headers.is_empty()) {
                (Some(address), _) => address,
                (None, true) => peer,
                (None, false) => return Err(Refusal::Unknown),
            };
            agreed(apn, session(apn, view, address)?, &told)
        }
    }
}

/// The phone's own connection: its address decides, and what it claims is at most compared.
fn by_session(
    apn: &Apn,
    view: &View,
    peer: IpAddr,
    headers: &(impl Headers + ?Sized),
) -> Result<Identity, Refusal> {
    let judged = !apn.trusts(peer);
    if judged && apn.claims == Claims::Refuse && headers.fields().any(|(name, _)| is_claim(apn, name)) {
        return Err(Refusal::HeaderUntrusted);
    }
    let session = session(apn, view, peer)?;
    if judged && apn.claims == Claims::Compare {
        for (name, value) in headers.fields().filter(|(name, _)| is_claim(apn, name)) {
            if !claim_agrees(apn, &session, peer, name, value) {
                return Err(Refusal::Disagreement);
            }
        }
    }
    agreed(apn, session, &Told::default())
}

fn session(apn: &Apn, view: &View, address: IpAddr) -> Result<Session, Refusal> {
    match view.find(apn.realm, address) {
        Found::Held(session) => Ok(session),
        Found::Ambiguous => Err(Refusal::Ambiguous),
        Found::Nobody => Err(Refusal::Unknown),
    }
}

fn agreed(apn: &Apn, session: Session, told: &Told) -> Result<Identity, Refusal> {
    let msisdn = session.facts.msisdn.ok_or(Refusal::Unknown)?;
    let numbers = told.msisdn.is_none_or(|told| told == msisdn);
    let sims = match (told.imsi, session.facts.imsi) {
        (Some(told), Some(known)) => told == known,
        _ => true,
    };
    if !(numbers && sims) {
        return Err(Refusal::Disagreement);
    }
    Ok(Identity {
        msisdn,
        facts: session.facts,
        binding: Some(session.binding),
        apn: apn.index,
    })
}

/// Reads every configured header; all that are there must say the same.
fn told(apn: &Apn, headers: &(impl Headers + ?Sized)) -> Result<Told, Refusal> {
    let mut told = Told::default();
    for (name, value) in headers.fields() {
        for source in sources_named(&apn.number_headers, name) {
            if !source.parameter.is_empty() && !names(value, &source.parameter) {
                continue;
            }
            same(&mut told.msisdn, number::msisdn(value, source, &apn.numbering))?;
        }
        for source in sources_named(&apn.imsi_headers, name) {
            same(&mut told.imsi, number::imsi(value, source))?;
        }
        if is_address_header(apn, name) {
            same(&mut told.address, address(value))?;
        }
    }
    Ok(told)
}

fn same<T: PartialEq>(place: &mut Option<T>, value: Option<T>) -> Result<(), Refusal> {
    let value = value.ok_or(Refusal::Unreadable)?;
    match place {
        Some(other) if *other != value => Err(Refusal::Disagreement),
        _ => {
            *place = Some(value);
            Ok(())
        }
    }
}

/// A single address, with or without brackets, quotes and port. A list is nobody's: who added what can't be told.
fn address(value: &[u8]) -> Option<IpAddr> {
    let text = std::str::from_utf8(value).ok()?.trim().trim_matches('"');
    if let Ok(address) = text.parse::<IpAddr>() {
        return Some(address.to_canonical());
    }
    if let Ok(socket) = text.parse::<std::net::SocketAddr>() {
        return Some(socket.ip().to_canonical());
    }
    let inner = text.strip_prefix('[')?.strip_suffix(']')?;
    inner.parse::<IpAddr>().ok().map(|address| address.to_canonical())
}

fn sources_named<'a>(sources: &'a [NumberSource], name: &'a [u8]) -> impl Iterator<Item = &'a NumberSource> {
    sources
        .iter()
        .filter(move |source| source.header.as_bytes().eq_ignore_ascii_case(name))
}

/// Whether a value of several parts has one of this name: a Cookie without it says nothing.
fn names(value: &[u8], parameter: &str) -> bool {
    value.split(|octet| b";,&".contains(octet)).any(|part| {
        let key = part.split(|octet| *octet == b'=').next().unwrap_or_default();
        key.trim_ascii().eq_ignore_ascii_case(parameter.as_bytes())
    })
}

fn is_address_header(apn: &Apn, name: &[u8]) -> bool {
    apn.address_headers
        .iter()
        .any(|known| known.as_bytes().eq_ignore_ascii_case(name))
}

/// Whether a header of this name claims an identity. One of several parts (a Cookie) claims only by its part, which
/// [`told`] looks at; by its name alone it does not.
fn is_claim(apn: &Apn, name: &[u8]) -> bool {
    let listed =
        |sources: &[NumberSource]| sources_named(sources, name).any(|source| source.parameter.is_empty());
    is_known(name) || listed(&apn.number_headers) || listed(&apn.imsi_headers) || is_address_header(apn, name)
}

/// Whether what a phone says of itself is what its session says. What can't be read does not agree.
fn claim_agrees(apn: &Apn, session: &Session, peer: IpAddr, name: &[u8], value: &[u8]) -> bool {
    let is_address = is_address_header(apn, name) || name.to_ascii_lowercase().ends_with(b"client-ip");
    if is_address {
        return address(value) == Some(peer.to_canonical());
    }
    if sources_named(&apn.imsi_headers, name).next().is_some() || name.to_ascii_lowercase().ends_with(b"imsi")
    {
        let plain = plain_source();
        let source = sources_named(&apn.imsi_headers, name).next().unwrap_or(&plain);
        return number::imsi(value, source).is_some_and(|imsi| session.facts.imsi == Some(imsi));
    }
    let plain = plain_source();
    let mut sources = sources_named(&apn.number_headers, name).peekable();
    if sources.peek().is_none() {
        return number::msisdn(value, &plain, &apn.numbering) == session.facts.msisdn;
    }
    sources.all(|source| number::msisdn(value, source, &apn.numbering) == session.facts.msisdn)
}

fn plain_source() -> NumberSource {
    NumberSource {
        header: String::new(),
        parameter: String::new(),
        form: profile::NumberForm::Plain,
        scope: profile::NumberScope::Dialled,
    }
}

#[cfg(test)]
mod tests;
