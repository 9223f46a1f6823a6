//! The admin plane from outside, over real sockets, with a source that the test feeds.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a helper of a test that panics is a failed test"
)]

use axum::body::Bytes;
use base::Msisdn;
use control::{
    Control, Deed, Desk, Live, Next, Options, Peer, Phase, Push, PushSource, Served, Stretch, Undone, Wanted,
    listen,
};
use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, TryRecvError, sync_channel};
use std::time::Duration;

/// A test that waits longer than this has failed.
const PATIENCE: Duration = Duration::from_secs(20);

/// Gives what the test sends.
struct Fed(Receiver<io::Result<Stretch>>);

impl PushSource for Fed {
    fn next(&mut self) -> io::Result<Next> {
        match self.0.try_recv() {
            Ok(stretch) => stretch.map(Next::Stretch),
            Err(TryRecvError::Empty | TryRecvError::Disconnected) => Ok(Next::Nothing),
        }
    }

    fn rest(&mut self) {}
}

/// There is no other operator.
struct NoPeers;

impl Desk for NoPeers {
    fn peers(&self) -> Vec<Peer> {
        Vec::new()
    }

    fn audit(&self) -> Vec<Deed> {
        Vec::new()
    }

    fn act(&self, _: Wanted) -> Result<Deed, Undone> {
        Err(Undone::Unknown)
    }
}

struct Server {
    control: Control,
    feed: SyncSender<io::Result<Stretch>>,
    address: SocketAddr,
}

/// The order's file of one test; its folder is gone with it.
struct Place(PathBuf);

impl Place {
    fn file(&self) -> PathBuf {
        self.0.join("order")
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        std::fs::remove_dir_all(&self.0).ok();
    }
}

fn place(name: &str) -> Place {
    let folder = std::env::temp_dir().join(format!("ringpost-admin-{}-{name}", std::process::id()));
    std::fs::remove_dir_all(&folder).ok();
    std::fs::create_dir_all(&folder).unwrap();
    Place(folder)
}

/// A server whose outbox has taken `before`.
fn server(order: &Path, token: &str, before: Vec<Stretch>) -> Server {
    let listeners = listen(&["127.0.0.1:0".parse().unwrap()]).unwrap();
    let live = Live {
        token: token.to_owned(),
        wait_s_max: 60,
    };
    let options = Options {
        connections_max: 64,
        outbox_octets_max: 1 << 20,
        interval_log: None,
        live,
    };
    let mut control = Control::start(listeners, options).unwrap();
    let (feed, fed) = sync_channel(64);
    for stretch in before {
        feed.send(Ok(stretch)).unwrap();
    }
    let meters = vec![Default::default(), Default::default()];
    control
        .attach(Served {
            links: Box::new(links),
            peers: Arc::new(NoPeers),
            meters,
            wake: Box::new(|| {}),
            source: Box::new(Fed(fed)),
            order,
        })
        .unwrap();
    let address = control.addresses()[0];
    Server {
        control,
        feed,
        address,
    }
}

fn links() -> Vec<control::Link> {
    vec![control::Link {
        centre: "north".to_owned(),
        link: 0,
        kind: "transceiver",
        state: "up",
        window: 50,
        outstanding: 7,
        rate_per_s: 100,
        taken_per_s: 98,
        waiting: 3,
        taken: 12,
        refused: 1,
        throttled: 2,
        unanswered: 4,
        receipts: 5,
        lost: 6,
        error: "no answer in time".to_owned(),
    }]
}

/// What operators see of links: as JSON, and as families with the links' names.
#[test]
fn links_are_shown() {
    let place = place("links");
    let server = server(&place.file(), "", vec![]);
    let list: serde_json::Value =
        serde_json::from_slice(&get(server.address, "/v1/push/links").body).unwrap();
    assert_eq!(list[0]["centre"], "north");
    assert_eq!(list[0]["outstanding"], 7);
    assert_eq!(list[0]["error"], "no answer in time");
    let text = String::from_utf8(get(server.address, "/metrics").body.to_vec()).unwrap();
    let labels = "{centre=\"north\",link=\"0\",kind=\"transceiver\"}";
    assert!(text.contains(&format!("ringpost_link_up{labels} 1\n")), "{text}");
    assert!(text.contains(&format!("ringpost_link_taken_total{labels} 12\n")));
    assert!(text.contains("# TYPE ringpost_link_taken_total counter\n"));
}

fn push(lsn: u64, last: u8, pdu: &str) -> Push {
    let number = Msisdn::from_digits(format!("4477009000{last:02}").as_bytes()).unwrap();
    Push {
        lsn,
        number,
        pdu: pdu.as_bytes().to_vec(),
    }
}

fn stretch(journal: u32, from: u64, pushes: Vec<Push>) -> Stretch {
    Stretch {
        journal,
        from,
        to: from + 4_096,
        pushes,
    }
}

struct Reply {
    status: u16,
    head: String,
    body: Bytes,
}

impl Reply {
    fn seq(&self) -> u64 {
        let line = self
            .head
            .lines()
            .find_map(|line| line.strip_prefix("outbox-seq: "));
        line.expect(&self.head).trim().parse().unwrap()
    }
}

