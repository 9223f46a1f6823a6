//! Three operators in a row: alpha, a hub, beta; a message crosses both links, and its reports come back.
//!
//! Each is a server of this program with the others in its settings; the last hop is once an SMTP server that is not
//! ours. What a foreign phone gets is compared with what a phone at home gets. Invariant: whatever is counted is waited
//! for, since a count follows what it counts.

use super::operators::{ALICE, ANNA, anna, exchange, free_port, home_phone};
use super::peer::{Mail, Sender};
use super::refusing::counted;
use super::relaying::Postfix;
use super::sink::Sink;
use crate::support::{PATIENCE, message, metric, notified, octets};
use mms::Status;
use ringpost::phone::Submission;
use ringpost::phone::message::Outcome;
use serde_json::{Value, json};
use std::fmt::Write as _;
use tests::process::turnstile::now;
use tests::process::{Program, Server, Site, turnstile};

/// Our response follows that of the other side, or is given at once.
const MODES: [&str; 2] = ["transparent", "store_and_forward"];

/// One operator's site, its port of MM4, and what stands in its tables.
pub(super) struct Operator {
    name: &'static str,
    pub(super) site: Site,
    pub(super) port: u16,
    tables: String,
}

impl Operator {
    /// Its own numbers begin so.
    pub(super) fn new(program: Program, name: &'static str, range: &str) -> Operator {
        let mut site = Site::new(program, 2).unwrap();
        let port = free_port();
        site.set("listen.mm4", &format!("[\"127.0.0.1:{port}\"]"));
        site.set("numbering.local_ranges", &format!("[\"{range}\"]"));
        site.set("mm4.domain", &format!("\"mms.{name}.example\""));
        site.set("mm1.domain", &format!("\"{name}.example\""));
        site.set("journal.group_octets", "401408");
        Operator {
            name,
            site,
            port,
            tables: String::new(),
        }
    }

    /// Knows another one, which is reached at that port and owns these numbers.
    pub(super) fn knows(&mut self, name: &str, port: u16, range: &str, keys: &str) {
        let _ = write!(
            self.tables,
            "[[peer]]\nname = \"{name}\"\ndomains = [\"mms.{name}.example\"]\nranges = [{range}]\n\
             hosts = [\"127.0.0.1:{port}\"]\nsources = [\"127.0.0.1\"]\nretry_schedule_s = [1]\n{keys}\n"
        );
        self.site.set_tables(&self.tables);
    }

    pub(super) fn relates(&mut self, from: &str, to: &str, mode: &str) {
        let _ = write!(
            self.tables,
            "[[relation]]\nfrom = \"{from}\"\nto = \"{to}\"\nmode = \"{mode}\"\n"
        );
        self.site.set_tables(&self.tables);
    }

    pub(super) fn start(&self) -> Server {
        self.site
            .start()
            .unwrap_or_else(|failure| panic!("{}: {failure}", self.name))
    }
}

/// What a peer says in EHLO tells those apart that come from one address.
fn helo(name: &str) -> String {
    format!("helo_names = [\"{name}\"]")
}

/// Alpha, the hub and beta, with a hub's agreement; alpha reaches the hub by that port, if by another than its own.
pub(super) fn in_a_row(program: Program, mode: &str, by: Option<u16>) -> [Operator; 3] {
    let mut alpha = Operator::new(program, "alpha", "+4477009");
    let mut hub = Operator::new(program, "hub", "+155509");
    let mut beta = Operator::new(program, "beta", "+155501");
    alpha.knows("hub", by.unwrap_or(hub.port), "\"+155501\"", "");
    beta.knows("hub", hub.port, "", "senders = \"foreign\"");
    let helo_of_alpha = match by {
        Some(_) => helo("mms1.alpha.example"),
        None => helo("mms.alpha.example"),
    };
    hub.knows("alpha", alpha.port, "\"+4477009\"", &helo_of_alpha);
    hub.knows("beta", beta.port, "\"+155501\"", &helo("mms.beta.example"));
    hub.relates("alpha", "beta", mode);
    [alpha, hub, beta]
}

/// Waits until something was counted so often; it must not have been more often.
fn counts(server: &Server, name: &str, expected: u64) {
    let deadline = now() + PATIENCE;
    loop {
        let count = metric(server, name);
        if count == expected {
            return;
        }
        assert!(
            count < expected && now() < deadline,
            "{name} is {count}, not {expected}"
        );
    }
}

fn ended(servers: [Server; 3]) {
    for server in servers {
        assert_eq!(server.terminate().unwrap().code(), Some(0));
    }
}

#[test]
fn a_message_crosses_a_hub_and_its_reports_come_back() {
    let _turn = turnstile::enter();
    for mode in MODES {
        let [alpha, hub, beta] = in_a_row(Program::Shipped, mode, None);
        let (at_alpha, at_hub, at_beta) = (alpha.start(), hub.start(), beta.start());
        exchange(&at_alpha, &at_beta, mode);
        counts(&at_hub, "ringpost_arrivals_accepted_total", 1);
        counts(&at_hub, "ringpost_reports_heard_total", 2);
        counts(&at_hub, "ringpost_reports_sent_total", 2);
        counts(&at_hub, "ringpost_responses_sent_total", 1);
        counts(&at_alpha, "ringpost_responses_taken_total", 1);
        ended([at_alpha, at_hub, at_beta]);
    }
}

