//! Under which conditions a run was made: everything that somebody needs who wants to make it again.
//!
//! Written before the run begins, so that it is there even when the run fails. Invariant: what is not known is said
//! to be unknown, never left to be guessed.

use crate::host::{self, Machine};
use crate::run::RunPlan;
use crate::scenario::{Loop, Scenario};
use serde::{Deserialize, Serialize};
use std::path::Path;
use std::process::Command;

/// A run's conditions.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Conditions {
    /// The version of this program.
    pub program: String,
    /// The commit that the working directory stands at, and whether it was changed.
    pub commit: String,
    /// The command line.
    pub command: Vec<String>,
    /// When the run began, milliseconds since 1970-01-01 UTC.
    pub start_unix_ms: u64,
    /// The run's name, which stands in every transaction.
    pub run: String,
    /// The scenario's text as it was read.
    pub scenario_text: String,
    /// The scenario as it was understood, with every default.
    pub scenario: Scenario,
    /// The machine of the driver.
    pub machine: Machine,
    /// The cores of the driver's threads; empty where they were not pinned.
    pub driver_cores: Vec<usize>,
    /// Whether they ran before everything else there.
    #[serde(default)]
    pub driver_first: bool,
    /// The server.
    pub server: Server,
}

/// What is known of the server.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Server {
    /// Its MM1 listener.
    pub mm1: String,
    /// Its admin listener.
    pub admin: String,
    /// How it was started, where this program did.
    pub command: Vec<String>,
    /// The cores it may use, where they were chosen.
    pub cores: String,
    /// Its settings, as they were given.
    pub settings: String,
    /// Its durability mode.
    pub durability: String,
    /// The file system and device under its data, where they are known.
    pub disk: String,
    /// What it says of itself: version and shards.
    pub version: String,
}

/// Gathers the conditions of a run.
#[must_use]
pub fn gather(plan: &RunPlan, scenario_text: &str, server: Server, start_unix_ms: u64) -> Conditions {
    Conditions {
        program: env!("CARGO_PKG_VERSION").to_owned(),
        commit: commit(),
        command: std::env::args().collect(),
        start_unix_ms,
        run: plan.name.clone(),
        scenario_text: scenario_text.to_owned(),
        scenario: plan.scenario.clone(),
        machine: host::machine(),
        driver_cores: plan.cores.clone(),
        driver_first: !plan.cores.is_empty() && plan.scenario.shape == Loop::Open && host::may_run_first(),
        server,
    }
}

/// The commit of the working directory.
fn commit() -> String {
    let git = |arguments: &[&str]| {
        let output = Command::new("git").args(arguments).output().ok()?;
        output
            .status
            .success()
            .then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
    };
    match git(&["rev-parse", "HEAD"]) {
        None => "unknown: not in a checkout".to_owned(),
        Some(head) => match git(&["status", "--porcelain", "--untracked-files=no"]) {
            Some(changes) if changes.is_empty() => head,
            _ => format!("{head}, changed"),
        },
    }
}

/// What lies under a folder: device, file system and options.
#[must_use]
pub fn disk_under(folder: &Path) -> String {
    let folder = folder.canonicalize().unwrap_or_else(|_| folder.to_owned());
    let mounts = std::fs::read_to_string("/proc/mounts").unwrap_or_default();
    let mut best = ("", "unknown".to_owned());
    for line in mounts.lines() {
        let words: Vec<&str> = line.split(' ').collect();
        if let [device, at, kind, options, ..] = words.as_slice()
            && folder.starts_with(at)
            && at.len() > best.0.len()
        {
            best = (at, format!("{device} {kind} {options}"));
        }
    }
    best.1
}
