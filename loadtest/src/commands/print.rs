//! What people read on the terminal: tables, the progress line, JSON lines.
//!
//! Last of the commands. Invariant: shows figures, makes none.

use loadtest::ceiling::Ceiling;
use loadtest::compare::Shift;
use loadtest::record::{Counts, Series, histogram};
use loadtest::run::Interval;
use loadtest::samples::Sample;
use loadtest::summary::{Latency, PhaseSummary, QUANTILES, Summary};
use loadtest::usl::Fit;

/// The line of an interval.
pub(super) fn progress(interval: &Interval, sample: &Sample, length_s: u64) -> String {
    let seconds = sample.length_ns() as f64 / 1e9;
    let (p50, p99, max) = submit_us(interval);
    let counts = &sample.counts;
    let driver =
        sample.driver_cpu_ns.iter().max().copied().unwrap_or_default() as f64 / sample.length_ns() as f64;
    format!(
        "{:>4}/{length_s} s  due {:>7.0}/s  ok {:>7.0}/s  p50 {}  p99 {}  max {}  under way {}  refused {}  failed {}  \
         driver {:.0} %",
        interval.end_ns / 1_000_000_000,
        counts.arrived as f64 / seconds,
        counts.submitted as f64 / seconds,
        time(p50),
        time(p99),
        time(max),
        sample.under_way,
        counts.refused_transient + counts.refused_permanent,
        failed(counts),
        driver * 100.0
    )
}

/// An interval for programs.
pub(super) fn interval_json(interval: &Interval, sample: &Sample) -> serde_json::Value {
    let (p50, p99, max) = submit_us(interval);
    serde_json::json!({
        "interval": interval.index,
        "end_s": interval.end_ns as f64 / 1e9,
        "counts": sample.counts,
        "under_way": sample.under_way,
        "submit_us": { "p50": p50, "p99": p99, "max": max },
        "driver_cpu_ns": sample.driver_cpu_ns,
        "server_cpu_ns": sample.server_cpu_ns,
    })
}

fn submit_us(interval: &Interval) -> (f64, f64, f64) {
    let mut all = histogram();
    for ((_, series), histogram) in &interval.frame.histograms {
        if *series == Series::Submit {
            // Same bounds always.
            let _ = all.add(histogram);
        }
    }
    let at = |share: f64| all.value_at_quantile(share) as f64 / 1e3;
    (at(0.5), at(0.99), all.max() as f64 / 1e3)
}

fn failed(counts: &Counts) -> u64 {
    counts.unreachable + counts.broken + counts.silent + counts.malformed + counts.http_errors + counts.unsent
}

/// Microseconds for people.
pub(super) fn time(us: f64) -> String {
    match us {
        us if us >= 1e6 => format!("{:.2} s", us / 1e6),
        us if us >= 1e3 => format!("{:.2} ms", us / 1e3),
        us => format!("{us:.0} µs"),
    }
}

/// A run's figures.
pub(super) fn summary(summary: &Summary) {
    let several = summary.phases.iter().filter(|phase| phase.measured).count() > 1;
    for phase in summary.phases.iter().chain(several.then_some(&summary.measured)) {
        self::phase(phase);
    }
    let counts = summary.counts.values();
    let counted = Counts::NAMES.iter().zip(counts).filter(|(_, value)| *value > 0);
    println!("\ncounts (whole run)");
    for ((name, text), value) in counted {
        println!("  {name:<24} {value:>12}  {text}");
    }
    println!(
        "\ndriver: lag p99 {}, busiest thread {:.0} % of a core; server: {:.1} µs of processor a message",
        time(
            summary
                .driver
                .lag
                .quantiles_us
                .get("p99")
                .copied()
                .unwrap_or_default()
        ),
        summary.driver.cpu_share_max * 100.0,
        summary.server_us_per_message
    );
    for violation in &summary.violations {
        println!("VIOLATION: {violation}");
    }
    for reason in &summary.void {
        println!("VOID: {reason}");
    }
}

fn phase(phase: &PhaseSummary) {
    let counted = if phase.measured { "" } else { ", not measured" };
    println!(
        "\n{} ({:.0} s{counted}): due {:.0}/s, ok {:.0}/s",
        phase.name, phase.seconds, phase.offered_per_s, phase.done_per_s
    );
    let names: Vec<String> = QUANTILES.iter().map(|(name, _)| format!("{name:>10}")).collect();
    println!("  {:<26}{:>10}{}{:>10}", "", "count", names.join(""), "max");
    for series in &phase.series {
        row(&series.series, &series.corrected);
        if let Some(uncorrected) = &series.uncorrected {
            row(&format!("  uncorrected ({})", series.series), uncorrected);
        }
    }
}

fn row(name: &str, latency: &Latency) {
    let of = |(name, _): &(&str, f64)| latency.quantiles_us.get(*name).copied().unwrap_or_default();
    let values: Vec<String> = QUANTILES
        .iter()
        .map(|quantile| format!("{:>10}", time(of(quantile))))
        .collect();
    println!(
        "  {name:<26}{:>10}{}{:>10}",
        latency.count,
        values.join(""),
        time(latency.max_us)
    );
}

/// The driver's ceilings.
pub(super) fn ceilings(all: &[Ceiling]) {
    println!(
        "{:>8} {:>12} {:>11} {:>9} {:>9} {:>10} {:>10}",
        "octets", "connections", "messages/s", "driver", "null", "p50", "p99"
    );
    for found in all {
        println!(
            "{:>8} {:>12} {:>11.0} {:>8.0}% {:>8.0}% {:>10} {:>10}",
            found.octets,
            found.connections,
            found.per_s,
            found.driver_share * 100.0,
            found.server_share * 100.0,
            time(found.p50_us),
            time(found.p99_us)
        );
    }
}

/// What changed between two runs.
pub(super) fn shifts(shifts: &[Shift]) {
    println!(
        "{:<30} {:>12} {:>12} {:>9} {:>20}  verdict",
        "figure", "before", "after", "shift", "confidence interval"
    );
    for shift in shifts {
        println!(
            "{:<30} {:>12.1} {:>12.1} {:>+8.1}% {:>+9.1}% … {:>+6.1}%  {:?}",
            shift.figure,
            shift.before,
            shift.after,
            shift.shift * 100.0,
            shift.low * 100.0,
            shift.high * 100.0,
            shift.verdict
        );
    }
}

/// A fit of the scalability law.
pub(super) fn fit(fit: &Fit) {
    println!(
        "X(N) = γN / (1 + α(N − 1) + βN(N − 1)), fitted to {} points, R² {:.4}",
        fit.points, fit.r_squared
    );
    println!(
        "  γ {:.4} ± {:.4}   throughput of one",
        fit.gamma, fit.gamma_error
    );
    println!("  α {:.6} ± {:.6}   contention", fit.alpha, fit.alpha_error);
    println!("  β {:.8} ± {:.8}   coherence", fit.beta, fit.beta_error);
    match fit.peak {
        Some((at, throughput)) => println!("  greatest throughput {throughput:.1} at N = {at:.1}"),
        None => println!("  no peak: β is not above 0"),
    }
}
