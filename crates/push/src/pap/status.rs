//! PAP's codes and message states, and what they mean for a push: tables.
//!
//! Asked for each answer and notice of a gateway. Codes: WAP-247-PAP §9.14; the classes are our choice, as for SMPP.
//! Invariant: a code that stands in no row is classed by its thousand.

use crate::outcome::Outcome;

/// What to do with the push.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Class {
    /// The gateway has it.
    Taken,
    /// Send it again later.
    TryAgain,
    /// No such subscriber: final.
    UnknownSubscriber,
    /// Final: this push as it is.
    Rejected,
}

/// The gateway has a push with this push-id already.
pub const DUPLICATE: u16 = 2007;

/// Code, its name, its class.
pub const CODES: &[(u16, &str, Class)] = &[
    (1000, "OK", Class::Taken),
    (1001, "Accepted for processing", Class::Taken),
    (2000, "Bad request", Class::Rejected),
    (2001, "Forbidden", Class::Rejected),
    (2002, "Address error", Class::UnknownSubscriber),
    (2003, "Address not found", Class::UnknownSubscriber),
    (2004, "Push ID not found", Class::Rejected),
    (2005, "Capabilities mismatch", Class::Rejected),
    (2006, "Required capabilities not supported", Class::Rejected),
    (DUPLICATE, "Duplicate push ID", Class::Taken),
    (2008, "Cancellation not possible", Class::Rejected),
    (3000, "Internal server error", Class::TryAgain),
    (3001, "Not implemented", Class::Rejected),
    (3002, "Version not supported", Class::Rejected),
    (3003, "Not possible", Class::Rejected),
    (3004, "Capability matching not supported", Class::Rejected),
    (3005, "Multiple addresses not supported", Class::Rejected),
    (3006, "Transformation failure", Class::Rejected),
    (3007, "Specified delivery method not possible", Class::Rejected),
    (3008, "Capabilities not available", Class::TryAgain),
    (3009, "Required network not available", Class::TryAgain),
    (3010, "Required bearer not available", Class::TryAgain),
    (3011, "Replacement not supported", Class::Rejected),
    (4000, "Service failure", Class::TryAgain),
    (4001, "Service unavailable", Class::TryAgain),
];

/// What a code means.
#[must_use]
pub fn class(code: u16) -> Class {
    let row = CODES.iter().find(|(c, ..)| *c == code);
    match (row, code / 1_000) {
        (Some((_, _, class)), _) => *class,
        (None, 1) => Class::Taken,
        (None, 2) => Class::Rejected,
        _ => Class::TryAgain,
    }
}

/// Where a message stands (WAP-247-PAP §9.6, attribute message-state).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum State {
    /// The gateway will not deliver it.
    Rejected,
    /// Under way.
    Pending,
    /// The phone has it.
    Delivered,
    /// It can't be delivered.
    Undeliverable,
    /// Its time is over.
    Expired,
    /// The phone broke it off.
    Aborted,
    /// The gateway's own time for it is over.
    TimedOut,
    /// Somebody cancelled it.
    Cancelled,
    /// The gateway has lost sight of it.
    Unknown,
}

/// The states' words.
pub const STATES: &[(&str, State)] = &[
    ("rejected", State::Rejected),
    ("pending", State::Pending),
    ("delivered", State::Delivered),
    ("undeliverable", State::Undeliverable),
    ("expired", State::Expired),
    ("aborted", State::Aborted),
    ("timeout", State::TimedOut),
    ("cancelled", State::Cancelled),
    ("unknown", State::Unknown),
];

impl State {
    /// The state that a word names; a word of no row is unknown.
    #[must_use]
    pub fn from_word(word: &str) -> Self {
        let row = STATES.iter().find(|(name, _)| name.eq_ignore_ascii_case(word));
        row.map_or(Self::Unknown, |(_, state)| *state)
    }

    /// What the state means for the push, with the code that came with it; nothing while it is under way.
    #[must_use]
    pub fn outcome(self, code: u16) -> Option<Outcome> {
        match (self, class(code)) {
            (Self::Pending, _) => None,
            (Self::Delivered, _) => Some(Outcome::Delivered),
            (Self::Rejected | Self::Undeliverable, Class::UnknownSubscriber) => {
                Some(Outcome::UnknownSubscriber)
            }
            (Self::Rejected, _) => Some(Outcome::Rejected {
                code: u32::from(code),
            }),
            _ => Some(Outcome::Absent { code: Some(code) }),
        }
    }
}
