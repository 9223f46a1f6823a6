//! What do the parts of a life cost: the submission, one retrieval, and all the rest?
//!
//! For `ringpost plan`, whose sums are of parts. The full server alone, three ways in turn: submissions alone
//! (as `submit` makes them), whole lives (as `life`), and lives whose message is retrieved several times before it
//! is answered. What one more retrieval makes of a life is a retrieval; what is left of a life without it and
//! without the submission is the notification's way over a link, the response with the end, and the delivery
//! report. Invariants: differences and ratios are of one round, whose three ways stand beside each other; each way
//! starts a fresh server on filled, empty segments; a run that can't bear its figures says VOID and why, and
//! exits 1.

use bench::BenchError;
use bench::cpu::Usage;
use bench::driver::{Driver, Expect};
use bench::host::Host;
use bench::lives::{Dialect, Lives};
use bench::pdu::Template;
use bench::place::Place;
use bench::report::{Kept, Spread};
use bench::server::{Programs, Server, Side, settings_with_link};
use bench::turns::{self, Repetition};
use bench::verdict::{Claim, Verdict, too_few, too_foreign};
use clap::Parser;
use std::fmt::Write as _;
use std::net::TcpListener;
use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

/// The server's core must be busy for so much of the time, or what it costs is not what it costs under load.
const BUSY_MIN: f64 = 0.8;
/// Rounds that a claim needs.
const ROUNDS_MIN: usize = 3;

/// The parts of a life, each way in turn; prints what they cost and keeps the run.
#[derive(Debug, Parser)]
struct Arguments {
    /// Rounds; in each, every way is measured once.
    #[arg(long, default_value_t = 5)]
    rounds: usize,
    /// Seconds of each measured window.
    #[arg(long, default_value_t = 3)]
    seconds: u64,
    /// Seconds before it.
    #[arg(long, default_value_t = 1)]
    warmup: u64,
    /// Octets of a message.
    #[arg(long, default_value_t = 30_000)]
    octets: usize,
    /// Connections.
    #[arg(long, default_value_t = 64)]
    connections: usize,
    /// Times that a message is retrieved in the third way, 2 at least.
    #[arg(long, default_value_t = 9, value_parser = clap::value_parser!(u32).range(2..))]
    retrievals: u32,
    /// Segments of 1 GiB to fill before each way.
    #[arg(long, default_value_t = 4)]
    segments: u16,
    #[command(flatten)]
    place: Place,
}

impl Arguments {
    fn ways(&self) -> [Way; 3] {
        [Way::Submissions, Way::Lives, Way::Retrieved(self.retrievals)]
    }
}

/// What is asked of the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    Submissions,
    Lives,
    /// Lives with so many retrievals each.
    Retrieved(u32),
}

impl Way {
    fn name(self) -> &'static str {
        match self {
            Way::Submissions => "submissions",
            Way::Lives => "lives",
            Way::Retrieved(_) => "retrieved",
        }
    }
}

/// One way, once.
struct Ran {
    round: usize,
    way: Way,
    /// Submissions, or lives.
    count: u64,
    elapsed: Duration,
    usage: Usage,
}

impl Ran {
    fn server_us(&self) -> f64 {
        self.usage.server_us(self.count)
    }

    fn rate(&self) -> f64 {
        self.count as f64 / self.elapsed.as_secs_f64()
    }

    fn busy(&self) -> f64 {
        self.usage.busy(self.elapsed)
    }

    fn foreign(&self) -> f64 {
        self.usage.foreign(self.elapsed)
    }

    fn driver_idle(&self) -> f64 {
        self.usage.driver_idle(self.elapsed)
    }
}

impl Repetition for Ran {
    type Side = Way;

    const HEADING: &'static str =
        "round,way,count,seconds,rate_per_s,server_us,busy,foreign,driver_idle,steal_ns\n";

    fn turn(&self) -> usize {
        self.round
    }

    fn side(&self) -> Way {
        self.way
    }

    fn csv(&self) -> String {
        format!(
            "{},{},{},{:.3},{:.0},{:.2},{:.4},{:.4},{:.4},{}\n",
            self.round,
            self.way.name(),
            self.count,
            self.elapsed.as_secs_f64(),
            self.rate(),
            self.server_us(),
            self.busy(),
            self.foreign(),
            self.driver_idle(),
            self.usage.server.steal_ns,
        )
    }
}

