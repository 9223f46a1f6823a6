//! The driver of one thread: exchanges over connections, as an actor wants them, at the times that it wants them.
//!
//! Above [`crate::wire`], below the actors. An actor says what is due, writes a request when a connection is free
//! for it, and is told how it ended; it sees neither sockets nor the clock.
//!
//! ```text
//!  Actor::due ─► Desk ─► waiting ─► a free connection ─► Actor::compose ─► wire ─► server
//!      ▲                                                                            │
//!      └──────────── Actor::concluded ◄── inbox (octets to an answer) ◄─────────────┘
//! ```
//!
//! Invariants: the schedule is the actor's: nothing here waits for an answer before it sends what is due, unless
//! every connection is in use, which is counted ([`Tally::held`]) and does not change when latency begins to count.

mod exchange;
mod inbox;
mod target;

pub use exchange::{Answer, Ask, Desk, Failure, Outcome, Pace, Shape, Times};
pub use target::Target;

use crate::clock::{Clock, MILLISECOND_NS, SECOND_NS};
use crate::wire::{Completion, Done, Ending, Received, Wire};
use inbox::{Found, Inbox};
use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::io;
use std::time::Duration;
use target::Pool;

/// A turn never waits longer, so that the run's end and its intervals are seen in time.
const TURN_NS: u64 = 10 * MILLISECOND_NS;
/// How long a phone that asked for 100 waits for it (RFC 9110 §10.1.1 leaves it to the client).
const CONTINUE_NS: u64 = SECOND_NS;

