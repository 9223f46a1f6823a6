//! When messages are due: phases with their rates, and the arrivals in them.
//!
//! Before the phone actor, who asks for the next arrival. Pure: a seed and a plan give the same arrivals always.
//!
//! Invariants: an arrival's time depends on the plan alone, never on an answer; a ramp's rate is linear in time and
//! its arrivals are exact (the integral of the rate is inverted, not stepped).

use rand_chacha::ChaCha12Rng;
use rand_core::{RngCore, SeedableRng};

/// How arrivals are spread.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Deserialize, serde::Serialize, Default)]
#[serde(rename_all = "lowercase")]
pub enum Arrivals {
    /// Independently, as people send: a Poisson process.
    #[default]
    Poisson,
    /// Evenly.
    Constant,
}

/// A stretch of time with a rate that is constant or changes linearly.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Stretch {
    /// Its length in nanoseconds.
    pub length_ns: u64,
    /// Messages a second at its start.
    pub from_per_s: f64,
    /// Messages a second at its end.
    pub to_per_s: f64,
}

/// A message that is due.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Arrival {
    /// When, on the run's clock.
    pub due_ns: u64,
    /// In which stretch.
    pub phase: u8,
}

/// Draws numbers; the same seed draws the same.
#[derive(Clone, Debug)]
pub struct Dice(ChaCha12Rng);

impl Dice {
    /// Dice of one of several threads.
    #[must_use]
    pub fn new(seed: u64, thread: u64) -> Dice {
        let mut rng = ChaCha12Rng::seed_from_u64(seed);
        rng.set_stream(thread);
        Dice(rng)
    }

    /// From 0 to 1, 1 excluded.
    pub fn share(&mut self) -> f64 {
        (self.0.next_u64() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// Below a bound, which is not 0.
    pub fn below(&mut self, bound: u64) -> u64 {
        ((u128::from(self.0.next_u64()) * u128::from(bound.max(1))) >> 64) as u64
    }

    /// Exponentially distributed with mean 1.
    pub fn exponential(&mut self) -> f64 {
        -(1.0 - self.share()).ln()
    }
}

/// The arrivals of one thread.
#[derive(Clone, Debug)]
pub struct Schedule {
    stretches: Vec<Stretch>,
    arrivals: Arrivals,
    dice: Dice,
    phase: usize,
    phase_begin_ns: u64,
    within_s: f64,
}

impl Schedule {
    /// One thread's part of a plan: each of `threads` has an equal share of the rate.
    #[must_use]
    pub fn new(stretches: &[Stretch], arrivals: Arrivals, dice: Dice, thread: u32, threads: u32) -> Schedule {
        let share = 1.0 / f64::from(threads.max(1));
        let part = |stretch: &Stretch| Stretch {
            from_per_s: stretch.from_per_s * share,
            to_per_s: stretch.to_per_s * share,
            ..*stretch
        };
        let stretches: Vec<Stretch> = stretches.iter().map(part).collect();
        // Evenly spaced threads take turns.
        let offset = match (arrivals, stretches.first()) {
            (Arrivals::Constant, Some(first)) if first.from_per_s > 0.0 => {
                f64::from(thread) * share / first.from_per_s
            }
            _ => 0.0,
        };
        Schedule {
            stretches,
            arrivals,
            dice,
            phase: 0,
            phase_begin_ns: 0,
            within_s: offset,
        }
    }

    /// When all is over.
    #[must_use]
    pub fn end_ns(&self) -> u64 {
        let before = self.phase_begin_ns;
        let left = self
            .stretches
            .iter()
            .skip(self.phase)
            .map(|stretch| stretch.length_ns);
        before + left.sum::<u64>()
    }
}

impl Iterator for Schedule {
    type Item = Arrival;

    fn next(&mut self) -> Option<Arrival> {
        let mut area = match self.arrivals {
            Arrivals::Poisson => self.dice.exponential(),
            Arrivals::Constant => 1.0,
        };
        loop {
            let stretch = *self.stretches.get(self.phase)?;
            let length_s = stretch.length_ns as f64 / 1e9;
            let slope = (stretch.to_per_s - stretch.from_per_s) / length_s;
            let rate = stretch.from_per_s + slope * self.within_s;
            let left_s = length_s - self.within_s;
            let left_area = (rate + slope * left_s / 2.0) * left_s;
            if left_s > 0.0 && area < left_area {
                self.within_s += time_of(area, rate, slope);
                let due_ns = self.phase_begin_ns + (self.within_s * 1e9) as u64;
                return Some(Arrival {
                    due_ns,
                    phase: self.phase as u8,
                });
            }
            area -= left_area.max(0.0);
            self.phase_begin_ns += stretch.length_ns;
            self.phase += 1;
            self.within_s = 0.0;
        }
    }
}

/// After how many seconds a rate with a slope has amounted to an area.
fn time_of(area: f64, rate: f64, slope: f64) -> f64 {
    if slope.abs() < 1e-9 {
        return area / rate;
    }
    // The stable form of the quadratic's root: no difference of nearly equal numbers.
    2.0 * area / (rate + (rate * rate + 2.0 * slope * area).max(0.0).sqrt())
}

#[cfg(test)]
mod tests;
