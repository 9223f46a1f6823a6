//! What the program's thread says to a shard, and what a shard says back.
//!
//! Beside the flow: start, reload, drain, end. Invariants: a shard that ends for whatever reason, a panic included,
//! says so, so that nobody waits for it for ever; the order to end reaches a shard though its queue is full; however
//! often a turn is asked for, one such order waits at most.

use crate::identity::Access;
use crate::inbox::{self, NotTaken};
use crate::mm4::Mm4;
use crate::options::OnShardEnd;
use crate::remains::Remains;
use base::ShardId;
use profile::Profile;
use shard::{Act, Action, NotDone, PeerRow};
use std::cell::Cell;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::SyncSender;

/// Orders that may wait for a shard: reloads come one at a time, a turn is asked for once, and the rest comes once.
const ORDERS_MAX: usize = 64;

/// What came of an operator's action.
pub(crate) type Done = Result<Arc<Action>, NotDone>;

/// To a shard.
pub(crate) enum Order {
    /// New settings, and how MM4 is spoken from now on, where it is served.
    Profile(Arc<Profile>, Option<Arc<Mm4>>),
    /// New access points.
    Access(Arc<Access>),
    /// Close each connection behind its next answer; go on accepting.
    Retire,
    /// Stop accepting, leave what is queued to the successor, finish what is under way.
    HandOver,
    /// Stop accepting, refuse what is new, finish what is under way.
    Drain,
    /// Say whether you are quiet, and your counts.
    Census,
    /// Say what waits for other operators, behind the next turn.
    Peers(SyncSender<Vec<PeerRow>>),
    /// Say what operators did to those peers whose home you are, behind the next turn.
    Actions(SyncSender<Vec<Arc<Action>>>),
    /// Do this to a peer whose home you are, and say what came of it.
    Act(Box<Act>, SyncSender<Done>),
    /// Run a turn though nothing came in: somebody waits for what happens at its end.
    Turn,
    /// End now.
    Stop,
}

/// What both sides of a shard's orders see at once.
#[derive(Default)]
struct Flags {
    stop: AtomicBool,
    /// A turn is asked for and not begun.
    turn: AtomicBool,
}

/// The program's side of a shard's orders; for any thread.
#[derive(Clone)]
pub(crate) struct Commander {
    inbox: inbox::Sender<Order>,
    flags: Arc<Flags>,
}

/// The shard's side, on its way to its executor.
pub(crate) struct Orders {
    inbox: inbox::Receiver<Order>,
    flags: Arc<Flags>,
}

/// The shard's side, within its executor.
pub(crate) struct Obedience {
    inbox: inbox::Connected<Order>,
    flags: Arc<Flags>,
}

/// Both sides.
///
/// # Errors
/// Where the bell can't be had (descriptors).
pub(crate) fn orders() -> io::Result<(Commander, Orders)> {
    let (sender, receiver) = inbox::inbox(ORDERS_MAX)?;
    let flags = Arc::new(Flags::default());
    let commander = Commander {
        inbox: sender,
        flags: Arc::clone(&flags),
    };
    let inbox = receiver;
    Ok((commander, Orders { inbox, flags }))
}

impl Commander {
    /// Gives an order.
    ///
    /// # Errors
    /// Where it is not taken, now or ever.
    pub(crate) fn order(&self, order: Order) -> Result<(), NotTaken> {
        self.inbox.send(order)
    }

    /// Has the shard end, whatever waits in its queue.
    pub(crate) fn stop(&self) {
        self.flags.stop.store(true, Ordering::SeqCst);
        // A full queue wakes the shard as well; one that takes nothing has ended.
        let _ = self.inbox.send(Order::Stop);
    }

    /// Has the shard run a turn that begins after this call.
    pub(crate) fn turn(&self) {
        // It is cleared before the turn is run: whoever finds it set is served by a turn that has not begun.
        if !self.flags.turn.swap(true, Ordering::SeqCst) && self.inbox.send(Order::Turn).is_err() {
            self.flags.turn.store(false, Ordering::SeqCst);
        }
    }
}

impl Orders {
    /// Ties them to the executor that this runs in.
    pub(crate) fn connect(self) -> Obedience {
        Obedience {
            inbox: self.inbox.connect(),
            flags: self.flags,
        }
    }
}

impl Obedience {
    /// The next order, waiting for one; `None` when nobody is left who could give any. [`Order::Stop`] goes before all
    /// that waits.
    pub(crate) async fn next(&mut self) -> Option<Order> {
        let order = self.inbox.receive().await?;
        if matches!(order, Order::Turn) {
            self.flags.turn.store(false, Ordering::SeqCst);
        }
        let is_stopped = self.flags.stop.load(Ordering::SeqCst);
        Some(if is_stopped { Order::Stop } else { order })
    }
}

/// A shard's answer to [`Order::Census`]: the counts tell whether anything is between two shards.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Census {
    pub(crate) remains: Remains,
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

#[cfg(test)]
mod tests;
