//! The states of a client's session, and the table of what may follow what.
//!
//! The machine's memory between two turns. Invariant: every change of state is a row of [`TRANSITIONS`]; the machine
//! asserts that in debug builds, and the diagram is a snapshot test.

#[cfg(test)]
mod tests;

/// Where the machine is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum State {
    /// The peer's greeting is awaited.
    Greeting,
    /// The answer to EHLO or HELO is awaited.
    Hello,
    /// The answer to STARTTLS is awaited.
    StartTls,
    /// TLS is being agreed on by others.
    Handshake,
    /// Between transactions.
    Ready,
    /// The answers to MAIL, RCPT and DATA are awaited.
    Envelope,
    /// The message is going out.
    Body,
    /// The answer to the message's end is awaited.
    End,
    /// The answer to RSET is awaited.
    Resetting,
    /// The answer to QUIT is awaited.
    Quitting,
    /// Over.
    Closed,
}

/// What moves the machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Event {
    /// 220.
    Greeted,
    /// 250 to EHLO or HELO, and no TLS to be started.
    Welcomed,
    /// TLS is offered and wanted.
    TlsOffered,
    /// 220 to STARTTLS.
    TlsAgreed,
    /// STARTTLS was refused, and we may go on in clear.
    TlsRefused,
    /// The handshake has succeeded.
    TlsStarted,
    /// The owner has a message.
    Begun,
    /// A recipient was accepted, and the peer takes the message.
    GoAhead,
    /// 354 although nobody was accepted: an empty message is sent.
    Void,
    /// MAIL was refused, or nobody accepted and the peer has no transaction.
    Refused,
    /// Nobody was accepted, or DATA refused: the peer's transaction is to be ended.
    Reset,
    /// The message has gone out.
    BodySent,
    /// The message's end, or RSET, was answered.
    Ended,
    /// The owner ends the connection.
    Quit,
    /// Anything that ends it otherwise, and the answer to QUIT.
    Closed,
}

/// (event, from, to), all of them but that [`Event::Closed`] leads to [`State::Closed`] from everywhere.
pub(crate) const TRANSITIONS: &[(Event, State, State)] = &[
    (Event::Greeted, State::Greeting, State::Hello),
    (Event::Welcomed, State::Hello, State::Ready),
    (Event::TlsOffered, State::Hello, State::StartTls),
    (Event::TlsAgreed, State::StartTls, State::Handshake),
    (Event::TlsRefused, State::StartTls, State::Ready),
    (Event::TlsStarted, State::Handshake, State::Hello),
    (Event::Begun, State::Ready, State::Envelope),
    (Event::GoAhead, State::Envelope, State::Body),
    (Event::Void, State::Envelope, State::End),
    (Event::Refused, State::Envelope, State::Ready),
    (Event::Reset, State::Envelope, State::Resetting),
    (Event::BodySent, State::Body, State::End),
    (Event::Ended, State::End, State::Ready),
    (Event::Ended, State::Resetting, State::Ready),
    (Event::Quit, State::Ready, State::Quitting),
];

impl State {
    /// Goes to another state along a row of the table.
    pub(crate) fn follow(&mut self, event: Event, next: Self) {
        debug_assert!(
            (event == Event::Closed && next == Self::Closed) || TRANSITIONS.contains(&(event, *self, next)),
            "no such transition: {event:?} from {self:?} to {next:?}"
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
    format!("digraph client {{\n{}}}\n", edges.collect::<String>())
}
