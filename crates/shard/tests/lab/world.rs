//! All shards, the post between them, the clock; crash and start.
//!
//! Two ways to let time pass: [`World::settle`] and [`World::advance`] carry everything out in a fixed order, for the
//! tests that tell a story; [`World::stir`] does one random thing, for walks. Mail between two shards keeps its order.

use crate::ledger::Ledger;
use crate::node::{Node, Wish, Written};
use base::{Monotonic, Msisdn, Now, Partition, ShardId, WallMs, WallSeconds};
use journal::fault::{Dice, FaultDisk, FaultPlan, Holding, MemoryMedium};
use journal::{
    Epoch, Geometry, Journal, JournalId, JournalIdentity, Lsn, RecordView, Recovered, Resume, Settings,
    SettingsDraft,
};
use meter::ShardMeter;
use profile::Profile;
use shard::{Answer, Brain, Input, Mail, Options, ReplyTo, Request, SentTicket};
use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use store::Store;
use store::recover::{Collector, Layout, ShardState, Source};

/// What a world is made of.
#[derive(Clone)]
pub(crate) struct Shape {
    pub(crate) shards: u16,
    pub(crate) draft: SettingsDraft,
    pub(crate) profile: Profile,
    pub(crate) plan: FaultPlan,
    pub(crate) recent_octets: usize,
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
        }
    }
}

/// Everything.
pub(crate) struct World {
    pub(crate) shape: Shape,
    pub(crate) nodes: Vec<Node>,
    pub(crate) dice: Dice,
    pub(crate) now: Now,
    pub(crate) ledger: Ledger,
    pub(crate) answers: BTreeMap<u32, Answer>,
    /// Canary: so many mails of this kind are lost on the way.
    pub(crate) drops: Option<fn(&Mail) -> bool>,
    mail: BTreeMap<(u16, u16), VecDeque<Mail>>,
    slots: u32,
    epoch: u32,
    pub(crate) crashes: u32,
}

/// 2026-11-14 in milliseconds: any time will do.
const START_MS: u64 = 1_794_614_400_000;

impl World {
    pub(crate) fn new(shape: Shape) -> World {
        let seed = shape.plan.seed;
        let mut world = World {
            nodes: Vec::new(),
            dice: Dice(seed ^ 0x5eed),
            now: Now {
                wall: WallMs(START_MS),
                monotonic: Monotonic(5_000),
            },
            ledger: Ledger::default(),
            answers: BTreeMap::new(),
            drops: None,
            mail: BTreeMap::new(),
            slots: 0,
            epoch: 1,
            crashes: 0,
            shape,
        };
        for index in 0..world.shape.shards {
            let resume = Resume::fresh(JournalId(u32::from(index)), Epoch(1), world.dice.roll());
            let medium = MemoryMedium::new(world.identity(index), 256);
            let node = world.node(index, resume, medium, ShardState::default());
            world.nodes.push(node);
        }
        world.begin();
        world.settle();
        world
    }

    fn identity(&self, index: u16) -> JournalIdentity {
        JournalIdentity {
            journal: JournalId(u32::from(index)),
            geometry: Geometry::new(self.shape.draft.segment_octets).expect("a geometry"),
        }
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
        let options = Options {
            shard: ShardId(index),
            shards: self.shape.shards,
            profile: Arc::new(self.shape.profile.clone()),
            meter: Arc::new(ShardMeter::default()),
            seed,
            first_sequence: u64::from(self.epoch) << base::id::EPOCH_SHIFT,
            now: self.now,
        };
        let mut brain = Brain::new(options, Store::new(journal, self.shape.recent_octets));
        brain.restore(state);
        let plan = FaultPlan {
            seed: self.dice.roll(),
            ..self.shape.plan.clone()
        };
        Node::new(brain, FaultDisk::new(plan, medium), tapped)
    }

