//! The engine's end: drained, or handed over to a successor, and joined; all of it within a time.
//!
//! Last of the flow, on the program's thread. Invariants: a drain is over only when every shard is quiet and nothing is
//! between two of them (two counts in a row agree: what was sent was received); one that runs out of time ends all the
//! same and says what it was waiting for; a thread that does not end is named and left, never waited for.

use super::{NotObeyed, Running, deadline_after, ending, left_until};
use crate::inbox::NotTaken;
use crate::orders::{Census, Order, Report};
use crate::remains::Remains;
use base::ShardId;
use std::sync::mpsc::sync_channel;
use std::time::{Duration, Instant};

/// How long connections are closed behind their answers before a hand-over stops accepting. Whoever asks within that
/// time on a connection that stays open is told to open another; who has not asked for so long finds the connection
/// closed, as after any idle time.
const RETIRING: Duration = Duration::from_millis(500);

/// How long the shards have to say what they were doing when a drain's time was over: a turn takes microseconds, so
/// one that has not said it by then is stuck or gets no processor.
const LAST_CENSUS: Duration = Duration::from_secs(1);

/// How long threads may take to end that were told to: closing files and rings takes milliseconds, an operation that
/// the preparer has begun (filling or sealing a segment) seconds.
const JOIN_WAIT: Duration = Duration::from_secs(10);

/// Between two counts while something is on its way between two shards, of which nobody tells.
const COUNT_PAUSE: Duration = Duration::from_millis(1);

/// How a drain ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Drained {
    /// Everything under way was finished.
    Whole,
    /// The time was over before, with this left; what was not answered was not promised.
    TimedOut(Vec<Remains>),
}

/// A shard's executor that ended badly, or did not end.
#[derive(Debug, thiserror::Error)]
#[error("shard {} failed: {cause}", shard.0)]
pub struct ShardFailed {
    /// Which.
    pub shard: ShardId,
    /// What its thread said.
    pub cause: String,
    /// Its thread still runs: what it works with, the data directory above all, must not be let go of before the
    /// process ends.
    pub is_running: bool,
}

impl Running {
    /// Stops accepting, finishes what is under way, and ends the shards, after `patience` in any case.
    pub fn drain(&mut self, patience: Duration) -> Drained {
        let deadline = deadline_after(patience);
        // What is queued is served and the queue then closed: nobody else has the sockets.
        self.listeners.clear();
        self.mm4_listeners.clear();
        let ordered = self.order_all(deadline, || Order::Drain);
        self.finish(ordered, deadline)
    }

    /// Leaves the listening sockets, and what is queued on them, to another process: closes busy connections behind
    /// their next answers for a moment, then stops accepting, finishes what is under way, refuses nothing, and ends the
    /// shards, after `patience` in any case.
    pub fn hand_over(&mut self, patience: Duration) -> Drained {
        let deadline = deadline_after(patience);
        let retiring = self.order_all(deadline, || Order::Retire);
        self.let_pass(patience.min(RETIRING));
        let ordered = retiring.and_then(|()| self.order_all(deadline, || Order::HandOver));
        self.finish(ordered, deadline)
    }

    /// Waits until nothing is under way, and has the shards end.
    fn finish(&self, ordered: Result<(), NotObeyed>, deadline: Instant) -> Drained {
        let quiet = ordered.is_ok() && self.wait_quiet(deadline);
        let drained = if quiet {
            Drained::Whole
        } else {
            Drained::TimedOut(self.remains())
        };
        self.stop();
        drained
    }

    /// Lets time pass; ends early where a shard has ended.
    fn let_pass(&self, time: Duration) {
        let deadline = deadline_after(time);
        while let Some(report) = self.next_report(deadline) {
            if matches!(report, Report::Ended(_)) {
                return;
            }
        }
    }

    /// Waits for the shards' ends, which [`drain`](Self::drain) ordered; without it, orders them now. A shard that does
    /// not end within ten seconds is given up.
    ///
    /// # Errors
    /// The first shard that failed or panicked; before all others, one that has not ended.
    pub fn join(self) -> Result<(), ShardFailed> {
        self.join_within(JOIN_WAIT)
    }

