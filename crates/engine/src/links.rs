//! Links to those who carry pushes: who has which, and the way of a push from the shard that wants it to the link.
//!
//! ```text
//!  Effect::Push ─► Links::send ─► centre by route ═► the centre's shard (by its name) ─► desk ─► link ─► SMSC, gateway
//!        brain ◄─ Answered ◄═══════════════════════ shard that wanted it ◄─ outcome ─────────────────┘
//! ```
//!
//! All links of one centre live on one shard, so that its receipts meet their submissions without a lock; which shard,
//! the hash of its name says. Invariants: each push is answered once, unless the server ends; what waits is bounded by
//! the brains' room ([`base::limits::PUSHES_OUTSTANDING_MAX`] a route and shard); nothing here decides when something
//! is pushed again.
//!
//! Reading order: [`plan`] (what is built), [`mod@board`] (what is shown), `desk` (what waits), `linked` (what a
//! shard holds), `dial`, `smpp`, `pap`.

pub mod board;
mod desk;
mod dial;
mod linked;
mod pap;
pub mod plan;
mod smpp;

pub use board::{Board, LinkRow, LinkStage};
pub(crate) use linked::{LinkMail, Linked};
pub use plan::{Authorization, Centres, PapPlan, SmscPlan};

use crate::hands::Hands;
use base::{Msisdn, Partition, ShardId};
use profile::PushRoute;
use push::{PushId, Submission, wsp_push};
use shard::bearer::Ticket;
use shard::{Answered, Input, Receipt};
use std::rc::Rc;
use std::sync::Arc;

/// A push on its way to a centre.
#[derive(Clone, Debug)]
pub(crate) struct Parcel {
    /// The place of its route, which the brain counts by.
    pub(crate) route: u16,
    /// The place of the centre that it was given to.
    pub(crate) centre: u16,
    /// Milliseconds on the engine's clock until when it is of use.
    pub(crate) until_ms: u64,
    /// What a link takes.
    pub(crate) submission: Submission,
}

/// One centre whose links are on this shard.
pub(crate) enum Centre {
    /// An SMSC.
    Smsc(Rc<smpp::Smsc>),
    /// A push proxy gateway.
    Gateway(Rc<pap::Gateway>),
}

/// The links as one shard sees them.
pub(crate) struct Links {
    hands: Rc<Hands>,
    routes: Arc<[PushRoute]>,
    board: Arc<Board>,
    owners: Vec<ShardId>,
    /// Those that are owned here.
    centres: Vec<Option<Centre>>,
    is_pap: bool,
}

impl Links {
    /// Builds what this shard owns and starts its tasks. `seed` spreads the links' waits.
    pub(crate) fn start(hands: &Rc<Hands>, plan: &Centres, routes: Arc<[PushRoute]>, seed: u64) -> Rc<Links> {
        let names: Vec<&str> = plan.names().collect();
        let owners: Vec<ShardId> = names.iter().map(|name| owner(name, hands.shards)).collect();
        let here = |place: usize| owners.get(place) == Some(&hands.own);
        let mut centres: Vec<Option<Centre>> = names.iter().map(|_| None).collect();
        for (place, smsc) in plan.smscs.iter().enumerate().filter(|(place, _)| here(*place)) {
            let smsc = smpp::Smsc::new(Rc::clone(hands), Arc::clone(&plan.board), place, smsc, seed);
            if let Some(centre) = centres.get_mut(place) {
                *centre = Some(Centre::Smsc(smsc));
            }
        }
        for (place, pap) in plan.paps.iter().enumerate().filter(|(place, _)| here(*place)) {
            let gateway = pap::Gateway::new(Rc::clone(hands), Arc::clone(&plan.board), place, pap, seed);
            if let Some(centre) = centres.get_mut(place) {
                *centre = Some(Centre::Gateway(gateway));
            }
        }
        let links = Rc::new(Links {
            hands: Rc::clone(hands),
            routes,
            board: Arc::clone(&plan.board),
            owners,
            centres,
            is_pap: !plan.paps.is_empty(),
        });
        hands.set_links(Rc::clone(&links));
        for centre in links.centres.iter().flatten() {
            match centre {
                Centre::Smsc(smsc) => smsc.start(),
                Centre::Gateway(gateway) => gateway.start(),
            }
        }
        links
    }

