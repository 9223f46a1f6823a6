//! The connections of a shard: a place for each, where its answer arrives and its deadline stands.
//!
//! Between the turn, which delivers answers, and the connections' tasks, which wait for them. Invariants: a place is
//! named by index and generation, so that an answer to a connection that is gone reaches nobody else; a place holds at
//! most one answer; there are never more places than the limit of connections.
//!
//! Deadlines are kept in a wheel of ticks and moved lazily: a later deadline is one store, and the entry in the
//! wheel is put forward when its tick comes. So a request costs the wheel nothing, and a connection about one entry
//! in ten seconds.

use crate::remains::Waits;
use meter::Laps;
use shard::Answer;
use std::net::SocketAddr;
use std::task::{Context, Poll, Waker};

/// Milliseconds of one tick of the wheel: no deadline of an edge needs to be met more exactly.
pub(crate) const TICK_MS: u64 = 64;

/// Ticks of the wheel, 32 s: entries further away are put forward once in that time.
const TICKS: u64 = 512;

/// Names a connection of a shard.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct SlotId {
    pub(crate) index: u32,
    pub(crate) generation: u32,
}

#[derive(Debug, Default)]
struct Slot {
    generation: u32,
    open: bool,
    waker: Option<Waker>,
    answer: Option<(Laps, Answer)>,
    /// Milliseconds on the engine's clock; `u64::MAX` for none.
    deadline_ms: u64,
    /// The tick of the earliest wheel entry that still counts; `u64::MAX` for none.
    armed_tick: u64,
    nudged: bool,
    /// For whoever asks why a drain does not end.
    peer: Option<SocketAddr>,
    waits: Waits,
}

/// All places of a shard.
#[derive(Debug)]
pub(crate) struct Slots {
    slots: Vec<Slot>,
    free: Vec<u32>,
    open: u32,
    slots_max: u32,
    wheel: Vec<Vec<SlotId>>,
    /// The tick up to which everything is handled.
    tick: u64,
    entries: usize,
    due: Vec<SlotId>,
}

impl Slots {
    pub(crate) fn new(slots_max: u32) -> Slots {
        Slots {
            slots: Vec::new(),
            free: Vec::new(),
            open: 0,
            slots_max,
            wheel: (0..TICKS).map(|_| Vec::new()).collect(),
            tick: 0,
            entries: 0,
            due: Vec::new(),
        }
    }

    /// Takes a place for a connection of that peer; `None` at the limit.
    pub(crate) fn open(&mut self, peer: SocketAddr) -> Option<SlotId> {
        if self.open >= self.slots_max {
            return None;
        }
        let index = self.free.pop().or_else(|| {
            let index = u32::try_from(self.slots.len()).ok()?;
            self.slots.push(Slot::default());
            Some(index)
        })?;
        let slot = self.slots.get_mut(index as usize)?;
        self.open += 1;
        slot.generation = slot.generation.wrapping_add(1);
        slot.open = true;
        slot.peer = Some(peer);
        slot.waits = Waits::Octets;
        slot.deadline_ms = u64::MAX;
        slot.armed_tick = u64::MAX;
        let generation = slot.generation;
        Some(SlotId { index, generation })
    }

    /// Gives a place back.
    pub(crate) fn close(&mut self, id: SlotId) {
        let Some(slot) = self.slot(id) else { return };
        slot.open = false;
        slot.waker = None;
        slot.answer = None;
        slot.nudged = false;
        slot.deadline_ms = u64::MAX;
        slot.armed_tick = u64::MAX;
        self.free.push(id.index);
        self.open -= 1;
    }

    /// Connections that have a place.
    pub(crate) fn open_count(&self) -> u32 {
        self.open
    }

    /// One of the connections: who its peer is, and what it waits for.
    pub(crate) fn one(&self) -> Option<(SocketAddr, Waits)> {
        let slot = self.slots.iter().find(|slot| slot.open)?;
        Some((slot.peer?, slot.waits))
    }

    /// Whether the wheel must turn.
    pub(crate) fn has_deadlines(&self) -> bool {
        self.entries > 0
    }

    /// Puts an answer into its place and wakes its connection; a connection that is gone drops it.
    pub(crate) fn deliver(&mut self, id: SlotId, laps: Laps, answer: Answer) {
        if let Some(slot) = self.slot(id) {
            debug_assert!(slot.answer.is_none(), "one request is outstanding");
            slot.answer = Some((laps, answer));
            wake(slot);
        }
    }

