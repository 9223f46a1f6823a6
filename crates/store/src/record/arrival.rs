//! What another operator's MMSC brought: the record of an arrival, and its origin.
//!
//! Beside the accept record, which it holds: whoever asks a record what it says of a message asks [`entered`] and need
//! not know who brought it. Invariants: the origin holds all that answers and reports to the peer need, so that they
//! can be made anew after any crash; a key for each recipient, so that each is known for a repeat by itself.

use super::{Accept, ArchivedAccept, KIND_ACCEPT, KIND_ANSWERED, KIND_ARRIVAL, Unreadable};
use rkyv::rancor::Failure;
use rkyv::util::AlignedVec;
use rkyv::{Archive, Serialize};

/// Header of an arrival's record.
#[derive(Archive, Serialize, Debug, Clone, PartialEq, Eq)]
pub struct Arrival {
    /// What an accept record says. Its `repeat_key` is the first of `keys`.
    pub accept: Accept,
    /// Where it comes from.
    pub origin: Origin,
    /// What tells a repeat for each recipient, in their order: XXH3 of the bare X-Mms-Message-ID and the number. The
    /// recipient of index n is remembered under the message's id and n.
    pub keys: Vec<u64>,
}

/// Where an arrival comes from, and what the peer wants to hear.
#[derive(Archive, Serialize, Debug, Clone, Default, PartialEq, Eq)]
pub struct Origin {
    /// Name of the peer's profile: everything goes back through it.
    pub peer: String,
    /// Domain of the originator's address; empty where it had none.
    pub domain: String,
    /// X-Mms-Message-ID as it came, quotes and brackets included.
    pub message_id: Vec<u8>,
    /// X-Mms-Transaction-ID as it came.
    pub transaction_id: Vec<u8>,
    /// Where a response goes: X-Mms-Originator-System, else Sender; empty where neither was there.
    pub system: String,
    /// X-Mms-3GPP-MMS-Version: major, minor, technical.
    pub version: [u8; 3],
    /// X-Mms-Ack-Request was Yes.
    pub is_answer_wanted: bool,
    /// X-Mms-Originator-R/S-Delivery-Report was Yes: the peer itself wants delivery reports.
    pub is_system_report_wanted: bool,
    /// Relays that the mail had passed.
    pub hops: u16,
    /// X-Mms-Forward-Counter; 0 where it was not there.
    pub forwards: u32,
    /// Headers that nobody here knows, for a hub to pass on: names and values, in order.
    pub headers: Vec<(String, Vec<u8>)>,
}

/// Header of a record that says that the peer has our response.
#[derive(Archive, Serialize, Debug, Clone, Copy, PartialEq, Eq)]
pub struct Answered {
    /// [`base::MessageId`].
    pub message: u64,
}

codec!(Arrival, ArchivedArrival, KIND_ARRIVAL);
codec!(Answered, ArchivedAnswered, KIND_ANSWERED);

/// What a record says of a message, whoever brought it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entered {
    /// The message.
    pub accept: Accept,
    /// Of an arrival, where it comes from, and its keys.
    pub arrival: Option<(Origin, Vec<u64>)>,
}

/// Reads the header of a record that begins a message: an accept's or an arrival's.
///
/// # Errors
/// [`Unreadable`] where it is of another kind, or does not hold what its kind says.
pub fn entered(kind: u16, header: &[u8]) -> Result<Entered, Unreadable> {
    match kind {
        KIND_ACCEPT => Accept::read(header).map(|accept| Entered {
            accept: accept.to_native(),
            arrival: None,
        }),
        KIND_ARRIVAL => Arrival::read(header).map(|arrival| {
            let keys = arrival.keys.iter().map(|key| key.to_native()).collect();
            Entered {
                accept: ArchivedAccept::to_native(&arrival.accept),
                arrival: Some((arrival.origin.to_native(), keys)),
            }
        }),
        _ => Err(Unreadable { kind }),
    }
}

impl ArchivedOrigin {
    /// As a value; allocates.
    #[must_use]
    pub fn to_native(&self) -> Origin {
        Origin {
            peer: self.peer.as_str().to_owned(),
            domain: self.domain.as_str().to_owned(),
            message_id: self.message_id.to_vec(),
            transaction_id: self.transaction_id.to_vec(),
            system: self.system.as_str().to_owned(),
            version: self.version,
            is_answer_wanted: self.is_answer_wanted,
            is_system_report_wanted: self.is_system_report_wanted,
            hops: self.hops.to_native(),
            forwards: self.forwards.to_native(),
            headers: self.headers.iter().map(pair).collect(),
        }
    }
}

type ArchivedHeader = rkyv::tuple::ArchivedTuple2<rkyv::string::ArchivedString, rkyv::vec::ArchivedVec<u8>>;

fn pair(header: &ArchivedHeader) -> (String, Vec<u8>) {
    (header.0.as_str().to_owned(), header.1.to_vec())
}

impl ArchivedAnswered {
    /// As a value.
    #[must_use]
    pub fn to_native(&self) -> Answered {
        Answered {
            message: self.message.to_native(),
        }
    }
}
