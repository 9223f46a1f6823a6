//! Which drawings there are: latency by percentile and over time, throughput, the steps of a life, cores, a sweep.
//!
//! Between the data and `chart`. Invariant: a drawing without data is left out, not drawn empty.

use super::chart::{Chart, Line, Stroke};
use super::scale::{Axis, Kind, Unit};
use crate::folder::Raw;
use crate::hlog::Entry;
use crate::record::Series;
use crate::scenario::Loop;
use crate::summary::{Summary, spans, sum};
use crate::sweep::Sweep;
use crate::usl;
use hdrhistogram::Histogram;

/// Quantiles per nine in a curve.
const POINTS_PER_NINE: u32 = 24;
/// The shortest latency on a logarithmic axis, microseconds.
const FLOOR_US: f64 = 1.0;

fn measured(raw: &Raw, wanted: Series) -> Histogram<u64> {
    let phases = &raw.conditions.scenario.phase;
    let counts = |entry: &&Entry| {
        entry.series == wanted
            && phases
                .iter()
                .any(|phase| phase.measured && phase.name == entry.phase)
    };
    sum(raw.entries.iter().filter(counts))
}

/// A histogram as a curve, as far to the right as it has values to say something.
fn curve(histogram: &Histogram<u64>) -> Vec<(f64, f64)> {
    let nines = (histogram.len() as f64).log10().clamp(1.0, 5.0);
    let steps = (nines * f64::from(POINTS_PER_NINE)) as u32;
    let quantile = |step: u32| 1.0 - 10_f64.powf(-f64::from(step) / f64::from(POINTS_PER_NINE));
    (0..=steps)
        .map(quantile)
        .map(|share| {
            (
                share,
                (histogram.value_at_quantile(share) as f64 / 1e3).max(FLOOR_US),
            )
        })
        .collect()
}

fn line(name: impl Into<String>, colour: usize, stroke: Stroke, points: Vec<(f64, f64)>) -> Line {
    Line {
        name: name.into(),
        colour,
        stroke,
        points,
    }
}

fn range(lines: &[Line]) -> (f64, f64) {
    let values = lines
        .iter()
        .flat_map(|line| &line.points)
        .map(|(_, value)| *value);
    values.fold((f64::MAX, 0.0), |(low, high), value| {
        (value.min(low), value.max(high))
    })
}

/// Latency by percentile, corrected and uncorrected side by side.
pub(super) fn percentiles(out: &mut String, raw: &Raw) {
    let mut lines = Vec::new();
    let exchanges = [
        Series::Submit,
        Series::Retrieve,
        Series::Acknowledge,
        Series::Read,
    ];
    for (colour, series) in exchanges.into_iter().enumerate() {
        let corrected = measured(raw, series);
        if corrected.is_empty() {
            continue;
        }
        lines.push(line(series.tag(), colour, Stroke::Solid, curve(&corrected)));
        let uncorrected = series.uncorrected().map(|series| measured(raw, series));
        if let Some(uncorrected) = uncorrected.filter(|histogram| !histogram.is_empty()) {
            let name = format!("{} from its actual send", series.tag());
            lines.push(line(name, colour, Stroke::Dashed, curve(&uncorrected)));
        }
    }
    if lines.is_empty() {
        return;
    }
    let (low, high) = range(&lines);
    let last = lines
        .iter()
        .filter_map(|line| line.points.last())
        .map(|(share, _)| *share)
        .fold(0.9, f64::max);
    let text = "Solid: from when the message was due, which is what a phone waits. Dashed: from when it \
                was sent, which \
                leaves out what the driver was kept from sending. Where they part, the server held senders up.";
    let chart = Chart {
        title: "Latency by percentile".to_owned(),
        text: text.to_owned(),
        height: 400.0,
        x: Axis::new(Kind::Nines, Unit::Quantile, 0.0, last),
        y: Axis::new(Kind::Log, Unit::Time, low, high),
        x_name: "percentile",
        y_name: "latency",
        lines,
        bands: Vec::new(),
        marks: Vec::new(),
        levels: Vec::new(),
    };
    chart.draw(out);
}

