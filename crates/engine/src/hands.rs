//! What the tasks of one shard share: the queue of inputs, the places of connections, the mesh, the meter.
//!
//! Every task of an executor holds an `Rc` of it and moves bytes and completions through it; only the turn decides.
//! Invariants: nothing here is borrowed across an await; the queue holds at most one request per connection, what the
//! mesh lets through, and the completions of the operations in flight, so it is bounded by those limits.

mod date;
mod places;

pub(crate) use places::Admission;

use crate::buffers::{Budget, GroupBuffer};
use crate::clock::KernelClock;
use crate::identity::Access;
use crate::lent::LENT_KEPT_MAX;
use crate::links::Linked;
use crate::mesh::{Envelope, Mesh, SentWhole};
use crate::mm4::Mm4Side;
use crate::peers::Peers;
use crate::refusals::Refusals;
use crate::remains::Remains;
use crate::slots::{SlotId, Slots};
use base::ShardId;
use meter::{Counter, ShardMeter};
use profile::Profile;
use shard::{Answer, Input, ReplyTo, SentTicket};
use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

/// One shard's shared state.
pub(crate) struct Hands {
    pub(crate) own: ShardId,
    pub(crate) shards: u16,
    pub(crate) clock: KernelClock,
    pub(crate) meter: Arc<ShardMeter>,
    pub(crate) limits: http1::Limits,
    pub(crate) budget: Rc<Budget>,
    pub(crate) slots: RefCell<Slots>,
    /// Connections that are being told that they are too many.
    turned_away: Cell<u32>,
    pub(crate) mesh: Mesh,
    pub(crate) mm4: Mm4Side,
    pub(crate) to_peers: Peers,
    profile: RefCell<Arc<Profile>>,
    /// The access points that hold now, from the next request on.
    pub(crate) access: RefCell<Arc<Access>>,
    inputs: RefCell<VecDeque<Input<GroupBuffer>>>,
    turn_waker: RefCell<Option<Waker>>,
    turn_wanted: Cell<bool>,
    wheel_waker: RefCell<Option<Waker>>,
    /// The brain refuses what is new, as of the last turn.
    overloaded: Cell<bool>,
    behind: Cell<bool>,
    refusals: RefCell<Refusals>,
    drain_wakers: RefCell<Vec<Waker>>,
    leaving: Cell<Leaving>,
    /// When it stopped accepting.
    left_ms: Cell<u64>,
    /// Listeners that may still give a connection.
    listeners_open: Cell<u32>,
    /// The links to those who carry pushes.
    pub(crate) linked: Linked,
    marker_wished: Cell<bool>,
    stopping: Cell<bool>,
    received: Cell<u64>,
    census_ordered: Cell<bool>,
    /// Milliseconds from the monotonic clock to the wall clock, as of the last turn.
    wall_offset_ms: Cell<u64>,
    date: Cell<(u64, [u8; 29])>,
    /// Buffers that connections receive heads into, in turn; one, but for those that hold something unread.
    pub(crate) lent: RefCell<Vec<Vec<u8>>>,
    /// Requests without an answer yet whose bodies lie in buffers that were lent.
    pub(crate) lent_away: Cell<u32>,
}

/// Connections over the limit that are being told so at a time; more are closed without a word.
const TURNED_AWAY_MAX: u32 = 64;

/// Milliseconds that a connection without a request gets for its first one after its shard has stopped accepting.
/// Reason: a phone's first octets follow its handshake within a round trip, 600 ms on the slowest networks in use; a
/// connection that is opened ahead of need and broken off later has lost nothing.
const FIRST_REQUEST_MS: u64 = 1_000;

/// How far a shard's end has come. Only forward.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Leaving {
    /// It serves.
    No,
    /// It serves, and closes each connection behind its next answer.
    Retiring,
    /// It accepts nothing; what comes on its connections is served.
    HandingOver,
    /// It accepts nothing and refuses what is new.
    Draining,
}

/// Which request a connection waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Turn {
    /// Its first.
    First,
    /// Another one.
    Later,
}

