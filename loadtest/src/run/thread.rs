//! One driver thread: its core, its driver, its phones, and its intervals.
//!
//! Under [`super::run`]. Invariants: intervals end at whole multiples of their length on the shared clock; the last
//! one ends when the last life has; nothing is measured before the clock starts.

use super::{Part, RunError, RunPlan};
use crate::clock::{Clock, SECOND_NS};
use crate::driver::{Driver, Tally, Target};
use crate::host;
use crate::phone::{ADMIN, MM1, Phones, Plan};
use crate::record::Recorder;
use crate::scenario::{Life, Loop};
use hdrhistogram::Histogram;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, SyncSender};
use std::time::Duration;

/// After the last message was due a run lasts so many patiences at most: each step of a life may use one.
const STEPS: u64 = 6;

/// Where a thread runs.
pub(super) struct Seat {
    pub(super) core: Option<usize>,
    pub(super) targets: Vec<Target>,
    pub(super) clock: Clock,
    pub(super) stop: Arc<AtomicBool>,
    /// Histograms that were handed on come back by it.
    pub(super) returned: Receiver<Histogram<u64>>,
}

/// A thread's part of the connections.
pub(super) fn targets(plan: &RunPlan, threads: u32) -> Vec<Target> {
    let scenario = &plan.scenario;
    let patience = Duration::from_secs(u64::from(scenario.patience_s));
    let part = |connections: u32| (connections / threads).max(1);
    let mm1 = Target {
        address: plan.mm1,
        connections_max: part(scenario.connections),
        patience,
    };
    let admin = Target {
        address: plan.admin.unwrap_or(plan.mm1),
        connections_max: part(scenario.admin_connections),
        patience: patience + Duration::from_secs(1),
    };
    vec![mm1, admin]
}

/// Drives until everything has ended.
pub(super) fn drive(plan: Plan, seat: Seat, sender: &SyncSender<Part>) -> Result<(), RunError> {
    match seat.core {
        Some(core) => host::pin(core).map_err(|error| RunError::Broken(format!("core {core}: {error}")))?,
        None => host::exact_timers(),
    }
    let scenario = Arc::clone(&plan.scenario);
    // In a closed loop it would be busy all the time, and nothing else on its core would ever run.
    if seat.core.is_some() && scenario.shape == Loop::Open {
        // Where it is not allowed, lag tells what that costs.
        let _ = host::run_first();
    }
    let (thread, is_full) = (plan.thread as usize, scenario.life == Life::Full);
    let mut driver = Driver::new(&seat.targets, seat.clock)?;
    let mut phones = Phones::new(plan);
    phones.recorder = Recorder::with_returned(seat.returned);
    // From here on memory comes in small pieces: a huge page's first touch takes as long as some messages.
    host::small_pages();
    driver.open(MM1, standing(&scenario, seat.targets.first()))?;
    if is_full {
        driver.open(ADMIN, 8)?;
    }
    let interval_ns = u64::from(scenario.interval_s) * SECOND_NS;
    let latest_ns = scenario.length_ns() + STEPS * u64::from(scenario.patience_s) * SECOND_NS;
    let (mut index, mut is_looking) = (0, false);
    let mut before = (host::thread_cpu_ns(), driver.tally());
    loop {
        driver.turn(&mut phones)?;
        let now_ns = seat.clock.now_ns();
        if now_ns == 0 {
            before = (host::thread_cpu_ns(), driver.tally());
        }
        let mut is_over = phones.is_over(now_ns);
        if is_over && is_full && !is_looking {
            is_looking = true;
            phones.begin_looking(driver.desk(), now_ns);
        }
        is_over &= phones.has_looked();
        is_over |= now_ns > latest_ns || seat.stop.load(Ordering::Relaxed);
        if is_over || now_ns >= (index + 1) * interval_ns {
            phones.recorder.counts.held += driver.tally().held - before.1.held;
            let cpu_ns = host::thread_cpu_ns();
            let part = Part {
                thread,
                index,
                end_ns: now_ns,
                frame: phones.recorder.take(),
                cpu_ns: cpu_ns - before.0,
                tally: driver.tally().since(before.1),
                under_way: phones.under_way(),
                is_last: is_over,
                ledger: std::mem::take(&mut phones.ledger),
            };
            before = (cpu_ns, driver.tally());
            // Where nobody takes it any longer the run was given up.
            if sender.send(part).is_err() || is_over {
                return Ok(());
            }
            index = now_ns / interval_ns;
        }
    }
}

/// Connections that stand before the first message: as many as are in use at a time, or the allowed.
fn standing(scenario: &crate::scenario::Scenario, mm1: Option<&Target>) -> u32 {
    let allowed = mm1.map_or(1, |target| target.connections_max);
    match scenario.shape {
        Loop::Closed => allowed.min(scenario.concurrency.max(1)),
        Loop::Open => allowed.min(256),
    }
}

impl Tally {
    /// What happened since an earlier one.
    #[must_use]
    pub fn since(self, earlier: Tally) -> Tally {
        Tally {
            held: self.held - earlier.held,
            connected: self.connected - earlier.connected,
            dropped: self.dropped - earlier.dropped,
            octets_sent: self.octets_sent - earlier.octets_sent,
            octets_received: self.octets_received - earlier.octets_received,
        }
    }

    /// Adds another thread's.
    pub fn add(&mut self, other: Tally) {
        self.held += other.held;
        self.connected += other.connected;
        self.dropped += other.dropped;
        self.octets_sent += other.octets_sent;
        self.octets_received += other.octets_received;
    }
}
