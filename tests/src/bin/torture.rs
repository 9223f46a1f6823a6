//! The torture of the real server as a program: `cargo run --release -p tests --bin torture -- --kills N`.
//!
//! Beside the suite, which does some kills of each kind; this does as many as wanted. `tests/power/run` lets it kill a
//! virtual machine in which the server runs: a power loss. Invariants: prints its seed first, one line of progress
//! every few kills, every finding; exits 1 if there is one.

use clap::Parser;
use std::process::ExitCode;
use std::time::Duration;
use tests::process::torture::{Plan, Report, run};
use tests::process::turnstile::now;

/// SIGKILL during load, restart, and an outside ledger of what was acknowledged.
#[derive(Debug, Parser)]
#[command(name = "torture")]
struct Options {
    /// Kills under load
    #[arg(long, default_value_t = 200)]
    kills: u32,
    /// Shards of each start, in turn, such as 3,1,2
    #[arg(long, value_delimiter = ',', default_value = "2")]
    shards: Vec<u16>,
    /// Seed of the letters; drawn from the clock where none is given
    #[arg(long)]
    seed: Option<u64>,
    /// A faulty disk, such as forget:slow=4,reorder=1 (`lie:held=6` is the canary)
    #[arg(long)]
    fault: Option<String>,
    /// Seconds that an acknowledged letter may take to be had after a start
    #[arg(long, default_value_t = 20)]
    patience: u64,
}

fn main() -> ExitCode {
    let options = Options::parse();
    let begun = now();
    let seed = options.seed.unwrap_or_else(|| u64::from(std::process::id()));
    let mut plan = Plan::new(seed, options.kills, &options.shards);
    plan.fault = options.fault;
    plan.patience = Duration::from_secs(options.patience);
    println!(
        "torture: seed {seed}, {} kills, shards {:?}",
        plan.kills, plan.shards
    );
    let outcome = run(&plan, &mut |report: &Report| {
        if report.kills.is_multiple_of(10) {
            println!(
                "{:>7.1} s: {} kills and {} while starting, {} letters, {} repeats, {} mails in, {} out, {} retrievals",
                begun.elapsed().as_secs_f64(),
                report.kills,
                report.early_kills,
                report.accepted,
                report.repeated,
                report.taken,
                report.carried,
                report.fetched
            );
            let [start, check, load, logs] = report.spent.map(|spent| spent.as_secs_f64());
            println!("          start {start:.1} s, check {check:.1} s, load {load:.1} s, logs {logs:.1} s");
        }
    });
    match outcome {
        Err(failure) => {
            eprintln!("torture: {failure}");
            ExitCode::FAILURE
        }
        Ok(report) if report.findings.is_empty() => {
            println!("nothing found; {} copies ended", report.ended);
            ExitCode::SUCCESS
        }
        Ok(report) => {
            println!("after {} kills:", report.kills);
            report
                .findings
                .iter()
                .for_each(|finding| println!("FOUND {finding:?}"));
            println!("{}", report.said);
            ExitCode::FAILURE
        }
    }
}
