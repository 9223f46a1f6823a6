//! The law: found again from points that obey it, refused where it can't be known.

use super::{FitError, Point, fit, points, throughput};
use crate::pace::Dice;

const LOADS: [f64; 10] = [1.0, 2.0, 4.0, 6.0, 8.0, 12.0, 16.0, 24.0, 32.0, 48.0];

fn within(found: f64, expected: f64, share: f64) -> bool {
    (found - expected).abs() <= share * expected.abs()
}

#[test]
fn parameters_are_found_again() {
    for (gamma, alpha, beta) in [
        (1_000.0, 0.05, 0.001),
        (54_321.0, 0.02, 0.000_2),
        (3.0, 0.3, 0.02),
    ] {
        let points: Vec<Point> = LOADS
            .iter()
            .map(|n| Point {
                n: *n,
                x: throughput(gamma, alpha, beta, *n),
            })
            .collect();
        let found = fit(&points).unwrap();
        assert!(within(found.gamma, gamma, 0.01), "{found:?}");
        assert!(within(found.alpha, alpha, 0.01), "{found:?}");
        assert!(within(found.beta, beta, 0.01), "{found:?}");
        assert!(found.r_squared > 0.999_999);
        let (at, _) = found.peak.unwrap();
        assert!(within(at, ((1.0 - alpha) / beta).sqrt(), 0.01), "{found:?}");
    }
}

#[test]
fn noise_is_told_by_the_errors() {
    let mut dice = Dice::new(5, 0);
    let mut noisy = Vec::new();
    for n in LOADS.iter().cycle().take(60) {
        let factor = 1.0 + 0.02 * (dice.share() - 0.5);
        noisy.push(Point {
            n: *n,
            x: throughput(1_000.0, 0.05, 0.001, *n) * factor,
        });
    }
    let found = fit(&noisy).unwrap();
    assert!((found.alpha - 0.05).abs() < 4.0 * found.alpha_error, "{found:?}");
    assert!((found.beta - 0.001).abs() < 4.0 * found.beta_error, "{found:?}");
    assert!(found.alpha_error > 0.0 && found.alpha_error < 0.01, "{found:?}");
}

#[test]
fn linear_scaling_has_no_peak() {
    let points: Vec<Point> = LOADS.iter().map(|n| Point { n: *n, x: 100.0 * n }).collect();
    let found = fit(&points).unwrap();
    assert!(within(found.gamma, 100.0, 0.001) && found.alpha.abs() < 1e-6 && found.beta.abs() < 1e-6);
}

#[test]
fn too_few_points_are_refused() {
    let all: Vec<Point> = LOADS.iter().map(|n| Point { n: *n, x: *n }).collect();
    assert_eq!(fit(&all[..5]), Err(FitError::TooFew(5)));
    let same = vec![Point { n: 4.0, x: 10.0 }; 20];
    assert_eq!(
        fit(&same),
        Err(FitError::TooFew(1)),
        "twenty times the same load is one"
    );
    assert!(fit(&all[..6]).is_ok());
    let zero = [&all[..6], &[Point { n: 0.0, x: 1.0 }]].concat();
    assert_eq!(fit(&zero), Err(FitError::Point));
}

#[test]
fn points_are_read_from_columns() {
    let found = points("n,x\n1,10\n2, 19.5\n\n4\t35\n").unwrap();
    assert_eq!(
        found,
        [
            Point { n: 1.0, x: 10.0 },
            Point { n: 2.0, x: 19.5 },
            Point { n: 4.0, x: 35.0 }
        ]
    );
    assert_eq!(points("n,x\n1,10\n2,ten\n"), Err(FitError::Line(3)));
}
