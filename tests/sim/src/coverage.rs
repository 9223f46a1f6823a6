//! What runs have met: a run that meets nothing proves nothing.
//!
//! Beside the run. Counts every act, every fault, every refusal by its code, every step of a life as the tables in
//! memory show it. Invariant: [`Coverage::missing`] names what should have come up and did not.

use base::reason::TABLE;
use base::{MessageId, Reason};
use http1::Close;
use journal::fault::FaultCounts;
use lifecycle::{End, State};
use std::collections::BTreeMap;
use std::fmt;

/// Counters by name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Coverage {
    counts: BTreeMap<&'static str, u64>,
    refusals: BTreeMap<&'static str, u64>,
    framing: BTreeMap<&'static str, u64>,
    steps: BTreeMap<(&'static str, &'static str), u64>,
}

/// Acts, faults and outcomes that some runs must meet.
const NAMES: &[&str] = &[
    "act: sends",
    "act: sends again, with another Date",
    "act: sends twice at once",
    "act: fetches",
    "act: forwards",
    "act: answers Deferred",
    "act: answers Retrieved without a GET",
    "act: answers Rejected",
    "act: answers Unrecognised",
    "act: fetches what is another's",
    "act: answers for another",
    "act: reports a reading of another's",
    "act: reports a reading",
    "act: acknowledges",
    "act: sends nonsense",
    "act: a peer brings a message",
    "act: a peer brings a message again",
    "act: a peer brings a message for another peer",
    "act: a centre takes a push",
    "act: a centre refuses a push",
    "act: a centre knows no such subscriber",
    "act: a centre has kept a push for too long",
    "act: a centre sends a receipt",
    "act: a centre sends a receipt again",
    "act: a centre says that a phone is there",
    "act: a peer answers a message",
    "act: a peer reports a delivery",
    "act: a peer reports a reading",
    "act: a mail to a peer bounces",
    "act: an operator holds a peer",
    "act: an operator releases a peer",
    "act: an operator drains a peer",
    "act: an operator has a peer tried again",
    "act: the settings of operators are as usual",
    "act: a peer's numbers move to another",
    "act: an agreement of peers ends",
    "outcome: action done",
    "outcome: action refused, the log has failed",
    "outcome: message to a peer",
    "outcome: response to a peer's report",
    "outcome: response to a peer",
    "outcome: response to a peer says no",
    "outcome: message passed on",
    "outcome: message stored again after a refusal",
    "outcome: delivery report to a peer",
    "outcome: read report to a peer",
    "fault: connection broken",
    "fault: connection broken behind the last octet",
    "fault: connection silent",
    "fault: connection slow",
    "fault: connection ended within a request",
    "fault: server lost patience between requests",
    "fault: server lost patience with a slow reader",
    "fault: phone lost patience",
    "fault: crash",
    "fault: crash just after a start",
    "fault: stop after a drain",
    "fault: another number of shards",
    "fault: crash while the shards change",
    "fault: disk operation failed",
    "fault: write failed",
    "fault: write short",
    "fault: disk answers late",
    "fault: disk answers out of order",
    "fault: no space for a segment",
    "fault: power cut loses a write",
    "fault: power cut tears a write",
    "fault: power cut leaves wrong octets",
    "fault: power cut leaves a write nobody knows of",
    "fault: journal stopped",
    "fault: read failed",
    "fault: disk full",
    "fault: block gone bad",
    "fault: clock set wrong",
    "fault: exchange broken",
    "outcome: submission answered Ok",
    "outcome: mail answered 250",
    "outcome: mail known already",
    "outcome: content arrived",
    "outcome: repeat answered",
    "outcome: refused as too late",
    "outcome: octets moved",
    "outcome: segment freed",
    "outcome: record not read",
    "outcome: body from memory",
    "outcome: body from disk",
    "outcome: delivery report",
    "outcome: read report",
    "outcome: report dropped",
];

