//! The engine as the program sees it: started, reloaded, drained, ended.
//!
//! Runs on the program's thread and speaks to the shards by orders. Invariants: a start that fails ends every shard
//! that was started; a drain is over only when every shard is quiet and nothing is between two of them (two counts
//! in a row agree: what was sent was received); a running engine that is dropped ends its shards.

use crate::disk::DiskSeat;
use crate::executor::{self, Plan};
use crate::inbox;
use crate::listeners::Listeners;
use crate::mesh;
use crate::mind::Mind;
use crate::options::{ARENA_OCTETS, Options, Pinning, RING_DEPTH};
use crate::orders::{Census, Order, Report, Reporter};
use crate::preflight;
use base::ShardId;
use glommio::{ExecutorJoinHandle, LocalExecutorBuilder, Placement};
use meter::ShardMeter;
use profile::Profile;
use std::net::SocketAddr;
use std::os::fd::OwnedFd;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, sync_channel};
use std::time::{Duration, Instant};

/// Orders that may wait for a shard: reloads come one at a time, and the rest once.
const ORDERS_MAX: usize = 64;

/// Reports of one shard that may lie unread: it is ready, it is quiet (once per census), its census, its end.
const REPORTS_PER_SHARD: usize = 4;

/// How long a start waits for its shards: rings and arenas take milliseconds, the brains are made before.
const START_WAIT: Duration = Duration::from_secs(60);

/// How long connections are closed behind their answers before a hand-over stops accepting. Whoever asks within that
/// time on a connection that stays open is told to open another; who has not asked for so long finds the connection
/// closed, as after any idle time.
const RETIRING: Duration = Duration::from_millis(500);

/// One shard's part of a start.
pub struct ShardStart<F> {
    /// Its counters, which others read.
    pub meter: Arc<ShardMeter>,
    /// Its files.
    pub disk: DiskSeat,
    /// Makes its brain, on its own thread.
    pub brain: F,
}

/// Starts engines.
#[derive(Debug)]
pub struct Engine;

/// Why an engine did not start. The environment is at fault.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The listeners were made for another number of shards.
    #[error("listeners for {listeners} shards, but {shards} shards")]
    Listeners {
        /// What the listeners were made for.
        listeners: usize,
        /// What is to be started.
        shards: usize,
    },
    /// The listeners could not be kept for a successor.
    #[error("the listening sockets can't be duplicated: {0}")]
    Duplicates(#[source] std::io::Error),
    /// A shard's inbox or thread could not be made.
    #[error("a shard could not be started: {0}")]
    Thread(String),
    /// A shard ended before it was ready.
    #[error("shard {} ended at its start: {cause}", shard.0)]
    Shard {
        /// Which.
        shard: ShardId,
        /// What its thread said.
        cause: String,
    },
}

/// Orders could not be given: a shard takes none any more, or has too many waiting.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("shard {} does not take orders", .0.0)]
pub struct NotObeyed(pub ShardId);

/// How a drain ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Drained {
    /// Everything under way was finished.
    Whole,
    /// The time was over before; what was not answered was not promised.
    TimedOut,
}

/// A shard's executor that ended badly.
#[derive(Debug, thiserror::Error)]
#[error("shard {} failed: {cause}", shard.0)]
pub struct ShardFailed {
    /// Which.
    pub shard: ShardId,
    /// What its thread said.
    pub cause: String,
}

/// One started shard.
struct Thread {
    shard: ShardId,
    orders: inbox::Sender<Order>,
    handle: ExecutorJoinHandle<std::io::Result<()>>,
}

/// A running engine.
pub struct Running {
    addresses: Vec<SocketAddr>,
    /// For a successor.
    listeners: Vec<OwnedFd>,
    threads: Vec<Thread>,
    reports: Receiver<Report>,
}

