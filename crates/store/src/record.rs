//! The records of the journal: what is written, once and for ever, and how it is read back.
//!
//! Stored types live here, apart from the domain's, and are versioned by their kind: a change of layout is a new
//! kind, the reader of the old one stays, and recovery rewrites. A header is rkyv (checked, read in place, at any
//! alignment); a body is raw octets: of an accept record the PDU exactly as it was received, of a state record the
//! PDU that was pushed with it.
//!
//! | kind | header | body |
//! |---|---|---|
//! | [`KIND_ACCEPT`] | [`Accept`] | the M-Send.req (or the one composed for an M-Forward.req) |
//! | [`KIND_STATE`] | [`State`] | the pushed PDU, or nothing |
//! | [`KIND_REPEATS`] | [`Repeats`] | nothing |
//! | [`KIND_ARRIVAL`] | [`Arrival`] | the M-Send.req that the peer's mail was converted to |
//! | [`KIND_ANSWERED`] | [`Answered`] | nothing |
//! | [`KIND_REPEATS_ARRIVED`] | [`Repeats`] | nothing |
//! | [`KIND_ACTION`] | [`Action`] | nothing |

use rkyv::rancor::Failure;
use rkyv::util::AlignedVec;
use rkyv::{Archive, Serialize};

/// A message was accepted.
pub const KIND_ACCEPT: u16 = 1;
/// A recipient's copy took a step: an attempt, an answer, an end, or a copy of its state out of an emptying segment.
pub const KIND_STATE: u16 = 2;
/// Sends remembered for de-duplication after their accept records were freed.
pub const KIND_REPEATS: u16 = 3;
/// A message arrived from another operator's MMSC.
pub const KIND_ARRIVAL: u16 = 4;
/// The peer has taken our response to an arrival.
pub const KIND_ANSWERED: u16 = 5;
/// As [`KIND_REPEATS`], of arrivals: they are remembered for another time.
pub const KIND_REPEATS_ARRIVED: u16 = 6;
/// An operator did something to a peer.
pub const KIND_ACTION: u16 = 7;

/// Whether this version knows what records of a kind say. A record that it does not know is left alone, and never
/// moved: a move would drop what it stands for.
#[must_use]
pub fn is_known(kind: u16) -> bool {
    (KIND_ACCEPT..=KIND_ACTION).contains(&kind)
}

/// The sender asked for a delivery report.
pub const FLAG_DELIVERY_REPORT: u16 = 1;
/// The sender asked for a read report.
pub const FLAG_READ_REPORT: u16 = 1 << 1;
/// The sender's number is hidden from the recipients.
pub const FLAG_HIDDEN_SENDER: u16 = 1 << 2;
/// The recipient allows no report.
pub const FLAG_REPORT_DENIED: u16 = 1 << 3;
/// Notifications go out in version 1.0.
pub const FLAG_LOWERED: u16 = 1 << 4;
/// The read report was taken.
pub const FLAG_READ_DONE: u16 = 1 << 5;
/// Somebody has fetched it at least once.
pub const FLAG_FETCHED: u16 = 1 << 6;
/// The sender is another operator's subscriber: reports go through the message's owner to the peer that brought it.
pub const FLAG_FOREIGN_SENDER: u16 = 1 << 7;
/// The sender's client is of version 1.0 / 1.1; neither: later.
pub const FLAG_SENDER_1_0: u16 = 1 << 8;
/// See [`FLAG_SENDER_1_0`].
pub const FLAG_SENDER_1_1: u16 = 1 << 9;
/// This copy goes to another operator; nobody is notified of it here.
pub const FLAG_RELAYED: u16 = 1 << 10;
/// Nothing is owed for the end any more: its bearer took the report, or there is no way to tell it. Where the record of
/// the end is the report (outbox), it has this itself.
pub const FLAG_TOLD: u16 = 1 << 11;
/// The same of the read report; of another operator's message also where none will come any more.
pub const FLAG_READ_TOLD: u16 = 1 << 12;
/// The read report says: deleted without being read.
pub const FLAG_READ_DELETED: u16 = 1 << 13;
/// The delivery report is wanted by the system of the sender's operator alone: its user is not to see it. Who does not
/// know this bit takes it for the user's own wish.
pub const FLAG_SYSTEM_REPORT: u16 = 1 << 14;

