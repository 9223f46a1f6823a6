//! The end of a run: faults cease, disks are mended, phones behave; whatever is open has to come to its end.
//!
//! Last in the run. First everything that can be delivered must be, within the time that a schedule gives; then
//! every validity passes, and nothing may be left. Invariant: nothing in here is left to chance that could
//! excuse a failure.

use super::Walk;
use crate::event::Event;
use journal::SegmentState;
use std::collections::BTreeSet;

/// Rounds of calm weather, and the milliseconds between them: together longer than any wait of a schedule.
const ROUNDS: u32 = 12;
const ROUND_MS: u64 = 100_000;

/// Milliseconds until everything has expired and nothing may be fetched again: twelve hours, twice the longest
/// validity.
const OVER_MS: u64 = 12 * 3_600_000;

impl Walk {
    pub(super) fn end(&mut self) {
        self.calm();
        self.hear(&Event::Calm);
        self.release();
        for _ in 0..ROUNDS {
            self.speak_all();
            self.take_all();
            self.advance(ROUND_MS, 5_000);
            if self.court.fault.is_some() {
                return;
            }
        }
        self.tell_open();
        self.hear(&Event::Settled);
        self.advance(OVER_MS, 300_000);
        self.hear(&Event::Over);
        self.judge_reports();
        self.lives.look(&self.world, &mut self.coverage);
    }

    /// Phones take everything that they know of, and what that makes room for, once.
    fn take_all(&mut self) {
        let mut tried = BTreeSet::new();
        loop {
            self.settle();
            let mut open = self.notes.clone();
            open.retain(|known| {
                self.is_open(known.message, known.recipient) && tried.insert((known.message, known.recipient))
            });
            if open.is_empty() || self.court.fault.is_some() {
                return;
            }
            for known in open {
                self.fetch(&known);
            }
        }
    }

    /// No more faults: disks with room that answer at once, a right clock, connections that carry.
    fn calm(&mut self) {
        self.is_calm = true;
        self.set_right();
        self.settle_on(0);
        self.tell(|| "from here on everything is calm".to_owned());
        let plan = &mut self.world.shape.plan;
        (plan.eio, plan.short, plan.enospc, plan.slow_steps_max) = (0, 0, 0, 0);
        self.world.shape.read_eio = 0;
        let plan = self.world.shape.plan.clone();
        for node in &mut self.world.nodes {
            let seed = node.disk.plan_mut().seed;
            *node.disk.plan_mut() = plan.clone();
            node.disk.plan_mut().seed = seed;
        }
        // What the disks have answered by now may be a failure.
        self.settle();
        // A journal that has failed stays so until the disk is replaced and the process started again; a drain
        // ends in a stop, too.
        let has_failed = self
            .world
            .nodes
            .iter()
            .any(|node| node.brain.store().has_failed());
        if has_failed || self.one_in(4) {
            self.restart(self.world.shape.shards);
        }
        // What fell silent stays so; phones and server find out by their own patience.
    }

    /// What the shards know of those who still wait, and what their logs hold.
    fn tell_open(&mut self) {
        for (message, recipient) in self.world.ledger.open() {
            let stores = self.world.nodes.iter().map(|node| node.brain.store());
            let copies: Vec<String> = stores
                .filter_map(|store| {
                    let number = store
                        .recipients
                        .find(base::MessageId::from_bits(message), recipient)?;
                    let copy = store.recipients.get(number)?;
                    let place = store.subscribers.get(copy.subscriber);
                    Some(format!("{number}: {copy:?} {place:?}"))
                })
                .collect();
            self.tell(|| format!("{message:x}/{recipient} waits: {copies:?}"));
        }
        let logs = self.world.nodes.iter().map(|node| {
            let journal = &node.brain.store().journal;
            let of = |state: &SegmentState| {
                let is_damaged = node.is_damaged(state.place.slot, 0, state.end);
                let damage = if is_damaged { ", damaged" } else { "" };
                let (segment, phase) = (state.place.segment.0, state.phase);
                format!("{segment} {phase:?}, {} needed{damage}", state.pinned_octets)
            };
            let segments: Vec<_> = journal.segments().map(of).collect();
            format!("a log with {} octets left: {segments:?}", journal.octets_left())
        });
        let logs: Vec<_> = logs.collect();
        self.tell(|| logs.join("; "));
    }

    fn is_open(&self, message: u64, recipient: u16) -> bool {
        let copy = self.world.ledger.copies.get(&(message, recipient));
        copy.is_none_or(|copy| copy.end.is_none())
    }

    /// Everything that can happen at this moment happens.
    fn settle(&mut self) {
        for _ in 0..10_000 {
            self.world.settle();
            self.attend();
            if self.carry_all() {
                continue;
            }
            if !self.net.flush(&mut self.world, &self.book) && self.world.fresh.is_empty() {
                self.attend();
                let is_due = |node: &crate::node::Node| node.is_due(self.world.now) || node.is_busy();
                if !self.world.nodes.iter().any(is_due) {
                    return;
                }
            }
            self.attend();
        }
        self.court
            .find("liveness", "the run never comes to rest".to_owned());
    }

    /// Lets time pass, stopping at each deadline, but at least `grain_ms` apart.
    fn advance(&mut self, ms: u64, grain_ms: u64) {
        let target = self.world.now.monotonic.0 + ms;
        while self.world.now.monotonic.0 < target && self.court.fault.is_none() {
            self.settle();
            let deadlines = self
                .world
                .nodes
                .iter()
                .filter_map(|node| node.brain.next_deadline());
            let next = deadlines.min().map_or(target, |next| next.0);
            let next = next.max(self.world.now.monotonic.0 + grain_ms).min(target);
            self.world.pass(next - self.world.now.monotonic.0);
        }
        self.settle();
    }
}
