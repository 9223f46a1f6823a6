//! What does a message for another operator cost? MM1 in → durable → relayed → 250 at a sink, beside bare and Postfix.
//!
//! One core like the other, in turn: *bare* (HTTP and the journal: the message is taken and goes nowhere), *full*
//! (`ringpost serve`: taken, durable, written as MM4, carried over kept connections, its end recorded), *postfix* (the
//! mails that `full` would write, taken, queued and relayed to the same sink). Prints both ratios. Invariants: the
//! order alternates from round to round; each repetition starts afresh; a message of `full` and `postfix` counts when
//! the sink has it; a run whose driver had no time to spare says VOID and exits 1.

use bench::cpu::Usage;
use bench::driver::{Driver, Expect};
use bench::host::{Host, Seat};
use bench::mails::{Mail, Mails, NUMBERS};
use bench::pdu::Template;
use bench::postfix::{Postfix, Then};
use bench::report::{self, Kept, Spread};
use bench::server::{Programs, Server, Side};
use bench::sinks::{Manner, Sink};
use bench::through::{Passed, pass};
use bench::{BenchError, bare, prepare};
use clap::Parser;
use serde_json::json;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

/// Share of the driver's core that must be idle. Reason: below it the driver, which is also the sink, sets the rate.
const DRIVER_IDLE_MIN: f64 = 0.03;

/// MM1 in, MM4 out: bare server, full server and Postfix in turn.
#[derive(Debug, Parser)]
struct Arguments {
    /// Repetitions of each.
    #[arg(long, default_value_t = 5)]
    rounds: usize,
    /// Seconds of each measured window.
    #[arg(long, default_value_t = 4)]
    seconds: u64,
    /// Seconds before it.
    #[arg(long, default_value_t = 5)]
    warmup: u64,
    /// Octets of a message.
    #[arg(long, default_value_t = 30_000)]
    octets: usize,
    /// Connections of phones, and of what brings mails to Postfix.
    #[arg(long, default_value_t = 32)]
    connections: usize,
    /// Connections to the sink.
    #[arg(long, default_value_t = 16)]
    links: usize,
    /// Segments of 1 GiB to fill before each repetition.
    #[arg(long, default_value_t = 6)]
    segments: u16,
    /// The server's core.
    #[arg(long, default_value_t = 1)]
    server_core: usize,
    /// The core of driver and sink.
    #[arg(long, default_value_t = 0)]
    driver_core: usize,
    /// Only these: bare, full, postfix.
    #[arg(long, value_delimiter = ',')]
    only: Vec<String>,
    /// Folder for logs and queue, on the disk in question; what is in it is deleted.
    #[arg(long)]
    data: PathBuf,
    /// The full server's program, if it is not beside this one.
    #[arg(long)]
    ringpost: Option<PathBuf>,
    /// Keep the run in this folder.
    #[arg(long)]
    keep: Option<PathBuf>,
}

/// Who takes and passes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Taker {
    Bare,
    Full,
    Postfix,
}

impl Taker {
    const ALL: [Taker; 3] = [Taker::Bare, Taker::Full, Taker::Postfix];

    fn name(self) -> &'static str {
        match self {
            Taker::Bare => "bare",
            Taker::Full => "full",
            Taker::Postfix => "postfix",
        }
    }
}

/// One repetition.
struct Round {
    round: usize,
    taker: Taker,
    passed: Passed,
    usage: Usage,
}

impl Round {
    fn share(&self, ns: u64) -> f64 {
        ns as f64 / self.passed.elapsed.as_nanos() as f64
    }

    fn idle(&self) -> f64 {
        self.share(self.usage.server.idle_ns)
    }

    fn driver_idle(&self) -> f64 {
        self.share(self.usage.driver.idle_ns)
    }

    /// Microseconds of the server's core for a message, whoever used them.
    fn core_us(&self) -> f64 {
        let busy = self.passed.elapsed.as_nanos() as f64 - self.usage.server.idle_ns as f64;
        busy.max(0.0) / 1_000.0 / self.passed.messages.max(1) as f64
    }

