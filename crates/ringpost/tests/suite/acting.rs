//! Operators act on peers: the real server, its command, kills and restarts.
//!
//! What the mails say is judged elsewhere; here only which come, so the peers are sockets of the test that take them.

use crate::relay::{ANNA, OURS, peer, send, shown};
use crate::support::{Folder, PATIENCE, Server, config, folder, run};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

/// A subscriber of the other peer.
const BERTA: &str = "+15550201";

/// Looks at something that comes soon; each takes some milliseconds.
const LOOKS_MAX: u32 = 20_000;

/// Mails that a test may leave unread.
const MAILS_MAX: usize = 10_000;

/// A mail server that takes everything, and says of each mail its X-Mms-Message-ID. Its threads end with the process.
struct Sink {
    port: u16,
    ids: Receiver<String>,
}

impl Sink {
    fn start() -> Sink {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let (sender, ids) = sync_channel(MAILS_MAX);
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let (Ok(stream), sender) = (stream, sender.clone()) else {
                    return;
                };
                // A connection that breaks has ended; a kill breaks them all.
                std::thread::spawn(move || serve(stream, &sender).ok());
            }
        });
        Sink { port, ids }
    }

    /// The next mail.
    fn mail(&self) -> String {
        self.ids.recv_timeout(PATIENCE).unwrap()
    }
}

fn serve(mut stream: TcpStream, ids: &SyncSender<String>) -> std::io::Result<()> {
    stream.write_all(b"220 sink.example ESMTP\r\n")?;
    let lines = BufReader::new(stream.try_clone()?).lines();
    let (mut is_text, mut id) = (false, String::new());
    for line in lines {
        let line = line?;
        if is_text {
            id = line.strip_prefix("X-Mms-Message-ID: ").map_or(id, str::to_owned);
            if line == "." {
                is_text = false;
                // It has arrived when it is taken: behind this line nobody can miss it.
                ids.send(std::mem::take(&mut id)).ok();
                stream.write_all(b"250 2.0.0 taken\r\n")?;
            }
            continue;
        }
        is_text = line == "DATA";
        stream.write_all(if is_text {
            b"354 on\r\n"
        } else {
            b"250 2.0.0 ok\r\n"
        })?;
    }
    Ok(())
}

/// Two mail servers that take everything, and a server that knows them as `alpha` and `beta`.
struct Scene {
    folder: Folder,
    alpha: Sink,
    beta: Sink,
}

impl Scene {
    fn new(name: &str) -> Scene {
        Scene {
            alpha: Sink::start(),
            beta: Sink::start(),
            folder: folder(name),
        }
    }

    fn config(&self, shards: u16) -> PathBuf {
        let keys = "ack = \"smtp\"\ndelivery_reports = false\n";
        let alpha = peer("alpha", "+155501", self.alpha.port, keys);
        let beta = peer("beta", "+155502", self.beta.port, keys);
        config(&self.folder, shards, &format!("{OURS}{alpha}{beta}"))
    }

    fn start(&self, shards: u16) -> Server {
        Server::start(&self.config(shards))
    }

    /// Sends a message to both peers and waits until `beta` has it: by then the other copy waits, or is under way.
    fn send_both(&self, server: &Server) -> String {
        let id = send(server, &[ANNA, BERTA], "both of you");
        while self.beta.mail() != id {}
        id
    }
}

/// Runs `ringpost peers ACTION alpha`; its exit code and what it said.
fn act(server: &Server, action: &str, more: &[&str]) -> (i32, String) {
    let output = run(&[&["peers", action, "--admin", &server.admin], more].concat());
    let said = [output.stdout, output.stderr].concat();
    (output.status.code().unwrap(), String::from_utf8(said).unwrap())
}

fn done(server: &Server, action: &str) {
    let (code, said) = act(
        server,
        action,
        &["alpha", "--by", "olga", "--reason", "new cables"],
    );
    assert_eq!(code, 0, "{said}");
    assert!(
        said.contains(action) && said.contains("alpha") && said.contains("olga@127.0.0.1 new cables"),
        "{said}"
    );
}

fn alpha(server: &Server) -> Value {
    let peers = shown(server);
    peers.into_iter().find(|peer| peer["peer"] == "alpha").unwrap()
}

/// The actions of the audit, in its order.
fn audit(server: &Server) -> Vec<String> {
    let output = run(&["audit", "--json", "--peer", "alpha", "--admin", &server.admin]);
    assert!(output.status.success());
    let said = String::from_utf8(output.stdout).unwrap();
    let deed = |line: &str| -> Value { serde_json::from_str(line).unwrap() };
    said.lines()
        .map(|line| deed(line)["action"].as_str().unwrap().to_owned())
        .collect()
}

