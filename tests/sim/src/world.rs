//! All shards, the post between them, the clock.
//!
//! The middle of the simulation: `node` is a shard of it, `restart` is how it stops and starts, `phone` speaks for
//! subscribers, `walk` throws everything together by seed. Invariant: one seed, one run. Two ways to let time pass:
//! [`World::settle`] and [`World::advance`] carry everything out in a fixed order, for the tests that tell a story;
//! [`World::stir`] does one random thing, for walks. Mail between two shards keeps its order.

mod bring;
mod damage;
mod holdings;
mod peers;
mod relayout;
mod restart;

use crate::ledger::Ledger;
use crate::meters::Meter;
use crate::node::{Node, Wish, Written};
use crate::stamps::stamp;
use base::{Monotonic, Msisdn, Now, Partition, ShardId, WallMs, WallSeconds};
use journal::fault::{Dice, FaultCounts, FaultDisk, FaultPlan, Holding, Medium, MemoryMedium};
use journal::{Epoch, Geometry, Journal, JournalId, JournalIdentity, Resume, Settings, SettingsDraft};
use meter::{Class, Laps, Stage};
pub use peers::{Acted, Left, MailHead, routes_of};
use profile::Profile;
pub use restart::{Found, Places};
use route::{Publisher, Routes};
use shard::{
    Answer, Answered, Brain, Input, Mail, Options, Push, Receipt, Relay, ReplyTo, Request, SentTicket,
};
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;
use store::Store;
use store::recover::ShardState;

/// What a world is made of.
#[derive(Clone)]
pub struct Shape {
    /// Shards of the first start.
    pub shards: u16,
    /// The journals' settings.
    pub draft: SettingsDraft,
    /// The settings of everything else.
    pub profile: Profile,
    /// What the disks do wrong; its seed is the seed of the run.
    pub plan: FaultPlan,
    /// Octets of bodies that a shard keeps at hand.
    pub recent_octets: usize,
    /// Files that each disk has space for.
    pub disk_files_max: usize,
    /// Odds that a read fails: one in so many; 0 is never.
    pub read_eio: u32,
}

impl Default for Shape {
    fn default() -> Shape {
        let mut profile = Profile::default();
        profile.numbering.country_code = "44".to_owned();
        profile.notify.jitter_percent = 0;
        Shape {
            shards: 1,
            draft: SettingsDraft {
                segment_octets: 1 << 20,
                group_octets: 128 << 10,
                groups_in_flight: 2,
                segments_max: 16,
                segments_reserved: 1,
                segments_ahead: 1,
                evacuate_below_percent: 25,
            },
            profile,
            plan: FaultPlan::of(Holding::Forget, 1),
            recent_octets: 256 << 10,
            disk_files_max: 256,
            read_eio: 0,
        }
    }
}

/// Everything.
pub struct World {
    /// What it is made of now: a start may have changed the number of shards.
    pub shape: Shape,
    /// The shards.
    pub nodes: Vec<Node>,
    /// Where chance comes from.
    pub dice: Dice,
    /// The time that the shards are told.
    pub now: Now,
    /// What the logs say.
    pub ledger: Ledger,
    /// Answers that nobody has taken yet, by the slot of their request.
    pub answers: BTreeMap<u32, Answer>,
    /// Pushes at the bearer, with their shard, that it has not answered; none with the outbox.
    pub pushes: VecDeque<(u16, Push)>,
    /// What the edge records: how long each request took.
    pub edge: Meter,
    /// Canary: mails of this kind are lost on the way.
    pub drops: Option<fn(&Mail) -> bool>,
    /// Whether [`World::fresh`] is kept.
    pub is_watched: bool,
    /// Records that became durable, with their shard, since they were last taken.
    pub fresh: Vec<(u16, Written)>,
    /// What left for the world of peers and operators since it was last taken, in order; kept likewise.
    pub left: Vec<Left>,
    /// Where accept records stand, of segments that may be out of use by now.
    pub places: Places,
    /// What the last start found on the disks.
    pub found: Found,
    /// Stops without warning so far.
    pub crashes: u32,
    /// Starts that came to change the number of shards, and those of them that were cut off.
    pub relayouts: (u32, u32),
    /// Reads that failed on purpose.
    pub reads_failed: u32,
    /// Messages whose records can't be read any more since a block of their disk went bad.
    pub hit: BTreeSet<u64>,
    /// What the disks did before the last start; disks that are at work count for themselves.
    pub faults: FaultCounts,
    /// Who serves which number.
    pub routes: Publisher<Routes>,
    /// Mails to other operators that nobody has answered yet, each with its shard.
    pub relays: Vec<(u16, Relay)>,
    /// What came of operators' actions, by their tickets.
    pub acted: BTreeMap<u32, Acted>,
    /// How many there were.
    acts: u32,
    mail: BTreeMap<(u16, u16), VecDeque<Mail>>,
    slots: u32,
    epoch: u32,
    /// Journals of earlier shard counts that still hold something.
    adopted: Vec<MemoryMedium>,
    /// Journals made so far: each gets a number of its own.
    journals: u32,
}