/// What a shard's hands are made of.
pub(crate) struct Parts {
    pub(crate) own: ShardId,
    pub(crate) shards: u16,
    pub(crate) meter: Arc<ShardMeter>,
    pub(crate) limits: http1::Limits,
    pub(crate) bodies_octets_max: u64,
    pub(crate) profile: Arc<Profile>,
    pub(crate) access: Arc<Access>,
    pub(crate) mesh: Mesh,
    pub(crate) mm4: Mm4Side,
    /// Connections of MM4 that there is room for.
    pub(crate) mm4_connections_max: u32,
}

impl Hands {
    pub(crate) fn new(parts: Parts) -> Rc<Hands> {
        let budget = Budget::new(parts.bodies_octets_max);
        budget.open_to_large(parts.profile.overload.memory_percent);
        Rc::new(Hands {
            own: parts.own,
            shards: parts.shards,
            clock: KernelClock::new(),
            meter: parts.meter,
            limits: parts.limits,
            budget,
            slots: RefCell::new(Slots::new(
                parts
                    .limits
                    .connections_max
                    .saturating_add(parts.mm4_connections_max)
                    .saturating_add(TURNED_AWAY_MAX),
            )),
            turned_away: Cell::new(0),
            mesh: parts.mesh,
            mm4: parts.mm4,
            to_peers: Peers::default(),
            profile: RefCell::new(parts.profile),
            access: RefCell::new(parts.access),
            inputs: RefCell::new(VecDeque::new()),
            turn_waker: RefCell::new(None),
            turn_wanted: Cell::new(false),
            wheel_waker: RefCell::new(None),
            overloaded: Cell::new(false),
            behind: Cell::new(false),
            refusals: RefCell::default(),
            drain_wakers: RefCell::new(Vec::new()),
            leaving: Cell::new(Leaving::No),
            left_ms: Cell::new(0),
            listeners_open: Cell::new(0),
            linked: Linked::default(),
            marker_wished: Cell::new(false),
            stopping: Cell::new(false),
            received: Cell::new(0),
            census_ordered: Cell::new(false),
            wall_offset_ms: Cell::new(0),
            date: Cell::new((0, http1::response::http_date(0))),
            lent: RefCell::new(Vec::with_capacity(LENT_KEPT_MAX)),
            lent_away: Cell::new(0),
        })
    }

    /// Milliseconds on the engine's clock.
    pub(crate) fn now_ms(&self) -> u64 {
        self.clock.monotonic().0
    }

    /// The settings that hold now.
    pub(crate) fn profile(&self) -> Arc<Profile> {
        Arc::clone(&self.profile.borrow())
    }

    /// Takes new settings, for the edge and, in its next turn, for the brain.
    pub(crate) fn take_profile(&self, profile: Arc<Profile>) {
        self.budget.open_to_large(profile.overload.memory_percent);
        *self.profile.borrow_mut() = Arc::clone(&profile);
        self.push(Input::Profile(profile));
    }

    /// Notes whether the brain refuses what is new, and whether it is behind.
    pub(crate) fn note_strain(&self, is_overloaded: bool, is_behind: bool) {
        self.overloaded.set(is_overloaded);
        self.behind.set(is_behind);
    }

    /// Whether what came waited long for the last turn.
    pub(crate) fn is_behind(&self) -> bool {
        self.behind.get()
    }

    /// Whether the brain refused what is new in the last turn.
    pub(crate) fn is_overloaded(&self) -> bool {
        self.overloaded.get()
    }

    /// A connection was refused for now: until when it is to be left alone, milliseconds.
    pub(crate) fn refused_until_ms(&self, now_ms: u64) -> u64 {
        let refusals_per_s = self.profile.borrow().overload.refusals_per_s;
        self.refusals.borrow_mut().said(now_ms, refusals_per_s)
    }

    /// Queues an input for the next turn.
    pub(crate) fn push(&self, input: Input<GroupBuffer>) {
        self.inputs.borrow_mut().push_back(input);
        if let Some(waker) = self.turn_waker.borrow_mut().take() {
            waker.wake();
        }
    }

    /// Runs a turn though nothing came in: somebody waits for what it says.
    pub(crate) fn wake_turn(&self) {
        self.turn_wanted.set(true);
        if let Some(waker) = self.turn_waker.borrow_mut().take() {
            waker.wake();
        }
    }

