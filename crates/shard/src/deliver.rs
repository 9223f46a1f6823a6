//! `Plan → Outcome`: the life of a copy at its recipient's home, by the table of `lifecycle`.
//!
//! Events come from phones (through `respond`, `retrieve`), from time ([`Brain::wake`]) and from the queue of what
//! found no room. [`Brain::apply`] asks the table and carries its actions out; a state changes when its record is
//! appended, never without.

use crate::Answer;
use crate::brain::{Brain, Held, Todo};
use crate::fetch::Job;
use crate::held::Counts;
use crate::mail::{Mail, Told};
use crate::notify::Queue;
use crate::request::ReplyTo;
use base::{MessageId, Msisdn, Reason, Token};
use journal::planted::{Bug, is_planted};
use journal::{AppendClass, AppendRefused};
use lifecycle::{Action, End, Event, Facts, Row, State, step};
use meter::{Counter, Stage};
use store::recipients::{MARK_GIVEN, MARK_NOTIFYING, MARK_PUSHING};
use store::record::{
    self, FLAG_FOREIGN_SENDER, FLAG_LOWERED, FLAG_READ_TOLD, FLAG_RELAYED, FLAG_TOLD, keeps_message, owes_end,
};
use store::via::Via;
use store::{Delivery, DeliveryRecipient, Links, NONE, Recipient};

/// What an event led to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// Nothing that has to be remembered.
    Nothing,
    /// A new state; its record is appended.
    Recorded,
    /// There was no buffer: the same comes again after a completion.
    Later,
    /// The log is full: an event comes again when space came back, a phone is told to try again.
    Full,
    /// The journal has stopped.
    Failed,
}

impl<B: AsRef<[u8]> + AsMut<[u8]>> Brain<B> {
    /// Takes recipients whose home is here.
    pub(crate) fn take_delivery(&mut self, delivery: &Delivery) {
        for recipient in &delivery.recipients {
            let place = self.place_of(delivery.message, recipient.recipient.number);
            if place != self.shard {
                // Routes changed on the way.
                let mut part = Delivery {
                    recipients: vec![*recipient],
                    at_hand: None,
                    ..*delivery
                };
                part.at_hand.clone_from(&delivery.at_hand);
                self.send_mail(place, Mail::Deliver(Box::new(part)));
                self.far_settled(delivery.message, recipient.index);
                continue;
            }
            // After a start the sender's home may hand over what is here already.
            if self
                .store
                .recipients
                .find(delivery.message, recipient.index)
                .is_none()
            {
                self.take_recipient(delivery, recipient);
            }
        }
    }

    fn take_recipient(&mut self, delivery: &Delivery, recipient: &DeliveryRecipient) {
        self.meter.count(Counter::RecipientsTaken);
        let msisdn = Msisdn::from_bits(recipient.recipient.number);
        if let Some(number) = msisdn
            && let Some(peer) = self.peer_of(number)
        {
            return self.take_foreign(delivery, recipient, number, peer);
        }
        self.far_settled(delivery.message, recipient.index);
        let due = self.tick_of(delivery.deliver_at);
        let number = self.store.recipients.insert(Recipient {
            message: delivery.message,
            sender: delivery.sender,
            token: Token(recipient.recipient.token),
            until: delivery.expiry,
            due,
            timer: Links::default(),
            subscriber: NONE,
            // Without a number it is in no list, and this holds the field that names it.
            next: msisdn.map_or(u32::from(recipient.recipient.field), |_| NONE),
            pin_segment: 0,
            pin_units: 0,
            sequence: 0,
            flags: delivery.flags,
            index: recipient.index,
            state: State::Taken,
            attempts: 0,
            marks: 0,
            fetching: 0,
        });
        let Some(msisdn) = msisdn else {
            return self.todo(number, Event::Unroutable);
        };
        self.store.link(number, msisdn);
        let waiting = self
            .store
            .subscribers
            .find(msisdn)
            .and_then(|place| self.store.subscribers.get(place));
        if waiting.is_some_and(|subscriber| subscriber.waiting > self.profile.mm1.mailbox_messages_max) {
            return self.todo(number, Event::Unroutable);
        }
        if due > self.wheel.current() + 1 {
            return self.arm(number);
        }
        self.notify_if_free(number, delivery.at_hand.as_ref(), Queue::New);
    }

