//! Copies on their way into mails: taken, queued, gathered; and what time decides about them.
//!
//! At the message's owner. Invariants: where a copy is to be is asked of the routes, at its home and at the owner
//! alike, so both come to the same once they have the same routes; a copy that waits in a queue or a mail still ends
//! when its time is over.

use super::passing::Passed;
use super::peers::Flight;
use super::queue::{Hold, Next};
use super::{Relay, mail};
use crate::Effect;
use crate::brain::Brain;
use crate::fetch::Job;
use base::{MessageId, Monotonic, Msisdn, Partition, Reason, ShardId, limits};
use lifecycle::{End, Event, State};
use meter::Counter;
use profile::{Peer, PeerId};
use route::Route;
use smallvec::SmallVec;
use std::sync::Arc;
use store::recipients::{MARK_FLYING, MARK_QUEUED};
use store::record::{FLAG_DELIVERY_REPORT, FLAG_FOREIGN_SENDER, FLAG_RELAYED, FLAG_REPORT_DENIED};
use store::via::{PeerMark, Via};
use store::{Delivery, DeliveryRecipient, Links, NONE, Octets, Recipient};

impl<B: AsRef<[u8]> + AsMut<[u8]>> Brain<B> {
    /// Takes the routes as they are published now; one view for all of the turn's look-ups.
    pub(crate) fn look_at_routes(&mut self) {
        let current = self.published.current();
        if !Arc::ptr_eq(current, &self.routes) {
            self.routes = Arc::clone(current);
            self.relays.take(&self.routes, self.shards);
        }
    }

    /// The peer that serves a number, if it is a peer's.
    pub(crate) fn peer_of(&self, number: Msisdn) -> Option<PeerId> {
        match self.routes.lookup(number).route {
            Route::Peer(id) => Some(id),
            Route::Local | Route::Unknown | Route::Refused(_) => None,
        }
    }

    /// Where the copy of a recipient is to be: with the message's owner, where it has no number or another operator
    /// serves it; else at its number's home.
    pub(crate) fn place_of(&self, message: MessageId, number: u64) -> ShardId {
        match Msisdn::from_bits(number) {
            Some(number) if self.peer_of(number).is_none() => Partition::of(number).home(self.shards),
            _ => message.partition().home(self.shards),
        }
    }

    /// Takes a recipient whom a peer serves.
    pub(crate) fn take_foreign(
        &mut self,
        delivery: &Delivery,
        recipient: &DeliveryRecipient,
        to: Msisdn,
        id: PeerId,
    ) {
        let Some(peer) = self.routes.peers().profile(id) else {
            return;
        };
        let via = Via::first(PeerMark::of(&peer.name));
        let due = self.tick_of(delivery.deliver_at);
        let number = self.store.recipients.insert(Recipient {
            message: delivery.message,
            sender: delivery.sender,
            token: via.to_token(),
            until: delivery.expiry,
            due,
            timer: Links::default(),
            subscriber: NONE,
            next: NONE,
            pin_segment: 0,
            pin_units: 0,
            sequence: 0,
            flags: delivery.flags | FLAG_RELAYED,
            index: recipient.index,
            state: State::Taken,
            attempts: 0,
            marks: 0,
            fetching: 0,
        });
        self.store.own(number, to);
        if let Some(queue) = self.relays.queue_mut(via.peer) {
            queue.add_copy();
        }
        if due > self.wheel.current() + 1 {
            return self.arm(number);
        }
        self.join_queue(number);
        self.arm(number);
    }

    /// A copy waits for a mail, behind the others, unless it does already.
    pub(crate) fn join_queue(&mut self, number: u32) {
        if let Some((peer, message)) = self.mark_queued(number) {
            let accepted_at = self.store.messages.find(message).map(|known| known.accepted_at);
            // The end of a drain is nothing to wait for where the peer is gone: what comes then is rerouted.
            let is_there = self.relays.id(peer).is_some();
            match self.relays.queue_mut(peer) {
                Some(queue) if is_there && accepted_at.is_some_and(|at| queue.is_too_new(at)) => {
                    queue.push_aside(message)
                }
                Some(queue) => queue.push(message),
                // Gone since before this start.
                None => self.reroute(number),
            }
        }
    }

    /// A copy waits again, in front of the others: its mail did not leave, for no fault of its own.
    pub(crate) fn rejoin_queue(&mut self, number: u32) {
        if let Some((peer, message)) = self.mark_queued(number)
            && let Some(queue) = self.relays.queue_mut(peer)
        {
            queue.push_front(message);
        }
        self.arm(number);
    }

    fn mark_queued(&mut self, number: u32) -> Option<(PeerMark, MessageId)> {
        let copy = self.store.recipients.get_mut(number)?;
        if copy.marks & (MARK_QUEUED | MARK_FLYING) != 0 {
            return None;
        }
        let via = Via::of(copy.flags, copy.token)?;
        copy.marks |= MARK_QUEUED;
        Some((via.peer, copy.message))
    }

