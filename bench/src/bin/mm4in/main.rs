//! How many messages does another operator get rid of? MM4 in → durable → 250, beside a bare server and Postfix.
//!
//! The same mails, one connection and core like the other, in turn: *bare* (glommio, lines, the journal: no MMS, no
//! MIME, no verdicts), *full* (`ringpost serve`, notifications included), *postfix* (smtpd and cleanup, then held).
//! Prints both ratios. Invariants: sides alternate within each round; each repetition starts afresh; every figure is
//! of one core that was busy, or the table says how idle it was.

use bench::cpu::Usage;
use bench::driver::Driven;
use bench::host::{Host, Seat};
use bench::mails::{Mail, Mails, NUMBERS};
use bench::postfix::{Postfix, Then};
use bench::report::{self, Kept, Spread};
use bench::server::{Programs, Server};
use bench::{BenchError, bare, prepare};
use clap::Parser;
use serde_json::json;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

/// MM4 in: bare server, full server and Postfix in turn.
#[derive(Debug, Parser)]
struct Arguments {
    /// Repetitions of each.
    #[arg(long, default_value_t = 5)]
    rounds: usize,
    /// Seconds of each measured window.
    #[arg(long, default_value_t = 4)]
    seconds: u64,
    /// Seconds before it.
    #[arg(long, default_value_t = 1)]
    warmup: u64,
    /// Octets of the photograph in each mail.
    #[arg(long, default_value_t = 30_000)]
    octets: usize,
    /// Connections.
    #[arg(long, default_value_t = 32)]
    connections: usize,
    /// Segments of 1 GiB to fill before each repetition.
    #[arg(long, default_value_t = 3)]
    segments: u16,
    /// The server's core.
    #[arg(long, default_value_t = 1)]
    server_core: usize,
    /// The driver's core.
    #[arg(long, default_value_t = 0)]
    driver_core: usize,
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

/// Who takes the mails.
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
    driven: Driven,
    usage: Usage,
}

impl Round {
    fn idle(&self) -> f64 {
        self.usage.server.idle_ns as f64 / self.driven.elapsed.as_nanos() as f64
    }

    /// Microseconds of the server's core for a mail, whoever used them.
    fn core_us(&self) -> f64 {
        let busy = self.driven.elapsed.as_nanos() as f64 - self.usage.server.idle_ns as f64;
        busy.max(0.0) / 1_000.0 / self.driven.messages.max(1) as f64
    }

    fn driver_idle(&self) -> f64 {
        self.usage.driver.idle_ns as f64 / self.driven.elapsed.as_nanos() as f64
    }

    fn csv(&self) -> String {
        format!(
            "{},{},{},{:.3},{:.0},{:.2},{:.4},{:.4},{},{},{}\n",
            self.round,
            self.taker.name(),
            self.driven.messages,
            self.driven.elapsed.as_secs_f64(),
            self.driven.rate(),
            self.core_us(),
            self.idle(),
            self.driver_idle(),
            self.driven.latency_us.value_at_quantile(0.5),
            self.driven.latency_us.value_at_quantile(0.99),
            self.usage.server.steal_ns,
        )
    }
}

const HEADING: &str =
    "round,taker,mails,seconds,rate_per_s,core_us,server_idle,driver_idle,p50_us,p99_us,steal_ns\n";

fn main() -> ExitCode {
    bench::ended("mm4in", run(&Arguments::parse()).map(|()| true))
}

fn run(arguments: &Arguments) -> Result<(), BenchError> {
    let programs = Programs::find(arguments.ringpost.clone())?;
    let host = Host::prepare(arguments.server_core);
    Seat::on(arguments.driver_core).take();
    std::fs::create_dir_all(&arguments.data)?;
    let mail = Mail::new(arguments.octets);
    let mut rounds = Vec::new();
    for round in 1..=arguments.rounds {
        let mut takers = Taker::ALL;
        takers.rotate_left(round % Taker::ALL.len());
        for taker in takers {
            if taker == Taker::Postfix && !Postfix::is_there() {
                continue;
            }
            let found = repeat(
                arguments,
                &programs,
                (taker, Seat::on(arguments.server_core)),
                &mail,
            );
            let (driven, usage) = found?;
            let found = Round {
                round,
                taker,
                driven,
                usage,
            };
            eprint!("{}", found.csv());
            rounds.push(found);
        }
    }
    drop(host);
    let text = table(arguments, &mail, &rounds);
    print!("{text}");
    if let Some(folder) = &arguments.keep {
        let raw: String = rounds.iter().map(Round::csv).collect();
        let kept = Kept {
            question: "mm4in",
            table: &text,
            summary: &json!({
                "full_over_postfix": ratios(&rounds, Taker::Full, Taker::Postfix).json(),
                "full_over_bare": ratios(&rounds, Taker::Full, Taker::Bare).json(),
            }),
            raw_csv: &(HEADING.to_owned() + &raw),
        };
        println!("kept in {}", report::keep(folder, &kept)?.display());
    }
    std::fs::remove_dir_all(&arguments.data)?;
    Ok(())
}

