//! Transparent relations: the origin's response follows those of the far sides.
//!
//! At the message's owner, between its copies and the response (`note`). A message whose origin wants a response waits
//! here while one of its copies for a peer of a transparent relation is neither taken nor ended. Then its record is
//! read, the answers are put together, and what was refused is let go: it was never taken, so a repeat of it is tried
//! anew. Invariants: a response is made from what is on disk; what waits is found again after a start from the copies'
//! own states; a copy of which the response says that it failed owes no report, any other does; whoever never answers
//! is given up at the relation's time, so that nothing is delivered that was reported as failed, as far as that can be
//! said.

use super::passing::Record;
use crate::arrival::Owed;
use crate::arrive::response;
use crate::brain::{Brain, Held};
use crate::debt::Debt;
use crate::fetch::Job;
use crate::mail::Told;
use crate::notify::Queue;
use base::{MessageId, Msisdn, Reason, ShardId};
use journal::planted::{Bug, is_planted};
use lifecycle::{End, Event, State};
use meter::Counter;
use mm4::RequestStatus;
use profile::Party;
use profile::peers::{Mode, Relation};
use smallvec::SmallVec;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use store::record::{Accept, Origin};
use store::via::{PeerMark, Via};
use store::{Delivery, Recipient};

/// Repeats that wait for the same answer, each with a transaction of its own. Reason: a peer that sends the same again
/// keeps its transaction (MM4 reference §5).
const AGAIN_MAX: usize = 4;

/// Milliseconds until a record that could not be read for its response is read again. Reason: as long as retention
/// leaves such a record alone.
const READ_AGAIN_MS: u64 = 60_000;

/// Reads after which nobody answers. Reason: ten minutes are what a peer may wait for a response (MM4 reference §5);
/// then it asks again.
const READS_MAX: u8 = 10;

/// What waits for the answers of others.
#[derive(Debug, Default)]
pub(crate) struct Awaiting {
    waits: BTreeMap<MessageId, Wait>,
    /// When each is given up.
    deadlines: BTreeSet<(u32, MessageId)>,
}

/// One message.
#[derive(Debug)]
struct Wait {
    /// Recipients that are not answered for.
    left: SmallVec<[u16; 2]>,
    /// The tick at which they are given up.
    until: u32,
    /// What is said of each copy that another operator has: as it was when the last of them was answered for. What they
    /// say later may not be on disk when the response leaves.
    answers: SmallVec<[(u16, RequestStatus); 2]>,
    /// Reads of its record that have failed.
    reads_failed: u8,
    /// Reports that the response may make needless.
    debts: Vec<Debt>,
    /// Repeats of the message that want their response, too.
    again: Vec<Owed>,
    /// What the far sides said beside their answers. A start forgets it.
    texts: Vec<(u16, Arc<str>)>,
}

impl Awaiting {
    fn begin(&mut self, message: MessageId, left: SmallVec<[u16; 2]>, until: u32) {
        self.deadlines.insert((until, message));
        let wait = Wait {
            left,
            until,
            answers: SmallVec::new(),
            reads_failed: 0,
            debts: Vec::new(),
            again: Vec::new(),
            texts: Vec::new(),
        };
        self.waits.insert(message, wait);
    }

    /// A recipient is answered for; whether it was the last.
    fn settle(&mut self, message: MessageId, index: u16) -> bool {
        let Some(wait) = self.waits.get_mut(&message) else {
            return false;
        };
        let before = wait.left.len();
        wait.left.retain(|left| *left != index);
        let is_last = wait.left.is_empty() && before > 0;
        if is_last {
            self.deadlines.remove(&(wait.until, message));
        }
        is_last
    }

    /// One whose time is over, and who is left of it.
    fn late(&mut self, tick: u32) -> Option<(MessageId, SmallVec<[u16; 2]>)> {
        let &(until, message) = self.deadlines.first().filter(|(until, _)| *until <= tick)?;
        self.deadlines.remove(&(until, message));
        Some((message, self.waits.get(&message)?.left.clone()))
    }

