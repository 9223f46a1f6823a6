//! Responses that peers are owed: short mails about mails, through the same queues and links as messages.
//!
//! Invariants: a response goes through the profile of the peer that asked, never by a look-up of its own, so nobody is
//! sent mail who has not sent some; one that can't be sent is dropped after a while, since a peer that misses it asks
//! again.

use super::mail::{dialect_of, system_address};
use super::{Relay, Verdict};
use crate::Effect;
use crate::arrival::Owed;
use crate::brain::Brain;
use base::{Monotonic, WallSeconds};
use entity::Carriage;
use meter::Counter;
use mm4::{Address, Id, Operation, Response, Transaction};
use profile::Mm4;
use std::sync::Arc;
use store::via::PeerMark;

/// Milliseconds that a response is tried for. Reason: a peer waits for ten minutes, and then sends its request again.
const KEPT_MS: u64 = 3_600_000;

/// Milliseconds until a response that was refused for now is tried again.
const LATER_MS: u64 = 30_000;

/// A response on its way.
#[derive(Debug)]
pub(crate) struct Note {
    owed: Box<Owed>,
    /// Since when it is owed.
    since: Monotonic,
}

impl Note {
    pub(crate) fn new(owed: Box<Owed>, since: Monotonic) -> Note {
        Note { owed, since }
    }

    /// The mail of it.
    fn write(&self, mail: &Writing<'_>) -> Relay {
        let owed = &*self.owed;
        let system = system_address(mail.ours);
        let to = match owed.system.is_empty() {
            true => Address::new(format!("system-user@{}", mail.domain)),
            false => Address::new(owed.system.clone()),
        };
        let dialect = dialect_of(mail.peer, Carriage::SevenBit);
        let mail_id = format!("{}@{}", mail.id, mail.ours.domain);
        let known = [
            Operation::Forward,
            Operation::DeliveryReport,
            Operation::ReadReplyReport,
        ];
        let operation = known.into_iter().find(|known| known.name() == owed.operation);
        let response = Response {
            operation: operation.unwrap_or_else(|| Operation::Other(owed.operation.as_str().into())),
            transaction: Transaction {
                version: owed.version,
                id: Id::new(owed.transaction_id.as_slice()),
                sender: Some(system.clone()),
                mail_id: Some(Id::new(mail_id.as_bytes())),
                date: Some(mail.now),
            },
            message_id: (!owed.message_id.is_empty()).then(|| Id::new(owed.message_id.as_slice())),
            from: Some(system.clone()),
            to: vec![to.clone()],
            status: owed.status,
            status_text: None,
            recipients: Vec::new(),
            extra: mm4::Extra::default(),
        };
        let mut octets = Vec::with_capacity(1_024);
        response.write(&dialect, &mut octets);
        Relay {
            ticket: mail.ticket,
            peer: Arc::clone(&owed.peer),
            from: dialect.address(&system, None),
            recipients: vec![dialect.address(&to, Some(mail.domain))],
            mail: octets,
        }
    }
}

/// What a response is written with.
struct Writing<'a> {
    ticket: u32,
    /// Unique, before the `@` of its Message-ID.
    id: String,
    ours: &'a Mm4,
    peer: &'a profile::Peer,
    /// The peer's own domain.
    domain: &'a str,
    now: WallSeconds,
}

impl<B: AsRef<[u8]> + AsMut<[u8]>> Brain<B> {
    /// Sends a response, which has its ticket.
    pub(super) fn send_note(&mut self, ticket: u32) {
        let Some(flight) = self.relays.flights.get(ticket) else {
            return;
        };
        let (peer, begun) = (flight.peer, flight.begun);
        let id = format!("res.{}.{:x}.{ticket:x}", self.shard.0, begun.0);
        let profile = self.peer_profile(peer);
        let relay = profile.zip(flight.note.as_ref()).and_then(|(peer, note)| {
            Some(note.write(&Writing {
                ticket,
                id: format!("{id}.{:x}", self.wall().0),
                ours: &self.profile.mm4,
                peer,
                domain: peer.domains.first()?,
                now: self.wall(),
            }))
        });
        match relay {
            Some(relay) => {
                self.meter.count(Counter::RelaysSent);
                self.effects.push(Effect::Relay(Box::new(relay)));
            }
            None => {
                self.end_flight(ticket);
                self.meter.count(Counter::ResponsesUnsent);
            }
        }
    }

    /// A response's mail is answered.
    pub(super) fn note_answered(&mut self, peer: PeerMark, note: Note, verdict: Verdict) {
        let now = self.now;
        let is_old = now.since(note.since) > KEPT_MS;
        let again = match verdict {
            Verdict::Stored => return self.meter.count(Counter::ResponsesSent),
            Verdict::Lost if !is_old => None,
            Verdict::Later | Verdict::Unsure if !is_old => Some(now + LATER_MS),
            _ => return self.meter.count(Counter::ResponsesUnsent),
        };
        match (again, self.relays.queue_mut(peer)) {
            (Some(at), Some(queue)) => queue.put_off_note(at, note),
            (None, Some(queue)) => queue.return_note(note),
            (_, None) => {}
        }
    }
}
