//! SMSCs that misbehave: every message is notified all the same, and every report told.

use super::{Phones, fetch, is_here, links_until, notification, site, site_of, status_of, taken};
use crate::support::{PATIENCE, message, octets, phone};
use mms::Status;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use tests::process::centre::{Centre, Kind};
use tests::process::letter::subscriber;
use tests::process::{Server, turnstile};

/// Sends a message to each of these subscribers.
fn send(server: &Server, to: std::ops::Range<u16>) {
    let mut alice = phone(1, server);
    for index in to {
        alice.send(&message(&[index], b"x")).unwrap();
    }
}

/// Takes pushes until each of these subscribers had one.
fn all_taken(smsc: &mut Centre, phones: &mut Phones, to: std::ops::Range<u16>) {
    let mut left: BTreeSet<String> = to.map(|index| subscriber(index).digits().to_string()).collect();
    while !left.is_empty() {
        let (_, to, _) = taken(smsc, phones);
        left.remove(&to);
    }
}

/// Throttled, refused for now, slow, silent, cut off in the middle: what was not taken comes again.
#[test]
fn what_is_not_taken_comes_again() {
    let _turn = turnstile::enter();
    if !is_here(Kind::Python) {
        return;
    }
    let steps = [
        json!([{"status": 0x58}, {"status": 0x58}, {"status": 0x14}]),
        json!([{"status": 0x08}, {"status": 0x45}, {"status": 0xFF}]),
        json!([{"delay_ms": 300}, {"silent": true}, {"delay_ms": 200}]),
        json!([{}, {"close": true}]),
        json!([{"status": 0x04}]),
    ];
    for steps in steps {
        let mut smsc = Centre::start(Kind::Python, None).unwrap();
        smsc.order(&json!({"do": "script", "steps": steps})).unwrap();
        let site = site(2, &[smsc.port], "response_ms = 500");
        let server = site.start().unwrap();
        send(&server, 2..10);
        all_taken(&mut smsc, &mut Phones::default(), 2..10);
        assert!(server.terminate().unwrap().success(), "{steps}");
    }
}

/// Receipts before their answers, twice, in another base than the ids, and on a link of their own.
#[test]
fn receipts_come_as_they_like() {
    let _turn = turnstile::enter();
    if !is_here(Kind::Python) {
        return;
    }
    for (more, first) in [
        ("", true),
        ("", false),
        ("bind = \"transmitter_and_receiver\"", false),
    ] {
        let mut smsc = Centre::start(Kind::Python, None).unwrap();
        let auto = json!({"do": "auto", "stat": "DELIVRD", "times": 2, "first": first});
        smsc.order(&auto).unwrap();
        let site = site(2, &[smsc.port], more);
        let server = site.start().unwrap();
        links_until(&server, |links| links.iter().all(|link| link["state"] == "up"));
        // Ten to one phone: each receipt frees the place for the next.
        let mut alice = phone(1, &server);
        for _ in 0..10 {
            alice.send(&message(&[2], b"x")).unwrap();
        }
        let mut phones = Phones::default();
        let mut locations = BTreeSet::new();
        while locations.len() < 10 {
            let (_, _, pdu) = taken(&mut smsc, &mut phones);
            locations.insert(notification(&pdu).content_location);
        }
        links_until(&server, |links| {
            let sum: u64 = links.iter().filter_map(|link| link["receipts"].as_u64()).sum();
            sum == 10
        });
    }
}

/// An unknown subscriber ends it, whether the answer or the receipt says so; the sender hears of it.
#[test]
fn an_unknown_subscriber_is_reported() {
    let _turn = turnstile::enter();
    if !is_here(Kind::Python) {
        return;
    }
    for receipted in [true, false] {
        let mut smsc = Centre::start(Kind::Python, None).unwrap();
        if !receipted {
            smsc.order(&json!({"do": "script", "steps": [{"status": 0x0B}]}))
                .unwrap();
        }
        let site = site(2, &[smsc.port], "receipt_errors = \"map\"");
        let server = site.start().unwrap();
        send(&server, 2..3);
        let mut phones = Phones::default();
        if receipted {
            let (submit, to, _) = taken(&mut smsc, &mut phones);
            let order =
                json!({"do": "receipt", "id": submit["id"], "to": to, "stat": "UNDELIV", "err": "001"});
            smsc.order(&order).unwrap();
        }
        let (_, to, pdu) = taken(&mut smsc, &mut phones);
        assert_eq!(to, subscriber(1).digits().to_string());
        assert_eq!(status_of(&pdu), Status::Unreachable);
    }
}

/// An absent phone is asked again when its SMSC says that it is there.
#[test]
fn an_absent_phone_is_asked_when_it_is_back() {
    let _turn = turnstile::enter();
    if !is_here(Kind::Python) {
        return;
    }
    let mut smsc = Centre::start(Kind::Python, None).unwrap();
    let site = site(2, &[smsc.port], "");
    let server = site.start().unwrap();
    send(&server, 2..3);
    let mut phones = Phones::default();
    let (submit, to, _) = taken(&mut smsc, &mut phones);
    smsc.order(&json!({"do": "receipt", "id": submit["id"], "to": to, "stat": "UNDELIV"}))
        .unwrap();
    links_until(&server, |links| links[0]["receipts"] == 1);
    smsc.order(&json!({"do": "alert", "to": to})).unwrap();
    let (again, _, pdu) = taken(&mut smsc, &mut phones);
    assert_ne!(again["id"], submit["id"]);
    notification(&pdu);
}