    /// The record of one whose recipients are all answered for could not be read: it is looked at again at that tick.
    /// Or it was tried too often; then it waits no more, and these reports are its own.
    fn put_off(&mut self, message: MessageId, tick: u32) -> Option<Vec<Debt>> {
        let wait = self.waits.get_mut(&message)?;
        self.deadlines.remove(&(wait.until, message));
        wait.reads_failed = wait.reads_failed.saturating_add(1);
        if wait.reads_failed >= READS_MAX {
            return self.waits.remove(&message).map(|wait| wait.debts);
        }
        wait.until = tick;
        self.deadlines.insert((tick, message));
        None
    }

    /// The tick at which the next one is given up.
    pub(crate) fn next_tick(&self) -> Option<u32> {
        self.deadlines.first().map(|(until, _)| *until)
    }

    /// Keeps a report back until the response is made; whether it is kept.
    pub(crate) fn put_aside(&mut self, debt: Debt) -> bool {
        let wait = self.waits.get_mut(&debt.message);
        let wait = wait.filter(|_| debt.what != Told::Reading);
        wait.map(|wait| wait.debts.push(debt)).is_some()
    }

    /// What the far side said beside its answer for a copy; its latest counts.
    pub(crate) fn note_text(&mut self, copy: &Recipient, text: &Arc<str>) {
        if let Some(wait) = self.waits.get_mut(&copy.message)
            && wait.left.contains(&copy.index)
        {
            wait.texts.retain(|(index, _)| *index != copy.index);
            wait.texts.push((copy.index, Arc::clone(text)));
        }
    }

    /// A repeat joins its first; it comes back where that waits for nothing.
    pub(crate) fn join(&mut self, first: MessageId, owed: Box<Owed>) -> Option<Box<Owed>> {
        let Some(wait) = self.waits.get_mut(&first) else {
            return Some(owed);
        };
        let is_new = |one: &Owed| one.transaction_id != owed.transaction_id;
        if wait.again.len() < AGAIN_MAX && wait.again.iter().all(is_new) {
            wait.again.push(*owed);
        }
        None
    }
}

impl<B: AsRef<[u8]> + AsMut<[u8]>> Brain<B> {
    /// Whether the response to a new message waits for others; then it is made later.
    pub(crate) fn await_far(&mut self, origin: &str, accept: &Accept) -> bool {
        let recipients = (0_u16..).zip(accept.recipients.iter().map(|recipient| recipient.number));
        let message = MessageId::from_bits(accept.message);
        let (left, answer_s) = self.far_of(origin, recipients);
        if !left.is_empty() {
            let until = self.tick_of(accept.accepted_at.saturating_add(answer_s));
            self.relays.awaiting.begin(message, left, until);
            return true;
        }
        false
    }

    /// Those of some recipients whose operator's answer is waited for, and for how long.
    fn far_of(
        &self,
        origin: &str,
        recipients: impl Iterator<Item = (u16, u64)>,
    ) -> (SmallVec<[u16; 2]>, u32) {
        let mut answer_s = u32::MAX;
        let mut left = SmallVec::new();
        for (index, number) in recipients {
            let peer = Msisdn::from_bits(number).and_then(|number| self.peer_of(number));
            if let Some(seconds) = peer.and_then(|peer| self.is_transparent(origin, Party::Peer(peer))) {
                answer_s = answer_s.min(seconds);
                left.push(index);
            }
        }
        (left, answer_s)
    }

    /// Whether the relation between two peers is transparent, and for how many seconds it waits.
    fn is_transparent(&self, origin: &str, to: Party) -> Option<u32> {
        let peers = self.routes.peers();
        let from = Party::Peer(peers.find(origin)?);
        let is_so = peers.relation(from, to) == Relation::Allowed(Mode::Transparent);
        is_so.then(|| peers.answer_s(from, to))
    }

