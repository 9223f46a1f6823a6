//! A slow-down that was planted is found; noise is not called a change.

use super::{Intervals, Verdict, compare, load};
use crate::conditions::Conditions;
use crate::folder::Raw;
use crate::hlog::Entry;
use crate::pace::Dice;
use crate::samples::Sample;
use crate::synthetic::{Scratch, Shape, USUAL, conditions, interval, write};

/// A made-up run without the way over the disk.
fn side(shape: Shape) -> Intervals {
    let conditions: Conditions = conditions(shape);
    let mut dice = Dice::new(shape.seed, 9);
    let (mut entries, mut samples) = (Vec::new(), Vec::new());
    for index in 0..=shape.seconds {
        let interval = interval(shape, index, &mut dice);
        samples.push(Sample::of(&interval));
        for ((phase, series), histogram) in interval.frame.histograms {
            let phase = conditions.scenario.phase[usize::from(phase)].name.clone();
            entries.push(Entry {
                begin_s: index as f64,
                phase,
                series,
                histogram,
            });
        }
    }
    Intervals::of(&Raw {
        conditions,
        entries,
        samples,
        stages: None,
        checksums: Default::default(),
    })
}

#[test]
fn ten_per_cent_more_are_found() {
    for seed in 0..5 {
        let before = side(Shape {
            seed: 2 * seed + 1,
            ..USUAL
        });
        let after = side(Shape {
            seed: 2 * seed + 2,
            factor: 1.1,
            ..USUAL
        });
        let shifts = compare(std::slice::from_ref(&before), std::slice::from_ref(&after), 0.03).unwrap();
        let of = |figure: &str| {
            shifts
                .iter()
                .find(|shift| shift.figure.starts_with(figure))
                .unwrap()
        };
        for figure in ["submit p50", "submit p90", "server processor"] {
            let shift = of(figure);
            assert_eq!(shift.verdict, Verdict::Worse, "seed {seed}: {shift:?}");
            assert!(
                shift.low <= 0.1 && shift.high >= 0.1 || (shift.shift - 0.1).abs() < 0.03,
                "{shift:?}"
            );
        }
        let back = compare(std::slice::from_ref(&after), std::slice::from_ref(&before), 0.03).unwrap();
        assert_eq!(back[0].verdict, Verdict::Better);
    }
}

#[test]
fn noise_is_not_called_a_change() {
    let pairs = 100;
    let mut called = 0;
    for seed in 0..pairs {
        let before = [side(Shape {
            seed: 1_000 + seed,
            per_s: 200,
            ..USUAL
        })];
        let after = [side(Shape {
            seed: 2_000 + seed,
            per_s: 200,
            ..USUAL
        })];
        let shifts = compare(&before, &after, 0.03).unwrap();
        called += u32::from(shifts.iter().any(|shift| shift.verdict != Verdict::Unchanged));
    }
    assert!(
        called * 20 <= pairs as u32,
        "{called} of {pairs} comparisons of the same called a change"
    );
}

#[test]
fn folders_of_several_runs_are_compared() {
    let scratch = Scratch::new();
    for run in 0..3 {
        write(
            &scratch.0.join(format!("before/{run}")),
            Shape {
                seed: run,
                seconds: 8,
                ..USUAL
            },
        );
        write(
            &scratch.0.join(format!("after/{run}")),
            Shape {
                seed: 10 + run,
                factor: 1.1,
                seconds: 8,
                ..USUAL
            },
        );
    }
    let (before, after) = (
        load(&scratch.0.join("before")).unwrap(),
        load(&scratch.0.join("after")).unwrap(),
    );
    assert_eq!((before.len(), after.len()), (3, 3));
    assert_eq!(compare(&before, &after, 0.03).unwrap()[0].verdict, Verdict::Worse);
    assert!(load(&scratch.0).is_err(), "a folder without runs says so");
}

#[test]
fn too_little_is_refused() {
    let short = [side(Shape { seconds: 3, ..USUAL })];
    assert!(compare(&short, &short, 0.03).is_err());
}
