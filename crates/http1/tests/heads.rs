//! Heads of requests as tables: what is accepted and how it is read, what is refused and why.
//!
//! Drives the public machine with one input at a time. Invariant of each row: the verdict is the same whole, in
//! threes, and octet by octet.

use http1::fuzz::{Verdict, run};
use http1::{Form, Limits, Method, Persistence, Reason, Request, Version};

fn verdict(input: &[u8]) -> Verdict {
    let whole = run(input, Limits::DEFAULT, usize::MAX);
    for piece_octets in [1, 3] {
        let pieces = run(input, Limits::DEFAULT, piece_octets);
        assert_eq!(
            whole,
            pieces,
            "{:?} in pieces of {piece_octets}",
            String::from_utf8_lossy(input)
        );
    }
    whole
}

fn accepted(input: &str) -> Request {
    let mut verdict = verdict(input.as_bytes());
    assert_eq!(verdict.refused, None, "{input:?}");
    assert_eq!(verdict.requests.len(), 1, "{input:?}");
    verdict.requests.remove(0)
}

/// Target, form, path, query, authority.
type TargetRow = (
    &'static str,
    Form,
    &'static str,
    Option<&'static str>,
    Option<&'static str>,
);

/// The Host field is `h.example:8080`.
const TARGETS: &[TargetRow] = &[
    ("/", Form::Origin, "/", None, Some("h.example:8080")),
    (
        "/servlets/mms",
        Form::Origin,
        "/servlets/mms",
        None,
        Some("h.example:8080"),
    ),
    (
        "/mms/wapenc?x=y?z",
        Form::Origin,
        "/mms/wapenc",
        Some("x=y?z"),
        Some("h.example:8080"),
    ),
    (
        "/?id=abc",
        Form::Origin,
        "/",
        Some("id=abc"),
        Some("h.example:8080"),
    ),
    ("//double", Form::Origin, "//double", None, Some("h.example:8080")),
    (
        "/t0kenT1234-5\"<>{}|\\^`#",
        Form::Origin,
        "/t0kenT1234-5\"<>{}|\\^`#",
        None,
        Some("h.example:8080"),
    ),
    ("http://mmsc", Form::Absolute, "/", None, Some("mmsc")),
    ("http://mmsc/", Form::Absolute, "/", None, Some("mmsc")),
    (
        "HTTP://mmsc:8080/was",
        Form::Absolute,
        "/was",
        None,
        Some("mmsc:8080"),
    ),
    (
        "http://192.0.2.7:8799/mmsc/MMS",
        Form::Absolute,
        "/mmsc/MMS",
        None,
        Some("192.0.2.7:8799"),
    ),
    (
        "http://[2001:db8::7]:80/mms/",
        Form::Absolute,
        "/mms/",
        None,
        Some("[2001:db8::7]:80"),
    ),
    (
        "https://mms.example.net/x?y",
        Form::Absolute,
        "/x",
        Some("y"),
        Some("mms.example.net"),
    ),
    (
        "http://bl?id=1T22",
        Form::Absolute,
        "/",
        Some("id=1T22"),
        Some("bl"),
    ),
    (
        "http://under_score/",
        Form::Absolute,
        "/",
        None,
        Some("under_score"),
    ),
];

/// RFC 9112 §3.2, and the URL shapes of 1,673 handset settings: any path, any host.
#[test]
fn targets() {
    for (target, form, path, query, authority) in TARGETS {
        let request = accepted(&format!("GET {target} HTTP/1.1\r\nHost: h.example:8080\r\n\r\n"));
        assert_eq!(request.target(), *target);
        let read = (
            request.form(),
            request.path(),
            request.query(),
            request.authority(),
        );
        assert_eq!(read, (*form, *path, *query, *authority), "{target}");
    }
}

