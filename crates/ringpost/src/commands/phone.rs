//! `ringpost phone`: the simulated handset from the command line.
//!
//! Each command is one or more calls of [`Phone`]. Invariants: data goes to standard output, one line or JSON value for
//! each thing sent, got or reported; exit code 0 only if all that was asked for came about.

mod receive;
mod submit;

use crate::exit::Exit;
use crate::phone::{Config, Personality, Phone, PhoneError, Url};
use base::Msisdn;
use clap::{Args, Subcommand};
use std::io::Write;
use std::path::PathBuf;
use std::time::Duration;

/// Who the phone is and where it talks to.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// The phone's number, such as +447700900001
    #[arg(long, value_parser = number)]
    number: Msisdn,
    /// Where it posts
    #[arg(long, default_value = "http://127.0.0.1:8190/", value_parser = url)]
    mmsc: Url,
    /// The admin listener, where its pushes are kept
    #[arg(long, default_value = "http://127.0.0.1:8192", value_parser = url)]
    admin: Url,
    /// Token of the admin listener
    #[arg(long, env = "RINGPOST_ADMIN_TOKEN", hide_env_values = true)]
    admin_token: Option<String>,
    /// HOST:PORT of a proxy for everything but the outbox
    #[arg(long)]
    proxy: Option<String>,
    /// The header that names the phone to the server
    #[arg(long, default_value = "X-MSISDN")]
    header: String,
    /// Version of MMS that it speaks: 1.0 to 1.3
    #[arg(long, default_value = "1.2", value_parser = version)]
    mms_version: mms::Version,
    /// Be a handset of this family, with its own header, path, version and habits
    #[arg(long, value_name = "NAME", conflicts_with_all = ["header", "mms_version"])]
    personality: Option<String>,
    /// Seconds that a request may take
    #[arg(long, default_value_t = 60, value_parser = clap::value_parser!(u64).range(1..=3_600))]
    patience: u64,
    /// File that remembers which pushes were seen; without one all that are kept are new
    #[arg(long)]
    state: Option<PathBuf>,
    /// Take pushes up to this one as seen
    #[arg(long, conflicts_with = "state")]
    after: Option<u64>,
    /// Print JSON, one value a line
    #[arg(long, global = true)]
    json: bool,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Send files as one message
    Send(submit::Send),
    /// Say that a message was read
    Read(submit::Read),
    /// Wait for pushes and print them
    Wait(receive::Wait),
    /// Answer notifications and save what they bring
    Retrieve(receive::Retrieve),
    /// Wait for delivery and read reports and print them
    Reports(receive::Wait),
}

pub(crate) fn run(options: &Options, out: &mut dyn Write) -> Exit {
    let mut phone = match config(options) {
        Ok(config) => Phone::new(config),
        Err(error) => {
            eprintln!("phone: {error}");
            return Exit::Usage;
        }
    };
    if let Some(seen) = options.after.or_else(|| remembered(options)) {
        phone.set_seen(seen);
    }
    let mut printer = Printer {
        out,
        json: options.json,
    };
    let done = match &options.command {
        Command::Send(send) => submit::send(send, &mut phone, &mut printer),
        Command::Read(read) => submit::read(read, &mut phone, &mut printer),
        Command::Wait(wait) => receive::wait(wait, &mut phone, &mut printer),
        Command::Retrieve(retrieve) => receive::retrieve(retrieve, &mut phone, &mut printer),
        Command::Reports(wait) => receive::reports(wait, &mut phone, &mut printer),
    };
    let kept = remember(options, &phone);
    match done.and(kept) {
        Ok(()) => Exit::Done,
        Err(Stop::Failed(error)) => {
            eprintln!("phone {}: {error}", options.number.masked());
            Exit::Failed
        }
        Err(Stop::Usage(error)) => {
            eprintln!("phone: {error}");
            Exit::Usage
        }
    }
}

/// The phone that the words describe.
fn config(options: &Options) -> Result<Config, PhoneError> {
    let config = Config {
        admin_token: options.admin_token.clone(),
        proxy: options.proxy.clone(),
        header: options.header.clone(),
        patience: Duration::from_secs(options.patience),
        version: options.mms_version,
        ..Config::lab(options.number, options.mmsc.clone(), options.admin.clone())
    };
    match &options.personality {
        Some(name) => Personality::named(name)?.applied(config),
        None => Ok(config),
    }
}

/// Why a command stopped.
enum Stop {
    /// It did not come about.
    Failed(String),
    /// What was asked for can't be done.
    Usage(String),
}

impl From<PhoneError> for Stop {
    fn from(error: PhoneError) -> Stop {
        Stop::Failed(error.to_string())
    }
}

/// Where data goes.
struct Printer<'a> {
    out: &'a mut dyn Write,
    json: bool,
}

impl Printer<'_> {
    /// Prints one thing, at once: who waits for it sees it.
    fn print(&mut self, text: &str, value: &serde_json::Value) {
        let line = if self.json {
            value.to_string()
        } else {
            text.to_owned()
        };
        // Nobody reading any more is no failure.
        let _ = writeln!(self.out, "{line}").and_then(|()| self.out.flush());
    }
}

fn remembered(options: &Options) -> Option<u64> {
    std::fs::read_to_string(options.state.as_ref()?)
        .ok()?
        .trim()
        .parse()
        .ok()
}

fn remember(options: &Options, phone: &Phone) -> Result<(), Stop> {
    let Some(path) = &options.state else { return Ok(()) };
    let written = std::fs::write(path, format!("{}\n", phone.seen()));
    written.map_err(|error| Stop::Failed(format!("{}: {error}", path.display())))
}

fn number(text: &str) -> Result<Msisdn, String> {
    let digits = text.strip_prefix('+').unwrap_or(text);
    Msisdn::from_digits(digits.as_bytes())
        .ok_or_else(|| "an international number has 7 to 15 digits".to_owned())
}

fn url(text: &str) -> Result<Url, String> {
    text.parse::<Url>().map_err(|error| error.to_string())
}

fn version(text: &str) -> Result<mms::Version, String> {
    match text {
        "1.0" => Ok(mms::Version::V1_0),
        "1.1" => Ok(mms::Version::V1_1),
        "1.2" => Ok(mms::Version::V1_2),
        "1.3" => Ok(mms::Version::V1_3),
        _ => Err("1.0, 1.1, 1.2 or 1.3".to_owned()),
    }
}
