//! `ringpost push links`: the links to SMSCs and push gateways, as the running server sees them.
//!
//! Asks the admin listener. Invariant: it changes nothing.

use crate::admin::Server;
use crate::exit::Exit;
use clap::{Args, Subcommand};
use serde_json::Value;
use std::io::Write;

/// What to look at.
#[derive(Debug, Args)]
pub(crate) struct Options {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// State, window, rate, counts and last error of each link
    Links(Links),
}

#[derive(Debug, Args)]
struct Links {
    #[command(flatten)]
    server: Server,
    /// Print JSON, one link a line
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(options: &Options, out: &mut dyn Write) -> Exit {
    match &options.what {
        What::Links(links) => show(links, out),
    }
}

fn show(options: &Links, out: &mut dyn Write) -> Exit {
    let links = match options.server.list("/v1/push/links", "links") {
        Ok(links) => links,
        Err(exit) => return exit,
    };
    if links.is_empty() && !options.json {
        eprintln!("ringpost: no links: pushes go to the outbox");
        return Exit::Done;
    }
    if !options.json {
        // Nobody reading any more is no failure.
        let _ = writeln!(
            out,
            "{:<20} {:>4} {:<12} {:<7} {:>11} {:>11} {:>8} {:>10} {:>8} {:>6}  last error",
            "centre", "link", "kind", "state", "window", "rate/s", "waiting", "taken", "refused", "lost"
        );
    }
    for link in &links {
        let _ = match options.json {
            true => writeln!(out, "{link}"),
            false => writeln!(out, "{}", line(link)),
        };
    }
    Exit::Done
}

fn line(link: &Value) -> String {
    let word = |name: &str| link[name].as_str().unwrap_or_default().to_owned();
    let number = |name: &str| link[name].as_u64().unwrap_or_default();
    let rate = match number("rate_per_s") {
        0 => number("taken_per_s").to_string(),
        limit => format!("{}/{limit}", number("taken_per_s")),
    };
    format!(
        "{:<20} {:>4} {:<12} {:<7} {:>11} {rate:>11} {:>8} {:>10} {:>8} {:>6}  {}",
        word("centre"),
        number("link"),
        word("kind"),
        word("state"),
        format!("{}/{}", number("outstanding"), number("window")),
        number("waiting"),
        number("taken"),
        number("refused"),
        number("lost"),
        word("error"),
    )
    .trim_end()
    .to_owned()
}

#[cfg(test)]
mod tests;
