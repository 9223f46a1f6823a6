//! An owner of a server's session without a socket: it waits where a client must wait, and notes what came.
//!
//! The driver of the server's tests and of its fuzzer. Invariant: what it notes does not depend on how the octets of an
//! exchange are cut, unless the peer spoke out of turn.

use std::sync::Arc;

use super::LIMITS;
use crate::reason::Reason;
use crate::reply::Reply;
use crate::server::{Close, Config, Session, Step, TlsOffer};

/// A message as the owner has it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Received {
    /// The reverse path, empty for `<>`.
    pub from: String,
    /// The forward paths that were accepted.
    pub recipients: Vec<String>,
    /// The message.
    pub body: Vec<u8>,
}

/// What a session made of its input.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Verdict {
    /// Every message that was accepted, in order.
    pub messages: Vec<Received>,
    /// What was sent: the greeting, then what followed each exchange.
    pub replies: Vec<String>,
    /// Messages that the session refused itself.
    pub discarded: Vec<Reason>,
    /// Why it ended.
    pub close: Option<Close>,
}

impl Verdict {
    /// Whether the peer was refused for speaking out of turn, which depends on how its octets arrive.
    #[must_use]
    pub fn is_early(&self) -> bool {
        let Some(Close::Refused(reason)) = self.close else {
            return false;
        };
        matches!(
            reason,
            Reason::EarlyBeforeGreeting
                | Reason::EarlyAfterCommand
                | Reason::EarlyAfterData
                | Reason::EarlyAfterStartTls
        )
    }
}

/// How the octets of an exchange are cut into reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cut {
    /// Into pieces of at most so many octets.
    Pieces(usize),
    /// Into two, so far from the start.
    At(usize),
}

/// The answers of an owner who accepts everything.
#[must_use]
pub fn accept_all(step: &Step<'_>, _message: &Received) -> Reply<'static> {
    match step {
        Step::Data(_) => Reply::GO_AHEAD,
        _ => Reply::OK,
    }
}

/// Serves a peer that sends each exchange when the one before is answered; `decide` answers for the owner.
///
/// # Panics
/// If memory passes its bound, or the machine does not come to an end, or takes nothing while it wants more.
#[must_use]
pub fn serve(
    config: &Arc<Config>,
    exchanges: &[&[u8]],
    cut: Cut,
    decide: &dyn Fn(&Step<'_>, &Received) -> Reply<'static>,
) -> Verdict {
    let mut session = Session::new(config.clone(), 0);
    let mut owner = Owner::default();
    let mut feed = Feed {
        exchanges: exchanges.iter(),
        pieces: Vec::new().into_iter(),
        rest: &[],
        cut,
    };
    owner.verdict.replies.push(String::new());
    let octets: usize = exchanges.iter().map(|exchange| exchange.len()).sum();
    for _ in 0..octets.saturating_mul(6).saturating_add(100) {
        assert!(
            session.memory_octets() <= config.limits.session_octets_max(),
            "memory passes its bound"
        );
        let step = session.step(0);
        let answer = owner.hear(&step, decide);
        let (next, handshake) = match step {
            Step::Closed(_) => return owner.verdict,
            Step::NeedMore { .. } => (Next::Exchange, false),
            Step::Finish { .. } => (Next::Rest, false),
            step => (Next::Step, step == Step::StartTls),
        };
        if let Some(reply) = answer {
            assert!(session.reply(reply, 0).is_ok(), "an answer was wanted");
        }
        let count = session.unsent().len();
        if let Some(last) = owner.verdict.replies.last_mut() {
            last.push_str(&String::from_utf8_lossy(session.unsent()));
        }
        session.sent(count, 0);
        if handshake {
            session.tls_started(0);
        }
        if next != Next::Step && count == 0 && feed.give(&mut session, next) == Given::Begun {
            owner.verdict.replies.push(String::new());
        }
    }
    unreachable!("the machine does not come to an end");
}

/// Who has the messages, and what was noted.
#[derive(Default)]
struct Owner {
    message: Received,
    verdict: Verdict,
}

impl Owner {
    /// Notes what a step brings; the answer, if it wants one.
    fn hear(
        &mut self,
        step: &Step<'_>,
        decide: &dyn Fn(&Step<'_>, &Received) -> Reply<'static>,
    ) -> Option<Reply<'static>> {
        match step {
            Step::Mail(mail) => {
                self.message = Received {
                    from: mail.from.map_or("", |from| from.as_str()).to_owned(),
                    ..Received::default()
                };
            }
            Step::Recipient(_) | Step::Data(_) | Step::End => {}
            Step::Body(piece) => {
                assert!(!piece.is_empty(), "a piece of nothing");
                self.message.body.extend_from_slice(piece);
                return None;
            }
            Step::Discard(reason) => {
                self.verdict.discarded.push(*reason);
                return None;
            }
            Step::Closed(close) => {
                self.verdict.close = Some(*close);
                return None;
            }
            _ => return None,
        }
        let reply = decide(step, &self.message);
        match step {
            Step::Recipient(to) if reply.is_positive() => {
                self.message.recipients.push(to.as_str().to_owned());
            }
            Step::End if reply.is_positive() => {
                self.verdict.messages.push(std::mem::take(&mut self.message));
            }
            _ => {}
        }
        Some(reply)
    }
}

/// What the session wants next.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Next {
    /// To be asked again.
    Step,
    /// Octets, also of another exchange.
    Exchange,
    /// What is left of this exchange, to be dropped.
    Rest,
}

/// Whether another exchange was begun.
#[derive(PartialEq, Eq)]
enum Given {
    Begun,
    Same,
}

/// A peer's octets on their way.
struct Feed<'e> {
    exchanges: std::slice::Iter<'e, &'e [u8]>,
    pieces: std::vec::IntoIter<&'e [u8]>,
    rest: &'e [u8],
    cut: Cut,
}

