//! What operators have done to peers, over real sockets, with a desk that the test keeps.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a helper of a test that panics is a failed test"
)]

use control::{
    Control, Deed, Desk, Doing, Live, Next, Options, Peer, PushSource, Served, Undone, Wanted, listen,
};
use serde_json::{Value, json};
use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::time::Duration;

/// A test that waits longer than this has failed.
const PATIENCE: Duration = Duration::from_secs(20);

/// Nothing is pushed.
struct Nothing;

impl PushSource for Nothing {
    fn next(&mut self) -> io::Result<Next> {
        Ok(Next::Nothing)
    }

    fn rest(&mut self) {}
}

/// Shows what is wanted to the test; knows `alpha`, and does not answer for `slow`.
struct Kept(SyncSender<Wanted>);

impl Desk for Kept {
    fn peers(&self) -> Vec<Peer> {
        vec![Peer {
            peer: "alpha".to_owned(),
            state: "open",
            held: "drained",
            held_since: 1_700_000_000,
            held_by: "olga".to_owned(),
            aside: 7,
            ..Peer::default()
        }]
    }

    fn audit(&self) -> Vec<Deed> {
        vec![deed("alpha", "drain")]
    }

    fn act(&self, wanted: Wanted) -> Result<Deed, Undone> {
        let peer = wanted.peer.clone();
        self.0.send(wanted).unwrap();
        match peer.as_str() {
            "alpha" => Ok(deed("alpha", "hold")),
            "slow" => Err(Undone::Late),
            "full" => Err(Undone::Busy),
            "broken" => Err(Undone::LogFailed),
            _ => Err(Undone::Unknown),
        }
    }
}

fn deed(peer: &str, action: &'static str) -> Deed {
    Deed {
        at: 1_700_000_000,
        action,
        peer: peer.to_owned(),
        by: "olga".to_owned(),
        from: "127.0.0.1".to_owned(),
        reason: "new cables".to_owned(),
        number: 5,
    }
}

struct Server {
    control: Control,
    address: SocketAddr,
    wanted: Receiver<Wanted>,
    folder: PathBuf,
}

impl Drop for Server {
    fn drop(&mut self) {
        std::fs::remove_dir_all(&self.folder).ok();
    }
}

fn server(name: &str, token: &str) -> Server {
    let folder = std::env::temp_dir().join(format!("ringpost-acting-{}-{name}", std::process::id()));
    std::fs::remove_dir_all(&folder).ok();
    std::fs::create_dir_all(&folder).unwrap();
    let options = Options {
        connections_max: 64,
        outbox_octets_max: 1,
        interval_log: None,
        live: Live {
            token: token.to_owned(),
            wait_s_max: 1,
        },
    };
    let listeners = listen(&["127.0.0.1:0".parse().unwrap()]).unwrap();
    let mut control = Control::start(listeners, options).unwrap();
    let (sender, wanted) = sync_channel(64);
    let served = Served {
        links: Box::new(Vec::new),
        peers: Arc::new(Kept(sender)),
        meters: vec![Default::default()],
        wake: Box::new(|| {}),
        source: Box::new(Nothing),
        order: &folder.join("order"),
    };
    control.attach(served).unwrap();
    Server {
        address: control.addresses()[0],
        control,
        wanted,
        folder,
    }
}

/// Asks; the status and the body.
fn ask(server: &Server, line: &str, headers: &str, body: &str) -> (u16, Value) {
    let (status, text) = ask_text(server, line, headers, body);
    (status, serde_json::from_str(&text).unwrap_or_default())
}

fn ask_text(server: &Server, line: &str, headers: &str, body: &str) -> (u16, String) {
    let mut stream = TcpStream::connect(server.address).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    let length = body.len();
    let head = format!("{line} HTTP/1.1\r\nHost: admin\r\nConnection: close\r\nContent-Length: {length}\r\n");
    stream
        .write_all(format!("{head}{headers}\r\n{body}").as_bytes())
        .unwrap();
    let mut text = String::new();
    stream.read_to_string(&mut text).unwrap();
    let (head, body) = text.split_once("\r\n\r\n").expect("a whole head");
    (head[9..12].parse().unwrap(), body.to_owned())
}

const JSON: &str = "Content-Type: application/json; charset=utf-8\r\n";

