//! Operators get in, whatever others hold open: over real sockets, with more connections than there are places.

#![expect(
    clippy::unwrap_used,
    reason = "a helper of a test that panics is a failed test"
)]

use control::{Control, Live, Options, listen};
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

/// A test that waits longer than this has failed.
const PATIENCE: Duration = Duration::from_secs(20);

/// An admin plane with so many places that recovers still: an outbox request waits for it.
fn control(connections_max: u32) -> Control {
    let listeners = listen(&["127.0.0.1:0".parse().unwrap()]).unwrap();
    let live = Live {
        token: String::new(),
        wait_s_max: 60,
    };
    let options = Options {
        connections_max,
        outbox_octets_max: 1,
        interval_log: None,
        live,
    };
    Control::start(listeners, options).unwrap()
}

/// Sends some octets and leaves the connection open.
fn say(address: SocketAddr, octets: &str) -> TcpStream {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    stream.write_all(octets.as_bytes()).unwrap();
    stream
}

/// What is answered up to the connection's end.
fn rest(mut stream: TcpStream) -> String {
    let mut octets = Vec::new();
    stream.read_to_end(&mut octets).unwrap();
    String::from_utf8(octets).unwrap()
}

fn get(address: SocketAddr, path: &str) -> String {
    let request = format!("GET {path} HTTP/1.1\r\nHost: admin\r\nConnection: close\r\n\r\n");
    rest(say(address, &request))
}

fn check_operators_get_in(address: SocketAddr) {
    for path in ["/healthz", "/metrics", "/v1/peers"] {
        let answer = get(address, path);
        assert!(answer.starts_with("HTTP/1.1 200"), "{path}: {answer}");
    }
}

#[test]
fn idle_connections_give_way_the_longest_idle_first() {
    let control = control(3);
    let address = control.addresses()[0];
    let silent = TcpStream::connect(address).unwrap();
    silent.set_read_timeout(Some(PATIENCE)).unwrap();
    let halves: Vec<TcpStream> = (0..20).map(|_| say(address, "GET /healthz HTT")).collect();
    check_operators_get_in(address);
    // An answer is read whole by who has a place; another request on its connection is answered as long as it stays.
    let mut kept = say(address, "GET /healthz HTTP/1.1\r\nHost: admin\r\n\r\n");
    let octets = kept.read(&mut [0; 4_096]).unwrap();
    assert!(octets > 0);
    check_operators_get_in(address);
    assert_eq!(rest(silent), "", "who said nothing was closed first");
    drop(halves);
    assert!(control.stop().is_empty());
}

#[test]
fn the_outbox_leaves_places_to_operators() {
    let control = control(4);
    let address = control.addresses()[0];
    let poll = "GET /v1/outbox/447700900001?wait=60 HTTP/1.1\r\nHost: admin\r\nConnection: close\r\n\r\n";
    let polls: Vec<TcpStream> = (0..4).map(|_| say(address, poll)).collect();
    // Three wait, and whichever came last is told.
    let refused = loop {
        let is_answered = |poll: &TcpStream| {
            poll.set_nonblocking(true).unwrap();
            poll.peek(&mut [0]).is_ok()
        };
        if let Some(refused) = polls.iter().position(is_answered) {
            break refused;
        }
    };
    check_operators_get_in(address);
    let mut waiting = polls;
    let refused = waiting.swap_remove(refused);
    refused.set_nonblocking(false).unwrap();
    let answer = rest(refused);
    assert!(answer.starts_with("HTTP/1.1 503"), "{answer}");
    assert!(answer.contains("retry-after: 1\r\n"), "{answer}");
    for _ in 0..10 {
        let answer = rest(say(address, poll));
        assert!(answer.starts_with("HTTP/1.1 503"), "{answer}");
        check_operators_get_in(address);
    }
    for poll in &waiting {
        assert!(poll.peek(&mut [0]).is_err(), "who waits goes on waiting");
    }
    assert!(control.stop().is_empty());
}
