//! Messages that leave for other operators: the real server against mail servers that are not ours.
//!
//! The [`Sink`] is Python's; where it is missing a test says so and passes. Peers that misbehave are sockets of a test.

use crate::sink::Sink;
use crate::support::{PATIENCE, Server, config, folder, number, run, submission};
use mms::Status;
use ringpost::phone::message::Outcome;
use serde_json::Value;
use std::io::Write;
use std::net::{SocketAddr, TcpListener};
use std::time::Instant;

/// A subscriber of the peer.
pub(crate) const ANNA: &str = "+15550101";

/// A peer's table.
pub(crate) fn peer(name: &str, range: &str, port: u16, keys: &str) -> String {
    format!(
        "[[peer]]\nname = \"{name}\"\ndomains = [\"mms.{name}.example\"]\nranges = [\"{range}\"]\n\
         hosts = [\"127.0.0.1:{port}\"]\n{keys}\n"
    )
}

pub(crate) const OURS: &str = "[numbering]\nlocal_ranges = [\"+447700\"]\n";

pub(crate) fn header<'v>(mail: &'v Value, name: &str) -> &'v str {
    let all = mail["headers"].as_array().unwrap();
    let found = all.iter().find(|header| {
        header[0]
            .as_str()
            .is_some_and(|own| own.eq_ignore_ascii_case(name))
    });
    found.and_then(|header| header[1].as_str()).unwrap_or_default()
}

/// Sends a text to these numbers; its Message-ID.
pub(crate) fn send(server: &Server, to: &[&str], text: &str) -> String {
    let mut message = submission(&[], text);
    message.to = to.iter().map(|number| (*number).to_owned()).collect();
    server.phone(1).send(&message).unwrap().message_id
}

#[test]
fn another_operators_server_gets_the_mail_and_the_sender_hears_of_it() {
    let Some(mut sink) = Sink::start("ok") else { return };
    let folder = folder("relay");
    let keys = "ack = \"smtp\"\ndelivery_reports = false\n";
    let more = format!("{OURS}{}", peer("alpha", "+155501", sink.port, keys));
    let server = Server::start(&config(&folder, 2, &more));
    let text = "A text with\r\n.\r\na lone dot, and Grüße.";
    let id = send(&server, &[ANNA, "+15550102", &number(2).to_string()], text);
    let mail = sink.mail();
    assert_eq!(mail["defects"], serde_json::json!([]));
    assert_eq!(mail["from"], format!("{}/TYPE=PLMN@ringpost.invalid", number(1)));
    let path = |number: &str| format!("{number}/TYPE=PLMN@mms.alpha.example");
    assert_eq!(mail["to"], serde_json::json!([path(ANNA), path("+15550102")]));
    for (name, value) in [
        ("X-Mms-Message-Type", "MM4_forward.REQ"),
        ("X-Mms-3GPP-MMS-Version", "6.10.0"),
        ("X-Mms-Message-ID", id.as_str()),
        ("X-Mms-Originator-System", "system-user@ringpost.invalid"),
        ("Sender", "system-user@ringpost.invalid"),
        ("From", &format!("{}/TYPE=PLMN@ringpost.invalid", number(1))),
        ("Subject", "A subject"),
        ("MIME-Version", "1.0"),
    ] {
        assert_eq!(header(&mail, name), value, "{name}");
    }
    assert!(header(&mail, "X-Mms-Transaction-ID").starts_with(id.split('@').next().unwrap()));
    assert!(
        header(&mail, "To").contains(&number(2).to_string()),
        "To keeps the whole list"
    );
    assert!(!header(&mail, "Date").is_empty() && !header(&mail, "Message-ID").is_empty());
    let parts = mail["parts"].as_array().unwrap();
    let of_text = parts.iter().find(|part| part["type"] == "text/plain").unwrap();
    assert_eq!(of_text["octets"], text.len());
    // What the other operator's side will not say more about ends; who sent it hears of each.
    let mut alice = server.phone(1);
    for _ in 0..2 {
        let report = alice.report(PATIENCE).unwrap().unwrap();
        assert_eq!(report.outcome, Outcome::Delivery(Status::Indeterminate));
    }
    assert!(server.terminate().success());
}