    /// As [`is_transparent`](Self::is_transparent), of the relation that a copy went by.
    fn went_transparently(&self, origin: &str, copy: &Recipient) -> Option<u32> {
        let via = Via::of(copy.flags, copy.token)?;
        self.is_transparent(origin, Party::Peer(self.relays.id(via.peer)?))
    }

    /// After a start: the response to a message is owed, or waits for the rest of the answers. What is delivered from
    /// the beginning is in the order of its messages.
    pub(crate) fn restore_answer(
        &mut self,
        message: MessageId,
        origin: &Origin,
        deliveries: &[(ShardId, Delivery)],
    ) {
        let mut copies: SmallVec<[(u16, bool); 4]> = SmallVec::new();
        let mut answer_s = u32::MAX;
        for number in self.store.recipients.of_message(message) {
            let Some(copy) = self.store.recipients.get(number) else {
                continue;
            };
            let seconds = self.went_transparently(&origin.peer, copy);
            if seconds.is_some() || is_refused(copy) {
                answer_s = answer_s.min(seconds.unwrap_or(u32::MAX));
                copies.push((copy.index, is_unanswered(copy.state)));
            }
        }
        let begin = deliveries.partition_point(|(_, delivery)| delivery.message < message);
        let again = deliveries.iter().skip(begin).map(|(_, delivery)| delivery);
        let again = again.take_while(|delivery| delivery.message == message);
        let numbers = again.flat_map(|delivery| &delivery.recipients);
        let numbers = numbers.map(|recipient| (recipient.index, recipient.recipient.number));
        let (mut left, seconds) = self.far_of(&origin.peer, numbers);
        if copies.is_empty() && left.is_empty() {
            let peer = Arc::from(origin.peer.as_str());
            return self.owe(Box::new(response(origin, peer)), Some(message));
        }
        left.extend(copies.iter().filter(|(_, waits)| *waits).map(|(index, _)| *index));
        left.sort_unstable();
        let accepted_at = self.store.messages.find(message);
        let accepted_at = accepted_at.map_or(0, |message| message.accepted_at);
        let until = self.tick_of(accepted_at.saturating_add(answer_s.min(seconds)));
        let is_complete = left.is_empty();
        self.relays.awaiting.begin(message, left, until);
        if is_complete {
            self.complete_far(message);
        }
    }

    /// A recipient has been answered for: its operator took it, or it ended, or it is nobody's to wait for.
    pub(crate) fn far_settled(&mut self, message: MessageId, index: u16) {
        if self.relays.awaiting.settle(message, index) {
            self.complete_far(message);
        }
    }

    /// All are answered for: the response is made when that is on disk.
    fn complete_far(&mut self, message: MessageId) {
        let copies = self.store.recipients.of_message(message);
        let copies = copies.filter_map(|number| self.store.recipients.get(number));
        let far = copies.filter(|copy| Via::of(copy.flags, copy.token).is_some());
        let answers = far.map(|copy| (copy.index, far_status(copy))).collect();
        let wait = self.relays.awaiting.waits.get_mut(&message);
        if let Some(wait) = wait.filter(|wait| wait.answers.is_empty()) {
            wait.answers = answers;
        }
        let then = Held::Unread(Box::new((message, Job::Answer)));
        self.waiting.push_back(self.store.behind_all(then));
    }

    /// Gives up those who were not heard of in time, and reads records again that could not be read.
    pub(crate) fn give_up_far(&mut self) {
        while let Some((message, left)) = self.relays.awaiting.late(self.wheel.current()) {
            if left.is_empty() {
                self.complete_far(message);
            }
            for index in left {
                match self.store.recipients.find(message, index) {
                    Some(number) => {
                        self.note_answer(number, RequestStatus::NetworkProblem);
                        self.todo(number, Event::Final(End::Indeterminate));
                    }
                    None => self.far_settled(message, index),
                }
            }
        }
    }