/// Refusals that some runs must meet. A journal that has failed says the same sentence as one that is full; refusals of
/// framing have sentences of their own.
const REFUSALS: &[Reason] = &[
    Reason::MessageCorrupt,
    Reason::VersionUnsupported,
    Reason::PduUnsupported,
    Reason::SenderUnidentified,
    Reason::RecipientMissing,
    Reason::RecipientUnresolved,
    Reason::RecipientsTooMany,
    Reason::ContentTooLarge,
    Reason::ReplyChargingUnsupported,
    Reason::HidingUnsupported,
    Reason::TimesImpossible,
    Reason::MessageNotFound,
    Reason::MessageExpired,
    Reason::Busy,
    Reason::LogFull,
    Reason::Draining,
    Reason::MethodUnsupported,
    Reason::MediaTypeUnsupported,
];

/// Refusals of framing that some runs must meet.
const FRAMING: &[http1::Reason] = &[
    http1::Reason::RequestLineMalformed,
    http1::Reason::VersionUnsupported,
    http1::Reason::LengthAndCoding,
    http1::Reason::HeadTooLong,
    http1::Reason::HeadTimeout,
    http1::Reason::BodyTimeout,
    http1::Reason::BodyTooLarge,
];

/// Steps of a life that some runs must meet, between two looks at the tables.
const STEPS: &[(&str, &str)] = &[
    ("new", "Taken"),
    ("new", "Notified"),
    ("Taken", "Notified"),
    ("Taken", "HandedOver"),
    ("HandedOver", "Relayed"),
    ("Relayed", "Retrieved"),
    ("Notified", "Deferred"),
    ("Notified", "Fetched"),
    ("Deferred", "Fetched"),
    ("Notified", "Expired"),
    ("Deferred", "Expired"),
    ("Deferred", "Retrieved"),
    ("Deferred", "Rejected"),
    ("Deferred", "Forwarded"),
    ("Notified", "Retrieved"),
    ("Fetched", "Retrieved"),
    ("Fetched", "Rejected"),
    ("Fetched", "Forwarded"),
    ("Notified", "Rejected"),
    ("Notified", "Unrecognised"),
    ("Notified", "Forwarded"),
    ("Taken", "Unreachable"),
    ("Taken", "Expired"),
    ("Retrieved", "gone"),
    ("Expired", "gone"),
];

impl Coverage {
    /// Counts something.
    pub fn count(&mut self, name: &'static str) {
        self.add(name, 1);
    }

    /// Counts something several times.
    pub fn add(&mut self, name: &'static str, times: u64) {
        debug_assert!(NAMES.contains(&name), "{name} is expected somewhere");
        if times > 0 {
            *self.counts.entry(name).or_default() += times;
        }
    }

    /// Counts a refusal by the sentence that it carries, if it carries one of the table's.
    pub fn refusal(&mut self, text: &str) {
        if let Some(row) = TABLE.iter().find(|row| row.text == text) {
            *self.refusals.entry(row.code).or_default() += 1;
        }
    }

    /// Counts a refusal of a session.
    pub fn framing(&mut self, reason: http1::Reason) {
        *self.framing.entry(reason.text()).or_default() += 1;
    }

    /// Counts the end of a connection, where it is one that chance brought about.
    pub fn closed(&mut self, close: Close) {
        match close {
            Close::PeerTruncated => self.count("fault: connection ended within a request"),
            Close::IdleTimeout => self.count("fault: server lost patience between requests"),
            Close::SendTimeout => self.count("fault: server lost patience with a slow reader"),
            Close::PeerEnded | Close::Answered | Close::Refused(_) | Close::Retired => {}
        }
    }

    /// Adds what the disks did.
    pub fn disks(&mut self, faults: &FaultCounts) {
        self.add("fault: write failed", faults.failed);
        self.add("fault: write short", faults.short);
        self.add("fault: disk answers late", faults.late);
        self.add("fault: disk answers out of order", faults.reordered);
        self.add("fault: no space for a segment", faults.refused);
        self.add("fault: power cut loses a write", faults.lost);
        self.add("fault: power cut tears a write", faults.torn);
        self.add("fault: power cut leaves wrong octets", faults.garbled);
        self.add("fault: power cut leaves a write nobody knows of", faults.whole);
    }

