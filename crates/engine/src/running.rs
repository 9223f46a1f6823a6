//! The engine as the program sees it: started, reloaded, drained, ended.
//!
//! Runs on the program's thread and speaks to the shards by orders. Invariants: a start that fails ends every shard
//! that was started; a shard with a full queue is given time to take an order; a running engine that is dropped ends
//! its shards.
//!
//! Reading order: this file (start, reload), `ending` (drain, hand-over, join).

mod ending;

pub use ending::{Drained, ShardFailed};

use crate::disk::DiskSeat;
use crate::executor::{self, Plan};
use crate::housekeeping::Housekeeping;
use crate::identity::Access;
use crate::inbox::NotTaken;
use crate::listeners::Doors;
use crate::mesh;
use crate::mind::Mind;
use crate::mm4::Mm4;
use crate::options::{ARENA_OCTETS, Options, Pinning, RING_DEPTH};
use crate::orders::{Commander, Order, Report, Reporter, orders};
use crate::peers::PeerBoard;
use crate::preflight;
use base::ShardId;
use glommio::{ExecutorJoinHandle, LocalExecutorBuilder, Placement};
use meter::ShardMeter;
use profile::Profile;
use route::{Reader, Routes};
use std::net::SocketAddr;
use std::os::fd::OwnedFd;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, sync_channel};
use std::time::{Duration, Instant};

/// Reports of one shard that may lie unread: it is ready, it is quiet (once per census), its census, its end.
const REPORTS_PER_SHARD: usize = 4;

/// How long a start waits for its shards: rings and arenas take milliseconds, the brains are made before.
const START_WAIT: Duration = Duration::from_secs(60);

/// How long a reload waits for a place in a shard's queue: a shard that works takes what waits there within a turn.
const RELOAD_WAIT: Duration = Duration::from_secs(5);

/// How often a full queue is tried again.
const ORDER_LOOK: Duration = Duration::from_millis(1);