    /// As [`join`](Self::join), with another patience.
    ///
    /// # Errors
    /// As there.
    pub fn join_within(mut self, patience: Duration) -> Result<(), ShardFailed> {
        self.stop();
        let deadline = deadline_after(patience);
        // Joining has no time limit, so that others do it.
        let (tell, told) = sync_channel(self.threads.len());
        let mut missing = Vec::new();
        for thread in self.threads.drain(..) {
            let shard = thread.shard;
            missing.push(shard);
            let tell = tell.clone();
            let joining = move || {
                // Nobody listens any more where it came too late.
                let _ = tell.send((shard, ending(thread.handle)));
            };
            // Without a thread to wait for it, a shard counts as one that has not ended.
            let _ = std::thread::Builder::new().name("join".to_owned()).spawn(joining);
        }
        drop(tell);
        let mut result = Ok(());
        while let Ok((shard, ended)) = told.recv_timeout(left_until(deadline)) {
            missing.retain(|&other| other != shard);
            let failed = |cause| ShardFailed {
                shard,
                cause,
                is_running: false,
            };
            result = result.and(ended.map_err(failed));
        }
        match missing.first() {
            None => result,
            Some(&shard) => Err(ShardFailed {
                shard,
                cause: format!("its thread has not ended within {patience:?} of its order"),
                is_running: true,
            }),
        }
    }

    /// Waits until all are quiet and two counts in a row find nothing on its way between shards; whether it came to
    /// that.
    fn wait_quiet(&self, deadline: Instant) -> bool {
        let mut before = None;
        while !left_until(deadline).is_zero() {
            let Some((counts, was_told)) = self.count(deadline) else {
                return false;
            };
            let settled = counts.all_quiet && counts.sent == counts.received;
            if settled && before == Some(counts) {
                return true;
            }
            before = Some(counts);
            if counts.all_quiet && !settled {
                std::thread::park_timeout(COUNT_PAUSE);
            }
            // A shard that was not quiet says when it is; it may have said so while the others were counted.
            if !counts.all_quiet && !was_told && !matches!(self.next_report(deadline), Some(Report::Quiet)) {
                return false;
            }
        }
        false
    }

    /// Asks every shard for its counts; tells whether one became quiet meanwhile.
    fn count(&self, deadline: Instant) -> Option<(Counts, bool)> {
        self.order_all(deadline, || Order::Census).ok()?;
        let mut counts = Counts {
            all_quiet: true,
            sent: 0,
            received: 0,
        };
        let mut missing = self.threads.len();
        let mut was_told = false;
        while missing > 0 {
            match self.next_report(deadline)? {
                Report::Census(census) => {
                    counts.add(census);
                    missing -= 1;
                }
                Report::Ended(_) => return None,
                Report::Quiet => was_told = true,
                Report::Ready => {}
            }
        }
        Some((counts, was_told))
    }

    /// What each shard that is not quiet still has.
    fn remains(&self) -> Vec<Remains> {
        let deadline = deadline_after(LAST_CENSUS);
        let mut found: Vec<Remains> = self
            .threads
            .iter()
            .map(|thread| Remains::silent(thread.shard))
            .collect();
        for thread in &self.threads {
            match thread.orders.order(Order::Census) {
                Err(NotTaken::Ended) => found.retain(|remains| remains.shard != thread.shard),
                // One whose queue is full stays silent, unless it answers an earlier census.
                Ok(()) | Err(NotTaken::Full) => {}
            }
        }
        while found.iter().any(|remains| remains.is_silent) {
            match self.next_report(deadline) {
                Some(Report::Census(census)) => {
                    let of_shard = found
                        .iter_mut()
                        .find(|remains| remains.shard == census.remains.shard);
                    if let Some(of_shard) = of_shard {
                        *of_shard = census.remains;
                    }
                }
                Some(Report::Ended(shard)) => found.retain(|remains| remains.shard != shard),
                Some(_) => {}
                None => break,
            }
        }
        found.retain(|remains| !remains.is_nothing());
        found
    }
}

/// The counts of all shards together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Counts {
    all_quiet: bool,
    sent: u64,
    received: u64,
}

impl Counts {
    fn add(&mut self, census: Census) {
        self.all_quiet &= census.remains.is_nothing();
        self.sent += census.sent;
        self.received += census.received;
    }
}
