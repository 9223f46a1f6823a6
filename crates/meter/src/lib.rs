//! Ring 0: what is counted and timed, in tables.
//!
//! A shard owns a [`ShardMeter`] and is its only writer; the control plane reads it from another thread at any
//! time. Counting is one relaxed store to a line that no other core writes: no lock, no allocation, no event text on
//! the datapath. Every counter stands in the table of [`counter`], from which `/metrics` and its manual are made.
//!
//! Each request carries a stop-watch, its [`Laps`]; when its answer has left, the shard records them in its [`Spans`],
//! a histogram for each class of request and stage of its life. The table of stages stands in [`stage`].
//!
//! Reading order: [`counter`], [`access`] and [`feed`] (identity), [`stage`], [`laps`], [`scale`], [`spans`].

#![forbid(unsafe_code)]

pub mod access;
pub mod counter;
pub mod feed;
pub mod laps;
pub mod scale;
pub mod spans;
pub mod stage;

pub use access::{ApnMeter, Verdict};
pub use counter::{Counter, Gauge};
pub use feed::{FeedCounter, FeedMeter, MapGauge, MapMeter};
pub use laps::{Laps, Stamp, StampSource};
pub use spans::{Gathered, Spans};
pub use stage::{Class, Labels, Stage};

use std::sync::atomic::{AtomicU64, Ordering};

/// Rows that the table of reasons may have.
pub const REASONS: usize = 128;

/// Reasons for which SMTP itself may refuse.
pub const PROTOCOL_REASONS: usize = 64;

/// The counters, gauges and histograms of one shard.
#[derive(Debug)]
#[repr(align(128))]
pub struct ShardMeter {
    counters: [AtomicU64; Counter::COUNT],
    gauges: [AtomicU64; Gauge::COUNT],
    reasons: [AtomicU64; REASONS],
    protocol_reasons: [AtomicU64; PROTOCOL_REASONS],
    /// How long requests took.
    pub spans: Spans,
}

impl Default for ShardMeter {
    fn default() -> ShardMeter {
        ShardMeter {
            counters: std::array::from_fn(|_| AtomicU64::new(0)),
            gauges: std::array::from_fn(|_| AtomicU64::new(0)),
            reasons: std::array::from_fn(|_| AtomicU64::new(0)),
            protocol_reasons: std::array::from_fn(|_| AtomicU64::new(0)),
            spans: Spans::default(),
        }
    }
}

impl ShardMeter {
    /// Adds one. Only the owning shard calls this: a load and a store, not a locked add.
    #[inline]
    pub fn count(&self, counter: Counter) {
        self.add(counter, 1);
    }

    /// Adds `n`. Only the owning shard calls this.
    #[inline]
    pub fn add(&self, counter: Counter, n: u64) {
        if let Some(cell) = self.counters.get(counter as usize) {
            cell.store(cell.load(Ordering::Relaxed).wrapping_add(n), Ordering::Relaxed);
        }
    }

    /// Sets a gauge. Only the owning shard calls this.
    #[inline]
    pub fn set(&self, gauge: Gauge, value: u64) {
        if let Some(cell) = self.gauges.get(gauge as usize) {
            cell.store(value, Ordering::Relaxed);
        }
    }

    /// Counts a refusal on MM4 by its row in the table of reasons. Only the owning shard calls this.
    #[inline]
    pub fn count_reason(&self, row: usize) {
        if let Some(cell) = self.reasons.get(row) {
            cell.store(cell.load(Ordering::Relaxed).wrapping_add(1), Ordering::Relaxed);
        }
    }

    /// Counts refusals of the protocol of MM4, by the reason's place among them. Only the owning shard calls this.
    pub fn count_protocol_reason(&self, reason: usize, times: u64) {
        if let Some(cell) = self.protocol_reasons.get(reason) {
            let count = cell.load(Ordering::Relaxed);
            cell.store(count.wrapping_add(times), Ordering::Relaxed);
        }
    }

    /// Refusals of the protocol of MM4 for this reason, from any thread.
    #[must_use]
    pub fn protocol_reason(&self, reason: usize) -> u64 {
        let cell = self.protocol_reasons.get(reason);
        cell.map_or(0, |cell| cell.load(Ordering::Relaxed))
    }

    /// Refusals on MM4 for the reason of this row, from any thread.
    #[must_use]
    pub fn reason(&self, row: usize) -> u64 {
        self.reasons
            .get(row)
            .map_or(0, |cell| cell.load(Ordering::Relaxed))
    }

    /// Reads a counter, from any thread.
    #[must_use]
    pub fn counter(&self, counter: Counter) -> u64 {
        self.counters
            .get(counter as usize)
            .map_or(0, |cell| cell.load(Ordering::Relaxed))
    }

    /// Reads a gauge, from any thread.
    #[must_use]
    pub fn gauge(&self, gauge: Gauge) -> u64 {
        self.gauges
            .get(gauge as usize)
            .map_or(0, |cell| cell.load(Ordering::Relaxed))
    }
}