    fn csv(&self) -> String {
        format!(
            "{},{},{},{:.3},{:.0},{:.2},{:.4},{:.4},{}\n",
            self.round,
            self.taker.name(),
            self.passed.messages,
            self.passed.elapsed.as_secs_f64(),
            self.passed.rate(),
            self.core_us(),
            self.idle(),
            self.driver_idle(),
            self.usage.server.steal_ns,
        )
    }
}

const HEADING: &str = "round,taker,messages,seconds,rate_per_s,core_us,server_idle,driver_idle,steal_ns\n";

fn main() -> ExitCode {
    bench::ended("mm4out", run(&Arguments::parse()))
}

/// Everything; answers whether the run bears its claim.
fn run(arguments: &Arguments) -> Result<bool, BenchError> {
    let programs = Programs::find(arguments.ringpost.clone())?;
    let host = Host::prepare(arguments.server_core);
    Seat::on(arguments.driver_core).take();
    std::fs::create_dir_all(&arguments.data)?;
    let mut rounds = Vec::new();
    for round in 1..=arguments.rounds {
        let mut takers = Taker::ALL;
        takers.rotate_left(round % Taker::ALL.len());
        for taker in takers {
            let is_asked =
                arguments.only.is_empty() || arguments.only.iter().any(|name| name == taker.name());
            if !is_asked || taker == Taker::Postfix && !Postfix::is_there() {
                continue;
            }
            let (passed, usage) = match taker {
                Taker::Bare => of_bare(arguments, &programs)?,
                Taker::Full => of_full(arguments, &programs)?,
                Taker::Postfix => of_postfix(arguments)?,
            };
            let found = Round {
                round,
                taker,
                passed,
                usage,
            };
            eprint!("{}", found.csv());
            rounds.push(found);
        }
    }
    drop(host);
    let is_void = rounds
        .iter()
        .any(|round| round.taker != Taker::Postfix && round.driver_idle() < DRIVER_IDLE_MIN);
    let text = table(arguments, &rounds, is_void);
    print!("{text}");
    if let Some(folder) = &arguments.keep {
        let raw: String = rounds.iter().map(Round::csv).collect();
        let kept = Kept {
            question: "mm4out",
            table: &text,
            summary: &json!({
                "full_over_postfix": ratios(&rounds, Taker::Postfix).json(),
                "full_over_bare": ratios(&rounds, Taker::Bare).json(),
                "void": is_void,
            }),
            raw_csv: &(HEADING.to_owned() + &raw),
        };
        println!("kept in {}", report::keep(folder, &kept)?.display());
    }
    std::fs::remove_dir_all(&arguments.data)?;
    Ok(!is_void)
}

/// What both cores did while something ran.
fn measured(
    arguments: &Arguments,
    process: u32,
    run: impl FnOnce(Duration) -> Result<Passed, BenchError>,
) -> Result<(Passed, Usage), BenchError> {
    let read = || Usage::read(process, arguments.server_core, arguments.driver_core);
    let before = read()?;
    let passed = run(Duration::from_secs(arguments.seconds))?;
    Ok((passed, read()?.since(&before)))
}

fn of_bare(arguments: &Arguments, programs: &Programs) -> Result<(Passed, Usage), BenchError> {
    let data = fresh(arguments)?;
    let server = Server::start(Side::Bare, programs, Seat::on(arguments.server_core), &data)?;
    let template = Template::new(arguments.octets, 100_000)?;
    let mut driver = Driver::connect(server.mm1, arguments.connections, &template, 0, Expect::Status200)?;
    driver.run(Duration::from_secs(arguments.warmup), u64::MAX)?;
    measured(arguments, server.process(), |time| {
        let driven = driver.run(time, u64::MAX)?;
        Ok(Passed {
            messages: driven.messages,
            elapsed: driven.elapsed,
        })
    })
}

