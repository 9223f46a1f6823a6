//! `ringpost audit`: what operators did to other operators' MMSCs.
//!
//! Asks the admin listener of a running server; `ringpost log dump` shows a stopped one's. Invariant: it changes
//! nothing.

use crate::admin::Server;
use crate::exit::Exit;
use clap::Args;
use serde_json::Value;
use std::io::Write;
use std::time::{Duration, UNIX_EPOCH};

/// What to look at.
#[derive(Debug, Args)]
pub(crate) struct Options {
    #[command(flatten)]
    server: Server,
    /// Only of this peer
    #[arg(long, value_name = "NAME")]
    peer: Option<String>,
    /// Print JSON, one action a line
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(options: &Options, out: &mut dyn Write) -> Exit {
    let deeds = match options.server.list("/v1/audit", "actions") {
        Ok(deeds) => deeds,
        Err(exit) => return exit,
    };
    let is_wanted = |deed: &&Value| {
        let peer = options.peer.as_deref();
        peer.is_none_or(|peer| deed["peer"].as_str() == Some(peer))
    };
    for deed in deeds.iter().filter(is_wanted) {
        // Nobody reading any more is no failure.
        let _ = match options.json {
            true => writeln!(out, "{deed}"),
            false => writeln!(out, "{}", line(deed)),
        };
    }
    Exit::Done
}

/// An action as a line: when, what, to which, who, from where, why.
pub(super) fn line(deed: &Value) -> String {
    let word = |name: &str| deed[name].as_str().unwrap_or_default();
    let at = time(deed["at"].as_u64().unwrap_or_default());
    let (action, peer, by, from) = (word("action"), word("peer"), word("by"), word("from"));
    format!("{at} {action:<7} {peer:<20} {by}@{from} {}", word("reason"))
        .trim_end()
        .to_owned()
}

/// Seconds since 1970 as a time.
pub(super) fn time(at: u64) -> String {
    humantime::format_rfc3339_seconds(UNIX_EPOCH + Duration::from_secs(at)).to_string()
}
