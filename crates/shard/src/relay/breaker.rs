//! A peer that can't be reached is left alone for a while, and then asked by one connection alone.
//!
//! Part of a peer's queue. Values in, verdict out: time and chance come in. Invariants: without a failure nothing is
//! held back; a peer that answers, whatever it answers, closes the breaker; the wait between two tries is bounded.

use base::Monotonic;

/// Failures in a row before anything is held back: two connections may break for reasons of their own.
const FAILURES_BORNE: u8 = 2;

/// The first wait, and the longest, milliseconds. Reason: a peer that restarts is back within seconds; one that is down
/// is asked once a minute.
const WAIT_MS: u64 = 1_000;
const WAIT_MS_MAX: u64 = 60_000;

/// How often the wait can double before it is the longest.
const DOUBLINGS_MAX: u8 = 6;

/// How a peer is, as far as connections tell.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Breaker {
    failures: u8,
    /// When the last failure was seen: what began before it and fails tells nothing new.
    failed_at: Monotonic,
    until: Monotonic,
}

/// What may begin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Permit {
    /// As many as the window takes.
    Free,
    /// One, to see.
    Probe,
    /// Nothing before this.
    NotBefore(Monotonic),
}

impl Breaker {
    /// What may begin now.
    pub(crate) fn permit(&self, now: Monotonic) -> Permit {
        match self.failures {
            0..=FAILURES_BORNE => Permit::Free,
            _ if now < self.until => Permit::NotBefore(self.until),
            _ => Permit::Probe,
        }
    }

    /// The peer has answered.
    pub(crate) fn answered(&mut self) {
        *self = Breaker::default();
    }

    /// A connection was lost that was asked for at `begun`. `noise` varies the wait by a quarter, so that shards do not
    /// knock together.
    pub(crate) fn lost(&mut self, begun: Monotonic, now: Monotonic, noise: u16) {
        if self.failures > 0 && begun < self.failed_at {
            return;
        }
        self.failures = self.failures.saturating_add(1);
        self.failed_at = now;
        let doublings = self
            .failures
            .saturating_sub(FAILURES_BORNE + 1)
            .min(DOUBLINGS_MAX);
        let wait_ms = (WAIT_MS << doublings).min(WAIT_MS_MAX);
        let less_ms = wait_ms / 4 * u64::from(noise) / u64::from(u16::MAX);
        self.until = now + (wait_ms - less_ms);
    }

    /// The peer has brought something, so it is there: it is asked as soon as after a first failure. What it brings
    /// says nothing of the way there, so it closes nothing, and however much it brings makes no more tries than that.
    pub(crate) fn heard(&mut self) {
        self.until = self.until.min(self.failed_at + WAIT_MS);
    }

    /// The next try may come at once: an operator says so.
    pub(crate) fn forgive(&mut self) {
        self.until = Monotonic(0);
    }

    /// Whether anything is held back.
    pub(crate) fn is_open(&self) -> bool {
        self.failures > FAILURES_BORNE
    }
}

#[cfg(test)]
mod tests;
