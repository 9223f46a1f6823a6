//! The machine: one link to one SMSC, from the first connection to the unbind.
//!
//! Between the engine, which owns the socket and the timer, and the outbox, which offers pushes and takes outcomes.
//! After every call the caller takes all [`Session::action`]s, writes [`Session::output`], and arms
//! [`Session::deadline`]. `receive.rs` has what comes in, `submit.rs` what goes out.
//!
//! Invariants: at most `window` submissions are unanswered and the token bucket is never overdrawn; a push that was
//! taken by [`Session::offer`] comes back in exactly one [`Action::Outcome`] of this session, after which only
//! [`Receipts`] may speak of it; the session never connects before the wait it named is over.

mod receive;
mod submit;

use std::collections::VecDeque;

use base::{Monotonic, Msisdn};

use super::backoff::{Noise, after, wait_ms};
use super::frame::command;
use super::jobs::Jobs;
use super::limits::{ACTIONS_MAX, OUTPUT_OCTETS_MAX, SEQUENCE_MAX};
use super::phase::{self, Event, Name, Phase};
use super::rate::Bucket;
use super::receipts::{Ended, Receipts};
use super::settings::{Carriage, Settings, Unfit};
use super::write;
use crate::choose::{LinkId, LinkState, SmscId};
use crate::outcome::{Outcome, PushId, Submission};

/// What the caller is to do or to know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    /// Connect, then say [`Session::connected`] or [`Session::disconnected`].
    Connect,
    /// Send what [`Session::output`] still has, if the socket takes it at once, and close.
    Close(Loss),
    /// Pushes may be offered (unless it is a receiver).
    Bound,
    /// What became of a push.
    Outcome(PushId, Outcome),
    /// The SMSC says that this phone, which was absent, is there (alert_notification).
    Reachable(Msisdn),
    /// The SMSC refuses optional parameters: from now on this link uses user data headers.
    CarriageLowered,
    /// The link was retired and is over.
    Ended,
}

/// Why a link is closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Loss {
    /// The connection did not come up, or ended.
    Peer,
    /// The bind was refused with this command_status: mostly a matter of settings.
    BindRefused(u32),
    /// The SMSC answered a submission with a status that only a new bind mends.
    Refused(u32),
    /// No answer to connect, bind or enquire_link, or to several submissions.
    Silent,
    /// Octets that are no SMPP.
    Garbled,
    /// The SMSC has unbound.
    Unbound,
    /// The caller retired the link.
    Retired,
}

/// Why a push was not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Why {
    /// The link is not bound so that it may submit.
    NotBound,
    /// Its queue is full.
    Full,
    /// The push takes more messages than are allowed.
    TooLong,
}

/// A push that was not taken, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    /// The push.
    pub submission: Submission,
    /// Why.
    pub why: Why,
}

/// The link's test: when the SMSC was last heard, and the enquire_link that is unanswered.
#[derive(Debug)]
struct Enquiry {
    heard: Monotonic,
    asked: Option<(u32, Monotonic)>,
}

/// How the SMSC has taken our pace.
#[derive(Debug)]
struct Throttle {
    level: u32,
    until: Monotonic,
}

/// One link.
#[derive(Debug)]
pub struct Session {
    settings: Settings,
    phase: Phase,
    carriage: Carriage,
    jobs: Jobs,
    bucket: Bucket,
    throttle: Throttle,
    enquiry: Enquiry,
    input: Vec<u8>,
    output: Vec<u8>,
    output_start: usize,
    actions: VecDeque<Action>,
    sequence: u32,
    reconnects: u32,
    unanswered: u32,
    noise: Noise,
}

impl Session {
    /// A link that asks to be connected at its first [`Self::tick`]. `seed` spreads its waits. Errors: a setting that
    /// fits no field.
    pub fn new(settings: Settings, seed: u64, now: Monotonic) -> Result<Self, Unfit> {
        settings.check()?;
        Ok(Self {
            phase: Phase::Waiting { until: now },
            carriage: settings.carriage,
            jobs: Jobs::default(),
            bucket: Bucket::new(settings.rate_per_s, settings.burst, now),
            throttle: Throttle { level: 0, until: now },
            enquiry: Enquiry {
                heard: now,
                asked: None,
            },
            input: Vec::new(),
            output: Vec::new(),
            output_start: 0,
            actions: VecDeque::new(),
            sequence: 0,
            reconnects: 0,
            unanswered: 0,
            noise: Noise::new(seed),
            settings,
        })
    }

    /// The connection is up.
    pub fn connected(&mut self, now: Monotonic) {
        if self.phase.name() != Name::Connecting {
            return;
        }
        self.input.clear();
        self.output.clear();
        self.output_start = 0;
        self.enquiry = Enquiry {
            heard: now,
            asked: None,
        };
        self.unanswered = 0;
        let sequence = self.next_sequence();
        write::bind(&mut self.output, sequence, &self.settings);
        let until = after(now, self.settings.bind_ms);
        self.go(Event::Connected, Phase::Binding { until });
    }