/// 2026-11-14 in milliseconds: any time will do.
pub const START_MS: u64 = 1_794_614_400_000;

impl World {
    /// Everything, started, with its first segments on the way.
    #[must_use]
    pub fn new(shape: Shape) -> World {
        let seed = shape.plan.seed;
        let routes = routes_of(&shape.profile, 1);
        let mut world = World {
            routes: Publisher::new(Arc::new(routes)),
            relays: Vec::new(),
            acted: BTreeMap::new(),
            acts: 0,
            nodes: Vec::new(),
            dice: Dice(seed ^ 0x5eed),
            now: Now {
                wall: WallMs(START_MS),
                monotonic: Monotonic(5_000),
            },
            ledger: Ledger::default(),
            answers: BTreeMap::new(),
            pushes: VecDeque::new(),
            edge: Meter::take(),
            drops: None,
            is_watched: false,
            fresh: Vec::new(),
            left: Vec::new(),
            places: Places::new(),
            found: Found::default(),
            crashes: 0,
            relayouts: (0, 0),
            reads_failed: 0,
            hit: BTreeSet::new(),
            faults: FaultCounts::default(),
            mail: BTreeMap::new(),
            slots: 0,
            epoch: 1,
            adopted: Vec::new(),
            journals: 0,
            shape,
        };
        for index in 0..world.shape.shards {
            let medium = world.new_medium();
            let resume = Resume::fresh(medium.identity().journal, Epoch(1), world.dice.roll());
            let node = world.node(index, resume, medium, ShardState::default());
            world.nodes.push(node);
        }
        world.begin();
        world.settle();
        world
    }

    fn new_medium(&mut self) -> MemoryMedium {
        let identity = JournalIdentity {
            journal: JournalId(self.journals),
            geometry: Geometry::new(self.shape.draft.segment_octets).expect("a geometry"),
        };
        self.journals += 1;
        MemoryMedium::new(identity, self.shape.disk_files_max)
    }

    fn node(&mut self, index: u16, resume: Resume, medium: MemoryMedium, state: ShardState) -> Node {
        let settings = Settings::new(self.shape.draft).expect("settings");
        let tapped = resume.durable;
        let mut journal = Journal::new(settings, resume);
        for _ in 0..settings.buffers() {
            let buffer = vec![0xee; self.shape.draft.group_octets as usize];
            journal.give_buffer(buffer).expect("a buffer");
        }
        let mut seed = [0; 32];
        seed[..8].copy_from_slice(&self.dice.roll().to_le_bytes());
        let meter = Meter::take();
        let options = Options {
            shard: ShardId(index),
            shards: self.shape.shards,
            profile: Arc::new(self.shape.profile.clone()),
            routes: self.routes.reader(),
            meter: meter.shared(),
            seed,
            first_sequence: u64::from(self.epoch) << base::id::EPOCH_SHIFT,
            now: self.now,
            stamp,
        };
        let mut brain = Brain::new(options, Store::new(journal, self.shape.recent_octets));
        brain.restore(state);
        let plan = FaultPlan {
            seed: self.dice.roll(),
            ..self.shape.plan.clone()
        };
        Node::new(brain, FaultDisk::new(plan, medium), tapped, meter)
    }

