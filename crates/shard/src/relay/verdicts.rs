//! What came of a mail, recipient by recipient, and what that means for the peer.
//!
//! Behind the hands. Invariants: each copy of a mail leaves it here, once; what the peer decided is asked of the
//! lifecycle, so a copy that ended meanwhile stays ended; only a lost connection speaks against the peer as a whole.

use super::mail::Unwritten;
use super::peers::Flight;
use super::{Refusal, Relayed, SAID_OCTETS_MAX, Verdict};
use crate::brain::Brain;
use lifecycle::{End, Event, State, schedule};
use meter::Counter;
use rand_core::RngCore;
use store::recipients::MARK_FLYING;
use store::via::{PeerMark, Via};

/// Percent by which waits between tries are varied, so that they do not march in step.
const JITTER_PERCENT: u8 = 10;

impl<B: AsRef<[u8]> + AsMut<[u8]>> Brain<B> {
    /// A mail is answered.
    pub(crate) fn take_relayed(&mut self, relayed: &Relayed) {
        let Some(mut flight) = self.end_flight(relayed.ticket) else {
            return;
        };
        self.judge_peer(&flight, relayed);
        if let Some(note) = flight.note.take() {
            let verdict = relayed.verdicts.first().copied().unwrap_or(Verdict::Lost);
            return self.note_answered(flight.peer, note, verdict);
        }
        let verdicts = relayed
            .verdicts
            .iter()
            .copied()
            .chain(std::iter::repeat(Verdict::Lost));
        let copies: smallvec::SmallVec<[_; 2]> = flight.copies.iter().copied().zip(verdicts).collect();
        // What goes back to the front of the queue keeps its order.
        let mut due = None;
        for (number, verdict) in copies.into_iter().rev() {
            self.take_verdict(&flight, number, verdict, &mut due);
        }
    }

    /// A mail could not be written.
    pub(super) fn take_unwritten(&mut self, ticket: u32, unwritten: Unwritten) {
        let Some(flight) = self.end_flight(ticket) else {
            return;
        };
        let mut due = None;
        for &number in &flight.copies {
            if !self.is_of(&flight, number) {
                continue;
            }
            match unwritten {
                Unwritten::HeldBack => self.rejoin_queue(number),
                Unwritten::Unread => self.try_later(&flight, number, &mut due),
                Unwritten::NotTaken => self.todo(number, Event::Final(End::Rejected)),
                Unwritten::Unwritable => self.todo(number, Event::Final(End::Indeterminate)),
                Unwritten::Denied => self.todo(number, Event::Final(End::Unreachable)),
            }
        }
    }

    pub(super) fn end_flight(&mut self, ticket: u32) -> Option<Flight> {
        let flight = self.relays.flights.remove(ticket);
        debug_assert!(flight.is_some(), "a mail is answered once");
        let flight = flight?;
        if let Some(queue) = self.relays.queue_mut(flight.peer) {
            queue.end();
        }
        for &number in &flight.copies {
            if self.is_same(number, flight.message)
                && let Some(copy) = self.store.recipients.get_mut(number)
            {
                copy.marks &= !MARK_FLYING;
            }
        }
        Some(flight)
    }

    fn judge_peer(&mut self, flight: &Flight, relayed: &Relayed) {
        let noise = self.random.next_u32() as u16;
        let now = self.now;
        let answers =
            |verdict: &Verdict| matches!(verdict, Verdict::Stored | Verdict::Later | Verdict::Never(_));
        let is_answered = relayed.verdicts.iter().any(answers);
        let is_lost = relayed
            .verdicts
            .iter()
            .all(|verdict| matches!(verdict, Verdict::Lost | Verdict::Unsure));
        let is_clean = relayed.verdicts.iter().all(|verdict| *verdict == Verdict::Stored);
        let Some(queue) = self.relays.queue_mut(flight.peer) else {
            return;
        };
        if is_answered {
            queue.breaker.answered();
        } else if is_lost {
            queue.breaker.lost(flight.begun, now, noise);
        } else {
            queue.is_binary = false;
        }
        if !is_clean && !relayed.said.is_empty() {
            let said = relayed.said.chars().take(SAID_OCTETS_MAX).collect();
            queue.last_error = Some((now, said));
        }
        self.meter.count(match (is_answered, is_lost) {
            (true, _) => Counter::RelaysAnswered,
            (false, true) => Counter::RelaysLost,
            (false, false) => return,
        });
    }

