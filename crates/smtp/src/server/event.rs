//! What the server's session says to its owner.
//!
//! The product of each turn. Invariant: each step names one thing to do; addresses and pieces of the body are borrowed
//! from the receive buffer and are the owner's to copy before the next call.

use crate::address::Address;
use crate::message::BodyKind;
use crate::reason::Reason;
use crate::timers::Deadline;

/// What the owner is to do. After each step it sends what [`Session::unsent`](super::Session::unsent) holds.
#[derive(Debug, PartialEq, Eq)]
pub enum Step<'s> {
    /// Receive more, and call `step` when the deadline has come in any case.
    NeedMore {
        /// The earliest of the timers that run.
        deadline: Deadline,
    },
    /// Send before anything else: nothing is read until some output has left.
    Send {
        /// When the peer takes too little.
        deadline: Deadline,
    },
    /// Nothing to do: [`Session::reply`](super::Session::reply) is awaited.
    Wait,
    /// A transaction begins. Answer it: 250, or a refusal.
    Mail(Mail<'s>),
    /// A recipient of the transaction. Answer it: 250, or a refusal of this one.
    Recipient(Address<'s>),
    /// The message is about to come. Answer [`Reply::GO_AHEAD`](crate::Reply::GO_AHEAD), or a refusal of the whole.
    Data(BodyFraming),
    /// A piece of the message, unstuffed, to be appended to the owner's buffer. No answer.
    Body(&'s [u8]),
    /// The message is whole. Answer it when it is durable, or refuse it.
    End,
    /// The message is refused by the session: forget what was kept of it. No answer; the peer hears it in its time.
    Discard(Reason),
    /// The transaction is over without a message (RSET, another EHLO, a refused DATA): forget it. No answer.
    Abandoned,
    /// Send what is unsent, take the TLS handshake, then call
    /// [`Session::tls_started`](super::Session::tls_started); close if it fails.
    StartTls,
    /// All has been said and sent: shut the sending side down, receive on (it is dropped) until `Closed`.
    Finish {
        /// When to give up.
        deadline: Deadline,
    },
    /// Close the socket; a transaction that was open is abandoned.
    Closed(Close),
}

/// How a message comes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BodyFraming {
    /// By DATA: lines up to a dot.
    Text,
    /// By BDAT: chunks; the first has so many octets.
    Chunks {
        /// Octets of the first chunk.
        first_octets: u64,
    },
}

/// What MAIL says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mail<'s> {
    /// The reverse path; nothing for `<>`.
    pub from: Option<Address<'s>>,
    /// The declared size in octets (RFC 1870), at most the limit.
    pub size_octets: Option<u64>,
    /// The kind of body.
    pub body: BodyKind,
}

/// Why a connection is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Close {
    /// QUIT was answered.
    Quit,
    /// The peer ended it between transactions.
    PeerEnded,
    /// The peer ended it within a transaction, which is abandoned.
    PeerTruncated,
    /// The session refused to go on, and said so.
    Refused(Reason),
    /// The owner answered 421.
    Dismissed,
    /// The peer did not take what was to be sent.
    SendTimeout,
}

/// [`Session::reply`](super::Session::reply) was called without an event to answer; nothing was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NothingOutstanding;