fn of_full(arguments: &Arguments, programs: &Programs) -> Result<(Passed, Usage), BenchError> {
    let data = fresh(arguments)?;
    let sink = Sink::start(Manner::Takes)?;
    let config = data.with_extension("toml");
    let more = format!(
        "[mm4]\ndomain = \"mms.ours.example\"\n[numbering]\nlocal_ranges = [\"+9991\"]\n[[peer]]\nname = \"alpha\"\n\
         domains = [\"mms.alpha.example\"]\nranges = [\"+9992\"]\nsources = [\"127.0.0.1\"]\nhosts = [\"{}\"]\n\
         ack = \"smtp\"\ndelivery_reports = false\nconnections_max = {}\nmessages_per_s_max = 10000\n",
        sink.address, arguments.links
    );
    std::fs::write(&config, bench::server::settings(&data) + &more)?;
    let mut command = Seat::on(arguments.server_core).command(&programs.full);
    let server = Server::ready(command.arg("serve").arg("--config").arg(config))?;
    let template = Template::new(arguments.octets, 100_000)?;
    let expect = Expect::SendConfOk;
    let mut driver = Driver::connect(server.mm1, arguments.connections, &template, 0, expect)?;
    let mut drive = |slice: Duration| {
        driver.run(slice, u64::MAX)?;
        Ok(driver.next_number())
    };
    pass(Duration::from_secs(arguments.warmup), &sink, &mut drive)?;
    measured(arguments, server.process(), |time| pass(time, &sink, drive))
}

fn of_postfix(arguments: &Arguments) -> Result<(Passed, Usage), BenchError> {
    let sink = Sink::start(Manner::Takes)?;
    let then = Then::Relayed(sink.address);
    let postfix = Postfix::start(
        &arguments.data,
        Seat::on(arguments.server_core),
        arguments.connections,
        then,
    )?;
    let mail = Mail::new(arguments.octets);
    let mut mails = Mails::connect(postfix.address, arguments.connections, &mail, 0..NUMBERS)?;
    let mut sent = 0;
    let mut drive = |slice: Duration| {
        sent += mails.run(slice)?.messages;
        Ok(sent)
    };
    pass(Duration::from_secs(arguments.warmup), &sink, &mut drive)?;
    // Postfix is many processes: the core's own account is what counts.
    measured(arguments, std::process::id(), |time| pass(time, &sink, drive))
}

/// A log's folder with filled, empty segments.
fn fresh(arguments: &Arguments) -> Result<PathBuf, BenchError> {
    let data: &Path = &arguments.data.join("log");
    prepare::fill(data, arguments.segments, bare::SEGMENT_OCTETS)?;
    Ok(data.to_owned())
}

/// The full server's rate over another's, round by round.
fn ratios(rounds: &[Round], under: Taker) -> Spread {
    let rate = |round: usize, taker: Taker| {
        let mut found = rounds.iter();
        let found = found.find(|found| found.round == round && found.taker == taker);
        found.map(|found| found.passed.rate())
    };
    let most = rounds.iter().map(|found| found.round).max().unwrap_or(0);
    Spread::of((1..=most).filter_map(|round| Some(rate(round, Taker::Full)? / rate(round, under)?)))
}

fn table(arguments: &Arguments, rounds: &[Round], is_void: bool) -> String {
    let mut text = format!(
        "{} rounds of {} s, {} connections in, {} out, messages of {} octets\n",
        arguments.rounds, arguments.seconds, arguments.connections, arguments.links, arguments.octets
    );
    for taker in Taker::ALL {
        let of = |figure: fn(&Round) -> f64| {
            let own = rounds.iter().filter(|round| round.taker == taker);
            Spread::of(own.map(figure))
        };
        // Writing to a String cannot fail.
        let _ = writeln!(
            text,
            "{:8} {:.0} messages/s; core {:.1} us each, idle {:.2}; driver and sink idle {:.2}",
            taker.name(),
            of(|round| round.passed.rate()),
            of(Round::core_us),
            of(Round::idle),
            of(Round::driver_idle),
        );
    }
    let over = |under| ratios(rounds, under);
    let _ = writeln!(text, "full over postfix: {:.2}", over(Taker::Postfix));
    let _ = writeln!(
        text,
        "full over bare (which sends nothing on): {:.3}",
        over(Taker::Bare)
    );
    if is_void {
        let _ = writeln!(
            text,
            "VOID: driver and sink had no time to spare; their core set the rate"
        );
    }
    text
}
