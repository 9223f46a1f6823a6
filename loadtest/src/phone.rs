//! The phone actor: submits messages when they are due and, where the scenario wants it, lives their lives to the
//! end.
//!
//! Above [`crate::driver`]; one a thread, for all its subscribers. Without sockets and clock, so that tests drive it.
//!
//! ```text
//!  Schedule ─► submit ─► Ok ─► notified (outbox) ─► think ─► retrieve ─► check ─► think ─► acknowledge
//!                                                                                      │ think ─► read report
//!                              sender: reports (outbox) ◄──────────────────────────────┘
//! ```
//!
//! Reading order: `life` (what is known of a message), this file (arrivals and the steps' order), `answers` (what
//! each answer means), `pushes` (what the outbox shows), `requests` (what is sent).
//!
//! Invariants: a life ends once, as it should or with a loss in the ledger; a subscriber has one life at a time, so
//! every push says which life it belongs to; what misbehaves does so on purpose and is counted as such.

mod answers;
mod ledger;
mod life;
mod pushes;
mod requests;

pub use ledger::{Incident, Ledger};

use crate::clock::{MILLISECOND_NS, SECOND_NS};
use crate::driver::{Actor, Ask, Desk, Failure, Outcome, Shape, Times};
use crate::pace::{Arrival, Dice, Schedule};
use crate::record::{Recorder, Series};
use crate::scenario::{Kinds, Life as Reach, Loop, Scenario};
use crate::template::Numbers;
use life::{Life, Lives, Step, Subscribers, Wrong};
use std::collections::VecDeque;
use std::sync::Arc;

/// The MM1 listener among the driver's targets.
pub const MM1: u8 = 0;
/// The admin listener among the driver's targets.
pub const ADMIN: u8 = 1;

/// What a thread's phones are made of.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The scenario.
    pub scenario: Arc<Scenario>,
    /// Its kinds of messages.
    pub kinds: Arc<Kinds>,
    /// The run's name.
    pub run: String,
    /// Which of the threads.
    pub thread: u32,
    /// How many there are.
    pub threads: u32,
    /// The first subscriber's number.
    pub base: u64,
}

/// The phones of a thread.
#[derive(Debug)]
pub struct Phones {
    plan: Plan,
    dice: Dice,
    schedule: Option<Schedule>,
    next: Option<Arrival>,
    end_ns: u64,
    lives: Lives,
    subscribers: Subscribers,
    /// Due, but every subscriber has a life already.
    deferred: VecDeque<Arrival>,
    numbered: u64,
    under_way: u64,
    started: bool,
    look_from: u32,
    looking: u32,
    /// What was measured and counted.
    pub recorder: Recorder,
    /// What went wrong, message by message.
    pub ledger: Ledger,
}

impl Phones {
    /// The phones of one thread.
    #[must_use]
    pub fn new(plan: Plan) -> Phones {
        let scenario = &plan.scenario;
        let thread = u64::from(plan.thread);
        let schedule = (scenario.shape == Loop::Open).then(|| {
            let dice = Dice::new(scenario.seed, 2 * thread);
            Schedule::new(
                &scenario.stretches(),
                scenario.arrivals,
                dice,
                plan.thread,
                plan.threads,
            )
        });
        let subscribers = scenario.subscribers.div_ceil(plan.threads).max(1);
        let mut phones = Phones {
            dice: Dice::new(scenario.seed, 2 * thread + 1),
            next: None,
            end_ns: scenario.length_ns(),
            lives: Lives::default(),
            subscribers: Subscribers::new(subscribers),
            deferred: VecDeque::new(),
            numbered: 0,
            under_way: 0,
            started: false,
            look_from: 0,
            looking: 0,
            recorder: Recorder::default(),
            ledger: Ledger::default(),
            schedule,
            plan,
        };
        phones.next = phones.schedule.as_mut().and_then(Iterator::next);
        phones
    }

    /// Whether everything that was due has ended.
    #[must_use]
    pub fn is_over(&self, now_ns: u64) -> bool {
        let all_due = match self.schedule {
            Some(_) => self.next.is_none() && now_ns >= self.end_ns,
            None => now_ns >= self.end_ns,
        };
        all_due && self.under_way == 0 && self.deferred.is_empty()
    }

    /// Lives that have begun and not ended.
    #[must_use]
    pub fn under_way(&self) -> u64 {
        self.under_way
    }

    fn phase_at(&self, now_ns: u64) -> u8 {
        let mut end_ns = 0;
        let phases = &self.plan.scenario.phase;
        for (index, phase) in phases.iter().enumerate() {
            end_ns += phase.stretch().length_ns;
            if now_ns < end_ns {
                return index as u8;
            }
        }
        phases.len().saturating_sub(1) as u8
    }

    fn is_full_life(&self) -> bool {
        self.plan.scenario.life == Reach::Full
    }

    /// Begins a message's life.
    fn begin(&mut self, arrival: Arrival, desk: &mut Desk) {
        let thread = u64::from(self.plan.thread);
        let message = self.numbered * u64::from(self.plan.threads) + thread;
        let subscriber = if self.is_full_life() {
            match self.subscribers.take() {
                Some(subscriber) => subscriber,
                None => {
                    self.recorder.counts.held += 1;
                    self.deferred.push_back(arrival);
                    return;
                }
            }
        } else {
            (self.numbered % self.subscribers.count()) as u32
        };
        self.numbered += 1;
        self.under_way += 1;
        let own = u64::from(subscriber) * u64::from(self.plan.threads) + thread;
        let numbers = Numbers {
            sender: self.plan.base + own,
            // Without lives nobody retrieves, so each message has a recipient of its own.
            recipient: self.plan.base + if self.is_full_life() { own } else { message },
            message,
        };
        let kind = self.plan.kinds.draw(&mut self.dice);
        let wrong = Wrong::draw(&self.plan.scenario.misbehaviour, &mut self.dice);
        let life = self
            .lives
            .begin(Life::new(arrival, numbers, subscriber, kind, wrong));
        self.ask(life, Step::Submit, arrival.due_ns, desk);
        if wrong == Wrong::Duplicate {
            self.ask(life, Step::Duplicate, arrival.due_ns, desk);
        }
    }