/// One repetition: a fresh server, a warm-up, a measured window.
fn repeat(
    arguments: &Arguments,
    programs: &Programs,
    (taker, seat): (Taker, Seat),
    mail: &Mail,
) -> Result<(Driven, Usage), BenchError> {
    let data = arguments.data.join("log");
    let (address, server, postfix);
    if taker == Taker::Postfix {
        postfix = Postfix::start(&arguments.data, seat, arguments.connections, Then::Held)?;
        (address, server) = (postfix.address, None);
    } else {
        prepare::fill(&data, arguments.segments, bare::SEGMENT_OCTETS)?;
        let started = start(programs, (taker, seat), &data)?;
        address = started.mm4;
        server = Some(started);
    }
    let mut mails = Mails::connect(address, arguments.connections, mail, 0..NUMBERS)?;
    mails.run(Duration::from_secs(arguments.warmup))?;
    // Of Postfix, which is many processes, the core's own account is what counts.
    let process = server.as_ref().map_or(std::process::id(), Server::process);
    let read = || Usage::read(process, arguments.server_core, arguments.driver_core);
    let before = read()?;
    let driven = mails.run(Duration::from_secs(arguments.seconds))?;
    Ok((driven, read()?.since(&before)))
}

fn start(programs: &Programs, (taker, seat): (Taker, Seat), data: &Path) -> Result<Server, BenchError> {
    if taker == Taker::Bare {
        let mut command = seat.command(&programs.bare);
        command.args(["--mode", "smtp"]).arg("--data").arg(data);
        return Server::ready(&mut command);
    }
    let config = data.with_extension("toml");
    let more = "[mm4]\ndomain = \"mms.ours.example\"\n[numbering]\nlocal_ranges = [\"+999\"]\n[[peer]]\n\
                name = \"alpha\"\ndomains = [\"mms.alpha.example\"]\nranges = [\"+1555\"]\nsources = [\"127.0.0.1\"]\n";
    std::fs::write(&config, bench::server::settings(data) + more)?;
    let mut command = seat.command(&programs.full);
    command.arg("serve").arg("--config").arg(config);
    Server::ready(&mut command)
}

/// One taker's rate over another's, round by round.
fn ratios(rounds: &[Round], over: Taker, under: Taker) -> Spread {
    let rate = |round: usize, taker: Taker| {
        let found = rounds
            .iter()
            .find(|found| found.round == round && found.taker == taker);
        found.map(|found| found.driven.rate())
    };
    let most = rounds.iter().map(|found| found.round).max().unwrap_or(0);
    Spread::of((1..=most).filter_map(|round| Some(rate(round, over)? / rate(round, under)?)))
}

fn table(arguments: &Arguments, mail: &Mail, rounds: &[Round]) -> String {
    let mut text = format!(
        "{} rounds of {} s, {} connections, mails of {} octets (a photograph of {})\n",
        arguments.rounds,
        arguments.seconds,
        arguments.connections,
        mail.octets(),
        arguments.octets
    );
    for taker in Taker::ALL {
        let of = |figure: fn(&Round) -> f64| {
            let own = rounds.iter().filter(|round| round.taker == taker);
            Spread::of(own.map(figure))
        };
        // Writing to a String cannot fail.
        let _ = writeln!(
            text,
            "{:8} {:.0} mails/s; core {:.1} us each, idle {:.2}; driver idle {:.2}; p50 {:.0} us, p99 {:.0} us",
            taker.name(),
            of(|round| round.driven.rate()),
            of(Round::core_us),
            of(Round::idle),
            of(Round::driver_idle),
            of(|round| round.driven.latency_us.value_at_quantile(0.5) as f64),
            of(|round| round.driven.latency_us.value_at_quantile(0.99) as f64),
        );
    }
    let over = |under| ratios(rounds, Taker::Full, under);
    let _ = writeln!(text, "full over postfix: {:.2}", over(Taker::Postfix));
    let _ = writeln!(text, "full over bare: {:.3}", over(Taker::Bare));
    text
}
