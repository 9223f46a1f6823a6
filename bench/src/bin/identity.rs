//! What does it cost to learn who holds an address, with two million sessions of which 10,000 change a second?
//!
//! Look-ups of random addresses run alone and beside the writer, in turn, so that a drift of the clock meets both; the
//! writer's own cost is that of an event. Invariants: the addresses asked for differ, so that neither index nor records
//! are in the caches; the writer keeps to its pace by the clock, in small batches.

use apn::{Accounting, BearerRule, Bounds, Change, Facts, Feed, Found, Key, NasName, Realm, View};
use base::{Monotonic, Msisdn, Now, WallMs, WallSeconds};
use bench::report::{Kept, Spread};
use bench::{BenchError, clock};
use clap::Parser;
use std::fmt::Write as _;
use std::hint::black_box;
use std::net::{IpAddr, Ipv4Addr};
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

/// Look-ups of one round.
const LOOKUPS: u32 = 2_000_000;

/// Cost of identity.
#[derive(Debug, Parser)]
struct Arguments {
    /// Sessions in the map.
    #[arg(long, default_value_t = 2_000_000)]
    sessions: u32,
    /// Addresses that change hands in a second.
    #[arg(long, default_value_t = 10_000)]
    changes_per_s: u32,
    /// Rounds of each.
    #[arg(long, default_value_t = 11)]
    rounds: usize,
    /// Keep the run in this folder.
    #[arg(long)]
    keep: Option<PathBuf>,
}

fn main() -> ExitCode {
    bench::ended("identity", run(&Arguments::parse()).map(|()| true))
}

fn run(arguments: &Arguments) -> Result<(), BenchError> {
    let sessions = arguments.sessions.clamp(1, 1 << 24);
    let mut feed = Feed::new(
        Bounds {
            sessions_max: sessions,
            ..Bounds::default()
        },
        1,
    );
    let begun = clock();
    for address in 0..sessions {
        start(&mut feed, address, 0);
    }
    let fill_ns = begun.elapsed().as_nanos() as f64 / f64::from(sessions);
    feed.take_log(&mut Vec::new());
    let octets = feed.memory_octets() as f64 / f64::from(sessions);
    let view = feed.view();
    let mut figures: [Vec<f64>; 4] = Default::default();
    let mut raw = "round,still_ns,changing_ns,still_holds_ns,event_ns\n".to_owned();
    for round in 0..arguments.rounds {
        let still = lookups(&view, sessions, round);
        let holds = still_holds(&view, sessions, round);
        let (changing, event) = changing(&mut feed, &view, arguments, sessions, round);
        let found = [still, changing, holds, event];
        let _ = writeln!(raw, "{round},{still:.1},{changing:.1},{holds:.1},{event:.1}");
        for (list, figure) in figures.iter_mut().zip(found) {
            list.push(figure);
        }
    }
    let spreads = figures.map(Spread::of);
    let mut table = String::new();
    for (name, spread) in [
        ("look-up, random addresses, nothing changes, ns", spreads[0]),
        ("the same while addresses change hands, ns", spreads[1]),
        ("whether an identity still holds, ns", spreads[2]),
        ("accounting event, all in all, ns", spreads[3]),
    ] {
        let _ = writeln!(table, "{name:<50}{spread:.0}");
    }
    let _ = writeln!(
        table,
        "{:<50}{fill_ns:.0}",
        "Start of a new session, first filling, ns"
    );
    let _ = writeln!(table, "{:<50}{octets:.0}", "memory of a session, octets");
    let run = Kept {
        question: "identity",
        table: &table,
        summary: &serde_json::json!({
            "sessions": sessions,
            "changes_per_s": arguments.changes_per_s,
            "lookup_still_ns": spreads[0].json(),
            "lookup_changing_ns": spreads[1].json(),
            "still_holds_ns": spreads[2].json(),
            "event_ns": spreads[3].json(),
            "session_octets": octets,
        }),
        raw_csv: &raw,
    };
    run.tell(arguments.keep.as_deref())
}

fn address_of(address: u32) -> IpAddr {
    IpAddr::V4(Ipv4Addr::from_bits(0x0A00_0000_u32.wrapping_add(address)))
}

