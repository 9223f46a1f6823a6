//! What the admin plane's threads share.
//!
//! Written by the program (phase, live settings), the follower (index) and read by requests. Invariants: the phase only
//! moves forward; the index is locked for the time of one look-up or one stretch, never while something is waited for.

use crate::histograms::Histograms;
use crate::identity::Identity;
use crate::links::Links;
use crate::outbox::index::Index;
use crate::outbox::looks::Looks;
use crate::peers::Peers;
use crate::places::waits_max;
use meter::ShardMeter;
use std::sync::atomic::{AtomicBool, AtomicU8, Ordering};
use std::sync::{Arc, OnceLock, PoisonError};
use tokio::sync::{Notify, Semaphore, watch};

#[expect(
    clippy::disallowed_types,
    reason = "off the datapath: the follower and requests share the index"
)]
type Lock<T> = std::sync::Mutex<T>;

/// How far the server is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Phase {
    /// Recovering, or binding its listeners.
    Starting = 0,
    /// Serving.
    Ready = 1,
    /// Finishing what is under way; nothing new.
    Draining = 2,
}

impl Phase {
    /// As it stands in `/readyz`.
    #[must_use]
    pub fn text(self) -> &'static str {
        match self {
            Phase::Starting => "starting",
            Phase::Ready => "ready",
            Phase::Draining => "draining",
        }
    }
}

/// Settings that a reload may change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Live {
    /// The bearer token; empty: none is asked for.
    pub token: String,
    /// Seconds that one outbox request may wait.
    pub wait_s_max: u32,
}

/// See the module's comment.
pub(crate) struct State {
    pub(crate) live: watch::Sender<Live>,
    pub(crate) identity: watch::Sender<Option<Identity>>,
    pub(crate) meters: OnceLock<Vec<Arc<ShardMeter>>>,
    pub(crate) histograms: OnceLock<Arc<Histograms>>,
    pub(crate) links: OnceLock<Links>,
    pub(crate) peers: OnceLock<Peers>,
    pub(crate) stop: Notify,
    phase: AtomicU8,
    pub(crate) looks: Looks,
    /// One for each outbox request that may be under way.
    pub(crate) waits: Semaphore,
    stopping: AtomicBool,
    index: Lock<Index>,
}

impl std::fmt::Debug for State {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("State")
            .field("phase", &self.phase())
            .finish_non_exhaustive()
    }
}

impl State {
    pub(crate) fn new(live: Live, outbox_octets_max: u64, connections_max: usize) -> Arc<State> {
        Arc::new(State {
            live: watch::Sender::new(live),
            identity: watch::Sender::new(None),
            meters: OnceLock::new(),
            histograms: OnceLock::new(),
            links: OnceLock::new(),
            peers: OnceLock::new(),
            stop: Notify::new(),
            phase: AtomicU8::new(Phase::Starting as u8),
            looks: Looks::default(),
            waits: Semaphore::new(waits_max(connections_max).min(Semaphore::MAX_PERMITS)),
            stopping: AtomicBool::new(false),
            index: Lock::new(Index::new(outbox_octets_max)),
        })
    }

    pub(crate) fn phase(&self) -> Phase {
        match self.phase.load(Ordering::Acquire) {
            0 => Phase::Starting,
            1 => Phase::Ready,
            _ => Phase::Draining,
        }
    }

    pub(crate) fn set_phase(&self, phase: Phase) {
        self.phase.fetch_max(phase as u8, Ordering::AcqRel);
    }

    pub(crate) fn stopping(&self) -> bool {
        self.stopping.load(Ordering::Acquire)
    }

    pub(crate) fn stop(&self) {
        self.stopping.store(true, Ordering::Release);
        self.stop.notify_one();
        self.looks.wake();
    }

    /// The index, locked. A thread that panicked with it left it whole: each change is one push.
    pub(crate) fn index(&self) -> std::sync::MutexGuard<'_, Index> {
        self.index.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
