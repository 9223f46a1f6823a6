//! `ringpost serve`: starts a server, says when it is ready, obeys signals.
//!
//! SIGTERM and SIGINT drain, SIGHUP reloads, SIGUSR2 starts a successor and hands over to it; a shard that ends on its
//! own ends the process, since the others can't speak for its subscribers. Invariants: one line on standard output,
//! `ready …`, when everything is bound and recovered; all else goes to standard error, one event a line, without
//! numbers or content.

use super::config;
use crate::exit::Exit;
use crate::server::{self, Running, StartError};
use base::ShardId;
use clap::Args;
use engine::{Drained, Inherited, Successor};
use meter::Gauge;
use profile::Settings;
use serde_json::json;
use std::fmt::Write as _;
use std::io::{self, Write};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::Notify;

/// How often the alarms' gauges are looked at.
const ALARM_LOOK: Duration = Duration::from_secs(1);

/// What `serve --help` says about a running server.
pub(crate) const SIGNALS: &str = "\
Signals:
  SIGTERM, SIGINT  drain: refuse what is new, finish what is under way, end; after drain_s in any case, saying what is
                   left. That limit holds for SIGUSR2, too.
  SIGHUP           read the settings file again; a file with a fault changes nothing
  SIGUSR2          restart without a gap: start this program again with the same words and the listening sockets. When
                   the new process has found its settings and the machine fit, this one closes connections behind
                   their answers, stops accepting, finishes what is under way, lets go of the data and ends; the new one
                   recovers and serves what has queued up. Where the new one is not fit, this one goes on.
                   The new process prints its own ready line, with pid=NUMBER.

Sockets from a supervisor (systemd's convention): LISTEN_FDS sockets from descriptor 3 on, named mm1, mm4, admin or
radius (UDP) by LISTEN_FDNAMES, for the process LISTEN_PID. Each must be at an address of listen.mm1, listen.mm4,
listen.admin or radius.listen; addresses without one are bound. For an even load give mm1 and mm4 as many sockets with
SO_REUSEPORT as there are shards. A SIGTERM leaves what is queued on them to the process that is started next.

Exit codes: 0 ended as told, 1 failure, 2 settings or inherited sockets, 3 machine not fit or data in use.";

/// What to run with.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// Settings in TOML; without one the lab's defaults, on loopback
    #[arg(long)]
    config: Option<PathBuf>,
    /// Folder of the data, instead of the one in the settings
    #[arg(long)]
    data: Option<PathBuf>,
    /// Print the ready line as JSON
    #[arg(long)]
    json: bool,
    /// Run on a disk that fails as planned (crash tests only)
    #[cfg(feature = "fault")]
    #[arg(long, hide = true)]
    fault: Option<journal::fault::FaultPlan>,
}

pub(crate) fn run(options: &Options, out: &mut dyn Write) -> Exit {
    // First of all: before anything else could take the numbers of inherited descriptors for its own.
    let inherited = match Inherited::from_environment() {
        Ok(inherited) => inherited,
        Err(error) => {
            eprintln!("start: inherited sockets: {error}");
            return Exit::Usage;
        }
    };
    let settings = match settings(options) {
        Ok(settings) => settings,
        Err(sentences) => {
            sentences
                .iter()
                .for_each(|sentence| eprintln!("configuration: {sentence}"));
            return Exit::Usage;
        }
    };
    let ended = Arc::new(Notify::new());
    let tell = Arc::clone(&ended);
    let on_shard_end = Arc::new(move |shard: ShardId| {
        eprintln!("alarm: shard {} ended on its own", shard.0);
        tell.notify_one();
    });
    let origin = Origin {
        program: std::env::current_exe(),
        is_successor: inherited.has_predecessor(),
    };
    // Else one that comes too early would end the process.
    let early = Early::listen();
    match begin(options, settings, inherited, on_shard_end) {
        Err(error) => {
            eprintln!("start: {error}");
            error.exit()
        }
        Ok(running) => {
            // Before the line: whoever reads it may send a signal at once.
            let signals = early.and_then(Early::with_others);
            let line = ready_line(&running, options.json, &origin);
            // Nobody reading the line is no reason not to serve.
            let _ = writeln!(out, "{line}").and_then(|()| out.flush());
            obey(options, running, signals, (&ended, &origin))
        }
    }
}

