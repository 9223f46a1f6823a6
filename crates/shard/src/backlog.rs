//! The queue between `accept` and `parse`: requests that wait for their turn, in two classes, and since when.
//!
//! Invariants: what settles an earlier promise goes before what begins something new, though of eight requests one is
//! always new where there is one; each class is bounded by `BACKLOG_REQUESTS_MAX` and served in its order; a request
//! that is put back is the next of its class.

use crate::arrival::{Arrival, What};
use crate::request::{Method, Request};
use admit::Rank;
use base::{Monotonic, limits};
use mms::PduType;
use std::collections::VecDeque;

/// Requests that settle something and are served before one that begins something has to be.
const SETTLED_IN_A_ROW_MAX: u8 = 7;

/// What waits.
#[derive(Debug)]
pub(crate) enum Waiting {
    /// A phone's request.
    Request(Box<Request>),
    /// A peer's mail.
    Arrival(Box<Arrival>),
}

/// A request or an arrival that waits.
#[derive(Debug)]
pub(crate) struct Queued {
    /// Since when: its edge had it whole.
    pub(crate) since: Monotonic,
    pub(crate) what: Waiting,
}

impl Queued {
    /// A phone's request that has waited since then.
    pub(crate) fn request(since: Monotonic, request: Box<Request>) -> Queued {
        let what = Waiting::Request(request);
        Queued { since, what }
    }

    /// A peer's mail that has waited since then.
    pub(crate) fn arrival(since: Monotonic, arrival: Box<Arrival>) -> Queued {
        let what = Waiting::Arrival(arrival);
        Queued { since, what }
    }
}

/// A class has as many waiting as it may have.
#[derive(Debug)]
pub(crate) struct Full(pub(crate) Queued);

/// Requests that wait.
#[derive(Debug, Default)]
pub(crate) struct Backlog {
    settling: VecDeque<Queued>,
    beginning: VecDeque<Queued>,
    settled_in_a_row: u8,
}

/// What a request is to overload, seen from its first two octets: X-Mms-Message-Type comes first (OMA MMS-ENC §7).
#[must_use]
pub(crate) fn rank_of(what: &Waiting) -> Rank {
    let request = match what {
        Waiting::Request(request) => request,
        Waiting::Arrival(arrival) => match arrival.what {
            What::Forward(_) => return Rank::Begins,
            What::Word(_) => return Rank::Settles,
        },
    };
    let begins = [PduType::SendReq.octet(), PduType::ForwardReq.octet()];
    match (request.method, &*request.body) {
        (Method::Post, [mms::field::MESSAGE_TYPE, pdu_type, ..]) if begins.contains(pdu_type) => Rank::Begins,
        _ => Rank::Settles,
    }
}

impl Backlog {
    /// Takes a request at its end.
    ///
    /// # Errors
    /// The request itself, where its class is full.
    pub(crate) fn push(&mut self, queued: Queued) -> Result<(), Full> {
        let class = self.class(rank_of(&queued.what));
        if class.len() >= limits::BACKLOG_REQUESTS_MAX {
            return Err(Full(queued));
        }
        class.push_back(queued);
        Ok(())
    }

    /// Puts back what could not be served now.
    pub(crate) fn put_back(&mut self, queued: Queued) {
        self.class(rank_of(&queued.what)).push_front(queued);
    }

    /// The next to be served.
    pub(crate) fn pop(&mut self) -> Option<Queued> {
        let begins = self.settled_in_a_row >= SETTLED_IN_A_ROW_MAX && !self.beginning.is_empty();
        if !begins && let Some(queued) = self.settling.pop_front() {
            self.settled_in_a_row = self.settled_in_a_row.saturating_add(1);
            return Some(queued);
        }
        self.settled_in_a_row = 0;
        self.beginning.pop_front()
    }

    /// The first of those that begin something, where it has waited since before then.
    pub(crate) fn pop_late(&mut self, late_before: Monotonic) -> Option<Queued> {
        self.beginning.pop_front_if(|front| front.since < late_before)
    }

    /// Since when the first of those waits that begin something.
    pub(crate) fn beginning_since(&self) -> Option<Monotonic> {
        self.beginning.front().map(|front| front.since)
    }

    /// Since when the first of either class waits.
    pub(crate) fn oldest_since(&self) -> Option<Monotonic> {
        let settling = self.settling.front().map(|front| front.since);
        settling.into_iter().chain(self.beginning_since()).min()
    }

    pub(crate) fn len(&self) -> usize {
        self.settling.len().saturating_add(self.beginning.len())
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.settling.is_empty() && self.beginning.is_empty()
    }

    fn class(&mut self, rank: Rank) -> &mut VecDeque<Queued> {
        match rank {
            Rank::Settles => &mut self.settling,
            Rank::Begins => &mut self.beginning,
        }
    }
}

#[cfg(test)]
mod tests;
