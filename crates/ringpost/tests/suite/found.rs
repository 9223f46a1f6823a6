//! Peers without hosts: the real server finds their machines in the DNS, and delivers there.
//!
//! Name server and mail servers are not ours (`dns`, `sink`); what a look-up makes of each answer is tested in `names`.

use crate::acting::metrics;
use crate::dns::{Dns, records};
use crate::relay::{ANNA, OURS, header, send, shown};
use crate::sink::Sink;
use crate::support::{Folder, PATIENCE, Server, config, folder};
use mms::Status;
use ringpost::phone::message::Outcome;
use serde_json::{Value, json};

/// Looks at something that comes soon; each takes some milliseconds.
const LOOKS_MAX: u32 = 5_000;

/// A server that asks this name server, and a peer at that port.
fn serving(name: &str, dns: &Dns, port: u16, keys: &str) -> (Folder, Server) {
    let folder = folder(name);
    let more = format!(
        "{OURS}[mm4]\ndns_servers = [\"{}\"]\n[[peer]]\nname = \"beta\"\ndomains = [\"mms.beta.example\"]\n\
         ranges = [\"+155501\"]\nmx_port = {port}\nretry_schedule_s = [1]\n{keys}\n",
        dns.address
    );
    let server = Server::start(&config(&folder, 1, &more));
    (folder, server)
}

fn at(name: &str, last: u8) -> Value {
    records(&[&format!("{name}. 60 IN A 127.0.0.{last}")])
}

/// The count of failed look-ups.
fn failed(server: &Server) -> u64 {
    let metrics = metrics(server);
    let name = "ringpost_peer_names_failed_total{";
    let line = metrics.lines().find(|line| line.starts_with(name)).unwrap();
    line.rsplit(' ').next().unwrap().parse().unwrap()
}

/// Waits until the peer's last error is about this.
fn troubled_by(server: &Server, what: &str) {
    for _ in 0..LOOKS_MAX {
        if shown(server)[0]["error"]
            .as_str()
            .is_some_and(|error| error.contains(what))
        {
            return;
        }
    }
    panic!("{:?}, and not: {what}", shown(server));
}

/// The better machine is down: the other has the mail. Nobody listens at 127.0.0.4.
#[test]
fn the_next_exchange_takes_what_the_first_can_not() {
    let Some(mut dns) = Dns::start() else { return };
    let Some(mut sink) = Sink::start_at("ok", "127.0.0.3") else {
        return;
    };
    let mx = [
        "mms.beta.example. 60 IN MX 10 a.beta.example.",
        "mms.beta.example. 60 IN MX 20 b.beta.example.",
    ];
    let none = json!({ "code": "NOERROR" });
    dns.say(&[
        ("mms.beta.example MX", records(&mx)),
        ("a.beta.example A", at("a.beta.example", 4)),
        ("a.beta.example AAAA", none.clone()),
        ("b.beta.example A", at("b.beta.example", 3)),
        ("b.beta.example AAAA", none),
    ]);
    let (_folder, server) = serving("found-mx", &dns, sink.port, "");
    let id = send(&server, &[ANNA], "by its exchange");
    let mail = sink.mail();
    assert_eq!(header(&mail, "X-Mms-Message-ID"), id);
    assert_eq!(mail["to"], json!([format!("{ANNA}/TYPE=PLMN@mms.beta.example")]));
    assert_eq!(failed(&server), 0);
    assert!(server.terminate().success());
}

/// Without MX the domain itself; before that its servers are in trouble, and the mail waits.
#[test]
fn who_names_no_exchange_is_its_own_and_trouble_passes() {
    let Some(mut dns) = Dns::start() else { return };
    let Some(mut sink) = Sink::start("ok") else { return };
    dns.say(&[("mms.beta.example MX", json!({ "code": "SERVFAIL" }))]);
    let (_folder, server) = serving("found-self", &dns, sink.port, "");
    let id = send(&server, &[ANNA], "at home");
    troubled_by(&server, "mms.beta.example: the name servers failed: SERVFAIL");
    assert!(failed(&server) > 0);
    dns.say(&[
        ("mms.beta.example MX", json!({ "code": "NOERROR" })),
        ("mms.beta.example A", at("mms.beta.example", 1)),
        ("mms.beta.example AAAA", json!({ "code": "NOERROR" })),
    ]);
    assert_eq!(header(&sink.mail(), "X-Mms-Message-ID"), id);
    assert!(server.terminate().success());
}

/// RFC 7505: who says that it takes no mail gets none, and the sender hears of it.
#[test]
fn who_takes_no_mail_gets_none() {
    let Some(mut dns) = Dns::start() else { return };
    let Some(sink) = Sink::start("ok") else { return };
    dns.say(&[
        (
            "mms.beta.example MX",
            records(&["mms.beta.example. 60 IN MX 0 ."]),
        ),
        ("mms.beta.example A", at("mms.beta.example", 1)),
    ]);
    let (_folder, server) = serving("found-null", &dns, sink.port, "");
    send(&server, &[ANNA], "to nobody");
    let report = server.phone(1).report(PATIENCE).unwrap().unwrap();
    assert_eq!(report.outcome, Outcome::Delivery(Status::Unreachable));
    troubled_by(&server, "mms.beta.example: the domain takes no mail (null MX)");
    assert!(failed(&server) > 0);
    assert!(server.terminate().success());
}