impl Feed<'_> {
    /// Gives the session a piece, or the next exchange's turn, or the end.
    fn give(&mut self, session: &mut Session, next: Next) -> Given {
        if self.rest.is_empty() {
            self.rest = self.pieces.next().unwrap_or_default();
        }
        if !self.rest.is_empty() {
            // A session that has closed its ears gets no more.
            let taken = session.receive(self.rest, 0);
            self.rest = self.rest.get(taken.max(1)..).unwrap_or_default();
            return Given::Same;
        }
        match self.exchanges.next() {
            Some(exchange) if next == Next::Exchange => {
                self.pieces = cut_up(exchange, self.cut).into_iter();
                Given::Begun
            }
            _ => {
                session.end_of_stream();
                Given::Same
            }
        }
    }
}

fn cut_up(octets: &[u8], cut: Cut) -> Vec<&[u8]> {
    match cut {
        Cut::Pieces(count) => octets.chunks(count.clamp(1, 256)).collect(),
        Cut::At(at) => {
            let (a, b) = octets.split_at_checked(at).unwrap_or((octets, &[]));
            [a, b].into_iter().flat_map(|half| half.chunks(256)).collect()
        }
    }
}

/// Cuts octets behind each line that a client waits after (RFC 2920 §3.1).
#[must_use]
pub fn exchanges(octets: &[u8]) -> Vec<&[u8]> {
    let mut exchanges = Vec::new();
    let mut start = 0;
    let mut line_start = 0;
    for (at, octet) in octets.iter().enumerate() {
        if *octet != b'\n' {
            continue;
        }
        let end = at.saturating_add(1);
        let verb = octets.get(line_start..).unwrap_or_default();
        let waits = |word: &[u8]| {
            verb.get(..word.len())
                .is_some_and(|v| v.eq_ignore_ascii_case(word))
        };
        if [&b"EHLO"[..], b"HELO", b"DATA", b"STARTTLS"]
            .into_iter()
            .any(waits)
        {
            exchanges.push(octets.get(start..end).unwrap_or_default());
            start = end;
        }
        line_start = end;
    }
    exchanges.push(octets.get(start..).unwrap_or_default());
    exchanges
}

/// Checks one input of a server. Its first octet tells what is offered and how the rest is cut.
///
/// # Panics
/// If what came out depends on the cut, or as [`serve`].
pub fn connection(input: &[u8]) {
    let Some((&choice, octets)) = input.split_first() else {
        return;
    };
    let config = Arc::new(Config {
        limits: LIMITS,
        tls: if choice % 4 == 0 {
            TlsOffer::Offered
        } else {
            TlsOffer::Absent
        },
        ..Config::new("mmsc.example")
    });
    let exchanges = exchanges(octets);
    let whole = serve(&config, &exchanges, Cut::Pieces(256), &accept_all);
    let cuts = [
        Cut::Pieces(usize::from(choice / 4).saturating_add(2)),
        Cut::Pieces(1),
    ];
    for cut in cuts {
        let pieces = serve(&config, &exchanges, cut, &accept_all);
        if whole.is_early() || pieces.is_early() {
            let common = whole.messages.len().min(pieces.messages.len());
            assert_eq!(
                whole.messages.get(..common),
                pieces.messages.get(..common),
                "messages depend on the cut of the reads"
            );
        } else {
            assert_eq!(whole, pieces, "the verdict depends on the cut of the reads");
        }
    }
}