    /// Asks for a census at the end of the next turn.
    pub(crate) fn order_census(&self) {
        self.census_ordered.set(true);
        self.wake_turn();
    }

    /// Whether a census is asked for.
    pub(crate) fn owes_census(&self) -> bool {
        self.census_ordered.get()
    }

    /// Whether a census was asked for; asks once.
    pub(crate) fn take_census_order(&self) -> bool {
        self.census_ordered.replace(false)
    }

    /// Whether inputs wait.
    pub(crate) fn has_inputs(&self) -> bool {
        !self.inputs.borrow().is_empty()
    }

    /// Moves up to `inputs_max` inputs to where a turn takes them from; answers how many are left.
    pub(crate) fn take_inputs(&self, into: &mut Vec<Input<GroupBuffer>>, inputs_max: usize) -> usize {
        let mut inputs = self.inputs.borrow_mut();
        let count = inputs.len().min(inputs_max);
        into.extend(inputs.drain(..count));
        inputs.len()
    }

    /// Whether a turn has something to do without its deadline: inputs, or the end. Else it is woken when it has.
    pub(crate) fn poll_work(&self, context: &Context<'_>) -> Poll<()> {
        if self.stopping.get() || self.turn_wanted.replace(false) || self.has_inputs() {
            return Poll::Ready(());
        }
        let mut kept = self.turn_waker.borrow_mut();
        if !kept
            .as_ref()
            .is_some_and(|waker| waker.will_wake(context.waker()))
        {
            *kept = Some(context.waker().clone());
        }
        Poll::Pending
    }

    /// Whether the wheel of deadlines must turn. Else its task is woken when it must.
    pub(crate) fn poll_deadlines(&self, context: &Context<'_>) -> Poll<()> {
        if self.slots.borrow().has_deadlines() {
            return Poll::Ready(());
        }
        *self.wheel_waker.borrow_mut() = Some(context.waker().clone());
        Poll::Pending
    }

    /// Sets when a connection is to be nudged.
    pub(crate) fn set_deadline(&self, id: SlotId, deadline_ms: u64) {
        self.slots.borrow_mut().set_deadline(id, deadline_ms);
        if let Some(waker) = self.wheel_waker.borrow_mut().take() {
            waker.wake();
        }
    }

    /// Brings an answer to its connection, here or on another shard.
    pub(crate) fn answer(&self, to: ReplyTo, answer: Answer) {
        if to.shard == self.own {
            let id = SlotId {
                index: to.slot,
                generation: to.generation,
            };
            self.slots.borrow_mut().deliver(id, to.laps, answer);
        } else {
            self.meter.count(Counter::MeshSent);
            self.mesh.send(to.shard, Envelope::Answer(to, answer));
        }
    }

    /// Tells a retrieval's home how its sending ended.
    pub(crate) fn sent(&self, ticket: SentTicket, whole: SentWhole) {
        if ticket.home == self.own {
            let whole = whole == SentWhole::Yes;
            self.push(Input::Sent { ticket, whole });
        } else {
            self.meter.count(Counter::MeshSent);
            self.mesh.send(ticket.home, Envelope::Sent(ticket, whole));
        }
    }

    /// Takes what another shard sent.
    pub(crate) fn receive(&self, from: ShardId, envelope: Envelope) {
        self.received.set(self.received.get() + 1);
        match envelope {
            Envelope::Request(request) => self.push(Input::Request(request)),
            Envelope::Arrival(arrival) => self.push(Input::Arrival(arrival)),
            Envelope::Answer(to, answer) => {
                self.mesh.release(from);
                self.answer(to, answer);
            }
            Envelope::Mail(mail) => self.push(Input::Mail { from, mail }),
            Envelope::Sent(ticket, whole) => {
                let whole = whole == SentWhole::Yes;
                self.push(Input::Sent { ticket, whole });
            }
            Envelope::Link(linked) => self.receive_link(linked),
        }
    }

    /// Envelopes received so far.
    pub(crate) fn received_count(&self) -> u64 {
        self.received.get()
    }

