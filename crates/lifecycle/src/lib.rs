//! Ring 2: the life of one recipient's copy of a message, as a table.
//!
//! `(state, event, facts) → (state, actions)`, without I/O, clock or memory of its own. The shard feeds it events and
//! carries the actions out; the journal stores the states. The table prints its own diagram ([`diagram`]), which a
//! snapshot test keeps beside it.
//!
//! Invariants (checked over the whole table by the tests):
//! * An end is final: no row leads out of [`State::Ended`].
//! * Whatever the order of events, exactly one [`Action::End`] happens.
//! * Nothing but an answer, a policy or time makes a copy Retrieved: a GET alone does not end it.
//! * A copy that goes to another operator is never notified, and its states are never a phone's.

#![forbid(unsafe_code)]

pub mod diagram;
pub mod schedule;
pub mod table;

pub use table::{Action, Event, Facts, Row, step};

/// Where a recipient's copy stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum State {
    /// Taken by the recipient's home; no notification has been pushed yet.
    Taken,
    /// A notification has been pushed and not been answered.
    Notified,
    /// The phone said it will come for it later; no more notifications.
    Deferred,
    /// Everything was sent in answer to a GET; the phone has not said so yet.
    Fetched,
    /// Another operator's system has stored the mail; its answer that it takes the message has not come.
    HandedOver,
    /// Another operator has taken the message; its last word on it has not come.
    Relayed,
    /// Over.
    Ended(End),
}

/// How it ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum End {
    /// Its validity ran out.
    Expired,
    /// The phone has it.
    Retrieved,
    /// The phone does not want it.
    Rejected,
    /// The phone can't read even a version 1.0 notification.
    Unrecognised,
    /// Nobody can say.
    Indeterminate,
    /// The recipient sent it on without downloading it.
    Forwarded,
    /// There is no way to this recipient.
    Unreachable,
    /// Another operator has it, and will not say more.
    PassedOn,
}

/// Stored form of [`End::PassedOn`]: no X-Mms-Status, of which 0x80 to 0x88 are assigned.
const PASSED_ON: u8 = 0x8F;

impl State {
    /// Stored form. Part of the on-disk format.
    #[must_use]
    pub fn to_octet(self) -> u8 {
        match self {
            State::Taken => 0,
            State::Notified => 1,
            State::Deferred => 2,
            State::Fetched => 3,
            State::HandedOver => 4,
            State::Relayed => 5,
            State::Ended(End::PassedOn) => PASSED_ON,
            State::Ended(end) => end.status(),
        }
    }

    /// From its stored form.
    #[must_use]
    pub fn from_octet(octet: u8) -> Option<State> {
        Some(match octet {
            0 => State::Taken,
            1 => State::Notified,
            2 => State::Deferred,
            3 => State::Fetched,
            4 => State::HandedOver,
            5 => State::Relayed,
            0x80 => State::Ended(End::Expired),
            0x81 => State::Ended(End::Retrieved),
            0x82 => State::Ended(End::Rejected),
            0x84 => State::Ended(End::Unrecognised),
            0x85 => State::Ended(End::Indeterminate),
            0x86 => State::Ended(End::Forwarded),
            0x87 => State::Ended(End::Unreachable),
            PASSED_ON => State::Ended(End::PassedOn),
            _ => return None,
        })
    }

    /// Whether this is an end.
    #[must_use]
    pub fn is_ended(self) -> bool {
        matches!(self, State::Ended(_))
    }
}

impl End {
    /// X-Mms-Status (OMA MMS Encapsulation, spec table §6), as a 1.2 client knows it.
    #[must_use]
    pub fn status(self) -> u8 {
        match self {
            End::Expired => 0x80,
            End::Retrieved => 0x81,
            End::Rejected => 0x82,
            End::Unrecognised => 0x84,
            End::Indeterminate | End::PassedOn => 0x85,
            End::Forwarded => 0x86,
            End::Unreachable => 0x87,
        }
    }

    /// Whether somebody has got a message that ended so, and may have read it.
    #[must_use]
    pub fn may_be_read(self) -> bool {
        matches!(self, End::Retrieved | End::Forwarded | End::PassedOn)
    }

    /// X-Mms-Status for a client of version 1.`minor`: Unreachable came with 1.2, Indeterminate and Forwarded with
    /// 1.1. Before them, Indeterminate and then Rejected come nearest.
    #[must_use]
    pub fn status_for(self, minor: u8) -> u8 {
        match (self, minor) {
            (End::Unreachable, 1) => End::Indeterminate.status(),
            (End::Unreachable | End::Indeterminate | End::PassedOn, 0) => End::Rejected.status(),
            (End::Forwarded, 0) => End::Retrieved.status(),
            _ => self.status(),
        }
    }
}

#[cfg(test)]
mod tests;
