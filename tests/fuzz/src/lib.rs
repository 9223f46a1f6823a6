//! The checks of `tests/src/fuzz`, compiled once more beside libFuzzer.
//!
//! Between the targets and the shared module. Taken by path, not through the package `tests`, which links the server.
//! Invariant: nothing is written here that CI does not run.

#[path = "../../src/fuzz/mod.rs"]
pub mod fuzz;
