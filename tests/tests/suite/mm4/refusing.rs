//! What is refused, in which words, and counted by its reason.

use super::peer::{Mail, Sender, Talk, site};
use super::{all_taken, number};
use crate::support::octets;
use ringpost::phone::http::{Call, Client};
use serde_json::Value;
use std::io::{Read, Write};
use std::net::TcpStream;
use tests::process::{Server, Site, turnstile};

/// Refusals for a reason.
pub(super) fn counted(server: &Server, code: &str) -> u64 {
    counted_as(server, "ringpost_mm4_refused_total", code)
}

/// What a metric says of a reason.
pub(super) fn counted_as(server: &Server, metric: &str, code: &str) -> u64 {
    let url = server.at.admin_url().unwrap().join("metrics");
    let call = Call {
        url: &url,
        fields: &[],
        body: None,
        patience: crate::support::PATIENCE,
    };
    let text = String::from_utf8(Client::new(None).call(&call).unwrap().body).unwrap();
    let reason = format!("reason=\"{code}\"");
    let lines = text
        .lines()
        .filter(|line| line.split('{').next() == Some(metric) && line.contains(&reason));
    lines
        .map(|line| line.rsplit(' ').next().unwrap().parse::<u64>().unwrap())
        .sum()
}

type Change = Box<dyn Fn(&mut Mail)>;

/// What makes a good mail refused: for which reason, with which code.
fn cases(site: &Site) -> Vec<(&'static str, u64, Change)> {
    let header = |name: &str, value: &str| vec![(name.to_owned(), value.to_owned())];
    vec![
        // The envelope's sender is no number of the peer's; then the header's.
        (
            "R502",
            550,
            Box::new(|mail| mail.envelope_from = "+15560100/TYPE=PLMN@mms.alpha.example".into()),
        ),
        (
            "R502",
            550,
            Box::new(|mail| mail.from = "+15560100/TYPE=PLMN@mms.alpha.example".into()),
        ),
        (
            "R503",
            550,
            Box::new(|mail| mail.from = "+447700900026/TYPE=PLMN@mms.alpha.example".into()),
        ),
        // Nobody's number; then one that routes back.
        (
            "R122",
            550,
            Box::new(|mail| mail.to = vec!["+442079460000".into()]),
        ),
        ("R122", 550, Box::new(|mail| mail.to = vec!["+15550101".into()])),
        ("R506", 550, {
            let foreign = header("X-Mms-Originator-System", "system-user@mms.beta.example");
            Box::new(move |mail| mail.headers.clone_from(&foreign))
        }),
        ("R507", 554, {
            let many = header("X-Mms-Forward-Counter", "11");
            Box::new(move |mail| mail.headers.clone_from(&many))
        }),
        ("R507", 554, {
            let ours = header("X-Ringpost-Via", "mms.ours.example");
            Box::new(move |mail| mail.headers.clone_from(&ours))
        }),
        ("R101", 554, Box::new(|mail| mail.id = String::new())),
        // 40 KiB are what a message may have here, and 5 % more.
        ("R131", 552, {
            let large = site.folder().join("large");
            std::fs::write(&large, octets("large", 60_000)).unwrap();
            Box::new(move |mail| mail.parts[1].2.clone_from(&large))
        }),
    ]
}

#[test]
fn what_may_not_come_is_refused_with_its_reason() {
    let _turn = turnstile::enter();
    let site = site(2, "sources = [\"127.0.0.1\"]");
    let server = site.start().unwrap();
    let Some(mut sender) = Sender::start(&server, Value::Null) else {
        return;
    };
    let good = Mail::new(&site, "r-1", &[&number(25)], &octets("r-1", 2_000));
    for (reason, code, change) in cases(&site) {
        let before = counted(&server, reason);
        let mut mail = good.clone();
        change(&mut mail);
        let (found, answer) = sender.send(&mail);
        assert_eq!(found, code, "{reason}: {answer}");
        assert_eq!(counted(&server, reason), before + 1, "{reason}: {answer}");
    }
    // One of two is refused, the other gets it.
    let mut mail = good.clone();
    mail.to.push("+442079460000".to_owned());
    let (code, answer) = sender.send(&mail);
    assert_eq!(
        (code, answer["refused"].as_object().unwrap().len()),
        (250, 1),
        "{answer}"
    );
    assert_eq!(all_taken(&server), (1, 0));
    assert_eq!(server.terminate().unwrap().code(), Some(0));
}

/// Says everything at once and reads to the end.
fn said(server: &Server, octets: &[u8]) -> String {
    let mut stream = TcpStream::connect(server.at.mm4).unwrap();
    stream.set_read_timeout(Some(crate::support::PATIENCE)).unwrap();
    let mut greeting = [0; 4];
    stream.read_exact(&mut greeting).unwrap();
    stream.write_all(octets).unwrap();
    let mut text = greeting.to_vec();
    // A reset behind the last reply is an end, too.
    let _ = stream.read_to_end(&mut text);
    String::from_utf8_lossy(&text).into_owned()
}

#[test]
fn strangers_and_smugglers_are_turned_away() {
    let _turn = turnstile::enter();
    let site = site(
        1,
        "sources = [\"127.0.0.1\"]\nhelo_names = [\"mms1.alpha.example\"]",
    );
    let server = site.start().unwrap();
    let mut stream = TcpStream::connect(server.at.mm4).unwrap();
    stream.set_read_timeout(Some(crate::support::PATIENCE)).unwrap();
    let mut say = |line: &str| {
        let mut answer = [0; 2_048];
        stream.write_all(line.as_bytes()).unwrap();
        let octets = stream.read(&mut answer).unwrap();
        String::from_utf8_lossy(&answer[..octets]).into_owned()
    };
    say("");
    say("HELO other.example\r\n");
    let refused = say("MAIL FROM:<system-user@mms.alpha.example>\r\n");
    assert!(refused.contains("550 5.7.1"), "{refused}");
    assert_eq!(counted(&server, "R501"), 1);
    let bare = said(&server, b"HELO mms1.alpha.example\nMAIL FROM:<>\r\n");
    assert!(bare.contains("554 5.5.2"), "{bare}");
    assert_eq!(server.terminate().unwrap().code(), Some(0));
}

/// A peer that brings more than it may is told to wait, and served again when the second is over; another connection
/// of its own gives it no more.
#[test]
fn who_brings_too_much_is_told_to_wait() {
    let _turn = turnstile::enter();
    let site = site(2, "sources = [\"127.0.0.1\"]\narrivals_per_s_max = 1");
    let server = site.start().unwrap();
    let mut talks = [Talk::open(&server), Talk::open(&server)];
    for talk in &mut talks {
        talk.expect(250, "EHLO mms.alpha.example");
    }
    let mut refused = 0;
    let mut mail = |talk: &mut Talk| {
        let (code, said) = talk.say("MAIL FROM:<+15550100/TYPE=PLMN@mms.alpha.example>");
        match code {
            250 => talk.expect(250, "RSET"),
            _ => {
                assert!(said.starts_with("450 4.7.0 "), "{said}");
                refused += 1;
            }
        }
        code == 250
    };
    // However slow this machine is: sooner or later two come within a second, and one does not.
    let [one, other] = &mut talks;
    while mail(one) {}
    while !mail(other) {}
    assert!(refused > 0);
    assert_eq!(counted(&server, "R508"), refused);
    assert_eq!(server.terminate().unwrap().code(), Some(0));
}
