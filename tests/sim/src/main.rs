//! The runner: many seeds on idle cores, one seed with its story, and the planted bugs.
//!
//! Above `sweep`. Prints progress, and in the end what was met; exits 1 where a run failed, something expected was
//! never met, or a planted bug was not caught.

use clap::{Parser, Subcommand};
use journal::planted::Bug;
use mimalloc::MiMalloc;
use sim::sweep::{Findings, Sweep, shorten, sweep};
use sim::{swarm, walk};
use std::process::ExitCode;
use std::time::Instant;

// Runs make and drop files of a mebibyte all the time, which the system's allocator gives back to the kernel each time.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

/// Deterministic simulation of the whole service.
#[derive(Parser)]
#[command(about, disable_version_flag = true)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Many seeds.
    Run {
        /// How many.
        #[arg(long, default_value_t = 200_000)]
        seeds: u64,
        /// The first one.
        #[arg(long, default_value_t = 0)]
        first: u64,
        /// Steps of each run.
        #[arg(long, default_value_t = swarm::STEPS)]
        steps: u64,
        /// Threads; all cores, if nothing is said.
        #[arg(long)]
        threads: Option<usize>,
    },
    /// One seed, with its story.
    Replay {
        /// Which.
        seed: u64,
        /// Steps of the run.
        #[arg(long, default_value_t = swarm::STEPS)]
        steps: u64,
    },
    /// Plants each bug and says at which seed it is caught (builds with the feature `planted`).
    Planted {
        /// Most seeds for each.
        #[arg(long, default_value_t = 2_000)]
        seeds: u64,
        /// The first one.
        #[arg(long, default_value_t = 0)]
        first: u64,
        /// Threads; all cores, if nothing is said.
        #[arg(long)]
        threads: Option<usize>,
    },
}

fn cores(asked: Option<usize>) -> usize {
    asked.unwrap_or_else(|| std::thread::available_parallelism().map_or(1, usize::from))
}

fn main() -> ExitCode {
    match Arguments::parse().command {
        Command::Run {
            seeds,
            first,
            steps,
            threads,
        } => many(&Sweep {
            seeds: first..first + seeds,
            steps,
            threads: cores(threads),
            bug: None,
        }),
        Command::Replay { seed, steps } => {
            let verdict = walk::run(walk::Orders {
                seed,
                steps,
                tells: true,
                broken: None,
            });
            for line in &verdict.story {
                println!("{line}");
            }
            println!("hash {:016x}", verdict.hash);
            match verdict.fault {
                Some(fault) => {
                    println!("{}: {}", fault.checker, fault.what);
                    ExitCode::FAILURE
                }
                None => ExitCode::SUCCESS,
            }
        }
        Command::Planted {
            seeds,
            first,
            threads,
        } => planted(first..first + seeds, cores(threads)),
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "progress is told by the clock; no run sees it"
)]
fn now() -> Instant {
    Instant::now()
}

fn many(orders: &Sweep) -> ExitCode {
    let begun = now();
    let rate = |runs: u64| runs as f64 / begun.elapsed().as_secs_f64().max(0.001);
    let every = ((orders.seeds.end - orders.seeds.start) / 100).max(1);
    let findings = sweep(orders, |runs| {
        if runs.is_multiple_of(every) {
            println!("{runs} runs, {:.1} a second", rate(runs));
        }
    });
    let Findings {
        runs,
        coverage,
        failure,
    } = findings;
    println!("{coverage}{runs} runs, {:.1} a second", rate(runs));
    if let Some(failure) = failure {
        println!("{}", shorten(failure, orders.bug));
        return ExitCode::FAILURE;
    }
    let missing = coverage.missing();
    for name in &missing {
        println!("never met: {name}");
    }
    if missing.is_empty() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

fn planted(seeds: std::ops::Range<u64>, threads: usize) -> ExitCode {
    std::panic::set_hook(Box::new(|_| {}));
    let mut escaped = 0;
    for bug in Bug::ALL {
        let findings = sweep(
            &Sweep {
                seeds: seeds.clone(),
                steps: swarm::STEPS,
                threads,
                bug: Some(bug),
            },
            |_| {},
        );
        match findings.failure {
            Some(failure) => println!(
                "{bug:?}: caught at seed {} by {}: {}",
                failure.seed, failure.fault.checker, failure.fault.what
            ),
            None => {
                escaped += 1;
                println!("{bug:?}: NOT caught by {} seeds", findings.runs);
            }
        }
    }
    if escaped == 0 {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}
