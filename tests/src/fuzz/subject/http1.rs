//! HTTP/1.1 connections: pipelined requests and answers, and a client that reads them.
//!
//! A subject of the fuzzers. Invariant: the first octet of each input tells how the rest is cut into reads, as
//! `http1::fuzz::connection` wants it.

use http1::client::{
    AnswerEvent, AnswerExpected, AnswerReader, ClientError, RequestBody, RequestHead, write_chunk,
    write_last_chunk, write_request,
};
use http1::{Version, fuzz};

use crate::fuzz::{Dice, Format, Layout};

/// What a client sends on a connection.
pub const REQUESTS: Format = Format {
    make: |dice| {
        let mut out = vec![dice.octet()];
        for _ in 0..=dice.below(4) {
            request(dice, &mut out);
        }
        out
    },
    edit_length,
    repair: |_, _| {},
    layout: Layout::Stream,
    tokens: TOKENS,
    octets_max: 1_200,
};

/// What a server sends on a connection.
pub const ANSWERS: Format = Format {
    make: |dice| {
        let mut out = vec![dice.octet()];
        for _ in 0..=dice.below(3) {
            answer(dice, &mut out);
        }
        out
    },
    ..REQUESTS
};

const TOKENS: &[&[u8]] = &[
    b"\r\n",
    b"\n",
    b"\r",
    b"\r\n\r\n",
    b"\n\n",
    b" ",
    b"\t",
    b":",
    b"\0",
    b"\x0B",
    b"\r\nContent-Length: 3",
    b"\r\nContent-Length: 3, 3",
    b"\r\nContent-Length: +3",
    b"\r\ncontent-length:0003",
    b"\r\nTransfer-Encoding: chunked",
    b"\r\nTransfer-Encoding : chunked",
    b"\r\nTransfer-Encoding: chunked, chunked",
    b"\r\nTransfer-Encoding: gzip, chunked",
    b"\r\nTransfer-Encoding:\x0Bchunked",
    b"\r\nConnection: close",
    b"\r\nConnection: keep-alive, close",
    b"\r\nExpect: 100-continue",
    b"\r\nHost: other",
    b"\r\n folded",
    b"\r\nX: y",
    b" HTTP/1.1\r\n",
    b" HTTP/1.0\r\n",
    b"0\r\n\r\n",
    b"0\r\nX: y\r\n\r\n",
    b"1;e=\"f\"\r\n",
    b"ffffffffffffffff\r\n",
    b"10000000000000000\r\n",
    b"GET / HTTP/1.1\r\nHost: x\r\n\r\n",
    b"HTTP/1.1 204 No Content\r\n\r\n",
];

const FIELDS: &[(&str, &str)] = &[
    ("Content-Type", "application/vnd.wap.mms-message"),
    ("Connection", "keep-alive"),
    ("Connection", "close"),
    ("Expect", "100-continue"),
    ("X-MSISDN", "447700900001"),
    ("Accept", "*/*"),
    (
        "X-Long",
        "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
    ),
];

const TARGETS: &[&str] = &["/", "/mms", "http://mmsc/", "http://mmsc:8080/a?b=c", "/?x", "*"];

const METHODS: &[&str] = &["GET", "POST", "POST", "HEAD", "PUT"];

fn request(dice: &mut Dice, out: &mut Vec<u8>) {
    let data = dice.noise(60);
    let body = match dice.below(4) {
        0 => RequestBody::None,
        1 => RequestBody::Chunked,
        _ => RequestBody::Octets(data.len() as u64),
    };
    let fields: Vec<_> = (0..dice.below(4))
        .filter_map(|_| dice.pick(FIELDS).copied())
        .collect();
    let head = RequestHead {
        method: dice.pick(METHODS).copied().unwrap_or("GET"),
        target: dice.pick(TARGETS).copied().unwrap_or("/"),
        version: if dice.one_in(6) {
            Version::Http10
        } else {
            Version::Http11
        },
        host: (!dice.one_in(12)).then_some("mmsc"),
        fields: &fields,
        body,
    };
    write_request(out, &head);
    append_body(dice, out, body, &data);
}

fn append_body(dice: &mut Dice, out: &mut Vec<u8>, body: RequestBody, data: &[u8]) {
    match body {
        RequestBody::None => {}
        RequestBody::Octets(_) => out.extend_from_slice(data),
        RequestBody::Chunked => {
            for piece in data.chunks(1 + dice.below(40)) {
                write_chunk(out, piece);
            }
            write_last_chunk(out);
        }
    }
}

