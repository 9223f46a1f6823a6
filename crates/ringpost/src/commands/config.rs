//! `ringpost config check|default|schema|manual|table`: the settings file, before a server reads it.
//!
//! Works without a server. Invariant: `check` takes exactly the files that `serve` takes: both call [`load`].

use crate::exit::Exit;
use crate::routing;
use clap::{Args, Subcommand};
use profile::{Settings, lab, parse, render};
use serde_json::json;
use std::io::Write;
use std::path::{Path, PathBuf};

/// What to do with settings.
#[derive(Debug, Args)]
pub(crate) struct Options {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Say every fault of a file; exit code 2 if there is one
    Check {
        /// The TOML file
        file: PathBuf,
        /// Print JSON: {"file", "ok", "faults": [{"line", "text"}]}
        #[arg(long)]
        json: bool,
    },
    /// Print a file with every setting at its default, and what each is for
    Default,
    /// Print the JSON schema of the file
    Schema,
    /// Print the manual page of all settings, in Markdown
    Manual,
    /// Print the table of settings as JSON
    Table,
}

pub(crate) fn run(options: &Options, out: &mut dyn Write) -> Exit {
    // Nobody reading any more is no failure.
    let _ = match &options.command {
        Command::Check { file, json } => return check(file, *json, out),
        Command::Default => write!(out, "{}", render::default_toml()),
        Command::Schema => writeln!(out, "{:#}", render::schema()),
        Command::Manual => write!(out, "{}", render::manual()),
        Command::Table => writeln!(out, "{:#}", render::rows()),
    };
    Exit::Done
}

fn check(file: &Path, as_json: bool, out: &mut dyn Write) -> Exit {
    let faults = load(Some(file)).err().unwrap_or_default();
    // As above.
    let _ = if as_json {
        let faults: Vec<_> = faults
            .iter()
            .map(|fault| json!({ "line": fault.line, "text": fault.text }))
            .collect();
        writeln!(
            out,
            "{}",
            json!({ "file": file.display().to_string(), "ok": faults.is_empty(), "faults": faults })
        )
    } else if faults.is_empty() {
        writeln!(out, "{}: ok", file.display())
    } else {
        faults
            .iter()
            .try_for_each(|fault| writeln!(out, "{}: {fault}", file.display()))
    };
    if faults.is_empty() {
        Exit::Done
    } else {
        Exit::Usage
    }
}

/// Reads a settings file, or takes the defaults, and refuses the lab's defaults off loopback.
///
/// # Errors
/// Every fault found, also that the file, or one of a peer that it names, can't be read.
pub(crate) fn load(file: Option<&Path>) -> Result<Settings, Vec<profile::Fault>> {
    let settings = match file {
        None => Settings::default(),
        Some(file) => {
            let text = std::fs::read_to_string(file).map_err(|error| {
                vec![profile::Fault {
                    line: None,
                    text: format!("can't be read: {error}"),
                }]
            })?;
            let mut settings = parse(&text)?;
            routing::add_peers(&mut settings)?;
            settings
        }
    };
    let refusals = lab::refusals(&settings);
    if refusals.is_empty() {
        return Ok(settings);
    }
    Err(refusals
        .into_iter()
        .map(|text| profile::Fault { line: None, text })
        .collect())
}
