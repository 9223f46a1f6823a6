//! What shards say to each other. Everything else that crosses the mesh is the engine's own (requests, answers).
//!
//! Each question has an answer, and the sender keeps the matter until it comes; so a mail may be dropped at a crash and
//! nothing is lost: recovery sends it again from what is in the journals.

use crate::answer::Body;
use crate::bearer::Answered;
use base::limits::STATUS_TEXT_OCTETS_MAX;
use base::{MessageId, Msisdn, Reason, WallSeconds};
use lifecycle::End;
use std::sync::Arc;
use store::record::Action;

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
    /// Recipient's home → message's owner: the operator that brought this message is to be told this.
    Report(Box<Report>),
    /// The answer: taken; what comes of it follows.
    ReportTaken,
    /// Message's owner → recipient's home: what came of a report.
    Told {
        /// On which copy.
        about: About,
        /// What the operator said to it.
        answered: Answered,
    },
    /// The answer: noted.
    ToldTaken,
    /// A peer's home → every shard: an operator has done this to it.
    Act {
        /// What.
        action: Arc<Action>,
        /// The home's place for the answer.
        place: u32,
    },
    /// The answer: it holds here.
    ActTaken {
        /// The home's place.
        place: u32,
    },
}

/// What is told of a copy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Told {
    /// How it ended: M-Delivery.ind, or its like on MM4.
    End,
    /// That it was read: M-Read-Orig.ind, or its like on MM4.
    Reading,
    /// That its operator has it and says more later: MM4_delivery_report.REQ Deferred. In a hub alone.
    Deferral,
}

/// What a report is about. A copy has at most one of each kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct About {
    /// Which message.
    pub message: MessageId,
    /// Which recipient of it.
    pub recipient: u16,
    /// What of it.
    pub what: Told,
}

impl About {
    /// Of a copy.
    #[must_use]
    pub(crate) fn of(copy: &store::Recipient, what: Told) -> About {
        About {
            message: copy.message,
            recipient: copy.index,
            what,
        }
    }
}

/// What another operator is to be told of a copy of its message.
#[derive(Clone, Debug)]
pub struct Report {
    /// Which copy.
    pub about: About,
    /// Its recipient.
    pub number: Msisdn,
    /// What happened.
    pub says: Says,
    /// When it happened.
    pub at: WallSeconds,
    /// What the far side said beside that.
    pub detail: Detail,
}

/// What another operator says beside a status.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Detail {
    /// X-Mms-Status-Text, no longer than [`STATUS_TEXT_OCTETS_MAX`].
    pub text: Option<Arc<str>>,
    /// X-Mms-MM-Status-Extension.
    pub extension: Option<mm4::StatusExtension>,
    /// X-Mms-Forward-To-Originator-UA is No: the report is for the sender's operator, not for its user.
    pub is_for_system: bool,
}

impl Detail {
    /// Of what was read; a longer text is cut off.
    #[must_use]
    pub fn new(text: Option<&str>, extension: Option<mm4::StatusExtension>) -> Detail {
        let kept = |text: &str| {
            Arc::from(
                text.get(..text.floor_char_boundary(STATUS_TEXT_OCTETS_MAX))
                    .unwrap_or_default(),
            )
        };
        Detail {
            text: text.filter(|text| !text.is_empty()).map(kept),
            extension,
            is_for_system: false,
        }
    }

    /// Whether it says nothing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.text.is_none() && self.extension.is_none() && !self.is_for_system
    }
}

/// What a report says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Says {
    /// It ended so.
    Ended(End),
    /// It was read.
    Read,
    /// It was deleted without being read.
    Deleted,
    /// Its operator has it and says more later.
    Deferred,
}
