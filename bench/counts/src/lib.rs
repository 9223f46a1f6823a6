//! What is counted: one small piece of work each, of the inner loops that every message passes.
//!
//! Beside the flow; `benches/counts.rs` runs each under callgrind and holds its instructions against `baseline.csv`.
//! Invariants: a piece of work is made ready by a function of its own, which is not counted; it has no clock, no chance
//! and no system call in it, so that two runs of one build count the same.

pub mod baseline;
pub mod lab;
pub mod subjects;
