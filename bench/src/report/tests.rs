//! The median is the middle.

use super::Spread;

#[test]
fn a_median_is_the_middle_one_or_the_mean_of_both() {
    let check = |figures: &[f64], median: f64| assert_eq!(Spread::of(figures.iter().copied()).median, median);
    check(&[], 0.0);
    check(&[3.0], 3.0);
    check(&[9.0, 1.0, 2.0], 2.0);
    check(&[4.0, 1.0, 2.0, 9.0], 3.0);
}
