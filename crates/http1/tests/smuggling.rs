//! The smuggling suite: inputs whose end two readers could see in two places.
//!
//! Each row carries a second request, `GET /smuggled`, where a lenient reader would find one. Invariants: it never
//! comes out; the refusal has its reason; the connection ends. Sources of the shapes: RFC 9112 §11.2 and the public
//! classes CL.TE, TE.CL, TE.TE, CL.0, chunk-extension and trailer confusion.

use http1::Limits;
use http1::Reason;
use http1::fuzz::run;

const SMUGGLED: &str = "GET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n";

/// (fields, body) of a POST, with the reason for which it is refused.
const ROWS: &[(&str, &str, Reason)] = &[
    // Content-Length beside Transfer-Encoding, both orders.
    (
        "Content-Length: 5\r\nTransfer-Encoding: chunked",
        "0\r\n\r\n",
        Reason::LengthAndCoding,
    ),
    (
        "Transfer-Encoding: chunked\r\nContent-Length: 5",
        "0\r\n\r\n",
        Reason::LengthAndCoding,
    ),
    (
        "Content-Length: 0\r\nTransfer-Encoding: chunked",
        "0\r\n\r\n",
        Reason::LengthAndCoding,
    ),
    (
        "Content-Length: 6\r\nTransfer-Encoding: identity",
        "abcdef",
        Reason::LengthAndCoding,
    ),
    (
        "Content-Length: 6\r\nTransfer-Encoding:",
        "abcdef",
        Reason::LengthAndCoding,
    ),
    // Several lengths.
    (
        "Content-Length: 0\r\nContent-Length: 44",
        "",
        Reason::ContentLengthRepeated,
    ),
    (
        "Content-Length: 0\r\nContent-Length: 0",
        "",
        Reason::ContentLengthRepeated,
    ),
    (
        "Content-Length: 0\r\ncontent-length: 0",
        "",
        Reason::ContentLengthRepeated,
    ),
    ("Content-Length: 0, 0", "", Reason::ContentLengthMalformed),
    ("Content-Length: 0,44", "", Reason::ContentLengthMalformed),
    // Lengths that readers take differently.
    ("Content-Length:", "", Reason::ContentLengthMalformed),
    ("Content-Length: +0", "", Reason::ContentLengthMalformed),
    ("Content-Length: -0", "", Reason::ContentLengthMalformed),
    ("Content-Length: -1", "", Reason::ContentLengthMalformed),
    ("Content-Length: 0x0", "", Reason::ContentLengthMalformed),
    ("Content-Length: 0 0", "", Reason::ContentLengthMalformed),
    ("Content-Length: 0;a", "", Reason::ContentLengthMalformed),
    ("Content-Length: \"0\"", "", Reason::ContentLengthMalformed),
    ("Content-Length: 0.0", "", Reason::ContentLengthMalformed),
    ("Content-Length: 1e0", "", Reason::ContentLengthMalformed),
    ("Content-Length: 1_0", "", Reason::ContentLengthMalformed),
    ("Content-Length: \u{b2}", "", Reason::ContentLengthMalformed),
    (
        "Content-Length: 18446744073709551616",
        "",
        Reason::ContentLengthMalformed,
    ),
    ("Content-Length: 18446744073709551615", "", Reason::BodyTooLarge),
    ("Content-Length : 0", "", Reason::FieldMalformed),
    ("Content-Length\t: 0", "", Reason::FieldMalformed),
    ("X: y\r\n Content-Length: 0", "", Reason::LineFolded),
    ("Content-Length:\r\n 0", "", Reason::LineFolded),
    ("Content-Length: 0\nX: y", "", Reason::LineFeedBare),
    ("X: y\rContent-Length: 0", "", Reason::CarriageReturnBare),
    ("X: y\0\r\nContent-Length: 0", "", Reason::ControlOctet),
    // Codings that readers take differently.
    (
        "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked",
        "0\r\n\r\n",
        Reason::CodingRepeated,
    ),
    (
        "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity",
        "0\r\n\r\n",
        Reason::CodingRepeated,
    ),
    (
        "Transfer-Encoding: chunked, chunked",
        "0\r\n\r\n",
        Reason::CodingUnknown,
    ),
    (
        "Transfer-Encoding: chunked, identity",
        "0\r\n\r\n",
        Reason::CodingUnknown,
    ),
    (
        "Transfer-Encoding: identity, chunked",
        "0\r\n\r\n",
        Reason::CodingUnknown,
    ),
    (
        "Transfer-Encoding: gzip, chunked",
        "0\r\n\r\n",
        Reason::CodingUnknown,
    ),
    ("Transfer-Encoding: xchunked", "0\r\n\r\n", Reason::CodingUnknown),
    (
        "Transfer-Encoding: chunked;q=1",
        "0\r\n\r\n",
        Reason::CodingUnknown,
    ),
    (
        "Transfer-Encoding: \"chunked\"",
        "0\r\n\r\n",
        Reason::CodingUnknown,
    ),
    ("Transfer-Encoding: identity", "", Reason::CodingUnknown),
    ("Transfer-Encoding:", "", Reason::CodingUnknown),
    (
        "Transfer-Encoding: \u{b}chunked",
        "0\r\n\r\n",
        Reason::ControlOctet,
    ),
    ("Transfer-Encoding : chunked", "0\r\n\r\n", Reason::FieldMalformed),
    ("Transfer-Encoding\r\n : chunked", "0\r\n\r\n", Reason::LineFolded),
    (
        "X: y\nTransfer-Encoding: chunked",
        "0\r\n\r\n",
        Reason::LineFeedBare,
    ),
    // Chunk sizes that readers take differently.
    (
        "Transfer-Encoding: chunked",
        "0x0\r\n\r\n",
        Reason::ChunkSizeMalformed,
    ),
    (
        "Transfer-Encoding: chunked",
        "+0\r\n\r\n",
        Reason::ChunkSizeMalformed,
    ),
    (
        "Transfer-Encoding: chunked",
        "-0\r\n\r\n",
        Reason::ChunkSizeMalformed,
    ),
    (
        "Transfer-Encoding: chunked",
        " 0\r\n\r\n",
        Reason::ChunkSizeMalformed,
    ),
    (
        "Transfer-Encoding: chunked",
        "0 \r\n\r\n",
        Reason::ChunkSizeMalformed,
    ),
    (
        "Transfer-Encoding: chunked",
        "0 0\r\n\r\n",
        Reason::ChunkSizeMalformed,
    ),
    (
        "Transfer-Encoding: chunked",
        "0_0\r\n\r\n",
        Reason::ChunkSizeMalformed,
    ),
    (
        "Transfer-Encoding: chunked",
        "g\r\n\r\n",
        Reason::ChunkSizeMalformed,
    ),
    (
        "Transfer-Encoding: chunked",
        "\r\n0\r\n\r\n",
        Reason::ChunkSizeMalformed,
    ),
    (
        "Transfer-Encoding: chunked",
        ";a\r\n\r\n",
        Reason::ChunkSizeMalformed,
    ),
    (
        "Transfer-Encoding: chunked",
        "00000000000000000\r\n\r\n",
        Reason::ChunkSizeMalformed,
    ),
    (
        "Transfer-Encoding: chunked",
        "10000000000000000\r\n\r\n",
        Reason::ChunkSizeMalformed,
    ),
    (
        "Transfer-Encoding: chunked",
        "ffffffffffffffff\r\n\r\n",
        Reason::BodyTooLarge,
    ),
    (
        "Transfer-Encoding: chunked",
        "1\r\na\r\nfffffffffffffffe\r\n",
        Reason::BodyTooLarge,
    ),
    (
        "Transfer-Encoding: chunked",
        "0\n\r\n",
        Reason::ChunkSizeMalformed,
    ),
    (
        "Transfer-Encoding: chunked",
        "0\r\r\n\r\n",
        Reason::ChunkSizeMalformed,
    ),
    (
        "Transfer-Encoding: chunked",
        "0;a\n\r\n",
        Reason::ChunkSizeMalformed,
    ),
    (
        "Transfer-Encoding: chunked",
        "0;a\rb\r\n\r\n",
        Reason::ChunkSizeMalformed,
    ),
    (
        "Transfer-Encoding: chunked",
        "0;a\0\r\n\r\n",
        Reason::ChunkSizeMalformed,
    ),
    // Chunks that end elsewhere than they say.
    (
        "Transfer-Encoding: chunked",
        "1\r\nab\r\n0\r\n\r\n",
        Reason::ChunkEndMalformed,
    ),
    (
        "Transfer-Encoding: chunked",
        "1\r\na\n0\r\n\r\n",
        Reason::ChunkEndMalformed,
    ),
    (
        "Transfer-Encoding: chunked",
        "1\r\na0\r\n\r\n",
        Reason::ChunkEndMalformed,
    ),
    (
        "Transfer-Encoding: chunked",
        "1\r\na\r0\r\n\r\n",
        Reason::ChunkEndMalformed,
    ),
    // Trailers.
    (
        "Transfer-Encoding: chunked",
        "0\r\nX: y\n\r\n",
        Reason::TrailerMalformed,
    ),
    (
        "Transfer-Encoding: chunked",
        "0\r\nX: y\rZ: 1\r\n\r\n",
        Reason::TrailerMalformed,
    ),
    (
        "Transfer-Encoding: chunked",
        "0\r\n X: y\r\n\r\n",
        Reason::TrailerMalformed,
    ),
    (
        "Transfer-Encoding: chunked",
        "0\r\nX: y\r\n z\r\n\r\n",
        Reason::TrailerMalformed,
    ),
    (
        "Transfer-Encoding: chunked",
        "0\r\nX y\r\n\r\n",
        Reason::TrailerMalformed,
    ),
    (
        "Transfer-Encoding: chunked",
        "0\r\nX : y\r\n\r\n",
        Reason::TrailerMalformed,
    ),
    (
        "Transfer-Encoding: chunked",
        "0\r\n: y\r\n\r\n",
        Reason::TrailerMalformed,
    ),
    ("Transfer-Encoding: chunked", "0\r\n\n", Reason::TrailerMalformed),
    ("Transfer-Encoding: chunked", "0\r\n\rx", Reason::TrailerMalformed),
];

