//! Who is a peer, whose senders it may bring, whom it may reach.

use super::*;
use crate::routes::tests::{number, routes};

const PEERS: &str = r#"
[numbering]
local_ranges = ["+44770090001"]
[[peer]]
name = "alpha"
domains = ["a.example"]
sources = ["192.0.2.0/24", "2001:db8:1::/48"]
ranges = ["+44770090002"]
[[peer]]
name = "beta"
domains = ["b.example"]
sources = ["192.0.2.128/28"]
helo_names = ["mx.b.example"]
ranges = ["+44770090003"]
[[peer]]
name = "gamma"
domains = ["c.example"]
sources = ["198.51.100.7"]
certificate_names = ["*.c.example", "c.example"]
[[peer]]
name = "delta"
domains = ["d.example"]
certificate_names = ["mms.d.example"]
senders = "foreign"
[[peer]]
name = "epsilon"
domains = ["e.example"]
sources = ["203.0.113.0/24"]
tls = "required"
[[peer]]
name = "zeta"
domains = ["f.example"]
[[peer]]
name = "eta"
domains = ["g.example"]
sources = ["203.0.113.64/26"]
helo_names = ["g.example"]
[[peer]]
name = "theta"
domains = ["h.example"]
sources = ["203.0.113.64/26"]
helo_names = ["h.example", "g.example"]
"#;

/// A name, or why it is none.
fn told(source: &str, helo: &str, channel: Channel<'_>) -> String {
    let routes = routes(PEERS, "");
    let source = source.parse().unwrap();
    match peer_of(
        routes.peers(),
        &Caller {
            source,
            helo,
            channel,
        },
    ) {
        Ok(id) => routes.peers().name(Party::Peer(id)).to_owned(),
        Err(stranger) => format!("{stranger:?}"),
    }
}

