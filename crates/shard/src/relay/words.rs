//! What peers say of messages that they were sent: it is looked for, asked of the lifecycle, and answered when it is on
//! disk.
//!
//! At the message's owner. Invariants: a copy hears only the peer that it went to; a final word ends a copy once, with
//! the report to its sender in the same record; what is late, repeated or another's changes nothing and hears 250.

use super::note::Note;
use super::transaction::Part;
use crate::answer::Answer;
use crate::arrival::{Arrival, Named, Owed, Says, What, Word, repeat_key};
use crate::brain::{Brain, Held};
use crate::debt::wants_deferral;
use crate::deliver::Outcome;
use crate::mail::{About, Detail, Told};
use crate::request::ReplyTo;
use base::{MessageId, Msisdn, Reason, WallSeconds};
use lifecycle::{End, Event, State};
use meter::{Class, Counter};
use mm4::{MmStatus, ReadStatus, RequestStatus};
use smallvec::SmallVec;
use store::record::{
    FLAG_FOREIGN_SENDER, FLAG_READ_DELETED, FLAG_READ_DONE, FLAG_READ_TOLD, FLAG_REPORT_DENIED, may_be_read,
    owes_end,
};
use store::via::{PeerMark, Via};
use store::{Durable, Recipient};

/// Who waits to hear that what it said is on disk, and what else it wants to hear.
#[derive(Debug)]
pub(crate) struct Heard {
    pub(crate) reply: ReplyTo,
    pub(crate) owed: Option<Box<Owed>>,
}

impl<B: AsRef<[u8]> + AsMut<[u8]>> Brain<B> {
    /// Hears what a peer says.
    pub(crate) fn hear(&mut self, arrival: Arrival) {
        let What::Word(word) = arrival.what else { return };
        let mut reply = arrival.reply_to;
        reply.laps.count_as(Class::Mm4Forward);
        let Word { message, says, owed } = *word;
        let peer = PeerMark::of(&arrival.peer);
        let Some(message) = self.named(message, &says) else {
            return self.not_known(reply, owed);
        };
        let outcome = match says {
            Says::Answered {
                status,
                recipients,
                part,
                detail,
            } => self.hear_answer((message, part), peer, (status, &detail), &recipients),
            Says::Delivered {
                recipient,
                status,
                detail,
                at,
            } => self.hear_delivery((message, peer, recipient), status, (detail, at)),
            Says::Read {
                recipient,
                status,
                at,
                detail,
            } => self.hear_reading((message, peer, recipient), status, (detail, at)),
            Says::Bounced { recipients, status } => self.hear_bounce(message, peer, &recipients, status),
            Says::Nothing => Outcome::Nothing,
        };
        match outcome {
            // It is carried out when there is room again; the peer says it once more meanwhile, which changes nothing.
            Outcome::Later => self.refuse_mail(reply, Reason::Busy),
            Outcome::Full => self.refuse_mail(reply, Reason::LogFull),
            Outcome::Failed => self.refuse_mail(reply, Reason::LogFailed),
            // What this repeats may still be on its way to the disk.
            Outcome::Recorded | Outcome::Nothing => {
                let held = Held::Heard(Box::new(Heard { reply, owed }));
                let pending = self.store.behind_all(held);
                self.waiting.push_back(pending);
            }
        }
    }

    /// The message that a word is about, if it is known here; of another operator's, by its id and the recipient.
    fn named(&self, named: Named, says: &Says) -> Option<MessageId> {
        let (message_id, originator) = match named {
            Named::Ours(message) => return Some(message),
            Named::Theirs {
                message_id,
                originator,
            } => (message_id, originator),
        };
        let (Says::Delivered { recipient, .. } | Says::Read { recipient, .. }) = says else {
            return None;
        };
        let key = repeat_key(&message_id, *recipient);
        let sender = originator.map(Msisdn::digits);
        let entry = self.store.messages.find_keyed(key, sender)?;
        Some(entry.base())
    }

    /// A peer speaks of a message that nobody here has ever seen.
    fn not_known(&mut self, reply: ReplyTo, owed: Option<Box<Owed>>) {
        self.meter.count(Counter::ReportsDropped);
        let Some(mut owed) = owed else {
            return self.refuse_mail(reply, Reason::MessageNotFound);
        };
        owed.status = RequestStatus::NotFound;
        let owed = Some(owed);
        let pending = self
            .store
            .behind_all(Held::Heard(Box::new(Heard { reply, owed })));
        self.waiting.push_back(pending);
    }

    /// What was said is on disk.
    pub(crate) fn heard(&mut self, durable: Durable<Held>) {
        let Held::Heard(heard) = durable.value() else {
            return;
        };
        self.answer(heard.reply, Answer::mail_taken());
        if let Held::Heard(heard) = durable.into_value()
            && let Some(owed) = heard.owed
        {
            self.owe(owed, None);
        }
    }

