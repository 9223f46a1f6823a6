//! How long does an operator wait for the story of a message, or of a number, among ten million records?
//!
//! A data directory is filled by the journal's own writer, segments sealed and with sidecars as a server leaves them,
//! and the real `ringpost trace` is asked, from exec to exit, with what it reads in the page cache. Subjects are taken
//! in turn, so that a drift meets all. Invariants: each answer is checked, step by step, once before anything is timed,
//! and its lines are counted each time; the header octets are a server's, since they are what is searched; bodies
//! are 100 octets, as no body of a sealed segment is read, but 30,000 in each journal's newest segment, which is read
//! whole.

#[path = "../../../crates/ringpost/tests/suite/fill.rs"]
mod fill;

use bench::report::{Kept, Spread};
use bench::server::Programs;
use bench::verdict::Claim;
use bench::{BenchError, clock};
use clap::Parser;
use fill::Fill;
use serde_json::Value;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

/// Seconds that a story may take.
const SECONDS_MAX: f64 = 1.0;
/// Records of a message.
const STEPS: [&str; 3] = ["accepted", "notified", "retrieved"];
/// Every so many messages one is of a number that sends much.
const FREQUENT_EVERY: u64 = 1_000;

/// Stories among many records, timed.
#[derive(Debug, Parser)]
struct Arguments {
    /// Records.
    #[arg(long, default_value_t = 10_000_000)]
    records: u64,
    /// Journals, one a shard.
    #[arg(long, default_value_t = 2)]
    journals: u16,
    /// Octets of a segment, a power of two.
    #[arg(long, default_value_t = 64 << 20)]
    segment_octets: u32,
    /// Messages of 30,000 octets in the newest segments of all journals together.
    #[arg(long, default_value_t = 2_000)]
    newest: u64,
    /// Times that each story is asked for.
    #[arg(long, default_value_t = 7)]
    rounds: usize,
    /// Folder for the journals; what is in it is deleted, before and after.
    #[arg(long)]
    data: PathBuf,
    /// Leave the journals there, and take those that an earlier run with the same arguments left.
    #[arg(long)]
    leave: bool,
    /// The program, if it is not beside this one.
    #[arg(long)]
    ringpost: Option<PathBuf>,
    /// Keep the run in this folder.
    #[arg(long)]
    keep: Option<PathBuf>,
}

impl Arguments {
    fn fill(&self) -> Fill {
        Fill {
            journals: self.journals,
            segment_octets: self.segment_octets,
            messages: self.records.div_ceil(STEPS.len() as u64),
            frequent_every: FREQUENT_EVERY,
            photographs: self.newest,
        }
    }
}

/// A story that is asked for.
struct Subject {
    name: &'static str,
    typed: String,
    /// Messages that it tells of.
    messages: u64,
    seconds: Vec<f64>,
}

fn main() -> ExitCode {
    bench::ended("trace", run(&Arguments::parse()))
}

/// Everything; answers whether the claim holds.
fn run(arguments: &Arguments) -> Result<bool, BenchError> {
    let program = Programs::find(arguments.ringpost.clone())?.full;
    let data = arguments.data.join("journals");
    let fill = arguments.fill();
    if !(arguments.leave && data.exists()) {
        if arguments.data.exists() {
            std::fs::remove_dir_all(&arguments.data)?;
        }
        std::fs::create_dir_all(&arguments.data)?;
        fill::fill(&data, fill);
    }
    let mut subjects = subjects(&fill);
    for subject in &subjects {
        check(&program, &data, subject)?;
    }
    for _ in 0..arguments.rounds {
        for subject in &mut subjects {
            let seconds = timed(&program, &data, subject)?;
            subject.seconds.push(seconds);
        }
    }
    let (table, holds) = conclude(arguments, &fill, &subjects, &extent(&data)?);
    let run = Kept {
        question: "trace",
        table: &table,
        summary: &summary(arguments, &subjects, holds),
        raw_csv: &raw(&subjects),
    };
    run.tell(arguments.keep.as_deref())?;
    if !arguments.leave {
        std::fs::remove_dir_all(&arguments.data)?;
    }
    Ok(holds)
}

/// The first message, one in the middle and the last, and numbers with few messages and with many.
fn subjects(fill: &Fill) -> Vec<Subject> {
    let subject = |name, typed: String, messages| Subject {
        name,
        typed,
        messages,
        seconds: Vec::new(),
    };
    let (middle, last) = (fill.messages / 2 + 1, fill.messages - 1);
    let few = fill::recipient(middle);
    let of_few = (0..fill.messages).filter(|index| fill::recipient(*index) == few);
    let of_frequent = (0..fill.messages).filter(|index| fill.is_frequent(*index));
    vec![
        subject("the first message", fill::message(0).to_string(), 1),
        subject("one in the middle", fill::message(middle).to_string(), 1),
        subject("the last message", fill::message(last).to_string(), 1),
        subject("a number with few", few.to_string(), of_few.count() as u64),
        subject(
            "a number with many",
            fill::frequent().to_string(),
            of_frequent.count() as u64,
        ),
    ]
}

