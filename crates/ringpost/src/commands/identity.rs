//! `ringpost identity who ADDRESS`: who holds an address, by the running server's map of sessions.
//!
//! Asks the admin listener. Invariants: nothing is changed; numbers are masked unless they are asked for whole; exit
//! code 0 only if one session holds the address somewhere.

use crate::exit::Exit;
use crate::phone::http::{Call, Client, Url};
use clap::{Args, Subcommand};
use serde_json::Value;
use std::fmt::Write as _;
use std::io::Write;
use std::net::IpAddr;
use std::time::Duration;

/// How long the admin listener may take.
const PATIENCE: Duration = Duration::from_secs(20);

/// What to ask, and whom.
#[derive(Debug, Args)]
pub(crate) struct Options {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Tell who holds an address, in each realm that an access point looks in
    Who(Who),
}

#[derive(Debug, Args)]
struct Who {
    /// An IPv4 or IPv6 address
    address: IpAddr,
    /// The admin listener
    #[arg(long, default_value = "http://127.0.0.1:8192", value_parser = url)]
    admin: Url,
    /// Token of the admin listener
    #[arg(long, env = "RINGPOST_ADMIN_TOKEN", hide_env_values = true)]
    admin_token: Option<String>,
    /// Show numbers whole
    #[arg(long)]
    unmask: bool,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(options: &Options, out: &mut dyn Write) -> Exit {
    let Command::Who(who) = &options.command;
    match ask(who) {
        Ok(answer) => tell(who, &answer, out),
        Err(sentence) => {
            eprintln!("identity: {sentence}");
            Exit::Failed
        }
    }
}

fn url(text: &str) -> Result<Url, String> {
    text.parse::<Url>().map_err(|error| error.to_string())
}

fn ask(who: &Who) -> Result<Value, String> {
    let query = if who.unmask { "?unmask=true" } else { "" };
    let url = who.admin.join(&format!("v1/identity/{}{query}", who.address));
    let token = who.admin_token.as_ref().map(|token| format!("Bearer {token}"));
    let fields: Vec<(&str, &str)> = token
        .iter()
        .map(|token| ("Authorization", token.as_str()))
        .collect();
    let call = Call {
        url: &url,
        fields: &fields,
        body: None,
        patience: PATIENCE,
    };
    let answer = Client::new(None)
        .call(&call)
        .map_err(|error| format!("{}: {error}", who.admin))?;
    let value: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
    if answer.status == 200 {
        return Ok(value);
    }
    let detail = value["detail"].as_str().unwrap_or("no reason is given");
    Err(format!("{} says {}: {detail}", who.admin, answer.status))
}

fn tell(who: &Who, answer: &Value, out: &mut dyn Write) -> Exit {
    let realms = answer["realms"].as_array().map(Vec::as_slice).unwrap_or_default();
    // Nobody reading any more is no failure.
    let _ = match who.json {
        true => writeln!(out, "{answer}"),
        false => realms
            .iter()
            .try_for_each(|realm| writeln!(out, "{}", line(realm))),
    };
    if realms.is_empty() {
        eprintln!("identity: no access point looks sessions up");
    }
    if realms.iter().any(|realm| realm["state"] == "held") {
        Exit::Done
    } else {
        Exit::Failed
    }
}

/// One realm, as a line.
fn line(realm: &Value) -> String {
    let apns = realm["apns"].as_array().map(Vec::as_slice).unwrap_or_default();
    let apns: Vec<&str> = apns.iter().filter_map(Value::as_str).collect();
    let state = realm["state"].as_str().unwrap_or_default();
    let mut line = format!("realm {} ({}): {state}", realm["realm"], apns.join(", "));
    for key in ["msisdn", "imsi", "imeisv", "network", "rat", "within"] {
        let text = match &realm[key] {
            Value::String(text) => text.clone(),
            Value::Number(number) => number.to_string(),
            _ => continue,
        };
        // Writing to a String cannot fail.
        let _ = write!(line, " {key}={text}");
    }
    if let Some(last_s) = realm["last_s"].as_u64() {
        let last = std::time::UNIX_EPOCH + Duration::from_secs(last_s);
        let _ = write!(line, " last={}", humantime::format_rfc3339_seconds(last));
    }
    line
}
