//! The brain itself: what one shard holds, and the loop of a turn.
//!
//! A turn runs at its own pace: take what came in, release what became durable, fire timers, then work through what is
//! to be done while there is room in the journal; what finds none stays in its queue for the turn after the next
//! completion. Nothing acts inside a callback.

use crate::backlog::Backlog;
use crate::bearer::Room;
use crate::debt::Debts;
use crate::fetch::Job;
pub(crate) use crate::held::Held;
use crate::mail::Mail;
use crate::notify::Queue;
use crate::post::Peers;
use crate::relay::RelayPeers;
use crate::request::ReplyTo;
use crate::retain::Retention;
use crate::shedding::Undurable;
use crate::steady::Steady;
use crate::timers::{TICK_MS, Wheel, tick_at};
use crate::{Answer, Effect, Input, UnderWay};
use admit::Shed;
use base::{MessageId, Monotonic, Now, Reason, ShardId, limits};
use lifecycle::Event;
use meter::{Class, Counter, Gauge, ShardMeter, Stage, Stamp, StampSource};
use profile::Profile;
use rand_chacha::ChaCha12Rng;
use rand_core::SeedableRng;
use route::{Reader, Routes};
use std::collections::VecDeque;
use std::sync::Arc;
use store::slab::Slab;
use store::{Durable, Pending, Store};

/// Ticks after a start during which submissions wait for the first segments instead of being refused: five seconds,
/// which fill two segments of 1 GiB on the disks measured; a phone waits for sixty.
const WARM_TICKS: u32 = 50;

/// What a brain is made with.
pub struct Options {
    /// Which shard it is.
    pub shard: ShardId,
    /// How many there are.
    pub shards: u16,
    /// The settings.
    pub profile: Arc<Profile>,
    /// Who serves which number, as it is published.
    pub routes: Reader<Routes>,
    /// Where it counts.
    pub meter: Arc<ShardMeter>,
    /// Where the borders of stages get their time from; of what is decided, only how long a request has waited for its
    /// first turn is measured with it.
    pub stamp: StampSource,
    /// Seeds its tokens and jitter: from the kernel, or from a simulation.
    pub seed: [u8; 32],
    /// First sequence for message ids; above any that was ever given (see `store::recover`).
    pub first_sequence: u64,
    /// The time.
    pub now: Now,
}

/// The brain of one core. `B` is the hands' kind of disk buffer.
pub struct Brain<B> {
    pub(crate) shard: ShardId,
    pub(crate) shards: u16,
    pub(crate) profile: Arc<Profile>,
    pub(crate) published: Reader<Routes>,
    /// What was published at the start of this turn.
    pub(crate) routes: Arc<Routes>,
    pub(crate) relays: RelayPeers,
    pub(crate) meter: Arc<ShardMeter>,
    stamp: StampSource,
    pub(crate) random: ChaCha12Rng,
    pub(crate) store: Store<B>,
    pub(crate) wheel: Wheel,
    pub(crate) next_sequence: u64,
    /// What waits for its record to be on disk, in the order of the log.
    pub(crate) waiting: VecDeque<Pending<Held>>,
    /// Requests not looked at yet.
    pub(crate) backlog: Backlog,
    /// How far behind the shard is.
    pub(crate) shed: Shed,
    pub(crate) undurable: Undurable,
    /// Age of the oldest append that is not on disk, milliseconds, as of this turn.
    pub(crate) disk_ms: u64,
    /// Events of copies not carried out yet.
    pub(crate) todo: VecDeque<Todo>,
    /// Mail to this shard itself.
    pub(crate) local: VecDeque<Mail>,
    pub(crate) fired: VecDeque<u32>,
    pub(crate) peers: Peers,
    pub(crate) jobs: Slab<Job>,
    /// Jobs that found no room in the journal; tried again when there is.
    pub(crate) postponed: Vec<(MessageId, Job)>,
    pub(crate) retention: Retention,
    /// The bearer's room, and who waits for it.
    pub(crate) room: Room,
    pub(crate) debts: Debts,
    /// The address of the recipient that is being ended, where it is no number.
    pub(crate) address: Vec<u8>,
    pub(crate) effects: Vec<Effect<B>>,
    pub(crate) scratch: Vec<u8>,
    pub(crate) steady: Steady,
    pub(crate) now: Monotonic,
    /// The journal has no room until a completion; at the latest the next tick sees whether it has.
    pub(crate) blocked: bool,
    /// The same, and room may be long in coming: what needs none is done meanwhile, and what is new refused.
    pub(crate) is_full: bool,
    /// Until this tick the first segments may be on their way: submissions wait for them.
    pub(crate) warm_until: u32,
    draining: bool,
    /// Group buffers given so far.
    buffers: usize,
}

