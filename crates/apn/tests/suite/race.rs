//! Addresses change hands 10,000 times a second, by the access server's clock, while readers ask who holds them.
//!
//! Accounting comes up to half a second late, twice and out of order. A new session sends only after its Start was
//! answered (as packet cores do it), so: whoever asks after a Start was applied must not be told of a session before
//! it, nor after a Stop of that one. The same race finds a map out that forgets the order of sessions: the canary.

use apn::{Accounting, BearerRule, Binding, Bounds, Change, Facts, Feed, Found, Key, NasName, Realm, View};
use base::{Monotonic, Msisdn, Now, WallMs, WallSeconds};
use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

const ADDRESSES: u64 = 20_000;
const CHANGES: u64 = 300_000;
const CHANGES_PER_S: u64 = 10_000;
/// Packets are late by up to so many changes.
const LATE_MAX: u64 = CHANGES_PER_S / 2;
const BEGIN_S: u64 = 1_000;
const READERS: u64 = 2;
const NUMBER_MIN: u64 = 15_550_100_000;

/// What is raced: the map, or one that is wrong.
trait Raced: Sync {
    /// Number of the holder of an address, with something to ask for again.
    fn find(&self, address: IpAddr) -> Option<(u64, Option<Binding>)>;
    fn still_holds(&self, binding: Option<Binding>) -> bool;
}

impl Raced for View {
    fn find(&self, address: IpAddr) -> Option<(u64, Option<Binding>)> {
        match View::find(self, Realm(1), address) {
            Found::Held(session) => {
                let number = session.facts.msisdn.map_or(0, Msisdn::digits);
                Some((number, Some(session.binding)))
            }
            _ => None,
        }
    }

    fn still_holds(&self, binding: Option<Binding>) -> bool {
        binding.is_some_and(|binding| View::still_holds(self, binding))
    }
}

/// The last packet wins: no order, no generations.
struct Careless(Vec<AtomicU64>);

impl Raced for Careless {
    fn find(&self, address: IpAddr) -> Option<(u64, Option<Binding>)> {
        let number = self.0[index_of(address)].load(Ordering::SeqCst);
        (number != 0).then_some((number, None))
    }

    fn still_holds(&self, _: Option<Binding>) -> bool {
        true
    }
}

fn address_of(index: u64) -> IpAddr {
    IpAddr::V4(Ipv4Addr::from_bits(0x0A00_0000 + index as u32))
}

fn index_of(address: IpAddr) -> usize {
    match address {
        IpAddr::V4(v4) => (v4.to_bits() - 0x0A00_0000) as usize,
        IpAddr::V6(_) => 0,
    }
}

/// A packet on its way.
#[derive(Clone, Copy)]
struct Packet {
    change: Change,
    address: u64,
    /// Sessions of one address count from 1.
    session: u64,
    at_s: u64,
}

/// What is known to have been applied, for each address.
struct Applied {
    /// The latest session of which any word was.
    newest: Vec<AtomicU64>,
    /// The latest session whose Stop was.
    stopped: Vec<AtomicU64>,
}

#[derive(Default)]
struct Outcome {
    told: u64,
    wrong: u64,
    stale: u64,
}

/// SplitMix64 (Steele and others, 2014), so that a failing run can be repeated.
struct Chance(u64);

impl Chance {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (mixed ^ (mixed >> 31)) % bound
    }
}

/// The number tells address and session.
fn number(address: u64, session: u64) -> u64 {
    NUMBER_MIN + session * ADDRESSES + address
}

fn session_of(number: u64, address: u64) -> u64 {
    let whole = number - NUMBER_MIN;
    assert_eq!(whole % ADDRESSES, address, "a subscriber of another address");
    whole / ADDRESSES
}

/// Lets the world go on: one change of hands after the other, their packets delivered when they are due.
fn write(applied: &Applied, mut apply: impl FnMut(&Packet, u64)) {
    let mut chance = Chance(42);
    let mut current = vec![0_u64; ADDRESSES as usize];
    let mut due: BTreeMap<(u64, u64), Packet> = BTreeMap::new();
    let mut sent = 0;
    let mut post = |due: &mut BTreeMap<(u64, u64), Packet>, at: u64, packet: Packet| {
        sent += 1;
        due.insert((at, sent), packet);
    };
    for change in 0..CHANGES + LATE_MAX {
        let at_s = BEGIN_S + change / CHANGES_PER_S;
        if change < CHANGES {
            let address = chance.below(ADDRESSES);
            let session = &mut current[address as usize];
            let said = |kind, session| Packet {
                change: kind,
                address,
                session,
                at_s,
            };
            if *session > 0 {
                post(
                    &mut due,
                    change + chance.below(LATE_MAX),
                    said(Change::Stop, *session),
                );
            }
            *session += 1;
            for kind in [Change::Start, Change::Start, Change::Interim] {
                post(&mut due, change + chance.below(LATE_MAX), said(kind, *session));
            }
        }
        while let Some(first) = due.first_entry().filter(|first| first.key().0 <= change) {
            let packet = first.remove();
            apply(&packet, at_s);
            let at = packet.address as usize;
            applied.newest[at].fetch_max(packet.session, Ordering::SeqCst);
            if packet.change == Change::Stop {
                applied.stopped[at].fetch_max(packet.session, Ordering::SeqCst);
            }
        }
    }
}

