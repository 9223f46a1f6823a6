//! One shard's executor: it ties the mesh, makes the brain, starts the tasks, and runs the loop of turns.
//!
//! The middle of the flow: tasks queue inputs, the loop takes what is there (bounded), runs one turn and carries out
//! its effects. Invariants: only this loop calls the brain; a turn takes at most `TURN_INPUTS_MAX` inputs, and
//! between two turns every task that is ready runs, so that what gathers meanwhile is the next turn; an executor
//! ends by an order.

use crate::accept;
use crate::alarm::Alarm;
use crate::buffers::GroupBuffer;
use crate::disk::{Disk, DiskSeat};
use crate::entropy;
use crate::hands::{Hands, Parts};
use crate::housekeeping::Housekeeping;
use crate::links::Links;
use crate::listeners::Door;
use crate::mesh::{Ends, Envelope, Incoming, Mesh};
use crate::mind::Mind;
use crate::mm4::{Mm4, Mm4Side};
use crate::options::Options;
use crate::orders::{Census, Obedience, Order, Orders, Report, Reporter};
use crate::pulse;
use crate::remains::Remains;
use crate::ring_flags;
use crate::slots::TICK_MS;
use crate::stall::{Began, Watch};
use base::limits::TURN_INPUTS_MAX;
use base::{Clock, Monotonic, ShardId};
use meter::{Counter, ShardMeter};
use profile::Profile;
use route::{Reader, Routes};
use shard::{Effect, Input};
use std::os::fd::OwnedFd;
use std::rc::Rc;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

/// Milliseconds without an input after which the log's durable end is written down (a marker group): long enough to
/// cost nothing under load, short enough that the log of a killed idle server ends clean.
const LULL_MS: u64 = 1_000;

/// What an executor is started with.
pub(crate) struct Plan<F> {
    pub(crate) shards: u16,
    pub(crate) meter: Arc<ShardMeter>,
    pub(crate) options: Options,
    pub(crate) profile: Arc<Profile>,
    pub(crate) ends: Ends,
    pub(crate) listeners: Vec<(Door, OwnedFd)>,
    /// How MM4 is spoken, and who serves which number; nothing where it is not served.
    pub(crate) mm4: Option<(Arc<Mm4>, Reader<Routes>)>,
    pub(crate) disk: DiskSeat,
    pub(crate) housekeeping: Housekeeping,
    pub(crate) orders: Orders,
    pub(crate) reporter: Reporter,
    pub(crate) brain: F,
}

/// Runs a shard to its end.
///
/// # Errors
/// Where the preparer's thread can't be had.
pub(crate) async fn run<F, M>(plan: Plan<F>) -> std::io::Result<()>
where
    F: FnOnce(ShardId) -> M,
    M: Mind,
{
    let own = plan.ends.own();
    let reporter = plan.reporter;
    glommio::spawn_local(pulse::beat()).detach();
    let mut orders = plan.orders.connect();
    plan.meter
        .add(Counter::RingsCoopTaskrun, ring_flags::rings_of_thread());
    let Some((mesh, incoming)) = tie(plan.ends, &mut orders).await else {
        reporter.end_is_ordered();
        return Ok(());
    };
    let routes = Arc::clone(&plan.profile.push.routes);
    let hands = Hands::new(Parts {
        own,
        shards: plan.shards,
        meter: plan.meter,
        limits: plan.options.http,
        bodies_octets_max: plan.options.bodies_octets_max,
        profile: plan.profile,
        access: plan.options.access,
        mesh,
        mm4_connections_max: plan.mm4.as_ref().map_or(0, |(mm4, _)| mm4.connections_max),
        mm4: Mm4Side::new(plan.mm4),
    });
    hands.lay_in_buffers();
    let disk = Disk::new(plan.disk, Rc::clone(&hands), &plan.housekeeping)?;
    let mut brain = (plan.brain)(own);
    give_buffers(&mut brain);
    if let Some(centres) = &plan.options.centres {
        Links::start(&hands, centres, routes, link_seed());
    }
    start_tasks(&hands, incoming, plan.listeners);
    glommio::spawn_local(obey(Rc::clone(&hands), orders)).detach();
    reporter.report(Report::Ready);
    turns(&hands, &mut brain, &disk, &reporter).await;
    disk.close().await;
    reporter.end_is_ordered();
    Ok(())
}

