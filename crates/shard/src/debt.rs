//! Debts: an end, or a reading, that somebody is still to be told of.
//!
//! A copy that ended and owes a report is finished only when the report was taken: by the record of the end itself
//! (outbox), by the bearer, or, where another operator brought the message, by that one's system, which the message's
//! owner finds in its record and tells (`relay`). That is recorded (`FLAG_TOLD`, `FLAG_READ_TOLD`), and only then does
//! the sender's home count the end, so that the message is kept until then. A crash between the end and the telling
//! leaves a copy that owes: after the start it is told again, with the same octets. Invariants: a report goes out after
//! its end is durable; it is recorded as told after somebody took it; a copy that owes is not forgotten.

mod details;

use crate::bearer::{Answered, Kind, NoRoom, Push, Ticket, Wish, reference};
use crate::brain::{Brain, Held};
use crate::deliver::Outcome;
use crate::fetch::Job;
use crate::held::Counts;
use crate::mail::{About, Mail, Report, Says, Told};
use crate::notify::Queue;
use base::{MessageId, Msisdn, Reason, WallSeconds};
use details::Details;
use lifecycle::{State, schedule};
use meter::Counter;
use mms::{Pdu, ReadStatus};
use push::PushId;
use rand_core::RngCore;
use std::collections::{BTreeMap, VecDeque};
use store::record::{
    FLAG_FOREIGN_SENDER, FLAG_READ_DELETED, FLAG_READ_TOLD, FLAG_TOLD, keeps_message, owes_end, owes_reading,
};
use store::via::Via;
use store::{Octets, Recipient};

/// Something that somebody is to be told.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Debt {
    /// The copy.
    pub(crate) number: u32,
    /// Of which message, as a guard against a number used again.
    pub(crate) message: MessageId,
    /// What of it.
    pub(crate) what: Told,
    /// Tries so far.
    pub(crate) tries: u8,
    /// Seconds since 1970 when it was read or deferred; of ends the copy itself knows.
    pub(crate) read_at: u32,
    /// Seconds since 1970 since when it is owed.
    pub(crate) since: u32,
}

impl Told {
    fn kind(self) -> Kind {
        match self {
            Told::End | Told::Deferral => Kind::DeliveryReport,
            Told::Reading => Kind::ReadReport,
        }
    }

    /// A copy of which this was told.
    fn settle(self, copy: &mut Recipient) {
        match (self, Via::of(copy.flags, copy.token)) {
            (Told::End, _) => copy.flags |= FLAG_TOLD,
            (Told::Reading, _) => copy.flags |= FLAG_READ_TOLD,
            (Told::Deferral, Some(mut via)) => {
                via.is_deferral_told = true;
                copy.token = via.to_token();
            }
            (Told::Deferral, None) => {}
        }
    }

    /// Whether this was told of a copy, or need not be any more.
    fn is_settled(self, copy: &Recipient) -> bool {
        match self {
            Told::End => copy.flags & FLAG_TOLD != 0,
            Told::Reading => copy.flags & FLAG_READ_TOLD != 0,
            Told::Deferral => !owes_deferral(copy),
        }
    }
}

/// What is owed by the copies of this shard. Bounded by their number.
#[derive(Debug, Default)]
pub(crate) struct Debts {
    /// To be tried again, by tick.
    later: BTreeMap<(u32, u64), Debt>,
    count: u64,
    /// At the bearer. Bounded by the bearer's room.
    out: BTreeMap<PushId, Debt>,
    /// At the owners of their messages, for other operators.
    asked: BTreeMap<About, Debt>,
    /// Ends that are told when a deferral was, which is under way: the last word is the last. Bounded by those.
    behind: BTreeMap<About, Debt>,
    /// What the far sides of a hub said of some.
    pub(crate) details: Details,
    /// Taken by somebody, and not recorded yet for want of room in the journal.
    told: VecDeque<Debt>,
    /// Responses likewise: messages of peers that need none any more.
    answered: VecDeque<MessageId>,
}

impl Debts {
    /// The tick at which one is to be tried again.
    pub(crate) fn next_tick(&self) -> Option<u32> {
        self.later.first_key_value().map(|((tick, _), _)| *tick)
    }

    /// Whether something is to be recorded.
    pub(crate) fn has_work(&self) -> bool {
        !(self.told.is_empty() && self.answered.is_empty())
    }

    /// How many.
    pub(crate) fn told_len(&self) -> usize {
        self.told.len().saturating_add(self.answered.len())
    }