/// FEATURES B7: in store-and-forward mode the origin sees the response before the far side does; in transparent mode
/// there is none while the far side is down.
#[test]
fn the_mode_decides_who_answers() {
    let _turn = turnstile::enter();
    for mode in MODES {
        let [alpha, hub, beta] = in_a_row(Program::Shipped, mode, None);
        let (at_alpha, at_hub) = (alpha.start(), hub.start());
        let mut alice = home_phone(ALICE, &at_alpha);
        let letter = Submission {
            to: vec![ANNA.to_owned()],
            ..message(&[], &octets(mode, 2_000))
        };
        alice.send(&letter).unwrap();
        counts(&at_hub, "ringpost_arrivals_accepted_total", 1);
        let at_once = u64::from(mode == "store_and_forward");
        counts(&at_alpha, "ringpost_responses_taken_total", at_once);
        // The hub has tried, and nobody was there.
        let deadline = now() + PATIENCE;
        while metric(&at_hub, "ringpost_relays_lost_total") == 0 {
            assert!(now() < deadline, "the hub does not try");
        }
        assert_eq!(metric(&at_alpha, "ringpost_responses_taken_total"), at_once);
        let at_beta = beta.start();
        let mut anna = anna(&at_beta);
        let notification = notified(&mut anna);
        anna.retrieve(&notification.content_location).unwrap();
        anna.respond(&notification, Status::Retrieved).unwrap();
        counts(&at_alpha, "ringpost_responses_taken_total", 1);
        let report = alice.report(PATIENCE).unwrap().expect("a report");
        assert_eq!(report.outcome, Outcome::Delivery(Status::Retrieved));
        ended([at_alpha, at_hub, at_beta]);
    }
}

#[test]
fn postfix_stands_before_a_hub() {
    let _turn = turnstile::enter();
    let port = free_port();
    let [alpha, hub, beta] = in_a_row(Program::Shipped, "transparent", Some(port));
    let domains = [("mms.hub.example", hub.port)];
    let Some(postfix) = Postfix::between(&alpha.site, port, &domains, "") else {
        return;
    };
    let (at_alpha, at_hub, at_beta) = (alpha.start(), hub.start(), beta.start());
    exchange(&at_alpha, &at_beta, "by Postfix");
    drop(postfix);
    ended([at_alpha, at_hub, at_beta]);
}

/// Alpha's number goes to the hub, and the hub's goes back: neither table is right, and nobody sends it to and fro.
#[test]
fn what_would_go_back_is_refused() {
    let _turn = turnstile::enter();
    let mut alpha = Operator::new(Program::Shipped, "alpha", "+4477009");
    let mut hub = Operator::new(Program::Shipped, "hub", "+155509");
    alpha.knows("hub", hub.port, "\"+155501\"", "");
    hub.knows("alpha", alpha.port, "\"+4477009\", \"+155501\"", "");
    hub.relates("any", "any", "store_and_forward");
    let (at_alpha, at_hub) = (alpha.start(), hub.start());
    let mut alice = home_phone(ALICE, &at_alpha);
    let letter = Submission {
        to: vec![ANNA.to_owned()],
        ..message(&[], &octets("back", 500))
    };
    alice.send(&letter).unwrap();
    let report = alice.report(PATIENCE).unwrap().expect("a report");
    assert_eq!(report.outcome, Outcome::Delivery(Status::Unreachable));
    assert_eq!(counted(&at_hub, "R122"), 1);
    assert_eq!(metric(&at_hub, "ringpost_arrivals_accepted_total"), 0);
    assert_eq!(at_alpha.terminate().unwrap().code(), Some(0));
    assert_eq!(at_hub.terminate().unwrap().code(), Some(0));
}

/// Three hubs whose tables lead in a circle: the first that meets its own trace ends it, with a reason, and counts it.
#[test]
fn a_circle_of_hubs_ends() {
    let _turn = turnstile::enter();
    let names = ["one", "two", "three"];
    let ranges = ["+15557", "+15558", "+15559"];
    let mut hubs = [0, 1, 2].map(|at| Operator::new(Program::Shipped, names[at], ranges[at]));
    let ports = [0, 1, 2].map(|at| hubs[at].port);
    for (at, hub) in hubs.iter_mut().enumerate() {
        let (next, last) = ((at + 1) % 3, (at + 2) % 3);
        let foreign = "senders = \"foreign\"\n";
        let of = |name: &str| format!("{foreign}{}", helo(&format!("mms.{name}.example")));
        hub.knows(names[next], ports[next], "\"+15556\"", &of(names[next]));
        hub.knows(names[last], ports[last], "", &of(names[last]));
        let from = if at == 0 { "alpha" } else { names[last] };
        hub.relates(from, names[next], "store_and_forward");
    }
    // Whoever brings it first is a hub, too: of no other is a number taken that is nobody's.
    hubs[0].knows(
        "alpha",
        9,
        "",
        &format!("senders = \"foreign\"\n{}", helo("mms1.alpha.example")),
    );
    hubs[0].relates("three", "two", "store_and_forward");
    let servers = [0, 1, 2].map(|at| hubs[at].start());
    let Some(mut sender) = Sender::start(&servers[0], Value::Null) else {
        return;
    };
    sender.deliver(&Mail::new(
        &hubs[0].site,
        "circle",
        &["+15556101"],
        &octets("circle", 900),
    ));
    let deadline = now() + PATIENCE;
    while counted(&servers[0], "R507") == 0 {
        assert!(now() < deadline, "it still runs");
    }
    for (server, taken) in servers.iter().zip([1, 1, 1]) {
        counts(server, "ringpost_arrivals_accepted_total", taken);
    }
    // The one that was refused lets it go.
    let deadline = now() + PATIENCE;
    while metric(&servers[2], "ringpost_ended_unreachable_total") == 0 {
        assert!(now() < deadline, "it is kept");
    }
    assert_eq!(counted(&servers[0], "R507"), 1);
    ended(servers);
}