    /// A response is owed to a peer; a message that its record is kept for, if there is one.
    pub(crate) fn owe(&mut self, owed: Box<Owed>, kept: Option<MessageId>) {
        self.meter.count(Counter::ResponsesOwed);
        let peer = PeerMark::of(&owed.peer);
        self.queue_note(peer, Note::response(owed, kept, self.now));
    }

    /// The copies of a message that went to a peer, with their numbers; those of these recipients alone, if any are
    /// named.
    fn copies_at(
        &self,
        message: MessageId,
        peer: PeerMark,
        recipients: &[Msisdn],
    ) -> SmallVec<[(u32, Recipient); 2]> {
        let all = self.store.recipients.of_message(message);
        let theirs = all.filter_map(|number| {
            let copy = *self.store.recipients.get(number)?;
            let is_theirs = Via::of(copy.flags, copy.token)?.peer == peer;
            let subscriber = self.store.subscriber_of(&copy);
            let is_named = subscriber.is_some_and(|number| recipients.contains(&number));
            (is_theirs && (recipients.is_empty() || is_named)).then_some((number, copy))
        });
        let mut theirs: SmallVec<[(u32, Recipient); 2]> = theirs.collect();
        theirs.sort_unstable_by_key(|(_, copy)| copy.index);
        theirs
    }

    /// What names nobody is about the copies of its mail; the others may not have been sent yet.
    fn hear_answer(
        &mut self,
        (message, part): (MessageId, Part),
        peer: PeerMark,
        (status, detail): (RequestStatus, &Detail),
        recipients: &[Msisdn],
    ) -> Outcome {
        let mut copies = self.copies_at(message, peer, recipients);
        copies.retain(|(_, copy)| !recipients.is_empty() || part.contains(copy.index));
        self.meter.count(match copies.is_empty() {
            true => Counter::ResponsesDropped,
            false => Counter::ResponsesTaken,
        });
        let mut outcome = Outcome::Nothing;
        let mut due = None;
        for (number, copy) in copies {
            if let Some(text) = &detail.text {
                self.relays.awaiting.note_text(&copy, text);
            }
            let one = match status.outcome() {
                None => {
                    self.note_answer(number, status);
                    self.apply(number, Event::Taken, None)
                }
                Some(_) if status.may_be_retried() => self.try_again(number, &copy, &mut due),
                Some(outcome) => {
                    self.note_answer(number, status);
                    self.end_said(number, &copy, end_of(outcome), detail)
                }
            };
            outcome = worse(outcome, one);
        }
        outcome
    }

    /// A trouble of the peer's own: the same is sent again, as often as for want of a response; all of its mail at the
    /// same time.
    fn try_again(&mut self, number: u32, copy: &Recipient, due: &mut Option<u32>) -> Outcome {
        let Some(via) = Via::of(copy.flags, copy.token) else {
            return Outcome::Nothing;
        };
        if copy.state != State::HandedOver {
            return Outcome::Nothing;
        }
        let resends_max = self
            .peer_profile(via.peer)
            .map_or(0, |peer| peer.tries.resends_max);
        if via.resends >= resends_max {
            self.note_answer(number, RequestStatus::NetworkProblem);
            return self.apply(number, Event::Final(End::Indeterminate), None);
        }
        let due = *due.get_or_insert_with(|| self.retry_tick(via.peer, number));
        if let Some(copy) = self.store.recipients.get_mut(number) {
            copy.due = due;
        }
        self.arm(number);
        Outcome::Nothing
    }

    fn hear_delivery(
        &mut self,
        (message, peer, recipient): (MessageId, PeerMark, Msisdn),
        status: MmStatus,
        (detail, at): (Detail, Option<WallSeconds>),
    ) -> Outcome {
        let copies = self.copies_at(message, peer, &[recipient]);
        let Some(&(number, copy)) = copies.first() else {
            self.meter.count(Counter::ReportsDropped);
            return Outcome::Nothing;
        };
        self.meter.count(Counter::ReportsHeard);
        // Who reports on it has taken it.
        self.note_answer(number, RequestStatus::Ok);
        if status.is_final() {
            return self.end_said(number, &copy, end_of(status), &detail);
        }
        // Deferred: the other side has it, and says more later. It is as good as its response.
        let taken = self.apply(number, Event::Taken, None);
        worse(taken, self.hear_deferral(number, detail, at))
    }

    /// The far side's last word on a copy, with what it says beside the status, for who brought the message.
    fn end_said(&mut self, number: u32, copy: &Recipient, end: End, detail: &Detail) -> Outcome {
        let is_foreign = copy.flags & FLAG_FOREIGN_SENDER != 0;
        if detail.is_for_system
            && !is_foreign
            && !copy.state.is_ended()
            && let Some(copy) = self.store.recipients.get_mut(number)
        {
            // It ends, and our user is not told of it.
            copy.flags |= FLAG_REPORT_DENIED;
        }
        let outcome = self.apply(number, Event::Final(end), None);
        let is_owed = is_foreign && owes_end(copy.flags, copy.sender);
        if outcome == Outcome::Recorded && is_owed {
            self.debts
                .details
                .keep(About::of(copy, Told::End), detail.clone());
        }
        outcome
    }

