//! Answers, however they are cut into reads.

use super::{Found, Inbox};

/// Status, body, whether the connection may be used again.
type Seen = Option<(u16, Vec<u8>, bool)>;

/// Feeds octets in pieces; gives status and body of the answer, whether it may persist, and how often 100 came.
fn feed(octets: &[u8], piece: usize) -> (Seen, u32, bool) {
    let (mut inbox, mut continues) = (Inbox::default(), 0);
    for piece in octets.chunks(piece) {
        let mut next = piece;
        loop {
            match inbox.receive(next) {
                Found::Nothing => break,
                Found::Continue => {
                    continues += 1;
                    next = &[];
                }
                Found::Answer(answer, persists) => {
                    return (
                        Some((answer.status, answer.body.to_vec(), persists)),
                        continues,
                        false,
                    );
                }
                Found::Malformed => return (None, continues, true),
            }
        }
    }
    let ended = match inbox.ended() {
        Found::Answer(answer, persists) => Some((answer.status, answer.body.to_vec(), persists)),
        _ => None,
    };
    (ended, continues, false)
}

fn check(octets: &[u8], status: u16, body: &[u8], persists: bool, continues: u32) {
    for piece in [1, 2, 3, 7, 50, octets.len()] {
        let expected = (Some((status, body.to_vec(), persists)), continues, false);
        assert_eq!(feed(octets, piece), expected, "in pieces of {piece}");
    }
}

#[test]
fn answers_are_the_same_in_any_pieces() {
    check(
        b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello",
        200,
        b"hello",
        true,
        0,
    );
    check(b"HTTP/1.1 204 No Content\r\n\r\n", 204, b"", true, 0);
    check(
        b"HTTP/1.1 503 Busy\r\ncontent-length: 0\r\nConnection: close\r\n\r\n",
        503,
        b"",
        false,
        0,
    );
    let chunked = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n1\r\n!\r\n0\r\n\r\n";
    check(chunked, 200, b"hello!", true, 0);
    check(
        b"HTTP/1.0 200 OK\r\n\r\nuntil the end",
        200,
        b"until the end",
        false,
        0,
    );
    let interim = b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
    check(interim, 200, b"ok", true, 1);
}

#[test]
fn what_is_no_answer_is_malformed() {
    assert!(feed(b"SMTP 220 hello\r\n\r\n", 64).2);
    assert!(
        feed(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok and more", 64).2,
        "more than was said"
    );
    assert_eq!(
        feed(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nshort", 64).0,
        None,
        "cut short"
    );
}
