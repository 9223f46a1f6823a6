//! Messages to other operators: a queue for each peer, and what became of each mail.
//!
//! ```text
//!  copy for a peer's number ─► queue (window, rate, breaker) ─► stored PDU ─► mail ─► Effect::Relay ─► link
//!      ▲                          ▲                                                                  │
//!      └ timers (RES, retries)    └────────── Input::Relayed: a verdict for each recipient ◄──────────┘
//! ```
//!
//! A copy whose number another operator serves stays with the message's owner, where the PDU is. All copies of a
//! message for one peer make one mail; their verdicts split it. Invariants: a mail given to the hands is answered
//! once; a copy is in one queue or in one mail at most, never both; the ids of a message to a peer are the same in
//! every try, over starts too; what one peer does delays no other: windows, rate and breaker are each peer's own.
//!
//! Reading order: this file (what crosses to the hands), `queue` and `breaker` (one peer), `peers` (all of them),
//! `departure` (copies in), `mail` (what is written), `passing` (what is different in a hub), `verdicts` (what came of
//! it), `words` (what peers say of it later), `awaiting` (whose answers ours waits for), `note` (what they are
//! answered), `reports` (what they are told of messages that they brought), `acts`
//! (what operators do to them), `show` (what operators see).

mod acts;
mod awaiting;
mod breaker;
mod departure;
mod mail;
mod note;
mod passing;
mod peers;
mod queue;
mod reports;
mod show;
mod transaction;
mod verdicts;
mod words;

pub(crate) use acts::Acted;
pub use acts::{Act, NotDone};
pub(crate) use mail::is_taken;
pub(crate) use passing::Record;
pub(crate) use peers::Peers as RelayPeers;
pub use show::{PeerRow, PeerState};
pub use transaction::Part;
pub(crate) use transaction::read_transaction_id;
pub(crate) use words::Heard;

use std::sync::Arc;

/// A mail for a peer. The hands answer it once, with [`Relayed`].
#[derive(Clone, Debug)]
pub struct Relay {
    /// To answer it with.
    pub ticket: u32,
    /// Name of the peer's profile.
    pub peer: Arc<str>,
    /// The reverse path of the envelope.
    pub from: String,
    /// The forward paths, in the order of the verdicts; at least one.
    pub recipients: Vec<String>,
    /// Head and body, lines ended by CR LF unless the body is binary.
    pub mail: Vec<u8>,
}

/// What became of a mail.
#[derive(Clone, Debug)]
pub struct Relayed {
    /// Of [`Relay`].
    pub ticket: u32,
    /// One for each recipient, in their order.
    pub verdicts: Vec<Verdict>,
    /// What the peer or the kernel said, for the operator; at most [`SAID_OCTETS_MAX`].
    pub said: String,
}

/// Octets of what a peer said that are kept. Reason: a line of a screen or two.
pub const SAID_OCTETS_MAX: usize = 200;

/// What became of a mail for one recipient.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The peer has stored it (250).
    Stored,
    /// Not now (4xx).
    Later,
    /// Not ever (5xx).
    Never(Refusal),
    /// No connection, or it broke before the end of the mail: the peer can't have it.
    Lost,
    /// The connection broke behind the mail: the peer may have it.
    Unsure,
    /// The session can't carry the mail's octets as they are: it is to be written in lines of ASCII.
    Encode,
}

/// A refusal for good.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// The reply code, 500 to 599.
    pub code: u16,
    /// Subject and detail of the enhanced code (RFC 3463), where the peer gave one.
    pub enhanced: Option<(u16, u16)>,
}
