//! Slow heads, slow bodies, slow readers, connections that come and go: the others are served meanwhile.
//!
//! Invariants: every one of [`SERVED`] transactions of well-behaved phones succeeds while the attack stands, within the
//! deadlines that a phone has, and what they sent arrives; when the attackers are gone the server is as before. As
//! many connections stand as the limit of open files allows on each side, less what the test itself needs.

use crate::support::{message, notified, octets, phone, serve};
use rustix::process::{Resource, getrlimit};
use std::io::Write;
use std::net::{SocketAddr, TcpStream};
use tests::process::letter::subscriber;
use tests::process::{Server, turnstile};

/// Messages that well-behaved phones send and fetch.
const SERVED: u32 = 40;

/// Connections of one attack, at most: the ephemeral ports of one address are 28,000.
const CONNECTIONS_MAX: u64 = 15_000;

/// Open files that are left to everything else.
const FILES_KEPT: u64 = 3_000;

fn connections() -> u64 {
    let files = getrlimit(Resource::Nofile).current.unwrap_or(u64::MAX);
    files.saturating_sub(FILES_KEPT).min(CONNECTIONS_MAX)
}

/// Opens a connection and sends this.
fn open(at: SocketAddr, octets: &[u8]) -> TcpStream {
    let mut stream = TcpStream::connect(at).expect("the server accepts");
    // It may have been closed again: that is the server's right.
    let _ = stream.write_all(octets);
    stream
}

/// Well-behaved phones send and fetch; each transaction succeeds.
fn serve_others(server: &Server, from: u16) {
    let (mut alice, mut bob) = (phone(from, server), phone(from + 1, server));
    for number in 0..SERVED {
        let content = octets(&format!("served {number} "), 10_000);
        alice.send(&message(&[from + 1], &content)).unwrap();
        let notification = notified(&mut bob);
        let got = bob.retrieve(&notification.content_location).unwrap();
        assert_eq!(got.message.parts[0].octets, content, "message {number}");
        bob.respond(&notification, mms::Status::Retrieved).unwrap();
    }
}

#[test]
fn slow_heads_hold_nobody_up() {
    let _turn = turnstile::enter();
    let (_site, server) = serve(2);
    let attackers: Vec<TcpStream> = (0..connections())
        .map(|_| open(server.at.mm1, b"POST / HTTP/1.1\r\nHost: m\r\nX-Slow: "))
        .collect();
    println!("{} connections with half a head", attackers.len());
    serve_others(&server, 60);
    for mut attacker in &attackers {
        // One more octet from each that is still there, while others are served again.
        let _ = attacker.write_all(b"a");
    }
    serve_others(&server, 62);
    drop(attackers);
    serve_others(&server, 64);
    assert_eq!(server.terminate().unwrap().code(), Some(0));
}

#[test]
fn slow_bodies_hold_nobody_up() {
    let _turn = turnstile::enter();
    let (_site, server) = serve(2);
    let mut attackers = Vec::new();
    for index in 0..1_000 {
        let framing = if index % 2 == 0 {
            "Content-Length: 30000\r\n\r\n".to_owned()
        } else {
            "Transfer-Encoding: chunked\r\n\r\n7530\r\n".to_owned()
        };
        let head = format!(
            "POST / HTTP/1.1\r\nHost: m\r\nX-MSISDN: {}\r\nContent-Type: application/vnd.wap.mms-message\r\n{framing}",
            subscriber(index % 40)
        );
        attackers.push(open(
            server.at.mm1,
            &[head.as_bytes(), &[0x8C, 0x80, 0x98]].concat(),
        ));
    }
    serve_others(&server, 60);
    for mut attacker in &attackers {
        let _ = attacker.write_all(b"T");
    }
    serve_others(&server, 62);
    drop(attackers);
    serve_others(&server, 64);
    assert_eq!(server.terminate().unwrap().code(), Some(0));
}

#[test]
fn slow_readers_hold_nobody_up() {
    let _turn = turnstile::enter();
    let (_site, server) = serve(2);
    phone(66, &server)
        .send(&message(&[67], &octets("large ", 30_000)))
        .unwrap();
    let location = notified(&mut phone(67, &server)).content_location;
    let path = location.rsplit('/').next().expect("a token");
    let request = format!(
        "GET /{path} HTTP/1.1\r\nHost: mms.test\r\nX-MSISDN: {}\r\n\r\n",
        subscriber(67)
    );
    // Some ten megabytes of answers for each, which nobody reads.
    let requests = request.repeat(300);
    let attackers: Vec<TcpStream> = (0..60)
        .map(|_| open(server.at.mm1, requests.as_bytes()))
        .collect();
    serve_others(&server, 60);
    drop(attackers);
    serve_others(&server, 62);
    assert_eq!(server.terminate().unwrap().code(), Some(0));
}

#[test]
fn connections_that_come_and_go_hold_nobody_up() {
    let _turn = turnstile::enter();
    let (_site, server) = serve(2);
    let at = server.at.mm1;
    let flood = std::thread::spawn(move || {
        for number in 0..6_000_u32 {
            let octets: &[u8] = match number % 4 {
                0 => b"",
                1 => b"GET ",
                2 => b"\r\n\r\n",
                _ => b"GET / HTTP/1.1\r\nHost: m\r\n\r\n",
            };
            drop(open(at, octets));
        }
    });
    serve_others(&server, 60);
    flood.join().expect("the flood ends");
    serve_others(&server, 62);
    assert_eq!(server.terminate().unwrap().code(), Some(0));
}
