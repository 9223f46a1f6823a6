//! SMTP: what a client says to a server, what a peer answers a client, and messages carried between the two.
//!
//! A subject of the fuzzers. Invariants: the first octet of each input tells what is offered and how the rest is cut,
//! as `smtp::fuzz` wants it; a made text has no line of a dot alone before its end.

use std::sync::Arc;

use smtp::client::{Message, Session, Step, Survey, Verdict};
use smtp::fuzz::{Cut, LIMITS, accept_all, carry, exchanges, serve};
use smtp::{Address, client, server};

use crate::fuzz::subject::http1::edit_length;
use crate::fuzz::{Dice, Format, Layout};

/// What a client sends on a connection.
pub const DIALOGUES: Format = Format {
    make: |dice| {
        let mut out = vec![dice.octet()];
        out.extend_from_slice(b"EHLO peer.example\r\n");
        for _ in 0..=dice.below(2) {
            transaction(dice, &mut out);
        }
        out.extend_from_slice(if dice.one_in(2) { b"QUIT\r\n" } else { b"" });
        out
    },
    edit_length,
    repair: |_, _| {},
    layout: Layout::Stream,
    tokens: TOKENS,
    octets_max: 1_200,
};

/// What a peer answers.
pub const ANSWERS: Format = Format {
    make: answers,
    tokens: ANSWER_TOKENS,
    ..DIALOGUES
};

/// Messages that are carried from a client to a server.
pub const MESSAGES: Format = Format {
    make: |dice| {
        let mut out = vec![dice.octet()];
        text(dice, &mut out);
        out
    },
    ..DIALOGUES
};

const TOKENS: &[&[u8]] = &[
    b"\r\n",
    b"\n",
    b"\r",
    b"\0",
    b".",
    b"\n.\n",
    b"\n.\r\n",
    b"\r\n.\n",
    b"\r.\r",
    b"\r\n.\r\n",
    b"\r\n..\r\n",
    b"\r\n\r\n",
    b"EHLO x\r\n",
    b"HELO x\r\n",
    b"MAIL FROM:<a@x>\r\n",
    b"MAIL FROM:<> SIZE=9 BODY=8BITMIME\r\n",
    b"MAIL FROM:<a@x> BODY=BINARYMIME\r\n",
    b"RCPT TO:<b@x>\r\n",
    b"DATA\r\n",
    b"BDAT 5\r\n",
    b"BDAT 0 LAST\r\n",
    b"BDAT 4 LAST\r\n",
    b"BDAT 401\r\n",
    b"BDAT 18446744073709551616 LAST\r\n",
    b"RSET\r\n",
    b"NOOP\r\n",
    b"VRFY x\r\n",
    b"STARTTLS\r\n",
    b"QUIT\r\n",
    b"FOO\r\n",
    b" SIZE=99999999999999999999",
    b"\xC3\xA9",
    b"Received: x\r\n",
    b"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
];

const ANSWER_TOKENS: &[&[u8]] = &[
    b"220 x\r\n",
    b"250 x\r\n",
    b"250-x\r\n",
    b"250-PIPELINING\r\n",
    b"250 CHUNKING\r\n",
    b"250-SIZE 99\r\n",
    b"250 STARTTLS\r\n",
    b"354 x\r\n",
    b"421 x\r\n",
    b"450 4.2.2 x\r\n",
    b"550 5.1.1 x\r\n",
    b"221 x\r\n",
    b"999 x\r\n",
    b"250x\r\n",
    b"250-x\r\n550 x\r\n",
    b"\r\n",
    b"\n",
    b"\r",
    b"\0",
    b"\xFF",
];

const LINES: &[&str] = &[
    "text",
    "",
    "..",
    ". x",
    "Subject: x",
    "X-Mms-Message-Type: MM4_forward.REQ",
    "a: b",
    " folded",
    "0123456789 0123456789 0123456789",
];

/// A head and some lines, each with its end.
fn text(dice: &mut Dice, out: &mut Vec<u8>) {
    out.extend_from_slice(b"a: b\r\n");
    for _ in 0..dice.below(8) {
        let line = dice.pick(LINES).copied().unwrap_or_default();
        out.extend_from_slice(line.as_bytes());
        out.extend_from_slice(b"\r\n");
    }
}

fn transaction(dice: &mut Dice, out: &mut Vec<u8>) {
    let mut body = Vec::new();
    text(dice, &mut body);
    let ways = [
        "MAIL FROM:<a@peer.example>\r\n".to_owned(),
        format!("MAIL FROM:<> SIZE={}\r\n", body.len()),
        "MAIL FROM:<+447700900001/TYPE=PLMN@peer.example> BODY=8BITMIME\r\n".to_owned(),
    ];
    out.extend_from_slice(dice.pick(&ways).map_or(&[][..], |way| way.as_bytes()));
    for _ in 0..=dice.below(2) {
        out.extend_from_slice(b"RCPT TO:<+447700900002/TYPE=PLMN@mmsc.example>\r\n");
    }
    if dice.one_in(8) {
        out.extend_from_slice(b"NOOP\r\n");
    }
    if dice.one_in(3) {
        let (head, rest) = body.split_at(dice.below(body.len()));
        out.extend_from_slice(format!("BDAT {}\r\n", head.len()).as_bytes());
        out.extend_from_slice(head);
        out.extend_from_slice(format!("BDAT {} LAST\r\n", rest.len()).as_bytes());
        out.extend_from_slice(rest);
    } else {
        out.extend_from_slice(b"DATA\r\n");
        out.extend_from_slice(&body);
        out.extend_from_slice(b".\r\n");
    }
}

