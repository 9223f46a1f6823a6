//! What does a whole life cost beside its bare transactions? Bare and full server in turn, in one run.
//!
//! A life is a message of 30,000 octets taken, its notification out over SMPP, its retrieval, the response, and the
//! delivery report out. *bare* does the same transactions with the same octets, records and system calls and nothing of
//! MMS. Invariants: sides alternate, which goes first alternates too; each repetition starts fresh servers on filled,
//! empty segments; a run that can't bear its claim says VOID and why, and exits 1.

use bench::BenchError;
use bench::cpu::{Usage, us_each};
use bench::host::Host;
use bench::lives::{Dialect, Lived, Lives};
use bench::pdu::Template;
use bench::place::Place;
use bench::report::{Kept, Spread};
use bench::server::{Programs, Server, settings_with_link};
use bench::turns::{self, Repetition};
use bench::verdict::{Claim, PAIRS_MIN, Verdict, too_busy, too_few, too_foreign};
use clap::Parser;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::net::TcpListener;
use std::process::ExitCode;
use std::time::Duration;

/// Full may cost so many times bare's processor time per life.
const COST_RATIO_MAX: f64 = 1.5;
/// The driver's core must be idle for so much of the time, or it may have set the rate.
const IDLE_MIN: f64 = 0.03;

/// Whole lives, bare and full in turn; prints the ratio and keeps the run.
#[derive(Debug, Parser)]
struct Arguments {
    /// Pairs of repetitions.
    #[arg(long, default_value_t = 7)]
    pairs: usize,
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
    /// Times that each message is retrieved from the full server before it is answered. Above 1 the ratio is void; the
    /// difference to a run with 1 is what so many more retrievals cost.
    #[arg(long, default_value_t = 1)]
    retrievals: u32,
    /// Segments of 1 GiB to fill before each repetition.
    #[arg(long, default_value_t = 4)]
    segments: u16,
    #[command(flatten)]
    place: Place,
}

/// One repetition.
struct Round {
    pair: usize,
    dialect: Dialect,
    lived: Lived,
    usage: Usage,
    counters: BTreeMap<String, f64>,
}

impl Round {
    fn per_life(&self, ns: u64) -> f64 {
        us_each(ns, self.lived.lives)
    }

    fn server_us(&self) -> f64 {
        self.usage.server_us(self.lived.lives)
    }

    fn rate(&self) -> f64 {
        self.lived.lives as f64 / self.lived.elapsed.as_secs_f64()
    }

    /// A counter of either server, for each life.
    fn counter(&self, names: [&str; 2]) -> f64 {
        let found = names.iter().find_map(|name| self.counters.get(*name));
        found.copied().unwrap_or_default() / self.lived.lives as f64
    }

    fn foreign(&self) -> f64 {
        self.usage.foreign(self.lived.elapsed)
    }

    fn driver_idle(&self) -> f64 {
        self.usage.driver_idle(self.lived.elapsed)
    }

    fn name(&self) -> &'static str {
        match self.dialect {
            Dialect::Bare => "bare",
            Dialect::Full => "full",
        }
    }
}

impl Repetition for Round {
    type Side = Dialect;

    const HEADING: &'static str = "pair,side,lives,reports,seconds,rate_per_s,server_us,shard_us,kworkers_us,foreign,\
        driver_idle,p50_us,p99_us,records,log_octets,groups,read_from_disk,steal_ns\n";

    fn turn(&self) -> usize {
        self.pair
    }

    fn side(&self) -> Dialect {
        self.dialect
    }

    fn csv(&self) -> String {
        format!(
            "{},{},{},{},{:.3},{:.0},{:.2},{:.2},{:.2},{:.4},{:.4},{},{},{:.3},{:.0},{:.4},{:.4},{}\n",
            self.pair,
            self.name(),
            self.lived.lives,
            self.lived.reports,
            self.lived.elapsed.as_secs_f64(),
            self.rate(),
            self.server_us(),
            self.per_life(self.usage.shard_ns),
            self.per_life(self.usage.kworkers_ns),
            self.foreign(),
            self.driver_idle(),
            self.lived.life_us.value_at_quantile(0.5),
            self.lived.life_us.value_at_quantile(0.99),
            self.counter(["records", "journal_records_total"]),
            self.counter(["octets", "journal_octets_total"]),
            self.counter(["groups", "journal_groups_total"]),
            self.counter(["", "bodies_from_disk_total"]),
            self.usage.server.steal_ns,
        )
    }
}

fn main() -> ExitCode {
    bench::ended("life", run(&Arguments::parse()))
}

/// Everything; answers whether the claim holds.
fn run(arguments: &Arguments) -> Result<bool, BenchError> {
    let (programs, host) = arguments.place.take()?;
    let mut rounds = Vec::new();
    for pair in 1..=arguments.pairs {
        let mut sides = [Dialect::Bare, Dialect::Full];
        if pair % 2 == 0 {
            sides.reverse();
        }
        for side in sides {
            let round = repeat(arguments, &programs, side, pair)?;
            eprint!("{}", round.csv());
            rounds.push(round);
        }
    }
    let (text, summary, holds) = conclude(arguments, &host, &rounds);
    arguments.place.leave(&Kept {
        question: "life",
        table: &text,
        summary: &summary,
        raw_csv: &turns::raw(&rounds),
    })?;
    Ok(holds)
}