#[test]
fn nothing_is_smuggled() {
    for (fields, body, reason) in ROWS {
        let input = format!("POST /first HTTP/1.1\r\nHost: x\r\n{fields}\r\n\r\n{body}{SMUGGLED}");
        for piece_octets in [usize::MAX, 7, 1] {
            let verdict = run(input.as_bytes(), Limits::DEFAULT, piece_octets);
            assert_eq!(verdict.refused, Some(*reason), "{fields:?} {body:?}");
            assert!(verdict.requests.is_empty(), "{fields:?} {body:?}");
            assert_eq!(
                verdict.last,
                format!("Refused({reason:?})"),
                "{fields:?} {body:?}"
            );
        }
    }
}

/// A coding on HTTP/1.0 is faulty framing (RFC 9112 §6.1), with and without a length.
#[test]
fn codings_on_http_1_0() {
    for (fields, reason) in [
        ("Transfer-Encoding: chunked", Reason::CodingOnOldVersion),
        ("Transfer-Encoding: identity", Reason::CodingOnOldVersion),
        (
            "Transfer-Encoding: chunked\r\nContent-Length: 0",
            Reason::LengthAndCoding,
        ),
    ] {
        let input =
            format!("POST / HTTP/1.0\r\nConnection: keep-alive\r\n{fields}\r\n\r\n0\r\n\r\n{SMUGGLED}");
        let verdict = run(input.as_bytes(), Limits::DEFAULT, usize::MAX);
        assert_eq!(
            (verdict.refused, verdict.requests.len()),
            (Some(reason), 0),
            "{fields}"
        );
    }
}