    /// The shard of a subscriber.
    #[must_use]
    pub fn home(&self, number: Option<Msisdn>) -> u16 {
        number.map_or(0, |number| Partition::of(number).home(self.shape.shards).0)
    }

    /// Puts a request in front of its subscriber's shard; gives the slot that its answer will have.
    pub fn ask(&mut self, make: impl FnOnce(ReplyTo) -> Request) -> u32 {
        let slot = self.slots;
        self.slots += 1;
        let mut laps = Laps::begin(stamp(), Class::Mm1Refused);
        laps.lap(Stage::Accept, stamp());
        let reply_to = ReplyTo {
            shard: ShardId(0),
            slot,
            generation: self.epoch,
            laps,
        };
        let request = Box::new(make(reply_to));
        let home = usize::from(self.home(request.subscriber));
        self.nodes[home].inbox.push_back(Input::Request(request));
        slot
    }

    /// The bearer answers everything that it has, and this is what it had.
    pub fn answer_pushes(&mut self, answered: Answered) -> Vec<Push> {
        let pushes: Vec<_> = self.pushes.drain(..).collect();
        for (index, push) in &pushes {
            let input = Input::Answered {
                push: push.id,
                route: push.route,
                answered,
            };
            self.nodes[usize::from(*index)].inbox.push_back(input);
        }
        self.settle();
        pushes.into_iter().map(|(_, push)| push).collect()
    }

    /// A receipt about a push that was taken.
    pub fn receipt(&mut self, push: &Push, receipt: Receipt) {
        let home = shard::bearer::Ticket::of(push.id).expect("one of ours").home;
        let input = Input::Receipt {
            push: push.id,
            receipt,
        };
        self.nodes[usize::from(home.0)].inbox.push_back(input);
        self.settle();
    }

    /// Tells the shard that a retrieval's last octet left, or that it broke.
    pub fn sent(&mut self, ticket: SentTicket, whole: bool) {
        self.nodes[usize::from(ticket.home.0)]
            .inbox
            .push_back(Input::Sent { ticket, whole });
    }

    /// One turn of a shard with so many of the inputs that wait for it.
    ///
    /// # Panics
    /// Where a request is answered twice, or across a start.
    pub fn turn(&mut self, index: usize, inputs: usize) {
        let wishes = self.nodes[index].turn(self.now, inputs);
        for wish in wishes {
            if self.is_watched {
                self.left.extend(Left::of(&wish));
            }
            match wish {
                Wish::Answer(mut to, answer) => {
                    to.laps.lap(Stage::Send, stamp());
                    self.edge.spans.record(&to.laps);
                    let known = self.answers.insert(to.slot, *answer);
                    assert!(known.is_none(), "a request is answered once");
                    assert_eq!(to.generation, self.epoch, "nobody answers across a start");
                }
                Wish::Push(push) => self.pushes.push_back((index as u16, *push)),
                Wish::Relay(relay) => self.relays.push((index as u16, *relay)),
                Wish::Acted(ticket, outcome) => drop(self.acted.insert(ticket, outcome)),
                Wish::Mail(to, mail) => {
                    if !self.drops.is_some_and(|drops| drops(&mail)) {
                        self.mail.entry((index as u16, to.0)).or_default().push_back(mail);
                    }
                }
            }
        }
        for written in self.nodes[index].tap() {
            self.show(index as u16, written);
        }
    }

    fn show(&mut self, index: u16, written: Written) {
        if let Some(message) = self.ledger.take(&written) {
            let places = self.places.entry(message).or_default();
            places.insert((index, written.segment));
        }
        if self.is_watched {
            self.fresh.push((index, written));
        }
    }

