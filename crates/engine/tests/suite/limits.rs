//! What a shard takes and what it does not: slow peers, silent ones, too many connections, too many octets at once.
//!
//! The limits are short here and the tests wait by reading until the server closes. Invariant of all: a refusal is in
//! HTTP's words, and the others are served on.

use crate::harness::{Habit, Server, start_with, until};
use engine::Options;
use http1::Limits;
use meter::{Counter, Gauge};
use profile::Profile;
use std::io::Read;
use std::sync::atomic::Ordering;

/// Milliseconds of the short deadlines here.
const SHORT_MS: u64 = 150;

fn started(http: Limits, habit: &Habit) -> Server {
    assert!(http.relations_hold());
    let options = Options {
        http,
        ..Options::default()
    };
    start_with(1, habit, options, Profile::default())
}

/// What the server says before it closes, read to the end.
fn last_words(server: &Server, octets: &[u8]) -> String {
    let mut client = server.client();
    client.write(octets);
    String::from_utf8(client.until_closed()).unwrap()
}

#[test]
fn slow_peers_are_told_408() {
    let http = Limits {
        head_ms: SHORT_MS,
        body_grace_ms: SHORT_MS,
        body_stall_ms: SHORT_MS,
        linger_ms: SHORT_MS,
        ..Limits::DEFAULT
    };
    let server = started(http, &Habit::default());
    let slow_head = last_words(&server, b"GET / HTTP/1.1\r\nHo");
    assert!(slow_head.starts_with("HTTP/1.1 408 "), "{slow_head}");
    let slow_body = last_words(
        &server,
        b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 9\r\n\r\nabc",
    );
    assert!(slow_body.starts_with("HTTP/1.1 408 "), "{slow_body}");
    server.end();
}

#[test]
fn silent_peers_are_told_nothing() {
    let http = Limits {
        idle_ms: SHORT_MS,
        linger_ms: SHORT_MS,
        ..Limits::DEFAULT
    };
    let server = started(http, &Habit::default());
    assert_eq!(last_words(&server, b""), "");
    // Served, and then closed in silence. Where this thread gets no processor between connecting and writing, it is a
    // silent peer itself, and tries again.
    let words = (0..100).find_map(|_| {
        let mut client = server.client();
        let request = b"GET / HTTP/1.1\r\nHost: h\r\n\r\n";
        std::io::Write::write_all(&mut client.stream, request).ok()?;
        let words = String::from_utf8(client.until_closed()).unwrap();
        (!words.is_empty()).then_some(words)
    });
    let words = words.expect("a served request");
    assert!(words.starts_with("HTTP/1.1 200 "), "{words}");
    assert_eq!(words.matches("HTTP/1.1").count(), 1, "{words}");
    server.end();
}

#[test]
fn a_peer_that_does_not_read_its_answer_is_dropped_and_its_home_hears_of_it() {
    let http = Limits {
        send_grace_ms: SHORT_MS,
        send_octets_per_s_min: 1 << 30,
        ..Limits::DEFAULT
    };
    let habit = Habit {
        body_octets: 32 << 20,
        ..Habit::default()
    };
    let server = started(http, &habit);
    let mut client = server.client();
    client.write("GET /AAAAAAAAAAAAAAAA HTTP/1.1\r\nHost: h\r\n\r\n");
    until("the request was read", || {
        server.counted(Counter::HttpRequests) == 1
    });
    // Nothing is read until the drain is over: it waits for this connection, which can only end by its deadline.
    server.end();
    assert_eq!(habit.sent_broken.load(Ordering::SeqCst), 1);
    assert_eq!(habit.sent_whole.load(Ordering::SeqCst), 0);
    drop(client);
}