fn answer(dice: &mut Dice, out: &mut Vec<u8>) {
    let status = [100, 200, 204, 304, 400, 503][dice.below(6)];
    out.extend_from_slice(format!("HTTP/1.1 {status} Word\r\n").as_bytes());
    for _ in 0..dice.below(3) {
        if let Some((name, value)) = dice.pick(FIELDS) {
            out.extend_from_slice(format!("{name}: {value}\r\n").as_bytes());
        }
    }
    let data = dice.noise(60);
    let bodiless = matches!(status, 100 | 204 | 304) && !dice.one_in(8);
    match dice.below(12) {
        _ if bodiless => out.extend_from_slice(b"\r\n"),
        0 => out.extend_from_slice(b"\r\n"),
        1..=4 => {
            out.extend_from_slice(b"Transfer-Encoding: chunked\r\n\r\n");
            append_body(dice, out, RequestBody::Chunked, &data);
        }
        _ => {
            out.extend_from_slice(format!("Content-Length: {}\r\n\r\n", data.len()).as_bytes());
            out.extend_from_slice(&data);
        }
    }
}

/// Changes a digit, most of which stand in lengths.
pub fn edit_length(dice: &mut Dice, bytes: &mut [u8]) {
    for _ in 0..32 {
        let at = dice.below(bytes.len()).max(1);
        if let Some(octet) = bytes.get_mut(at).filter(|octet| octet.is_ascii_hexdigit()) {
            *octet = dice.pick(b"0123456789afAF+-x, ").copied().unwrap_or(b'9');
            return;
        }
    }
}

/// Whether every octet was taken for sound requests, and there was one.
pub fn accepts_request(bytes: &[u8]) -> bool {
    let verdict = fuzz::run(bytes.get(1..).unwrap_or_default(), fuzz::LIMITS, usize::MAX);
    verdict.refused.is_none() && !verdict.requests.is_empty()
}

/// Whether every octet was taken for sound answers, and there was one.
pub fn accepts_answer(bytes: &[u8]) -> bool {
    let events = read_answers(
        bytes.get(1..).unwrap_or_default(),
        usize::MAX,
        AnswerExpected::WithBody,
    );
    events.iter().all(Result::is_ok) && !events.is_empty()
}

/// Reads answers in one piece, in pieces, and octet by octet; the first octet tells how.
pub fn answers(bytes: &[u8]) {
    let Some((&cut, octets)) = bytes.split_first() else {
        return;
    };
    let expected = if cut % 8 == 0 {
        AnswerExpected::HeadOnly
    } else {
        AnswerExpected::WithBody
    };
    let whole = read_answers(octets, usize::MAX, expected);
    let pieces = read_answers(octets, usize::from(cut / 2) + 1, expected);
    assert_eq!(whole, pieces, "what is read depends on the cut");
    if cut % 2 == 1 {
        assert_eq!(
            whole,
            read_answers(octets, 1, expected),
            "what is read depends on the cut"
        );
    }
}

/// All events up to the end or the first error.
fn read_answers(
    octets: &[u8],
    piece_octets: usize,
    expected: AnswerExpected,
) -> Vec<Result<AnswerEvent, ClientError>> {
    let mut reader = AnswerReader::new(fuzz::LIMITS);
    reader.expect(expected);
    let mut events = Vec::new();
    for piece in octets.chunks(piece_octets.min(octets.len().max(1))) {
        reader.receive(piece);
        if drain(&mut reader, octets.len(), &mut events).is_err() {
            return events;
        }
    }
    reader.end_of_stream();
    // An error ends it and is among the events.
    let _ = drain(&mut reader, octets.len(), &mut events);
    events
}

fn drain(
    reader: &mut AnswerReader,
    octets: usize,
    events: &mut Vec<Result<AnswerEvent, ClientError>>,
) -> Result<(), ()> {
    loop {
        // The shortest answer has more octets than one.
        assert!(events.len() <= octets, "more answers than octets");
        match reader.step() {
            Ok(Some(event)) => events.push(Ok(event)),
            Ok(None) => return Ok(()),
            Err(error) => {
                events.push(Err(error));
                return Err(());
            }
        }
    }
}

/// A server and a proxy before it that disagree: one takes the first Content-Length, the other the last.
pub fn canary(bytes: &[u8]) {
    let Some(end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") else {
        return;
    };
    let head = String::from_utf8_lossy(&bytes[..end]).to_ascii_lowercase();
    let lengths: Vec<u64> = head
        .split("\r\n")
        .filter_map(|line| line.strip_prefix("content-length:")?.trim().parse().ok())
        .collect();
    assert_eq!(
        lengths.first(),
        lengths.last(),
        "the canary's two readers disagree"
    );
}
