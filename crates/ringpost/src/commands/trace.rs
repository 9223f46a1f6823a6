//! `ringpost trace ID|NUMBER`: what became of a message, or of all messages of a number.
//!
//! Reads a data directory, whether its server runs or not, and takes no lock: a running server's records are shown once
//! a later one says that they are durable, which is within a moment. Invariants: exit code 1 when nothing is known of
//! the subject; damage is told on standard error and the rest is read; `--unmask` shows numbers whole to whoever can
//! read the data's files, who could read them there.

use crate::exit::Exit;
use crate::trace::{Gathered, Masking, Step, Subject, gather, steps};
use base::{MessageId, WallSeconds};
use clap::Args;
use journal::{Archive, DirectoryError, Writer};
use serde_json::json;
use std::io::Write;
use std::path::PathBuf;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// What to look for, and where.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// A Message-ID (16 hexadecimal digits, with or without @domain) or an international number
    subject: String,
    /// Only what was decided since: a span such as `2h` or `3days`, or a time in UTC such as
    /// `2026-11-22` or `2026-11-22T21:57:01Z`
    #[arg(long, value_name = "WHEN")]
    since: Option<String>,
    /// The data directory
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// Print JSON, one value a step
    #[arg(long)]
    json: bool,
    /// Show numbers whole, as the owner of the data's files may see them
    #[arg(long)]
    unmask: bool,
}

pub(crate) fn run(options: &Options, out: &mut dyn Write) -> Exit {
    let since = match options.since.as_deref() {
        None => Some(WallSeconds(0)),
        Some(text) => since(text, wall_now()),
    };
    let Some(since) = since else {
        eprintln!("trace: --since is neither a span such as 2h nor a time such as 2026-11-22T21:57:01Z");
        return Exit::Usage;
    };
    let subject: Subject = match options.subject.parse() {
        Ok(subject) => subject,
        Err(error) => {
            eprintln!("trace: {error}");
            return Exit::Usage;
        }
    };
    let data = options
        .data
        .clone()
        .unwrap_or_else(|| profile::Settings::default().process.data.into());
    if let Err(error) = journal::install_sigbus_handler() {
        eprintln!("trace: a failing disk will not be named: {error}");
    }
    let archive = match Archive::open(&data) {
        Ok(archive) => archive,
        Err(error) => {
            eprintln!("trace: {error}");
            return match error {
                DirectoryError::NoData(_) => Exit::Usage,
                DirectoryError::Locked(_)
                | DirectoryError::Manifest { .. }
                | DirectoryError::Unnamed(_)
                | DirectoryError::Io { .. } => Exit::Failed,
            };
        }
    };
    match gather(&archive, subject, since.0) {
        Ok(gathered) => tell(options, &archive, &gathered, out),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            eprintln!("trace: a starting server is replacing its journals; ask again when it is ready");
            Exit::Failed
        }
        Err(error) => {
            eprintln!("trace: {}: {error}", data.display());
            Exit::Failed
        }
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "a span is counted back from the time at which the command is given"
)]
fn wall_now() -> SystemTime {
    SystemTime::now()
}

/// A span before now, or a time.
fn since(text: &str, now: SystemTime) -> Option<WallSeconds> {
    let moment = match humantime::parse_duration(text) {
        Ok(span) => now.checked_sub(span)?,
        Err(_) => {
            // A day alone is its beginning.
            let midnight = format!("{text} 00:00:00");
            humantime::parse_rfc3339_weak(text)
                .or_else(|_| humantime::parse_rfc3339_weak(&midnight))
                .ok()?
        }
    };
    let seconds = moment.duration_since(UNIX_EPOCH).unwrap_or(Duration::ZERO);
    u32::try_from(seconds.as_secs()).ok().map(WallSeconds)
}

fn tell(options: &Options, archive: &Archive, gathered: &Gathered, out: &mut dyn Write) -> Exit {
    for (journal, problem) in &gathered.problems {
        let loss = if problem.what.loses_records() {
            "records there are lost, the rest is told"
        } else {
            "nothing is lost"
        };
        eprintln!("trace: journal {journal}: {problem}: {loss}");
    }
    if gathered.freed > 0 {
        eprintln!(
            "trace: {} segments were freed by the server meanwhile",
            gathered.freed
        );
    }
    if gathered.is_cut {
        let most = crate::trace::gather::EVENTS_MAX;
        eprintln!("trace: there are more than {most} records, and not all are told; narrow it with --since");
    }
    if gathered.events.is_empty() {
        let state = match archive.writer() {
            Writer::Running => "running server",
            Writer::Stopped => "stopped server",
        };
        eprintln!(
            "trace: nothing is known of it in {} segments of a {state}: it was never here, or it is longer ago than \
             the log reaches",
            gathered.segments
        );
        return Exit::Failed;
    }
    let masking = match options.unmask {
        true => Masking::Whole,
        false => Masking::Masked,
    };
    // Nobody reading any more is no failure.
    let _ = print(&steps(&gathered.events, masking), options.json, out);
    Exit::Done
}

fn print(steps: &[Step], as_json: bool, out: &mut dyn Write) -> std::io::Result<()> {
    let mut last: Option<MessageId> = None;
    for step in steps {
        if as_json {
            writeln!(out, "{}", json!(step.to_json()))?;
            continue;
        }
        if last != Some(step.message) {
            writeln!(out, "message {}", step.message)?;
            last = Some(step.message);
        }
        writeln!(out, "  {}  {}", step.time(), step.text)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests;