#[test]
fn hosts_of_any_kind_and_none() {
    let rows: &[(&str, Option<&str>)] = &[
        ("GET / HTTP/1.1\r\nHost:\r\n\r\n", None),
        ("GET / HTTP/1.1\r\nHost: \r\n\r\n", None),
        ("GET / HTTP/1.1\r\nhOsT:\t mmsc \t\r\n\r\n", Some("mmsc")),
        ("GET / HTTP/1.1\r\nHost: [::1]\r\n\r\n", Some("[::1]")),
        ("GET / HTTP/1.1\r\nHost: a:\r\n\r\n", Some("a:")),
        ("GET / HTTP/1.0\r\n\r\n", None),
        ("GET / HTTP/1.0\r\nHost: old\r\n\r\n", Some("old")),
        ("GET http://t/ HTTP/1.0\r\n\r\n", Some("t")),
        ("OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n", Some("x")),
    ];
    for (input, authority) in rows {
        assert_eq!(accepted(input).authority(), *authority, "{input:?}");
    }
}

#[test]
fn methods_and_versions() {
    let rows: &[(&str, Method, Version)] = &[
        ("GET / HTTP/1.1", Method::Get, Version::Http11),
        ("POST / HTTP/1.0", Method::Post, Version::Http10),
        ("HEAD / HTTP/1.1", Method::Head, Version::Http11),
        ("get / HTTP/1.1", Method::Other, Version::Http11),
        ("M-SEARCH / HTTP/1.1", Method::Other, Version::Http11),
        ("PATCH / HTTP/1.2", Method::Other, Version::Http11),
        ("GET / HTTP/1.9", Method::Get, Version::Http11),
    ];
    for (line, method, version) in rows {
        let request = accepted(&format!("{line}\r\nHost: x\r\n\r\n"));
        assert_eq!(
            (request.method(), request.version()),
            (*method, *version),
            "{line}"
        );
        assert_eq!(request.method_text(), line.split(' ').next().unwrap());
    }
}

/// RFC 9112 §9.3.
#[test]
fn persistence() {
    let rows: &[(&str, Persistence)] = &[
        ("GET / HTTP/1.1\r\nHost: x\r\n", Persistence::KeepAlive),
        (
            "GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n",
            Persistence::Close,
        ),
        (
            "GET / HTTP/1.1\r\nHost: x\r\nConnection: Foo , CLOSE\r\n",
            Persistence::Close,
        ),
        (
            "GET / HTTP/1.1\r\nHost: x\r\nConnection: keep-alive\r\nConnection: close\r\n",
            Persistence::Close,
        ),
        (
            "GET / HTTP/1.1\r\nHost: x\r\nConnection: closed\r\n",
            Persistence::KeepAlive,
        ),
        (
            "GET / HTTP/1.1\r\nHost: x\r\nProxy-Connection: close\r\n",
            Persistence::KeepAlive,
        ),
        ("GET / HTTP/1.0\r\n", Persistence::Close),
        (
            "GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n",
            Persistence::KeepAlive,
        ),
        (
            "GET / HTTP/1.0\r\nConnection: keep-alive, close\r\n",
            Persistence::Close,
        ),
        (
            "POST / HTTP/1.0\r\nConnection: keep-alive\r\nContent-Length: 0\r\n",
            Persistence::KeepAlive,
        ),
        // A POST that tells no length: nothing behind it is taken for a request.
        ("POST / HTTP/1.1\r\nHost: x\r\n", Persistence::Close),
        (
            "POST / HTTP/1.0\r\nConnection: keep-alive\r\n",
            Persistence::Close,
        ),
    ];
    for (head, persistence) in rows {
        assert_eq!(
            accepted(&format!("{head}\r\n")).persistence(),
            *persistence,
            "{head:?}"
        );
    }
}

#[test]
fn fields_are_found_in_any_case_and_order() {
    let request = accepted(
        "POST /x HTTP/1.1\r\nHost: x\r\nX-MSISDN: +447700900001\r\nx-wap-profile: \"http://ua/p\", \"1-a\"\r\n\
         Empty:\r\nX-MSISDN:15550101\t \r\nLatin: caf\u{e9}\r\nContent-Length: 3\r\n\r\nabc",
    );
    assert_eq!(request.field("x-msisdn"), Some(&b"+447700900001"[..]));
    let all: Vec<&[u8]> = request.head.fields_named("X-Msisdn").collect();
    assert_eq!(all, [&b"+447700900001"[..], b"15550101"]);
    assert_eq!(request.field("EMPTY"), Some(&b""[..]));
    assert_eq!(request.field("Latin"), Some("caf\u{e9}".as_bytes()));
    assert_eq!(request.field("X-MSISD"), None);
    assert_eq!(request.head.fields().count(), 7);
    assert_eq!(request.body, b"abc");
    assert!(request.head.raw().ends_with(b"\r\n\r\n"));
}

