//! What came of accounting: counters of each feed of sessions, and how the map of sessions is filled.
//!
//! Written by the one thread that takes accounting, read by the control plane. Invariant: one writer a cell.

use crate::counter::table;
use std::sync::atomic::{AtomicU64, Ordering};

table! {
    /// What a feed's requests came to.
    FeedCounter:
    Starts "starts" "Starts heard, before they were judged.";
    Stops "stops" "Stops heard, before they were judged.";
    Interims "interims" "Interim-Updates heard, before they were judged.";
    Clears "clears" "Accounting-On and -Off heard: every session of an access server ended.";
    Taken "taken" "Requests that changed or confirmed a session.";
    Repeated "repeated" "Requests met before, answered and not applied.";
    Ignored "ignored" "Requests too late, out of order, without a name, or of other access points; answered.";
    Forged "forged" "Requests of strangers or with a wrong secret, not answered; look at any.";
    Corrupt "corrupt" "Requests that could not be read, not answered; look at any.";
    Full "full" "Requests refused since the map of sessions is full; raise sessions.addresses_max.";
    Contested "contested" "Addresses that came to be claimed by two sessions; look at any.";
    Unrecorded "unrecorded" "Requests not answered since they could not be written to disk. Alarm.";
}

table! {
    /// How the map is filled.
    MapGauge:
    Held "sessions_held" "Addresses that a session holds.";
    Contested "sessions_contested" "Addresses that two sessions claim: nobody is served there; look at any.";
    Ended "sessions_ended" "Addresses whose session ended and is remembered.";
    Silent "sessions_silent" "Sessions forgotten since nothing was heard of them, since the start.";
    Unrecorded "sessions_unrecorded" "1 while sessions can't be written to disk and nothing is answered. Alarm.";
    LogOctets "sessions_log_octets" "Octets of log behind the last snapshot of the sessions.";
}

/// The counters of one feed.
#[derive(Debug)]
pub struct FeedMeter {
    name: String,
    cells: [AtomicU64; FeedCounter::COUNT],
}

impl FeedMeter {
    /// All zero.
    #[must_use]
    pub fn new(name: &str) -> FeedMeter {
        FeedMeter {
            name: name.to_owned(),
            cells: std::array::from_fn(|_| AtomicU64::new(0)),
        }
    }

    /// Whose they are; empty for packets that no feed takes.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Adds `n`. Only the thread that takes accounting calls this.
    pub fn add(&self, counter: FeedCounter, n: u64) {
        if let Some(cell) = self.cells.get(counter as usize) {
            cell.store(cell.load(Ordering::Relaxed).wrapping_add(n), Ordering::Relaxed);
        }
    }

    /// Reads a counter, from any thread.
    #[must_use]
    pub fn counter(&self, counter: FeedCounter) -> u64 {
        let cell = self.cells.get(counter as usize);
        cell.map_or(0, |cell| cell.load(Ordering::Relaxed))
    }
}

/// The gauges of the map.
#[derive(Debug, Default)]
pub struct MapMeter([AtomicU64; MapGauge::COUNT]);

impl MapMeter {
    /// Sets a gauge. Only the thread that takes accounting calls this.
    pub fn set(&self, gauge: MapGauge, value: u64) {
        if let Some(cell) = self.0.get(gauge as usize) {
            cell.store(value, Ordering::Relaxed);
        }
    }

    /// Reads a gauge, from any thread.
    #[must_use]
    pub fn gauge(&self, gauge: MapGauge) -> u64 {
        let cell = self.0.get(gauge as usize);
        cell.map_or(0, |cell| cell.load(Ordering::Relaxed))
    }
}
