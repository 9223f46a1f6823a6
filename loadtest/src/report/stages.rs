//! The server's own histograms by stage, where its admin listener has them (`/v1/histograms`).
//!
//! One section of the report. Liberal in what it takes: a list of objects (or an object with a list), each with a
//! `stage` of its own or among its labels, and one string that is an HdrHistogram in base64. Invariant: what can't
//! be read is left out, and an answer of another form leaves the whole section out.

use super::page::escape;
use super::scale::time;
use crate::folder::Raw;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hdrhistogram::Histogram;
use hdrhistogram::serialization::Deserializer;
use serde_json::Value;
use std::fmt::Write as _;

/// Adds the section, if the server told its stages.
pub(super) fn section(out: &mut String, raw: &Raw) {
    let Some(told) = &raw.stages else {
        return;
    };
    let stages = read(told);
    let longest = stages
        .iter()
        .map(|(_, histogram, _)| histogram.mean())
        .fold(0.0, f64::max);
    if stages.is_empty() || longest <= 0.0 {
        return;
    }
    out.push_str(
        "<section class=\"card\"><h2>Where the server's time goes</h2><p>The server's own histograms by \
         stage, since it \
         started; bars are means.</p><table><thead><tr><th>stage</th><th>count</th><th>mean</th><th></th><th>p50</th>\
         <th>p99</th><th>p99.9</th><th>max</th></tr></thead><tbody>",
    );
    for (name, histogram, unit_ns) in &stages {
        let us = |value: f64| time(value * unit_ns / 1e3);
        let at = |share: f64| us(histogram.value_at_quantile(share) as f64);
        let _ = write!(
            out,
            "<tr><th>{}</th><td>{}</td><td>{}</td><td class=\"bar\"><i style=\"width:{:.1}%\"></i></td><td>{}</td>\
             <td>{}</td><td>{}</td><td>{}</td></tr>",
            escape(name),
            histogram.len(),
            us(histogram.mean()),
            histogram.mean() / longest * 100.0,
            at(0.5),
            at(0.99),
            at(0.999),
            us(histogram.max() as f64)
        );
    }
    out.push_str("</tbody></table></section>");
}

/// Name, histogram, nanoseconds of its unit.
fn read(told: &Value) -> Vec<(String, Histogram<u64>, f64)> {
    let list = told
        .as_array()
        .or_else(|| told.as_object()?.values().find_map(Value::as_array));
    let unit = told
        .get("unit")
        .and_then(Value::as_str)
        .unwrap_or("ns")
        .to_owned();
    let mut stages: Vec<(String, Histogram<u64>, f64)> = Vec::new();
    for item in list.into_iter().flatten() {
        let Some(stage) = item
            .get("stage")
            .or_else(|| item.get("labels")?.get("stage"))
            .and_then(Value::as_str)
        else {
            continue;
        };
        let Some(histogram) = item
            .as_object()
            .and_then(|item| item.values().find_map(histogram))
        else {
            continue;
        };
        let unit = item.get("unit").and_then(Value::as_str).unwrap_or(&unit);
        let unit_ns = match unit {
            "us" | "µs" => 1e3,
            "ms" => 1e6,
            _ => 1.0,
        };
        match stages.iter_mut().find(|(name, ..)| name == stage) {
            // Shards and interfaces together; the bounds are the server's, so the same.
            Some((_, sum, _)) => drop(sum.add(&histogram)),
            None => stages.push((stage.to_owned(), histogram, unit_ns)),
        }
    }
    stages
}

fn histogram(value: &Value) -> Option<Histogram<u64>> {
    let octets = STANDARD.decode(value.as_str()?).ok()?;
    Deserializer::new().deserialize(&mut octets.as_slice()).ok()
}