    /// The answer with its request's laps, or `None` when the deadline has come first.
    pub(crate) fn poll_answer(&mut self, id: SlotId, context: &Context<'_>) -> Poll<Option<(Laps, Answer)>> {
        let Some(slot) = self.slot(id) else {
            return Poll::Ready(None);
        };
        if let Some(answer) = slot.answer.take() {
            slot.nudged = false;
            return Poll::Ready(Some(answer));
        }
        if std::mem::take(&mut slot.nudged) {
            return Poll::Ready(None);
        }
        slot.waits = Waits::Answer;
        keep_waker(slot, context);
        Poll::Pending
    }

    /// Whether the connection was nudged since it last asked: its deadline has come, or the shard drains. Where it was
    /// not, the caller is woken at the next nudge. `waits` is what the connection waits for beside.
    pub(crate) fn poll_nudge(&mut self, id: SlotId, waits: Waits, context: &Context<'_>) -> Poll<()> {
        let Some(slot) = self.slot(id) else {
            return Poll::Ready(());
        };
        if std::mem::take(&mut slot.nudged) {
            return Poll::Ready(());
        }
        slot.waits = waits;
        keep_waker(slot, context);
        Poll::Pending
    }

    /// Sets when the connection is to be nudged.
    pub(crate) fn set_deadline(&mut self, id: SlotId, deadline_ms: u64) {
        let now_tick = self.tick;
        let Some(slot) = self.slot(id) else { return };
        slot.deadline_ms = deadline_ms;
        if deadline_ms == u64::MAX {
            return;
        }
        let tick = tick_of(deadline_ms, now_tick);
        if tick < slot.armed_tick {
            slot.armed_tick = tick;
            self.arm(id, tick);
        }
    }

    /// Nudges every connection: the shard drains.
    pub(crate) fn nudge_all(&mut self) {
        for slot in self.slots.iter_mut().filter(|slot| slot.open) {
            slot.nudged = true;
            wake(slot);
        }
    }

    /// Turns the wheel to `now_ms` and nudges whoever's deadline has come.
    pub(crate) fn turn_wheel(&mut self, now_ms: u64) {
        let until = now_ms / TICK_MS;
        // After a long sleep with an empty wheel one round is enough.
        let from = self.tick.max(until.saturating_sub(TICKS));
        for tick in from..until {
            self.tick = tick + 1;
            let mut due = std::mem::take(&mut self.due);
            if let Some(entries) = self.wheel.get_mut((tick % TICKS) as usize) {
                std::mem::swap(entries, &mut due);
            }
            self.entries -= due.len();
            for id in due.drain(..) {
                self.fall_due(id, tick, now_ms);
            }
            self.due = due;
        }
        self.tick = self.tick.max(until);
    }

    fn fall_due(&mut self, id: SlotId, tick: u64, now_ms: u64) {
        let now_tick = self.tick;
        let Some(slot) = self.slot(id) else { return };
        if slot.armed_tick > tick {
            return;
        }
        slot.armed_tick = u64::MAX;
        if slot.deadline_ms <= now_ms {
            slot.nudged = true;
            slot.deadline_ms = u64::MAX;
            wake(slot);
        } else if slot.deadline_ms != u64::MAX {
            let next = tick_of(slot.deadline_ms, now_tick);
            slot.armed_tick = next;
            self.arm(id, next);
        }
    }

    fn arm(&mut self, id: SlotId, tick: u64) {
        if let Some(entries) = self.wheel.get_mut((tick % TICKS) as usize) {
            entries.push(id);
            self.entries += 1;
        }
    }

    fn slot(&mut self, id: SlotId) -> Option<&mut Slot> {
        self.slots
            .get_mut(id.index as usize)
            .filter(|slot| slot.open && slot.generation == id.generation)
    }
}

/// The tick that is handled at or after the deadline, at most one round of the wheel away.
fn tick_of(deadline_ms: u64, now_tick: u64) -> u64 {
    (deadline_ms / TICK_MS).clamp(now_tick, now_tick + TICKS - 1)
}

fn wake(slot: &Slot) {
    if let Some(waker) = &slot.waker {
        waker.wake_by_ref();
    }
}

/// A connection has one task, so its waker is cloned once.
fn keep_waker(slot: &mut Slot, context: &Context<'_>) {
    match &slot.waker {
        Some(waker) if waker.will_wake(context.waker()) => {}
        _ => slot.waker = Some(context.waker().clone()),
    }
}

#[cfg(test)]
mod tests;