/// While no SMSC is there messages are accepted; when one comes they are notified. A refused bind is shown.
#[test]
fn an_smsc_that_comes_late() {
    let _turn = turnstile::enter();
    if !is_here(Kind::Python) {
        return;
    }
    let mut smsc = Centre::start(Kind::Python, None).unwrap();
    smsc.order(&json!({"do": "refuse", "status": 0x0E})).unwrap();
    let site = site(2, &[smsc.port], "");
    let server = site.start().unwrap();
    send(&server, 2..6);
    let links = links_until(&server, |links| links[0]["error"] != "");
    let error = links[0]["error"].as_str().expect("a text");
    assert!(error.contains("ESME_RINVPASWD"), "{error}");
    smsc.order(&json!({"do": "refuse", "status": 0})).unwrap();
    all_taken(&mut smsc, &mut Phones::default(), 2..6);
}

/// Two SMSCs: when the first is gone the second carries everything.
#[test]
fn another_smsc_takes_over() {
    let _turn = turnstile::enter();
    if !is_here(Kind::Python) {
        return;
    }
    let mut first = Centre::start(Kind::Python, None).unwrap();
    let mut second = Centre::start(Kind::Python, None).unwrap();
    let site = site(3, &[first.port, second.port], "");
    let server = site.start().unwrap();
    links_until(&server, |links| links.iter().all(|link| link["state"] == "up"));
    send(&server, 2..4);
    all_taken(&mut first, &mut Phones::default(), 2..4);
    assert!(second.rest().iter().all(|event| event["event"] != "submit"));
    drop(first);
    links_until(&server, |links| links[0]["state"] != "up");
    send(&server, 4..8);
    all_taken(&mut second, &mut Phones::default(), 4..8);
}

/// Each number goes to the SMSC of its longest prefix. Where that one is gone its pushes wait for it, and hold up
/// nobody else's.
#[test]
fn each_prefix_has_its_smsc() {
    let _turn = turnstile::enter();
    if !is_here(Kind::Python) {
        return;
    }
    let mut few = Centre::start(Kind::Python, None).unwrap();
    let mut all = Centre::start(Kind::Python, None).unwrap();
    // Subscribers 20 to 29, and everybody.
    let ten = subscriber(20).digits() / 10;
    let keys = format!("prefixes = [\"+{ten}\"]");
    let site = site_of(3, &[(few.port, &keys), (all.port, "")]);
    let server = site.start().unwrap();
    links_until(&server, |links| links.iter().all(|link| link["state"] == "up"));
    send(&server, 18..22);
    all_taken(&mut few, &mut Phones::default(), 20..22);
    all_taken(&mut all, &mut Phones::default(), 18..20);
    let port = few.port;
    drop(few);
    links_until(&server, |links| links[0]["state"] != "up");
    send(&server, 22..24);
    send(&server, 30..32);
    all_taken(&mut all, &mut Phones::default(), 30..32);
    let strays = all.rest();
    let is_of_ten = |event: &Value| {
        event["to"]
            .as_str()
            .is_some_and(|to| to.starts_with(&ten.to_string()))
    };
    assert!(!strays.iter().any(is_of_ten), "{strays:?}");
    let mut again = Centre::start(Kind::Python, Some(port)).unwrap();
    all_taken(&mut again, &mut Phones::default(), 22..24);
}

/// Killed at any moment of a report's way: the sender hears of the end, and the message is let go.
#[test]
fn a_kill_between_the_end_and_its_report() {
    let _turn = turnstile::enter();
    if !is_here(Kind::Python) {
        return;
    }
    let mut smsc = Centre::start(Kind::Python, None).unwrap();
    let site = site(2, &[smsc.port], "response_ms = 20000");
    let server = site.start().unwrap();
    let content = octets("x", 3_000);
    phone(1, &server).send(&message(&[2], &content)).unwrap();
    let mut phones = Phones::default();
    let (_, _, pdu) = taken(&mut smsc, &mut phones);
    // The report is submitted, and never answered.
    smsc.order(&json!({"do": "script", "steps": [{"silent": true}]}))
        .unwrap();
    fetch(&mut phone(2, &server), &notification(&pdu), &content);
    let is_report = |event: &Value| event["event"] == "submit" && event["silent"] == true;
    let lost = smsc.wait_for(PATIENCE, is_report).unwrap();
    server.kill().unwrap();
    let server = site.start().unwrap();
    let (again, to, pdu) = taken(&mut smsc, &mut phones);
    assert_eq!(to, subscriber(1).digits().to_string());
    assert_eq!(status_of(&pdu), Status::Retrieved);
    // The same octets, but for sequence_number and validity.
    assert_eq!(super::user_data(&again), super::user_data(&lost));
    links_until(&server, |links| links[0]["outstanding"] == 0);
    server.kill().unwrap();
    let server = site.start().unwrap();
    send(&server, 3..4);
    let (_, to, _) = taken(&mut smsc, &mut phones);
    assert_eq!(to, subscriber(3).digits().to_string(), "the report was told once");
}
