//! The plan as a page of text.
//!
//! Last in the flow. Invariant: it says what [`Plan`] says, rounded to three digits, and nothing else.

use super::measured::{Basis, Figure, Measured};
use super::model::{Confidence, Plan};
use std::fmt::Write;

/// Writes the page.
#[must_use]
pub fn page(plan: &Plan, figures: &Measured) -> String {
    let mut page = String::new();
    // Writing to a string can't fail.
    let _ = write(&mut page, plan, figures);
    page
}

fn write(page: &mut String, plan: &Plan, figures: &Measured) -> std::fmt::Result {
    writeln!(
        page,
        "{}/s in the busy hour, {}/s in its peak second, {} messages a day of {} octets",
        short(plan.busy_per_s),
        short(plan.peak_per_s),
        short(plan.per_day),
        short(plan.octets)
    )?;
    writeln!(
        page,
        "\n{:<12} {:>12} {:>19}  {:<10} {:>6}  how",
        "need", "value", "range", "unit", "nodes"
    )?;
    for need in &plan.needs {
        let range = match need.low == need.high {
            true => "-".to_owned(),
            false => format!("{} to {}", short(need.low), short(need.high)),
        };
        writeln!(
            page,
            "{:<12} {:>12} {range:>19}  {:<10} {:>6.2}  {}",
            need.name,
            short(need.value),
            need.unit,
            need.nodes(),
            need.how
        )?;
    }
    let (grouped, alone) = plan.writes_per_day;
    writeln!(
        page,
        "\ndurable writes a day: {} as grouped under load, at most {}",
        short(grouped),
        short(alone)
    )?;
    writeln!(
        page,
        "nodes: {} carry it, {} with one that may be lost; {} binds",
        plan.nodes, plan.nodes_with_spare, plan.binding
    )?;
    writeln!(
        page,
        "headroom: {} times the peak, {} with one lost",
        short(plan.headroom),
        short(plan.headroom_one_lost)
    )?;
    let word = match plan.confidence {
        Confidence::High => "high",
        Confidence::Medium => "medium",
        Confidence::Low => "low",
    };
    writeln!(page, "confidence: {word}")?;
    for doubt in &plan.doubts {
        writeln!(page, "  {doubt}")?;
    }
    basis(page, figures)
}

/// Every figure that it stands on.
fn basis(page: &mut String, figures: &Measured) -> std::fmt::Result {
    writeln!(page, "\nstands on")?;
    for (name, figure) in named(figures) {
        let basis = match figure.basis {
            Basis::Measured => "measured",
            Basis::Assumed => "assumed",
        };
        writeln!(
            page,
            "  {name:<32} {:>8}  {basis}: {}",
            short(figure.value),
            figure.source
        )?;
    }
    Ok(())
}

fn named(figures: &Measured) -> Vec<(&'static str, &Figure)> {
    let mut named = vec![("submission, µs", &figures.submit_us)];
    named.extend(figures.life_us.as_ref().map(|life| ("whole life, µs", life)));
    named.extend([
        ("retrieval, submissions", &figures.retrieve),
        ("end and report, submissions", &figures.end),
        ("small exchange, µs", &figures.exchange_us),
        ("one more octet, ns", &figures.octet_ns),
        ("p99 at full load, ms", &figures.p99_ms),
        ("log beside the PDU, octets", &figures.log_octets),
        ("log of a delivery, octets", &figures.state_octets),
        ("durable writes a message", &figures.flushes),
        ("memory of a copy, octets", &figures.copy_octets),
        ("memory of a core's buffers", &figures.core_octets),
        ("notifications when unreachable", &figures.attempts),
        ("room of a waiting octet", &figures.spread),
    ]);
    named
}

/// Three digits, with k, M, G, T behind.
fn short(value: f64) -> String {
    let (mut value, mut unit) = (value, "");
    for next in ["k", "M", "G", "T", "P"] {
        if value < 1_000.0 {
            break;
        }
        value /= 1_000.0;
        unit = next;
    }
    let digits = match value {
        value if value >= 99.95 || value == 0.0 => 0,
        value if value >= 9.995 => 1,
        value if value >= 0.9995 => 2,
        _ => 3,
    };
    format!("{value:.digits$}{unit}")
}
