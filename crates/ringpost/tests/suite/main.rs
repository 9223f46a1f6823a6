//! The program from outside: command lines, and a real server with phones. One binary, linked once.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a helper of a test that panics is a failed test"
)]

mod acting;
mod cli;
mod crowded;
mod dns;
mod fill;
mod found;
mod histograms;
mod names;
mod plan;
mod relay;
mod route;
mod server;
mod sink;
mod support;
mod trace;
