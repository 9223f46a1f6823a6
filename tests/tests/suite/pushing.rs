//! Pushes over the wire: MM1 in, SMPP to SMSCs that stand on other people's libraries, PAP to a gateway; nothing is
//! lost whatever they do.
//!
//! FEATURES §1.A A5 and A6, other-interfaces §8. What an SMSC got is read by Wireshark's dissectors, too (`captured`).

mod captured;
mod gateway;
mod kannel;
mod trouble;

use crate::support::{PATIENCE, message, octets, phone};
use mms::{Pdu, Status};
use push::wdp::{Reassembly, read_header};
use push::wsp_push::read_push;
use ringpost::phone::message::{Push, PushKind};
use ringpost::phone::{Notification, Phone};
use serde_json::{Value, json};
use tests::process::centre::{Centre, Kind};
use tests::process::letter::subscriber;
use tests::process::{Program, Server, Site, turnstile};

/// A site whose pushes go to these SMSCs; `more` stands in each of their tables.
fn site(shards: u16, ports: &[u16], more: &str) -> Site {
    let tables: Vec<(u16, &str)> = ports.iter().map(|port| (*port, more)).collect();
    site_of(shards, &tables)
}

/// The same with the port and the keys of each.
fn site_of(shards: u16, smscs: &[(u16, &str)]) -> Site {
    let mut site = Site::new(Program::Shipped, shards).unwrap();
    site.set("push", "\"smpp\"");
    site.set("notify.jitter_percent", "0");
    // Less than the 30 s between two tests of a link: a drain is not to wait for one.
    site.set("drain_s", "10");
    let password = site.folder().join("password");
    std::fs::write(&password, "secret\n").unwrap();
    let tables = smscs.iter().enumerate().map(|(number, (port, more))| {
        format!(
            "[[smsc]]\nname = \"smsc-{number}\"\nhost = \"127.0.0.1\"\nport = {port}\nsystem_id = \"ring\"\n\
             password_file = {:?}\nsource = \"2626\"\nreconnect_ms_min = 100\nreconnect_ms_max = 1000\n\
             throttle_ms_min = 50\nthrottle_ms_max = 200\nretry_ms_min = 50\nretry_ms_max = 200\n{more}\n",
            password.display().to_string()
        )
    });
    site.set_tables(&tables.collect::<String>());
    site
}

/// The submission events' segments put together: pushes in the order in which they became whole.
#[derive(Default)]
struct Phones {
    open: std::collections::BTreeMap<String, Reassembly>,
}

impl Phones {
    /// A submission's push, if it is whole by now: whom to, and the MM1 PDU.
    fn take(&mut self, submit: &Value) -> Option<(String, Vec<u8>)> {
        let to = submit["to"].as_str().expect("a number").to_owned();
        let user_data = user_data(submit);
        let piece = read_header(&user_data).expect("a user data header");
        assert_eq!(piece.ports, Some((2_948, 9_200)));
        let whole = self.open.entry(to.clone()).or_default().take(&piece)?;
        let push = read_push(&whole).expect("a push");
        assert!(push.is_for_mms);
        Some((to, push.body.to_vec()))
    }
}

fn unhex(text: &str) -> Vec<u8> {
    let digit = |octet: u8| char::from(octet).to_digit(16).expect("hexadecimal") as u8;
    let pairs = text.as_bytes().chunks_exact(2);
    pairs.map(|pair| digit(pair[0]) << 4 | digit(pair[1])).collect()
}

/// short_message of a raw submit_sm: behind the last of its fixed fields, sm_length (SMPP 3.4 §4.4.1).
fn user_data(submit: &Value) -> Vec<u8> {
    let raw = unhex(submit["raw"].as_str().expect("octets"));
    let mut at = 16;
    let text = |at: &mut usize| {
        while raw[*at] != 0 {
            *at += 1;
        }
        *at += 1;
    };
    text(&mut at);
    at += 2;
    text(&mut at);
    at += 2;
    text(&mut at);
    at += 3;
    text(&mut at);
    text(&mut at);
    at += 4;
    let length = usize::from(raw[at]);
    raw[at + 1..at + 1 + length].to_vec()
}

