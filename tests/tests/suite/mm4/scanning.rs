//! What scanners try: relaying for strangers and for peers, more connections than an address may have, and what SMTP
//! itself forbids. Everything is refused, and counted by its reason.

use super::number;
use super::peer::{Talk, site};
use super::refusing::{counted, counted_as};
use crate::support::{PATIENCE, message, metric, notified, octets, phone};
use tests::process::turnstile::{self, now};
use tests::process::{Server, Site};

/// Paths by which a relay would be found open: other domains in every disguise, numbers of others in ours.
const PATHS: &[(&str, Option<&str>)] = &[
    ("victim@elsewhere.example", Some("R122")),
    ("\"victim@elsewhere.example\"", Some("R122")),
    ("\"victim%elsewhere.example\"", Some("R122")),
    ("victim%elsewhere.example@mms.ours.example", Some("R122")),
    ("victim%elsewhere.example@[127.0.0.1]", Some("R122")),
    ("\"victim@elsewhere.example\"@mms.ours.example", Some("R122")),
    ("elsewhere.example!victim", Some("R122")),
    ("elsewhere.example!victim@mms.ours.example", Some("R122")),
    ("mms.ours.example!victim@elsewhere.example", Some("R122")),
    ("@mms.ours.example:victim@elsewhere.example", Some("R122")),
    (
        "@mms.ours.example,@127.0.0.1:victim@elsewhere.example",
        Some("R122"),
    ),
    ("system-user@elsewhere.example", Some("R122")),
    ("postmaster@elsewhere.example", Some("R122")),
    ("+442079460000/TYPE=PLMN@mms.ours.example", Some("R122")),
    (
        "+447700900021%elsewhere.example/TYPE=PLMN@mms.ours.example",
        Some("R122"),
    ),
    (
        "+447700900021/TYPE=PLMN%elsewhere.example@mms.ours.example",
        Some("R122"),
    ),
    ("192.0.2.1/TYPE=IPv4@mms.ours.example", Some("R122")),
    // Back to where it comes from; to another operator without an agreement; to a number that is barred.
    ("+15550101/TYPE=PLMN@mms.alpha.example", Some("R122")),
    ("+15570101/TYPE=PLMN@mms.beta.example", Some("R504")),
    ("+447700900030/TYPE=PLMN@mms.ours.example", Some("R505")),
    // No paths at all: the session's own to refuse.
    ("victim@elsewhere.example@mms.ours.example", None),
    ("@mms.ours.example:", None),
    ("", None),
];

const TABLES: &str = "[[peer]]\nname = \"beta\"\ndomains = [\"mms.beta.example\"]\nranges = [\"+1557\"]\n\
                      hosts = [\"127.0.0.1:9\"]\n\
                      [[override]]\nnumbers = [\"+447700900030\"]\nto = \"refused\"\n";

fn scanned() -> (Site, Server) {
    let mut site = site(1, "sources = [\"127.0.0.1\"]");
    site.set_tables(TABLES);
    let server = site.start().unwrap();
    (site, server)
}

const SENDERS: [&str; 3] = [
    "+15550100/TYPE=PLMN@mms.alpha.example",
    "",
    "someone@mms.ours.example",
];

#[test]
fn the_relay_is_open_to_no_peer() {
    let _turn = turnstile::enter();
    let (_site, server) = scanned();
    for (path, reason) in PATHS {
        // One mail for each, so that no error of one meets another.
        let mut talk = Talk::open(&server);
        talk.expect(250, "EHLO mms1.alpha.example");
        for from in SENDERS {
            let before = reason.map_or(0, |reason| counted(&server, reason));
            talk.expect(250, &format!("MAIL FROM:<{from}>"));
            let (code, said) = talk.say(&format!("RCPT TO:<{path}>"));
            assert!((500..560).contains(&code), "{path}: {said}");
            let (code, said) = talk.say("DATA");
            assert!((500..560).contains(&code), "{path}: {said}");
            talk.expect(250, "RSET");
            if let Some(reason) = reason {
                assert_eq!(counted(&server, reason), before + 1, "{path}: {said}");
            }
        }
        talk.expect(221, "QUIT");
    }
    assert_eq!(metric(&server, "ringpost_arrivals_accepted_total"), 0);
    assert_eq!(server.terminate().unwrap().code(), Some(0));
}

