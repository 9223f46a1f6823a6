//! The policy over a simulated queue: open-loop arrivals at a fixed rate of service, in virtual time.
//!
//! One server, first come first served; something taken costs [`SERVICE_US`], a refusal [`REFUSAL_US`] (what
//! the product needs to say no, against what it needs to say yes). The policy is told what the front has waited
//! at the start of each turn, as in the shard. What is measured is what the product promises: goodput against
//! the peak, the delay of what was taken, and how soon after the load has gone nothing is refused any more. The
//! canary is the same server without the policy.

use admit::{Rank, Shed};
use base::Monotonic;
use profile::{Overload, Profile};
use std::collections::VecDeque;

/// Microseconds of something taken: a rate of 1,000 a second.
const SERVICE_US: u64 = 1_000;
/// Microseconds of a refusal: one part in a hundred.
const REFUSAL_US: u64 = 10;
/// Microseconds in a second.
const SECOND_US: u64 = 1_000_000;
/// Requests of one turn at most.
const TURN_MAX: usize = 128;

/// What happens in one run.
#[derive(Clone, Copy)]
struct Case {
    /// Arrivals over the rate of service, times ten, for so many seconds.
    tenths: u64,
    seconds: u64,
    /// Then this for ten seconds: the load has gone.
    tenths_after: u64,
    /// Of ten arrivals so many settle something.
    settling: u64,
    /// Each refused request comes again after so many seconds, up to twenty times; 0: never.
    again_s: u64,
    /// The disk stands still from the second to the third second.
    stalls: bool,
}

const STEADY: Case = Case {
    tenths: 10,
    seconds: 20,
    tenths_after: 5,
    settling: 0,
    again_s: 0,
    stalls: false,
};

/// What came of it.
#[derive(Debug, Default)]
struct Result {
    /// Taken a second while the load lasted, the first second apart.
    goodput: u64,
    /// Milliseconds that 99 of 100 taken took at most, and everything.
    p99_ms: u64,
    max_ms: u64,
    refused: u64,
    /// Of what settles.
    settled: u64,
    settling: u64,
    /// Milliseconds after the load had gone in which something was still refused.
    recovery_ms: u64,
}

#[derive(Clone, Copy)]
struct Arrival {
    at_us: u64,
    rank: Rank,
    tries: u8,
}

struct Server {
    now_us: u64,
    shed: Shed,
    queue: VecDeque<Arrival>,
    /// Refused ones that come again, by time.
    again: VecDeque<Arrival>,
    limits: Option<Overload>,
    case: Case,
    delays_us: Vec<u64>,
    result: Result,
}

impl Server {
    fn new(case: Case, limits: Option<Overload>) -> Server {
        Server {
            now_us: 0,
            shed: Shed::default(),
            queue: VecDeque::new(),
            again: VecDeque::new(),
            limits,
            case,
            delays_us: Vec::new(),
            result: Result::default(),
        }
    }

    fn now(&self) -> Monotonic {
        Monotonic(self.now_us / 1_000)
    }

    /// Microseconds that the oldest append has waited for a disk that stands still.
    fn disk_us(&self) -> u64 {
        match self.case.stalls && (2 * SECOND_US..3 * SECOND_US).contains(&self.now_us) {
            true => self.now_us - 2 * SECOND_US,
            false => 0,
        }
    }

    fn turn(&mut self) {
        let front_us = self.queue.front().map_or(0, |front| self.now_us - front.at_us);
        let delay_ms = (front_us + self.disk_us()) / 1_000;
        if let Some(limits) = &self.limits {
            self.shed.observe(self.now(), delay_ms, limits);
        }
        let turn_us = self.now_us;
        for _ in 0..TURN_MAX {
            let Some(arrival) = self.queue.pop_front() else {
                return;
            };
            let delay_ms = (turn_us.saturating_sub(arrival.at_us) + self.disk_us()) / 1_000;
            let takes = match &self.limits {
                Some(limits) => self.shed.takes(arrival.rank, delay_ms, limits),
                None => true,
            };
            if takes {
                self.take(arrival);
            } else {
                self.refuse(arrival);
            }
        }
    }

    fn take(&mut self, arrival: Arrival) {
        // What is appended while the disk stands still is durable when it moves again.
        let ends_us = match self.disk_us() {
            0 => self.now_us + SERVICE_US,
            _ => 3 * SECOND_US,
        };
        self.now_us += SERVICE_US;
        self.delays_us.push(ends_us.max(self.now_us) - arrival.at_us);
        self.result.settled += u64::from(arrival.rank == Rank::Settles);
        let load_us = SECOND_US..self.case.seconds * SECOND_US;
        self.result.goodput += u64::from(load_us.contains(&self.now_us));
    }

