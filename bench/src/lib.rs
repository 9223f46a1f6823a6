//! What the benches share: a bare server to measure against, a driver, and the ways of counting.
//!
//! Beside the flow: nothing of the product depends on it. One program answers one question (`src/bin/`); this library
//! holds what they have in common.
//!
//! ```text
//!  submit ──► prepare (filled segments) ──► server (child, on its core) ◄── driver (on the other core)
//!                                             bare │ full                     │ messages, latency
//!             cpu, syscalls, allocations ◄────────┘                           │
//!             fio (what the disk gives) ──────────────► verdict ◄─────────────┘ ──► runs/DATE-machine
//! ```
//!
//! Invariants: a claim is a ratio within one run; a run says itself when it is void, and why; what was measured is kept
//! whole, not only its median.
//!
//! Reading order: [`pdu`] (what is sent), [`driver`], [`phone`], [`lives`], [`mails`], [`sinks`],
//! [`through`] (what passes), [`bare`] (the floor), [`prepare`] and [`server`] (both sides' processes), [`taker`],
//! [`place`] (where a run stands, and its end), [`cpu`], [`held`] and [`host`] (who paid), [`fio`], [`turns`] (sides
//! beside each other), [`verdict`], [`report`]; [`counting`] and [`detail`] for allocations and system calls.

pub mod bare;
pub mod counting;
pub mod cpu;
pub mod detail;
pub mod driver;
pub mod fio;
pub mod held;
pub mod host;
pub mod lives;
pub mod mails;
pub mod pdu;
pub mod phone;
pub mod place;
pub mod postfix;
pub mod prepare;
pub mod report;
pub mod server;
pub mod sinks;
pub mod taker;
pub mod through;
pub mod turns;
pub mod verdict;

use std::process::ExitCode;
use std::time::Instant;

/// Why a bench could not do its work; in sentences, since it is for people only.
#[derive(Debug, thiserror::Error)]
pub enum BenchError {
    /// The system refused.
    #[error("{0}")]
    Io(#[from] std::io::Error),
    /// Something is not as it must be.
    #[error("{0}")]
    Broken(String),
}

impl BenchError {
    /// From a sentence.
    #[must_use]
    pub fn broken(sentence: impl Into<String>) -> BenchError {
        BenchError::Broken(sentence.into())
    }
}

/// The time, for measuring.
#[must_use]
#[expect(clippy::disallowed_methods, reason = "a bench measures real time")]
pub fn clock() -> Instant {
    Instant::now()
}

/// Whether one of several is asked for, by name: where nobody is named, all are.
#[must_use]
pub fn is_asked(only: &[String], name: &str) -> bool {
    only.is_empty() || only.iter().any(|asked| asked == name)
}

/// How a bench ends: 0 where its claim holds, 1 where it does not, or why it could not be put to the test.
#[must_use]
pub fn ended(name: &str, holds: Result<bool, BenchError>) -> ExitCode {
    match holds {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("{name}: {error}");
            ExitCode::FAILURE
        }
    }
}