/// Latency and throughput, interval by interval.
pub(super) fn over_time(out: &mut String, raw: &Raw) {
    let scenario = &raw.conditions.scenario;
    let bands: Vec<(f64, f64, String)> = scenario
        .phase
        .iter()
        .zip(spans(scenario))
        .map(|(phase, (from, to))| (from, to, phase.name.clone()))
        .collect();
    let end_s = raw
        .samples
        .last()
        .map_or(1.0, |sample| sample.end_ns as f64 / 1e9);
    let x = Axis {
        kind: Kind::Linear,
        unit: Unit::Seconds,
        low: 0.0,
        high: end_s,
    };
    let base = Chart {
        title: String::new(),
        text: String::new(),
        height: 300.0,
        x,
        y: x,
        x_name: "time",
        y_name: "",
        lines: Vec::new(),
        bands,
        marks: Vec::new(),
        levels: Vec::new(),
    };
    latency_over_time(out, raw, &base);
    throughput_over_time(out, raw, &base);
}

fn latency_over_time(out: &mut String, raw: &Raw, base: &Chart) {
    let mut rows: Vec<(f64, Histogram<u64>)> = Vec::new();
    for sample in &raw.samples {
        let begin_s = sample.begin_ns as f64 / 1e9;
        let of = |entry: &&Entry| entry.series == Series::Submit && (entry.begin_s - begin_s).abs() < 0.001;
        let histogram = sum(raw.entries.iter().filter(of));
        if !histogram.is_empty() {
            rows.push(((sample.begin_ns + sample.end_ns) as f64 / 2e9, histogram));
        }
    }
    if rows.len() < 2 {
        return;
    }
    let at = |share: f64| -> Vec<(f64, f64)> {
        let of = |histogram: &Histogram<u64>| (histogram.value_at_quantile(share) as f64 / 1e3).max(FLOOR_US);
        rows.iter()
            .map(|(time, histogram)| (*time, of(histogram)))
            .collect()
    };
    let lines = vec![
        line("max", 3, Stroke::Dashed, at(1.0)),
        line("p99.9", 2, Stroke::Solid, at(0.999)),
        line("p99", 1, Stroke::Solid, at(0.99)),
        line("p50", 0, Stroke::Area, at(0.5)),
    ];
    let (low, high) = range(&lines);
    let chart = Chart {
        title: "Latency of submission over time".to_owned(),
        text: "From when it was due, by the interval in which the answer came.".to_owned(),
        y: Axis::new(Kind::Log, Unit::Time, low, high),
        y_name: "latency",
        lines,
        ..base.clone()
    };
    chart.draw(out);
}

/// Intervals that are long enough for a rate: the last one is as short as the last lives left it.
fn long(raw: &Raw) -> impl Iterator<Item = &crate::samples::Sample> {
    let usual_ns = u64::from(raw.conditions.scenario.interval_s) * 500_000_000;
    raw.samples
        .iter()
        .filter(move |sample| sample.length_ns() >= usual_ns)
}

/// Something that is counted.
type Count = fn(&crate::record::Counts) -> u64;

