//! The seeds of every change: hundreds of runs, their coverage, and that one seed is one run.
//!
//! `SIM_SEED` replays one run with its story, `SIM_SEEDS` and `SIM_STEPS` widen or narrow what is run. A failure prints
//! its seed, a shortened story and how to repeat it.

use sim::swarm;
use sim::sweep::{Sweep, judge, shorten, sweep};
use sim::walk::{Orders, Surroundings, run};

/// Runs in a test without `SIM_SEEDS`.
const SEEDS: u64 = 900;

fn number_of(name: &str) -> Option<u64> {
    std::env::var(name).ok()?.parse().ok()
}

fn steps() -> u64 {
    number_of("SIM_STEPS").unwrap_or(swarm::STEPS)
}

#[test]
fn whatever_happens_every_promise_is_kept() {
    let seeds = match number_of("SIM_SEED") {
        Some(seed) => seed..seed + 1,
        None => 0..number_of("SIM_SEEDS").unwrap_or(SEEDS),
    };
    let is_wide = seeds.end - seeds.start >= SEEDS && steps() == swarm::STEPS;
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let orders = Sweep {
        seeds,
        steps: steps(),
        threads,
        bug: None,
    };
    let findings = sweep(&orders, |_| {});
    println!("{}{} runs", findings.coverage, findings.runs);
    if let Some(failure) = findings.failure {
        panic!("{}", shorten(failure, None));
    }
    // A run that meets nothing proves nothing.
    if is_wide {
        assert_eq!(findings.coverage.missing(), Vec::<String>::new());
    }
}

/// Without this a failing seed could not be replayed.
#[test]
fn one_seed_is_one_run() {
    for seed in 0..24 {
        let orders = |tells| Orders {
            seed,
            steps: steps(),
            tells,
            broken: None,
        };
        let (once, again) = (run(orders(false)), run(orders(true)));
        assert_eq!(once.hash, again.hash, "seed {seed}");
        assert_eq!(once.coverage, again.coverage, "seed {seed}");
        assert_ne!(
            once.hash,
            run(Orders {
                seed: seed + 1,
                ..orders(false)
            })
            .hash
        );
    }
}

/// What no product could stand is noticed, by a checker or by an assertion: a check that cannot fail is a defect.
#[test]
fn broken_surroundings_are_noticed() {
    use Surroundings::{LosesDeliveries, LosesEnds, LosesTold, LyingDisk};
    for broken in [LyingDisk, LosesDeliveries, LosesEnds, LosesTold] {
        let is_noticed = |seed| {
            let orders = Orders {
                seed,
                steps: swarm::STEPS,
                tells: false,
                broken: Some(broken),
            };
            judge(orders, None).fault.is_some()
        };
        assert!((0..100).any(is_noticed), "{broken:?}");
    }
}

/// Seeds that once failed, before what they found was mended. What a seed means changes with the world; tests beside
/// the mended code tell the stories.
const FOUND: &[u64] = &[
    1_331, 79_840, 141_697, 173_746, 186_980, 303_354, 519_066, 523_846, 532_946, 534_398, 558_834, 608_444,
    726_326, 733_972, 800_448, 1_005_320, 1_005_509, 1_005_727, 1_067_007, 1_067_633, 1_420_051, 1_501_347,
    1_521_137, 3_000_301, 3_001_230, 3_002_196, 3_002_916, 3_005_924,
];

#[test]
fn what_was_found_stays_mended() {
    for &seed in FOUND {
        let orders = Orders {
            seed,
            steps: swarm::STEPS,
            tells: false,
            broken: None,
        };
        let fault = judge(orders, None).fault;
        assert!(fault.is_none(), "seed {seed}: {fault:?}");
    }
}
