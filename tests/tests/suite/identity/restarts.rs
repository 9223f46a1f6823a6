//! What a session had open ends with it; sessions outlive every kind of restart, or nobody is known.

use crate::identity::world::{
    BEGIN_S, Taken, apn, event, feed, nas, of, post, post_on, post_to, sender, site, submission,
};
use radius::Status;
use rustix::process::Signal;
use std::net::SocketAddr;
use tests::process::accounting::{Event, Nas};
use tests::process::chain::Chain;
use tests::process::letter::subscriber;
use tests::process::server::Place;
use tests::process::site::START_WAIT;
use tests::process::turnstile;
use tests::process::wire::Wire;
use tests::process::{Site, network};

const DENIED: Taken = Taken::Refused(0xE1);
const LATER: Taken = Taken::Refused(0xC0);

fn open(at: Place) -> Wire {
    Wire::open_from("127.0.1.61".parse().unwrap(), at.mm1).unwrap()
}

#[test]
fn a_stop_or_a_new_start_ends_what_the_session_had_open() {
    let _turn = turnstile::enter();
    let site = site(&(feed("127.0.0.1:0") + &apn("mms", "")));
    let server = site.start().unwrap();
    let at = server.at;
    let mut nas = nas(at);
    nas.tell(&event(Status::Start, "A1", "127.0.1.61", 61, BEGIN_S))
        .unwrap();
    let (mut stopped, mut displaced, mut idle) = (open(at), open(at), open(at));
    for wire in [&mut stopped, &mut displaced] {
        assert_eq!(post_on(wire, at, "/", "Host: m\r\n"), of(61));
    }
    nas.tell(&event(Status::Stop, "A1", "127.0.1.61", 61, BEGIN_S + 10))
        .unwrap();
    assert_eq!(post_on(&mut stopped, at, "/", "Host: m\r\n"), DENIED);
    nas.tell(&event(Status::Start, "A2", "127.0.1.61", 62, BEGIN_S + 20))
        .unwrap();
    // These connections are the first session's, whoever has the address now: their octets may be the first phone's.
    for wire in [&mut stopped, &mut displaced, &mut idle] {
        assert_eq!(post_on(wire, at, "/", "Host: m\r\n"), LATER);
        assert!(wire.is_closed().unwrap(), "the next one is on a new connection");
    }
    assert_eq!(post_on(&mut open(at), at, "/", "Host: m\r\n"), of(62));
    // The same subscriber in a new session is another session, too.
    let mut before = open(at);
    assert_eq!(post_on(&mut before, at, "/", "Host: m\r\n"), of(62));
    nas.tell(&event(
        Status::InterimUpdate,
        "A2",
        "127.0.1.61",
        62,
        BEGIN_S + 30,
    ))
    .unwrap();
    assert_eq!(post_on(&mut before, at, "/", "Host: m\r\n"), of(62));
    nas.tell(&event(Status::Start, "A3", "127.0.1.61", 62, BEGIN_S + 40))
        .unwrap();
    assert_eq!(post_on(&mut before, at, "/", "Host: m\r\n"), LATER);
    assert_eq!(post_on(&mut open(at), at, "/", "Host: m\r\n"), of(62));
    assert_eq!(server.terminate().unwrap().code(), Some(0));
}

/// A connection that waits in the kernel's queue while its address changes hands is nobody's: neither is its request
/// taken for the new holder's, nor does the server get to hear it in time to take it for the old one's.
#[test]
fn a_connection_that_waited_while_its_address_changed_hands_is_nobodys() {
    let _turn = turnstile::enter();
    let site = site(&(feed("127.0.0.1:0") + &apn("mms", "")));
    let server = site.start().unwrap();
    let at = server.at;
    let mut nas = nas(at);
    for turn in 0..8_u32 {
        let at_s = BEGIN_S + 20 * turn;
        let (first, second) = (format!("A{turn}"), format!("B{turn}"));
        nas.tell(&event(Status::Start, &first, "127.0.1.61", 61, at_s))
            .unwrap();
        // Nobody takes connections and nobody listens to accounting; the kernel does both.
        server.signal(Signal::STOP).unwrap();
        let mut waiting = [open(at), open(at), open(at)];
        let requests = waiting.each_mut().map(|wire| {
            let (recipient, request) = submission("/", "Host: m\r\n");
            wire.send(&request).unwrap();
            recipient
        });
        let next = event(Status::Start, &second, "127.0.1.61", 62, at_s + 10);
        nas.say(&next).unwrap();
        server.signal(Signal::CONT).unwrap();
        nas.tell(&next).unwrap();
        for (wire, recipient) in waiting.iter_mut().zip(requests) {
            let answer = wire.answer().unwrap();
            let is_taken = answer.is_some_and(|answer| {
                answer.status == 200 && crate::support::send_conf(&answer.body).message_id.is_some()
            });
            // The shards may have been faster than accounting.
            if is_taken {
                assert_eq!(sender(at, recipient), subscriber(61).to_string(), "{turn}");
            }
        }
        assert_eq!(post_on(&mut open(at), at, "/", "Host: m\r\n"), of(62), "{turn}");
    }
    assert_eq!(server.terminate().unwrap().code(), Some(0));
}