fn throughput_over_time(out: &mut String, raw: &Raw, base: &Chart) {
    let rate = |of: Count| -> Vec<(f64, f64)> {
        let of = |sample: &crate::samples::Sample| {
            let middle = (sample.begin_ns + sample.end_ns) as f64 / 2e9;
            (
                middle,
                of(&sample.counts) as f64 * 1e9 / sample.length_ns() as f64,
            )
        };
        long(raw).map(of).collect()
    };
    let mut lines = vec![
        line("due", 4, Stroke::Dashed, rate(|counts| counts.arrived)),
        line("answered Ok", 0, Stroke::Area, rate(|counts| counts.submitted)),
    ];
    let further: [(&str, usize, Count); 4] = [
        ("retrieved", 1, |counts| counts.retrieved),
        ("reported", 2, |counts| counts.reported),
        ("refused", 5, |counts| {
            counts.refused_transient + counts.refused_permanent
        }),
        ("failed", 3, |counts| {
            counts.broken + counts.silent + counts.unreachable + counts.http_errors
        }),
    ];
    for (name, colour, of) in further {
        let points = rate(of);
        if points.iter().any(|(_, value)| *value > 0.0) {
            lines.push(line(name, colour, Stroke::Solid, points));
        }
    }
    let (_, high) = range(&lines);
    let chart = Chart {
        title: "Throughput over time".to_owned(),
        text: "What was due, and what came of it, a second.".to_owned(),
        y: Axis::new(Kind::Linear, Unit::Number, 0.0, high),
        y_name: "messages a second",
        lines,
        ..base.clone()
    };
    chart.draw(out);
}

/// From when a message was due to each step of its life.
pub(super) fn life(out: &mut String, raw: &Raw, summary: &Summary) {
    let has_life = summary
        .measured
        .series
        .iter()
        .any(|series| series.series.starts_with("life."));
    if !has_life {
        return;
    }
    let steps = [
        ("answered", Series::Submit),
        ("notified", Series::LifeNotified),
        ("retrieved", Series::LifeRetrieved),
        ("acknowledged", Series::LifeAcknowledged),
        ("reported", Series::LifeReported),
        ("read", Series::LifeRead),
    ];
    let mut lines = Vec::new();
    for (colour, (name, series)) in steps.into_iter().enumerate() {
        let histogram = measured(raw, series);
        if !histogram.is_empty() {
            lines.push(line(name, colour, Stroke::Solid, curve(&histogram)));
        }
    }
    let (low, high) = range(&lines);
    let last = lines
        .iter()
        .filter_map(|line| line.points.last())
        .map(|(share, _)| *share)
        .fold(0.9, f64::max);
    let chart = Chart {
        title: "A message's life".to_owned(),
        text: "Time from when the submission was due to each step, think times in it; the outbox shows pushes within \
               about a millisecond."
            .to_owned(),
        height: 360.0,
        x: Axis::new(Kind::Nines, Unit::Quantile, 0.0, last),
        y: Axis::new(Kind::Log, Unit::Time, low, high),
        x_name: "percentile",
        y_name: "time since due",
        lines,
        bands: Vec::new(),
        marks: Vec::new(),
        levels: Vec::new(),
    };
    chart.draw(out);
}

/// What each core did.
pub(super) fn cores(out: &mut String, raw: &Raw) {
    let count = raw
        .samples
        .iter()
        .map(|sample| sample.cores.len())
        .max()
        .unwrap_or_default();
    let driver = &raw.conditions.driver_cores;
    let mut lines = Vec::new();
    for core in 0..count {
        let of = |sample: &crate::samples::Sample| {
            let busy = sample.cores.get(core).map_or(0, |core| core.busy_ns) as f64;
            (
                (sample.begin_ns + sample.end_ns) as f64 / 2e9,
                (busy / sample.length_ns() as f64).min(1.0),
            )
        };
        // The last interval may be shorter than the kernel's ticks can tell.
        let long = raw
            .samples
            .iter()
            .filter(|sample| sample.length_ns() >= 200_000_000);
        let who = if driver.contains(&core) { " (driver)" } else { "" };
        lines.push(line(
            format!("core {core}{who}"),
            core,
            Stroke::Solid,
            long.map(of).collect(),
        ));
    }
    if lines.iter().all(|line| line.points.len() < 2) {
        return;
    }
    let end_s = raw
        .samples
        .last()
        .map_or(1.0, |sample| sample.end_ns as f64 / 1e9);
    let chart = Chart {
        title: "Cores".to_owned(),
        text: "Busy time of each core, interrupts in it.".to_owned(),
        height: 240.0,
        x: Axis {
            kind: Kind::Linear,
            unit: Unit::Seconds,
            low: 0.0,
            high: end_s,
        },
        y: Axis {
            kind: Kind::Linear,
            unit: Unit::Share,
            low: 0.0,
            high: 1.0,
        },
        x_name: "time",
        y_name: "busy",
        lines,
        bands: Vec::new(),
        marks: Vec::new(),
        levels: Vec::new(),
    };
    chart.draw(out);
}