/// Sends one request and leaves the connection open for its answer.
fn ask(address: SocketAddr, request: &str) -> TcpStream {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    write!(stream, "{request}\r\nHost: admin\r\nConnection: close\r\n\r\n").unwrap();
    stream
}

fn answer(mut stream: TcpStream) -> Reply {
    let mut octets = Vec::new();
    stream.read_to_end(&mut octets).unwrap();
    let end = octets
        .windows(4)
        .position(|window| window == b"\r\n\r\n")
        .expect("a whole head");
    let head = String::from_utf8(octets[..end].to_vec())
        .unwrap()
        .to_ascii_lowercase();
    let status = head[9..12].parse().unwrap();
    Reply {
        status,
        head,
        body: Bytes::from(octets.split_off(end + 4)),
    }
}

fn get(address: SocketAddr, path: &str) -> Reply {
    answer(ask(address, &format!("GET {path} HTTP/1.1")))
}

#[test]
fn pushes_come_in_order_and_reading_changes_nothing() {
    let before = vec![
        stretch(0, 0, vec![push(8, 1, "a"), push(64, 2, "x"), push(128, 1, "b")]),
        stretch(1, 0, vec![push(8, 1, "c")]),
    ];
    let place = place("order");
    let server = server(&place.file(), "", before);
    let mut after = 0;
    for expected in ["a", "b", "c"] {
        for _ in 0..2 {
            let reply = get(server.address, &format!("/v1/outbox/+447700900001?after={after}"));
            assert_eq!((reply.status, reply.body.as_ref()), (200, expected.as_bytes()));
            assert!(
                reply
                    .head
                    .contains("content-type: application/vnd.wap.mms-message"),
                "{}",
                reply.head
            );
        }
        let seq = get(server.address, &format!("/v1/outbox/447700900001?after={after}")).seq();
        assert!(seq > after);
        after = seq;
    }
    let reply = get(
        server.address,
        &format!("/v1/outbox/%2B447700900001?after={after}"),
    );
    assert_eq!((reply.status, reply.body.len()), (204, 0));
    assert_eq!(get(server.address, "/v1/outbox/+447700900009").status, 204);
    assert!(server.control.stop().is_empty());
}

#[test]
fn a_waiting_request_is_answered_when_its_push_comes() {
    let place = place("wait");
    let server = server(&place.file(), "", Vec::new());
    let waiting = ask(
        server.address,
        "GET /v1/outbox/+447700900001?after=0&wait=60 HTTP/1.1",
    );
    let other = ask(
        server.address,
        "GET /v1/outbox/+447700900002?after=0&wait=60 HTTP/1.1",
    );
    // How many wait the gauge says; no clock is needed.
    let until_waiting = |count: u32| {
        let gauge = format!("\nringpost_outbox_waiters {count}\n");
        while !String::from_utf8_lossy(&get(server.address, "/metrics").body).contains(&gauge) {}
    };
    until_waiting(2);
    let feed = |push: Push, from: u64| server.feed.send(Ok(stretch(0, from, vec![push]))).unwrap();
    feed(push(8, 1, "late"), 0);
    let reply = answer(waiting);
    assert_eq!((reply.status, reply.body.as_ref()), (200, b"late".as_ref()));
    // Another's push is not the other's: that one waits on, for its own.
    until_waiting(1);
    feed(push(4_104, 2, "later"), 4_096);
    let reply = answer(other);
    assert_eq!((reply.status, reply.body.as_ref()), (200, b"later".as_ref()));
    let nothing = get(server.address, "/v1/outbox/+447700900003?after=0&wait=1");
    assert_eq!(
        nothing.status, 204,
        "what never comes is waited for as long as asked"
    );
    assert!(server.control.stop().is_empty());
}

#[test]
fn numbers_stay_over_a_restart_whatever_order_the_journals_are_read_in() {
    let place = place("restart");
    let order = place.file();
    let first = server(&order, "", Vec::new());
    let stretches = [
        stretch(1, 0, vec![push(8, 1, "from journal 1")]),
        stretch(0, 0, vec![push(8, 1, "from journal 0")]),
        stretch(1, 4_096, vec![push(4_104, 1, "again from 1")]),
    ];
    for stretch in &stretches {
        first.feed.send(Ok(stretch.clone())).unwrap();
    }
    let read = |address| {
        let mut read = Vec::new();
        for _ in 0..3 {
            let after = read.last().map_or(0, |(seq, _): &(u64, Bytes)| *seq);
            let reply = get(
                address,
                &format!("/v1/outbox/+447700900001?after={after}&wait=20"),
            );
            read.push((reply.seq(), reply.body));
        }
        read
    };
    let seen = read(first.address);
    assert_eq!(seen[0].1.as_ref(), b"from journal 1");
    assert!(first.control.stop().is_empty());

    let mut sorted = stretches.to_vec();
    sorted.sort_by_key(|stretch| (stretch.journal, stretch.from));
    let second = server(&order, "", sorted);
    assert_eq!(read(second.address), seen);
    second
        .feed
        .send(Ok(stretch(0, 4_096, vec![push(4_104, 1, "new")])))
        .unwrap();
    let reply = get(
        second.address,
        &format!("/v1/outbox/+447700900001?after={}&wait=20", seen[2].0),
    );
    assert_eq!(reply.body.as_ref(), b"new");
    assert!(second.control.stop().is_empty());
}