/// The same over a restart: the connections are inherited, and so is what is known of the address.
#[test]
fn a_connection_that_waited_over_a_restart_is_judged_as_of_its_handshake() {
    let _turn = turnstile::enter();
    let site = kept_site();
    let mut chain = Chain::start(&site, START_WAIT).unwrap();
    let at = chain.at;
    let mut nas = nas(at);
    for turn in 0..4_u32 {
        let at_s = BEGIN_S + 20 * turn;
        let (first, second) = (format!("A{turn}"), format!("B{turn}"));
        nas.tell(&event(Status::Start, &first, "127.0.1.61", 61, at_s))
            .unwrap();
        let mut same = open(at);
        chain.signal(Signal::STOP).unwrap();
        let mut waiting = open(at);
        let (recipient, request) = submission("/", "Host: m\r\n");
        waiting.send(&request).unwrap();
        let next = event(Status::Start, &second, "127.0.1.61", 62, at_s + 10);
        nas.say(&next).unwrap();
        chain.signal(Signal::USR2).unwrap();
        chain.signal(Signal::CONT).unwrap();
        chain.succeed(START_WAIT).unwrap();
        let answer = waiting.answer().ok().flatten();
        let is_taken = answer.is_some_and(|answer| {
            answer.status == 200 && crate::support::send_conf(&answer.body).message_id.is_some()
        });
        if is_taken {
            assert_eq!(sender(at, recipient), subscriber(61).to_string(), "{turn}");
        }
        nas.tell(&next).unwrap();
        assert_ne!(post_on(&mut same, at, "/", "Host: m\r\n"), of(62), "{turn}");
        assert_eq!(post_on(&mut open(at), at, "/", "Host: m\r\n"), of(62), "{turn}");
    }
    assert_eq!(chain.terminate().unwrap(), Some(0));
}

/// Two sessions, of which one has ended.
fn two(nas: &mut Nas) {
    for (session, address, who) in [("A1", "127.0.1.61", 61), ("B1", "127.0.1.62", 62)] {
        nas.tell(&event(Status::Start, session, address, who, BEGIN_S))
            .unwrap();
    }
    nas.tell(&event(Status::Stop, "B1", "127.0.1.62", 62, BEGIN_S + 10))
        .unwrap();
}

fn kept_site() -> Site {
    site(&(feed("127.0.0.1:0") + &apn("mms", "")))
}

#[test]
fn sessions_outlive_a_stop_and_a_kill() {
    let _turn = turnstile::enter();
    let site = kept_site();
    let server = site.start().unwrap();
    two(&mut nas(server.at));
    assert_eq!(server.terminate().unwrap().code(), Some(0));
    for _ in 0..2 {
        let server = site.start().unwrap();
        assert_eq!(post(&server, "127.0.1.61", ""), of(61));
        assert_eq!(post(&server, "127.0.1.62", ""), DENIED);
        server.kill().unwrap();
    }
    // What was answered before a kill is known after it, and no Start from before an answered Stop comes back.
    let server = site.start().unwrap();
    let mut nas = nas(server.at);
    nas.tell(&event(Status::Stop, "A1", "127.0.1.61", 61, BEGIN_S + 20))
        .unwrap();
    nas.tell(&event(Status::Start, "B2", "127.0.1.62", 63, BEGIN_S + 20))
        .unwrap();
    server.kill().unwrap();
    let server = site.start().unwrap();
    assert_eq!(post(&server, "127.0.1.61", ""), DENIED);
    assert_eq!(post(&server, "127.0.1.62", ""), of(63));
    let mut nas = self::nas(server.at);
    nas.tell(&event(Status::Start, "A1", "127.0.1.61", 61, BEGIN_S))
        .unwrap();
    assert_eq!(post(&server, "127.0.1.61", ""), DENIED);
    assert_eq!(server.terminate().unwrap().code(), Some(0));
}

