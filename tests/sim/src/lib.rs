//! Deterministic simulation: the production code of codecs, sessions, rules, lives, store, journal and shards, under a
//! simulated clock, network and disk.
//!
//! ```text
//!  a seed ─► swarm (what this run is made of) ─► walk ─┬─► crowd ─► net ─► edge ─► world (node × n) ─► disks
//!                                                      │     ▲ pushes, answers ◄──────┘        │
//!                                                      └─► checkers ◄── events ◄── ledger ◄────┘ durable records
//! ```
//!
//! Beside the product, on top of all rings. Sockets, files, clocks and threads of the product stay outside; everything
//! that decides is inside and is the code that serves. Invariants: one seed is one run, to the octet of the log; a
//! failing run prints its seed and how to repeat it; each checker is known to fail where it should.
//!
//! Reading order: [`world`] and [`node`] (shards, mesh, disks, stops and starts), [`phone`] (PDUs), [`ledger`] (what
//! the logs say), then the run by seed.

#![forbid(unsafe_code)]
#![expect(
    clippy::expect_used,
    clippy::panic,
    reason = "a panic in here is a failed run, which is what the simulation is for"
)]

pub mod book;
pub mod checkers;
pub mod court;
pub mod coverage;
pub mod event;
pub mod ledger;
pub mod meters;
pub mod net;
pub mod node;
pub mod phone;
pub mod stamps;
pub mod swarm;
pub mod sweep;
pub mod walk;
pub mod world;