    /// Keeps what the far side answered with the copy; what is written next of it holds that.
    pub(crate) fn note_answer(&mut self, number: u32, status: RequestStatus) {
        if let Some(copy) = self.store.recipients.get_mut(number)
            && !copy.state.is_ended()
            && let Some(mut via) = Via::of(copy.flags, copy.token)
        {
            via.answer = status.octet();
            copy.token = via.to_token();
        }
    }

    /// The record of a message is here, all of whose recipients are answered for: its origin hears.
    pub(crate) fn answer_far(&mut self, message: MessageId, record: Result<Record, Reason>) {
        let Ok(Record { entered, .. }) = record else {
            if !is_planted(Bug::SilencedOrigin) {
                self.unread_far(message);
            }
            return;
        };
        let Some((origin, _)) = entered.arrival else {
            return;
        };
        let Some(wait) = self.relays.awaiting.waits.remove(&message) else {
            return;
        };
        self.relays.awaiting.deadlines.remove(&(wait.until, message));
        let statuses: Vec<Answered> = (0_u16..)
            .zip(&entered.accept.recipients)
            .map(|(index, recipient)| {
                let said = wait.texts.iter().find(|(of, _)| *of == index);
                Answered {
                    text: said.map(|(_, text)| Arc::clone(text)),
                    ..self.far_answered(message, &origin, &wait, (index, recipient.number))
                }
            })
            .collect();
        let speaks_of_some = self
            .peer_profile(PeerMark::of(&origin.peer))
            .is_some_and(|peer| peer.reports.request_recipients);
        let answers = put_together(&statuses, speaks_of_some);
        let first = response(&origin, Arc::from(origin.peer.as_str()));
        let others = wait.again.into_iter();
        let others = others.filter(|owed| owed.transaction_id != first.transaction_id);
        for owed in others {
            self.owe_answers(&owed, &answers, None);
        }
        self.owe_answers(&first, &answers, Some(message));
        let is_said = |one: &Answered| {
            let is_of = |said: &Said| one.number.is_some_and(|number| said.about.contains(&number));
            let mut refusals = answers.iter().filter(|said| said.status != RequestStatus::Ok);
            one.status != RequestStatus::Ok && refusals.any(|said| said.about.is_empty() || is_of(said))
        };
        for refused in statuses.iter().filter(|one| is_said(one)) {
            self.refuse_copy_of(message, refused.index);
        }
        for debt in wait.debts {
            self.tell(debt, Queue::New);
        }
    }

    /// The record could not be read: again in a while, and in the end nobody answers. Of a response that is all: the
    /// peer asks again.
    fn unread_far(&mut self, message: MessageId) {
        let tick = self.tick_in(READ_AGAIN_MS);
        let Some(debts) = self.relays.awaiting.put_off(message, tick) else {
            return;
        };
        self.meter.count(Counter::ResponsesUnsent);
        self.record_answered(message);
        for debt in debts {
            self.tell(debt, Queue::New);
        }
    }

    /// What is to be said of one recipient.
    fn far_answered(
        &self,
        message: MessageId,
        origin: &Origin,
        wait: &Wait,
        (index, number): (u16, u64),
    ) -> Answered {
        let copy = self.store.recipients.find(message, index);
        let copy = copy.and_then(|number| self.store.recipients.get(number));
        let is_far = |copy: &&Recipient| {
            // Also where the agreement has ended since.
            is_refused(copy) || self.went_transparently(&origin.peer, copy).is_some()
        };
        let far = copy.filter(is_far);
        let said = wait.answers.iter().find(|(of, _)| far.is_some() && *of == index);
        Answered {
            index,
            number: Msisdn::from_bits(number),
            status: said.map_or(RequestStatus::Ok, |(_, status)| *status),
            text: None,
        }
    }

