//! Looks: when the follower goes over the journals, and for whom.
//!
//! Between requests and the follower. A request that finds nothing in the index asks for a look and waits for its end:
//! a look that begins after the request has seen everything that was durable before it. Invariants: looks are numbered
//! from 1, begin and end in turn; without a request for [`LINGER`] there is none.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU8, AtomicU64, Ordering};
use std::thread::Thread;
use std::time::{Duration, Instant};
use tokio::sync::watch;

/// How long the follower goes on after the last request that did not wait: a phone that polls keeps it going.
const LINGER: Duration = Duration::from_secs(2);

/// How often the durable ends are looked at while somebody waits. A bell would cost the shards a wake (7.5 µs) for each
/// group; this costs the follower some microseconds a second.
const LOOK: Duration = Duration::from_millis(1);

/// The follower follows, or has stopped after an error.
const FOLLOWS: u8 = 0;
const STOPPED: u8 = 1;

/// See the module's comment.
#[derive(Debug)]
pub(crate) struct Looks {
    begun: AtomicU64,
    ended: watch::Sender<u64>,
    /// Milliseconds after `start` until which somebody wants looks.
    wanted_until_ms: AtomicU64,
    start: Instant,
    follower: OnceLock<Thread>,
    state: AtomicU8,
}

/// Why there was no look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NoLook {
    /// The follower has stopped.
    Stopped,
    /// It did not end in time: there is much to catch up with.
    Late,
}

impl Default for Looks {
    fn default() -> Looks {
        Looks {
            begun: AtomicU64::new(0),
            ended: watch::Sender::new(0),
            wanted_until_ms: AtomicU64::new(0),
            start: now(),
            follower: OnceLock::new(),
            state: AtomicU8::new(FOLLOWS),
        }
    }
}

impl Looks {
    /// Waits, at most so long, for a look that begins after this call.
    pub(crate) async fn fresh(&self, patience: Duration) -> Result<(), NoLook> {
        let until = self.elapsed_ms() + LINGER.as_millis() as u64;
        self.wanted_until_ms.fetch_max(until, Ordering::AcqRel);
        let mut ended = self.ended.subscribe();
        let target = self.begun.load(Ordering::Acquire) + 1;
        self.wake();
        let wait = ended.wait_for(|look| *look >= target || self.has_stopped());
        match tokio::time::timeout(patience, wait).await {
            Ok(Ok(_)) if !self.has_stopped() => Ok(()),
            Ok(_) => Err(NoLook::Stopped),
            Err(_) => Err(NoLook::Late),
        }
    }

    /// Whether somebody wants looks; `waiters` are requests that wait for a push.
    pub(crate) fn are_wanted(&self, waiters: usize) -> bool {
        waiters > 0 || self.elapsed_ms() < self.wanted_until_ms.load(Ordering::Acquire)
    }

    /// The follower says who it is.
    pub(crate) fn follow(&self, follower: Thread) {
        // There is one follower.
        let _ = self.follower.set(follower);
    }

    /// A look begins.
    pub(crate) fn begin(&self) {
        self.begun.fetch_add(1, Ordering::AcqRel);
    }

    /// The look that began last has seen everything.
    pub(crate) fn end(&self) {
        self.ended.send_replace(self.begun.load(Ordering::Acquire));
    }

    /// There will be no more.
    pub(crate) fn stop(&self) {
        self.state.store(STOPPED, Ordering::Release);
        self.ended.send_modify(|_| {});
    }

    /// Whether the follower has stopped after an error.
    pub(crate) fn has_stopped(&self) -> bool {
        self.state.load(Ordering::Acquire) == STOPPED
    }

    /// Wakes the follower, for a look or for its end.
    pub(crate) fn wake(&self) {
        if let Some(follower) = self.follower.get() {
            follower.unpark();
        }
    }

    /// The follower's pause: until the next look is due, or until somebody wants one.
    pub(crate) fn pause(&self, waiters: usize) {
        if self.are_wanted(waiters) {
            std::thread::park_timeout(LOOK);
        } else {
            std::thread::park();
        }
    }

    fn elapsed_ms(&self) -> u64 {
        u64::try_from(self.start.elapsed().as_millis()).unwrap_or(u64::MAX)
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "control is off the shards: its follower waits in real time"
)]
fn now() -> Instant {
    Instant::now()
}
