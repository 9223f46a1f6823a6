//! What leaves through a bearer that has to take it (SMPP, PAP), and what becomes of it.
//!
//! The border between the brain and the links: a [`Push`] goes out as an effect, its answer comes back once, and a
//! receipt may follow. Here is also what waits for room at the bearer. Invariants: of each route at most
//! [`PUSHES_OUTSTANDING_MAX`] pushes are out and unanswered; what waits beyond is a number, not a PDU; what the bearer
//! says is matched by a [`Ticket`], and one that fits no copy any more changes nothing.

use crate::brain::Brain;
use crate::debt::Debt;
use crate::notify::Queue;
use base::limits::PUSHES_OUTSTANDING_MAX;
use base::{MessageId, Msisdn, ShardId};
use meter::Gauge;
use push::PushId;
use std::collections::VecDeque;
use store::recipients::MARK_PUSHING;

/// A PDU on its way to a phone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Push {
    /// Its name: a [`Ticket`].
    pub id: PushId,
    /// The place of its route in the profile's list.
    pub route: u16,
    /// The phone.
    pub to: Msisdn,
    /// The MM1 PDU.
    pub pdu: Vec<u8>,
    /// The reference of its segments: of the same push always the same, over starts as well.
    pub reference: u16,
    /// Seconds for which the bearer may try: up to the next attempt.
    pub valid_for_s: u32,
}

/// The bearer's answer to a push. Each gets one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Answered {
    /// It has it.
    Taken,
    /// It will never take this.
    Rejected,
    /// There is no such subscriber.
    UnknownSubscriber,
    /// Nobody took it while it was valid.
    Late,
}

/// What becomes known of a push later, if anything does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Receipt {
    /// The phone has it (which is not: the message).
    Delivered,
    /// The phone could not be reached.
    Absent,
    /// There is no such subscriber.
    UnknownSubscriber,
}

/// What is pushed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// M-Notification.ind.
    Notification,
    /// M-Delivery.ind.
    DeliveryReport,
    /// M-Read-Orig.ind.
    ReadReport,
}

/// A push's name, opened: where to answer, and about what.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ticket {
    /// The shard that wants the answer.
    pub home: ShardId,
    /// What it is.
    pub kind: Kind,
    /// The copy's number there.
    pub number: u32,
    /// Which attempt.
    pub attempt: u8,
    /// Of the message's id and the recipient's index, so that a number used again is not taken for the copy meant: it
    /// may be another recipient's of the same message after a start.
    check: u16,
}

/// Bits of [`Ticket::check`].
const CHECK_BITS: u32 = 14;

const _: () = assert!(
    base::limits::SHARDS_MAX <= 256,
    "a shard fits an octet of the ticket"
);

impl Ticket {
    /// Of an attempt at a push about a copy: of a message, the index of its recipient.
    #[must_use]
    pub fn new(home: ShardId, kind: Kind, number: u32, attempt: u8, copy: (MessageId, u16)) -> Ticket {
        let (message, index) = copy;
        let check = (mix(mix(message.bits()) ^ u64::from(index)) >> (64 - CHECK_BITS)) as u16;
        Ticket {
            home,
            kind,
            number,
            attempt,
            check,
        }
    }

    /// As a push's name.
    #[must_use]
    pub fn id(self) -> PushId {
        let kind = match self.kind {
            Kind::Notification => 0,
            Kind::DeliveryReport => 1,
            Kind::ReadReport => 2,
        };
        let high = u64::from(self.home.0) << 56 | kind << 54 | u64::from(self.check) << 40;
        PushId(high | u64::from(self.attempt) << 32 | u64::from(self.number))
    }

    /// From a push's name; nothing where it is not one of ours.
    #[must_use]
    pub fn of(id: PushId) -> Option<Ticket> {
        let kind = match id.0 >> 54 & 3 {
            0 => Kind::Notification,
            1 => Kind::DeliveryReport,
            2 => Kind::ReadReport,
            _ => return None,
        };
        Some(Ticket {
            home: ShardId((id.0 >> 56) as u16),
            kind,
            number: id.0 as u32,
            attempt: (id.0 >> 32) as u8,
            check: (id.0 >> 40) as u16 & ((1 << CHECK_BITS) - 1),
        })
    }

    /// Whether it speaks of this copy: of a message, the index of its recipient.
    #[must_use]
    pub fn fits(self, copy: (MessageId, u16)) -> bool {
        Ticket::new(self.home, self.kind, self.number, self.attempt, copy) == self
    }
}

/// The reference of a push's segments.
pub(crate) fn reference(message: MessageId, index: u16, kind: Kind, turn: u16) -> u16 {
    let what = (kind as u64) << 30 | u64::from(turn);
    (mix(mix(message.bits()) ^ u64::from(index) << 32 ^ what) >> 24) as u16
}

/// MurmurHash3's last step: every bit of the input reaches every bit of the output.
fn mix(bits: u64) -> u64 {
    let bits = (bits ^ bits >> 33).wrapping_mul(0xFF51_AFD7_ED55_8CCD);
    let bits = (bits ^ bits >> 33).wrapping_mul(0xC4CE_B9FE_1A85_EC53);
    bits ^ bits >> 33
}

