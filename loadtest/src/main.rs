//! `ringpost-load`: the program of the load generator.
//!
//! The outermost file: arguments in, exit code out. Invariants: 0 is a good run, 1 a failure or a void one, 2 a wrong
//! command line or scenario.

use clap::{Parser, Subcommand};
use loadtest::ceiling::{self, NullProcess};
use loadtest::null::{Null, NullPlan};
use std::net::SocketAddr;
use std::process::ExitCode;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

#[derive(Parser)]
#[command(name = "ringpost-load", version, about = "Load for an MMSC")]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// A server that does nothing.
    Null {
        #[arg(long, default_value = "127.0.0.1:8190")]
        listen: SocketAddr,
        #[arg(long)]
        core: Option<usize>,
        #[arg(long)]
        stall_at: Option<f64>,
        #[arg(long, default_value_t = 1.0)]
        stall_for: f64,
    },
    /// What the driver can do.
    Ceiling {
        #[arg(long, default_value_t = 3)]
        seconds: u32,
        #[arg(long, default_value_t = 64)]
        connections: u32,
    },
}

fn main() -> ExitCode {
    let outcome = match Cli::parse().command {
        Command::Null {
            listen,
            core,
            stall_at,
            stall_for,
        } => null(listen, core, stall_at, stall_for),
        Command::Ceiling { seconds, connections } => ceiling(seconds, connections),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("ringpost-load: {error}");
            ExitCode::FAILURE
        }
    }
}

fn null(
    listen: SocketAddr,
    core: Option<usize>,
    at: Option<f64>,
    length: f64,
) -> Result<(), Box<dyn std::error::Error>> {
    if let Some(core) = core {
        loadtest::host::pin(core)?;
    }
    let plan = NullPlan {
        stall: at.map(|at| (Duration::from_secs_f64(at), Duration::from_secs_f64(length))),
    };
    let null = Null::bind(listen, plan)?;
    println!("ready mm1={}", null.address()?);
    null.serve(&AtomicBool::new(false))?;
    Ok(())
}

fn ceiling(seconds: u32, connections: u32) -> Result<(), Box<dyn std::error::Error>> {
    let server = NullProcess::start(Some(0), &[])?;
    for octets in [0, 1_000, 30_000, 100_000] {
        let found = ceiling::measure(&server, Some(1), octets, connections, seconds)?;
        println!("{octets:>7} {found:?}");
    }
    Ok(())
}