    fn put_off(&mut self, tick: u32, debt: Debt) {
        self.count += 1;
        self.later.insert((tick, self.count), debt);
    }
}

/// Whether a copy still owes this.
fn owes(copy: &Recipient, what: Told) -> bool {
    match what {
        Told::End => copy.state.is_ended() && owes_end(copy.flags, copy.sender),
        Told::Reading => owes_reading(copy.flags, copy.sender),
        Told::Deferral => owes_deferral(copy),
    }
}

/// Whether the operator that brought a message is to be told that another put it off. Its end makes that needless.
fn owes_deferral(copy: &Recipient) -> bool {
    let via = Via::of(copy.flags, copy.token);
    let is_new = via.is_some_and(|via| via.is_deferred && !via.is_deferral_told);
    is_new && wants_deferral(copy)
}

/// Whether it would be.
pub(crate) fn wants_deferral(copy: &Recipient) -> bool {
    let is_foreign = copy.flags & FLAG_FOREIGN_SENDER != 0;
    is_foreign && !copy.state.is_ended() && owes_end(copy.flags, copy.sender)
}

/// Whether a copy must be kept for what it owes.
pub(crate) fn is_owing(copy: &Recipient) -> bool {
    owes(copy, Told::End) || owes(copy, Told::Reading)
}

impl<B: AsRef<[u8]> + AsMut<[u8]>> Brain<B> {
    /// A debt of a copy, as of now.
    pub(crate) fn debt(&self, number: u32, message: MessageId, what: Told) -> Debt {
        Debt {
            number,
            message,
            what,
            tries: 0,
            read_at: 0,
            since: self.wall().0,
        }
    }

    /// What a restored copy owes is told again, at its turn; the outbox has it in the journal already.
    pub(crate) fn restore_debts(&mut self, number: u32, since: u32, tick: u32) {
        let Some(copy) = self.store.recipients.get(number).copied() else {
            return;
        };
        for what in [Told::End, Told::Reading, Told::Deferral] {
            if !owes(&copy, what) {
                continue;
            }
            let mut debt = self.debt(number, copy.message, what);
            debt.since = since;
            debt.read_at = since;
            if self.profile.push.is_carried() || copy.flags & FLAG_FOREIGN_SENDER != 0 {
                self.debts.put_off(tick, debt);
            } else {
                if let Some(copy) = self.store.recipients.get_mut(number) {
                    what.settle(copy);
                }
                let counts = match what {
                    Told::End => Counts::Yes,
                    Told::Reading | Told::Deferral => Counts::No,
                };
                self.settled(debt, counts);
            }
        }
    }

    /// Those whose time has come are tried again.
    pub(crate) fn remind(&mut self) {
        while let Some(entry) = self.debts.later.first_entry()
            && entry.key().0 <= self.wheel.current()
        {
            let debt = entry.remove();
            self.tell(debt, Queue::New);
        }
    }

    /// Sends a report out, when there is room for it.
    pub(crate) fn tell(&mut self, debt: Debt, queue: Queue) {
        let Some(copy) = self.owing(debt) else {
            return self.drop_detail(debt);
        };
        if copy.flags & FLAG_FOREIGN_SENDER != 0 {
            return self.tell_peer(debt, &copy);
        }
        let Some(to) = Msisdn::from_bits(copy.sender) else {
            return self.tellless(debt);
        };
        match self.room_for(to, queue, Wish::Tell(debt)) {
            Err(NoRoom::Waits) => {}
            Err(NoRoom::NoRoute) => self.tell_later(debt),
            // Whom the report is about stands in the message, where it is no number.
            Ok(_) if debt.what == Told::End && self.store.subscriber_of(&copy).is_none() => {
                self.obtain(debt.message, Job::Report(debt));
            }
            Ok(route) => self.push_report(debt, &copy, to, route),
        }
    }

    /// The message of a recipient that is no number is here: its address is in it.
    pub(crate) fn tell_with(&mut self, debt: Debt, pdu: Result<Octets, Reason>) {
        let Some(copy) = self.owing(debt) else { return };
        let Ok(pdu) = pdu else {
            return self.tell_later(debt);
        };
        self.address.clear();
        if let Ok(Pdu::SendReq(send)) = Pdu::read(pdu.as_slice())
            && let Some(recipient) = send.recipients.iter().nth(copy.next as usize)
        {
            self.address.extend_from_slice(recipient.address.text.text);
        }
        let Some(to) = Msisdn::from_bits(copy.sender) else {
            return self.tellless(debt);
        };
        match self.room_for(to, Queue::Passed, Wish::Tell(debt)) {
            Err(NoRoom::Waits) => {}
            Err(NoRoom::NoRoute) => self.tell_later(debt),
            Ok(route) => self.push_report(debt, &copy, to, route),
        }
    }

