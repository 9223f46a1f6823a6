//! Bodies and limits: chunked, oversize, exactly at each limit and one over.
//!
//! Invariants: what is at a limit passes, what is one over is refused or drained, and memory stays within its bound
//! (`fuzz::run` checks that after each step).

use http1::fuzz::{LIMITS, Verdict, run};
use http1::{Limits, Reason};

fn both(input: &[u8], limits: Limits) -> Verdict {
    let whole = run(input, limits, usize::MAX);
    assert_eq!(whole, run(input, limits, 1));
    whole
}

#[test]
fn chunked_bodies() {
    let rows: &[(&str, &[u8])] = &[
        ("0\r\n\r\n", b""),
        ("3\r\nabc\r\n0\r\n\r\n", b"abc"),
        ("1\r\na\r\n2\r\nbc\r\n0\r\n\r\n", b"abc"),
        ("A\r\n0123456789\r\n000\r\n\r\n", b"0123456789"),
        ("0000000000000003\r\n\r\n\r\r\n0\r\n\r\n", b"\r\n\r"),
        ("3;name=value\r\nabc\r\n0;last\r\n\r\n", b"abc"),
        ("3 \t;n=\"q\"\r\nabc\r\n0\r\n\r\n", b"abc"),
        ("3\r\nabc\r\n0\r\nX-Sum: 1\r\nY:\r\n\r\n", b"abc"),
    ];
    for (coded, body) in rows {
        let next = "GET /next HTTP/1.1\r\nHost: x\r\n\r\n";
        let input = format!("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n{coded}{next}");
        let verdict = both(input.as_bytes(), Limits::DEFAULT);
        assert_eq!((verdict.refused, verdict.requests.len()), (None, 2), "{coded:?}");
        assert_eq!(verdict.requests[0].body, *body, "{coded:?}");
        assert_eq!(verdict.requests[0].oversize_octets, None);
        assert_eq!(verdict.requests[1].path(), "/next");
    }
}

/// A body in one of its two framings, counting up from 0 modulo 251, so that misplaced octets show.
fn post(octets: usize, chunk_octets: Option<usize>) -> (Vec<u8>, Vec<u8>) {
    let body: Vec<u8> = (0..octets).map(|index| (index % 251) as u8).collect();
    let mut input = b"POST / HTTP/1.1\r\nHost: x\r\n".to_vec();
    match chunk_octets {
        None => {
            input.extend_from_slice(format!("Content-Length: {octets}\r\n\r\n").as_bytes());
            input.extend_from_slice(&body);
        }
        Some(chunk_octets) => {
            input.extend_from_slice(b"Transfer-Encoding: chunked\r\n\r\n");
            for chunk in body.chunks(chunk_octets) {
                http1::client::write_chunk(&mut input, chunk);
            }
            http1::client::write_last_chunk(&mut input);
        }
    }
    (input, body)
}

/// `fuzz::LIMITS`: 96 octets are kept, 192 are drained with 16 kept, more are refused.
#[test]
fn oversize_bodies_are_drained_then_refused() {
    for chunk_octets in [None, Some(1), Some(7), Some(96), Some(97), Some(1000)] {
        for (octets, kept, oversize) in [
            (0, 0, None),
            (1, 1, None),
            (95, 95, None),
            (96, 96, None),
            (97, 16, Some(97)),
            (191, 16, Some(191)),
            (192, 16, Some(192)),
        ] {
            let (mut input, body) = post(octets, chunk_octets);
            input.extend_from_slice(b"GET /next HTTP/1.1\r\nHost: x\r\n\r\n");
            let verdict = both(&input, LIMITS);
            let note = format!("{octets} octets, chunks {chunk_octets:?}: {:?}", verdict.refused);
            assert_eq!(verdict.requests.len(), 2, "{note}");
            assert_eq!(verdict.requests[0].body, body[..kept], "{note}");
            assert_eq!(verdict.requests[0].oversize_octets, oversize, "{note}");
            assert_eq!(verdict.requests[1].path(), "/next", "{note}");
        }
        let verdict = both(&post(193, chunk_octets).0, LIMITS);
        assert_eq!(
            (verdict.refused, verdict.requests.len()),
            (Some(Reason::BodyTooLarge), 0)
        );
    }
}

#[test]
fn large_bodies_arrive_unchanged_in_any_cut() {
    let limits = Limits::DEFAULT;
    for chunk_octets in [None, Some(1024), Some(100_000)] {
        let (input, body) = post(300_000, chunk_octets);
        for piece_octets in [usize::MAX, 65_536, 4_096, 1_447] {
            let verdict = run(&input, limits, piece_octets);
            assert_eq!(verdict.refused, None);
            assert!(
                verdict.requests[0].body == body,
                "chunks {chunk_octets:?}, pieces {piece_octets}"
            );
        }
    }
    // A body of known length has its size reserved, and room for a field: nothing is copied to grow.
    let verdict = run(&post(300_000, None).0, limits, usize::MAX);
    assert_eq!(verdict.requests[0].body.capacity(), 300_016);
}

