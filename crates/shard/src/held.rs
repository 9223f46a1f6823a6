//! What waits for its record to be on disk, and who waits for the answer.
//!
//! Between `append` and the turn in which the record is durable. Invariant: it is opened by a `store::Durable` alone,
//! or given up after the journal has stopped.

use crate::append::Accepted;
use crate::arrive::Arrived;
use crate::bearer::Push;
use crate::debt::Debt;
use crate::fetch::Job;
use crate::relay::{Acted, Heard};
use crate::request::ReplyTo;
use base::MessageId;

/// What waits for its record to be on disk.
#[derive(Debug)]
pub(crate) enum Held {
    /// A message: answer, then deliver.
    Accepted(Box<Accepted>),
    /// A repeat of a message that may still be on its way to the disk.
    Repeated(Box<Accepted>),
    /// A peer's message: answer, then deliver.
    Arrived(Box<Arrived>),
    /// What a peer says of a message that it was sent.
    Heard(Box<Heard>),
    /// A notification, and what the bearer gets of it.
    Notified(Option<Box<Push>>),
    /// A step of a copy; somebody may wait for the answer.
    Stepped(Option<ReplyTo>),
    /// The same; then somebody is to be told.
    Owed(Option<ReplyTo>, Debt),
    /// Somebody was told; it was the last that the message waited for on account of this copy, or not.
    Told(Debt, Counts),
    /// A peer needs no response to this any more.
    Answered(MessageId),
    /// What an operator did.
    Acted(Box<Acted>),
    /// A record that was moved, and that somebody wants to read.
    Unread(Box<(MessageId, Job)>),
    /// The end of a copy.
    Ended {
        number: u32,
        message: MessageId,
        index: u16,
        reply: Option<ReplyTo>,
        counts: Counts,
    },
}

/// Whether a step is the one that the message's owner counts as the end of a copy. Decided when it is appended, so that
/// of several steps under way exactly one is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Counts {
    Yes,
    No,
}

impl Held {
    /// Who waits for the answer, of what is so small that its append is measured afterwards.
    pub(crate) fn reply_mut(&mut self) -> Option<&mut ReplyTo> {
        match self {
            Held::Stepped(reply) | Held::Owed(reply, _) | Held::Ended { reply, .. } => reply.as_mut(),
            Held::Accepted(_)
            | Held::Repeated(_)
            | Held::Arrived(_)
            | Held::Heard(_)
            | Held::Notified(_)
            | Held::Told(..)
            | Held::Answered(_)
            | Held::Acted(_)
            | Held::Unread(_) => None,
        }
    }
}
