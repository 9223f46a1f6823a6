//! When an answer has left: not when the kernel took it, but when the peer's kernel acknowledged its last octet.
//!
//! Behind the sending of a retrieved message. A socket's buffer takes a whole message at once, so "written" would
//! call a retrieval complete that a broken radio link never carried (and end it as Retrieved ten minutes later).
//! Invariants: every ticket is told of exactly once; nothing waits longer than the sending's deadline; between
//! requests the check costs one ioctl, and usually the first one is enough; who has not acknowledged for long is asked
//! ever more rarely, or thousands who never read would cost a core.

use crate::edge::socket::{PeerState, Socket};
use crate::hands::Hands;
use crate::mesh::SentWhole;
use crate::remains::Waits;
use shard::SentTicket;
use std::time::Duration;

/// First wait between two checks: a round trip on a good link.
const WAIT_MS_MIN: u64 = 4;

/// Longest wait. Reason: a wait is as long as those before it together, so nobody's end is seen later than after twice
/// the time that it took; with 15,000 who never read, asked each 128 ms, a core was 0.92 busy, and 0.24 without them
/// (measured).
const WAIT_MS_MAX: u64 = 4_096;

/// Longest wait of a shard that drains, and waits for each connection.
const WAIT_DRAINING_MS_MAX: u64 = 128;

/// An answer whose last octets may still be on their way.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Unconfirmed {
    ticket: SentTicket,
    /// Octets of the connection up to the answer's end.
    end: u64,
    /// When the peer has had time enough.
    deadline_ms: u64,
    /// The next wait between two checks.
    wait_ms: u64,
}

impl Unconfirmed {
    /// The answer that `socket` has just sent.
    pub(crate) fn new(ticket: SentTicket, socket: &Socket, deadline_ms: u64) -> Unconfirmed {
        let end = socket.sent_octets();
        Unconfirmed {
            ticket,
            end,
            deadline_ms,
            wait_ms: WAIT_MS_MIN,
        }
    }

    /// Milliseconds until it is to be checked again: twice as many each time, and never beyond its deadline.
    pub(crate) fn next_wait_ms(&mut self, now_ms: u64) -> u64 {
        let wait_ms = self.wait_ms;
        self.wait_ms = (wait_ms * 2).min(WAIT_MS_MAX);
        let left_ms = self.deadline_ms.saturating_sub(now_ms);
        wait_ms.min(left_ms.max(WAIT_MS_MIN))
    }

    /// Whom to tell.
    pub(crate) fn ticket(self) -> SentTicket {
        self.ticket
    }

    /// Says how it ended, if that can be said now.
    pub(crate) fn verdict(&self, socket: &Socket, now_ms: u64) -> Option<SentWhole> {
        match socket.acknowledged_octets() {
            Some(octets) if octets >= self.end => Some(SentWhole::Yes),
            Some(_) if now_ms < self.deadline_ms => None,
            _ => Some(SentWhole::No),
        }
    }
}

/// Tells the home if the verdict is there.
pub(crate) fn settle_now(pending: &mut Option<Unconfirmed>, socket: &Socket, hands: &Hands) {
    if let Some(unconfirmed) = pending
        && let Some(whole) = unconfirmed.verdict(socket, hands.now_ms())
    {
        hands.sent(unconfirmed.ticket, whole);
        *pending = None;
    }
}

/// Waits for the verdict and tells the home: at a connection's end, and before another such answer.
pub(crate) async fn settle(pending: &mut Option<Unconfirmed>, socket: &Socket, hands: &Hands) {
    settle_now(pending, socket, hands);
    while let Some(unconfirmed) = pending {
        if socket.peer_state() == PeerState::Broken || hands.is_stopping() {
            hands.sent(unconfirmed.ticket, SentWhole::No);
            *pending = None;
            return;
        }
        let mut wait_ms = unconfirmed.next_wait_ms(hands.now_ms());
        if hands.is_draining() {
            wait_ms = wait_ms.min(WAIT_DRAINING_MS_MAX);
        }
        let waited = glommio::timer::sleep(Duration::from_millis(wait_ms));
        // A drain, or its deadline.
        let nudged = std::future::poll_fn(|context| socket.poll_nudge(context, Waits::Acknowledgement));
        futures_lite::future::or(waited, nudged).await;
        settle_now(pending, socket, hands);
    }
}

/// Tells the home that the answer did not leave.
pub(crate) fn broken(ticket: Option<SentTicket>, hands: &Hands) {
    if let Some(ticket) = ticket {
        hands.sent(ticket, SentWhole::No);
    }
}

#[cfg(test)]
mod tests;
