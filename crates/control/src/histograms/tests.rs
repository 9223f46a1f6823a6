//! What shards record is shown once, whichever look took it, and wherever a shard stood still.

use super::{Histograms, Intervals, Table, text};
use meter::{Class, Laps, ShardMeter, Stage, Stamp};
use std::sync::Arc;

/// Laps of these nanoseconds, in stages in the order of a life.
pub(crate) fn laps(class: Class, spent_ns: &[(Stage, u64)]) -> Laps {
    let mut laps = Laps::begin(Stamp(0), Class::Mm1Refused);
    let mut now = 0;
    for (stage, ns) in spent_ns {
        now += ns;
        laps.lap(*stage, Stamp(now));
    }
    laps.count_as(class);
    laps
}

/// A gatherer over shards that swap as soon as they are woken.
pub(crate) fn awake(shards: usize, intervals: Intervals) -> (Arc<Histograms>, Vec<Arc<ShardMeter>>) {
    let meters: Vec<Arc<ShardMeter>> = (0..shards).map(|_| Arc::default()).collect();
    let woken = meters.clone();
    let wake = Box::new(move || woken.iter().for_each(|meter| meter.spans.swap_if_wanted()));
    let histograms = Histograms::new(meters.clone(), wake, intervals);
    (Arc::new(histograms), meters)
}

/// Some submissions on shard 0 and retrievals on shard 1.
pub(crate) fn recorded(meters: &[Arc<ShardMeter>]) {
    for n in 1..=1_000 {
        let spent = [
            (Stage::Accept, n * 160),
            (Stage::Parse, 800),
            (Stage::Durable, n * 1_600),
            (Stage::Send, 16_000),
        ];
        meters[0].spans.record(&laps(Class::Mm1Submit, &spent));
    }
    meters[1].spans.record(&laps(
        Class::Mm1Retrieve,
        &[(Stage::Accept, 32), (Stage::Send, 64)],
    ));
}

/// The families of the text, with something in them; for the tests of the whole text, too.
pub(crate) fn families() -> String {
    let (histograms, meters) = awake(2, Intervals::Dropped);
    recorded(&meters);
    look(&histograms);
    histograms.show(text::families)
}

pub(crate) fn look(histograms: &Histograms) {
    histograms.order();
    assert!(histograms.is_settled());
    histograms.gather();
}

fn count(tables: &[Table], shard: usize, wanted: Stage) -> u64 {
    let recorded = tables[shard].recorded();
    recorded
        .filter(|(_, stage, _)| *stage == wanted)
        .map(|(_, _, series)| series.histogram.len())
        .sum()
}

#[test]
fn looks_add_up_and_intervals_do_not() {
    let (histograms, meters) = awake(2, Intervals::Kept);
    for round in 1..=3 {
        recorded(&meters);
        look(&histograms);
        look(&histograms);
        histograms.show(|total| {
            assert_eq!(count(total, 0, Stage::Total), round * 1_000);
            assert_eq!(count(total, 1, Stage::Total), round);
            assert_eq!(count(total, 1, Stage::Parse), 0);
        });
        let interval = histograms.take_interval();
        assert_eq!(
            (
                count(&interval, 0, Stage::Total),
                count(&interval, 1, Stage::Send)
            ),
            (1_000, 1)
        );
        assert!(
            histograms
                .take_interval()
                .iter()
                .all(|table| table.recorded().next().is_none())
        );
    }
}

/// A shard that stalls is left out of the look, and shown by a later one; the others are shown.
#[test]
fn a_shard_that_does_not_swap_is_shown_later() {
    let meters: Vec<Arc<ShardMeter>> = vec![Arc::default(), Arc::default()];
    let first = Arc::clone(&meters[0]);
    let wake = Box::new(move || first.spans.swap_if_wanted());
    let histograms = Histograms::new(meters.clone(), wake, Intervals::Dropped);
    recorded(&meters);
    for _ in 0..3 {
        histograms.order();
        assert!(!histograms.is_settled());
        histograms.gather();
    }
    histograms.show(|total| {
        assert_eq!(
            (count(total, 0, Stage::Total), count(total, 1, Stage::Total)),
            (1_000, 0)
        )
    });
    meters[1].spans.swap_if_wanted();
    recorded(&meters);
    look_again(&histograms, &meters);
    histograms.show(|total| {
        assert_eq!(
            (count(total, 0, Stage::Total), count(total, 1, Stage::Total)),
            (2_000, 2)
        )
    });
}

fn look_again(histograms: &Histograms, meters: &[Arc<ShardMeter>]) {
    histograms.order();
    meters.iter().for_each(|meter| meter.spans.swap_if_wanted());
    histograms.gather();
}

/// The means of the stages make up the mean of the total, by the exact sums and by the histograms.
#[test]
fn the_means_add_up() {
    let (histograms, meters) = awake(1, Intervals::Dropped);
    for n in 1..=500 {
        let spent = [
            (Stage::Accept, n * 4_000),
            (Stage::Queue, n * 160),
            (Stage::Durable, 900_000 + n * 32),
        ];
        meters[0].spans.record(&laps(Class::Mm1Submit, &spent));
    }
    look(&histograms);
    histograms.show(|total| {
        let (mut parts_ns, mut total_ns, mut parts_mean, mut total_mean) = (0, 0, 0.0, 0.0);
        for (_, stage, series) in total[0].recorded() {
            if stage == Stage::Total {
                (total_ns, total_mean) = (series.sum_ns, series.histogram.mean());
            } else {
                parts_ns += series.sum_ns;
                parts_mean += series.histogram.mean();
            }
        }
        assert_eq!(parts_ns, total_ns);
        assert!(
            (parts_mean - total_mean).abs() < 0.01 * total_mean,
            "{parts_mean} {total_mean}"
        );
    });
}
