//! The canaries: each planted bug is caught, and by whom.
//!
//! Only in builds with the feature `planted` (`cargo test -p sim --features planted`, a step of `tests/run`), which the
//! workspace's builds are not: the places of the bugs are compiled away in them. `SIM_SEED` says with which seed each
//! begins, `SIM_SEEDS` how many each has. Prints the table.

#![cfg(feature = "planted")]

use journal::planted::Bug;
use sim::swarm;
use sim::sweep::{Sweep, sweep};

/// Seeds within which each must be caught.
const SEEDS: u64 = 2_000;

#[test]
fn each_planted_bug_is_caught() {
    std::panic::set_hook(Box::new(|_| {}));
    let number_of = |name: &str| std::env::var(name).ok()?.parse().ok();
    let (first, seeds) = (
        number_of("SIM_SEED").unwrap_or(0),
        number_of("SIM_SEEDS").unwrap_or(SEEDS),
    );
    let mut escaped = Vec::new();
    for bug in Bug::ALL {
        let findings = sweep(
            &Sweep {
                seeds: first..first + seeds,
                steps: swarm::STEPS,
                threads: std::thread::available_parallelism().map_or(1, usize::from),
                bug: Some(bug),
            },
            |_| {},
        );
        match findings.failure {
            Some(failure) => println!("{bug:?}: seed {} by {}", failure.seed, failure.fault.checker),
            None => escaped.push(bug),
        }
    }
    assert_eq!(escaped, []);
}
