//! The thread that owns the map: datagrams in, events applied, recorded, answered.
//!
//! ```text
//!  sockets ─► verify ─► met before? ─► apply (every shard sees it) ─► log, synced ─► some ticks ─► answer
//! ```
//!
//! Invariants: an answer says that the event is applied and on disk (RFC 2866 §2: what can't be recorded is not
//! answered), so that a crash never brings back a session whose end was answered; datagrams are taken in batches, and
//! a batch costs one sync; nothing here waits for a shard.

use crate::event;
use crate::held::{self, Held, Ticks};
use crate::keeper::Keeper;
use crate::source::{Source, Sources};
use apn::order::Ignored;
use apn::{Change, Feed, Taken};
use base::{Monotonic, Now};
use meter::{FeedCounter, FeedMeter};
use radius::{Answer, Duplicates, Meeting, Packet};
use std::net::{SocketAddr, UdpSocket};
use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

/// Datagrams of one socket that are taken in one turn, if there are so many: the sync of a batch is shared by them.
const BATCH: usize = 512;

/// Octets of the longest packet (RFC 2865 §3), and one more: who sends more is cut there and found out by its length.
const DATAGRAM_OCTETS: usize = 4_097;

/// How long a client may go on repeating a request: usual ones give up after thirty seconds.
const REPEATS_MS: u64 = 60_000;

/// A socket, and the address that feeds name it by.
#[derive(Debug)]
pub struct Seat {
    /// As configured; with port 0 the kernel chose.
    pub listen: SocketAddr,
    /// Bound there.
    pub socket: UdpSocket,
}

/// How often the end looks whether what waits may leave: more ticks than are ever in doubt.
const LOOKS_MAX: u32 = 50;

/// Tells the time; the monotonic one is CLOCK_MONOTONIC since the machine's start, as [`Ticks`] are.
pub type Clock = Box<dyn Fn() -> Now + Send>;

/// An answer that waits for its event to be on disk.
struct Pending {
    seat: usize,
    to: SocketAddr,
    octets: Range<usize>,
    meter: Arc<FeedMeter>,
}

/// See the module's comment.
pub(crate) struct Owner {
    pub(crate) feed: Feed,
    pub(crate) sources: Sources,
    pub(crate) seats: Vec<Seat>,
    pub(crate) keeper: Keeper,
    clock: Clock,
    duplicates: Duplicates,
    repeats_max: usize,
    datagram: Box<[u8; DATAGRAM_OCTETS]>,
    answers: Vec<u8>,
    pending: Vec<Pending>,
    held: Held,
    /// When an address was given to a session last.
    bound: Option<Monotonic>,
    log: Vec<u8>,
}

impl Owner {
    pub(crate) fn new(
        (feed, keeper): (Feed, Keeper),
        (sources, seats): (Sources, Vec<Seat>),
        repeats_max: usize,
        (clock, ticks): (Clock, Ticks),
    ) -> Owner {
        Owner {
            feed,
            sources,
            seats,
            keeper,
            clock,
            duplicates: Duplicates::new(repeats_max, REPEATS_MS),
            repeats_max,
            datagram: Box::new([0; DATAGRAM_OCTETS]),
            answers: Vec::new(),
            pending: Vec::new(),
            held: Held::new(ticks),
            bound: None,
            log: Vec::new(),
        }
    }

    /// Takes what is there, bounded, and does what is due; true where more may be there.
    pub(crate) fn turn(&mut self) -> bool {
        let now = (self.clock)();
        let is_more = self.receive();
        self.record(now);
        self.answer();
        self.keeper.tend(&mut self.feed, now);
        is_more
    }

    /// Finishes the snapshot in the making; nothing is taken meanwhile, since nothing could be answered.
    pub(crate) fn settle(&mut self) {
        while self.keeper.is_busy() {
            let now = (self.clock)();
            self.keeper.tend(&mut self.feed, now);
        }
    }

    /// Takes other feeds and sockets.
    pub(crate) fn take(&mut self, sources: Sources, seats: Vec<Seat>) {
        // Answers know their sockets by their places.
        while let Some(answer) = self.held.next_early() {
            self.send(&answer);
        }
        self.sources = sources;
        self.seats = seats;
    }

    /// Writes down that this process lived until now.
    pub(crate) fn end(&mut self) {
        let now = (self.clock)();
        self.record(now);
        self.answer();
        for _ in 0..LOOKS_MAX {
            let Some(wait_ms) = self.held.wait_ms() else { break };
            std::thread::park_timeout(Duration::from_millis(wait_ms.into()));
            self.release();
        }
        // The clock stands still: better early than never.
        while let Some(answer) = self.held.next_early() {
            self.send(&answer);
        }
        self.keeper.end(now);
    }

    /// Milliseconds after which an answer may leave that waits; nothing where none does.
    pub(crate) fn release_ms(&self) -> Option<u32> {
        self.held.wait_ms()
    }

