//! Peers' machines by name: RFC 1035, RFC 2308, RFC 5321 §5.1 and RFC 7505 against a name server that is not ours.
//!
//! The clock of what is remembered is a test's own; what is waited for in real time has an end of its own, and nothing
//! is measured.

use crate::dns::{Dns, records};
use engine::names::{Exchange, Names, NoName};
use ringpost::names::Lookups;
use serde_json::{Value, json};
use std::net::{IpAddr, SocketAddr, UdpSocket};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::sync_channel;
use std::time::Duration;

/// The longest that a look-up may take; far more than any needs.
const PATIENCE: Duration = Duration::from_secs(60);

/// Who asks, and the time by which answers are remembered.
struct Asker {
    lookups: Lookups,
    now_ms: Arc<AtomicU64>,
}

impl Asker {
    fn new(servers: &[SocketAddr], patience: Duration) -> Asker {
        let now_ms = Arc::new(AtomicU64::new(0));
        let clock = Arc::clone(&now_ms);
        let clock = Arc::new(move || clock.load(Ordering::SeqCst));
        Asker {
            lookups: Lookups::start(servers, patience, clock).unwrap(),
            now_ms,
        }
    }

    /// As `10 a.example 20 b.example`.
    fn exchanges(&self, domain: &str) -> Result<String, NoName> {
        let (tell, told) = sync_channel(1);
        let answer = Box::new(move |found| tell.send(found).unwrap());
        self.lookups.exchanges(domain, answer);
        let found: Vec<Exchange> = told.recv_timeout(2 * PATIENCE).unwrap()?;
        let words = found
            .iter()
            .map(|found| format!("{} {}", found.preference, found.name));
        Ok(words.collect::<Vec<_>>().join(" "))
    }

    fn addresses(&self, name: &str) -> Result<Vec<IpAddr>, NoName> {
        let (tell, told) = sync_channel(1);
        let answer = Box::new(move |found| tell.send(found).unwrap());
        self.lookups.addresses(name, answer);
        told.recv_timeout(2 * PATIENCE).unwrap()
    }
}

fn started() -> Option<(Dns, Asker)> {
    let dns = Dns::start()?;
    let asker = Asker::new(&[dns.address], PATIENCE);
    Some((dns, asker))
}

const SOA: &str = "example. 60 IN SOA ns.example. op.example. 1 60 60 60 60";

fn nothing(code: &str) -> Value {
    json!({ "code": code, "authority": [SOA] })
}

fn failed(why: &str) -> NoName {
    NoName::Failed(why.to_owned())
}

/// A domain, what the name server says, and what is made of that.
type Case = (&'static str, Value, Result<&'static str, NoName>);

fn mx(domain: &str, all: &[&str]) -> Value {
    let all: Vec<String> = all
        .iter()
        .map(|exchange| format!("{domain}. 60 IN MX {exchange}"))
        .collect();
    json!({ "answer": all })
}

fn cases() -> Vec<Case> {
    let of = |domain, all: &[&str], expected| (domain, mx(domain, all), expected);
    vec![
        of(
            "two.example",
            &["20 b.example.", "10 A.Example."],
            Ok("10 a.example 20 b.example"),
        ),
        of(
            "equal.example",
            &["5 b.example.", "5 a.example."],
            Ok("5 a.example 5 b.example"),
        ),
        of(
            "twice.example",
            &["20 a.example.", "10 a.example."],
            Ok("10 a.example"),
        ),
        ("none.example", nothing("NOERROR"), Ok("")),
        ("gone.example", nothing("NXDOMAIN"), Err(NoName::Unknown)),
        of("null.example", &["0 ."], Err(NoName::TakesNoMail)),
        of("half.example", &["0 .", "5 c.example."], Ok("5 c.example")),
        of(
            "address.example",
            &["1 192.0.2.1.", "5 c.example."],
            Ok("5 c.example"),
        ),
        (
            "alias.example",
            records(&[
                "alias.example. 60 IN CNAME two.example.",
                "two.example. 60 IN MX 1 b.example.",
            ]),
            Ok("1 b.example"),
        ),
        // Nobody asked for that name.
        ("other.example", mx("two.example", &["1 b.example."]), Ok("")),
        (
            "circle.example",
            records(&[
                "circle.example. 60 IN CNAME loop.example.",
                "loop.example. 60 IN CNAME circle.example.",
            ]),
            Err(failed("aliases in a circle")),
        ),
    ]
}