    /// Who brought the message hears once that it was put off, if it wants to hear what becomes of it.
    fn hear_deferral(&mut self, number: u32, detail: Detail, at: Option<WallSeconds>) -> Outcome {
        let Some(copy) = self.store.recipients.get(number).copied() else {
            return Outcome::Nothing;
        };
        let via = Via::of(copy.flags, copy.token).filter(|via| !via.is_deferred);
        let Some(mut via) = via.filter(|_| wants_deferral(&copy)) else {
            return Outcome::Nothing;
        };
        via.is_deferred = true;
        let mut next = copy;
        next.token = via.to_token();
        let mut debt = self.debt(number, copy.message, Told::Deferral);
        debt.read_at = at.unwrap_or_else(|| self.wall()).0;
        match self.append_state(number, next, 0, &[], Held::Owed(None, debt)) {
            Ok(()) => {
                self.debts.details.keep(About::of(&copy, Told::Deferral), detail);
                Outcome::Recorded
            }
            Err(refused) => self.unrecorded(refused),
        }
    }

    /// A read report goes back to who sent the message, once, if it was asked for.
    fn hear_reading(
        &mut self,
        (message, peer, recipient): (MessageId, PeerMark, Msisdn),
        status: ReadStatus,
        (detail, at): (Detail, Option<WallSeconds>),
    ) -> Outcome {
        let copies = self.copies_at(message, peer, &[recipient]);
        let owed = |copy: &Recipient| may_be_read(copy.flags);
        let Some(&(number, copy)) = copies.first().filter(|(_, copy)| owed(copy)) else {
            self.meter.count(Counter::ReportsDropped);
            return Outcome::Nothing;
        };
        self.meter.count(Counter::ReportsHeard);
        let mut report = std::mem::take(&mut self.scratch);
        report.clear();
        let read_at = at.unwrap_or_else(|| self.wall()).0;
        let mut next = copy;
        next.flags |= FLAG_READ_DONE;
        if status == ReadStatus::DeletedUnread {
            next.flags |= FLAG_READ_DELETED;
        }
        let status = mms::ReadStatus::try_from(status.octet()).unwrap_or(mms::ReadStatus::Read);
        let mut push_to = 0;
        if copy.flags & FLAG_FOREIGN_SENDER == 0 {
            self.write_read_report(&mut report, &copy, recipient, u64::from(read_at), status);
            push_to = copy.sender;
        }
        let held = match self.profile.push.is_carried() || push_to == 0 {
            true => {
                let mut debt = self.debt(number, copy.message, Told::Reading);
                debt.read_at = read_at;
                Held::Owed(None, debt)
            }
            // With the outbox this record is the telling.
            false => {
                next.flags |= FLAG_READ_TOLD;
                Held::Stepped(None)
            }
        };
        let appended = self.append_state(number, next, push_to, &report, held);
        self.scratch = report;
        match appended {
            Ok(()) => {
                if push_to == 0 {
                    self.debts.details.keep(About::of(&copy, Told::Reading), detail);
                }
                self.read_recorded(number, next.state);
                self.arm(number);
                Outcome::Recorded
            }
            Err(refused) => self.unrecorded(refused),
        }
    }

    fn hear_bounce(
        &mut self,
        message: MessageId,
        peer: PeerMark,
        recipients: &[Msisdn],
        status: Option<(u8, u16, u16)>,
    ) -> Outcome {
        if recipients.is_empty() {
            self.meter.count(Counter::ResponsesDropped);
            return Outcome::Nothing;
        }
        let end = match status {
            Some((5, 1, _)) => End::Unreachable,
            Some((5, 3, 4) | (5, 6 | 7, _)) => End::Rejected,
            _ => End::Indeterminate,
        };
        let mut outcome = Outcome::Nothing;
        for (number, _) in self.copies_at(message, peer, recipients) {
            self.meter.count(Counter::ResponsesTaken);
            outcome = worse(outcome, self.apply(number, Event::Final(end), None));
        }
        outcome
    }
}

/// The end that a peer's final status means.
fn end_of(status: MmStatus) -> End {
    match status {
        MmStatus::Expired => End::Expired,
        MmStatus::Retrieved => End::Retrieved,
        MmStatus::Rejected => End::Rejected,
        MmStatus::Unrecognised => End::Unrecognised,
        MmStatus::Forwarded => End::Forwarded,
        MmStatus::Indeterminate | MmStatus::Deferred => End::Indeterminate,
    }
}

/// Of two outcomes the one that speaks against a 250.
fn worse(one: Outcome, other: Outcome) -> Outcome {
    let is_taken = |outcome| matches!(outcome, Outcome::Nothing | Outcome::Recorded);
    match is_taken(one) {
        true => other,
        false => one,
    }
}
