//! Submissions: when the next one goes, and what its answer means.
//!
//! Part of the session. Invariants: nothing goes beyond window, pause and bucket; the classes of
//! [`crate::smpp::status`] alone decide what follows an answer; a push that begins anew in another carriage is another
//! job, so answers to the old one are passed over.

use base::Monotonic;

use super::{Action, Loss, Session};
use crate::outcome::Outcome;
use crate::smpp::backoff::{after, wait_ms};
use crate::smpp::frame::command;
use crate::smpp::jobs::{Job, Part};
use crate::smpp::limits::OUTPUT_OCTETS_MAX;
use crate::smpp::message_id::MessageId;
use crate::smpp::phase::{Event, Phase};
use crate::smpp::receipts::{Receipts, Taken};
use crate::smpp::settings::{Carriage, ReceiptsAsked};
use crate::smpp::status::{self, Class};
use crate::smpp::write;

impl Session {
    pub(super) fn has_window(&self) -> bool {
        self.jobs.sent_len() < usize::try_from(self.settings.window).unwrap_or(usize::MAX)
    }

    /// Sends what may go; in a link that is retired and idle, the unbind.
    pub(super) fn pump(&mut self, now: Monotonic) {
        while self.phase.is_sending()
            && self.has_window()
            && self.throttle.until <= now
            && self.output().len() < OUTPUT_OCTETS_MAX
        {
            let Some(part) = self.jobs.next(now).map(|(part, _)| part) else {
                break;
            };
            if !self.bucket.take(now) {
                self.jobs.put_back(part);
                break;
            }
            self.send(part, now);
        }
        if matches!(self.phase, Phase::Draining { .. }) && self.jobs.is_idle() {
            let sequence = self.next_sequence();
            write::bare(&mut self.output, command::UNBIND, sequence);
            let until = after(now, self.settings.response_ms);
            self.go(Event::Drained, Phase::Unbinding { until });
        }
    }

    fn send(&mut self, part: Part, now: Monotonic) {
        let sequence = self.next_sequence();
        let Some(job) = self.jobs.get_mut(part.job) else {
            return;
        };
        job.is_begun = true;
        let is_written = write::submit_sm(
            &mut self.output,
            sequence,
            &self.settings,
            job.carriage,
            &job.submission,
            part.number,
        );
        debug_assert!(is_written, "a job has as many parts as its push has segments");
        let until = after(now, self.settings.response_ms);
        self.jobs.on_wire(sequence, part, until);
    }

    /// The answer to a submission.
    pub(super) fn submitted(
        &mut self,
        sequence: u32,
        status: u32,
        id: &[u8],
        now: Monotonic,
        receipts: &mut Receipts,
    ) {
        // A late answer, too, says that somebody is there.
        self.unanswered = 0;
        let Some(part) = self.jobs.answered(sequence) else {
            return;
        };
        let class = status::class(status);
        if class == Class::Taken && self.throttle.until <= now {
            self.throttle.level = 0;
        }
        match class {
            Class::Taken => self.taken(part, id, now, receipts),
            Class::Throttled => self.throttled(part, now),
            Class::TryAgain { tries } => self.try_again(part, tries, now),
            Class::Reconnect => self.lose_refused(part, status, now),
            Class::UnknownSubscriber => self.end(part, |_| Outcome::UnknownSubscriber),
            Class::NoParameters if self.is_with_parameters(part) => self.lower(part),
            Class::NoParameters | Class::Rejected => self.end(part, |_| Outcome::Rejected { code: status }),
        }
    }

    fn end(&mut self, part: Part, outcome: impl FnOnce(Job) -> Outcome) {
        if let Some(job) = self.jobs.end(part.job) {
            let push = job.submission.id;
            self.actions.push_back(Action::Outcome(push, outcome(job)));
        }
    }

    fn taken(&mut self, part: Part, id: &[u8], now: Monotonic, receipts: &mut Receipts) {
        let Some(job) = self.jobs.get_mut(part.job) else {
            return;
        };
        job.taken = job.taken.saturating_add(1);
        job.ids.extend(MessageId::read(id));
        if job.taken < job.parts {
            return;
        }
        let Some(job) = self.jobs.end(part.job) else {
            return;
        };
        let is_receipted =
            self.settings.receipts != ReceiptsAsked::Never && job.ids.len() == usize::from(job.parts);
        let push = job.submission.id;
        self.actions
            .push_back(Action::Outcome(push, Outcome::Taken { is_receipted }));
        if !is_receipted {
            return;
        }
        let taken = Taken {
            push,
            to: job.submission.to,
            ids: &job.ids,
            valid_for_s: job.submission.valid_for_s,
        };
        let ended = receipts.enter(taken, now);
        self.report(ended);
    }

    /// A pause for the whole link; it grows once for each round, not for each answer of a full window.
    fn throttled(&mut self, part: Part, now: Monotonic) {
        if self.throttle.until <= now {
            let (least, most) = (self.settings.throttle_ms_min, self.settings.throttle_ms_max);
            let wait = wait_ms(self.throttle.level, least, most, self.noise.draw());
            self.throttle.level = self.throttle.level.saturating_add(1);
            self.throttle.until = after(now, wait);
        }
        let (until, most) = (self.throttle.until, self.settings.throttled_max);
        let Some(job) = self.jobs.get_mut(part.job) else {
            return;
        };
        job.throttled = job.throttled.saturating_add(1);
        if job.throttled >= most {
            return self.end(part, |job| Outcome::Throttled(job.submission));
        }
        self.jobs.wait(part, until);
    }

    fn try_again(&mut self, part: Part, tries_max: u8, now: Monotonic) {
        let noise = self.noise.draw();
        let Some(job) = self.jobs.get_mut(part.job) else {
            return;
        };
        let before = job.tries;
        job.tries = job.tries.saturating_add(1);
        if job.tries >= tries_max {
            return self.end(part, |job| Outcome::Throttled(job.submission));
        }
        let (least, most) = (self.settings.retry_ms_min, self.settings.retry_ms_max);
        self.jobs
            .wait(part, after(now, wait_ms(u32::from(before), least, most, noise)));
    }

    fn lose_refused(&mut self, part: Part, status: u32, now: Monotonic) {
        self.end(part, |job| Outcome::LinkLost(job.submission));
        self.lose(Loss::Refused(status), now);
    }

    fn is_with_parameters(&mut self, part: Part) -> bool {
        self.jobs
            .get_mut(part.job)
            .is_some_and(|job| job.carriage != Carriage::Header)
    }

    /// The push begins anew with user data headers, and so do all after it.
    fn lower(&mut self, part: Part) {
        let Some(job) = self.jobs.end(part.job) else {
            return;
        };
        if self.carriage != Carriage::Header {
            self.carriage = Carriage::Header;
            self.actions.push_back(Action::CarriageLowered);
        }
        let octets = job.submission.octets.len();
        // What could be offered fits in headers: the number of segments was reckoned with them.
        if let Some(parts) = write::submissions(&self.settings, Carriage::Header, octets) {
            self.jobs.begin(job.submission, Carriage::Header, parts);
        }
    }
}
