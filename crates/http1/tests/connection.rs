//! The machine's conduct in time: pipelining, 100-continue, deadlines, lingering, retirement.
//!
//! Each test plays the caller's part by hand. Invariant: the clock is the test's own number.
#![expect(
    clippy::panic,
    clippy::unwrap_used,
    reason = "a helper that fails fails its test"
)]

use http1::fuzz::LIMITS;
use http1::{Close, Connection, Limits, Persistence, Reason, Refusal, Request, Response, Step};

const GET: &[u8] = b"GET /a HTTP/1.1\r\nHost: x\r\n\r\n";

fn give(connection: &mut Connection, mut octets: &[u8], now_ms: u64) -> Step {
    loop {
        let taken = connection.receive(octets, now_ms);
        octets = &octets[taken..];
        let step = connection.step(now_ms);
        if octets.is_empty() || !matches!(step, Step::NeedMore { .. }) {
            assert!(
                octets.is_empty(),
                "{} octets were not taken: {step:?}",
                octets.len()
            );
            return step;
        }
    }
}

fn request(step: Step) -> Request {
    match step {
        Step::Request(request) => request,
        other => panic!("no request but {other:?}"),
    }
}

fn answer(connection: &mut Connection, now_ms: u64) -> (Persistence, String) {
    let mut out = Vec::new();
    let persistence = connection.respond(&mut out, &Response::new(200), now_ms).unwrap();
    connection.sent(now_ms);
    (persistence, String::from_utf8(out).unwrap())
}

/// One request is outstanding; the next is parsed after the answer was sent, not before.
#[test]
fn pipelined_requests_come_one_by_one() {
    let mut connection = Connection::new(Limits::DEFAULT, 0);
    let three = b"GET /1 HTTP/1.1\r\nHost: x\r\n\r\n\
        POST /2 HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\nok\
        GET /3 HTTP/1.1\r\nHost: x\r\n\r\n";
    assert_eq!(request(give(&mut connection, three, 0)).path(), "/1");
    assert_eq!(connection.step(0), Step::Wait { deadline_ms: None });
    let mut out = Vec::new();
    connection.respond(&mut out, &Response::new(200), 7).unwrap();
    assert_eq!(
        connection.step(7),
        Step::Wait {
            deadline_ms: Some(20_007)
        }
    );
    connection.sent(8);
    let second = request(connection.step(8));
    assert_eq!((second.path(), &second.body[..]), ("/2", &b"ok"[..]));
    answer(&mut connection, 9);
    assert_eq!(request(connection.step(9)).path(), "/3");
    answer(&mut connection, 10);
    assert_eq!(connection.step(10), Step::NeedMore { deadline_ms: 60_010 });
}

/// The peer may run ahead by one receive buffer and no further.
#[test]
fn a_peer_that_runs_ahead_is_held_back() {
    let mut connection = Connection::new(LIMITS, 0);
    request(give(&mut connection, GET, 0));
    let mut taken = 0;
    loop {
        let count = connection.receive(&[b'G'; 1000], 0);
        if count == 0 {
            break;
        }
        taken += count;
    }
    assert!(connection.receive_buffer().is_none());
    assert_eq!(taken, 64);
    assert!(connection.memory_octets() <= 64);
}

#[test]
fn answers_without_a_request_write_nothing() {
    let mut connection = Connection::new(Limits::DEFAULT, 0);
    let mut out = Vec::new();
    assert!(connection.respond(&mut out, &Response::new(200), 0).is_err());
    give(&mut connection, GET, 0);
    assert!(connection.respond(&mut out, &Response::new(200), 0).is_ok());
    let octets = out.len();
    assert!(connection.respond(&mut out, &Response::new(200), 0).is_err());
    assert_eq!(out.len(), octets);
}