/// The answers of a peer without pipelining that takes each message of two recipients.
fn answers(dice: &mut Dice) -> Vec<u8> {
    let mut out = vec![dice.octet()];
    out.extend_from_slice(b"220 mmsc.example\r\n");
    let hello: &[&[u8]] = &[
        b"250 mmsc.example\r\n",
        b"250-mmsc.example\r\n250-SIZE 4000\r\n250 8BITMIME\r\n",
        b"250-mmsc.example\r\n250 ENHANCEDSTATUSCODES\r\n",
    ];
    out.extend_from_slice(dice.pick(hello).copied().unwrap_or_default());
    for _ in 0..3 {
        out.extend_from_slice(b"250 2.1.0 sender\r\n250 2.1.5 one\r\n");
        let second: &[&[u8]] = &[
            b"250 2.1.5 two\r\n",
            b"550 5.1.1 nobody\r\n",
            b"450-later\r\n450 later\r\n",
        ];
        out.extend_from_slice(dice.pick(second).copied().unwrap_or_default());
        out.extend_from_slice(b"354 go\r\n250 2.0.0 taken\r\n");
    }
    out.extend_from_slice(b"221 bye\r\n");
    out
}

/// Whether a server took a message out of it.
pub fn accepts_dialogue(bytes: &[u8]) -> bool {
    let config = Arc::new(server::Config {
        limits: LIMITS,
        ..server::Config::new("mmsc.example")
    });
    let exchanges = exchanges(bytes.get(1..).unwrap_or_default());
    let verdict = serve(&config, &exchanges, Cut::Pieces(256), &accept_all);
    !verdict.messages.is_empty()
}

/// Whether the message comes to the server.
pub fn accepts_message(bytes: &[u8]) -> bool {
    let body = bytes.get(1..).unwrap_or_default();
    let server = Arc::new(server::Config {
        limits: LIMITS,
        ..server::Config::new("mmsc.example")
    });
    let Ok(to) = Address::parse("+447700900001") else {
        return false;
    };
    let message = Message {
        from: None,
        recipients: &[to],
        survey: Survey::of(body),
    };
    carry(&server, &peer(), &message, body, 64).is_some_and(|(messages, _)| !messages.is_empty())
}

fn peer() -> Arc<client::Config> {
    Arc::new(client::Config {
        limits: LIMITS,
        ..client::Config::new("peer.example")
    })
}

/// Whether a client before these answers brings a message to a recipient.
pub fn accepts_answers(bytes: &[u8]) -> bool {
    let Ok(to) = Address::parse("+447700900001") else {
        return false;
    };
    let body = b"a: b\r\n\r\nc\r\n";
    let recipients = [to, to];
    let message = Message {
        from: Some(to),
        recipients: &recipients,
        survey: Survey::of(body),
    };
    let mut session = Session::new(peer(), 0);
    // Reply by reply, as a peer that waits for each command.
    let mut lines = bytes
        .get(1..)
        .unwrap_or_default()
        .split_inclusive(|&octet| octet == b'\n');
    for _ in 0..bytes.len().saturating_mul(4).saturating_add(100) {
        match session.step(0) {
            Step::Ready if session.begin(&message, 0).is_err() => return false,
            Step::Body { offset } => {
                let rest = usize::try_from(offset).ok().and_then(|offset| body.get(offset..));
                if session.body(rest.unwrap_or_default(), 0).is_err() {
                    return false;
                }
            }
            Step::Done(outcome) => {
                let taken = |verdict: &Verdict| matches!(verdict, Verdict::Accepted(_));
                return outcome.recipients.iter().any(taken);
            }
            Step::Closed(_) => return false,
            Step::StartTls => session.tls_started(0),
            Step::NeedMore { .. } => match lines.next() {
                Some(line) => {
                    session.receive(line);
                }
                None => session.end_of_stream(),
            },
            Step::Ready => {}
        }
        let count = session.unsent().len();
        session.sent(count, 0);
    }
    false
}

/// A reader that ends a text at any line of a dot alone, whatever ends the lines (CVE-2023-51764 and its like).
pub fn canary(bytes: &[u8]) {
    let Some(start) = bytes.windows(6).position(|window| window == b"DATA\r\n") else {
        return;
    };
    let text = &bytes[start + 4..];
    let strict = text.windows(5).position(|window| window == b"\r\n.\r\n");
    let lines = text.windows(3).position(|window| window == b"\n.\n");
    if let (Some(strict), Some(lenient)) = (strict, lines) {
        assert!(lenient > strict, "two readers see two ends of a text");
    }
}
