//! What the program's thread says to a shard, and what a shard says back.
//!
//! Beside the flow: start, reload, drain, end. Invariant: a shard that ends for whatever reason, a panic included, says
//! so, so that nobody waits for it for ever.

use crate::options::OnShardEnd;
use base::ShardId;
use profile::Profile;
use std::cell::Cell;
use std::sync::Arc;
use std::sync::mpsc::SyncSender;

/// To a shard.
pub(crate) enum Order {
    /// New settings.
    Profile(Arc<Profile>),
    /// Close each connection behind its next answer; go on accepting.
    Retire,
    /// Stop accepting, leave what is queued to the successor, finish what is under way.
    HandOver,
    /// Stop accepting, refuse what is new, finish what is under way.
    Drain,
    /// Say whether you are quiet, and your counts.
    Census,
    /// Run a turn though nothing came in: somebody waits for what happens at its end.
    Turn,
    /// End now.
    Stop,
}

/// A shard's answer to [`Order::Census`]: the counts tell whether anything is between two shards.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Census {
    pub(crate) shard: ShardId,
    pub(crate) is_quiet: bool,
    /// Envelopes sent to other shards since the start.
    pub(crate) sent: u64,
    /// Envelopes received from other shards since the start.
    pub(crate) received: u64,
}

/// From a shard.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Report {
    /// It serves.
    Ready,
    /// It has fallen quiet while draining; said once between two censuses.
    Quiet,
    /// The answer to a census.
    Census(Census),
    /// Its executor has ended; how well, the thread's result says.
    Ended(ShardId),
}

/// A shard's way to report; reports the end when it is dropped.
pub(crate) struct Reporter {
    shard: ShardId,
    reports: SyncSender<Report>,
    on_end: OnShardEnd,
    ordered: Cell<bool>,
}

impl Reporter {
    pub(crate) fn new(shard: ShardId, reports: SyncSender<Report>, on_end: OnShardEnd) -> Reporter {
        Reporter {
            shard,
            reports,
            on_end,
            ordered: Cell::new(false),
        }
    }

    /// Whose reports these are.
    pub(crate) fn shard(&self) -> ShardId {
        self.shard
    }

    /// Says something. Where nobody listens any more, nobody needs it; there is room for all that a shard may say
    /// unasked, so this never waits.
    pub(crate) fn report(&self, report: Report) {
        let _ = self.reports.try_send(report);
    }

    /// The end that comes is ordered.
    pub(crate) fn end_is_ordered(&self) {
        self.ordered.set(true);
    }
}

impl Drop for Reporter {
    fn drop(&mut self) {
        self.report(Report::Ended(self.shard));
        if !self.ordered.get() {
            (self.on_end)(self.shard);
        }
    }
}
