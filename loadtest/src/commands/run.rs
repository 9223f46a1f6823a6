//! `run`: a scenario against a server, kept in a folder.
//!
//! One of the commands; `sweep` makes its steps with it. Invariants: the folder has the conditions before the first
//! message is sent; the progress line is for people and goes to standard error.

use super::{Finding, Outcome, print};
use crate::cli;
use loadtest::clock;
use loadtest::conditions::{self, Server as Described};
use loadtest::folder::{self, Keeper};
use loadtest::host;
use loadtest::run::{RunPlan, run as drive};
use loadtest::samples::Sample;
use loadtest::scenario::{Life, Scenario};
use loadtest::server::{self, Start, Started};
use loadtest::summary::Summary;
use std::error::Error;
use std::io::{IsTerminal as _, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

/// The server of a run.
pub(super) enum Server {
    Started(Box<Started>),
    Running {
        place: Box<cli::Where>,
        described: Box<Described>,
    },
}

/// What the names of the threads begin with that serve the admin listener and read the outbox.
const LAB_THREADS: [&str; 2] = ["admin", "outbox"];

impl Server {
    /// Starts it, or asks the running one what it is.
    pub(super) fn take(place: &cli::Where) -> Result<Server, Box<dyn Error>> {
        let mut server = Server::find(place)?;
        if place.lab_cores.is_empty() {
            return Ok(server);
        }
        let (described, process) = match &mut server {
            Server::Started(started) => {
                let process = started.process();
                (&mut started.described, Some(process))
            }
            Server::Running { place, described } => (&mut **described, place.server_pid),
        };
        let process = process.ok_or("whose threads are to move? give --server-pid")?;
        let moved = host::move_threads(process, &LAB_THREADS, &place.lab_cores)?;
        described.cores += &format!(", {moved} threads of outbox and admin: {:?}", place.lab_cores);
        Ok(server)
    }

    fn find(place: &cli::Where) -> Result<Server, Box<dyn Error>> {
        let Some(program) = &place.start else {
            let mm1 = place.mm1.ok_or("give --mm1 or --start")?;
            let described = Box::new(server::describe(mm1, place.admin));
            return Ok(Server::Running {
                place: Box::new(place.clone()),
                described,
            });
        };
        let settings = match &place.settings {
            Some(path) => std::fs::read_to_string(path)?,
            None => String::new(),
        };
        let data = place.data.join(format!("run-{}", std::process::id()));
        let start = Start {
            program,
            settings: &settings,
            data: &data,
            cores: &place.server_cores,
        };
        Ok(Server::Started(Box::new(Started::start(&start)?)))
    }

    /// A plan for a scenario against it.
    pub(super) fn plan(
        &self,
        scenario: Scenario,
        place: &cli::Where,
        name: String,
    ) -> Result<RunPlan, Box<dyn Error>> {
        let (mm1, admin, process) = match self {
            Server::Started(started) => (started.mm1, Some(started.admin), Some(started.process())),
            Server::Running { place, .. } => (
                place.mm1.ok_or("give --mm1 or --start")?,
                place.admin,
                place.server_pid,
            ),
        };
        if scenario.life == Life::Full && admin.is_none() {
            return Err("full lives are seen in the outbox: give --admin".into());
        }
        Ok(RunPlan {
            scenario,
            mm1,
            admin,
            cores: place.cores.clone(),
            name,
            server: process,
        })
    }

    fn described(&self) -> Described {
        match self {
            Server::Started(started) => started.described.clone(),
            Server::Running { described, .. } => (**described).clone(),
        }
    }
}

/// Deletes what a started server kept.
pub(super) fn sweep_up(place: &cli::Where) {
    if place.start.is_some() {
        // What can't be deleted lies in a folder that the user named.
        let _ = std::fs::remove_dir_all(place.data.join(format!("run-{}", std::process::id())));
    }
}

/// Carries the command out.
pub(super) fn run(arguments: &cli::Run) -> Outcome {
    let (mut scenario, text) = Scenario::load(&arguments.scenario)?;
    scenario.seed = arguments.seed.unwrap_or(scenario.seed);
    for phase in &mut scenario.phase {
        for rate in [&mut phase.rate, &mut phase.from, &mut phase.to]
            .into_iter()
            .flatten()
        {
            *rate *= arguments.scale;
        }
    }
    let server = Server::take(&arguments.place)?;
    let start_ms = clock::unix_ms();
    let folder = arguments
        .out
        .clone()
        .unwrap_or_else(|| default_folder(&scenario.name, start_ms));
    let name = format!("{:06x}", (start_ms ^ (scenario.seed << 10)) & 0xff_ffff);
    let plan = server.plan(scenario, &arguments.place, name)?;
    let shown = if arguments.json {
        Shown::Json
    } else {
        Shown::Progress
    };
    let summary = keep(&server, &plan, &text, &folder, shown);
    drop(server);
    sweep_up(&arguments.place);
    let summary = summary?;
    if arguments.json {
        println!("{}", serde_json::to_string(&summary)?);
    } else {
        print::summary(&summary);
        println!("\n{}", folder.join(folder::REPORT).display());
    }
    let is_good = summary.void.is_empty() && summary.violations.is_empty();
    Ok(if is_good { Finding::Good } else { Finding::Bad })
}

/// What is shown while a run goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shown {
    Progress,
    Json,
    Nothing,
}

/// Runs a plan and keeps it in a folder.
pub(super) fn keep(
    server: &Server,
    plan: &RunPlan,
    text: &str,
    folder: &Path,
    shown: Shown,
) -> Result<Summary, Box<dyn Error>> {
    let conditions = conditions::gather(plan, text, server.described(), clock::unix_ms());
    let mut keeper = Keeper::create(folder, conditions)?;
    let length_s = plan.scenario.length_ns() / clock::SECOND_NS;
    let ledger = drive(plan, &Arc::new(AtomicBool::new(false)), |interval| {
        let sample = keeper.keep(&interval)?;
        match shown {
            Shown::Progress => progress(&interval, &sample, length_s),
            Shown::Json => println!("{}", print::interval_json(&interval, &sample)),
            Shown::Nothing => {}
        }
        Ok(())
    })?;
    if shown == Shown::Progress && std::io::stderr().is_terminal() {
        eprintln!();
    }
    let stages = server::stages(plan.admin);
    Ok(keeper.finish(&ledger, stages.as_ref())?)
}

fn progress(interval: &loadtest::run::Interval, sample: &Sample, length_s: u64) {
    let line = print::progress(interval, sample, length_s);
    let mut out = std::io::stderr().lock();
    // A terminal that is gone is no reason to end the run.
    let _ = if std::io::stderr().is_terminal() {
        write!(out, "\r\x1b[K{line}")
    } else {
        writeln!(out, "{line}")
    };
}

/// `load-runs/SECONDS-SCENARIO`.
pub(super) fn default_folder(name: &str, start_ms: u64) -> PathBuf {
    PathBuf::from("load-runs").join(format!("{}-{name}", start_ms / 1_000))
}