    /// Decides on a copy whose timer came.
    pub(crate) fn wake(&mut self, number: u32) {
        let Some(copy) = self.store.recipients.get(number).copied() else {
            return;
        };
        if let Some(via) = Via::of(copy.flags, copy.token) {
            return self.wake_relayed(number, &copy, via);
        }
        let tick = self.wheel.current();
        self.free_place_if_late(number, tick);
        match copy.state {
            State::Ended(_) if tick >= copy.due => self.retire(number),
            State::Fetched if tick >= copy.due || is_planted(Bug::StaleTimer) => {
                self.todo(number, Event::Unanswered)
            }
            // While a retrieval runs nothing else happens; its end decides.
            _ if copy.fetching > 0 => self.arm(number),
            // Its address was not to be read before.
            State::Taken if copy.subscriber == NONE => self.todo(number, Event::Unroutable),
            State::Taken | State::Notified | State::Deferred if tick >= self.tick_of(copy.until) => {
                self.todo(number, Event::Expired);
            }
            // What is at the bearer rests until it has answered.
            _ if copy.marks & MARK_PUSHING != 0 => self.arm(number),
            // A tick early is on time: whoever freed the place looked that far ahead, too.
            State::Taken | State::Notified if tick + 1 >= copy.due => {
                self.apply(number, Event::Due, None);
            }
            _ => self.arm(number),
        }
    }

    /// Carries out what waited for room.
    pub(crate) fn carry_out(&mut self, todo: Todo) {
        if !self.is_same(todo.number, todo.message) {
            return;
        }
        let is_number = self
            .store
            .recipients
            .get(todo.number)
            .is_some_and(|copy| copy.subscriber != NONE);
        if todo.event == Event::Unroutable && !is_number {
            let job = Job::Refuse {
                number: todo.number,
                message: todo.message,
            };
            return self.obtain(todo.message, job);
        }
        self.apply(todo.number, todo.event, None);
    }

    pub(crate) fn is_same(&self, number: u32, message: MessageId) -> bool {
        self.store
            .recipients
            .get(number)
            .is_some_and(|copy| copy.message == message)
    }

    pub(crate) fn todo(&mut self, number: u32, event: Event) {
        if let Some(copy) = self.store.recipients.get(number) {
            self.todo.push_back(Todo {
                number,
                message: copy.message,
                event,
            });
        }
    }

    /// Asks the table and carries the row's actions out. `reply` is answered once what it led to is durable; not at
    /// all where the outcome is [`Outcome::Later`].
    pub(crate) fn apply(&mut self, number: u32, event: Event, reply: Option<ReplyTo>) -> Outcome {
        let Some(copy) = self.store.recipients.get(number).copied() else {
            return Outcome::Nothing;
        };
        if is_planted(Bug::DoubleReport) && event == Event::Acknowledged {
            self.report_again(number, copy);
        }
        let row = step(copy.state, event, self.facts(&copy));
        let outcome = row.map_or(Outcome::Nothing, |row| {
            self.carry_out_row(number, &copy, row, reply)
        });
        match (outcome, reply) {
            (Outcome::Nothing, Some(to)) if copy.state.is_ended() => self.answer_behind_all(to),
            (Outcome::Nothing, Some(to)) => self.answer(to, Answer::noted()),
            (Outcome::Failed, Some(to)) => self.turn_down(to, Answer::failed(Reason::LogFailed)),
            (Outcome::Full, Some(to)) => self.turn_down(to, Answer::failed(Reason::LogFull)),
            (Outcome::Later | Outcome::Full, None) => self.todo(number, event),
            // Its request is put back by the caller.
            (Outcome::Later, Some(_)) | (Outcome::Recorded, _) | (_, None) => {}
        }
        outcome
    }

    fn facts(&self, copy: &Recipient) -> Facts {
        let (responds, reports) = self.expects(copy);
        Facts {
            foreign: copy.flags & FLAG_RELAYED != 0,
            responds,
            reports,
            fetching: copy.fetching > 0,
            given: copy.marks & MARK_GIVEN != 0,
            expired: self.wheel.current() >= self.tick_of(copy.until),
            lowered: copy.flags & FLAG_LOWERED != 0,
            delivered_on_fetch: self.profile.retrieve.delivered_on_fetch,
        }
    }

