//! What operators ask and want of the peers, from their threads to the shards and back.
//!
//! Beside the links: an order carries the question to a shard, whose next turn answers it. Invariants: a thread waits
//! no longer than it said; what an operator wants is done at the shard that is the peer's home, once; who is told
//! nothing in time is told that it may still be done.

use crate::inbox::NotTaken;
use crate::orders::{Commander, Done, Order};
use shard::{Act, Action, NotDone, PeerMark, PeerRow};
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::time::{Duration, Instant};

/// Asks the shards what waits for peers, and has things done to peers; for any thread that may wait.
#[derive(Clone)]
pub struct PeerBoard {
    pub(crate) commanders: Vec<Commander>,
}

/// Why an operator is not told that something was done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotActed {
    /// There is no peer of that name.
    #[error("there is no peer of that name in the settings")]
    Unknown,
    /// Too many others are under way, or the process ends: nothing was done.
    #[error("the server takes no more of these now; nothing was done")]
    Busy,
    /// The journal has stopped: nothing was done.
    #[error("the journal has stopped after a failed write; nothing was done")]
    LogFailed,
    /// Nobody answered in time: it may have been done, or be done yet.
    #[error("no answer in time: it may have been done, or be done yet; look at the audit")]
    Late,
}

impl PeerBoard {
    /// Every shard's peers; of a shard that has ended, or does not answer in time, nothing.
    #[must_use]
    pub fn rows(&self, patience: Duration) -> Vec<PeerRow> {
        self.gather(patience, Order::Peers)
    }

    /// What operators did, as far as it is kept, in no order; of a shard that does not answer in time, nothing.
    #[must_use]
    pub fn actions(&self, patience: Duration) -> Vec<Arc<Action>> {
        self.gather(patience, Order::Actions)
    }

    /// Does something to a peer: on disk, and held to by every shard, when this returns. The act's ticket is this
    /// call's own affair.
    ///
    /// # Errors
    /// [`NotActed`].
    pub fn act(&self, act: Act, patience: Duration) -> Result<Arc<Action>, NotActed> {
        let shards = u16::try_from(self.commanders.len()).unwrap_or(u16::MAX);
        let home = PeerMark::of(&act.peer).home(shards);
        let commander = self.commanders.get(usize::from(home.0)).ok_or(NotActed::Busy)?;
        let (reply, answer) = sync_channel(1);
        commander
            .order(Order::Act(Box::new(act), reply))
            .map_err(|_: NotTaken| NotActed::Busy)?;
        match answer.recv_timeout(patience) {
            Ok(Ok(action)) => Ok(action),
            Ok(Err(NotDone::Unknown)) => Err(NotActed::Unknown),
            Ok(Err(NotDone::Busy)) => Err(NotActed::Busy),
            Ok(Err(NotDone::LogFailed)) => Err(NotActed::LogFailed),
            // The shard has ended, before or behind the record.
            Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => Err(NotActed::Late),
        }
    }

    #[expect(
        clippy::disallowed_methods,
        reason = "an operator's thread waits in real time"
    )]
    fn gather<T>(&self, patience: Duration, order: impl Fn(SyncSender<Vec<T>>) -> Order) -> Vec<T> {
        let deadline = Instant::now() + patience;
        let ask = |commander: &Commander| {
            let (reply, answer) = sync_channel(1);
            commander.order(order(reply)).ok().map(|()| answer)
        };
        let answers: Vec<Receiver<Vec<T>>> = self.commanders.iter().filter_map(ask).collect();
        let rows = answers.into_iter().flat_map(|answer| {
            let left = deadline.saturating_duration_since(Instant::now());
            answer.recv_timeout(left).unwrap_or_default()
        });
        rows.collect()
    }
}

/// Operators who wait for what they want done at this shard. Bounded by what the brain takes.
#[derive(Default)]
pub(crate) struct Acting {
    asked: RefCell<(u32, BTreeMap<u32, SyncSender<Done>>)>,
}

impl Acting {
    /// Gives what is wanted a ticket of its own.
    pub(crate) fn begin(&self, act: Box<Act>, reply: SyncSender<Done>) -> Box<Act> {
        let mut asked = self.asked.borrow_mut();
        let ticket = asked.0;
        asked.0 = ticket.wrapping_add(1);
        asked.1.insert(ticket, reply);
        let mut act = act;
        act.ticket = ticket;
        act
    }

    /// The brain has answered.
    pub(crate) fn end(&self, ticket: u32, outcome: Done) {
        if let Some(reply) = self.asked.borrow_mut().1.remove(&ticket) {
            // Nobody waits any more: that is all the same.
            let _ = reply.try_send(outcome);
        }
    }
}