#[test]
fn exchanges_are_those_of_the_domain_by_preference() {
    let Some((mut dns, asker)) = started() else { return };
    let cases = cases();
    let questions: Vec<String> = cases.iter().map(|(name, ..)| format!("{name} MX")).collect();
    let says = cases.iter().map(|(_, says, _)| says.clone());
    let table: Vec<(&str, Value)> = questions.iter().map(String::as_str).zip(says).collect();
    dns.say(&table);
    for (name, _, expected) in cases {
        assert_eq!(asker.exchanges(name), expected.map(str::to_owned), "{name}");
    }
    assert_eq!(
        asker.exchanges("TWO.Example"),
        Ok("10 a.example 20 b.example".to_owned())
    );
    assert_eq!(asker.exchanges("no..name"), Err(failed("it is no name")));
}

#[test]
fn addresses_are_of_both_kinds() {
    let Some((mut dns, asker)) = started() else { return };
    let four = records(&["m.example. 60 IN A 192.0.2.1", "m.example. 60 IN A 192.0.2.2"]);
    let six = records(&["m.example. 60 IN AAAA 2001:db8::1"]);
    let by_alias = records(&[
        "m.example. 60 IN CNAME n.example.",
        "n.example. 60 IN A 192.0.2.9",
    ]);
    let (none, servfail) = (nothing("NOERROR"), json!({ "code": "SERVFAIL" }));
    let gone = nothing("NXDOMAIN");
    let [one, two, nine] = [1, 2, 9].map(|last| IpAddr::from([192, 0, 2, last]));
    let v6: IpAddr = "2001:db8::1".parse().unwrap();
    for (a, aaaa, expected) in [
        (&four, &six, Ok(vec![one, two, v6])),
        (&four, &none, Ok(vec![one, two])),
        (&none, &six, Ok(vec![v6])),
        (&by_alias, &none, Ok(vec![nine])),
        (&four, &servfail, Ok(vec![one, two])),
        (&servfail, &six, Ok(vec![v6])),
        // It may have one that nobody could tell.
        (&none, &servfail, Err(failed("SERVFAIL"))),
        (&servfail, &servfail, Err(failed("SERVFAIL"))),
        (&none, &none, Err(NoName::NoAddress)),
        (&gone, &gone, Err(NoName::Unknown)),
    ] {
        dns.say(&[("m.example A", a.clone()), ("m.example AAAA", aaaa.clone())]);
        assert_eq!(asker.addresses("m.example"), expected, "{a} {aaaa}");
        // What was remembered is over.
        asker.now_ms.fetch_add(3_600_000, Ordering::SeqCst);
    }
    let many: Vec<String> = (1..9)
        .map(|last| format!("m.example. 60 IN A 192.0.2.{last}"))
        .collect();
    let many: Vec<&str> = many.iter().map(String::as_str).collect();
    dns.say(&[("m.example A", records(&many)), ("m.example AAAA", none)]);
    assert_eq!(
        asker.addresses("m.example").unwrap().len(),
        engine::names::ADDRESSES_MAX
    );
}

/// No server says that there is nothing: it is not taken for that, and the next one is asked.
#[test]
fn a_server_in_trouble_is_no_answer() {
    let Some((mut dns, asker)) = started() else { return };
    let Some(mut other) = Dns::start() else { return };
    let both = Asker::new(&[dns.address, other.address], PATIENCE);
    other.say(&[("two.example MX", records(&["two.example. 60 IN MX 1 b.example."]))]);
    for code in ["SERVFAIL", "REFUSED", "NOTIMP", "FORMERR"] {
        dns.say(&[("two.example MX", json!({ "code": code }))]);
        assert_eq!(asker.exchanges("two.example"), Err(failed(code)));
        assert_eq!(both.exchanges("two.example"), Ok("1 b.example".to_owned()));
        both.now_ms.fetch_add(3_600_000, Ordering::SeqCst);
    }
    dns.say(&[("two.example MX", json!({ "silent": true }))]);
    assert_eq!(both.exchanges("two.example"), Ok("1 b.example".to_owned()));
    // A word of the first is final.
    dns.say(&[]);
    both.now_ms.fetch_add(3_600_000, Ordering::SeqCst);
    assert_eq!(both.exchanges("two.example"), Err(NoName::Unknown));
}

