//! The server's side of an SMTP connection: what the owner of the socket drives and obeys.
//!
//! Stands behind `accept` of MM4. Reading order: `sequence` (which command where), `event` (what the owner is told),
//! `state` (the states), `session` (the machine), `commands` (each command), `body` (text and chunks).

mod body;
mod commands;
mod event;
mod sequence;
mod session;
mod state;

pub use event::{BodyFraming, Close, Mail, NothingOutstanding, Step};
pub use sequence::diagram as sequence_diagram;
pub use session::Session;
pub use state::diagram as state_diagram;

use crate::limits::Limits;
use crate::timers::Timers;

/// What a listener offers to its peers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    /// The name in the greeting and in the answer to EHLO.
    pub name: String,
    /// Whether STARTTLS is offered.
    pub tls: TlsOffer,
    /// Whether CHUNKING and BINARYMIME are offered.
    pub chunking: Chunking,
    /// Bounds.
    pub limits: Limits,
    /// Timers.
    pub timers: Timers,
}

impl Config {
    /// What a listener of that name offers when nothing else is set: chunks, and no TLS for want of a certificate.
    #[must_use]
    pub fn new(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            tls: TlsOffer::Absent,
            chunking: Chunking::Offered,
            limits: Limits::DEFAULT,
            timers: Timers::default(),
        }
    }
}

/// Whether STARTTLS (RFC 3207) is offered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TlsOffer {
    /// Not offered.
    Absent,
    /// Offered, not demanded.
    Offered,
    /// MAIL is refused with 530 until it is used.
    Demanded,
}

/// Whether BDAT (RFC 3030) is offered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Chunking {
    /// Not offered; a BDAT ends the connection, since its octets follow unasked.
    Absent,
    /// CHUNKING and BINARYMIME.
    Offered,
}
