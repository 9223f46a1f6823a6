//! The figures of a run, derived from what was kept and from nothing else.
//!
//! Behind the folder: `run` derives them once, `verify` again. Invariants: a pure function of scenario, interval
//! log and samples; a run that the driver itself has spoilt is void, and says why.

use crate::hlog::Entry;
use crate::record::{Counts, Series, histogram};
use crate::samples::Sample;
use crate::scenario::{Loop, Scenario};
use hdrhistogram::Histogram;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The quantiles that are shown.
pub const QUANTILES: &[(&str, f64)] = &[
    ("p50", 0.5),
    ("p90", 0.9),
    ("p99", 0.99),
    ("p99.9", 0.999),
    ("p99.99", 0.9999),
];

/// A distribution in microseconds.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Latency {
    /// Values.
    pub count: u64,
    /// Their mean.
    pub mean_us: f64,
    /// Value by name of quantile.
    pub quantiles_us: BTreeMap<String, f64>,
    /// The greatest.
    pub max_us: f64,
}

/// One series of a phase.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SeriesSummary {
    /// Its tag.
    pub series: String,
    /// From when it was due.
    pub corrected: Latency,
    /// From when it was sent, where the two differ.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub uncorrected: Option<Latency>,
}

/// One phase, or all that are measured.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PhaseSummary {
    /// Its name.
    pub name: String,
    /// Its length in seconds.
    pub seconds: f64,
    /// Whether it counts.
    pub measured: bool,
    /// Messages a second that the scenario wanted, on average; 0 in a closed loop.
    pub offered_per_s: f64,
    /// Messages a second that were due: of a Poisson schedule a little more or less than was wanted.
    pub arrived_per_s: f64,
    /// Messages a second that were answered Ok within its time.
    pub done_per_s: f64,
    /// Its series.
    pub series: Vec<SeriesSummary>,
}

/// The driver about itself.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct DriverSummary {
    /// How late it was with what was due.
    pub lag: Latency,
    /// The busiest thread's share of a core, over the measured phases.
    pub cpu_share_max: f64,
    /// Share of exchanges that found no free connection.
    pub held_share: f64,
}

/// What a run's checksums are made of: XXH3-64 of each raw file, in hexadecimal digits.
pub type Checksums = BTreeMap<String, String>;

/// All figures of a run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Summary {
    /// The scenario's name.
    pub scenario: String,
    /// Why nothing may be concluded; empty for a good run.
    pub void: Vec<String>,
    /// What a server must not do, and did: losses, duplicates, differences. Empty for a good server.
    pub violations: Vec<String>,
    /// All measured phases together.
    pub measured: PhaseSummary,
    /// Each phase.
    pub phases: Vec<PhaseSummary>,
    /// What was counted in the whole run, warm-up in it.
    pub counts: Counts,
    /// The driver about itself.
    pub driver: DriverSummary,
    /// The server's processor time for each message answered Ok in the measured phases, microseconds; 0 where it was
    /// not sampled.
    pub server_us_per_message: f64,
    /// Of the raw files.
    pub checksums: Checksums,
}

