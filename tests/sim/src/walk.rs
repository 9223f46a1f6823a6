//! One run: everything at once, by seed. Phones that behave and misbehave, connections that break, disks that are
//! slow, full or failing, clocks that jump, power cuts between any two steps, starts with another number of shards.
//!
//! Puts the pieces together: chance picks what happens next (`swarm` says how often), `crowd` acts for the phones,
//! every event goes to the checkers. In the end faults cease, phones behave, and whatever is still open has to come
//! to its end. Invariant: the run is a function of its seed and its number of steps.

mod abroad;
mod afield;
mod bearer;
mod crowd;
mod doing;
mod ending;
mod operator;
mod peer;

use crate::book::Book;
use crate::court::{Court, Fault};
use crate::coverage::{Coverage, Lives};
use crate::event::{Event, Scene};
use crate::net::{Happening, Net};
use crate::swarm::{self, Swarm};
use crate::world::World;
use doing::{Doing, Known};
use http1::Limits;
use journal::fault::Holding;
use meter::Counter;
use mms::Pdu;
pub use peer::is_further;
use shard::{Input, Mail};
use std::collections::BTreeMap;
use store::record::{Action, KIND_ACCEPT, KIND_ACTION, KIND_ARRIVAL, KIND_STATE, State, entered};

/// What a run came to.
#[derive(Clone, Debug)]
pub struct Verdict {
    /// What was found first, if anything.
    pub fault: Option<Fault>,
    /// Of every durable record and every answer, in order.
    pub hash: u64,
    /// What it met.
    pub coverage: Coverage,
    /// What happened, where it was asked for.
    pub story: Vec<String>,
}

/// How to run.
#[derive(Clone, Copy, Debug)]
pub struct Orders {
    /// Which run.
    pub seed: u64,
    /// Steps before faults cease.
    pub steps: u64,
    /// Whether to tell what happens.
    pub tells: bool,
    /// What is broken around the shards, for canaries.
    pub broken: Option<Surroundings>,
}

/// Surroundings that no product could stand, and that the checkers must notice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Surroundings {
    /// A disk that answers before it has written.
    LyingDisk,
    /// A mesh that loses deliveries.
    LosesDeliveries,
    /// A mesh that loses ends.
    LosesEnds,
    /// A mesh that loses what peers said to reports.
    LosesTold,
}

/// Steps after a start during which a crash is likelier: one in so many, where there are crashes at all.
const YOUNG_STEPS: u32 = 4;
const YOUNG_CRASH: u32 = 12;

/// A run.
struct Walk {
    world: World,
    swarm: Swarm,
    net: Net,
    book: Book,
    court: Court,
    coverage: Coverage,
    lives: Lives,
    story: Vec<String>,
    tells: bool,
    /// What each exchange is for.
    doing: BTreeMap<u32, Doing>,
    exchanges: u32,
    /// Submissions without an answer, and some with one, to be repeated.
    unsure: Vec<usize>,
    /// Notifications that phones have had.
    notes: Vec<Known>,
    pushes_seen: usize,
    /// Mails that are not answered yet, by slot, and those that the peer will bring again: the book's numbers.
    mails: BTreeMap<u32, usize>,
    unsure_mails: Vec<usize>,
    /// What the peer was sent.
    heard: abroad::Heard,
    /// What the peer has of ours.
    afield: afield::Afield,
    /// What the SMSC remembers.
    centre: bearer::Centre,
    /// The submission of each stored message.
    of_message: BTreeMap<u64, usize>,
    /// Orders of operators so far.
    orders: u32,
    /// Milliseconds by which the wall clock is set wrong now, and how long it ever was.
    skew_ms: i64,
    skewed_ms: u64,
    disks_full: bool,
    /// Steps since the last start.
    steps_up: u32,
    /// Answers are counted until then: calm weather is no part of the coverage.
    is_calm: bool,
}