    fn carry_out_row(&mut self, number: u32, copy: &Recipient, row: &Row, reply: Option<ReplyTo>) -> Outcome {
        let mut outcome = Outcome::Nothing;
        for action in row.actions {
            match action {
                Action::Notify => self.notify_if_free(number, None, Queue::New),
                Action::NotifyLowered => {
                    if let Some(copy) = self.store.recipients.get_mut(number) {
                        copy.flags |= FLAG_LOWERED;
                    }
                    self.free_place(number);
                    self.notify_if_free(number, None, Queue::New);
                }
                Action::Record | Action::End => {
                    outcome = self.record_step(number, copy, row, reply);
                    if outcome != Outcome::Recorded {
                        return outcome;
                    }
                }
                Action::FreePlace => self.free_place(number),
                Action::AwaitAnswer => self.await_answer(number),
                Action::Relay => self.join_queue(number),
                Action::AwaitResponse => self.await_response(number),
            }
        }
        outcome
    }

    fn await_answer(&mut self, number: u32) {
        let due = self.tick_in(u64::from(self.profile.retrieve.unanswered_ms));
        if let Some(copy) = self.store.recipients.get_mut(number) {
            copy.state = State::Fetched;
            copy.due = due;
        }
        self.arm(number);
    }

    /// Appends the record of a step that ends a copy or parks it, and takes the new state over.
    fn record_step(&mut self, number: u32, copy: &Recipient, row: &Row, reply: Option<ReplyTo>) -> Outcome {
        let Some(to) = row.to else { return Outcome::Nothing };
        let mut next = *copy;
        next.state = to;
        let mut report = std::mem::take(&mut self.scratch);
        report.clear();
        let mut push_to = 0;
        let held = match to {
            State::Ended(end) => {
                next.until = self.wall().0;
                let is_foreign = copy.flags & FLAG_FOREIGN_SENDER != 0;
                if is_foreign && !end.may_be_read() {
                    next.flags |= FLAG_READ_TOLD;
                }
                if owes_end(copy.flags, copy.sender) && !is_foreign {
                    let is_written = self.write_delivery_report(&mut report, copy, end, next.until);
                    if is_written {
                        push_to = copy.sender;
                    }
                    // With the outbox this record is the telling.
                    if !is_written || !self.profile.push.is_carried() {
                        next.flags |= FLAG_TOLD;
                    }
                }
                Held::Ended {
                    number,
                    message: copy.message,
                    index: copy.index,
                    reply,
                    counts: match keeps_message(next.flags, next.sender) {
                        true => Counts::No,
                        false => Counts::Yes,
                    },
                }
            }
            _ => Held::Stepped(reply),
        };
        let appended = self.append_state(number, next, push_to, &report, held);
        self.scratch = report;
        if let Err(refused) = appended {
            return self.unrecorded(refused);
        }
        if push_to != 0 {
            self.meter.count(Counter::DeliveryReports);
        }
        self.note_response(copy, to);
        match to {
            State::Ended(end) => self.after_end(number, end),
            _ => self.arm(number),
        }
        Outcome::Recorded
    }

    pub(crate) fn unrecorded(&mut self, refused: AppendRefused) -> Outcome {
        self.meter.count(Counter::JournalRefused);
        match refused {
            AppendRefused::NoBuffer => {
                self.blocked = true;
                Outcome::Later
            }
            AppendRefused::NoSegment | AppendRefused::Watermark => {
                // Where room may be long in coming nobody waits for it who needs none, as retrievals.
                let journal = &self.store.journal;
                let is_awaited = journal.is_preparing() || !journal.is_cramped();
                self.blocked |= is_awaited;
                self.is_full |= !is_awaited;
                Outcome::Full
            }
            _ => Outcome::Failed,
        }
    }

