//! What the outbox shows: notifications for recipients, reports for senders, and what must not be among them.
//!
//! Called for every answer of the admin listener. Invariants: each push is looked at once (the place in the outbox
//! only grows); one that belongs to no living message is a repeat, a late report or a duplicate, and is counted as
//! such.

use super::life::Step;
use super::{ADMIN, Phones};
use crate::driver::{Answer, Ask, Desk, Failure, Outcome, Times};
use crate::record::Series;
use crate::template::{digits, number_behind};
use mms::{NotificationInd, Pdu};

/// The admin listener's header with a push's place.
const PLACE: &str = "outbox-seq";
/// Subscribers that are looked at a time after the last life.
const LOOKS: u32 = 32;

/// A push as the outbox shows it.
struct Push<'a> {
    place: u64,
    pdu: Pdu<'a>,
}

impl Phones {
    pub(super) fn looked_for_notification(
        &mut self,
        life: u32,
        answer: Result<Answer<'_>, Failure>,
        now_ns: u64,
        desk: &mut Desk,
    ) {
        let Some(push) = self.push_of(answer) else {
            return self.poll_again(life, Step::Notification, answer, now_ns, desk);
        };
        let subscriber = self.lives.of(life).subscriber;
        self.subscribers.of(subscriber).recipient_after = push.place;
        let Pdu::NotificationInd(notification) = push.pdu else {
            return self.ask(life, Step::Notification, now_ns, desk);
        };
        if !self.is_about(life, &notification) {
            self.count_stray_notification(subscriber, &notification, now_ns);
            return self.ask(life, Step::Notification, now_ns, desk);
        }
        let deadline_ns = now_ns + self.patience_ns();
        let alive = self.lives.of(life);
        alive.location = notification.content_location.into();
        alive.transaction = notification.transaction_id.into();
        alive.deadline_ns = deadline_ns;
        let arrival = alive.arrival;
        self.recorder.counts.notified += 1;
        self.recorder
            .record(arrival.phase, Series::LifeNotified, now_ns - arrival.due_ns);
        let mean_ms = self.plan.scenario.think.retrieve_ms;
        self.ask_after(life, Step::Retrieve, now_ns, mean_ms, desk);
    }

    pub(super) fn looked_for_reports(
        &mut self,
        life: u32,
        answer: Result<Answer<'_>, Failure>,
        now_ns: u64,
        desk: &mut Desk,
    ) {
        let Some(push) = self.push_of(answer) else {
            return self.poll_again(life, Step::Reports, answer, now_ns, desk);
        };
        let subscriber = self.lives.of(life).subscriber;
        self.subscribers.of(subscriber).sender_after = push.place;
        let deadline_ns = now_ns + self.patience_ns();
        let alive = self.lives.of(life);
        let (phase, due_ns) = (alive.arrival.phase, alive.arrival.due_ns);
        match push.pdu {
            Pdu::DeliveryInd(report) if *report.message_id == *alive.message_id && alive.owes_report => {
                alive.owes_report = false;
                alive.deadline_ns = deadline_ns;
                self.recorder.counts.reported += 1;
                self.recorder.record(phase, Series::LifeReported, now_ns - due_ns);
            }
            Pdu::ReadOrigInd(report) if *report.message_id == *alive.message_id && alive.owes_read => {
                alive.owes_read = false;
                self.recorder.counts.read += 1;
                self.recorder.record(phase, Series::LifeRead, now_ns - due_ns);
            }
            pdu => self.count_stray_report(subscriber, &pdu, now_ns),
        }
        self.wait_for_reports(life, now_ns, desk);
    }

    /// Goes on looking while something is owed; else the life has ended as it should.
    pub(super) fn wait_for_reports(&mut self, life: u32, now_ns: u64, desk: &mut Desk) {
        let alive = self.lives.of(life);
        if alive.is_over {
            return;
        }
        if alive.owes_report || alive.owes_read {
            return self.ask(life, Step::Reports, now_ns, desk);
        }
        alive.is_over = true;
        self.recorder.counts.ended += 1;
    }

    /// After the last life: looks once more at every number that was used, for what should not be there.
    pub fn begin_looking(&mut self, desk: &mut Desk, now_ns: u64) {
        let mut from = 0;
        for _ in 0..LOOKS {
            let Some(subscriber) = self.subscribers.next_used(from) else {
                break;
            };
            self.look(subscriber, Step::LookRecipient, now_ns, desk);
            from = subscriber + 1;
        }
        self.look_from = from;
    }

    /// Whether the last look was had.
    #[must_use]
    pub fn has_looked(&self) -> bool {
        self.looking == 0
    }