/// Spreads the waits of this shard's links; it is no secret.
fn link_seed() -> u64 {
    entropy::seed().map_or(0, |seed| {
        let mut octets = [0; 8];
        octets.copy_from_slice(&seed[..8]);
        u64::from_le_bytes(octets)
    })
}

/// Ties the mesh, unless the start is called off: another shard could not.
async fn tie(ends: Ends, orders: &mut Obedience) -> Option<(Mesh, Vec<Incoming>)> {
    let called_off = async {
        while !matches!(orders.next().await, Some(Order::Stop) | None) {}
        None
    };
    futures_lite::future::or(async { Some(ends.connect().await) }, called_off).await
}

fn start_tasks(hands: &Rc<Hands>, incoming: Vec<Incoming>, listeners: Vec<(Door, OwnedFd)>) {
    for from in incoming {
        glommio::spawn_local(receive(Rc::clone(hands), from)).detach();
    }
    for peer in hands.mesh.peers().collect::<Vec<_>>() {
        let hands = Rc::clone(hands);
        glommio::spawn_local(async move { hands.mesh.flush_spill(peer).await }).detach();
    }
    glommio::spawn_local(turn_wheel(Rc::clone(hands))).detach();
    for listener in listeners {
        glommio::spawn_local(accept::accept(Rc::clone(hands), listener)).detach();
    }
}

/// Takes what one other shard sends.
async fn receive(hands: Rc<Hands>, from: Incoming) {
    while let Some(envelope) = from.ring.recv().await {
        hands.receive(from.from, envelope);
    }
}

/// Turns the wheel of deadlines while there are any.
async fn turn_wheel(hands: Rc<Hands>) {
    loop {
        std::future::poll_fn(|context| hands.poll_deadlines(context)).await;
        glommio::timer::sleep(Duration::from_millis(TICK_MS)).await;
        let now_ms = hands.now_ms();
        hands.slots.borrow_mut().turn_wheel(now_ms);
    }
}

/// Carries out the orders of the program's thread, the last of which is to stop: who listened on would find its inbox
/// closed, which is always ready, and keep the files from being closed.
async fn obey(hands: Rc<Hands>, mut orders: Obedience) {
    while let Some(order) = orders.next().await {
        match order {
            Order::Profile(profile, mm4) => {
                hands.take_profile(profile);
                mm4.into_iter().for_each(|mm4| hands.mm4.take_terms(mm4));
            }
            Order::Access(access) => *hands.access.borrow_mut() = access,
            Order::Retire => hands.retire(),
            Order::HandOver => hands.hand_over(),
            Order::Drain => hands.drain(),
            Order::Census => hands.order_census(),
            Order::Peers(reply) => {
                hands.to_peers.ask(reply);
                hands.wake_turn();
            }
            Order::Actions(reply) => {
                hands.to_peers.ask_actions(reply);
                hands.wake_turn();
            }
            Order::Act(act, reply) => {
                let act = hands.to_peers.acting.begin(act, reply);
                hands.push(Input::Act(act));
            }
            Order::Turn => hands.wake_turn(),
            Order::Stop => break,
        }
    }
    // Ordered, or the program's side is gone without an order: nobody could end this shard any more.
    hands.stop();
}

