//! What does a whole life cost beside its bare transactions? Bare and full server in turn, in one run.
//!
//! A life is a message of 30,000 octets taken, its notification out over SMPP, its retrieval, the response, and the
//! delivery report out. *bare* does the same transactions with the same octets, records and system calls and nothing of
//! MMS. Invariants: sides alternate, which goes first alternates too; each repetition starts fresh servers on filled,
//! empty segments; a run that can't bear its claim says VOID and why, and exits 1.

use bench::bare::SEGMENT_OCTETS;
use bench::cpu::Usage;
use bench::host::{Host, Seat};
use bench::lives::{Dialect, Lived, Lives};
use bench::pdu::Template;
use bench::report::{self, Kept, Spread};
use bench::server::{Programs, Server, settings_with_link};
use bench::{BenchError, prepare};
use clap::Parser;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::net::TcpListener;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

/// Full may cost so many times bare's processor time per life.
const COST_RATIO_MAX: f64 = 1.5;
/// What others may take of the server's core.
const FOREIGN_MAX: f64 = 0.05;
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
    /// The server's core; best the one that the disk's interrupts come to.
    #[arg(long, default_value_t = 1)]
    server_core: usize,
    /// The driver's core.
    #[arg(long, default_value_t = 0)]
    driver_core: usize,
    /// Folder for the logs, on the disk in question; what is in it is deleted.
    #[arg(long)]
    data: PathBuf,
    /// The full server's program, if it is not beside this one.
    #[arg(long)]
    ringpost: Option<PathBuf>,
    /// Keep the run in this folder.
    #[arg(long)]
    keep: Option<PathBuf>,
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
        ns as f64 / 1_000.0 / self.lived.lives as f64
    }

    fn server_us(&self) -> f64 {
        self.per_life(self.usage.server_ns())
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
        let wall = self.lived.elapsed.as_nanos() as f64;
        let busy = wall - self.usage.server.idle_ns as f64;
        (busy - self.usage.server_ns() as f64).max(0.0) / wall
    }

    fn driver_idle(&self) -> f64 {
        self.usage.driver.idle_ns as f64 / self.lived.elapsed.as_nanos() as f64
    }

    fn name(&self) -> &'static str {
        match self.dialect {
            Dialect::Bare => "bare",
            Dialect::Full => "full",
        }
    }

    const HEADING: &'static str = "pair,side,lives,reports,seconds,rate_per_s,server_us,shard_us,kworkers_us,foreign,\
        driver_idle,p50_us,p99_us,records,log_octets,groups,read_from_disk,steal_ns\n";

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
    let programs = Programs::find(arguments.ringpost.clone())?;
    let host = Host::prepare(arguments.server_core);
    Seat::on(arguments.driver_core).take();
    std::fs::create_dir_all(&arguments.data)?;
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
    print!("{text}");
    if let Some(folder) = &arguments.keep {
        let raw: String = rounds.iter().map(Round::csv).collect();
        let kept = Kept {
            question: "life",
            table: &text,
            summary: &summary,
            raw_csv: &(Round::HEADING.to_owned() + &raw),
        };
        println!("kept in {}", report::keep(folder, &kept)?.display());
    }
    std::fs::remove_dir_all(&arguments.data)?;
    Ok(holds)
}

fn repeat(
    arguments: &Arguments,
    programs: &Programs,
    dialect: Dialect,
    pair: usize,
) -> Result<Round, BenchError> {
    let data = arguments.data.join("log");
    prepare::fill(&data, arguments.segments, SEGMENT_OCTETS)?;
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let port = listener.local_addr()?.port();
    let mut command = match dialect {
        Dialect::Bare => {
            let mut command = Seat::on(arguments.server_core).command(&programs.bare);
            command.args(["--mode", "life", "--link", &port.to_string(), "--data"]);
            command.arg(&data);
            command
        }
        Dialect::Full => {
            let config = data.with_extension("toml");
            std::fs::write(&config, settings_with_link(&data, port))?;
            let mut command = Seat::on(arguments.server_core).command(&programs.full);
            command.arg("serve").arg("--config").arg(config);
            command
        }
    };
    let server = Server::ready(&mut command)?;
    let template = Template::with_report(arguments.octets, 100_000)?;
    let lives = Lives::connect(server.mm1, &listener, arguments.connections, &template, dialect)?;
    let mut lives = match dialect {
        Dialect::Bare => lives,
        Dialect::Full => lives.retrieving(arguments.retrievals),
    };
    lives.run(Duration::from_secs(arguments.warmup), u64::MAX)?;
    let before = server.read_counters()?;
    let read = || Usage::read(server.process(), arguments.server_core, arguments.driver_core);
    let usage = read()?;
    let lived = lives.run(Duration::from_secs(arguments.seconds), u64::MAX)?;
    let usage = read()?.since(&usage);
    let mut counters = server.read_counters()?;
    for (name, value) in &mut counters {
        *value -= before.get(name).copied().unwrap_or_default();
    }
    Ok(Round {
        pair,
        dialect,
        lived,
        usage,
        counters,
    })
}