/// Held over a kill and over another shard count; nothing is lost, and the other peer does not notice.
#[test]
fn a_peer_is_held_until_it_is_released() {
    let scene = Scene::new("acting-hold");
    let mut server = scene.start(2);
    done(&server, "hold");
    let mut ids = BTreeSet::new();
    for (kept, shards) in [(1, 2), (2, 3), (3, 1)] {
        ids.insert(scene.send_both(&server));
        let shown = alpha(&server);
        assert_eq!(
            (&shown["held"], &shown["untaken"]),
            (&json!("held"), &json!(kept)),
            "{shown}"
        );
        assert_eq!(
            (&shown["held_by"], &shown["held_reason"]),
            (&json!("olga"), &json!("new cables"))
        );
        server.kill();
        server = scene.start(shards);
    }
    let output = run(&["peers", "--admin", &server.admin]);
    let table = String::from_utf8(output.stdout).unwrap();
    assert!(
        table.contains("held") && table.contains("by olga new cables"),
        "{table}"
    );
    let metrics = metrics(&server);
    for line in [
        "ringpost_peer_held{peer=\"alpha\"} 1",
        "ringpost_peer_held{peer=\"beta\"} 0",
    ] {
        assert!(metrics.contains(line), "{line}");
    }
    done(&server, "release");
    let mut seen = BTreeSet::new();
    while seen.len() < ids.len() {
        seen.insert(scene.alpha.mail());
    }
    assert_eq!(seen, ids);
    assert_eq!(alpha(&server)["held"], "");
    assert_eq!(audit(&server), ["hold", "release"]);
    assert!(server.terminate().success());
}

/// What waited goes out; what comes later waits, though the server is killed meanwhile.
#[test]
fn a_peer_is_drained() {
    let scene = Scene::new("acting-drain");
    let server = scene.start(1);
    done(&server, "hold");
    let before = scene.send_both(&server);
    done(&server, "drain");
    assert_eq!(scene.alpha.mail(), before);
    // What comes within the second of the drain goes out, too.
    let mut early = BTreeSet::new();
    let late = loop {
        let id = scene.send_both(&server);
        if alpha(&server)["aside"] == 1 {
            break id;
        }
        early.insert(id);
    };
    while !early.is_empty() {
        early.remove(&scene.alpha.mail());
    }
    server.kill();
    let server = scene.start(1);
    let again = scene.send_both(&server);
    let is_drained = |_| alpha(&server)["held"] == "drained";
    assert!((0..LOOKS_MAX).any(is_drained), "{}", alpha(&server));
    assert_eq!(audit(&server), ["hold", "drain"]);
    done(&server, "release");
    let mut waiting = BTreeSet::from([late, again]);
    while !waiting.is_empty() {
        waiting.remove(&scene.alpha.mail());
    }
    assert!(server.terminate().success());
}

#[test]
fn what_is_no_peer_or_no_reason_is_refused() {
    let scene = Scene::new("acting-refused");
    let server = scene.start(1);
    for action in ["hold", "release", "drain", "retry"] {
        let (code, said) = act(&server, action, &["gamma"]);
        assert_eq!(code, 2, "{said}");
        assert!(said.contains("no [[peer]] of that name"), "{said}");
        let (code, said) = act(&server, action, &["../alpha"]);
        assert_eq!(code, 2, "{said}");
        let (code, _) = act(&server, action, &[]);
        assert_eq!(code, 2);
    }
    let long = "x".repeat(201);
    let (code, said) = act(&server, "hold", &["alpha", "--reason", &long]);
    assert!(code == 1 && said.contains("200 octets"), "{said}");
    done(&server, "retry");
    assert_eq!(audit(&server), ["retry"]);
    assert_eq!(alpha(&server)["held"], "");
    assert!(server.terminate().success());
}

/// A kill between the wish and its answer: it is done or not, and the audit says the same.
#[test]
fn a_kill_leaves_an_action_whole_or_undone() {
    let scene = Scene::new("acting-kill");
    let mut server = scene.start(2);
    let (mut wished, mut known) = (0, 0);
    for round in 0..6 {
        let action = ["hold", "release"][round % 2];
        let mut stream = TcpStream::connect(&server.admin).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        let body = "{\"by\":\"olga\"}";
        write!(
            stream,
            "POST /v1/peers/alpha/{action} HTTP/1.1\r\nHost: admin\r\nContent-Type: application/json\r\n\
             Content-Length: {}\r\n\r\n{body}",
            body.len()
        )
        .unwrap();
        wished += 1;
        // Every third waits for its answer.
        let is_answered = round % 3 == 2;
        if is_answered {
            let mut status = [0; 12];
            stream.read_exact(&mut status).unwrap();
            assert_eq!(&status, b"HTTP/1.1 200");
        }
        server.kill();
        server = scene.start(2);
        let audit = audit(&server);
        assert!(audit.len() == known || audit.len() == known + 1, "{audit:?}");
        assert!(!is_answered || audit.len() == known + 1, "answered, so done");
        known = audit.len();
        let is_held = audit.last().is_some_and(|last| last == "hold");
        assert_eq!(alpha(&server)["held"] == "held", is_held, "{audit:?}");
    }
    assert!(known >= 2 && known <= wished);
    assert!(server.terminate().success());
}

pub(crate) fn metrics(server: &Server) -> String {
    let mut stream = TcpStream::connect(&server.admin).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    write!(
        stream,
        "GET /metrics HTTP/1.1\r\nHost: admin\r\nConnection: close\r\n\r\n"
    )
    .unwrap();
    let mut text = String::new();
    stream.read_to_string(&mut text).unwrap();
    text
}
