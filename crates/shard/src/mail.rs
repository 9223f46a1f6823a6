//! What shards say to each other. Everything else that crosses the mesh is the engine's own (requests, answers).
//!
//! Each question has an answer, and the sender keeps the matter until it comes; so a mail may be dropped at a crash and
//! nothing is lost: recovery sends it again from what is in the journals.

use crate::answer::Body;
use base::{MessageId, Reason};
use std::sync::Arc;

/// One piece of mail.
#[derive(Clone, Debug)]
pub enum Mail {
    /// Sender's home → recipient's home: the message is durable, its delivery to these recipients is yours.
    Deliver(Box<store::Delivery>),
    /// The answer: taken.
    DeliverTaken,
    /// Recipient's home → sender's home: this recipient's end is durable.
    Ended {
        /// Which message.
        message: MessageId,
        /// Which recipient of it.
        recipient: u16,
    },
    /// The answer: counted.
    EndedTaken,
    /// Sender's home → every shard: these messages' accept records are gone from the disk; forget their recipients.
    Gone(Arc<[MessageId]>),
    /// The answer: forgotten.
    GoneTaken,
    /// Recipient's home → sender's home: I need the stored PDU of this message.
    Fetch {
        /// Which message.
        message: MessageId,
        /// The asker's place for the answer.
        place: u32,
    },
    /// The answer: the whole stored PDU, or why not.
    Fetched {
        /// The asker's place.
        place: u32,
        /// The PDU.
        body: Result<Body, Reason>,
    },
}
