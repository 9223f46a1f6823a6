//! The way in: records are written here, pinned here, and known here to be durable.

use crate::durable::{Durable, Pending, ripen};
use crate::messages::{Message, Messages, Spot};
use crate::recent::Recent;
use crate::recipients::Recipients;
use crate::record::{
    Accept, Action, Answered, Arrival, KIND_ACCEPT, KIND_ACTION, KIND_ANSWERED, KIND_ARRIVAL, KIND_REPEATS,
    KIND_REPEATS_ARRIVED, KIND_STATE, Repeats, Source, State,
};
use crate::subscribers::Subscribers;
use base::MessageId;
use journal::planted::{Bug, is_planted};
use journal::{AppendClass, AppendRefused, Appended, Journal, Lsn, Record, SegmentSequence, Summed};
use rkyv::util::AlignedVec;
use std::collections::VecDeque;

/// One shard's records and what is alive of them. `B` is the hands' kind of disk buffer.
#[derive(Debug)]
pub struct Store<B> {
    /// The log.
    pub journal: Journal<B>,
    /// Messages of this shard's senders.
    pub messages: Messages,
    /// Copies for this shard's recipients.
    pub recipients: Recipients,
    /// Those recipients.
    pub subscribers: Subscribers,
    /// Bodies at hand.
    pub recent: Recent,
    scratch: AlignedVec,
}

/// Octets of a pin are kept in units of this, as records are aligned.
const PIN_UNIT: u32 = journal::RECORD_ALIGN;

impl<B: AsRef<[u8]> + AsMut<[u8]>> Store<B> {
    /// A store over an opened journal, with empty tables.
    #[must_use]
    pub fn new(journal: Journal<B>, recent_octets_max: usize) -> Store<B> {
        Store {
            journal,
            messages: Messages::default(),
            recipients: Recipients::default(),
            subscribers: Subscribers::default(),
            recent: Recent::new(recent_octets_max),
            scratch: AlignedVec::new(),
        }
    }

    /// Appends an accept record, pins it, and enters its message. `then` waits for it. The last octets of the PDU may
    /// have been summed already.
    ///
    /// # Errors
    /// The journal's refusal, and `then`; nothing was kept.
    pub fn accept<T>(
        &mut self,
        accept: &Accept,
        (pdu, summed): (&[u8], Option<Summed>),
        then: T,
    ) -> Result<Pending<T>, (AppendRefused, T)> {
        accept.write(&mut self.scratch);
        match self.enter(KIND_ACCEPT, accept, (pdu, summed), Source::Subscriber) {
            Err(refused) => Err((refused, then)),
            Ok((lsn, _)) => Ok(Pending::record(lsn, then)),
        }
    }

    /// Appends the record of an arrival, pins it, and enters its message and its recipients' repeats. A response that
    /// the peer wants keeps it open, like one recipient more. `then` waits for it.
    ///
    /// # Errors
    /// The journal's refusal, and `then`; nothing was kept.
    pub fn arrive<T>(
        &mut self,
        arrival: &Arrival,
        pdu: &[u8],
        then: T,
    ) -> Result<Pending<T>, (AppendRefused, T)> {
        arrival.write(&mut self.scratch);
        match self.enter(KIND_ARRIVAL, &arrival.accept, (pdu, None), Source::Peer) {
            Err(refused) => Err((refused, then)),
            Ok((lsn, message)) => {
                message
                    .others(&arrival.keys)
                    .for_each(|other| self.messages.insert(other));
                if let Some(entered) = self.messages.find_mut(message.id) {
                    let waits = u16::from(arrival.origin.is_answer_wanted);
                    entered.open = entered.open.saturating_add(waits);
                }
                Ok(Pending::record(lsn, then))
            }
        }
    }

    /// Appends a new message's record, whose header stands in `scratch`, pins it, and enters the message.
    fn enter(
        &mut self,
        kind: u16,
        accept: &Accept,
        (pdu, summed): (&[u8], Option<Summed>),
        source: Source,
    ) -> Result<(Lsn, Message), AppendRefused> {
        let record = Record {
            kind,
            key: accept.message,
            header: &self.scratch,
            body: &[pdu],
        };
        let appended = self.journal.append_summed(AppendClass::New, record, summed)?;
        let spot = self.pin(&appended);
        let open = u16::try_from(accept.recipients.len()).unwrap_or(u16::MAX);
        let message = Message::of(accept, spot, open, source);
        self.messages.insert(message);
        Ok((appended.lsn, message))
    }

    /// Appends that a peer needs no response to an arrival any more. `then` waits for it. Nothing stands on the record:
    /// without it the response is sent once more.
    ///
    /// # Errors
    /// The journal's refusal, and `then`; nothing was kept.
    pub fn answered<T>(&mut self, message: MessageId, then: T) -> Result<Pending<T>, (AppendRefused, T)> {
        let answered = Answered {
            message: message.bits(),
        };
        answered.write(&mut self.scratch);
        let record = Record {
            kind: KIND_ANSWERED,
            key: answered.message,
            header: &self.scratch,
            body: &[],
        };
        match self.journal.append(AppendClass::End, record) {
            Err(refused) => Err((refused, then)),
            Ok(appended) => Ok(Pending::record(appended.lsn, then)),
        }
    }

