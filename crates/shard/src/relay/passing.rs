//! A hub: messages that one operator brought and another serves.
//!
//! Such a copy goes the way of every relayed copy (`departure`); what is different stands here: its origin is read from
//! its record, the agreement between both operators is asked once more, since routes may have changed since RCPT, and
//! the mail tells the way that it came. Invariants: nothing is passed on without an agreement, nor back to who brought
//! it; X-Mms-Message-ID, X-Mms-Forward-Counter and what nobody here knows go on as they came; each hub adds itself to
//! Received and to its own trace header, so that a circle ends at the first hub that is met again.

use super::mail::Unwritten;
use crate::arrival::{TRACE, is_of_way};
use crate::brain::Brain;
use base::{MessageId, Reason, WallSeconds};
use entity::{HeadWriter, date};
use mm4::{Address, Extra};
use profile::Party;
use route::trust;
use store::Octets;
use store::record::{Entered, Origin, entered};
use store::via::PeerMark;

/// A message's origin, and when it was accepted here.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Passed<'a> {
    pub(crate) origin: &'a Origin,
    pub(crate) accepted_at: WallSeconds,
}

impl<'a> Passed<'a> {
    /// The headers that nobody here knows.
    pub(super) fn extra(self) -> Extra<'a> {
        let mut extra = Extra::default();
        for (name, value) in &self.origin.headers {
            if !is_of_way(name) {
                extra.push(name.as_str(), value.as_slice());
            }
        }
        extra
    }

    /// The headers of the way, ours on top (RFC 5321 §4.4).
    pub(super) fn write_way(self, message: MessageId, ours: &str, mail: &mut Vec<u8>) {
        let system = Address::new(self.origin.system.clone());
        let from = system.domain().unwrap_or(&self.origin.domain);
        let from: String = from.chars().filter(is_of_domain).collect();
        let from = if from.is_empty() { "unknown" } else { &from };
        let at = date::write(u64::from(self.accepted_at.0), date::Zone::Offset);
        let received = format!("from {from} by {ours} with ESMTP id {message}; {at}");
        let mut head = HeadWriter::new(mail);
        head.put("Received", received.as_bytes());
        head.put(TRACE, ours.as_bytes());
        for (name, value) in &self.origin.headers {
            if is_of_way(name) {
                head.put(name, value);
            }
        }
    }
}

fn is_of_domain(character: &char) -> bool {
    character.is_ascii_alphanumeric() || matches!(character, '.' | '-' | '_')
}

/// The record of a message that is passed on: its header read, and its body.
#[derive(Debug)]
pub(crate) struct Record {
    pub(crate) entered: Entered,
    pub(crate) pdu: Octets,
}

impl Record {
    /// Of a record as it was read.
    pub(crate) fn of(record: Option<(u16, Octets, Octets)>) -> Result<Record, Reason> {
        let (kind, header, pdu) = record.ok_or(Reason::Internal)?;
        let entered = entered(kind, header.as_slice()).map_err(|_| Reason::Internal)?;
        Ok(Record { entered, pdu })
    }

    /// Its origin, if a peer brought it.
    pub(super) fn passed(&self) -> Option<Passed<'_>> {
        let (origin, _) = self.entered.arrival.as_ref()?;
        Some(Passed {
            origin,
            accepted_at: WallSeconds(self.entered.accept.accepted_at),
        })
    }
}

impl<B: AsRef<[u8]> + AsMut<[u8]>> Brain<B> {
    /// The record of a message that is passed on is here: its mail is written and given to the hands.
    pub(crate) fn pass_on(&mut self, ticket: u32, record: Result<Record, Reason>) {
        let Ok(record) = record else {
            return self.take_unwritten(ticket, Unwritten::Unread);
        };
        let Some(passed) = record.passed() else {
            return self.take_unwritten(ticket, Unwritten::Denied);
        };
        let to = self.relays.flights.get(ticket).map(|flight| flight.peer);
        if let Some(reason) = to.and_then(|to| self.objection(&passed.origin.peer, to)) {
            self.meter.count_reason(reason as usize);
            return self.take_unwritten(ticket, Unwritten::Denied);
        }
        self.relay_letter(ticket, &record.pdu, Some(passed));
    }

    /// Why a message of one peer may not go to another, if it may not.
    fn objection(&self, from: &str, to: PeerMark) -> Option<Reason> {
        let peers = self.routes.peers();
        // Settings may have lost it: without its profile there is no agreement.
        let Some(from) = peers.find(from) else {
            return Some(Reason::RelationDenied);
        };
        let to = self.relays.id(to)?;
        if from == to {
            return Some(Reason::LoopFound);
        }
        trust::may_send(peers, Party::Peer(from), Party::Peer(to)).err()
    }
}
