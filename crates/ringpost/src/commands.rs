//! The commands.
//!
//! Each has its options, and `run`, which writes data to `out` and what a human should know to standard error.

pub(crate) mod audit;
pub(crate) mod config;
pub(crate) mod demo;
pub(crate) mod explain;
pub(crate) mod identity;
pub(crate) mod log;
pub(crate) mod pdu;
pub(crate) mod peers;
pub(crate) mod phone;
pub(crate) mod plan;
pub(crate) mod push;
pub(crate) mod route;
pub(crate) mod serve;
pub(crate) mod trace;