    /// Decides on a copy of a peer's subscriber whose timer came.
    pub(crate) fn wake_relayed(&mut self, number: u32, copy: &Recipient, via: Via) {
        let tick = self.wheel.current();
        let is_over = tick >= self.relayed_until(copy, via);
        let is_due = tick + 1 >= copy.due && copy.marks & (MARK_QUEUED | MARK_FLYING) == 0;
        match copy.state {
            State::Ended(_) if tick >= copy.due => self.retire(number),
            State::Taken if is_over && tick < self.tick_of(copy.until) => {
                self.todo(number, Event::Final(End::Expired));
            }
            State::Taken | State::HandedOver | State::Relayed if is_over => self.todo(number, Event::Expired),
            State::HandedOver if is_due && via.resends >= self.resends_max(via.peer) => {
                self.todo(number, Event::Unconfirmed);
            }
            State::Taken | State::HandedOver if is_due => {
                self.apply(number, Event::Due, None);
                self.arm(number);
            }
            _ => self.arm(number),
        }
    }

    /// The tick of the next thing that time decides about such a copy.
    pub(crate) fn relayed_tick(&self, copy: &Recipient, via: Via) -> u32 {
        let waits = copy.marks & (MARK_QUEUED | MARK_FLYING) != 0;
        match copy.state {
            State::Ended(_) => copy.due,
            State::Taken | State::HandedOver if !waits => copy.due.min(self.relayed_until(copy, via)),
            _ => self.relayed_until(copy, via),
        }
    }

    /// The tick at which it is over: its validity; before it is taken also the time that the peer is tried for;
    /// afterwards some time more, in which the last report may come.
    fn relayed_until(&self, copy: &Recipient, via: Via) -> u32 {
        let tried_s = self.peer_profile(via.peer).map(|peer| peer.tries.retry_s_max);
        let accepted_at = self
            .store
            .messages
            .find(copy.message)
            .map(|message| message.accepted_at);
        match (copy.state, tried_s, accepted_at) {
            (State::Taken, Some(tried_s), Some(accepted_at)) => {
                let since = self.relays.acts.tried_since(via.peer, accepted_at);
                let tried_until = since.map_or(u32::MAX, |since| since.saturating_add(tried_s));
                self.tick_of(copy.until.min(tried_until))
            }
            (State::Relayed, ..) => self.tick_of(copy.until.saturating_add(limits::RELAY_GRACE_S)),
            _ => self.tick_of(copy.until),
        }
    }

    /// The profile of a peer, as the present snapshot has it.
    pub(crate) fn peer_profile(&self, peer: PeerMark) -> Option<&Peer> {
        self.routes.peers().profile(self.relays.id(peer)?)
    }

    fn resends_max(&self, peer: PeerMark) -> u8 {
        self.peer_profile(peer).map_or(0, |peer| peer.tries.resends_max)
    }

    /// Whether a peer answers a mail with MM4_forward.RES, and whether it will report on this copy.
    pub(crate) fn expects(&self, copy: &Recipient) -> (bool, bool) {
        let via = Via::of(copy.flags, copy.token);
        let Some(peer) = via.and_then(|via| self.peer_profile(via.peer)) else {
            return (false, false);
        };
        let is_asked = copy.flags & FLAG_DELIVERY_REPORT != 0 && copy.flags & FLAG_REPORT_DENIED == 0;
        (
            peer.ack == profile::peers::Ack::Res,
            is_asked && peer.reports.delivery,
        )
    }

    /// Starts the timer of the missing response.
    pub(crate) fn await_response(&mut self, number: u32) {
        let Some(copy) = self.store.recipients.get(number).copied() else {
            return;
        };
        let via = Via::of(copy.flags, copy.token);
        let res_s = via
            .and_then(|via| self.peer_profile(via.peer))
            .map_or(0, |peer| peer.tries.res_s);
        let due = self.tick_in(u64::from(res_s) * 1_000);
        if let Some(copy) = self.store.recipients.get_mut(number) {
            copy.due = due;
        }
        self.arm(number);
    }

    /// Begins every mail that may begin now.
    pub(crate) fn pump_relays(&mut self) {
        let has_acts = self.carry_out_acts();
        let is_due = self.relays.wake_at.is_some_and(|at| at <= self.now);
        if !(self.relays.is_dirty || is_due || has_acts) || self.is_draining() {
            return;
        }
        self.relays.is_dirty = false;
        let mut wake_at: Option<Monotonic> = has_acts.then_some(self.now);
        let peers: SmallVec<[PeerMark; 16]> = self.relays.lanes.keys().copied().collect();
        for peer in peers {
            let next = self.pump(peer);
            wake_at = wake_at.into_iter().chain(next).min();
        }
        self.relays.wake_at = wake_at;
    }

