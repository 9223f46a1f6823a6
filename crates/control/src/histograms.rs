//! How long requests took, gathered from the shards: the sum since the start, and what came since the last interval.
//!
//! Behind `/metrics`, `/v1/histograms` and the interval log. A shard gives its histograms up by swapping two sets at
//! the end of a turn; this orders the swaps, wakes shards that sleep, and adds up. Invariants: it is the only reader of
//! the shards' sets, and holds its lock while it reads; a shard that does not swap in time is left out of this look
//! and stands in the next one: nothing is lost, nothing is counted twice.

pub(crate) mod log;
pub(crate) mod text;
pub(crate) mod v2;

use hdrhistogram::Histogram;
use meter::scale::{DIGITS, NS_MAX, TICK_NS};
use meter::{Class, Gathered, ShardMeter, Stage};
use std::sync::{Arc, PoisonError};
use std::time::Duration;

#[expect(
    clippy::disallowed_types,
    reason = "off the datapath: requests and the interval log share what was gathered"
)]
type Lock<T> = std::sync::Mutex<T>;

/// Has every shard run a turn soon, from any thread.
pub type Wake = Box<dyn Fn() + Send + Sync>;

/// How long a look waits for the shards' swaps: longer than any turn but a stalled one.
pub(crate) const PATIENCE: Duration = Duration::from_millis(200);

/// How often it looks whether they have.
pub(crate) const LOOK: Duration = Duration::from_millis(1);

/// One histogram, in nanoseconds.
#[derive(Clone, Debug)]
pub(crate) struct Series {
    pub(crate) histogram: Histogram<u64>,
    /// All values together, exactly; a histogram's own mean is good to its digits only.
    pub(crate) sum_ns: u64,
}

/// The histograms of one shard, by class and stage; nothing where nothing was recorded.
#[derive(Clone, Debug, Default)]
pub(crate) struct Table {
    series: Vec<Option<Series>>,
}

impl Table {
    fn add(&mut self, gathered: &[Gathered]) {
        self.series.resize(Class::COUNT * Stage::COUNT, None);
        for one in gathered {
            let place = one.class as usize * Stage::COUNT + one.stage as usize;
            let Some(series) = self.series.get_mut(place) else {
                continue;
            };
            if series.is_none() {
                // The scale's own bounds: always valid.
                *series = Histogram::new_with_bounds(TICK_NS, NS_MAX, DIGITS)
                    .ok()
                    .map(|histogram| Series { histogram, sum_ns: 0 });
            }
            if let Some(series) = series {
                series.sum_ns = series.sum_ns.saturating_add(one.sum_ns);
                for &(ns, count) in &one.cells {
                    series.histogram.saturating_record_n(ns, count);
                }
            }
        }
    }

    /// What was recorded, in the order of classes and stages.
    pub(crate) fn recorded(&self) -> impl Iterator<Item = (Class, Stage, &Series)> {
        let keys = Class::ALL
            .into_iter()
            .flat_map(|class| Stage::ALL.map(|stage| (class, stage)));
        keys.zip(&self.series)
            .filter_map(|((class, stage), series)| Some((class, stage, series.as_ref()?)))
    }
}

#[derive(Debug, Default)]
struct Tables {
    /// Since the start, a shard each.
    total: Vec<Table>,
    /// Since the interval log last took them; nothing where there is no such log.
    interval: Option<Vec<Table>>,
}

/// See the module's comment.
pub(crate) struct Histograms {
    meters: Vec<Arc<ShardMeter>>,
    wake: Wake,
    tables: Lock<Tables>,
}

impl std::fmt::Debug for Histograms {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Histograms")
            .field("shards", &self.meters.len())
            .finish_non_exhaustive()
    }
}

/// Whether an interval log takes what comes between its looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Intervals {
    Kept,
    Dropped,
}

impl Histograms {
    pub(crate) fn new(meters: Vec<Arc<ShardMeter>>, wake: Wake, intervals: Intervals) -> Histograms {
        let empty = || meters.iter().map(|_| Table::default()).collect();
        let tables = Tables {
            total: empty(),
            interval: (intervals == Intervals::Kept).then(empty),
        };
        Histograms {
            meters,
            wake,
            tables: Lock::new(tables),
        }
    }

    /// Orders a swap of every shard.
    pub(crate) fn order(&self) {
        let mut tables = self.lock();
        for (shard, meter) in self.meters.iter().enumerate() {
            if meter.spans.is_swapped() {
                // What a look that gave up left behind, before it is written again.
                tables.add(shard, &meter.spans.gather());
                meter.spans.order_swap();
            }
        }
        drop(tables);
        (self.wake)();
    }

    /// Whether every shard has swapped since it was ordered to.
    pub(crate) fn is_settled(&self) -> bool {
        self.meters.iter().all(|meter| meter.spans.is_swapped())
    }

    /// Adds what the shards have given up.
    pub(crate) fn gather(&self) {
        let mut tables = self.lock();
        for (shard, meter) in self.meters.iter().enumerate() {
            tables.add(shard, &meter.spans.gather());
        }
    }

    /// Shows what was gathered since the start, a table a shard.
    pub(crate) fn show<T>(&self, show: impl FnOnce(&[Table]) -> T) -> T {
        show(&self.lock().total)
    }

    /// Takes what was gathered since it was last taken.
    pub(crate) fn take_interval(&self) -> Vec<Table> {
        let mut tables = self.lock();
        let Some(interval) = &mut tables.interval else {
            return Vec::new();
        };
        interval.iter_mut().map(std::mem::take).collect()
    }

    /// A thread that panicked with it left it whole enough: sums, at worst without the last look.
    fn lock(&self) -> std::sync::MutexGuard<'_, Tables> {
        self.tables.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Tables {
    fn add(&mut self, shard: usize, gathered: &[Gathered]) {
        let interval = self.interval.as_mut().and_then(|tables| tables.get_mut(shard));
        for table in self.total.get_mut(shard).into_iter().chain(interval) {
            table.add(gathered);
        }
    }
}

#[cfg(test)]
pub(crate) mod tests;
