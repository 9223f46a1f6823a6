//! Golden dialogues of the client: what it sends, what it makes of the answers; and what it refuses to send.
//!
//! Each row is what the peer says and what the client then sends; lines are written with `|` for CR LF. Every dialogue
//! is played with the peer's octets whole and octet by octet.
#![expect(clippy::unwrap_used, reason = "a panic in a test's helper is a failed test")]

use std::sync::Arc;

use smtp::client::{Close, Config, Message, Outcome, Session, Step, Survey, TlsPolicy, Unsendable, Verdict};
use smtp::{Address, Limits, Timer};

const BODY: &[u8] = b"Subject: x\r\n\r\n.dot\r\n";

/// What a dialogue made of the client.
#[derive(Debug, PartialEq, Eq)]
struct Played {
    sent: Vec<String>,
    outcomes: Vec<Outcome>,
    close: Option<Close>,
}

struct Scene<'s> {
    tls: TlsPolicy,
    recipients: &'s [&'s str],
    body: &'s [u8],
    messages: usize,
}

const SCENE: Scene<'static> = Scene {
    tls: TlsPolicy::IfOffered,
    recipients: &["b@x", "c@x"],
    body: BODY,
    messages: 1,
};

fn act(scene: &Scene<'_>, peer: &[&str], piece: usize) -> Played {
    let mut config = Config::new("mmsc.example");
    config.tls = scene.tls;
    let mut session = Session::new(Arc::new(config), 0);
    let recipients: Vec<Address<'_>> = scene
        .recipients
        .iter()
        .map(|r| Address::parse(r).unwrap())
        .collect();
    let message = Message {
        from: Some(Address::parse("a@x").unwrap()),
        recipients: &recipients,
        survey: Survey::of(scene.body),
    };
    let said: Vec<String> = peer.iter().map(|text| text.replace('|', "\r\n")).collect();
    let mut said = said.iter();
    let mut pieces: std::slice::Chunks<'_, u8> = [].chunks(1);
    let mut played = Played {
        sent: vec![String::new()],
        outcomes: Vec::new(),
        close: None,
    };
    let mut left = scene.messages;
    loop {
        match session.step(0) {
            Step::Ready if left > 0 => {
                left -= 1;
                session.begin(&message, 0).unwrap();
            }
            Step::Ready => session.quit(0),
            Step::Body { offset } => {
                let rest = &scene.body[offset as usize..];
                // Piece by piece, too.
                let taken = session.body(&rest[..piece.min(rest.len())], 0).unwrap();
                assert!(taken > 0);
            }
            Step::Done(outcome) => played.outcomes.push(outcome),
            Step::StartTls => session.tls_started(0),
            Step::Closed(close) => {
                played.close = Some(close);
                return played;
            }
            Step::NeedMore { .. } => {
                let count = session.unsent().len();
                if count > 0 {
                    let text = String::from_utf8(session.unsent().to_vec()).unwrap();
                    played.sent.last_mut().unwrap().push_str(&text);
                    session.sent(count, 0);
                } else if let Some(piece) = pieces.next() {
                    assert_eq!(session.receive(piece), piece.len());
                } else if let Some(text) = said.next() {
                    played.sent.push(String::new());
                    pieces = text.as_bytes().chunks(piece);
                } else {
                    session.end_of_stream();
                }
            }
        }
    }
}

fn play(scene: &Scene<'_>, rows: &[(&str, &str)]) -> (Vec<String>, Option<Close>) {
    let peer: Vec<&str> = rows.iter().map(|(said, _)| *said).collect();
    let whole = act(scene, &peer, usize::MAX);
    let sent: Vec<String> = rows.iter().map(|(_, sent)| sent.replace('|', "\r\n")).collect();
    assert_eq!(whole.sent[1..], sent);
    assert_eq!(act(scene, &peer, 1), whole, "octet by octet");
    let verdicts = whole
        .outcomes
        .iter()
        .flat_map(|outcome| outcome.recipients.iter().map(brief));
    (verdicts.collect(), whole.close)
}

fn brief(verdict: &Verdict) -> String {
    match verdict {
        Verdict::Accepted(reply) => format!("accepted {}", reply.text),
        Verdict::Temporary(reply) => format!("temporary {} {}", reply.code, reply.text),
        Verdict::Permanent(reply) => format!("permanent {} {}", reply.code, reply.text),
        Verdict::LostBefore => "lost before".into(),
        Verdict::LostAfter => "lost after".into(),
    }
}