    /// Begins the mails of one peer; when to look again.
    fn pump(&mut self, peer: PeerMark) -> Option<Monotonic> {
        loop {
            let lane = self.relays.lanes.get_mut(&peer)?;
            let (is_gone, next) = (lane.id.is_none(), lane.queue.next(self.now));
            let message = match next {
                Next::Begin(message) => message,
                Next::BeginNote => {
                    self.begin_note(peer);
                    continue;
                }
                // What it was to get goes where the routes lead now.
                _ if is_gone => lane.queue.front()?,
                Next::At(at) => return Some(at),
                Next::Idle => return None,
            };
            if self.relays.flights.len() >= limits::RELAYS_MAX {
                // The next one that ends looks again.
                return None;
            }
            let recipients_max = self
                .peer_profile(peer)
                .map_or(0, |peer| usize::from(peer.takes.recipients_max));
            let mut copies = self.queued_copies(peer, message);
            if !is_gone && self.set_aside(peer, message, copies.len()) {
                continue;
            }
            if is_gone || copies.is_empty() {
                self.relays.lanes.get_mut(&peer)?.queue.drop_front();
                copies.into_iter().for_each(|number| self.reroute(number));
                continue;
            }
            let has_more = copies.len() > recipients_max;
            copies.truncate(recipients_max);
            for &number in &copies {
                if let Some(copy) = self.store.recipients.get_mut(number) {
                    copy.marks = copy.marks & !MARK_QUEUED | MARK_FLYING;
                }
            }
            let begun = self.now;
            self.relays.lanes.get_mut(&peer)?.queue.begin(begun, has_more);
            let ticket = self.relays.flights.insert(Flight {
                peer,
                message,
                copies,
                begun,
                note: None,
            });
            self.obtain_letter(message, ticket);
        }
    }

    /// Gets what a mail is written from: the stored PDU, and of a message that is passed on its origin, too.
    fn obtain_letter(&mut self, message: MessageId, ticket: u32) {
        let flight = self.relays.flights.get(ticket);
        let copy = flight.and_then(|flight| self.store.recipients.get(*flight.copies.first()?));
        match copy.is_some_and(|copy| copy.flags & FLAG_FOREIGN_SENDER != 0) {
            true => self.obtain(message, Job::PassOn { ticket }),
            false => self.obtain(message, Job::Relay { ticket }),
        }
    }

    /// Whether the message in front waits for the end of a drain.
    fn set_aside(&mut self, peer: PeerMark, message: MessageId, copies: usize) -> bool {
        let accepted_at = self.store.messages.find(message).map(|known| known.accepted_at);
        let lane = self.relays.lanes.get_mut(&peer);
        let queue = lane.map(|lane| &mut lane.queue);
        let Some((queue, accepted_at)) = queue.zip(accepted_at).filter(|_| copies > 0) else {
            return false;
        };
        let is_too_new = queue.is_too_new(accepted_at);
        if is_too_new {
            queue.set_aside(copies);
        }
        is_too_new
    }

    fn begin_note(&mut self, peer: PeerMark) {
        let begun = self.now;
        let lane = self.relays.lanes.get_mut(&peer);
        let Some(note) = lane.and_then(|lane| lane.queue.begin_note(begun)) else {
            return;
        };
        let ticket = self.relays.flights.insert(Flight {
            peer,
            message: MessageId::from_bits(0),
            copies: SmallVec::new(),
            begun,
            note: Some(note),
        });
        self.send_note(ticket);
    }

    /// The copies of a message that wait for a mail to a peer, in the order of the message.
    fn queued_copies(&self, peer: PeerMark, message: MessageId) -> SmallVec<[u32; 2]> {
        let all = self.store.recipients.of_message(message);
        let theirs = all.filter_map(|number| {
            let copy = self.store.recipients.get(number)?;
            let is_theirs = Via::of(copy.flags, copy.token)?.peer == peer;
            let waits =
                copy.marks & MARK_QUEUED != 0 && matches!(copy.state, State::Taken | State::HandedOver);
            (is_theirs && waits).then_some((copy.index, number))
        });
        let mut theirs: SmallVec<[(u16, u32); 2]> = theirs.collect();
        theirs.sort_unstable();
        theirs.into_iter().map(|(_, number)| number).collect()
    }

    /// The stored PDU is here: the mail is written and given to the hands.
    pub(crate) fn relay_with(&mut self, ticket: u32, pdu: Result<Octets, Reason>) {
        match pdu {
            Ok(pdu) => self.relay_letter(ticket, &pdu, None),
            Err(_) => self.take_unwritten(ticket, mail::Unwritten::Unread),
        }
    }

