//! What became of a message, recipient by recipient, and of a connection.
//!
//! The product of a client's session; delivery schedules go by it. Invariant: each recipient of a transaction gets
//! exactly one verdict, also when the connection is lost.

use super::reply::{PeerReply, ReplyFault};
use crate::timers::Timer;

/// What became of a message for one recipient.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The peer has it, and said this to its end.
    Accepted(PeerReply),
    /// Refused for now (4xx).
    Temporary(PeerReply),
    /// Refused for good (5xx).
    Permanent(PeerReply),
    /// The connection was lost before the message's end was sent: the peer can't have it.
    LostBefore,
    /// The connection was lost after the message's end was sent: the peer may have it, and a second try may be a
    /// repeat (RFC 1047).
    LostAfter,
}

impl Verdict {
    /// The verdict that a reply is for whom it concerns; anything but 2xx and 5xx is worth another try.
    pub(crate) fn of(reply: &PeerReply) -> Self {
        if reply.is_success() {
            Self::Accepted(reply.clone())
        } else if reply.is_permanent() {
            Self::Permanent(reply.clone())
        } else {
            Self::Temporary(reply.clone())
        }
    }
}

/// What became of a transaction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// One verdict a recipient, in their order.
    pub recipients: Vec<Verdict>,
}

/// Why a connection is over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Close {
    /// We said QUIT.
    Quit,
    /// The peer refused the connection, our greeting, or said 421.
    Refused(PeerReply),
    /// TLS is demanded and was not offered or was refused.
    NoTls,
    /// The peer ended the connection.
    PeerEnded,
    /// The peer was too late with what the timer names.
    TooLate(Timer),
    /// The peer's octets are no reply.
    NoReply(ReplyFault),
    /// The peer said something that was not asked for.
    Unasked(PeerReply),
    /// Octets in clear stood behind the peer's consent to TLS (CVE-2011-0411).
    EarlyBeforeTls,
    /// The owner's body was not the one that was surveyed; the message was cut off.
    BodyChanged,
}
