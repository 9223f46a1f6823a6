//! Made-up runs for tests: a folder as `run` leaves it, from a seed and the shape of a latency.
//!
//! Only tests see it. Invariant: the same arguments make the same folder.

use crate::conditions::Conditions;
use crate::driver::Tally;
use crate::folder::Keeper;
use crate::host::{Core, Machine};
use crate::pace::Dice;
use crate::phone::Ledger;
use crate::record::{Counts, Recorder, Series};
use crate::run::Interval;
use crate::scenario::Scenario;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

/// A folder of a test's own, deleted with this value.
#[derive(Debug)]
pub(crate) struct Scratch(pub(crate) PathBuf);

impl Scratch {
    pub(crate) fn new() -> Scratch {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let name = format!(
            "ringpost-load-{}-{}",
            std::process::id(),
            NEXT.fetch_add(1, Ordering::Relaxed)
        );
        let path = std::env::temp_dir().join(name);
        std::fs::create_dir_all(&path).unwrap();
        Scratch(path)
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// How the messages of a made-up run fare.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Shape {
    pub(crate) seed: u64,
    /// Multiplies every latency.
    pub(crate) factor: f64,
    /// Seconds that are measured, after one that is not.
    pub(crate) seconds: u64,
    pub(crate) per_s: u64,
}

pub(crate) const USUAL: Shape = Shape {
    seed: 1,
    factor: 1.0,
    seconds: 20,
    per_s: 500,
};

pub(crate) fn conditions(shape: Shape) -> Conditions {
    let text = format!(
        "name = \"synthetic\"\n[[phase]]\nname = \"ramp\"\nfrom = 0\nto = {}\nseconds = 1\nmeasured = \
         false\n[[phase]]\n\
         name = \"steady\"\nrate = {}\nseconds = {}\n[[mix]]\noctets = 1000\n",
        shape.per_s, shape.per_s, shape.seconds
    );
    Conditions {
        program: "0".to_owned(),
        commit: "none".to_owned(),
        command: vec!["synthetic".to_owned(), "<&>".to_owned()],
        start_unix_ms: 1_700_000_000_000,
        run: "c0ffee".to_owned(),
        scenario: Scenario::parse(&text).unwrap(),
        scenario_text: text,
        machine: Machine::default(),
        driver_cores: vec![1],
        driver_first: false,
        server: crate::conditions::Server::default(),
    }
}

/// One interval: latencies log-normal around a millisecond, and a level of its own for each interval, as real ones
/// have.
pub(crate) fn interval(shape: Shape, index: u64, dice: &mut Dice) -> Interval {
    let mut recorder = Recorder::default();
    let phase = u8::from(index > 0);
    let level = 1.0 + 0.02 * normal(dice);
    for _ in 0..shape.per_s {
        let us = 1_000.0 * shape.factor * level * (0.4 * normal(dice)).exp();
        recorder.record(phase, Series::Submit, (us * 1e3) as u64);
        recorder.record(phase, Series::SubmitSent, (us * 0.98e3) as u64);
        recorder.record(phase, Series::Lag, 20_000);
    }
    recorder.counts = Counts {
        arrived: shape.per_s,
        submitted: shape.per_s,
        ended: shape.per_s,
        ..Counts::default()
    };
    Interval {
        index,
        begin_ns: index * 1_000_000_000,
        end_ns: (index + 1) * 1_000_000_000,
        frame: recorder.take(),
        driver_cpu_ns: vec![100_000_000],
        server_cpu_ns: (shape.per_s as f64 * 30_000.0 * shape.factor * level) as u64,
        cores: vec![
            Core {
                busy_ns: 500_000_000,
                ..Core::default()
            };
            2
        ],
        tally: Tally::default(),
        under_way: 0,
    }
}

fn normal(dice: &mut Dice) -> f64 {
    (0..12).map(|_| dice.share()).sum::<f64>() - 6.0
}

/// Writes the folder.
pub(crate) fn write(folder: &Path, shape: Shape) {
    let mut keeper = Keeper::create(folder, conditions(shape)).unwrap();
    let mut dice = Dice::new(shape.seed, 9);
    for index in 0..=shape.seconds {
        keeper.keep(&interval(shape, index, &mut dice)).unwrap();
    }
    keeper.finish(&Ledger::default(), None).unwrap();
}
