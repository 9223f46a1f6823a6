//! The map among threads, and behind RADIUS clients that others wrote.

#![expect(clippy::unwrap_used, reason = "a panic in a test is a failed test")]

mod foreign;
mod race;
mod server;