    fn ask(&mut self, life: u32, step: Step, due_ns: u64, desk: &mut Desk) {
        let target = if step.is_poll() { ADMIN } else { MM1 };
        self.lives.of(life).outstanding += 1;
        desk.ask(Ask {
            target,
            token: step.token(life),
            due_ns,
        });
    }

    /// Asks after a think time of a mean in milliseconds.
    fn ask_after(&mut self, life: u32, step: Step, now_ns: u64, mean_ms: f64, desk: &mut Desk) {
        if mean_ms <= 0.0 {
            return self.ask(life, step, now_ns, desk);
        }
        let wait_ns = (self.dice.exponential() * mean_ms * MILLISECOND_NS as f64) as u64;
        self.lives.of(life).outstanding += 1;
        desk.wake(now_ns + wait_ns, step.token(life));
    }

    /// Ends a life when nothing of it is under way any longer.
    fn settle(&mut self, life: u32, now_ns: u64, desk: &mut Desk) {
        if !(self.lives.of(life).is_over && self.lives.of(life).outstanding == 0) {
            return;
        }
        let ended = self.lives.end(life);
        self.under_way -= 1;
        if self.is_full_life() {
            self.subscribers.of(ended.subscriber).last_location = ended.location;
            self.subscribers.give_back(ended.subscriber);
        }
        if let Some(arrival) = self.deferred.pop_front() {
            self.begin(arrival, desk);
        }
        if self.schedule.is_none() && now_ns < self.end_ns {
            let mean_ms = self.plan.scenario.think.next_ms;
            if mean_ms > 0.0 {
                let wait_ns = (self.dice.exponential() * mean_ms * MILLISECOND_NS as f64) as u64;
                desk.wake(now_ns + wait_ns, Step::NEXT);
            } else {
                self.arrive(now_ns, desk);
            }
        }
    }

    /// A message of a closed loop: due now.
    fn arrive(&mut self, now_ns: u64, desk: &mut Desk) {
        self.recorder.counts.arrived += 1;
        let arrival = Arrival {
            due_ns: now_ns,
            phase: self.phase_at(now_ns),
        };
        self.begin(arrival, desk);
    }

    fn patience_ns(&self) -> u64 {
        u64::from(self.plan.scenario.patience_s) * SECOND_NS
    }

    fn count_failure(&mut self, failure: Failure) {
        let counts = &mut self.recorder.counts;
        match failure {
            Failure::Unreachable => counts.unreachable += 1,
            Failure::Broken => counts.broken += 1,
            Failure::Silent => counts.silent += 1,
            Failure::Malformed => counts.malformed += 1,
            Failure::Cut => counts.cut += 1,
            Failure::Held => counts.unsent += 1,
        }
    }

    fn measure(&mut self, phase: u8, series: Series, times: Times) {
        self.recorder.record(phase, series, times.corrected_ns());
        if let Some(uncorrected) = series.uncorrected() {
            self.recorder.record(phase, uncorrected, times.uncorrected_ns());
        }
    }
}

impl Actor for Phones {
    fn due(&mut self, now_ns: u64, desk: &mut Desk) {
        // The clock stands at 0 until the run begins.
        if now_ns > 0 && !self.started && self.schedule.is_none() {
            self.started = true;
            let (all, threads) = (self.plan.scenario.concurrency, self.plan.threads);
            let own = all / threads + u32::from(self.plan.thread < all % threads);
            for _ in 0..own {
                self.arrive(now_ns, desk);
            }
        }
        while let Some(arrival) = self.next
            && arrival.due_ns <= now_ns
        {
            self.recorder.counts.arrived += 1;
            self.recorder
                .record(arrival.phase, Series::Lag, now_ns - arrival.due_ns);
            self.begin(arrival, desk);
            self.next = self.schedule.as_mut().and_then(Iterator::next);
        }
    }

    fn next_due_ns(&self) -> Option<u64> {
        self.next.map(|arrival| arrival.due_ns)
    }

    fn compose(&mut self, token: u64, front: &mut Vec<u8>) -> Shape {
        let (life, step) = Step::of(token);
        self.write_request(life, step, front)
    }

    fn concluded(&mut self, token: u64, outcome: Outcome<'_>, times: Times, desk: &mut Desk) {
        let (life, step) = Step::of(token);
        if matches!(step, Step::LookRecipient | Step::LookSender) {
            return self.looked(life, step, outcome, times, desk);
        }
        self.lives.of(life).outstanding -= 1;
        self.take_outcome(life, step, outcome, times, desk);
        self.settle(life, times.done_ns, desk);
    }

    fn woken(&mut self, token: u64, now_ns: u64, desk: &mut Desk) {
        if token == Step::NEXT {
            if now_ns < self.end_ns {
                self.arrive(now_ns, desk);
            }
            return;
        }
        let (life, step) = Step::of(token);
        self.lives.of(life).outstanding -= 1;
        self.ask(life, step, now_ns, desk);
    }
}

#[cfg(test)]
mod tests;
