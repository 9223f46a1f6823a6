//! The program with the switch `serve --fault PLAN`, for crash tests of the whole server.
//!
//! Outermost, beside `main`; built only with the feature `fault`. Invariant: but for that switch it is the program that
//! ships, so that what is tested here holds there.

use mimalloc::MiMalloc;
use std::process::ExitCode;

/// As in the program that ships.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

fn main() -> ExitCode {
    ringpost::cli::run(std::env::args_os())
}
