//! Axes: from values to places, and the marks along them.
//!
//! Under `chart`. Invariants: a place lies within the axis for every value of its range; marks are round numbers.

/// How an axis runs.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Kind {
    /// Evenly.
    Linear,
    /// By decades.
    Log,
    /// By nines: 90 %, 99 %, 99.9 % at equal distances. Values are quantiles from 0 to 1.
    Nines,
}

/// What the numbers of an axis are.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Unit {
    /// Microseconds, shown as µs, ms or s.
    Time,
    /// Seconds of the run.
    Seconds,
    /// A share of 1, shown as per cent.
    Share,
    /// A plain number.
    Number,
    /// Shown as a quantile in per cent.
    Quantile,
}

/// An axis.
#[derive(Clone, Copy, Debug)]
pub(super) struct Axis {
    pub(super) kind: Kind,
    pub(super) unit: Unit,
    pub(super) low: f64,
    pub(super) high: f64,
}

impl Axis {
    /// An axis over a range, a little widened to round numbers.
    pub(super) fn new(kind: Kind, unit: Unit, low: f64, high: f64) -> Axis {
        let (low, high) = match kind {
            Kind::Linear => {
                let high = if high > low { high } else { low + 1.0 };
                let step = step(high - low);
                (low, (high / step).ceil() * step)
            }
            Kind::Log => {
                let low = low.max(1e-3);
                let high = high.max(low * 1.01);
                (round_log(low, false), round_log(high, true))
            }
            Kind::Nines => (low, high),
        };
        Axis {
            kind,
            unit,
            low,
            high,
        }
    }

    /// From 0 (low) to 1 (high).
    pub(super) fn place(&self, value: f64) -> f64 {
        let through = match self.kind {
            Kind::Linear => |value: f64| value,
            Kind::Log => |value: f64| value.max(1e-3).ln(),
            Kind::Nines => |value: f64| -(1.0 - value).max(1e-9).ln(),
        };
        let (low, high) = (through(self.low), through(self.high));
        ((through(value) - low) / (high - low)).clamp(0.0, 1.0)
    }

    /// Values that are marked.
    pub(super) fn marks(&self) -> Vec<f64> {
        match self.kind {
            Kind::Linear => {
                let step = step(self.high - self.low);
                let first = (self.low / step).ceil() as i64;
                let last = (self.high / step + 1e-9).floor() as i64;
                (first..=last).map(|at| at as f64 * step).collect()
            }
            Kind::Log => {
                let decades = self.low.log10().floor() as i32..=self.high.log10().ceil() as i32;
                let ratio = self.high / self.low;
                let within = |value: &f64| *value >= self.low * 0.999 && *value <= self.high * 1.001;
                let steps: &[f64] = match ratio {
                    ratio if ratio <= 200.0 => &[1.0, 2.0, 5.0],
                    ratio if ratio <= 10_000.0 => &[1.0, 3.0],
                    _ => &[1.0],
                };
                let of = |decade: i32| steps.iter().map(move |step| step * 10_f64.powi(decade));
                decades.flat_map(of).filter(within).collect()
            }
            Kind::Nines => {
                let all = [0.0, 0.5, 0.9, 0.99, 0.999, 0.9999, 0.99999];
                all.into_iter()
                    .filter(|share| *share <= self.high + 1e-12)
                    .collect()
            }
        }
    }

    /// A value in words.
    pub(super) fn say(&self, value: f64) -> String {
        say(self.unit, value)
    }
}

/// A value of a unit in words.
pub(super) fn say(unit: Unit, value: f64) -> String {
    match unit {
        Unit::Time => time(value),
        Unit::Seconds => format!("{} s", short(value)),
        Unit::Share => format!("{} %", short(value * 100.0)),
        Unit::Number if value >= 10_000.0 => format!("{} k", short(value / 1_000.0)),
        Unit::Number => short(value),
        Unit::Quantile => {
            let text = format!("{:.4}", value * 100.0);
            format!("{} %", text.trim_end_matches('0').trim_end_matches('.'))
        }
    }
}

/// Microseconds in words.
pub(super) fn time(us: f64) -> String {
    match us {
        us if us >= 1e6 => format!("{} s", short(us / 1e6)),
        us if us >= 1e3 => format!("{} ms", short(us / 1e3)),
        us => format!("{} µs", short(us)),
    }
}

/// Three digits, without zeros that say nothing.
pub(super) fn short(value: f64) -> String {
    let digits = match value.abs() {
        value if value >= 100.0 => 0,
        value if value >= 10.0 => 1,
        _ => 2,
    };
    let text = format!("{value:.digits$}");
    if digits > 0 {
        text.trim_end_matches('0').trim_end_matches('.').to_owned()
    } else {
        text
    }
}

/// A round step that cuts a range into four to eight.
fn step(range: f64) -> f64 {
    let raw = range / 6.0;
    let decade = 10_f64.powf(raw.log10().floor());
    let steps = [1.0, 2.0, 5.0, 10.0];
    steps
        .into_iter()
        .map(|step| step * decade)
        .find(|step| *step >= raw)
        .unwrap_or(decade * 10.0)
}

fn round_log(value: f64, up: bool) -> f64 {
    let decade = 10_f64.powf(value.log10().floor());
    let steps = [1.0, 2.0, 5.0, 10.0];
    let at = |step: &f64| step * decade;
    let found = if up {
        steps.iter().map(at).find(|step| *step >= value * 0.9999)
    } else {
        steps.iter().rev().map(at).find(|step| *step <= value * 1.0001)
    };
    found.unwrap_or(value)
}
