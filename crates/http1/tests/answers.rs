//! Both directions against each other and against written answers: the response head, the client's writer and reader.
//!
//! Invariant: expected octets are written out here; the encoder does not judge the decoder alone.

use http1::client::{
    AnswerEvent, AnswerExpected, AnswerReader, ClientError, RequestBody, RequestHead, write_chunk,
    write_last_chunk, write_request,
};
use http1::fuzz::run;
use http1::response::{http_date, write_head};
use http1::{Limits, Persistence, Reason, Response, Version};

fn head(response: &Response<'_>, persistence: Persistence) -> String {
    let mut out = Vec::new();
    write_head(&mut out, response, persistence);
    String::from_utf8_lossy(&out).into_owned()
}

#[test]
fn heads_as_written() {
    let full = Response {
        content_type: Some("application/vnd.wap.mms-message"),
        content_length: 1_234_567_890_123,
        retry_after_s: Some(30),
        date: Some(http_date(784_111_777)),
        fields: &[
            ("X-Note", "a b"),
            ("Bad Name", "x"),
            ("", "x"),
            ("Evil", "a\r\nInjected: b\0"),
        ],
        ..Response::new(503)
    };
    let expected = "HTTP/1.1 503 Service Unavailable\r\nDate: Sun, 06 Nov 1994 08:49:37 GMT\r\n\
                    Content-Type: application/vnd.wap.mms-message\r\nContent-Length: 1234567890123\r\n\
                    Cache-Control: no-cache\r\nPragma: no-cache\r\nConnection: close\r\nRetry-After: 30\r\n\
                    X-Note: a b\r\nEvil: aInjected: b\r\n\r\n";
    assert_eq!(head(&full, Persistence::Close), expected);
    let plain = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nCache-Control: no-cache\r\nPragma: no-cache\r\n\
                 Connection: keep-alive\r\n\r\n";
    assert_eq!(head(&Response::new(200), Persistence::KeepAlive), plain);
    let refused = head(&Response::new(405), Persistence::KeepAlive);
    assert!(refused.contains("405 Method Not Allowed") && refused.contains("\r\nAllow: GET, POST\r\n"));
}

/// RFC 9110 §8.6: no Content-Length in a 204, which has no body.
#[test]
fn no_content_has_no_length() {
    assert!(!head(&Response::new(204), Persistence::KeepAlive).contains("Content-Length"));
}

/// Expected values from `date -u -d @N`.
#[test]
fn dates() {
    for (unix_s, expected) in [
        (0, "Thu, 01 Jan 1970 00:00:00 GMT"),
        (951_782_399, "Mon, 28 Feb 2000 23:59:59 GMT"),
        (951_782_400, "Tue, 29 Feb 2000 00:00:00 GMT"),
        (951_868_800, "Wed, 01 Mar 2000 00:00:00 GMT"),
        (1_735_689_599, "Tue, 31 Dec 2024 23:59:59 GMT"),
        (4_107_542_400, "Mon, 01 Mar 2100 00:00:00 GMT"),
        (253_402_300_799, "Fri, 31 Dec 9999 23:59:59 GMT"),
        (u64::MAX, "Fri, 31 Dec 9999 23:59:59 GMT"),
    ] {
        assert_eq!(
            http_date(unix_s),
            expected.as_bytes(),
            "{}",
            String::from_utf8_lossy(&http_date(unix_s))
        );
    }
}

#[test]
fn requests_as_written() {
    let mut out = Vec::new();
    let request = RequestHead {
        method: "POST",
        target: "http://mmsc/",
        version: Version::Http11,
        host: Some("mmsc"),
        fields: &[("X-MSISDN", "+447700900001")],
        body: RequestBody::Octets(3),
    };
    write_request(&mut out, &request);
    let expected =
        "POST http://mmsc/ HTTP/1.1\r\nHost: mmsc\r\nX-MSISDN: +447700900001\r\nContent-Length: 3\r\n\r\n";
    assert_eq!(String::from_utf8(out).unwrap(), expected);
    let mut out = Vec::new();
    write_request(
        &mut out,
        &RequestHead {
            body: RequestBody::Chunked,
            ..request
        },
    );
    write_chunk(&mut out, b"hello ");
    write_chunk(&mut out, b"");
    write_chunk(&mut out, &[b'x'; 26]);
    write_last_chunk(&mut out);
    assert!(out.ends_with(b"\r\n\r\n6\r\nhello \r\n1a\r\nxxxxxxxxxxxxxxxxxxxxxxxxxx\r\n0\r\n\r\n"));
    let verdict = run(&out, Limits::DEFAULT, usize::MAX);
    assert_eq!(verdict.requests[0].body, b"hello xxxxxxxxxxxxxxxxxxxxxxxxxx");
    let mut out = Vec::new();
    let old = RequestHead {
        method: "GET",
        version: Version::Http10,
        host: None,
        body: RequestBody::None,
        ..request
    };
    write_request(&mut out, &old);
    assert_eq!(
        run(&out, Limits::DEFAULT, 1).requests[0].authority(),
        Some("mmsc")
    );
}

