//! What dialogues do not show: deadlines, lingering, backpressure, retiring, half-closed peers, refused connections.
#![expect(clippy::panic, reason = "a panic in a test's helper is a failed test")]

use std::sync::Arc;

use smtp::fuzz::LIMITS;
use smtp::server::{Close, Config, Session, Step};
use smtp::{Reason, Reply, Timer};

fn config() -> Arc<Config> {
    Arc::new(Config {
        limits: LIMITS,
        ..Config::new("mmsc.example")
    })
}

/// A session whose greeting has left, and that has taken `octets`, all at `now_ms`.
fn session(octets: &[u8], now_ms: u64) -> Session {
    let mut session = Session::new(config(), now_ms);
    flush(&mut session, now_ms);
    session.step(now_ms);
    assert_eq!(session.receive(octets, now_ms), octets.len());
    session
}

fn flush(session: &mut Session, now_ms: u64) -> String {
    let said = String::from_utf8_lossy(session.unsent()).into_owned();
    session.sent(said.len(), now_ms);
    said
}

/// The deadline of the next step.
fn deadline(session: &mut Session, now_ms: u64) -> (Timer, u64) {
    match session.step(now_ms) {
        Step::NeedMore { deadline } | Step::Send { deadline } | Step::Finish { deadline } => {
            (deadline.timer, deadline.at_ms)
        }
        step => panic!("no deadline in {step:?}"),
    }
}

const ENVELOPE: &[u8] = b"EHLO x\r\n";

#[test]
fn deadlines() {
    let mut idle = session(b"", 1_000);
    assert_eq!(deadline(&mut idle, 1_000), (Timer::ServerIdle, 601_000));
    // A trickle of octets does not move it.
    idle.receive(b"NO", 600_000);
    assert_eq!(deadline(&mut idle, 600_000), (Timer::ServerIdle, 601_000));
    assert_eq!(deadline(&mut idle, 601_000), (Timer::Send, 781_000));
    assert_eq!(flush(&mut idle, 601_000), "421 4.4.2 Timed out, closing\r\n");
    assert_eq!(deadline(&mut idle, 601_000), (Timer::ServerLinger, 603_000));
    assert_eq!(idle.step(603_000), Step::Closed(Close::Refused(Reason::TooLate)));

    let mut mail = session(ENVELOPE, 0);
    deadline(&mut mail, 0);
    flush(&mut mail, 0);
    mail.receive(b"MAIL FROM:<>\r\n", 5_000);
    assert!(matches!(mail.step(5_000), Step::Mail(_)));
    assert_eq!(mail.step(900_000), Step::Wait, "the owner has its time");
    mail.reply(Reply::OK, 6_000).unwrap();
    flush(&mut mail, 6_000);
    assert_eq!(deadline(&mut mail, 6_000), (Timer::ServerCommand, 306_000));
    mail.receive(b"RCPT TO:<a@x>\r\nDATA\r\n", 7_000);
    assert!(matches!(mail.step(7_000), Step::Recipient(_)));
    mail.reply(Reply::OK, 7_000).unwrap();
    assert!(matches!(mail.step(7_000), Step::Data(_)));
    mail.reply(Reply::GO_AHEAD, 8_000).unwrap();
    flush(&mut mail, 8_000);
    assert_eq!(deadline(&mut mail, 8_000), (Timer::ServerDataBlock, 188_000));
    // Blocks move their deadline, not that of the whole.
    for minute in 1..30 {
        let now_ms = 8_000 + minute * 60_000;
        mail.receive(b"a", now_ms);
        assert_eq!(mail.step(now_ms), Step::Body(b"a"));
        let (timer, at_ms) = deadline(&mut mail, now_ms);
        let block = now_ms + 180_000;
        let expected = if block <= 1_808_000 {
            (Timer::ServerDataBlock, block)
        } else {
            (Timer::ServerMessage, 1_808_000)
        };
        assert_eq!((timer, at_ms), expected);
    }
    assert_eq!(deadline(&mut mail, 1_808_000).0, Timer::Send);
    assert_eq!(flush(&mut mail, 1_808_000), "421 4.4.2 Timed out, closing\r\n");
}