/// A new session at the address, the `turn`th.
fn start(feed: &mut Feed, address: u32, turn: u32) {
    let key = [Key::address(Realm(1), address_of(address))];
    let mut id = [0; 8];
    id[..4].copy_from_slice(&address.to_be_bytes());
    id[4..].copy_from_slice(&turn.to_be_bytes());
    let said = Accounting {
        change: Change::Start,
        realm: Realm(1),
        nas: NasName {
            identifier: Some(b"ggsn"),
            address: None,
            source: IpAddr::V4(Ipv4Addr::LOCALHOST),
        },
        session_id: &id,
        addresses: &key,
        facts: Facts {
            msisdn: Msisdn::from_bits(15_550_100_000 + u64::from(address)),
            imsi: apn::Imsi::from_digits(b"999700000000001"),
            sgsn: apn::Plmn::from_digits(b"99970"),
            rat: Some(6),
            ..Facts::default()
        },
        at: WallSeconds(1_000 + turn),
        lasted_s: None,
        bearers: BearerRule::Stop,
        session_stop: false,
    };
    let now_ms = u64::from(1_000 + turn) * 1_000;
    let now = Now {
        wall: WallMs(now_ms),
        monotonic: Monotonic(now_ms),
    };
    black_box(feed.apply(&said, now));
}

/// An address that the last one does not foretell: a step of a linear congruence (Knuth's multiplier).
fn next(state: &mut u64, sessions: u32) -> u32 {
    *state = state
        .wrapping_mul(6_364_136_223_846_793_005)
        .wrapping_add(1_442_695_040_888_963_407);
    (((*state >> 32) * u64::from(sessions)) >> 32) as u32
}

/// Nanoseconds a look-up.
fn lookups(view: &View, sessions: u32, round: usize) -> f64 {
    let mut state = round as u64;
    let mut found = 0_u32;
    let begun = clock();
    for _ in 0..LOOKUPS {
        let address = address_of(next(&mut state, sessions));
        found += u32::from(matches!(view.find(Realm(1), address), Found::Held(_)));
    }
    let ns = begun.elapsed().as_nanos() as f64 / f64::from(LOOKUPS);
    black_box(found);
    ns
}

/// Nanoseconds to ask again for an identity that was just found.
fn still_holds(view: &View, sessions: u32, round: usize) -> f64 {
    let mut state = round as u64 + 77;
    let bindings: Vec<_> = (0..LOOKUPS / 10)
        .filter_map(
            |_| match view.find(Realm(1), address_of(next(&mut state, sessions))) {
                Found::Held(session) => Some(session.binding),
                _ => None,
            },
        )
        .collect();
    let begun = clock();
    let held = bindings
        .iter()
        .filter(|binding| view.still_holds(**binding))
        .count();
    let ns = begun.elapsed().as_nanos() as f64 / bindings.len().max(1) as f64;
    black_box(held);
    ns
}

/// Nanoseconds a look-up while another thread lets addresses change hands at the pace, and that thread's own for each.
fn changing(feed: &mut Feed, view: &View, arguments: &Arguments, sessions: u32, round: usize) -> (f64, f64) {
    let done = AtomicBool::new(false);
    let (busy_ns, events) = (AtomicU64::new(0), AtomicU64::new(0));
    let ns = std::thread::scope(|scope| {
        scope.spawn(|| {
            let begun = clock();
            let mut state = round as u64 + 1_000;
            let (mut sent, mut log) = (0_u64, Vec::new());
            while !done.load(Ordering::Relaxed) {
                let due = begun.elapsed().as_micros() as u64 * u64::from(arguments.changes_per_s) / 1_000_000;
                let batch = clock();
                let from = sent;
                while sent < due {
                    start(feed, next(&mut state, sessions), round as u32 + 1);
                    sent += 1;
                }
                log.clear();
                feed.take_log(&mut log);
                if sent > from {
                    busy_ns.fetch_add(batch.elapsed().as_nanos() as u64, Ordering::Relaxed);
                }
                std::thread::yield_now();
            }
            events.store(sent, Ordering::Relaxed);
        });
        let ns = lookups(view, sessions, round + 500);
        done.store(true, Ordering::Relaxed);
        ns
    });
    let events = events.load(Ordering::Relaxed).max(1);
    (ns, busy_ns.load(Ordering::Relaxed) as f64 / events as f64)
}
