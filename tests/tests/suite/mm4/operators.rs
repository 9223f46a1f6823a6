//! Two operators, each with a server of this program: a message crosses MM1 → MM4 → MM1, and its reports come back.
//!
//! What a foreign phone gets is compared with what a phone at home gets of the same message, part for part. Between the
//! two stands nothing, or Postfix. Invariant: ports of MM4 were free a moment ago, and stay over kills.

use super::relaying::Postfix;
use crate::support::{PATIENCE, metric, metric_comes_to, notified, octets};
use mms::{ReadStatus, Status};
use ringpost::phone::message::{Outcome, Part};
use ringpost::phone::{File, Phone, Submission};
use tests::process::letter::subscriber;
use tests::process::{Program, Server, Site, actor, network, turnstile};

/// Alpha's subscribers.
pub(super) const ALICE: u16 = 31;
const BOB: u16 = 32;

/// Beta's subscriber.
pub(super) const ANNA: &str = "+15550101";

/// One operator's site.
pub(super) struct Operator {
    pub(super) site: Site,
    pub(super) port: u16,
}

pub(super) fn free_port() -> u16 {
    network::free_port().unwrap()
}

/// Alpha and beta, each with the other in its settings, with `keys` of its profile; their mails go to that machine, or
/// straight to each other.
pub(super) fn operators(shards: u16, by: Option<&str>, keys: [&str; 2]) -> (Operator, Operator) {
    operators_of(Program::Shipped, shards, by, keys)
}

/// The same with that program.
pub(super) fn operators_of(
    program: Program,
    shards: u16,
    by: Option<&str>,
    keys: [&str; 2],
) -> (Operator, Operator) {
    let ports = [free_port(), free_port()];
    let names = ["alpha", "beta"];
    let ranges = ["+4477009", "+155501"];
    let mut sites = [0, 1].map(|own| {
        let other = 1 - own;
        let mut site = Site::new(program, shards).unwrap();
        site.set("listen.mm4", &format!("[\"127.0.0.1:{}\"]", ports[own]));
        site.set("numbering.local_ranges", &format!("[\"{}\"]", ranges[own]));
        site.set("mm4.domain", &format!("\"mms.{}.example\"", names[own]));
        site.set("journal.group_octets", "401408");
        site.set_tables(&format!(
            "[[peer]]\nname = \"{name}\"\ndomains = [\"mms.{name}.example\"]\nranges = [\"{}\"]\n\
             hosts = [\"{}\"]\nsources = [\"127.0.0.1\"]\nretry_schedule_s = [1]\n{}\n",
            ranges[other],
            by.map_or_else(|| format!("127.0.0.1:{}", ports[other]), str::to_owned),
            keys[own],
            name = names[other]
        ));
        Some(Operator {
            site,
            port: ports[own],
        })
    });
    (sites[0].take().unwrap(), sites[1].take().unwrap())
}

pub(super) fn home_phone(index: u16, server: &Server) -> Phone {
    actor::phone(subscriber(index), server.at).unwrap()
}

pub(super) fn anna(server: &Server) -> Phone {
    let number = base::Msisdn::from_digits(ANNA.trim_start_matches('+').as_bytes()).unwrap();
    actor::phone(number, server.at).unwrap()
}

/// Two pictures and a text, with a presentation that names them.
pub(super) fn album(mark: &str) -> Submission {
    let file = |name: &str, content_type: &str, octets: Vec<u8>| File {
        name: name.to_owned(),
        content_type: content_type.to_owned(),
        octets,
    };
    let every_octet: Vec<u8> = (0..12_000_u32).map(|at| (at * 7 + at / 251) as u8).collect();
    Submission {
        to: vec![ANNA.to_owned(), subscriber(BOB).to_string()],
        subject: Some(format!("Grüße {mark}")),
        files: vec![
            file("lake.jpg", "image/jpeg", every_octet),
            file(
                "words.txt",
                "text/plain",
                "Ein Text.\r\n.\r\nFrom here on: äöü".into(),
            ),
            file("shore.gif", "image/gif", octets(mark, 3_000)),
        ],
        slides: true,
        delivery_report: true,
        read_report: true,
        ..Submission::default()
    }
}