/// RFC 9110 §10.1.1.
#[test]
fn expect_100_continue() {
    let head = |version: &str, rest: &str| {
        format!("POST / HTTP/{version}\r\nHost: x\r\nExpect: 100-Continue\r\n{rest}\r\n\r\n").into_bytes()
    };
    for rest in ["Content-Length: 3", "Transfer-Encoding: chunked"] {
        let mut connection = Connection::new(Limits::DEFAULT, 0);
        assert_eq!(
            give(&mut connection, &head("1.1", rest), 0),
            Step::Continue100,
            "{rest}"
        );
        // It is said once.
        assert!(matches!(connection.step(0), Step::NeedMore { .. }), "{rest}");
        let body: &[u8] = if rest.starts_with('C') {
            b"abc"
        } else {
            b"3\r\nabc\r\n0\r\n\r\n"
        };
        assert_eq!(request(give(&mut connection, body, 0)).body, b"abc", "{rest}");
    }
    // The body has begun to come: it is not said.
    let mut connection = Connection::new(Limits::DEFAULT, 0);
    let begun = [&head("1.1", "Content-Length: 3")[..], b"a"].concat();
    assert!(matches!(give(&mut connection, &begun, 0), Step::NeedMore { .. }));
    // Nothing to come.
    let mut connection = Connection::new(Limits::DEFAULT, 0);
    request(give(&mut connection, &head("1.1", "Content-Length: 0"), 0));
    // HTTP/1.0 never gets it.
    let mut connection = Connection::new(Limits::DEFAULT, 0);
    assert!(matches!(
        give(&mut connection, &head("1.0", "Content-Length: 3"), 0),
        Step::NeedMore { .. }
    ));
    // Too large to be worth it: refused before the peer sends it.
    let mut connection = Connection::new(LIMITS, 0);
    let step = give(&mut connection, &head("1.1", "Content-Length: 193"), 0);
    assert_eq!(
        step,
        Step::Refuse(Refusal {
            reason: Reason::BodyTooLarge
        })
    );
}

/// A body of known length is received into its own room, which ends where the body does.
#[test]
fn bodies_are_received_in_place() {
    let mut connection = Connection::new(Limits::DEFAULT, 0);
    give(
        &mut connection,
        b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100001\r\n\r\na",
        0,
    );
    let mut rooms = Vec::new();
    let delivered = loop {
        let room = connection.receive_buffer().unwrap();
        room.fill(b'b');
        let octets = room.len();
        rooms.push(octets);
        connection.received(octets, 0);
        if let Step::Request(request) = connection.step(0) {
            break request;
        }
    };
    assert_eq!(
        rooms,
        [4_095, 65_536, 30_369],
        "first as much as an announcement is worth"
    );
    assert_eq!(delivered.body.len(), 100_001);
    assert!(delivered.body[1..].iter().all(|octet| *octet == b'b'));
}

/// A chunk is received in place only if it is worth a receive of its own.
#[test]
fn long_chunks_are_received_in_place() {
    let head = "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n";
    for (size, room_octets) in [
        ("fff", 4_096),
        ("1000", 4_096),
        ("1001", 4_097),
        ("20000", 65_536),
    ] {
        let mut connection = Connection::new(Limits::DEFAULT, 0);
        give(&mut connection, format!("{head}{size}\r\n").as_bytes(), 0);
        assert_eq!(connection.receive_buffer().unwrap().len(), room_octets, "{size}");
    }
}

#[test]
fn http_1_0_hears_what_becomes_of_the_connection() {
    let mut connection = Connection::new(Limits::DEFAULT, 0);
    give(
        &mut connection,
        b"GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n",
        0,
    );
    let (persistence, head) = answer(&mut connection, 0);
    assert_eq!(persistence, Persistence::KeepAlive);
    assert!(head.contains("\r\nConnection: keep-alive\r\n"), "{head}");
    give(&mut connection, b"GET / HTTP/1.0\r\n\r\n", 0);
    let (persistence, head) = answer(&mut connection, 0);
    assert_eq!(persistence, Persistence::Close);
    assert!(
        head.contains("\r\nConnection: close\r\n") && head.contains("\r\nContent-Length: 0\r\n"),
        "{head}"
    );
    assert_eq!(connection.step(0), Step::Closed(Close::Answered));
    assert!(connection.receive_buffer().is_none());
}

#[test]
fn silence_between_requests_closes_without_a_word() {
    let mut connection = Connection::new(Limits::DEFAULT, 1_000);
    assert_eq!(connection.step(1_000), Step::NeedMore { deadline_ms: 61_000 });
    assert_eq!(connection.step(60_999), Step::NeedMore { deadline_ms: 61_000 });
    assert_eq!(connection.step(61_000), Step::Closed(Close::IdleTimeout));
    // After an answer it counts anew; empty lines don't count as a head.
    let mut connection = Connection::new(Limits::DEFAULT, 0);
    give(&mut connection, GET, 50_000);
    answer(&mut connection, 55_000);
    assert_eq!(
        give(&mut connection, b"\r\n", 100_000),
        Step::NeedMore { deadline_ms: 115_000 }
    );
    assert_eq!(connection.step(115_000), Step::Closed(Close::IdleTimeout));
}

