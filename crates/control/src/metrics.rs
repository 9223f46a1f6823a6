//! `/metrics`: the tables of `meter` and a few numbers of the process, as text.
//!
//! Two dialects of one text: OpenMetrics 1.0 for who asks for it, else the Prometheus text format 0.0.4. They differ in
//! the name of a counter's family (`_total` or not) and in the end mark. Invariants: each counter is exported once per
//! shard, with the label `shard` and no other, so the number of series is shards × rows; refusals on MM4 have their
//! reason's code beside it, those that have happened; every family has a help line.

use meter::{Counter, Gauge, ShardMeter};
use std::fmt::Write as _;
use std::sync::Arc;

/// Which text is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dialect {
    /// Prometheus text format 0.0.4.
    Prometheus,
    /// OpenMetrics 1.0.0.
    OpenMetrics,
}

impl Dialect {
    /// What an `Accept` header asks for.
    #[must_use]
    pub fn of_accept(accept: &str) -> Dialect {
        if accept.contains("application/openmetrics-text") {
            Dialect::OpenMetrics
        } else {
            Dialect::Prometheus
        }
    }

    /// The content type.
    #[must_use]
    pub fn content_type(self) -> &'static str {
        match self {
            Dialect::Prometheus => "text/plain; version=0.0.4; charset=utf-8",
            Dialect::OpenMetrics => "application/openmetrics-text; version=1.0.0; charset=utf-8",
        }
    }
}

/// Whether a family only grows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// It does; `_total` stands behind its samples' names.
    Counter,
    /// It does not.
    Gauge,
}

/// One number that is not a shard's.
#[derive(Clone, Copy, Debug)]
pub struct Single {
    /// Name, whole, without `_total`.
    pub name: &'static str,
    /// Counter or gauge.
    pub kind: Kind,
    /// Help.
    pub text: &'static str,
    /// Its value now.
    pub value: f64,
}

/// The whole text; `families` are further ones, as text that is the same in both dialects.
#[must_use]
pub fn exposition(
    dialect: Dialect,
    meters: &[Arc<ShardMeter>],
    singles: &[Single],
    families: &str,
) -> String {
    let mut out = String::with_capacity(16 << 10);
    build_info(&mut out);
    for single in singles {
        let sample = family(&mut out, dialect, single.name, single.kind, single.text);
        line(&mut out, format_args!("{sample} {}\n", single.value));
    }
    if !meters.is_empty() {
        for counter in Counter::ALL {
            let name = format!("ringpost_{}", counter.name());
            let sample = family(&mut out, dialect, &name, Kind::Counter, counter.text());
            per_shard(&mut out, &sample, meters, |meter| meter.counter(counter));
        }
        for gauge in Gauge::ALL {
            let name = format!("ringpost_{}", gauge.name());
            let sample = family(&mut out, dialect, &name, Kind::Gauge, gauge.text());
            per_shard(&mut out, &sample, meters, |meter| {
                meter.gauge(gauge) as f64 / f64::from(gauge.per_unit())
            });
        }
    }
    reasons(&mut out, dialect, meters);
    out.push_str(families);
    if dialect == Dialect::OpenMetrics {
        out.push_str("# EOF\n");
    }
    out
}

/// What peers' mail was refused for.
fn reasons(out: &mut String, dialect: Dialect, meters: &[Arc<ShardMeter>]) {
    let text = "SMTP commands and mails of other operators refused, by reason: `ringpost explain CODE`.";
    let sample = family(out, dialect, "ringpost_mm4_refused", Kind::Counter, text);
    let codes = || base::reason::TABLE.iter().map(|row| row.code);
    by_reason(out, &sample, meters, codes, ShardMeter::reason);
    let text = "Commands, mails and connections of other operators that SMTP itself refused, by reason.";
    let sample = family(out, dialect, "ringpost_mm4_protocol_refused", Kind::Counter, text);
    let names = || smtp::Reason::ALL.iter().map(|reason| reason.name());
    by_reason(out, &sample, meters, names, ShardMeter::protocol_reason);
}