    fn owing(&self, debt: Debt) -> Option<Recipient> {
        let copy = self.store.recipients.get(debt.number).copied()?;
        // Of what a response said that it was refused nothing is told, also before that finds room in the journal.
        let via = Via::of(copy.flags, copy.token);
        let is_refused = debt.what == Told::End && via.is_some_and(|via| via.is_refused);
        let is_owed = copy.message == debt.message && owes(&copy, debt.what) && !is_refused;
        is_owed.then_some(copy)
    }

    fn push_report(&mut self, debt: Debt, copy: &Recipient, to: Msisdn, route: u16) {
        let mut pdu = Vec::with_capacity(96);
        let is_written = match (debt.what, copy.state) {
            (Told::End, State::Ended(end)) => self.write_delivery_report(&mut pdu, copy, end, copy.until),
            (Told::End | Told::Deferral, _) => false,
            (Told::Reading, _) => {
                let status = match copy.flags & FLAG_READ_DELETED {
                    0 => ReadStatus::Read,
                    _ => ReadStatus::DeletedUnread,
                };
                let reader = self.store.subscriber_of(copy);
                let date = u64::from(debt.read_at);
                reader.inspect(|reader| self.write_read_report(&mut pdu, copy, *reader, date, status));
                reader.is_some()
            }
        };
        if !is_written {
            return self.tellless(debt);
        }
        let kind = debt.what.kind();
        let ticket = Ticket::new(
            self.shard,
            kind,
            debt.number,
            debt.tries,
            (debt.message, copy.index),
        );
        self.debts.out.insert(ticket.id(), debt);
        self.room.took(route);
        self.push_out(Box::new(Push {
            id: ticket.id(),
            route,
            to,
            pdu,
            reference: reference(debt.message, copy.index, kind, u16::from(debt.tries)),
            valid_for_s: self.told_wait_s(debt.tries, 0),
        }));
    }

    /// The bearer's answer to a report.
    pub(crate) fn report_answered(&mut self, id: PushId, answered: Answered) {
        if let Some(debt) = self.debts.out.remove(&id) {
            self.debt_answered(debt, answered);
        }
    }

    /// Has the operator told that brought the message: the message's owner knows which.
    fn tell_peer(&mut self, debt: Debt, copy: &Recipient) {
        if self.relays.awaiting.put_aside(debt) {
            return;
        }
        let Some(number) = self.store.subscriber_of(copy) else {
            return self.tellless(debt);
        };
        let is_deleted = copy.flags & FLAG_READ_DELETED != 0;
        let (says, at) = match (debt.what, copy.state) {
            (Told::End, State::Ended(end)) => (Says::Ended(end), copy.until),
            (Told::End, _) => return,
            (Told::Deferral, _) => (Says::Deferred, debt.read_at),
            (Told::Reading, _) if is_deleted => (Says::Deleted, debt.read_at),
            (Told::Reading, _) => (Says::Read, debt.read_at),
        };
        let about = About::of(copy, debt.what);
        let deferral = About {
            what: Told::Deferral,
            ..about
        };
        if debt.what == Told::End && self.debts.asked.contains_key(&deferral) {
            self.debts.behind.insert(deferral, debt);
            return;
        }
        if self.debts.asked.insert(about, debt).is_none() {
            let owner = debt.message.partition().home(self.shards);
            let at = WallSeconds(at);
            let detail = self.debts.details.of(about);
            self.send_mail(
                owner,
                Mail::Report(Box::new(Report {
                    about,
                    number,
                    says,
                    at,
                    detail,
                })),
            );
        }
    }

    /// What the operator said to it.
    pub(crate) fn peer_told(&mut self, about: About, answered: Answered) {
        if let Some(debt) = self.debts.asked.remove(&about) {
            self.debt_answered(debt, answered);
        }
        if let Some(end) = self.debts.behind.remove(&about) {
            self.tell(end, Queue::New);
        }
    }

    fn debt_answered(&mut self, debt: Debt, answered: Answered) {
        match answered {
            Answered::Taken => self.record_told(debt),
            Answered::Rejected | Answered::UnknownSubscriber => self.tellless(debt),
            Answered::Late => self.tell_later(debt),
        }
    }

