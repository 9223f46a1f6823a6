//! Arrivals: exact on ramps, of the right number, the same for the same seed.

use super::{Arrivals, Dice, Schedule, Stretch};

fn stretch(seconds: u64, from_per_s: f64, to_per_s: f64) -> Stretch {
    Stretch {
        length_ns: seconds * 1_000_000_000,
        from_per_s,
        to_per_s,
    }
}

fn all(stretches: &[Stretch], arrivals: Arrivals, thread: u32, threads: u32) -> Vec<super::Arrival> {
    Schedule::new(
        stretches,
        arrivals,
        Dice::new(7, u64::from(thread)),
        thread,
        threads,
    )
    .collect()
}

#[test]
fn constant_arrivals_are_evenly_spaced() {
    let found = all(&[stretch(2, 100.0, 100.0)], Arrivals::Constant, 0, 1);
    assert!((198..=200).contains(&found.len()), "{}", found.len());
    for pair in found.windows(2) {
        let gap = pair[1].due_ns - pair[0].due_ns;
        assert!(gap.abs_diff(10_000_000) < 10, "{gap}");
    }
}

#[test]
fn a_ramp_has_the_integral_of_its_rate() {
    let found = all(&[stretch(10, 0.0, 200.0)], Arrivals::Constant, 0, 1);
    assert!((998..=1_000).contains(&found.len()), "{}", found.len());
    // At half the time a quarter of the area is done.
    let half = found
        .iter()
        .filter(|arrival| arrival.due_ns < 5_000_000_000)
        .count();
    assert!((249..=251).contains(&half), "{half}");
}

#[test]
fn poisson_arrivals_have_the_rate_and_its_scatter() {
    let found = all(&[stretch(100, 500.0, 500.0)], Arrivals::Poisson, 0, 1);
    // Five standard deviations of 50,000.
    assert!(
        (found.len() as f64 - 50_000.0).abs() < 5.0 * 50_000_f64.sqrt(),
        "{}",
        found.len()
    );
    let gaps: Vec<f64> = found
        .windows(2)
        .map(|pair| (pair[1].due_ns - pair[0].due_ns) as f64)
        .collect();
    let mean = gaps.iter().sum::<f64>() / gaps.len() as f64;
    let variance = gaps.iter().map(|gap| (gap - mean).powi(2)).sum::<f64>() / gaps.len() as f64;
    assert!(
        (variance.sqrt() / mean - 1.0).abs() < 0.05,
        "an exponential's deviation is its mean"
    );
}

#[test]
fn phases_follow_each_other_and_threads_share() {
    let plan = [
        stretch(1, 100.0, 100.0),
        stretch(1, 0.0, 0.0),
        stretch(1, 300.0, 300.0),
    ];
    let found = all(&plan, Arrivals::Constant, 0, 1);
    assert!(
        found
            .iter()
            .all(|arrival| arrival.phase == (arrival.due_ns / 1_000_000_000) as u8)
    );
    assert!(
        found.iter().all(|arrival| arrival.phase != 1),
        "nothing is due at rate 0"
    );
    let parts: usize = (0..3)
        .map(|thread| all(&plan, Arrivals::Poisson, thread, 3).len())
        .sum();
    assert!(
        (300..500).contains(&parts),
        "three threads have the whole rate together: {parts}"
    );
}

#[test]
fn the_same_seed_draws_the_same() {
    let plan = [stretch(1, 1_000.0, 2_000.0)];
    assert_eq!(
        all(&plan, Arrivals::Poisson, 0, 2),
        all(&plan, Arrivals::Poisson, 0, 2)
    );
    assert_ne!(
        all(&plan, Arrivals::Poisson, 0, 2),
        all(&plan, Arrivals::Poisson, 1, 2)
    );
}