impl Engine {
    /// Starts a shard for each of `starts` and waits until all of them serve.
    ///
    /// # Errors
    /// [`StartError`]; nothing runs then.
    pub fn start<F, M>(
        options: Options,
        listeners: Listeners,
        profile: Arc<Profile>,
        starts: Vec<ShardStart<F>>,
    ) -> Result<Running, StartError>
    where
        F: FnOnce(ShardId) -> M + Send + 'static,
        M: Mind,
    {
        if listeners.shards() != starts.len() {
            let listeners = listeners.shards();
            let shards = starts.len();
            return Err(StartError::Listeners { listeners, shards });
        }
        let shards = u16::try_from(starts.len()).unwrap_or(u16::MAX);
        let placements = placements(options.pinning, shards);
        let (sender, reports) = sync_channel(REPORTS_PER_SHARD * usize::from(shards));
        let mut running = Running {
            addresses: listeners.addresses().to_vec(),
            listeners: listeners.duplicates().map_err(StartError::Duplicates)?,
            threads: Vec::new(),
            reports,
        };
        let seats = starts
            .into_iter()
            .zip(mesh::ends(shards))
            .zip(listeners.into_shards());
        for (((start, ends), listeners), placement) in seats.zip(placements) {
            let shard = ends.own();
            let reporter = Reporter::new(shard, sender.clone(), Arc::clone(&options.on_shard_end));
            let (orders, receiver) = inbox::inbox(ORDERS_MAX).map_err(|error| running.call_off(&error))?;
            let plan = Plan {
                shards,
                meter: start.meter,
                options: options.clone(),
                profile: Arc::clone(&profile),
                ends,
                listeners,
                disk: start.disk,
                orders: receiver,
                reporter,
                brain: start.brain,
            };
            let handle = builder(&options, shard, placement)
                .spawn(move || executor::run(plan))
                .map_err(|error| running.call_off(&error))?;
            running.threads.push(Thread {
                shard,
                orders,
                handle,
            });
        }
        drop(sender);
        running.wait_ready()?;
        Ok(running)
    }
}

fn builder(options: &Options, shard: ShardId, placement: Placement) -> LocalExecutorBuilder {
    LocalExecutorBuilder::new(placement)
        .name(&format!("shard-{}", shard.0))
        .ring_depth(RING_DEPTH)
        .io_memory(options.group_buffers_octets + ARENA_OCTETS)
        .spin_before_park(options.spin_before_park)
}

/// A core for each shard where there are enough.
fn placements(pinning: Pinning, shards: u16) -> Vec<Placement> {
    let cores = preflight::cores();
    let pinned = pinning == Pinning::Auto && cores.len() >= usize::from(shards);
    (0..usize::from(shards))
        .map(|shard| match cores.get(shard) {
            Some(&core) if pinned => Placement::Fixed(core),
            _ => Placement::Unbound,
        })
        .collect()
}

impl Running {
    /// What is listened on, with the actual ports.
    #[must_use]
    pub fn addresses(&self) -> &[SocketAddr] {
        &self.addresses
    }

    /// The listening sockets, to be handed on.
    #[must_use]
    pub fn listeners(&self) -> &[OwnedFd] {
        &self.listeners
    }

    /// Gives every shard new settings; each takes them in its next turn.
    ///
    /// # Errors
    /// The first shard that does not take orders; others may have the new settings.
    pub fn reload(&self, profile: &Arc<Profile>) -> Result<(), NotObeyed> {
        self.order_all(|| Order::Profile(Arc::clone(profile)))
    }

    /// Stops accepting, finishes what is under way, and ends the shards, after `patience` in any case.
    pub fn drain(&mut self, patience: Duration) -> Drained {
        // What is queued is served and the queue then closed: nobody else has the sockets.
        self.listeners.clear();
        let drained = if self.order_all(|| Order::Drain).is_ok() {
            self.wait_quiet(patience)
        } else {
            Drained::TimedOut
        };
        self.stop();
        drained
    }

    /// Leaves the listening sockets, and what is queued on them, to another process: closes busy connections behind
    /// their next answers for a moment, then stops accepting, finishes what is under way, refuses nothing, and ends the
    /// shards, after `patience` in any case.
    pub fn hand_over(&mut self, patience: Duration) -> Drained {
        let deadline = deadline_after(patience);
        let mut drained = Drained::TimedOut;
        if self.order_all(|| Order::Retire).is_ok() {
            self.let_pass(patience.min(RETIRING));
            if self.order_all(|| Order::HandOver).is_ok() {
                drained = self.wait_quiet(left_until(deadline));
            }
        }
        self.stop();
        drained
    }

    /// Lets time pass; ends early where a shard has ended.
    fn let_pass(&self, time: Duration) {
        let deadline = deadline_after(time);
        while let Some(report) = self.next_report(deadline) {
            if matches!(report, Report::Ended(_)) {
                return;
            }
        }
    }

    /// Waits for the shards' ends, which [`drain`](Self::drain) ordered; without it, orders them now.
    ///
    /// # Errors
    /// The first shard that failed or panicked.
    pub fn join(mut self) -> Result<(), ShardFailed> {
        self.stop();
        let mut result = Ok(());
        for thread in self.threads.drain(..) {
            let shard = thread.shard;
            if let Err(cause) = ending(thread.handle) {
                result = result.and(Err(ShardFailed { shard, cause }));
            }
        }
        result
    }

