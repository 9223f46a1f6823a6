//! Serving phones over real sockets: order, identity, HTTP's ways of keeping, closing and chunking.
//!
//! Stands outside the engine, as a gateway does; the brain is the harness's fake one. Invariant of all: answers come in
//! the order of the requests, each from the subscriber's home.

use crate::harness::{Habit, Server, post, start, start_with, subscriber_of};
use apn::View;
use engine::{Access, ring_flags};
use meter::Counter;
use profile::Profile;
use std::sync::Arc;

/// Three subscribers, as far apart as the shards allow.
fn three(shards: u16) -> Vec<(u16, String)> {
    (0..3)
        .map(|n| {
            let home = n % shards;
            (
                home,
                subscriber_of(home, shards, usize::from(n / shards)).to_string(),
            )
        })
        .collect()
}

#[test]
fn three_subscribers_pipelined_on_one_connection_are_answered_in_order() {
    for shards in 1..=3 {
        let server = start(shards, &Habit::default());
        let mut client = server.client();
        let subscribers = three(shards);
        for _ in 0..20 {
            let mut burst = Vec::new();
            for (index, (_, number)) in subscribers.iter().enumerate() {
                let body = vec![b'x'; index * 10_000 + 1];
                burst.extend(post("/mmsc", number, &body));
            }
            client.write(burst);
            for (index, (home, number)) in subscribers.iter().enumerate() {
                let reply = client.reply();
                let octets = index * 10_000 + 1;
                let expected = format!("shard={home} who={number} POST token=- octets={octets} ");
                assert!(
                    reply.text().starts_with(&expected),
                    "{shards} shards: {}",
                    reply.text()
                );
            }
        }
        assert_eq!(server.counted(Counter::HttpRequests), 60);
        assert_eq!(server.counted(Counter::RequestsForwarded) > 0, shards > 1);
        drop(client);
        server.end();
    }
}

#[test]
fn the_rings_carry_the_flag() {
    let server = start(1, &Habit::default());
    // Three rings an executor: without the link argument, or where the kernel refuses the flag, none of them counts.
    assert!(server.counted(Counter::RingsCoopTaskrun) >= 3);
    assert!(ring_flags::rings() >= 3);
    server.end();
}

/// One request's text, and what the answer must hold.
fn check(server: &Server, request: &str, status: u16, text: &str) {
    let mut client = server.client();
    client.write(request);
    let reply = client.reply();
    assert_eq!(reply.status, status, "{request}\n{}", reply.text());
    assert!(reply.text().contains(text), "{request}\n{}", reply.text());
}

#[test]
fn any_path_and_form_is_served_and_its_token_read() {
    let server = start(1, &Habit::default());
    let number = "X-MSISDN: +447700900001\r\n";
    let check = |line: &str, text: &str| {
        let request = format!("{line} HTTP/1.1\r\nHost: any\r\n{number}\r\n");
        check(&server, &request, 200, text);
    };
    check("GET /AAAAAAAAAAAAAAAB", "GET token=AAAAAAAAAAAAAAAB");
    check(
        "GET /some/where/AAAAAAAAAAAAAAABT12345",
        "GET token=AAAAAAAAAAAAAAAB",
    );
    check(
        "GET http://mmsc.example:8190/AAAAAAAAAAAAAAAB",
        "GET token=AAAAAAAAAAAAAAAB",
    );
    check("GET http://mmsc.example", "GET token=-");
    check("GET /servlets/mms", "GET token=-");
    check("GET /", "who=+447700900001");
    server.end();
}

