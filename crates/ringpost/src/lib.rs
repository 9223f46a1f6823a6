//! Ring 6: the daemon and the operator's commands, as one program.
//!
//! ```text
//!  command line ─→ cli ─┬─→ serve ─→ server (shards, journals, admin listener)
//!                       ├─→ demo ─→ a child `serve` and phones
//!                       ├─→ phone (a handset, over HTTP and the outbox)
//!                       ├─→ push (asks a running server)
//!                       └─→ config, explain, route, plan, pdu, log, trace (look things up, change nothing)
//! ```
//!
//! Invariants: data goes to standard output, with `--json` as one JSON value a line; what a human should know goes to
//! standard error, one event a line, numbers masked. Exit codes are those of [`exit::Exit`], everywhere.
//!
//! Reading order: [`cli`], [`exit`], then the command in question.

#![forbid(unsafe_code)]

mod admin;
pub mod cli;
mod commands;
pub mod demo;
pub mod exit;
pub mod names;
pub mod phone;
pub mod plan;
pub mod routing;
pub mod server;
pub mod trace;