/// A head has ten seconds from its first octet, however many octets trickle in.
#[test]
fn heads_have_a_deadline() {
    let mut connection = Connection::new(Limits::DEFAULT, 0);
    assert_eq!(
        give(&mut connection, b"G", 5_000),
        Step::NeedMore { deadline_ms: 15_000 }
    );
    assert_eq!(
        give(&mut connection, b"ET / HTTP/1.1\r\n", 14_999),
        Step::NeedMore { deadline_ms: 15_000 }
    );
    assert_eq!(
        connection.step(15_000),
        Step::Refuse(Refusal {
            reason: Reason::HeadTimeout
        })
    );
    // What is whole when the deadline comes is served.
    let mut connection = Connection::new(Limits::DEFAULT, 0);
    give(&mut connection, b"G", 5_000);
    request(give(&mut connection, &GET[1..], 15_000));
}

#[test]
fn bodies_have_deadlines_by_silence_rate_and_total() {
    let limits = Limits {
        body_grace_ms: 20_000,
        body_octets_per_s_min: 100,
        body_stall_ms: 30_000,
        body_ms_max: 100_000,
        ..Limits::DEFAULT
    };
    let begun = || {
        let mut connection = Connection::new(limits, 0);
        let step = give(
            &mut connection,
            b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\n",
            1_000,
        );
        // The rate counts after the grace.
        assert_eq!(step, Step::NeedMore { deadline_ms: 21_000 });
        connection
    };
    // By rate: 500 octets earn 5 seconds.
    let mut connection = begun();
    assert_eq!(
        give(&mut connection, &[b'a'; 500], 2_000),
        Step::NeedMore { deadline_ms: 26_000 }
    );
    assert_eq!(
        connection.step(26_000),
        Step::Refuse(Refusal {
            reason: Reason::BodyTimeout
        })
    );
    // By silence: 50,000 octets would earn 500 seconds.
    let mut connection = begun();
    assert_eq!(
        give(&mut connection, &[b'a'; 50_000], 2_000),
        Step::NeedMore { deadline_ms: 32_000 }
    );
    // By total.
    assert_eq!(
        give(&mut connection, b"a", 31_000),
        Step::NeedMore { deadline_ms: 61_000 }
    );
    assert_eq!(
        give(&mut connection, b"a", 60_000),
        Step::NeedMore { deadline_ms: 90_000 }
    );
    assert_eq!(
        give(&mut connection, b"a", 89_000),
        Step::NeedMore { deadline_ms: 101_000 }
    );
    assert_eq!(
        connection.step(101_000),
        Step::Refuse(Refusal {
            reason: Reason::BodyTimeout
        })
    );
}

#[test]
fn slow_readers_are_closed() {
    let mut connection = Connection::new(Limits::DEFAULT, 0);
    give(&mut connection, GET, 0);
    let response = Response {
        content_length: 5_000,
        ..Response::new(200)
    };
    connection.respond(&mut Vec::new(), &response, 1_000).unwrap();
    // 20 seconds of grace, and 5,000 octets at 500 a second.
    assert_eq!(
        connection.step(30_999),
        Step::Wait {
            deadline_ms: Some(31_000)
        }
    );
    assert_eq!(connection.step(31_000), Step::Closed(Close::SendTimeout));
}

/// After a refusal the peer's octets are dropped until it ends, for a while and up to a limit.
#[test]
fn refusals_linger() {
    let refused = || {
        let mut connection = Connection::new(LIMITS, 0);
        let step = give(&mut connection, b"BAD\r\n", 0);
        assert_eq!(
            step,
            Step::Refuse(Refusal {
                reason: Reason::RequestLineMalformed
            })
        );
        assert!(matches!(connection.step(0), Step::Wait { .. }));
        connection.sent(100);
        assert_eq!(connection.step(100), Step::NeedMore { deadline_ms: 2_100 });
        connection
    };
    let closed = Step::Closed(Close::Refused(Reason::RequestLineMalformed));
    let mut connection = refused();
    assert!(matches!(give(&mut connection, GET, 200), Step::NeedMore { .. }));
    assert_eq!(connection.step(2_100), closed);
    let mut connection = refused();
    connection.end_of_stream();
    assert_eq!(connection.step(200), closed);
    let mut connection = refused();
    assert_eq!(give(&mut connection, &[b'x'; 64], 200), closed);
}

