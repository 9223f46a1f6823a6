//! A crowd at the admin listener of a whole server: operators get in, and phones are told what they wait for.

use crate::support::{PATIENCE, Server, config, folder, submission};
use std::io::{Read, Write};
use std::net::TcpStream;

/// Sends some octets and leaves the connection open.
fn say(server: &Server, octets: &str) -> TcpStream {
    let mut stream = TcpStream::connect(&server.admin).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    stream.write_all(octets.as_bytes()).unwrap();
    stream
}

fn get(server: &Server, path: &str) -> String {
    let request = format!("GET {path} HTTP/1.1\r\nHost: admin\r\nConnection: close\r\n\r\n");
    let mut answer = String::new();
    say(server, &request).read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 200"), "{path}: {answer}");
    answer
}

#[test]
fn operators_get_in_whatever_the_outbox_is_asked() {
    let folder = folder("crowded");
    let server = Server::start(&config(&folder, 1, "[admin]\nconnections_max = 8\n"));
    let poll = "GET /v1/outbox/447700900099?wait=60 HTTP/1.1\r\nHost: admin\r\n\r\n";
    let crowd: Vec<TcpStream> = ["", "GET /metr", poll]
        .into_iter()
        .cycle()
        .take(192)
        .map(|octets| say(&server, octets))
        .collect();
    // Six of eight places are the outbox's at most; sixty-four polls take them all.
    while !get(&server, "/metrics").contains("\nringpost_outbox_waiters 6\n") {}
    for _ in 0..20 {
        for path in ["/healthz", "/readyz", "/metrics", "/v1/peers", "/v1/audit"] {
            get(&server, path);
        }
    }
    // With the crowd gone a phone hears of its message.
    drop(crowd);
    server
        .phone(1)
        .send(&submission(&[2], "Through the crowd"))
        .unwrap();
    let mut recipient = server.phone(2);
    let told = loop {
        match recipient.notification(PATIENCE) {
            Ok(told) => break told,
            // The server has not seen yet that they have gone.
            Err(error) => assert!(error.to_string().contains("503"), "{error}"),
        }
    };
    assert!(told.is_some(), "the notification is there");
}
