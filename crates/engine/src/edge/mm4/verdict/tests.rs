//! Who may send and who is taken, and in which words the rest is refused.

use super::{Recipient, Sent, is_from_system, recipient, reply_of, sender};
use base::reason::TABLE;
use base::{Msisdn, Reason};
use profile::{PeerId, Profile};
use route::Routes;
use std::net::SocketAddr;
use std::sync::Arc;

const SETTINGS: &str = r#"
[numbering]
local_ranges = ["+4477009"]
[mm4]
domain = "mms.ours.example"
[[peer]]
name = "alpha"
domains = ["mms.alpha.example"]
sources = ["127.0.0.1"]
ranges = ["+1555"]
country_code = "44"
[[peer]]
name = "beta"
domains = ["mms.beta.example"]
sources = ["127.0.0.2"]
ranges = ["+1556"]
[[peer]]
name = "gamma"
domains = ["mms.gamma.example"]
sources = ["127.0.0.3"]
ranges = ["+1557"]
[[relation]]
from = "alpha"
to = "beta"
"#;

fn world() -> (Profile, Routes, PeerId) {
    let settings = profile::parse(SETTINGS).unwrap();
    let profile = profile::compile(&settings, 1, SocketAddr::from(([127, 0, 0, 1], 0)));
    let routes = Routes::compile(&profile, Arc::default(), 1).unwrap();
    let alpha = routes.peers().find("alpha").unwrap();
    (profile, routes, alpha)
}

fn number(digits: &str) -> Result<Recipient, Reason> {
    Ok(Recipient::Number(Msisdn::from_digits(digits.as_bytes()).unwrap()))
}

fn sent(peer: PeerId, from: Option<&str>) -> Sent {
    Sent {
        peer,
        declared_octets: 0,
        is_from_system: is_from_system(from),
    }
}

/// Alpha may send to beta, and not the other way: beta's reports on such messages may pass, and nothing else.
#[test]
fn reports_come_back_where_messages_may_not() {
    let (profile, routes, _) = world();
    let peer = |name| routes.peers().find(name).unwrap();
    let to = "+15550100/TYPE=PLMN@mms.ours.example";
    let denied = Err(Reason::RelationDenied);
    for (from, path, expected) in [
        (
            "beta",
            Some("system-user@mms.beta.example"),
            Ok(Recipient::Reports),
        ),
        ("beta", None, Ok(Recipient::Reports)),
        ("beta", Some("+15560100/TYPE=PLMN@mms.beta.example"), denied),
        ("gamma", Some("system-user@mms.gamma.example"), denied),
        ("gamma", None, denied),
    ] {
        let found = recipient(&routes, &profile, sent(peer(from), path), to);
        assert_eq!(found, expected, "{from} {path:?}");
    }
}

#[test]
fn recipients_are_ours_or_this_system_or_refused() {
    let (profile, routes, alpha) = world();
    let cases = [
        ("+447700900002/TYPE=PLMN@mms.ours.example", number("447700900002")),
        ("+447700900002", number("447700900002")),
        ("07700900002/type=plmn@anywhere.example", number("447700900002")),
        ("447700900002@mms.ours.example", number("447700900002")),
        (
            "\"+447700900002/TYPE=PLMN\"@mms.ours.example",
            number("447700900002"),
        ),
        // These quotes mean something.
        (
            "\"+447700900002@mms.beta.example\"@mms.ours.example",
            Err(Reason::RecipientUnresolved),
        ),
        ("system-user@mms.ours.example", Ok(Recipient::System)),
        ("Postmaster", Ok(Recipient::System)),
        ("system-user@mms.alpha.example", Err(Reason::RecipientUnresolved)),
        ("bob@mms.ours.example", Err(Reason::RecipientUnresolved)),
        (
            "12345/TYPE=PLMN@mms.ours.example",
            Err(Reason::RecipientUnresolved),
        ),
        (
            "+442079460000/TYPE=PLMN@mms.ours.example",
            Err(Reason::RecipientUnresolved),
        ),
        // Back to where it came from.
        (
            "+15550100/TYPE=PLMN@mms.ours.example",
            Err(Reason::RecipientUnresolved),
        ),
        // Another operator's, by agreement; without one.
        ("+15560100/TYPE=PLMN@mms.beta.example", number("15560100")),
        ("+15560100/TYPE=PLMN@mms.ours.example", number("15560100")),
        (
            "+15570100/TYPE=PLMN@mms.gamma.example",
            Err(Reason::RelationDenied),
        ),
    ];
    for (path, expected) in cases {
        for from in [None, Some("+15550100/TYPE=PLMN@mms.alpha.example")] {
            let found = recipient(&routes, &profile, sent(alpha, from), path);
            assert_eq!(found, expected, "{path}");
        }
    }
}

/// What is certainly too large for another operator is refused before it comes; what may fit is read first.
#[test]
fn what_does_not_fit_elsewhere_is_refused_at_once() {
    let (profile, routes, alpha) = world();
    let beta = "+15560100/TYPE=PLMN@mms.beta.example";
    let cases = [
        (beta, 900_000, number("15560100")),
        (beta, 1_100_000, Err(Reason::ContentTooLarge)),
        ("+447700900002", 1_100_000, number("447700900002")),
    ];
    for (path, declared, expected) in cases {
        let sent = Sent {
            declared_octets: declared,
            ..sent(alpha, None)
        };
        let found = recipient(&routes, &profile, sent, path);
        assert_eq!(found, expected, "{path} {declared}");
    }
}

#[test]
fn a_number_in_mail_must_be_the_peers_own() {
    let (_, routes, alpha) = world();
    let cases = [
        ("+15550100/TYPE=PLMN@mms.alpha.example", Ok(())),
        ("system-user@mms.alpha.example", Ok(())),
        (
            "+447700900001/TYPE=PLMN@mms.alpha.example",
            Err(Reason::SenderOurs),
        ),
        (
            "+15560100/TYPE=PLMN@mms.alpha.example",
            Err(Reason::SenderForeign),
        ),
        ("0000000000", Err(Reason::SenderForeign)),
    ];
    for (path, expected) in cases {
        assert_eq!(sender(&routes, alpha, path), expected, "{path}");
    }
}

#[test]
fn every_reason_has_a_reply_of_its_own_class() {
    for row in TABLE {
        let reply = reply_of(row.reason);
        let text = format!(
            "{}.{}.{}",
            row.smtp_code / 100,
            reply.enhanced.subject,
            reply.enhanced.detail
        );
        assert_eq!((reply.code, text.as_str()), (row.smtp_code, row.smtp_enhanced));
    }
}