fn by_reason<I: Iterator<Item = &'static str>>(
    out: &mut String,
    sample: &str,
    meters: &[Arc<ShardMeter>],
    names: impl Fn() -> I,
    count: impl Fn(&ShardMeter, usize) -> u64,
) {
    for (shard, meter) in meters.iter().enumerate() {
        for (index, name) in names().enumerate() {
            let count = count(meter, index);
            if count > 0 {
                line(
                    out,
                    format_args!("{sample}{{shard=\"{shard}\",reason=\"{name}\"}} {count}\n"),
                );
            }
        }
    }
}

const _: () = assert!(
    base::reason::TABLE.len() <= meter::REASONS && smtp::Reason::ALL.len() <= meter::PROTOCOL_REASONS,
    "each reason has its count"
);

/// Version of the program, as a label of a constant.
fn build_info(out: &mut String) {
    let version = env!("CARGO_PKG_VERSION");
    line(
        out,
        format_args!(
            "# HELP ringpost_build_info The version that runs; always 1.\n# TYPE ringpost_build_info gauge\n\
             ringpost_build_info{{version=\"{version}\"}} 1\n"
        ),
    );
}

/// Writes a family's head and says the name of its samples.
pub(crate) fn family(out: &mut String, dialect: Dialect, name: &str, kind: Kind, text: &str) -> String {
    let (family, sample, word) = match (kind, dialect) {
        (Kind::Gauge, _) => (name.to_owned(), name.to_owned(), "gauge"),
        (Kind::Counter, Dialect::OpenMetrics) => (name.to_owned(), format!("{name}_total"), "counter"),
        (Kind::Counter, Dialect::Prometheus) => (format!("{name}_total"), format!("{name}_total"), "counter"),
    };
    line(
        out,
        format_args!("# HELP {family} {text}\n# TYPE {family} {word}\n"),
    );
    sample
}

fn per_shard<T: std::fmt::Display>(
    out: &mut String,
    sample: &str,
    meters: &[Arc<ShardMeter>],
    value: impl Fn(&ShardMeter) -> T,
) {
    for (shard, meter) in meters.iter().enumerate() {
        line(
            out,
            format_args!("{sample}{{shard=\"{shard}\"}} {}\n", value(meter)),
        );
    }
}

pub(crate) fn line(out: &mut String, text: std::fmt::Arguments<'_>) {
    // Writing to a String cannot fail.
    let _ = out.write_fmt(text);
}

/// What the kernel says of this process (proc(5)), by the names that every Prometheus client uses; nothing where the
/// kernel does not say.
#[must_use]
pub fn process() -> Vec<Single> {
    let mut singles = Vec::new();
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    // The name in parentheses may hold spaces; fields are counted from behind it, the first being the third.
    let fields: Vec<f64> = stat
        .rsplit_once(')')
        .map(|(_, rest)| {
            rest.split_whitespace()
                .map(|field| field.parse().unwrap_or(0.0))
                .collect()
        })
        .unwrap_or_default();
    let mut single = |name, kind, text, value: Option<f64>| {
        singles.extend(value.map(|value| Single {
            name,
            kind,
            text,
            value,
        }));
    };
    let field = |index: usize| fields.get(index).copied();
    let cpu = field(11)
        .zip(field(12))
        .map(|(user, system)| (user + system) / TICKS_PER_S);
    single(
        "process_cpu_seconds",
        Kind::Counter,
        "User and system time of this process in seconds.",
        cpu,
    );
    let resident = field(21).map(|pages| pages * PAGE_OCTETS);
    single(
        "process_resident_memory_bytes",
        Kind::Gauge,
        "Resident memory of this process.",
        resident,
    );
    let descriptors = std::fs::read_dir("/proc/self/fd")
        .map(|entries| entries.count() as f64)
        .ok();
    single(
        "process_open_fds",
        Kind::Gauge,
        "Open file descriptors of this process.",
        descriptors,
    );
    singles
}

/// USER_HZ of Linux on every architecture that io_uring is used on (proc(5), times(2)).
const TICKS_PER_S: f64 = 100.0;

/// Page size of x86-64 and of arm64 as distributions build it.
const PAGE_OCTETS: f64 = 4096.0;

#[cfg(test)]
mod tests;