/// What is read off a repetition.
type Figure<'f> = &'f dyn Fn(&Round) -> f64;

/// The figures of both sides.
fn table(arguments: &Arguments, spread: &dyn Fn(Dialect, Figure<'_>) -> Spread) -> String {
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
        let cells = [Dialect::Bare, Dialect::Full].map(|of| format!("{:.2}", spread(of, figure)));
        let _ = writeln!(out, "{name:<34}{:<30}{:<30}", cells[0], cells[1]);
    }
    out
}

fn conclude(arguments: &Arguments, host: &Host, rounds: &[Round]) -> (String, serde_json::Value, bool) {
    let side = |side: Dialect| rounds.iter().filter(move |round| round.dialect == side);
    let spread = |of: Dialect, figure: Figure<'_>| Spread::of(side(of).map(figure));
    let pairs: Vec<(&Round, &Round)> = side(Dialect::Bare)
        .filter_map(|bare| Some((bare, side(Dialect::Full).find(|full| full.pair == bare.pair)?)))
        .collect();
    let cost = Spread::of(
        pairs
            .iter()
            .map(|(bare, full)| full.server_us() / bare.server_us()),
    );
    let rate = Spread::of(pairs.iter().map(|(bare, full)| full.rate() / bare.rate()));
    let (foreign, idle) = (
        Spread::of(rounds.iter().map(Round::foreign)).median,
        Spread::of(rounds.iter().map(Round::driver_idle)).median,
    );
    let groups = |round: &Round| round.counter(["groups", "journal_groups_total"]);
    let mut void = Vec::new();
    if pairs.len() < 7 {
        void.push(format!("{} pairs; 7 are the least", pairs.len()));
    }
    if arguments.retrievals > 1 {
        void.push(format!(
            "full's messages are retrieved {} times",
            arguments.retrievals
        ));
    }
    if foreign > FOREIGN_MAX {
        void.push(format!("others took {foreign:.2} of the server's core"));
    }
    if idle < IDLE_MIN {
        void.push(format!("the driver's core was idle for {idle:.2}"));
    }
    let mut out = table(arguments, &spread);
    let _ = writeln!(
        out,
        "\nCPU per life, full / bare: {cost:.2} (at most {COST_RATIO_MAX})"
    );
    let _ = writeln!(out, "rate, full / bare: {rate:.2}");
    for weakness in &host.weaknesses {
        let _ = writeln!(out, "weak: {weakness}");
    }
    for reason in &void {
        let _ = writeln!(out, "VOID: {reason}");
    }
    let holds = void.is_empty() && cost.median <= COST_RATIO_MAX;
    if void.is_empty() {
        let _ = writeln!(out, "{}", if holds { "HOLDS" } else { "DOES NOT HOLD" });
    }
    let json = |of: Dialect| {
        serde_json::json!({
            "rate_per_s": spread(of, &Round::rate).json(),
            "server_us": spread(of, &Round::server_us).json(),
            "groups_per_life": spread(of, &groups).json(),
        })
    };
    let summary = serde_json::json!({
        "cost_ratio": cost.json(),
        "rate_ratio": rate.json(),
        "holds": holds,
        "void": void,
        "bare": json(Dialect::Bare),
        "full": json(Dialect::Full),
    });
    (out, summary, holds)
}