    /// Whether a copy of a mail is still what it was, and open.
    fn is_of(&self, flight: &Flight, number: u32) -> bool {
        self.store.recipients.get(number).is_some_and(|copy| {
            copy.message == flight.message && matches!(copy.state, State::Taken | State::HandedOver)
        })
    }

    fn take_verdict(&mut self, flight: &Flight, number: u32, verdict: Verdict, due: &mut Option<u32>) {
        if !self.is_of(flight, number) {
            // It ended meanwhile, or was taken: by a report or a response, or for its time.
            return self.arm(number);
        }
        match verdict {
            Verdict::Stored => self.stored(number),
            Verdict::Later | Verdict::Unsure => self.try_later(flight, number, due),
            Verdict::Never(refusal) if refusal.is_unknown_subscriber() => self.reroute(number),
            Verdict::Never(refusal) => self.todo(number, Event::Final(refusal.end())),
            Verdict::Lost | Verdict::Encode => self.rejoin_queue(number),
        }
    }

    /// The peer has stored it. One that it had before, without an answer, is now sent again once more.
    fn stored(&mut self, number: u32) {
        if let Some(copy) = self.store.recipients.get_mut(number)
            && copy.state == State::HandedOver
            && let Some(mut via) = Via::of(copy.flags, copy.token)
        {
            via.resends = via.resends.saturating_add(1);
            copy.token = via.to_token();
        }
        self.meter.count(Counter::CopiesCarried);
        self.apply(number, Event::Carried, None);
        self.arm(number);
    }

    /// Another try, by the peer's schedule; at the same time for all of a mail, so that they make one mail again.
    fn try_later(&mut self, flight: &Flight, number: u32, due: &mut Option<u32>) {
        let due = *due.get_or_insert_with(|| self.retry_tick(flight.peer, number));
        if let Some(copy) = self.store.recipients.get_mut(number) {
            copy.attempts = copy.attempts.saturating_add(1);
            copy.due = due;
        }
        self.arm(number);
    }

    /// The tick of the next try of a copy.
    pub(crate) fn retry_tick(&mut self, peer: PeerMark, number: u32) -> u32 {
        let noise = self.random.next_u32() as u16;
        let attempts = self.store.recipients.get(number).map_or(0, |copy| copy.attempts);
        let wait_s = self.peer_profile(peer).map_or(0, |peer| {
            schedule::wait_s(
                &peer.tries.retry_schedule_s,
                attempts.saturating_add(1),
                JITTER_PERCENT,
                noise,
            )
        });
        self.tick_in(u64::from(wait_s) * 1_000)
    }
}

impl Refusal {
    /// 5.1.x: nobody of that number there (RFC 3463 §3.2), or a bare 550, 551 or 553 (RFC 5321 §4.2.3).
    fn is_unknown_subscriber(self) -> bool {
        match self.enhanced {
            Some((subject, _)) => subject == 1,
            None => matches!(self.code, 550 | 551 | 553),
        }
    }

    /// What became of the message: size, content and policy are the peer's will (RFC 3463 §3.3 detail 4, §3.7, §3.8),
    /// anything else is its trouble.
    fn end(self) -> End {
        match (self.code, self.enhanced) {
            (552, _) | (_, Some((3, 4) | (6 | 7, _))) => End::Rejected,
            (554, None) => End::Rejected,
            _ => End::Indeterminate,
        }
    }
}