    /// The shard of a subscriber.
    pub(crate) fn home(&self, number: Option<Msisdn>) -> u16 {
        number.map_or(0, |number| Partition::of(number).home(self.shape.shards).0)
    }

    /// Puts a request in front of its subscriber's shard; gives the slot that its answer will have.
    pub(crate) fn ask(&mut self, make: impl FnOnce(ReplyTo) -> Request) -> u32 {
        let slot = self.slots;
        self.slots += 1;
        let reply_to = ReplyTo {
            shard: ShardId(0),
            slot,
            generation: self.epoch,
        };
        let request = Box::new(make(reply_to));
        let home = usize::from(self.home(request.subscriber));
        self.nodes[home].inbox.push_back(Input::Request(request));
        slot
    }

    /// Tells the shard that a retrieval's last octet left, or that it broke.
    pub(crate) fn sent(&mut self, ticket: SentTicket, whole: bool) {
        self.nodes[usize::from(ticket.home.0)]
            .inbox
            .push_back(Input::Sent { ticket, whole });
    }

    pub(crate) fn turn(&mut self, index: usize, inputs: usize) {
        let wishes = self.nodes[index].turn(self.now, inputs);
        for wish in wishes {
            match wish {
                Wish::Answer(to, answer) => {
                    let known = self.answers.insert(to.slot, *answer);
                    assert!(known.is_none(), "a request is answered once");
                    assert_eq!(to.generation, self.epoch, "nobody answers across a start");
                }
                Wish::Mail(to, mail) => {
                    if !self.drops.is_some_and(|drops| drops(&mail)) {
                        self.mail.entry((index as u16, to.0)).or_default().push_back(mail);
                    }
                }
            }
        }
        for written in self.nodes[index].tap() {
            self.ledger.take(&written);
        }
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
    pub(crate) fn settle(&mut self) {
        for _ in 0..200_000 {
            let mut is_busy = false;
            let pairs: Vec<_> = self.mail.keys().copied().collect();
            for pair in pairs {
                while self.bring_mail(pair) {
                    is_busy = true;
                }
            }
            for index in 0..self.nodes.len() {
                let node = &mut self.nodes[index];
                while node.poll_disk() {}
                while node.poll_read(0) {}
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
    pub(crate) fn advance(&mut self, ms: u64, grain_ms: u64) {
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
    pub(crate) fn advance_s(&mut self, seconds: u64) {
        let grain_ms = (seconds * 1_000 / 2_000).max(100);
        self.advance(seconds * 1_000, grain_ms);
    }

    pub(crate) fn pass(&mut self, ms: u64) {
        self.now.monotonic.0 += ms;
        self.now.wall.0 += ms;
    }

    pub(crate) fn wall(&self) -> WallSeconds {
        self.now.wall.seconds()
    }

    /// One random thing: a mail or a completion arrives, a shard turns with some of what waits for it.
    pub(crate) fn stir(&mut self) {
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
                self.nodes[index].poll_read(at);
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

    /// The power fails everywhere at once, and everything starts again from the disks.
    pub(crate) fn crash(&mut self) {
        self.crashes += 1;
        self.epoch += 1;
        self.mail.clear();
        let mut media = Vec::new();
        let mut collector = Collector::default();
        for (index, node) in std::mem::take(&mut self.nodes).into_iter().enumerate() {
            let medium = node.disk.crash();
            let mut found: Vec<(Lsn, journal::Location)> = Vec::new();
            let recovery = medium.recover(&mut |record: Recovered<'_>| {
                collector.take(Source::Open(ShardId(index as u16)), record);
                found.push((record.lsn, record.location));
            });
            let lost: Vec<_> = recovery
                .problems
                .iter()
                .filter(|found| found.what.loses_records())
                .collect();
            assert!(lost.is_empty(), "{lost:?}");
            found.retain(|(lsn, _)| *lsn >= node.tapped);
            for written in read(&medium, &recovery, &found) {
                self.ledger.take(&written);
            }
            media.push((medium, recovery));
        }
        // A process counts from its own start.
        self.now.monotonic = Monotonic(self.dice.below(3) * 70);
        let layout = Layout {
            shards: self.shape.shards,
            epoch: self.epoch,
            now: self.wall(),
            dedup_s: self.shape.profile.mm1.dedup_s,
            read_report_s: self.shape.profile.retrieve.read_report_s,
            again_s: self.shape.profile.retrieve.again_ms / 1_000,
        };
        assert_eq!(collector.unreadable(), 0);
        let states = collector.finish(layout);
        for (index, ((medium, recovery), state)) in media.into_iter().zip(states).enumerate() {
            let resume = recovery.resume(Epoch(self.epoch), self.dice.roll());
            let node = self.node(index as u16, resume, medium, state);
            self.nodes.push(node);
        }
        self.begin();
    }

    /// The first turn of each shard, in which it asks for its first segment.
    fn begin(&mut self) {
        for index in 0..self.nodes.len() {
            self.turn(index, 0);
        }
    }

    /// Messages whose senders' shards wait for somebody's end.
    pub(crate) fn open_messages(&self) -> usize {
        let tables = self.nodes.iter().map(|node| &node.brain.store().messages);
        let all = tables.flat_map(|messages| (0..messages.bound()).filter_map(|number| messages.at(number)));
        all.filter(|message| message.open > 0).count()
    }

    /// Whether every subscriber's list holds exactly the copies that wait for them.
    pub(crate) fn lists_hold(&self, msisdn: Msisdn) -> bool {
        self.nodes.iter().all(|node| {
            let store = node.brain.store();
            let copies = (0..store.recipients.bound()).filter_map(|number| store.recipients.get(number));
            let theirs = copies.filter(|copy| store.subscriber_of(copy) == Some(msisdn));
            let waiting = theirs.filter(|copy| !copy.state.is_ended()).count();
            let known = store
                .subscribers
                .find(msisdn)
                .and_then(|place| store.subscribers.get(place));
            let counted = known.map_or(0, |subscriber| subscriber.waiting as usize);
            waiting == counted && store.copies_of(msisdn).count() == counted
        })
    }

    /// Octets pinned in all segments of all shards, and octets that must be by what is in memory.
    pub(crate) fn pins(&self) -> (u64, u64) {
        let (mut pinned, mut needed) = (0, 0);
        for node in &self.nodes {
            let store = node.brain.store();
            pinned += store
                .journal
                .segments()
                .map(|state| state.pinned_octets)
                .sum::<u64>();
            let messages = (0..store.messages.bound()).filter_map(|number| store.messages.at(number));
            needed += messages
                .filter(|message| message.open > 0)
                .map(|message| u64::from(store::append::units(message.spot.length)) * 16)
                .sum::<u64>();
            let copies = (0..store.recipients.bound()).filter_map(|number| store.recipients.get(number));
            needed += copies
                .filter(|copy| copy.pin_segment != 0)
                .map(|copy| u64::from(copy.pin_units) * 16)
                .sum::<u64>();
        }
        (pinned, needed)
    }
}

/// The records at these places.
fn read(
    medium: &MemoryMedium,
    recovery: &journal::Recovery,
    at: &[(Lsn, journal::Location)],
) -> Vec<Written> {
    let slot = |segment| {
        let report = recovery
            .segments
            .iter()
            .find(|report| report.place.segment == segment);
        report
            .map(|report| report.place.slot)
            .expect("a segment that was read")
    };
    at.iter()
        .map(|(_, location)| {
            let file = medium.slot(slot(location.segment)).expect("a file");
            let geometry = Geometry::new(file.len() as u32).expect("a geometry");
            let view = RecordView::parse(&file[location.offset as usize..], *location, geometry);
            let view = view.expect("what was found can be read");
            Written {
                kind: view.kind,
                header: view.header.to_vec(),
                body: view.body.to_vec(),
            }
        })
        .collect()
}