fn read(raced: &impl Raced, applied: &Applied, seed: u64, done: &AtomicBool) -> Outcome {
    let mut chance = Chance(seed);
    let mut outcome = Outcome::default();
    while !done.load(Ordering::Relaxed) {
        let address = chance.below(ADDRESSES);
        let at = address as usize;
        let newest = applied.newest[at].load(Ordering::SeqCst);
        let stopped = applied.stopped[at].load(Ordering::SeqCst);
        let Some((number, binding)) = raced.find(address_of(address)) else {
            continue;
        };
        let session = session_of(number, address);
        outcome.told += 1;
        outcome.wrong += u64::from(session < newest || session <= stopped);
        // Just before the answer leaves.
        let newest = applied.newest[at].load(Ordering::SeqCst);
        if newest > session && raced.still_holds(binding) {
            outcome.stale += 1;
        }
    }
    outcome
}

fn race(raced: &impl Raced, apply: impl FnMut(&Packet, u64) + Send) -> Outcome {
    let count = || (0..ADDRESSES).map(|_| AtomicU64::new(0)).collect();
    let applied = Applied {
        newest: count(),
        stopped: count(),
    };
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let (applied, done) = (&applied, &done);
        let readers: Vec<_> = (0..READERS)
            .map(|seed| scope.spawn(move || read(raced, applied, seed, done)))
            .collect();
        write(applied, apply);
        done.store(true, Ordering::Relaxed);
        let mut all = Outcome::default();
        for reader in readers {
            let one = reader.join().unwrap();
            all.told += one.told;
            all.wrong += one.wrong;
            all.stale += one.stale;
        }
        all
    })
}

#[test]
fn no_request_is_laid_to_one_who_held_the_address_before() {
    let bounds = Bounds {
        sessions_max: ADDRESSES as u32,
        ..Bounds::default()
    };
    let mut feed = Feed::new(bounds, 1);
    let view = feed.view();
    let mut log = Vec::new();
    let outcome = race(&view, |packet, now_s| {
        let key = [Key::address(Realm(1), address_of(packet.address))];
        let said = Accounting {
            change: packet.change,
            realm: Realm(1),
            nas: NasName {
                identifier: Some(b"ggsn"),
                address: None,
                source: IpAddr::V4(Ipv4Addr::LOCALHOST),
            },
            session_id: &number(packet.address, packet.session).to_be_bytes(),
            addresses: &key,
            facts: Facts {
                msisdn: Msisdn::from_bits(number(packet.address, packet.session)),
                ..Facts::default()
            },
            at: WallSeconds(packet.at_s as u32),
            lasted_s: None,
            bearers: BearerRule::Stop,
            session_stop: false,
        };
        let now = Now {
            wall: WallMs(now_s * 1_000),
            monotonic: Monotonic(now_s * 1_000),
        };
        feed.apply(&said, now);
        feed.sweep(now, 4);
        log.clear();
        feed.take_log(&mut log);
    });
    println!(
        "{} told, {} wrong, {} stale; {:?}",
        outcome.told,
        outcome.wrong,
        outcome.stale,
        feed.tallies()
    );
    assert!(outcome.told > 1_000, "nothing was told");
    assert_eq!((outcome.wrong, outcome.stale), (0, 0));
    assert!(feed.tallies().held > ADDRESSES / 2, "{:?}", feed.tallies());
}

#[test]
fn the_canary_a_map_without_order_is_found_out() {
    let careless = Careless((0..ADDRESSES).map(|_| AtomicU64::new(0)).collect());
    let outcome = race(&careless, |packet, _| {
        let cell = &careless.0[packet.address as usize];
        match packet.change {
            Change::Stop => cell.store(0, Ordering::SeqCst),
            _ => cell.store(number(packet.address, packet.session), Ordering::SeqCst),
        }
    });
    assert!(outcome.wrong > 0, "the race finds nothing");
}
