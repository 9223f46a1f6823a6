//! What the answers mean, step by step, and what follows.
//!
//! Called for every exchange that has ended. Invariants: an exchange that the server answered, and one that it left
//! silent, is measured (the latter with the time that it was waited for); a step is tried again until its deadline,
//! then the life ends with a loss.

use super::Phones;
use super::life::{Step, Wrong};
use crate::clock::{MILLISECOND_NS, SECOND_NS};
use crate::driver::{Answer, Desk, Failure, Outcome, Times};
use crate::record::Series;
use mms::{Pdu, RetrieveStatus, StatusClass};
use std::sync::Arc;

/// How long a phone waits before it tries a failed step again.
const AGAIN_NS: u64 = 500 * MILLISECOND_NS;
/// How long a phone waits that was refused for now.
const COMES_AGAIN_NS: std::ops::Range<u64> = SECOND_NS..3 * SECOND_NS;
/// How long one waits that lost its connection on purpose.
const CUT_AGAIN_NS: u64 = SECOND_NS;

impl Phones {
    pub(super) fn take_outcome(
        &mut self,
        life: u32,
        step: Step,
        outcome: Outcome<'_>,
        times: Times,
        desk: &mut Desk,
    ) {
        let answer = match outcome {
            Outcome::Answered(answer) => Ok(answer),
            Outcome::Failed(failure) => {
                self.count_failure(failure);
                Err(failure)
            }
        };
        if !step.is_poll() {
            self.measure_step(life, step, answer.err(), times);
        }
        match step {
            Step::Submit => self.submitted(life, answer, times, desk),
            Step::Duplicate | Step::Retry => self.repeated(life, answer, times),
            Step::Retrieve => self.retrieved(life, answer, times, desk),
            Step::Acknowledge => self.acknowledged(life, answer, times, desk),
            Step::ReadReport => {
                if !self.is_taken(answer) {
                    self.again(life, step, "lost_reads", times.done_ns, desk);
                }
            }
            Step::Notification => self.looked_for_notification(life, answer, times.done_ns, desk),
            Step::Reports => self.looked_for_reports(life, answer, times.done_ns, desk),
            Step::LookRecipient | Step::LookSender => {}
        }
    }

    /// What was answered, and what the server left unanswered, counts; of submissions only what was taken.
    fn measure_step(&mut self, life: u32, step: Step, failure: Option<Failure>, times: Times) {
        if !matches!(failure, None | Some(Failure::Silent)) {
            return;
        }
        let (phase, wrong) = (self.lives.of(life).arrival.phase, self.lives.of(life).wrong);
        match step {
            Step::Submit if failure.is_some() => self.measure_submission(phase, wrong, times),
            Step::Retrieve => self.measure(phase, Series::Retrieve, times),
            Step::Acknowledge => self.measure(phase, Series::Acknowledge, times),
            Step::ReadReport => self.measure(phase, Series::Read, times),
            _ => {}
        }
    }

    /// A phone that sends for seconds measures itself; one that sends again after a cut began long ago.
    fn measure_submission(&mut self, phase: u8, wrong: Wrong, times: Times) {
        if !matches!(wrong, Wrong::Slow | Wrong::Cut(_)) {
            self.measure(phase, Series::Submit, times);
        }
    }

    fn submitted(&mut self, life: u32, answer: Result<Answer<'_>, Failure>, times: Times, desk: &mut Desk) {
        let now_ns = times.done_ns;
        if answer == Err(Failure::Cut) {
            let alive = self.lives.of(life);
            alive.wrong = Wrong::Nothing;
            alive.outstanding += 1;
            self.recorder.counts.retried += 1;
            return desk.wake(now_ns + CUT_AGAIN_NS, Step::Submit.token(life));
        }
        let permanent = self.recorder.counts.refused_permanent;
        let Some(message_id) = self.message_id(life, answer) else {
            let is_for_now = self.recorder.counts.refused_permanent == permanent;
            self.lives.of(life).is_over = !is_for_now || !self.comes_again(life, now_ns, desk);
            return;
        };
        self.recorder.counts.submitted += 1;
        let (phase, wrong) = (self.lives.of(life).arrival.phase, self.lives.of(life).wrong);
        // Refusals are quick: they are counted, and must not flatter the latency.
        self.measure_submission(phase, wrong, times);
        if matches!(wrong, Wrong::Retry | Wrong::Duplicate) || self.is_full_life() {
            let id: Box<[u8]> = message_id.into();
            self.compare_ids(life, &id, now_ns);
        }
        if wrong == Wrong::Retry {
            self.recorder.counts.retried += 1;
            self.ask(life, Step::Retry, now_ns, desk);
        }
        if !self.is_full_life() {
            self.recorder.counts.ended += 1;
            self.lives.of(life).is_over = true;
            return;
        }
        let kinds = Arc::clone(&self.plan.kinds);
        let deadline_ns = now_ns + self.patience_ns();
        let alive = self.lives.of(life);
        alive.owes_report = kinds.kind(alive.kind).delivery_report;
        alive.owes_read = kinds.kind(alive.kind).read_report;
        alive.deadline_ns = deadline_ns;
        self.ask(life, Step::Notification, now_ns, desk);
    }

