//! The program with the switch `serve --fault PLAN`, for crash tests of the whole server.
//!
//! Outermost, beside `main`; built only with the feature `fault`. Invariant: but for that switch it is the program that
//! ships, so that what is tested here holds there.

#[path = "../allocator.rs"]
mod allocator;

use std::process::ExitCode;

fn main() -> ExitCode {
    allocator::keep_pages();
    ringpost::cli::run(std::env::args_os())
}
