//! The smuggling suite: texts whose end two readers could see in two places, and peers that speak out of turn.
//!
//! Each row carries a second envelope, from `smuggled@x`, where a lenient reader would find one. Invariants: it never
//! comes out, nor does the message before it; the refusal has its reason; the connection ends. Sources of the shapes:
//! what was published for CVE-2023-51764, 51765 and 51766 in 2023 and 2024, and RFC 2920, 3030 and 3207.
#![expect(clippy::unwrap_used, reason = "a panic in a test's helper is a failed test")]

use std::sync::Arc;

use smtp::Reason;
use smtp::fuzz::{Cut, Verdict, accept_all, serve};
use smtp::server::{Close, Config, TlsOffer};

const SMUGGLED: &str = "MAIL FROM:<smuggled@x>\r\nRCPT TO:<a@x>\r\nDATA\r\na: b\r\n\r\nc\r\n.\r\n";

/// What stands before the smuggled envelope in a text, with the reason for which it is refused.
const TEXTS: &[(&str, Reason)] = &[
    ("a\n.\n", Reason::LineFeedBare),
    ("a\n.\r\n", Reason::LineFeedBare),
    ("a\n.\r", Reason::LineFeedBare),
    ("a\r\n.\n", Reason::LineFeedBare),
    ("a\r\n.\r", Reason::CarriageReturnBare),
    ("a\r\n.\r\r\n", Reason::CarriageReturnBare),
    ("a\r.\r\n", Reason::CarriageReturnBare),
    ("a\r.\r", Reason::CarriageReturnBare),
    ("a\r.\n", Reason::CarriageReturnBare),
    ("a\r\r\n.\r\n", Reason::CarriageReturnBare),
    ("a\r\r\n.\r\r\n", Reason::CarriageReturnBare),
    ("a\n\r\n.\r\n", Reason::LineFeedBare),
    ("a\r\n\n.\r\n", Reason::LineFeedBare),
    ("a\n\n.\n\n", Reason::LineFeedBare),
    ("a\n\r.\n\r", Reason::LineFeedBare),
    ("a\r\n\r.\r\n", Reason::CarriageReturnBare),
    ("a\r\0\n.\r\n", Reason::CarriageReturnBare),
    ("a\r\n.\r\0\n", Reason::CarriageReturnBare),
    ("a\r \n.\r\n", Reason::CarriageReturnBare),
    ("a\n.\0\r\n", Reason::LineFeedBare),
    ("\n.\r\n", Reason::LineFeedBare),
    ("\r.\r\n", Reason::CarriageReturnBare),
    (".\n", Reason::LineFeedBare),
    (".\r.\r\n", Reason::CarriageReturnBare),
    (".\r\r\n", Reason::CarriageReturnBare),
    ("..\n.\r\n", Reason::LineFeedBare),
    ("a\r\n..\r.\r\n", Reason::CarriageReturnBare),
    ("a\r\n..\n", Reason::LineFeedBare),
    ("a\x0b\n.\r\n", Reason::LineFeedBare),
    ("a\x0c\n.\x0c\n", Reason::LineFeedBare),
    ("a\u{85}.\u{85}\n", Reason::LineFeedBare),
    ("a\u{2028}.\n", Reason::LineFeedBare),
    ("a: b\r\n c\n\r\n", Reason::LineFeedBare),
    ("a: b\n\nc\r\n", Reason::LineFeedBare),
    ("a\r\n.\t\n", Reason::LineFeedBare),
    ("a\r\n. \n", Reason::LineFeedBare),
];

/// What stands before the smuggled envelope and is text all the same: neither ends it nor is refused.
const HARMLESS: &[&str] = &[
    "a\r\n. \r\n",
    "a\r\n.\t\r\n",
    "a\r\n..\r\n",
    "a\r\n ..\r\n",
    "a\r\n.. \r\n",
    "a\r\n\x0b.\r\n",
    "a.\r\n",
    "\r\n\r\n..\r\n\r\n",
];