    /// A phone that was told "later", or nothing, comes again after a while that is its own, where the scenario has it.
    fn comes_again(&mut self, life: u32, now_ns: u64, desk: &mut Desk) -> bool {
        let comes = self.lives.of(life).tries < self.plan.scenario.misbehaviour.again;
        if comes {
            let wait_ns = COMES_AGAIN_NS.start + self.dice.below(COMES_AGAIN_NS.end - COMES_AGAIN_NS.start);
            let alive = self.lives.of(life);
            alive.tries += 1;
            alive.outstanding += 1;
            self.recorder.counts.retried += 1;
            desk.wake(now_ns + wait_ns, Step::Submit.token(life));
        }
        comes
    }

    /// A repeat must get the Message-ID that the first got.
    fn repeated(&mut self, life: u32, answer: Result<Answer<'_>, Failure>, times: Times) {
        let submitted = self.recorder.counts;
        if let Some(message_id) = self.message_id(life, answer) {
            let id: Box<[u8]> = message_id.into();
            self.compare_ids(life, &id, times.done_ns);
        }
        // Refusals of a repeat are no refusals of messages.
        self.recorder.counts.refused_transient = submitted.refused_transient;
        self.recorder.counts.refused_permanent = submitted.refused_permanent;
    }

    fn compare_ids(&mut self, life: u32, id: &[u8], now_ns: u64) {
        let alive = self.lives.of(life);
        if alive.message_id.is_empty() {
            alive.message_id = id.into();
        } else if *alive.message_id != *id {
            self.recorder.counts.duplicate_messages += 1;
            let detail = format!("{} then {}", alive.message_id.escape_ascii(), id.escape_ascii());
            self.ledger
                .add(now_ns, alive.numbers.message, "duplicate_messages", detail);
        }
    }

