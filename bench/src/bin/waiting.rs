//! Do a million waiting recipients slow down who submits?
//!
//! Two full servers, one after the other on the same core: *empty*, started afresh for each repetition, and *waiting*,
//! which was given so many small messages before, each from another sender to another recipient, all of them
//! notified and none retrieved, and which runs to the end. Sides alternate, and which goes first alternates too.
//! Invariants: both have the same settings and segment files that were filled beforehand; who waits is not notified
//! again meanwhile (the schedule is a matter of its own); the server that is not asked idles, and what it takes all
//! the same is told and counts as *taken by others*; a run that can't bear its claim says VOID and why, and exits 1.

use bench::bare::SEGMENT_OCTETS;
use bench::cpu::Usage;
use bench::driver::{Driven, Driver, Expect};
use bench::host::{Host, Seat};
use bench::pdu::Template;
use bench::report::{self, Kept, Spread};
use bench::server::{Programs, Server, settings};
use bench::{BenchError, held, prepare};
use clap::Parser;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

/// What must be left of the rate.
const RATE_RATIO_MIN: f64 = 0.95;
/// What others may take of the server's core.
const FOREIGN_MAX: f64 = 0.05;
/// The driver's core must be idle for so much of the time, or it may have set the rate.
const IDLE_MIN: f64 = 0.1;
/// Senders of the measured messages.
const SENDERS: u64 = 100_000;
/// Filling may take so long.
const FILLING_MAX: Duration = Duration::from_secs(600);

/// The rate of submissions with many waiting recipients and with none, in turn.
#[derive(Debug, Parser)]
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
    /// The servers' core; best the one that the disk's interrupts come to.
    #[arg(long, default_value_t = 1)]
    server_core: usize,
    /// The driver's core.
    #[arg(long, default_value_t = 0)]
    driver_core: usize,
    /// Folder for the logs, on the disk in question; what is in it is deleted.
    #[arg(long)]
    data: PathBuf,
    /// The server's program, if it is not beside this one.
    #[arg(long)]
    ringpost: Option<PathBuf>,
    /// Keep the run in this folder.
    #[arg(long)]
    keep: Option<PathBuf>,
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
    fn wall_ns(&self) -> f64 {
        self.driven.elapsed.as_nanos() as f64
    }

    fn server_us(&self) -> f64 {
        self.usage.server_ns() as f64 / 1_000.0 / self.driven.messages as f64
    }

    fn shard_us(&self) -> f64 {
        self.usage.shard_ns as f64 / 1_000.0 / self.driven.messages as f64
    }

    fn foreign(&self) -> f64 {
        let busy = self.wall_ns() - self.usage.server.idle_ns as f64;
        (busy - self.usage.server_ns() as f64).max(0.0) / self.wall_ns()
    }

    fn driver_idle(&self) -> f64 {
        self.usage.driver.idle_ns as f64 / self.wall_ns()
    }

    fn idler(&self) -> f64 {
        self.idler_ns as f64 / self.wall_ns()
    }

    fn p99_us(&self) -> f64 {
        self.driven.latency_us.value_at_quantile(0.99) as f64
    }

    const HEADING: &'static str = "pair,side,kept_before,messages,pushed,seconds,rate_per_s,server_us,shard_us,foreign,\
        driver_idle,p50_us,p99_us,idler,steal_ns\n";

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
    let programs = Programs::find(arguments.ringpost.clone())?;
    let host = Host::prepare(arguments.server_core);
    Seat::on(arguments.driver_core).take();
    std::fs::create_dir_all(&arguments.data)?;
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
    print!("{text}");
    if let Some(folder) = &arguments.keep {
        let raw: String = rounds.iter().map(Round::csv).collect();
        let kept = Kept {
            question: "waiting",
            table: &text,
            summary: &summary,
            raw_csv: &(Round::HEADING.to_owned() + &raw),
        };
        println!("kept in {}", report::keep(folder, &kept)?.display());
    }
    drop(filled);
    std::fs::remove_dir_all(&arguments.data)?;
    Ok(holds)
}

