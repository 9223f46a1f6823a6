//! What a run is made of, by its seed: shards, sizes, settings, and how often each thing happens.
//!
//! First in the run. Runs differ in what they are likely to meet: where everything happens at once, some things never
//! do. Invariant: a function of the seed.

use crate::world::Shape;
use journal::fault::{Dice, FaultPlan, Holding};
use profile::{Bearer, Profile, PushRoute};

/// Phones of a run.
pub const PHONES: u64 = 6;

/// Steps of a run, unless told otherwise.
pub const STEPS: u64 = 400;

/// How often what happens: weights of a choice, or odds of one in so many (0: never).
#[derive(Clone, Debug)]
pub struct Swarm {
    /// Of the acts: a phone's sending, repeating, reacting, forwarding, nonsense; a peer's bringing; nothing.
    pub acts: [u64; 7],
    /// Odds of a stop without warning, at each step.
    pub crash: u32,
    /// Of those, one in so many starts another number of shards.
    pub relayout: u32,
    /// Of those, one in so many is a stop after a drain.
    pub drain: u32,
    /// Odds that a connection breaks, at each step.
    pub cut: u32,
    /// Odds that a connection falls silent, at each step.
    pub silence: u32,
    /// One new connection in so many is slow.
    pub slow: u32,
    /// Most things that happen on the network, disks and shards after each act.
    pub bustle: u64,
    /// Odds that the wall clock is set wrong or right again, at each step.
    pub jump: u32,
    /// Odds that the disks have no more space, or have it again.
    pub fill: u32,
    /// One phone in so many answers wrongly.
    pub mischief: u32,
    /// Of contents of 10, 500, 5,000 and 40,000 octets: weights.
    pub contents: [u64; 4],
    /// A phone's request keeps its connection for the next one, one in so many.
    pub reuse: u32,
    /// One recipient in so many is another operator's subscriber.
    pub abroad: u32,
    /// Odds that an operator does something to the other operator, at each step.
    pub operates: u32,
    /// Odds that a block of a disk goes bad, at each step.
    pub damage: u32,
    /// A recipient of what the other operator brings is a third operator's, one in so many; then there is one.
    pub passes: u32,
    /// Odds that its numbers move to the other operator, that the agreement ends, or that all is as before: at each
    /// step.
    pub moves: u32,
    /// What the settings say of operators: at first, where the third one's numbers have moved, and without agreement.
    pub operators: Vec<std::sync::Arc<profile::Peers>>,
}

/// Weighted choice: the number of the weight that was hit.
pub fn choose(dice: &mut Dice, weights: &[u64]) -> usize {
    let mut at = dice.below(weights.iter().sum());
    for (index, weight) in weights.iter().enumerate() {
        if at < *weight {
            return index;
        }
        at -= weight;
    }
    weights.len()
}

/// The other operator.
const PEER: &str = "[[peer]]\nname = \"peer\"\ndomains = [\"mms.peer.example\"]\nranges = [\"+155501\"]\n\
                    sources = [\"192.0.2.0/28\"]\nretry_schedule_s = [60, 300]\nres_s = 300\n";

/// A third one, which some runs have, and to which the other one's messages may go.
const FAR: &str = "[[peer]]\nname = \"far\"\ndomains = [\"mms.far.example\"]\nranges = [\"+155502\"]\n\
                   sources = [\"192.0.2.16/28\"]\nretry_schedule_s = [60, 300]\nres_s = 300\n";

const RELATION: &str = "[[relation]]\nfrom = \"peer\"\nto = \"far\"\n";

fn operators(text: &str) -> std::sync::Arc<profile::Peers> {
    let settings = profile::parse(text).expect("settings");
    profile::compile(&settings, 1, ([127, 0, 0, 1], 8_190).into()).peers
}

/// What the run of a seed is made of.
#[must_use]
pub fn of(seed: u64) -> (Shape, Swarm) {
    let mut dice = Dice(seed ^ 0xc0ff_ee00);
    let dice = &mut dice;
    let mut one_of = |choices: &[u32]| choices[dice.below(choices.len() as u64) as usize];
    let mut swarm = Swarm {
        acts: [
            u64::from(one_of(&[2, 4, 8])),
            u64::from(one_of(&[0, 1, 3])),
            u64::from(one_of(&[4, 8])),
            u64::from(one_of(&[0, 1])),
            u64::from(one_of(&[0, 0, 1])),
            u64::from(one_of(&[0, 1, 3])),
            u64::from(one_of(&[4, 10])),
        ],
        crash: one_of(&[0, 40, 60, 150]),
        relayout: one_of(&[0, 2, 3]),
        drain: one_of(&[0, 4]),
        cut: one_of(&[0, 15, 60]),
        silence: one_of(&[0, 0, 80]),
        slow: one_of(&[0, 10, 3]),
        bustle: u64::from(one_of(&[14, 14, 60])),
        jump: one_of(&[0, 0, 0, 50]),
        fill: one_of(&[0, 0, 0, 60]),
        mischief: one_of(&[4, 8, 30]),
        reuse: one_of(&[0, 1, 2]),
        abroad: 0,
        operates: 0,
        damage: 0,
        passes: 0,
        moves: 0,
        operators: Vec::new(),
        contents: match one_of(&[0, 1, 2]) {
            0 => [1, 1, 1, 1],
            1 => [4, 2, 1, 0],
            // Segments fill up within the run.
            _ => [1, 0, 0, 12],
        },
    };
    let mut shape = Shape {
        shards: one_of(&[1, 2, 3]) as u16,
        recent_octets: one_of(&[0, 20_000, 256 << 10]) as usize,
        plan: FaultPlan {
            slow_steps_max: one_of(&[0, 1, 2, 4]),
            reorder: one_of(&[0, 1]) == 1,
            eio: one_of(&[0, 0, 0, 0, 400]),
            short: one_of(&[0, 0, 0, 0, 0, 400]),
            enospc: one_of(&[0, 0, 0, 8]),
            garbles: one_of(&[0, 1]) == 1,
            ..FaultPlan::of(Holding::Forget, seed)
        },
        read_eio: one_of(&[0, 0, 20]),
        ..Shape::default()
    };
    settled(&mut shape, &mut one_of);
    swarm.abroad = one_of(&[0, 2, 6]);
    swarm.operates = one_of(&[0, 0, 12, 60]);
    swarm.damage = one_of(&[0, 0, 0, 40]);
    if swarm.damage > 0 {
        damaged(&mut shape.profile, &mut swarm);
    }
    // Dice of its own: what the seeds of runs without a third operator mean stays as it was.
    passing(seed, &mut shape.profile, &mut swarm);
    (shape, swarm)
}

