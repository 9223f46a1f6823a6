//! The runner of the instruction counts: gungraun's own, of the version that stands in Cargo.lock.
//!
//! Stands between `cargo bench` and valgrind, so that nobody installs a program whose version must match the library's.
//! Invariant: it decides nothing; what a benchmark's limits say is its exit code (0 within, 3 above, 1 for trouble).

use gungraun_runner::error::Error;
use std::process::ExitCode;

fn main() -> ExitCode {
    let Err(error) = gungraun_runner::runner::run() else {
        return ExitCode::SUCCESS;
    };
    eprintln!("counts: {error}");
    match error.downcast_ref::<Error>() {
        Some(Error::RegressionError(_)) => ExitCode::from(3),
        _ => ExitCode::FAILURE,
    }
}