/// The loop of turns, until the order to end.
async fn turns<M: Mind>(hands: &Rc<Hands>, brain: &mut M, disk: &Disk, reporter: &Reporter) {
    let mut alarm = Alarm::default();
    let mut inputs = Vec::with_capacity(TURN_INPUTS_MAX);
    let mut effects = Vec::with_capacity(TURN_INPUTS_MAX);
    let mut quiet = Quiet::default();
    let mut lull = Lull::default();
    let mut watch = Watch::default();
    while !hands.is_stopping() {
        let began = Began::now();
        let left = hands.take_inputs(&mut inputs, TURN_INPUTS_MAX);
        let now = hands.clock.now();
        hands.note_clocks(now);
        if lull.has_come(now.monotonic, inputs.is_empty()) {
            brain.request_marker();
        }
        brain.turn(now, &mut inputs, &mut effects);
        hands.note_strain(brain.is_overloaded(), brain.is_behind());
        debug_assert!(inputs.is_empty(), "a turn takes all its inputs");
        for effect in effects.drain(..) {
            carry_out(hands, disk, effect);
        }
        give_buffers(brain);
        watch.turn_ended(began, &hands.meter);
        hands.meter.spans.swap_if_wanted();
        if hands.takes_marker_wish() {
            brain.request_marker();
        }
        hands
            .to_peers
            .answer(|| brain.peer_rows(), || brain.action_rows());
        if hands.is_draining() || hands.owes_census() {
            let remains = Remains {
                disk: disk.in_flight(),
                brain: brain.under_way(),
                ..hands.remains()
            };
            quiet.tell(remains, hands, reporter);
        }
        if left > 0 || hands.has_inputs() {
            glommio::executor().yield_task_queue_now().await;
            continue;
        }
        let deadline = brain.next_deadline().into_iter().chain(lull.deadline()).min();
        std::future::poll_fn(|context| match hands.poll_work(context) {
            Poll::Ready(()) => Poll::Ready(()),
            Poll::Pending => alarm.poll(context, deadline, || hands.clock.monotonic()),
        })
        .await;
    }
}

/// What the program knows of the shard's quiet.
#[derive(Debug, Default)]
struct Quiet {
    told: bool,
}

impl Quiet {
    fn tell(&mut self, remains: Remains, hands: &Hands, reporter: &Reporter) {
        let is_quiet = remains.is_nothing();
        if hands.take_census_order() {
            self.told = is_quiet;
            reporter.report(Report::Census(Census {
                remains: Remains {
                    connection: hands.slots.borrow().one(),
                    ..remains
                },
                sent: hands.mesh.sent_count(),
                received: hands.received_count(),
            }));
        } else if is_quiet && !std::mem::replace(&mut self.told, true) {
            reporter.report(Report::Quiet);
        }
    }
}

/// Tells when nothing has come in for [`LULL_MS`]; once for each lull.
#[derive(Debug, Default)]
struct Lull {
    since: Monotonic,
    over: bool,
}

impl Lull {
    fn has_come(&mut self, now: Monotonic, nothing_came: bool) -> bool {
        if !nothing_came {
            self.since = now;
            self.over = false;
            return false;
        }
        let come = !self.over && now.since(self.since) >= LULL_MS;
        self.over |= come;
        come
    }

    fn deadline(&self) -> Option<Monotonic> {
        (!self.over).then(|| self.since + LULL_MS)
    }
}

fn carry_out(hands: &Rc<Hands>, disk: &Disk, effect: Effect<GroupBuffer>) {
    match effect {
        Effect::Answer { to, answer } => hands.answer(to, answer),
        Effect::Mail { to, mail } if to == hands.own => hands.push(Input::Mail { from: to, mail }),
        Effect::Mail { to, mail } => {
            hands.meter.count(Counter::MeshSent);
            hands.mesh.send(to, Envelope::Mail(mail));
        }
        Effect::Push(push) => hands.send_push(*push),
        Effect::Relay(relay) => hands.to_peers.carry(hands, relay),
        Effect::Spent(buffer) => hands.take_back(buffer),
        Effect::Acted { ticket, outcome } => hands.to_peers.acting.end(ticket, outcome),
        Effect::Disk(operation) => disk.carry_out(operation),
        Effect::Read { ticket, slot, range } => disk.read(ticket, slot, range),
    }
}

fn give_buffers<M: Mind>(brain: &mut M) {
    while brain.wants_buffer() {
        let buffer = GroupBuffer::allocate(brain.group_octets());
        brain.give_buffer(buffer);
    }
}
