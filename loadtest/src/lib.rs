//! Load for an MMSC, and the truth about what it did under it: `ringpost-load`.
//!
//! A client of the service: words and codecs only, nothing of the server's own. Open-loop: messages are due on a
//! schedule that no answer changes, and latency counts from when a message was due.
//!
//! ```text
//!  scenario (TOML) ─► pace (arrivals) ─► phone (lives) ─► driver (exchanges) ─► wire (io_uring) ─► server
//!                                          │ record (histograms, counts, ledger)
//!                                          ▼
//!  run (threads, intervals) ─► folder (hlog, samples, ledger, conditions) ─► summary ─► report
//!                                   ▲ verify: derives again and compares      └─► compare, sweep, usl
//! ```
//!
//! Reading order: [`scenario`], [`pace`], [`template`], [`personality`], [`driver`], [`phone`], [`record`], [`run`];
//! [`folder`], [`hlog`], [`samples`], [`summary`], [`verify`], [`report`]; [`compare`], [`sweep`], [`usl`];
//! [`null`] and [`ceiling`] (what the driver itself can do); [`wire`] (the one place with `unsafe`), [`host`],
//! [`server`].
//!
//! Invariants: the driver is never the bottleneck unnoticed: it measures its own lag and processor time; what is
//! shown can be derived again from what was kept.

pub mod ceiling;
pub mod clock;
pub mod compare;
pub mod conditions;
pub mod driver;
pub mod folder;
pub mod hlog;
pub mod host;
pub mod null;
pub mod pace;
pub mod personality;
pub mod phone;
pub mod photograph;
pub mod record;
pub mod report;
pub mod run;
pub mod samples;
pub mod scenario;
pub mod server;
pub mod summary;
pub mod sweep;
pub mod template;
pub mod usl;
pub mod verify;
pub mod wire;

#[cfg(test)]
mod synthetic;
