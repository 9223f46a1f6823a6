//! The ways to know who asks, the headers that prove nothing, and access points by listener, Host and path.

use crate::identity::world::{
    BEGIN_S, Taken, apn, event, feed, nas, of, post, post_on, post_to, sample, sender, site, submission,
};
use crate::support::send_conf;
use radius::Status;
use rustix::process::Signal;
use tests::process::letter::subscriber;
use tests::process::turnstile;
use tests::process::wire::Wire;

/// A source, what stands in the head, and what comes of it.
type Row = (&'static str, String, Taken);

const DENIED: Taken = Taken::Refused(0xE1);

/// Two sessions that can't be ordered: later, when they can.
const LATER: Taken = Taken::Refused(0xC0);

#[test]
fn a_session_decides_and_what_a_phone_says_of_itself_is_refused_compared_or_passed_over() {
    let _turn = turnstile::enter();
    let own = "X-MSISDN: +447700900061\r\n";
    let other = "X-MSISDN: +447700900062\r\n";
    for (claims, with_own, with_other, verdict) in [
        ("refuse", DENIED, DENIED, "untrusted"),
        ("compare", of(61), DENIED, "contradicted"),
        ("ignore", of(61), of(61), "untrusted"),
    ] {
        let apn = apn(
            "mms",
            &format!("claims = \"{claims}\"\nnumber_headers = [\"X-MSISDN\"]\n"),
        );
        let site = site(&(feed("127.0.0.1:0") + &apn));
        let server = site.start().unwrap();
        nas(server.at)
            .tell(&event(Status::Start, "A1", "127.0.1.61", 61, BEGIN_S))
            .unwrap();
        assert_eq!(post(&server, "127.0.1.61", ""), of(61), "{claims}");
        assert_eq!(post(&server, "127.0.1.61", own), with_own, "{claims}");
        assert_eq!(post(&server, "127.0.1.61", other), with_other, "{claims}");
        let refused = [&with_own, &with_other]
            .into_iter()
            .filter(|taken| **taken == DENIED);
        let name = format!("ringpost_apn_requests_total{{apn=\"mms\",verdict=\"{verdict}\"}}");
        assert_eq!(sample(&server, &name), refused.count() as u64, "{claims}");
        assert_eq!(server.terminate().unwrap().code(), Some(0));
    }
}

const ADDRESS: &str = "X-WAP-Network-Client-IP: 10.1.2.3\r\n";
const ADDRESS_V6: &str = "X-WAP-Network-Client-IP: 2001:db8:1:2:3::4\r\n";
const RIGHT: &str = "X-MSISDN: 447700900061\r\n";
const WRONG: &str = "X-MSISDN: 447700900062\r\n";

/// Each mode, what it needs beside, and what comes of what a gateway (127.0.2.1) or somebody else says.
fn gateway_modes() -> [(&'static str, &'static str, Vec<Row>); 3] {
    let by_address = vec![
        ("127.0.2.1", ADDRESS.to_owned(), of(61)),
        ("127.0.2.1", ADDRESS_V6.to_owned(), of(62)),
        (
            "127.0.2.1",
            "X-WAP-Network-Client-IP: 10.1.2.4\r\n".to_owned(),
            DENIED,
        ),
        (
            "127.0.2.1",
            "X-WAP-Network-Client-IP: nonsense\r\n".to_owned(),
            DENIED,
        ),
        ("127.0.2.1", String::new(), DENIED),
        ("127.0.3.1", ADDRESS.to_owned(), DENIED),
    ];
    let by_number = vec![
        ("127.0.2.1", RIGHT.to_owned(), of(61)),
        ("127.0.2.1", WRONG.to_owned(), of(62)),
        ("127.0.2.1", format!("{RIGHT}{WRONG}"), DENIED),
        ("127.0.3.1", RIGHT.to_owned(), DENIED),
    ];
    let by_both = vec![
        ("127.0.2.1", format!("{ADDRESS}{RIGHT}"), of(61)),
        ("127.0.2.1", format!("{ADDRESS_V6}{WRONG}"), of(62)),
        ("127.0.2.1", format!("{ADDRESS}{WRONG}"), DENIED),
        ("127.0.2.1", ADDRESS.to_owned(), DENIED),
        ("127.0.2.1", RIGHT.to_owned(), DENIED),
        ("127.0.3.1", format!("{ADDRESS}{RIGHT}"), DENIED),
    ];
    let number = "number_headers = [\"X-MSISDN\"]\n";
    [
        ("gateway_address", "", by_address),
        ("gateway_number", number, by_number),
        ("both", number, by_both),
    ]
}

#[test]
fn a_gateway_tells_the_phones_address_or_number_or_both() {
    let _turn = turnstile::enter();
    for (mode, more, rows) in gateway_modes() {
        let keys = format!(
            "mode = \"{mode}\"\ngateways = [\"127.0.2.0/24\"]\n\
             address_headers = [\"X-WAP-Network-Client-IP\"]\n{more}"
        );
        let site = site(&(feed("127.0.0.1:0") + &apn("mms", &keys)));
        let server = site.start().unwrap();
        let mut nas = nas(server.at);
        nas.tell(&event(Status::Start, "A1", "10.1.2.3", 61, BEGIN_S))
            .unwrap();
        nas.tell(&event(Status::Start, "B1", "2001:db8:1:2:3::4", 62, BEGIN_S))
            .unwrap();
        for (source, lines, expected) in rows {
            let taken = post(&server, source, &lines);
            assert_eq!(taken, expected, "{mode} from {source}: {lines:?}");
        }
        assert_eq!(server.terminate().unwrap().code(), Some(0));
        let said = site.said();
        assert!(
            said.contains("event: apn mms: ") && said.contains("untrusted (R113)"),
            "{mode}: {said}"
        );
    }
}

#[test]
fn a_gateways_connection_carries_many_subscribers() {
    let _turn = turnstile::enter();
    let keys = "mode = \"gateway_address\"\ngateways = [\"127.0.2.0/24\"]\n\
                address_headers = [\"X-WAP-Network-Client-IP\"]\n";
    let site = site(&(feed("127.0.0.1:0") + &apn("mms", keys)));
    let server = site.start().unwrap();
    let mut nas = nas(server.at);
    let mut wire = Wire::open_from("127.0.2.1".parse().unwrap(), server.at.mm1).unwrap();
    for (turn, who) in [61, 62, 63, 61].into_iter().enumerate() {
        let (session, address) = (format!("A{turn}"), format!("10.1.2.{who}"));
        let at_s = BEGIN_S + 10 * turn as u32;
        nas.tell(&event(Status::Start, &session, &address, who, at_s))
            .unwrap();
        let lines = format!("Host: m\r\nX-WAP-Network-Client-IP: {address}\r\n");
        assert_eq!(post_on(&mut wire, server.at, "/", &lines), of(who), "{turn}");
    }
    assert_eq!(server.terminate().unwrap().code(), Some(0));
}

/// A request that came through a gateway in pieces, or waited in our socket, while its phone's address changed hands.
#[test]
fn a_request_that_began_before_the_address_changed_hands_is_nobodys() {
    let _turn = turnstile::enter();
    let keys = "mode = \"gateway_address\"\ngateways = [\"127.0.2.0/24\"]\n\
                address_headers = [\"X-WAP-Network-Client-IP\"]\n";
    let site = site(&(feed("127.0.0.1:0") + &apn("mms", keys)));
    let server = site.start().unwrap();
    let mut nas = nas(server.at);
    let lines = "Host: m\r\nX-WAP-Network-Client-IP: 10.1.2.61\r\n";
    for turn in 0..6_u32 {
        let at_s = BEGIN_S + 20 * turn;
        let (first, second) = (format!("A{turn}"), format!("B{turn}"));
        nas.tell(&event(Status::Start, &first, "10.1.2.61", 61, at_s))
            .unwrap();
        let mut wire = Wire::open_from("127.0.2.1".parse().unwrap(), server.at.mm1).unwrap();
        assert_eq!(post_on(&mut wire, server.at, "/", lines), of(61), "{turn}");
        let (recipient, request) = submission("/", lines);
        let next = event(Status::Start, &second, "10.1.2.61", 62, at_s + 10);
        if turn % 2 == 0 {
            let (begin, rest) = request.split_at(request.len() / 2);
            wire.send(begin).unwrap();
            nas.tell(&next).unwrap();
            wire.send(rest).unwrap();
        } else {
            server.signal(Signal::STOP).unwrap();
            wire.send(&request).unwrap();
            nas.say(&next).unwrap();
            server.signal(Signal::CONT).unwrap();
        }
        // Nobody's; or taken while it was still the first one's, where the shard was faster than accounting.
        let answer = wire.answer().unwrap().unwrap();
        // Where its session ended before the answer left that is said by HTTP alone.
        if answer.status == 200 && send_conf(&answer.body).message_id.is_some() {
            assert_eq!(turn % 2, 1, "{turn}");
            assert_eq!(sender(server.at, recipient), subscriber(61).to_string(), "{turn}");
        }
        nas.tell(&next).unwrap();
        let mut wire = Wire::open_from("127.0.2.1".parse().unwrap(), server.at.mm1).unwrap();
        assert_eq!(post_on(&mut wire, server.at, "/", lines), of(62), "{turn}");
    }
    assert_eq!(server.terminate().unwrap().code(), Some(0));
}

#[test]
fn the_access_point_is_chosen_by_listener_host_path_and_source() {
    let _turn = turnstile::enter();
    let one = |name: &str, realm: u16, more: &str| {
        format!("[[apn]]\nname = \"{name}\"\nsources = [\"127.0.1.0/24\"]\nrealm = {realm}\n{more}")
    };
    let feed_of = |name: &str, realm: u16, client: &str| {
        feed("127.0.0.1:0")
            .replace("core", name)
            .replace("realm = 7", &format!("realm = {realm}"))
            .replace("[\"127.0.0.0/8\", \"::1\"]", &format!("[\"{client}\"]"))
    };
    // The same address is another subscriber in each realm.
    let tables = feed_of("a", 1, "127.0.0.1")
        + &one("plain", 1, "listeners = [\"127.0.0.1:0\"]\n")
        + &one("host", 2, "hosts = [\"mms.example\"]\n")
        + &one("path", 3, "hosts = [\"mms.example\"]\npaths = [\"/mms/\"]\n")
        + &one("other", 4, "listeners = [\"127.0.0.9:0\"]\n")
        + &feed_of("b", 2, "127.0.4.2")
        + &feed_of("c", 3, "127.0.4.3")
        + &feed_of("d", 4, "127.0.4.4");
    let mut site = site(&tables);
    site.set("listen.mm1", "[\"127.0.0.1:0\", \"127.0.0.9:0\"]");
    let server = site.start().unwrap();
    let to = server.at.radius.unwrap();
    for (client, who) in [
        ("127.0.0.1", 61),
        ("127.0.4.2", 62),
        ("127.0.4.3", 63),
        ("127.0.4.4", 64),
    ] {
        let mut nas = tests::process::accounting::Nas::from(client.parse().unwrap(), to).unwrap();
        nas.tell(&event(Status::Start, "A1", "127.0.1.61", who, BEGIN_S))
            .unwrap();
    }
    let (first, second) = (server.addresses("mm1")[0], server.addresses("mm1")[1]);
    for (listener, target, lines, expected) in [
        (first, "/", "Host: elsewhere\r\n", of(61)),
        (first, "/", "Host: MMS.example:80\r\n", of(62)),
        (first, "/mms/x", "Host: mms.example\r\n", of(63)),
        (first, "http://mms.example/mms/", "Host: mms.example\r\n", of(63)),
        (second, "/", "Host: elsewhere\r\n", of(64)),
        (second, "/", "Host: mms.example\r\n", of(62)),
    ] {
        let taken = post_to(server.at, listener, "127.0.1.61", target, lines);
        assert_eq!(taken, expected, "{listener} {target} {lines:?}");
    }
    // Nobody's: no access point takes this source.
    let taken = post_to(server.at, first, "127.0.5.1", "/", "Host: mms.example\r\n");
    assert_eq!(taken, DENIED);
    assert_eq!(
        sample(
            &server,
            "ringpost_apn_requests_total{apn=\"\",verdict=\"unknown\"}"
        ),
        1
    );
    assert_eq!(server.terminate().unwrap().code(), Some(0));
}

#[test]
fn two_sessions_that_cannot_be_ordered_are_nobody() {
    let _turn = turnstile::enter();
    let site = site(&(feed("127.0.0.1:0") + &apn("mms", "")));
    let server = site.start().unwrap();
    let mut nas = nas(server.at);
    for (session, who) in [("A1", 61), ("A2", 62)] {
        nas.tell(&event(Status::Start, session, "127.0.1.61", who, BEGIN_S))
            .unwrap();
    }
    assert_eq!(post(&server, "127.0.1.61", ""), LATER);
    // The one ended after the other had begun: that one is there if it says so later.
    nas.tell(&event(Status::Stop, "A1", "127.0.1.61", 61, BEGIN_S + 5))
        .unwrap();
    assert_eq!(post(&server, "127.0.1.61", ""), DENIED);
    nas.tell(&event(
        Status::InterimUpdate,
        "A2",
        "127.0.1.61",
        62,
        BEGIN_S + 10,
    ))
    .unwrap();
    assert_eq!(post(&server, "127.0.1.61", ""), of(62));
    assert_eq!(
        sample(
            &server,
            "ringpost_apn_requests_total{apn=\"mms\",verdict=\"ambiguous\"}"
        ),
        1
    );
    assert_eq!(server.terminate().unwrap().code(), Some(0));
}
