//! One repetition: a fresh server on filled segments, a warm-up, a measured window.
//!
//! The first step of `submit`. Invariant: processor time, messages and the server's own counters are read at the same
//! two moments.

use crate::Arguments;
use bench::bare::SEGMENT_OCTETS;
use bench::cpu::Usage;
use bench::driver::{Driven, Driver, Expect};
use bench::pdu::Template;
use bench::server::{Programs, Server, Side};
use bench::{BenchError, prepare};
use std::collections::BTreeMap;
use std::time::Duration;

/// One repetition.
pub(crate) struct Round {
    pub(crate) pair: usize,
    pub(crate) side: Side,
    pub(crate) driven: Driven,
    pub(crate) usage: Usage,
    /// How much the server's counters grew in the window.
    pub(crate) counters: BTreeMap<String, f64>,
}

impl Round {
    pub(crate) fn messages(&self) -> f64 {
        self.driven.messages as f64
    }

    pub(crate) fn server_us(&self) -> f64 {
        self.usage.server_ns() as f64 / 1_000.0 / self.messages()
    }

    pub(crate) fn wall_ns(&self) -> f64 {
        self.driven.elapsed.as_nanos() as f64
    }

    /// Share of the server's core that somebody else took.
    pub(crate) fn foreign(&self) -> f64 {
        let busy = self.wall_ns() - self.usage.server.idle_ns as f64;
        (busy - self.usage.server_ns() as f64).max(0.0) / self.wall_ns()
    }

    pub(crate) fn driver_idle(&self) -> f64 {
        self.usage.driver.idle_ns as f64 / self.wall_ns()
    }

    pub(crate) fn counter(&self, names: &[&str]) -> f64 {
        names
            .iter()
            .find_map(|name| self.counters.get(*name).copied())
            .unwrap_or_default()
    }

    pub(crate) fn groups(&self) -> f64 {
        self.counter(&["groups", "journal_groups_total"])
    }

    pub(crate) fn log_octets(&self) -> f64 {
        self.counter(&["octets", "journal_octets_total"])
    }

    /// The column names of [`csv`](Self::csv).
    pub(crate) const HEADING: &'static str = "pair,side,messages,seconds,rate_per_s,server_us,shard_us,ksoftirqd_us,\
        kworkers_us,\
        interrupt_ticks_us,foreign,driver_idle,p50_us,p99_us,messages_per_group,log_octets_per_s,steal_ns,threads_us\n";

    pub(crate) fn csv(&self) -> String {
        let per_message = |ns: u64| ns as f64 / 1_000.0 / self.messages();
        let threads: Vec<String> = self
            .usage
            .threads
            .iter()
            .map(|(name, ns)| format!("{name}:{:.2}", per_message(*ns)))
            .collect();
        format!(
            "{},{},{},{:.3},{:.0},{:.3},{:.3},{:.3},{:.3},{:.3},{:.4},{:.4},{},{},{:.1},{:.0},{},{}\n",
            self.pair,
            self.side.name(),
            self.driven.messages,
            self.driven.elapsed.as_secs_f64(),
            self.driven.rate(),
            self.server_us(),
            per_message(self.usage.shard_ns),
            per_message(self.usage.ksoftirqd_ns),
            per_message(self.usage.kworkers_ns),
            per_message(self.usage.server.interrupts_ns),
            self.foreign(),
            self.driver_idle(),
            self.driven.latency_us.value_at_quantile(0.5),
            self.driven.latency_us.value_at_quantile(0.99),
            self.messages() / self.groups().max(1.0),
            self.log_octets() / self.driven.elapsed.as_secs_f64(),
            self.usage.server.steal_ns,
            threads.join(" "),
        )
    }
}

/// One repetition of one side.
pub(crate) fn repeat(
    arguments: &Arguments,
    programs: &Programs,
    side: Side,
    pair: usize,
) -> Result<Round, BenchError> {
    let data = arguments.data.join("log");
    if side != Side::Null {
        prepare::fill(&data, arguments.segments, SEGMENT_OCTETS)?;
    }
    let server = Server::start(side, programs, arguments.server(), &data)?;
    let template = Template::new(arguments.octets, 100_000)?;
    let expect = if side == Side::Full {
        Expect::SendConfOk
    } else {
        Expect::Status200
    };
    let mut driver = Driver::connect(server.mm1, arguments.connections, &template, 0, expect)?;
    driver.run(Duration::from_secs(arguments.warmup), u64::MAX)?;
    let before = server.read_counters()?;
    let read = || Usage::read(server.process(), arguments.server_core, arguments.driver_core);
    let usage = read()?;
    let driven = driver.run(Duration::from_secs(arguments.seconds), u64::MAX)?;
    let usage = read()?.since(&usage);
    let mut counters = server.read_counters()?;
    for (name, value) in &mut counters {
        *value -= before.get(name).copied().unwrap_or_default();
    }
    Ok(Round {
        pair,
        side,
        driven,
        usage,
        counters,
    })
}
