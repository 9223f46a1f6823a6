//! `ringpost serve`: starts a server, says when it is ready, obeys signals.
//!
//! SIGTERM and SIGINT drain, SIGHUP reloads; a shard that ends on its own ends the process, since the others can't
//! speak for its subscribers. Invariants: one line on standard output, `ready …`, when everything is bound and
//! recovered; all else goes to standard error, one event a line, without numbers or content.

use super::config;
use crate::exit::Exit;
use crate::server::{self, Running, StartError};
use base::ShardId;
use clap::Args;
use engine::Drained;
use meter::Gauge;
use profile::Settings;
use serde_json::json;
use std::fmt::Write as _;
use std::io::{self, Write};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::Notify;

/// How often the alarms' gauges are looked at.
const ALARM_LOOK: Duration = Duration::from_secs(1);

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
    match begin(options, settings, on_shard_end) {
        Err(error) => {
            eprintln!("start: {error}");
            error.exit()
        }
        Ok(running) => {
            // Before the line: whoever reads it may send a signal at once.
            let signals = Signals::listen();
            // Nobody reading the line is no reason not to serve.
            let _ = writeln!(out, "{}", ready_line(&running, options.json)).and_then(|()| out.flush());
            obey(options, running, signals, &ended)
        }
    }
}

/// The signals that a server obeys, and the runtime that waits for them.
struct Signals {
    runtime: tokio::runtime::Runtime,
    terminate: Signal,
    interrupt: Signal,
    reload: Signal,
}

impl Signals {
    fn listen() -> io::Result<Signals> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        let entered = runtime.enter();
        let terminate = signal(SignalKind::terminate())?;
        let interrupt = signal(SignalKind::interrupt())?;
        let reload = signal(SignalKind::hangup())?;
        drop(entered);
        Ok(Signals {
            runtime,
            terminate,
            interrupt,
            reload,
        })
    }
}

#[cfg_attr(
    not(feature = "fault"),
    expect(unused_variables, reason = "only a faulty disk is chosen on the command line")
)]
fn begin(options: &Options, settings: Settings, ended: engine::OnShardEnd) -> Result<Running, StartError> {
    #[cfg(feature = "fault")]
    if let Some(plan) = &options.fault {
        return server::start_faulty(settings, ended, plan);
    }
    server::start(settings, ended)
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

fn ready_line(running: &Running, as_json: bool) -> String {
    if as_json {
        return json!({ "event": "ready", "mm1": running.mm1(), "admin": running.admin() }).to_string();
    }
    let mut line = String::from("ready");
    for (name, addresses) in [("mm1", running.mm1()), ("admin", running.admin())] {
        let list: Vec<String> = addresses.iter().map(SocketAddr::to_string).collect();
        // Writing to a String cannot fail.
        let _ = write!(line, " {name}={}", list.join(","));
    }
    line
}

/// Waits for signals until the end.
fn obey(options: &Options, mut running: Running, signals: io::Result<Signals>, ended: &Notify) -> Exit {
    let cause = match signals {
        Ok(signals) => wait(options, &mut running, signals, ended),
        Err(error) => {
            eprintln!("alarm: signals can't be waited for: {error}");
            Cause::Failure
        }
    };
    eprintln!("drain: refusing what is new");
    match (running.drain(), cause) {
        (Ok(drained), Cause::Signal) => {
            eprintln!(
                "drain: {}",
                if drained == Drained::Whole {
                    "everything was finished"
                } else {
                    "out of time"
                }
            );
            Exit::Done
        }
        (Ok(_), Cause::Failure) => Exit::Failed,
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
    /// It can't go on.
    Failure,
}

fn wait(options: &Options, running: &mut Running, signals: Signals, ended: &Notify) -> Cause {
    let Signals {
        runtime,
        mut terminate,
        mut interrupt,
        mut reload,
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
                _ = look.tick() => alarms.look(running),
            }
        }
    })
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
