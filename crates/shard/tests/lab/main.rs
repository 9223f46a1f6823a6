//! The lab: whole brains on faulty disks in memory, under a clock and a post that the tests hold.
//!
//! Stands where `engine` stands. The world is the simulation's (package `sim`): [`world`] carries out what brains want
//! (disk, mail, reads, answers), loses what a crash loses and starts again through recovery; [`phone`] speaks for
//! subscribers; its ledger reads every durable record, as the outbox does, and checks after each step what must always
//! hold. Tests lie by topic; what throws everything together by seed is the simulation. Invariant: one seed, one run.

#![expect(
    clippy::expect_used,
    clippy::panic,
    reason = "a panic here is a failed test, which is what the lab is for"
)]

use sim::{phone, stamps, world};

mod abroad;
mod acting;
mod carried;
mod damaged;
mod debts;
mod forwarding;
mod hearing;
mod hub;
mod notifying;
mod peer;
mod recovery;
mod refusals;
mod relaying;
mod reports;
mod retention;
mod retrieving;
mod sending;
mod shards;
mod staging;
mod telling;
mod transparent;