/// AOSP may add `; charset=utf-8` to the one media type of MM1.
#[test]
fn media_types() {
    for (field, media_type) in [
        ("", None),
        (
            "Content-Type: application/vnd.wap.mms-message\r\n",
            Some("application/vnd.wap.mms-message"),
        ),
        (
            "content-type: application/vnd.wap.mms-message ; charset=utf-8\r\n",
            Some("application/vnd.wap.mms-message"),
        ),
        ("Content-Type:\r\n", Some("")),
    ] {
        let request = accepted(&format!("GET / HTTP/1.1\r\nHost: x\r\n{field}\r\n"));
        assert_eq!(request.media_type(), media_type, "{field:?}");
    }
}

/// RFC 9112 §2.2: an empty line before the request line is passed over; more than two are refused.
#[test]
fn empty_lines_before_a_request() {
    let get = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";
    for lines in 0..=2 {
        accepted(&format!("{}{get}", "\r\n".repeat(lines)));
    }
    let three = verdict(format!("{}{get}", "\r\n".repeat(3)).as_bytes());
    assert_eq!(three.refused, Some(Reason::RequestLineMalformed));
    // They are counted anew for each request.
    let twice = verdict(format!("\r\n\r\n{get}\r\n\r\n{get}").as_bytes());
    assert_eq!((twice.requests.len(), twice.refused), (2, None));
}

#[test]
fn refused_first_lines() {
    let rows: &[(&[u8], Reason)] = &[
        (b" GET / HTTP/1.1\r\n", Reason::RequestLineMalformed),
        (b"GET  / HTTP/1.1\r\n", Reason::RequestLineMalformed),
        (b"GET /  HTTP/1.1\r\n", Reason::RequestLineMalformed),
        (b"GET / HTTP/1.1 \r\n", Reason::RequestLineMalformed),
        (b"GET /a b HTTP/1.1\r\n", Reason::RequestLineMalformed),
        (b"GET\r\n", Reason::RequestLineMalformed),
        (b"GET /\r\n", Reason::VersionMalformed),
        (b"GET / \r\n", Reason::VersionMalformed),
        (b"GET\t/\tHTTP/1.1\r\n", Reason::RequestLineMalformed),
        (b"GE(T / HTTP/1.1\r\n", Reason::MethodMalformed),
        (b"G\xc3\x8bT / HTTP/1.1\r\n", Reason::MethodMalformed),
        (b"GET / HTTP/2.0\r\n", Reason::VersionUnsupported),
        (b"PRI * HTTP/2.0\r\n", Reason::VersionUnsupported),
        (b"GET / HTTP/0.9\r\n", Reason::VersionUnsupported),
        (b"GET / HTTP/3.1\r\n", Reason::VersionUnsupported),
        (b"GET / HTTP/1.10\r\n", Reason::VersionMalformed),
        (b"GET / HTTP/1\r\n", Reason::VersionMalformed),
        (b"GET / http/1.1\r\n", Reason::VersionMalformed),
        (b"GET / ICAP/1.0\r\n", Reason::VersionMalformed),
        (b"CONNECT h:443 HTTP/1.1\r\n", Reason::ConnectMethod),
        (b"GET * HTTP/1.1\r\n", Reason::TargetMalformed),
        (b"GET mmsc/x HTTP/1.1\r\n", Reason::TargetMalformed),
        (b"GET ftp://mmsc/x HTTP/1.1\r\n", Reason::TargetMalformed),
        (b"GET http:/mmsc HTTP/1.1\r\n", Reason::TargetMalformed),
        (b"GET /\xe4 HTTP/1.1\r\n", Reason::TargetMalformed),
        (b"GET http:///x HTTP/1.1\r\n", Reason::HostMalformed),
        (b"GET http://:80/x HTTP/1.1\r\n", Reason::HostMalformed),
        (b"GET http://user@host/x HTTP/1.1\r\n", Reason::HostMalformed),
        (b"GET http://host:8o/x HTTP/1.1\r\n", Reason::HostMalformed),
        (b"GET http://[::1/x HTTP/1.1\r\n", Reason::HostMalformed),
        (b"GET / HTTP/1.1\n", Reason::LineFeedBare),
        (b"\nGET / HTTP/1.1\r\n", Reason::LineFeedBare),
        (b"GET / HTTP/1.1\r\r\n", Reason::CarriageReturnBare),
        (b"\rGET / HTTP/1.1\r\n", Reason::CarriageReturnBare),
        (b"GET /\0 HTTP/1.1\r\n", Reason::ControlOctet),
        (b"\x16\x03\x01\x02\x00\x01\x00", Reason::ControlOctet), // TLS
        (b"\x05\x01\x00", Reason::ControlOctet),                 // SOCKS
    ];
    for (line, reason) in rows {
        assert_eq!(
            verdict(line).refused,
            Some(*reason),
            "{:?}",
            String::from_utf8_lossy(line)
        );
    }
}

