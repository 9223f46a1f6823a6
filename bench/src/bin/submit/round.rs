//! One repetition: a fresh server on filled segments, a warm-up, a measured window.
//!
//! The first step of `submit`. Invariant: processor time, messages and the server's own counters are read at the same
//! two moments.

use crate::Arguments;
use bench::BenchError;
use bench::cpu::{Usage, us_each};
use bench::driver::{Driven, Driver, Expect};
use bench::pdu::Template;
use bench::server::{Programs, Server, Side};
use bench::turns::Repetition;
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
        self.usage.server_us(self.driven.messages)
    }

    pub(crate) fn us_each(&self, ns: u64) -> f64 {
        us_each(ns, self.driven.messages)
    }

    /// Share of the server's core that somebody else took.
    pub(crate) fn foreign(&self) -> f64 {
        self.usage.foreign(self.driven.elapsed)
    }

    pub(crate) fn driver_idle(&self) -> f64 {
        self.usage.driver_idle(self.driven.elapsed)
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
}

impl Repetition for Round {
    type Side = Side;

    const HEADING: &'static str = "pair,side,messages,seconds,rate_per_s,server_us,shard_us,ksoftirqd_us,\
        kworkers_us,\
        interrupt_ticks_us,foreign,driver_idle,p50_us,p99_us,messages_per_group,log_octets_per_s,steal_ns,threads_us\n";

    fn turn(&self) -> usize {
        self.pair
    }

    fn side(&self) -> Side {
        self.side
    }

    fn csv(&self) -> String {
        let threads: Vec<String> = self
            .usage
            .threads
            .iter()
            .map(|(name, ns)| format!("{name}:{:.2}", self.us_each(*ns)))
            .collect();
        format!(
            "{},{},{},{:.3},{:.0},{:.3},{:.3},{:.3},{:.3},{:.3},{:.4},{:.4},{},{},{:.1},{:.0},{},{}\n",
            self.pair,
            self.side.name(),
            self.driven.messages,
            self.driven.elapsed.as_secs_f64(),
            self.driven.rate(),
            self.server_us(),
            self.us_each(self.usage.shard_ns),
            self.us_each(self.usage.ksoftirqd_ns),
            self.us_each(self.usage.kworkers_ns),
            self.us_each(self.usage.server.interrupts_ns),
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
    let place = &arguments.place;
    let data = match side {
        Side::Null => place.data.join("log"),
        Side::Bare | Side::Full => place.log(arguments.segments)?,
    };
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
    let usage = place.usage(server.process())?;
    let driven = driver.run(Duration::from_secs(arguments.seconds), u64::MAX)?;
    let usage = place.usage(server.process())?.since(&usage);
    Ok(Round {
        pair,
        side,
        driven,
        usage,
        counters: server.counters_since(&before)?,
    })
}