/// What waits for room at the bearer.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Wish {
    /// To notify a copy.
    Notify { number: u32, message: MessageId },
    /// To tell of an end or a reading.
    Tell(Debt),
}

/// The bearer as the brain sees it: room, and who waits for it, by route.
#[derive(Debug, Default)]
pub(crate) struct Room {
    routes: Vec<Of>,
}

#[derive(Debug, Default)]
struct Of {
    outstanding: u32,
    waiting: VecDeque<Wish>,
}

impl Room {
    pub(crate) fn new(routes: usize) -> Room {
        Room {
            routes: (0..routes).map(|_| Of::default()).collect(),
        }
    }

    /// Whether a push can go out; what waits goes first.
    fn is_free(&self, route: u16, queue: Queue) -> bool {
        self.routes.get(usize::from(route)).is_some_and(|of| {
            let is_first = queue == Queue::Passed || of.waiting.is_empty();
            is_first && of.outstanding < PUSHES_OUTSTANDING_MAX
        })
    }

    fn wait(&mut self, route: u16, wish: Wish) {
        if let Some(of) = self.routes.get_mut(usize::from(route)) {
            of.waiting.push_back(wish);
        }
    }

    /// A push is about to go out: its answer gives the room back.
    pub(crate) fn took(&mut self, route: u16) {
        if let Some(of) = self.routes.get_mut(usize::from(route)) {
            of.outstanding += 1;
        }
    }

    fn answered(&mut self, route: u16) {
        if let Some(of) = self.routes.get_mut(usize::from(route)) {
            debug_assert!(of.outstanding > 0, "a push is answered once");
            of.outstanding = of.outstanding.saturating_sub(1);
        }
    }

    /// Whether somebody who waits could go.
    pub(crate) fn has_work(&self) -> bool {
        let can_go = |of: &Of| !of.waiting.is_empty() && of.outstanding < PUSHES_OUTSTANDING_MAX;
        self.routes.iter().any(can_go)
    }

    fn next(&mut self) -> Option<Wish> {
        let mut routes = self.routes.iter_mut();
        let of = routes.find(|of| !of.waiting.is_empty() && of.outstanding < PUSHES_OUTSTANDING_MAX)?;
        of.waiting.pop_front()
    }

    fn counts(&self) -> (u64, u64) {
        let outstanding = self.routes.iter().map(|of| u64::from(of.outstanding)).sum();
        let waiting = self.routes.iter().map(|of| of.waiting.len() as u64).sum();
        (outstanding, waiting)
    }
}

impl<B: AsRef<[u8]> + AsMut<[u8]>> Brain<B> {
    /// The route of a push, if there is room for it now; else its wish waits for it. Without a route it never leaves.
    pub(crate) fn room_for(&mut self, to: Msisdn, queue: Queue, wish: Wish) -> Result<u16, NoRoom> {
        let route = self.profile.push.route_of(to).ok_or(NoRoom::NoRoute)?;
        if self.room.is_free(route, queue) {
            return Ok(route);
        }
        self.room.wait(route, wish);
        Err(NoRoom::Waits)
    }

    /// Sends a push out that has taken its room.
    pub(crate) fn push_out(&mut self, push: Box<Push>) {
        self.effects.push(crate::Effect::Push(push));
    }

    /// What is out and what waits.
    pub(crate) fn show_room(&self) {
        let (outstanding, waiting) = self.room.counts();
        self.meter.set(Gauge::PushesOutstanding, outstanding);
        self.meter.set(Gauge::PushesWaiting, waiting);
    }

    /// Lets the next go that waits for room, where there is some.
    pub(crate) fn grant_room(&mut self) -> bool {
        let Some(wish) = self.room.next() else {
            return false;
        };
        match wish {
            Wish::Notify { number, message } => {
                if self.is_same(number, message) {
                    self.unmark_pushing(number);
                    self.notify_if_free(number, None, Queue::Passed);
                }
            }
            Wish::Tell(debt) => self.tell(debt, Queue::Passed),
        }
        true
    }

    pub(crate) fn unmark_pushing(&mut self, number: u32) {
        if let Some(copy) = self.store.recipients.get_mut(number) {
            copy.marks &= !MARK_PUSHING;
        }
    }

    /// The bearer's answer to a push of this shard.
    pub(crate) fn take_answered(&mut self, id: PushId, route: u16, answered: Answered) {
        self.room.answered(route);
        let Some(ticket) = Ticket::of(id) else { return };
        match ticket.kind {
            Kind::Notification => self.notification_answered(ticket, answered),
            Kind::DeliveryReport | Kind::ReadReport => self.report_answered(id, answered),
        }
    }

    /// What became known of a push that was taken. Of reports nothing more is of interest.
    pub(crate) fn take_receipt(&mut self, id: PushId, receipt: Receipt) {
        if let Some(ticket) = Ticket::of(id)
            && ticket.kind == Kind::Notification
        {
            self.notification_receipted(ticket, receipt);
        }
    }
}

/// Why a push does not leave now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NoRoom {
    /// Its wish waits.
    Waits,
    /// No route has a prefix of the number: settings are incomplete.
    NoRoute,
}

#[cfg(test)]
mod tests;
