//! The client's side of an SMTP connection: how messages are carried to a peer.
//!
//! Stands at the end of `deliver`. Reading order: `survey` (what a body is), `capabilities` and `reply` (what a peer
//! says), `outcome` (what became of a message), `state` (the states), `session` (the machine), `answers` (each
//! reply), `transaction`, `stuff`.

mod answers;
mod capabilities;
mod outcome;
mod reply;
mod session;
mod state;
mod stuff;
mod survey;
mod transaction;

pub use capabilities::Capabilities;
pub use outcome::{Close, Outcome, Verdict};
pub use reply::{PeerReply, ReplyFault};
pub use session::{BodyChanged, Session, Step};
pub use state::diagram as state_diagram;
pub use survey::Survey;
pub use transaction::{Message, Unsendable};

use crate::limits::Limits;
use crate::timers::Timers;

/// How a peer is spoken to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    /// Our name, said with EHLO. A domain name or an address literal.
    pub name: String,
    /// Whether TLS is used.
    pub tls: TlsPolicy,
    /// Bounds.
    pub limits: Limits,
    /// Timers.
    pub timers: Timers,
}

impl Config {
    /// What is used when nothing else is set.
    #[must_use]
    pub fn new(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            tls: TlsPolicy::IfOffered,
            limits: Limits::DEFAULT,
            timers: Timers::default(),
        }
    }
}

/// Whether STARTTLS (RFC 3207) is used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TlsPolicy {
    /// Never.
    Never,
    /// When the peer offers it; in clear when it then refuses.
    IfOffered,
    /// Nothing is sent in clear: without it the connection is given up.
    Demanded,
}
