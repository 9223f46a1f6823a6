//! Restarts, or reloads, of the real server under load: `cargo run --release -p tests --bin restarts -- --restarts N`.
//!
//! Beside the suite, which does some; this does as many as wanted. Invariants: prints what was done and seen; exits 1
//! if a transaction failed or the ledger does not agree.

use clap::Parser;
use std::process::ExitCode;
use tests::process::restart::{reloads, restarts};

/// Restarts without a gap, under load that bears no failure, with an outside ledger of what was acknowledged.
#[derive(Debug, Parser)]
#[command(name = "restarts")]
struct Options {
    /// Restarts in a row
    #[arg(long, default_value_t = 20)]
    restarts: u32,
    /// Reloads instead, every other one of a file with a fault
    #[arg(long)]
    reloads: Option<u32>,
    /// Shards of each start, in turn, such as 2,1,3
    #[arg(long, value_delimiter = ',', default_value = "2")]
    shards: Vec<u16>,
    /// Seed of the letters; drawn from the process number where none is given
    #[arg(long)]
    seed: Option<u64>,
}

fn main() -> ExitCode {
    let options = Options::parse();
    let seed = options.seed.unwrap_or_else(|| u64::from(std::process::id()));
    println!("restarts: seed {seed}, {options:?}");
    let outcome = match options.reloads {
        Some(count) => reloads(seed, count),
        None => restarts(seed, options.restarts, &options.shards),
    };
    match outcome {
        Err(failure) => {
            eprintln!("restarts: {failure}");
            ExitCode::FAILURE
        }
        Ok(report) => {
            println!(
                "{} rounds, the slowest {:?}: {} letters acknowledged on new connections, {} on kept ones, \
                 {} transactions failed, the longest took {:?}",
                report.rounds,
                report.slowest,
                report.accepted,
                report.kept_open,
                report.breaks,
                report.longest
            );
            let times: Vec<String> = report
                .times
                .iter()
                .map(|time| time.as_millis().to_string())
                .collect();
            println!("each took, ms: {}", times.join(" "));
            if let Some(first) = &report.first_break {
                println!("BROKE first {first}");
            }
            report
                .findings
                .iter()
                .for_each(|finding| println!("FOUND {finding:?}"));
            if report.breaks == 0 && report.findings.is_empty() {
                ExitCode::SUCCESS
            } else {
                ExitCode::FAILURE
            }
        }
    }
}
