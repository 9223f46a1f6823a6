//! Getting at a stored PDU: from the recent ones, from the disk, or from the shard that owns it.
//!
//! Whoever needs one leaves a [`Job`] that says what to do when it is there. Invariants: the segment of a record that
//! is being read stays pinned until the read ends; a job ends exactly once.

use crate::Effect;
use crate::bearer::Answered;
use crate::brain::{Brain, Held};
use crate::debt::Debt;
use crate::forward::Forwarding;
use crate::mail::{Mail, Report};
use crate::relay::Record;
use crate::request::ReplyTo;
use base::{MessageId, Reason, ShardId};
use journal::{RecordView, SegmentSequence};
use meter::Counter;
use std::sync::Arc;
use store::{AtHand, Octets, Spot};

/// What to do with a stored PDU.
#[derive(Debug)]
pub(crate) enum Job {
    /// Notify a recipient.
    Notify { number: u32, message: MessageId },
    /// Answer a GET.
    Retrieve {
        number: u32,
        message: MessageId,
        reply: ReplyTo,
    },
    /// End the copy of a recipient that is no number; its address stands in the PDU.
    Refuse { number: u32, message: MessageId },
    /// Tell of the end of such a copy.
    Report(Debt),
    /// Send it on.
    Forward(Box<Forwarding>),
    /// Give it to another shard.
    Remote { shard: ShardId, place: u32 },
    /// Write a mail to another operator.
    Relay { ticket: u32 },
    /// The same of a message that another operator brought: its record's header is needed, too.
    PassOn { ticket: u32 },
    /// Answer the operator that brought it: its record's header is needed.
    Answer,
    /// Tell the operator that brought it; wanted by that shard. Its record's header is what is needed.
    Tell(Box<(Report, ShardId)>),
    /// Copy it out of an emptying segment.
    Move,
    /// See whether a record can be read that could not be before.
    Try,
    /// No PDU, but a record of sends remembered, to be copied likewise.
    MoveRemembered,
    /// A read of this shard's disk that another job waits for.
    Reading {
        message: MessageId,
        spot: Spot,
        then: Box<Job>,
    },
}

impl<B: AsRef<[u8]> + AsMut<[u8]>> Brain<B> {
    /// Gets a message's stored PDU for a job, now or later.
    pub(crate) fn obtain(&mut self, message: MessageId, job: Job) {
        let owner = message.partition().home(self.shards);
        if owner != self.shard {
            let place = self.jobs.insert(job);
            return self.send_mail(owner, Mail::Fetch { message, place });
        }
        if let Some(octets) = self.taken_along(message, &job) {
            self.meter.count(Counter::BodiesFromMemory);
            return self.finish_job(job, Ok(octets));
        }
        if !matches!(job, Job::Tell(_) | Job::PassOn { .. } | Job::Answer)
            && let Some(octets) = self.store.recent.find(message).cloned()
        {
            self.meter.count(Counter::BodiesFromMemory);
            return self.finish_job(job, Ok(octets));
        }
        self.read(message, job);
    }

    /// What was kept of a message for the mail that is to be written.
    fn taken_along(&mut self, message: MessageId, job: &Job) -> Option<Octets> {
        let Job::Relay { ticket } = job else {
            return None;
        };
        let copies = self.relays.flights.get(*ticket)?.copies.len();
        self.store.recent.take_leaving(message, copies)
    }

    pub(crate) fn read(&mut self, message: MessageId, job: Job) {
        let Some(spot) = self.store.messages.find(message).map(|message| message.spot) else {
            return self.finish_job(job, Err(Reason::MessageNotFound));
        };
        let at = self.store.journal.published().geometry().lsn_of(spot.location());
        if spot != Spot::NOWHERE && at >= self.store.journal.durable_lsn() {
            // Just moved there, and not on the disk yet.
            let then = Held::Unread(Box::new((message, job)));
            return self.waiting.push_back(self.store.behind_all(then));
        }
        self.read_at(message, spot, job);
    }

    /// Reads the record at a place of this shard's log.
    pub(crate) fn read_at(&mut self, message: MessageId, spot: Spot, job: Job) {
        let location = spot.location();
        let slot = self.store.journal.published().slot_of(location.segment);
        let pinned = self.store.journal.pin(location.segment, READ_PIN_OCTETS);
        let (Some(slot), Some(range), Ok(())) = (slot, location.read_range(), pinned) else {
            return self.finish_job(job, Err(Reason::MessageNotFound));
        };
        self.meter.count(Counter::BodiesFromDisk);
        self.meter.count(Counter::DiskReads);
        let ticket = self.jobs.insert(Job::Reading {
            message,
            spot,
            then: Box::new(job),
        });
        self.effects.push(Effect::Read { ticket, slot, range });
    }

