//! Histograms in the text of `/metrics`: a fixed set of buckets, seconds.
//!
//! Invariants: buckets are cumulative and end with `+Inf`, which equals the count; a cell of the histogram that
//! contains a bound is counted above it, so a bucket is right to 1 % of its bound; the sum is exact. Only what was
//! recorded has a series, so their number is shards × (classes × stages in use) × 17.

use super::{Series, Table};
use meter::{Class, Stage};
use std::fmt::Write as _;

/// Upper bounds: text in seconds, and nanoseconds. Three a decade where the stages lie, one above.
const BOUNDS: [(&str, u64); 15] = [
    ("0.000001", 1_000),
    ("0.000003", 3_000),
    ("0.00001", 10_000),
    ("0.00003", 30_000),
    ("0.0001", 100_000),
    ("0.0003", 300_000),
    ("0.001", 1_000_000),
    ("0.003", 3_000_000),
    ("0.01", 10_000_000),
    ("0.03", 30_000_000),
    ("0.1", 100_000_000),
    ("0.3", 300_000_000),
    ("1.0", 1_000_000_000),
    ("10.0", 10_000_000_000),
    ("60.0", 60_000_000_000),
];

/// Nanoseconds of a second.
const NS_PER_S: f64 = 1e9;

/// The families, for behind the counters and in front of the end mark.
pub(crate) fn families(tables: &[Table]) -> String {
    let mut out = String::new();
    family(
        &mut out,
        "ringpost_request_seconds",
        "Time of a request: from its first octets to the last of its answer handed to the kernel.",
        tables,
        |stage| (stage == Stage::Total).then_some(""),
    );
    family(
        &mut out,
        "ringpost_stage_seconds",
        "Time of each stage of a request; the stages of one request make up its ringpost_request_seconds.",
        tables,
        |stage| (stage != Stage::Total).then(|| stage.name()),
    );
    out
}

/// One family of the stages that `label` names; an empty name is left out.
fn family(
    out: &mut String,
    name: &str,
    text: &str,
    tables: &[Table],
    label: impl Fn(Stage) -> Option<&'static str>,
) {
    // Writing to a String cannot fail.
    let _ = write!(out, "# HELP {name} {text}\n# TYPE {name} histogram\n");
    for (shard, table) in tables.iter().enumerate() {
        for (class, stage, series) in table.recorded() {
            if let Some(stage) = label(stage) {
                one(out, name, &labels(shard, class, stage), series);
            }
        }
    }
}

fn labels(shard: usize, class: Class, stage: &str) -> String {
    let labels = class.labels();
    let mut text = format!(
        "shard=\"{shard}\",interface=\"{}\",peer=\"{}\",transaction=\"{}\"",
        labels.interface, labels.peer, labels.transaction
    );
    if !stage.is_empty() {
        let _ = write!(text, ",stage=\"{stage}\"");
    }
    text
}

fn one(out: &mut String, name: &str, labels: &str, series: &Series) {
    let mut cells = series.histogram.iter_recorded().peekable();
    let mut count = 0;
    for (bound, ns) in BOUNDS {
        while let Some(cell) = cells.next_if(|cell| cell.value_iterated_to() <= ns) {
            count += cell.count_since_last_iteration();
        }
        let _ = writeln!(out, "{name}_bucket{{{labels},le=\"{bound}\"}} {count}");
    }
    let (all, sum_s) = (series.histogram.len(), series.sum_ns as f64 / NS_PER_S);
    let _ = write!(
        out,
        "{name}_bucket{{{labels},le=\"+Inf\"}} {all}\n{name}_sum{{{labels}}} {sum_s}\n{name}_count{{{labels}}} {all}\n"
    );
}

#[cfg(test)]
mod tests;
