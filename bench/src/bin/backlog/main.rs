//! What does a peer's backlog cost phones? One phone's waiting before, during and after another operator's MMSC, that
//! was gone, is back: with all that it kept for us, and for all that we kept for it.
//!
//! *In*: it brings its mails at once, over many connections, each as fast as it is answered; then the server is killed
//! and started again, and every mail that was answered 250 and every message of the phone must be there. *Out*: phones
//! have posted as many messages for it while it refused connections; then it takes them. Its sink tells recipients
//! apart: each must have got its message. Driver and sink are nicer to the phone than the phone is to them.
//! Invariants: a fresh server for each direction and round; a phone's message is local; a run in which something was
//! lost or refused, or whose server did something else on the driver's core, says so and exits 1.

mod back;
mod table;

use bench::BenchError;
use bench::place::Place;
use bench::report::Kept;
use clap::{Parser, ValueEnum};
use serde_json::json;
use std::process::ExitCode;

/// A phone's waiting beside a backlog that moves.
#[derive(Debug, Parser)]
#[command(mut_arg("driver_core", |core| core.help("The core of phone, driver and sink")))]
pub(crate) struct Arguments {
    /// Rounds; in each, both directions are measured once.
    #[arg(long, default_value_t = 3)]
    rounds: usize,
    /// Which way the backlog moves; both, where it is not said.
    #[arg(long)]
    direction: Option<Direction>,
    /// Messages of the backlog.
    #[arg(long, default_value_t = 100_000)]
    backlog: u64,
    /// Octets of a message, of a mail's photograph.
    #[arg(long, default_value_t = 30_000)]
    octets: usize,
    /// Messages a second of the phone.
    #[arg(long, default_value_t = 300)]
    rate: u32,
    /// Seconds of each window without movement.
    #[arg(long, default_value_t = 6)]
    seconds: u64,
    /// Connections that the peer brings mails over.
    #[arg(long, default_value_t = 100)]
    connections: usize,
    /// Connections to the peer.
    #[arg(long, default_value_t = 16)]
    links: usize,
    /// Mails a second that the peer may be sent.
    #[arg(long, default_value_t = 10_000)]
    mails_per_s: u32,
    /// Segments of 1 GiB to fill beforehand.
    #[arg(long, default_value_t = 5)]
    segments: u16,
    #[command(flatten)]
    place: Place,
}

/// Which way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Direction {
    /// From the peer to us.
    In,
    /// From us to the peer.
    Out,
}

impl Direction {
    const ALL: [Direction; 2] = [Direction::In, Direction::Out];

    fn name(self) -> &'static str {
        match self {
            Direction::In => "in",
            Direction::Out => "out",
        }
    }
}

fn main() -> ExitCode {
    bench::ended("backlog", run(&Arguments::parse()))
}

/// Everything; answers whether nothing was lost or refused.
fn run(arguments: &Arguments) -> Result<bool, BenchError> {
    let (programs, host) = arguments.place.take()?;
    let mut returns = Vec::new();
    for round in 1..=arguments.rounds {
        let asked = |direction: &Direction| arguments.direction.is_none_or(|asked| asked == *direction);
        for direction in Direction::ALL.into_iter().filter(asked) {
            let found = back::measure(arguments, &programs, round, direction)?;
            eprint!("{}", table::csv(&found));
            returns.push(found);
        }
    }
    drop(host);
    let faults = table::faults(&returns);
    let text = table::table(arguments, &returns, &faults);
    let raw: String = returns.iter().map(table::csv).collect();
    arguments.place.leave(&Kept {
        question: "backlog",
        table: &text,
        summary: &json!({ "directions": table::summary(&returns), "faults": faults }),
        raw_csv: &(table::HEADING.to_owned() + &raw),
    })?;
    Ok(faults.is_empty())
}
