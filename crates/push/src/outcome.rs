//! What a push is, and what becomes of it, whichever bearer carries it.
//!
//! The words between the shard and the bearers. Invariants: of each push a bearer says `Taken` at most once, and then
//! at most one end; or it hands the push back whole, to be sent again with the same octets.

use base::Msisdn;

/// The caller's name for one attempt at a push. Never used twice within the life of a session and its receipts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PushId(pub u64);

/// A push on its way. When it is sent again (another link, after a crash) all of it stays the same, so that a phone
/// takes it for the same.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Submission {
    /// Which attempt this is.
    pub id: PushId,
    /// The phone.
    pub to: Msisdn,
    /// The WSP push PDU, see [`crate::wsp_push`].
    pub octets: Vec<u8>,
    /// The reference of its segments, unlikely to repeat to the same number within minutes.
    pub reference: u16,
    /// How long the bearer may try, in seconds: up to the next notification, lest two copies pile up.
    pub valid_for_s: u32,
}

/// What became of a push.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// The bearer has it. An end follows only if `is_receipted`; else this is all that will be known.
    Taken {
        /// Whether a receipt was asked for and can be matched.
        is_receipted: bool,
    },
    /// The phone has it (which is not: the message).
    Delivered,
    /// The phone could not be reached: push again later, or when it is known to be reachable.
    Absent {
        /// The bearer's own code, if it gave one.
        code: Option<u16>,
    },
    /// No such subscriber: final.
    UnknownSubscriber,
    /// The bearer will never take this push; the number is its own (command_status, PAP code).
    Rejected {
        /// The bearer's own code.
        code: u32,
    },
    /// Refused for now, as often as is allowed: later, or over another link.
    Throttled(Submission),
    /// No answer came in time: the bearer may have it or not. Send the same octets again.
    Unanswered(Submission),
    /// The link was lost before an answer: send the same octets again.
    LinkLost(Submission),
    /// It was taken, but the receipt never came.
    Unreceipted,
}

impl Outcome {
    /// Whether another outcome of the same push may follow.
    #[must_use]
    pub const fn is_last(&self) -> bool {
        !matches!(self, Self::Taken { is_receipted: true })
    }

    /// Whether pushing again makes no sense.
    #[must_use]
    pub const fn is_final(&self) -> bool {
        matches!(
            self,
            Self::Delivered | Self::UnknownSubscriber | Self::Rejected { .. }
        )
    }
}
