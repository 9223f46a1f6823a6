//! What is recorded is gathered once, whole, on whichever side of a swap it fell.

use super::{Gathered, Spans};
use crate::laps::{Laps, Stamp};
use crate::stage::{Class, Stage};
use std::sync::atomic::{AtomicBool, Ordering};

fn laps(class: Class, queue_ns: u64, parse_ns: u64) -> Laps {
    let mut laps = Laps::begin(Stamp(0), Class::Mm1Refused);
    laps.lap(Stage::Queue, Stamp(queue_ns));
    laps.lap(Stage::Parse, Stamp(queue_ns + parse_ns));
    laps.count_as(class);
    laps
}

fn swap(spans: &Spans) -> Vec<Gathered> {
    spans.order_swap();
    spans.swap_if_wanted();
    spans.gather()
}

#[test]
fn what_was_recorded_is_gathered_once() {
    let spans = Spans::default();
    spans.record(&laps(Class::Mm1Submit, 1_600, 160));
    spans.record(&laps(Class::Mm1Submit, 3_200, 160));
    let gathered = swap(&spans);
    let found: Vec<_> = gathered
        .iter()
        .map(|one| (one.class, one.stage, one.sum_ns, one.cells.clone()))
        .collect();
    let submit = Class::Mm1Submit;
    assert_eq!(
        found,
        [
            (submit, Stage::Queue, 4_800, vec![(1_600, 1), (3_200, 1)]),
            (submit, Stage::Parse, 320, vec![(160, 2)]),
            (submit, Stage::Total, 5_120, vec![(1_760, 1), (3_360, 1)]),
        ]
    );
    assert_eq!(swap(&spans), [], "taken is taken");
    spans.record(&laps(Class::Mm1Retrieve, 16, 16));
    assert_eq!(swap(&spans).len(), 3);
}

#[test]
fn nothing_is_gathered_while_a_swap_is_under_way() {
    let spans = Spans::default();
    spans.record(&laps(Class::Mm1Submit, 16, 16));
    spans.order_swap();
    assert!(!spans.is_swapped());
    assert_eq!(spans.gather(), [], "the shard still writes there");
    spans.order_swap();
    spans.swap_if_wanted();
    assert!(spans.is_swapped(), "an order that was given again is one order");
    assert_eq!(spans.gather().len(), 3);
    spans.swap_if_wanted();
    assert!(spans.is_swapped(), "no swap without an order");
}

/// The shard on one thread, the reader on another: each record is counted exactly once.
#[test]
fn a_reader_loses_nothing_of_a_busy_shard() {
    const RECORDS: u64 = 200_000;
    let (spans, over) = (Spans::default(), AtomicBool::new(false));
    let counted = std::thread::scope(|scope| {
        let reader = scope.spawn(|| {
            let (mut records, mut sum_ns) = (0, 0);
            loop {
                let last = over.load(Ordering::Acquire);
                spans.order_swap();
                while !spans.is_swapped() {
                    std::thread::yield_now();
                }
                for one in spans.gather().iter().filter(|one| one.stage == Stage::Queue) {
                    records += one.cells.iter().map(|(_, n)| n).sum::<u64>();
                    sum_ns += one.sum_ns;
                }
                if last {
                    return (records, sum_ns);
                }
            }
        });
        for n in 0..RECORDS {
            spans.record(&laps(Class::Mm1Submit, (n % 1_000) * 16, 16));
            if n % 16 == 0 {
                spans.swap_if_wanted();
            }
        }
        over.store(true, Ordering::Release);
        while !reader.is_finished() {
            spans.swap_if_wanted();
            std::thread::yield_now();
        }
        reader.join().unwrap()
    });
    assert_eq!(counted, (RECORDS, RECORDS / 1_000 * (999 * 500) * 16));
}
