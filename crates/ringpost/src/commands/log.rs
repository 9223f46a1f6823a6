//! `ringpost log verify|dump DIR`: a stopped server's data, judged and shown.
//!
//! Reads only; a running server's directory is refused (exit code 3), since its end would be judged as damage.
//! Invariants: exit code 1 if anything acknowledged is damaged; a torn tail is what every kill leaves and no fault;
//! numbers are masked unless asked for.

use crate::exit::Exit;
use base::{MessageId, Msisdn};
use clap::{Args, Subcommand};
use journal::{Directory, DirectoryError, Problem, RecordView, Verification};
use serde_json::{Value, json};
use std::io::Write;
use std::path::{Path, PathBuf};
use store::record::{
    Action, Answered, Doing, Entered, KIND_ACCEPT, KIND_ACTION, KIND_ANSWERED, KIND_ARRIVAL, KIND_REPEATS,
    KIND_REPEATS_ARRIVED, KIND_STATE, Repeats, State, entered,
};

/// What to look at.
#[derive(Debug, Args)]
pub(crate) struct Options {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Check every octet; exit code 1 if anything is damaged
    Verify {
        /// The data directory
        folder: PathBuf,
        /// Print JSON, one value a journal
        #[arg(long)]
        json: bool,
    },
    /// Print every record
    Dump {
        /// The data directory
        folder: PathBuf,
        /// Show numbers whole
        #[arg(long)]
        numbers: bool,
        /// Print JSON, one value a record
        #[arg(long)]
        json: bool,
    },
}

pub(crate) fn run(options: &Options, out: &mut dyn Write) -> Exit {
    let (Command::Verify { folder, .. } | Command::Dump { folder, .. }) = &options.command;
    let directory = match Directory::open_stopped(folder) {
        Ok(directory) => directory,
        Err(error) => {
            eprintln!("log: {error}");
            return match error {
                DirectoryError::Locked(_) => Exit::Unfit,
                DirectoryError::NoData(_) => Exit::Usage,
                DirectoryError::Manifest { .. } | DirectoryError::Unnamed(_) | DirectoryError::Io { .. } => {
                    Exit::Failed
                }
            };
        }
    };
    let done = match &options.command {
        Command::Verify { json, .. } => verify(&directory, *json, out),
        Command::Dump { numbers, json, .. } => dump(
            &directory,
            Show {
                numbers: *numbers,
                json: *json,
            },
            out,
        ),
    };
    done.unwrap_or_else(|error| {
        eprintln!("log: {error}");
        Exit::Failed
    })
}

fn verify(directory: &Directory, as_json: bool, out: &mut dyn Write) -> std::io::Result<Exit> {
    eprintln!("log: reading {}", directory.path().display());
    let verdict = directory.verify()?;
    // Nobody reading any more is no failure; the exit code tells the verdict.
    let _ = print_verdict(&verdict, directory.path(), as_json, out);
    Ok(if verdict.is_sound() {
        Exit::Done
    } else {
        Exit::Failed
    })
}

fn print_verdict(
    verdict: &Verification,
    folder: &Path,
    as_json: bool,
    out: &mut dyn Write,
) -> std::io::Result<()> {
    for journal in &verdict.journals {
        if as_json {
            let problems: Vec<Value> = journal.problems.iter().map(problem_json).collect();
            let value = json!({
                "journal": journal.journal.0, "groups": journal.groups, "records": journal.records,
                "octets": journal.octets, "problems_total": journal.problems_total, "problems": problems,
            });
            writeln!(out, "{value}")?;
            continue;
        }
        writeln!(
            out,
            "journal {}: {} groups, {} records, {} octets, {} problems",
            journal.journal.0, journal.groups, journal.records, journal.octets, journal.problems_total
        )?;
        for problem in &journal.problems {
            writeln!(out, "  {}", problem_line(problem))?;
        }
    }
    if !as_json {
        let word = if verdict.is_sound() { "sound" } else { "DAMAGED" };
        writeln!(out, "{}: {word}", folder.display())?;
    }
    Ok(())
}

fn problem_line(problem: &Problem) -> String {
    format!(
        "segment {} (file {}) at {}: {} ({} octets)",
        problem.segment.0, problem.slot.0, problem.offset, problem.what, problem.octets
    )
}

fn problem_json(problem: &Problem) -> Value {
    json!({
        "segment": problem.segment.0, "file": problem.slot.0, "offset": problem.offset, "octets": problem.octets,
        "what": problem.what.to_string(), "loses_records": problem.what.loses_records(),
    })
}

/// How records are shown.
#[derive(Clone, Copy)]
struct Show {
    numbers: bool,
    json: bool,
}

