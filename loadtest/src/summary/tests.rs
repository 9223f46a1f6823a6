//! Figures, and when a run is void.

use super::{Checksums, Summary, derive};
use crate::hlog::Entry;
use crate::pace::Dice;
use crate::record::{Counts, Series, histogram};
use crate::samples::Sample;
use crate::synthetic::{USUAL, conditions, interval};

type Change<T> = fn(&mut T);

fn derived(change: impl Fn(&mut Sample), lag_ns: u64) -> Summary {
    let mut dice = Dice::new(1, 0);
    let scenario = conditions(USUAL).scenario;
    let (mut entries, mut samples) = (Vec::new(), Vec::new());
    for index in 0..=USUAL.seconds {
        let interval = interval(USUAL, index, &mut dice);
        let mut sample = Sample::of(&interval);
        change(&mut sample);
        samples.push(sample);
        for ((phase, series), values) in interval.frame.histograms {
            let mut own = histogram();
            if series == Series::Lag {
                own.record_n(lag_ns, values.len()).unwrap();
            } else {
                own = values;
            }
            let phase = scenario.phase[usize::from(phase)].name.clone();
            entries.push(Entry {
                begin_s: index as f64,
                phase,
                series,
                histogram: own,
            });
        }
    }
    derive(&scenario, &entries, &samples, Checksums::new())
}

#[test]
fn a_good_run_is_good() {
    let found = derived(|_| {}, 20_000);
    assert_eq!(found.void, Vec::<String>::new());
    assert_eq!(found.violations, Vec::<String>::new());
    assert!((found.measured.done_per_s - 500.0).abs() < 1e-6);
    let submit = &found.measured.series[0];
    assert_eq!(
        (submit.series.as_str(), submit.corrected.count),
        ("submit", 10_000),
        "the ramp does not count"
    );
    assert!((submit.corrected.quantiles_us["p50"] - 1_000.0).abs() < 30.0);
    assert!(submit.uncorrected.is_some());
    assert!((found.server_us_per_message - 30.0).abs() < 1.0);
    assert_eq!(found.counts.submitted, 10_500);
}

#[test]
fn a_driver_in_its_own_way_makes_a_run_void() {
    let cases: [(&str, Change<Sample>, u64); 4] = [
        ("late", |_| {}, 2_000_000),
        (
            "of its core",
            |sample| sample.driver_cpu_ns = vec![950_000_000],
            20_000,
        ),
        ("no free connection", |sample| sample.counts.held = 50, 20_000),
        (
            "nothing was due",
            |sample| sample.counts = Counts::default(),
            20_000,
        ),
    ];
    for (expected, change, lag_ns) in cases {
        let found = derived(change, lag_ns);
        assert!(
            found.void.iter().any(|reason| reason.contains(expected)),
            "{expected}: {:?}",
            found.void
        );
    }
}

#[test]
fn losses_and_duplicates_are_violations() {
    let cases: [(&str, Change<Counts>); 4] = [
        ("nobody was told", |counts| counts.lost_notifications = 1),
        ("another message-id", |counts| counts.duplicate_messages = 1),
        ("second reports", |counts| counts.duplicate_reports = 2),
        ("differ", |counts| counts.mismatched = 1),
    ];
    for (expected, change) in cases {
        let found = derived(|sample| change(&mut sample.counts), 20_000);
        assert!(
            found.violations.iter().any(|text| text.contains(expected)),
            "{:?}",
            found.violations
        );
    }
    let late = derived(|sample| sample.counts.late_reports = 1, 20_000);
    assert!(late.violations.is_empty(), "late is not lost");
}