#[test]
fn a_caller_is_a_peer_when_all_that_was_declared_fits() {
    use Channel::{Plain, Tls};
    let rows: &[(&str, &str, Channel<'_>, &str)] = &[
        // By address; the IPv4 address written the IPv6 way is the same.
        ("192.0.2.1", "anything", Plain, "alpha"),
        ("2001:db8:1::7", "anything", Plain, "alpha"),
        ("::ffff:192.0.2.1", "anything", Plain, "alpha"),
        ("192.0.3.1", "anything", Plain, "Source"),
        ("2001:db8:2::7", "mx.b.example", Plain, "Source"),
        // A narrower prefix wins; with the wrong HELO the wider one is left.
        ("192.0.2.130", "MX.B.example", Plain, "beta"),
        ("192.0.2.130", "mx.a.example", Plain, "alpha"),
        // By address and certificate.
        ("198.51.100.7", "x", Plain, "Plain"),
        ("198.51.100.7", "x", Tls(&[]), "Certificate"),
        ("198.51.100.7", "x", Tls(&["other.example"]), "Certificate"),
        (
            "198.51.100.7",
            "x",
            Tls(&["other.example", "mx1.C.example"]),
            "gamma",
        ),
        ("198.51.100.7", "x", Tls(&["c.example"]), "gamma"),
        ("198.51.100.7", "x", Tls(&["a.b.c.example"]), "Certificate"),
        ("198.51.100.7", "x", Tls(&[".c.example"]), "Certificate"),
        ("198.51.100.8", "x", Tls(&["mx1.c.example"]), "Certificate"),
        // By certificate alone, from anywhere; a caller without one is told the nearest.
        ("100.64.0.1", "x", Tls(&["mms.d.example"]), "delta"),
        ("100.64.0.1", "x", Tls(&["xmms.d.example"]), "Certificate"),
        // TLS that is required, without names.
        ("203.0.113.1", "x", Plain, "Plain"),
        ("203.0.113.1", "x", Tls(&[]), "epsilon"),
        // Two peers at one address, told apart by HELO, or not.
        ("203.0.113.65", "h.example", Plain, "theta"),
        ("203.0.113.65", "g.example", Plain, "Ambiguous"),
        ("203.0.113.65", "i.example", Plain, "Plain"),
    ];
    for (source, helo, channel, expected) in rows {
        // Delta is known by its certificate from any address, so whoever is plain may still become it.
        let expected = match (*expected, channel) {
            ("Source", Plain) => "Plain",
            (expected, _) => expected,
        };
        assert_eq!(
            told(source, helo, *channel),
            expected,
            "{source} {helo} {channel:?}"
        );
    }
}

#[test]
fn nobody_is_a_peer_where_none_is_declared_or_it_is_only_sent_to() {
    let only_sent_to = routes("[[peer]]\nname = \"zeta\"\ndomains = [\"f.example\"]\n", "");
    let caller = Caller {
        source: "192.0.2.1".parse().unwrap(),
        helo: "f.example",
        channel: Channel::Tls(&["f.example"]),
    };
    assert_eq!(peer_of(only_sent_to.peers(), &caller), Err(Stranger::Source));
    assert_eq!(peer_of(&Peers::default(), &caller), Err(Stranger::Source));
    assert_eq!(Stranger::Source.reason().row().smtp_code, 550);
}

const PORTED: &str = "447700900021,beta\n447700900011,alpha\n447700900031,local\n447700900099,alpha\n";

#[test]
fn a_sender_must_belong_to_who_brings_it() {
    let routes = routes(PEERS, PORTED);
    let rows = [
        ("alpha", "447700900022", Ok(())),
        ("alpha", "447700900099", Ok(())),
        // Ported away from us: it is theirs now.
        ("alpha", "447700900011", Ok(())),
        ("alpha", "447700900021", Err(Reason::SenderForeign)),
        ("beta", "447700900021", Ok(())),
        ("alpha", "447700900012", Err(Reason::SenderOurs)),
        // Ported to us: a spoof, whoever had it before.
        ("beta", "447700900031", Err(Reason::SenderOurs)),
        ("alpha", "358501234567", Err(Reason::SenderForeign)),
        // A hub brings anybody's but ours and the other peers'.
        ("delta", "358501234567", Ok(())),
        ("delta", "447700900012", Err(Reason::SenderOurs)),
        ("delta", "447700900032", Err(Reason::SenderForeign)),
    ];
    for (name, digits, expected) in rows {
        let peer = routes.peers().find(name).unwrap();
        assert_eq!(
            may_originate(&routes, peer, number(digits)),
            expected,
            "{name} {digits}"
        );
    }
    assert_eq!(
        may_originate(&routes, PeerId::new(99), number("447700900022")),
        Err(Reason::SenderForeign)
    );
}

/// In the lab what nobody owns is ours to deliver to, and yet no proof that a sender is ours.
#[test]
fn undeclared_numbers_are_no_spoof_of_ours() {
    let text = "[[peer]]\nname = \"alpha\"\ndomains = [\"a.example\"]\nsenders = \"foreign\"\n\
                [[peer]]\nname = \"beta\"\ndomains = [\"b.example\"]\n";
    let routes = routes(text, "");
    let peer = |name| routes.peers().find(name).unwrap();
    assert_eq!(
        may_originate(&routes, peer("alpha"), number("447700900012")),
        Ok(())
    );
    assert_eq!(
        may_originate(&routes, peer("beta"), number("447700900012")),
        Err(Reason::SenderForeign)
    );
}

#[test]
fn a_recipient_is_taken_by_route_and_relation() {
    let more = "[[relation]]\nfrom = \"alpha\"\nto = \"beta\"\nmode = \"store_and_forward\"\n\
                [[relation]]\nfrom = \"beta\"\nto = \"local\"\nallowed = false\n\
                [[relation]]\nfrom = \"gamma\"\nto = \"any\"\n\
                [[override]]\nnumbers = [\"1555010*\"]\nto = \"refused\"\n";
    let routes = routes(&format!("{PEERS}{more}"), PORTED);
    let party = |name: &str| routes.peers().find(name).map_or(Party::Local, Party::Peer);
    let rows = [
        ("local", "447700900012", Ok(("local", Mode::Transparent))),
        ("local", "447700900022", Ok(("alpha", Mode::Transparent))),
        ("alpha", "447700900012", Ok(("local", Mode::Transparent))),
        ("alpha", "447700900032", Ok(("beta", Mode::StoreAndForward))),
        ("alpha", "447700900031", Ok(("local", Mode::Transparent))),
        ("beta", "447700900022", Err(Reason::RelationDenied)),
        ("beta", "447700900012", Err(Reason::RelationDenied)),
        ("alpha", "358501234567", Err(Reason::RecipientUnresolved)),
        ("alpha", "15550100", Err(Reason::RouteRefused)),
        ("gamma", "447700900022", Ok(("alpha", Mode::Transparent))),
        // Back to where it came from.
        ("alpha", "447700900022", Err(Reason::RecipientUnresolved)),
        ("alpha", "447700900011", Err(Reason::RecipientUnresolved)),
    ];
    for (from, digits, expected) in rows {
        let found = recipient(&routes, party(from), number(digits));
        let found = found.map(|accepted| (routes.peers().name(accepted.to), accepted.mode));
        assert_eq!(found, expected, "{from} to {digits}");
    }
}
