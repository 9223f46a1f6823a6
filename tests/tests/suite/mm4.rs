//! Other operators' MMSCs against the real server: Python's smtplib, swaks, OpenSSL and Postfix bring messages.
//!
//! What arrives is fetched by phones over MM1 and compared octet for octet. Where a foreign program is missing its test
//! says that it skips and passes.

mod hub;
mod hub_kills;
mod hub_words;
mod kills;
mod operators;
mod peer;
mod refusing;
mod relaying;
mod scanning;
mod sealed;
#[path = "../../../crates/ringpost/tests/suite/sink.rs"]
mod sink;
mod tls;

use crate::support::{PATIENCE, metric, notified, octets, phone};
use mms::Status;
use peer::{Mail, Sender, site};
use ringpost::phone::Phone;
use serde_json::Value;
use std::collections::BTreeSet;
use std::time::Duration;
use tests::process::letter::subscriber;
use tests::process::{Server, turnstile};

/// Long enough for a notification that would be made at once.
const QUIET: Duration = Duration::from_millis(300);

/// The number of a subscriber as a peer writes it.
fn number(index: u16) -> String {
    subscriber(index).to_string()
}

/// Fetches the next message; its subject and the octets of its parts.
fn fetched(phone: &mut Phone) -> (String, Vec<Vec<u8>>) {
    let notification = notified(phone);
    assert_eq!(notification.from.as_deref(), Some("+15550100/TYPE=PLMN"));
    let message = phone.retrieve(&notification.content_location).unwrap().message;
    phone.respond(&notification, Status::Retrieved).unwrap();
    let parts = message.parts.into_iter().map(|part| part.octets);
    (message.subject.unwrap_or_default(), parts.collect())
}

fn nothing_more(phone: &mut Phone) {
    assert!(phone.notification(QUIET).unwrap().is_none());
}

fn all_taken(server: &Server) -> (u64, u64) {
    let count = |name| metric(server, name);
    (
        count("ringpost_arrivals_accepted_total"),
        count("ringpost_arrivals_repeated_total"),
    )
}

#[test]
fn what_a_peer_brings_is_fetched_octet_for_octet_and_a_repeat_is_none() {
    let _turn = turnstile::enter();
    let site = site(2, "sources = [\"127.0.0.1\"]");
    let server = site.start().unwrap();
    let Some(mut sender) = Sender::start(&server, Value::Null) else {
        return;
    };
    let photograph: Vec<u8> = (0..30_000_u32).map(|at| (at * 7 + at / 251) as u8).collect();
    let mut mail = Mail::new(&site, "m-1", &[&number(21), &number(22)], &photograph);
    sender.deliver(&mail);
    let smil = std::fs::read(&mail.parts[0].2).unwrap();
    let (mut bob, mut carol) = (phone(21, &server), phone(22, &server));
    for phone in [&mut bob, &mut carol] {
        let (subject, parts) = fetched(phone);
        assert_eq!(
            (subject.as_str(), parts),
            (mail.id.as_str(), vec![smil.clone(), photograph.clone()])
        );
    }
    // The same again, on another transaction; then for one of them and somebody new.
    mail.transaction = "t-again".to_owned();
    sender.deliver(&mail);
    assert_eq!(all_taken(&server), (1, 1));
    mail.to = vec![number(22), number(23)];
    sender.deliver(&mail);
    let mut dave = phone(23, &server);
    assert_eq!(fetched(&mut dave).1, [smil, photograph]);
    nothing_more(&mut bob);
    nothing_more(&mut carol);
    assert_eq!(all_taken(&server), (2, 1));
    assert_eq!(server.terminate().unwrap().code(), Some(0));
}

#[test]
fn a_kill_in_the_midst_keeps_what_was_acknowledged_and_repeats_stay_known() {
    const MAILS: usize = 120;
    let _turn = turnstile::enter();
    let site = site(2, "sources = [\"127.0.0.1\"]");
    let mut server = site.start().unwrap();
    let Some(mut sender) = Sender::start(&server, Value::Null) else {
        return;
    };
    let mails: Vec<Mail> = (0..MAILS)
        .map(|at| {
            let id = format!("k-{at}");
            let content = octets(&id, 1_000 + at * 37);
            Mail::new(&site, &id, &[&number(24)], &content)
        })
        .collect();
    let mut acknowledged = Vec::new();
    for (at, mail) in mails.iter().enumerate() {
        if at % 40 == 25 {
            server.kill().unwrap();
            assert_eq!(sender.send(mail).0, 0, "nobody is there");
            server = site.start().unwrap();
            sender.move_to(&server);
        }
        if at % 40 != 25 {
            sender.deliver(mail);
            acknowledged.push(mail.clone());
        }
    }
    server.kill().unwrap();
    let server = site.start().unwrap();
    sender.move_to(&server);
    assert_eq!(sender.send(&acknowledged[0]).0, 0, "its connection broke");
    for mail in &acknowledged {
        sender.deliver(mail);
    }
    assert_eq!(all_taken(&server), (0, acknowledged.len() as u64));
    let mut bob = phone(24, &server);
    let mut seen = BTreeSet::new();
    let wanted: BTreeSet<String> = acknowledged.iter().map(|mail| mail.id.clone()).collect();
    while seen.len() < wanted.len() {
        let Some(notification) = bob.notification(PATIENCE).unwrap() else {
            panic!("missing: {:?}", wanted.difference(&seen).collect::<Vec<_>>());
        };
        let message = bob.retrieve(&notification.content_location).unwrap().message;
        bob.respond(&notification, Status::Retrieved).unwrap();
        assert!(
            seen.insert(message.subject.unwrap_or_default()),
            "delivered twice"
        );
    }
    assert_eq!(seen, wanted);
    nothing_more(&mut bob);
    assert_eq!(server.terminate().unwrap().code(), Some(0));
}
