//! What changed between two sides, and how sure that is: a bootstrap over intervals, and over runs where there are
//! several.
//!
//! Behind run folders. Each side's intervals are drawn again with replacement (first a run, then its intervals) a
//! thousand times; the scatter of the draws gives the shift's confidence interval, with Student's t for the few
//! intervals that there are. 99.5 % for each figure: with some five of them noise is called a change in fewer than
//! 5 of 100 comparisons (the percentiles of the draws themselves were tried: they called 8).
//!
//! Invariants: a change is called only if the interval excludes none *and* the shift is as large as was asked for;
//! the same folders give the same answer (the draws are seeded). What it can't see: how much whole runs differ,
//! where each side has one only.

use crate::folder::{self, FolderError, Raw};
use crate::pace::Dice;
use crate::record::Series;
use crate::summary::spans;
use serde::Serialize;
use std::collections::BTreeMap;
use std::path::Path;

/// Draws.
const DRAWS: usize = 1_000;
/// The normal distribution's quantile for 0.25 % above: 99.5 % lie between it and its negative.
const Z: f64 = 2.807;
/// A quantile is compared only if so many values lie above it: with fewer its scatter can't be told.
const ABOVE_MIN: f64 = 40.0;
/// Intervals a side needs.
const INTERVALS_MIN: usize = 5;
/// What is compared of each series.
const QUANTILES: &[(&str, f64)] = &[("p50", 0.5), ("p90", 0.9), ("p99", 0.99), ("p99.9", 0.999)];
/// The series that are compared.
const SERIES: &[Series] = &[
    Series::Submit,
    Series::Retrieve,
    Series::Acknowledge,
    Series::LifeReported,
];

/// What became of a figure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum Verdict {
    /// Greater, surely.
    Worse,
    /// Smaller, surely.
    Better,
    /// Not surely another.
    Unchanged,
}

/// A figure on both sides.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Shift {
    /// Which.
    pub figure: String,
    /// Before, microseconds.
    pub before: f64,
    /// After, microseconds.
    pub after: f64,
    /// After over before, less one.
    pub shift: f64,
    /// The confidence interval's lower end.
    pub low: f64,
    /// Its upper end.
    pub high: f64,
    /// What that means.
    pub verdict: Verdict,
}

