//! Overload: how long things wait in this shard, and what is refused for it.
//!
//! Between the hands and the stages: a request is put into the queue, and taken out of it in time or refused.
//! The verdict is `admit::shed`'s; here are its measures. Invariants: a refusal needs neither a decoded PDU nor
//! room in the journal, so it works while the disk stands still; what settles an earlier promise is refused
//! only where its queue is full.

use crate::arrival::Arrival;
use crate::backlog::{Full, Queued, Waiting};
use crate::brain::Brain;
use crate::request::{ReplyTo, Request};
use base::{Monotonic, Reason, limits};
use journal::Lsn;
use meter::{Counter, Gauge};
use std::collections::VecDeque;

/// Nanoseconds of a millisecond.
const MS_NS: u64 = 1_000_000;

/// When what is appended and not yet on disk was appended.
#[derive(Debug, Default)]
pub(crate) struct Undurable {
    /// At the end of which turn the log had got how far; those of one millisecond are one.
    marks: VecDeque<(Monotonic, Lsn)>,
}

impl Undurable {
    /// The log has got so far.
    pub(crate) fn appended(&mut self, now: Monotonic, appended: Lsn) {
        match self.marks.back_mut() {
            Some((_, last)) if *last == appended => {}
            Some((at, last)) if *at == now => *last = appended,
            _ => self.marks.push_back((now, appended)),
        }
    }

    /// Everything below `durable` is on disk: the age of the oldest that is not, milliseconds.
    pub(crate) fn age_ms(&mut self, now: Monotonic, durable: Lsn) -> u64 {
        while self.marks.pop_front_if(|(_, lsn)| *lsn <= durable).is_some() {}
        self.marks.front().map_or(0, |(at, _)| now.since(*at))
    }
}

impl<B: AsRef<[u8]> + AsMut<[u8]>> Brain<B> {
    /// Whether new messages that waited are refused: the edges may refuse large ones before they are read.
    #[must_use]
    pub fn is_overloaded(&self) -> bool {
        self.shed.is_standing()
    }

    /// Whether the edges leave new connections to the kernel for a while.
    #[must_use]
    pub fn is_behind(&self) -> bool {
        self.shed.is_behind()
    }

    /// Takes a request from the hands, dated back to when its edge had it.
    pub(crate) fn take_request(&mut self, mut request: Box<Request>) {
        let since = self.whole_since(&request.reply_to);
        if self.is_draining() {
            request.refusal = Some(Reason::Draining);
        }
        self.queue(Queued::request(since, request));
    }

    /// Takes a peer's mail from the hands, dated back likewise.
    pub(crate) fn take_arrival(&mut self, arrival: Box<Arrival>) {
        if self.is_draining() {
            return self.refuse_arrival(&arrival, Reason::Draining);
        }
        let since = self.whole_since(&arrival.reply_to);
        self.queue(Queued::arrival(since, arrival));
    }

    /// Since when its edge has had a request whole.
    fn whole_since(&self, reply_to: &ReplyTo) -> Monotonic {
        let waited_ms = reply_to.laps.since_border_ns(self.stamp_now()) / MS_NS;
        Monotonic(self.now.0.saturating_sub(waited_ms))
    }

    fn queue(&mut self, queued: Queued) {
        if let Err(Full(queued)) = self.backlog.push(queued) {
            self.meter.count(Counter::RequestsRefusedBusy);
            self.refuse_busy(&queued);
        }
    }

    fn refuse_busy(&mut self, queued: &Queued) {
        match &queued.what {
            Waiting::Request(request) => self.refuse_request(request, Some(Reason::Busy)),
            Waiting::Arrival(arrival) => self.refuse_arrival(arrival, Reason::Busy),
        }
    }

    /// Measures at the start of a turn, when what became durable is known.
    pub(crate) fn measure(&mut self) {
        self.disk_ms = self.undurable.age_ms(self.now, self.store.journal.durable_lsn());
        let waited_ms = self
            .backlog
            .oldest_since()
            .map_or(0, |since| self.now.since(since));
        let delay_ms = waited_ms + self.disk_ms;
        self.shed.observe(self.now, delay_ms, &self.profile.overload);
        self.meter.set(Gauge::QueueDelay, delay_ms);
        self.meter
            .set(Gauge::Overloaded, u64::from(self.shed.is_standing()));
    }

    /// Just after a start the first segments are on their way: what waits for them is not late.
    fn is_warming(&self) -> bool {
        self.wheel.current() < self.warm_until && self.store.journal.at_watermark()
    }

    /// Refuses what waited too long, from the front of what is new; a bounded number.
    pub(crate) fn shed_late(&mut self) {
        if self.is_warming() {
            return;
        }
        let delay_ms_max = self.shed.delay_ms_max(&self.profile.overload);
        // Late is whose wait and the disk's delay together are over the most that is borne.
        let late_before = (self.now + self.disk_ms).0.saturating_sub(delay_ms_max);
        for _ in 0..limits::BACKLOG_REQUESTS_MAX {
            let Some(queued) = self.backlog.pop_late(Monotonic(late_before)) else {
                return;
            };
            self.meter.count(Counter::OverloadRefused);
            self.refuse_busy(&queued);
        }
    }

    /// When the first of what is new will be late, should the journal have no room until then.
    pub(crate) fn late_at(&self) -> Option<Monotonic> {
        let since = self.backlog.beginning_since().filter(|_| !self.is_warming())?;
        let delay_ms = self.now.since(since) + self.disk_ms;
        let left_ms = self
            .shed
            .delay_ms_max(&self.profile.overload)
            .saturating_sub(delay_ms);
        // Both parts of the delay grow.
        Some(self.now + (left_ms / 2).max(1))
    }
}

#[cfg(test)]
mod tests;