#[test]
fn refusals_are_problems() {
    let place = place("problems");
    let server = server(&place.file(), "", Vec::new());
    let rows = [
        ("GET /v1/outbox/none HTTP/1.1", 400),
        ("GET /v1/outbox/+0123456789 HTTP/1.1", 400),
        ("GET /v1/outbox/+447700900001?after=x HTTP/1.1", 400),
        ("GET /v1/outbox/+447700900001?wait=-1 HTTP/1.1", 400),
        ("GET /v1/outbox/+447700900001?before=1 HTTP/1.1", 400),
        ("POST /v1/outbox/+447700900001 HTTP/1.1", 405),
        ("POST /healthz HTTP/1.1", 405),
        ("GET /v1/outbox HTTP/1.1", 404),
        ("GET / HTTP/1.1", 404),
    ];
    for (request, status) in rows {
        let reply = answer(ask(server.address, request));
        assert_eq!(reply.status, status, "{request}");
        assert!(
            reply.head.contains("content-type: application/problem+json"),
            "{request}\n{}",
            reply.head
        );
        let problem: serde_json::Value = serde_json::from_slice(&reply.body).unwrap();
        assert_eq!(problem["status"], status, "{request}");
    }
    server
        .feed
        .send(Err(io::Error::other("the disk is gone")))
        .unwrap();
    assert_eq!(get(server.address, "/v1/outbox/+447700900001").status, 503);
    assert_eq!(
        get(server.address, "/v1/outbox/+447700900001?wait=60").status,
        503,
        "at once"
    );
    assert_eq!(get(server.address, "/healthz").status, 200, "the rest goes on");
    assert!(server.control.stop().is_empty());
}

#[test]
fn the_token_guards_everything_but_health_and_can_be_changed() {
    let token = "0123456789abcdef";
    let place = place("token");
    let server = server(&place.file(), token, Vec::new());
    let with = |token: &str, path: &str| {
        answer(ask(
            server.address,
            &format!("GET {path} HTTP/1.1\r\nAuthorization: Bearer {token}"),
        ))
        .status
    };
    for path in [
        "/metrics",
        "/v1/openapi.json",
        "/v1/outbox/+447700900001",
        "/nothing",
    ] {
        let reply = get(server.address, path);
        assert_eq!(reply.status, 401, "{path}");
        assert!(reply.head.contains("www-authenticate: bearer"));
        assert_eq!(with("0123456789abcdeX", path), 401, "{path}");
        assert_ne!(with(token, path), 401, "{path}");
    }
    assert_eq!(
        (
            get(server.address, "/healthz").status,
            get(server.address, "/readyz").status
        ),
        (200, 503)
    );
    server.control.reload(Live {
        token: "another-token-of-16".to_owned(),
        wait_s_max: 1,
    });
    assert_eq!(
        (with(token, "/metrics"), with("another-token-of-16", "/metrics")),
        (401, 200)
    );
    assert!(server.control.stop().is_empty());
}

#[test]
fn readiness_follows_the_phase_and_never_goes_back() {
    let place = place("phase");
    let server = server(&place.file(), "", Vec::new());
    let status = |expected: &str| {
        let reply = get(server.address, "/readyz");
        assert_eq!(
            reply.body.as_ref(),
            format!("{{\"status\":{expected:?}}}").as_bytes()
        );
        reply.status
    };
    assert_eq!(status("starting"), 503);
    server.control.set_phase(Phase::Ready);
    assert_eq!(status("ready"), 200);
    server.control.set_phase(Phase::Draining);
    server.control.set_phase(Phase::Ready);
    assert_eq!(status("draining"), 503);
    assert!(server.control.stop().is_empty());
}

#[test]
fn every_path_of_the_openapi_document_answers() {
    let place = place("openapi");
    let server = server(&place.file(), "", Vec::new());
    let document: serde_json::Value =
        serde_json::from_slice(&get(server.address, "/v1/openapi.json").body).unwrap();
    let paths = document["paths"].as_object().unwrap();
    assert_eq!(paths.len(), 11);
    for (path, methods) in paths {
        let path = path
            .replace("{msisdn}", "+447700900001")
            .replace("{address}", "2001:db8::1")
            .replace("{peer}", "alpha")
            .replace("{action}", "hold");
        let (responses, reply) = match methods.get("get") {
            Some(method) => (&method["responses"], get(server.address, &path)),
            None => (
                &methods["post"]["responses"],
                answer(ask(server.address, &format!("POST {path} HTTP/1.1"))),
            ),
        };
        assert!(
            responses.get(reply.status.to_string()).is_some(),
            "{path} answered {}",
            reply.status
        );
    }
    assert!(server.control.stop().is_empty());
}
