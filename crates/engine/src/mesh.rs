//! The mesh between shards: what one shard has for another leaves at once or waits in that link's spill, and never
//! blocks a turn.
//!
//! Between the turns of two shards. One bounded single-producer ring of glommio per direction and pair, behind each a
//! spill for what does not fit. Invariants:
//! * nothing is dropped and nothing blocks: the spill is bounded not by refusing but by what may be under way: requests
//!   by [`REQUESTS_OUTSTANDING_MAX`] per link, answers by the other side's requests, mail by the brain's `MESH_CREDIT`,
//!   ends of sending by the connections (each takes its next request after its last end was handed over), pushes and
//!   their answers by the room of each route (`PUSHES_OUTSTANDING_MAX`), receipts by the submissions behind them;
//! * order is kept within a link: what comes behind a spill goes into the spill;
//! * a request's place for its answer is reserved with [`Mesh::reserve`] before the request leaves.

use crate::links::LinkMail;
use base::ShardId;
use base::limits::REQUESTS_OUTSTANDING_MAX;
use glommio::GlommioError;
use glommio::channels::shared_channel::{
    ConnectedReceiver, ConnectedSender, SharedReceiver, SharedSender, new_bounded,
};
use shard::{Answer, Arrival, Mail, ReplyTo, Request, SentTicket};
use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::task::{Context, Poll, Waker};

/// Entries of a link's ring. Small, because there are shards² of them (256 entries are about 40 KB); what is more goes
/// through the spill.
const RING_ENTRIES: usize = 256;

/// What crosses.
#[derive(Debug)]
pub(crate) enum Envelope {
    /// A request whose subscriber lives there.
    Request(Box<Request>),
    /// A peer's mail whose home is there.
    Arrival(Box<Arrival>),
    /// The answer to one of these.
    Answer(ReplyTo, Answer),
    /// From brain to brain.
    Mail(Mail),
    /// The end of sending an answer that asked to hear of it.
    Sent(SentTicket, SentWhole),
    /// About a push.
    Link(LinkMail),
}

/// Whether everything of an answer left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SentWhole {
    Yes,
    No,
}

/// The ends of one shard, before its executor runs.
pub(crate) struct Ends {
    own: ShardId,
    to: Vec<Option<SharedSender<Envelope>>>,
    from: Vec<Option<SharedReceiver<Envelope>>>,
}

/// Makes the rings of every pair.
pub(crate) fn ends(shards: u16) -> Vec<Ends> {
    let count = usize::from(shards);
    let empty = || (0..count).map(|_| None).collect::<Vec<_>>();
    let mut all: Vec<Ends> = (0..shards)
        .map(|own| Ends {
            own: ShardId(own),
            to: empty(),
            from: (0..count).map(|_| None).collect(),
        })
        .collect();
    for from in 0..count {
        for to in (0..count).filter(|&to| to != from) {
            let (sender, receiver) = new_bounded(RING_ENTRIES);
            if let Some(place) = all.get_mut(from).and_then(|ends| ends.to.get_mut(to)) {
                *place = Some(sender);
            }
            if let Some(place) = all.get_mut(to).and_then(|ends| ends.from.get_mut(from)) {
                *place = Some(receiver);
            }
        }
    }
    all
}

/// A link to one other shard.
struct Link {
    ring: ConnectedSender<Envelope>,
    spill: RefCell<VecDeque<Envelope>>,
    /// The front of the spill is on its way into the ring: nothing may overtake it.
    spilling: Cell<bool>,
    spill_waker: RefCell<Option<Waker>>,
    outstanding: Cell<usize>,
}

/// A shard's links.
pub(crate) struct Mesh {
    links: Vec<Option<Link>>,
    sent: Cell<u64>,
}

/// The receiving end of a link, and whose it is.
pub(crate) struct Incoming {
    pub(crate) from: ShardId,
    pub(crate) ring: ConnectedReceiver<Envelope>,
}

impl Ends {
    /// Whose they are.
    pub(crate) fn own(&self) -> ShardId {
        self.own
    }

