//! The pushes of a link: what is queued, what waits, what is on the wire.
//!
//! The memory of a session. Invariants: a push is a job from its offer to its outcome; each of its submissions (one
//! for each segment, as a rule) is in exactly one place: queued, waiting for its next try, on the wire, or taken;
//! places that speak of a job that is over are passed over.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use base::Monotonic;
use smallvec::SmallVec;

use super::message_id::MessageId;
use super::settings::Carriage;
use crate::outcome::Submission;

/// A job's name; another when it begins anew.
pub(crate) type JobKey = u64;

/// One submission of a job.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Part {
    pub(crate) job: JobKey,
    /// Segment number, from 1.
    pub(crate) number: u8,
}

/// A push under way.
#[derive(Debug)]
pub(crate) struct Job {
    pub(crate) submission: Submission,
    pub(crate) carriage: Carriage,
    pub(crate) parts: u8,
    pub(crate) taken: u8,
    pub(crate) ids: SmallVec<[MessageId; 1]>,
    pub(crate) throttled: u32,
    pub(crate) tries: u8,
    pub(crate) is_begun: bool,
}

/// All of a link's.
#[derive(Debug, Default)]
pub(crate) struct Jobs {
    jobs: BTreeMap<JobKey, Job>,
    next_key: JobKey,
    queued: VecDeque<Part>,
    waiting: BTreeSet<(Monotonic, Part)>,
    sent: BTreeMap<u32, Part>,
    due: VecDeque<(Monotonic, u32)>,
}

impl Jobs {
    /// Pushes.
    pub(crate) fn len(&self) -> usize {
        self.jobs.len()
    }

    /// Submissions on the wire, also of pushes that are over.
    pub(crate) fn sent_len(&self) -> usize {
        self.sent.len()
    }

    /// Whether nothing is under way.
    pub(crate) fn is_idle(&self) -> bool {
        self.jobs.is_empty() && self.sent.is_empty()
    }

    /// Takes a push in `parts` submissions.
    pub(crate) fn begin(&mut self, submission: Submission, carriage: Carriage, parts: u8) {
        self.next_key = self.next_key.wrapping_add(1);
        let job = self.next_key;
        self.queued.extend((1..=parts).map(|number| Part { job, number }));
        let begun = Job {
            submission,
            carriage,
            parts,
            taken: 0,
            ids: SmallVec::new(),
            throttled: 0,
            tries: 0,
            is_begun: false,
        };
        self.jobs.insert(job, begun);
    }

    /// A push.
    pub(crate) fn get_mut(&mut self, job: JobKey) -> Option<&mut Job> {
        self.jobs.get_mut(&job)
    }

    /// Ends a push.
    pub(crate) fn end(&mut self, job: JobKey) -> Option<Job> {
        self.jobs.remove(&job)
    }

    /// The next submission that may go: one whose wait is over, before those that never went.
    pub(crate) fn next(&mut self, now: Monotonic) -> Option<(Part, &mut Job)> {
        while let Some(part) = self.pop(now) {
            if self.jobs.contains_key(&part.job) {
                let job = self.jobs.get_mut(&part.job)?;
                return Some((part, job));
            }
        }
        None
    }

    fn pop(&mut self, now: Monotonic) -> Option<Part> {
        match self.waiting.first() {
            Some((at, _)) if *at <= now => self.waiting.pop_first().map(|(_, part)| part),
            _ => self.queued.pop_front(),
        }
    }

    /// Puts a submission back at the front.
    pub(crate) fn put_back(&mut self, part: Part) {
        self.queued.push_front(part);
    }

    /// Lets a submission wait.
    pub(crate) fn wait(&mut self, part: Part, until: Monotonic) {
        self.waiting.insert((until, part));
    }

    /// When there is something to send: at once (the past) or after a wait.
    pub(crate) fn ready_at(&self) -> Option<Monotonic> {
        if !self.queued.is_empty() {
            return Some(Monotonic(0));
        }
        self.waiting.first().map(|(at, _)| *at)
    }

    /// Notes a submission on the wire.
    pub(crate) fn on_wire(&mut self, sequence: u32, part: Part, until: Monotonic) {
        self.sent.insert(sequence, part);
        self.due.push_back((until, sequence));
    }

    /// Whether a sequence_number is in use.
    pub(crate) fn is_on_wire(&self, sequence: u32) -> bool {
        self.sent.contains_key(&sequence)
    }

    /// Takes an answered submission off the wire.
    pub(crate) fn answered(&mut self, sequence: u32) -> Option<Part> {
        let part = self.sent.remove(&sequence);
        while self
            .due
            .front()
            .is_some_and(|(_, sequence)| !self.sent.contains_key(sequence))
        {
            self.due.pop_front();
        }
        part
    }

    /// When the oldest submission on the wire is overdue.
    pub(crate) fn due_at(&self) -> Option<Monotonic> {
        self.due.front().map(|(until, _)| *until)
    }

    /// Takes an overdue submission off the wire.
    pub(crate) fn overdue(&mut self, now: Monotonic) -> Option<Part> {
        let &(until, sequence) = self.due.front()?;
        if until > now {
            return None;
        }
        self.answered(sequence)
    }

    /// Ends all pushes, in the order of their offers, and forgets what was on the wire.
    pub(crate) fn end_all(&mut self) -> impl Iterator<Item = Job> + use<> {
        self.queued.clear();
        self.waiting.clear();
        self.sent.clear();
        self.due.clear();
        std::mem::take(&mut self.jobs).into_values()
    }

    /// Ends the pushes of which nothing has been sent.
    pub(crate) fn end_unbegun(&mut self) -> impl Iterator<Item = Job> + use<> {
        let (begun, unbegun): (BTreeMap<_, _>, BTreeMap<_, _>) = std::mem::take(&mut self.jobs)
            .into_iter()
            .partition(|(_, job)| job.is_begun);
        self.queued.retain(|part| begun.contains_key(&part.job));
        self.jobs = begun;
        unbegun.into_values()
    }
}
