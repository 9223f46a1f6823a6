//! Records as the story that an operator reads: who did what, when, with how many octets.
//!
//! Last in the flow. One [`Step`] a record, as a sentence and as values. Invariants: the sentence says nothing that the
//! record does not; numbers are masked unless [`Masking::Whole`]; no subject, content, token or address is told.

mod words;

use super::gather::{Event, Pushed, What};
use ahash::AHashMap;
use base::{MessageId, Msisdn};
use lifecycle::State as Life;
use serde_json::{Map, Value, json};
use std::time::{Duration, UNIX_EPOCH};
use store::record::{Entered, FLAG_DELIVERY_REPORT, FLAG_HIDDEN_SENDER, FLAG_READ_REPORT, State};

/// How numbers are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Masking {
    /// The last two digits.
    Masked,
    /// All of them: for who owns the data directory's files.
    Whole,
}

impl Masking {
    /// A stored number as it is shown; 0 is none.
    #[must_use]
    pub fn number(self, digits: u64) -> String {
        match (Msisdn::from_bits(digits), self) {
            (None, _) => "an address without a number".to_owned(),
            (Some(number), Masking::Masked) => number.masked().to_string(),
            (Some(number), Masking::Whole) => number.to_string(),
        }
    }
}

/// One step of a story.
#[derive(Clone, Debug, PartialEq)]
pub struct Step {
    /// The message.
    pub message: MessageId,
    /// Seconds since 1970; `None` where the record doesn't say.
    pub at: Option<u32>,
    /// What kind of step it is, a word that never changes: for programs.
    pub event: &'static str,
    /// The sentence.
    pub text: String,
    /// What it is made of: for programs.
    pub values: Map<String, Value>,
}

impl Step {
    /// The time as text (RFC 3339, UTC), or dashes.
    #[must_use]
    pub fn time(&self) -> String {
        self.at.map_or_else(|| "-".repeat(20), time)
    }

    /// As one JSON value.
    #[must_use]
    pub fn to_json(&self) -> Value {
        let mut value = Map::new();
        value.insert("message".to_owned(), json!(self.message.to_string()));
        value.insert("at".to_owned(), json!(self.at));
        value.insert("time".to_owned(), json!(self.at.map(time)));
        value.insert("event".to_owned(), json!(self.event));
        value.extend(self.values.clone());
        value.insert("text".to_owned(), json!(self.text));
        Value::Object(value)
    }
}

/// Seconds since 1970 as RFC 3339, UTC.
fn time(at: u32) -> String {
    humantime::format_rfc3339_seconds(UNIX_EPOCH + Duration::from_secs(u64::from(at))).to_string()
}

/// The steps of all events, which stand in the order of [`gather`](super::gather()).
#[must_use]
pub fn steps(events: &[Event], masking: Masking) -> Vec<Step> {
    let mut before: AHashMap<(MessageId, u16), &State> = AHashMap::new();
    let mut recipients: AHashMap<MessageId, usize> = AHashMap::new();
    let mut told = Vec::with_capacity(events.len());
    for event in events {
        let mut step = match &event.what {
            What::Accepted(entered) => {
                recipients.insert(event.message, entered.accept.recipients.len());
                accepted(event, entered, masking)
            }
            What::Step(state) => {
                let previous = before.insert((event.message, state.recipient), state);
                let of = recipients.get(&event.message).copied();
                let seen = Seen { state, previous, of };
                stepped(event, &seen, masking)
            }
            What::Remembered(send) => Step {
                message: event.message,
                at: Some(send.at),
                event: "remembered",
                text: format!(
                    "accepted from {}; the message itself is gone from the log, and a repeat of this send still gets \
                     the same answer",
                    masking.number(send.sender)
                ),
                values: values([("sender", json!(masking.number(send.sender)))]),
            },
            What::Unknown(kind) => Step {
                message: event.message,
                at: None,
                event: "unknown",
                text: format!("a record of kind {kind}, which this version of the program does not know"),
                values: values([("kind", json!(kind))]),
            },
        };
        step.values.insert("journal".to_owned(), json!(event.journal));
        step.values
            .insert("segment".to_owned(), json!(event.location.segment.0));
        step.values
            .insert("offset".to_owned(), json!(event.location.offset));
        step.values
            .insert("octets".to_owned(), json!(event.location.length));
        told.push(step);
    }
    told
}

