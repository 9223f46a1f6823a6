//! `ringpost peers`: other operators' MMSCs as the running server sees them, and what an operator does to them.
//!
//! Asks the admin listener. Invariants: without an action it changes nothing; an action that is said to be done is on
//! disk and holds on every shard.

use super::audit;
use crate::admin::Server;
use crate::exit::Exit;
use clap::{Args, Subcommand};
use serde_json::{Value, json};
use std::io::Write;

/// What to look at, or what to do.
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true, after_long_help = ACTIONS)]
pub(crate) struct Options {
    #[command(subcommand)]
    action: Option<Action>,
    #[command(flatten)]
    server: Server,
    /// Print JSON, one peer a line
    #[arg(long)]
    json: bool,
}

/// What the actions mean, for the help.
const ACTIONS: &str = "\
hold     Nothing is sent to the peer: no message, response or report. What comes for it is accepted and waits, within
         its own validity; the time for which the peer is tried does not run. Holds over restarts, until released.
release  Ends a hold or a drain. The time for which the peer is tried begins anew for what waits.
drain    What was accepted up to now goes out, retries included; what is accepted later waits until the peer is
         released, or goes where the routes lead when they no longer lead to it. Nobody is refused for it. Responses
         and reports to the peer go on. `drained` in the state: nothing is left to go out.
retry    What waits for another try is tried at once, and a peer whose connections failed is asked at once. Messages
         that the peer has stored and not responded to keep their own timer.

Each is recorded with its time, who did it, from where, and why: see `ringpost audit`.
Exit codes: 0 done, 1 not done or not known, 2 no such peer.";

#[derive(Debug, Subcommand)]
enum Action {
    /// Send nothing to a peer until it is released
    Hold(Wanted),
    /// End a hold or a drain
    Release(Wanted),
    /// Let go out what waits, and take over nothing new
    Drain(Wanted),
    /// Try at once what waits for another try
    Retry(Wanted),
}

/// To which peer, by whom, why.
#[derive(Debug, Args)]
struct Wanted {
    /// The peer's name in the settings
    peer: String,
    /// Why, for the audit
    #[arg(long, default_value = "", hide_default_value = true, value_name = "TEXT")]
    reason: String,
    /// Who, for the audit; as it stands you, by the system's name
    #[arg(long, value_name = "NAME")]
    by: Option<String>,
    #[command(flatten)]
    server: Server,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(options: &Options, out: &mut dyn Write) -> Exit {
    match &options.action {
        None => show(options, out),
        Some(Action::Hold(wanted)) => act("hold", wanted, out),
        Some(Action::Release(wanted)) => act("release", wanted, out),
        Some(Action::Drain(wanted)) => act("drain", wanted, out),
        Some(Action::Retry(wanted)) => act("retry", wanted, out),
    }
}

fn act(action: &str, wanted: &Wanted, out: &mut dyn Write) -> Exit {
    let is_name = |octet: u8| octet.is_ascii_alphanumeric() || b"-_.".contains(&octet);
    if wanted.peer.is_empty() || !wanted.peer.bytes().all(is_name) {
        eprintln!("ringpost: {:?} is no name of a peer", wanted.peer);
        return Exit::Usage;
    }
    let body = json!({ "by": wanted.by.clone().unwrap_or_else(operator), "reason": wanted.reason });
    let path = format!("/v1/peers/{}/{action}", wanted.peer);
    let deed = match wanted.server.post(&path, &body) {
        Ok(deed) => deed,
        Err(exit) => return exit,
    };
    // Nobody reading any more is no failure.
    let _ = match wanted.json {
        true => writeln!(out, "{deed}"),
        false => writeln!(out, "{}", audit::line(&deed)),
    };
    Exit::Done
}

/// Who runs this, as far as the system says.
fn operator() -> String {
    ["SUDO_USER", "USER", "LOGNAME"]
        .iter()
        .filter_map(|name| std::env::var(name).ok())
        .find(|name| !name.is_empty())
        .unwrap_or_else(|| "unknown".to_owned())
}

fn show(options: &Options, out: &mut dyn Write) -> Exit {
    let peers = match options.server.list("/v1/peers", "peers") {
        Ok(peers) => peers,
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
            "{:<20} {:<8} {:>8} {:>6} {:>8} {:>8} {:>6} {:>6} {:>10}  held, last error",
            "peer", "state", "waiting", "aside", "untaken", "oldest/s", "notes", "mails", "unanswered"
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
    let (state, held) = match word("held") {
        none if none.is_empty() => (word("state"), none),
        held => {
            let since = audit::time(number("held_since"));
            let why = format!("since {since} by {} {}", word("held_by"), word("held_reason"));
            (held, format!("{} ", why.trim_end()))
        }
    };
    format!(
        "{:<20} {state:<8} {:>8} {:>6} {:>8} {:>8} {:>6} {:>6} {:>10}  {held}{error}",
        word("peer"),
        number("messages"),
        number("aside"),
        number("untaken"),
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