/// Runs.
#[must_use]
pub fn run(orders: Orders) -> Verdict {
    let (mut shape, swarm) = swarm::of(orders.seed);
    let limits = Limits {
        body_octets_max: 120_000,
        drain_octets_max: 400_000,
        ..Limits::DEFAULT
    };
    if orders.broken == Some(Surroundings::LyingDisk) {
        shape.plan.holding = Holding::Lie;
    }
    let mut world = World::new(shape);
    world.is_watched = true;
    world.drops = match orders.broken {
        Some(Surroundings::LosesDeliveries) => Some(|mail| matches!(mail, Mail::Deliver(_))),
        Some(Surroundings::LosesEnds) => Some(|mail| matches!(mail, Mail::Ended { .. })),
        Some(Surroundings::LosesTold) => Some(|mail| matches!(mail, Mail::Told { .. })),
        _ => None,
    };
    let mut walk = Walk {
        world,
        swarm,
        net: Net::new(limits),
        book: Book::default(),
        court: Court::default(),
        coverage: Coverage::default(),
        lives: Lives::default(),
        story: Vec::new(),
        tells: orders.tells,
        doing: BTreeMap::new(),
        exchanges: 0,
        unsure: Vec::new(),
        notes: Vec::new(),
        pushes_seen: 0,
        mails: BTreeMap::new(),
        centre: bearer::Centre::default(),
        unsure_mails: Vec::new(),
        heard: abroad::Heard::default(),
        afield: afield::Afield::default(),
        of_message: BTreeMap::new(),
        orders: 0,
        skew_ms: 0,
        skewed_ms: 0,
        disks_full: false,
        steps_up: 0,
        is_calm: false,
    };
    for step in 0..orders.steps {
        if walk.court.fault.is_some() {
            break;
        }
        walk.step(step);
    }
    if walk.court.fault.is_none() {
        walk.end();
    }
    walk.count_meters();
    for node in &walk.world.nodes {
        walk.coverage.disks(&node.disk.counts());
    }
    Verdict {
        hash: walk.court.hash ^ walk.world.ledger.hash,
        fault: walk.court.fault,
        coverage: walk.coverage,
        story: walk.story,
    }
}

fn scene<'a>(world: &'a World, book: &'a Book, net: &Net, (skew_ms, skewed_ms): (i64, u64)) -> Scene<'a> {
    let now_ms = world.now.wall.0.saturating_add_signed(-skew_ms);
    Scene {
        world,
        book,
        now_s: now_ms / 1_000,
        // The shards' clock follows a wrong one by a hundredth.
        tolerance_s: 1 + skewed_ms.div_ceil(100_000),
        connection_octets: (net.session_octets_max, net.session_octets_limit()),
    }
}

impl Walk {
    fn dice(&mut self, bound: u64) -> u64 {
        self.world.dice.below(bound)
    }

    fn one_in(&mut self, odds: u32) -> bool {
        self.world.dice.one_in(odds)
    }

    fn tell(&mut self, what: impl FnOnce() -> String) {
        if self.tells {
            let at = self.world.now.wall.0.saturating_add_signed(-self.skew_ms) - crate::world::START_MS;
            self.story
                .push(format!("{:>9}.{:03} {}", at / 1_000, at % 1_000, what()));
        }
    }

    fn hear(&mut self, event: &Event<'_>) {
        let scene = scene(&self.world, &self.book, &self.net, (self.skew_ms, self.skewed_ms));
        self.court.hear(&scene, event);
    }

    fn step(&mut self, step: u64) {
        self.act();
        self.carry();
        self.speak();
        self.operate();
        self.reload();
        for _ in 0..self.dice(self.swarm.bustle) {
            if self.one_in(3) {
                self.net.stir(&mut self.world, &self.book);
            } else {
                self.world.stir();
            }
            self.attend();
        }
        self.suffer();
        self.attend();
        self.lives.look(&self.world, &mut self.coverage);
        self.hear(&Event::Step);
        let who = doing::phone(step % swarm::PHONES);
        if !self.world.lists_hold(crate::phone::number(&who)) {
            self.court.find("lists", format!("the list of {who} is wrong"));
        }
    }