fn values<const N: usize>(members: [(&str, Value); N]) -> Map<String, Value> {
    members
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value))
        .collect()
}

fn accepted(event: &Event, entered: &Entered, masking: Masking) -> Step {
    let accept = &entered.accept;
    let sender = masking.number(accept.sender);
    let to: Vec<String> = accept
        .recipients
        .iter()
        .map(|recipient| masking.number(recipient.number))
        .collect();
    let peer = entered.arrival.as_ref().map(|(origin, _)| origin.peer.as_str());
    let bringer = peer.map_or_else(String::new, |peer| format!(" of peer {peer}"));
    let mut text = format!(
        "accepted from {sender}{bringer} for {}: {} octets of content in a PDU of {}",
        to.join(", "),
        accept.size_octets,
        event.pdu_octets
    );
    let asked = [
        (FLAG_DELIVERY_REPORT, "delivery report asked"),
        (FLAG_READ_REPORT, "read report asked"),
        (FLAG_HIDDEN_SENDER, "sender hidden"),
    ];
    for (flag, words) in asked {
        if accept.flags & flag != 0 {
            text.push_str("; ");
            text.push_str(words);
        }
    }
    if accept.deliver_at > accept.accepted_at {
        text.push_str(&format!("; not before {}", time(accept.deliver_at)));
    }
    text.push_str(&format!("; valid until {}", time(accept.expiry)));
    Step {
        message: event.message,
        at: Some(accept.accepted_at),
        event: "accepted",
        text,
        values: values([
            ("sender", json!(sender)),
            ("peer", json!(peer)),
            ("recipients", json!(to)),
            ("content_octets", json!(accept.size_octets)),
            ("pdu_octets", json!(event.pdu_octets)),
            ("delivery_report", json!(accept.flags & FLAG_DELIVERY_REPORT != 0)),
            ("read_report", json!(accept.flags & FLAG_READ_REPORT != 0)),
            ("deliver_at", json!(accept.deliver_at)),
            ("until", json!(accept.expiry)),
        ]),
    }
}

/// A step of a copy, and what is known around it.
struct Seen<'a> {
    state: &'a State,
    /// The copy's state before, if its record was found.
    previous: Option<&'a State>,
    /// How many recipients the message has, if that is known.
    of: Option<usize>,
}

fn stepped(event: &Event, seen: &Seen<'_>, masking: Masking) -> Step {
    let state = seen.state;
    let (word, what) = words::of(event, state, seen.previous);
    let recipient = masking.number(state.number);
    let who = match seen.of {
        Some(of) if of > 1 => format!("recipient {} of {of}, {recipient}", state.recipient + 1),
        _ => recipient.clone(),
    };
    let mut text = format!("{who}: {what}");
    if let Some(pushed) = words::pushed(event, state, masking) {
        text.push_str("; ");
        text.push_str(&pushed);
    }
    let life = Life::from_octet(state.state);
    Step {
        message: event.message,
        at: Some(state.at),
        event: word,
        text,
        values: values([
            ("recipient", json!(recipient)),
            ("index", json!(state.recipient)),
            ("sequence", json!(state.sequence)),
            ("state", json!(life.map(|life| format!("{life:?}")))),
            (
                "status",
                json!(life.filter(|life| life.is_ended()).map(|_| state.state)),
            ),
            ("attempts", json!(state.attempts)),
            ("until", json!(state.until)),
            ("pushed", json!(event.pushed.map(|pushed| pushed.name))),
            (
                "pushed_status",
                json!(event.pushed.and_then(|pushed: Pushed| pushed.status)),
            ),
            (
                "pushed_to",
                json!((state.push_to != 0).then(|| masking.number(state.push_to))),
            ),
            ("pdu_octets", json!(event.pdu_octets)),
        ]),
    }
}

#[cfg(test)]
mod tests;
