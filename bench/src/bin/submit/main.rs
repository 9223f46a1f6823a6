//! What does MMS cost beside HTTP and a log? Bare and full server in turn, in one run.
//!
//! The program of the two ratios: processor time per message (softirq in it) full over bare, and rate full over bare.
//! Invariants: sides alternate, which goes first alternates too; each repetition starts fresh servers on filled, empty
//! segments; a run that can't bear its claim says VOID and why, and exits 1.

mod disk;
mod round;
mod table;
mod verdict;

use bench::BenchError;
use bench::detail::{Detail, Shape};
use bench::host::Seat;
use bench::place::Place;
use bench::report::Kept;
use bench::server::{Programs, Side};
use bench::turns::{self, Repetition};
use clap::Parser;
use disk::Disk;
use round::{Round, repeat};
use std::process::ExitCode;
use verdict::Ratios;

/// Bare and full server in turn; prints the ratios and keeps the run.
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
    /// Segments of 1 GiB to fill before each repetition.
    #[arg(long, default_value_t = 10)]
    segments: u16,
    /// Run before everything else on this machine (SCHED_RR), where others use it too.
    #[arg(long)]
    realtime: bool,
    #[command(flatten)]
    place: Place,
}

impl Arguments {
    fn server(&self) -> Seat {
        self.seat(self.place.server_core)
    }

    fn driver(&self) -> Seat {
        self.seat(self.place.driver_core)
    }

    fn seat(&self, core: usize) -> Seat {
        Seat {
            core,
            is_realtime: self.realtime,
        }
    }
}

/// Everything that a run found.
struct Outcome {
    /// The driver's ceiling: a server that does nothing.
    null: Round,
    rounds: Vec<Round>,
    disk: Disk,
    /// Of bare and full.
    details: [Detail; 2],
    ratios: Ratios,
}

fn main() -> ExitCode {
    bench::ended("submit", run(&Arguments::parse()))
}

/// Everything; answers whether the claim holds, or, where no bound stands, whether the run can bear its ratios.
fn run(arguments: &Arguments) -> Result<bool, BenchError> {
    let (programs, host) = arguments.place.take_as(arguments.driver())?;
    let null = repeat(arguments, &programs, Side::Null, 0)?;
    let mut rounds = Vec::new();
    for pair in 1..=arguments.pairs {
        let sides = if pair % 2 == 1 {
            [Side::Bare, Side::Full]
        } else {
            [Side::Full, Side::Bare]
        };
        for side in sides {
            let round = repeat(arguments, &programs, side, pair)?;
            eprint!("{}", round.csv());
            rounds.push(round);
        }
    }
    let disk = Disk::measure(arguments, &programs, &rounds)?;
    let details = details(arguments, &programs)?;
    let ratios = Ratios::of(arguments.octets, &host, &null, &rounds, &disk);
    let outcome = Outcome {
        null,
        rounds,
        disk,
        details,
        ratios,
    };
    let text = table::text(arguments, &outcome);
    arguments.place.leave(&Kept {
        question: "submit",
        table: &text,
        summary: &table::summary(&outcome),
        raw_csv: &turns::raw([&outcome.null].into_iter().chain(&outcome.rounds)),
    })?;
    Ok(outcome.ratios.verdict.is_good())
}

/// Allocations and system calls of bare and full.
fn details(arguments: &Arguments, programs: &Programs) -> Result<[Detail; 2], BenchError> {
    let data = arguments.place.data.join("log");
    let shape = Shape {
        programs,
        seat: arguments.server(),
        data: &data,
        octets: arguments.octets,
        connections: arguments.connections,
    };
    Ok([
        Detail::measure(shape, Side::Bare)?,
        Detail::measure(shape, Side::Full)?,
    ])
}
