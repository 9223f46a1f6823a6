//! Whose number it is: headers that phones write themselves, written twice, or from where nothing is proven.
//!
//! Invariants: a number counts only from a listed gateway and in one reading; who is not named submits nothing. How
//! sessions of the packet core and headers are weighed is tested in `apn`; here it is the listener's side of it.

use crate::support::{message, octets, phone, send_conf, send_req, serve};
use mms::Version;
use std::net::SocketAddr;
use std::time::Duration;
use tests::process::letter::subscriber;
use tests::process::turnstile;
use tests::process::wire::Wire;
use tests::process::{Program, Site};

const VICTIM: u16 = 52;

/// Posts a submission to the victim with these lines in its head; whether it was taken.
fn is_taken(at: SocketAddr, name: &str, lines: &str) -> bool {
    let pdu = send_req(&message(&[VICTIM], &octets(name, 300)), name, Version::V1_2);
    let head = format!(
        "POST / HTTP/1.1\r\nHost: m\r\n{lines}Content-Type: application/vnd.wap.mms-message\r\n\
         Content-Length: {}\r\n\r\n",
        pdu.len()
    );
    let mut wire = Wire::open(at).unwrap();
    wire.send(&[head.as_bytes(), &pdu].concat()).unwrap();
    match wire.answer().unwrap() {
        Some(answer) if answer.status == 200 => send_conf(&answer.body).message_id.is_some(),
        Some(answer) => {
            assert!(
                (400..=505).contains(&answer.status),
                "{lines:?}: {}",
                answer.status
            );
            false
        }
        None => false,
    }
}

#[test]
fn a_header_from_elsewhere_proves_nothing() {
    let _turn = turnstile::enter();
    let mut site = Site::new(Program::Shipped, 2).unwrap();
    site.set("identity.gateways", "[\"192.0.2.0/24\"]");
    let server = site.start().unwrap();
    let own = subscriber(53);
    for (number, lines) in [
        format!("X-MSISDN: {own}\r\n"),
        format!("x-msisdn: {own}\r\n"),
        format!("X-MSISDN: {own}\r\nX-Forwarded-For: 192.0.2.1\r\n"),
        format!(
            "X-MSISDN: {own}\r\nForwarded: for=192.0.2.1\r\nX-Real-IP: 192.0.2.1\r\nVia: 1.1 192.0.2.1\r\n"
        ),
        format!("X-WAP-MSISDN: {own}\r\nX-MDN: {own}\r\nx-up-calling-line-id: {own}\r\n"),
        String::new(),
    ]
    .into_iter()
    .enumerate()
    {
        assert!(
            !is_taken(server.at.mm1, &format!("untrusted-{number}"), &lines),
            "{lines:?}"
        );
    }
    assert!(phone(VICTIM, &server).push(Duration::ZERO).unwrap().is_none());
    assert_eq!(server.terminate().unwrap().code(), Some(0));
}

#[test]
fn a_number_counts_in_one_reading_only() {
    let _turn = turnstile::enter();
    let (_site, server) = serve(2);
    let (own, other) = (subscriber(53), subscriber(54));
    for (number, (lines, expected)) in [
        (format!("X-MSISDN: {own}\r\n"), true),
        (format!("X-MSISDN: {own}\r\nX-MSISDN: {own}\r\n"), true),
        (format!("X-MSISDN: {own}\r\nX-MSISDN: {other}\r\n"), false),
        (format!("X-MSISDN: {own}\r\nx-MsIsDn: {other}\r\n"), false),
        (format!("X-MSISDN: {own}\r\nX-MSISDN:\r\n"), false),
        (format!("X-MSISDN: {own}, {other}\r\n"), false),
        (format!("X-MSISDN: {own};{other}\r\n"), false),
        (format!("X-MSISDN : {own}\r\n"), false),
        (format!("X-MSISDN:\r\n {own}\r\n"), false),
        (format!("X: y\nX-MSISDN: {own}\r\n"), false),
        (format!("X-MSISDN: {own}\0\r\n"), false),
        ("X-MSISDN: 999999999999999999999999\r\n".to_owned(), false),
        ("X-MSISDN: \u{664}\u{664}\u{667}\r\n".to_owned(), false),
        (format!("X-MDN: {own}\r\n"), false),
        (String::new(), false),
    ]
    .into_iter()
    .enumerate()
    {
        let taken = is_taken(server.at.mm1, &format!("reading-{number}"), &lines);
        assert_eq!(taken, expected, "{lines:?}");
    }
    assert_eq!(server.terminate().unwrap().code(), Some(0));
}
