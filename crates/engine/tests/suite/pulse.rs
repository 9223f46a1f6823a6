//! A shard that nobody asks for anything wakes all the same: it may have gone to sleep on what could run.
//!
//! Seen from outside as the kernel counts it. Invariant: without its pulse an idle shard wakes once, for its lull.

use crate::harness::{Fake, Habit, loopback, until};
use engine::{DiskSeat, Drained, Engine, Listeners, Options, ShardStart};
use profile::Profile;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::sync_channel;
use std::time::Duration;

/// More wakes than an idle shard has reasons for.
const WAKES: u64 = 50;

/// How often a thread has slept.
fn sleeps(thread: &Path) -> u64 {
    let status = std::fs::read_to_string(thread.join("status")).unwrap();
    let mut lines = status.lines();
    let count = lines.find_map(|line| line.strip_prefix("voluntary_ctxt_switches:"));
    count.unwrap().trim().parse().unwrap()
}

#[test]
fn an_idle_shard_never_sleeps_for_good() {
    let (tell, told) = sync_channel(1);
    let start = ShardStart {
        mm4: None,
        meter: Arc::default(),
        disk: DiskSeat::Absent,
        // Made on the shard's own thread.
        brain: move |shard| {
            tell.send(std::fs::read_link("/proc/thread-self").unwrap())
                .unwrap();
            Fake::new(shard, Habit::default())
        },
    };
    let listeners = Listeners::bind(&[loopback()], 1).unwrap();
    let profile = Arc::new(Profile::default());
    let mut running = Engine::start(Options::default(), listeners, profile, vec![start]).unwrap();
    let thread = PathBuf::from("/proc").join(told.recv().unwrap());
    let before = sleeps(&thread);
    until("its pulse", || sleeps(&thread) >= before + WAKES);
    assert_eq!(running.drain(Duration::from_secs(20)), Drained::Whole);
    running.join().unwrap();
}
