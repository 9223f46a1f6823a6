//! Who is asking, decided once per request from the connection's address and the head.
//!
//! Stands in the edge between framing and the mesh: the subscriber decides the home shard. Invariants: nothing that a
//! handset can write decides anything unless it comes through a listed gateway; a contradiction is nobody; nothing is
//! remembered from one request to the next, since a gateway carries many subscribers on one connection (DESIGN §8).

use base::{Msisdn, NumberingPlan};
use http1::Head;
use profile::Identity;
use std::net::IpAddr;

/// What the network says of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    /// This subscriber.
    Subscriber(Msisdn),
    /// No source names anybody, or what it names is no number.
    Nobody,
    /// A number header was there, but from an address that proves nothing. Treated as nobody, and counted.
    Untrusted,
}

impl Decision {
    /// The subscriber, if there is one.
    #[must_use]
    pub fn subscriber(self) -> Option<Msisdn> {
        match self {
            Decision::Subscriber(subscriber) => Some(subscriber),
            Decision::Nobody | Decision::Untrusted => None,
        }
    }
}

/// Decides by the number headers of listed gateways. Of several configured names the first one that is there counts; a
/// name that stands there twice counts only if all its values are the same number.
#[must_use]
pub fn decide(peer: IpAddr, head: &Head, identity: &Identity, numbering: &NumberingPlan) -> Decision {
    let Some(name) = identity.headers.iter().find(|name| head.field(name).is_some()) else {
        return Decision::Nobody;
    };
    if !identity.trusts(peer) {
        return Decision::Untrusted;
    }
    let mut numbers = head.fields_named(name).map(|value| numbering.normalise(value));
    let first = numbers.next().flatten();
    match first {
        Some(subscriber) if numbers.all(|other| other == first) => Decision::Subscriber(subscriber),
        _ => Decision::Nobody,
    }
}
