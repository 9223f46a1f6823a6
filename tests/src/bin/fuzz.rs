//! Runs fuzzers from the command line: one or all, for a number of executions or of seconds.
//!
//! `cargo run --release -p tests --bin fuzz -- all --seconds 300`. Around the runner of `tests::fuzz`; it alone looks
//! at a clock, to stop and to tell the rate. Invariants: without `--seed` the seed is 1, so that two runs do the same;
//! what is found is printed with how to repeat it, written as hex, and makes the program fail.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use clap::Parser;
use tests::fuzz::{Campaign, Dice, Expectation, FUZZERS, Failure, Fuzzer, Report, find, hex, run, verdict};

/// Executions between two looks at the clock.
const BATCH_EXECUTIONS: u64 = 500;

/// Fuzzers of codecs and of journal recovery.
#[derive(Debug, Parser)]
struct Options {
    /// `list`, `all` (the sound ones), `smoke` (what CI runs), or the name of one.
    name: String,
    /// The seed.
    #[arg(long, default_value_t = 1, env = "FUZZ_SEED")]
    seed: u64,
    /// Number of the first execution.
    #[arg(long, default_value_t = 0)]
    first: u64,
    /// Executions of each fuzzer.
    #[arg(long, conflicts_with = "seconds")]
    executions: Option<u64>,
    /// Seconds for each fuzzer.
    #[arg(long)]
    seconds: Option<u64>,
    /// Runs the check on these inputs (hex) instead of made ones.
    #[arg(long, value_name = "FILE", num_args = 1..)]
    input: Vec<PathBuf>,
    /// Writes so many made inputs, raw, to `--into`: a first corpus for cargo-fuzz.
    #[arg(long, requires = "into")]
    corpus: Option<u64>,
    /// Folder for what is found, or for the corpus.
    #[arg(long)]
    into: Option<PathBuf>,
}

fn main() -> ExitCode {
    let options = Options::parse();
    let chosen = match options.name.as_str() {
        "list" => {
            FUZZERS
                .iter()
                .for_each(|fuzzer| println!("{:16} {}", fuzzer.name, fuzzer.holds));
            return ExitCode::SUCCESS;
        }
        "all" => sound().collect(),
        "smoke" => FUZZERS.iter().collect(),
        name => Vec::from_iter(find(name)),
    };
    if chosen.is_empty() {
        eprintln!("no fuzzer `{}`; `list` tells their names", options.name);
        return ExitCode::from(2);
    }
    let mut sound = true;
    for fuzzer in chosen {
        let outcome = match options.corpus {
            Some(inputs) => write_corpus(fuzzer, &options, inputs),
            None if options.input.is_empty() => campaign(fuzzer, &options),
            None => replay(fuzzer, &options.input),
        };
        sound &= outcome.unwrap_or_else(|error| {
            eprintln!("{}: {error}", fuzzer.name);
            false
        });
    }
    if sound {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

fn sound() -> impl Iterator<Item = &'static Fuzzer> {
    FUZZERS
        .iter()
        .filter(|fuzzer| fuzzer.expectation == Expectation::Sound)
}

#[expect(
    clippy::disallowed_methods,
    reason = "a tool: it stops after the seconds that it was given"
)]
fn clock() -> Instant {
    Instant::now()
}

/// Runs to the end, the time or the first failure; whether what came was expected.
fn campaign(fuzzer: &Fuzzer, options: &Options) -> Result<bool, String> {
    let began = clock();
    let until = options
        .seconds
        .map(|seconds| began + Duration::from_secs(seconds));
    let executions = match (options.executions, until) {
        (Some(executions), _) => executions,
        (None, Some(_)) => u64::MAX,
        (None, None) => fuzzer.smoke_executions,
    };
    let mut report = Report::default();
    while report.executions < executions && report.failure.is_none() {
        if until.is_some_and(|until| clock() >= until) {
            break;
        }
        report.add(run(
            fuzzer,
            Campaign {
                seed: options.seed,
                first: options.first.saturating_add(report.executions),
                executions: BATCH_EXECUTIONS.min(executions - report.executions),
            },
        ));
    }
    let seconds = began.elapsed().as_secs_f64();
    println!(
        "{:16} seed {} first {}: {} executions in {seconds:.1} s, {:.1} µs each, {} % accepted",
        fuzzer.name,
        options.seed,
        options.first,
        report.executions,
        seconds * 1e6 / report.executions.max(1) as f64,
        report.accepted_percent().unwrap_or(0),
    );
    if let Some(failure) = &report.failure {
        println!("{failure}");
        write_finding(failure, options.into.as_deref())?;
    }
    let caught = report.failure.is_some();
    Ok(caught == (fuzzer.expectation == Expectation::Canary))
}

fn write_finding(failure: &Failure, folder: Option<&Path>) -> Result<(), String> {
    let folder = folder.unwrap_or(Path::new("target/fuzz"));
    let Failure {
        fuzzer,
        seed,
        execution,
        ..
    } = failure;
    let path = folder.join(format!("{fuzzer}-{seed}-{execution}.hex"));
    let note: String = failure
        .panic
        .message
        .lines()
        .map(|line| format!("# {line}\n"))
        .collect();
    let text = format!(
        "# {fuzzer} --seed {seed} --first {execution}\n{note}{}",
        hex::dump(&failure.minimal)
    );
    fs::create_dir_all(folder)
        .and_then(|()| fs::write(&path, text))
        .map_err(|error| format!("{}: {error}", path.display()))?;
    println!("written to {}", path.display());
    Ok(())
}

fn replay(fuzzer: &Fuzzer, files: &[PathBuf]) -> Result<bool, String> {
    let mut sound = true;
    for path in files {
        let name = path.display();
        let text = fs::read_to_string(path).map_err(|error| format!("{name}: {error}"))?;
        let input = hex::parse(&text).map_err(|line| format!("{name}:{line}: not hex"))?;
        match verdict(fuzzer.check, &input) {
            Ok(()) => println!("{name}: nothing"),
            Err(panic) => {
                println!("{name}: {} at {}", panic.message, panic.location);
                sound = false;
            }
        }
    }
    Ok(sound)
}

fn write_corpus(fuzzer: &Fuzzer, options: &Options, inputs: u64) -> Result<bool, String> {
    let folder = options.into.as_deref().unwrap_or(Path::new("."));
    fs::create_dir_all(folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    for number in 0..inputs {
        let path = folder.join(format!("{}-{number}", fuzzer.name));
        let input = (fuzzer.format.make)(&mut Dice::new(options.seed, number));
        fs::write(&path, input).map_err(|error| format!("{}: {error}", path.display()))?;
    }
    Ok(true)
}