/// Derives the figures.
#[must_use]
pub fn derive(scenario: &Scenario, entries: &[Entry], samples: &[Sample], checksums: Checksums) -> Summary {
    let spans = spans(scenario);
    let mut phases = Vec::new();
    for (phase, (begin_s, end_s)) in scenario.phase.iter().zip(&spans) {
        let own = entries.iter().filter(|entry| entry.phase == phase.name);
        phases.push(PhaseSummary {
            name: phase.name.clone(),
            seconds: phase.seconds,
            measured: phase.measured,
            offered_per_s: if scenario.shape == Loop::Open {
                phase.expected() / phase.seconds
            } else {
                0.0
            },
            arrived_per_s: per_second(samples, *begin_s, *end_s, |sample| sample.counts.arrived),
            done_per_s: per_second(samples, *begin_s, *end_s, |sample| sample.counts.submitted),
            series: series(own),
        });
    }
    let measured = measured(scenario, &phases, entries);
    let mut counts = Counts::default();
    for sample in samples {
        counts.add(&sample.counts);
    }
    let within = |sample: &&Sample| {
        let middle_s = (sample.begin_ns + sample.end_ns) as f64 / 2e9;
        let phases = scenario.phase.iter().zip(&spans);
        phases
            .into_iter()
            .any(|(phase, (begin, end))| phase.measured && (*begin..*end).contains(&middle_s))
    };
    let counted: Vec<&Sample> = samples.iter().filter(within).collect();
    let driver = driver(entries, &counted, &counts);
    let server_ns: u64 = counted.iter().map(|sample| sample.server_cpu_ns).sum();
    let submitted: u64 = counted.iter().map(|sample| sample.counts.submitted).sum();
    Summary {
        scenario: scenario.name.clone(),
        void: void(scenario, &driver, &counts, &measured),
        violations: violations(&counts),
        measured,
        phases,
        counts,
        driver,
        server_us_per_message: server_ns as f64 / 1e3 / submitted.max(1) as f64,
        checksums,
    }
}

/// Beginning and end of each phase, in seconds of the run.
#[must_use]
pub fn spans(scenario: &Scenario) -> Vec<(f64, f64)> {
    let mut begin_s = 0.0;
    let mut spans = Vec::new();
    for phase in &scenario.phase {
        spans.push((begin_s, begin_s + phase.seconds));
        begin_s += phase.seconds;
    }
    spans
}

/// A histogram's figures.
#[must_use]
pub fn latency(histogram: &Histogram<u64>) -> Latency {
    let us = |ns: u64| ns as f64 / 1e3;
    let quantile =
        |(name, share): &(&str, f64)| ((*name).to_owned(), us(histogram.value_at_quantile(*share)));
    Latency {
        count: histogram.len(),
        mean_us: histogram.mean() / 1e3,
        quantiles_us: QUANTILES.iter().map(quantile).collect(),
        max_us: us(histogram.max()),
    }
}

/// All histograms of a series together.
#[must_use]
pub fn sum<'e>(entries: impl Iterator<Item = &'e Entry>) -> Histogram<u64> {
    let mut sum = histogram();
    for entry in entries {
        // Same bounds; a foreign log's may be wider, then what does not fit is clamped.
        if sum.add(&entry.histogram).is_err() {
            for value in entry.histogram.iter_recorded() {
                sum.saturating_record_n(value.value_iterated_to(), value.count_at_value());
            }
        }
    }
    sum
}

fn series<'e>(entries: impl Iterator<Item = &'e Entry>) -> Vec<SeriesSummary> {
    let entries: Vec<&Entry> = entries.collect();
    let of = |wanted: Series| {
        let histogram = sum(entries.iter().copied().filter(|entry| entry.series == wanted));
        (!histogram.is_empty()).then(|| latency(&histogram))
    };
    let shown = Series::ALL
        .iter()
        .filter(|series| !series.is_companion() && **series != Series::Lag);
    shown
        .filter_map(|series| {
            Some(SeriesSummary {
                series: series.tag().to_owned(),
                corrected: of(*series)?,
                uncorrected: series.uncorrected().and_then(of),
            })
        })
        .collect()
}

fn measured(scenario: &Scenario, phases: &[PhaseSummary], entries: &[Entry]) -> PhaseSummary {
    let counted: Vec<&PhaseSummary> = phases.iter().filter(|phase| phase.measured).collect();
    let seconds: f64 = counted.iter().map(|phase| phase.seconds).sum();
    let mean = |of: fn(&PhaseSummary) -> f64| {
        counted.iter().map(|phase| of(phase) * phase.seconds).sum::<f64>() / seconds.max(1e-9)
    };
    let is_measured = |entry: &&Entry| {
        scenario
            .phase
            .iter()
            .any(|phase| phase.measured && phase.name == entry.phase)
    };
    PhaseSummary {
        name: "measured".to_owned(),
        seconds,
        measured: true,
        offered_per_s: mean(|phase| phase.offered_per_s),
        arrived_per_s: mean(|phase| phase.arrived_per_s),
        done_per_s: mean(|phase| phase.done_per_s),
        series: series(entries.iter().filter(is_measured)),
    }
}