fn asked(program: &Path, data: &Path, subject: &Subject, more: &[&str]) -> Result<String, BenchError> {
    let output = Command::new(program)
        .args(["trace", &subject.typed, "--data"])
        .arg(data)
        .args(more)
        .output()?;
    let said = String::from_utf8_lossy(&output.stderr);
    match output.status.success() && said.is_empty() {
        true => Ok(String::from_utf8_lossy(&output.stdout).into_owned()),
        false => Err(BenchError::broken(format!(
            "{}: {}, {said}",
            subject.typed, output.status
        ))),
    }
}

/// Whether the story is right: each message once, each with its steps in their order.
fn check(program: &Path, data: &Path, subject: &Subject) -> Result<(), BenchError> {
    let text = asked(program, data, subject, &["--json"])?;
    let steps = text.lines().map(serde_json::from_str::<Value>);
    let steps = steps
        .collect::<Result<Vec<_>, _>>()
        .map_err(std::io::Error::from)?;
    let word = |step: &Value, name: &str| step.get(name).and_then(Value::as_str).map(str::to_owned);
    let mut told = std::collections::BTreeSet::new();
    let is_whole = steps.chunks(STEPS.len()).all(|steps| {
        let messages: Vec<_> = steps.iter().map(|step| word(step, "message")).collect();
        let events: Vec<_> = steps.iter().filter_map(|step| word(step, "event")).collect();
        let [Some(first), ..] = messages.as_slice() else {
            return false;
        };
        let is_one = messages.iter().all(|message| message.as_ref() == Some(first));
        is_one && events == STEPS && told.insert(first.clone())
    });
    match is_whole && told.len() as u64 == subject.messages {
        true => Ok(()),
        false => Err(BenchError::broken(format!(
            "{} is told with {} messages in {} steps, not {}",
            subject.typed,
            told.len(),
            steps.len(),
            subject.messages
        ))),
    }
}

/// Seconds from exec to exit.
fn timed(program: &Path, data: &Path, subject: &Subject) -> Result<f64, BenchError> {
    let begun = clock();
    let text = asked(program, data, subject, &[])?;
    let seconds = begun.elapsed().as_secs_f64();
    // A line for the message, and one a step.
    let lines = subject.messages * (STEPS.len() as u64 + 1);
    match text.lines().count() as u64 == lines {
        true => Ok(seconds),
        false => Err(BenchError::broken(format!("{} is told otherwise", subject.typed))),
    }
}

/// What there is on disk.
struct Extent {
    segments: usize,
    sidecars: usize,
    sidecar_octets: u64,
}

fn extent(data: &Path) -> Result<Extent, BenchError> {
    let mut extent = Extent {
        segments: 0,
        sidecars: 0,
        sidecar_octets: 0,
    };
    for folder in std::fs::read_dir(data)? {
        let folder = folder?.path();
        if !folder.is_dir() {
            continue;
        }
        for file in std::fs::read_dir(folder)? {
            let file = file?;
            match file.path().extension().and_then(|extension| extension.to_str()) {
                Some("log") => extent.segments += 1,
                Some("index") => {
                    extent.sidecars += 1;
                    extent.sidecar_octets += file.metadata()?.len();
                }
                _ => {}
            }
        }
    }
    Ok(extent)
}

fn conclude(arguments: &Arguments, fill: &Fill, subjects: &[Subject], extent: &Extent) -> (String, bool) {
    let mut out = format!(
        "{} records of {} messages in {} journals: {} segment files of {} octets, {} of them sealed with sidecars of \
         {:.2} GB in all;\n{} photographs in the newest segments; {} rounds; seconds from exec to exit, median (least \
         to most)\n\n",
        fill.messages * STEPS.len() as u64,
        fill.messages,
        fill.journals,
        extent.segments,
        fill.segment_octets,
        extent.sidecars,
        extent.sidecar_octets as f64 / 1e9,
        fill.photographs,
        arguments.rounds
    );
    let mut slowest: f64 = 0.0;
    for subject in subjects {
        let spread = Spread::of(subject.seconds.iter().copied());
        slowest = slowest.max(spread.median);
        let steps = subject.messages * STEPS.len() as u64;
        let _ = writeln!(out, "{:<20}{steps:>7} steps   {spread:.3}", subject.name);
    }
    let holds = slowest < SECONDS_MAX;
    let claim = Claim::of(holds);
    let _ = writeln!(
        out,
        "\nslowest median {slowest:.3} s (below {SECONDS_MAX}): {claim}"
    );
    (out, holds)
}

fn summary(arguments: &Arguments, subjects: &[Subject], holds: bool) -> Value {
    let seconds: serde_json::Map<String, Value> = subjects
        .iter()
        .map(|subject| {
            let spread = Spread::of(subject.seconds.iter().copied());
            (subject.name.to_owned(), spread.json())
        })
        .collect();
    serde_json::json!({
        "records": arguments.records,
        "seconds": seconds,
        "holds": holds,
    })
}

fn raw(subjects: &[Subject]) -> String {
    let mut raw = "round,subject,steps,seconds\n".to_owned();
    for subject in subjects {
        for (round, seconds) in (1..).zip(&subject.seconds) {
            let steps = subject.messages * STEPS.len() as u64;
            let _ = writeln!(raw, "{round},{},{steps},{seconds:.4}", subject.name);
        }
    }
    raw
}