    /// Takes in what happened: records first, since an answer may not come before its record.
    fn attend(&mut self) {
        loop {
            for (shard, written) in std::mem::take(&mut self.world.fresh) {
                self.recorded(shard, written.kind, &written.header, &written.body);
            }
            self.take_left();
            self.take_verdicts();
            self.answer_relays();
            self.net.answer(&mut self.world, &self.book);
            let happened = std::mem::take(&mut self.net.happened);
            if happened.is_empty() && self.world.fresh.is_empty() {
                break;
            }
            for happening in happened {
                match happening {
                    Happening::Heard(question) => self.hear(&Event::Heard(&question)),
                    Happening::Said(question, answer) => {
                        self.said(&question, &answer);
                        self.hear(&Event::Said(&question, &answer));
                    }
                    Happening::Sent(ticket, whole) => self.hear(&Event::Sent(ticket, whole)),
                    Happening::Over(exchange, outcome) => self.over(exchange, outcome),
                    Happening::Refused(reason) => self.coverage.framing(reason),
                    Happening::Closed(close) => self.coverage.closed(close),
                    Happening::Unseen => self
                        .coverage
                        .count("fault: connection broken behind the last octet"),
                    Happening::GivenUp => self.coverage.count("fault: phone lost patience"),
                }
            }
        }
        if let Some(broken) = self.world.ledger.broken.first() {
            self.court.find("ends", broken.clone());
        }
        self.take_pushes();
    }

    fn recorded(&mut self, shard: u16, kind: u16, header: &[u8], body: &[u8]) {
        match kind {
            KIND_ACCEPT | KIND_ARRIVAL => {
                let accept = entered(kind, header).expect("a message").accept;
                self.tell(|| format!("shard {shard} has message {:x} on disk", accept.message));
                if let Ok(Pdu::SendReq(send)) = Pdu::read(body)
                    && let Some(number) = self.book.find(accept.sender, send.transaction_id)
                {
                    self.of_message.insert(accept.message, number);
                }
                self.hear(&Event::Accepted(&accept, body));
                self.stored(accept.message);
            }
            KIND_STATE => {
                let state = State::read(header).expect("a state").to_native();
                self.tell(|| {
                    let (message, recipient, now) = (state.message, state.recipient, state.state);
                    format!("shard {shard} has {message:x}/{recipient} on disk as {now:x}")
                });
                self.hear(&Event::Stepped(&state, body));
            }
            KIND_ACTION => {
                let action = Action::read(header).expect("an action").to_native();
                self.tell(|| format!("shard {shard} has {action:?} on disk"));
                self.hear(&Event::Recorded(&action));
            }
            _ => {}
        }
    }

    /// Chance does something to everybody.
    fn suffer(&mut self) {
        if self.one_in(self.swarm.cut) && self.net.cut(&mut self.world) {
            self.coverage.count("fault: connection broken");
            self.tell(|| "a connection breaks".to_owned());
        }
        if self.one_in(self.swarm.silence) && self.net.silence(&mut self.world) {
            self.coverage.count("fault: connection silent");
            self.tell(|| "a connection falls silent".to_owned());
        }
        if self.one_in(self.swarm.jump) {
            self.jump();
        }
        if self.one_in(self.swarm.fill) {
            self.fill(!self.disks_full);
        }
        if self.one_in(self.swarm.damage) {
            self.damage();
        }
        // What was begun at a start is cut off more often than chance would have it.
        let is_young = self.steps_up < YOUNG_STEPS && self.world.crashes > 0;
        let odds = match is_young {
            true => self.swarm.crash.min(YOUNG_CRASH),
            false => self.swarm.crash,
        };
        self.steps_up += 1;
        if self.one_in(odds) {
            self.coverage
                .add("fault: crash just after a start", u64::from(is_young));
            self.stop();
        }
    }

    fn pass(&mut self, ms: u64) {
        // What has come in is taken within moments, whatever else is slow.
        for index in 0..self.world.nodes.len() {
            if !self.world.nodes[index].inbox.is_empty() {
                self.world.turn(index, usize::MAX);
            }
        }
        self.attend();
        if self.skew_ms != 0 {
            self.skewed_ms += ms;
        }
        self.world.pass(ms);
    }

    /// The wall clock is set wrong, or right again.
    fn jump(&mut self) {
        // Shards look at the clock at least twice a second, so what they last saw was right.
        for index in 0..self.world.nodes.len() {
            self.world.turn(index, usize::MAX);
        }
        let hours = [1, 30][self.dice(2) as usize];
        let ahead = self.one_in(2);
        self.set_right();
        self.skew_ms = if ahead {
            hours * 3_600_000
        } else {
            -hours * 3_600_000
        };
        self.world.now.wall.0 = self.world.now.wall.0.saturating_add_signed(self.skew_ms);
        self.coverage.count("fault: clock set wrong");
        self.tell(|| "the wall clock is set wrong".to_owned());
    }