/// The parts, in one round.
#[derive(Clone, Copy, Debug)]
struct Parts {
    /// Microseconds of a submission.
    submit_us: f64,
    /// Microseconds of a retrieval.
    retrieve_us: f64,
    /// Microseconds of the rest.
    end_us: f64,
}

impl Parts {
    fn of(submission: f64, life: f64, retrieved: f64, retrievals: u32) -> Parts {
        let retrieve_us = (retrieved - life) / f64::from(retrievals - 1);
        Parts {
            submit_us: submission,
            retrieve_us,
            end_us: life - submission - retrieve_us,
        }
    }
}

fn main() -> ExitCode {
    bench::ended("parts", run(&Arguments::parse()))
}

/// Everything; answers whether the run can bear its figures.
fn run(arguments: &Arguments) -> Result<bool, BenchError> {
    let (programs, host) = arguments.place.take()?;
    let mut all = Vec::new();
    for round in 1..=arguments.rounds {
        let mut ways = arguments.ways();
        if round % 2 == 0 {
            ways.reverse();
        }
        for way in ways {
            let ran = measured(arguments, &programs, way, round)?;
            eprint!("{}", ran.csv());
            all.push(ran);
        }
    }
    let (text, summary, is_valid) = conclude(arguments, &host, &all);
    arguments.place.leave(&Kept {
        question: "parts",
        table: &text,
        summary: &summary,
        raw_csv: &turns::raw(&all),
    })?;
    Ok(is_valid)
}

/// One way on a fresh server.
fn measured(arguments: &Arguments, programs: &Programs, way: Way, round: usize) -> Result<Ran, BenchError> {
    let data = arguments.place.log(arguments.segments)?;
    let (count, elapsed, usage) = match way {
        Way::Submissions => submissions(arguments, programs, &data)?,
        Way::Lives => lives(arguments, programs, &data, 1)?,
        Way::Retrieved(times) => lives(arguments, programs, &data, times)?,
    };
    Ok(Ran {
        round,
        way,
        count,
        elapsed,
        usage,
    })
}

/// How many of something, in which time, at which cost.
type Window = (u64, Duration, Usage);

/// Drives a warm-up and a window; the processor time is the window's.
fn window(
    arguments: &Arguments,
    server: &Server,
    mut drive: impl FnMut(Duration) -> Result<(u64, Duration), BenchError>,
) -> Result<Window, BenchError> {
    drive(Duration::from_secs(arguments.warmup))?;
    let read = || arguments.place.usage(server.process());
    let before = read()?;
    let (count, elapsed) = drive(Duration::from_secs(arguments.seconds))?;
    Ok((count, elapsed, read()?.since(&before)))
}

fn submissions(arguments: &Arguments, programs: &Programs, data: &Path) -> Result<Window, BenchError> {
    let server = Server::start(Side::Full, programs, arguments.place.seat(), data)?;
    let template = Template::new(arguments.octets, 100_000)?;
    let mut driver = Driver::connect(
        server.mm1,
        arguments.connections,
        &template,
        0,
        Expect::SendConfOk,
    )?;
    window(arguments, &server, |time| {
        let driven = driver.run(time, u64::MAX)?;
        Ok((driven.messages, driven.elapsed))
    })
}

fn lives(
    arguments: &Arguments,
    programs: &Programs,
    data: &Path,
    retrievals: u32,
) -> Result<Window, BenchError> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let settings = settings_with_link(data, listener.local_addr()?.port());
    let server = Server::serve(arguments.place.seat(), programs, data, &settings)?;
    let template = Template::with_report(arguments.octets, 100_000)?;
    let phones = arguments.connections;
    let mut lives =
        Lives::connect(server.mm1, &listener, phones, &template, Dialect::Full)?.retrieving(retrievals);
    window(arguments, &server, |time| {
        let lived = lives.run(time, u64::MAX)?;
        Ok((lived.lives, lived.elapsed))
    })
}