/// One shard's part of a start.
pub struct ShardStart<F> {
    /// How MM4 is spoken, and who serves which number; nothing where it is not served.
    pub mm4: Option<(Arc<Mm4>, Reader<Routes>)>,
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

/// One started shard.
struct Thread {
    shard: ShardId,
    orders: Commander,
    handle: ExecutorJoinHandle<std::io::Result<()>>,
}

/// A running engine.
pub struct Running {
    addresses: Vec<SocketAddr>,
    mm4_addresses: Vec<SocketAddr>,
    /// For a successor.
    listeners: Vec<OwnedFd>,
    mm4_listeners: Vec<OwnedFd>,
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
        doors: impl Into<Doors>,
        profile: Arc<Profile>,
        starts: Vec<ShardStart<F>>,
    ) -> Result<Running, StartError>
    where
        F: FnOnce(ShardId) -> M + Send + 'static,
        M: Mind,
    {
        let doors = doors.into();
        if doors.shards() != Some(starts.len()) {
            let listeners = doors.mm1.shards();
            let shards = starts.len();
            return Err(StartError::Listeners { listeners, shards });
        }
        let shards = u16::try_from(starts.len()).unwrap_or(u16::MAX);
        let allowed = preflight::cores();
        let pinned = pinned(options.pinning, &allowed, shards);
        let housekeeping = Housekeeping::beside(&allowed, pinned);
        let (sender, reports) = sync_channel(REPORTS_PER_SHARD * usize::from(shards));
        let mut running = Running {
            addresses: doors.mm1.addresses().to_vec(),
            mm4_addresses: doors
                .mm4
                .as_ref()
                .map_or_else(Vec::new, |mm4| mm4.addresses().to_vec()),
            listeners: doors.mm1.duplicates().map_err(StartError::Duplicates)?,
            mm4_listeners: match &doors.mm4 {
                Some(mm4) => mm4.duplicates().map_err(StartError::Duplicates)?,
                None => Vec::new(),
            },
            threads: Vec::new(),
            reports,
        };
        let seats = starts
            .into_iter()
            .zip(mesh::ends(shards))
            .zip(doors.into_shards());
        for (((start, ends), listeners), placement) in seats.zip(placements(pinned)) {
            let shard = ends.own();
            let reporter = Reporter::new(shard, sender.clone(), Arc::clone(&options.on_shard_end));
            let (orders, receiver) = orders().map_err(|error| running.call_off(&error))?;
            let plan = Plan {
                shards,
                meter: start.meter,
                options: options.clone(),
                profile: Arc::clone(&profile),
                ends,
                listeners,
                mm4: start.mm4,
                disk: start.disk,
                housekeeping: housekeeping.clone(),
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

/// A core for each shard, where there are enough; else none.
fn pinned(pinning: Pinning, allowed: &[usize], shards: u16) -> &[usize] {
    let cores = allowed.get(..usize::from(shards));
    cores.filter(|_| pinning == Pinning::Auto).unwrap_or_default()
}

/// Each shard on its core, or wherever the kernel has it.
fn placements(pinned: &[usize]) -> impl Iterator<Item = Placement> {
    let pinned = pinned.iter().copied().map(Placement::Fixed);
    pinned.chain(std::iter::repeat_with(|| Placement::Unbound))
}

impl Running {
    /// What is listened on, with the actual ports.
    #[must_use]
    pub fn addresses(&self) -> &[SocketAddr] {
        &self.addresses
    }

    /// What is listened on for other operators, with the actual ports.
    #[must_use]
    pub fn mm4_addresses(&self) -> &[SocketAddr] {
        &self.mm4_addresses
    }

    /// The listening sockets for phones, to be handed on.
    #[must_use]
    pub fn listeners(&self) -> &[OwnedFd] {
        &self.listeners
    }

    /// The listening sockets for other operators, to be handed on.
    #[must_use]
    pub fn mm4_listeners(&self) -> &[OwnedFd] {
        &self.mm4_listeners
    }

    /// Gives every shard new settings, and how MM4 is spoken, where it is served; each takes them in its next turn.
    /// Connections of MM4 that are open go on as they began.
    ///
    /// # Errors
    /// The first shard that does not take orders; others may have the new settings.
    pub fn reload(&self, profile: &Arc<Profile>, mm4: Option<&Arc<Mm4>>) -> Result<(), NotObeyed> {
        let deadline = deadline_after(RELOAD_WAIT);
        self.order_all(deadline, || {
            Order::Profile(Arc::clone(profile), mm4.map(Arc::clone))
        })
    }

    /// Gives every shard other access points; each takes them before its next turn.
    ///
    /// # Errors
    /// The first shard that does not take orders; others may have the new ones.
    pub fn reload_access(&self, access: &Arc<Access>) -> Result<(), NotObeyed> {
        let deadline = deadline_after(RELOAD_WAIT);
        self.order_all(deadline, || Order::Access(Arc::clone(access)))
    }

    /// A way to have every shard run a turn though nothing came in, from any thread and for as long as it is kept. What
    /// is asked of a shard while it sleeps is seen then.
    pub fn waker(&self) -> impl Fn() + Send + Sync + 'static {
        let orders: Vec<_> = self.threads.iter().map(|thread| thread.orders.clone()).collect();
        move || orders.iter().for_each(Commander::turn)
    }

    /// A way to ask the shards what waits for other operators, from any thread and for as long as it is kept.
    #[must_use]
    pub fn peers(&self) -> PeerBoard {
        let commanders = self.threads.iter().map(|thread| thread.orders.clone()).collect();
        PeerBoard { commanders }
    }

    /// Gives every shard an order; waits until the deadline for a place in its queue.
    fn order_all(&self, deadline: Instant, order: impl Fn() -> Order) -> Result<(), NotObeyed> {
        for thread in &self.threads {
            loop {
                match thread.orders.order(order()) {
                    Ok(()) => break,
                    Err(NotTaken::Full) if !left_until(deadline).is_zero() => {
                        std::thread::park_timeout(ORDER_LOOK);
                    }
                    Err(_) => return Err(NotObeyed(thread.shard)),
                }
            }
        }
        Ok(())
    }

    fn stop(&self) {
        self.threads.iter().for_each(|thread| thread.orders.stop());
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
