//! What the workspace's own test programs share: so far the fuzzers.
//!
//! Beside the product, on top of all rings: the suite in `tests/`, the programs in `src/bin` and the cargo-fuzz
//! targets in `fuzz/` call this. Invariant: nothing here reads a clock, a fixed port or the network; what happens is a
//! function of a seed.

pub mod fuzz;