/// The next whole push at an SMSC that it took.
fn taken(smsc: &mut Centre, phones: &mut Phones) -> (Value, String, Vec<u8>) {
    loop {
        let is_taken =
            |event: &Value| event["event"] == "submit" && event["status"] == 0 && event["silent"] != true;
        let submit = smsc.wait_for(PATIENCE, is_taken).expect("a submission");
        if let Some((to, pdu)) = phones.take(&submit) {
            return (submit, to, pdu);
        }
    }
}

fn notification(pdu: &[u8]) -> Notification {
    match Push::read(1, pdu.to_vec()).expect("a push").kind {
        PushKind::Notification(notification) => notification,
        other => panic!("{other:?} is no notification"),
    }
}

/// The status that a delivery report tells.
fn status_of(pdu: &[u8]) -> Status {
    match Pdu::read(pdu).expect("a PDU") {
        Pdu::DeliveryInd(report) => report.status,
        other => panic!("{} is no delivery report", other.pdu_type().name()),
    }
}

fn fetch(phone: &mut Phone, notification: &Notification, content: &[u8]) {
    let got = phone.retrieve(&notification.content_location).unwrap();
    assert_eq!(got.message.parts[0].octets, content);
    phone.respond(notification, Status::Retrieved).unwrap();
}

/// Whether what is to be driven is here; says so where it is not.
fn is_here(kind: Kind) -> bool {
    match kind.missing() {
        None => true,
        Some(what) => {
            println!("skipped: no {what}");
            false
        }
    }
}