/// Why sides can't be compared.
#[derive(Debug, thiserror::Error)]
pub enum CompareError {
    /// A folder can't be read.
    #[error("{0}")]
    Folder(#[from] FolderError),
    /// Too little was measured.
    #[error("{0}")]
    TooLittle(String),
}

/// One run's intervals.
#[derive(Clone, Debug, Default)]
pub struct Intervals {
    /// Sorted values with their counts, by series, in each interval.
    latency: Vec<BTreeMap<Series, Vec<(u64, u64)>>>,
    /// Server's processor time and messages in each interval.
    work: Vec<(u64, u64)>,
}

/// Reads a run, or all runs in a folder.
///
/// # Errors
/// Folders that can't be read, or hold no run.
pub fn load(path: &Path) -> Result<Vec<Intervals>, CompareError> {
    if path.join(folder::CONDITIONS).is_file() {
        return Ok(vec![Intervals::of(&folder::read(path)?)]);
    }
    let io = |error| FolderError::Io(path.display().to_string(), error);
    let mut folders: Vec<_> = std::fs::read_dir(path)
        .map_err(io)?
        .flatten()
        .map(|entry| entry.path())
        .collect();
    folders.sort();
    folders.retain(|folder| folder.join(folder::CONDITIONS).is_file());
    if folders.is_empty() {
        return Err(CompareError::TooLittle(format!(
            "{} holds no run",
            path.display()
        )));
    }
    folders
        .iter()
        .map(|folder| Ok(Intervals::of(&folder::read(folder)?)))
        .collect()
}

impl Intervals {
    /// The measured intervals of a run; those that lie across a phase's edge are left out.
    #[must_use]
    pub fn of(raw: &Raw) -> Intervals {
        let scenario = &raw.conditions.scenario;
        let phases: Vec<_> = scenario
            .phase
            .iter()
            .zip(spans(scenario))
            .filter(|(phase, _)| phase.measured)
            .collect();
        let mut intervals = Intervals::default();
        for sample in &raw.samples {
            let (begin_s, end_s) = (sample.begin_ns as f64 / 1e9, sample.end_ns as f64 / 1e9);
            let is_within = phases
                .iter()
                .any(|(_, (from, to))| begin_s >= from - 0.01 && end_s <= to + 0.05);
            if !is_within || sample.length_ns() < 100_000_000 {
                continue;
            }
            let mut of: BTreeMap<Series, Vec<(u64, u64)>> = BTreeMap::new();
            for entry in &raw.entries {
                if (entry.begin_s - begin_s).abs() < 0.001 && SERIES.contains(&entry.series) {
                    let values = entry.histogram.iter_recorded();
                    let values = values.map(|value| (value.value_iterated_to(), value.count_at_value()));
                    of.entry(entry.series).or_default().extend(values);
                }
            }
            for values in of.values_mut() {
                values.sort_unstable();
            }
            intervals.latency.push(of);
            intervals
                .work
                .push((sample.server_cpu_ns, sample.counts.submitted));
        }
        intervals
    }
}

/// Compares two sides. `least` is the smallest shift that is called a change, as a share.
///
/// # Errors
/// Where a side has too few intervals.
pub fn compare(before: &[Intervals], after: &[Intervals], least: f64) -> Result<Vec<Shift>, CompareError> {
    for (name, side) in [("before", before), ("after", after)] {
        let intervals: usize = side.iter().map(|run| run.latency.len()).sum();
        if intervals < INTERVALS_MIN {
            let text = format!("{name}: {intervals} measured intervals, at least {INTERVALS_MIN} are needed");
            return Err(CompareError::TooLittle(text));
        }
    }
    let mut shifts = Vec::new();
    for series in SERIES {
        let sides = [Grid::new(before, *series), Grid::new(after, *series)];
        for (name, share) in QUANTILES {
            if sides.iter().any(|grid| grid.total() * (1.0 - share) < ABOVE_MIN) {
                continue;
            }
            let figure = format!("{} {name} (µs)", series.tag());
            let of = |grid: &Grid, weights: &[Vec<u32>]| grid.quantile(weights, *share) / 1e3;
            shifts.push(shift(figure, &sides, of, least));
        }
    }
    let has_work = |side: &[Intervals]| {
        side.iter()
            .flat_map(|run| &run.work)
            .all(|(ns, count)| *ns > 0 && *count > 0)
    };
    if has_work(before) && has_work(after) {
        let figure = "server processor (µs a message)".to_owned();
        let work = |side: &[Intervals]| -> Vec<Vec<(u64, u64)>> {
            side.iter().map(|run| run.work.clone()).collect()
        };
        let sides = [work(before), work(after)];
        shifts.push(shift(figure, &sides, |side, weights| ratio(side, weights), least));
    }
    if shifts.is_empty() {
        return Err(CompareError::TooLittle("too few values to compare".to_owned()));
    }
    Ok(shifts)
}

/// A side of which intervals can be drawn.
trait Side {
    /// Intervals of each run.
    fn shape(&self) -> Vec<usize>;
}

impl Side for Vec<Vec<(u64, u64)>> {
    fn shape(&self) -> Vec<usize> {
        self.iter().map(Vec::len).collect()
    }
}

/// One series of a side: counts of each interval on one common row of values.
struct Grid {
    values: Vec<u64>,
    runs: Vec<Vec<Vec<(u32, u64)>>>,
}

impl Grid {
    fn new(side: &[Intervals], series: Series) -> Grid {
        let of =
            |interval: &BTreeMap<Series, Vec<(u64, u64)>>| interval.get(&series).cloned().unwrap_or_default();
        let mut values: Vec<u64> = Vec::new();
        for interval in side.iter().flat_map(|run| &run.latency) {
            values.extend(of(interval).iter().map(|(value, _)| *value));
        }
        values.sort_unstable();
        values.dedup();
        let place = |value: u64| values.binary_search(&value).unwrap_or_default() as u32;
        let counted = |interval| {
            of(interval)
                .iter()
                .map(|(value, count)| (place(*value), *count))
                .collect()
        };
        let runs = side
            .iter()
            .map(|run| run.latency.iter().map(counted).collect())
            .collect();
        Grid { values, runs }
    }

    fn total(&self) -> f64 {
        self.runs
            .iter()
            .flatten()
            .flatten()
            .map(|(_, count)| *count as f64)
            .sum()
    }