/// An event of a copy that waits to be carried out; the message guards against a number used again.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Todo {
    pub(crate) number: u32,
    pub(crate) message: MessageId,
    pub(crate) event: Event,
}

impl<B: AsRef<[u8]> + AsMut<[u8]>> Brain<B> {
    /// A brain over a store. [`Brain::restore`] gives it what recovery found.
    #[must_use]
    pub fn new(options: Options, store: Store<B>) -> Brain<B> {
        let tick = tick_at(options.now.monotonic);
        let room = Room::new(options.profile.push.routes.len());
        let mut published = options.routes;
        let routes = Arc::clone(published.current());
        let mut relays = RelayPeers::default();
        relays.take(&routes, options.shards);
        Brain {
            shard: options.shard,
            shards: options.shards,
            profile: options.profile,
            published,
            routes,
            relays,
            meter: options.meter,
            stamp: options.stamp,
            random: ChaCha12Rng::from_seed(options.seed),
            store,
            wheel: Wheel::new(tick),
            next_sequence: options.first_sequence,
            waiting: VecDeque::new(),
            backlog: Backlog::default(),
            shed: Shed::default(),
            undurable: Undurable::default(),
            disk_ms: 0,
            todo: VecDeque::new(),
            local: VecDeque::new(),
            fired: VecDeque::new(),
            peers: Peers::new(options.shards),
            jobs: Slab::default(),
            postponed: Vec::new(),
            retention: Retention::default(),
            room,
            debts: Debts::default(),
            address: Vec::new(),
            effects: Vec::new(),
            scratch: Vec::new(),
            steady: Steady::new(options.now),
            now: options.now.monotonic,
            blocked: false,
            is_full: false,
            warm_until: tick.saturating_add(WARM_TICKS),
            draining: false,
            buffers: 0,
        }
    }

    /// One turn: takes every input, decides, and appends to `effects` what is to be done.
    pub fn turn(&mut self, now: Now, inputs: &mut Vec<Input<B>>, effects: &mut Vec<Effect<B>>) {
        self.meter.count(Counter::Turns);
        self.steady.advance(now);
        // Each turn would else try what found no room again, and fetch it for that; and what is fetched is a turn.
        let is_moved = inputs.iter().any(|input| matches!(input, Input::Disk { .. }));
        let is_blocked = !is_moved && tick_at(now.monotonic) == tick_at(self.now);
        self.blocked &= is_blocked;
        self.is_full &= is_blocked;
        self.retention.is_blocked &= is_blocked;
        self.now = now.monotonic;
        self.look_at_routes();
        for input in inputs.drain(..) {
            self.take(input);
        }
        self.settle();
        self.measure();
        self.wheel.advance(
            &mut self.store.recipients,
            (now.monotonic.0 / TICK_MS) as u32,
            &mut self.fired,
        );
        self.remind();
        self.give_up_far();
        self.shed_late();
        self.work();
        // A repeat of something long on disk waits for nothing.
        self.settle();
        self.pump_relays();
        self.retain();
        self.undurable
            .appended(self.now, self.store.journal.appended_lsn());
        while let Some(operation) = self.store.journal.poll_operation() {
            self.count_operation(&operation);
            self.effects.push(Effect::Disk(operation));
        }
        self.show();
        // What a restore had to say before the first turn goes out with it.
        effects.append(&mut self.effects);
    }

    /// When the next turn is due even if nothing comes in.
    #[must_use]
    pub fn next_deadline(&self) -> Option<Monotonic> {
        if self.has_work() {
            return Some(self.now);
        }
        let retention = self.retention.next_tick(self.wheel.current());
        let (copies, debts) = (self.wheel.next_tick(), self.debts.next_tick());
        let far = self.relays.awaiting.next_tick();
        let tick = copies.into_iter().chain(debts).chain(far).chain(retention).min();
        let tick = tick.map(|tick| Monotonic(u64::from(tick) * TICK_MS));
        let relay = self.relays.wake_at;
        tick.into_iter().chain(self.late_at()).chain(relay).min()
    }

    /// Whether nothing is under way: what a drain waits for.
    #[must_use]
    pub fn is_idle(&self) -> bool {
        self.under_way() == UnderWay::default()
    }

    /// Gives the journal an empty group buffer; back comes one that is too small.
    ///
    /// # Errors
    /// The buffer itself, where it is shorter than a group.
    pub fn give_buffer(&mut self, buffer: B) -> Result<(), B> {
        self.store.journal.give_buffer(buffer)?;
        self.buffers += 1;
        Ok(())
    }

