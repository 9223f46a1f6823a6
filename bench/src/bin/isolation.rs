//! Does a peer that misbehaves delay the others? One that is well, alone and beside three that are not, in turn.
//!
//! The peers: one that takes every mail, a black hole (accepts, never answers), a tarpit (an octet a second), one that
//! breaks every connection. *alone*: messages for the well one only. *beside*: the same, after hundreds of messages for
//! each of the others were taken and wait, with all the connections that the peers may have. Prints the ratio of the
//! well one's rates, pair by pair. Invariants: the order alternates; each repetition starts afresh with the same
//! settings; a run whose driver had no time to spare, or whose bad peers held nothing, says VOID and exits 1, as does
//! one whose median ratio is below the bound.

use bench::BenchError;
use bench::cpu::Usage;
use bench::driver::{Driver, Expect};
use bench::pdu::Template;
use bench::place::Place;
use bench::report::{Kept, Spread};
use bench::server::{Programs, Server};
use bench::sinks::{Manner, Sink};
use bench::through::{Passed, pass};
use bench::turns::{self, Repetition};
use clap::Parser;
use serde_json::json;
use std::fmt::Write as _;
use std::process::ExitCode;
use std::time::Duration;

/// The least that the well one may keep (the project's own bound).
const RATIO_MIN: f64 = 0.95;

/// Share of the driver's core that must be idle.
const DRIVER_IDLE_MIN: f64 = 0.03;

/// Messages of a range: each peer's numbers begin with another digit.
const RANGE: u64 = 100_000_000;

/// A healthy peer's rate alone and beside three that misbehave.
#[derive(Debug, Parser)]
#[command(mut_arg("driver_core", |core| core.help("The core of driver and peers")))]
struct Arguments {
    /// Pairs of repetitions.
    #[arg(long, default_value_t = 7)]
    pairs: usize,
    /// Seconds of each measured window.
    #[arg(long, default_value_t = 4)]
    seconds: u64,
    /// Seconds before it.
    #[arg(long, default_value_t = 2)]
    warmup: u64,
    /// Octets of a message.
    #[arg(long, default_value_t = 30_000)]
    octets: usize,
    /// Messages that wait for each of the bad peers.
    #[arg(long, default_value_t = 500)]
    backlog: u64,
    /// Connections of phones.
    #[arg(long, default_value_t = 32)]
    connections: usize,
    /// Connections to each peer.
    #[arg(long, default_value_t = 16)]
    links: usize,
    /// Segments of 1 GiB to fill before each repetition.
    #[arg(long, default_value_t = 6)]
    segments: u16,
    #[command(flatten)]
    place: Place,
}

/// Who is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Company {
    Alone,
    Beside,
}

impl Company {
    fn name(self) -> &'static str {
        match self {
            Company::Alone => "alone",
            Company::Beside => "beside",
        }
    }
}

/// One repetition.
struct Round {
    pair: usize,
    company: Company,
    passed: Passed,
    usage: Usage,
    /// Copies that nobody had taken at the end.
    untaken: u64,
}

impl Round {
    fn server_idle(&self) -> f64 {
        self.usage.server_idle(self.passed.elapsed)
    }

    fn driver_idle(&self) -> f64 {
        self.usage.driver_idle(self.passed.elapsed)
    }
}

impl Repetition for Round {
    type Side = Company;

    const HEADING: &'static str =
        "pair,company,messages,seconds,rate_per_s,server_idle,driver_idle,bad_untaken,steal_ns\n";

    fn turn(&self) -> usize {
        self.pair
    }

    fn side(&self) -> Company {
        self.company
    }

    fn csv(&self) -> String {
        format!(
            "{},{},{},{:.3},{:.0},{:.4},{:.4},{},{}\n",
            self.pair,
            self.company.name(),
            self.passed.messages,
            self.passed.elapsed.as_secs_f64(),
            self.passed.rate(),
            self.server_idle(),
            self.driver_idle(),
            self.untaken,
            self.usage.server.steal_ns,
        )
    }
}

/// The bad peers, in the order of their ranges behind the well one's.
const BAD: [(&str, Manner); 3] = [
    ("hole", Manner::Silent),
    ("tarpit", Manner::Slow),
    ("flapping", Manner::Flaps),
];

fn main() -> ExitCode {
    bench::ended("isolation", run(&Arguments::parse()))
}

/// Everything; answers whether the claim holds.
fn run(arguments: &Arguments) -> Result<bool, BenchError> {
    let (programs, host) = arguments.place.take()?;
    let mut rounds = Vec::new();
    for pair in 1..=arguments.pairs {
        let mut companies = [Company::Alone, Company::Beside];
        companies.rotate_left(pair % 2);
        for company in companies {
            let round = repeat(arguments, &programs, company, pair)?;
            eprint!("{}", round.csv());
            rounds.push(round);
        }
    }
    drop(host);
    let ratio = Spread::of(turns::ratios(&rounds, Company::Beside, Company::Alone, |round| {
        round.passed.rate()
    }));
    let faults = faults(arguments, &rounds, ratio);
    let text = table(arguments, &rounds, ratio, &faults);
    arguments.place.leave(&Kept {
        question: "isolation",
        table: &text,
        summary: &json!({ "beside_over_alone": ratio.json(), "faults": faults }),
        raw_csv: &turns::raw(&rounds),
    })?;
    Ok(faults.is_empty())
}