const GREETING: (&str, &str) = ("220 peer ESMTP|", "EHLO mmsc.example|");
const BYE: (&str, &str) = ("221 bye|", "");

#[test]
fn without_extensions() {
    let (verdicts, close) = play(
        &SCENE,
        &[
            ("220-peer|220 ESMTP|", "EHLO mmsc.example|"),
            ("502 what|", "HELO mmsc.example|"),
            ("250 peer|", "MAIL FROM:<a@x>|"),
            ("250 ok|", "RCPT TO:<b@x>|"),
            ("250 ok|", "RCPT TO:<c@x>|"),
            ("550 5.1.1 nobody|", "DATA|"),
            ("354 go|", "Subject: x||..dot|.|"),
            ("250 2.0.0 queued as 17|", "QUIT|"),
            BYE,
        ],
    );
    assert_eq!(verdicts, ["accepted queued as 17", "permanent 550 nobody"]);
    assert_eq!(close, Some(Close::Quit));
}

#[test]
fn with_groups_and_size() {
    let scene = Scene { messages: 2, ..SCENE };
    let group = "MAIL FROM:<a@x> SIZE=20|RCPT TO:<b@x>|RCPT TO:<c@x>|DATA|";
    let (verdicts, _) = play(
        &scene,
        &[
            GREETING,
            ("250-peer|250-PIPELINING|250-SIZE 1000|250 8BITMIME|", group),
            ("250 ok|250 ok|452 full|354 go|", "Subject: x||..dot|.|"),
            ("451 4.3.0 later|", group),
            ("250 ok|550 no|550 no|554 no valid recipients|", "RSET|"),
            ("250 ok|", "QUIT|"),
            BYE,
        ],
    );
    assert_eq!(
        verdicts,
        [
            "temporary 451 later",
            "temporary 452 full",
            "permanent 550 no",
            "permanent 550 no"
        ]
    );
}

#[test]
fn mail_refused_within_a_group() {
    let group = "MAIL FROM:<a@x>|RCPT TO:<b@x>|RCPT TO:<c@x>|DATA|";
    let ehlo = ("250-peer|250 PIPELINING|", group);
    for (answers, then, verdict) in [
        (
            "450 4.7.1 greylisted|503 no|503 no|503 no|",
            "QUIT|",
            "temporary 450 greylisted",
        ),
        ("550 banned|503 no|503 no|354 go|", ".|", "permanent 550 banned"),
    ] {
        let mut rows = vec![GREETING, ehlo, (answers, then)];
        if then == ".|" {
            rows.push(("554 nobody|", "QUIT|"));
        }
        rows.push(BYE);
        assert_eq!(play(&SCENE, &rows).0, [verdict, verdict]);
    }
}

#[test]
fn with_chunks() {
    let binary: &[u8] = b"a: b\r\n\r\n\n\r\0.";
    let scene = Scene {
        body: binary,
        ..SCENE
    };
    let ehlo = "250-peer|250-PIPELINING|250-CHUNKING|250-BINARYMIME|250 SIZE|";
    let (verdicts, _) = play(
        &scene,
        &[
            GREETING,
            (
                ehlo,
                "MAIL FROM:<a@x> SIZE=12 BODY=BINARYMIME|RCPT TO:<b@x>|RCPT TO:<c@x>|",
            ),
            ("250 ok|250 ok|250 ok|", "BDAT 12 LAST|a: b||\n\r\0."),
            ("250 done|", "QUIT|"),
            BYE,
        ],
    );
    assert_eq!(verdicts, ["accepted done", "accepted done"]);
    let (verdicts, _) = play(
        &SCENE,
        &[
            GREETING,
            ("250-peer|250 CHUNKING|", "MAIL FROM:<a@x>|"),
            ("250 ok|", "RCPT TO:<b@x>|"),
            ("250 ok|", "RCPT TO:<c@x>|"),
            ("251 forwards|", "BDAT 20 LAST|Subject: x||.dot|"),
            ("552 too big|", "QUIT|"),
            BYE,
        ],
    );
    assert_eq!(verdicts, ["permanent 552 too big", "permanent 552 too big"]);
}