    fn receive(&mut self) -> bool {
        let mut is_more = false;
        for index in 0..self.seats.len() {
            for taken in 0..BATCH {
                let Some(seat) = self.seats.get(index) else { break };
                // Nothing there, or an error of one packet: the next poll tells.
                let Ok((octets, client)) = seat.socket.recv_from(&mut *self.datagram) else {
                    break;
                };
                is_more |= taken + 1 == BATCH;
                let listen = seat.listen;
                let client = SocketAddr::new(client.ip().to_canonical(), client.port());
                let datagram = *self.datagram;
                // Read behind the datagram: what it tells of was before.
                let now = (self.clock)();
                self.hear(
                    index,
                    listen,
                    client,
                    datagram.get(..octets).unwrap_or_default(),
                    now,
                );
            }
        }
        is_more
    }

    fn hear(&mut self, seat: usize, listen: SocketAddr, client: SocketAddr, datagram: &[u8], now: Now) {
        let Some(source) = self.sources.of(listen, client.ip()) else {
            return self.sources.strangers().add(FeedCounter::Forged, 1);
        };
        let Ok(packet) = Packet::read(datagram) else {
            return source.meter.add(FeedCounter::Corrupt, 1);
        };
        if packet.verify(&source.secret).is_err() {
            return source.meter.add(FeedCounter::Forged, 1);
        }
        let Ok(said) = radius::Accounting::read(&packet) else {
            return source.meter.add(FeedCounter::Corrupt, 1);
        };
        let meter = Arc::clone(&source.meter);
        match self.duplicates.meet(client, &packet, now.monotonic.0) {
            Meeting::Repeated => meter.add(FeedCounter::Repeated, 1),
            Meeting::First => {
                let taken = apply(&mut self.feed, source, &said, client, now);
                count(&meter, &taken);
                if taken.bound > 0 {
                    self.bound = Some(now.monotonic);
                }
                if taken.ignored == Some(Ignored::Full) {
                    // Not recorded, so not answered; when it comes again it is no repeated one.
                    return self.duplicates.forget_newest();
                }
            }
        }
        let start = self.answers.len();
        Answer::write(&packet, &source.secret, &mut self.answers);
        self.pending.push(Pending {
            seat,
            to: client,
            octets: start..self.answers.len(),
            meter,
        });
    }

    fn record(&mut self, now: Now) {
        self.log.clear();
        let is_whole = self.feed.take_log(&mut self.log);
        self.keeper.keep(&self.log, is_whole, now);
    }

    /// Answers what is on disk. What is not is not answered, and counts as new when it comes again.
    fn answer(&mut self) {
        let is_kept = self.keeper.is_kept();
        for pending in std::mem::take(&mut self.pending) {
            if !is_kept {
                pending.meter.add(FeedCounter::Unrecorded, 1);
                continue;
            }
            let octets = self.answers.get(pending.octets).unwrap_or_default();
            let answer = held::Answer {
                seat: pending.seat,
                to: pending.to,
                octets: octets.to_vec(),
            };
            // Repeats, too: who connects behind any answer is later than all that was applied before it.
            match self.bound.filter(|bound| self.held.must_wait(*bound)) {
                Some(bound) => self.held.keep(bound, answer),
                None => self.send(&answer),
            }
        }
        self.answers.clear();
        if !is_kept && !self.duplicates.is_empty() {
            self.duplicates = Duplicates::new(self.repeats_max, REPEATS_MS);
        }
        self.release();
    }

    /// Sends what has waited long enough.
    fn release(&mut self) {
        while let Some(answer) = self.held.next() {
            self.send(&answer);
        }
    }

    /// A client that does not take its answer asks again.
    fn send(&self, answer: &held::Answer) {
        if let Some(seat) = self.seats.get(answer.seat) {
            drop(seat.socket.send_to(&answer.octets, answer.to));
        }
    }
}

fn apply(
    feed: &mut Feed,
    source: &Source,
    said: &radius::Accounting<'_>,
    client: SocketAddr,
    now: Now,
) -> Taken {
    let heard = match event::change(said.status) {
        Change::Start => FeedCounter::Starts,
        Change::Interim => FeedCounter::Interims,
        Change::Stop => FeedCounter::Stops,
        Change::Clear => FeedCounter::Clears,
    };
    source.meter.add(heard, 1);
    if !event::counts(said, source) {
        return Taken {
            ignored: Some(Ignored::Nameless),
            ..Taken::default()
        };
    }
    let addresses = event::Addresses::of(said, source.realm).packed();
    let event = event::accounting(said, source, client.ip(), &addresses, now);
    feed.apply(&event, now)
}

fn count(meter: &FeedMeter, taken: &Taken) {
    let counter = match taken.ignored {
        Some(Ignored::Full) => FeedCounter::Full,
        Some(_) => FeedCounter::Ignored,
        None => FeedCounter::Taken,
    };
    meter.add(counter, 1);
    meter.add(FeedCounter::Contested, u64::from(taken.contested));
}
