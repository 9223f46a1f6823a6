//! What each format looks like to a fuzzer: how valid inputs are made, where lengths stand, what a broken parser is.
//!
//! Beside the table of fuzzers, which is made of these. Invariant: the makers use the crates' own writers (or their
//! field tables), the canaries only what they need to be broken in one way.

pub mod entity;
pub mod http1;
pub mod journal;
pub mod mm4;
pub mod mms;
pub mod push;
pub mod radius;
pub mod smtp;
pub mod wsp;