    /// A quantile of the intervals, each counted so many times.
    fn quantile(&self, weights: &[Vec<u32>], share: f64) -> f64 {
        let mut counts = vec![0_u64; self.values.len()];
        let mut total = 0;
        for (run, weights) in self.runs.iter().zip(weights) {
            for (interval, weight) in run.iter().zip(weights).filter(|(_, weight)| **weight > 0) {
                for (place, count) in interval {
                    counts[*place as usize] += count * u64::from(*weight);
                    total += count * u64::from(*weight);
                }
            }
        }
        let wanted = (total as f64 * share).ceil() as u64;
        let mut seen = 0;
        for (value, count) in self.values.iter().zip(counts) {
            seen += count;
            if seen >= wanted && seen > 0 {
                return *value as f64;
            }
        }
        0.0
    }
}

impl Side for Grid {
    fn shape(&self) -> Vec<usize> {
        self.runs.iter().map(Vec::len).collect()
    }
}

fn ratio(side: &[Vec<(u64, u64)>], weights: &[Vec<u32>]) -> f64 {
    let (mut ns, mut messages) = (0.0, 0.0);
    for (run, weights) in side.iter().zip(weights) {
        for ((spent, count), weight) in run.iter().zip(weights) {
            ns += *spent as f64 * f64::from(*weight);
            messages += *count as f64 * f64::from(*weight);
        }
    }
    ns / 1e3 / messages.max(1.0)
}

fn shift<S: Side>(figure: String, sides: &[S; 2], of: impl Fn(&S, &[Vec<u32>]) -> f64, least: f64) -> Shift {
    let once =
        |side: &S| -> Vec<Vec<u32>> { side.shape().into_iter().map(|length| vec![1; length]).collect() };
    let [before, after] = [0, 1].map(|index| of(&sides[index], &once(&sides[index])));
    let mut dice = Dice::new(0x6c6f_6164, 0);
    let draws: Vec<f64> = (0..DRAWS)
        .map(|_| {
            let [before, after] = [0, 1].map(|index| {
                let weights = draw(&sides[index].shape(), &mut dice);
                of(&sides[index], &weights)
            });
            (after.max(1e-9) / before.max(1e-9)).ln()
        })
        .collect();
    let mean = draws.iter().sum::<f64>() / DRAWS as f64;
    let variance = draws.iter().map(|draw| (draw - mean).powi(2)).sum::<f64>() / (DRAWS - 1) as f64;
    let freedom = sides
        .iter()
        .map(|side| freedom(&side.shape()))
        .fold(f64::MAX, f64::min);
    // Draws of n scatter as if there were n; from n the truth scatters by n / (n − 1) more.
    let reach = student(freedom) * (variance * (freedom + 1.0) / freedom).sqrt();
    let shift = after / before.max(1e-9) - 1.0;
    let log = (after.max(1e-9) / before.max(1e-9)).ln();
    let (low, high) = ((log - reach).exp() - 1.0, (log + reach).exp() - 1.0);
    let verdict = match shift {
        shift if low > 0.0 && shift >= least => Verdict::Worse,
        shift if high < 0.0 && shift <= -least => Verdict::Better,
        _ => Verdict::Unchanged,
    };
    Shift {
        figure,
        before,
        after,
        shift,
        low,
        high,
        verdict,
    }
}

/// Intervals that are free to differ: all but one of each run.
fn freedom(shape: &[usize]) -> f64 {
    let all: usize = shape.iter().sum();
    all.saturating_sub(shape.len()).max(1) as f64
}

/// Student's quantile where the normal one is [`Z`] (Cornish and Fisher's expansion, good from 4 degrees on).
fn student(freedom: f64) -> f64 {
    let first = (Z.powi(3) + Z) / 4.0;
    let second = (5.0 * Z.powi(5) + 16.0 * Z.powi(3) + 3.0 * Z) / 96.0;
    Z + first / freedom + second / freedom.powi(2)
}

/// How often each interval is drawn: runs with replacement, then as many intervals of each as it has.
fn draw(shape: &[usize], dice: &mut Dice) -> Vec<Vec<u32>> {
    let mut weights: Vec<Vec<u32>> = shape.iter().map(|length| vec![0; *length]).collect();
    for _ in 0..shape.len() {
        let run = dice.below(shape.len() as u64) as usize;
        let length = shape[run];
        for _ in 0..length {
            weights[run][dice.below(length as u64) as usize] += 1;
        }
    }
    weights
}

#[cfg(test)]
mod tests;
