//! Fuzzers as plain seeded programs: each makes whole inputs with our writers, damages them, and runs a check.
//!
//! ```text
//!  (seed, number) → Dice → make (a valid input) → mutate (its format's way) → check → panic? → minimise → Failure
//! ```
//!
//! Called by `cargo run -p tests --bin fuzz` (for hours) and by `tests/fuzz_smoke.rs` (a million executions in CI). The
//! checks themselves are ordinary functions of the crates (`wsp::fuzz` and so on), which the cargo-fuzz targets call,
//! too. Reading order: `fuzzer` (the table), `subject` (what each format looks like), `mutate`, `run`, `minimise`.
//!
//! Invariants: an input is a function of fuzzer, seed and number, so that a failure is repeated by naming the three;
//! each format has a canary, a parser broken on purpose, which the same generator must find. The file is called
//! `mod.rs` because the cargo-fuzz package takes it by its path.

mod dice;
mod fuzzer;
pub mod hex;
mod minimise;
mod mutate;
mod run;
pub mod subject;

pub use dice::Dice;
pub use fuzzer::{Expectation, FUZZERS, Format, Fuzzer, Layout, SMOKE_EXECUTIONS_MIN, find};
pub use run::{Campaign, Failure, PanicNote, Report, run, verdict};
