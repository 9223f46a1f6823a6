//! A client's session and a server's, back to back, and a client before a hostile peer.
//!
//! The driver of the client's tests and of its fuzzers. Invariants: a message that is accepted arrived as it was, but
//! for the end of its last line; each recipient has one verdict.

use std::sync::Arc;

use super::LIMITS;
use super::serve::Received;
use crate::address::Address;
use crate::client::{self, Message, Survey, Verdict};
use crate::reply::Reply;
use crate::server::{self, Chunking};

/// Carries one message from a client to a server that accepts everything, in pieces of at most `piece_octets`.
///
/// Answers what the server has, and the client's outcome; nothing if the client refused to send it.
///
/// # Panics
/// If the two do not come to an end.
#[must_use]
pub fn carry(
    config: &Arc<server::Config>,
    client: &Arc<client::Config>,
    message: &Message<'_>,
    body: &[u8],
    piece_octets: usize,
) -> Option<(Vec<Received>, client::Outcome)> {
    let mut server = server::Session::new(config.clone(), 0);
    let mut client = client::Session::new(client.clone(), 0);
    let mut messages = Vec::new();
    let mut received = Received::default();
    let mut outcome = None;
    for _ in 0..body.len().saturating_mul(12).saturating_add(2_000) {
        match client.step(0) {
            client::Step::Ready if outcome.is_some() => client.quit(0),
            client::Step::Ready => {
                client.begin(message, 0).ok()?;
            }
            client::Step::Body { offset } => {
                let rest = body
                    .get(usize::try_from(offset).unwrap_or(usize::MAX)..)
                    .unwrap_or_default();
                let piece = rest.get(..piece_octets.min(rest.len())).unwrap_or_default();
                assert!(client.body(piece, 0).is_ok(), "the body is the one surveyed");
            }
            client::Step::Done(result) => outcome = Some(result),
            client::Step::StartTls => client.tls_started(0),
            client::Step::Closed(_) => return outcome.map(|outcome| (messages, outcome)),
            client::Step::NeedMore { .. } => {}
        }
        let piece = client.unsent();
        let piece = piece.get(..piece_octets.min(piece.len())).unwrap_or_default();
        let taken = server.receive(piece, 0);
        client.sent(taken, 0);
        if turn(&mut server, &mut received, &mut messages) == Turn::Last && server.unsent().is_empty() {
            client.end_of_stream();
        }
        let piece = server.unsent();
        let piece = piece.get(..piece_octets.min(piece.len())).unwrap_or_default();
        let taken = client.receive(piece);
        server.sent(taken, 0);
    }
    unreachable!("the two do not come to an end");
}

/// Whether a server has more to say.
#[derive(PartialEq, Eq)]
enum Turn {
    More,
    Last,
}

/// One step of a server that accepts everything, and offers no TLS.
fn turn(server: &mut server::Session, received: &mut Received, messages: &mut Vec<Received>) -> Turn {
    let reply = match server.step(0) {
        server::Step::Mail(mail) => {
            *received = Received {
                from: mail.from.map_or("", Address::as_str).to_owned(),
                ..Received::default()
            };
            Reply::SENDER_OK
        }
        server::Step::Recipient(to) => {
            received.recipients.push(to.as_str().to_owned());
            Reply::RECIPIENT_OK
        }
        server::Step::Data(_) => Reply::GO_AHEAD,
        server::Step::Body(piece) => {
            received.body.extend_from_slice(piece);
            return Turn::More;
        }
        server::Step::End => {
            messages.push(std::mem::take(received));
            Reply::ACCEPTED
        }
        server::Step::Finish { .. } | server::Step::Closed(_) => return Turn::Last,
        _ => return Turn::More,
    };
    assert!(server.reply(reply, 0).is_ok(), "an answer was wanted");
    Turn::More
}