    fn look(&mut self, subscriber: u32, step: Step, now_ns: u64, desk: &mut Desk) {
        self.looking += 1;
        desk.ask(Ask {
            target: ADMIN,
            token: step.token(subscriber),
            due_ns: now_ns,
        });
    }

    /// The answer to a last look: the recipient's pushes, then the sender's, then the next subscriber.
    pub(super) fn looked(
        &mut self,
        subscriber: u32,
        step: Step,
        outcome: Outcome<'_>,
        times: Times,
        desk: &mut Desk,
    ) {
        self.looking -= 1;
        let now_ns = times.done_ns;
        let answer = match outcome {
            Outcome::Answered(answer) => Ok(answer),
            Outcome::Failed(failure) => {
                self.count_failure(failure);
                Err(failure)
            }
        };
        match (self.push_of(answer), step) {
            (Some(push), Step::LookRecipient) => {
                self.subscribers.of(subscriber).recipient_after = push.place;
                if let Pdu::NotificationInd(notification) = push.pdu {
                    self.count_stray_notification(subscriber, &notification, now_ns);
                }
                self.look(subscriber, step, now_ns, desk);
            }
            (Some(push), _) => {
                self.subscribers.of(subscriber).sender_after = push.place;
                self.count_stray_report(subscriber, &push.pdu, now_ns);
                self.look(subscriber, step, now_ns, desk);
            }
            (None, Step::LookRecipient) => self.look(subscriber, Step::LookSender, now_ns, desk),
            (None, _) => {
                if let Some(next) = self.subscribers.next_used(self.look_from) {
                    self.look_from = next + 1;
                    self.look(next, Step::LookRecipient, now_ns, desk);
                }
            }
        }
    }

    fn poll_again(
        &mut self,
        life: u32,
        step: Step,
        answer: Result<Answer<'_>, Failure>,
        now_ns: u64,
        desk: &mut Desk,
    ) {
        let alive = self.lives.of(life);
        if alive.is_over {
            return;
        }
        let loss = match step {
            Step::Notification => "lost_notifications",
            _ if alive.owes_report => "lost_reports",
            _ => "lost_reads",
        };
        if now_ns >= self.lives.of(life).deadline_ns {
            return self.lose(life, loss, now_ns);
        }
        match answer {
            Ok(answer) if answer.status == 204 => self.ask(life, step, now_ns, desk),
            _ => self.again(life, step, loss, now_ns, desk),
        }
    }

    fn push_of<'a>(&mut self, answer: Result<Answer<'a>, Failure>) -> Option<Push<'a>> {
        let answer = answer.ok()?;
        if answer.status != 200 {
            self.recorder.counts.http_errors += u64::from(answer.status != 204);
            return None;
        }
        let place = std::str::from_utf8(answer.field(PLACE)?).ok()?.parse().ok()?;
        match Pdu::read(answer.body) {
            Ok(pdu) => Some(Push { place, pdu }),
            Err(_) => {
                self.recorder.counts.malformed += 1;
                None
            }
        }
    }

    /// Whether a notification is about the living message of its recipient.
    fn is_about(&mut self, life: u32, notification: &NotificationInd<'_>) -> bool {
        let alive = self.lives.of(life);
        let subject = notification
            .subject
            .map(|subject| subject.text)
            .unwrap_or_default();
        let run = [b"Load ", self.plan.run.as_bytes(), b" "].concat();
        number_behind(subject, &run).is_some_and(|number| digits(number) == digits(alive.numbers.message))
    }

    /// A notification of no living message: the last one's again, or one that there should not be.
    fn count_stray_notification(&mut self, subscriber: u32, stray: &NotificationInd<'_>, now_ns: u64) {
        let known = self.subscribers.of(subscriber);
        // Of a life that was given up the identity may never have been seen.
        if *known.last_location == *stray.content_location || !known.given_up.is_empty() {
            self.recorder.counts.repeated_pushes += 1;
            return;
        }
        self.recorder.counts.duplicate_notifications += 1;
        let detail = format!("{}", stray.content_location.escape_ascii());
        self.ledger.add(now_ns, 0, "duplicate_notifications", detail);
    }

    fn count_stray_report(&mut self, subscriber: u32, pdu: &Pdu<'_>, now_ns: u64) {
        let id = match pdu {
            Pdu::DeliveryInd(report) => report.message_id,
            Pdu::ReadOrigInd(report) => report.message_id,
            _ => return,
        };
        let given_up = &self.subscribers.of(subscriber).given_up;
        if given_up.iter().any(|given_up| **given_up == *id) {
            self.recorder.counts.late_reports += 1;
            return;
        }
        self.recorder.counts.duplicate_reports += 1;
        let detail = format!("{:?} of {}", pdu.pdu_type(), id.escape_ascii());
        self.ledger.add(now_ns, 0, "duplicate_reports", detail);
    }
}