/// The settings: the well peer and the three others, each with its range of numbers.
fn settings(arguments: &Arguments, data: &std::path::Path, well: &Sink, bad: &[Sink]) -> String {
    let mut text = bench::server::settings(data)
        + "[mm4]\ndomain = \"mms.ours.example\"\n[numbering]\nlocal_ranges = [\"+9991\"]\n";
    let names = ["well"].into_iter().chain(BAD.map(|(name, _)| name));
    for ((digit, name), sink) in names.enumerate().zip([well].into_iter().chain(bad)) {
        // Writing to a String cannot fail.
        let _ = write!(
            text,
            "[[peer]]\nname = \"{name}\"\ndomains = [\"mms.{name}.example\"]\nranges = [\"+9992{digit}\"]\n\
             sources = [\"192.0.2.{digit}\"]\nhosts = [\"{}\"]\nack = \"smtp\"\ndelivery_reports = false\n\
             connections_max = {}\nmessages_per_s_max = 10000\n",
            sink.address, arguments.links
        );
    }
    text
}

/// One repetition: a fresh server, perhaps bad company, a warm-up, a measured window.
fn repeat(
    arguments: &Arguments,
    programs: &Programs,
    company: Company,
    pair: usize,
) -> Result<Round, BenchError> {
    let place = &arguments.place;
    let data = place.log(arguments.segments)?;
    let well = Sink::start(Manner::Takes)?;
    let mut bad = Vec::new();
    for (_, manner) in BAD {
        bad.push(Sink::start(manner)?);
    }
    let settings = settings(arguments, &data, &well, &bad);
    let server = Server::serve(place.seat(), programs, &data, &settings)?;
    let template = Template::new(arguments.octets, 100_000)?;
    let connect = |first| {
        let connections = arguments.connections;
        Driver::connect(server.mm1, connections, &template, first, Expect::SendConfOk)
    };
    if company == Company::Beside {
        for digit in (1..).take(BAD.len()) {
            let driven = connect(digit * RANGE)?.run(Duration::from_secs(60), arguments.backlog)?;
            if driven.messages < arguments.backlog {
                return Err(BenchError::broken("the backlog was not taken"));
            }
        }
    }
    let mut driver = connect(0)?;
    let mut drive = |slice: Duration| {
        driver.run(slice, u64::MAX)?;
        Ok(driver.next_number())
    };
    pass(Duration::from_secs(arguments.warmup), &well, &mut drive)?;
    let before = place.usage(server.process())?;
    let passed = pass(Duration::from_secs(arguments.seconds), &well, drive)?;
    let usage = place.usage(server.process())?.since(&before);
    Ok(Round {
        pair,
        company,
        passed,
        usage,
        untaken: untaken(&server)?,
    })
}

/// Copies for the bad peers that wait.
fn untaken(server: &Server) -> Result<u64, BenchError> {
    let text = server.metrics()?;
    let of_bad = |line: &&str| BAD.iter().any(|(name, _)| line.contains(&format!("\"{name}\"")));
    let lines = text
        .lines()
        .filter(|line| line.starts_with("ringpost_peer_untaken{"));
    let values = lines
        .filter(of_bad)
        .filter_map(|line| line.rsplit_once(' ')?.1.parse::<u64>().ok());
    Ok(values.sum())
}

/// Why the run does not bear the claim; nothing where it does.
fn faults(arguments: &Arguments, rounds: &[Round], ratio: Spread) -> Vec<String> {
    let mut faults = Vec::new();
    if rounds.iter().any(|round| round.driver_idle() < DRIVER_IDLE_MIN) {
        faults.push("VOID: driver and peers had no time to spare; their core set the rate".to_owned());
    }
    let waiting = arguments.backlog * BAD.len() as u64;
    let is_beside = |round: &&Round| round.company == Company::Beside;
    if rounds
        .iter()
        .filter(is_beside)
        .any(|round| round.untaken < waiting)
    {
        faults.push("VOID: not everything for the bad peers still waited at the end".to_owned());
    }
    if ratio.median < RATIO_MIN {
        faults.push(format!("BELOW the bound of {RATIO_MIN}"));
    }
    faults
}

fn table(arguments: &Arguments, rounds: &[Round], ratio: Spread, faults: &[String]) -> String {
    let mut text = format!(
        "{} pairs of {} s, {} connections in, {} to each peer, messages of {} octets, {} waiting for each bad peer\n",
        arguments.pairs,
        arguments.seconds,
        arguments.connections,
        arguments.links,
        arguments.octets,
        arguments.backlog
    );
    for company in [Company::Alone, Company::Beside] {
        let of = |figure: fn(&Round) -> f64| turns::spread(rounds, company, figure);
        // Writing to a String cannot fail.
        let _ = writeln!(
            text,
            "{:6} {:.0} messages/s to the well one; server idle {:.2}; driver and peers idle {:.2}",
            company.name(),
            of(|round| round.passed.rate()),
            of(Round::server_idle),
            of(Round::driver_idle),
        );
    }
    let _ = writeln!(text, "beside over alone: {ratio:.3}");
    for fault in faults {
        let _ = writeln!(text, "{fault}");
    }
    text
}