#[test]
fn refusals_are_whole_answers() {
    for reason in Reason::ALL {
        let mut out = Vec::new();
        Refusal { reason: *reason }.write(&mut out);
        let text = String::from_utf8(out).unwrap();
        let (head, body) = text.split_once("\r\n\r\n").unwrap();
        assert!(
            head.starts_with(&format!("HTTP/1.1 {} ", reason.status())),
            "{head}"
        );
        assert!(
            head.contains(&format!("\r\nContent-Length: {}\r\n", body.len())),
            "{head}"
        );
        assert!(head.contains("\r\nConnection: close"), "{head}");
        assert_eq!(
            head.contains("\r\nRetry-After: 60"),
            reason.status() == 503,
            "{head}"
        );
        assert_eq!(body, reason.text());
    }
}

#[test]
fn the_peers_end() {
    let rows: &[(&[u8], Close)] = &[
        (b"", Close::PeerEnded),
        (b"\r\n", Close::PeerEnded),
        (b"GET / HT", Close::PeerTruncated),
        (
            b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nab",
            Close::PeerTruncated,
        ),
        (
            b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n0\r\n",
            Close::PeerTruncated,
        ),
    ];
    for (octets, close) in rows {
        let mut connection = Connection::new(Limits::DEFAULT, 0);
        connection.receive(octets, 0);
        connection.end_of_stream();
        assert_eq!(
            connection.step(0),
            Step::Closed(*close),
            "{:?}",
            String::from_utf8_lossy(octets)
        );
        assert_eq!(connection.step(9), Step::Closed(*close));
        assert_eq!(connection.memory_octets(), 0);
    }
    // What came whole before the end is served.
    let mut connection = Connection::new(Limits::DEFAULT, 0);
    connection.receive(&GET.repeat(2), 0);
    connection.end_of_stream();
    for _ in 0..2 {
        request(connection.step(0));
        answer(&mut connection, 0);
    }
    assert_eq!(connection.step(0), Step::Closed(Close::PeerEnded));
}

#[test]
fn retirement() {
    // An idle connection closes.
    let mut connection = Connection::new(Limits::DEFAULT, 0);
    connection.retire();
    assert_eq!(connection.step(0), Step::Closed(Close::Retired));
    // One with a request answers it and closes.
    let mut connection = Connection::new(Limits::DEFAULT, 0);
    connection.receive(&GET[..9], 0);
    connection.retire();
    assert!(matches!(connection.step(0), Step::NeedMore { .. }));
    request(give(&mut connection, &GET[9..], 0));
    assert_eq!(answer(&mut connection, 0).0, Persistence::Close);
    assert_eq!(connection.step(0), Step::Closed(Close::Answered));
}

/// A close with unread octets would reset the connection and could destroy the answer on its way.
#[test]
fn a_last_answer_lingers_over_unread_octets() {
    let mut connection = Connection::new(Limits::DEFAULT, 0);
    give(&mut connection, &[b"GET / HTTP/1.0\r\n\r\n", GET].concat(), 0);
    answer(&mut connection, 5);
    assert_eq!(connection.step(5), Step::NeedMore { deadline_ms: 2_005 });
    connection.end_of_stream();
    assert_eq!(connection.step(6), Step::Closed(Close::Answered));
}

#[test]
fn the_owner_may_close() {
    let mut connection = Connection::new(Limits::DEFAULT, 0);
    give(&mut connection, GET, 0);
    let response = Response {
        persistence: Persistence::Close,
        ..Response::new(503)
    };
    let persistence = connection.respond(&mut Vec::new(), &response, 0).unwrap();
    assert_eq!(persistence, Persistence::Close);
}

/// An idle connection gives the room of a long head back.
#[test]
fn idle_memory_is_small() {
    let mut connection = Connection::new(Limits::DEFAULT, 0);
    assert_eq!(connection.memory_octets(), 0);
    let long = format!("GET / HTTP/1.1\r\nHost: x\r\nX: {}\r\n\r\n", "a".repeat(15_000));
    request(give(&mut connection, long.as_bytes(), 0));
    assert_eq!(connection.memory_octets(), 16_384);
    answer(&mut connection, 0);
    connection.receive_buffer();
    assert_eq!(connection.memory_octets(), 4_096);
}
