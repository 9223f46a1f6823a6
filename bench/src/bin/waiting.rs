//! Do a million waiting recipients slow down who submits?
//!
//! Two full servers, one after the other on the same core: *empty*, started afresh for each repetition, and *waiting*,
//! which was given so many small messages before, each from another sender to another recipient, all of them
//! notified and none retrieved, and which runs to the end. Sides alternate, and which goes first alternates too.
//! Invariants: both have the same settings and segment files that were filled beforehand; who waits is not notified
//! again meanwhile (the schedule is a matter of its own); the server that is not asked idles, and what it takes all
//! the same is told and counts as *taken by others*; a run that can't bear its claim says VOID and why, and exits 1.

use bench::cpu::{Usage, share, us_each};
use bench::driver::{Driven, Driver, Expect};
use bench::host::Host;
use bench::pdu::Template;
use bench::place::Place;
use bench::report::{Kept, Spread};
use bench::server::{Programs, Server, settings};
use bench::turns::{self, Repetition};
use bench::verdict::{Claim, PAIRS_MIN, Verdict, too_busy, too_few, too_foreign};
use bench::{BenchError, held, prepare};
use clap::Parser;
use std::fmt::Write as _;
use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

/// What must be left of the rate.
const RATE_RATIO_MIN: f64 = 0.95;
/// The driver's core must be idle for so much of the time, or it may have set the rate.
const IDLE_MIN: f64 = 0.1;
/// Senders of the measured messages.
const SENDERS: u64 = 100_000;
/// Filling may take so long.
const FILLING_MAX: Duration = Duration::from_secs(600);

/// The rate of submissions with many waiting recipients and with none, in turn.
#[derive(Debug, Parser)]
#[command(mut_arg("server_core", |core| {
    core.help("The servers' core; best the one that the disk's interrupts come to")
}))]
struct Arguments {
    /// Recipients that wait.
    #[arg(long, default_value_t = 1_000_000)]
    recipients: u64,
    /// Octets of the messages that they wait for.
    #[arg(long, default_value_t = 1_000)]
    small: usize,
    /// Pairs of repetitions.
    #[arg(long, default_value_t = 7)]
    pairs: usize,
    /// Seconds of each measured window.
    #[arg(long, default_value_t = 2)]
    seconds: u64,
    /// Seconds before it.
    #[arg(long, default_value_t = 1)]
    warmup: u64,
    /// Octets of a measured message.
    #[arg(long, default_value_t = 30_000)]
    octets: usize,
    /// Connections.
    #[arg(long, default_value_t = 64)]
    connections: usize,
    /// Segments of 1 GiB to fill before each repetition of the empty server, so many that it fills none meanwhile.
    #[arg(long, default_value_t = 6)]
    segments: u16,
    /// Segments of 1 GiB to fill for the other one, likewise, for all repetitions together; 40 at most.
    #[arg(long, default_value_t = 28)]
    segments_waiting: u16,
    #[command(flatten)]
    place: Place,
}

/// Which server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Side {
    Empty,
    Waiting,
}

impl Side {
    const BOTH: [Side; 2] = [Side::Empty, Side::Waiting];

    fn name(self) -> &'static str {
        match self {
            Side::Empty => "empty",
            Side::Waiting => "waiting",
        }
    }
}

/// One repetition.
struct Round {
    pair: usize,
    side: Side,
    driven: Driven,
    usage: Usage,
    /// Recipients that the server kept when the window began.
    kept: f64,
    /// Notifications pushed in the window.
    pushed: f64,
    /// Nanoseconds that the waiting server took while the empty one was asked.
    idler_ns: u64,
}

impl Round {
    fn server_us(&self) -> f64 {
        self.usage.server_us(self.driven.messages)
    }

    fn shard_us(&self) -> f64 {
        us_each(self.usage.shard_ns, self.driven.messages)
    }

    fn foreign(&self) -> f64 {
        self.usage.foreign(self.driven.elapsed)
    }

    fn driver_idle(&self) -> f64 {
        self.usage.driver_idle(self.driven.elapsed)
    }

    fn idler(&self) -> f64 {
        share(self.idler_ns, self.driven.elapsed)
    }

    fn p99_us(&self) -> f64 {
        self.driven.latency_us.value_at_quantile(0.99) as f64
    }
}

impl Repetition for Round {
    type Side = Side;

    const HEADING: &'static str = "pair,side,kept_before,messages,pushed,seconds,rate_per_s,server_us,shard_us,foreign,\
        driver_idle,p50_us,p99_us,idler,steal_ns\n";

    fn turn(&self) -> usize {
        self.pair
    }

    fn side(&self) -> Side {
        self.side
    }