/// Reads all events of `octets` in pieces, then the end.
fn events(
    octets: &[u8],
    piece_octets: usize,
    expected: AnswerExpected,
) -> Result<Vec<AnswerEvent>, ClientError> {
    let mut reader = AnswerReader::new(Limits::DEFAULT);
    reader.expect(expected);
    let mut events = Vec::new();
    for piece in octets.chunks(piece_octets) {
        reader.receive(piece);
        while let Some(event) = reader.step()? {
            events.push(event);
        }
    }
    reader.end_of_stream();
    while let Some(event) = reader.step()? {
        events.push(event);
    }
    Ok(events)
}

fn read(octets: &str, expected: AnswerExpected) -> Result<Vec<AnswerEvent>, ClientError> {
    let whole = events(octets.as_bytes(), usize::MAX, expected);
    assert_eq!(whole, events(octets.as_bytes(), 1, expected), "{octets:?}");
    whole
}

/// Octets, then each answer's status, body and persistence; 100 stands for the interim answer.
type AnswerRow = (&'static str, &'static [(u16, &'static str, Persistence)]);

#[test]
fn answers_as_read() {
    use Persistence::{Close, KeepAlive};
    let rows: &[AnswerRow] = &[
        (
            "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok",
            &[(200, "ok", KeepAlive)],
        ),
        (
            "HTTP/1.1 200\r\nContent-Length: 2\r\n\r\nok",
            &[(200, "ok", KeepAlive)],
        ),
        (
            "HTTP/1.1 200 a b \u{e9}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
            &[(200, "", Close)],
        ),
        (
            "HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok",
            &[(200, "ok", Close)],
        ),
        (
            "HTTP/1.1 200 OK\r\n\r\nuntil the end",
            &[(200, "until the end", Close)],
        ),
        ("HTTP/1.1 200 OK\r\n\r\n", &[(200, "", Close)]),
        (
            "HTTP/1.1 204 No\r\n\r\nHTTP/1.1 304 No\r\nContent-Length: 9\r\n\r\n",
            &[(204, "", KeepAlive), (304, "", KeepAlive)],
        ),
        (
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\nX: y\r\n\r\n",
            &[(200, "ok", KeepAlive)],
        ),
        (
            "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
            &[(100, "", KeepAlive), (200, "", KeepAlive)],
        ),
        (
            "HTTP/1.1 103 Hints\r\nLink: x\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
            &[(200, "", KeepAlive)],
        ),
        ("", &[]),
    ];
    for (octets, expected) in rows {
        let events = read(octets, AnswerExpected::WithBody).unwrap();
        let found: Vec<_> = events
            .iter()
            .map(|event| match event {
                AnswerEvent::Continue => (100, "", KeepAlive),
                AnswerEvent::Answer(answer) => (
                    answer.status,
                    std::str::from_utf8(&answer.body).unwrap(),
                    answer.persistence,
                ),
            })
            .collect();
        assert_eq!(found, *expected, "{octets:?}");
    }
    let only_head = read(
        "HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\n",
        AnswerExpected::HeadOnly,
    )
    .unwrap();
    assert_eq!(only_head.len(), 1);
}

#[test]
fn answers_refused() {
    let rows: &[(&str, ClientError)] = &[
        (
            "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\no",
            ClientError::Truncated,
        ),
        ("HTTP/1.1 200 OK\r\nContent-Le", ClientError::Truncated),
        (
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n",
            ClientError::Truncated,
        ),
        (
            "HTTP/1.1 20 OK\r\n\r\n",
            ClientError::Malformed(Reason::RequestLineMalformed),
        ),
        (
            "HTTP/1.1 600 OK\r\n\r\n",
            ClientError::Malformed(Reason::RequestLineMalformed),
        ),
        (
            "HTTP/2.0 200 OK\r\n\r\n",
            ClientError::Malformed(Reason::VersionUnsupported),
        ),
        (
            "HTTP/1.1 101 Switching\r\n\r\n",
            ClientError::Malformed(Reason::RequestLineMalformed),
        ),
        (
            "HTTP/1.1 200 OK\nContent-Length: 0\r\n\r\n",
            ClientError::Malformed(Reason::LineFeedBare),
        ),
        (
            "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nTransfer-Encoding: chunked\r\n\r\n",
            ClientError::Malformed(Reason::LengthAndCoding),
        ),
        (
            "HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n",
            ClientError::Malformed(Reason::BodyTooLarge),
        ),
        (
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nfffffffff\r\na",
            ClientError::Malformed(Reason::BodyTooLarge),
        ),
    ];
    for (octets, error) in rows {
        assert_eq!(read(octets, AnswerExpected::WithBody), Err(*error), "{octets:?}");
    }
}
