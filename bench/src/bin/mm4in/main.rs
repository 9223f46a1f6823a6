//! How many messages does another operator get rid of? MM4 in → durable → 250, beside a bare server and Postfix.
//!
//! The same mails, one connection and core like the other, in turn: *bare* (glommio, lines, the journal: no MMS, no
//! MIME, no verdicts), *full* (`ringpost serve`, notifications included), *postfix* (smtpd and cleanup, then held).
//! Prints both ratios. Invariants: sides alternate within each round; each repetition starts afresh; every figure is
//! of one core that was busy, or the table says how idle it was.

use bench::BenchError;
use bench::cpu::Usage;
use bench::driver::Driven;
use bench::mails::{Mail, Mails, NUMBERS};
use bench::place::Place;
use bench::postfix::{Postfix, Then};
use bench::report::{Kept, Spread};
use bench::server::{Programs, Server};
use bench::taker::Taker;
use bench::turns::{self, Repetition};
use clap::Parser;
use serde_json::json;
use std::fmt::Write as _;
use std::process::ExitCode;
use std::time::Duration;

/// MM4 in: bare server, full server and Postfix in turn.
#[derive(Debug, Parser)]
#[command(mut_arg("data", |data| {
    data.help("Folder for logs and queue, on the disk in question; what is in it is deleted")
}))]
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
    #[command(flatten)]
    place: Place,
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
        self.usage.server_idle(self.driven.elapsed)
    }

    /// Microseconds of the server's core for a mail, whoever used them.
    fn core_us(&self) -> f64 {
        self.usage.core_us(self.driven.elapsed, self.driven.messages)
    }

    fn driver_idle(&self) -> f64 {
        self.usage.driver_idle(self.driven.elapsed)
    }
}

impl Repetition for Round {
    type Side = Taker;

    const HEADING: &'static str =
        "round,taker,mails,seconds,rate_per_s,core_us,server_idle,driver_idle,p50_us,p99_us,steal_ns\n";

    fn turn(&self) -> usize {
        self.round
    }

    fn side(&self) -> Taker {
        self.taker
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

fn main() -> ExitCode {
    bench::ended("mm4in", run(&Arguments::parse()).map(|()| true))
}

fn run(arguments: &Arguments) -> Result<(), BenchError> {
    let (programs, host) = arguments.place.take()?;
    let mail = Mail::new(arguments.octets);
    let mut rounds = Vec::new();
    for round in 1..=arguments.rounds {
        for taker in Taker::in_turn(round) {
            let (driven, usage) = repeat(arguments, &programs, taker, &mail)?;
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
    arguments.place.leave(&Kept {
        question: "mm4in",
        table: &text,
        summary: &json!({
            "full_over_postfix": full_over(&rounds, Taker::Postfix).json(),
            "full_over_bare": full_over(&rounds, Taker::Bare).json(),
        }),
        raw_csv: &turns::raw(&rounds),
    })
}

/// One repetition: a fresh server, a warm-up, a measured window.
fn repeat(
    arguments: &Arguments,
    programs: &Programs,
    taker: Taker,
    mail: &Mail,
) -> Result<(Driven, Usage), BenchError> {
    let place = &arguments.place;
    let (address, server, postfix);
    if taker == Taker::Postfix {
        postfix = Postfix::start(&place.data, place.seat(), arguments.connections, Then::Held)?;
        (address, server) = (postfix.address, None);
    } else {
        let started = start(arguments, programs, taker)?;
        address = started.mm4;
        server = Some(started);
    }
    let mut mails = Mails::connect(address, arguments.connections, mail, 0..NUMBERS)?;
    mails.run(Duration::from_secs(arguments.warmup))?;
    // Of Postfix, which is many processes, the core's own account is what counts.
    let process = server.as_ref().map_or(std::process::id(), Server::process);
    let before = place.usage(process)?;
    let driven = mails.run(Duration::from_secs(arguments.seconds))?;
    Ok((driven, place.usage(process)?.since(&before)))
}

fn start(arguments: &Arguments, programs: &Programs, taker: Taker) -> Result<Server, BenchError> {
    let seat = arguments.place.seat();
    let data = arguments.place.log(arguments.segments)?;
    if taker == Taker::Bare {
        return Server::bare(seat, programs, &data, &["smtp"]);
    }
    let more = "[mm4]\ndomain = \"mms.ours.example\"\n[numbering]\nlocal_ranges = [\"+999\"]\n[[peer]]\n\
                name = \"alpha\"\ndomains = [\"mms.alpha.example\"]\nranges = [\"+1555\"]\nsources = [\"127.0.0.1\"]\n";
    Server::serve(seat, programs, &data, &(bench::server::settings(&data) + more))
}

/// The full server's rate over another's, round by round.
fn full_over(rounds: &[Round], under: Taker) -> Spread {
    let rate = |round: &Round| round.driven.rate();
    Spread::of(turns::ratios(rounds, Taker::Full, under, rate))
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
        let of = |figure: fn(&Round) -> f64| turns::spread(rounds, taker, figure);
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
    let _ = writeln!(
        text,
        "full over postfix: {:.2}",
        full_over(rounds, Taker::Postfix)
    );
    let _ = writeln!(text, "full over bare: {:.3}", full_over(rounds, Taker::Bare));
    text
}