    /// Appends a copy's state, with the PDU that it pushes, and moves the copy's pin to it: a step of the copy, or the
    /// same state out of a segment that is to be freed. `then` waits for it.
    ///
    /// # Errors
    /// The journal's refusal, and `then`; nothing was kept.
    pub fn state<T>(
        &mut self,
        class: AppendClass,
        number: u32,
        state: &State,
        pdu: &[u8],
        then: T,
    ) -> Result<Pending<T>, (AppendRefused, T)> {
        state.write(&mut self.scratch);
        let record = Record {
            kind: KIND_STATE,
            key: state.message,
            header: &self.scratch,
            body: &[pdu],
        };
        match self.journal.append(class, record) {
            Err(refused) => Err((refused, then)),
            Ok(appended) => {
                self.unpin_copy(number);
                let spot = self.pin(&appended);
                if let Some(copy) = self.recipients.get_mut(number) {
                    copy.pin_segment = spot.segment;
                    copy.pin_units = u16::try_from(units(spot.length)).unwrap_or(u16::MAX);
                }
                Ok(Pending::record(appended.lsn, then))
            }
        }
    }

    /// Copies the record that began a message, of this kind, to the end of the log and moves its message's place there;
    /// gives the new place.
    ///
    /// # Errors
    /// The journal's refusal; nothing was kept.
    pub fn relocate(
        &mut self,
        (kind, header): (u16, &[u8]),
        pdu: &[u8],
        id: MessageId,
    ) -> Result<Spot, AppendRefused> {
        let record = Record {
            kind,
            key: id.bits(),
            header,
            body: &[pdu],
        };
        let appended = self.journal.append(AppendClass::Relief, record)?;
        let spot = self.pin(&appended);
        if let Some(message) = self.messages.find_mut(id) {
            let old = std::mem::replace(&mut message.spot, spot);
            self.unpin(old.segment, units(old.length));
        }
        Ok(spot)
    }

    /// Appends sends of one kind of source to remember; gives the pinned place, which the caller unpins when they are
    /// old.
    ///
    /// # Errors
    /// The journal's refusal; nothing was kept.
    pub fn remember(&mut self, repeats: &Repeats, source: Source) -> Result<Spot, AppendRefused> {
        repeats.write(&mut self.scratch);
        let record = Record {
            kind: match source {
                Source::Subscriber => KIND_REPEATS,
                Source::Peer => KIND_REPEATS_ARRIVED,
            },
            key: 0,
            header: &self.scratch,
            body: &[],
        };
        let appended = self.journal.append(AppendClass::Relief, record)?;
        Ok(self.pin(&appended))
    }

    /// Appends what an operator did, or copies it; gives the pinned place. `then` waits for it.
    ///
    /// # Errors
    /// The journal's refusal; nothing was kept.
    pub fn act<T>(
        &mut self,
        class: AppendClass,
        action: &Action,
        then: T,
    ) -> Result<(Pending<T>, Spot), AppendRefused> {
        action.write(&mut self.scratch);
        let record = Record {
            kind: KIND_ACTION,
            key: action.number,
            header: &self.scratch,
            body: &[],
        };
        let appended = self.journal.append(class, record)?;
        Ok((Pending::record(appended.lsn, then), self.pin(&appended)))
    }

    /// Something that waits for everything appended so far, as a repeat does that joins its first send.
    pub fn behind_all<T>(&self, then: T) -> Pending<T> {
        Pending::behind(self.journal.appended_lsn(), then)
    }

    /// Takes the first that waits and whose record is on disk by now.
    pub fn ripen<T>(&self, waiting: &mut VecDeque<Pending<T>>) -> Option<Durable<T>> {
        let durable = match is_planted(Bug::EarlyAcknowledgement) {
            true => self.journal.appended_lsn(),
            false => self.journal.durable_lsn(),
        };
        ripen(waiting, durable)
    }

    /// Whether the journal has stopped after a failed write.
    #[must_use]
    pub fn has_failed(&self) -> bool {
        matches!(self.journal.state(), journal::State::Failed(_))
    }

    /// Lets go of a message's accept record: every recipient has ended. The entry stays for repeats.
    pub fn release(&mut self, id: MessageId) {
        if let Some(message) = self.messages.find(id) {
            let spot = message.spot;
            self.unpin(spot.segment, units(spot.length));
        }
    }

    /// Takes a copy out for good: of the table, of its subscriber's list, and its pin with it.
    pub fn forget_copy(&mut self, number: u32) {
        self.unpin_copy(number);
        self.unlink(number);
        self.recipients.remove(number);
    }

    /// Unpins so many units of a segment.
    pub fn unpin(&mut self, segment: u32, units: u32) {
        if segment == 0 {
            return;
        }
        let outcome = self
            .journal
            .unpin(SegmentSequence(u64::from(segment)), units * PIN_UNIT);
        debug_assert!(outcome.is_ok(), "pins are balanced: {outcome:?}");
    }

    fn unpin_copy(&mut self, number: u32) {
        if let Some(copy) = self.recipients.get_mut(number) {
            let (segment, units) = (std::mem::take(&mut copy.pin_segment), u32::from(copy.pin_units));
            self.unpin(segment, units);
        }
    }

    fn pin(&mut self, appended: &Appended) -> Spot {
        let spot = Spot::new(appended.location);
        let octets = units(spot.length) * PIN_UNIT;
        let outcome = self.journal.pin(appended.location.segment, octets);
        debug_assert!(
            outcome.is_ok(),
            "a segment just written can be pinned: {outcome:?}"
        );
        spot
    }
}

/// Octets of a record as units of its alignment.
#[must_use]
pub fn units(octets: u32) -> u32 {
    octets.div_ceil(PIN_UNIT)
}
