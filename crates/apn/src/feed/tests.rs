//! The map by its events: what shards see after each, what comes back after a restart, and what is forgotten.

mod model;

use super::*;
use crate::accounting::{BearerRule, NasName};
use crate::table::Found;
use crate::{Imsi, Realm};
use base::{Monotonic, Msisdn, WallMs, WallSeconds};
use std::net::{IpAddr, Ipv4Addr};

pub(super) const NAS: NasName<'static> = NasName {
    identifier: Some(b"ggsn-1"),
    address: None,
    source: IpAddr::V4(Ipv4Addr::new(192, 0, 2, 1)),
};

pub(super) fn now(second: u32) -> Now {
    Now {
        wall: WallMs(u64::from(second) * 1_000),
        monotonic: Monotonic(u64::from(second) * 1_000),
    }
}

pub(super) fn number(subscriber: u64) -> Option<Msisdn> {
    Msisdn::from_bits(447_700_900_000 + subscriber)
}

pub(super) fn bounds() -> Bounds {
    Bounds {
        sessions_max: 64,
        silent_s_max: 1_000,
        ended_s: 100,
        log_octets_max: 1 << 20,
    }
}

fn ip(text: &str) -> IpAddr {
    text.parse().unwrap()
}

/// An event of session `session` (its subscriber has the same number) at second `at`.
pub(super) fn say<'a>(change: Change, session: &'a [u8], keys: &'a [Key], at: u32) -> Accounting<'a> {
    let subscriber = session
        .iter()
        .fold(0, |sum, octet| sum * 10 + u64::from(octet - b'0'));
    Accounting {
        change,
        realm: keys.first().map_or(Realm(0), |key| key.realm()),
        nas: NAS,
        session_id: session,
        addresses: keys,
        facts: Facts {
            msisdn: number(subscriber),
            ..Facts::default()
        },
        at: WallSeconds(at),
        lasted_s: None,
        bearers: BearerRule::Stop,
        session_stop: false,
    }
}

fn holder(view: &View, realm: u16, address: &str) -> Option<u64> {
    match view.find(Realm(realm), ip(address)) {
        Found::Held(session) => session
            .facts
            .msisdn
            .map(|msisdn| msisdn.digits() - 447_700_900_000),
        Found::Ambiguous => Some(999),
        Found::Nobody => None,
    }
}

#[test]
fn the_same_address_in_two_realms_is_two_subscribers() {
    let mut feed = Feed::new(bounds(), 1);
    let view = feed.view();
    for realm in [1, 2] {
        let key = [Key::address(Realm(realm), ip("10.0.0.1"))];
        let id = [b'0' + realm as u8];
        feed.apply(&say(Change::Start, &id, &key, 10), now(10));
    }
    assert_eq!(holder(&view, 1, "10.0.0.1"), Some(1));
    assert_eq!(holder(&view, 2, "10.0.0.1"), Some(2));
    assert_eq!(holder(&view, 3, "10.0.0.1"), None);
    assert_eq!(holder(&view, 1, "::ffff:10.0.0.1"), Some(1));
}

#[test]
fn any_address_within_a_prefix_and_the_longest_one() {
    let mut feed = Feed::new(bounds(), 1);
    let view = feed.view();
    let wide = [Key::prefix(Realm(1), "2001:db8:1::".parse().unwrap(), 56).unwrap()];
    let long = [Key::prefix(Realm(1), "2001:db8:1:0:8::".parse().unwrap(), 64).unwrap()];
    feed.apply(&say(Change::Start, b"1", &wide, 10), now(10));
    assert_eq!(holder(&view, 1, "2001:db8:1::9"), Some(1));
    feed.apply(&say(Change::Start, b"2", &long, 10), now(10));
    assert_eq!(holder(&view, 1, "2001:db8:1::9"), Some(2));
    assert_eq!(holder(&view, 1, "2001:db8:1:1::9"), Some(1));
    assert_eq!(holder(&view, 1, "2001:db8:1:100::9"), None);
    assert!(Key::prefix(Realm(1), "2001:db8::".parse().unwrap(), 31).is_none());
}

#[test]
fn a_session_of_two_addresses_ends_at_both_by_its_name() {
    let mut feed = Feed::new(bounds(), 1);
    let view = feed.view();
    let keys = [
        Key::address(Realm(1), ip("10.0.0.1")),
        Key::prefix(Realm(1), "2001:db8::".parse().unwrap(), 64).unwrap(),
    ];
    let taken = feed.apply(&say(Change::Start, b"1", &keys, 10), now(10));
    assert_eq!(taken.bound, 2);
    let mut stop = say(Change::Stop, b"1", &[], 20);
    stop.realm = Realm(1);
    let taken = feed.apply(&stop, now(20));
    assert_eq!(taken.ended, 2);
    assert_eq!(holder(&view, 1, "10.0.0.1"), None);
    assert_eq!(holder(&view, 1, "2001:db8::1"), None);
}

