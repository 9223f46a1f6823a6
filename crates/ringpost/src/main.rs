//! The program: hands the command line over, sets the allocator, returns the exit code.
//!
//! Outermost of all; everything is in the library, so that tests and the demo use it too.

use mimalloc::MiMalloc;
use std::process::ExitCode;

/// Per-thread heaps: one a shard, no lock between them.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

fn main() -> ExitCode {
    ringpost::cli::run(std::env::args_os())
}
