//! The figures of a sweep: the highest load that holds the objectives, the knee, the scalability law.
//!
//! Behind a row of runs with rising load. Pure. Invariants: a void step is no evidence, neither for the server nor
//! against it; the knee is a measured point, not an extrapolation.

use crate::scenario::{Loop, Slo};
use crate::summary::Summary;
use crate::usl::{self, Fit, Point};
use serde::{Deserialize, Serialize};

/// Share of messages that are due in a step and answered after its last interval, at most: some milliseconds' worth.
const EDGE_SHARE: f64 = 0.005;

/// One step of a sweep.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Step {
    /// Messages a second that were due, or phones in a closed loop.
    pub load: f64,
    /// Messages a second that were answered Ok.
    pub done_per_s: f64,
    /// Median from when it was due, microseconds.
    pub p50_us: f64,
    /// 99th percentile.
    pub p99_us: f64,
    /// 99.9th percentile.
    pub p999_us: f64,
    /// The greatest.
    pub max_us: f64,
    /// The server's processor time a message, microseconds.
    pub server_us: f64,
    /// Why the step is void.
    pub void: Vec<String>,
    /// Which objective it broke, empty for none.
    pub broken: String,
}

/// A sweep's result.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Sweep {
    /// Whether load is phones in a closed loop.
    pub is_closed: bool,
    /// The objectives.
    pub slo: Slo,
    /// The steps, by load.
    pub steps: Vec<Step>,
    /// The highest load of a good step below the first broken one.
    pub holds: Option<f64>,
    /// Why the sweep ended.
    pub ended: String,
    /// The load where latency begins to rise faster than load.
    pub knee: Option<f64>,
    /// The scalability law, or why there is none.
    pub law: Result<Fit, String>,
}

impl Step {
    /// A step's figures and whether it holds the objectives.
    #[must_use]
    pub fn of(load: f64, slo: &Slo, summary: &Summary) -> Step {
        let submit = summary
            .measured
            .series
            .iter()
            .find(|series| series.series == "submit");
        let at = |name: &str| {
            submit
                .and_then(|series| series.corrected.quantiles_us.get(name))
                .copied()
                .unwrap_or_default()
        };
        let done_per_s = summary.measured.done_per_s;
        let arrived = summary.measured.arrived_per_s;
        let mut step = Step {
            load,
            done_per_s,
            p50_us: at("p50"),
            p99_us: at("p99"),
            p999_us: at("p99.9"),
            max_us: submit.map(|series| series.corrected.max_us).unwrap_or_default(),
            server_us: summary.server_us_per_message,
            void: summary.void.clone(),
            broken: String::new(),
        };
        if submit.is_none() {
            step.broken = "nothing was answered".to_owned();
        } else if step.p99_us > slo.submit_p99_ms * 1e3 {
            step.broken = format!(
                "p99 is {:.1} ms, above {} ms",
                step.p99_us / 1e3,
                slo.submit_p99_ms
            );
        } else if done_per_s < arrived * (slo.done_share_min - EDGE_SHARE) {
            step.broken = format!("{done_per_s:.0}/s of {arrived:.0}/s were answered Ok");
        }
        step
    }
}

/// The result of some steps.
#[must_use]
pub fn conclude(steps: Vec<Step>, shape: Loop, slo: Slo, ended: String) -> Sweep {
    let good = |step: &&Step| step.broken.is_empty();
    let holds = steps
        .iter()
        .take_while(good)
        .filter(|step| step.void.is_empty())
        .map(|step| step.load)
        .last();
    let evident: Vec<&Step> = steps
        .iter()
        .filter(|step| step.void.is_empty() || !step.broken.is_empty())
        .collect();
    let curve: Vec<(f64, f64)> = evident.iter().map(|step| (step.load, step.p99_us)).collect();
    let law = match shape {
        Loop::Open => Err("the law is fitted over phones in a closed loop, or over cores".to_owned()),
        Loop::Closed => {
            let points = steps.iter().map(|step| Point {
                n: step.load,
                x: step.done_per_s,
            });
            usl::fit(&points.collect::<Vec<Point>>()).map_err(|error| error.to_string())
        }
    };
    Sweep {
        is_closed: shape == Loop::Closed,
        slo,
        holds,
        ended,
        knee: knee(&curve),
        law,
        steps,
    }
}

/// Where a rising curve turns up: the point that lies furthest below the line from its first to its last point, both
/// axes stretched to 1 (the latency on a logarithmic one). Nothing with fewer than four points, or where latency does
/// not double.
#[must_use]
pub fn knee(curve: &[(f64, f64)]) -> Option<f64> {
    let (first, last) = (curve.first()?, curve.last()?);
    if curve.len() < 4 || last.0 <= first.0 || last.1 < first.1 * 2.0 || first.1 <= 0.0 {
        return None;
    }
    let below = |(load, latency): &(f64, f64)| {
        let x = (load - first.0) / (last.0 - first.0);
        let y = (latency / first.1).ln() / (last.1 / first.1).ln();
        x - y
    };
    let best = curve.iter().max_by(|a, b| below(a).total_cmp(&below(b)))?;
    (below(best) > 0.0).then_some(best.0)
}

#[cfg(test)]
mod tests;
