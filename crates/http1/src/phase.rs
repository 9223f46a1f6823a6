//! The states of a connection, and the table of what may follow what.
//!
//! The machine's memory between two turns. Invariant: every change of phase is a row of [`TRANSITIONS`]; the machine
//! asserts that in debug builds, and the diagram is a snapshot test.

use crate::chunk::ChunkDecoder;
use crate::framing::Persistence;
use crate::pace::BodyTimes;
use crate::reason::Reason;
use crate::step::Close;

#[cfg(test)]
mod tests;

/// Where the machine is.
#[derive(Debug)]
pub(crate) enum Phase {
    Idle {
        since_ms: u64,
    },
    Head {
        since_ms: u64,
    },
    Body(BodyPhase),
    Outstanding {
        persistence: Persistence,
    },
    Sending {
        deadline_ms: u64,
        next: AfterSend,
    },
    Lingering {
        deadline_ms: u64,
        octets_left: u64,
        close: Close,
    },
    Closed(Close),
}

/// The part of a body that is still to come, and its times.
#[derive(Clone, Copy, Debug)]
pub(crate) struct BodyPhase {
    pub(crate) remaining: Remaining,
    pub(crate) continue_owed: bool,
    pub(crate) times: BodyTimes,
}

/// How much of a body is to come.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Remaining {
    Octets(u64),
    Chunks(ChunkDecoder),
}

/// What follows when an answer or a refusal has left.
#[derive(Clone, Copy, Debug)]
pub(crate) enum AfterSend {
    NextRequest,
    Close,
    Linger(Reason),
}

/// A phase without what it holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PhaseName {
    Idle,
    Head,
    Body,
    Outstanding,
    Sending,
    Lingering,
    Closed,
}

/// What moves the machine from one phase to another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Event {
    /// The first octet that is not of an empty line.
    HeadBegins,
    /// The head is whole and sound.
    HeadEnds,
    /// The body is whole, perhaps empty.
    BodyEnds,
    /// The owner answers.
    Respond,
    /// A fault of the peer, or its deadline within a message.
    Refuse,
    /// The answer has left, and another request may come.
    SentKeeping,
    /// The last answer has left.
    SentLast,
    /// A refusal has left, or the last answer while octets were unread.
    SentUnread,
    /// The peer has shut its sending side.
    PeerEnds,
    /// Silence between requests, or a peer that does not read.
    Deadline,
    /// The time or the octets of lingering are used up, or the peer has ended.
    LingerEnds,
    /// The server ends.
    Retire,
}

/// (event, from, to), all of them.
pub(crate) const TRANSITIONS: &[(Event, PhaseName, PhaseName)] = &[
    (Event::HeadBegins, PhaseName::Idle, PhaseName::Head),
    (Event::PeerEnds, PhaseName::Idle, PhaseName::Closed),
    (Event::Deadline, PhaseName::Idle, PhaseName::Closed),
    (Event::Retire, PhaseName::Idle, PhaseName::Closed),
    (Event::HeadEnds, PhaseName::Head, PhaseName::Body),
    (Event::Refuse, PhaseName::Head, PhaseName::Sending),
    (Event::PeerEnds, PhaseName::Head, PhaseName::Closed),
    (Event::BodyEnds, PhaseName::Body, PhaseName::Outstanding),
    (Event::Refuse, PhaseName::Body, PhaseName::Sending),
    (Event::PeerEnds, PhaseName::Body, PhaseName::Closed),
    (Event::Respond, PhaseName::Outstanding, PhaseName::Sending),
    (Event::SentKeeping, PhaseName::Sending, PhaseName::Idle),
    (Event::SentUnread, PhaseName::Sending, PhaseName::Lingering),
    (Event::SentLast, PhaseName::Sending, PhaseName::Closed),
    (Event::Deadline, PhaseName::Sending, PhaseName::Closed),
    (Event::LingerEnds, PhaseName::Lingering, PhaseName::Closed),
];

impl Phase {
    /// Octets of a body of known length that are yet to come.
    pub(crate) fn body_octets_left(&self) -> u64 {
        match self {
            Phase::Body(body) => match &body.remaining {
                Remaining::Octets(octets) => *octets,
                Remaining::Chunks(_) => 0,
            },
            _ => 0,
        }
    }

    /// The phase without what it holds.
    pub(crate) const fn name(&self) -> PhaseName {
        match self {
            Self::Idle { .. } => PhaseName::Idle,
            Self::Head { .. } => PhaseName::Head,
            Self::Body(_) => PhaseName::Body,
            Self::Outstanding { .. } => PhaseName::Outstanding,
            Self::Sending { .. } => PhaseName::Sending,
            Self::Lingering { .. } => PhaseName::Lingering,
            Self::Closed(_) => PhaseName::Closed,
        }
    }

    /// Goes to another phase along a row of the table.
    pub(crate) fn follow(&mut self, event: Event, next: Self) {
        debug_assert!(
            TRANSITIONS.contains(&(event, self.name(), next.name())),
            "no such transition: {:?} from {:?} to {:?}",
            event,
            self.name(),
            next.name()
        );
        *self = next;
    }
}

/// The table as lines of text, one a transition, in its order.
#[must_use]
pub fn diagram() -> String {
    TRANSITIONS
        .iter()
        .map(|(event, from, to)| format!("{from:?} --{event:?}--> {to:?}\n"))
        .collect()
}
