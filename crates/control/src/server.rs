//! The admin plane's threads: one that answers requests, one that follows the journals.
//!
//! Started by the program before recovery, so that `/healthz` and `/readyz` can be asked from the first moment; what
//! recovery makes is attached later. Invariants: at most `connections_max` connections a listener, of which a quarter
//! is never the outbox's; a stop ends waiting requests.

use crate::api;
use crate::histograms::log::{self, IntervalLog};
use crate::histograms::{Histograms, Intervals, Wake};
use crate::identity::Identity;
use crate::limited::{Caller, Limited};
use crate::links::Links;
use crate::outbox::{follow, order::Order, source::PushSource};
use crate::peers::Peers;
use crate::state::{Live, Phase, State};
use meter::ShardMeter;
use std::io;
use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

/// How long a stop waits for the threads: what they do between two looks whether to stop takes milliseconds, the last
/// interval of the histogram log is given up with its shards.
const STOP_WAIT: Duration = Duration::from_secs(2);

/// How often it looks. What it counts are these, not the clock: a process that was stopped waits on.
const STOP_LOOK: Duration = Duration::from_millis(1);

/// What can't change while it runs.
#[derive(Clone, Debug)]
pub struct Options {
    /// Connections at once on each listener, two at least; one more takes the place of the longest idle one. Of three
    /// quarters of them, over all listeners, an outbox request may be answered at once.
    pub connections_max: u32,
    /// Octets of pushes kept for the outbox.
    pub outbox_octets_max: u64,
    /// Where the histograms of each interval are written, if anywhere.
    pub interval_log: Option<IntervalLog>,
    /// What a reload may change.
    pub live: Live,
}

/// What there is to show once recovery is done.
pub struct Served<'a> {
    /// The counters of each shard, in the order of shards.
    pub meters: Vec<Arc<ShardMeter>>,
    /// Has the shards run a turn, in which they give their histograms up.
    pub wake: Wake,
    /// Shows the links to SMSCs and gateways.
    pub links: Links,
    /// Shows other operators' MMSCs.
    pub peers: Peers,
    /// Where pushes come from.
    pub source: Box<dyn PushSource>,
    /// The file that keeps the outbox's order; made when it is not there.
    pub order: &'a Path,
}

/// The running admin plane.
#[derive(Debug)]
pub struct Control {
    state: Arc<State>,
    addresses: Vec<SocketAddr>,
    threads: Vec<JoinHandle<()>>,
    interval_log: Option<IntervalLog>,
    logging: Option<log::Running>,
}

/// Binds the listeners; port 0 lets the kernel choose.
///
/// # Errors
/// What the kernel says, with the address.
pub fn listen(addresses: &[SocketAddr]) -> io::Result<Vec<TcpListener>> {
    let bound = addresses.iter().map(|address| {
        TcpListener::bind(address).map_err(|error| {
            io::Error::new(
                error.kind(),
                format!("can't listen at {address} (admin): {error}"),
            )
        })
    });
    bound.collect()
}

impl Control {
    /// Begins to answer. Not ready yet, and without an outbox.
    ///
    /// # Errors
    /// What the kernel says.
    pub fn start(listeners: Vec<TcpListener>, options: Options) -> io::Result<Control> {
        let connections_max = usize::try_from(options.connections_max).unwrap_or(usize::MAX);
        let state = State::new(options.live, options.outbox_octets_max, connections_max);
        let addresses = listeners
            .iter()
            .map(TcpListener::local_addr)
            .collect::<io::Result<Vec<_>>>()?;
        for listener in &listeners {
            listener.set_nonblocking(true)?;
        }
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_io()
            .enable_time()
            .build()?;
        let shared = Arc::clone(&state);
        let thread = std::thread::Builder::new()
            .name("admin".to_owned())
            .spawn(move || {
                runtime.block_on(async {
                    for listener in listeners {
                        serve(listener, Arc::clone(&shared), connections_max);
                    }
                    shared.stop.notified().await;
                });
            })?;
        Ok(Control {
            state,
            addresses,
            threads: vec![thread],
            interval_log: options.interval_log,
            logging: None,
        })
    }

    /// Where it listens.
    #[must_use]
    pub fn addresses(&self) -> &[SocketAddr] {
        &self.addresses
    }

    /// Shows what recovery made, and lets the outbox be asked. Once only: what comes later is not taken.
    ///
    /// # Errors
    /// What the disk or the kernel says.
    pub fn attach(&mut self, served: Served<'_>) -> io::Result<()> {
        let meters = served.meters;
        if self.state.meters.set(meters.clone()).is_err() {
            return Ok(());
        }
        let intervals = match self.interval_log {
            Some(_) => Intervals::Kept,
            None => Intervals::Dropped,
        };
        let histograms = Arc::new(Histograms::new(meters, served.wake, intervals));
        if let Some(log) = self.interval_log.take() {
            self.logging = Some(log::Running::start(log, Arc::clone(&histograms))?);
        }
        // Set once, as the meters are.
        let _ = self.state.histograms.set(histograms);
        let _ = self.state.links.set(served.links);
        let _ = self.state.peers.set(served.peers);
        let order = Order::open(served.order)?;
        self.threads
            .push(follow::spawn(Arc::clone(&self.state), served.source, order)?);
        Ok(())
    }

    /// Says how far the server is; never goes back.
    pub fn set_phase(&self, phase: Phase) {
        self.state.set_phase(phase);
    }

    /// Takes other live settings.
    pub fn reload(&self, live: Live) {
        self.state.live.send_replace(live);
    }

    /// Shows these access points and this map of sessions from now on.
    pub fn show_identity(&self, identity: Identity) {
        self.state.identity.send_replace(Some(identity));
    }

    /// Ends all threads; requests that wait are cut off. Gives the names of those that have not ended within two
    /// seconds.
    #[must_use]
    pub fn stop(mut self) -> Vec<String> {
        if let Some(logging) = self.logging.take() {
            self.threads.push(logging.stop());
        }
        self.state.stop();
        let mut waited = Duration::ZERO;
        while waited < STOP_WAIT && !self.threads.iter().all(JoinHandle::is_finished) {
            std::thread::park_timeout(STOP_LOOK);
            waited += STOP_LOOK;
        }
        let (ended, left): (Vec<_>, Vec<_>) = self.threads.drain(..).partition(JoinHandle::is_finished);
        for thread in ended {
            // A thread that panicked has said so.
            let _ = thread.join();
        }
        let name = |thread: &JoinHandle<()>| thread.thread().name().unwrap_or_default().to_owned();
        left.iter().map(name).collect()
    }
}

/// Answers on one listener, as a task.
fn serve(listener: TcpListener, state: Arc<State>, connections_max: usize) {
    tokio::spawn(async move {
        let listener = match tokio::net::TcpListener::from_std(listener) {
            Ok(listener) => Limited::new(listener, connections_max),
            Err(error) => {
                eprintln!("admin: can't listen: {error}");
                return;
            }
        };
        // It answers until the runtime ends.
        let service = api::router(state).into_make_service_with_connect_info::<Caller>();
        let _ = axum::serve(listener, service).await;
    });
}
