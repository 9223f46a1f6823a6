//! The suite: the program that ships, as a process, on loopback, driven by phones, raw sockets and foreign clients.
//!
//! Process tests take turns (`turnstile`), since two cores carry one server and its phones.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a panic in a test's own helper is a failed test"
)]

mod clients;
mod damage;
mod faults;
mod framing;
mod handsets;
mod hostile;
mod identity;
mod killing;
mod lives;
mod logs;
mod mm4;
mod pushing;
mod restarting;
mod room;
mod sharding;
mod starting;
mod support;
