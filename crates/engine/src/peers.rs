//! Connections to other operators' MMSCs: mails out, verdicts in.
//!
//! ```text
//!  Effect::Relay ─► queue of the peer ─► link (a task per connection) ─► SMTP session ─► socket
//!  Input::Relayed ◄───────────────────────┘ one for each mail, whatever comes
//! ```
//!
//! The brain decides what may be under way; a link carries one mail after another over one connection and ends when
//! nothing came for a while. Invariants: a peer has no more links than mails under way, so its profile bounds them;
//! nothing a peer does or fails to do is waited for without a deadline; names are looked up off the shard; peers share
//! nothing here.
//!
//! Reading order: this file (mails to links), `board` (operators' questions and wishes), `link` (one connection),
//! `dial` (how it is made), `hosts` (which machine), `names` and `resolve` (where that is), `wire` and `trust` (its
//! octets, within TLS), `verdict`.

mod board;
mod dial;
mod hosts;
mod link;
pub mod names;
mod resolve;
mod trust;
mod verdict;
mod wire;

pub use board::{NotActed, PeerBoard};
pub use trust::ToPeers;

use crate::hands::Hands;
use board::Acting;
use hosts::Hosts;
use shard::relay::SAID_OCTETS_MAX;
use shard::{Action, Input, PeerRow, Relay, Relayed, Verdict};
use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, VecDeque};
use std::rc::Rc;
use std::sync::Arc;
use std::sync::mpsc::SyncSender;
use std::task::{Context, Poll, Waker};

/// All links of a shard.
#[derive(Default)]
pub(crate) struct Peers {
    peers: RefCell<BTreeMap<Arc<str>, Rc<Lane>>>,
    /// Those who wait to hear what waits. Bounded by the orders of a shard.
    asked: RefCell<Vec<SyncSender<Vec<PeerRow>>>>,
    /// Those who wait to hear what was done.
    actions_asked: RefCell<Vec<SyncSender<Vec<Arc<Action>>>>>,
    /// Operators who wait for what they want done.
    pub(crate) acting: Acting,
}

/// One peer's mails and links.
#[derive(Default)]
pub(crate) struct Lane {
    mails: RefCell<VecDeque<Box<Relay>>>,
    /// Links that wait for a mail.
    idle: Cell<usize>,
    wakers: RefCell<Vec<Waker>>,
    hosts: RefCell<Hosts>,
    /// Until when TLS that is merely offered is left alone, since it failed.
    plain_until_ms: Cell<u64>,
}

impl Peers {
    /// Somebody wants to know what waits.
    pub(crate) fn ask(&self, reply: SyncSender<Vec<PeerRow>>) {
        self.asked.borrow_mut().push(reply);
    }

    /// Somebody wants to know what was done.
    pub(crate) fn ask_actions(&self, reply: SyncSender<Vec<Arc<Action>>>) {
        self.actions_asked.borrow_mut().push(reply);
    }

    /// Tells those who wait to hear it.
    pub(crate) fn answer(&self, rows: impl Fn() -> Vec<PeerRow>, actions: impl Fn() -> Vec<Arc<Action>>) {
        for reply in self.asked.borrow_mut().drain(..) {
            // Nobody waits any more: that is all the same.
            let _ = reply.try_send(rows());
        }
        for reply in self.actions_asked.borrow_mut().drain(..) {
            let _ = reply.try_send(actions());
        }
    }

    /// Gives a mail to a link of its peer: one that waits, or a new one.
    pub(crate) fn carry(&self, hands: &Rc<Hands>, relay: Box<Relay>) {
        let lane = {
            let mut peers = self.peers.borrow_mut();
            Rc::clone(peers.entry(Arc::clone(&relay.peer)).or_default())
        };
        let peer = Arc::clone(&relay.peer);
        let waiting = {
            let mut mails = lane.mails.borrow_mut();
            mails.push_back(relay);
            mails.len()
        };
        if waiting > lane.idle.get() {
            glommio::spawn_local(link::link(Rc::clone(hands), Rc::clone(&lane), peer)).detach();
        }
        lane.wake();
    }
}

impl Lane {
    /// The next mail, if one waits.
    fn take(&self) -> Option<Box<Relay>> {
        self.mails.borrow_mut().pop_front()
    }

    /// The next mail, when there is one.
    fn poll_take(&self, context: &Context<'_>) -> Poll<Box<Relay>> {
        if let Some(mail) = self.take() {
            return Poll::Ready(mail);
        }
        let mut wakers = self.wakers.borrow_mut();
        if !wakers.iter().any(|waker| waker.will_wake(context.waker())) {
            wakers.push(context.waker().clone());
        }
        Poll::Pending
    }

    /// Wakes all that wait: they are few, and one of them may be gone.
    fn wake(&self) {
        self.wakers.borrow_mut().drain(..).for_each(Waker::wake);
    }
}

/// Answers a mail with one verdict for all.
fn answer_all(hands: &Hands, relay: &Relay, verdict: Verdict, said: &str) {
    answer(hands, relay, vec![verdict; relay.recipients.len()], said);
}

fn answer(hands: &Hands, relay: &Relay, verdicts: Vec<Verdict>, said: &str) {
    let said = said.get(..said.floor_char_boundary(SAID_OCTETS_MAX));
    let said = said.unwrap_or_default().to_owned();
    hands.push(Input::Relayed(Box::new(Relayed {
        ticket: relay.ticket,
        verdicts,
        said,
    })));
}