/// Exchanges that are refused whatever stands in them behind, with the reason.
const CONVERSATIONS: &[(&[&str], Reason)] = &[
    (&["EHLO x\n"], Reason::LineFeedBare),
    (&["EHLO x\r"], Reason::CarriageReturnBare),
    (&["EHLO x\r\r\n"], Reason::CarriageReturnBare),
    (&["EHLO x\r\n", "NOOP\nMAIL FROM:<a@x>\r\n"], Reason::LineFeedBare),
    (
        &["EHLO x\r\n", "MAIL FROM:<a@x\rRCPT TO:<b@x>\r\n"],
        Reason::CarriageReturnBare,
    ),
    (&["EHLO x\r\n", "BDAT\r\n"], Reason::ChunkSizeMalformed),
    (&["EHLO x\r\n", "BDAT  5\r\n"], Reason::ChunkSizeMalformed),
    (&["EHLO x\r\n", "BDAT -1\r\n"], Reason::ChunkSizeMalformed),
    (&["EHLO x\r\n", "BDAT +1\r\n"], Reason::ChunkSizeMalformed),
    (&["EHLO x\r\n", "BDAT 0x5\r\n"], Reason::ChunkSizeMalformed),
    (&["EHLO x\r\n", "BDAT 5 6\r\n"], Reason::ChunkSizeMalformed),
    (&["EHLO x\r\n", "BDAT 5 LASTLY\r\n"], Reason::ChunkSizeMalformed),
    (&["EHLO x\r\n", "BDAT 5 LAST x\r\n"], Reason::ChunkSizeMalformed),
    (&["EHLO x\r\n", "BDAT 5\0\r\n"], Reason::ChunkSizeMalformed),
    (&["EHLO x\r\n", "BDAT\t5\r\n"], Reason::ChunkSizeMalformed),
    (
        &["EHLO x\r\n", "BDAT 18446744073709551621\r\n"],
        Reason::ChunkSizeMalformed,
    ),
    (
        &["EHLO x\r\n", "BDAT 184467440737095516160005 LAST\r\n"],
        Reason::ChunkSizeMalformed,
    ),
    (
        &["EHLO x\r\n", "BDAT 999999999999999999\r\n"],
        Reason::DrainExceeded,
    ),
    (
        &["EHLO x\r\n", "MAIL FROM:<a@x>\r\nRCPT TO:<a@x>\r\nBDAT 3\r\na\nb"],
        Reason::LineFeedBare,
    ),
    (
        &[
            "EHLO x\r\n",
            "MAIL FROM:<a@x>\r\nRCPT TO:<a@x>\r\nBDAT 2 LAST\r\na\r",
        ],
        Reason::CarriageReturnBare,
    ),
    (
        &[
            "EHLO x\r\n",
            "MAIL FROM:<a@x> BODY=BINARYMIME\r\nRCPT TO:<a@x>\r\nBDAT 3\r\na\nb",
        ],
        Reason::LineFeedBare,
    ),
];

/// Peers that do not wait; they are seen only when their octets are here already, so these are not cut.
const EARLY: &[(&[&str], Reason)] = &[
    (&["EHLO x\r\nMAIL FROM:<a@x>\r\n"], Reason::EarlyAfterCommand),
    (&["HELO x\r\nMAIL FROM:<a@x>\r\n"], Reason::EarlyAfterCommand),
    (&["NOOP\r\nEHLO x\r\n"], Reason::EarlyAfterCommand),
    (
        &["HELO x\r\n", "MAIL FROM:<a@x>\r\nRCPT TO:<b@x>\r\n"],
        Reason::EarlyAfterCommand,
    ),
    (
        &["EHLO x\r\n", "RSET\r\nEHLO y\r\nNOOP\r\n"],
        Reason::EarlyAfterCommand,
    ),
    (
        &[
            "EHLO x\r\n",
            "MAIL FROM:<a@x>\r\nRCPT TO:<b@x>\r\nDATA\r\na: b\r\n",
        ],
        Reason::EarlyAfterData,
    ),
    (
        &["EHLO x\r\n", "MAIL FROM:<a@x>\r\nRCPT TO:<b@x>\r\nDATA\r\n.\r\n"],
        Reason::EarlyAfterData,
    ),
    (
        &["EHLO x\r\n", "STARTTLS\r\nEHLO y\r\n"],
        Reason::EarlyAfterStartTls,
    ),
    (
        &["EHLO x\r\n", "STARTTLS\r\n\x16\x03\x01"],
        Reason::EarlyAfterStartTls,
    ),
];