    /// A way to have every shard run a turn though nothing came in, from any thread and for as long as it is kept. What
    /// is asked of a shard while it sleeps is seen then.
    pub fn waker(&self) -> impl Fn() + Send + Sync + 'static {
        let orders: Vec<_> = self.threads.iter().map(|thread| thread.orders.clone()).collect();
        move || {
            for orders in &orders {
                // A shard with a full inbox is awake; one that takes nothing has ended.
                let _ = orders.send(Order::Turn);
            }
        }
    }

    fn order_all(&self, order: impl Fn() -> Order) -> Result<(), NotObeyed> {
        for thread in &self.threads {
            thread.orders.send(order()).map_err(|_| NotObeyed(thread.shard))?;
        }
        Ok(())
    }

    fn stop(&self) {
        for thread in &self.threads {
            // A shard that does not take it has ended.
            let _ = thread.orders.send(Order::Stop);
        }
    }

    fn call_off(&mut self, error: &dyn std::fmt::Display) -> StartError {
        self.stop();
        StartError::Thread(error.to_string())
    }

    fn wait_ready(&mut self) -> Result<(), StartError> {
        let deadline = deadline_after(START_WAIT);
        for _ in 0..self.threads.len() {
            match self.next_report(deadline) {
                Some(Report::Ready) => {}
                Some(Report::Ended(shard)) => return Err(self.failed_start(shard)),
                _ => return Err(self.call_off(&"it was not ready in time")),
            }
        }
        Ok(())
    }

    fn failed_start(&mut self, shard: ShardId) -> StartError {
        self.stop();
        let mut cause = "it ended without a reason".to_owned();
        for thread in self.threads.drain(..) {
            let of_shard = thread.shard;
            if let Err(of_thread) = ending(thread.handle)
                && of_shard == shard
            {
                cause = of_thread;
            }
        }
        StartError::Shard { shard, cause }
    }

    /// Waits until all are quiet and two counts in a row find nothing on its way between shards.
    fn wait_quiet(&self, patience: Duration) -> Drained {
        let deadline = deadline_after(patience);
        let mut before = None;
        loop {
            let Some((counts, was_told)) = self.count(deadline) else {
                return Drained::TimedOut;
            };
            let settled = counts.all_quiet && counts.sent == counts.received;
            if settled && before == Some(counts) {
                return Drained::Whole;
            }
            before = Some(counts);
            // A shard that was not quiet says when it is; it may have said so while the others were counted.
            if !settled && !counts.all_quiet && !was_told {
                match self.next_report(deadline) {
                    Some(Report::Quiet) => {}
                    _ => return Drained::TimedOut,
                }
            }
        }
    }

    /// Asks every shard for its counts; tells whether one became quiet meanwhile.
    fn count(&self, deadline: Instant) -> Option<(Counts, bool)> {
        self.order_all(|| Order::Census).ok()?;
        let mut counts = Counts {
            all_quiet: true,
            sent: 0,
            received: 0,
        };
        let mut missing = self.threads.len();
        let mut was_told = false;
        while missing > 0 {
            match self.next_report(deadline)? {
                Report::Census(census) => {
                    counts.add(census);
                    missing -= 1;
                }
                Report::Ended(_) => return None,
                Report::Quiet => was_told = true,
                Report::Ready => {}
            }
        }
        Some((counts, was_told))
    }

    fn next_report(&self, deadline: Instant) -> Option<Report> {
        self.reports.recv_timeout(left_until(deadline)).ok()
    }
}

/// How a shard's thread ended, in its own words.
fn ending(handle: ExecutorJoinHandle<std::io::Result<()>>) -> Result<(), String> {
    match handle.join() {
        Ok(Ok(())) => Ok(()),
        Ok(Err(error)) => Err(error.to_string()),
        Err(error) => Err(error.to_string()),
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.stop();
    }
}

impl std::fmt::Debug for Running {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Running")
            .field("addresses", &self.addresses)
            .field("shards", &self.threads.len())
            .finish_non_exhaustive()
    }
}

/// The counts of all shards together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Counts {
    all_quiet: bool,
    sent: u64,
    received: u64,
}

impl Counts {
    fn add(&mut self, census: Census) {
        self.all_quiet &= census.is_quiet;
        self.sent += census.sent;
        self.received += census.received;
    }
}

fn left_until(deadline: Instant) -> Duration {
    #[expect(
        clippy::disallowed_methods,
        reason = "the program's thread waits in real time"
    )]
    let now = Instant::now();
    deadline.saturating_duration_since(now)
}

fn deadline_after(patience: Duration) -> Instant {
    #[expect(
        clippy::disallowed_methods,
        reason = "the program's thread waits in real time"
    )]
    let now = Instant::now();
    now.checked_add(patience).unwrap_or(now)
}
