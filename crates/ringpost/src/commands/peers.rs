//! `ringpost peers`: other operators' MMSCs as the running server sees them.
//!
//! Asks the admin listener. Invariant: it changes nothing.

use crate::admin::Server;
use crate::exit::Exit;
use clap::Args;
use serde_json::Value;
use std::io::Write;

/// What to look at.
#[derive(Debug, Args)]
pub(crate) struct Options {
    #[command(flatten)]
    server: Server,
    /// Print JSON, one peer a line
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(options: &Options, out: &mut dyn Write) -> Exit {
    let peers = match options.server.get("/v1/peers") {
        Ok(Value::Array(peers)) => peers,
        Ok(_) => {
            eprintln!("ringpost: the server's answer is no list of peers");
            return Exit::Failed;
        }
        Err(exit) => return exit,
    };
    if peers.is_empty() && !options.json {
        eprintln!("ringpost: no peers: there is no [[peer]] in the server's settings");
        return Exit::Done;
    }
    if !options.json {
        // Nobody reading any more is no failure.
        let _ = writeln!(
            out,
            "{:<20} {:<8} {:>8} {:>8} {:>6} {:>6} {:>10}  last error",
            "peer", "state", "waiting", "oldest/s", "notes", "mails", "unanswered"
        );
    }
    for peer in &peers {
        let _ = match options.json {
            true => writeln!(out, "{peer}"),
            false => writeln!(out, "{}", line(peer)),
        };
    }
    Exit::Done
}

fn line(peer: &Value) -> String {
    let word = |name: &str| peer[name].as_str().unwrap_or_default().to_owned();
    let number = |name: &str| peer[name].as_u64().unwrap_or_default();
    let error = match word("error") {
        none if none.is_empty() => none,
        said => format!("{said} ({} s ago)", number("error_age_s")),
    };
    format!(
        "{:<20} {:<8} {:>8} {:>8} {:>6} {:>6} {:>10}  {error}",
        word("peer"),
        word("state"),
        number("messages"),
        number("oldest_s"),
        number("notes"),
        number("mails"),
        number("unanswered"),
    )
    .trim_end()
    .to_owned()
}

#[cfg(test)]
mod tests;