    /// Whether the shard takes no connections any more: it drains, or hands over.
    pub(crate) fn is_draining(&self) -> bool {
        self.leaving.get() >= Leaving::HandingOver
    }

    /// Whether connections still queued are this process's own to serve: nobody else has the listeners.
    pub(crate) fn keeps_queue(&self) -> bool {
        self.leaving.get() == Leaving::Draining
    }

    /// Whether each answer is a connection's last.
    pub(crate) fn is_retiring(&self) -> bool {
        self.leaving.get() >= Leaving::Retiring
    }

    /// Until when a connection that waits for a request is to be kept though the shard takes no new ones. One that has
    /// not sent its first request yet was promised an answer by being accepted, and gets a moment for it.
    pub(crate) fn kept_until_ms(&self, turn: Turn) -> u64 {
        match (self.leaving.get(), turn) {
            (Leaving::HandingOver, Turn::First) => self.left_ms.get().saturating_add(FIRST_REQUEST_MS),
            _ => 0,
        }
    }

    /// From now on each answer is a connection's last.
    pub(crate) fn retire(&self) {
        self.leaving.set(self.leaving.get().max(Leaving::Retiring));
    }

    /// Begins to hand over: nothing is accepted, nothing is refused, connections end as they fall idle.
    pub(crate) fn hand_over(&self) {
        if self.leave(Leaving::HandingOver) {
            self.marker_wished.set(true);
            self.wake_turn();
        }
    }

    /// Begins to drain: connections close as they fall idle, the brain refuses what is new.
    pub(crate) fn drain(&self) {
        if self.leave(Leaving::Draining) {
            self.push(Input::Drain);
        }
    }

    /// Goes one step further; whether it is one.
    fn leave(&self, leaving: Leaving) -> bool {
        if self.leaving.get() >= leaving {
            return false;
        }
        self.leaving.set(leaving);
        self.left_ms.set(self.now_ms());
        self.drain_wakers.borrow_mut().drain(..).for_each(Waker::wake);
        self.slots.borrow_mut().nudge_all();
        true
    }

    /// Whether the log's end is to be written down, now that all connections of a shard that hands over are gone; once.
    /// That is done in a turn, which nothing else may bring about any more.
    pub(crate) fn takes_marker_wish(&self) -> bool {
        let takes = self.marker_wished.get() && self.is_quiet() && self.marker_wished.replace(false);
        if takes {
            self.wake_turn();
        }
        takes
    }

    /// A listener gives connections from now on.
    pub(crate) fn open_listener(&self) {
        self.listeners_open.set(self.listeners_open.get() + 1);
    }

    /// A listener gives no connection any more.
    pub(crate) fn close_listener(&self) {
        self.listeners_open
            .set(self.listeners_open.get().saturating_sub(1));
        self.wake_turn();
    }

    /// Whether the shard drains. Else the caller, one of the few accept tasks, is woken when it does.
    pub(crate) fn poll_drain(&self, context: &Context<'_>) -> Poll<()> {
        if self.is_draining() {
            return Poll::Ready(());
        }
        let mut wakers = self.drain_wakers.borrow_mut();
        if !wakers.iter().any(|waker| waker.will_wake(context.waker())) {
            wakers.push(context.waker().clone());
        }
        Poll::Pending
    }

    /// Whether the executor is to end now.
    pub(crate) fn is_stopping(&self) -> bool {
        self.stopping.get()
    }

    /// Ends the executor after the turn in progress.
    pub(crate) fn stop(&self) {
        self.stopping.set(true);
        self.wake_turn();
    }

    /// Whether nothing waits for a turn, no connection is open, and none can come.
    pub(crate) fn is_quiet(&self) -> bool {
        self.inputs.borrow().is_empty()
            && self.slots.borrow().open_count() == 0
            && self.listeners_open.get() == 0
    }

    /// What is left in the hands, the example of a connection aside.
    pub(crate) fn remains(&self) -> Remains {
        let slots = self.slots.borrow();
        Remains {
            listeners: self.listeners_open.get(),
            connections: slots.open_count(),
            inputs: u32::try_from(self.inputs.borrow().len()).unwrap_or(u32::MAX),
            links: self.links_open(),
            ..Remains::nothing(self.own)
        }
    }
}