    /// Appends a copy's state as `next` says, with the PDU pushed to `push_to`, and takes it over. What is said of a
    /// copy that has ended is its end, or lets that be counted.
    pub(crate) fn append_state(
        &mut self,
        number: u32,
        next: Recipient,
        push_to: u64,
        pdu: &[u8],
        held: Held,
    ) -> Result<(), AppendRefused> {
        let class = match next.state.is_ended() {
            true => AppendClass::End,
            false => AppendClass::State,
        };
        self.append_state_as(class, (number, next), (push_to, pdu), held)
    }

    /// The same, out of what is left for this class of records.
    pub(crate) fn append_state_as(
        &mut self,
        class: AppendClass,
        (number, mut next): (u32, Recipient),
        (push_to, pdu): (u64, &[u8]),
        held: Held,
    ) -> Result<(), AppendRefused> {
        next.sequence = next.sequence.saturating_add(1);
        let state = record::State {
            message: next.message.bits(),
            number: self.store.subscriber_of(&next).map_or(0, Msisdn::digits),
            sender: next.sender,
            push_to,
            sequence: u32::from(next.sequence),
            until: next.until,
            at: self.wall().0,
            flags: next.flags,
            recipient: next.index,
            token: next.token.0,
            state: next.state.to_octet(),
            attempts: next.attempts,
        };
        let pending = self
            .store
            .state(class, number, &state, pdu, held)
            .map_err(|(refused, _)| refused)?;
        self.meter.count(Counter::JournalRecords);
        let pending = pending.map(|mut held: Held| {
            if let Some(to) = held.reply_mut() {
                self.lap(to, Stage::Append);
            }
            held
        });
        self.waiting.push_back(pending);
        if let Some(copy) = self.store.recipients.get_mut(number) {
            copy.sequence = next.sequence;
            copy.state = next.state;
            copy.until = next.until;
            copy.flags = next.flags;
            copy.attempts = next.attempts;
            copy.token = next.token;
            copy.due = next.due;
        }
        Ok(())
    }

    fn after_end(&mut self, number: u32, end: End) {
        self.meter.count(match end {
            End::Retrieved => Counter::EndedRetrieved,
            End::Rejected => Counter::EndedRejected,
            End::Expired => Counter::EndedExpired,
            End::Forwarded => Counter::EndedForwarded,
            End::Unrecognised => Counter::EndedUnrecognised,
            End::Unreachable | End::Indeterminate => Counter::EndedUnreachable,
            End::PassedOn => Counter::EndedPassedOn,
        });
        self.store.stop_waiting(number);
        let due = self.kept_until(number);
        if let Some(copy) = self.store.recipients.get_mut(number) {
            copy.due = due;
            copy.marks &= !(MARK_NOTIFYING | MARK_PUSHING);
        }
        self.free_place(number);
        self.arm(number);
    }

    /// The end is on disk: the sender's home counts it, as soon as nobody is to be told of it any more.
    pub(crate) fn ended(&mut self, number: u32, message: MessageId, index: u16, counts: Counts) {
        if counts == Counts::No {
            return self.tell(self.debt(number, message, Told::End), Queue::New);
        }
        let owner = message.partition().home(self.shards);
        self.send_mail(
            owner,
            Mail::Ended {
                message,
                recipient: index,
            },
        );
    }

    /// Sets the timer of a copy for the next thing that time decides.
    pub(crate) fn arm(&mut self, number: u32) {
        let Some(copy) = self.store.recipients.get(number).copied() else {
            return;
        };
        if let Some(via) = Via::of(copy.flags, copy.token) {
            let tick = self.relayed_tick(&copy, via);
            return self.wheel.set(&mut self.store.recipients, number, tick);
        }
        let place = self.place_until(number, &copy);
        let tick = match copy.state {
            State::Ended(_) | State::Fetched | State::HandedOver | State::Relayed => copy.due,
            _ if copy.fetching > 0 => u32::MAX,
            State::Deferred => self.tick_of(copy.until),
            _ if copy.marks & MARK_PUSHING != 0 => self.tick_of(copy.until),
            State::Taken | State::Notified => {
                let attempt = if self.is_place_taken(&copy) && copy.due <= self.wheel.current() {
                    u32::MAX
                } else {
                    copy.due
                };
                attempt.min(self.tick_of(copy.until))
            }
        };
        self.wheel
            .set(&mut self.store.recipients, number, tick.min(place));
    }
}
