//! When an answer has left: not when the kernel took it, but when the peer's kernel acknowledged its last octet.
//!
//! Behind the sending of a retrieved message. A socket's buffer takes a whole message at once, so "written" would
//! call a retrieval complete that a broken radio link never carried (and end it as Retrieved ten minutes later).
//! Invariants: every ticket is told of exactly once; nothing waits longer than the sending's deadline; between
//! requests the check costs one ioctl, and usually the first one is enough.

use crate::edge::socket::{PeerState, Socket};
use crate::hands::Hands;
use crate::mesh::SentWhole;
use crate::remains::Waits;
use shard::SentTicket;
use std::time::Duration;

/// First wait of the loop at a connection's end, doubled up to [`WAIT_MS_MAX`]: a round trip on a good link.
const WAIT_MS_MIN: u64 = 4;

/// Longest wait of that loop, and the wait between checks while the next request is awaited.
pub(crate) const WAIT_MS_MAX: u64 = 128;

/// An answer whose last octets may still be on their way.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Unconfirmed {
    ticket: SentTicket,
    /// Octets of the connection up to the answer's end.
    end: u64,
    /// When the peer has had time enough.
    deadline_ms: u64,
}

impl Unconfirmed {
    /// The answer that `socket` has just sent.
    pub(crate) fn new(ticket: SentTicket, socket: &Socket, deadline_ms: u64) -> Unconfirmed {
        let end = socket.sent_octets();
        Unconfirmed {
            ticket,
            end,
            deadline_ms,
        }
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
    let mut wait_ms = WAIT_MS_MIN;
    while let Some(unconfirmed) = pending {
        if socket.peer_state() == PeerState::Broken || hands.is_stopping() {
            hands.sent(unconfirmed.ticket, SentWhole::No);
            *pending = None;
            return;
        }
        socket.note(Waits::Acknowledgement);
        glommio::timer::sleep(Duration::from_millis(wait_ms)).await;
        wait_ms = (wait_ms * 2).min(WAIT_MS_MAX);
        settle_now(pending, socket, hands);
    }
}

/// Tells the home that the answer did not leave.
pub(crate) fn broken(ticket: Option<SentTicket>, hands: &Hands) {
    if let Some(ticket) = ticket {
        hands.sent(ticket, SentWhole::No);
    }
}