/// Where this process comes from.
struct Origin {
    /// The program's file, as of the start: another one may lie there by the time that a successor is started.
    program: io::Result<PathBuf>,
    /// Another server started it.
    is_successor: bool,
}

/// The signals that a server obeys, and the runtime that waits for them.
struct Signals {
    runtime: tokio::runtime::Runtime,
    terminate: Signal,
    interrupt: Signal,
    reload: Signal,
    restart: Signal,
}

/// The signals that must not end a process that is still starting: they are obeyed when the start is over.
struct Early {
    runtime: tokio::runtime::Runtime,
    reload: Signal,
    restart: Signal,
}

impl Early {
    fn listen() -> io::Result<Early> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        let entered = runtime.enter();
        let reload = signal(SignalKind::hangup())?;
        let restart = signal(SignalKind::user_defined2())?;
        drop(entered);
        Ok(Early {
            runtime,
            reload,
            restart,
        })
    }

    fn with_others(self) -> io::Result<Signals> {
        let Early {
            runtime,
            reload,
            restart,
        } = self;
        let entered = runtime.enter();
        let terminate = signal(SignalKind::terminate())?;
        let interrupt = signal(SignalKind::interrupt())?;
        drop(entered);
        Ok(Signals {
            runtime,
            terminate,
            interrupt,
            reload,
            restart,
        })
    }
}

#[cfg_attr(
    not(feature = "fault"),
    expect(unused_variables, reason = "only a faulty disk is chosen on the command line")
)]
fn begin(
    options: &Options,
    settings: Settings,
    inherited: Inherited,
    ended: engine::OnShardEnd,
) -> Result<Running, StartError> {
    #[cfg(feature = "fault")]
    if let Some(plan) = &options.fault {
        return server::start_faulty(settings, ended, plan);
    }
    server::start_inheriting(settings, inherited, ended)
}

fn settings(options: &Options) -> Result<Settings, Vec<String>> {
    let file = options.config.as_deref();
    let told = |fault: profile::Fault| match file {
        Some(file) => format!("{}: {fault}", file.display()),
        None => fault.to_string(),
    };
    let mut settings =
        config::load(file).map_err(|faults| faults.into_iter().map(told).collect::<Vec<_>>())?;
    if let Some(data) = &options.data {
        let Some(data) = data.to_str() else {
            return Err(vec!["--data must be UTF-8".to_owned()]);
        };
        settings.process.data = data.to_owned();
    }
    Ok(settings)
}

/// A successor adds its process number, which nobody else knows.
fn ready_line(running: &Running, as_json: bool, origin: &Origin) -> String {
    let own = std::process::id();
    if as_json {
        let (mm1, mm4, admin) = (running.mm1(), running.mm4(), running.admin());
        let radius = running.radius();
        let ready = json!({
            "event": "ready", "mm1": mm1, "mm4": mm4, "admin": admin, "radius": radius, "pid": own,
        });
        return ready.to_string();
    }
    let mut line = String::from("ready");
    let doors = [
        ("mm1", running.mm1()),
        ("mm4", running.mm4()),
        ("admin", running.admin()),
    ];
    for (name, addresses) in doors {
        let list: Vec<String> = addresses.iter().map(SocketAddr::to_string).collect();
        // Writing to a String cannot fail.
        let _ = write!(line, " {name}={}", list.join(","));
    }
    let radius: Vec<String> = running.radius().iter().map(SocketAddr::to_string).collect();
    if !radius.is_empty() {
        let _ = write!(line, " radius={}", radius.join(","));
    }
    if origin.is_successor {
        let _ = write!(line, " pid={own}");
    }
    line
}

/// Waits for signals until the end.
fn obey(
    options: &Options,
    mut running: Running,
    signals: io::Result<Signals>,
    (ended, origin): (&Notify, &Origin),
) -> Exit {
    let cause = match signals {
        Ok(signals) => wait(options, &mut running, signals, (ended, origin)),
        Err(error) => {
            eprintln!("alarm: signals can't be waited for: {error}");
            Cause::Failure
        }
    };
    running.events().iter().for_each(|line| eprintln!("{line}"));
    let drained = match &cause {
        Cause::Succeeded(successor) => {
            eprintln!("restart: process {} takes over", successor.id());
            running.hand_over()
        }
        Cause::Signal | Cause::Failure => {
            eprintln!("drain: refusing what is new");
            running.drain()
        }
    };
    match (drained, cause) {
        (Ok(_), Cause::Failure) => Exit::Failed,
        (Ok(Drained::Whole), _) => {
            eprintln!("drain: everything was finished");
            Exit::Done
        }
        (Ok(Drained::TimedOut(remains)), _) => {
            eprintln!("drain: out of time, left are:");
            remains.iter().for_each(|remains| eprintln!("drain: {remains}"));
            Exit::Done
        }
        (Err(error), _) => {
            eprintln!("alarm: {error}");
            Exit::Failed
        }
    }
}

