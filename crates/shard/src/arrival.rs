//! What the edge of MM4 hands to a message's owner shard: one mail of another operator's MMSC, understood and
//! converted.
//!
//! The MM4 counterpart of [`Request`](crate::Request), made by [`read`] from a mail and its envelope. It is owned
//! because it crosses shards. Invariants: the mail's content was converted once, to the canonical M-Send.req;
//! recipients are those of the envelope alone, each a number that was taken at RCPT; an arrival's home depends on the
//! X-Mms-Message-ID alone, so that a repeat on another connection meets its first.

mod compose;
mod origin;
mod read;
mod word;

pub use word::{Named, Says, Word};

pub(crate) use origin::is_of_way;
pub use read::{Envelope, TRACE, read};

use crate::request::ReplyTo;
use admit::{Asked, When};
use base::id::PARTITIONS;
use base::{Msisdn, Partition, Reason};
use mm4::{RequestStatus, Version};
use std::sync::Arc;
use store::record::Origin;
use xxhash_rust::xxh3::{Xxh3, xxh3_64};

/// One mail, as the edge understood it.
#[derive(Debug)]
pub struct Arrival {
    /// Where the answer to the mail goes.
    pub reply_to: ReplyTo,
    /// Name of the profile of the peer that brought it.
    pub peer: Arc<str>,
    /// What it is.
    pub what: What,
}

/// What a mail says.
#[derive(Debug)]
pub enum What {
    /// MM4_forward.REQ.
    Forward(Box<Forward>),
    /// What the peer says of a message that it was sent: a response, a report, a bounce.
    Word(Box<Word>),
}

/// A message for subscribers.
#[derive(Debug)]
pub struct Forward {
    /// The canonical M-Send.req, its body included.
    pub pdu: Vec<u8>,
    /// Octets of it before the body.
    pub content_offset: u32,
    /// Octets of subject and parts.
    pub size_octets: u32,
    /// Who sent it.
    pub sender: Msisdn,
    /// Whom it is for, each once.
    pub recipients: Vec<Msisdn>,
    /// What the originator asked for.
    pub asked: Asked,
    /// The end of its validity.
    pub expiry: Option<When>,
    /// Where it comes from, and where answers go.
    pub origin: Origin,
}

/// A mail that is refused.
#[derive(Debug)]
pub struct Refused {
    /// Why; its row has the reply.
    pub reason: Reason,
    /// The response that the peer wants instead of that reply, if it does and says where to.
    pub response: Option<Box<Owed>>,
}

/// A response that a peer is owed: everything that is needed to write it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Owed {
    /// Name of the peer's profile, through which it goes.
    pub peer: Arc<str>,
    /// What is answered: `MM4_forward` and the like.
    pub operation: String,
    /// X-Mms-Transaction-ID of the request, as it came.
    pub transaction_id: Vec<u8>,
    /// X-Mms-Message-ID of the request, as it came; empty where it had none.
    pub message_id: Vec<u8>,
    /// The system that it goes to; empty: the peer's own `system-user`.
    pub system: String,
    /// The version of the request.
    pub version: Version,
    /// The answer.
    pub status: RequestStatus,
    /// X-Mms-Status-Text of the far side, where it is that one's answer.
    pub text: Option<Arc<str>>,
    /// Whom it is about, where not all of the request's recipients have the same; else nobody.
    pub recipients: Vec<Msisdn>,
}

impl From<Reason> for Refused {
    fn from(reason: Reason) -> Refused {
        Refused {
            reason,
            response: None,
        }
    }
}

impl Arrival {
    /// The partition whose shard it belongs to.
    #[must_use]
    pub fn home(&self) -> Partition {
        match &self.what {
            What::Forward(forward) => home_of(&forward.origin.message_id),
            What::Word(word) => match &word.message {
                Named::Ours(message) => message.partition(),
                Named::Theirs { message_id, .. } => home_of(message_id),
            },
        }
    }
}

/// The partition of a message that another operator named, by its X-Mms-Message-ID as it came. Part of the on-disk
/// format: reports find their message by it.
#[must_use]
pub fn home_of(message_id: &[u8]) -> Partition {
    let hash = xxh3_64(mm4::Id::new(message_id).bare());
    u16::try_from(hash % u64::from(PARTITIONS))
        .ok()
        .and_then(Partition::new)
        .unwrap_or_default()
}

/// What tells a repeat of an arrival for one recipient. Part of the on-disk format.
#[must_use]
pub fn repeat_key(message_id: &[u8], recipient: Msisdn) -> u64 {
    let mut hash = Xxh3::new();
    hash.update(mm4::Id::new(message_id).bare());
    hash.update(&[0]);
    hash.update(&recipient.digits().to_le_bytes());
    hash.digest()
}