/// Nobody says anything: that ends in time, and the next question has an answer.
#[test]
fn silence_ends() {
    let Some(mut dns) = Dns::start() else { return };
    let silent = UdpSocket::bind("127.0.0.1:0").unwrap();
    let address = silent.local_addr().unwrap();
    let asker = Asker::new(&[address], Duration::from_millis(200));
    assert_eq!(asker.exchanges("two.example"), Err(NoName::Late));
    assert_eq!(asker.addresses("two.example"), Err(NoName::Late));
    drop(silent);
    dns.say(&[("two.example MX", records(&["two.example. 60 IN MX 1 b.example."]))]);
    let both = Asker::new(&[address, dns.address], PATIENCE);
    assert_eq!(both.exchanges("two.example"), Ok("1 b.example".to_owned()));
}

/// Twenty names do not fit 512 octets: the answer over UDP is cut off, and that over TCP is taken.
#[test]
fn what_is_cut_off_is_asked_for_over_tcp() {
    let Some((mut dns, asker)) = started() else { return };
    let name = |at: u16| format!("a-machine-with-a-long-name-{at}.of.another.operator.example");
    let all: Vec<String> = (0..20)
        .map(|at| format!("many.example. 60 IN MX {at} {}.", name(at)))
        .collect();
    let all: Vec<&str> = all.iter().map(String::as_str).collect();
    dns.say(&[("many.example MX", records(&all))]);
    let expected: Vec<String> = (0..16).map(|at| format!("{at} {}", name(at))).collect();
    assert_eq!(asker.exchanges("many.example"), Ok(expected.join(" ")));
}

/// An answer is remembered for its smallest TTL, and not longer.
#[test]
fn an_answer_changes_after_its_time() {
    let Some((mut dns, asker)) = started() else { return };
    let mx = |name: &str, ttl_s: u32| {
        let one = format!("two.example. {ttl_s} IN MX 1 {name}.example.");
        records(&[&one, "two.example. 300 IN MX 9 z.example."])
    };
    let found = |name: &str| Ok(format!("1 {name}.example 9 z.example"));
    dns.say(&[("two.example MX", mx("a", 30))]);
    assert_eq!(asker.exchanges("two.example"), found("a"));
    dns.say(&[("two.example MX", mx("b", 0))]);
    asker.now_ms.store(29_000, Ordering::SeqCst);
    assert_eq!(asker.exchanges("two.example"), found("a"));
    asker.now_ms.store(40_000, Ordering::SeqCst);
    assert_eq!(asker.exchanges("two.example"), found("b"));
    // A TTL of 0 is for this once.
    dns.say(&[("two.example MX", nothing("NXDOMAIN"))]);
    assert_eq!(asker.exchanges("two.example"), Err(NoName::Unknown));
    // That there is nothing is remembered as the zone says; without its word, not at all.
    dns.say(&[("two.example MX", json!({ "code": "NXDOMAIN" }))]);
    asker.now_ms.fetch_add(59_000, Ordering::SeqCst);
    dns.say(&[("two.example MX", mx("c", 30))]);
    assert_eq!(asker.exchanges("two.example"), Err(NoName::Unknown));
    asker.now_ms.fetch_add(2_000, Ordering::SeqCst);
    dns.say(&[("two.example MX", json!({ "code": "NXDOMAIN" }))]);
    assert_eq!(asker.exchanges("two.example"), Err(NoName::Unknown));
    dns.say(&[("two.example MX", mx("d", 30))]);
    assert_eq!(asker.exchanges("two.example"), found("d"));
}

/// Many ask the same at once, and each hears.
#[test]
fn everybody_who_asks_is_answered() {
    let Some((mut dns, asker)) = started() else { return };
    dns.say(&[("two.example MX", records(&["two.example. 0 IN MX 1 b.example."]))]);
    let (tell, told) = sync_channel(300);
    for at in 0..300 {
        let tell = tell.clone();
        let domain = if at % 3 == 0 {
            "two.example".to_owned()
        } else {
            format!("n{at}.example")
        };
        asker.lookups.exchanges(
            &domain,
            Box::new(move |found| tell.send((at % 3, found)).unwrap()),
        );
    }
    for _ in 0..300 {
        let (kind, found) = told.recv_timeout(2 * PATIENCE).unwrap();
        assert_eq!(found.is_ok(), kind == 0, "{found:?}");
    }
}