/// Why the server ends.
enum Cause {
    /// It was told to.
    Signal,
    /// Another one takes over.
    Succeeded(Successor),
    /// It can't go on.
    Failure,
}

fn wait(
    options: &Options,
    running: &mut Running,
    signals: Signals,
    (ended, origin): (&Notify, &Origin),
) -> Cause {
    let Signals {
        runtime,
        mut terminate,
        mut interrupt,
        mut reload,
        mut restart,
    } = signals;
    let mut alarms = Alarms::default();
    runtime.block_on(async {
        let mut look = tokio::time::interval(ALARM_LOOK);
        loop {
            tokio::select! {
                _ = terminate.recv() => return Cause::Signal,
                _ = interrupt.recv() => return Cause::Signal,
                () = ended.notified() => return Cause::Failure,
                _ = reload.recv() => take_settings(options, running),
                _ = restart.recv() => match start_successor(running, origin) {
                    Some(successor) => return Cause::Succeeded(successor),
                    None => eprintln!("restart: called off; this server goes on"),
                },
                _ = look.tick() => {
                    alarms.look(running);
                    running.events().iter().for_each(|line| eprintln!("{line}"));
                }
            }
        }
    })
}

/// Starts the same command line again; the shards serve meanwhile.
fn start_successor(running: &Running, origin: &Origin) -> Option<Successor> {
    let program = match &origin.program {
        Ok(program) => program,
        Err(error) => {
            eprintln!("restart: where this program lies is not known: {error}");
            return None;
        }
    };
    let mut command = Command::new(program);
    command.args(std::env::args_os().skip(1));
    match running.start_successor(command) {
        Ok(successor) => Some(successor),
        Err(error) => {
            eprintln!("restart: no successor: {error}");
            None
        }
    }
}

/// Reads the file again; keeps the last good settings where it is not fit.
fn take_settings(options: &Options, running: &mut Running) {
    if options.config.is_none() {
        eprintln!("reload: there is no file (--config)");
        return;
    }
    match settings(options) {
        Err(sentences) => {
            sentences
                .iter()
                .for_each(|sentence| eprintln!("reload: {sentence}"));
            eprintln!("reload: refused; the settings stay as they were");
        }
        Ok(fresh) => match running.reload(&fresh) {
            Err(sentence) => eprintln!("reload: refused; the settings stay as they were: {sentence}"),
            Ok(waiting) => {
                waiting
                    .iter()
                    .for_each(|name| eprintln!("reload: {name} counts at the next start"));
                eprintln!("reload: done");
            }
        },
    }
}

/// Raised and cleared once each, by shard.
#[derive(Default)]
struct Alarms {
    raised: Vec<(usize, Gauge)>,
}

impl Alarms {
    const TABLE: [(Gauge, &'static str); 2] = [
        (
            Gauge::JournalFailed,
            "its log has stopped after a failed write; nothing more is taken until a restart",
        ),
        (
            Gauge::AdmissionClosed,
            "its log has no room for new messages; free space or raise journal.segments_max",
        ),
    ];

    fn look(&mut self, running: &Running) {
        for (shard, meter) in running.meters().iter().enumerate() {
            for (gauge, sentence) in Alarms::TABLE {
                let is_up = meter.gauge(gauge) != 0;
                let known = self.raised.iter().position(|raised| *raised == (shard, gauge));
                match (is_up, known) {
                    (true, None) => {
                        self.raised.push((shard, gauge));
                        eprintln!("alarm: shard {shard}: {sentence}");
                    }
                    (false, Some(known)) => {
                        self.raised.swap_remove(known);
                        eprintln!("clear: shard {shard}: {} is over", gauge.name());
                    }
                    _ => {}
                }
            }
        }
    }
}