#[test]
fn strangers_are_told_nothing_of_who_is_here() {
    let _turn = turnstile::enter();
    let (_site, server) = scanned();
    let mut talk = Talk::open_from(&server, 3);
    talk.expect(250, "EHLO mms1.alpha.example");
    for from in SENDERS {
        talk.expect(550, &format!("MAIL FROM:<{from}>"));
        for to in [number(21), "postmaster".to_owned()] {
            talk.expect(503, &format!("RCPT TO:<{to}>"));
        }
    }
    for verb in ["VRFY", "EXPN"] {
        let (code, said) = talk.say(&format!("{verb} {}", number(21)));
        // 252: neither yes nor no (RFC 5321 §3.5.3).
        assert!(code == 252 || (500..560).contains(&code), "{said}");
    }
    assert_eq!(counted(&server, "R501"), SENDERS.len() as u64);
    assert_eq!(server.terminate().unwrap().code(), Some(0));
}

#[test]
fn one_address_takes_the_connections_of_no_other() {
    let _turn = turnstile::enter();
    let mut site = site(1, "sources = [\"127.0.0.0/8\"]");
    site.set("mm4.connections_per_source_max", "2");
    let server = site.start().unwrap();
    let first = Talk::open_from(&server, 3);
    let second = Talk::open_from(&server, 3);
    assert_eq!((first.greeting, second.greeting), (220, 220));
    for _ in 0..200 {
        // A third is told so, or dropped without a word while many are being told.
        let third = Talk::open_from(&server, 3).greeting;
        assert!(third == 421 || third == 0, "{third}");
    }
    assert!(counted(&server, "R306") > 0);
    assert_eq!(Talk::open_from(&server, 4).greeting, 220);
    let mut alice = phone(20, &server);
    alice.send(&message(&[21], &octets("beside", 500))).unwrap();
    notified(&mut phone(21, &server));
    // A place that is given back is had again, as soon as the server has seen the end.
    drop(first);
    let deadline = now() + PATIENCE;
    while Talk::open_from(&server, 3).greeting != 220 {
        assert!(now() < deadline, "the place is not given back");
    }
    assert_eq!(server.terminate().unwrap().code(), Some(0));
}

#[test]
fn what_smtp_itself_refuses_is_counted() {
    let _turn = turnstile::enter();
    let (_site, server) = scanned();
    let cases = [
        ("LineFeedBare", 554, "EHLO a.example\nMAIL FROM:<>"),
        ("CarriageReturnBare", 554, "EHLO a.example\rMAIL FROM:<>"),
        ("HelloMissing", 503, "MAIL FROM:<>"),
        ("CommandUnknown", 500, "XMAIL"),
        ("CommandNotServed", 502, "AUTH PLAIN AAAA"),
        ("NameMalformed", 501, "EHLO <>"),
        ("EarlyAfterCommand", 554, "EHLO a.example\r\nMAIL FROM:<>"),
    ];
    for (reason, code, line) in cases {
        let (found, said) = Talk::open(&server).say(line);
        assert_eq!(found, code, "{reason}: {said}");
        let count = counted_as(&server, "ringpost_mm4_protocol_refused_total", reason);
        assert_eq!(count, 1, "{reason}: {said}");
    }
    let mut talk = Talk::open(&server);
    talk.expect(250, "EHLO mms1.alpha.example");
    talk.expect(552, "MAIL FROM:<> SIZE=99999999");
    talk.expect(555, "MAIL FROM:<> AUTH=<>");
    let refused = |reason| counted_as(&server, "ringpost_mm4_protocol_refused_total", reason);
    assert_eq!((refused("DeclaredTooLarge"), refused("ParameterUnknown")), (1, 1));
    assert_eq!(server.terminate().unwrap().code(), Some(0));
}
