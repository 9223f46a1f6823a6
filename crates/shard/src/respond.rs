//! What phones say about a message: M-NotifyResp.ind, M-Acknowledge.ind, M-Read-Rec.ind.
//!
//! Each acts only for the identified subscriber: a copy is found among the subscriber's own, by the token in the URL it
//! was posted to or by its Transaction-ID. What fits nothing is answered 200 and changes nothing: it is late or
//! repeated; what it may repeat is on disk by then.

use crate::Answer;
use crate::append::reason_of;
use crate::brain::{Brain, Held};
use crate::deliver::Outcome;
use crate::mail::Told;
use crate::notify::{deferred_transaction_id, transaction_id};
use crate::request::{ReplyTo, Request};
use base::{MessageId, Msisdn};
use lifecycle::{End, Event, State};
use meter::{Counter, Stage};
use mms::{AcknowledgeInd, NotifyRespInd, ReadRecInd, ReadStatus, Status};
use store::record::{
    FLAG_FETCHED, FLAG_FOREIGN_SENDER, FLAG_READ_DELETED, FLAG_READ_DONE, FLAG_READ_REPORT, FLAG_READ_TOLD,
    FLAG_REPORT_DENIED,
};

impl<B: AsRef<[u8]> + AsMut<[u8]>> Brain<B> {
    /// M-NotifyResp.ind.
    pub(crate) fn respond(
        &mut self,
        response: &NotifyRespInd<'_>,
        request: &Request,
        subscriber: Msisdn,
    ) -> Outcome {
        let event = match response.status {
            Status::Retrieved => Event::Acknowledged,
            Status::Deferred => Event::Deferred,
            Status::Rejected => Event::Rejected,
            Status::Unrecognised => Event::Unrecognised,
            // No other status may stand in an M-NotifyResp.ind; it is taken for what it says at least: an answer.
            _ => return self.noted(request),
        };
        self.answered(
            event,
            response.transaction_id,
            response.report_allowed,
            request,
            subscriber,
        )
    }

    /// M-Acknowledge.ind.
    pub(crate) fn acknowledge(
        &mut self,
        ack: &AcknowledgeInd<'_>,
        request: &Request,
        subscriber: Msisdn,
    ) -> Outcome {
        self.answered(
            Event::Acknowledged,
            ack.transaction_id,
            ack.report_allowed,
            request,
            subscriber,
        )
    }

    fn answered(
        &mut self,
        event: Event,
        transaction: &[u8],
        report_allowed: Option<bool>,
        request: &Request,
        subscriber: Msisdn,
    ) -> Outcome {
        let by_token = request
            .token
            .and_then(|token| self.store.copy_by_token(subscriber, token));
        let found = by_token.or_else(|| self.copy_by_transaction(subscriber, transaction));
        let mut to = request.reply_to;
        self.lap(&mut to, Stage::Admit);
        let Some(number) = found else {
            // Of a copy that has ended, perhaps: its list no longer has it.
            self.answer_behind_all(to);
            return Outcome::Nothing;
        };
        if report_allowed == Some(false)
            && let Some(copy) = self.store.recipients.get_mut(number)
            && !copy.state.is_ended()
        {
            copy.flags |= FLAG_REPORT_DENIED;
        }
        self.apply(number, event, Some(to))
    }

    /// 200 to what may repeat something that is still on its way to the disk: when that is there.
    pub(crate) fn answer_behind_all(&mut self, to: ReplyTo) {
        let pending = self.store.behind_all(Held::Stepped(Some(to)));
        self.waiting.push_back(pending);
    }

    /// 200, and nothing has changed.
    fn noted(&mut self, request: &Request) -> Outcome {
        self.answer(request.reply_to, Answer::noted());
        Outcome::Nothing
    }

    fn copy_by_transaction(&self, subscriber: Msisdn, transaction: &[u8]) -> Option<u32> {
        let mut copies = self.store.copies_of(subscriber);
        let found = copies.find(|(_, copy)| {
            transaction == transaction_id(copy.token) || transaction == deferred_transaction_id(copy.token)
        });
        found.map(|(number, _)| number)
    }

    /// M-Read-Rec.ind: passed back to the stored originator, once, if it was asked for and the message was fetched.
    pub(crate) fn read_report(
        &mut self,
        read: &ReadRecInd<'_>,
        request: &Request,
        subscriber: Msisdn,
    ) -> Outcome {
        let wanted = MessageId::from_wire(read.message_id);
        let number = wanted.and_then(|message| self.store.copy_by_message(subscriber, message));
        let found = number.and_then(|number| Some((number, *self.store.recipients.get(number)?)));
        let Some((number, copy)) = found else {
            self.meter.count(Counter::ReportsDropped);
            return self.noted(request);
        };
        let was_fetched = copy.flags & FLAG_FETCHED != 0 || copy.state == State::Ended(End::Retrieved);
        let is_owed = copy.flags & FLAG_READ_REPORT != 0 && copy.flags & FLAG_READ_DONE == 0;
        if !(was_fetched && is_owed) {
            self.meter.count(Counter::ReportsDropped);
            return self.noted(request);
        }
        let mut report = std::mem::take(&mut self.scratch);
        report.clear();
        // What is told later must be the same: the date is kept as the records keep one.
        let date = read.date_unix_s.and_then(|date| u32::try_from(date).ok());
        let read_at = date.unwrap_or_else(|| self.wall().0);
        let mut push_to = 0;
        if copy.flags & FLAG_FOREIGN_SENDER == 0 {
            let (at, status) = (u64::from(read_at), read.read_status);
            self.write_read_report(&mut report, &copy, subscriber, at, status);
            push_to = copy.sender;
        }
        let mut to = request.reply_to;
        self.lap(&mut to, Stage::Admit);
        let mut next = copy;
        next.flags |= FLAG_READ_DONE;
        if read.read_status == ReadStatus::DeletedUnread {
            next.flags |= FLAG_READ_DELETED;
        }
        // With the outbox this record is the telling, of a sender's phone.
        let is_debt = self.profile.push.is_carried() || push_to == 0;
        let held = match is_debt {
            true => {
                let mut debt = self.debt(number, copy.message, Told::Reading);
                debt.read_at = read_at;
                Held::Owed(Some(to), debt)
            }
            false => {
                next.flags |= FLAG_READ_TOLD;
                Held::Stepped(Some(to))
            }
        };
        let appended = self.append_state(number, next, push_to, &report, held);
        self.scratch = report;
        match appended {
            Ok(()) => {
                self.read_recorded(number, next.state);
                Outcome::Recorded
            }
            Err(refused) => {
                let outcome = self.unrecorded(refused);
                if outcome != Outcome::Later {
                    self.turn_down(request.reply_to, Answer::failed(reason_of(refused)));
                }
                outcome
            }
        }
    }

    /// A reading is recorded: the copy need not be kept for it any more.
    pub(crate) fn read_recorded(&mut self, number: u32, state: State) {
        self.meter.count(Counter::ReadReports);
        if state.is_ended() {
            let due = self.kept_until(number);
            if let Some(copy) = self.store.recipients.get_mut(number) {
                copy.due = due;
            }
        }
        self.arm(number);
    }
}
