//! Other operators' MMSCs as operators see them and act on them: `/v1/peers`, `/v1/audit`, and families of `/metrics`.
//!
//! The program asks the shards; here it becomes JSON and text. Invariants: looking changes nothing; a row holds no
//! number and no content; what is wanted of a peer is on disk when it is answered with success.

use crate::metrics::{Dialect, Kind, family, line};
use crate::problem::Problem;
use base::limits::ACTION_WORD_OCTETS_MAX;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// One peer, over all shards.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Peer {
    /// The name of its profile.
    pub peer: String,
    /// `open`, `probing` (its connections fail, at some shard at least) or `gone` (it is in the settings no more).
    pub state: &'static str,
    /// What an operator has said: `held`, `draining`, `drained` (nothing is left to go out); empty: nothing.
    pub held: &'static str,
    /// Seconds since 1970 since which that holds; 0: nothing does.
    pub held_since: u32,
    /// Who said so.
    pub held_by: String,
    /// Why.
    pub held_reason: String,
    /// Messages that wait for a mail.
    pub messages: u32,
    /// Messages that wait for the end of a drain.
    pub aside: u32,
    /// Recipients whose copies the peer has not taken, those that wait for another try or their time included, those
    /// that wait for the end of a drain not.
    pub untaken: u32,
    /// Responses and reports that wait for a mail.
    pub notes: u32,
    /// Mails under way.
    pub mails: u32,
    /// Messages that it has stored and not responded to.
    pub unanswered: u32,
    /// Seconds since the oldest message in front of a queue was accepted; 0 where none waits.
    pub oldest_s: u32,
    /// What it or the kernel said last that was no success; empty: nothing since the start.
    pub error: String,
    /// Seconds since then.
    pub error_age_s: u64,
}

/// What can be done to a peer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Doing {
    /// Nothing is sent to it until it is released.
    Hold,
    /// It is sent to as its profile says.
    Release,
    /// What was accepted by then goes out, what comes later waits until it is released.
    Drain,
    /// What waits for another try is tried at once.
    Retry,
}

/// Something that was done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Deed {
    /// Seconds since 1970.
    pub at: u32,
    /// `hold`, `release`, `drain` or `retry`.
    pub action: &'static str,
    /// The name of the peer's profile.
    pub peer: String,
    /// Who did it, as they said.
    pub by: String,
    /// The address that they did it from.
    pub from: String,
    /// Why.
    pub reason: String,
    /// Of the actions on one peer the latest has the highest.
    pub number: u64,
}

/// What is wanted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wanted {
    /// What.
    pub doing: Doing,
    /// The name of the peer's profile.
    pub peer: String,
    /// Who wants it, as they say.
    pub by: String,
    /// The address that they ask from.
    pub from: String,
    /// Why.
    pub reason: String,
}

/// Why it was not done, or is not known to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Undone {
    /// There is no such peer.
    Unknown,
    /// Not now; nothing was done.
    Busy,
    /// The journal has stopped; nothing was done.
    LogFailed,
    /// Nobody answered in time.
    Late,
}

/// What the program does for those who ask; each call may wait for the shards for a moment.
pub trait Desk: Send + Sync {
    /// All peers.
    fn peers(&self) -> Vec<Peer>;

    /// What was done, the earliest first, as far as it is kept.
    fn audit(&self) -> Vec<Deed>;

    /// Does something.
    ///
    /// # Errors
    /// Why not.
    fn act(&self, wanted: Wanted) -> Result<Deed, Undone>;
}

/// Who is asked.
pub type Peers = Arc<dyn Desk>;

/// The body of a request to do something.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Says {
    /// Who wants it.
    by: String,
    /// Why.
    #[serde(default)]
    reason: String,
}

impl Doing {
    /// Of its name in a path.
    pub(crate) fn of(name: &str) -> Option<Doing> {
        Some(match name {
            "hold" => Doing::Hold,
            "release" => Doing::Release,
            "drain" => Doing::Drain,
            "retry" => Doing::Retry,
            _ => return None,
        })
    }
}

/// What a request wants.
///
/// # Errors
/// What is wrong with it.
pub(crate) fn wanted(peer: String, doing: &str, body: &[u8], from: String) -> Result<Wanted, Problem> {
    let doing = Doing::of(doing).ok_or(Problem::NotFound)?;
    let says: Says = serde_json::from_slice(body).map_err(|_| Problem::Says)?;
    let is_word = |text: &str| text.len() <= ACTION_WORD_OCTETS_MAX && !text.contains(char::is_control);
    if says.by.trim().is_empty() || !is_word(&says.by) || !is_word(&says.reason) {
        return Err(Problem::Says);
    }
    Ok(Wanted {
        doing,
        peer,
        by: says.by,
        from,
        reason: says.reason,
    })
}

impl From<Undone> for Problem {
    fn from(undone: Undone) -> Problem {
        match undone {
            Undone::Unknown => Problem::NoPeer,
            Undone::Busy => Problem::Busy,
            Undone::LogFailed => Problem::LogFailed,
            Undone::Late => Problem::Late,
        }
    }
}

/// Name, help and value of each family.
type Family = (&'static str, &'static str, fn(&Peer) -> u64);

const FAMILIES: [Family; 9] = [
    (
        "up",
        "1 unless connections to the peer fail, or it is gone.",
        |peer| u64::from(peer.state == "open"),
    ),
    ("held", "1 while an operator holds the peer.", |peer| {
        u64::from(peer.held == "held")
    }),
    (
        "draining",
        "1 while an operator drains the peer, drained or not.",
        |peer| u64::from(matches!(peer.held, "draining" | "drained")),
    ),
    (
        "held_since_seconds",
        "When the hold or the drain began, seconds since 1970; 0: none.",
        |peer| u64::from(peer.held_since),
    ),
    ("messages", "Messages that wait for a mail.", |peer| {
        u64::from(peer.messages)
    }),
    ("aside", "Messages that wait for the end of a drain.", |peer| {
        u64::from(peer.aside)
    }),
    (
        "untaken",
        "Recipients whose copies the peer has not taken, without those that wait for the end of a drain.",
        |peer| u64::from(peer.untaken),
    ),
    ("notes", "Responses and reports that wait for a mail.", |peer| {
        u64::from(peer.notes)
    }),
    (
        "oldest_seconds",
        "Age of the oldest message in front of a queue.",
        |peer| u64::from(peer.oldest_s),
    ),
];

/// The families of all peers as text; nothing where there are none.
pub(crate) fn families(dialect: Dialect, peers: &[Peer]) -> String {
    let mut out = String::new();
    if peers.is_empty() {
        return out;
    }
    for (name, help, value) in FAMILIES {
        let name = format!("ringpost_peer_{name}");
        let sample = family(&mut out, dialect, &name, Kind::Gauge, help);
        for peer in peers {
            let (label, value) = (&peer.peer, value(peer));
            line(&mut out, format_args!("{sample}{{peer=\"{label}\"}} {value}\n"));
        }
    }
    out
}