#[test]
fn identity_counts_from_a_gateway_only() {
    let server = start(1, &Habit::default());
    let post = |fields: &str| format!("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n{fields}\r\n");
    check(
        &server,
        &post("X-MSISDN: 447700900001\r\n"),
        200,
        "who=+447700900001 ",
    );
    check(
        &server,
        &post("x-msisdn: +44 7700 900001\r\n"),
        200,
        "who=+447700900001 ",
    );
    check(&server, &post(""), 200, "who=nobody");
    check(&server, &post("X-MSISDN: somebody\r\n"), 200, "who=nobody");
    check(
        &server,
        &post("X-MSISDN: +447700900001\r\nX-MSISDN: +447700900002\r\n"),
        200,
        "who=nobody",
    );
    check(
        &server,
        &post("X-MSISDN: +447700900001\r\nX-MSISDN: 447700900001\r\n"),
        200,
        "who=+447700900001 ",
    );
    assert_eq!(server.counted(Counter::IdentityUntrusted), 0);
    server.end();

    let mut settings = profile::Settings::default();
    settings.identity.gateways = vec!["192.0.2.0/24".parse().unwrap()];
    let options = engine::Options {
        access: Arc::new(Access::compile(&settings, View::of_nobody(), 1, None)),
        ..engine::Options::default()
    };
    let server = start_with(1, &Habit::default(), options, Profile::default());
    check(&server, &post("X-MSISDN: +447700900001\r\n"), 200, "who=nobody");
    assert_eq!(server.counted(Counter::IdentityUntrusted), 1);
    assert_eq!(server.counted(Counter::IdentityRefused), 1);
    server.end();
}

#[test]
fn what_is_not_for_the_brain_is_refused_at_the_edge() {
    let server = start(1, &Habit::default());
    let request = |line: &str, fields: &str| {
        format!("{line} HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n{fields}\r\n{{}}")
    };
    check(&server, &request("PUT /", ""), 405, "Only GET and POST");
    check(&server, &request("DELETE /x", ""), 405, "Only GET and POST");
    let json = "Content-Type: application/json\r\n";
    check(
        &server,
        &request("POST /", json),
        415,
        "application/vnd.wap.mms-message",
    );
    let with_charset = "Content-Type: Application/vnd.wap.MMS-message; charset=x\r\n";
    check(&server, &request("POST /", with_charset), 200, "octets=2");
    check(&server, "GET / HTTP/1.1\r\n\r\n", 400, "Host");
    check(&server, "GET / HTTP/1.1\nHost: h\n\n", 400, "");
    assert_eq!(server.counted(Counter::HttpRefused), 5);
    let mut client = server.client();
    client.write("HEAD / HTTP/1.1\r\nHost: h\r\n\r\nGET / HTTP/1.1\r\nHost: h\r\n\r\n");
    let head = client.reply();
    assert_eq!(
        (head.status, head.text()),
        (405, ""),
        "no content, lest it be taken for the next answer's head"
    );
    assert_eq!(client.reply().status, 200);
    drop(client);
    server.end();
}

#[test]
fn connections_are_kept_or_closed_as_the_client_says() {
    let server = start(1, &Habit::default());
    let mut client = server.client();
    client.write("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
    assert_eq!(client.reply().field("connection"), Some("keep-alive"));
    client.write("GET / HTTP/1.0\r\n\r\n");
    assert_eq!(client.reply().field("connection"), Some("close"));
    assert_eq!(client.until_closed(), b"");

    let mut client = server.client();
    client.write("GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\nGET / HTTP/1.1\r\nHost: h\r\n\r\n");
    assert_eq!(client.reply().field("connection"), Some("close"));
    assert_eq!(client.until_closed(), b"", "what follows a close is not served");

    // A client may shut its side after the last request and still read the answers.
    let mut client = server.client();
    client.write("GET /1 HTTP/1.1\r\nHost: h\r\n\r\nGET /2 HTTP/1.1\r\nHost: h\r\n\r\n");
    client.shut_sending();
    assert_eq!(client.reply().status, 200);
    assert_eq!(client.reply().status, 200);
    assert_eq!(client.until_closed(), b"");
    server.end();
}

#[test]
fn a_body_comes_in_chunks_or_after_100_and_is_whole() {
    let server = start(1, &Habit::default());
    let mut client = server.client();
    client.write("POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n");
    client.write("1\r\n!\r\n0\r\n\r\n");
    assert!(client.reply().text().contains("octets=6 "));
    client.write("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 300000\r\nExpect: 100-continue\r\n\r\n");
    assert_eq!(client.reply().status, 100);
    client.write(vec![7; 300_000]);
    assert!(client.reply().text().contains("octets=300000 "));
    // Over the limit, yet drained: the brain is told, so that it can say so in a PDU.
    let octets = 3 << 20;
    client.write(format!(
        "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: {octets}\r\n\r\n"
    ));
    client.write(vec![7; octets]);
    let reply = client.reply();
    assert!(
        reply.text().contains("octets=1024 oversize=Some(3145728)"),
        "{}",
        reply.text()
    );
    drop(client);
    server.end();
}