/// A request that has exactly so many octets of head.
fn head_of(octets: usize) -> String {
    let frame = "GET / HTTP/1.1\r\nHost: x\r\nX: \r\n\r\n";
    frame.replace("X: ", &format!("X: {}", "a".repeat(octets - frame.len())))
}

#[test]
fn heads_at_their_limit() {
    let refused = |input: &str| both(input.as_bytes(), LIMITS).refused;
    assert_eq!(refused(&head_of(512)), None);
    assert_eq!(refused(&head_of(513)), Some(Reason::HeadTooLong));
    let line = |octets: usize| {
        format!(
            "GET /{} HTTP/1.1\r\nHost: x\r\n\r\n",
            "a".repeat(octets - "GET / HTTP/1.1".len())
        )
    };
    assert_eq!(refused(&line(128)), None);
    assert_eq!(refused(&line(129)), Some(Reason::RequestLineTooLong));
    let fields = |count: usize| {
        format!(
            "GET / HTTP/1.1\r\nHost: x\r\n{}\r\n",
            "X: y\r\n".repeat(count - 1)
        )
    };
    assert_eq!(refused(&fields(8)), None);
    assert_eq!(refused(&fields(9)), Some(Reason::FieldsTooMany));
    // The default's ceiling is the tokeniser's table.
    let many = |count| both(fields(count).as_bytes(), Limits::DEFAULT).refused;
    for count in [24, 25, 100] {
        assert_eq!(many(count), None, "{count} fields");
    }
    assert_eq!(many(101), Some(Reason::FieldsTooMany));
}

#[test]
fn extensions_and_trailers_at_their_limit() {
    let refused = |coded: String| {
        let input = format!("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n{coded}");
        both(input.as_bytes(), LIMITS).refused
    };
    // The semicolon counts; the bound is on all extensions of a body together.
    assert_eq!(
        refused(format!(
            "1;{}\r\na\r\n0;{}\r\n\r\n",
            "e".repeat(11),
            "e".repeat(11)
        )),
        None
    );
    let over = format!("1;{}\r\na\r\n0;{}\r\n\r\n", "e".repeat(11), "e".repeat(12));
    assert_eq!(refused(over), Some(Reason::ChunkExtensionTooLong));
    // 48 octets: "X:" + value + CR LF, the carriage return and line feed counted.
    assert_eq!(refused(format!("0\r\nX:{}\r\n\r\n", "t".repeat(44))), None);
    assert_eq!(
        refused(format!("0\r\nX:{}\r\n\r\n", "t".repeat(45))),
        Some(Reason::TrailerTooLong)
    );
}

#[test]
fn requests_of_one_connection_are_limited() {
    let input = "GET / HTTP/1.1\r\nHost: x\r\n\r\n".repeat(7);
    let verdict = both(input.as_bytes(), LIMITS);
    assert_eq!((verdict.requests.len(), verdict.last.as_str()), (5, "Answered"));
}

/// Rows of (a bound changed for the worse).
#[test]
fn contradicting_limits_are_seen() {
    let sound = Limits::DEFAULT;
    assert!(sound.relations_hold());
    for broken in [
        Limits {
            head_octets_max: 65_536,
            ..sound
        },
        Limits {
            request_line_octets_max: sound.head_octets_max,
            ..sound
        },
        Limits {
            fields_max: 101,
            ..sound
        },
        Limits {
            fields_max: 0,
            ..sound
        },
        Limits {
            body_octets_max: sound.drain_octets_max + 1,
            ..sound
        },
        Limits {
            body_octets_max: 10,
            ..sound
        },
        Limits {
            receive_octets: 0,
            ..sound
        },
        Limits {
            receive_octets: 65_537,
            ..sound
        },
        Limits {
            requests_max: 0,
            ..sound
        },
        Limits {
            connections_max: 0,
            ..sound
        },
        Limits {
            body_octets_per_s_min: 0,
            ..sound
        },
        Limits {
            send_octets_per_s_min: 0,
            ..sound
        },
        Limits {
            body_grace_ms: sound.body_ms_max + 1,
            ..sound
        },
        Limits {
            linger_ms: sound.idle_ms + 1,
            ..sound
        },
    ] {
        assert!(!broken.relations_hold(), "{broken:?}");
    }
}