/// In one run of three there is a third operator, and we pass messages on to it.
fn passing(seed: u64, profile: &mut Profile, swarm: &mut Swarm) {
    let mut dice = Dice(seed ^ 0x0afa_4000);
    let mut one_of = |choices: &[u32]| choices[dice.below(choices.len() as u64) as usize];
    swarm.passes = one_of(&[0, 0, 0, 0, 2, 5]);
    if swarm.passes == 0 {
        return;
    }
    let speaks = ["", "request_recipients = true\n"][one_of(&[0, 1]) as usize];
    let answers = ["", "", "ack = \"smtp\"\n"][one_of(&[0, 1, 2]) as usize];
    let mode = [
        "answer_s = 300\n",
        "answer_s = 3000\n",
        "mode = \"store_and_forward\"\n",
    ];
    let mode = mode[one_of(&[0, 1, 2]) as usize];
    let (peer, far) = (format!("{PEER}{speaks}"), format!("{FAR}{answers}"));
    let moved = peer.replace("[\"+155501\"]", "[\"+155501\", \"+155502\"]");
    swarm.operators = vec![
        operators(&format!("{peer}{far}{RELATION}{mode}")),
        operators(&moved),
        operators(&format!("{peer}{far}")),
    ];
    profile.peers = std::sync::Arc::clone(&swarm.operators[0]);
    swarm.moves = one_of(&[0, 0, 40]);
    // Some bring more than they would elsewhere.
    swarm.acts[5] = swarm.acts[5].max(u64::from(one_of(&[1, 3])));
}

/// Settings of journals and of everything else.
fn settled(shape: &mut Shape, one_of: &mut impl FnMut(&[u32]) -> u32) {
    shape.draft.segments_max = one_of(&[64, 64, 64, 6]) as u16;
    shape.draft.groups_in_flight = one_of(&[1, 2, 4]) as u8;
    shape.draft.group_octets = one_of(&[64 << 10, 64 << 10, 128 << 10]);
    let profile = &mut shape.profile;
    profile.peers = operators(PEER);
    bounded(profile);
    profile.notify.jitter_percent = one_of(&[0, 10]) as u8;
    if one_of(&[0, 1]) == 1 {
        // Segments are emptied and freed while the run goes on.
        profile.retrieve.again_ms = 0;
        shape.draft.evacuate_below_percent = 60;
    }
    profile.retrieve.delivered_on_fetch = one_of(&[0, 0, 0, 1]) == 1;
    profile.mm1.sender_hiding = one_of(&[0, 1, 1]) == 1;
    profile.mm1.mailbox_messages_max = one_of(&[1_000, 1_000, 1_000, 3]);
    if one_of(&[0, 0, 1]) == 1 {
        carried(profile);
    }
}

/// What a run with blocks that go bad has instead.
fn damaged(profile: &mut Profile, swarm: &mut Swarm) {
    // Whoever moves to another layout gets other disks, and has to read everything.
    swarm.relayout = 0;
    // Segments have to fill up.
    swarm.contents = [1, 0, 0, 12];
    // Reports that can't be written are given up before the run is over; nobody holds others back for as long.
    profile.push.told_s = 10_800;
    swarm.operates = 0;
}

/// What every run has: days would outlive it.
fn bounded(profile: &mut Profile) {
    profile.mm1.expiry_max_s = 21_600;
    profile.mm1.message_octets_max = 45_000;
    profile.mm1.recipients_max = 6;
    profile.mm4.repeats_s = 7_200;
    profile.retrieve.read_report_s = 21_600;
}

/// Somebody has to take what is pushed.
fn carried(profile: &mut Profile) {
    profile.push.bearer = Bearer::Smpp;
    profile.push.routes = [PushRoute {
        prefix: String::new(),
        centres: vec![0],
    }]
    .into();
}
