//! How many notifications a second go over one SMPP link, and what does each cost?
//!
//! A whole server gets messages of 50 recipients each; a simulated SMSC here, on plain threads and sockets, answers
//! every submission at once. The same is done with `push = "outbox"`, where the record of a push is the push: the
//! difference in processor time is what the link costs. Invariants: every recipient is another subscriber, so no
//! place is ever taken; the time runs from the first submission to the last; the rate of the link is set beyond
//! reach.

use base::Msisdn;
use bench::cpu::Usage;
use bench::report::{Kept, Spread};
use bench::server::Server;
use bench::{BenchError, clock};
use clap::Parser;
use ringpost::phone::{Config, File, Phone, Submission, Url};
use std::fmt::Write as _;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Command, ExitCode};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// Recipients of one message: the most that settings allow by default.
const RECIPIENTS: u64 = 50;
/// The first recipient: numbers that nobody has.
const FIRST: u64 = 447_700_000_000;

/// Notifications over one SMPP link.
#[derive(Debug, Parser)]
struct Arguments {
    /// Notifications of one round.
    #[arg(long, default_value_t = 50_000)]
    notifications: u64,
    /// Rounds of each.
    #[arg(long, default_value_t = 5)]
    rounds: usize,
    /// Submissions that may be unanswered.
    #[arg(long, default_value_t = 1_000)]
    window: u32,
    /// The server's program; without one, that beside this one.
    #[arg(long)]
    program: Option<PathBuf>,
    /// Keep the run in this folder.
    #[arg(long)]
    keep: Option<PathBuf>,
}

/// What a round found: notifications a second over the link, and nanoseconds of the server for each.
#[derive(Clone, Copy, Debug)]
struct Found {
    per_s: f64,
    ns_each: f64,
}

fn main() -> ExitCode {
    bench::ended("smpp", run(&Arguments::parse()).map(|()| true))
}

fn run(arguments: &Arguments) -> Result<(), BenchError> {
    let program = match &arguments.program {
        Some(program) => program.clone(),
        None => std::env::current_exe()?.with_file_name("ringpost"),
    };
    let (mut smpp, mut outbox) = (Vec::new(), Vec::new());
    let mut raw = "round,smpp_per_s,smpp_ns,outbox_per_s,outbox_ns\n".to_owned();
    for round in 0..arguments.rounds {
        let one = measure(arguments, &program, true)?;
        let other = measure(arguments, &program, false)?;
        let line = format!(
            "{round},{:.0},{:.0},{:.0},{:.0}",
            one.per_s, one.ns_each, other.per_s, other.ns_each
        );
        eprintln!("{line}");
        raw.push_str(&line);
        raw.push('\n');
        smpp.push(one);
        outbox.push(other);
    }
    let pairs = smpp.iter().zip(&outbox);
    let rows = [
        (
            "notifications a second over one link",
            Spread::of(smpp.iter().map(|found| found.per_s)),
        ),
        (
            "server time each, us",
            Spread::of(smpp.iter().map(|found| found.ns_each / 1e3)),
        ),
        (
            "the same where the record is the push (outbox), us",
            Spread::of(outbox.iter().map(|found| found.ns_each / 1e3)),
        ),
        (
            "difference of pairs: what the link costs, us",
            Spread::of(pairs.map(|(one, other)| (one.ns_each - other.ns_each) / 1e3)),
        ),
    ];
    let mut table = String::new();
    for (name, spread) in &rows {
        let _ = writeln!(table, "{name:<52}{spread:.1}");
    }
    let run = Kept {
        question: "smpp",
        table: &table,
        summary: &serde_json::json!({
            "notifications": arguments.notifications,
            "window": arguments.window,
            "per_s": rows[0].1.json(),
            "server_us": rows[1].1.json(),
            "outbox_us": rows[2].1.json(),
            "link_us": rows[3].1.json(),
        }),
        raw_csv: &raw,
    };
    run.tell(arguments.keep.as_deref())
}

fn said(error: impl std::fmt::Display) -> BenchError {
    BenchError::broken(error.to_string())
}

/// What the SMSC has seen.
#[derive(Debug, Default)]
struct Seen {
    submissions: AtomicU64,
}