/// Who decides what is sent.
pub trait Actor {
    /// Asks for everything that is due now.
    fn due(&mut self, now_ns: u64, desk: &mut Desk);
    /// When something is due next, if that is known.
    fn next_due_ns(&self) -> Option<u64>;
    /// Writes the request of an exchange to the connection's own buffer, which is empty; says what follows it.
    fn compose(&mut self, token: u64, front: &mut Vec<u8>) -> Shape;
    /// An exchange has ended.
    fn concluded(&mut self, token: u64, outcome: Outcome<'_>, times: Times, desk: &mut Desk);
    /// A wake that was asked for.
    fn woken(&mut self, token: u64, now_ns: u64, desk: &mut Desk);
}

/// What happened beside the exchanges.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Exchanges that found every connection in use when they were due.
    pub held: u64,
    /// Connections made.
    pub connected: u64,
    /// Connections that the peer ended while nothing was under way.
    pub dropped: u64,
    /// Octets sent.
    pub octets_sent: u64,
    /// Octets received.
    pub octets_received: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Timer {
    Wake(u64),
    Piece(u32, u32),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
enum State {
    #[default]
    Vacant,
    Connecting,
    Idle,
    Busy,
}

#[derive(Debug, Default)]
struct Connection {
    target: u8,
    state: State,
    serial: u32,
    ask: Option<Ask>,
    times: Times,
    inbox: Inbox,
    pace: Pace,
    is_last: bool,
    sent: usize,
}

/// The driver.
#[derive(Debug)]
pub struct Driver {
    wire: Wire,
    clock: Clock,
    pools: Vec<Pool>,
    connections: Vec<Connection>,
    timers: BinaryHeap<Reverse<(u64, Timer)>>,
    desk: Desk,
    completions: Vec<Completion>,
    tally: Tally,
}

impl Driver {
    /// A driver for these targets, on the thread that will turn it.
    ///
    /// # Errors
    /// What the kernel says about io_uring.
    pub fn new(targets: &[Target], clock: Clock) -> io::Result<Driver> {
        let slots: u32 = targets.iter().map(|target| target.connections_max).sum();
        // Some are closing while others open in their place.
        let slots = slots + slots / 4 + 16;
        Ok(Driver {
            wire: Wire::new(slots)?,
            clock,
            pools: targets.iter().map(Pool::new).collect(),
            connections: (0..slots).map(|_| Connection::default()).collect(),
            timers: BinaryHeap::new(),
            desk: Desk::default(),
            completions: Vec::with_capacity(4_096),
            tally: Tally::default(),
        })
    }

    /// Opens so many connections to a target at once, before there is anything to send.
    ///
    /// # Errors
    /// What the kernel says.
    pub fn open(&mut self, target: u8, connections: u32) -> io::Result<()> {
        for _ in 0..connections {
            self.connect(target)?;
        }
        Ok(())
    }

    /// What happened so far.
    #[must_use]
    pub fn tally(&self) -> Tally {
        self.tally
    }

    /// Connections of a target that stand and are free.
    #[must_use]
    pub fn idle(&self, target: u8) -> usize {
        self.pools[usize::from(target)].idle.len()
    }

    /// Where an actor's wishes are put down outside a turn.
    pub fn desk(&mut self) -> &mut Desk {
        &mut self.desk
    }

    /// One turn: what is due is sent, what has come is told; waits for something to come, at most until the next is
    /// due.
    ///
    /// # Errors
    /// What the kernel says to the ring itself; broken connections are told to the actor.
    pub fn turn(&mut self, actor: &mut impl Actor) -> io::Result<()> {
        let now_ns = self.clock.now_ns();
        actor.due(now_ns, &mut self.desk);
        self.fire(now_ns, actor)?;
        self.expire(now_ns, actor)?;
        self.settle(actor)?;
        let next = [
            actor.next_due_ns(),
            self.timers.peek().map(|Reverse((at, _))| *at),
            self.pools.iter().filter_map(Pool::next_deadline_ns).min(),
            Some(now_ns + TURN_NS),
        ];
        let patience = next
            .into_iter()
            .flatten()
            .min()
            .map_or(Duration::ZERO, |at| self.clock.until(at));
        let mut completions = std::mem::take(&mut self.completions);
        self.wire.wait(patience, &mut completions)?;
        let now_ns = self.clock.now_ns();
        for completion in completions.drain(..) {
            if let Some((slot, done)) = self.wire.interpret(completion)? {
                self.handle(slot, done, now_ns, actor)?;
            }
        }
        self.completions = completions;
        self.settle(actor)
    }

    /// Takes from the actor's desk what it wants, and begins what can be begun.
    fn settle(&mut self, actor: &mut impl Actor) -> io::Result<()> {
        for (at_ns, token) in self.desk.wakes.drain(..) {
            self.timers.push(Reverse((at_ns, Timer::Wake(token))));
        }
        while let Some(ask) = self.desk.asks.pop_front() {
            let pool = &mut self.pools[usize::from(ask.target)];
            if let Some(slot) = pool.idle.pop() {
                self.begin(slot, ask, actor)?;
            } else if pool.is_full_of_waiting() {
                self.desk.give_up(&ask, Failure::Held, self.clock.now_ns(), actor);
            } else {
                let may_open = pool.may_open();
                self.tally.held += u64::from(!may_open && pool.opening == 0);
                pool.waiting.push_back(ask);
                if may_open {
                    self.connect(ask.target)?;
                }
            }
        }
        Ok(())
    }

    fn connect(&mut self, target: u8) -> io::Result<()> {
        let pool = &mut self.pools[usize::from(target)];
        let Some(slot) = self.wire.connect(pool.address)? else {
            return Ok(());
        };
        pool.open += 1;
        pool.opening += 1;
        let connection = &mut self.connections[slot as usize];
        connection.target = target;
        connection.state = State::Connecting;
        Ok(())
    }

    fn begin(&mut self, slot: u32, ask: Ask, actor: &mut impl Actor) -> io::Result<()> {
        let Some(front) = self.wire.front(slot) else {
            // The last request of this connection has not left it yet although its answer came: it is of no use.
            self.finish(slot)?;
            self.desk.asks.push_back(ask);
            return Ok(());
        };
        front.clear();
        let shape = actor.compose(ask.token, front);
        self.wire.attach(slot, shape.body.as_ref(), shape.tail);
        let whole = self.wire.octets(slot);
        let now_ns = self.clock.now_ns();
        let connection = &mut self.connections[slot as usize];
        connection.serial = connection.serial.wrapping_add(1);
        connection.state = State::Busy;
        connection.ask = Some(ask);
        connection.times = Times {
            due_ns: ask.due_ns.min(now_ns),
            sent_ns: now_ns,
            done_ns: now_ns,
        };
        connection.inbox.clear();
        connection.pace = shape.pace;
        connection.is_last = shape.is_last;
        connection.sent = match shape.pace {
            Pace::Whole => whole,
            Pace::Slow { piece_octets, .. } => whole.min(piece_octets as usize),
            Pace::CutAt(octets) | Pace::Hold(octets) => whole.min(octets as usize),
        };
        let (sent, serial) = (connection.sent, connection.serial);
        if let Pace::Hold(_) = shape.pace {
            self.timers
                .push(Reverse((now_ns + CONTINUE_NS, Timer::Piece(slot, serial))));
        }
        self.pools[usize::from(ask.target)].watch(now_ns, slot, serial);
        self.wire.send(slot, 0, sent)
    }

    fn handle(&mut self, slot: u32, done: Done, now_ns: u64, actor: &mut impl Actor) -> io::Result<()> {
        match done {
            Done::Connected => {
                self.tally.connected += 1;
                let target = self.connections[slot as usize].target;
                self.pools[usize::from(target)].opening -= 1;
                self.free(slot, actor)
            }
            Done::Sent(octets) => self.sent(slot, octets, now_ns, actor),
            Done::Received(received) => self.received(slot, received, now_ns, actor),
            Done::Ended => self.ended(slot, now_ns, actor),
            Done::Vacant | Done::Accepted => Ok(()),
        }
    }

    fn sent(&mut self, slot: u32, octets: usize, now_ns: u64, actor: &mut impl Actor) -> io::Result<()> {
        self.tally.octets_sent += octets as u64;
        let connection = &self.connections[slot as usize];
        if connection.state != State::Busy {
            return Ok(());
        }
        match connection.pace {
            Pace::CutAt(_) => {
                self.wire.close(slot, Ending::Reset)?;
                self.conclude(slot, Failure::Cut, now_ns, actor)
            }
            Pace::Slow { gap_ns, .. } if connection.sent < self.wire.octets(slot) => {
                let timer = Timer::Piece(slot, connection.serial);
                self.timers.push(Reverse((now_ns + gap_ns, timer)));
                Ok(())
            }
            _ => Ok(()),
        }
    }

    fn received(
        &mut self,
        slot: u32,
        received: Received,
        now_ns: u64,
        actor: &mut impl Actor,
    ) -> io::Result<()> {
        self.tally.octets_received += received.octets().len() as u64;
        let connection = &mut self.connections[slot as usize];
        if connection.state != State::Busy {
            // An answer to nothing: whatever it is, the connection can't be trusted with a request.
            self.wire.give_back(received);
            return self.ended(slot, now_ns, actor);
        }
        connection.times.done_ns = now_ns;
        let mut found = connection.inbox.receive(received.octets());
        let continues = found == Found::Continue;
        if continues {
            found = connection.inbox.receive(&[]);
        }
        let ends = match found {
            Found::Nothing | Found::Continue => None,
            Found::Answer(answer, persists) => {
                if let Some(ask) = connection.ask.take() {
                    let outcome = Outcome::Answered(answer);
                    actor.concluded(ask.token, outcome, connection.times, &mut self.desk);
                }
                Some(persists && !connection.is_last)
            }
            Found::Malformed => {
                if let Some(ask) = connection.ask.take() {
                    let outcome = Outcome::Failed(Failure::Malformed);
                    actor.concluded(ask.token, outcome, connection.times, &mut self.desk);
                }
                Some(false)
            }
        };
        self.wire.give_back(received);
        match ends {
            Some(true) => self.free(slot, actor),
            Some(false) => self.finish(slot),
            None if continues => self.go_on(slot, usize::MAX),
            None => Ok(()),
        }
    }

    fn ended(&mut self, slot: u32, now_ns: u64, actor: &mut impl Actor) -> io::Result<()> {
        let connection = &mut self.connections[slot as usize];
        let target = usize::from(connection.target);
        match connection.state {
            State::Vacant => return Ok(()),
            State::Connecting => {
                self.pools[target].opening -= 1;
                // Somebody waited for it, or will; with none standing nobody can be served.
                if let Some(ask) = self.pools[target].waiting.pop_front() {
                    self.desk.give_up(&ask, Failure::Unreachable, now_ns, actor);
                }
            }
            State::Idle => {
                self.tally.dropped += 1;
                self.pools[target].idle.retain(|idle| *idle != slot);
            }
            State::Busy => {
                connection.times.done_ns = now_ns;
                let outcome = match connection.inbox.ended() {
                    Found::Answer(answer, _) => Outcome::Answered(answer),
                    _ => Outcome::Failed(Failure::Broken),
                };
                if let Some(ask) = connection.ask.take() {
                    actor.concluded(ask.token, outcome, connection.times, &mut self.desk);
                }
            }
        }
        self.finish(slot)
    }

    /// Sends the next piece, up to so many octets.
    fn go_on(&mut self, slot: u32, octets: usize) -> io::Result<()> {
        let whole = self.wire.octets(slot);
        let connection = &mut self.connections[slot as usize];
        let from = connection.sent;
        connection.sent = whole.min(from.saturating_add(octets));
        if connection.sent > from {
            self.wire.send(slot, from, connection.sent)?;
        }
        Ok(())
    }

    /// A connection is free: whoever waits gets it.
    fn free(&mut self, slot: u32, actor: &mut impl Actor) -> io::Result<()> {
        let connection = &mut self.connections[slot as usize];
        connection.state = State::Idle;
        let pool = &mut self.pools[usize::from(connection.target)];
        match pool.waiting.pop_front() {
            Some(ask) => self.begin(slot, ask, actor),
            None => {
                pool.idle.push(slot);
                Ok(())
            }
        }
    }

    /// Ends a connection; whoever waits gets a new one.
    fn finish(&mut self, slot: u32) -> io::Result<()> {
        let connection = &mut self.connections[slot as usize];
        if connection.state == State::Vacant {
            return Ok(());
        }
        connection.state = State::Vacant;
        connection.serial = connection.serial.wrapping_add(1);
        let target = connection.target;
        self.wire.close(slot, Ending::Orderly)?;
        let pool = &mut self.pools[usize::from(target)];
        pool.open -= 1;
        if pool.waiting.len() > pool.opening as usize && pool.may_open() {
            self.connect(target)?;
        }
        Ok(())
    }

    fn conclude(
        &mut self,
        slot: u32,
        failure: Failure,
        now_ns: u64,
        actor: &mut impl Actor,
    ) -> io::Result<()> {
        let connection = &mut self.connections[slot as usize];
        connection.times.done_ns = now_ns;
        if let Some(ask) = connection.ask.take() {
            actor.concluded(
                ask.token,
                Outcome::Failed(failure),
                connection.times,
                &mut self.desk,
            );
        }
        self.finish(slot)
    }

    /// Timers that are due.
    fn fire(&mut self, now_ns: u64, actor: &mut impl Actor) -> io::Result<()> {
        while let Some(Reverse((at_ns, timer))) = self.timers.peek().copied() {
            if at_ns > now_ns {
                break;
            }
            self.timers.pop();
            match timer {
                Timer::Wake(token) => actor.woken(token, now_ns, &mut self.desk),
                Timer::Piece(slot, serial) => {
                    let connection = &self.connections[slot as usize];
                    if connection.serial == serial && connection.state == State::Busy {
                        let octets = match connection.pace {
                            Pace::Slow { piece_octets, .. } => piece_octets as usize,
                            _ => usize::MAX,
                        };
                        self.go_on(slot, octets)?;
                    }
                }
            }
        }
        Ok(())
    }

    /// Exchanges, and connections for one, that were waited for long enough.
    fn expire(&mut self, now_ns: u64, actor: &mut impl Actor) -> io::Result<()> {
        for target in 0..self.pools.len() {
            while let Some(ask) = self.pools[target].held_too_long(now_ns) {
                self.desk.give_up(&ask, Failure::Held, now_ns, actor);
            }
            while let Some((slot, serial)) = self.pools[target].expired(now_ns) {
                let connection = &self.connections[slot as usize];
                if connection.serial == serial && connection.state == State::Busy {
                    self.conclude(slot, Failure::Silent, now_ns, actor)?;
                }
            }
        }
        Ok(())
    }
}