#[test]
fn an_action_reaches_the_desk_with_who_and_where_from() {
    let server = server("reaches", "");
    for (name, doing) in [
        ("hold", Doing::Hold),
        ("release", Doing::Release),
        ("drain", Doing::Drain),
        ("retry", Doing::Retry),
    ] {
        let line = format!("POST /v1/peers/alpha/{name}");
        let (status, answer) = ask(
            &server,
            &line,
            JSON,
            "{\"by\":\"olga\",\"reason\":\"new cables\"}",
        );
        assert_eq!(
            (status, &answer["by"], &answer["number"]),
            (200, &json!("olga"), &json!(5))
        );
        let expected = Wanted {
            doing,
            peer: "alpha".to_owned(),
            by: "olga".to_owned(),
            from: "127.0.0.1".to_owned(),
            reason: "new cables".to_owned(),
        };
        assert_eq!(server.wanted.recv_timeout(PATIENCE), Ok(expected));
    }
    assert!(server.control.addresses().len() == 1);
}

/// Only who may ask, only JSON, only what says who wants it: nothing else reaches the desk.
#[test]
fn what_is_no_action_does_not_reach_the_desk() {
    let server = server("refused", "secret");
    let token = "Authorization: Bearer secret\r\n";
    let with = format!("{token}{JSON}");
    let form = format!("{token}Content-Type: text/plain\r\n");
    let says = "{\"by\":\"olga\"}";
    let long = format!("{{\"by\":\"{}\"}}", "x".repeat(201));
    let huge = format!("{{\"by\":\"{}\"}}", "x".repeat(1 << 16));
    let line = "POST /v1/peers/alpha/hold";
    for (status, line, headers, body) in [
        (401, line, JSON, says),
        (401, line, "Authorization: Bearer public\r\n", says),
        (415, line, form.as_str(), says),
        (415, line, token, says),
        (400, line, with.as_str(), ""),
        (400, line, with.as_str(), "{}"),
        (400, line, with.as_str(), "{\"by\":\" \"}"),
        (400, line, with.as_str(), "{\"by\":\"olga\\nhold beta\"}"),
        (400, line, with.as_str(), "{\"by\":\"olga\",\"force\":true}"),
        (400, line, with.as_str(), long.as_str()),
        (400, line, with.as_str(), huge.as_str()),
        (404, "POST /v1/peers/alpha/explode", with.as_str(), says),
        (405, "GET /v1/peers/alpha/hold", token, ""),
        (405, "POST /v1/peers", with.as_str(), says),
    ] {
        let (found, problem) = ask(&server, line, headers, body);
        assert_eq!(
            (found, &problem["status"]),
            (status, &json!(status)),
            "{line} {headers} {problem}"
        );
    }
    assert!(server.wanted.try_recv().is_err(), "nothing was wanted");
}

#[test]
fn what_was_not_done_says_why() {
    let server = server("undone", "");
    for (peer, status, words) in [
        ("gamma", 404, "no [[peer]]"),
        ("full", 503, "nothing was done"),
        ("broken", 503, "journal has stopped"),
        ("slow", 504, "may have been done"),
    ] {
        let line = format!("POST /v1/peers/{peer}/hold");
        let (found, problem) = ask(&server, &line, JSON, "{\"by\":\"olga\"}");
        let detail = problem["detail"].as_str().unwrap_or_default();
        assert!(
            found == status && detail.contains(words),
            "{peer}: {found} {detail}"
        );
    }
}

#[test]
fn what_holds_and_what_was_done_is_shown() {
    let server = server("shown", "");
    let (_, peers) = ask(&server, "GET /v1/peers", "", "");
    assert_eq!(
        (&peers[0]["held"], &peers[0]["held_by"]),
        (&json!("drained"), &json!("olga"))
    );
    let (_, audit) = ask(&server, "GET /v1/audit", "", "");
    assert_eq!(
        (&audit[0]["action"], &audit[0]["reason"]),
        (&json!("drain"), &json!("new cables"))
    );
    let (_, text) = ask_text(&server, "GET /metrics", "", "");
    for line in [
        "ringpost_peer_draining{peer=\"alpha\"} 1\n",
        "ringpost_peer_held{peer=\"alpha\"} 0\n",
        "ringpost_peer_held_since_seconds{peer=\"alpha\"} 1700000000\n",
        "ringpost_peer_aside{peer=\"alpha\"} 7\n",
    ] {
        assert!(text.contains(line), "{line}");
    }
}
