//! The program: sets the allocator, hands the command line over, returns the exit code.
//!
//! Outermost of all; everything is in the library, so that tests and the demo use it too.

mod allocator;

use std::process::ExitCode;

fn main() -> ExitCode {
    allocator::keep_pages();
    ringpost::cli::run(std::env::args_os())
}