    /// A read came to its end.
    pub(crate) fn take_read(&mut self, ticket: u32, octets: Option<Vec<u8>>) {
        let Some(Job::Reading { message, spot, then }) = self.jobs.remove(ticket) else {
            debug_assert!(false, "a read is answered once");
            return;
        };
        let segment = SegmentSequence(u64::from(spot.segment));
        let unpinned = self.store.journal.unpin(segment, READ_PIN_OCTETS);
        debug_assert!(unpinned.is_ok(), "the read pinned its segment");
        let record = octets.and_then(|octets| self.record_in(octets, spot));
        if record.is_none() {
            self.meter.count(Counter::RecordsDamaged);
        }
        let then = match *then {
            Job::Tell(asked) => {
                let (report, from) = *asked;
                let record = record
                    .as_ref()
                    .map(|(kind, header, _)| (*kind, header.as_slice()));
                return self.tell_origin(report, from, record);
            }
            Job::Answer => return self.answer_far(message, Record::of(record)),
            Job::PassOn { ticket } => return self.pass_on(ticket, Record::of(record)),
            then => then,
        };
        match (&then, &record) {
            (Job::Move, Some((kind, header, pdu))) => {
                return self.move_message(message, (*kind, header), pdu);
            }
            (Job::MoveRemembered, Some((kind, header, _))) => {
                return self.move_remembered_record(spot, (*kind, header));
            }
            (Job::Try, Some(_)) => return self.is_readable(segment),
            (Job::Move | Job::MoveRemembered | Job::Try, None) => {
                let tick = self.wheel.current();
                return self.retention.move_failed(segment, (message, spot), tick);
            }
            _ => {}
        }
        let pdu = record.map(|(_, _, pdu)| pdu).ok_or(Reason::Internal);
        if let Ok(pdu) = &pdu {
            self.store.recent.insert(message, pdu, self.now);
        }
        self.finish_job(then, pdu);
    }

    /// Kind, header and body of the record in blocks read from the disk, if it is whole and the one asked for.
    fn record_in(&self, octets: Vec<u8>, spot: Spot) -> Option<(u16, Octets, Octets)> {
        let location = spot.location();
        let skip = location.read_range()?.skip;
        let geometry = self.store.journal.published().geometry();
        let view = RecordView::parse(octets.get(skip as usize..)?, location, geometry).ok()?;
        let header_at = skip + journal::RECORD_HEADER_OCTETS;
        let (kind, header_length) = (view.kind, u32::try_from(view.header.len()).ok()?);
        let body_length = u32::try_from(view.body.len()).ok()?;
        let whole = Octets::whole(Arc::new(octets));
        Some((
            kind,
            whole.part(header_at, header_length),
            whole.part(header_at + header_length, body_length),
        ))
    }

    /// Does what a job was for.
    pub(crate) fn finish_job(&mut self, job: Job, pdu: Result<Octets, Reason>) {
        match job {
            Job::Notify { number, message } => {
                if self.is_same(number, message) {
                    let size_octets = None;
                    let whole = pdu.map(|octets| AtHand { octets, size_octets });
                    self.notify_with(number, whole.as_ref().map_err(|reason| *reason));
                }
            }
            Job::Retrieve {
                number,
                message,
                reply,
            } => self.retrieve_with(number, message, reply, pdu),
            Job::Refuse { number, message } => {
                if self.is_same(number, message) {
                    self.refuse_copy(number, pdu);
                }
            }
            Job::Report(debt) => self.tell_with(debt, pdu),
            Job::Forward(forwarding) => self.forward_with(*forwarding, pdu),
            Job::Remote { shard, place } => self.send_mail(shard, Mail::Fetched { place, body: pdu }),
            Job::Relay { ticket } => self.relay_with(ticket, pdu),
            Job::PassOn { ticket } => self.pass_on(ticket, pdu.and(Err(Reason::Internal))),
            // Without its record nobody knows whom to tell; a log that has failed still has it, after the next start.
            Job::Tell(asked) => {
                let answered = match pdu {
                    Err(Reason::MessageNotFound) => Answered::Rejected,
                    _ => Answered::Late,
                };
                self.answer_report(asked.0.about, asked.1, answered);
            }
            // It is read after the next start, or its peer asks again.
            Job::Answer => {}
            Job::Move | Job::MoveRemembered | Job::Try => self.retention.give_up(),
            Job::Reading { .. } => debug_assert!(false, "a read does not wait for a read"),
        }
    }
}

/// A read pins its segment by this much, beside the pin of the record itself: that one may go while the read runs.
const READ_PIN_OCTETS: u32 = journal::RECORD_ALIGN;
