//! What each command_status of an SMSC means for a push: a table.
//!
//! Asked by the session for each answer. Codes and names: SMPP 3.4 §5.1.3 (as in Wireshark's dissector); the classes
//! are our choice (other-interfaces §8). Invariant: a code that is in no row may pass, so its push is tried again.

/// What to do with the push.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Class {
    /// It was taken.
    Taken,
    /// Too fast: pause the link, then the same segment again.
    Throttled,
    /// The same segment again after a wait, so many times; then hand it back.
    TryAgain {
        /// Tries over all.
        tries: u8,
    },
    /// The link is in a state that only a new bind mends: hand everything back.
    Reconnect,
    /// No such number: final.
    UnknownSubscriber,
    /// Final: this push as it is.
    Rejected,
    /// The SMSC dislikes an optional parameter: go on with user data headers, which have none.
    NoParameters,
}

/// One row.
#[derive(Debug, Clone, Copy)]
pub struct Row {
    /// command_status.
    pub code: u32,
    /// Its name in the specification.
    pub name: &'static str,
    /// What follows.
    pub class: Class,
}

const fn row(code: u32, name: &'static str, class: Class) -> Row {
    Row { code, name, class }
}

const AGAIN: Class = Class::TryAgain { tries: 5 };
const FEW: Class = Class::TryAgain { tries: 3 };

/// ESME_ROK.
pub const OK: u32 = 0x00;
/// ESME_RINVCMDLEN.
pub const INVALID_LENGTH: u32 = 0x02;
/// ESME_RINVCMDID.
pub const INVALID_COMMAND: u32 = 0x03;
/// ESME_RX_P_APPN: our answer to what was delivered and is no receipt; the SMSC need not try again.
pub const REFUSED_FOR_GOOD: u32 = 0x65;

/// All codes of the specification that can answer a bind or a submit_sm, in order of the code.
pub const TABLE: &[Row] = &[
    row(OK, "ESME_ROK", Class::Taken),
    row(0x01, "ESME_RINVMSGLEN", Class::Rejected),
    row(INVALID_LENGTH, "ESME_RINVCMDLEN", Class::Rejected),
    row(INVALID_COMMAND, "ESME_RINVCMDID", Class::Rejected),
    row(0x04, "ESME_RINVBNDSTS", Class::Reconnect),
    row(0x05, "ESME_RALYBND", Class::Reconnect),
    row(0x06, "ESME_RINVPRTFLG", Class::Rejected),
    row(0x07, "ESME_RINVREGDLVFLG", Class::Rejected),
    row(0x08, "ESME_RSYSERR", AGAIN),
    row(0x0A, "ESME_RINVSRCADR", Class::Rejected),
    row(0x0B, "ESME_RINVDSTADR", Class::UnknownSubscriber),
    row(0x0C, "ESME_RINVMSGID", Class::Rejected),
    row(0x0D, "ESME_RBINDFAIL", Class::Reconnect),
    row(0x0E, "ESME_RINVPASWD", Class::Reconnect),
    row(0x0F, "ESME_RINVSYSID", Class::Reconnect),
    row(0x14, "ESME_RMSGQFUL", Class::Throttled),
    row(0x15, "ESME_RINVSERTYP", Class::Rejected),
    row(0x33, "ESME_RINVNUMDESTS", Class::Rejected),
    row(0x34, "ESME_RINVDLNAME", Class::Rejected),
    row(0x40, "ESME_RINVDESTFLAG", Class::Rejected),
    row(0x42, "ESME_RINVSUBREP", Class::Rejected),
    row(0x43, "ESME_RINVESMCLASS", Class::Rejected),
    row(0x44, "ESME_RCNTSUBDL", Class::Rejected),
    row(0x45, "ESME_RSUBMITFAIL", FEW),
    row(0x48, "ESME_RINVSRCTON", Class::Rejected),
    row(0x49, "ESME_RINVSRCNPI", Class::Rejected),
    row(0x50, "ESME_RINVDSTTON", Class::Rejected),
    row(0x51, "ESME_RINVDSTNPI", Class::Rejected),
    row(0x53, "ESME_RINVSYSTYP", Class::Reconnect),
    row(0x54, "ESME_RINVREPFLAG", Class::Rejected),
    row(0x55, "ESME_RINVNUMMSGS", Class::Rejected),
    row(0x58, "ESME_RTHROTTLED", Class::Throttled),
    row(0x61, "ESME_RINVSCHED", Class::Rejected),
    row(0x62, "ESME_RINVEXPIRY", Class::Rejected),
    row(0x63, "ESME_RINVDFTMSGID", Class::Rejected),
    row(0x64, "ESME_RX_T_APPN", AGAIN),
    row(REFUSED_FOR_GOOD, "ESME_RX_P_APPN", Class::Rejected),
    row(0x66, "ESME_RX_R_APPN", Class::Rejected),
    row(0xC0, "ESME_RINVOPTPARSTREAM", Class::NoParameters),
    row(0xC1, "ESME_ROPTPARNOTALLWD", Class::NoParameters),
    row(0xC2, "ESME_RINVPARLEN", Class::NoParameters),
    row(0xC3, "ESME_RMISSINGOPTPARAM", Class::NoParameters),
    row(0xC4, "ESME_RINVOPTPARAMVAL", Class::NoParameters),
    row(0xFE, "ESME_RDELIVERYFAILURE", AGAIN),
    row(0xFF, "ESME_RUNKNOWNERR", AGAIN),
];

/// What is done for a code that stands in no row: reserved ones, and an SMSC's own (0x400 to 0x4FF).
pub const OTHER: Class = FEW;

/// What a code means.
#[must_use]
pub fn class(code: u32) -> Class {
    row_of(code).map_or(OTHER, |row| row.class)
}

/// The row of a code.
#[must_use]
pub fn row_of(code: u32) -> Option<&'static Row> {
    let at = TABLE.binary_search_by_key(&code, |row| row.code).ok()?;
    TABLE.get(at)
}

#[cfg(test)]
mod tests;