#[test]
fn nobody_accepted_and_data_refused() {
    let (verdicts, _) = play(
        &SCENE,
        &[
            GREETING,
            ("250 peer|", "MAIL FROM:<a@x>|"),
            ("250 ok|", "RCPT TO:<b@x>|"),
            ("550 no|", "RCPT TO:<c@x>|"),
            ("450 no|", "RSET|"),
            ("250 ok|", "QUIT|"),
            BYE,
        ],
    );
    assert_eq!(verdicts, ["permanent 550 no", "temporary 450 no"]);
    let (verdicts, _) = play(
        &SCENE,
        &[
            GREETING,
            ("250 peer|", "MAIL FROM:<a@x>|"),
            ("250 ok|", "RCPT TO:<b@x>|"),
            ("250 ok|", "RCPT TO:<c@x>|"),
            ("250 ok|", "DATA|"),
            ("451 busy|", "RSET|"),
            ("250 ok|", "QUIT|"),
            BYE,
        ],
    );
    assert_eq!(verdicts, ["temporary 451 busy", "temporary 451 busy"]);
}

#[test]
fn connections_that_are_lost() {
    let to_data = [
        GREETING,
        (
            "250-peer|250 PIPELINING|",
            "MAIL FROM:<a@x>|RCPT TO:<b@x>|RCPT TO:<c@x>|DATA|",
        ),
    ];
    let go = ("250 ok|250 ok|550 no|354 go|", "Subject: x||..dot|.|");
    let (verdicts, close) = play(&SCENE, &to_data);
    assert_eq!(
        (verdicts, close),
        (vec!["lost before".into(); 2], Some(Close::PeerEnded))
    );
    let (verdicts, _) = play(&SCENE, &[to_data[0], to_data[1], go]);
    assert_eq!(verdicts, ["lost after", "permanent 550 no"]);
    let (verdicts, close) = play(
        &SCENE,
        &[to_data[0], to_data[1], ("250 ok|421 4.3.2 leaving|", "")],
    );
    assert_eq!(verdicts, ["temporary 421 leaving", "temporary 421 leaving"]);
    assert!(matches!(close, Some(Close::Refused(_))));
    assert!(matches!(
        play(&SCENE, &[GREETING, ("220 y|", "")]).1,
        Some(Close::Refused(_))
    ));
    for (row, close) in [
        (("554 no service|", ""), "Refused"),
        (("220 x\n", ""), "NoReply"),
        (("hello|", ""), "NoReply"),
        (("", ""), "PeerEnded"),
    ] {
        let (verdicts, closed) = play(&SCENE, &[row]);
        assert_eq!(verdicts, [] as [&str; 0]);
        assert!(format!("{:?}", closed.unwrap()).starts_with(close), "{row:?}");
    }
}

#[test]
fn tls() {
    let rows: &[(&str, &str)] = &[
        GREETING,
        ("250-peer|250-SIZE 7|250 STARTTLS|", "STARTTLS|"),
        ("220 go|", "EHLO mmsc.example|"),
        // What was said in clear (SIZE 7) is forgotten.
        ("250 peer|", "MAIL FROM:<a@x>|"),
        ("550 no|", "QUIT|"),
        BYE,
    ];
    for tls in [TlsPolicy::IfOffered, TlsPolicy::Demanded] {
        play(&Scene { tls, ..SCENE }, rows);
    }
    let refused = [
        GREETING,
        ("250-peer|250 STARTTLS|", "STARTTLS|"),
        ("454 not now|", "MAIL FROM:<a@x>|"),
    ];
    play(&SCENE, &refused);
    let demanded = Scene {
        tls: TlsPolicy::Demanded,
        ..SCENE
    };
    let stripped: [&[(&str, &str)]; 3] = [
        &[GREETING, ("250 peer|", "")],
        &[GREETING, ("502 what|", "")],
        &[
            GREETING,
            ("250-peer|250 STARTTLS|", "STARTTLS|"),
            ("454 not now|", ""),
        ],
    ];
    for rows in stripped {
        assert_eq!(play(&demanded, rows).1, Some(Close::NoTls), "{rows:?}");
    }
    let peer = [
        "220 x\r\n",
        "250-x\r\n250 STARTTLS\r\n",
        "220 go\r\n250 injected\r\n",
    ];
    assert_eq!(act(&SCENE, &peer, usize::MAX).close, Some(Close::EarlyBeforeTls));
}

