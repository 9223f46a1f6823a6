//! `ringpost-load`: the program of the load generator.
//!
//! The outermost file: arguments in, exit code out. Invariants: 0 is a good result; 1 a failure, a void run, a
//! folder that does not verify, a change for the worse; 2 a wrong command line or scenario.

mod cli;
mod commands;

use clap::Parser as _;
use commands::Finding;
use loadtest::scenario::ScenarioError;
use std::process::ExitCode;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    match commands::act(cli::Cli::parse().command) {
        Ok(Finding::Good) => ExitCode::SUCCESS,
        Ok(Finding::Bad) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("ringpost-load: {error}");
            if error.is::<ScenarioError>() {
                ExitCode::from(2)
            } else {
                ExitCode::FAILURE
            }
        }
    }
}