/// What was counted a second in a time; intervals that lie across its edges count by their part in it.
fn per_second(samples: &[Sample], begin_s: f64, end_s: f64, of: impl Fn(&Sample) -> u64) -> f64 {
    let mut total = 0.0;
    for sample in samples {
        let (from, to) = (sample.begin_ns as f64 / 1e9, sample.end_ns as f64 / 1e9);
        let overlap = (to.min(end_s) - from.max(begin_s)).max(0.0);
        total += of(sample) as f64 * overlap / (to - from).max(1e-9);
    }
    total / (end_s - begin_s).max(1e-9)
}

fn driver(entries: &[Entry], counted: &[&Sample], counts: &Counts) -> DriverSummary {
    let lag = sum(entries.iter().filter(|entry| entry.series == Series::Lag));
    let length_ns: u64 = counted.iter().map(|sample| sample.length_ns()).sum();
    let threads = counted
        .iter()
        .map(|sample| sample.driver_cpu_ns.len())
        .max()
        .unwrap_or_default();
    let share = |thread: usize| {
        let spent = counted
            .iter()
            .filter_map(|sample| sample.driver_cpu_ns.get(thread));
        spent.sum::<u64>() as f64 / length_ns.max(1) as f64
    };
    DriverSummary {
        lag: latency(&lag),
        cpu_share_max: (0..threads).map(share).fold(0.0, f64::max),
        held_share: counts.held as f64 / counts.arrived.max(1) as f64,
    }
}

/// Why nothing may be concluded from a run.
fn void(
    scenario: &Scenario,
    driver: &DriverSummary,
    counts: &Counts,
    measured: &PhaseSummary,
) -> Vec<String> {
    let limits = &scenario.limits;
    let mut reasons = Vec::new();
    let lag_us = driver.lag.quantiles_us.get("p99").copied().unwrap_or_default();
    if lag_us > limits.lag_p99_us_max {
        reasons.push(format!(
            "the driver was {lag_us:.0} µs late (p99), more than {:.0}: give it more cores, a lower \
             rate, or a core that nobody else uses",
            limits.lag_p99_us_max
        ));
    }
    // In a closed loop the driver is as fast as it can be: only its headroom says who was slow, and that is for
    // people.
    if driver.cpu_share_max > limits.cpu_share_max {
        reasons.push(format!(
            "a driver thread used {:.0} % of its core, more than {:.0} %: what was measured may be the driver",
            driver.cpu_share_max * 100.0,
            limits.cpu_share_max * 100.0
        ));
    }
    if scenario.shape == Loop::Open && driver.held_share > limits.held_share_max {
        reasons.push(format!(
            "{:.1} % of what was due found no free connection or subscriber, more than {:.1} %: raise `connections` \
             or `subscribers`, or the server was too slow for this rate",
            driver.held_share * 100.0,
            limits.held_share_max * 100.0
        ));
    }
    if counts.arrived == 0 {
        reasons.push("nothing was due".to_owned());
    } else if measured.series.is_empty() {
        reasons.push("no measured phase has an answer".to_owned());
    }
    reasons
}

fn violations(counts: &Counts) -> Vec<String> {
    let values = Counts::NAMES.iter().zip(counts.values());
    let is_violation = |name: &str| {
        name.starts_with("lost_")
            || name.starts_with("duplicate_")
            || matches!(name, "mismatched" | "malformed")
    };
    values
        .filter(|((name, _), value)| is_violation(name) && *value > 0)
        .map(|((_, text), value)| format!("{value} × {}", text.to_lowercase()))
        .collect()
}

#[cfg(test)]
mod tests;
