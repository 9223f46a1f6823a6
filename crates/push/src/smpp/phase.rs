//! The states of a link, and the table of what may follow what.
//!
//! The session's memory of where it stands. Invariant: every change is a row of [`TRANSITIONS`]: the session asks
//! [`next`] and goes nowhere else; the diagram is a snapshot test.

use base::Monotonic;

/// Where the link stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Phase {
    Waiting { until: Monotonic },
    Connecting { until: Monotonic },
    Binding { until: Monotonic },
    Bound { since: Monotonic },
    Draining { until: Monotonic },
    Unbinding { until: Monotonic },
    Ended,
}

/// A phase without what it holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Name {
    /// Until the link may be built again.
    Waiting,
    /// The caller connects.
    Connecting,
    /// A bind was sent.
    Binding,
    /// Pushes may be sent.
    Bound,
    /// Retired: what was begun is ended.
    Draining,
    /// An unbind was sent.
    Unbinding,
    /// Over for good.
    Ended,
}

/// What moves a link.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Event {
    /// The wait is over.
    Due,
    /// The caller's connection is up.
    Connected,
    /// The bind was accepted.
    Accepted,
    /// The link is lost, or was given up.
    Lost,
    /// The caller has no more use for it.
    Retire,
    /// Nothing is under way any more, or the time for it is over.
    Drained,
    /// The unbind was answered.
    Unbound,
}

/// (event, from, to), all of them.
pub const TRANSITIONS: &[(Event, Name, Name)] = &[
    (Event::Due, Name::Waiting, Name::Connecting),
    (Event::Retire, Name::Waiting, Name::Ended),
    (Event::Connected, Name::Connecting, Name::Binding),
    (Event::Lost, Name::Connecting, Name::Waiting),
    (Event::Retire, Name::Connecting, Name::Ended),
    (Event::Accepted, Name::Binding, Name::Bound),
    (Event::Lost, Name::Binding, Name::Waiting),
    (Event::Retire, Name::Binding, Name::Ended),
    (Event::Lost, Name::Bound, Name::Waiting),
    (Event::Retire, Name::Bound, Name::Draining),
    (Event::Drained, Name::Draining, Name::Unbinding),
    (Event::Lost, Name::Draining, Name::Ended),
    (Event::Unbound, Name::Unbinding, Name::Ended),
    (Event::Lost, Name::Unbinding, Name::Ended),
];

/// Where `event` leads from `from`; nothing if it means nothing there.
#[must_use]
pub fn next(event: Event, from: Name) -> Option<Name> {
    TRANSITIONS
        .iter()
        .find(|(e, f, _)| (*e, *f) == (event, from))
        .map(|(_, _, to)| *to)
}

/// The table as a Mermaid diagram.
#[must_use]
pub fn diagram() -> String {
    let mut text = String::from("stateDiagram-v2\n    [*] --> Waiting\n");
    for (event, from, to) in TRANSITIONS {
        text.push_str(&format!("    {from:?} --> {to:?}: {event:?}\n"));
    }
    text.push_str("    Ended --> [*]\n");
    text
}

impl Phase {
    /// The phase without what it holds.
    pub(crate) const fn name(self) -> Name {
        match self {
            Self::Waiting { .. } => Name::Waiting,
            Self::Connecting { .. } => Name::Connecting,
            Self::Binding { .. } => Name::Binding,
            Self::Bound { .. } => Name::Bound,
            Self::Draining { .. } => Name::Draining,
            Self::Unbinding { .. } => Name::Unbinding,
            Self::Ended => Name::Ended,
        }
    }

    /// Whether segments may be sent.
    pub(crate) const fn is_sending(self) -> bool {
        matches!(self, Self::Bound { .. } | Self::Draining { .. })
    }

    /// Whether there is a connection.
    pub(crate) const fn is_connected(self) -> bool {
        matches!(
            self,
            Self::Binding { .. } | Self::Bound { .. } | Self::Draining { .. } | Self::Unbinding { .. }
        )
    }
}

#[cfg(test)]
mod tests;
