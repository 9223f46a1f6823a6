//! The states of a server's session, and the table of what may follow what.
//!
//! The machine's memory between two turns. Invariant: every change of state is a row of [`TRANSITIONS`]; the machine
//! asserts that in debug builds, and the diagram is a snapshot test.

use super::event::Close;
use crate::reason::Reason;

#[cfg(test)]
mod tests;

/// What the owner's answer is awaited for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Question {
    Sender,
    Recipient,
    Text,
    Chunk { left: u64, last: bool },
    End,
}

/// What becomes of a chunk's octets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fate {
    /// They are the owner's.
    Kept,
    /// They are dropped, then the reason is said.
    Dropped(Reason),
    /// They are dropped; why was said before.
    Ignored,
}

/// Where the machine is.
#[derive(Clone, Copy, Debug)]
pub(crate) enum State {
    /// The greeting has not left.
    Greeting,
    /// A command is awaited, or comes.
    Command,
    /// The owner's answer is awaited.
    Question(Question),
    /// A message comes by DATA.
    Text { refused: Option<Reason> },
    /// A chunk comes by BDAT.
    Chunk { left: u64, last: bool, fate: Fate },
    /// TLS is being agreed on by others.
    Handshake,
    /// The last reply is leaving.
    Finishing(Close),
    /// It has left; the peer's octets are dropped.
    Lingering {
        since_ms: u64,
        octets_left: u64,
        close: Close,
    },
    /// Over.
    Closed(Close),
}

/// A state without what it holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum StateName {
    Greeting,
    Command,
    Question,
    Text,
    Chunk,
    Handshake,
    Finishing,
    Lingering,
    Closed,
}

/// What moves the machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Event {
    /// The greeting has left.
    Greeted,
    /// A command that the owner decides.
    Asked,
    /// The owner's answer, with nothing to be read but commands.
    Answered,
    /// The owner lets a text come.
    TextBegins,
    /// A chunk comes: let in, or to be dropped.
    ChunkBegins,
    /// The text or the last chunk is whole.
    MessageEnds,
    /// A chunk is over, or a refused message.
    BodyEnds,
    /// STARTTLS.
    TlsAsked,
    /// The handshake has succeeded.
    TlsStarted,
    /// The last reply is made: QUIT, 421, a refusal; or the peer has ended.
    LastReply,
    /// The last reply has left.
    AllSent,
    /// The peer takes nothing.
    Deadline,
    /// The time or octets of lingering are used up, or the peer has ended.
    LingerEnds,
}

/// (event, from, to), all of them.
pub(crate) const TRANSITIONS: &[(Event, StateName, StateName)] = &[
    (Event::Greeted, StateName::Greeting, StateName::Command),
    (Event::Asked, StateName::Command, StateName::Question),
    (Event::ChunkBegins, StateName::Command, StateName::Chunk),
    (Event::TlsAsked, StateName::Command, StateName::Handshake),
    (Event::Answered, StateName::Question, StateName::Command),
    (Event::TextBegins, StateName::Question, StateName::Text),
    (Event::ChunkBegins, StateName::Question, StateName::Chunk),
    (Event::MessageEnds, StateName::Text, StateName::Question),
    (Event::MessageEnds, StateName::Chunk, StateName::Question),
    (Event::BodyEnds, StateName::Text, StateName::Command),
    (Event::BodyEnds, StateName::Chunk, StateName::Command),
    (Event::TlsStarted, StateName::Handshake, StateName::Command),
    (Event::LastReply, StateName::Greeting, StateName::Finishing),
    (Event::LastReply, StateName::Command, StateName::Finishing),
    (Event::LastReply, StateName::Question, StateName::Finishing),
    (Event::LastReply, StateName::Text, StateName::Finishing),
    (Event::LastReply, StateName::Chunk, StateName::Finishing),
    (Event::AllSent, StateName::Finishing, StateName::Lingering),
    (Event::Deadline, StateName::Greeting, StateName::Closed),
    (Event::Deadline, StateName::Command, StateName::Closed),
    (Event::Deadline, StateName::Text, StateName::Closed),
    (Event::Deadline, StateName::Chunk, StateName::Closed),
    (Event::Deadline, StateName::Finishing, StateName::Closed),
    (Event::LingerEnds, StateName::Lingering, StateName::Closed),
];

impl State {
    /// The state without what it holds.
    pub(crate) const fn name(&self) -> StateName {
        match self {
            Self::Greeting => StateName::Greeting,
            Self::Command => StateName::Command,
            Self::Question(_) => StateName::Question,
            Self::Text { .. } => StateName::Text,
            Self::Chunk { .. } => StateName::Chunk,
            Self::Handshake => StateName::Handshake,
            Self::Finishing(_) => StateName::Finishing,
            Self::Lingering { .. } => StateName::Lingering,
            Self::Closed(_) => StateName::Closed,
        }
    }

    /// Goes to another state along a row of the table.
    pub(crate) fn follow(&mut self, event: Event, next: Self) {
        debug_assert!(
            TRANSITIONS.contains(&(event, self.name(), next.name())),
            "no such transition: {event:?} from {:?} to {:?}",
            self.name(),
            next.name()
        );
        *self = next;
    }
}

/// The table as a graph in the language of dot.
#[must_use]
pub fn diagram() -> String {
    let edges = TRANSITIONS
        .iter()
        .map(|(event, from, to)| format!("  {from:?} -> {to:?} [label={event:?}]\n"));
    format!("digraph server {{\n{}}}\n", edges.collect::<String>())
}