    /// Writes a mail and gives it to the hands.
    pub(super) fn relay_letter(&mut self, ticket: u32, pdu: &Octets, passed: Option<Passed<'_>>) {
        match self.write_mail(ticket, pdu, passed) {
            Ok(relay) => {
                self.meter.count(Counter::RelaysSent);
                self.effects.push(Effect::Relay(Box::new(relay)));
            }
            Err(unwritten) => self.take_unwritten(ticket, unwritten),
        }
    }

    fn write_mail(
        &self,
        ticket: u32,
        pdu: &Octets,
        passed: Option<Passed<'_>>,
    ) -> Result<Relay, mail::Unwritten> {
        let flight = self.relays.flights.get(ticket).ok_or(mail::Unwritten::Unread)?;
        let lane = self
            .relays
            .lanes
            .get(&flight.peer)
            .ok_or(mail::Unwritten::Unread)?;
        let peer = lane
            .id
            .and_then(|id| self.routes.peers().profile(id))
            .ok_or(mail::Unwritten::Unread)?;
        let accepted_at = self
            .store
            .messages
            .find(flight.message)
            .map(|known| known.accepted_at);
        if lane.queue.hold == Hold::Held || accepted_at.is_some_and(|at| lane.queue.is_too_new(at)) {
            // Since its record was asked for.
            return Err(mail::Unwritten::HeldBack);
        }
        let copies = flight
            .copies
            .iter()
            .filter_map(|&number| self.store.recipients.get(number));
        let recipients: SmallVec<[Msisdn; 2]> = copies
            .clone()
            .filter_map(|copy| self.store.subscriber_of(copy))
            .collect();
        let first = copies.clone().next().ok_or(mail::Unwritten::Unread)?;
        if recipients.len() != flight.copies.len() {
            return Err(mail::Unwritten::Unread);
        }
        let system = mail::system_address(&self.profile.mm4);
        let letter = mail::Letter {
            message: flight.message,
            peer,
            is_binary: lane.queue.is_binary,
            routes: &self.routes,
            domain: &self.profile.mm1.domain,
            system: &system,
            sender: first.sender,
            flags: first.flags,
            until: first.until,
            recipients: &recipients,
            part: copies.map(|copy| copy.index).collect(),
            pdu: pdu.as_slice(),
            passed,
        };
        letter.write().map(|written| Relay {
            ticket,
            peer: Arc::clone(&lane.queue.name),
            from: written.from,
            recipients: written.recipients,
            mail: written.mail,
        })
    }

    /// The peer does not know the number, or is none any more: its route is looked up once more.
    pub(crate) fn reroute(&mut self, number: u32) {
        let Some(copy) = self.store.recipients.get_mut(number) else {
            return;
        };
        copy.marks &= !(MARK_QUEUED | MARK_FLYING);
        let copy = *copy;
        let Some(via) = Via::of(copy.flags, copy.token) else {
            return;
        };
        let to = self
            .store
            .subscriber_of(&copy)
            .and_then(|number| self.peer_of(number));
        let peer = to
            .and_then(|id| self.routes.peers().profile(id))
            .map(|peer| PeerMark::of(&peer.name));
        match peer {
            Some(peer) if peer != via.peer && !via.is_rerouted && copy.state == State::Taken => {
                let via = Via {
                    is_rerouted: true,
                    ..Via::first(peer)
                };
                if let Some(copy) = self.store.recipients.get_mut(number) {
                    copy.token = via.to_token();
                }
                self.change_peer(&copy, peer);
                self.join_queue(number);
                self.arm(number);
            }
            _ => self.todo(number, Event::Final(End::Unreachable)),
        }
    }

    fn change_peer(&mut self, before: &Recipient, to: PeerMark) {
        if let Some(via) = Via::of(before.flags, before.token)
            && let Some(queue) = self.relays.queue_mut(via.peer)
        {
            queue.drop_copy(before.message);
        }
        if let Some(queue) = self.relays.queue_mut(to) {
            queue.add_copy();
        }
    }

    /// Keeps the window of a copy's peer in step with a change of its state, and the count of what it has not taken.
    pub(crate) fn note_response(&mut self, before: &Recipient, to: State) {
        let Some(via) = Via::of(before.flags, before.token) else {
            return;
        };
        let (was, is) = (before.state == State::HandedOver, to == State::HandedOver);
        if let Some(queue) = self.relays.queue_mut(via.peer) {
            if before.state == State::Taken && to != State::Taken {
                queue.drop_copy(before.message);
            }
            match (was, is) {
                (false, true) => queue.await_response(before.message),
                (true, false) => queue.response_settled(before.message),
                _ => {}
            }
        }
        if matches!(to, State::Relayed | State::Ended(_)) {
            self.far_settled(before.message, before.index);
        }
    }
}
