//! The story of a message or of a number, put together from the journals of a data directory.
//!
//! Off the shards, read-only, on a running server's data or a stopped one's. Reading order: [`subject`] (what is asked)
//! → `gather` (the records that speak of it, from all journals at once) → `story` (in words). Invariants: nothing
//! is written or locked; a damaged place is told and the rest is read; numbers come out masked unless asked for whole.

pub mod gather;
pub mod story;
pub mod subject;

pub use gather::{Gathered, gather};
pub use story::{Masking, Step, steps};
pub use subject::Subject;
