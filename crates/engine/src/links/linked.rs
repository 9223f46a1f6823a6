//! The links as the tasks of a shard hold them, and what crosses between shards about pushes.
//!
//! Part of `hands`. Invariant: a shard with links is quiet only when their tasks have ended.

use super::{Links, Parcel};
use crate::hands::Hands;
use crate::mesh::Envelope;
use base::{Msisdn, ShardId};
use meter::Counter;
use push::PushId;
use shard::{Answered, Input, Receipt};
use std::cell::{Cell, OnceCell};
use std::rc::Rc;

/// What one shard tells another about pushes.
#[derive(Debug)]
pub(crate) enum LinkMail {
    /// A push for a centre whose links are there.
    Push(Box<Parcel>),
    /// The answer to one.
    Answered(PushId, u16, Answered),
    /// What became known of one later.
    Receipt(PushId, Receipt),
    /// A phone whose subscriber lives there can be reached again.
    Reachable(Msisdn),
}

/// See the module's comment.
#[derive(Default)]
pub(crate) struct Linked {
    /// None where the record of a push is the push.
    links: OnceCell<Rc<Links>>,
    /// Tasks of links that have not ended.
    open: Cell<u32>,
}

impl Hands {
    /// Takes the links over; once.
    pub(crate) fn set_links(&self, links: Rc<Links>) {
        let known = self.linked.links.set(links);
        debug_assert!(known.is_ok(), "links are built once");
    }

    /// The links to those who carry pushes, where there are any.
    pub(crate) fn links(&self) -> Option<Rc<Links>> {
        self.linked.links.get().cloned()
    }

    /// Sends a push out.
    pub(crate) fn send_push(&self, push: shard::Push) {
        match self.linked.links.get() {
            Some(links) => links.send(push),
            // A bearer without centres: settings forbid it.
            None => self.push(Input::Answered {
                push: push.id,
                route: push.route,
                answered: Answered::Rejected,
            }),
        }
    }

    /// A link's task begins.
    pub(crate) fn open_link(&self) {
        self.linked.open.set(self.linked.open.get() + 1);
    }

    /// It has ended.
    pub(crate) fn close_link(&self) {
        self.linked.open.set(self.linked.open.get().saturating_sub(1));
        self.wake_turn();
    }

    /// Links that have not ended.
    pub(crate) fn links_open(&self) -> u32 {
        self.linked.open.get()
    }

    /// Tells another shard about a push.
    pub(crate) fn send_link(&self, to: ShardId, mail: LinkMail) {
        self.meter.count(Counter::MeshSent);
        self.mesh.send(to, Envelope::Link(mail));
    }

    /// Takes what another shard said about a push.
    pub(crate) fn receive_link(&self, mail: LinkMail) {
        match mail {
            LinkMail::Push(parcel) => {
                if let Some(links) = self.linked.links.get() {
                    links.take(*parcel);
                }
            }
            LinkMail::Answered(push, route, answered) => self.push(Input::Answered {
                push,
                route,
                answered,
            }),
            LinkMail::Receipt(push, receipt) => self.push(Input::Receipt { push, receipt }),
            LinkMail::Reachable(subscriber) => self.push(Input::Reachable(subscriber)),
        }
    }
}
