//! The sentences of a copy's steps.
//!
//! Below the story. Invariant: the words follow from the record and the one before it alone.

use super::{Masking, time};
use crate::trace::gather::Event;
use lifecycle::{End, State as Life};
use mms::{ReadStatus, Status};
use store::record::{FLAG_READ_DONE, State};

/// The word for programs, and the sentence.
pub(super) fn of(event: &Event, state: &State, previous: Option<&State>) -> (&'static str, String) {
    let same = |previous: &&State| {
        (previous.state, previous.attempts, previous.flags) == (state.state, state.attempts, state.flags)
    };
    if event.pdu_octets == 0 && previous.filter(same).is_some() {
        return (
            "kept",
            "nothing new; its state was copied out of a nearly empty segment".to_owned(),
        );
    }
    let is_read = |flags: u16| flags & FLAG_READ_DONE != 0;
    if state.push_to != 0 && is_read(state.flags) && !previous.is_some_and(|state| is_read(state.flags)) {
        return (
            "read",
            "the phone sent a read report, taken and passed back".to_owned(),
        );
    }
    match Life::from_octet(state.state) {
        None => (
            "unknown",
            format!("a state that this version does not know ({})", state.state),
        ),
        Some(Life::Taken) => (
            "taken",
            format!("waits at its home; valid until {}", time(state.until)),
        ),
        Some(Life::Notified) => ("notified", format!("notification {} sent", state.attempts)),
        Some(Life::Deferred) => (
            "deferred",
            "the phone answered Deferred: it will come for the message itself".to_owned(),
        ),
        Some(Life::Fetched) => (
            "fetched",
            "the whole message was sent to the phone, which has not acknowledged it".to_owned(),
        ),
        Some(Life::HandedOver) => (
            "handed-over",
            "another operator's system has stored it; its MM4_forward.RES is awaited".to_owned(),
        ),
        Some(Life::Relayed) => (
            "relayed",
            "another operator has taken it; its report is awaited".to_owned(),
        ),
        Some(Life::Ended(end)) => ended(end, state),
    }
}

fn ended(end: End, state: &State) -> (&'static str, String) {
    let (word, what) = match end {
        End::Retrieved => ("retrieved", "delivered"),
        End::Expired => ("expired", "not delivered: its validity ran out"),
        End::Rejected => ("rejected", "not delivered: the phone rejected it"),
        End::Unrecognised => (
            "unrecognised",
            "not delivered: the phone can't read even a version 1.0 notification",
        ),
        End::Indeterminate => ("indeterminate", "ended; nobody can say how"),
        End::Forwarded => ("forwarded", "sent on by the recipient without being downloaded"),
        End::Unreachable => ("unreachable", "not delivered: no way leads to this recipient"),
        End::PassedOn => ("passed-on", "another operator has it, and will not say more"),
    };
    let tries = match state.attempts {
        0 => "no notification".to_owned(),
        1 => "1 notification".to_owned(),
        more => format!("{more} notifications"),
    };
    (word, format!("{what} ({}) after {tries}", status(end.status())))
}

fn status(octet: u8) -> String {
    format!(
        "status {} {octet:#04x}",
        Status::name_of(octet).unwrap_or("unknown")
    )
}

/// What was pushed with the step, and to whom.
pub(super) fn pushed(event: &Event, state: &State, masking: Masking) -> Option<String> {
    if event.pdu_octets == 0 {
        return None;
    }
    let to = masking.number(state.push_to);
    let octets = event.pdu_octets;
    let Some(pushed) = event.pushed else {
        return Some(format!(
            "a PDU of {octets} octets went to {to}, and can't be read any more"
        ));
    };
    let said = match (pushed.name, pushed.status) {
        ("M-Read-Orig.ind", Some(octet)) => {
            let name = ReadStatus::name_of(octet).unwrap_or("unknown");
            format!(" with status {name} {octet:#04x}")
        }
        (_, Some(octet)) => format!(" with {}", status(octet)),
        (_, None) => String::new(),
    };
    Some(format!("{}{said}, {octets} octets, to {to}", pushed.name))
}