fn measure(arguments: &Arguments, program: &PathBuf, is_smpp: bool) -> Result<Found, BenchError> {
    let folder = std::env::temp_dir().join(format!("ringpost-smpp-{}", std::process::id()));
    // What an earlier round left.
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder)?;
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let port = listener.local_addr()?.port();
    let seen = Arc::new(Seen::default());
    let shared = Arc::clone(&seen);
    std::thread::spawn(move || {
        while let Ok((stream, _)) = listener.accept() {
            let shared = Arc::clone(&shared);
            std::thread::spawn(move || answer(stream, &shared));
        }
    });
    let config = folder.join("site.toml");
    std::fs::write(&config, settings(arguments, &folder, port, is_smpp))?;
    let mut command = Command::new(program);
    command.arg("serve").arg("--config").arg(&config);
    let server = Server::ready(&mut command)?;
    let found = drive(arguments, &server, &seen, is_smpp);
    drop(server);
    std::fs::remove_dir_all(&folder)?;
    found
}

fn settings(arguments: &Arguments, folder: &std::path::Path, port: u16, is_smpp: bool) -> String {
    let push = if is_smpp { "smpp" } else { "outbox" };
    format!(
        "data = {:?}\nshards = 1\npush = \"{push}\"\n[listen]\nmm1 = [\"127.0.0.1:0\"]\nmm4 = [\"127.0.0.1:0\"]\n\
         admin = [\"127.0.0.1:0\"]\n[mm1]\nretrieval_base = \"http://mms.test/\"\n\
         [[smsc]]\nname = \"bench\"\nhost = \"127.0.0.1\"\nport = {port}\nwindow = {}\nrate_per_s = 100000\n\
         burst = 10000\nreceipts = \"never\"\n",
        folder.join("data").display().to_string(),
        arguments.window
    )
}

fn drive(arguments: &Arguments, server: &Server, seen: &Seen, is_smpp: bool) -> Result<Found, BenchError> {
    let mmsc: Url = format!("http://{}/", server.mm1).parse().map_err(said)?;
    let admin: Url = format!("http://{}/", server.counters).parse().map_err(said)?;
    let sender = Msisdn::from_digits(b"15550100000").ok_or_else(|| BenchError::broken("no number"))?;
    let mut phone = Phone::new(Config::lab(sender, mmsc, admin));
    let before = Usage::read(server.process(), 0, 1)?;
    let begun = clock();
    let messages = arguments.notifications.div_ceil(RECIPIENTS);
    for message in 0..messages {
        let first = FIRST + message * RECIPIENTS;
        let submission = Submission {
            to: (first..first + RECIPIENTS)
                .map(|number| format!("+{number}"))
                .collect(),
            files: vec![File {
                name: "x.txt".to_owned(),
                content_type: "text/plain".to_owned(),
                octets: vec![b'x'; 100],
            }],
            ..Submission::default()
        };
        phone.send(&submission).map_err(said)?;
    }
    let wanted = messages * RECIPIENTS;
    while is_smpp && seen.submissions.load(Ordering::Relaxed) < wanted {
        if begun.elapsed() > Duration::from_secs(120) {
            return Err(BenchError::broken("the notifications do not come"));
        }
        std::thread::park_timeout(Duration::from_millis(1));
    }
    let took = begun.elapsed();
    let after = Usage::read(server.process(), 0, 1)?;
    Ok(Found {
        per_s: wanted as f64 / took.as_secs_f64(),
        ns_each: (after.process_ns - before.process_ns) as f64 / wanted as f64,
    })
}

/// An SMSC's side of one connection: every request is answered with Ok, all that came together at once.
fn answer(mut stream: TcpStream, seen: &Seen) {
    // Slower without, and still right.
    let _ = stream.set_nodelay(true);
    let mut input = Vec::new();
    let mut room = vec![0; 64 << 10];
    let mut output = Vec::new();
    while let Ok(octets @ 1..) = stream.read(&mut room) {
        input.extend_from_slice(room.get(..octets).unwrap_or_default());
        let mut at = 0;
        output.clear();
        while let Some(head) = input.get(at..at + 16) {
            let word = |from: usize| {
                let octets = head.get(from..from + 4).and_then(|octets| octets.try_into().ok());
                u32::from_be_bytes(octets.unwrap_or_default())
            };
            let (length, command) = (word(0) as usize, word(4));
            if length < 16 || input.len() < at + length {
                break;
            }
            at += length;
            let body: &[u8] = match command {
                0x04 => {
                    seen.submissions.fetch_add(1, Ordering::Relaxed);
                    b"1\0"
                }
                0x01 | 0x02 | 0x09 => b"s\0",
                _ => b"",
            };
            output.extend_from_slice(&(16 + body.len() as u32).to_be_bytes());
            output.extend_from_slice(&(command | 0x8000_0000).to_be_bytes());
            output.extend_from_slice(&0_u32.to_be_bytes());
            output.extend_from_slice(&word(12).to_be_bytes());
            output.extend_from_slice(body);
        }
        input.drain(..at);
        if stream.write_all(&output).is_err() {
            return;
        }
    }
}