#[test]
fn an_unknown_number_is_reported() {
    let Some(sink) = Sink::start("unknown") else {
        return;
    };
    let folder = folder("relay-unknown");
    let more = format!("{OURS}{}", peer("alpha", "+155501", sink.port, ""));
    let server = Server::start(&config(&folder, 1, &more));
    send(&server, &[ANNA], "nobody");
    let report = server.phone(1).report(PATIENCE).unwrap().unwrap();
    assert_eq!(report.outcome, Outcome::Delivery(Status::Unreachable));
    assert!(server.terminate().success());
}

/// The first machine is not there; the second takes everything.
#[test]
fn a_machine_that_is_down_is_passed_over() {
    let Some(mut sink) = Sink::start("ok") else { return };
    let gone = TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port();
    let folder = folder("relay-fail-over");
    let table = peer("alpha", "+155501", gone, "").replace(
        &format!("\"127.0.0.1:{gone}\""),
        &format!("\"127.0.0.1:{gone}/1000\", \"127.0.0.1:{}/1\"", sink.port),
    );
    let server = Server::start(&config(&folder, 1, &format!("{OURS}{table}")));
    let id = send(&server, &[ANNA], "over there");
    assert_eq!(header(&sink.mail(), "X-Mms-Message-ID"), id);
    assert!(server.terminate().success());
}

/// Accepts and holds every connection, and says this to each; never reads.
fn held(greeting: &'static [u8]) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    // Ends with the process of the tests: it only waits.
    std::thread::spawn(move || {
        let mut held = Vec::new();
        for stream in listener.incoming() {
            let Ok(mut stream) = stream else { return };
            // A peer that is gone by now is held all the same.
            let _ = stream.write_all(greeting);
            match greeting.is_empty() || greeting.ends_with(b"\n") {
                true => held.push(stream),
                false => drop(stream),
            }
        }
    });
    address
}

/// What `ringpost peers` says.
pub(crate) fn shown(server: &Server) -> Vec<Value> {
    let output = run(&["peers", "--json", "--admin", &server.admin]);
    assert!(output.status.success());
    let said = String::from_utf8(output.stdout).unwrap();
    said.lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

/// One peer is silent, one greets and then says nothing, one breaks every connection: a fourth gets all of its mails.
#[test]
#[expect(
    clippy::disallowed_methods,
    reason = "the deadline of a wait for another process, which is no measurement"
)]
fn peers_that_misbehave_delay_no_other() {
    let Some(mut sink) = Sink::start("ok") else { return };
    let black_hole = held(b"");
    let tarpit = held(b"220 slow.example ESMTP\r\n");
    let flapping = held(b"2");
    let folder = folder("relay-isolation");
    let more = [
        OURS.to_owned(),
        peer("hole", "+155502", black_hole.port(), ""),
        peer("tar", "+155503", tarpit.port(), ""),
        peer("flap", "+155504", flapping.port(), ""),
        peer("well", "+155501", sink.port, "messages_per_s_max = 10000\n"),
    ]
    .concat();
    let server = Server::start(&config(&folder, 1, &more));
    let mut ids: Vec<String> = (0..40)
        .map(|_| {
            send(
                &server,
                &["+15550201", "+15550301", "+15550401", ANNA],
                "all of you",
            )
        })
        .collect();
    let mut seen: Vec<String> = (0..40)
        .map(|_| header(&sink.mail(), "X-Mms-Message-ID").to_owned())
        .collect();
    ids.sort();
    seen.sort();
    assert_eq!(seen, ids);
    // One that breaks every connection may not have broken one yet, and what says of a mail that it was taken comes
    // behind the mail.
    let deadline = Instant::now() + PATIENCE;
    loop {
        let peers = shown(&server);
        let of = |name: &str| peers.iter().find(|peer| peer["peer"] == name).unwrap();
        for silent in ["hole", "tar"] {
            let number = |name: &str| of(silent)[name].as_u64().unwrap();
            assert_eq!(number("messages") + number("mails"), 40, "{silent}: {peers:?}");
        }
        if of("well")["state"] == "open" && !of("flap")["error"].as_str().unwrap().is_empty() {
            break;
        }
        assert!(Instant::now() < deadline, "{peers:?}");
    }
    server.kill();
}
