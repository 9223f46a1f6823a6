//! What an edge hands to a subscriber's home shard: one whole request, owned, with its identity decided.
//!
//! First product of the flow (`Request → Parsed → …`). It is owned because it crosses shards; everything after it
//! borrows from its body within one turn.

use base::{Msisdn, Parcel, Reason, ShardId, Token};
use meter::Laps;

/// A request as the edge made it. The edge has already checked method, media type and framing.
#[derive(Debug)]
pub struct Request {
    /// Where the answer goes.
    pub reply_to: ReplyTo,
    /// Who asks, according to the network; never according to the request itself.
    pub subscriber: Option<Msisdn>,
    /// GET retrieves; POST carries a PDU.
    pub method: Method,
    /// The token in the path, if the last path segment begins with one.
    pub token: Option<Token>,
    /// The PDU of a POST; of an oversize one only its first octets.
    pub body: Parcel,
    /// Total octets of a body that was over the limit and was drained instead of kept.
    pub oversize: Option<u64>,
    /// A refusal already decided at the edge that needs the PDU's Transaction-ID to be said properly.
    pub refusal: Option<Reason>,
}

/// The two methods that MM1 uses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// Retrieve.
    Get,
    /// Everything else.
    Post,
}

/// A connection's place for the answer to its one outstanding request, and that request's stop-watch, which comes back
/// with the answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReplyTo {
    /// The shard that owns the connection.
    pub shard: ShardId,
    /// The connection's slot there.
    pub slot: u32,
    /// Tells this connection from earlier ones in the same slot.
    pub generation: u32,
    /// How long each stage of the request took so far; the edge that began it records it.
    pub laps: Laps,
}