/// Whether somebody is still to be told how a copy with these flags and this sender ended: the sender's phone, or the
/// operator that brought the message.
#[must_use]
pub fn owes_end(flags: u16, sender: u64) -> bool {
    let not = FLAG_REPORT_DENIED | FLAG_TOLD;
    flags & FLAG_DELIVERY_REPORT != 0 && flags & not == 0 && sender != 0
}

/// Whether somebody is still to be told that a copy with these flags and this sender was read.
#[must_use]
pub fn owes_reading(flags: u16, sender: u64) -> bool {
    flags & FLAG_READ_DONE != 0 && flags & FLAG_READ_TOLD == 0 && sender != 0
}

/// Whether a read report on a copy with these flags may still come.
#[must_use]
pub fn may_be_read(flags: u16) -> bool {
    flags & FLAG_READ_REPORT != 0 && flags & (FLAG_READ_DONE | FLAG_READ_TOLD) == 0
}

/// Whether a read report was asked for. Recovery keeps the state of a copy that was read for as long as one that was
/// not: an older state, in a segment that is freed later, would else be believed, and the reading told again.
#[must_use]
pub fn is_reading_asked(flags: u16) -> bool {
    flags & FLAG_READ_REPORT != 0
}

/// Whether an ended copy with these flags and this sender keeps its message's record: somebody is to be told of its
/// end, or, since only that record says how, another operator of its reading.
#[must_use]
pub fn keeps_message(flags: u16, sender: u64) -> bool {
    let is_foreign = flags & FLAG_FOREIGN_SENDER != 0;
    owes_end(flags, sender) || is_foreign && (may_be_read(flags) || owes_reading(flags, sender))
}

/// Who brought a message, and so how long its repeats are known. Not stored: the kind of a record says it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Source {
    /// A subscriber of this server.
    Subscriber = 1,
    /// Another operator's MMSC.
    Peer = 2,
}

/// Header of an accept record.
#[derive(Archive, Serialize, Debug, Clone, PartialEq, Eq)]
pub struct Accept {
    /// [`base::MessageId`].
    pub message: u64,
    /// E.164 digits of the sender.
    pub sender: u64,
    /// Seconds since 1970 when it was accepted.
    pub accepted_at: u32,
    /// Seconds since 1970 before which nobody is notified.
    pub deliver_at: u32,
    /// Seconds since 1970 when it ends.
    pub expiry: u32,
    /// `FLAG_…` as they hold for every recipient.
    pub flags: u16,
    /// Octets of the PDU before its body.
    pub content_offset: u32,
    /// Octets of subject and parts: the basis of X-Mms-Message-Size.
    pub size_octets: u32,
    /// What tells a repeat of this send: XXH3 of sender, Transaction-ID and the PDU without Date and From.
    pub repeat_key: u64,
    /// Each recipient once, in the order of the PDU.
    pub recipients: Vec<AcceptRecipient>,
}

/// One recipient in an accept record.
#[derive(Archive, Serialize, Debug, Clone, Copy, PartialEq, Eq)]
pub struct AcceptRecipient {
    /// E.164 digits; 0 where it is no number that can be reached from here.
    pub number: u64,
    /// The secret of the retrieval URL.
    pub token: [u8; 12],
    /// Which of the PDU's To, Cc and Bcc fields, counted together, names it.
    pub field: u16,
}

/// Header of a state record: all there is to know of a recipient's copy, so that the latest one alone counts.
#[derive(Archive, Serialize, Debug, Clone, Copy, PartialEq, Eq)]
pub struct State {
    /// [`base::MessageId`].
    pub message: u64,
    /// E.164 digits of the recipient, 0 where it has none.
    pub number: u64,
    /// E.164 digits of the sender.
    pub sender: u64,
    /// E.164 digits of the subscriber that the body was pushed to; 0 where nothing was.
    pub push_to: u64,
    /// Counts the records of this copy; the highest wins, in whatever journal it stands.
    pub sequence: u32,
    /// Seconds since 1970 when it ends, or when it ended.
    pub until: u32,
    /// Seconds since 1970 when this was decided.
    pub at: u32,
    /// `FLAG_…`.
    pub flags: u16,
    /// Index of the recipient in its message.
    pub recipient: u16,
    /// The secret of the retrieval URL; with [`FLAG_RELAYED`] the way, see [`crate::via`].
    pub token: [u8; 12],
    /// `lifecycle::State::to_octet`.
    pub state: u8,
    /// Notifications pushed so far.
    pub attempts: u8,
}

