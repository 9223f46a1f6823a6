//! Which command may come where (RFC 5321 §4.1.4, RFC 3030 §3), as a table.
//!
//! Asked by the session before a command is looked at more closely. Invariant: what is no row is refused with 503; a
//! stage changes only along a row, when the command has succeeded.

#[cfg(test)]
mod tests;

/// How far the peer has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stage {
    /// No EHLO or HELO yet, or none since TLS.
    Connected,
    /// Between transactions.
    Greeted,
    /// A sender, no recipient accepted.
    Sender,
    /// At least one recipient.
    Recipients,
    /// At least one chunk, none of them the last.
    Chunks,
}

/// A command, without its arguments.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verb {
    /// EHLO or HELO.
    Hello,
    StartTls,
    Mail,
    Rcpt,
    Data,
    Bdat,
    BdatLast,
    Rset,
    /// NOOP, VRFY, HELP.
    Idle,
    Quit,
}

/// (command, stage, stage after its success), all of them.
pub(crate) const SEQUENCE: &[(Verb, Stage, Stage)] = &[
    (Verb::Hello, Stage::Connected, Stage::Greeted),
    (Verb::Hello, Stage::Greeted, Stage::Greeted),
    (Verb::Hello, Stage::Sender, Stage::Greeted),
    (Verb::Hello, Stage::Recipients, Stage::Greeted),
    (Verb::Hello, Stage::Chunks, Stage::Greeted),
    (Verb::StartTls, Stage::Greeted, Stage::Connected),
    (Verb::Mail, Stage::Greeted, Stage::Sender),
    (Verb::Rcpt, Stage::Sender, Stage::Recipients),
    (Verb::Rcpt, Stage::Recipients, Stage::Recipients),
    (Verb::Data, Stage::Recipients, Stage::Greeted),
    (Verb::Bdat, Stage::Recipients, Stage::Chunks),
    (Verb::Bdat, Stage::Chunks, Stage::Chunks),
    (Verb::BdatLast, Stage::Recipients, Stage::Greeted),
    (Verb::BdatLast, Stage::Chunks, Stage::Greeted),
    (Verb::Rset, Stage::Connected, Stage::Connected),
    (Verb::Rset, Stage::Greeted, Stage::Greeted),
    (Verb::Rset, Stage::Sender, Stage::Greeted),
    (Verb::Rset, Stage::Recipients, Stage::Greeted),
    (Verb::Rset, Stage::Chunks, Stage::Greeted),
    (Verb::Idle, Stage::Connected, Stage::Connected),
    (Verb::Idle, Stage::Greeted, Stage::Greeted),
    (Verb::Idle, Stage::Sender, Stage::Sender),
    (Verb::Idle, Stage::Recipients, Stage::Recipients),
    (Verb::Idle, Stage::Chunks, Stage::Chunks),
    (Verb::Quit, Stage::Connected, Stage::Connected),
    (Verb::Quit, Stage::Greeted, Stage::Greeted),
    (Verb::Quit, Stage::Sender, Stage::Greeted),
    (Verb::Quit, Stage::Recipients, Stage::Greeted),
    (Verb::Quit, Stage::Chunks, Stage::Greeted),
];

impl Stage {
    /// The stage after `verb` has succeeded; nothing where it has no place.
    pub(crate) fn after(self, verb: Verb) -> Option<Self> {
        SEQUENCE
            .iter()
            .find(|(of, from, _)| (*of, *from) == (verb, self))
            .map(|(_, _, to)| *to)
    }

    /// Whether a transaction is open.
    pub(crate) const fn in_transaction(self) -> bool {
        matches!(self, Self::Sender | Self::Recipients | Self::Chunks)
    }
}

/// The table as a graph in the language of dot.
#[must_use]
pub fn diagram() -> String {
    let edges = SEQUENCE
        .iter()
        .map(|(verb, from, to)| format!("  {from:?} -> {to:?} [label={verb:?}]\n"));
    format!("digraph sequence {{\n{}}}\n", edges.collect::<String>())
}
