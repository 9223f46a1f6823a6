//! What becomes of an arrival at its owner: `Arrival → Pending → Durable`, the way of a submission with a peer's terms.
//!
//! Between the queue and `route`. Each recipient is looked up among those remembered by itself, so that of a mail that
//! is partly a repeat only the new ones are accepted. Invariants: 250 is made from a receipt; a repeat delivers nothing
//! and is answered as its first; everything that later answers to the peer need stands in the record.

use crate::answer::Answer;
use crate::append::{draw_recipient, reason_of};
use crate::arrival::{self, Arrival, Forward, Owed, What};
use crate::backlog::Queued;
use crate::brain::{Brain, Held};
use crate::request::ReplyTo;
use admit::{Asked, Submission, Terms};
use base::{MessageId, Monotonic, Msisdn, Parcel, Reason};
use meter::{Class, Counter, Stage};
use mm4::{RequestStatus, Version};
use std::sync::Arc;
use store::record::{
    self, Accept, FLAG_DELIVERY_REPORT, FLAG_FOREIGN_SENDER, FLAG_HIDDEN_SENDER, FLAG_READ_REPORT,
    FLAG_SYSTEM_REPORT, Origin, Source,
};
use store::{AtHand, Durable};

/// The minor version of MMS that an arrival's PDU is written in, which decides what it may ask for.
const MINOR: u8 = 2;

/// A peer's message on its way to the disk.
#[derive(Debug)]
pub(crate) struct Arrived {
    pub(crate) reply: ReplyTo,
    /// Nothing where all of it is a repeat.
    pub(crate) delivery: Option<(Accept, AtHand)>,
    /// Then, the message that it repeats.
    pub(crate) first: Option<MessageId>,
    /// The response that the peer wants, if it wants one.
    pub(crate) owed: Option<Box<Owed>>,
}

impl<B: AsRef<[u8]> + AsMut<[u8]>> Brain<B> {
    /// Serves one arrival, or puts it back where the journal has no room for it now.
    pub(crate) fn arrive(&mut self, since: Monotonic, mut arrival: Box<Arrival>) {
        self.lap(&mut arrival.reply_to, Stage::Queue);
        self.relays.heard(&arrival.peer);
        let forward = match &mut arrival.what {
            What::Forward(forward) => forward,
            What::Word(_) => return self.hear(*arrival),
        };
        let terms = self.terms_of(forward);
        let reply = &mut arrival.reply_to;
        reply.laps.count_as(Class::Mm4Forward);
        self.lap(reply, Stage::Admit);
        let (reply, peer) = (*reply, Arc::clone(&arrival.peer));
        match terms {
            Err(reason) => self.refuse_mail(reply, reason),
            Ok(terms) => {
                if self.append_arrival(forward, &terms, reply, peer) == Room::Later {
                    self.backlog.put_back(Queued::arrival(since, arrival));
                }
            }
        }
    }

    /// The terms of a peer's message. Hiding is the sender's own operator's to allow.
    fn terms_of(&self, forward: &Forward) -> Result<Terms, Reason> {
        let asks = Submission {
            minor: MINOR,
            size_octets: u64::from(forward.size_octets),
            delivery: None,
            expiry: forward.expiry,
            asked: Asked(forward.asked.0 & !Asked::HIDING),
        };
        admit::terms(&asks, &self.profile, self.wall())
    }

    fn append_arrival(
        &mut self,
        forward: &mut Forward,
        terms: &Terms,
        mut reply: ReplyTo,
        peer: Arc<str>,
    ) -> Room {
        let owed = forward
            .origin
            .is_answer_wanted
            .then(|| Box::new(response(&forward.origin, peer)));
        let new = self.unknown(forward);
        if new.is_empty() {
            self.lap(&mut reply, Stage::Append);
            let again = Held::Arrived(Box::new(Arrived {
                reply,
                delivery: None,
                first: self.first_of(forward),
                owed,
            }));
            // The first may still be on its way: the repeat waits for everything appended so far.
            let pending = self.store.behind_all(again);
            self.waiting.push_back(pending);
            return Room::Enough;
        }
        let record = self.arrival_record(forward, terms, &new);
        let pdu = std::mem::take(&mut forward.pdu);
        match self.store.arrive(&record, &pdu, ()) {
            Ok(pending) => {
                // Each recipient is remembered under an id of its own.
                self.next_sequence += new.len() as u64;
                self.meter.count(Counter::JournalRecords);
                self.meter.add(Counter::OctetsCopied, pdu.len() as u64);
                let at_hand = self.keep_at_hand(&record.accept, Parcel::from(pdu));
                self.lap(&mut reply, Stage::Append);
                let arrived = Box::new(Arrived {
                    reply,
                    delivery: Some((record.accept, at_hand)),
                    first: None,
                    owed,
                });
                self.waiting.push_back(pending.map(|()| Held::Arrived(arrived)));
                Room::Enough
            }
            Err((refused, ())) if self.has_room_soon(refused) => {
                self.blocked = true;
                forward.pdu = pdu;
                Room::Later
            }
            Err((refused, ())) => {
                self.meter.count(Counter::JournalRefused);
                self.refuse_mail(reply, reason_of(refused));
                Room::Enough
            }
        }
    }

