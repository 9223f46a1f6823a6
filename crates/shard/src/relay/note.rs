//! Responses and reports that peers are owed: short mails about mails, through the same queues and links as messages.
//!
//! Invariants: each goes through the profile of the peer that asked, never by a look-up of its own, so nobody is sent
//! mail who has not sent some. A response that can't be sent is given up after a while, since a peer that misses it
//! asks again; of a report its copy's home hears what came of it, and tries again.

use super::mail::{address, dialect_of, system_address};
use super::reports::Tale;
use super::{Relay, Verdict};
use crate::Effect;
use crate::arrival::Owed;
use crate::bearer::Answered;
use crate::brain::Brain;
use base::{MessageId, Monotonic, WallSeconds};
use entity::Carriage;
use meter::Counter;
use mm4::{Address, Dialect, Id, Operation, Response, Transaction};
use profile::Mm4;
use std::borrow::Cow;
use std::sync::Arc;
use store::via::PeerMark;

/// Milliseconds that such a mail is tried for. Reason: a peer waits for ten minutes, and then sends its request again.
const KEPT_MS: u64 = 3_600_000;

/// Milliseconds until a response that was refused for now is tried again.
const LATER_MS: u64 = 30_000;

/// Octets that one takes, roughly.
pub(super) const NOTE_OCTETS: usize = 1_024;

/// A response or report on its way.
#[derive(Debug)]
pub(crate) struct Note {
    matter: Matter,
    /// Since when it is owed.
    since: Monotonic,
}

/// What it is.
#[derive(Debug)]
enum Matter {
    /// A response, and the message that is kept until the peer has it.
    Response(Box<Owed>, Option<MessageId>),
    Report(Box<Tale>),
}

/// What a note is written with.
pub(super) struct Writing<'a> {
    pub(super) ticket: u32,
    /// Unique, for its Message-ID, before the `@`; of responses alone.
    id: String,
    pub(super) ours: &'a Mm4,
    pub(super) peer: &'a profile::Peer,
    /// The peer's own domain.
    pub(super) domain: &'a str,
    now: WallSeconds,
}

impl Writing<'_> {
    /// How the peer wants to be written to.
    pub(super) fn dialect(&self) -> Dialect<'static> {
        dialect_of(self.peer, Carriage::SevenBit)
    }
}

impl Note {
    pub(super) fn response(owed: Box<Owed>, kept: Option<MessageId>, since: Monotonic) -> Note {
        Note {
            matter: Matter::Response(owed, kept),
            since,
        }
    }

    pub(super) fn report(tale: Box<Tale>, since: Monotonic) -> Note {
        Note {
            matter: Matter::Report(tale),
            since,
        }
    }

    /// The mail of it.
    fn write(&self, mail: &Writing<'_>) -> Relay {
        match &self.matter {
            Matter::Response(owed, _) => write_response(owed, mail),
            Matter::Report(tale) => tale.write(mail),
        }
    }
}

fn write_response(owed: &Owed, mail: &Writing<'_>) -> Relay {
    let system = system_address(mail.ours);
    let to = match owed.system.is_empty() {
        true => Address::new(format!("system-user@{}", mail.domain)),
        false => Address::new(owed.system.clone()),
    };
    let dialect = mail.dialect();
    let mail_id = format!("{}@{}", mail.id, mail.ours.domain);
    let known = [
        Operation::Forward,
        Operation::DeliveryReport,
        Operation::ReadReplyReport,
    ];
    let operation = known.into_iter().find(|known| known.name() == owed.operation);
    let form = mail.peer.dialect.address_domain;
    let named = |number| address(number, &mail.ours.domain, form);
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
        status_text: owed.text.as_deref().map(Cow::Borrowed),
        recipients: owed.recipients.iter().copied().map(named).collect(),
        extra: mm4::Extra::default(),
    };
    let mut octets = Vec::with_capacity(NOTE_OCTETS);
    response.write(&dialect, &mut octets);
    Relay {
        ticket: mail.ticket,
        peer: Arc::clone(&owed.peer),
        from: dialect.address(&system, None),
        recipients: vec![dialect.address(&to, Some(mail.domain))],
        mail: octets,
    }
}

impl<B: AsRef<[u8]> + AsMut<[u8]>> Brain<B> {
    /// Queues a note; without room there, or without such a peer, it is unsent.
    pub(super) fn queue_note(&mut self, peer: PeerMark, note: Note) {
        let unsent = match self.relays.queue_mut(peer) {
            Some(queue) => queue.push_note(note).err(),
            None => Some(note),
        };
        if let Some(note) = unsent {
            self.unsent(note);
        }
    }

    /// Sends a note, which has its ticket.
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
                let flight = self.end_flight(ticket);
                if let Some(note) = flight.and_then(|flight| flight.note) {
                    self.unsent(note);
                }
            }
        }
    }

    /// A note's mail is answered.
    pub(super) fn note_answered(&mut self, peer: PeerMark, note: Note, verdict: Verdict) {
        let now = self.now;
        let is_old = now.since(note.since) > KEPT_MS;
        let again = match (verdict, &note.matter) {
            (Verdict::Stored, _) => return self.note_taken(note),
            (Verdict::Never(_), Matter::Report(tale)) => {
                return self.answer_report(tale.about(), tale.home(), Answered::Rejected);
            }
            (Verdict::Lost, _) if !is_old => None,
            (Verdict::Later | Verdict::Unsure, Matter::Response(..)) if !is_old => Some(now + LATER_MS),
            _ => return self.unsent(note),
        };
        match (again, self.relays.queue_mut(peer)) {
            (Some(at), Some(queue)) => queue.put_off_note(at, note),
            (None, Some(queue)) => queue.return_note(note),
            (_, None) => self.unsent(note),
        }
    }

    fn note_taken(&mut self, note: Note) {
        match note.matter {
            Matter::Response(_, kept) => {
                self.meter.count(Counter::ResponsesSent);
                if let Some(message) = kept {
                    self.record_answered(message);
                }
            }
            Matter::Report(tale) => {
                self.meter.count(Counter::ReportsSent);
                self.answer_report(tale.about(), tale.home(), Answered::Taken);
            }
        }
    }

    /// A note can't be sent now. Of a response that is all: the peer asks again.
    fn unsent(&mut self, note: Note) {
        match note.matter {
            Matter::Response(_, kept) => {
                self.meter.count(Counter::ResponsesUnsent);
                if let Some(message) = kept {
                    self.record_answered(message);
                }
            }
            Matter::Report(tale) => self.answer_report(tale.about(), tale.home(), Answered::Late),
        }
    }
}