    /// Counts a step of a life.
    pub fn step(&mut self, from: Option<State>, to: Option<State>) {
        let names = (from.map_or("new", name_of), to.map_or("gone", name_of));
        *self.steps.entry(names).or_default() += 1;
    }

    /// Adds another run's.
    pub fn merge(&mut self, other: &Coverage) {
        for (name, count) in &other.counts {
            *self.counts.entry(name).or_default() += count;
        }
        for (code, count) in &other.refusals {
            *self.refusals.entry(code).or_default() += count;
        }
        for (text, count) in &other.framing {
            *self.framing.entry(text).or_default() += count;
        }
        for (step, count) in &other.steps {
            *self.steps.entry(*step).or_default() += count;
        }
    }

    /// What should have come up and did not.
    #[must_use]
    pub fn missing(&self) -> Vec<String> {
        let names = NAMES.iter().filter(|name| !self.counts.contains_key(*name));
        let mut missing: Vec<String> = names.map(|name| (*name).to_owned()).collect();
        for reason in REFUSALS {
            if !self.refusals.contains_key(reason.row().code) {
                missing.push(format!("refusal {} {reason:?}", reason.row().code));
            }
        }
        for reason in FRAMING {
            if !self.framing.contains_key(reason.text()) {
                missing.push(format!("refusal of framing {reason:?}"));
            }
        }
        let steps = STEPS.iter().filter(|step| !self.steps.contains_key(*step));
        missing.extend(steps.map(|(from, to)| format!("{from} to {to}")));
        missing
    }
}

impl fmt::Display for Coverage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (name, count) in &self.counts {
            writeln!(f, "{count:>12}  {name}")?;
        }
        for (code, count) in &self.refusals {
            let row = TABLE.iter().find(|row| row.code == *code);
            writeln!(f, "{count:>12}  refusal {code} {:?}", row.map(|row| row.reason))?;
        }
        for (text, count) in &self.framing {
            writeln!(f, "{count:>12}  refusal of framing: {text}")?;
        }
        for ((from, to), count) in &self.steps {
            writeln!(f, "{count:>12}  {from} to {to}")?;
        }
        Ok(())
    }
}

fn name_of(state: State) -> &'static str {
    match state {
        State::Taken => "Taken",
        State::Notified => "Notified",
        State::Deferred => "Deferred",
        State::Fetched => "Fetched",
        State::HandedOver => "HandedOver",
        State::Relayed => "Relayed",
        State::Ended(End::Expired) => "Expired",
        State::Ended(End::Retrieved) => "Retrieved",
        State::Ended(End::Rejected) => "Rejected",
        State::Ended(End::Unrecognised) => "Unrecognised",
        State::Ended(End::Indeterminate) => "Indeterminate",
        State::Ended(End::Forwarded) => "Forwarded",
        State::Ended(End::Unreachable) => "Unreachable",
        State::Ended(End::PassedOn) => "PassedOn",
    }
}

/// The states of all copies in memory, to tell steps by.
#[derive(Clone, Debug, Default)]
pub struct Lives {
    states: BTreeMap<(MessageId, u16), State>,
}

impl Lives {
    /// Looks at the tables again and counts what has changed. A start forgets without counting.
    pub fn look(&mut self, world: &crate::world::World, coverage: &mut Coverage) {
        let mut states = BTreeMap::new();
        for node in &world.nodes {
            let recipients = &node.brain.store().recipients;
            for copy in (0..recipients.bound()).filter_map(|number| recipients.get(number)) {
                states.insert((copy.message, copy.index), copy.state);
            }
        }
        for (key, state) in &states {
            let before = self.states.get(key).copied();
            if before != Some(*state) {
                coverage.step(before, Some(*state));
            }
        }
        for (key, state) in &self.states {
            if !states.contains_key(key) {
                coverage.step(Some(*state), None);
            }
        }
        self.states = states;
    }

    /// Everything was forgotten, by a stop.
    pub fn forget(&mut self, world: &crate::world::World) {
        self.states.clear();
        self.look(world, &mut Coverage::default());
    }
}