    /// Sends a push of this shard to a centre of its route.
    pub(crate) fn send(&self, push: shard::Push) {
        let Some(centre) = self.pick(push.route) else {
            return self.answer(push.id, push.route, Answered::Rejected);
        };
        let valid_ms = u64::from(push.valid_for_s).saturating_mul(1_000);
        let mut octets = push.pdu;
        if !self.is_pap {
            // The id of the push itself: the same for the same push.
            let [_, id] = push.reference.to_be_bytes();
            let mut pushed = Vec::with_capacity(octets.len() + base::limits::PUSH_HEADER_OCTETS);
            wsp_push::write_push(&mut pushed, id, &octets);
            octets = pushed;
        }
        self.forward(Parcel {
            route: push.route,
            centre,
            until_ms: self.hands.now_ms().saturating_add(valid_ms),
            submission: Submission {
                id: push.id,
                to: push.to,
                octets,
                reference: push.reference,
                valid_for_s: push.valid_for_s,
            },
        });
    }

    /// The first centre of a route that is up; else the first.
    fn pick(&self, route: u16) -> Option<u16> {
        let centres = &self.routes.get(usize::from(route))?.centres;
        let up = centres.iter().find(|&&place| self.board.is_up(place));
        up.or(centres.first()).copied()
    }

    /// Another centre of a route that is up, for what lies at one that is down.
    pub(crate) fn other(&self, route: u16, than: u16) -> Option<u16> {
        let centres = &self.routes.get(usize::from(route))?.centres;
        let mut others = centres.iter().copied().filter(|&place| place != than);
        others.find(|&place| self.board.is_up(place))
    }

    /// Gives a parcel to the shard of its centre.
    pub(crate) fn forward(&self, parcel: Parcel) {
        match self.owners.get(usize::from(parcel.centre)) {
            Some(owner) if *owner == self.hands.own => self.take(parcel),
            Some(owner) => self.hands.send_link(*owner, LinkMail::Push(Box::new(parcel))),
            None => debug_assert!(false, "routes name centres that are there"),
        }
    }

    /// Takes a parcel for a centre of this shard.
    pub(crate) fn take(&self, parcel: Parcel) {
        match self.centres.get(usize::from(parcel.centre)) {
            Some(Some(Centre::Smsc(smsc))) => smsc.take(parcel),
            Some(Some(Centre::Gateway(gateway))) => gateway.take(parcel),
            _ => debug_assert!(false, "a parcel comes to the shard of its centre"),
        }
    }

    /// Brings a centre's answer to the shard that wanted it.
    pub(crate) fn answer(&self, push: PushId, route: u16, answered: Answered) {
        let Some(home) = Ticket::of(push).map(|ticket| ticket.home) else {
            return;
        };
        if home == self.hands.own {
            self.hands.push(Input::Answered {
                push,
                route,
                answered,
            });
        } else {
            self.hands
                .send_link(home, LinkMail::Answered(push, route, answered));
        }
    }

    /// Brings a receipt there.
    pub(crate) fn receipt(&self, push: PushId, receipt: Receipt) {
        let Some(home) = Ticket::of(push).map(|ticket| ticket.home) else {
            return;
        };
        if home == self.hands.own {
            self.hands.push(Input::Receipt { push, receipt });
        } else {
            self.hands.send_link(home, LinkMail::Receipt(push, receipt));
        }
    }

    /// Tells a subscriber's home that their phone is there.
    pub(crate) fn reachable(&self, subscriber: Msisdn) {
        let home = Partition::of(subscriber).home(self.hands.shards);
        if home == self.hands.own {
            self.hands.push(Input::Reachable(subscriber));
        } else {
            self.hands.send_link(home, LinkMail::Reachable(subscriber));
        }
    }
}

/// The shard that has a centre's links.
fn owner(name: &str, shards: u16) -> ShardId {
    let sum = name.bytes().fold(17_u32, |sum, octet| {
        sum.wrapping_mul(31).wrapping_add(u32::from(octet))
    });
    ShardId((sum % u32::from(shards.max(1))) as u16)
}