fn config() -> Arc<Config> {
    Arc::new(Config {
        tls: TlsOffer::Offered,
        ..Config::new("mmsc.example")
    })
}

fn run(exchanges: &[&str], cut: Cut) -> Verdict {
    let octets: Vec<&[u8]> = exchanges.iter().map(|e| e.as_bytes()).collect();
    serve(&config(), &octets, cut, &accept_all)
}

fn check_refused(exchanges: &[&str], cut: Cut, reason: Reason) {
    let verdict = run(exchanges, cut);
    assert_eq!(verdict.messages, [], "{exchanges:?}, {cut:?}");
    assert_eq!(
        verdict.close,
        Some(Close::Refused(reason)),
        "{exchanges:?}, {cut:?}"
    );
    let last = verdict.replies.last().unwrap();
    assert!(last.contains(reason.reply().text), "the peer hears why: {last:?}");
    assert!((500..600).contains(&reason.reply().code), "for good");
}

#[test]
fn texts() {
    const { assert!(TEXTS.len() + CONVERSATIONS.len() + EARLY.len() + HARMLESS.len() >= 40) };
    for (text, reason) in TEXTS {
        let text = format!("{text}{SMUGGLED}");
        let exchanges = [
            "EHLO x\r\n",
            "MAIL FROM:<a@x>\r\nRCPT TO:<a@x>\r\nDATA\r\n",
            &text,
        ];
        for at in 0..text.len().min(32) {
            check_refused(&exchanges, Cut::At(at), *reason);
        }
        for pieces in 1..6 {
            check_refused(&exchanges, Cut::Pieces(pieces), *reason);
        }
    }
}

#[test]
fn texts_that_go_on() {
    for text in HARMLESS {
        let whole = format!("{text}{SMUGGLED}");
        let exchanges = [
            "EHLO x\r\n",
            "MAIL FROM:<a@x>\r\nRCPT TO:<a@x>\r\nDATA\r\n",
            &whole,
            "QUIT\r\n",
        ];
        for cut in (0..whole.len()).map(Cut::At).chain((1..6).map(Cut::Pieces)) {
            let verdict = run(&exchanges, cut);
            assert_eq!(verdict.messages.len(), 1, "{text:?}, {cut:?}");
            assert_eq!(verdict.messages[0].from, "a@x");
            let body = String::from_utf8(verdict.messages[0].body.clone()).unwrap();
            assert!(body.contains("MAIL FROM:<smuggled@x>"), "it is text: {body:?}");
            assert_eq!(verdict.close, Some(Close::Quit));
        }
    }
}

#[test]
fn conversations() {
    for (exchanges, reason) in CONVERSATIONS {
        let behind = format!("{}{SMUGGLED}", exchanges.last().unwrap());
        let mut exchanges = exchanges.to_vec();
        *exchanges.last_mut().unwrap() = &behind;
        for cut in (0..behind.len().min(80))
            .map(Cut::At)
            .chain((1..6).map(Cut::Pieces))
        {
            check_refused(&exchanges, cut, *reason);
        }
    }
}

#[test]
fn peers_that_do_not_wait() {
    for (exchanges, reason) in EARLY {
        check_refused(exchanges, Cut::Pieces(256), *reason);
    }
}

#[test]
fn octets_before_the_greeting() {
    let mut session = smtp::server::Session::new(config(), 0);
    session.receive(b"EHLO x\r\n", 0);
    session.step(0);
    let said = String::from_utf8(session.unsent().to_vec()).unwrap();
    assert_eq!(
        said,
        "220 mmsc.example ESMTP ready\r\n554 5.5.0 Wait for the greeting\r\n"
    );
}

/// Found by a fuzzer: whether a line that is too long or its end that stands alone is the fault hung on the cut.
#[test]
fn lines_around_their_limits_are_refused_for_one_reason() {
    for verb in ["BDAT ", "NOOP "] {
        for octets in (80..112).chain(290..312) {
            for end in ["\rx", "\nx", "\r\n", "\r\nNOOP\r\n", "\r", ""] {
                let line = format!("{verb:0<octets$}{end}");
                smtp::fuzz::connection(format!("\u{1}EHLO x\r\n{line}").as_bytes());
            }
        }
    }
}