    fn csv(&self) -> String {
        format!(
            "{},{},{:.0},{},{:.0},{:.3},{:.0},{:.3},{:.3},{:.4},{:.4},{},{:.0},{:.5},{}\n",
            self.pair,
            self.side.name(),
            self.kept,
            self.driven.messages,
            self.pushed,
            self.driven.elapsed.as_secs_f64(),
            self.driven.rate(),
            self.server_us(),
            self.shard_us(),
            self.foreign(),
            self.driver_idle(),
            self.driven.latency_us.value_at_quantile(0.5),
            self.p99_us(),
            self.idler(),
            self.usage.server.steal_ns,
        )
    }
}

/// The server with those who wait.
struct Filled {
    server: Server,
    /// The next message's number: all below were sent.
    next_number: u64,
    /// Octets in memory behind the filling, of which so many before it.
    resident: u64,
    resident_empty: u64,
    filling: Driven,
}

fn main() -> ExitCode {
    bench::ended("waiting", run(&Arguments::parse()))
}

/// Everything; answers whether the claim holds.
fn run(arguments: &Arguments) -> Result<bool, BenchError> {
    let (programs, host) = arguments.place.take()?;
    let mut filled = filled(arguments, &programs)?;
    let mut rounds = Vec::new();
    for pair in 1..=arguments.pairs {
        let mut sides = Side::BOTH;
        if pair % 2 == 0 {
            sides.reverse();
        }
        for side in sides {
            let round = match side {
                Side::Empty => empty(arguments, &programs, &filled, pair)?,
                Side::Waiting => waiting(arguments, &mut filled, pair)?,
            };
            eprint!("{}", round.csv());
            rounds.push(round);
        }
    }
    let (text, summary, holds) = conclude(arguments, &host, &filled, &rounds);
    drop(filled);
    arguments.place.leave(&Kept {
        question: "waiting",
        table: &text,
        summary: &summary,
        raw_csv: &turns::raw(&rounds),
    })?;
    Ok(holds)
}

/// A server on segments that were filled beforehand.
fn start(
    arguments: &Arguments,
    programs: &Programs,
    data: &Path,
    segments: u16,
) -> Result<Server, BenchError> {
    prepare::fill(data, segments)?;
    // Nobody is notified twice within a run.
    let settings = settings(data) + "[notify]\nschedule_s = [86400]\n";
    Server::serve(arguments.place.seat(), programs, data, &settings)
}

fn counter(server: &Server, name: &str) -> Result<f64, BenchError> {
    let found = server.counter(name)?;
    found.ok_or_else(|| BenchError::broken(format!("no {name} in the server's counters")))
}

/// Starts the server that holds them all.
fn filled(arguments: &Arguments, programs: &Programs) -> Result<Filled, BenchError> {
    let data = arguments.place.data.join("waiting");
    let server = start(arguments, programs, &data, arguments.segments_waiting)?;
    let resident_empty = held::resident(server.process())?;
    let template = Template::new(arguments.small, arguments.recipients)?;
    let connections = arguments.connections;
    let mut driver = Driver::connect(server.mm1, connections, &template, 0, Expect::SendConfOk)?;
    let filling = driver.run(FILLING_MAX, arguments.recipients)?;
    driver.finish(FILLING_MAX)?;
    let next_number = driver.next_number();
    let kept = counter(&server, "recipients_kept")?;
    if kept < arguments.recipients as f64 {
        return Err(BenchError::broken(format!("{kept} recipients wait")));
    }
    Ok(Filled {
        resident: held::resident(server.process())?,
        resident_empty,
        server,
        next_number,
        filling,
    })
}

/// Drives a warm-up and a window; gives the driver back, for what is under way.
fn window(
    arguments: &Arguments,
    server: &Server,
    idler: Option<&Server>,
    (pair, side, first_number): (usize, Side, u64),
) -> Result<(Round, Driver), BenchError> {
    let template = Template::new(arguments.octets, SENDERS)?;
    let connections = arguments.connections;
    let mut driver = Driver::connect(
        server.mm1,
        connections,
        &template,
        first_number,
        Expect::SendConfOk,
    )?;
    driver.run(Duration::from_secs(arguments.warmup), u64::MAX)?;
    let kept = counter(server, "recipients_kept")?;
    let pushed = counter(server, "notifications_pushed_total")?;
    let read = |server: &Server| arguments.place.usage(server.process());
    let (idle, usage) = (idler.map(read).transpose()?, read(server)?);
    let driven = driver.run(Duration::from_secs(arguments.seconds), u64::MAX)?;
    let usage = read(server)?.since(&usage);
    let idled = idler.map(read).transpose()?.zip(idle);
    let round = Round {
        pair,
        side,
        driven,
        usage,
        kept,
        pushed: counter(server, "notifications_pushed_total")? - pushed,
        idler_ns: idled.map_or(0, |(now, before)| now.since(&before).process_ns),
    };
    Ok((round, driver))
}