    fn set_right(&mut self) {
        self.world.now.wall.0 = self.world.now.wall.0.saturating_add_signed(-self.skew_ms);
        self.skew_ms = 0;
    }

    /// The disks have no more space, or have it again.
    fn fill(&mut self, is_full: bool) {
        self.disks_full = is_full;
        self.coverage.add("fault: disk full", u64::from(is_full));
        self.tell(|| format!("the disks are full: {is_full}"));
        let odds = if is_full { 1 } else { self.world.shape.plan.enospc };
        for node in &mut self.world.nodes {
            node.disk.plan_mut().enospc = odds;
        }
    }

    /// A block of a disk goes bad.
    fn damage(&mut self) {
        let hit = self.world.damage();
        self.coverage
            .add("fault: block gone bad", u64::from(!hit.is_empty()));
        self.tell(|| format!("a block goes bad; hit are {hit:x?}"));
    }

    /// Everything stops: at once, or after a drain. Then it starts again, perhaps with another number of shards.
    fn stop(&mut self) {
        // A start believes the wall clock, so it must be right by then.
        self.set_right();
        if self.one_in(self.swarm.drain) {
            self.drain();
        }
        let shards = match self.one_in(self.swarm.relayout) {
            true => 1 + self.dice(4) as u16,
            false => self.world.shape.shards,
        };
        self.restart(shards);
    }

    fn drain(&mut self) {
        self.coverage.count("fault: stop after a drain");
        self.tell(|| "everything drains".to_owned());
        for node in &mut self.world.nodes {
            node.inbox.push_back(Input::Drain);
        }
        self.net.retire();
        for _ in 0..40 {
            self.net.stir(&mut self.world, &self.book);
            self.world.stir();
            self.attend();
        }
    }

    fn restart(&mut self, shards: u16) {
        self.count_meters();
        self.coverage.count("fault: crash");
        if shards != self.world.shape.shards {
            self.coverage.count("fault: another number of shards");
        }
        self.tell(|| format!("everything stops; {shards} shards start"));
        self.net.lose_all();
        self.lose_mails();
        self.lose_pushes();
        self.lose_relays();
        self.lose_words();
        let cut = self.world.relayouts.1;
        self.world.restart(shards);
        self.coverage.add(
            "fault: crash while the shards change",
            u64::from(self.world.relayouts.1 - cut),
        );
        let faults = std::mem::take(&mut self.world.faults);
        self.coverage.disks(&faults);
        self.world.answers.clear();
        self.disks_full = false;
        self.steps_up = 0;
        // What was on disk and not shown comes before the start.
        self.attend();
        let scene = scene(&self.world, &self.book, &self.net, (self.skew_ms, self.skewed_ms));
        self.court.hear(&scene, &Event::Started(&self.world.found));
        self.lives.forget(&self.world);
    }

    /// What the shards' own counters say of this life of theirs.
    fn count_meters(&mut self) {
        let counters = [
            (Counter::SendRepeated, "outcome: repeat answered"),
            (Counter::OctetsEvacuated, "outcome: octets moved"),
            (Counter::ArrivalsRepeated, "outcome: mail known already"),
            (Counter::OverloadRefused, "outcome: refused as too late"),
            (Counter::SegmentsFreed, "outcome: segment freed"),
            (Counter::BodiesFromMemory, "outcome: body from memory"),
            (Counter::BodiesFromDisk, "outcome: body from disk"),
            (Counter::DeliveryReports, "outcome: delivery report"),
            (Counter::ReadReports, "outcome: read report"),
            (Counter::ReportsDropped, "outcome: report dropped"),
            (Counter::RecordsDamaged, "outcome: record not read"),
            (Counter::JournalFailures, "fault: disk operation failed"),
        ];
        for node in &self.world.nodes {
            for (counter, name) in counters {
                self.coverage.add(name, node.meter.counter(counter));
            }
            let has_failed = node.brain.store().has_failed();
            self.coverage.add("fault: journal stopped", u64::from(has_failed));
        }
        let failed = std::mem::take(&mut self.world.reads_failed);
        self.coverage.add("fault: read failed", u64::from(failed));
    }
}
