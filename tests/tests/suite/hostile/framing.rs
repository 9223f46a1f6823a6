//! Requests within requests: rows whose end two readers see in two places, against the real socket.
//!
//! Each row carries a whole submission where a lenient reader would find one. Invariants: no row submits it, each is
//! answered at most once, with a refusal, and its connection ends; the same submission behind a sound request arrives,
//! or the table would prove nothing. The table of `http1` has every shape; here are those that differ by their reader.

use crate::support::{message, octets, phone, send_conf, send_req, serve};
use mms::Version;
use std::time::Duration;
use tests::process::letter::subscriber;
use tests::process::turnstile;
use tests::process::wire::Wire;

const ATTACKER: u16 = 50;
const VICTIM: u16 = 51;

/// What stands behind `POST / HTTP/1.1` and the number, up to the smuggled request; and how the body begins.
const ROWS: &[(&str, &str)] = &[
    ("Content-Length: 0\r\nContent-Length: 900", ""),
    ("Content-Length: 900\r\nContent-Length: 0", ""),
    ("Content-Length: 0, 900", ""),
    ("Content-Length: +0", ""),
    ("Content-Length: -1", ""),
    ("Content-Length: 0x0", ""),
    ("Content-Length: 18446744073709551616", ""),
    ("Content-Length : 0", ""),
    ("Content-Length:\r\n 0", ""),
    ("X: y\r\n Content-Length: 0", ""),
    ("X: y\nContent-Length: 0", ""),
    ("X: y\rContent-Length: 0", ""),
    ("X: y\0\r\nContent-Length: 0", ""),
    ("Content-Length: 0\r\nTransfer-Encoding: chunked", "0\r\n\r\n"),
    ("Transfer-Encoding: chunked\r\nContent-Length: 5", "0\r\n\r\n"),
    (
        "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity",
        "0\r\n\r\n",
    ),
    ("Transfer-Encoding: chunked, chunked", "0\r\n\r\n"),
    ("Transfer-Encoding: xchunked", "0\r\n\r\n"),
    ("Transfer-Encoding: gzip, chunked", "0\r\n\r\n"),
    ("Transfer-Encoding : chunked", "0\r\n\r\n"),
    ("Transfer-Encoding:\x0Bchunked", "0\r\n\r\n"),
    ("Transfer-Encoding\r\n : chunked", "0\r\n\r\n"),
    ("Transfer-Encoding: \"chunked\"", "0\r\n\r\n"),
    ("Transfer-Encoding: chunked", "0\n\n"),
    ("Transfer-Encoding: chunked", "0x0\r\n\r\n"),
    ("Transfer-Encoding: chunked", "-0\r\n\r\n"),
    ("Transfer-Encoding: chunked", "1\r\naX0\r\n\r\n"),
    ("Transfer-Encoding: chunked", "10000000000000000\r\n\r\n"),
    ("Transfer-Encoding: chunked", "0;\n\r\n\r\n"),
    ("Transfer-Encoding: chunked", "0\r\nX: y\nZ: z\r\n\r\n"),
    ("Transfer-Encoding: chunked", "0 \r\n\r\n"),
];

/// A submission to the victim, as a request.
fn submission(name: &str) -> Vec<u8> {
    let pdu = send_req(&message(&[VICTIM], &octets(name, 300)), name, Version::V1_2);
    let head = format!(
        "POST / HTTP/1.1\r\nHost: m\r\nX-MSISDN: {}\r\nContent-Type: application/vnd.wap.mms-message\r\n\
         Content-Length: {}\r\n\r\n",
        subscriber(ATTACKER),
        pdu.len()
    );
    [head.as_bytes(), &pdu].concat()
}

#[test]
fn no_request_hides_in_another() {
    let _turn = turnstile::enter();
    let (_site, server) = serve(2);
    for (number, (fields, body)) in ROWS.iter().enumerate() {
        let mut request = format!("POST / HTTP/1.1\r\nHost: m\r\n{fields}\r\n\r\n{body}").into_bytes();
        request.extend(submission(&format!("smuggled-{number}")));
        let mut wire = Wire::open(server.at.mm1).unwrap();
        wire.send(&request).unwrap();
        // A server that closes with octets unread may reset the connection before its answer is read.
        if let Some(answer) = wire.answer().unwrap() {
            assert!(
                (400..=505).contains(&answer.status),
                "{fields:?} {body:?}: {}",
                answer.status
            );
            assert!(
                wire.answer().unwrap().is_none(),
                "{fields:?} {body:?}: a second answer"
            );
        }
    }
    let mut victim = phone(VICTIM, &server);
    assert!(
        victim.push(Duration::ZERO).unwrap().is_none(),
        "something was smuggled"
    );
    // The canary: behind a sound request it is a request.
    let mut wire = Wire::open(server.at.mm1).unwrap();
    let number = subscriber(ATTACKER);
    let mut sound = format!("GET /nothing HTTP/1.1\r\nHost: m\r\nX-MSISDN: {number}\r\n\r\n").into_bytes();
    sound.extend(submission("pipelined"));
    wire.send(&sound).unwrap();
    wire.answer().unwrap().expect("an answer to the first");
    let answer = wire.answer().unwrap().expect("an answer to the second");
    assert!(send_conf(&answer.body).message_id.is_some());
    assert!(victim.push(Duration::from_secs(5)).unwrap().is_some());
    assert_eq!(server.terminate().unwrap().code(), Some(0));
}