/// A repetition of a server with nobody in it.
fn empty(
    arguments: &Arguments,
    programs: &Programs,
    filled: &Filled,
    pair: usize,
) -> Result<Round, BenchError> {
    let data = arguments.place.data.join("empty");
    let server = start(arguments, programs, &data, arguments.segments)?;
    let (round, _driver) = window(arguments, &server, Some(&filled.server), (pair, Side::Empty, 0))?;
    drop(server);
    Ok(round)
}

/// A repetition of the one with many.
fn waiting(arguments: &Arguments, filled: &mut Filled, pair: usize) -> Result<Round, BenchError> {
    let asked = (pair, Side::Waiting, filled.next_number);
    let (round, mut driver) = window(arguments, &filled.server, None, asked)?;
    driver.finish(FILLING_MAX)?;
    filled.next_number = driver.next_number();
    Ok(round)
}

/// What is read off a repetition.
type Figure = fn(&Round) -> f64;

fn table(arguments: &Arguments, filled: &Filled, rounds: &[Round]) -> String {
    let mut out = format!(
        "{} recipients waiting for messages of {} octets, taken at {:.0} a second, {:.0} octets of memory each;\n\
         submissions of {} octets, {} connections, {} pairs of {} s; median (least to most)\n\n{:<34}{:<34}{:<34}\n",
        arguments.recipients,
        arguments.small,
        filled.filling.rate(),
        filled.resident.saturating_sub(filled.resident_empty) as f64 / arguments.recipients as f64,
        arguments.octets,
        arguments.connections,
        arguments.pairs,
        arguments.seconds,
        "",
        "empty",
        "waiting"
    );
    let rows: [(&str, usize, Figure); 9] = [
        ("recipients kept at the beginning", 0, |round| round.kept),
        ("messages/s", 0, |round| round.driven.rate()),
        ("server CPU, µs/message", 2, Round::server_us),
        ("  of it the shard's thread", 2, Round::shard_us),
        ("latency p99, µs", 0, Round::p99_us),
        ("notifications/message", 2, |round| {
            round.pushed / round.driven.messages as f64
        }),
        ("driver idle", 2, Round::driver_idle),
        ("server's core taken by others", 3, Round::foreign),
        ("  of it the other server, idle", 5, Round::idler),
    ];
    for (name, precision, figure) in rows {
        let cells = Side::BOTH.map(|side| format!("{:.precision$}", turns::spread(rounds, side, figure)));
        let _ = writeln!(out, "{name:<34}{:<34}{:<34}", cells[0], cells[1]);
    }
    out
}

fn conclude(
    arguments: &Arguments,
    host: &Host,
    filled: &Filled,
    rounds: &[Round],
) -> (String, serde_json::Value, bool) {
    let over = |figure: Figure| turns::ratios(rounds, Side::Waiting, Side::Empty, figure);
    let (rates, cost) = (
        over(|round| round.driven.rate()),
        Spread::of(over(Round::server_us)),
    );
    let (pairs, rate) = (rates.len(), Spread::of(rates));
    let foreign = Spread::of(rounds.iter().map(Round::foreign)).median;
    let idle = Spread::of(rounds.iter().map(Round::driver_idle)).median;
    let void = [
        too_few("pairs", pairs, PAIRS_MIN),
        too_foreign(foreign),
        too_busy(idle, IDLE_MIN),
    ];
    let verdict = Verdict::reach(host, void, Claim::of(rate.median >= RATE_RATIO_MIN));
    let mut out = table(arguments, filled, rounds);
    let _ = writeln!(
        out,
        "\nrate, waiting / empty: {rate:.3} (at least {RATE_RATIO_MIN})"
    );
    let _ = writeln!(out, "CPU per message, waiting / empty: {cost:.3}");
    verdict.write(&mut out);
    let side = |side: Side| {
        let spread = |figure: Figure| turns::spread(rounds, side, figure).json();
        serde_json::json!({
            "rate_per_s": spread(|round| round.driven.rate()),
            "server_us": spread(Round::server_us),
        })
    };
    let summary = serde_json::json!({
        "recipients": arguments.recipients,
        "rate_ratio": rate.json(),
        "cost_ratio": cost.json(),
        "holds": verdict.holds(),
        "void": verdict.void,
        "empty": side(Side::Empty),
        "waiting": side(Side::Waiting),
    });
    (out, summary, verdict.is_good())
}