    /// Whether another group buffer is of use. Each completion brings one back, so this ends.
    #[must_use]
    pub fn wants_buffer(&self) -> bool {
        self.buffers < self.store.journal.settings().buffers()
    }

    /// Octets of a group buffer.
    #[must_use]
    pub fn group_octets(&self) -> u32 {
        self.store.journal.settings().draft().group_octets
    }

    /// The store, for the hands' needs at start (settings, the published view) and for tests.
    #[must_use]
    pub fn store(&self) -> &Store<B> {
        &self.store
    }

    /// Asks the journal to write where it has got to: before a stop, and after some idle time.
    pub fn request_marker(&mut self) {
        self.store.journal.request_marker();
    }

    fn take(&mut self, input: Input<B>) {
        match input {
            Input::Request(request) => self.take_request(request),
            Input::Arrival(arrival) => self.take_arrival(arrival),
            Input::Mail { from, mail } => self.take_mail(from, mail),
            Input::Disk { id, result, buffer } => {
                let had_failed = self.store.has_failed();
                let known = self.store.journal.complete(id, result, buffer);
                debug_assert!(known.is_ok(), "an operation is answered once");
                // A segment that could not be prepared is tried again: only admission suffers.
                if self.store.has_failed() && !had_failed {
                    self.meter.count(Counter::JournalFailures);
                }
            }
            Input::Read { ticket, octets } => self.take_read(ticket, octets),
            Input::Sent { ticket, whole } => self.take_sent(ticket, whole),
            Input::Answered {
                push,
                route,
                answered,
            } => self.take_answered(push, route, answered),
            Input::Receipt { push, receipt } => self.take_receipt(push, receipt),
            Input::Reachable(subscriber) => self.reachable(subscriber),
            Input::Relayed(relayed) => self.take_relayed(&relayed),
            Input::Act(act) => self.take_act(act),
            Input::Profile(profile) => self.profile = profile,
            Input::Drain => {
                self.draining = true;
                self.store.journal.request_marker();
            }
        }
    }

    /// Releases what became durable; after a failed write, refuses everything that still waits.
    fn settle(&mut self) {
        while let Some(durable) = self.store.ripen(&mut self.waiting) {
            self.release(durable);
        }
        if self.store.has_failed() {
            while let Some(pending) = self.waiting.pop_front() {
                self.abandon(pending.abandon());
            }
        }
    }

    fn release(&mut self, durable: Durable<Held>) {
        match durable.value() {
            Held::Accepted(_) => self.accepted(durable),
            Held::Arrived(_) => self.arrived(durable),
            Held::Heard(_) => self.heard(durable),
            Held::Unread(_) => {
                if let Held::Unread(wish) = durable.into_value() {
                    self.obtain(wish.0, wish.1);
                }
            }
            Held::Repeated(repeated) => {
                self.meter.count(Counter::SendRepeated);
                // A crash may have come between the first one and the end of the copy that it forwards.
                self.end_forwarded(repeated.forwarded);
                if let Some((mut to, answer)) = Answer::accepted(&durable, &self.profile) {
                    self.lap(&mut to, Stage::Durable);
                    self.answer(to, answer);
                }
            }
            Held::Notified(_) => {
                self.meter.count(Counter::NotificationsPushed);
                if let Held::Notified(Some(push)) = durable.into_value() {
                    self.push_out(push);
                }
            }
            Held::Stepped(reply) => self.note(*reply),
            Held::Owed(reply, debt) => {
                let (reply, debt) = (*reply, *debt);
                self.note(reply);
                self.tell(debt, Queue::New);
            }
            Held::Told(debt, counts) => self.settled(*debt, *counts),
            Held::Answered(message) => self.count_end(*message),
            Held::Acted(acted) => self.acted(acted),
            Held::Ended {
                number,
                message,
                index,
                reply,
                counts,
            } => {
                let (number, message, index, counts) = (*number, *message, *index, *counts);
                self.note(*reply);
                self.ended(number, message, index, counts);
            }
        }
    }

    /// Says to whom it may concern that what they said is on disk.
    fn note(&mut self, reply: Option<ReplyTo>) {
        if let Some(mut to) = reply {
            self.lap(&mut to, Stage::Durable);
            self.answer(to, Answer::noted());
        }
    }