/// Fetches the next message and says so; its parts.
fn fetched(phone: &mut Phone, subject: &str) -> (String, String, Vec<Part>) {
    let notification = notified(phone);
    let message = phone.retrieve(&notification.content_location).unwrap().message;
    assert_eq!(message.subject.as_deref(), Some(subject));
    phone.respond(&notification, Status::Retrieved).unwrap();
    let from = message.from.unwrap_or_default();
    (message.message_id.unwrap_or_default(), from, message.parts)
}

/// Every source of the presentation is the name of a part.
pub(super) fn is_whole(parts: &[Part]) -> bool {
    let smil = parts
        .iter()
        .find(|part| part.content_type.contains("smil"))
        .unwrap();
    let smil = String::from_utf8_lossy(&smil.octets).into_owned();
    let sources: Vec<&str> = smil
        .split("src=\"")
        .skip(1)
        .filter_map(|rest| rest.split('"').next())
        .collect();
    let is_named = |source: &&str| {
        let name = source.trim_start_matches("cid:");
        parts.iter().any(|part| part.name.as_deref() == Some(name))
    };
    sources.len() >= 3 && sources.iter().all(is_named)
}

fn reported(phone: &mut Phone, message_id: &str, outcome: Outcome) {
    let report = phone.report(PATIENCE).unwrap().expect("a report");
    assert_eq!(
        (report.message_id.as_str(), report.outcome),
        (message_id, outcome)
    );
    assert!(
        report.recipient.as_bytes().starts_with(ANNA.as_bytes()),
        "{}",
        report.recipient
    );
}

/// Alice writes to Anna and Bob; what comes of it. Bob's report is not waited for.
pub(super) fn exchange(alpha: &Server, beta: &Server, mark: &str) {
    let album = album(mark);
    let subject = album.subject.clone().unwrap();
    let mut alice = home_phone(ALICE, alpha);
    alice.set_seen(0);
    let sent = alice.send(&album).unwrap();
    let (_, _, at_home) = fetched(&mut home_phone(BOB, alpha), &subject);
    while alice.report(PATIENCE).unwrap().unwrap().message_id != sent.message_id {}
    let mut anna = anna(beta);
    let (message_id, from, abroad) = fetched(&mut anna, &subject);
    assert_eq!(abroad, at_home, "the same parts, octet for octet");
    assert!(is_whole(&abroad));
    assert_eq!(from, format!("{}/TYPE=PLMN", subscriber(ALICE)));
    reported(&mut alice, &sent.message_id, Outcome::Delivery(Status::Retrieved));
    anna.read_report(&message_id, &from, ReadStatus::Read).unwrap();
    reported(&mut alice, &sent.message_id, Outcome::Read(ReadStatus::Read));
}

#[test]
fn a_message_crosses_and_its_reports_come_back() {
    let _turn = turnstile::enter();
    let (alpha, beta) = operators(2, None, ["", ""]);
    let (alpha, beta) = (alpha.site.start().unwrap(), beta.site.start().unwrap());
    exchange(&alpha, &beta, "first");
    assert_eq!(metric(&beta, "ringpost_arrivals_accepted_total"), 1);
    assert_eq!(metric(&alpha, "ringpost_reports_heard_total"), 2);
    // Alice has the second before beta hears that alpha took it.
    metric_comes_to(&beta, "ringpost_reports_sent_total", 2);
    assert_eq!(alpha.terminate().unwrap().code(), Some(0));
    assert_eq!(beta.terminate().unwrap().code(), Some(0));
}

#[test]
fn postfix_stands_between_two_operators() {
    let _turn = turnstile::enter();
    let port = free_port();
    let by = format!("127.0.0.1:{port}");
    let (alpha, beta) = operators(1, Some(&by), ["", ""]);
    let domains = [("mms.alpha.example", alpha.port), ("mms.beta.example", beta.port)];
    let Some(postfix) = Postfix::between(&alpha.site, port, &domains, "") else {
        return;
    };
    let (at_alpha, at_beta) = (alpha.site.start().unwrap(), beta.site.start().unwrap());
    exchange(&at_alpha, &at_beta, "by Postfix");
    drop(postfix);
    assert_eq!(at_alpha.terminate().unwrap().code(), Some(0));
    assert_eq!(at_beta.terminate().unwrap().code(), Some(0));
}