/// Spreads of the parts over the rounds that were made whole.
struct Spreads {
    rounds: usize,
    submit_us: Spread,
    retrieve_us: Spread,
    end_us: Spread,
    /// In submissions of the same round.
    retrieve: Spread,
    end: Spread,
}

impl Spreads {
    fn of(arguments: &Arguments, all: &[Ran]) -> Spreads {
        let rounds: Vec<Parts> = (1..=arguments.rounds)
            .filter_map(|round| {
                let us = |way: Way| {
                    let mut rans = all.iter().filter(|ran| ran.round == round);
                    rans.find(|ran| ran.way == way).map(Ran::server_us)
                };
                let [submission, life, retrieved] = arguments.ways().map(us);
                Some(Parts::of(submission?, life?, retrieved?, arguments.retrievals))
            })
            .collect();
        let spread = |part: fn(&Parts) -> f64| Spread::of(rounds.iter().map(part));
        Spreads {
            rounds: rounds.len(),
            submit_us: spread(|parts| parts.submit_us),
            retrieve_us: spread(|parts| parts.retrieve_us),
            end_us: spread(|parts| parts.end_us),
            retrieve: spread(|parts| parts.retrieve_us / parts.submit_us),
            end: spread(|parts| parts.end_us / parts.submit_us),
        }
    }
}

/// What is read off one way's window.
type Figure = fn(&Ran) -> f64;

fn table(arguments: &Arguments, all: &[Ran], parts: &Spreads) -> String {
    let mut out = format!(
        "messages of {} octets, {} connections, {} rounds of {} s; median (least to most)\n\n\
         {:<14}{:<28}{:<28}{:<22}{}\n",
        arguments.octets,
        arguments.connections,
        arguments.rounds,
        arguments.seconds,
        "",
        "a second",
        "server CPU, µs each",
        "core busy",
        "driver idle"
    );
    for way in arguments.ways() {
        let cells: [(usize, Figure); 4] = [
            (0, Ran::rate),
            (2, Ran::server_us),
            (2, Ran::busy),
            (2, Ran::driver_idle),
        ];
        let [rate, cost, busy, idle] = cells.map(|(precision, figure)| {
            let spread = turns::spread(all, way, figure);
            format!("{spread:.precision$}")
        });
        let _ = writeln!(out, "{:<14}{rate:<28}{cost:<28}{busy:<22}{idle}", way.name());
    }
    let _ = writeln!(
        out,
        "\n(retrieved: {} times before the answer)\n",
        arguments.retrievals
    );
    for (name, part) in [
        ("submission and notification's record, µs", parts.submit_us),
        ("one retrieval, µs", parts.retrieve_us),
        ("link, response with the end, report, µs", parts.end_us),
        ("one retrieval, in submissions", parts.retrieve),
        ("the rest, in submissions", parts.end),
    ] {
        let _ = writeln!(out, "{name:<44}{part:.2}");
    }
    out
}

fn conclude(arguments: &Arguments, host: &Host, all: &[Ran]) -> (String, serde_json::Value, bool) {
    let parts = Spreads::of(arguments, all);
    let foreign = Spread::of(all.iter().map(Ran::foreign)).median;
    let busy = Spread::of(all.iter().map(Ran::busy)).median;
    let void = [
        too_few("rounds", parts.rounds, ROUNDS_MIN),
        too_foreign(foreign),
        (busy < BUSY_MIN).then(|| format!("the server's core was busy for {busy:.2}")),
    ];
    let verdict = Verdict::reach(host, void, Claim::Figures);
    let mut out = table(arguments, all, &parts);
    verdict.write(&mut out);
    let summary = serde_json::json!({
        "octets": arguments.octets,
        "retrievals": arguments.retrievals,
        "submit_us": parts.submit_us.json(),
        "retrieve_us": parts.retrieve_us.json(),
        "end_us": parts.end_us.json(),
        "retrieve": parts.retrieve.json(),
        "end": parts.end.json(),
        "life_us": turns::spread(all, Way::Lives, Ran::server_us).json(),
        "lives_per_s": turns::spread(all, Way::Lives, Ran::rate).json(),
        "void": verdict.void,
    });
    (out, summary, verdict.is_good())
}