#[test]
fn refused_fields() {
    let rows: &[(&[u8], Reason)] = &[
        (b"", Reason::HostMissing),
        (b"Host: a\r\nHost: a\r\n", Reason::HostRepeated),
        (b"Host: a/b\r\n", Reason::HostMalformed),
        (b"Host: a@b\r\n", Reason::HostMalformed),
        (b"Host: a b\r\n", Reason::HostMalformed),
        (b"Host: a:80:80\r\n", Reason::HostMalformed),
        (b"Host: a:999999\r\n", Reason::HostMalformed),
        (b"Host: []\r\n", Reason::HostMalformed),
        (b"Host: caf\xe9\r\n", Reason::HostMalformed),
        (b"Host : a\r\n", Reason::FieldMalformed),
        (b"Host\t: a\r\n", Reason::FieldMalformed),
        (b"Host: a\r\n: b\r\n", Reason::FieldMalformed),
        (b"Host: a\r\nNo colon\r\n", Reason::FieldMalformed),
        (b"Host: a\r\nNocolon\r\n", Reason::FieldMalformed),
        (b"Host: a\r\nX(y): b\r\n", Reason::FieldMalformed),
        (b"Host: a\r\nX\xe9: b\r\n", Reason::FieldMalformed),
        (b" Host: a\r\n", Reason::LineFolded),
        (b"Host: a\r\nX: b\r\n c\r\n", Reason::LineFolded),
        (b"Host: a\r\nX: b\r\n\tc\r\n", Reason::LineFolded),
        (b"Host: a\r\n \r\n", Reason::LineFolded),
        (b"Host: a\nX: b\r\n", Reason::LineFeedBare),
        (b"Host: a\r\nX: b\rY: c\r\n", Reason::CarriageReturnBare),
        (b"Host: a\r\nX: b\0\r\n", Reason::ControlOctet),
        (b"Host: a\r\nX: \x7f\r\n", Reason::ControlOctet),
        (b"Host: a\r\nX\x0b: b\r\n", Reason::ControlOctet),
        (b"Host: a\r\nExpect: 200-ok\r\n", Reason::ExpectationUnknown),
        (
            b"Host: a\r\nExpect: 100-continue, x\r\n",
            Reason::ExpectationUnknown,
        ),
    ];
    for (fields, reason) in rows {
        let input = [b"GET / HTTP/1.1\r\n", *fields, b"\r\n"].concat();
        let verdict = verdict(&input);
        assert_eq!(
            verdict.refused,
            Some(*reason),
            "{:?}",
            String::from_utf8_lossy(fields)
        );
        assert!(verdict.requests.is_empty());
    }
}

#[test]
fn every_reason_has_a_client_or_server_status_and_a_sentence() {
    for reason in Reason::ALL {
        assert!(matches!(reason.status(), 400..=505), "{reason:?}");
        assert!(reason.text().ends_with('.'), "{reason:?}");
    }
}