fn repeat(
    arguments: &Arguments,
    programs: &Programs,
    dialect: Dialect,
    pair: usize,
) -> Result<Round, BenchError> {
    let place = &arguments.place;
    let data = place.log(arguments.segments)?;
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let port = listener.local_addr()?.port();
    let server = match dialect {
        Dialect::Bare => {
            let mode = ["life", "--link", &port.to_string()];
            Server::bare(place.seat(), programs, &data, &mode)?
        }
        Dialect::Full => {
            let settings = settings_with_link(&data, port);
            Server::serve(place.seat(), programs, &data, &settings)?
        }
    };
    let template = Template::with_report(arguments.octets, 100_000)?;
    let lives = Lives::connect(server.mm1, &listener, arguments.connections, &template, dialect)?;
    let mut lives = match dialect {
        Dialect::Bare => lives,
        Dialect::Full => lives.retrieving(arguments.retrievals),
    };
    lives.run(Duration::from_secs(arguments.warmup), u64::MAX)?;
    let before = server.read_counters()?;
    let usage = place.usage(server.process())?;
    let lived = lives.run(Duration::from_secs(arguments.seconds), u64::MAX)?;
    let usage = place.usage(server.process())?.since(&usage);
    Ok(Round {
        pair,
        dialect,
        lived,
        usage,
        counters: server.counters_since(&before)?,
    })
}

/// What is read off a repetition.
type Figure<'f> = &'f dyn Fn(&Round) -> f64;

/// The figures of both sides.
fn table(arguments: &Arguments, rounds: &[Round]) -> String {
    let mut out = format!(
        "lives of {} octets, {} connections, {} pairs of {} s; median (least to most)\n\n{:<34}{:<30}{:<30}\n",
        arguments.octets, arguments.connections, arguments.pairs, arguments.seconds, "", "bare", "full"
    );
    let rows: [(&str, Figure<'_>); 9] = [
        ("lives/s", &Round::rate),
        ("server CPU, µs/life", &Round::server_us),
        ("  of it the shard's thread", &|round| {
            round.per_life(round.usage.shard_ns)
        }),
        ("life p99, µs", &|round| {
            round.lived.life_us.value_at_quantile(0.99) as f64
        }),
        ("records/life", &|round| {
            round.counter(["records", "journal_records_total"])
        }),
        ("log octets/life", &|round| {
            round.counter(["octets", "journal_octets_total"])
        }),
        ("bodies read from disk/life", &|round| {
            round.counter(["", "bodies_from_disk_total"])
        }),
        ("driver idle", &Round::driver_idle),
        ("server's core taken by others", &Round::foreign),
    ];
    for (name, figure) in rows {
        let cells =
            [Dialect::Bare, Dialect::Full].map(|of| format!("{:.2}", turns::spread(rounds, of, figure)));
        let _ = writeln!(out, "{name:<34}{:<30}{:<30}", cells[0], cells[1]);
    }
    out
}

fn conclude(arguments: &Arguments, host: &Host, rounds: &[Round]) -> (String, serde_json::Value, bool) {
    let over = |figure: Figure<'_>| turns::ratios(rounds, Dialect::Full, Dialect::Bare, figure);
    let (costs, rate) = (over(&Round::server_us), Spread::of(over(&Round::rate)));
    let (pairs, cost) = (costs.len(), Spread::of(costs));
    let (foreign, idle) = (
        Spread::of(rounds.iter().map(Round::foreign)).median,
        Spread::of(rounds.iter().map(Round::driver_idle)).median,
    );
    let groups = |round: &Round| round.counter(["groups", "journal_groups_total"]);
    let retrievals = arguments.retrievals;
    let void = [
        too_few("pairs", pairs, PAIRS_MIN),
        (retrievals > 1).then(|| format!("full's messages are retrieved {retrievals} times")),
        too_foreign(foreign),
        too_busy(idle, IDLE_MIN),
    ];
    let verdict = Verdict::reach(host, void, Claim::of(cost.median <= COST_RATIO_MAX));
    let mut out = table(arguments, rounds);
    let _ = writeln!(
        out,
        "\nCPU per life, full / bare: {cost:.2} (at most {COST_RATIO_MAX})"
    );
    let _ = writeln!(out, "rate, full / bare: {rate:.2}");
    verdict.write(&mut out);
    let json = |of: Dialect| {
        let spread = |figure: Figure<'_>| turns::spread(rounds, of, figure).json();
        serde_json::json!({
            "rate_per_s": spread(&Round::rate),
            "server_us": spread(&Round::server_us),
            "groups_per_life": spread(&groups),
        })
    };
    let summary = serde_json::json!({
        "cost_ratio": cost.json(),
        "rate_ratio": rate.json(),
        "holds": verdict.holds(),
        "void": verdict.void,
        "bare": json(Dialect::Bare),
        "full": json(Dialect::Full),
    });
    (out, summary, verdict.is_good())
}