    /// Nobody can be told, or takes it: it ends as if it had been told.
    fn tellless(&mut self, debt: Debt) {
        self.meter.count(Counter::ReportsDropped);
        self.record_told(debt);
    }

    fn tell_later(&mut self, mut debt: Debt) {
        if self.wall().0.saturating_sub(debt.since) >= self.profile.push.told_s {
            return self.tellless(debt);
        }
        debt.tries = debt.tries.saturating_add(1);
        let noise = self.random.next_u32() as u16;
        let wait = self.told_wait_s(debt.tries, noise);
        let tick = self.tick_in(u64::from(wait) * 1_000);
        self.debts.put_off(tick, debt);
    }

    /// Seconds until a report that was not taken is tried again: as notifications are.
    fn told_wait_s(&self, tries: u8, noise: u16) -> u32 {
        let notify = &self.profile.notify;
        let jitter = if noise == 0 { 0 } else { notify.jitter_percent };
        schedule::wait_s(&notify.schedule_s, tries.saturating_add(1), jitter, noise)
    }

    /// What found no room in the journal before.
    pub(crate) fn record_next_told(&mut self) -> bool {
        if let Some(debt) = self.debts.told.pop_front() {
            self.record_told(debt);
        } else if let Some(message) = self.debts.answered.pop_front() {
            self.record_answered(message);
        } else {
            return false;
        }
        true
    }

    /// Records that a peer needs no response to its message any more: it has it, or will not get it.
    pub(crate) fn record_answered(&mut self, message: MessageId) {
        // What the response refused is on disk before: a start would tell of it.
        if self.debts.told.iter().any(|debt| debt.message == message) {
            return self.debts.answered.push_back(message);
        }
        match self.store.answered(message, Held::Answered(message)) {
            Ok(pending) => {
                self.meter.count(Counter::JournalRecords);
                self.waiting.push_back(pending);
            }
            Err((refused, _)) => {
                if self.unrecorded(refused) != Outcome::Failed {
                    self.debts.answered.push_back(message);
                }
            }
        }
    }

    /// The time in which another operator's message could be read is over: its record need not be kept for that.
    pub(crate) fn reading_is_over(&mut self, number: u32, copy: &Recipient) {
        self.record_settled(self.debt(number, copy.message, Told::Reading), *copy);
    }

    /// Records that it was told.
    fn record_told(&mut self, debt: Debt) {
        let copy = self.store.recipients.get(debt.number).copied();
        let is_open = |copy: &Recipient| copy.message == debt.message && !debt.what.is_settled(copy);
        match copy.filter(is_open) {
            Some(copy) => self.record_settled(debt, copy),
            None => self.drop_detail(debt),
        }
    }

    /// Records that nothing is owed of a kind any more.
    pub(crate) fn record_settled(&mut self, debt: Debt, copy: Recipient) {
        let mut next = copy;
        debt.what.settle(&mut next);
        let keeps = |copy: &Recipient| keeps_message(copy.flags, copy.sender);
        let counts = match copy.state.is_ended() && keeps(&copy) && !keeps(&next) {
            true => Counts::Yes,
            false => Counts::No,
        };
        match self.append_state(debt.number, next, 0, &[], Held::Told(debt, counts)) {
            Ok(()) => {}
            Err(refused) => {
                // After the journal has stopped there is no more to be recorded.
                if self.unrecorded(refused) != Outcome::Failed {
                    self.debts.told.push_back(debt);
                }
            }
        }
    }

    /// It is on disk that somebody was told: the sender's home counts the end; nothing holds the copy any more.
    pub(crate) fn settled(&mut self, debt: Debt, counts: Counts) {
        let Some(copy) = self.store.recipients.get(debt.number) else {
            return;
        };
        if copy.message != debt.message {
            return;
        }
        let recipient = copy.index;
        self.drop_detail(debt);
        if counts == Counts::Yes {
            let owner = debt.message.partition().home(self.shards);
            self.send_mail(
                owner,
                Mail::Ended {
                    message: debt.message,
                    recipient,
                },
            );
        }
        self.arm(debt.number);
    }

    /// What was said beside it goes with it.
    fn drop_detail(&mut self, debt: Debt) {
        if let Some(copy) = self.store.recipients.get(debt.number) {
            let about = About {
                message: debt.message,
                ..About::of(copy, debt.what)
            };
            self.debts.details.drop(about);
        }
    }
}
