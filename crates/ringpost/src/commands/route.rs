//! `ringpost route explain`: where a message would go, and which rule, profile and limit say so.
//!
//! Works without a server, on the settings file that a server would read. Invariant: it prints what `route::explain`
//! found, step by step; a refusal is an answer, so the exit code is 0 then, too.

use super::config;
use crate::exit::Exit;
use crate::routing;
use base::Msisdn;
use clap::{Args, Subcommand};
use profile::peer::PeerEntry;
use profile::table::Entry;
use profile::{Fault, Party, Settings};
use route::explain::{Explanation, Question, explain};
use route::takes::{Content, content_octets_max, counted};
use route::{Found, Route, Routes, Rule};
use serde_json::{Map, Value, json};
use std::fmt::Write as _;
use std::io::Write;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;

/// What to look into.
#[derive(Debug, Args)]
pub(crate) struct Options {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Say where a message would go, and why
    Explain(Explain),
}

#[derive(Debug, Args)]
struct Explain {
    /// Settings in TOML; without one the lab's defaults
    #[arg(long)]
    config: Option<PathBuf>,
    /// The sender, as it is written
    #[arg(long)]
    from: String,
    /// The recipient, as it is written
    #[arg(long)]
    to: String,
    /// Who brings the message: a peer or `local`; without it, whoever serves the sender
    #[arg(long)]
    peer: Option<String>,
    /// Media type of a part; may be given several times
    #[arg(long = "type", value_name = "TYPE")]
    types: Vec<String>,
    /// Octets of the parts as they are
    #[arg(long, default_value_t = 0)]
    size: u64,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(options: &Options, out: &mut dyn Write) -> Exit {
    let Command::Explain(asked) = &options.command;
    let (settings, routes) = match load(asked) {
        Ok(loaded) => loaded,
        Err(faults) => {
            faults
                .iter()
                .for_each(|fault| eprintln!("configuration: {fault}"));
            return Exit::Usage;
        }
    };
    let bringer = match asked.peer.as_deref() {
        None => None,
        Some("local") => Some(Party::Local),
        Some(name) => match routes.peers().find(name) {
            Some(id) => Some(Party::Peer(id)),
            None => {
                eprintln!("ringpost: there is no peer {name:?}");
                return Exit::Usage;
            }
        },
    };
    let types: Vec<&str> = asked.types.iter().map(String::as_str).collect();
    let question = Question {
        from: &asked.from,
        to: &asked.to,
        bringer,
        content: Content {
            types: &types,
            octets: asked.size,
            recipients: 1,
        },
    };
    let steps = explain(&routes, &question);
    let answer = Answer {
        settings: &settings,
        routes: &routes,
        steps: &steps,
        size: asked.size,
    };
    // Nobody reading any more is no failure.
    let _ = match asked.json {
        true => writeln!(out, "{}", answer.json()),
        false => write!(out, "{}", answer.page()),
    };
    Exit::Done
}

fn load(asked: &Explain) -> Result<(Settings, Routes), Vec<Fault>> {
    let settings = config::load(asked.config.as_deref())?;
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    let address = settings.listen.mm1.first().copied().unwrap_or(address);
    let profile = profile::compile(&settings, 1, address);
    let routes = routing::routes(&settings, &profile, 1)?;
    Ok((settings, routes))
}

/// What was found, with what is needed to name it.
struct Answer<'a> {
    settings: &'a Settings,
    routes: &'a Routes,
    steps: &'a Explanation,
    size: u64,
}

