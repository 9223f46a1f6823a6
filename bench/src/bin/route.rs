//! What does a look-up of a number cost, and does it stay so while the table is replaced?
//!
//! One thread looks numbers up, in turns that take the current snapshot each; another reads the ported numbers anew,
//! compiles and publishes, without a pause. Invariants: probes are drawn in advance and walked once, so that the
//! table is as cold as in service; quiet and busy rounds alternate; a look-up that is wrong ends the run.

use base::Msisdn;
use bench::report::{Kept, Spread};
use bench::{BenchError, clock};
use clap::Parser;
use profile::Profile;
use route::{Loader, Ported, Publisher, Reader, Route, Routes, Rule};
use std::fmt::Write as _;
use std::hint::black_box;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

/// Peers that the ranges and the ported numbers belong to.
const PEERS: u64 = 50;
/// Look-ups of a round.
const PROBES: usize = 1_000_000;
/// Look-ups of a turn: as many as a shard's turn makes at most.
const TURN: usize = 128;
/// Where the numbers begin: country code 999 is not assigned; five digits follow the prefixes.
const PREFIX_FIRST: u64 = 99_900_000;
/// Numbers behind a prefix.
const BEHIND: u64 = 100_000;

/// Look-ups of numbers.
#[derive(Debug, Parser)]
struct Arguments {
    /// Ported numbers.
    #[arg(long, default_value_t = 1_000_000)]
    ported: u64,
    /// Number ranges.
    #[arg(long, default_value_t = 20_000)]
    ranges: u64,
    /// Rounds of each.
    #[arg(long, default_value_t = 15)]
    rounds: usize,
    /// Keep the run in this folder.
    #[arg(long)]
    keep: Option<PathBuf>,
}

fn main() -> ExitCode {
    bench::ended("route", run(&Arguments::parse()).map(|()| true))
}

fn run(arguments: &Arguments) -> Result<(), BenchError> {
    let profile = profile_of(arguments)?;
    let file = ported_file(arguments);
    let begun = clock();
    let ported = load(&profile, &file)?;
    let load_s = begun.elapsed().as_secs_f64();
    let octets_a_row = ported.octets() as f64 / ported.count() as f64;
    let probes = probes(arguments);
    let mut publisher = Publisher::new(Arc::new(compile(&profile, ported, 1)?));
    let mut reader = publisher.reader();
    check(reader.current(), arguments)?;
    let mut figures: [Vec<f64>; 2] = Default::default();
    let mut raw = "round,quiet_ns,replaced_ns,snapshots\n".to_owned();
    let mut snapshots = 0;
    for round in 0..arguments.rounds {
        let quiet = look_up(&mut reader, &probes)?;
        let (busy, published) = replaced(&mut publisher, &mut reader, &profile, &file, &probes)?;
        let _ = writeln!(raw, "{round},{quiet:.1},{busy:.1},{published}");
        figures[0].push(quiet);
        figures[1].push(busy);
        snapshots += published;
    }
    let spreads = figures.map(Spread::of);
    let mut table = String::new();
    for (name, spread) in [
        ("look-up, ns", spreads[0]),
        ("look-up while the table is replaced, ns", spreads[1]),
    ] {
        let _ = writeln!(table, "{name:<44}{spread:.1}");
    }
    let _ = writeln!(table, "{:<44}{snapshots}", "snapshots published meanwhile");
    let _ = writeln!(
        table,
        "{:<44}{} and {}",
        "ported numbers and ranges", arguments.ported, arguments.ranges
    );
    let _ = writeln!(table, "{:<44}{load_s:.2}", "reading the ported numbers, s");
    let _ = writeln!(table, "{:<44}{octets_a_row:.1}", "octets a ported number");
    let run = Kept {
        question: "route",
        table: &table,
        summary: &serde_json::json!({
            "quiet_ns": spreads[0].json(),
            "replaced_ns": spreads[1].json(),
            "snapshots": snapshots,
            "ported": arguments.ported,
            "ranges": arguments.ranges,
            "load_s": load_s,
            "octets_a_row": octets_a_row,
        }),
        raw_csv: &raw,
    };
    run.tell(arguments.keep.as_deref())
}

/// Peers that share the ranges between them, by turns; ours is one that nothing falls into.
fn profile_of(arguments: &Arguments) -> Result<Profile, BenchError> {
    let mut text = "[numbering]\nlocal_ranges = [\"1\"]\n".to_owned();
    for peer in 0..PEERS {
        let own: Vec<String> = (0..arguments.ranges)
            .filter(|range| range % PEERS == peer)
            .map(|range| (PREFIX_FIRST + range).to_string())
            .collect();
        let _ = write!(
            text,
            "[[peer]]\nname = \"p{peer}\"\ndomains = [\"p{peer}.example\"]\nranges = {own:?}\n"
        );
    }
    let settings = profile::parse(&text).map_err(|faults| BenchError::broken(format!("{faults:?}")))?;
    let address = std::net::SocketAddr::from(([127, 0, 0, 1], 8190));
    Ok(profile::compile(&settings, 1, address))
}

