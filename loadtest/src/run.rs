//! One run: a driver thread a core, and what they measured put together interval by interval.
//!
//! Between the scenario and whoever keeps the intervals (a folder, a sweep, the ceiling). Invariants: all threads
//! share one clock; an interval is handed on once, when every thread has closed it; the threads end by themselves,
//! at the latest when every life has run out of patience.

mod thread;

use crate::clock::{Clock, SECOND_NS};
use crate::driver::Tally;
use crate::host::{self, Core};
use crate::phone::{Ledger, Plan};
use crate::record::Frame;
use crate::scenario::{Kinds, Scenario, ScenarioError};
use hdrhistogram::Histogram;
use std::collections::BTreeMap;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::time::Duration;

/// Before the clock starts connections are opened and threads pinned.
const WARM_UP: Duration = Duration::from_millis(300);
/// Intervals that wait to be taken; the keeper takes each at once.
const INTERVALS_WAITING: usize = 64;
/// Histograms that wait to be filled again: those of a few intervals.
const HISTOGRAMS_BACK: usize = 256;

/// Why a run could not be made.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// The system refused.
    #[error("{0}")]
    Io(#[from] io::Error),
    /// The scenario can't be made ready.
    #[error("{0}")]
    Scenario(#[from] ScenarioError),
    /// A driver's thread ended early.
    #[error("{0}")]
    Broken(String),
}

/// What is to be run, where.
#[derive(Clone, Debug)]
pub struct RunPlan {
    /// What.
    pub scenario: Scenario,
    /// The server's MM1 listener.
    pub mm1: SocketAddr,
    /// Its admin listener; full lives need it.
    pub admin: Option<SocketAddr>,
    /// The cores of the driver's threads; an empty list is one thread that is not pinned.
    pub cores: Vec<usize>,
    /// Names the run in every transaction.
    pub name: String,
    /// The server's process, where its processor time is to be sampled.
    pub server: Option<u32>,
}

/// One interval of a run.
#[derive(Clone, Debug, Default)]
pub struct Interval {
    /// From 0.
    pub index: u64,
    /// When it began, on the run's clock.
    pub begin_ns: u64,
    /// When it ended.
    pub end_ns: u64,
    /// What all threads measured in it.
    pub frame: Frame,
    /// Processor time of each driver thread in it, nanoseconds.
    pub driver_cpu_ns: Vec<u64>,
    /// Processor time of the server in it.
    pub server_cpu_ns: u64,
    /// What each core of the machine did in it.
    pub cores: Vec<Core>,
    /// Octets sent and received, connections made.
    pub tally: Tally,
    /// Lives under way at its end.
    pub under_way: u64,
}

/// What a thread hands on at the end of an interval.
#[derive(Debug)]
pub(crate) struct Part {
    thread: usize,
    index: u64,
    end_ns: u64,
    frame: Frame,
    cpu_ns: u64,
    tally: Tally,
    under_way: u64,
    is_last: bool,
    ledger: Ledger,
}

/// Runs a scenario; hands each interval to `keep` when it is whole.
///
/// # Errors
/// What the kernel says to a driver; what `keep` says.
pub fn run(
    plan: &RunPlan,
    stop: &Arc<AtomicBool>,
    mut keep: impl FnMut(Interval) -> io::Result<()>,
) -> Result<Ledger, RunError> {
    let scenario = Arc::new(plan.scenario.clone());
    let kinds = Arc::new(Kinds::new(&scenario, &plan.name)?);
    let threads = plan.cores.len().max(1) as u32;
    let clock = Clock::starting_in(WARM_UP);
    let (sender, receiver) = sync_channel(INTERVALS_WAITING * threads as usize);
    let base = xxhash_rust::xxh3::xxh3_64(plan.name.as_bytes()) % 900_000_000;
    let (mut handles, mut returns) = (Vec::new(), Vec::new());
    for thread in 0..threads {
        let phones = Plan {
            scenario: Arc::clone(&scenario),
            kinds: Arc::clone(&kinds),
            run: plan.name.clone(),
            thread,
            threads,
            base,
        };
        let (back, returned) = sync_channel(HISTOGRAMS_BACK);
        returns.push(back);
        let seat = thread::Seat {
            returned,
            core: plan.cores.get(thread as usize).copied(),
            targets: thread::targets(plan, threads),
            clock,
            stop: Arc::clone(stop),
        };
        let sender = sender.clone();
        let builder = std::thread::Builder::new().name(format!("load-{thread}"));
        handles.push(builder.spawn(move || thread::drive(phones, seat, &sender))?);
    }
    drop(sender);
    let gathered = gather(plan, &clock, &returns, &receiver, &mut keep);
    if gathered.is_err() {
        stop.store(true, Ordering::Relaxed);
    }
    for handle in handles {
        match handle.join() {
            Ok(outcome) => outcome?,
            Err(_) => return Err(RunError::Broken("a driver's thread panicked".to_owned())),
        }
    }
    gathered
}

/// Puts the threads' parts together, in order of their intervals.
fn gather(
    plan: &RunPlan,
    clock: &Clock,
    returns: &[SyncSender<Histogram<u64>>],
    receiver: &Receiver<Part>,
    keep: &mut impl FnMut(Interval) -> io::Result<()>,
) -> Result<Ledger, RunError> {
    // What is done here can wait; who drives can't.
    host::yield_to_others();
    let threads = returns.len();
    let interval_ns = u64::from(plan.scenario.interval_s) * SECOND_NS;
    let mut open: BTreeMap<u64, Interval> = BTreeMap::new();
    let mut closed_to = vec![0_u64; threads];
    let mut ledger = Ledger::default();
    let mut before = Usage::read(plan);
    loop {
        match receiver.recv_timeout(Duration::from_secs(1)) {
            Ok(part) => {
                let interval = open.entry(part.index).or_default();
                interval.index = part.index;
                interval.begin_ns = part.index * interval_ns;
                interval.end_ns = interval.end_ns.max(part.end_ns);
                interval.driver_cpu_ns.resize(threads, 0);
                interval.driver_cpu_ns[part.thread] = part.cpu_ns;
                interval.tally.add(part.tally);
                interval.under_way += part.under_way;
                // A thread that has ended wants nothing back, nor one that has enough.
                let back = |histogram| drop(returns[part.thread].try_send(histogram));
                interval.frame.add(part.frame, back);
                closed_to[part.thread] = if part.is_last { u64::MAX } else { part.index + 1 };
                ledger.merge(part.ledger);
            }
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => closed_to.fill(u64::MAX),
        }
        let whole = closed_to.iter().copied().min().unwrap_or(u64::MAX);
        while let Some(entry) = open.first_entry().filter(|entry| *entry.key() < whole) {
            let mut interval = entry.remove();
            let now = Usage::read(plan);
            interval.server_cpu_ns = now.server_ns.saturating_sub(before.server_ns);
            interval.cores = now
                .cores
                .iter()
                .zip(&before.cores)
                .map(|(now, before)| now.since(before))
                .collect();
            before = now;
            keep(interval)?;
        }
        if whole == u64::MAX {
            return Ok(ledger);
        }
        // The machine's usage counts from the run's beginning, not from its warm-up.
        if clock.now_ns() == 0 {
            before = Usage::read(plan);
        }
    }
}

struct Usage {
    server_ns: u64,
    cores: Vec<Core>,
}

impl Usage {
    fn read(plan: &RunPlan) -> Usage {
        let server_ns = plan.server.and_then(host::process_cpu_ns).unwrap_or_default();
        Usage {
            server_ns,
            cores: host::cores(),
        }
    }
}