impl Show {
    fn number(self, digits: u64) -> String {
        match Msisdn::from_bits(digits) {
            None => "-".to_owned(),
            Some(number) if self.numbers => number.to_string(),
            Some(number) => number.masked().to_string(),
        }
    }
}

fn dump(directory: &Directory, show: Show, out: &mut dyn Write) -> std::io::Result<Exit> {
    let mut written = Ok(());
    for entry in &directory.manifest().journals {
        let files = directory.journal(entry)?;
        files.dump(|step| {
            if written.is_err() {
                return;
            }
            written = match step {
                Ok((_, record)) => {
                    let value = record_json(entry.id.0, &record, show);
                    if show.json {
                        writeln!(out, "{value}")
                    } else {
                        writeln!(out, "{}", line(&value))
                    }
                }
                Err(problem) if show.json => {
                    writeln!(out, "{}", json!({ "problem": problem_json(&problem) }))
                }
                Err(problem) => writeln!(out, "{}", problem_line(&problem)),
            };
        })?;
    }
    // As above: `log dump | head` is no failure.
    Ok(Exit::Done)
}

/// A record as a value; the lines are made from it.
fn record_json(journal: u32, record: &RecordView<'_>, show: Show) -> Value {
    let mut value = json!({
        "journal": journal, "segment": record.location.segment.0, "offset": record.location.offset,
        "lsn": record.lsn.0, "octets": record.location.length,
    });
    let more = match record.kind {
        KIND_ACCEPT | KIND_ARRIVAL => entered(record.kind, record.header)
            .ok()
            .map(|entered| entered_json(&entered, show)),
        KIND_STATE => State::read(record.header)
            .ok()
            .map(|state| state_json(&state.to_native(), record.body, show)),
        KIND_REPEATS | KIND_REPEATS_ARRIVED => Repeats::read(record.header)
            .ok()
            .map(|repeats| json!({ "kind": "repeats", "sends": repeats.sends.len() })),
        KIND_ANSWERED => Answered::read(record.header)
            .ok()
            .map(|answered| json!({ "kind": "answered", "message": message(answered.to_native().message) })),
        KIND_ACTION => Action::read(record.header)
            .ok()
            .map(|action| action_json(&action.to_native())),
        _ => None,
    };
    let more = more.unwrap_or_else(|| json!({ "kind": record.kind, "understood": false }));
    if let (Some(value), Value::Object(more)) = (value.as_object_mut(), more) {
        value.extend(more);
    }
    value
}

fn message(bits: u64) -> String {
    MessageId::from_bits(bits).to_string()
}

fn action_json(action: &Action) -> Value {
    json!({
        "kind": "action", "action": action.done().map(Doing::name), "peer": action.peer, "at": action.at,
        "by": action.by, "from": action.from, "reason": action.reason, "number": action.number,
    })
}

fn entered_json(entered: &Entered, show: Show) -> Value {
    let accept = &entered.accept;
    let recipients: Vec<String> = accept
        .recipients
        .iter()
        .map(|recipient| show.number(recipient.number))
        .collect();
    let mut value = json!({
        "kind": "accept", "message": message(accept.message),
        "sender": show.number(accept.sender), "recipients": recipients, "size": accept.size_octets,
    });
    if let (Some((origin, _)), Some(value)) = (&entered.arrival, value.as_object_mut()) {
        value.insert("kind".to_owned(), json!("arrival"));
        value.insert("peer".to_owned(), json!(origin.peer));
    }
    value
}

fn state_json(state: &State, body: &[u8], show: Show) -> Value {
    let pushed = mms::Pdu::read(body).ok().map(|pdu| pdu.pdu_type().name());
    json!({
        "kind": "state", "message": message(state.message),
        "recipient": show.number(state.number), "index": state.recipient, "sequence": state.sequence,
        "state": lifecycle_name(state.state), "attempts": state.attempts, "at": state.at, "until": state.until,
        "pushed": pushed, "pushed_to": (state.push_to != 0).then(|| show.number(state.push_to)),
    })
}

fn lifecycle_name(octet: u8) -> String {
    lifecycle::State::from_octet(octet).map_or_else(|| octet.to_string(), |state| format!("{state:?}"))
}

/// One line of `key=value`.
fn line(value: &Value) -> String {
    let Value::Object(members) = value else {
        return value.to_string();
    };
    let shown = members.iter().filter(|(_, value)| !value.is_null());
    let words: Vec<String> = shown
        .map(|(key, value)| match value {
            Value::String(text) => format!("{key}={text}"),
            other => format!("{key}={other}"),
        })
        .collect();
    words.join(" ")
}
