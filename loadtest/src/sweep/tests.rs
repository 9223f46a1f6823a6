//! Knees and conclusions on synthetic sweeps.

use super::{Step, conclude, knee};
use crate::scenario::{Loop, Slo};
use crate::summary::{Latency, SeriesSummary};

fn step(load: f64, p99_us: f64, broken: &str) -> Step {
    Step {
        load,
        done_per_s: load,
        p50_us: p99_us / 3.0,
        p99_us,
        p999_us: p99_us * 2.0,
        max_us: p99_us * 4.0,
        server_us: 20.0,
        void: Vec::new(),
        broken: broken.to_owned(),
    }
}

#[test]
fn the_knee_of_a_queue_is_where_it_turns_up() {
    // An M/M/1 queue whose server does 10,000 a second: latency doubles at half the load and explodes at the end.
    let curve: Vec<(f64, f64)> = (1..=99)
        .map(|load| (f64::from(load) * 100.0, 100.0 / (1.0 - f64::from(load) / 100.0)))
        .collect();
    let found = knee(&curve).unwrap();
    assert!((6_500.0..9_500.0).contains(&found), "{found}");
}

#[test]
fn a_flat_curve_has_no_knee() {
    let flat: Vec<(f64, f64)> = (1..20)
        .map(|load| (f64::from(load), 100.0 + f64::from(load % 3)))
        .collect();
    assert_eq!(knee(&flat), None);
    assert_eq!(knee(&[(1.0, 1.0), (2.0, 10.0)]), None, "too few points");
}

#[test]
fn what_holds_is_below_the_first_broken_step() {
    let mut steps = vec![
        step(100.0, 500.0, ""),
        step(200.0, 600.0, ""),
        step(300.0, 700.0, ""),
    ];
    steps.push(step(400.0, 90_000.0, "p99"));
    let found = conclude(steps.clone(), Loop::Open, Slo::default(), String::new());
    assert_eq!(found.holds, Some(300.0));
    assert!(found.law.is_err(), "a schedule's throughput is the schedule's");
    // A void step is no evidence that the server holds.
    steps[2].void.push("lag".to_owned());
    assert_eq!(
        conclude(steps, Loop::Open, Slo::default(), String::new()).holds,
        Some(200.0)
    );
}

#[test]
fn a_closed_sweep_has_its_law() {
    let of = |n: f64| Step {
        done_per_s: crate::usl::throughput(900.0, 0.03, 0.000_5, n),
        ..step(n, 500.0 + n, "")
    };
    let steps: Vec<Step> = [1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0].map(of).to_vec();
    let found = conclude(steps, Loop::Closed, Slo::default(), String::new());
    let law = found.law.unwrap();
    assert!((law.gamma / 900.0 - 1.0).abs() < 0.01 && (law.alpha / 0.03 - 1.0).abs() < 0.01);
}

#[test]
fn a_server_that_refuses_does_not_hold() {
    let latency = |us: f64| Latency {
        count: 1_000,
        quantiles_us: [("p99".to_owned(), us)].into(),
        max_us: us,
        ..Latency::default()
    };
    let summary = |done_per_s: f64, us: f64| {
        let mut summary = crate::summary::derive(
            &crate::synthetic::conditions(crate::synthetic::USUAL).scenario,
            &[],
            &[],
            Default::default(),
        );
        summary.measured.arrived_per_s = 1_000.0;
        summary.measured.done_per_s = done_per_s;
        let corrected = latency(us);
        summary.measured.series = vec![SeriesSummary {
            series: "submit".to_owned(),
            corrected,
            uncorrected: None,
        }];
        summary
    };
    let broken = |done_per_s, us| Step::of(1_000.0, &Slo::default(), &summary(done_per_s, us)).broken;
    assert_eq!(
        broken(998.0, 900.0),
        "",
        "what is under way at the end is no loss"
    );
    assert!(broken(900.0, 900.0).contains("900/s of 1000/s"));
    assert!(broken(1_000.0, 60_000.0).contains("p99 is 60.0 ms"));
}