#[test]
fn an_answer_read_whole_is_told_as_whole_and_a_reset_as_broken() {
    let habit = Habit {
        body_octets: 300_000,
        ..Habit::default()
    };
    let server = started(Limits::DEFAULT, &habit);
    let mut client = server.client();
    for _ in 0..3 {
        let reply = client.get("/AAAAAAAAAAAAAAAA", "+447700900001");
        assert!(reply.body.len() > 300_000);
        assert!(reply.body.ends_with(&[0x55; 1_000]));
    }
    drop(client);
    // The client's window is kept small and it reads one octet: most of the answer is in the server's own buffer, which
    // the kernel took whole. Its end is a reset, for there are unread octets.
    let socket = socket2::Socket::new(socket2::Domain::IPV4, socket2::Type::STREAM, None).unwrap();
    socket.set_recv_buffer_size(4_096).unwrap();
    socket.connect(&server.address().into()).unwrap();
    let mut stream: std::net::TcpStream = socket.into();
    std::io::Write::write_all(&mut stream, b"GET /AAAAAAAAAAAAAAAA HTTP/1.1\r\nHost: h\r\n\r\n").unwrap();
    stream.read_exact(&mut [0]).unwrap();
    drop(stream);
    server.end();
    assert_eq!(habit.sent_whole.load(Ordering::SeqCst), 3);
    assert_eq!(habit.sent_broken.load(Ordering::SeqCst), 1);
}

#[test]
fn a_connection_over_the_limit_is_told_503_and_a_place_comes_back() {
    let http = Limits {
        connections_max: 2,
        ..Limits::DEFAULT
    };
    let server = started(http, &Habit::default());
    let mut first = server.client();
    let mut second = server.client();
    assert_eq!(first.get("/", "+447700900001").status, 200);
    assert_eq!(second.get("/", "+447700900002").status, 200);
    let mut third = server.client();
    third.write("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
    let reply = third.reply();
    assert_eq!(reply.status, 503);
    assert!(reply.field("retry-after").is_some());
    assert_eq!(third.until_closed(), b"");
    assert_eq!(server.counted(Counter::ConnectionsRefused), 1);
    assert_eq!(
        first.get("/", "+447700900001").status,
        200,
        "the others are served on"
    );
    second.write("GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
    assert_eq!(second.reply().status, 200);
    assert_eq!(second.until_closed(), b"");
    // The place is free when the server has seen the end too; until then the answer is 503.
    let status = (0..1_000)
        .map(|_| server.client().get("/", "+447700900003").status)
        .find(|&s| s == 200);
    assert_eq!(status, Some(200));
    drop(first);
    server.end();
}

#[test]
fn bodies_over_the_budget_are_told_503_and_the_octets_come_back() {
    let options = Options {
        bodies_octets_max: 700_000,
        ..Options::default()
    };
    let server = start_with(1, &Habit::default(), options, Profile::default());
    let mut holder = server.client();
    holder.write("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 500000\r\n\r\n");
    holder.write([0; 100_000]);
    // The head of the holder is read before this one's, since an answer on a later connection shows that it was.
    let mut small = server.client();
    let mut refused = None;
    for _ in 0..1_000 {
        let mut second = server.client();
        second.write("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 200000\r\n\r\n");
        second.write([0; 1_000]);
        if server.counted(Counter::MemoryRefused) > 0 {
            refused = Some(second.reply());
            break;
        }
        second.write([0; 199_000]);
        let reply = second.reply();
        if reply.status == 503 {
            refused = Some(reply);
            break;
        }
    }
    assert_eq!(refused.unwrap().status, 503);
    assert_eq!(
        small.post("/", "+447700900001", &[0; 1_000]).status,
        200,
        "what fits is served"
    );
    holder.write([0; 400_000]);
    assert_eq!(holder.reply().status, 200);
    assert_eq!(small.post("/", "+447700900001", &[0; 500_000]).status, 200);
    drop((holder, small));
    server.end();
}

#[test]
fn open_connections_are_counted_down_again() {
    let server = started(Limits::DEFAULT, &Habit::default());
    let mut clients: Vec<_> = (0..5).map(|_| server.client()).collect();
    for client in &mut clients {
        assert_eq!(client.get("/", "+447700900001").status, 200);
    }
    let meter = std::sync::Arc::clone(&server.meters[0]);
    assert_eq!(meter.gauge(Gauge::ConnectionsOpen), 5);
    drop(clients);
    server.end();
    assert_eq!(meter.gauge(Gauge::ConnectionsOpen), 0);
}
