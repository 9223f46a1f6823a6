//! Either server in a program that counts its allocations: each line on standard input is answered with the counts.
//!
//! Started by `submit` for its detail, never timed. Invariant: the server is the product's own code, called as its
//! program calls it; only the allocator differs, and that only by counting.

use bench::counting::{self, Counting};
use clap::Parser;
use std::io::{BufRead, Write};
use std::path::PathBuf;
use std::process::ExitCode;

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// A server that tells its allocations.
#[derive(Debug, Parser)]
enum Arguments {
    /// The bare server.
    Bare(bench::bare::Options),
    /// `ringpost serve`.
    Full {
        /// Its settings.
        #[arg(long)]
        config: PathBuf,
    },
}

fn main() -> ExitCode {
    let teller = std::thread::spawn(|| {
        // The server's command holds the lock of standard output for as long as it serves.
        let Ok(mut out) = std::fs::OpenOptions::new().write(true).open("/dev/stdout") else {
            return;
        };
        for _ in std::io::stdin().lock().lines() {
            let counts = counting::counts();
            let (calls, octets, live) = (counts.calls, counts.octets, counts.live);
            if writeln!(out, "calls={calls} octets={octets} live={live}").is_err() {
                return;
            }
        }
    });
    let code = match Arguments::parse() {
        Arguments::Bare(options) => match bench::bare::run(options) {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => {
                eprintln!("counted: {error}");
                ExitCode::FAILURE
            }
        },
        Arguments::Full { config } => {
            let arguments = [
                "ringpost".into(),
                "serve".into(),
                "--config".into(),
                config.into_os_string(),
            ];
            ringpost::cli::run(arguments)
        }
    };
    // It ends with the program.
    drop(teller);
    code
}
