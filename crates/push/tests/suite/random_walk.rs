//! Random walks: a sending link and, in every second walk, a receiving one, against the model SMSC.
//!
//! Some hundred seeds; a failing one is named. Invariants, checked by the ledger after every step: the window and the
//! rate are never exceeded, each push has exactly one outcome or comes back whole, each that is receipted ends once.

use std::collections::BTreeSet;

use base::{Monotonic, Msisdn};
use push::smpp::backoff::Noise;
use push::smpp::receipts::Bounds;
use push::smpp::{Action, Bind, IdForm, Receipts, Session, Settings, TextErrors};
use push::{Outcome, PushId, Submission};

use crate::model::{Due, Ledger, Moods, Smsc, Truth};
use crate::smsc;

const SEEDS: u64 = 300;
const STEPS: u32 = 600;
const FIRST_NUMBER: u64 = 447_700_900_000;
const WINDOW: usize = 4;
const RATE_PER_S: u64 = 20;
const BURST: u64 = 3;
const RESPONSE_MS: u64 = 1_500;

struct World {
    now: u64,
    smsc: Smsc,
    links: Vec<Link>,
    receipts: Receipts,
    ledger: Ledger,
    next_push: u64,
    is_faulty: bool,
}

struct Link {
    session: Session,
    output: Vec<u8>,
    is_up: bool,
    is_bound: bool,
    bind: Bind,
}

fn settings(bind: Bind) -> Settings {
    Settings {
        bind,
        window: WINDOW as u32,
        rate_per_s: RATE_PER_S as u32,
        burst: BURST as u32,
        queue: 12,
        response_ms: RESPONSE_MS as u32,
        throttle_ms_min: 50,
        throttle_ms_max: 800,
        retry_ms_min: 50,
        retry_ms_max: 800,
        throttled_max: 4,
        reconnect_ms_min: 100,
        reconnect_ms_max: 2_000,
        text_errors: TextErrors::Map,
        ..Settings::default()
    }
}

impl World {
    fn new(seed: u64) -> Self {
        let mut noise = Noise::new(seed);
        let moods = Moods {
            throttle: noise.draw() % 30,
            again: noise.draw() % 10,
            unknown: noise.draw() % 5,
            reject: noise.draw() % 5,
            silent: noise.draw() % 8,
            twice: noise.draw() % 30,
            is_decimal: noise.draw().is_multiple_of(2),
        };
        let binds: &[Bind] = match noise.draw() % 2 {
            0 => &[Bind::Transceiver],
            _ => &[Bind::Transmitter, Bind::Receiver],
        };
        let link = |&bind: &Bind| Link {
            session: Session::new(settings(bind), seed, Monotonic(0)).unwrap(),
            output: Vec::new(),
            is_up: false,
            is_bound: false,
            bind,
        };
        let bounds = Bounds {
            early_ms: 60_000,
            late_ms: 1_000,
            ..Bounds::default()
        };
        Self {
            now: 0,
            smsc: Smsc::new(seed ^ 0xABCD, moods),
            links: binds.iter().map(link).collect(),
            receipts: Receipts::new(IdForm::Learn, bounds),
            ledger: Ledger::new(WINDOW, RATE_PER_S, BURST, RESPONSE_MS),
            next_push: 0,
            is_faulty: true,
        }
    }

    fn step(&mut self) -> Result<(), String> {
        self.now += u64::from(self.smsc.below(120));
        let now = Monotonic(self.now);
        for index in 0..self.links.len() {
            let link = &mut self.links[index];
            if self.is_faulty && link.is_up && self.smsc.below(300) == 0 {
                link.session.disconnected(now);
                self.cut(index);
            }
            if self.links[index].session.deadline().is_some_and(|at| at <= now) {
                self.links[index].session.tick(now, &mut self.receipts);
            }
            self.settle(index)?;
        }
        self.deliver()
    }

    fn offer(&mut self) -> Result<(), String> {
        let push = self.next_push;
        let size = 1 + self.smsc.below(380) as usize;
        let octets: Vec<u8> = (0..size).map(|at| (at as u64 * 7 + push) as u8).collect();
        let submission = Submission {
            id: PushId(push),
            to: Msisdn::from_bits(FIRST_NUMBER + push).unwrap(),
            octets: octets.clone(),
            reference: push as u16,
            valid_for_s: 60,
        };
        if self.links[0]
            .session
            .offer(submission, Monotonic(self.now))
            .is_ok()
        {
            self.ledger.offered(push, octets);
            self.next_push += 1;
        }
        self.settle(0)
    }

    /// Takes what a session says, until it says no more.
    fn settle(&mut self, index: usize) -> Result<(), String> {
        let link = &mut self.links[index];
        link.output.extend_from_slice(link.session.output());
        let octets = link.session.output().len();
        link.session.sent(octets);
        for ours in smsc::split(&mut link.output) {
            self.ours(index, &ours)?;
        }
        while let Some(action) = self.links[index].session.action() {
            self.action(index, action)?;
        }
        Ok(())
    }

    fn ours(&mut self, index: usize, ours: &smsc::Ours) -> Result<(), String> {
        let answer = match ours.command {
            0x01 | 0x02 | 0x09 => smsc::bound(ours.command, ours.sequence),
            0x15 => smsc::bare(0x8000_0015, 0, ours.sequence),
            0x06 => smsc::bare(0x8000_0006, 0, ours.sequence),
            0x04 => {
                self.ledger.submitted(self.now, ours.sequence)?;
                self.smsc.submitted(self.now, ours);
                return Ok(());
            }
            _ => return Ok(()),
        };
        let now = Monotonic(self.now);
        let session = &mut self.links[index].session;
        session.received(&answer, now, &mut self.receipts);
        self.settle(index)
    }

