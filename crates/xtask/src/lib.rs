//! The house's own tools, as a library: the tidy checks that hold the rules which neither rustc nor clippy can, and
//! the pages that are generated from tables.
//!
//! Reading order: [`tree`] (what is looked at) → [`token`] (Rust source as a flat list) → one module per family of
//! checks ([`rings`], [`confined`], [`form`], [`attributes`], [`testing`], [`manifest`], [`machine`], [`pages`]) →
//! [`checks`] (the table of all of them).
//!
//! It stands outside the message flow: nothing that is shipped depends on it.
//!
//! Invariants: a check is a pure function of a [`tree::Tree`], so that its canary is a tree made in memory; every check
//! in the table has a canary in `tests/canaries.rs`, and the test fails for one that has none.

pub mod attributes;
pub mod checks;
pub mod confined;
pub mod form;
pub mod machine;
pub mod manifest;
pub mod pages;
pub mod rings;
pub mod testing;
pub mod token;
pub mod tree;