    /// Ties the ends to the executor that this runs in; completes when every other shard has done the same.
    pub(crate) async fn connect(self) -> (Mesh, Vec<Incoming>) {
        // Each end waits for its other side, so they have to wait side by side.
        let senders: Vec<_> = self
            .to
            .into_iter()
            .map(|sender| sender.map(|sender| glommio::spawn_local(sender.connect())))
            .collect();
        let receivers: Vec<_> = self
            .from
            .into_iter()
            .map(|receiver| receiver.map(|receiver| glommio::spawn_local(receiver.connect())))
            .collect();
        let mut links = Vec::new();
        for sender in senders {
            links.push(match sender {
                Some(connecting) => Some(Link::new(connecting.await)),
                None => None,
            });
        }
        let mut incoming = Vec::new();
        for (from, receiver) in (0_u16..).zip(receivers) {
            if let Some(connecting) = receiver {
                let ring = connecting.await;
                let from = ShardId(from);
                incoming.push(Incoming { from, ring });
            }
        }
        let sent = Cell::new(0);
        (Mesh { links, sent }, incoming)
    }
}

impl Link {
    fn new(ring: ConnectedSender<Envelope>) -> Link {
        Link {
            ring,
            spill: RefCell::new(VecDeque::new()),
            spilling: Cell::new(false),
            spill_waker: RefCell::new(None),
            outstanding: Cell::new(0),
        }
    }

    fn poll_spill(&self, context: &Context<'_>) -> Poll<()> {
        if self.spill.borrow().is_empty() {
            *self.spill_waker.borrow_mut() = Some(context.waker().clone());
            return Poll::Pending;
        }
        Poll::Ready(())
    }
}

impl Mesh {
    /// Reserves the place of a request's answer. `false`: no credit, refuse before anything is done.
    #[must_use]
    pub(crate) fn reserve(&self, to: ShardId) -> bool {
        let Some(link) = self.link(to) else { return false };
        let outstanding = link.outstanding.get();
        if outstanding >= REQUESTS_OUTSTANDING_MAX {
            return false;
        }
        link.outstanding.set(outstanding + 1);
        true
    }

    /// Gives the place of an answer back, which has come from there.
    pub(crate) fn release(&self, from: ShardId) {
        if let Some(link) = self.link(from) {
            debug_assert!(link.outstanding.get() > 0, "an answer follows a reservation");
            link.outstanding.set(link.outstanding.get().saturating_sub(1));
        }
    }

    /// Sends, at once or through the spill. To a shard that has ended, at the end of a drain, it sends into the void.
    pub(crate) fn send(&self, to: ShardId, envelope: Envelope) {
        let Some(link) = self.link(to) else {
            debug_assert!(false, "a link for every other shard");
            return;
        };
        self.sent.set(self.sent.get() + 1);
        let mut spill = link.spill.borrow_mut();
        if spill.is_empty() && !link.spilling.get() {
            match link.ring.try_send(envelope) {
                Ok(()) | Err(GlommioError::Closed(_)) => return,
                Err(GlommioError::WouldBlock(glommio::ResourceType::Channel(envelope))) => {
                    spill.push_back(envelope);
                }
                Err(_) => return,
            }
        } else {
            spill.push_back(envelope);
        }
        if let Some(waker) = link.spill_waker.borrow_mut().take() {
            waker.wake();
        }
    }

    /// Envelopes sent so far, those in spills included: for the detection of a drain's end.
    pub(crate) fn sent_count(&self) -> u64 {
        self.sent.get()
    }

    /// The shards that there are links to.
    pub(crate) fn peers(&self) -> impl Iterator<Item = ShardId> {
        (0_u16..)
            .zip(&self.links)
            .filter(|(_, link)| link.is_some())
            .map(|(peer, _)| ShardId(peer))
    }

    /// Empties the spill of one link as the ring gets room; runs as long as the shard.
    pub(crate) async fn flush_spill(&self, to: ShardId) {
        let Some(link) = self.link(to) else { return };
        loop {
            std::future::poll_fn(|context| link.poll_spill(context)).await;
            link.spilling.set(true);
            loop {
                let front = link.spill.borrow_mut().pop_front();
                let Some(envelope) = front else { break };
                if link.ring.send(envelope).await.is_err() {
                    return;
                }
            }
            link.spilling.set(false);
        }
    }

    fn link(&self, shard: ShardId) -> Option<&Link> {
        self.links.get(usize::from(shard.0))?.as_ref()
    }
}

#[cfg(test)]
mod tests;
