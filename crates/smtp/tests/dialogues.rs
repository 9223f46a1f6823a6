//! Golden dialogues of the server: what is said, exchange by exchange, for every cut of what the peer sends.
//!
//! Each row is what the peer sends in one go and what it hears; lines are written with `|` for CR LF.

use std::sync::Arc;

use smtp::fuzz::{Cut, LIMITS, Received, Verdict, serve};
use smtp::server::{Chunking, Close, Config, Step, TlsOffer};
use smtp::{Limits, Reason, Reply};

/// An owner with opinions, which stand in the addresses and bodies.
fn owner(step: &Step<'_>, message: &Received) -> Reply<'static> {
    match step {
        Step::Mail(mail) if mail.from.is_some_and(|from| from.as_str().contains("banned")) => Reply::POLICY,
        Step::Mail(_) => Reply::SENDER_OK,
        Step::Recipient(to) if to.as_str().contains("unknown") => Reply::NOT_OUR_SUBSCRIBER,
        Step::Recipient(to) if to.as_str().contains("full") => Reply::NO_ROOM,
        Step::Recipient(_) => Reply::RECIPIENT_OK,
        Step::Data(_) if message.from.contains("later") => Reply::OVERLOADED,
        Step::Data(_) => Reply::GO_AHEAD,
        _ if message.body.windows(5).any(|w| w == b"virus") => Reply::POLICY,
        _ if message.body.windows(5).any(|w| w == b"leave") => Reply::SHUTTING_DOWN,
        _ => Reply::ACCEPTED,
    }
}

fn wire(text: &str) -> String {
    text.replace('|', "\r\n")
}

/// Plays the rows for every cut, and answers what came.
fn play(config: Config, rows: &[(&str, &str)]) -> Verdict {
    let config = Arc::new(config);
    let sent: Vec<String> = rows.iter().map(|(sent, _)| wire(sent)).collect();
    let exchanges: Vec<&[u8]> = sent.iter().map(String::as_bytes).collect();
    let longest = exchanges.iter().map(|e| e.len()).max().unwrap_or(0);
    let whole = serve(&config, &exchanges, Cut::Pieces(256), &owner);
    let heard: Vec<String> = rows.iter().map(|(_, heard)| wire(heard)).collect();
    assert_eq!(whole.replies[0], "220 mmsc.example ESMTP ready\r\n");
    assert_eq!(whole.replies[1..], heard, "{sent:?}");
    for at in 0..longest.min(256) {
        assert_eq!(
            serve(&config, &exchanges, Cut::At(at), &owner),
            whole,
            "cut at {at}"
        );
    }
    assert_eq!(
        serve(&config, &exchanges, Cut::Pieces(1), &owner),
        whole,
        "octet by octet"
    );
    whole
}

fn plain() -> Config {
    Config {
        limits: LIMITS,
        ..Config::new("mmsc.example")
    }
}

const EHLO: (&str, &str) = (
    "EHLO peer.example|",
    "250-mmsc.example|250-PIPELINING|250-ENHANCEDSTATUSCODES|250-SIZE 400|250-CHUNKING|250-BINARYMIME|250 8BITMIME|",
);

const A: &str = "+447700900001/TYPE=PLMN@mmsc.example";

#[test]
fn one_message_command_by_command() {
    let verdict = play(
        plain(),
        &[
            EHLO,
            ("MAIL FROM:<a@peer.example> SIZE=30|", "250 2.1.0 Sender ok|"),
            (
                "RCPT TO:<+447700900001/TYPE=PLMN@mmsc.example>|",
                "250 2.1.5 Recipient ok|",
            ),
            ("DATA|", "354 Send the message, end with CRLF.CRLF|"),
            ("Subject: x||..dot|.|", "250 2.6.0 Message accepted|"),
            ("QUIT|", "221 2.0.0 Closing|"),
        ],
    );
    assert_eq!(verdict.close, Some(Close::Quit));
    assert_eq!(
        verdict.messages,
        [Received {
            from: "a@peer.example".into(),
            recipients: vec![A.into()],
            body: b"Subject: x\r\n\r\n.dot\r\n".to_vec(),
        }]
    );
}

#[test]
fn groups_of_commands_and_several_messages() {
    let group = "MAIL FROM:<>|RCPT TO:<a@x>|RCPT TO:<unknown@x>|RCPT TO:<full@x>|DATA|";
    let answers = "250 2.1.0 Sender ok|250 2.1.5 Recipient ok|550 5.1.1 Not a subscriber here|\
                   452 4.3.1 No room now, try again|354 Send the message, end with CRLF.CRLF|";
    // The message's end and the next group may come together (RFC 2920 §3.1).
    let next = format!("||x|.|{group}");
    let after = format!("250 2.6.0 Message accepted|{answers}");
    let verdict = play(
        plain(),
        &[
            EHLO,
            (group, answers),
            (&next, &after),
            ("||y|.|QUIT|", "250 2.6.0 Message accepted|221 2.0.0 Closing|"),
        ],
    );
    assert_eq!(verdict.messages.len(), 2);
    assert_eq!(verdict.messages[1].recipients, ["a@x"]);
    assert_eq!(verdict.messages[1].body, b"\r\n\r\ny\r\n");
}

#[test]
fn chunks() {
    let verdict = play(
        plain(),
        &[
            EHLO,
            (
                "MAIL FROM:<a@x> BODY=BINARYMIME|RCPT TO:<b@x>|",
                "250 2.1.0 Sender ok|250 2.1.5 Recipient ok|",
            ),
            (
                "BDAT 8|a: b||BDAT 3|\n\r.BDAT 0 LAST|",
                "250 2.0.0 Chunk received|250 2.0.0 Chunk received|250 2.6.0 Message accepted|",
            ),
            (
                "MAIL FROM:<a@x>|RCPT TO:<b@x>|BDAT 8 LAST||.||.QUIT|",
                "250 2.1.0 Sender ok|250 2.1.5 Recipient ok|250 2.6.0 Message accepted|221 2.0.0 Closing|",
            ),
        ],
    );
    assert_eq!(verdict.messages[0].body, b"a: b\r\n\r\n\n\r.");
    assert_eq!(verdict.messages[1].body, b"\r\n.\r\n\r\n.");
}

#[test]
fn chunks_that_are_refused_are_read_over() {
    let verdict = play(
        plain(),
        &[
            EHLO,
            (
                "BDAT 6 LAST|QUIT|NOOP|",
                "503 5.5.1 BDAT is out of sequence|250 2.0.0 Ok|",
            ),
            (
                "MAIL FROM:<a@x>|BDAT 6|QUIT|",
                "250 2.1.0 Sender ok|503 5.5.1 BDAT is out of sequence|",
            ),
            (
                "RCPT TO:<unknown@x>|BDAT 6|QUIT|",
                "550 5.1.1 Not a subscriber here|554 5.5.1 No recipient was accepted|",
            ),
            (
                "RCPT TO:<a@x>|DATA|",
                "250 2.1.5 Recipient ok|354 Send the message, end with CRLF.CRLF|",
            ),
            (".|", "250 2.6.0 Message accepted|"),
            (
                "MAIL FROM:<later@x>|RCPT TO:<a@x>|BDAT 6 LAST|QUIT|NOOP|",
                "250 2.1.0 Sender ok|250 2.1.5 Recipient ok|451 4.3.2 Too busy now, try again|250 2.0.0 Ok|",
            ),
            (
                "MAIL FROM:<a@x>|RCPT TO:<a@x>|BDAT 6|a: b|RSET|BDAT 6 LAST|QUIT|",
                "250 2.1.0 Sender ok|250 2.1.5 Recipient ok|250 2.0.0 Chunk received|\
                 250 2.0.0 Ok|503 5.5.1 BDAT is out of sequence|",
            ),
            ("QUIT|", "221 2.0.0 Closing|"),
        ],
    );
    assert_eq!(verdict.messages.len(), 1);
    assert_eq!(verdict.messages[0].body, b"");
}

#[test]
fn sequences_that_are_refused() {
    let rows = [
        ("MAIL FROM:<a@x>|", "503 5.5.1 Say EHLO first|"),
        ("VRFY x|", "252 2.0.0 Not verified, but mail to it is tried|"),
        EHLO,
        ("RCPT TO:<a@x>|", "503 5.5.1 Command out of sequence|"),
        (
            "MAIL FROM:<a@x>|MAIL FROM:<a@x>|",
            "250 2.1.0 Sender ok|503 5.5.1 Command out of sequence|",
        ),
        ("DATA|", "503 5.5.1 Command out of sequence|"),
        (
            "RCPT TO:<unknown@x>|DATA|",
            "550 5.1.1 Not a subscriber here|554 5.5.1 No recipient was accepted|",
        ),
        ("RSET|DATA|", "250 2.0.0 Ok|503 5.5.1 Command out of sequence|"),
        ("QUIT|", "221 2.0.0 Closing|"),
    ];
    let verdict = play(plain(), &rows);
    assert_eq!(verdict.messages, []);
}

#[test]
fn refusals_of_the_owner() {
    let verdict = play(
        plain(),
        &[
            EHLO,
            (
                "MAIL FROM:<banned@x>|RCPT TO:<a@x>|",
                "554 5.7.1 Refused by policy|503 5.5.1 Command out of sequence|",
            ),
            (
                "MAIL FROM:<later@x>|RCPT TO:<a@x>|DATA|",
                "250 2.1.0 Sender ok|250 2.1.5 Recipient ok|451 4.3.2 Too busy now, try again|",
            ),
            (
                "MAIL FROM:<a@x>|RCPT TO:<a@x>|DATA|",
                "250 2.1.0 Sender ok|250 2.1.5 Recipient ok|354 Send the message, end with CRLF.CRLF|",
            ),
            ("|virus|.|", "554 5.7.1 Refused by policy|"),
            (
                "MAIL FROM:<a@x>|RCPT TO:<a@x>|DATA|",
                "250 2.1.0 Sender ok|250 2.1.5 Recipient ok|354 Send the message, end with CRLF.CRLF|",
            ),
            ("|leave|.|", "421 4.3.2 Service closing, try again|"),
        ],
    );
    assert_eq!(verdict.messages, []);
    assert_eq!(verdict.close, Some(Close::Dismissed));
}

#[test]
fn limits_of_messages() {
    let envelope = "MAIL FROM:<a@x>|RCPT TO:<a@x>|DATA|";
    let agreed = "250 2.1.0 Sender ok|250 2.1.5 Recipient ok|354 Send the message, end with CRLF.CRLF|";
    let line = format!("{}|", "x".repeat(70));
    for (text, answer, reason) in [
        (
            format!("|{}.|", line.repeat(5)),
            "250 2.6.0 Message accepted|",
            None,
        ),
        (
            format!("|{}.|", line.repeat(6)),
            "552 5.3.4 Message too large|",
            Some(Reason::MessageTooLarge),
        ),
        (
            format!("|{}x.|.|", "x".repeat(79)),
            "500 5.5.2 A line of the message is too long|",
            Some(Reason::TextLineTooLong),
        ),
        (
            format!("{}|.|", line.repeat(3)),
            "552 5.3.4 The header of the message is too large|",
            Some(Reason::HeaderTooLarge),
        ),
        (
            "a: b|".repeat(7) + "|.|",
            "554 5.6.0 The header of the message has too many lines|",
            Some(Reason::HeaderLinesTooMany),
        ),
        (
            "|a\0b|.|".into(),
            "554 5.6.0 The message holds a NUL octet|",
            Some(Reason::TextNul),
        ),
    ] {
        // The connection goes on.
        let verdict = play(
            plain(),
            &[
                EHLO,
                (envelope, agreed),
                (&text, answer),
                ("QUIT|", "221 2.0.0 Closing|"),
            ],
        );
        assert_eq!(verdict.discarded, reason.into_iter().collect::<Vec<_>>());
        assert_eq!(verdict.messages.len(), usize::from(reason.is_none()));
    }
}

#[test]
fn messages_that_are_not_kept() {
    let envelope = "MAIL FROM:<a@x>|RCPT TO:<a@x>|DATA|";
    let agreed = "250 2.1.0 Sender ok|250 2.1.5 Recipient ok|354 Send the message, end with CRLF.CRLF|";
    let endless = format!("|{}", format!("{}|", "x".repeat(70)).repeat(12));
    let verdict = play(
        plain(),
        &[
            EHLO,
            (envelope, agreed),
            (&endless, "552 5.3.4 Message far too large|"),
        ],
    );
    assert_eq!(verdict.close, Some(Close::Refused(Reason::DrainExceeded)));
    let chunk = format!(
        "MAIL FROM:<a@x>|RCPT TO:<a@x>|BDAT 450 LAST|{}QUIT|",
        "x".repeat(450)
    );
    let answer = "250 2.1.0 Sender ok|250 2.1.5 Recipient ok|552 5.3.4 Message too large|221 2.0.0 Closing|";
    assert_eq!(
        play(plain(), &[EHLO, (&chunk, answer)]).discarded,
        [Reason::MessageTooLarge]
    );
    play(
        plain(),
        &[EHLO, ("BDAT 701|", "552 5.3.4 Message far too large|")],
    );
}

#[test]
fn limits_of_commands() {
    let long = format!("NOOP {}|", "x".repeat(100));
    let endless = "x".repeat(400);
    play(
        plain(),
        &[
            EHLO,
            (&long, "500 5.5.2 Line too long|"),
            ("NOOP|", "250 2.0.0 Ok|"),
            (&endless, "500 5.5.2 Line far too long|"),
        ],
    );
    play(
        plain(),
        &[
            EHLO,
            ("MAIL FROM:<a@x> SIZE=401|", "552 5.3.4 Message too large|"),
            ("QUIT|", "221 2.0.0 Closing|"),
        ],
    );
    let rcpt = "RCPT TO:<a@x>|";
    let four = format!("MAIL FROM:<>|{}", rcpt.repeat(4));
    let answers = format!(
        "250 2.1.0 Sender ok|{}452 4.5.3 Too many recipients|",
        "250 2.1.5 Recipient ok|".repeat(3)
    );
    play(
        plain(),
        &[EHLO, (&four, &answers), ("QUIT|", "221 2.0.0 Closing|")],
    );
    let errors = format!(
        "{}421 4.7.0 Too many errors, closing|",
        "500 5.5.1 Command unknown|".repeat(5)
    );
    play(plain(), &[EHLO, (&"FOO|".repeat(8), &errors)]);
    let idle = format!(
        "{}421 4.7.0 Too many commands without a message, closing|",
        "250 2.0.0 Ok|".repeat(5)
    );
    play(plain(), &[EHLO, (&"NOOP|".repeat(8), &idle)]);
    let message = "MAIL FROM:<>|RCPT TO:<a@x>|BDAT 0 LAST|";
    let done = "250 2.1.0 Sender ok|250 2.1.5 Recipient ok|250 2.6.0 Message accepted|";
    let enough = format!(
        "{}421 4.3.2 Enough messages on this connection, open another|",
        done.repeat(4)
    );
    play(plain(), &[EHLO, (&message.repeat(5), &enough)]);
}

#[test]
fn helo_and_what_is_not_offered() {
    let config = Config {
        chunking: Chunking::Absent,
        ..plain()
    };
    play(
        config,
        &[
            ("HELO peer|", "250 mmsc.example|"),
            ("AUTH PLAIN|", "502 5.5.1 Command not served|"),
            ("STARTTLS|", "502 5.5.1 Command not served|"),
            (
                "MAIL FROM:<a@x> SMTPUTF8|",
                "555 5.5.4 A parameter is not known here|",
            ),
            (
                "MAIL FROM:<a@x> BODY=BINARYMIME|",
                "555 5.5.4 A parameter is not known here|",
            ),
            ("BDAT 5 LAST|", "502 5.5.1 BDAT is not served|"),
        ],
    );
}

#[test]
fn tls() {
    let config = |tls| Config { tls, ..plain() };
    let offered = EHLO.1.replace("250 8BIT", "250-STARTTLS|250 8BIT");
    let rows: &[(&str, &str)] = &[
        (EHLO.0, &offered),
        ("MAIL FROM:<a@x>|", "530 5.7.0 Say STARTTLS first|"),
        ("STARTTLS|", "220 2.0.0 Start TLS now|"),
        ("MAIL FROM:<a@x>|", "503 5.5.1 Say EHLO first|"),
        EHLO,
        ("STARTTLS|", "503 5.5.1 Command out of sequence|"),
        ("MAIL FROM:<a@x>|", "250 2.1.0 Sender ok|"),
        ("QUIT|", "221 2.0.0 Closing|"),
    ];
    play(config(TlsOffer::Demanded), rows);
    let verdict = serve(
        &Arc::new(config(TlsOffer::Offered)),
        &[b"EHLO x\r\n", b"STARTTLS\r\nMAIL FROM:<evil@x>\r\n"],
        Cut::Pieces(256),
        &owner,
    );
    assert_eq!(verdict.close, Some(Close::Refused(Reason::EarlyAfterStartTls)));
    assert_eq!(
        verdict.replies[2],
        "554 5.5.0 Nothing may follow STARTTLS in clear\r\n"
    );
}

#[test]
fn a_thousand_messages_on_one_connection() {
    let config = Arc::new(Config {
        limits: Limits::DEFAULT,
        ..Config::new("mmsc.example")
    });
    let mut exchanges: Vec<&[u8]> = vec![b"EHLO peer\r\n"];
    for _ in 0..1_000 {
        exchanges.push(b"MAIL FROM:<>\r\nRCPT TO:<a@x>\r\nDATA\r\n");
        exchanges.push(b"a: b\r\n\r\nc\r\n.\r\n");
    }
    let verdict = serve(&config, &exchanges, Cut::Pieces(256), &owner);
    assert_eq!(verdict.messages.len(), 1_000);
}