/// What looks like a second request but is a body's, an extension's, a trailer's or a dropped rest's.
#[test]
fn what_is_inside_stays_inside() {
    let length = SMUGGLED.len();
    let rows = [
        format!("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: {length}\r\n\r\n{SMUGGLED}"),
        format!("GET / HTTP/1.1\r\nHost: x\r\nContent-Length: {length}\r\n\r\n{SMUGGLED}"),
        format!(
            "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: Chunked\r\n\r\n{length:x}\r\n{SMUGGLED}\r\n0\r\n\r\n"
        ),
        format!(
            "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nContent-Length: {length}\r\n\r\n"
        ),
        // No length told: the rest is not read as a request.
        format!("POST / HTTP/1.1\r\nHost: x\r\n\r\n{SMUGGLED}"),
        format!("POST / HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 0\r\n\r\n{SMUGGLED}"),
        format!("GET / HTTP/1.0\r\n\r\n{SMUGGLED}"),
    ];
    for input in rows {
        for piece_octets in [usize::MAX, 5, 1] {
            let verdict = run(input.as_bytes(), Limits::DEFAULT, piece_octets);
            assert_eq!((verdict.refused, verdict.requests.len()), (None, 1), "{input:?}");
            assert_eq!(verdict.requests[0].path(), "/", "{input:?}");
        }
    }
}

/// The canary: a suite that could not see a smuggled request would pass on anything.
#[test]
fn the_suite_sees_a_second_request() {
    let input = format!("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n{SMUGGLED}");
    let verdict = run(input.as_bytes(), Limits::DEFAULT, usize::MAX);
    assert_eq!(verdict.requests.len(), 2);
    assert_eq!(verdict.requests[1].path(), "/smuggled");
}
