//! Restarts and reloads of a server under a crowd's load.
//!
//! Run by the suite (some) and by the program `restarts` (as many as wanted). Invariants: a restart counts only when
//! the crowd was acknowledged something since the last one; the settings of each start are written before it.

use super::carrier;
use super::chain::Chain;
use super::crowd::{Crowd, judge};
use super::site::START_WAIT;
use super::turnstile::now;
use super::{Failure, Finding, Program, Site};
use rustix::process::Signal;
use std::path::Path;
use std::sync::mpsc::Receiver;
use std::time::Duration;

/// Acknowledgements between two restarts.
const ACKNOWLEDGED_BETWEEN: usize = 20;

/// The longest that these may take.
const LOAD_WAIT: Duration = Duration::from_secs(30);

/// What was done and seen.
#[derive(Clone, Debug, Default)]
pub struct Report {
    /// Restarts, or reloads.
    pub rounds: u32,
    /// Letters acknowledged, each on a connection of its own.
    pub accepted: u64,
    /// Mails of another operator acknowledged.
    pub taken: u64,
    /// Letters acknowledged on connections that are kept open.
    pub kept_open: u64,
    /// Transactions that failed: refused, reset, cut off, late.
    pub breaks: u64,
    /// What the first of them was told.
    pub first_break: Option<String>,
    /// The longest transaction: what a restart looks like from outside.
    pub longest: Duration,
    /// The longest restart, from the signal to the successor's ready line and its predecessor's end.
    pub slowest: Duration,
    /// How long each took.
    pub times: Vec<Duration>,
    /// What must not be.
    pub findings: Vec<Finding>,
}

/// A crowd of common size.
#[must_use]
pub fn crowd(seed: u64) -> Crowd {
    Crowd {
        seed,
        senders: 2,
        carriers: 2,
        recipients: 3,
        patience: Duration::from_secs(20),
    }
}

fn site(shards: u16) -> Result<Site, Failure> {
    let mut site = Site::new(Program::Shipped, shards)?;
    site.set("notify.place_s", "1");
    site.set("notify.schedule_s", "[1, 2]");
    site.set("journal.segments_max", "400");
    // Below the wait for a ready line, so that a drain that does not end says why.
    site.set("drain_s", "10");
    carrier::introduce(&mut site, &[])?;
    Ok(site)
}

/// Restarts a server as often as told, with these numbers of shards in turn, under load.
///
/// # Errors
/// What kept it from being carried out, a restart that fails among it.
pub fn restarts(seed: u64, count: u32, shards: &[u16]) -> Result<Report, Failure> {
    let mut site = site(shards.first().copied().unwrap_or(1))?;
    let mut chain = Chain::start(&site, START_WAIT)?;
    let crowd = crowd(seed);
    let mut times = Vec::new();
    let (ledger, tally) = crowd.run(chain.at, |acknowledged| {
        for round in 1..=count {
            wait_for_load(acknowledged, ACKNOWLEDGED_BETWEEN)?;
            let turn = round as usize % shards.len().max(1);
            site.set("shards", &shards.get(turn).copied().unwrap_or(1).to_string());
            site.write_settings()?;
            let begun = now();
            chain.restart(START_WAIT)?;
            times.push(begun.elapsed());
        }
        wait_for_load(acknowledged, ACKNOWLEDGED_BETWEEN)
    })?;
    report(times, (chain, &site), (&crowd, ledger, tally))
}

/// Has a server read its settings as often as told, every other time a file with a fault, under load.
///
/// # Errors
/// What kept it from being carried out, a reload with the wrong outcome among it.
pub fn reloads(seed: u64, count: u32) -> Result<Report, Failure> {
    let mut site = site(2)?;
    let chain = Chain::start(&site, START_WAIT)?;
    let crowd = crowd(seed);
    let mut times = Vec::new();
    let (ledger, tally) = crowd.run(chain.at, |acknowledged| {
        for round in 0..count {
            // As many reloads as letters, so that most letters meet one.
            wait_for_load(acknowledged, 1)?;
            site.set("notify.place_s", &(1 + round % 3).to_string());
            let file = site.write_settings()?;
            let outcome = if round % 2 == 0 {
                "reload: done"
            } else {
                spoil(&file, round)?;
                "reload: refused"
            };
            let begun = now();
            chain.signal(Signal::HUP)?;
            let said = chain.wait_for("reload: ", START_WAIT)?;
            let said = if said.starts_with("reload: done") || said.starts_with("reload: refused") {
                said
            } else {
                // The sentence that says what is wrong with the file comes first.
                chain.wait_for("reload: ", START_WAIT)?
            };
            if !said.starts_with(outcome) {
                return Err(Failure(format!("round {round}: {said:?} instead of {outcome:?}")));
            }
            times.push(begun.elapsed());
        }
        wait_for_load(acknowledged, ACKNOWLEDGED_BETWEEN)
    })?;
    report(times, (chain, &site), (&crowd, ledger, tally))
}

/// Kills a server under load: the canary. Gives the transactions that failed.
///
/// # Errors
/// What kept it from being carried out.
pub fn killed(seed: u64) -> Result<u64, Failure> {
    let site = site(2)?;
    let mut chain = Chain::start(&site, START_WAIT)?;
    // Nobody is there any more to bring what is missing.
    let crowd = Crowd {
        patience: Duration::from_secs(1),
        ..crowd(seed)
    };
    let (_, tally) = crowd.run(chain.at, |acknowledged| {
        wait_for_load(acknowledged, ACKNOWLEDGED_BETWEEN)?;
        chain.kill()
    })?;
    Ok(tally.breaks.into_inner())
}

/// Adds a fault to a settings file: an unknown key, a value out of range, no TOML at all.
fn spoil(file: &Path, round: u32) -> Result<(), Failure> {
    let fault = match round % 3 {
        0 => "\n[nonsense]\nkey = 1\n",
        1 => "\n[process]\ndrain_s = 0\n",
        _ => "\n[[[\n",
    };
    let mut text = std::fs::read_to_string(file)?;
    text.push_str(fault);
    Ok(std::fs::write(file, text)?)
}

/// Waits until the crowd was acknowledged so much from now on.
fn wait_for_load(acknowledged: &Receiver<()>, count: usize) -> Result<(), Failure> {
    while acknowledged.try_recv().is_ok() {}
    let deadline = now() + LOAD_WAIT;
    for _ in 0..count {
        let left = deadline.saturating_duration_since(now());
        acknowledged
            .recv_timeout(left)
            .map_err(|error| Failure::of("waiting for acknowledgements", error))?;
    }
    Ok(())
}

fn report(
    times: Vec<Duration>,
    (chain, site): (Chain, &Site),
    (crowd, ledger, tally): (&Crowd, super::Ledger, super::crowd::Tally),
) -> Result<Report, Failure> {
    let code = chain.terminate()?;
    let mut findings = judge(ledger, crowd, site)?;
    if code != Some(0) {
        let what = format!("the last server ends with {code:?}");
        findings.push(Finding::Unexpected { what });
    }
    Ok(Report {
        rounds: u32::try_from(times.len()).unwrap_or(u32::MAX),
        accepted: tally.accepted.into_inner(),
        taken: tally.taken.into_inner(),
        kept_open: tally.kept_open.into_inner(),
        breaks: tally.breaks.into_inner(),
        first_break: tally.first_break.into_inner(),
        longest: Duration::from_millis(tally.longest_ms.into_inner()),
        slowest: times.iter().copied().max().unwrap_or_default(),
        times,
        findings,
    })
}
