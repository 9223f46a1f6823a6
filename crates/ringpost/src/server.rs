//! A whole server in one process: from settings to the `ready` line, to reload, to drain.
//!
//! ```text
//!  preflight → sockets inherited, if any → data directory (locked) → admin listener → phone listeners → recovery
//!            → sessions → shards → outbox → ready ┄┄► drain, or hand-over to a successor
//! ```
//!
//! Called by `serve`. Invariants: nothing is served before recovery is done; a start that fails leaves nothing running;
//! what went wrong is a [`StartError`], which knows its exit code.
//!
//! Reading order: [`start`], `convert` (settings to each part's own), `sockets`, `identity`, `recover`, `relayout`,
//! `mind`.

mod centres;
mod convert;
mod events;
mod identity;
mod link_events;
mod mind;
mod mm4;
mod peers;
mod recover;
mod relayout;
mod sockets;

use crate::exit::Exit;
use base::{Clock, ShardId};
use control::{Control, Live, Phase, Served};
use engine::{DiskSeat, Drained, Engine, Inherited, KernelClock, NoSuccessor, ShardStart, Successor};
use identity::Identity;
use journal::{Directory, DirectoryError, JournalFiles, Published, Resume};
use link_events::LinkEvents;
use meter::{Gauge, ShardMeter};
use mind::{MindPlan, ShardBrain};
use profile::{Profile, Settings};
use route::{Publisher, Routes};
use sockets::Sockets;
use std::net::SocketAddr;
use std::path::Path;
use std::process::Command;
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};
use store::recover::ShardState;

/// How long a start waits for the first segments; filling 64 MiB takes a fraction of a second on any disk in use.
const ROOM_WAIT: Duration = Duration::from_secs(60);

/// How often it looks.
const ROOM_LOOK: Duration = Duration::from_millis(1);

/// Turns that a shard has begun when what it shows is what a turn has found.
const TURNS_MIN: u64 = 2;

/// How long a successor may take to read its settings and to look at the machine: milliseconds, but for a disk that is
/// slow to give the program.
const FIT_WAIT: Duration = Duration::from_secs(20);