    /// The Message-ID of an M-Send.conf Ok; anything else is counted.
    fn message_id<'a>(&mut self, life: u32, answer: Result<Answer<'a>, Failure>) -> Option<&'a [u8]> {
        let answer = answer.ok()?;
        if answer.status != 200 {
            self.recorder.counts.http_errors += 1;
            return None;
        }
        let Ok(Pdu::SendConf(conf)) = Pdu::read(answer.body) else {
            self.recorder.counts.malformed += 1;
            return None;
        };
        let numbers = self.lives.of(life).numbers;
        if !conf
            .transaction_id
            .ends_with(&crate::template::digits(numbers.message))
        {
            self.recorder.counts.mismatched += 1;
            let detail = format!("answer to {}", conf.transaction_id.escape_ascii());
            self.ledger.add(0, numbers.message, "mismatched", detail);
            return None;
        }
        match conf.response_status.class() {
            StatusClass::Ok => return conf.message_id,
            StatusClass::Transient => self.recorder.counts.refused_transient += 1,
            StatusClass::Permanent => self.recorder.counts.refused_permanent += 1,
        }
        None
    }

    fn retrieved(&mut self, life: u32, answer: Result<Answer<'_>, Failure>, times: Times, desk: &mut Desk) {
        let now_ns = times.done_ns;
        let Some(checked) = answer.ok().and_then(|answer| self.check(life, answer, now_ns)) else {
            return self.again(life, Step::Retrieve, "lost_retrievals", now_ns, desk);
        };
        let Retrieved { octets, transaction } = checked;
        let kinds = Arc::clone(&self.plan.kinds);
        let deadline_ns = now_ns + self.patience_ns();
        let alive = self.lives.of(life);
        alive.retrieved = true;
        alive.deadline_ns = deadline_ns;
        if !kinds.kind(alive.kind).personality.responds
            && let Some(transaction) = transaction
        {
            alive.transaction = transaction;
        }
        let arrival = alive.arrival;
        self.recorder.counts.retrieved += 1;
        self.recorder.counts.octets_checked += octets as u64;
        self.recorder
            .record(arrival.phase, Series::LifeRetrieved, now_ns - arrival.due_ns);
        let mean_ms = self.plan.scenario.think.acknowledge_ms;
        self.ask_after(life, Step::Acknowledge, now_ns, mean_ms, desk);
    }

    /// Compares every octet of the body with what was sent.
    fn check(&mut self, life: u32, answer: Answer<'_>, now_ns: u64) -> Option<Retrieved> {
        if answer.status != 200 {
            self.recorder.counts.http_errors += 1;
            return None;
        }
        let Ok(Pdu::RetrieveConf(conf)) = Pdu::read(answer.body) else {
            self.recorder.counts.malformed += 1;
            return None;
        };
        if conf
            .retrieve_status
            .is_some_and(|status| status != RetrieveStatus::Ok)
        {
            return None;
        }
        let kinds = Arc::clone(&self.plan.kinds);
        let alive = self.lives.of(life);
        let template = &kinds.kind(alive.kind).template;
        if let Err(at) = template.check(alive.numbers, conf.content.body) {
            self.recorder.counts.mismatched += 1;
            let detail = format!("differs from octet {at} of {}", conf.content.body.len());
            self.ledger
                .add(now_ns, alive.numbers.message, "mismatched", detail);
            return None;
        }
        Some(Retrieved {
            octets: conf.content.body.len(),
            transaction: conf.transaction_id.map(Into::into),
        })
    }

    fn acknowledged(
        &mut self,
        life: u32,
        answer: Result<Answer<'_>, Failure>,
        times: Times,
        desk: &mut Desk,
    ) {
        let now_ns = times.done_ns;
        if !self.is_taken(answer) {
            return self.again(life, Step::Acknowledge, "lost_reports", now_ns, desk);
        }
        self.recorder.counts.acknowledged += 1;
        let deadline_ns = now_ns + self.patience_ns();
        let alive = self.lives.of(life);
        alive.acknowledged = true;
        alive.deadline_ns = deadline_ns;
        let (arrival, owes_read) = (alive.arrival, alive.owes_read);
        self.recorder
            .record(arrival.phase, Series::LifeAcknowledged, now_ns - arrival.due_ns);
        if owes_read {
            let mean_ms = self.plan.scenario.think.read_ms;
            self.ask_after(life, Step::ReadReport, now_ns, mean_ms, desk);
        }
        self.wait_for_reports(life, now_ns, desk);
    }

    /// Whether a post of an indication was taken: any 2xx.
    fn is_taken(&mut self, answer: Result<Answer<'_>, Failure>) -> bool {
        match answer {
            Ok(answer) if (200..300).contains(&answer.status) => true,
            Ok(_) => {
                self.recorder.counts.http_errors += 1;
                false
            }
            Err(_) => false,
        }
    }

    /// Tries a step again, or gives the life up.
    pub(super) fn again(&mut self, life: u32, step: Step, loss: &'static str, now_ns: u64, desk: &mut Desk) {
        let alive = self.lives.of(life);
        if alive.is_over {
            return;
        }
        if now_ns + AGAIN_NS < alive.deadline_ns {
            alive.outstanding += 1;
            return desk.wake(now_ns + AGAIN_NS, step.token(life));
        }
        self.lose(life, loss, now_ns);
    }

    /// Ends a life with a loss.
    pub(super) fn lose(&mut self, life: u32, loss: &'static str, now_ns: u64) {
        let alive = self.lives.of(life);
        alive.is_over = true;
        let counts = &mut self.recorder.counts;
        match loss {
            "lost_notifications" => counts.lost_notifications += 1,
            "lost_retrievals" => counts.lost_retrievals += 1,
            "lost_reads" => counts.lost_reads += 1,
            _ => counts.lost_reports += 1,
        }
        let detail = format!("Message-ID {}", alive.message_id.escape_ascii());
        self.ledger.add(now_ns, alive.numbers.message, loss, detail);
        let (subscriber, id) = (alive.subscriber, alive.message_id.clone());
        self.subscribers.of(subscriber).given_up.push(id);
    }
}

/// A message that was retrieved whole.
struct Retrieved {
    octets: usize,
    transaction: Option<Box<[u8]>>,
}
