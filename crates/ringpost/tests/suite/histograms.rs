//! How long a real server's requests took, as its admin plane and its interval log tell.

use crate::support::{PATIENCE, Server, config, folder, submission};
use mms::Status;
use serde_json::Value;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Instant;

/// The content of an answer of the admin plane.
fn admin(server: &Server, path: &str) -> String {
    let mut stream = TcpStream::connect(&server.admin).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    write!(
        stream,
        "GET {path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
    )
    .unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    assert!(head.starts_with("HTTP/1.1 200"), "{head}");
    body.to_owned()
}

/// Requests of a transaction, and their nanoseconds: in all stages together, and in total.
fn tiled(list: &[Value], transaction: &str) -> (u64, u64, u64) {
    let (mut count, mut parts_ns, mut total_ns) = (0, 0, 0);
    for entry in list.iter().filter(|entry| entry["transaction"] == transaction) {
        let sum_ns = entry["sum"].as_u64().unwrap();
        if entry["stage"] == "total" {
            count += entry["count"].as_u64().unwrap();
            total_ns += sum_ns;
        } else {
            parts_ns += sum_ns;
        }
    }
    (count, parts_ns, total_ns)
}

#[test]
#[expect(
    clippy::disallowed_methods,
    reason = "the deadline of a wait for another process, which is no measurement"
)]
fn a_servers_stages_tile_and_are_logged() {
    let folder = folder("histograms");
    let logs = folder.join("hlog");
    let more = format!(
        "[metrics]\nhlog_folder = {:?}\nhlog_interval_s = 3600\n",
        logs.to_str().unwrap()
    );
    let server = Server::start(&config(&folder, 2, &more));
    for last in 2..=5 {
        server.phone(1).send(&submission(&[last], "timed")).unwrap();
        let mut phone = server.phone(last);
        let notification = phone.notification(PATIENCE).unwrap().unwrap();
        phone.retrieve(&notification.content_location).unwrap();
        phone.respond(&notification, Status::Retrieved).unwrap();
    }
    // A shard that gets no processor is left out of a look, and stands in a later one.
    let deadline = Instant::now() + PATIENCE;
    loop {
        let list: Vec<Value> = serde_json::from_str(&admin(&server, "/v1/histograms")).unwrap();
        let all = ["submit", "retrieve", "respond"].map(|transaction| tiled(&list, transaction));
        for (_, parts_ns, total_ns) in all {
            assert_eq!(parts_ns, total_ns, "the stages make up the total");
        }
        if all.map(|(count, ..)| count) == [4; 3] {
            break;
        }
        assert!(Instant::now() < deadline, "{all:?}");
    }
    let only = admin(&server, "/v1/histograms?transaction=submit&stage=durable");
    let only: Vec<Value> = serde_json::from_str(&only).unwrap();
    assert!(!only.is_empty() && only.iter().all(|entry| entry["stage"] == "durable"));
    let metrics = admin(&server, "/metrics");
    let start = "ringpost_request_seconds_count{";
    let submits = metrics
        .lines()
        .filter(|line| line.starts_with(start) && line.contains("\"submit\""));
    let counts = submits.map(|line| line.rsplit(' ').next().unwrap().parse::<u64>().unwrap());
    assert_eq!(counts.sum::<u64>(), 4);
    assert!(server.terminate().success());
    let files: Vec<_> = std::fs::read_dir(&logs).unwrap().collect();
    assert_eq!(files.len(), 1);
    let text = std::fs::read_to_string(files[0].as_ref().unwrap().path()).unwrap();
    assert!(text.contains("\nTag=mm1.phone.submit.durable.s"), "{text}");
}