/// Why a server did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The machine is not fit.
    #[error("this machine is not fit:{}", problems(.0))]
    Unfit(Vec<engine::Problem>),
    /// Settings that do not fit each other or the data.
    #[error("{0}")]
    Settings(String),
    /// The data directory.
    #[error("data directory: {0}")]
    Directory(#[from] DirectoryError),
    /// Journals that are to be moved hold what this version does not know.
    #[error(
        "{records} records of the journals are not understood, and another number of shards or size of segments would \
         drop them: start the version that wrote them, or go back to the earlier shards and journal.segment_octets; \
         nothing was moved"
    )]
    NotUnderstood {
        /// How many.
        records: u64,
    },
    /// What a supervisor or a predecessor handed down.
    #[error("inherited sockets: {0}")]
    Inherited(String),
    /// A listener for phones.
    #[error("{0}")]
    Listen(#[from] engine::ListenError),
    /// The shards.
    #[error("{0}")]
    Engine(#[from] engine::StartError),
    /// Anything else that the kernel refused.
    #[error("{0}")]
    Io(#[from] std::io::Error),
}

impl StartError {
    /// The exit code that it means (DESIGN §9).
    #[must_use]
    pub fn exit(&self) -> Exit {
        match self {
            StartError::Unfit(_)
            | StartError::NotUnderstood { .. }
            | StartError::Directory(DirectoryError::Locked(_)) => Exit::Unfit,
            StartError::Settings(_) | StartError::Inherited(_) => Exit::Usage,
            StartError::Directory(_) | StartError::Listen(_) | StartError::Engine(_) | StartError::Io(_) => {
                Exit::Failed
            }
        }
    }
}

fn problems(problems: &[engine::Problem]) -> String {
    problems
        .iter()
        .map(|problem| format!("\n  {problem}. {}", problem.mend()))
        .collect()
}

/// A running server.
#[derive(Debug)]
pub struct Running {
    settings: Settings,
    version: u64,
    mm1: Vec<SocketAddr>,
    control: Control,
    engine: engine::Running,
    identity: Identity,
    centres: Option<Arc<engine::Centres>>,
    link_events: LinkEvents,
    routes: Publisher<Routes>,
    mm4_lasting: mm4::Lasting,
    meters: Vec<Arc<ShardMeter>>,
    sockets: sockets::Kept,
    /// Holds the lock.
    directory: Directory,
}

/// One shard before it is started.
struct Seat {
    files: JournalFiles,
    resume: Resume,
    state: ShardState,
}

/// Starts a server and waits until it serves. `ended` is told when a shard ends on its own.
///
/// # Errors
/// [`StartError`].
pub fn start(settings: Settings, ended: engine::OnShardEnd) -> Result<Running, StartError> {
    start_on(settings, Inherited::none(), ended, DiskSeat::Files)
}

/// Like [`start`], on sockets that a supervisor or a predecessor handed down. A predecessor is told as soon as the
/// settings, the machine and the sockets are found fit; the start goes on when it has let go of the data directory.
///
/// # Errors
/// [`StartError`].
pub fn start_inheriting(
    settings: Settings,
    inherited: Inherited,
    ended: engine::OnShardEnd,
) -> Result<Running, StartError> {
    start_on(settings, inherited, ended, DiskSeat::Files)
}

/// Like [`start`], on a disk that fails as planned, for crash tests.
///
/// # Errors
/// [`StartError`].
#[cfg(feature = "fault")]
pub fn start_faulty(
    settings: Settings,
    ended: engine::OnShardEnd,
    plan: &journal::fault::FaultPlan,
) -> Result<Running, StartError> {
    start_on(settings, Inherited::none(), ended, |files| {
        DiskSeat::Faulty(files, plan.clone())
    })
}

fn start_on(
    settings: Settings,
    inherited: Inherited,
    ended: engine::OnShardEnd,
    seat: impl Fn(JournalFiles) -> DiskSeat,
) -> Result<Running, StartError> {
    journal::install_sigbus_handler()?;
    let machine = convert::fit(&settings)?;
    let mut sockets = Sockets::find(&settings, inherited)?;
    let (mut directory, shards) = sockets.succeed(&settings, || {
        relayout::open(Path::new(&settings.process.data), &settings, &machine)
    })?;
    let (path, mode) = (directory.path().display(), directory.mode());
    eprintln!("data: {path}, {shards} shards, writes {mode}");
    let (mm4_lasting, speaking) = mm4::begin(&settings)?;
    let listening = sockets.listen()?;
    let mut control = Control::start(listening.admin, convert::control(&settings))?;
    let doors = sockets::doors(listening.mm1, listening.mm4, shards)?;
    let mm1 = doors.mm1.addresses().to_vec();
    let profile = Arc::new(profile::compile(&settings, 1, first(&mm1)));
    let routes = mm4::routes(&settings, &profile).map_err(StartError::Settings)?;
    let layout = layout(&directory, shards, &profile);
    relayout::finish(&mut directory, &settings, layout)?;
    let seats = recover::all(&directory, layout)?;
    let meters: Vec<Arc<ShardMeter>> = seats.iter().map(|_| Arc::default()).collect();
    let views: Vec<View> = seats.iter().map(|_| View::default()).collect();
    let files: Vec<JournalFiles> = seats.iter().map(|seat| seat.files.clone()).collect();
    let starts = starts(
        &settings,
        (&profile, &routes, &speaking),
        shards,
        seats.into_iter().zip(&meters).zip(&views),
        seat,
    )?;
    let identity = Identity::start(&settings, shards, listening.radius)?;
    let centres = centres::plan(&settings)?;
    let parts = (identity.access(), centres.clone(), ended);
    let options = convert::engine(&settings, &machine, shards, parts)?;
    let engine = Engine::start(options, doors, profile, starts)?;
    show(
        &mut control,
        &settings,
        (&engine, &meters, &identity),
        centres::links(centres.as_ref()),
        views.iter().zip(files),
    )?;
    wait_for_room(&meters, engine.waker());
    control.set_phase(Phase::Ready);
    Ok(Running {
        settings,
        version: 1,
        mm1,
        control,
        engine,
        identity,
        centres,
        link_events: LinkEvents::default(),
        routes,
        mm4_lasting,
        meters,
        sockets: listening.kept,
        directory,
    })
}

/// What the recovered state is put together for.
fn layout(directory: &Directory, shards: u16, profile: &Profile) -> store::recover::Layout {
    store::recover::Layout {
        shards,
        epoch: directory.epoch().0,
        now: KernelClock::new().now().wall.seconds(),
        dedup_s: profile.mm1.dedup_s,
        repeats_s: profile.mm4.repeats_s,
        read_report_s: profile.retrieve.read_report_s,
        again_s: profile.retrieve.again_ms / 1_000,
    }
}

/// Lets the operators' side see what the shards do.
fn show<'a>(
    control: &mut Control,
    settings: &Settings,
    (engine, meters, identity): (&engine::Running, &[Arc<ShardMeter>], &Identity),
    links: control::Links,
    journals: impl Iterator<Item = (&'a View, JournalFiles)>,
) -> Result<(), StartError> {
    // What a bearer carries is nobody's to read here.
    let is_shown = settings.process.push == "outbox";
    let open = journals.filter(|_| is_shown).filter_map(|(view, files)| {
        Some(control::OpenJournal {
            published: Arc::clone(view.get()?),
            files,
        })
    });
    let source = control::Journals::new(open.collect(), Vec::new(), settings.admin.outbox_octets_max);
    let order = Path::new(&settings.process.data).join("outbox-order");
    control.attach(Served {
        meters: meters.to_vec(),
        wake: Box::new(engine.waker()),
        links,
        peers: Arc::new(peers::PeerDesk(engine.peers())),
        source: Box::new(source),
        order: &order,
    })?;
    control.show_identity(identity.shown());
    Ok(())
}

/// Where a shard's view for readers is put, once its journal is open.
type View = Arc<OnceLock<Arc<Published>>>;

/// Each shard's part of the engine's start.
fn starts<'a>(
    settings: &Settings,
    (profile, routes, mm4): (&Arc<Profile>, &Publisher<Routes>, &Arc<engine::Mm4>),
    shards: u16,
    seats: impl Iterator<Item = ((Seat, &'a Arc<ShardMeter>), &'a View)>,
    disk: impl Fn(JournalFiles) -> DiskSeat,
) -> Result<Vec<ShardStart<impl FnOnce(ShardId) -> ShardBrain + Send + 'static>>, StartError> {
    let mut starts = Vec::new();
    for ((seat, meter), view) in seats {
        let plan = MindPlan {
            options: shard::Options {
                shard: ShardId(u16::try_from(starts.len()).unwrap_or(u16::MAX)),
                shards,
                profile: Arc::clone(profile),
                routes: routes.reader(),
                meter: Arc::clone(meter),
                stamp: engine::stamp,
                seed: convert::seed()?,
                first_sequence: seat.state.first_sequence,
                now: KernelClock::new().now(),
            },
            journal: convert::journal(settings, seat.files.identity().geometry)?,
            recent_octets_max: usize::try_from(settings.journal.recent_octets_max).unwrap_or(usize::MAX),
            view: Arc::clone(view),
        };
        let (resume, state) = (seat.resume, seat.state);
        starts.push(ShardStart {
            mm4: Some((Arc::clone(mm4), routes.reader())),
            meter: Arc::clone(meter),
            disk: disk(seat.files),
            brain: move |_| plan.make(resume, state),
        });
    }
    Ok(starts)
}

fn first(addresses: &[SocketAddr]) -> SocketAddr {
    addresses
        .first()
        .copied()
        .unwrap_or_else(|| SocketAddr::from(([127, 0, 0, 1], 0)))
}

/// Waits until every shard takes messages: a new log's first segments are being filled. A shard shows how its log
/// stands at the end of a turn; so only what it shows when the second has begun is true, for which it is woken. Where a
/// log is full, or its disk refuses, nothing is waited for: what it holds is served, and the alarm is raised.
fn wait_for_room(meters: &[Arc<ShardMeter>], wake: impl Fn()) {
    let deadline = now() + ROOM_WAIT;
    let may_open = |meter: &Arc<ShardMeter>| {
        meter.counter(meter::Counter::Turns) < TURNS_MIN
            || meter.gauge(Gauge::AdmissionClosed) != 0 && meter.gauge(Gauge::JournalPreparing) != 0
    };
    while meters.iter().any(may_open) && now() < deadline {
        wake();
        std::thread::park_timeout(ROOM_LOOK);
    }
}

impl Running {
    /// Where phones are served.
    #[must_use]
    pub fn mm1(&self) -> &[SocketAddr] {
        &self.mm1
    }

    /// Where other operators' MMSCs are served.
    #[must_use]
    pub fn mm4(&self) -> &[SocketAddr] {
        self.engine.mm4_addresses()
    }

    /// Where operators are served.
    #[must_use]
    pub fn admin(&self) -> &[SocketAddr] {
        self.control.addresses()
    }

    /// Where accounting comes to.
    #[must_use]
    pub fn radius(&self) -> Vec<SocketAddr> {
        let sockets = self.identity.sockets().iter();
        sockets
            .filter_map(|(_, socket)| socket.local_addr().ok())
            .collect()
    }

    /// The counters of each shard.
    #[must_use]
    pub fn meters(&self) -> &[Arc<ShardMeter>] {
        &self.meters
    }

    /// What came up about identity and links since the last call, as lines for the operator.
    pub fn events(&mut self) -> Vec<String> {
        let mut lines = self.identity.events();
        if let Some(centres) = &self.centres {
            lines.extend(self.link_events.lines(&centres.board.rows()));
        }
        lines
    }

    /// Takes other settings: the live ones at once, whole; gives the names of those that wait for a start.
    ///
    /// # Errors
    /// A sentence; the old settings stay then.
    pub fn reload(&mut self, fresh: &Settings) -> Result<Vec<&'static str>, String> {
        let (next, waiting) = profile::reloaded(&self.settings, fresh);
        let broken = profile::relation::broken(&next);
        if let Some(sentence) = broken.first() {
            return Err(format!("{sentence} (with what only a start can change)"));
        }
        let version = self.version + 1;
        let profile = Arc::new(profile::compile(&next, version, first(&self.mm1)));
        let speaking = mm4::terms(&next, &self.mm4_lasting)?;
        let routes = mm4::compiled(&next, &profile, version)?;
        self.identity.reload(&next)?;
        self.routes
            .publish(Arc::new(routes))
            .map_err(|error| error.to_string())?;
        self.engine
            .reload(&profile, Some(&speaking))
            .map_err(|error| error.to_string())?;
        self.engine
            .reload_access(self.identity.access())
            .map_err(|error| error.to_string())?;
        self.control.reload(Live {
            token: next.admin.token.clone(),
            wait_s_max: next.admin.wait_s_max,
        });
        self.control.show_identity(self.identity.shown());
        self.settings = next;
        self.version = version;
        Ok(waiting)
    }

    /// Starts a successor, by this command, and waits until it is fit. This server goes on meanwhile and afterwards.
    ///
    /// # Errors
    /// [`NoSuccessor`].
    pub fn start_successor(&self, command: Command) -> Result<Successor, NoSuccessor> {
        let sockets = self.sockets.named(
            self.engine.listeners(),
            self.engine.mm4_listeners(),
            self.identity.sockets(),
        );
        Successor::start(command, &sockets, FIT_WAIT)
    }

    /// Refuses nothing, finishes what is under way, leaves what is queued to the successor, and ends everything. It
    /// takes `drain_s` and some seconds at most; whatever has not ended by then ends with the process.
    ///
    /// # Errors
    /// A shard that failed, or has not ended.
    pub fn hand_over(self) -> Result<Drained, engine::ShardFailed> {
        self.end(engine::Running::hand_over)
    }

    /// Refuses what is new, finishes what is under way, and ends everything. Where a supervisor holds the sockets, what
    /// is queued on them is left to whom it starts next. It takes as long as [`hand_over`](Self::hand_over) at most.
    ///
    /// # Errors
    /// A shard that failed, or has not ended.
    pub fn drain(self) -> Result<Drained, engine::ShardFailed> {
        if self.sockets.is_held_outside() {
            return self.hand_over();
        }
        self.end(engine::Running::drain)
    }

    fn end(
        mut self,
        end: impl FnOnce(&mut engine::Running, Duration) -> Drained,
    ) -> Result<Drained, engine::ShardFailed> {
        self.control.set_phase(Phase::Draining);
        let patience = Duration::from_secs(u64::from(self.settings.process.drain_s));
        let drained = end(&mut self.engine, patience);
        let ended = self.engine.join();
        // To the last answer, since who asks must be known; what comes now waits in the sockets for the successor.
        let is_let_go = self.identity.stop();
        if !is_let_go {
            eprintln!("alarm: the owner of the sessions does not end; it goes with the process");
        }
        let left = self.control.stop();
        for name in &left {
            eprintln!("alarm: the thread {name} of the admin plane does not end; it goes with the process");
        }
        if !left.is_empty() || !is_let_go || ended.as_ref().is_err_and(|failed| failed.is_running) {
            // What still runs may still read and write there: nobody else may have the lock before the process ends.
            std::mem::forget(self.directory);
        }
        ended.map(|()| drained)
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "the program's thread waits in real time"
)]
fn now() -> Instant {
    Instant::now()
}