/// The links as `ringpost push links --json` shows them.
fn links(server: &Server) -> Vec<Value> {
    let output = std::process::Command::new(Program::Shipped.path().unwrap())
        .args(["push", "links", "--json", "--admin", &server.at.admin.to_string()])
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
    let text = String::from_utf8(output.stdout).unwrap();
    text.lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

/// Waits until the links look as wanted.
fn links_until(server: &Server, fits: impl Fn(&[Value]) -> bool) -> Vec<Value> {
    let deadline = turnstile::now() + PATIENCE;
    loop {
        let links = links(server);
        if fits(&links) {
            return links;
        }
        assert!(turnstile::now() < deadline, "{links:?}");
    }
}

/// A whole life through an SMSC: submission, notification, retrieval, report; and a read report.
#[test]
fn a_life_through_an_smsc() {
    let _turn = turnstile::enter();
    if !is_here(Kind::Python) {
        return;
    }
    for shards in [1, 3] {
        let mut smsc = Centre::start(Kind::Python, None).unwrap();
        smsc.order(&json!({"do": "auto", "stat": "DELIVRD"})).unwrap();
        let site = site(shards, &[smsc.port], "");
        let server = site.start().unwrap();
        let bind = smsc.wait("bind", PATIENCE).unwrap();
        assert_eq!(
            (&bind["kind"], &bind["system_id"], &bind["password"]),
            (&json!("bind_transceiver"), &json!("ring"), &json!("secret"))
        );
        let content = octets("over the air ", 20_000);
        let mut phones = Phones::default();
        let mut alice = phone(1, &server);
        alice.send(&message(&[2], &content)).unwrap();
        let (submit, to, pdu) = taken(&mut smsc, &mut phones);
        assert_eq!(to, subscriber(2).digits().to_string());
        let validity = submit["validity"].as_str().expect("a time");
        // Up to the next notification, less what it has waited for its link.
        assert!(
            validity.starts_with("00000000045") || validity == "000000000500000R",
            "{validity}"
        );
        let mut bob = phone(2, &server);
        fetch(&mut bob, &notification(&pdu), &content);
        let (_, to, pdu) = taken(&mut smsc, &mut phones);
        assert_eq!(to, subscriber(1).digits().to_string());
        assert_eq!(status_of(&pdu), Status::Retrieved);
        let links = links_until(&server, |links| links[0]["receipts"] == 2);
        assert_eq!(
            (&links[0]["state"], &links[0]["taken"]),
            (&json!("up"), &json!(2))
        );
        assert!(server.terminate().unwrap().success(), "{}", site.said());
        smsc.wait("unbind", PATIENCE).unwrap();
        assert!(
            site.said().contains("drain: everything was finished"),
            "{}",
            site.said()
        );
        // What was told is not told again.
        let server = site.start().unwrap();
        let mut alice = phone(1, &server);
        alice.send(&message(&[3], &content)).unwrap();
        let (_, to, _) = taken(&mut smsc, &mut phones);
        assert_eq!(to, subscriber(3).digits().to_string());
    }
}

/// The same through an SMSC in another language, on another library, by each of the three carriages.
#[test]
fn a_life_through_another_smsc() {
    let _turn = turnstile::enter();
    if !is_here(Kind::JavaScript) {
        return;
    }
    for carriage in ["udh", "sar", "payload"] {
        let mut smsc = Centre::start(Kind::JavaScript, None).unwrap();
        let mut site = site(2, &[smsc.port], &format!("carriage = \"{carriage}\""));
        // Long enough for two messages.
        let base = format!("http://{}.test/", "a".repeat(80));
        site.set("mm1.retrieval_base", &format!("{base:?}"));
        let server = site.start().unwrap();
        let content = octets("over the air ", 2_000);
        phone(1, &server).send(&message(&[2], &content)).unwrap();
        let mut whole = Vec::new();
        let mut submits = Vec::new();
        let mut pieces = 0;
        while pieces < if carriage == "payload" { 1 } else { 2 } {
            let submit = smsc.wait("submit", PATIENCE).unwrap();
            pieces += 1;
            match carriage {
                "udh" => assert_eq!(submit["udh"].as_array().map(Vec::len), Some(2), "{submit}"),
                "sar" => assert_eq!(submit["sar"][1], pieces, "{submit}"),
                _ => {}
            }
            if carriage != "udh" {
                assert_eq!(
                    (&submit["source_port"], &submit["destination_port"]),
                    (&json!(9200), &json!(2948))
                );
            }
            let key = if carriage == "payload" {
                "payload"
            } else {
                "message"
            };
            whole.extend(unhex(submit[key].as_str().expect("octets")));
            submits.push(submit);
        }
        let push = read_push(&whole).expect("a push");
        let notification = notification(push.body);
        assert!(notification.content_location.starts_with(&base));
        captured::expect(&site, &submits, carriage, &notification.content_location);
        fetch(&mut phone(2, &server), &notification, &content);
        smsc.wait("submit", PATIENCE).expect("the report");
        assert!(server.terminate().unwrap().success());
        smsc.wait("unbind", PATIENCE).unwrap();
    }
}

/// Ten messages to a phone that stays silent: its SMSC hears of all of them, one after the other.
#[test]
fn ten_messages_to_a_silent_phone() {
    let _turn = turnstile::enter();
    if !is_here(Kind::Python) {
        return;
    }
    let mut smsc = Centre::start(Kind::Python, None).unwrap();
    let mut site = site(2, &[smsc.port], "");
    site.set("notify.place_s", "1");
    let server = site.start().unwrap();
    let mut alice = phone(1, &server);
    for _ in 0..10 {
        alice.send(&message(&[2], b"x")).unwrap();
    }
    let mut phones = Phones::default();
    let mut locations = std::collections::BTreeSet::new();
    for _ in 0..10 {
        let (_, _, pdu) = taken(&mut smsc, &mut phones);
        locations.insert(notification(&pdu).content_location);
    }
    assert_eq!(locations.len(), 10);
}
