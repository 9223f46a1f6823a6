//! Replacement under load: threads look numbers up while snapshots are replaced as fast as they can be made.
//!
//! A snapshot of version v sends each probe to the peer v modulo the number of peers, by each of the rules: ranges,
//! ported numbers, overrides. So one turn's look-ups tell whether they came from one snapshot, from which, and
//! whether it was older than one that had been published before the turn began. Invariants of the harness: no time is
//! waited for, the writer ends after a number of snapshots; each kind of violation has a canary, a cell that is wrong
//! on purpose.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a helper of a test that panics is a failed test"
)]

use base::Msisdn;
use route::{Found, Loader, Ported, Publisher, Reader, Route, Routes};
use std::fmt::Write as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;

/// Peers that routes turn between. A prime, so that no pattern of the threads repeats with it.
const PEERS: u64 = 7;
/// Snapshots published in a run.
const VERSIONS: u64 = 300;
/// Threads that read.
const READERS: usize = 3;

/// What a reader may not see.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Violation {
    /// Look-ups of one turn from two snapshots.
    Mixture,
    /// An older snapshot after a newer one.
    Backwards,
    /// A snapshot replaced before the turn began.
    Stale,
    /// A number that was not found.
    Failed,
}

/// The side of a cell that a thread reads: the snapshots of one turn's look-ups, one each.
trait Look: Send {
    /// The snapshot for the look-up of that index.
    fn look(&mut self, index: usize) -> Arc<Routes>;

    /// A turn begins.
    fn turn(&mut self) {}
}

/// The side that replaces.
trait Cell: Send {
    fn publish(&mut self, next: Arc<Routes>);

    fn reader(&self) -> Box<dyn Look>;
}

/// One probe for each rule.
const PROBES: [u64; 3] = [447_700_900_011, 447_700_900_111, 447_700_900_211];

/// Settings and ported numbers whose every probe leads to the peer of that version, with a thousand others around.
fn snapshot(version: u64) -> Arc<Routes> {
    let owner = version % PEERS;
    let mut text = String::from("[numbering]\nlocal_ranges = [\"15550\"]\n");
    for peer in 0..PEERS {
        let ranges = if peer == owner { "[\"44770090\"]" } else { "[]" };
        write!(
            text,
            "[[peer]]\nname = \"p{peer}\"\ndomains = [\"p{peer}.example\"]\nranges = {ranges}\n"
        )
        .unwrap();
    }
    write!(
        text,
        "[[override]]\nnumbers = [\"4477009002*\"]\nto = \"p{owner}\"\n"
    )
    .unwrap();
    let profile = profile::compile(
        &profile::parse(&text).unwrap(),
        version,
        "127.0.0.1:1".parse().unwrap(),
    );
    let mut loader = Loader::new(&profile.peers, 10_000);
    loader.begin("ported.csv");
    for number in 0..100 {
        loader.feed(format!("4477009001{number:02},p{owner}\n").as_bytes());
    }
    let ported: Ported = loader.finish().unwrap();
    Arc::new(Routes::compile(&profile, Arc::new(ported), version).unwrap())
}

fn peer_of(found: Found) -> Option<u64> {
    match found.route {
        Route::Peer(id) => Some(id.index() as u64),
        _ => None,
    }
}

/// One turn: every probe, and what it tells.
fn turn(look: &mut dyn Look, floor: &AtomicU64, last: &mut u64) -> Option<Violation> {
    let published = floor.load(Ordering::Acquire);
    look.turn();
    let mut version = None;
    for (index, probe) in PROBES.iter().enumerate() {
        let routes = look.look(index);
        let Some(peer) = peer_of(routes.lookup(Msisdn::from_bits(*probe).unwrap())) else {
            return Some(Violation::Failed);
        };
        let is_one = *version.get_or_insert(routes.version()) == routes.version();
        if !is_one || peer != routes.version() % PEERS {
            return Some(Violation::Mixture);
        }
    }
    let version = version?;
    if version < *last {
        return Some(Violation::Backwards);
    }
    if version < published {
        return Some(Violation::Stale);
    }
    *last = version;
    None
}

/// Reads until the writer is done, at least one turn after.
fn read(look: &mut dyn Look, floor: &AtomicU64, done: &AtomicBool) -> Result<u64, Violation> {
    let mut last = 0;
    let mut turns = 0;
    loop {
        let is_last = done.load(Ordering::Acquire);
        if let Some(violation) = turn(look, floor, &mut last) {
            return Err(violation);
        }
        turns += 1;
        if is_last {
            return Ok(turns);
        }
    }
}

/// Runs readers against a writer: turns of each reader, or the first violation.
fn stress(mut cell: impl Cell) -> Result<Vec<u64>, Violation> {
    let snapshots: Vec<Arc<Routes>> = (1..=VERSIONS).map(snapshot).collect();
    let (floor, done) = (AtomicU64::new(0), AtomicBool::new(false));
    thread::scope(|scope| {
        let readers: Vec<_> = (0..READERS)
            .map(|_| {
                let mut look = cell.reader();
                let (floor, done) = (&floor, &done);
                scope.spawn(move || read(&mut *look, floor, done))
            })
            .collect();
        for next in snapshots {
            let version = next.version();
            cell.publish(next);
            floor.store(version, Ordering::Release);
            thread::yield_now();
        }
        done.store(true, Ordering::Release);
        readers.into_iter().map(|reader| reader.join().unwrap()).collect()
    })
}