    fn action(&mut self, index: usize, action: Action) -> Result<(), String> {
        match action {
            Action::Connect => {
                let fails = self.is_faulty && self.smsc.below(5) == 0;
                let link = &mut self.links[index];
                link.output.clear();
                if fails {
                    link.session.disconnected(Monotonic(self.now));
                } else {
                    link.session.connected(Monotonic(self.now));
                    link.is_up = true;
                }
                self.settle(index)
            }
            Action::Bound => {
                self.links[index].is_bound = true;
                Ok(())
            }
            Action::Close(_) => {
                self.cut(index);
                Ok(())
            }
            Action::Outcome(push, outcome) => self.outcome(push, outcome),
            other => Err(format!("{other:?} from a link that nobody retired")),
        }
    }

    fn outcome(&mut self, push: PushId, outcome: Outcome) -> Result<(), String> {
        let to = (FIRST_NUMBER + push.0).to_string();
        let truth: Option<&Truth> = self.smsc.truth.get(&to);
        self.ledger.outcome(push.0, outcome, truth)
    }

    /// The connection is gone, and the answers on it.
    fn cut(&mut self, index: usize) {
        let link = &mut self.links[index];
        (link.is_up, link.is_bound) = (false, false);
        link.output.clear();
        if link.bind.may_submit() {
            self.smsc.due.retain(|_, due| due.is_receipt);
            self.ledger.cut();
        }
    }

    /// Brings what the SMSC owes; in pieces, and receipts to the link that receives, once it is there.
    fn deliver(&mut self) -> Result<(), String> {
        while let Some(entry) = self.smsc.due.first_entry()
            && entry.key().0 <= self.now
        {
            let due = entry.remove();
            let index = if due.is_receipt { self.links.len() - 1 } else { 0 };
            if !self.links[index].is_bound {
                if due.is_receipt {
                    self.smsc.at(self.now + 500, due);
                }
                continue;
            }
            self.bring(index, &due)?;
        }
        Ok(())
    }

    fn bring(&mut self, index: usize, due: &Due) -> Result<(), String> {
        if let Some(sequence) = due.answers {
            self.ledger.answered(sequence);
        }
        let cut = self.smsc.below(due.octets.len() as u32) as usize;
        for piece in [&due.octets[..cut], &due.octets[cut..]] {
            let now = Monotonic(self.now);
            self.links[index].session.received(piece, now, &mut self.receipts);
        }
        self.settle(index)
    }
}

fn walk(seed: u64, met: &mut BTreeSet<&'static str>) -> Result<(), String> {
    let mut world = World::new(seed);
    for _ in 0..STEPS {
        if world.smsc.below(3) == 0 {
            world.offer()?;
        }
        world.step()?;
    }
    world.is_faulty = false;
    for _ in 0..STEPS * 10 {
        if world.ledger.is_settled() && world.smsc.due.is_empty() {
            break;
        }
        world.step()?;
    }
    while let Some((push, outcome)) = world.receipts.expire(Monotonic(u64::MAX)) {
        world.outcome(push, outcome)?;
    }
    met.extend(world.ledger.met());
    world.ledger.closed()
}

#[test]
fn random_walks() {
    let mut met = BTreeSet::new();
    for seed in 0..SEEDS {
        if let Err(text) = walk(seed, &mut met) {
            panic!("seed {seed}: {text}");
        }
    }
    let all = [
        "absent",
        "delivered",
        "lost",
        "rejected",
        "taken",
        "throttled",
        "unanswered",
        "unknown",
        "unreceipted",
    ];
    assert_eq!(met, BTreeSet::from(all), "the walks meet every outcome");
}

/// The canaries: the ledger catches what it is there for.
#[test]
fn the_ledger_catches() {
    let ledger = || {
        let mut ledger = Ledger::new(2, 10, 2, 1_000);
        ledger.offered(1, vec![5]);
        ledger
    };
    let truth = Truth {
        segments: [(1, vec![5])].into(),
        ..Truth::default()
    };
    let taken = Outcome::Taken { is_receipted: true };
    // Window: three unanswered of two. Rate: three at once of two.
    let mut windowed = ledger();
    assert!(windowed.submitted(0, 1).is_ok() && windowed.submitted(500, 2).is_ok());
    assert!(windowed.submitted(900, 3).is_err());
    let mut hurried = ledger();
    for sequence in 1..=2 {
        assert!(hurried.submitted(0, sequence).is_ok());
        hurried.answered(sequence);
    }
    assert!(hurried.submitted(99, 3).is_err());
    // Outcomes: twice, untrue, of nobody, missing.
    let mut twice = ledger();
    assert!(
        twice
            .outcome(1, Outcome::Taken { is_receipted: false }, Some(&truth))
            .is_ok()
    );
    assert!(twice.outcome(1, Outcome::Unreceipted, Some(&truth)).is_err());
    assert!(ledger().outcome(1, Outcome::Delivered, Some(&truth)).is_err());
    assert!(ledger().outcome(1, taken.clone(), None).is_err());
    assert!(ledger().outcome(2, taken.clone(), Some(&truth)).is_err());
    assert!(ledger().closed().is_err());
    let mut unended = ledger();
    assert!(unended.outcome(1, taken, Some(&truth)).is_ok());
    assert!(unended.closed().is_err());
}
