//! What goes back to a connection, and the wall in front of every "Ok".
//!
//! [`Answer::refused`] can be made by anybody. An answer of success that promises storage is made only by the functions
//! here that take a `&Durable`, which only `store` can make, after the group holding the record is on disk.

use base::ShardId;
pub use store::Octets as Body;

/// An answer in HTTP's words, content included.
#[derive(Clone, Debug)]
pub struct Answer {
    /// HTTP status.
    pub http_status: u16,
    /// What it carries.
    pub content: Content,
    /// Seconds for `Retry-After`, with transient refusals.
    pub retry_after_s: Option<u32>,
    /// Close the connection after it.
    pub close: bool,
    /// Whom to tell when the last octet has left.
    pub sent: Option<SentTicket>,
}

/// The content of an answer.
#[derive(Clone, Debug)]
pub enum Content {
    /// Nothing: `Content-Length: 0`.
    Empty,
    /// `text/plain`, one sentence.
    Text(&'static str),
    /// `application/vnd.wap.mms-message`: a PDU's head, then its body if it has one.
    Pdu {
        /// The head, written for this answer.
        head: Vec<u8>,
        /// The body, as it was received, shared.
        body: Option<Body>,
    },
}

/// Names a retrieval whose end its home shard wants to hear of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SentTicket {
    /// The home shard.
    pub home: ShardId,
    /// Its recipient's place there.
    pub recipient: u32,
    /// Tells that recipient from others that had the place.
    pub generation: u32,
}