/// Checks that a message comes to a server as it was. The first octet tells what is offered and how it is cut.
///
/// # Panics
/// If another message arrives than was sent, or one that was not accepted, or a verdict is missing.
pub fn round_trip(input: &[u8]) {
    let Some((&choice, body)) = input.split_first() else {
        return;
    };
    let config = Arc::new(server::Config {
        limits: LIMITS,
        chunking: if choice % 2 == 0 {
            Chunking::Offered
        } else {
            Chunking::Absent
        },
        ..server::Config::new("mmsc.example")
    });
    let peer = Arc::new(client::Config {
        limits: LIMITS,
        ..client::Config::new("peer.example")
    });
    let Ok(to) = Address::parse("+447700900001/TYPE=PLMN@mmsc.example") else {
        return;
    };
    let survey = Survey::of(body);
    let message = Message {
        from: None,
        recipients: &[to],
        survey,
    };
    let piece = usize::from(choice / 2).saturating_add(1);
    let Some((messages, outcome)) = carry(&config, &peer, &message, body, piece) else {
        return;
    };
    assert_eq!(outcome.recipients.len(), 1, "one verdict a recipient");
    let accepted = matches!(outcome.recipients.as_slice(), [Verdict::Accepted(_)]);
    assert_eq!(accepted, messages.len() == 1, "the verdict is what happened");
    let Some(received) = messages.first() else {
        return;
    };
    let mut expected = body.to_vec();
    if config.chunking == Chunking::Absent && !survey.ends_with_line() {
        expected.extend_from_slice(b"\r\n");
    }
    assert_eq!(received.body, expected, "another message arrived");
}

/// Checks a client before a peer that says anything. The first octet tells how its octets are cut.
///
/// # Panics
/// If a verdict is missing, or the machine does not come to an end.
pub fn client(input: &[u8]) {
    let Some((&choice, octets)) = input.split_first() else {
        return;
    };
    let config = Arc::new(client::Config {
        limits: LIMITS,
        ..client::Config::new("peer.example")
    });
    let (Ok(a), Ok(b)) = (Address::parse("+447700900001"), Address::parse("+447700900002")) else {
        return;
    };
    let body = b"Subject: x\r\n\r\n.\r\n";
    let recipients = [a, b];
    let message = Message {
        from: Some(a),
        recipients: &recipients,
        survey: Survey::of(body),
    };
    let mut session = client::Session::new(config, 0);
    let mut pieces = octets.chunks(usize::from(choice).saturating_add(1));
    let (mut begun, mut ended) = (0_usize, 0_usize);
    for _ in 0..octets.len().saturating_mul(4).saturating_add(100) {
        match session.step(0) {
            client::Step::Ready if begun < 3 => {
                let outcome = session.begin(&message, 0);
                // A plain message can be sent, unless the peer says a SIZE below it.
                assert!(
                    matches!(outcome, Ok(()) | Err(client::Unsendable::TooLarge(_))),
                    "a plain message can be sent: {outcome:?}"
                );
                begun = begun.saturating_add(usize::from(outcome.is_ok()));
                if outcome.is_err() {
                    session.quit(0);
                }
            }
            client::Step::Ready => session.quit(0),
            client::Step::Body { offset } => {
                let rest = body
                    .get(usize::try_from(offset).unwrap_or(usize::MAX)..)
                    .unwrap_or_default();
                assert!(session.body(rest, 0).is_ok(), "the body is the one surveyed");
            }
            client::Step::Done(outcome) => {
                ended = ended.saturating_add(1);
                assert_eq!(outcome.recipients.len(), 2, "one verdict a recipient");
            }
            client::Step::Closed(_) => {
                assert_eq!(begun, ended, "each transaction has an outcome");
                return;
            }
            client::Step::StartTls => session.tls_started(0),
            client::Step::NeedMore { .. } => match pieces.next() {
                Some(piece) => {
                    session.receive(piece);
                }
                None => session.end_of_stream(),
            },
        }
        let count = session.unsent().len();
        session.sent(count, 0);
    }
    unreachable!("the machine does not come to an end");
}