/// Header of a record of sends remembered.
#[derive(Archive, Serialize, Debug, Clone, PartialEq, Eq)]
pub struct Repeats {
    /// Each of them.
    pub sends: Vec<Remembered>,
}

/// One send remembered.
#[derive(Archive, Serialize, Debug, Clone, Copy, PartialEq, Eq)]
pub struct Remembered {
    /// E.164 digits of the sender.
    pub sender: u64,
    /// See [`Accept::repeat_key`].
    pub key: u64,
    /// The answer: its [`base::MessageId`].
    pub message: u64,
    /// Seconds since 1970 when it was accepted.
    pub at: u32,
}

/// A header that does not hold what its kind says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a record of kind {kind} does not hold what its kind says")]
pub struct Unreadable {
    /// The record's kind.
    pub kind: u16,
}

macro_rules! codec {
    ($type:ident, $archived:ident, $kind:ident) => {
        impl $type {
            /// Writes the header into `buffer`, which is emptied first and keeps its capacity.
            pub fn write(&self, buffer: &mut AlignedVec) {
                buffer.clear();
                // Serialising into memory fails only when memory does.
                let filled = rkyv::api::high::to_bytes_in::<_, Failure>(self, std::mem::take(buffer));
                *buffer = filled.unwrap_or_default();
            }

            /// The header's octets, for writers off the shards.
            #[must_use]
            pub fn to_octets(&self) -> Vec<u8> {
                let mut buffer = AlignedVec::new();
                self.write(&mut buffer);
                buffer.to_vec()
            }

            /// Reads a header in place.
            ///
            /// # Errors
            /// [`Unreadable`] where the octets are not one; the journal's checksum has held, so this means another
            /// format or a defect.
            pub fn read(octets: &[u8]) -> Result<&$archived, Unreadable> {
                rkyv::access::<$archived, Failure>(octets).map_err(|_| Unreadable { kind: $kind })
            }
        }
    };
}

mod action;
mod arrival;

pub use action::{Action, ArchivedAction, Doing};
pub use arrival::{Answered, Arrival, Entered, Origin, entered};

codec!(Accept, ArchivedAccept, KIND_ACCEPT);
codec!(State, ArchivedState, KIND_STATE);
codec!(Repeats, ArchivedRepeats, KIND_REPEATS);

impl ArchivedState {
    /// As a value.
    #[must_use]
    pub fn to_native(&self) -> State {
        State {
            message: self.message.to_native(),
            number: self.number.to_native(),
            sender: self.sender.to_native(),
            push_to: self.push_to.to_native(),
            sequence: self.sequence.to_native(),
            until: self.until.to_native(),
            at: self.at.to_native(),
            flags: self.flags.to_native(),
            recipient: self.recipient.to_native(),
            token: self.token,
            state: self.state,
            attempts: self.attempts,
        }
    }
}

impl ArchivedRemembered {
    /// As a value.
    #[must_use]
    pub fn to_native(&self) -> Remembered {
        Remembered {
            sender: self.sender.to_native(),
            key: self.key.to_native(),
            message: self.message.to_native(),
            at: self.at.to_native(),
        }
    }
}

impl ArchivedAcceptRecipient {
    /// As a value.
    #[must_use]
    pub fn to_native(&self) -> AcceptRecipient {
        AcceptRecipient {
            number: self.number.to_native(),
            token: self.token,
            field: self.field.to_native(),
        }
    }
}

impl ArchivedAccept {
    /// As a value; allocates its list of recipients.
    #[must_use]
    pub fn to_native(&self) -> Accept {
        Accept {
            message: self.message.to_native(),
            sender: self.sender.to_native(),
            accepted_at: self.accepted_at.to_native(),
            deliver_at: self.deliver_at.to_native(),
            expiry: self.expiry.to_native(),
            flags: self.flags.to_native(),
            content_offset: self.content_offset.to_native(),
            size_octets: self.size_octets.to_native(),
            repeat_key: self.repeat_key.to_native(),
            recipients: self
                .recipients
                .iter()
                .map(ArchivedAcceptRecipient::to_native)
                .collect(),
        }
    }
}

#[cfg(test)]
mod tests;