#[test]
fn damaged_files_are_said_and_leave_nobody_known() {
    let _turn = turnstile::enter();
    let site = kept_site();
    let server = site.start().unwrap();
    two(&mut nas(server.at));
    assert_eq!(server.terminate().unwrap().code(), Some(0));
    for entry in std::fs::read_dir(site.data().join("sessions")).unwrap() {
        let path = entry.unwrap().path();
        if path.to_string_lossy().contains("snapshot-") {
            let mut octets = std::fs::read(&path).unwrap();
            octets[10] ^= 1;
            std::fs::write(&path, octets).unwrap();
        }
    }
    let server = site.start().unwrap();
    assert_eq!(post(&server, "127.0.1.61", ""), DENIED);
    assert!(
        site.said().contains("warning: the sessions kept in "),
        "{}",
        site.said()
    );
    nas(server.at)
        .tell(&event(Status::Start, "A2", "127.0.1.61", 61, BEGIN_S + 60))
        .unwrap();
    assert_eq!(post(&server, "127.0.1.61", ""), of(61));
    assert_eq!(server.terminate().unwrap().code(), Some(0));
}

#[test]
fn a_restart_hands_accounting_on_and_gives_no_wrong_answer() {
    let _turn = turnstile::enter();
    let site = kept_site();
    let mut chain = Chain::start(&site, START_WAIT).unwrap();
    let at = chain.at;
    let mut nas = nas(at);
    for turn in 0..6_u32 {
        let who = 61 + (turn % 2) as u16;
        let session = format!("A{turn}");
        let start = Event {
            session: &session,
            ..event(Status::Start, "", "127.0.1.61", who, BEGIN_S + 10 * turn)
        };
        nas.tell(&start).unwrap();
        let mut before = open(at);
        assert_eq!(post_on(&mut before, at, "/", "Host: m\r\n"), of(who), "{turn}");
        // It waits in the socket while nobody serves, or is taken by either: once answered it holds.
        chain.signal(Signal::USR2).unwrap();
        let other = 63 + (turn % 2) as u16;
        let session = format!("B{turn}");
        let next = Event {
            session: &session,
            ..event(Status::Start, "", "127.0.1.61", other, BEGIN_S + 10 * turn + 5)
        };
        nas.tell(&next).unwrap();
        let taken = post_to(at, at.mm1, "127.0.1.61", "/", "Host: m\r\nConnection: close\r\n");
        assert_eq!(taken, of(other), "{turn}: whichever process serves it");
        chain.succeed(START_WAIT).unwrap();
        assert_eq!(chain.at.radius, at.radius);
        let taken = post_to(at, at.mm1, "127.0.1.61", "/", "Host: m\r\n");
        assert_eq!(taken, of(other), "{turn}: the successor");
    }
    assert_eq!(chain.terminate().unwrap(), Some(0));
}

#[test]
fn a_reload_adds_and_takes_away_access_points_and_feeds() {
    let _turn = turnstile::enter();
    let mut site = kept_site();
    site.set_tables("");
    let chain = Chain::start(&site, START_WAIT).unwrap();
    let at = chain.at;
    let lines = "Host: m\r\nX-MSISDN: +447700900061\r\n";
    assert_eq!(post_to(at, at.mm1, "127.0.1.61", "/", lines), of(61));
    // A feed at a port that is free now; another process may take it meanwhile, and then the reload says so.
    let radius = SocketAddr::from(([127, 0, 0, 1], network::free_port().unwrap()));
    site.set_tables(&(feed(&radius.to_string()) + &apn("mms", "")));
    site.write_settings().unwrap();
    chain.signal(Signal::HUP).unwrap();
    chain.wait_for("reload: done", START_WAIT).unwrap();
    let taken = post_to(at, at.mm1, "127.0.1.61", "/", lines);
    assert_eq!(taken, DENIED, "the header counts no more");
    let mut nas = Nas::to(radius).unwrap();
    nas.tell(&event(Status::Start, "A1", "127.0.1.61", 62, BEGIN_S))
        .unwrap();
    assert_eq!(post_to(at, at.mm1, "127.0.1.61", "/", "Host: m\r\n"), of(62));
    site.set_tables("");
    site.write_settings().unwrap();
    chain.signal(Signal::HUP).unwrap();
    chain.wait_for("reload: done", START_WAIT).unwrap();
    assert_eq!(post_to(at, at.mm1, "127.0.1.61", "/", lines), of(61));
    assert_eq!(post_to(at, at.mm1, "127.0.1.61", "/", "Host: m\r\n"), DENIED);
    assert_eq!(chain.terminate().unwrap(), Some(0));
}