    /// The message that a repeat repeats.
    fn first_of(&self, forward: &Forward) -> Option<MessageId> {
        let key = arrival::repeat_key(&forward.origin.message_id, *forward.recipients.first()?);
        let first = self.store.messages.find_repeat(forward.sender.digits(), key)?;
        Some(first.base())
    }

    /// The recipients that this message has not been accepted for, with what tells their repeats.
    fn unknown(&self, forward: &Forward) -> Vec<(Msisdn, u64)> {
        let oldest = self.remembered_since(Source::Peer);
        let key = |number| (number, arrival::repeat_key(&forward.origin.message_id, number));
        let keyed = forward.recipients.iter().copied().map(key);
        let sender = forward.sender.digits();
        keyed
            .filter(|(_, key)| {
                let first = self.store.messages.find_repeat(sender, *key);
                first.is_none_or(|first| first.accepted_at <= oldest)
            })
            .collect()
    }

    fn arrival_record(
        &mut self,
        forward: &mut Forward,
        terms: &Terms,
        new: &[(Msisdn, u64)],
    ) -> record::Arrival {
        let home = arrival::home_of(&forward.origin.message_id);
        let mut flags = FLAG_FOREIGN_SENDER;
        for (flag, holds) in [
            (FLAG_DELIVERY_REPORT, terms.delivery_report),
            (FLAG_READ_REPORT, terms.read_report),
            (FLAG_HIDDEN_SENDER, forward.asked.has(Asked::HIDING)),
            (FLAG_SYSTEM_REPORT, forward.asked.has(Asked::SYSTEM_REPORT)),
        ] {
            flags |= if holds { flag } else { 0 };
        }
        let recipients = new.iter().map(|(number, _)| number.digits());
        let accept = Accept {
            message: MessageId::new(home, self.next_sequence).bits(),
            sender: forward.sender.digits(),
            accepted_at: self.wall().0,
            deliver_at: terms.deliver_at.0,
            expiry: terms.expiry.0,
            flags,
            content_offset: forward.content_offset,
            size_octets: forward.size_octets,
            repeat_key: new.first().map_or(0, |(_, key)| *key),
            recipients: recipients
                .map(|number| draw_recipient(&mut self.random, number, 0))
                .collect(),
        };
        record::Arrival {
            accept,
            origin: forward.origin.clone(),
            keys: new.iter().map(|(_, key)| *key).collect(),
        }
    }

    /// An arrival is on disk, or all of it was before: the peer hears 250, and what is new is delivered.
    pub(crate) fn arrived(&mut self, durable: Durable<Held>) {
        let Some((mut to, answer)) = Answer::arrived(&durable) else {
            return;
        };
        self.lap(&mut to, Stage::Durable);
        let Held::Arrived(arrived) = durable.into_value() else {
            return;
        };
        let Arrived {
            delivery,
            first,
            mut owed,
            ..
        } = *arrived;
        let kept = match delivery {
            Some((accept, pdu)) => {
                self.meter.count(Counter::ArrivalsAccepted);
                owed = owed.filter(|owed| !self.await_far(&owed.peer, &accept));
                self.deliver_accepted(&accept, &pdu, &mut to);
                Some(MessageId::from_bits(accept.message))
            }
            None => {
                self.meter.count(Counter::ArrivalsRepeated);
                if let Some((first, again)) = first.zip(owed.take()) {
                    owed = self.relays.awaiting.join(first, again);
                }
                None
            }
        };
        self.answer(to, answer);
        if let Some(owed) = owed {
            self.owe(owed, kept);
        }
    }

    pub(crate) fn refuse_arrival(&mut self, arrival: &Arrival, reason: Reason) {
        self.refuse_mail(arrival.reply_to, reason);
    }

    /// Answers a mail with the reason it is refused for.
    pub(crate) fn refuse_mail(&mut self, mut to: ReplyTo, reason: Reason) {
        self.meter.count(Counter::ArrivalsRefused);
        to.laps.count_as(Class::Mm4Refused);
        self.answer(to, Answer::refused_mail(reason));
    }
}

/// Whether there was room for what was to be appended, or it was refused; or comes again.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Room {
    Enough,
    Later,
}

/// The response to a message that was taken.
pub(crate) fn response(origin: &Origin, peer: Arc<str>) -> Owed {
    let [major, minor, technical] = origin.version;
    Owed {
        peer,
        operation: mm4::Operation::Forward.name().to_owned(),
        transaction_id: origin.transaction_id.clone(),
        message_id: origin.message_id.clone(),
        system: origin.system.clone(),
        version: Version {
            major,
            minor,
            technical,
        },
        status: RequestStatus::Ok,
        text: None,
        recipients: Vec::new(),
    }
}
