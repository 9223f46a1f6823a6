//! Properties over arbitrary input: the verdict does not depend on the cut, memory stays bounded, nothing panics.
//!
//! Input is made of the grammar's own pieces, put together wrongly as often as rightly, and of plain noise. The check
//! itself is `fuzz::connection`; a failing case is shrunk and printed with its input.

use http1::Limits;
use http1::client::AnswerReader;
use http1::fuzz;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::strategy::ValueTree;

/// Pieces that heads and bodies are made of, sound and not.
const PIECES: &[&str] = &[
    "GET ",
    "POST ",
    "HEAD ",
    "/",
    "/mms",
    "http://mmsc",
    "?x=1",
    " ",
    "HTTP/1.1",
    "HTTP/1.0",
    "HTTP/2.0",
    "\r\n",
    "\r\n\r\n",
    "\r",
    "\n",
    "\t",
    ":",
    "\0",
    "Host: x\r\n",
    "Host: ",
    "Content-Length: 3\r\n",
    "Content-Length: 150\r\n",
    "Content-Length: 0\r\n",
    "Content-Length: ",
    "Transfer-Encoding: chunked\r\n",
    "Connection: close\r\n",
    "Connection: keep-alive\r\n",
    "Expect: 100-continue\r\n",
    "X: y\r\n",
    "abc",
    "3\r\nabc\r\n",
    "0\r\n\r\n",
    "0\r\nX: y\r\n\r\n",
    "1;e=f\r\n",
    "40\r\n",
    "5\r\n",
    "ffffffffffffffff\r\n",
    "GET / HTTP/1.1\r\nHost: x\r\n\r\n",
    "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc",
    "POST /c HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n",
    "POST / HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 100\r\n\r\n",
];

/// Request lines, most of them sound.
const FIRST_LINES: &[&str] = &[
    "GET / HTTP/1.1",
    "POST /mms HTTP/1.1",
    "POST http://mmsc/ HTTP/1.1",
    "POST / HTTP/1.0",
    "PUT /?x HTTP/1.1",
    "CONNECT x:1 HTTP/1.1",
    "GET http:/// HTTP/1.1",
    "GET / HTTP/2.0",
];

/// Field lines that frame.
const FIELD_LINES: &[&str] = &[
    "Content-Length: 20\r\n",
    "Content-Length: 150\r\n",
    "Transfer-Encoding: chunked\r\n",
    "Transfer-Encoding: gzip\r\n",
    "Connection: close\r\n",
    "Connection: keep-alive\r\n",
    "Expect: 100-continue\r\n",
    "Expect: more\r\n",
    "X: y\r\n",
    "X-Long: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\r\n",
    "X : y\r\n",
    " folded\r\n",
];

fn grammatical() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        12 => prop::sample::select(PIECES).prop_map(|text| text.as_bytes().to_vec()),
        1 => vec(any::<u8>(), 0..80),
        1 => (0_usize..250).prop_map(|octets| vec![b'a'; octets]),
    ];
    // Half of the cases begin with whole lines, so that they come past the head.
    let lines = (
        prop::sample::select(FIRST_LINES),
        vec(prop::sample::select(FIELD_LINES), 0..12),
    )
        .prop_map(|(first, fields)| format!("{first}\r\nHost: x\r\n{}\r\n", fields.concat()));
    (prop::option::of(lines), vec(piece, 0..24))
        .prop_map(|(lines, pieces)| [lines.unwrap_or_default().as_bytes(), &pieces.concat()].concat())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 3_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_cut_does_not_matter(cut in any::<u8>(), octets in grammatical()) {
        fuzz::connection(&[&[cut][..], &octets].concat());
    }

    #[test]
    fn noise_is_survived(octets in vec(any::<u8>(), 0..400)) {
        fuzz::connection(&octets);
    }

    #[test]
    fn sound_requests_come_through(
        cut in 1_usize..200,
        bodies in vec((vec(any::<u8>(), 0..3_000), prop::option::of(1_usize..700)), 1..5),
    ) {
        let mut input = Vec::new();
        for (body, chunk) in &bodies {
            input.extend_from_slice(b"POST /p HTTP/1.1\r\nHost: x\r\n");
            match chunk {
                None => {
                    input.extend_from_slice(format!("Content-Length: {}\r\n\r\n", body.len()).as_bytes());
                    input.extend_from_slice(body);
                }
                Some(octets) => {
                    input.extend_from_slice(b"Transfer-Encoding: chunked\r\n\r\n");
                    body.chunks(*octets).for_each(|part| http1::client::write_chunk(&mut input, part));
                    http1::client::write_last_chunk(&mut input);
                }
            }
        }
        let verdict = fuzz::run(&input, Limits::DEFAULT, cut);
        prop_assert_eq!(verdict.refused, None);
        let found: Vec<&[u8]> = verdict.requests.iter().map(|request| &request.body[..]).collect();
        let sent: Vec<&[u8]> = bodies.iter().map(|(body, _)| &body[..]).collect();
        prop_assert_eq!(found, sent);
    }

    #[test]
    fn answers_are_read_the_same_in_any_cut(cut in 1_usize..40, pieces in grammatical()) {
        let octets = [b"HTTP/1.1 200 OK\r\n", &pieces[..]].concat();
        let read = |cut: usize| {
            let mut reader = AnswerReader::new(fuzz::LIMITS);
            let mut events = Vec::new();
            for piece in octets.chunks(cut) {
                reader.receive(piece);
                loop {
                    match reader.step() {
                        Ok(Some(event)) => events.push(Ok(event)),
                        Ok(None) => break,
                        Err(error) => {
                            events.push(Err(error));
                            return events;
                        }
                    }
                }
            }
            reader.end_of_stream();
            events.push(reader.step().map(|event| event.unwrap_or(http1::client::AnswerEvent::Continue)));
            events
        };
        prop_assert_eq!(read(usize::MAX), read(cut));
    }
}

/// The canary of the generator: it must reach requests in plenty, and refusals of many kinds, or it proves nothing.
#[test]
fn the_generator_reaches_requests_and_refusals() {
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let strategy = grammatical();
    let (mut requests, mut oversize, mut reasons) = (0, 0, std::collections::BTreeSet::new());
    for _ in 0..6_000 {
        let octets = strategy.new_tree(&mut runner).unwrap().current();
        let verdict = fuzz::run(&octets, fuzz::LIMITS, usize::MAX);
        requests += verdict.requests.len();
        oversize += verdict
            .requests
            .iter()
            .filter(|request| request.oversize_octets.is_some())
            .count();
        reasons.extend(verdict.refused.map(|reason| format!("{reason:?}")));
    }
    assert!(
        requests > 500 && oversize > 5,
        "{requests} requests, {oversize} oversize"
    );
    assert!(reasons.len() >= 20, "{reasons:?}");
}