#[test]
fn an_identity_holds_until_its_session_ends() {
    let mut feed = Feed::new(bounds(), 1);
    let view = feed.view();
    let key = [Key::address(Realm(0), ip("10.0.0.1"))];
    feed.apply(&say(Change::Start, b"1", &key, 10), now(10));
    let Found::Held(first) = view.find(Realm(0), ip("10.0.0.1")) else {
        panic!("nobody")
    };
    let mut interim = say(Change::Interim, b"1", &key, 15);
    interim.facts.imsi = Imsi::from_digits(b"999700000000001");
    interim.facts.rat = Some(6);
    feed.apply(&interim, now(15));
    assert!(view.still_holds(first.binding));
    let Found::Held(session) = view.find(Realm(0), ip("10.0.0.1")) else {
        panic!("nobody")
    };
    assert_eq!((session.facts.rat, session.facts.msisdn), (Some(6), number(1)));
    // The same subscriber in a new session is another binding.
    let mut again = say(Change::Start, b"2", &key, 20);
    again.facts.msisdn = number(1);
    feed.apply(&again, now(20));
    assert!(!view.still_holds(first.binding));
    assert_eq!(holder(&view, 0, "10.0.0.1"), Some(1));
    let Found::Held(second) = view.find(Realm(0), ip("10.0.0.1")) else {
        panic!("nobody")
    };
    feed.apply(&say(Change::Stop, b"2", &key, 30), now(30));
    assert!(!view.still_holds(second.binding));
}

#[test]
fn two_live_claims_are_refused_until_one_is_settled() {
    let mut feed = Feed::new(bounds(), 1);
    let view = feed.view();
    let key = [Key::address(Realm(0), ip("10.0.0.1"))];
    feed.apply(&say(Change::Start, b"1", &key, 10), now(10));
    let taken = feed.apply(&say(Change::Start, b"2", &key, 10), now(10));
    assert_eq!((taken.contested, holder(&view, 0, "10.0.0.1")), (1, Some(999)));
    assert_eq!(feed.tallies().contested, 1);
    feed.apply(&say(Change::Interim, b"2", &key, 60), now(60));
    assert_eq!(holder(&view, 0, "10.0.0.1"), Some(2));
    feed.apply(&say(Change::Interim, b"1", &key, 70), now(70));
    assert_eq!(holder(&view, 0, "10.0.0.1"), Some(999));
    feed.apply(&say(Change::Start, b"3", &key, 80), now(80));
    assert_eq!(holder(&view, 0, "10.0.0.1"), Some(3));
    assert_eq!(
        feed.tallies(),
        Tallies {
            held: 1,
            ..Tallies::default()
        }
    );
}

#[test]
fn bearers_end_with_their_session() {
    let mut feed = Feed::new(bounds(), 1);
    let view = feed.view();
    let key = [Key::address(Realm(0), ip("10.0.0.1"))];
    let bearer = |change, id: &'static [u8], at, session_stop| Accounting {
        facts: Facts {
            msisdn: number(1),
            ..Facts::default()
        },
        bearers: BearerRule::Indicator,
        session_stop,
        ..say(change, id, &key, at)
    };
    feed.apply(&bearer(Change::Start, b"1", 10, false), now(10));
    feed.apply(&bearer(Change::Start, b"2", 20, false), now(20));
    feed.apply(&bearer(Change::Stop, b"2", 30, false), now(30));
    assert_eq!(holder(&view, 0, "10.0.0.1"), Some(1));
    feed.apply(&bearer(Change::Stop, b"1", 40, true), now(40));
    assert_eq!(holder(&view, 0, "10.0.0.1"), None);
}

#[test]
fn an_access_server_that_comes_up_has_no_sessions() {
    let mut feed = Feed::new(bounds(), 1);
    let view = feed.view();
    let keys: Vec<Key> = (1..5)
        .map(|host| Key::address(Realm(0), IpAddr::V4(Ipv4Addr::new(10, 0, 0, host))))
        .collect();
    for (id, key) in [b"1", b"2", b"3"].iter().zip(&keys) {
        feed.apply(&say(Change::Start, *id, std::slice::from_ref(key), 10), now(10));
    }
    let other = NasName {
        identifier: Some(b"ggsn-2"),
        ..NAS
    };
    let elsewhere = Accounting {
        nas: other,
        ..say(Change::Start, b"4", &keys[3..], 10)
    };
    feed.apply(&elsewhere, now(10));
    feed.apply(&say(Change::Interim, b"3", &keys[2..3], 30), now(30));
    let taken = feed.apply(&say(Change::Clear, b"", &[], 20), now(31));
    assert_eq!(taken.ended, 2);
    assert_eq!(holder(&view, 0, "10.0.0.1"), None);
    assert_eq!(holder(&view, 0, "10.0.0.3"), Some(3), "heard of since");
    assert_eq!(holder(&view, 0, "10.0.0.4"), Some(4), "another's");
    let late = feed.apply(&say(Change::Start, b"9", &keys[..1], 20), now(32));
    assert_eq!(late.ignored, Some(Ignored::Cleared));
    feed.apply(&say(Change::Start, b"9", &keys[..1], 21), now(32));
    assert_eq!(holder(&view, 0, "10.0.0.1"), Some(9));
}