#[test]
fn what_it_refuses_to_send() {
    let long = [b"a: b\r\n\r\n".as_slice(), &[b'x'; 999], b"\r\n"].concat();
    for (ehlo, body, expected) in [
        ("250 peer", &b"\r\na\nb"[..], Err(Unsendable::Binary)),
        ("250 peer", b"\r\na\rb", Err(Unsendable::Binary)),
        ("250 peer", b"\r\na\r", Err(Unsendable::Binary)),
        ("250 peer", b"\r\na\0b", Err(Unsendable::Binary)),
        ("250 CHUNKING", b"\r\na\n.\r\nb", Err(Unsendable::Binary)),
        ("250 BINARYMIME", b"\r\na\nb", Err(Unsendable::Binary)),
        ("250 8BITMIME", b"\r\na\n.\nb", Err(Unsendable::Binary)),
        ("250-CHUNKING\r\n250 BINARYMIME", b"\r\na\n.\r\nb", Ok(())),
        (
            "250-CHUNKING\r\n250 BINARYMIME",
            b"a: b\n\r\n",
            Err(Unsendable::HeaderUnsound),
        ),
        ("250 peer", b"\r\n\xe9", Err(Unsendable::EightBit)),
        ("250 8BITMIME", b"\r\n\xe9", Ok(())),
        ("250 peer", &long, Err(Unsendable::LineTooLong)),
        ("250 SIZE 3", b"\r\nab", Err(Unsendable::TooLarge(3))),
        ("250 SIZE 0", b"\r\nab", Ok(())),
        ("250 peer", b"", Ok(())),
    ] {
        let mut session = Session::new(Arc::new(Config::new("mmsc.example")), 0);
        session.receive(format!("220 x\r\n250-x\r\n{ehlo}\r\n").as_bytes());
        while session.step(0) != Step::Ready {
            let count = session.unsent().len();
            session.sent(count, 0);
        }
        let to = [Address::parse("b@x").unwrap()];
        let message = Message {
            from: None,
            recipients: &to,
            survey: Survey::of(body),
        };
        assert_eq!(session.begin(&message, 0), expected, "{body:?}");
        assert_eq!(
            session.unsent().is_empty(),
            expected.is_err(),
            "nothing of it was sent"
        );
    }
}

#[test]
fn a_body_that_is_not_the_one_surveyed() {
    for changed in [
        &b"Subject: x\r\n\r\na\n.\r\n.\r\n"[..],
        b"Subject: x\r\n\r\n\r.\r\n",
        b"Subject: x\r\n\r\n\0\0\0\0",
    ] {
        let mut session = Session::new(Arc::new(Config::new("mmsc.example")), 0);
        session.receive(b"220 x\r\n250-x\r\n250 PIPELINING\r\n");
        while session.step(0) != Step::Ready {
            let count = session.unsent().len();
            session.sent(count, 0);
        }
        let to = [Address::parse("b@x").unwrap()];
        let message = Message {
            from: None,
            recipients: &to,
            survey: Survey::of(BODY),
        };
        session.begin(&message, 0).unwrap();
        session.receive(b"250 a\r\n250 b\r\n354 c\r\n");
        assert_eq!(session.step(0), Step::Body { offset: 0 });
        assert!(session.body(changed, 0).is_err());
        let lost = Outcome {
            recipients: vec![Verdict::LostBefore],
        };
        assert_eq!(session.step(0), Step::Done(lost));
        assert_eq!(session.step(0), Step::Closed(Close::BodyChanged));
        assert!(
            !session.unsent().ends_with(b"\r\n.\r\n"),
            "the message was not ended"
        );
    }
}

#[test]
fn deadlines_of_each_wait() {
    let mut session = Session::new(Arc::new(Config::new("mmsc.example")), 1_000);
    let Step::NeedMore { deadline } = session.step(1_000) else {
        panic!("the greeting is awaited");
    };
    assert_eq!((deadline.timer, deadline.at_ms), (Timer::ClientGreeting, 301_000));
    assert!(matches!(session.step(300_999), Step::NeedMore { .. }));
    assert_eq!(
        session.step(301_000),
        Step::Closed(Close::TooLate(Timer::ClientGreeting))
    );
    const { assert!(Limits::DEFAULT.relations_hold()) };
}