/// A server on segments that were filled beforehand.
fn start(
    arguments: &Arguments,
    programs: &Programs,
    data: &Path,
    segments: u16,
) -> Result<Server, BenchError> {
    prepare::fill(data, segments, SEGMENT_OCTETS)?;
    let config = data.with_extension("toml");
    // Nobody is notified twice within a run.
    std::fs::write(&config, settings(data) + "[notify]\nschedule_s = [86400]\n")?;
    let mut command = Seat::on(arguments.server_core).command(&programs.full);
    Server::ready(command.arg("serve").arg("--config").arg(config))
}

fn counter(server: &Server, name: &str) -> Result<f64, BenchError> {
    let counters = server.read_counters()?;
    let found = counters.get(name).copied();
    found.ok_or_else(|| BenchError::broken(format!("no {name} in the server's counters")))
}

/// Starts the server that holds them all.
fn filled(arguments: &Arguments, programs: &Programs) -> Result<Filled, BenchError> {
    let data = arguments.data.join("waiting");
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
    let read = |server: &Server| Usage::read(server.process(), arguments.server_core, arguments.driver_core);
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
    let data = arguments.data.join("empty");
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

fn spread(rounds: &[Round], side: Side, figure: Figure) -> Spread {
    Spread::of(rounds.iter().filter(|round| round.side == side).map(figure))
}

/// Waiting over empty, pair by pair.
fn ratio(rounds: &[Round], figure: Figure) -> (Spread, usize) {
    let of = |side: Side| rounds.iter().filter(move |round| round.side == side);
    let ratios: Vec<f64> = of(Side::Empty)
        .filter_map(|empty| {
            let waiting = of(Side::Waiting).find(|waiting| waiting.pair == empty.pair)?;
            Some(figure(waiting) / figure(empty))
        })
        .collect();
    (Spread::of(ratios.iter().copied()), ratios.len())
}

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
        let cells = Side::BOTH.map(|side| format!("{:.precision$}", spread(rounds, side, figure)));
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
    let (rate, pairs) = ratio(rounds, |round| round.driven.rate());
    let (cost, _) = ratio(rounds, Round::server_us);
    let foreign = Spread::of(rounds.iter().map(Round::foreign)).median;
    let idle = Spread::of(rounds.iter().map(Round::driver_idle)).median;
    let mut void = Vec::new();
    if pairs < 7 {
        void.push(format!("{pairs} pairs; 7 are the least"));
    }
    if foreign > FOREIGN_MAX {
        void.push(format!("others took {foreign:.2} of the server's core"));
    }
    if idle < IDLE_MIN {
        void.push(format!("the driver's core was idle for {idle:.2}"));
    }
    let mut out = table(arguments, filled, rounds);
    let _ = writeln!(
        out,
        "\nrate, waiting / empty: {rate:.3} (at least {RATE_RATIO_MIN})"
    );
    let _ = writeln!(out, "CPU per message, waiting / empty: {cost:.3}");
    for weakness in &host.weaknesses {
        let _ = writeln!(out, "weak: {weakness}");
    }
    for reason in &void {
        let _ = writeln!(out, "VOID: {reason}");
    }
    let holds = void.is_empty() && rate.median >= RATE_RATIO_MIN;
    if void.is_empty() {
        let _ = writeln!(out, "{}", if holds { "HOLDS" } else { "DOES NOT HOLD" });
    }
    let side = |side: Side| {
        serde_json::json!({
            "rate_per_s": spread(rounds, side, |round| round.driven.rate()).json(),
            "server_us": spread(rounds, side, Round::server_us).json(),
        })
    };
    let summary = serde_json::json!({
        "recipients": arguments.recipients,
        "rate_ratio": rate.json(),
        "cost_ratio": cost.json(),
        "holds": holds,
        "void": void,
        "empty": side(Side::Empty),
        "waiting": side(Side::Waiting),
    });
    (out, summary, holds)
}