/// The values of a header, in the order of the mail.
fn values(mail: &Value, name: &str) -> Vec<String> {
    let all = mail["headers"].as_array().unwrap();
    let named = all.iter().filter(|header| {
        header[0]
            .as_str()
            .is_some_and(|own| own.eq_ignore_ascii_case(name))
    });
    named
        .map(|header| header[1].as_str().unwrap().to_owned())
        .collect()
}

/// Python writes what comes in, and Python reads what goes out.
#[test]
fn a_foreign_server_reads_what_a_hub_passes_on() {
    let _turn = turnstile::enter();
    let Some(mut sink) = Sink::start("ok") else { return };
    let mut hub = Operator::new(Program::Shipped, "hub", "+155509");
    hub.knows("alpha", 9, "\"+1555010\"", &helo("mms1.alpha.example"));
    let keys = format!("ids = \"bare\"\n{}", helo("mms.beta.example"));
    hub.knows("beta", sink.port, "\"+1555020\"", &keys);
    hub.relates("alpha", "beta", "store_and_forward");
    let server = hub.start();
    let Some(mut sender) = Sender::start(&server, Value::Null) else {
        return;
    };
    let photograph: Vec<u8> = (0..30_000_u32).map(|at| (at * 7 + at / 251) as u8).collect();
    let mut mail = Mail::new(&hub.site, "m-1", &["+15550201", "+15550202"], &photograph);
    for (name, value) in [
        (
            "Received",
            "from phone by mms.alpha.example; Sun, 22 Nov 2026 16:00:00 +0000",
        ),
        ("X-Mms-Forward-Counter", "3"),
        ("X-Mms-Delivery-Report", "Yes"),
        ("X-Operator-Note", "kept as it is; even this"),
    ] {
        mail.headers.push((name.to_owned(), value.to_owned()));
    }
    sender.deliver(&mail);
    let read = sink.mail();
    assert_eq!(read["defects"], json!([]));
    assert_eq!(read["helo"], "mms.hub.example");
    assert_eq!(read["from"], "+15550100/TYPE=PLMN@mms.hub.example");
    let path = |number: &str| format!("{number}/TYPE=PLMN@mms.beta.example");
    assert_eq!(read["to"], json!([path("+15550201"), path("+15550202")]));
    for (name, value) in [
        // As it was written, quotes and all, though beta takes our own without.
        ("X-Mms-Message-ID", "\"m-1@mms.alpha.example\""),
        ("X-Mms-Message-Type", "MM4_forward.REQ"),
        ("From", "+15550100/TYPE=PLMN@mms.hub.example"),
        ("Sender", "system-user@mms.hub.example"),
        ("X-Mms-Originator-System", "system-user@mms.hub.example"),
        ("X-Mms-Ack-Request", "Yes"),
        ("X-Mms-Forward-Counter", "3"),
        ("X-Mms-Delivery-Report", "Yes"),
        ("X-Operator-Note", "kept as it is; even this"),
        ("X-Ringpost-Via", "mms.hub.example"),
        ("Subject", "\"m-1@mms.alpha.example\""),
    ] {
        assert_eq!(values(&read, name), [value], "{name}");
    }
    let transactions = values(&read, "X-Mms-Transaction-ID");
    assert_eq!(transactions.len(), 1);
    assert!(!transactions[0].contains("t-m-1"), "{transactions:?}");
    let way = values(&read, "Received");
    assert_eq!(way.len(), 2, "{way:?}");
    assert!(way[0].contains("by mms.hub.example") && way[1].contains("by mms.alpha.example"));
    let first = &read["headers"][0][0];
    assert_eq!(first, "Received", "the way is on top");
    let parts = read["parts"].as_array().unwrap();
    let kinds: Vec<&str> = parts.iter().map(|part| part["type"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["application/smil", "image/jpeg"]);
    let picture = &parts[1];
    assert_eq!(picture["octets"], photograph.len());
    assert_eq!(picture["location"], "p.jpg");
    assert_eq!(server.terminate().unwrap().code(), Some(0));
}
