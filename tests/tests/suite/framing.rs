//! Raw octets: pipelining across shards, framing that is refused, messages too large.

use crate::support::{message, octets, send_conf, send_req, serve};
use base::Partition;
use mms::Version;
use std::collections::BTreeSet;
use tests::process::letter::subscriber;
use tests::process::turnstile;
use tests::process::wire::Wire;

/// A POST as subscriber `index`.
fn post(index: u16, fields: &str, body: &[u8]) -> Vec<u8> {
    let mut request = format!(
        "POST / HTTP/1.1\r\nHost: mmsc\r\nX-MSISDN: {}\r\nContent-Type: application/vnd.wap.mms-message\r\n{fields}\
         Content-Length: {}\r\n\r\n",
        subscriber(index),
        body.len()
    )
    .into_bytes();
    request.extend_from_slice(body);
    request
}

#[test]
fn pipelined_requests_of_subscribers_on_three_shards_are_answered_in_order() {
    const SHARDS: u16 = 3;
    let _turn = turnstile::enter();
    let (_site, server) = serve(SHARDS);
    // One subscriber of each shard, the last shard first, and again.
    let of = |shard: u16| (40..80).find(|&index| Partition::of(subscriber(index)).home(SHARDS).0 == shard);
    let asking: Vec<u16> = [2, 1, 0, 2, 0, 1]
        .into_iter()
        .map(|shard| of(shard).unwrap())
        .collect();
    assert_eq!(asking.iter().collect::<BTreeSet<_>>().len(), 3);
    let mut wire = Wire::open(server.at.mm1).unwrap();
    let mut requests = Vec::new();
    for (number, &index) in asking.iter().enumerate() {
        // The first are the longest, so that they are the last to be ready.
        let content = octets(&number.to_string(), 30_000 - 5_000 * number);
        let pdu = send_req(&message(&[90], &content), &format!("p{number}"), Version::V1_2);
        requests.extend(post(index, "", &pdu));
    }
    wire.send(&requests).unwrap();
    for number in 0..asking.len() {
        let answer = wire.answer().unwrap().expect("an answer");
        assert_eq!(answer.status, 200);
        let conf = send_conf(&answer.body);
        assert_eq!(conf.transaction_id, format!("p{number}").as_bytes(), "in order");
        assert!(conf.message_id.is_some(), "{conf:?}");
    }
}

#[test]
fn framing_that_could_be_read_in_two_ways_is_refused_and_closed() {
    let _turn = turnstile::enter();
    let (_site, server) = serve(2);
    let long = format!(
        "GET / HTTP/1.1\r\nHost: m\r\nX-Long: {}\r\n\r\n",
        "x".repeat(20_000)
    );
    let line = format!("GET /{} HTTP/1.1\r\nHost: m\r\n\r\n", "x".repeat(10_000));
    let refused: &[(&str, &str, &[u16])] = &[
        (
            "two lengths",
            "POST / HTTP/1.1\r\nHost: m\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello!",
            &[400],
        ),
        (
            "length and chunks",
            "POST / HTTP/1.1\r\nHost: m\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
            &[400],
        ),
        ("no host", "GET / HTTP/1.1\r\n\r\n", &[400]),
        (
            "a space before the colon",
            "GET / HTTP/1.1\r\nHost : m\r\n\r\n",
            &[400],
        ),
        (
            "a folded line",
            "GET / HTTP/1.1\r\nHost: m\r\nX: a\r\n b\r\n\r\n",
            &[400],
        ),
        (
            "an unknown coding",
            "POST / HTTP/1.1\r\nHost: m\r\nTransfer-Encoding: gzip\r\n\r\n",
            &[400, 501],
        ),
        (
            "a negative length",
            "POST / HTTP/1.1\r\nHost: m\r\nContent-Length: -1\r\n\r\n",
            &[400],
        ),
        (
            "a chunk that is no number",
            "POST / HTTP/1.1\r\nHost: m\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
            &[400],
        ),
        ("another protocol", "SSH-2.0-OpenSSH_9.6\r\n\r\n", &[400]),
        (
            "another version",
            "GET / HTTP/2.0\r\nHost: m\r\n\r\n",
            &[400, 505],
        ),
        ("a head too large", &long, &[431]),
        ("a line too long", &line, &[414, 431]),
    ];
    for (name, octets, statuses) in refused {
        let mut wire = Wire::open(server.at.mm1).unwrap();
        wire.send(octets.as_bytes()).unwrap();
        let answer = wire
            .answer()
            .unwrap()
            .unwrap_or_else(|| panic!("{name}: no answer"));
        assert!(statuses.contains(&answer.status), "{name}: {}", answer.status);
        assert!(wire.is_closed().unwrap(), "{name}: nothing behind it is read");
    }
    assert_eq!(server.terminate().unwrap().code(), Some(0));
}

#[test]
fn a_method_that_is_not_served_is_named_so() {
    let _turn = turnstile::enter();
    let (_site, server) = serve(1);
    let mut wire = Wire::open(server.at.mm1).unwrap();
    wire.send(b"DELETE / HTTP/1.1\r\nHost: m\r\nContent-Length: 0\r\n\r\n")
        .unwrap();
    assert_eq!(wire.answer().unwrap().unwrap().status, 405);
}

#[test]
fn a_message_too_large_is_read_to_its_end_and_refused_by_its_name() {
    let _turn = turnstile::enter();
    let (_site, server) = serve(2);
    // Above what is allowed (40 KiB), above what is kept of a body (112 KiB), far above.
    for (number, length) in [60_000, 200_000, 4_000_000].into_iter().enumerate() {
        for (version, status) in [(Version::V1_2, 0xE5), (Version::V1_0, 0x87)] {
            let name = format!("large-{number}");
            let pdu = send_req(&message(&[90], &octets("large ", length)), &name, version);
            let mut wire = Wire::open(server.at.mm1).unwrap();
            wire.send(&post(80, "", &pdu)).unwrap();
            let answer = wire.answer().unwrap().expect("an answer");
            assert_eq!(answer.status, 200, "{length} octets");
            let conf = send_conf(&answer.body);
            assert_eq!(conf.transaction_id, name.as_bytes(), "{length} octets");
            assert_eq!(
                conf.response_status.octet(),
                status,
                "{length} octets, {version:?}"
            );
            // The connection is in step: another message is taken on it.
            let small = send_req(&message(&[90], &octets(&name, 1_000)), "small", version);
            wire.send(&post(80, "", &small)).unwrap();
            let answer = wire.answer().unwrap().expect("an answer");
            assert!(send_conf(&answer.body).message_id.is_some());
        }
    }
}
