//! What does a message for another operator cost? MM1 in → durable → relayed → 250 at a sink, beside bare and Postfix.
//!
//! One core like the other, in turn: *bare* (HTTP and the journal: the message is taken and goes nowhere), *full*
//! (`ringpost serve`: taken, durable, written as MM4, carried over kept connections, its end recorded), *postfix* (the
//! mails that `full` would write, taken, queued and relayed to the same sink). Prints both ratios. Invariants: the
//! order alternates from round to round; each repetition starts afresh; a message of `full` and `postfix` counts when
//! the sink has it; a run whose driver had no time to spare says VOID and exits 1.

use bench::cpu::Usage;
use bench::driver::{Driver, Expect};
use bench::mails::{Mail, Mails, NUMBERS};
use bench::pdu::Template;
use bench::place::Place;
use bench::postfix::{Postfix, Then};
use bench::report::{Kept, Spread};
use bench::server::{Programs, Server, Side};
use bench::sinks::{Manner, Sink};
use bench::taker::Taker;
use bench::through::{Passed, pass};
use bench::turns::{self, Repetition};
use bench::{BenchError, is_asked};
use clap::Parser;
use serde_json::json;
use std::fmt::Write as _;
use std::process::ExitCode;
use std::time::Duration;

/// Share of the driver's core that must be idle. Reason: below it the driver, which is also the sink, sets the rate.
const DRIVER_IDLE_MIN: f64 = 0.03;

/// MM1 in, MM4 out: bare server, full server and Postfix in turn.
#[derive(Debug, Parser)]
#[command(mut_arg("driver_core", |core| core.help("The core of driver and sink")))]
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
    /// Only these: bare, full, postfix.
    #[arg(long, value_delimiter = ',')]
    only: Vec<String>,
    #[command(flatten)]
    place: Place,
}

/// One repetition.
struct Round {
    round: usize,
    taker: Taker,
    passed: Passed,
    usage: Usage,
}

impl Round {
    fn idle(&self) -> f64 {
        self.usage.server_idle(self.passed.elapsed)
    }

    fn driver_idle(&self) -> f64 {
        self.usage.driver_idle(self.passed.elapsed)
    }

    /// Microseconds of the server's core for a message, whoever used them.
    fn core_us(&self) -> f64 {
        self.usage.core_us(self.passed.elapsed, self.passed.messages)
    }
}

impl Repetition for Round {
    type Side = Taker;

    const HEADING: &'static str =
        "round,taker,messages,seconds,rate_per_s,core_us,server_idle,driver_idle,steal_ns\n";

    fn turn(&self) -> usize {
        self.round
    }

    fn side(&self) -> Taker {
        self.taker
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

fn main() -> ExitCode {
    bench::ended("mm4out", run(&Arguments::parse()))
}

/// Everything; answers whether the run bears its claim.
fn run(arguments: &Arguments) -> Result<bool, BenchError> {
    let (programs, host) = arguments.place.take()?;
    let mut rounds = Vec::new();
    for round in 1..=arguments.rounds {
        for taker in Taker::in_turn(round).filter(|taker| is_asked(&arguments.only, taker.name())) {
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
    arguments.place.leave(&Kept {
        question: "mm4out",
        table: &text,
        summary: &json!({
            "full_over_postfix": full_over(&rounds, Taker::Postfix).json(),
            "full_over_bare": full_over(&rounds, Taker::Bare).json(),
            "void": is_void,
        }),
        raw_csv: &turns::raw(&rounds),
    })?;
    Ok(!is_void)
}

/// What both cores did while something ran.
fn measured(
    arguments: &Arguments,
    process: u32,
    run: impl FnOnce(Duration) -> Result<Passed, BenchError>,
) -> Result<(Passed, Usage), BenchError> {
    let before = arguments.place.usage(process)?;
    let passed = run(Duration::from_secs(arguments.seconds))?;
    Ok((passed, arguments.place.usage(process)?.since(&before)))
}

fn of_bare(arguments: &Arguments, programs: &Programs) -> Result<(Passed, Usage), BenchError> {
    let data = arguments.place.log(arguments.segments)?;
    let server = Server::start(Side::Bare, programs, arguments.place.seat(), &data)?;
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
    let data = arguments.place.log(arguments.segments)?;
    let sink = Sink::start(Manner::Takes)?;
    let more = format!(
        "[mm4]\ndomain = \"mms.ours.example\"\n[numbering]\nlocal_ranges = [\"+9991\"]\n[[peer]]\nname = \"alpha\"\n\
         domains = [\"mms.alpha.example\"]\nranges = [\"+9992\"]\nsources = [\"127.0.0.1\"]\nhosts = [\"{}\"]\n\
         ack = \"smtp\"\ndelivery_reports = false\nconnections_max = {}\nmessages_per_s_max = 10000\n",
        sink.address, arguments.links
    );
    let settings = bench::server::settings(&data) + &more;
    let server = Server::serve(arguments.place.seat(), programs, &data, &settings)?;
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
        &arguments.place.data,
        arguments.place.seat(),
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

/// The full server's rate over another's, round by round.
fn full_over(rounds: &[Round], under: Taker) -> Spread {
    let rate = |round: &Round| round.passed.rate();
    Spread::of(turns::ratios(rounds, Taker::Full, under, rate))
}

fn table(arguments: &Arguments, rounds: &[Round], is_void: bool) -> String {
    let mut text = format!(
        "{} rounds of {} s, {} connections in, {} out, messages of {} octets\n",
        arguments.rounds, arguments.seconds, arguments.connections, arguments.links, arguments.octets
    );
    for taker in Taker::ALL {
        let of = |figure: fn(&Round) -> f64| turns::spread(rounds, taker, figure);
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
    let _ = writeln!(
        text,
        "full over postfix: {:.2}",
        full_over(rounds, Taker::Postfix)
    );
    let _ = writeln!(
        text,
        "full over bare (which sends nothing on): {:.3}",
        full_over(rounds, Taker::Bare)
    );
    if is_void {
        let _ = writeln!(
            text,
            "VOID: driver and sink had no time to spare; their core set the rate"
        );
    }
    text
}
