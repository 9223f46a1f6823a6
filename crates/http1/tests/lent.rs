//! Buffers on loan: which bodies take theirs along, and that the machine goes on as before.
//!
//! The test is the owner. Invariant: what was lent comes back, by the connection or with the body.
#![expect(
    clippy::panic,
    clippy::unwrap_used,
    reason = "a helper that fails fails its test"
)]

use http1::{Connection, Limits, Persistence, Request, Response, Step};

const GET: &[u8] = b"GET /a HTTP/1.1\r\nHost: x\r\n\r\n";

fn received(connection: &mut Connection, octets: &[u8]) -> Step {
    assert_eq!(connection.receive(octets, 0), octets.len(), "all of it fits");
    connection.step(0)
}

fn request(step: Step) -> Request {
    match step {
        Step::Request(request) => request,
        other => panic!("no request but {other:?}"),
    }
}

fn answer(connection: &mut Connection) -> Persistence {
    let persistence = connection
        .respond(&mut Vec::new(), &Response::new(200), 0)
        .unwrap();
    connection.sent(0);
    persistence
}

/// A body that came whole with its head goes on in the buffer that was lent for both; one with something behind it, a
/// small one, or one whose owner needs the buffer, is copied.
#[test]
fn a_body_leaves_in_the_lent_buffer() {
    let message = |octets: usize| {
        let head = format!("POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: {octets}\r\n\r\n");
        [head.as_bytes(), &vec![7; octets]].concat()
    };
    let pipelined = [message(20_000), GET.to_vec()].concat();
    for (octets, may_leave, leaves, body_octets) in [
        (message(20_000), true, true, 20_000),
        (message(20_000), false, false, 20_000),
        (message(1_000), true, false, 1_000),
        (pipelined, true, false, 20_000),
    ] {
        let mut connection = Connection::new(Limits::DEFAULT, 0);
        assert!(connection.lend(vec![0; 64 << 10], may_leave).is_ok());
        let asked = request(received(&mut connection, &octets));
        assert_eq!(asked.body, vec![7; body_octets]);
        assert_eq!(asked.body.is_part(), leaves);
        if leaves {
            assert_eq!(asked.body.into_spent().map(|buffer| buffer.len()), Some(64 << 10));
            assert!(connection.reclaim().is_none());
        }
        // The next request finds a machine as it was.
        assert_eq!(answer(&mut connection), Persistence::KeepAlive);
        let next = match connection.step(0) {
            Step::NeedMore { .. } => received(&mut connection, GET),
            step => step,
        };
        assert_eq!(request(next).body, b"");
    }
}

/// Of a head that comes in pieces a connection holds what came, and no lent buffer, whatever the pieces; read whole, it
/// is the head that was sent.
#[test]
fn a_slow_head_holds_what_it_sent() {
    let head = [
        b"GET /a HTTP/1.1\r\nHost: x\r\nX-Long: ".as_slice(),
        &[b'v'; 5_000],
        b"\r\n\r\n",
    ]
    .concat();
    for piece in [1, 7, 600] {
        let mut connection = Connection::new(Limits::DEFAULT, 0);
        let mut buffer = Some(vec![0; 64 << 10]);
        let mut sent = 0;
        let asked = loop {
            if let Err(kept) = connection.lend(buffer.take().unwrap(), true) {
                buffer = Some(kept);
            }
            let next = &head[sent..head.len().min(sent + piece)];
            sent += next.len();
            let step = received(&mut connection, next);
            buffer = buffer.or_else(|| connection.reclaim());
            assert_eq!(buffer.as_ref().map(Vec::len), Some(64 << 10), "it came back");
            match step {
                Step::NeedMore { .. } => {
                    let held = connection.memory_octets();
                    assert!(held <= (2 * sent).max(512) as u64, "{held} for {sent}");
                }
                step => break request(step),
            }
        };
        assert_eq!(sent, head.len());
        assert_eq!(asked.head.raw(), head);
    }
}

/// Who announces a body and hardly begins it holds some packets' worth.
#[test]
fn a_body_that_is_only_announced_holds_little() {
    let mut connection = Connection::new(Limits::DEFAULT, 0);
    assert!(connection.lend(vec![0; 64 << 10], true).is_ok());
    let head = b"POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 300000\r\n\r\n";
    assert!(matches!(received(&mut connection, head), Step::NeedMore { .. }));
    assert!(connection.reclaim().is_some());
    for _ in 0..1_000 {
        assert!(matches!(received(&mut connection, b"x"), Step::NeedMore { .. }));
        assert!(connection.memory_octets() < 8_192);
    }
    for octets in [3_096, 1] {
        let step = received(&mut connection, &vec![b'x'; octets]);
        assert!(matches!(step, Step::NeedMore { .. }));
    }
    assert!(connection.memory_octets() > 300_000, "it has begun in earnest");
}
