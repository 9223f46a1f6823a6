//! Many runs: seeds one after the other on some threads, what they met together, and how the first failure is told.
//!
//! Above `walk`. Invariants: which seed fails does not depend on the number of threads; a failure is told with its
//! seed, the least number of steps (of some tried) with which it still fails, and the last that happened before it.

use crate::court::Fault;
use crate::coverage::Coverage;
use crate::walk::{Orders, Verdict, run};
use journal::planted::Bug;
use std::fmt;
use std::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

/// Lines of a story that are told.
const STORY_LINES: usize = 60;

/// Which runs.
#[derive(Clone, Debug)]
pub struct Sweep {
    /// The seeds.
    pub seeds: Range<u64>,
    /// Steps of each.
    pub steps: u64,
    /// Threads.
    pub threads: usize,
    /// A bug to plant, of a build that can.
    pub bug: Option<Bug>,
}

/// A run that failed.
#[derive(Clone, Debug)]
pub struct Failure {
    /// Its seed.
    pub seed: u64,
    /// Steps with which it fails.
    pub steps: u64,
    /// What was found.
    pub fault: Fault,
    /// What happened last.
    pub story: Vec<String>,
}

/// What many runs came to.
#[derive(Clone, Debug, Default)]
pub struct Findings {
    /// Runs that ended.
    pub runs: u64,
    /// What they met.
    pub coverage: Coverage,
    /// The lowest seed that failed.
    pub failure: Option<Failure>,
}

/// One run; a panic of it is a finding, too.
#[must_use]
pub fn judge(orders: Orders, bug: Option<Bug>) -> Verdict {
    plant(bug);
    let outcome = catch_unwind(AssertUnwindSafe(|| run(orders)));
    plant(None);
    outcome.unwrap_or_else(|panic| {
        let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
        let text = text.or_else(|| panic.downcast_ref::<String>().cloned());
        Verdict {
            fault: Some(Fault {
                checker: "assertion".to_owned(),
                what: text.unwrap_or_default(),
            }),
            hash: 0,
            coverage: Coverage::default(),
            story: Vec::new(),
        }
    })
}

#[cfg(feature = "planted")]
fn plant(bug: Option<Bug>) {
    journal::planted::plant(bug);
}

#[cfg(not(feature = "planted"))]
fn plant(bug: Option<Bug>) {
    assert!(
        bug.is_none(),
        "bugs are planted in builds with the feature `planted`"
    );
}

/// Runs them all, until one fails. `tell` hears of each thousandth of them, with what was met so far by its thread.
pub fn sweep(sweep: &Sweep, tell: impl Fn(u64) + Sync) -> Findings {
    let (next, done) = (AtomicU64::new(sweep.seeds.start), AtomicU64::new(0));
    let has_failed = AtomicBool::new(false);
    let work = || {
        let mut findings = Findings::default();
        while !has_failed.load(Ordering::Relaxed) {
            let seed = next.fetch_add(1, Ordering::Relaxed);
            if seed >= sweep.seeds.end {
                break;
            }
            let orders = Orders {
                seed,
                steps: sweep.steps,
                tells: false,
                broken: None,
            };
            let verdict = judge(orders, sweep.bug);
            findings.runs += 1;
            findings.coverage.merge(&verdict.coverage);
            if let Some(fault) = verdict.fault {
                has_failed.store(true, Ordering::Relaxed);
                findings.failure = Some(Failure {
                    seed,
                    steps: sweep.steps,
                    fault,
                    story: Vec::new(),
                });
                break;
            }
            tell(done.fetch_add(1, Ordering::Relaxed) + 1);
        }
        findings
    };
    let all: Vec<Findings> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..sweep.threads.max(1)).map(|_| scope.spawn(work)).collect();
        threads
            .into_iter()
            .map(|thread| thread.join().expect("a thread of runs ends"))
            .collect()
    });
    let mut findings = Findings::default();
    for some in all {
        findings.runs += some.runs;
        findings.coverage.merge(&some.coverage);
        let is_lower = |failure: &Failure| {
            findings
                .failure
                .as_ref()
                .is_none_or(|known| failure.seed < known.seed)
        };
        if let Some(failure) = some.failure.filter(is_lower) {
            findings.failure = Some(failure);
        }
    }
    findings
}

/// The same failure with as few steps as it is found with, of some tried; and its story.
#[must_use]
pub fn shorten(failure: Failure, bug: Option<Bug>) -> Failure {
    let orders = |steps, tells| Orders {
        seed: failure.seed,
        steps,
        tells,
        broken: None,
    };
    let mut shortest = failure.clone();
    let mut steps = 10;
    while steps < failure.steps {
        if let Some(fault) = judge(orders(steps, false), bug).fault {
            shortest = Failure {
                steps,
                fault,
                ..shortest
            };
            break;
        }
        steps += 1 + steps / 4;
    }
    let mut story = judge(orders(shortest.steps, true), bug).story;
    let skipped = story.len().saturating_sub(STORY_LINES);
    shortest.story = story.split_off(skipped);
    shortest
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for line in &self.story {
            writeln!(f, "{line}")?;
        }
        let Failure { seed, steps, .. } = self;
        let Fault { checker, what } = &self.fault;
        writeln!(f, "{checker}: {what}")?;
        write!(f, "again with SIM_SEED={seed} SIM_STEPS={steps}")
    }
}