/// The real one: a turn's look-ups share what the reader gives.
struct Real(Publisher<Routes>);

struct RealLook {
    reader: Reader<Routes>,
    held: Option<Arc<Routes>>,
}

impl Look for RealLook {
    fn look(&mut self, _: usize) -> Arc<Routes> {
        Arc::clone(self.held.as_ref().unwrap())
    }

    fn turn(&mut self) {
        self.held = Some(Arc::clone(self.reader.current()));
    }
}

impl Cell for Real {
    fn publish(&mut self, next: Arc<Routes>) {
        let mut next = next;
        // Readers that are slow to take a snapshot hold older ones; the next is published when they have moved on.
        while let Err(held) = self.0.publish(next) {
            next = held.0;
            thread::yield_now();
        }
    }

    fn reader(&self) -> Box<dyn Look> {
        let reader = self.0.reader();
        Box::new(RealLook { reader, held: None })
    }
}

#[test]
fn no_lookup_fails_or_is_stale_while_snapshots_are_replaced() {
    let turns = stress(Real(Publisher::new(snapshot(0)))).unwrap();
    assert_eq!(turns.len(), READERS);
    assert!(turns.iter().all(|turns| *turns > 0), "{turns:?}");
}

/// A wrong cell: what each reader sees is chosen by `choose` from all that was published.
struct Wrong<F>(Arc<AtomicU64>, Arc<Vec<Arc<Routes>>>, F);

struct WrongLook<F> {
    published: Arc<AtomicU64>,
    all: Arc<Vec<Arc<Routes>>>,
    choose: F,
    turns: u64,
}

impl<F: Fn(u64, u64, usize) -> u64 + Send> Look for WrongLook<F> {
    fn look(&mut self, index: usize) -> Arc<Routes> {
        let version = (self.choose)(self.published.load(Ordering::Acquire), self.turns, index);
        Arc::clone(&self.all[version as usize])
    }

    fn turn(&mut self) {
        self.turns += 1;
    }
}

impl<F: Fn(u64, u64, usize) -> u64 + Send + Copy + 'static> Cell for Wrong<F> {
    fn publish(&mut self, next: Arc<Routes>) {
        self.0.store(next.version(), Ordering::Release);
    }

    fn reader(&self) -> Box<dyn Look> {
        Box::new(WrongLook {
            published: Arc::clone(&self.0),
            all: Arc::clone(&self.1),
            choose: self.2,
            turns: 0,
        })
    }
}

fn wrong<F: Fn(u64, u64, usize) -> u64 + Send + Copy + 'static>(choose: F) -> Result<Vec<u64>, Violation> {
    let all: Vec<Arc<Routes>> = (0..=VERSIONS).map(snapshot).collect();
    stress(Wrong(Arc::new(AtomicU64::new(0)), Arc::new(all), choose))
}

#[test]
fn canary_a_cell_that_is_right_passes_the_harness() {
    // One load a turn would be right; the same version for all probes of a turn is what it comes to at the end.
    assert!(wrong(|_, _, _| VERSIONS).is_ok());
}

#[test]
fn canary_a_cached_snapshot_that_is_never_refreshed_is_caught() {
    assert_eq!(wrong(|_, _, _| 0), Err(Violation::Stale));
}

#[test]
fn canary_a_snapshot_one_behind_is_caught() {
    // It asks anew for each look-up, so a turn may see parts of two as well: whichever comes first.
    let verdict = wrong(|published, _, _| published.saturating_sub(1));
    assert!(
        matches!(verdict, Err(Violation::Stale | Violation::Mixture)),
        "{verdict:?}"
    );
}

#[test]
fn canary_parts_of_two_snapshots_are_caught() {
    let torn = |_: u64, _: u64, index: usize| if index == 1 { VERSIONS - 1 } else { VERSIONS };
    assert_eq!(wrong(torn), Err(Violation::Mixture));
}

#[test]
fn canary_a_reader_that_goes_back_is_caught() {
    let wavering = |_: u64, turns: u64, _: usize| VERSIONS - turns % 2;
    assert_eq!(wrong(wavering), Err(Violation::Backwards));
}

#[test]
fn canary_a_number_that_is_not_found_is_caught() {
    struct Empty;
    struct EmptyLook(Arc<Routes>);
    impl Look for EmptyLook {
        fn look(&mut self, _: usize) -> Arc<Routes> {
            Arc::clone(&self.0)
        }
    }
    impl Cell for Empty {
        fn publish(&mut self, _: Arc<Routes>) {}

        fn reader(&self) -> Box<dyn Look> {
            let profile = profile::Profile::default();
            let routes = Routes::compile(&profile, Arc::default(), 1_000).unwrap();
            Box::new(EmptyLook(Arc::new(routes)))
        }
    }
    assert_eq!(stress(Empty), Err(Violation::Failed));
}