/// The number of that index, spread over the ranges: odd indices are ported.
fn number(index: u64, arguments: &Arguments) -> u64 {
    let range = index.wrapping_mul(7_919) % arguments.ranges;
    (PREFIX_FIRST + range) * BEHIND + index / arguments.ranges * 2 % BEHIND
}

/// Each ported number belongs to another peer than its range.
fn ported_file(arguments: &Arguments) -> String {
    let mut text = String::new();
    for index in 0..arguments.ported {
        let number = number(index, arguments);
        let owner = (number / BEHIND - PREFIX_FIRST + 1 + index % (PEERS - 1)) % PEERS;
        let _ = writeln!(text, "{number},p{owner}");
    }
    text
}

fn load(profile: &Profile, file: &str) -> Result<Ported, BenchError> {
    let mut loader = Loader::new(&profile.peers, u32::MAX);
    loader.begin("ported");
    for piece in file.as_bytes().chunks(1 << 20) {
        loader.feed(piece);
    }
    loader
        .finish()
        .map_err(|faults| BenchError::broken(faults.first().map(ToString::to_string).unwrap_or_default()))
}

fn compile(profile: &Profile, ported: Ported, version: u64) -> Result<Routes, BenchError> {
    Routes::compile(profile, Arc::new(ported), version).map_err(|gone| BenchError::broken(gone.to_string()))
}

/// Half ported numbers, half their neighbours, which the ranges answer; xorshift64 (Marsaglia 2003).
fn probes(arguments: &Arguments) -> Vec<Msisdn> {
    let mut state = 0x9E37_79B9_7F4A_7C15_u64;
    let draw = |_| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        let number = number((state >> 1) % arguments.ported, arguments) + (state & 1);
        Msisdn::from_bits(number)
    };
    (0..PROBES).filter_map(draw).collect()
}

/// The table says what the file says.
fn check(routes: &Routes, arguments: &Arguments) -> Result<(), BenchError> {
    for index in (0..arguments.ported).step_by(997) {
        let number = number(index, arguments);
        for (digits, expected) in [(number, Rule::Ported), (number + 1, Rule::Range { digits: 8 })] {
            let found = Msisdn::from_bits(digits).map(|number| routes.lookup(number));
            if found.map(|found| found.rule) != Some(expected) {
                return Err(BenchError::broken(format!(
                    "number {index} is found by {found:?}"
                )));
            }
        }
    }
    Ok(())
}

/// Looks every probe up once, in turns; nanoseconds each.
fn look_up(reader: &mut Reader<Routes>, probes: &[Msisdn]) -> Result<f64, BenchError> {
    let mut lost = 0_u64;
    let begun = clock();
    for turn in probes.chunks(TURN) {
        let routes = reader.current();
        for number in turn {
            let found = black_box(routes.lookup(black_box(*number)));
            lost += u64::from(!matches!(found.route, Route::Peer(_)));
        }
    }
    let spent = begun.elapsed();
    match lost {
        0 => Ok(spent.as_nanos() as f64 / probes.len() as f64),
        lost => Err(BenchError::broken(format!("{lost} look-ups failed"))),
    }
}

/// Rounds of look-ups until the other thread has published twice at least, the last one counted: its figure, and how
/// many snapshots were published.
fn replaced(
    publisher: &mut Publisher<Routes>,
    reader: &mut Reader<Routes>,
    profile: &Profile,
    file: &str,
    probes: &[Msisdn],
) -> Result<(f64, u64), BenchError> {
    let (published, done) = (AtomicU64::new(0), AtomicBool::new(false));
    std::thread::scope(|scope| {
        let writer = scope.spawn(|| -> Result<(), BenchError> {
            while !done.load(Ordering::Acquire) {
                let version = publisher.current().version() + 1;
                let mut next = Arc::new(compile(profile, load(profile, file)?, version)?);
                while let Err(held) = publisher.publish(next) {
                    next = held.0;
                    std::thread::yield_now();
                }
                published.fetch_add(1, Ordering::Release);
            }
            Ok(())
        });
        let mut figures = Vec::new();
        while published.load(Ordering::Acquire) < 2 && !writer.is_finished() {
            figures.push(look_up(reader, probes));
        }
        done.store(true, Ordering::Release);
        let ended = writer
            .join()
            .map_err(|_| BenchError::broken("the writer panicked"))?;
        ended?;
        let figures = figures.into_iter().collect::<Result<Vec<f64>, _>>()?;
        Ok((Spread::of(figures).median, published.load(Ordering::Acquire)))
    })
}
