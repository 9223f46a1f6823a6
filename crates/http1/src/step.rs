//! What the machine says to its caller.
//!
//! The product of each turn of the machine. Invariant: each step names one thing to do, and after it the caller asks
//! again.

use crate::reason::{Reason, Refusal};
use crate::request::Request;

/// What the caller is to do.
#[derive(Debug, PartialEq, Eq)]
pub enum Step {
    /// Receive more; at `deadline_ms` call [`Connection::step`](crate::Connection::step) in any case.
    NeedMore {
        /// On the caller's clock, in milliseconds.
        deadline_ms: u64,
    },
    /// Send [`CONTINUE_100`](crate::CONTINUE_100), then call `step` again: the peer waits before it sends its body.
    Continue100,
    /// A whole request: answer it through [`Connection::respond`](crate::Connection::respond).
    Request(Request),
    /// Write the refusal, call [`Connection::sent`](crate::Connection::sent), shut the sending side down, and go on
    /// until `Closed`.
    Refuse(Refusal),
    /// Nothing to parse: the answer or its sending is the caller's turn.
    Wait {
        /// When the sending is too slow; nothing while the answer is awaited.
        deadline_ms: Option<u64>,
    },
    /// Close the socket.
    Closed(Close),
}

/// Why a connection is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Close {
    /// The peer ended it between requests.
    PeerEnded,
    /// The peer ended it within a request, which is dropped.
    PeerTruncated,
    /// Silence between requests.
    IdleTimeout,
    /// The last answer was sent.
    Answered,
    /// The peer took an answer or a refusal too slowly.
    SendTimeout,
    /// After a refusal, which was sent.
    Refused(Reason),
    /// The server ends, and no request was in progress.
    Retired,
}

/// [`Connection::respond`](crate::Connection::respond) was called without a request to answer; nothing was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NoRequestOutstanding;
