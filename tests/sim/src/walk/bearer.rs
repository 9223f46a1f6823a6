//! An SMSC or a push gateway: it takes what is pushed, refuses it, or keeps it for too long; later it says what became
//! of what it took, perhaps twice, perhaps only after a start.
//!
//! Beside the crowd, in runs whose swarm says that pushes are carried. Invariants: each push is answered once; a phone
//! has what was taken; what leaves stands in the log by then, octet for octet.

use super::Walk;
use super::doing::{Known, phone};
use crate::event::{About, Event};
use crate::phone::{note_of, number};
use crate::swarm::PHONES;
use shard::bearer::{Kind, Ticket};
use shard::{Answered, Input, Push, Receipt};
use std::collections::BTreeMap;

/// What it remembers.
#[derive(Debug, Default)]
pub(super) struct Centre {
    /// When each push came that is not answered, by its name: milliseconds of this process's clock.
    came: BTreeMap<u64, u64>,
    /// Receipts that are still to be sent.
    receipts: Vec<(Push, About, Receipt)>,
}

impl Walk {
    fn is_carried(&self) -> bool {
        self.world.shape.profile.push.is_carried()
    }

    /// It does something about what it has.
    pub(super) fn carry(&mut self) {
        if !self.is_carried() {
            return;
        }
        let now = self.world.now.monotonic.0;
        for (_, push) in &self.world.pushes {
            self.centre.came.entry(push.id.0).or_insert(now);
        }
        for _ in 0..self.dice(4) {
            let at = self.dice(self.world.pushes.len() as u64) as usize;
            let Some((shard, push)) = self.world.pushes.remove(at) else {
                break;
            };
            let came = self.centre.came.remove(&push.id.0).unwrap_or(now);
            let is_late = now - came >= u64::from(push.valid_for_s) * 1_000;
            let answered = match self.dice(40) {
                _ if is_late => Answered::Late,
                0 => Answered::UnknownSubscriber,
                1..=4 => Answered::Rejected,
                _ => Answered::Taken,
            };
            self.answer_push(shard, push, answered);
        }
        if self.one_in(3) {
            self.send_receipt();
        }
        if self.one_in(20) {
            self.say_reachable();
        }
    }

    /// A phone that was absent is there, or may be.
    fn say_reachable(&mut self) {
        let who = number(&phone(self.dice(PHONES)));
        let home = usize::from(self.world.home(Some(who)));
        self.world.nodes[home].inbox.push_back(Input::Reachable(who));
        self.coverage.count("act: a centre says that a phone is there");
        self.tell(|| format!("the centre says that {} is there", who.digits()));
        self.hear(&Event::Reachable(who.digits()));
    }

    /// In calm weather everything is taken at once; says whether there was something.
    pub(super) fn carry_all(&mut self) -> bool {
        let pushes: Vec<_> = self.world.pushes.drain(..).collect();
        let was_any = !pushes.is_empty();
        for (shard, push) in pushes {
            self.answer_push(shard, push, Answered::Taken);
        }
        was_any
    }

    /// The process is gone: what it had sent is not answered any more; receipts come all the same.
    pub(super) fn lose_pushes(&mut self) {
        self.centre.came.clear();
    }

    fn answer_push(&mut self, shard: u16, push: Push, answered: Answered) {
        self.coverage.count(match answered {
            Answered::Taken => "act: a centre takes a push",
            Answered::Rejected => "act: a centre refuses a push",
            Answered::UnknownSubscriber => "act: a centre knows no such subscriber",
            Answered::Late => "act: a centre has kept a push for too long",
        });
        let Some(about) = self.about(&push) else {
            let what = format!("{push:?} leaves, and stands nowhere");
            return self.court.find("durability", what);
        };
        self.tell(|| format!("the centre answers {}: {answered:?}", about.line()));
        self.hear(&Event::Answered(&about, answered));
        let (route, id) = (push.route, push.id);
        self.world.nodes[usize::from(shard)]
            .inbox
            .push_back(Input::Answered {
                push: id,
                route,
                answered,
            });
        if answered == Answered::Taken && about.kind == Kind::Notification {
            self.heard_note(&push, &about);
            let receipt = match self.dice(24) {
                0..=7 => Receipt::Delivered,
                8..=10 => Receipt::Absent,
                11 => Receipt::UnknownSubscriber,
                _ => return,
            };
            self.centre.receipts.push((push, about, receipt));
        }
    }

    /// The copy that a push is about: its record says it. A read report is written anew when it leaves.
    fn about(&self, push: &Push) -> Option<About> {
        let kind = Ticket::of(push.id)?.kind;
        let mut pushes = self.world.ledger.pushes.iter().rev();
        let found = match kind {
            Kind::ReadReport => pushes.find(|known| known.to == push.to.digits()),
            _ => pushes.find(|known| known.to == push.to.digits() && known.pdu == push.pdu),
        };
        found.map(|known| About {
            message: known.message,
            recipient: known.recipient,
            to: known.to,
            kind,
        })
    }

    fn heard_note(&mut self, push: &Push, about: &About) {
        let at = self.world.wall().0;
        if let Some(note) = note_of(&push.pdu, at) {
            self.know(Known {
                who: about.to % 100,
                note,
                message: about.message,
                recipient: about.recipient,
            });
        }
    }

    fn send_receipt(&mut self) {
        let at = self.dice(self.centre.receipts.len() as u64) as usize;
        let Some((push, about, receipt)) = self.centre.receipts.get(at).cloned() else {
            return;
        };
        let home = Ticket::of(push.id).map_or(0, |ticket| usize::from(ticket.home.0));
        // Which may be a shard that there is no more.
        let Some(node) = self.world.nodes.get_mut(home) else {
            self.centre.receipts.swap_remove(at);
            return;
        };
        node.inbox.push_back(Input::Receipt {
            push: push.id,
            receipt,
        });
        self.coverage.count("act: a centre sends a receipt");
        self.tell(|| format!("the centre sends a receipt for {}: {receipt:?}", about.line()));
        self.hear(&Event::Receipted(&about, receipt));
        if self.one_in(4) {
            self.coverage.count("act: a centre sends a receipt again");
        } else {
            self.centre.receipts.swap_remove(at);
        }
    }
}
