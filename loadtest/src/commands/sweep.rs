//! `sweep`: one run after another with rising load, until the objectives break.
//!
//! One of the commands. Invariants: every step is a run folder of its own, so that each can be verified; the server
//! is the same process throughout.

use super::run::{Server, Shown, default_folder, keep, sweep_up};
use super::{Finding, Outcome};
use crate::cli;
use loadtest::clock;
use loadtest::report;
use loadtest::scenario::{Loop, Phase, Scenario};
use loadtest::sweep::{Step, Sweep, conclude};
use std::error::Error;
use std::path::Path;

/// Seconds before a step counts.
const WARM_UP_S: f64 = 1.0;

/// Carries the command out.
pub(super) fn sweep(arguments: &cli::Sweep) -> Outcome {
    let (scenario, text) = Scenario::load(&arguments.scenario)?;
    let server = Server::take(&arguments.place)?;
    let folder = arguments
        .out
        .clone()
        .unwrap_or_else(|| default_folder("sweep", clock::unix_ms()));
    let found = rise(arguments, &scenario, &text, &server, &folder);
    drop(server);
    sweep_up(&arguments.place);
    let found = found?;
    std::fs::write(folder.join("sweep.json"), serde_json::to_string_pretty(&found)?)?;
    let page = folder.join("sweep.html");
    std::fs::write(&page, report::render_sweep(&scenario.name, &found))?;
    if arguments.json {
        println!("{}", serde_json::to_string(&found)?);
    } else {
        match found.holds {
            Some(load) => println!("holds the objectives up to {load:.0}"),
            None => println!("holds the objectives at no step"),
        }
        if let Some(knee) = found.knee {
            println!("knee at {knee:.0}");
        }
        if let Ok(fit) = &found.law {
            super::print::fit(fit);
        }
        println!("{}\n{}", found.ended, page.display());
    }
    Ok(if found.holds.is_some() {
        Finding::Good
    } else {
        Finding::Bad
    })
}

fn rise(
    arguments: &cli::Sweep,
    scenario: &Scenario,
    text: &str,
    server: &Server,
    folder: &Path,
) -> Result<Sweep, Box<dyn Error>> {
    let shape = if arguments.closed {
        Loop::Closed
    } else {
        Loop::Open
    };
    let mut load = if arguments.closed { 1.0 } else { arguments.from };
    let mut steps = Vec::new();
    let mut ended = format!("ended after {} steps: raise --steps", arguments.steps);
    for number in 0..arguments.steps {
        let step = step_of(scenario, shape, load, f64::from(arguments.seconds));
        let name = format!("{:04x}{number:02}", clock::unix_ms() & 0xffff);
        let plan = server.plan(step, &arguments.place, name)?;
        let own = folder.join(format!("step-{number:02}"));
        let summary = keep(server, &plan, text, &own, Shown::Nothing)?;
        let step = Step::of(load, &scenario.slo, &summary);
        eprintln!(
            "step {number:>2}: load {load:>8.0}  ok {:>8.0}/s  p50 {}  p99 {}  max {}{}{}",
            step.done_per_s,
            super::print::time(step.p50_us),
            super::print::time(step.p99_us),
            super::print::time(step.max_us),
            if step.broken.is_empty() {
                String::new()
            } else {
                format!("  BROKEN: {}", step.broken)
            },
            step.void
                .first()
                .map(|reason| format!("  VOID: {reason}"))
                .unwrap_or_default()
        );
        let reason = match (&step.broken, step.void.first()) {
            (broken, _) if !broken.is_empty() => Some(format!("ended because {broken}")),
            (_, Some(void)) if shape == Loop::Open => Some(format!("ended because a step is void: {void}")),
            _ => None,
        };
        steps.push(step);
        if let Some(reason) = reason {
            ended = reason;
            break;
        }
        load = if arguments.closed {
            (load * arguments.factor).ceil()
        } else {
            load * arguments.factor
        };
    }
    Ok(conclude(steps, shape, scenario.slo, ended))
}

/// The scenario of a step: its mix, one load.
fn step_of(scenario: &Scenario, shape: Loop, load: f64, seconds: f64) -> Scenario {
    let phase = |name: &str, seconds: f64, measured: bool| Phase {
        name: name.to_owned(),
        seconds,
        rate: Some(load),
        from: None,
        to: None,
        measured,
    };
    let mut step = scenario.clone();
    step.shape = shape;
    step.concurrency = (load as u32).max(1);
    step.connections = step.connections.max(step.concurrency);
    step.subscribers = step.subscribers.max(step.concurrency);
    step.phase = vec![phase("warm-up", WARM_UP_S, false), phase("step", seconds, true)];
    step
}