    fn abandon(&mut self, held: Held) {
        match held {
            Held::Accepted(accepted) | Held::Repeated(accepted) => {
                let answer = accepted.conf.refused(Reason::LogFailed);
                self.turn_down(accepted.reply, answer);
            }
            Held::Arrived(arrived) => self.refuse_mail(arrived.reply, Reason::LogFailed),
            Held::Heard(heard) => self.refuse_mail(heard.reply, Reason::LogFailed),
            Held::Acted(acted) => self.act_abandoned(&acted),
            Held::Stepped(Some(to)) | Held::Owed(Some(to), _) | Held::Ended { reply: Some(to), .. } => {
                self.turn_down(to, Answer::failed(Reason::LogFailed));
            }
            Held::Unread(wish) => self.finish_job(wish.1, Err(Reason::LogFailed)),
            Held::Notified(_)
            | Held::Told(..)
            | Held::Answered(_)
            | Held::Stepped(None)
            | Held::Owed(None, _)
            | Held::Ended { reply: None, .. } => {}
        }
    }

    /// Whether another turn finds something to do.
    fn has_work(&self) -> bool {
        let has_copies = !(self.postponed.is_empty() && self.todo.is_empty() && self.fired.is_empty());
        let moves = has_copies || self.room.has_work() || self.debts.has_work();
        let waits = !(self.local.is_empty() && self.backlog.is_empty());
        let may_work = waits || (moves && !self.is_full);
        (may_work && !self.blocked) || self.retention.has_work()
    }

    /// Works through the queues, a bounded number of steps: mail first, since others wait for it, then what is due,
    /// then what is new.
    fn work(&mut self) {
        // What was postponed in this turn waits for the next: else it would be read again and again, at one moment.
        if !self.blocked && !self.is_full {
            for (message, job) in std::mem::take(&mut self.postponed) {
                self.obtain(message, job);
            }
        }
        for _ in 0..limits::TURN_INPUTS_MAX * 4 {
            if let Some(mail) = self.local.pop_front() {
                self.take_mail(self.shard, mail);
                continue;
            }
            if self.blocked {
                break;
            }
            if !self.is_full && self.move_a_copy() {
                continue;
            }
            let Some(queued) = self.backlog.pop() else { break };
            self.serve(queued);
        }
    }

    /// Carries one thing out that is due for some copy; says whether there was any. What finds no room goes back to the
    /// end of its queue and is the last of its turn: where room is scarce the queues take turns in being the first, or
    /// what is never taken in one would keep the others from ends that are.
    fn move_a_copy(&mut self) -> bool {
        let first = match self.store.journal.is_cramped() {
            true => self.wheel.current() % 3,
            false => 0,
        };
        if first == 2 && self.record_next_told() {
            return true;
        }
        if let Some(number) = self.fired.pop_front_if(|_| first == 1) {
            self.wake(number);
        } else if let Some(todo) = self.todo.pop_front() {
            self.carry_out(todo);
        } else if let Some(number) = self.fired.pop_front() {
            self.wake(number);
        } else {
            return self.record_next_told() || self.grant_room();
        }
        true
    }

    pub(crate) fn answer(&mut self, to: ReplyTo, answer: Answer) {
        self.effects.push(Effect::Answer { to, answer });
    }

    /// Answers with a refusal: whatever the request was, it counts as refused.
    pub(crate) fn turn_down(&mut self, mut to: ReplyTo, answer: Answer) {
        to.laps.count_as(Class::Mm1Refused);
        self.answer(to, answer);
    }

    /// A stage of a request ends here.
    #[inline]
    pub(crate) fn lap(&self, to: &mut ReplyTo, stage: Stage) {
        to.laps.lap(stage, (self.stamp)());
    }

    /// The moment by the clock of the laps.
    pub(crate) fn stamp_now(&self) -> Stamp {
        (self.stamp)()
    }

    /// Whether what is new is refused since the process ends.
    pub(crate) fn is_draining(&self) -> bool {
        self.draining
    }

    fn count_operation(&self, operation: &journal::Operation<B>) {
        if let journal::Operation::WriteGroup { length, .. } = operation {
            self.meter.count(Counter::JournalGroups);
            self.meter.add(Counter::JournalOctets, u64::from(*length));
        }
    }

    fn show(&self) {
        self.show_room();
        let journal = &self.store.journal;
        self.meter.set(Gauge::JournalLag, journal.lag_octets());
        let copies = &self.store.recipients;
        self.meter
            .set(Gauge::RecipientsWaiting, u64::from(copies.waiting()));
        self.meter.set(Gauge::RecipientsKept, u64::from(copies.len()));
        self.meter
            .set(Gauge::MessagesStored, u64::from(self.store.messages.len()));
        self.meter
            .set(Gauge::JournalFailed, u64::from(self.store.has_failed()));
        self.meter
            .set(Gauge::JournalPreparing, u64::from(journal.is_preparing()));
        self.meter
            .set(Gauge::AdmissionClosed, u64::from(journal.at_watermark()));
    }
}