#[test]
fn silence_is_forgotten_and_does_not_come_back_by_old_packets() {
    let mut feed = Feed::new(bounds(), 1);
    let view = feed.view();
    let key = [Key::address(Realm(0), ip("10.0.0.1"))];
    feed.apply(&say(Change::Start, b"1", &key, 10), now(10));
    feed.sweep(now(1_010), 1_000);
    assert_eq!(holder(&view, 0, "10.0.0.1"), Some(1));
    assert_eq!(feed.sweep(now(1_011), 1_000), 1);
    assert_eq!((holder(&view, 0, "10.0.0.1"), feed.tallies().silent), (None, 1));
    let late = feed.apply(&say(Change::Start, b"1", &key, 10), now(1_012));
    assert_eq!(late.ignored, Some(Ignored::Forgotten));
    // It lives after all.
    feed.apply(&say(Change::Interim, b"1", &key, 1_012), now(1_012));
    assert_eq!(holder(&view, 0, "10.0.0.1"), Some(1));
}

#[test]
fn a_full_map_forgets_ended_sessions_first_and_then_refuses() {
    let mut feed = Feed::new(bounds(), 1);
    let view = feed.view();
    let key = |host: u8| [Key::address(Realm(0), IpAddr::V4(Ipv4Addr::new(10, 0, 0, host)))];
    for host in 0..64 {
        assert_eq!(
            feed.apply(&say(Change::Start, b"1", &key(host), 10), now(10))
                .bound,
            1
        );
    }
    let refused = feed.apply(&say(Change::Start, b"2", &key(64), 11), now(11));
    assert_eq!((refused.ignored, feed.tallies().full), (Some(Ignored::Full), 1));
    // What is known goes on.
    assert_eq!(
        feed.apply(&say(Change::Start, b"3", &key(5), 12), now(12)).bound,
        1
    );
    feed.apply(&say(Change::Stop, b"3", &key(5), 13), now(13));
    assert_eq!(
        feed.apply(&say(Change::Start, b"2", &key(64), 14), now(14)).bound,
        1
    );
    assert_eq!(holder(&view, 0, "10.0.0.64"), Some(2));
    assert_eq!(holder(&view, 0, "10.0.0.5"), None);
}

#[test]
fn a_snapshot_and_its_log_are_the_map() {
    let mut feed = Feed::new(bounds(), 1);
    let key = |host: u8| [Key::address(Realm(0), IpAddr::V4(Ipv4Addr::new(10, 0, 0, host)))];
    for host in 0..20 {
        feed.apply(&say(Change::Start, b"1", &key(host), 10), now(10));
    }
    feed.apply(&say(Change::Start, b"2", &key(3), 10), now(10));
    let (mut snapshot, mut log) = (Vec::new(), Vec::new());
    feed.take_log(&mut Vec::new());
    let mut from = Some(0);
    for round in 0.. {
        let Some(at) = from else { break };
        from = feed.snapshot(at, 10, now(20), &mut snapshot);
        // The map goes on while it is saved.
        feed.apply(&say(Change::Stop, b"1", &key(round), 20), now(20));
        feed.apply(&say(Change::Start, b"4", &key(round), 21), now(21));
    }
    assert!(feed.take_log(&mut log));
    log.extend_from_slice(&[0x72; 77]);
    let mut again = Feed::new(bounds(), 2);
    let restored = again.restore(&snapshot, 500, now(30));
    assert_eq!(restored.octets, snapshot.len() as u64);
    let restored = again.restore(&log, 500, now(30));
    assert_eq!(restored.octets + 77, log.len() as u64);
    let (one, other) = (feed.view(), again.view());
    for host in 0..24 {
        let address = format!("10.0.0.{host}");
        assert_eq!(
            holder(&one, 0, &address),
            holder(&other, 0, &address),
            "{address}"
        );
    }
    assert_eq!(holder(&other, 0, "10.0.0.0"), Some(4));
    // What is too old is left out.
    let mut late = Feed::new(bounds(), 3);
    let restored = late.restore(&snapshot, 500, now(2_000));
    assert!(restored.dropped > 20);
    assert_eq!(holder(&late.view(), 0, "10.0.0.9"), None);
}

#[test]
fn a_log_that_nobody_takes_is_given_up() {
    let bounds = Bounds {
        log_octets_max: 256,
        ..bounds()
    };
    let mut feed = Feed::new(bounds, 1);
    let key = [Key::address(Realm(0), ip("10.0.0.1"))];
    for at in 0..10 {
        feed.apply(&say(Change::Interim, b"1", &key, 10 + at), now(20));
    }
    let mut log = Vec::new();
    assert!(!feed.take_log(&mut log));
    assert!(log.len() <= 256 + 256);
    assert!(feed.take_log(&mut log));
}
