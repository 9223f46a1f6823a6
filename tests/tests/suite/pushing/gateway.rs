//! A push proxy gateway on Python's own HTTP server and XML parser.

use super::{fetch, is_here, links_until, notification, status_of, unhex};
use crate::support::{PATIENCE, message, octets, phone};
use mms::Status;
use serde_json::{Value, json};
use tests::process::centre::{Centre, Kind};
use tests::process::letter::subscriber;
use tests::process::{Program, Site, turnstile};

fn site(port: u16) -> Site {
    let mut site = Site::new(Program::Shipped, 2).unwrap();
    site.set("push", "\"pap\"");
    site.set_tables(&format!(
        "[[pap]]\nname = \"ppg\"\nhost = \"127.0.0.1\"\nport = {port}\npath = \"/wappush\"\n\
         domain = \"ppg.test\"\nconnections = 2\nretry_ms_min = 50\nretry_ms_max = 200\nanswer_ms = 2000\n"
    ));
    site
}

fn pushed(gateway: &mut Centre) -> (Value, Vec<u8>) {
    let push = gateway.wait("push", PATIENCE).expect("a push");
    let content = unhex(push["content"].as_str().expect("octets"));
    (push, content)
}

/// Pushes taken over all connections.
fn taken_of(links: &[Value]) -> u64 {
    links.iter().filter_map(|link| link["taken"].as_u64()).sum()
}

#[test]
fn a_life_through_a_gateway() {
    let _turn = turnstile::enter();
    if !is_here(Kind::Gateway) {
        return;
    }
    let mut gateway = Centre::start(Kind::Gateway, None).unwrap();
    let site = site(gateway.port);
    let server = site.start().unwrap();
    let content = octets("by post ", 9_000);
    phone(1, &server).send(&message(&[2], &content)).unwrap();
    let (push, pdu) = pushed(&mut gateway);
    let address = format!("WAPPUSH=+{}/TYPE=PLMN@ppg.test", subscriber(2).digits());
    for (key, value) in [
        ("path", json!("/wappush")),
        ("root", json!("pap")),
        ("address", json!(address)),
        ("related", json!("application/xml")),
        ("control_type", json!("application/xml")),
        ("content_type", json!("application/vnd.wap.mms-message")),
        ("application", json!("x-wap-application:mms.ua")),
        ("method", json!("unconfirmed")),
        ("notify", Value::Null),
    ] {
        assert_eq!(push[key], value, "{key}");
    }
    fetch(&mut phone(2, &server), &notification(&pdu), &content);
    let (_, pdu) = pushed(&mut gateway);
    assert_eq!(status_of(&pdu), Status::Retrieved);
    let shown = links_until(&server, |links| taken_of(links) == 2);
    assert_eq!(shown.len(), 2);
    assert!(server.terminate().unwrap().success());
}

/// What was not taken comes again under its name, so that a gateway that has it already can say so.
#[test]
fn what_a_gateway_does_not_take_comes_again() {
    let _turn = turnstile::enter();
    if !is_here(Kind::Gateway) {
        return;
    }
    for (step, tries) in [
        (json!({"http": 503}), 2),
        (json!({"code": 4001}), 2),
        (json!({"close": true}), 2),
        (json!({"delay_ms": 2_500}), 2),
        (json!({"code": 2007}), 1),
    ] {
        let mut gateway = Centre::start(Kind::Gateway, None).unwrap();
        gateway.order(&json!({"do": "script", "steps": [step]})).unwrap();
        let site = site(gateway.port);
        let server = site.start().unwrap();
        phone(1, &server).send(&message(&[2], b"x")).unwrap();
        let (first, _) = pushed(&mut gateway);
        for _ in 1..tries {
            let (again, pdu) = pushed(&mut gateway);
            assert_eq!(again["push_id"], first["push_id"], "{step}");
            notification(&pdu);
        }
        links_until(&server, |links| taken_of(links) == 1);
    }
}