impl Answer<'_> {
    fn name(&self, party: Party) -> &str {
        self.routes.peers().name(party)
    }

    fn route(&self, found: Found) -> &str {
        match found.route {
            Route::Local => "local",
            Route::Peer(id) => self.name(Party::Peer(id)),
            Route::Unknown => "unknown",
            Route::Refused(_) => "refused",
        }
    }

    /// Rows of the destination's profile: name and value.
    fn profile(&self) -> Vec<(&'static str, String)> {
        let entry = match self.steps.accepted.map(|accepted| accepted.to) {
            Some(Party::Peer(id)) => self.settings.peers.get(id.index()),
            _ => None,
        };
        let rows = PeerEntry::ROWS.iter();
        entry.map_or(Vec::new(), |entry| {
            rows.filter_map(|row| Some((row.name, entry.value(row.name)?.to_string())))
                .collect()
        })
    }

    fn limits(&self) -> Option<(u64, u64, u64)> {
        let takes = self.routes.takes(self.steps.accepted?.to)?;
        let counted = counted(self.size, takes.size_basis);
        Some((
            counted,
            u64::from(takes.size_octets_max),
            content_octets_max(takes),
        ))
    }

    fn page(&self) -> String {
        let steps = self.steps;
        let mut page = String::new();
        let mut line = |what: &str, text: String| {
            // Writing to a String cannot fail.
            let _ = writeln!(page, "{what:<10}{text}");
        };
        let number =
            |number: Option<Msisdn>| number.map_or("no number".to_owned(), |number| number.to_string());
        line("from", number(steps.from));
        if let Some(owner) = steps.owner {
            line(
                "  served",
                format!("{}, by {}", self.route(owner), rule_text(owner.rule)),
            );
        }
        if let Some(bringer) = steps.bringer {
            line("brought", format!("by {}", self.name(bringer)));
        }
        line("to", number(steps.to));
        if let Some(found) = steps.found {
            line(
                "  served",
                format!("{}, by {}", self.route(found), rule_text(found.rule)),
            );
        }
        if let (Some(bringer), Some(accepted)) = (steps.bringer, steps.accepted) {
            let (from, to) = (self.name(bringer), self.name(accepted.to));
            line(
                "relation",
                format!("{from} to {to}: allowed, {}", accepted.mode.word()),
            );
        }
        if let Some((counted, limit, content)) = self.limits() {
            line(
                "size",
                format!("{counted} of {limit} octets; at most {content} octets of content"),
            );
        }
        for (name, value) in self.profile() {
            line("profile", format!("{name} = {value}"));
        }
        match steps.refusal {
            None => line("verdict", "sent".to_owned()),
            Some(reason) => {
                let row = reason.row();
                line(
                    "verdict",
                    format!(
                        "refused: {} {reason:?}: {} (SMTP {} {}, MM4 {})",
                        row.code, row.text, row.smtp_code, row.smtp_enhanced, row.mm4_status
                    ),
                );
            }
        }
        page
    }

    fn json(&self) -> Value {
        let steps = self.steps;
        let number = |number: Option<Msisdn>| number.map(|number| number.to_string());
        let found = |found: Option<Found>| {
            found.map(|found| json!({ "route": self.route(found), "rule": rule_text(found.rule) }))
        };
        let profile: Map<String, Value> = self
            .profile()
            .into_iter()
            .map(|(name, value)| {
                (
                    name.to_owned(),
                    serde_json::from_str(&value).unwrap_or(Value::Null),
                )
            })
            .collect();
        json!({
            "from": number(steps.from),
            "from_served": found(steps.owner),
            "brought_by": steps.bringer.map(|party| self.name(party)),
            "to": number(steps.to),
            "to_served": found(steps.found),
            "relation": steps.accepted.map(|accepted| json!({
                "to": self.name(accepted.to), "mode": accepted.mode.word(),
            })),
            "limits": self.limits().map(|(counted, limit, content)| json!({
                "counted_octets": counted, "size_octets_max": limit, "content_octets_max": content,
            })),
            "profile": profile,
            "verdict": match steps.refusal {
                None => json!({ "sent": true }),
                Some(reason) => json!({
                    "sent": false, "code": reason.row().code, "name": format!("{reason:?}"),
                    "text": reason.row().text, "smtp_code": reason.row().smtp_code,
                    "smtp_enhanced": reason.row().smtp_enhanced, "mm4_status": reason.row().mm4_status,
                }),
            },
        })
    }
}

fn rule_text(rule: Rule) -> String {
    match rule {
        Rule::OverrideNumber => "an override of the number".to_owned(),
        Rule::OverrideRange { digits } => format!("an override of its first {digits} digits"),
        Rule::Ported => "the ported numbers".to_owned(),
        Rule::Range { digits } => format!("the range of its first {digits} digits"),
        Rule::Undeclared => "want of a declared range (numbering.local_ranges)".to_owned(),
        Rule::NoRule => "no rule".to_owned(),
    }
}