    fn refuse(&mut self, arrival: Arrival) {
        self.now_us += REFUSAL_US;
        self.result.refused += 1;
        let over_ms = self.case.seconds * 1_000;
        self.result.recovery_ms = (self.now_us / 1_000).saturating_sub(over_ms);
        if self.case.again_s > 0 && arrival.tries < 20 {
            let at_us = self.now_us + self.case.again_s * SECOND_US;
            let tries = arrival.tries + 1;
            self.again.push_back(Arrival {
                at_us,
                tries,
                ..arrival
            });
        }
    }

    fn run(mut self) -> Result {
        let mut made = 0_u64;
        let mut next_us = 0;
        let load_us = self.case.seconds * SECOND_US;
        let end_us = load_us + 10 * SECOND_US;
        while self.now_us < end_us || !self.queue.is_empty() {
            while next_us <= self.now_us && next_us < end_us {
                let rank = match made % 10 < self.case.settling {
                    true => Rank::Settles,
                    false => Rank::Begins,
                };
                self.result.settling += u64::from(rank == Rank::Settles);
                let tries = 0;
                self.queue.push_back(Arrival {
                    at_us: next_us,
                    rank,
                    tries,
                });
                made += 1;
                let tenths = if next_us < load_us {
                    self.case.tenths
                } else {
                    self.case.tenths_after
                };
                next_us += SERVICE_US * 10 / tenths;
            }
            while self.again.front().is_some_and(|again| again.at_us <= self.now_us) {
                self.queue.extend(self.again.pop_front());
            }
            match self.queue.is_empty() {
                true => self.now_us = next_us.max(self.now_us + 1).min(end_us),
                false => self.turn(),
            }
        }
        self.delays_us.sort_unstable();
        let at = |part: usize| self.delays_us.get(self.delays_us.len() * part / 1_000).copied();
        self.result.p99_ms = at(990).unwrap_or_default() / 1_000;
        self.result.max_ms = self.delays_us.last().copied().unwrap_or_default() / 1_000;
        self.result.goodput /= self.case.seconds - 1;
        self.result
    }
}

fn with_policy(case: Case) -> Result {
    Server::new(case, Some(Profile::default().overload)).run()
}

/// Goodput at least so many a second of 1,000, all taken within the objective, refusals over within so many ms.
#[track_caller]
fn holds(result: &Result, goodput_min: u64, recovery_ms_max: u64) {
    assert!(result.goodput >= goodput_min, "{result:?}");
    assert!(result.p99_ms <= 1_000, "{result:?}");
    assert!(result.recovery_ms <= recovery_ms_max, "{result:?}");
    assert_eq!(result.settled, result.settling, "{result:?}");
}

#[test]
fn goodput_and_delay_hold_at_any_load() {
    for (tenths, goodput_min) in [(5, 500), (9, 900), (10, 990), (12, 950), (30, 950), (100, 900)] {
        let result = with_policy(Case { tenths, ..STEADY });
        println!("{}.{} x: {result:?}", tenths / 10, tenths % 10);
        holds(&result, goodput_min * 99 / 100, 1_000);
        if tenths <= 10 {
            assert_eq!(result.refused, 0, "what can be served is served: {result:?}");
        }
    }
}

/// The canary: without the policy the delay grows with the queue, and it is seen.
#[test]
fn without_the_policy_the_delay_explodes() {
    for (tenths, p99_ms_min) in [(30, 30_000), (100, 100_000)] {
        let result = Server::new(Case { tenths, ..STEADY }, None).run();
        println!("{} x without: {result:?}", tenths / 10);
        assert!(result.p99_ms > p99_ms_min, "{result:?}");
    }
}

#[test]
fn what_settles_is_never_refused() {
    let result = with_policy(Case {
        tenths: 30,
        settling: 2,
        ..STEADY
    });
    println!("3 x, a fifth of it settles: {result:?}");
    holds(&result, 940, 1_000);
    assert!(result.settling > 10_000 && result.refused > 10_000, "{result:?}");
}

/// Everybody who is refused comes again, and again: the storm is refused as cheaply, and is over soon after its
/// cause.
#[test]
fn a_storm_of_retries_does_not_topple_it() {
    for again_s in [1, 3] {
        let result = with_policy(Case {
            tenths: 20,
            again_s,
            ..STEADY
        });
        println!("2 x, again after {again_s} s: {result:?}");
        assert!(result.goodput >= 850 && result.p99_ms <= 1_000, "{result:?}");
    }
}

/// A disk that stands still for a second: what is new meanwhile is refused, and afterwards nothing is.
#[test]
fn a_stalled_disk_is_a_queue_too() {
    let result = with_policy(Case {
        tenths: 5,
        stalls: true,
        ..STEADY
    });
    println!("0.5 x, the disk stands for a second: {result:?}");
    assert!((300..=1_000).contains(&result.refused), "{result:?}");
    holds(&result, 450, 0);
    assert!(result.max_ms <= 1_100, "{result:?}");
}
