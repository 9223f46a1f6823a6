//! A hub between two operators that are not ours: what the far one says beside its statuses reaches the first.
//!
//! Python writes and reads what alpha sends and gets; beta's words are written by hand. MM4 reference §2 and §6.
//! Invariant: each word is read at alpha before the next is said, so their order is no matter of chance.

use super::hub::Operator;
use super::peer::{Mail, Sender, Talk};
use super::sink::Sink;
use crate::support::octets;
use serde_json::Value;
use tests::process::{Program, Server, turnstile};

/// A header of a mail that Python has read.
fn value<'m>(mail: &'m Value, name: &str) -> Option<&'m str> {
    let all = mail["headers"].as_array().unwrap();
    let found = all.iter().find(|header| header[0] == name)?;
    found[1].as_str()
}

/// Beta brings a mail of these lines to the hub.
fn say(server: &Server, lines: &[String]) {
    let mut talk = Talk::open(server);
    talk.expect(250, "EHLO mms.beta.example");
    talk.expect(250, "MAIL FROM:<system-user@mms.beta.example>");
    talk.expect(250, "RCPT TO:<system-user@mms.hub.example>");
    talk.expect(354, "DATA");
    talk.expect(250, &format!("{}\r\n\r\n.", lines.join("\r\n")));
    talk.expect(221, "QUIT");
}

/// Lines of beta's mail about what it got.
fn about(mail: &Value, kind: &str, more: &[&str]) -> Vec<String> {
    let echoed = |name: &str| format!("{name}: {}", value(mail, name).unwrap());
    let mut lines = vec![
        "X-Mms-3GPP-MMS-Version: 6.3.0".to_owned(),
        format!("X-Mms-Message-Type: {kind}"),
        echoed("X-Mms-Message-ID"),
        "Sender: system-user@mms.beta.example".to_owned(),
        "Date: Sun, 22 Nov 2026 16:00:09 +0000".to_owned(),
    ];
    lines.push(match kind {
        "MM4_forward.RES" => echoed("X-Mms-Transaction-ID"),
        _ => "X-Mms-Transaction-ID: r-1".to_owned(),
    });
    lines.extend(more.iter().map(|&line| line.to_owned()));
    lines
}

/// What alpha may be told, in the order of [`told`].
const NAMES: [&str; 5] = [
    "X-Mms-Message-Type",
    "X-Mms-Request-Status-Code",
    "X-Mms-MM-Status-Code",
    "X-Mms-MM-Status-Extension",
    "X-Mms-Status-Text",
];

/// What beta says: its response, and two reports.
const OK: [&str; 2] = [
    "X-Mms-Request-Status-Code: Ok",
    "X-Mms-Status-Text: queued for the phone",
];
const PUT_OFF: &[&str] = &[
    "X-Mms-MM-Status-Code: Deferred",
    "X-Mms-Status-Text: the phone is off",
];
const REJECTED: &[&str] = &[
    "X-Mms-MM-Status-Code: Rejected",
    "X-Mms-MM-Status-Extension: Rejection-By-MMS-Recipient",
    "X-Mms-Status-Text: =?utf-8?q?nicht_gew=C3=BCnscht?=",
];

/// What alpha is to hear of that.
fn told(mode: &str) -> [[Option<&'static str>; 5]; 3] {
    let of_far_side = (mode == "transparent").then_some("queued for the phone");
    let report = Some("MM4_delivery_report.REQ");
    let extension = Some("Rejection-By-MMS-Recipient");
    [
        [Some("MM4_forward.RES"), Some("Ok"), None, None, of_far_side],
        [report, None, Some("Deferred"), None, Some("the phone is off")],
        [report, None, Some("Rejected"), extension, Some("nicht gewünscht")],
    ]
}

/// A message of alpha's that wants to hear everything.
fn message(hub: &Operator, mode: &str) -> Mail {
    let mut mail = Mail::new(&hub.site, "m-1", &["+15550201"], &octets(mode, 900));
    for (name, value) in [
        ("X-Mms-Ack-Request", "Yes"),
        ("X-Mms-Originator-System", "system-user@mms.alpha.example"),
        ("X-Mms-Delivery-Report", "Yes"),
    ] {
        mail.headers.push((name.to_owned(), value.to_owned()));
    }
    mail
}

#[test]
fn words_of_a_foreign_far_side_reach_a_foreign_origin() {
    let _turn = turnstile::enter();
    for mode in ["transparent", "store_and_forward"] {
        let (Some(mut to_alpha), Some(mut to_beta)) = (Sink::start("ok"), Sink::start("ok")) else {
            return;
        };
        let mut hub = Operator::new(Program::Shipped, "hub", "+155509");
        let helo = |name: &str| format!("helo_names = [\"{name}\"]");
        hub.knows(
            "alpha",
            to_alpha.port,
            "\"+1555010\"",
            &helo("mms1.alpha.example"),
        );
        hub.knows("beta", to_beta.port, "\"+1555020\"", &helo("mms.beta.example"));
        hub.relates("alpha", "beta", mode);
        let server = hub.start();
        let Some(mut sender) = Sender::start(&server, Value::Null) else {
            return;
        };
        sender.deliver(&message(&hub, mode));
        let passed = to_beta.mail();
        let mut heard = Vec::new();
        if mode == "store_and_forward" {
            heard.push(to_alpha.mail());
        }
        say(&server, &about(&passed, "MM4_forward.RES", &OK));
        if mode == "transparent" {
            heard.push(to_alpha.mail());
        }
        for says in [PUT_OFF, REJECTED] {
            let parties = [
                "From: +15550201/TYPE=PLMN@mms.beta.example",
                "To: +15550100/TYPE=PLMN@mms.hub.example",
            ];
            let report = [&parties[..], says].concat();
            say(&server, &about(&passed, "MM4_delivery_report.REQ", &report));
            heard.push(to_alpha.mail());
        }
        let found: Vec<_> = heard
            .iter()
            .map(|mail| NAMES.map(|name| value(mail, name)))
            .collect();
        assert_eq!(found, told(mode), "{mode}");
        for mail in &heard {
            assert_eq!(value(mail, "X-Mms-Message-ID"), Some("\"m-1@mms.alpha.example\""));
            assert!(mail["to"][0].as_str().unwrap().ends_with("@mms.alpha.example"));
        }
        assert_eq!(server.terminate().unwrap().code(), Some(0));
    }
}