#[test]
fn a_peer_that_takes_nothing() {
    let mut stuck = Session::new(config(), 0);
    assert_eq!(deadline(&mut stuck, 0), (Timer::Send, 180_000));
    stuck.sent(5, 100_000);
    assert_eq!(deadline(&mut stuck, 180_000), (Timer::Send, 280_000));
    assert_eq!(stuck.step(280_000), Step::Closed(Close::SendTimeout));

    // Commands wait in the buffer while answers wait for the peer.
    let mut ahead = session(b"EHLO x\r\n", 0);
    deadline(&mut ahead, 0);
    flush(&mut ahead, 0);
    let mut most = 0;
    for _ in 0..200 {
        ahead.receive(b"VRFY x\r\nFOO\r\n", 0);
        ahead.step(0);
        most = most.max(ahead.unsent().len());
    }
    assert!(
        most <= 2 * LIMITS.output_octets_max as usize,
        "{most} octets wait"
    );
    assert!(ahead.memory_octets() <= LIMITS.session_octets_max());
}

#[test]
fn retiring() {
    let mut idle = session(b"", 0);
    idle.retire();
    deadline(&mut idle, 0);
    assert_eq!(flush(&mut idle, 0), "421 4.3.2 Service closing, try again\r\n");

    let mut busy = session(ENVELOPE, 0);
    deadline(&mut busy, 0);
    flush(&mut busy, 0);
    busy.receive(b"MAIL FROM:<>\r\nRCPT TO:<a@x>\r\nBDAT 0 LAST\r\n", 0);
    assert!(matches!(busy.step(0), Step::Mail(_)));
    busy.retire();
    for _ in 0..4 {
        busy.reply(Reply::OK, 0).unwrap();
        if !matches!(busy.step(0), Step::Recipient(_) | Step::Data(_) | Step::End) {
            break;
        }
    }
    let said = flush(&mut busy, 0);
    assert!(
        said.ends_with("250 2.0.0 Ok\r\n421 4.3.2 Service closing, try again\r\n"),
        "{said}"
    );
}

#[test]
fn peers_that_leave() {
    for (octets, close) in [
        (&b""[..], Close::PeerEnded),
        (b"EHLO x\r\n", Close::PeerEnded),
        (b"EHL", Close::PeerTruncated),
        (b"QUIT\r\n", Close::Quit),
    ] {
        let mut session = session(octets, 0);
        session.end_of_stream();
        session.step(0);
        // What is owed is sent first.
        flush(&mut session, 0);
        assert_eq!(session.step(0), Step::Closed(close), "{octets:?}");
    }
}

#[test]
fn refused_connections() {
    let mut session = Session::refusing(config(), Reply::SHUTTING_DOWN, 0);
    assert_eq!(deadline(&mut session, 0).0, Timer::Send);
    assert_eq!(flush(&mut session, 0), "421 4.3.2 Service closing, try again\r\n");
    assert_eq!(deadline(&mut session, 0).0, Timer::ServerLinger);
    // Lingering drops so much and no more.
    for _ in 0..8 {
        session.receive(b"0123456789", 0);
    }
    assert_eq!(session.step(0), Step::Closed(Close::Dismissed));
    assert_eq!(session.receive(b"x", 0), 0);
}

#[test]
fn answers_that_nobody_asked_for_and_that_lie() {
    let mut session = session(b"EHLO x\r\n", 0);
    assert!(session.reply(Reply::OK, 0).is_err());
    deadline(&mut session, 0);
    flush(&mut session, 0);
    session.receive(b"MAIL FROM:<>\r\n", 0);
    assert!(matches!(session.step(0), Step::Mail(_)));
    let injected = Reply {
        text: "a\r\n250 b\0\u{e9}",
        code: 12,
        ..Reply::POLICY
    };
    session.reply(injected, 0).unwrap();
    assert_eq!(flush(&mut session, 0), "451 4.7.1 a??250 b???\r\n");
}

#[test]
fn every_reason_is_a_reply() {
    for reason in Reason::ALL {
        let reply = reason.reply();
        assert!((400..600).contains(&reply.code), "{reason:?}");
        assert!(reply.text.is_ascii() && reply.text.len() < 80, "{reason:?}");
    }
    for timer in Timer::ALL {
        assert!(timer.default_ms() > 0 && !timer.key().is_empty());
    }
}