    /// Queues the responses to one request; the last of them lets the message go.
    fn owe_answers(&mut self, owed: &Owed, answers: &[Said], kept: Option<MessageId>) {
        for (place, said) in answers.iter().enumerate() {
            let owed = Box::new(Owed {
                status: said.status,
                text: said.text.clone(),
                recipients: said.about.clone(),
                ..owed.clone()
            });
            self.owe(owed, kept.filter(|_| place + 1 == answers.len()));
        }
    }

    /// The origin hears that a recipient was refused: nothing more is told of it, and a repeat is no repeat.
    fn refuse_copy_of(&mut self, message: MessageId, index: u16) {
        self.store.messages.forget_repeat(message, index);
        let Some(number) = self.store.recipients.find(message, index) else {
            return;
        };
        let Some(copy) = self.store.recipients.get_mut(number) else {
            return;
        };
        if let Some(mut via) = Via::of(copy.flags, copy.token) {
            via.is_refused = true;
            copy.token = via.to_token();
        }
        let copy = *copy;
        self.record_settled(self.debt(number, message, Told::End), copy);
    }
}

/// What is said of one recipient.
struct Answered {
    index: u16,
    number: Option<Msisdn>,
    status: RequestStatus,
    text: Option<Arc<str>>,
}

/// One response: the text is the first that a far side gave with this answer.
struct Said {
    status: RequestStatus,
    text: Option<Arc<str>>,
    /// Nobody: it is about all.
    about: Vec<Msisdn>,
}

impl Said {
    fn of_all(status: RequestStatus, all: &[Answered]) -> Said {
        let mut same = all.iter().filter(|answered| answered.status == status);
        Said {
            status,
            text: same.find_map(|answered| answered.text.clone()),
            about: Vec::new(),
        }
    }
}

/// The responses that say it: one where all have the same answer; else one for each answer, to who understands that;
/// else Ok where anybody was taken, and the others have their reports.
fn put_together(all: &[Answered], speaks_of_some: bool) -> Vec<Said> {
    let first = all.first().map_or(RequestStatus::Ok, |answered| answered.status);
    let is_mixed = all.iter().any(|answered| answered.status != first);
    if !is_mixed || !speaks_of_some {
        let is_taken = all.iter().any(|answered| answered.status == RequestStatus::Ok);
        return vec![Said::of_all(
            if is_taken { RequestStatus::Ok } else { first },
            all,
        )];
    }
    let mut answers: Vec<Said> = Vec::new();
    for answered in all {
        let place = answers.iter().position(|said| said.status == answered.status);
        let place = place.unwrap_or_else(|| {
            answers.push(Said::of_all(answered.status, all));
            answers.len() - 1
        });
        if let Some(said) = answers.get_mut(place) {
            said.about.extend(answered.number);
        }
    }
    answers
}

/// Whether a response said, or was to say, that a copy was refused.
fn is_refused(copy: &Recipient) -> bool {
    Via::of(copy.flags, copy.token).is_some_and(|via| via.is_refused)
}

/// Whether the far side has not answered for a copy.
fn is_unanswered(state: State) -> bool {
    matches!(state, State::Taken | State::HandedOver)
}

/// What the far side has answered: its own words where it said some, else what became of the copy (§5).
fn far_status(copy: &Recipient) -> RequestStatus {
    let State::Ended(end) = copy.state else {
        return RequestStatus::Ok;
    };
    let answer = Via::of(copy.flags, copy.token).map_or(0, |via| via.answer);
    match (answer, end) {
        (0, End::Retrieved | End::Forwarded | End::PassedOn) => RequestStatus::Ok,
        (0, End::Rejected) => RequestStatus::ContentNotAccepted,
        (0, End::Unreachable) => RequestStatus::AddressUnresolved,
        (0, End::Unrecognised) => RequestStatus::UnsupportedMessage,
        (0, End::Expired | End::Indeterminate) => RequestStatus::NetworkProblem,
        (octet, _) => RequestStatus::of_octet(octet).unwrap_or(RequestStatus::Unspecified),
    }
}
