//! What the workspace's own test programs share: the fuzzers, and the real process under test.
//!
//! Beside the product, on top of all rings: the suites in `tests/`, the programs in `src/bin` and the cargo-fuzz
//! targets in `fuzz/` call this. Invariant: nothing in `fuzz` reads a clock, a port or the network, what happens there
//! is a function of a seed; `process` waits for other processes, always with a deadline.

pub mod fuzz;
pub mod process;