    fn read(&mut self, index: usize, at: usize) -> bool {
        let fails = self.dice.one_in(self.shape.read_eio);
        let is_read = self.nodes[index].poll_read(at, fails);
        self.reads_failed += u32::from(fails && is_read);
        is_read
    }

    fn bring_mail(&mut self, pair: (u16, u16)) -> bool {
        let Some(mail) = self.mail.get_mut(&pair).and_then(VecDeque::pop_front) else {
            return false;
        };
        self.nodes[usize::from(pair.1)].inbox.push_back(Input::Mail {
            from: ShardId(pair.0),
            mail,
        });
        true
    }

    /// Carries everything out that can be done at this moment.
    ///
    /// # Panics
    /// Where a shard has work without end at one moment.
    pub fn settle(&mut self) {
        for _ in 0..200_000 {
            let mut is_busy = false;
            let pairs: Vec<_> = self.mail.keys().copied().collect();
            for pair in pairs {
                while self.bring_mail(pair) {
                    is_busy = true;
                }
            }
            for index in 0..self.nodes.len() {
                while self.nodes[index].poll_disk() {}
                while self.read(index, 0) {}
                let node = &self.nodes[index];
                if node.is_due(self.now) || node.is_busy() {
                    is_busy = true;
                    self.turn(index, usize::MAX);
                }
            }
            if !is_busy {
                return;
            }
        }
        panic!("a shard spins: it has work without end at one moment");
    }

    /// Lets time pass, stopping at each deadline, but at least `grain_ms` apart.
    pub fn advance(&mut self, ms: u64, grain_ms: u64) {
        let target = self.now.monotonic.0 + ms;
        loop {
            self.settle();
            let next = self
                .nodes
                .iter()
                .filter_map(|node| node.brain.next_deadline())
                .min();
            let next = next
                .map_or(target, |next| next.0)
                .max(self.now.monotonic.0 + grain_ms);
            self.pass(next.min(target) - self.now.monotonic.0);
            if self.now.monotonic.0 >= target {
                return self.settle();
            }
        }
    }

    /// Seconds, coarsely enough for days.
    pub fn advance_s(&mut self, seconds: u64) {
        let grain_ms = (seconds * 1_000 / 2_000).max(100);
        self.advance(seconds * 1_000, grain_ms);
    }

    /// Lets milliseconds pass; nobody is told.
    pub fn pass(&mut self, ms: u64) {
        self.now.monotonic.0 += ms;
        self.now.wall.0 += ms;
    }

    /// The time in whole seconds.
    #[must_use]
    pub fn wall(&self) -> WallSeconds {
        self.now.wall.seconds()
    }

    /// One random thing: a mail or a completion arrives, a shard turns with some of what waits for it.
    pub fn stir(&mut self) {
        let index = self.dice.below(self.nodes.len() as u64) as usize;
        match self.dice.below(6) {
            0 => {
                let pairs: Vec<_> = self.mail.keys().copied().collect();
                if !pairs.is_empty() {
                    let pair = pairs[self.dice.below(pairs.len() as u64) as usize];
                    self.bring_mail(pair);
                }
            }
            1 => {
                self.nodes[index].poll_disk();
            }
            2 => {
                let reads = self.nodes[index].reads() as u64;
                let at = self.dice.below(reads.max(1)) as usize;
                self.read(index, at);
            }
            3 => self.pass(self.now.monotonic.0 % 7 * 20),
            _ => {
                let count = 1 + self.dice.below(4) as usize;
                if self.nodes[index].is_due(self.now) {
                    self.turn(index, count);
                }
            }
        }
    }

    /// The first turn of each shard, in which it asks for its first segment.
    fn begin(&mut self) {
        for index in 0..self.nodes.len() {
            self.turn(index, 0);
        }
    }

    /// Most mails that one shard has on their way to another.
    #[must_use]
    pub fn mail_max(&self) -> usize {
        self.mail.values().map(VecDeque::len).max().unwrap_or(0)
    }
}
