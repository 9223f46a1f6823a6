//! Lets one process test in at a time, since two cores carry one server and its phones.
//!
//! Taken first by every test that starts a server. Invariant: a test that fails lets the next one in.

use std::sync::{MutexGuard, PoisonError};

#[expect(clippy::disallowed_types, reason = "tests wait for their turn")]
static TURN: std::sync::Mutex<()> = std::sync::Mutex::new(());

/// Waits for its turn, which lasts until the guard goes.
pub fn enter() -> MutexGuard<'static, ()> {
    TURN.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The time now.
#[must_use]
#[expect(
    clippy::disallowed_methods,
    reason = "deadlines of what happens in other processes"
)]
pub fn now() -> std::time::Instant {
    std::time::Instant::now()
}