    /// The connection ended, or did not come up.
    pub fn disconnected(&mut self, now: Monotonic) {
        if self.phase.is_connected() || self.phase.name() == Name::Connecting {
            self.lose(Loss::Peer, now);
            // The caller knows that it is closed.
            self.actions.retain(|action| *action != Action::Close(Loss::Peer));
        }
    }

    /// Octets came in; also to be called with none after output was sent, if [`Self::is_receiving`] was false.
    pub fn received(&mut self, octets: &[u8], now: Monotonic, receipts: &mut Receipts) {
        if !self.phase.is_connected() {
            return;
        }
        self.input.extend_from_slice(octets);
        self.read_all(now, receipts);
        self.pump(now);
    }

    /// Time has passed.
    pub fn tick(&mut self, now: Monotonic, receipts: &mut Receipts) {
        self.received(&[], now, receipts);
        match self.phase {
            Phase::Waiting { until } if until <= now => {
                let until = after(now, self.settings.connect_ms);
                self.go(Event::Due, Phase::Connecting { until });
                self.actions.push_back(Action::Connect);
            }
            Phase::Connecting { until } | Phase::Binding { until } if until <= now => {
                self.lose(Loss::Silent, now)
            }
            Phase::Bound { .. } => self.test(now),
            Phase::Draining { until } => {
                self.test(now);
                if until <= now {
                    self.hand_back_all();
                }
            }
            Phase::Unbinding { until } if until <= now => self.lose(Loss::Retired, now),
            _ => {}
        }
        self.pump(now);
    }

    /// Takes a push, to be sent as window, rate and the SMSC allow. Errors: the push back, and why.
    pub fn offer(&mut self, submission: Submission, now: Monotonic) -> Result<(), Refused> {
        let octets = submission.octets.len();
        let refused = |submission, why| Err(Refused { submission, why });
        if !matches!(self.phase, Phase::Bound { .. }) || !self.settings.bind.may_submit() {
            return refused(submission, Why::NotBound);
        }
        if self.jobs.len() >= usize::try_from(self.settings.queue).unwrap_or(usize::MAX) {
            return refused(submission, Why::Full);
        }
        let Some(parts) = write::submissions(&self.settings, self.carriage, octets) else {
            return refused(submission, Why::TooLong);
        };
        self.jobs.begin(submission, self.carriage, parts);
        self.pump(now);
        Ok(())
    }

    /// Ends the link: pushes that were not begun come back at once, the others are waited for, then it unbinds.
    pub fn retire(&mut self, now: Monotonic) {
        match self.phase {
            Phase::Bound { .. } => {
                let until = after(now, self.settings.drain_ms);
                self.go(Event::Retire, Phase::Draining { until });
                for job in self.jobs.end_unbegun() {
                    let push = job.submission.id;
                    self.actions
                        .push_back(Action::Outcome(push, Outcome::LinkLost(job.submission)));
                }
                self.pump(now);
            }
            Phase::Waiting { .. } | Phase::Connecting { .. } | Phase::Binding { .. } => {
                if self.phase.name() != Name::Waiting {
                    self.actions.push_back(Action::Close(Loss::Retired));
                }
                self.go(Event::Retire, Phase::Ended);
                self.actions.push_back(Action::Ended);
            }
            _ => {}
        }
    }

    /// The next thing to do or to know.
    pub fn action(&mut self) -> Option<Action> {
        self.actions.pop_front()
    }

    /// Octets for the socket.
    #[must_use]
    pub fn output(&self) -> &[u8] {
        self.output.get(self.output_start..).unwrap_or_default()
    }

    /// So many octets of [`Self::output`] were sent.
    pub fn sent(&mut self, octets: usize) {
        self.output_start = self.output_start.saturating_add(octets).min(self.output.len());
        if self.output_start >= self.output.len() {
            self.output.clear();
            self.output_start = 0;
        }
    }

    /// Whether the socket may be read: not while answers pile up before a peer that does not take them.
    #[must_use]
    pub fn is_receiving(&self) -> bool {
        self.output().len() < OUTPUT_OCTETS_MAX && self.actions.len() < ACTIONS_MAX
    }

    /// When [`Self::tick`] is to be called next; nothing once it is over.
    #[must_use]
    pub fn deadline(&self) -> Option<Monotonic> {
        match self.phase {
            Phase::Waiting { until }
            | Phase::Connecting { until }
            | Phase::Binding { until }
            | Phase::Unbinding { until } => Some(until),
            Phase::Bound { .. } => Some(self.next_work()),
            Phase::Draining { until } => Some(until.min(self.next_work())),
            Phase::Ended => None,
        }
    }