/// Load against latency with the knee, and load against throughput with the law.
pub(super) fn sweep(out: &mut String, sweep: &Sweep) {
    let of = |value: fn(&crate::sweep::Step) -> f64| -> Vec<(f64, f64)> {
        sweep
            .steps
            .iter()
            .map(|step| (step.load, value(step).max(FLOOR_US)))
            .collect()
    };
    let lines = vec![
        line("p99.9", 2, Stroke::Solid, of(|step| step.p999_us)),
        line("p99", 1, Stroke::Solid, of(|step| step.p99_us)),
        line("p50", 0, Stroke::Solid, of(|step| step.p50_us)),
    ];
    let (low, high) = range(&lines);
    let objective = sweep.slo.submit_p99_ms * 1e3;
    let last = sweep.steps.last().map_or(1.0, |step| step.load);
    // Phones are doubled from step to step, rates grow by less.
    let x = match sweep.is_closed {
        true => Axis::new(Kind::Log, Unit::Number, 1.0, last),
        false => Axis::new(Kind::Linear, Unit::Number, 0.0, last),
    };
    let x_name = if sweep.is_closed {
        "phones"
    } else {
        "messages due a second"
    };
    let mut marks: Vec<(f64, String)> = sweep
        .knee
        .map(|knee| (knee, "knee".to_owned()))
        .into_iter()
        .collect();
    marks.extend(
        sweep
            .holds
            .filter(|holds| Some(*holds) != sweep.knee)
            .map(|holds| (holds, "holds".to_owned())),
    );
    let chart = Chart {
        title: "Load against latency".to_owned(),
        text: "Each point is a run of its own, from when messages were due.".to_owned(),
        height: 380.0,
        x,
        y: Axis::new(Kind::Log, Unit::Time, low, high.max(objective)),
        x_name,
        y_name: "latency",
        lines,
        bands: Vec::new(),
        marks,
        levels: vec![(objective, "objective, p99".to_owned())],
    };
    chart.draw(out);
    throughput_of(out, sweep, chart);
}

/// Load against throughput, with the law where it is known.
fn throughput_of(out: &mut String, sweep: &Sweep, base: Chart) {
    let last = sweep.steps.last().map_or(1.0, |step| step.load);
    let points = sweep
        .steps
        .iter()
        .map(|step| (step.load, step.done_per_s))
        .collect();
    let mut lines = vec![line("measured", 0, Stroke::Dots, points)];
    if let Ok(fit) = &sweep.law {
        let at = |step: u32| {
            let n = 1.0 + (last - 1.0) * f64::from(step) / 100.0;
            (n, usl::throughput(fit.gamma, fit.alpha, fit.beta, n))
        };
        lines.push(line(
            "scalability law",
            1,
            Stroke::Solid,
            (0..=100).map(at).collect(),
        ));
    } else if !sweep.is_closed {
        let due = sweep.steps.iter().map(|step| (step.load, step.load)).collect();
        lines.push(line("due", 4, Stroke::Dashed, due));
    }
    let (_, high) = range(&lines);
    let chart = Chart {
        title: "Load against throughput".to_owned(),
        text: String::new(),
        height: 320.0,
        y: Axis::new(Kind::Linear, Unit::Number, 0.0, high),
        y_name: "answered Ok a second",
        lines,
        levels: Vec::new(),
        ..base
    };
    chart.draw(out);
}

/// Whether a run had a schedule.
pub(super) fn is_open(raw: &Raw) -> bool {
    raw.conditions.scenario.shape == Loop::Open
}