    /// Where the link stands.
    #[must_use]
    pub fn phase(&self) -> Name {
        self.phase.name()
    }

    /// How the link carries segments now.
    #[must_use]
    pub fn carriage(&self) -> Carriage {
        self.carriage
    }

    /// Submissions that are unanswered, for the operator's gauge.
    #[must_use]
    pub fn outstanding(&self) -> usize {
        self.jobs.sent_len()
    }

    /// What [`crate::choose::choose`] wants to know of it.
    #[must_use]
    pub fn state(&self, link: LinkId, smsc: SmscId, now: Monotonic) -> LinkState {
        LinkState {
            link,
            smsc,
            is_up: matches!(self.phase, Phase::Bound { .. }) && self.settings.bind.may_submit(),
            is_paused: self.throttle.until > now,
            load: u32::try_from(self.jobs.len()).unwrap_or(u32::MAX),
            load_max: self.settings.queue,
        }
    }

    fn next_work(&self) -> Monotonic {
        let test = match self.enquiry.asked {
            Some((_, until)) => until,
            None => after(self.enquiry.heard, self.settings.enquire_ms),
        };
        let mut at = test.min(self.jobs.due_at().unwrap_or(test));
        if self.has_window()
            && let Some(ready) = self.jobs.ready_at()
        {
            at = at.min(ready.max(self.throttle.until).max(self.bucket.ready_at()));
        }
        at
    }

    fn go(&mut self, event: Event, to: Phase) {
        debug_assert_eq!(
            phase::next(event, self.phase.name()),
            Some(to.name()),
            "a row of the table: {event:?} from {:?}",
            self.phase.name()
        );
        self.phase = to;
    }

    /// The link is over for now: everything comes back, and it is closed.
    fn lose(&mut self, loss: Loss, now: Monotonic) {
        let Some(to) = phase::next(Event::Lost, self.phase.name()) else {
            return;
        };
        if let Phase::Bound { since } = self.phase
            && now.since(since) >= u64::from(self.settings.reconnect_ms_max)
        {
            self.reconnects = 0;
        }
        self.hand_back_all();
        self.actions.push_back(Action::Close(loss));
        if to == Name::Ended {
            self.go(Event::Lost, Phase::Ended);
            self.actions.push_back(Action::Ended);
            return;
        }
        let (least, most) = match loss {
            // Another try at once would be refused as well.
            Loss::BindRefused(_) => (self.settings.reconnect_ms_max, self.settings.reconnect_ms_max),
            _ => (self.settings.reconnect_ms_min, self.settings.reconnect_ms_max),
        };
        let wait = wait_ms(self.reconnects, least, most, self.noise.draw());
        self.reconnects = self.reconnects.saturating_add(1);
        self.go(
            Event::Lost,
            Phase::Waiting {
                until: after(now, wait),
            },
        );
    }

    fn hand_back_all(&mut self) {
        for job in self.jobs.end_all() {
            let push = job.submission.id;
            self.actions
                .push_back(Action::Outcome(push, Outcome::LinkLost(job.submission)));
        }
    }

    /// Tests the link when it is silent, and gives up what is overdue.
    fn test(&mut self, now: Monotonic) {
        match self.enquiry.asked {
            Some((_, until)) if until <= now => return self.lose(Loss::Silent, now),
            None if after(self.enquiry.heard, self.settings.enquire_ms) <= now => {
                let sequence = self.next_sequence();
                write::bare(&mut self.output, command::ENQUIRE_LINK, sequence);
                let until = after(now, self.settings.response_ms);
                self.enquiry.asked = Some((sequence, until));
            }
            _ => {}
        }
        while let Some(part) = self.jobs.overdue(now) {
            self.unanswered = self.unanswered.saturating_add(1);
            if let Some(job) = self.jobs.end(part.job) {
                let push = job.submission.id;
                self.actions
                    .push_back(Action::Outcome(push, Outcome::Unanswered(job.submission)));
            }
        }
        if self.unanswered >= self.settings.unanswered_max {
            self.lose(Loss::Silent, now);
        }
    }

    fn next_sequence(&mut self) -> u32 {
        // The window is far below the numbers there are, so a free one is found.
        loop {
            self.sequence = match self.sequence {
                SEQUENCE_MAX.. => 1,
                below => below.saturating_add(1),
            };
            if !self.jobs.is_on_wire(self.sequence) {
                return self.sequence;
            }
        }
    }

    fn report(&mut self, ended: impl IntoIterator<Item = Ended>) {
        let outcomes = ended
            .into_iter()
            .map(|(push, outcome)| Action::Outcome(push, outcome));
        self.actions.extend(outcomes);
    }
}
