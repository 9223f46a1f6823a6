//! The median is the middle; what is long is recorded as long; a summary says whose it is.

use super::{Kept, Spread, microseconds, named};

#[test]
fn a_median_is_the_middle_one_or_the_mean_of_both() {
    let check = |figures: &[f64], median: f64| assert_eq!(Spread::of(figures.iter().copied()).median, median);
    check(&[], 0.0);
    check(&[3.0], 3.0);
    check(&[9.0, 1.0, 2.0], 2.0);
    check(&[4.0, 1.0, 2.0, 9.0], 3.0);
}

#[test]
fn a_long_wait_is_recorded_as_one() {
    let mut waited_us = microseconds().unwrap();
    // The end of the table that the library begins with where it is given no bounds.
    for us in [2_047, 2_048, 60_000_000, u64::MAX] {
        waited_us.reset();
        waited_us.saturating_record(us);
        assert!(waited_us.max() >= us.min(60_000_000), "{us}");
    }
}

#[test]
fn a_summary_says_which_question_it_answers() {
    let kept = Kept {
        question: "life",
        table: "",
        summary: &serde_json::json!({ "holds": true }),
        raw_csv: "",
    };
    assert_eq!(
        named(&kept),
        serde_json::json!({ "holds": true, "question": "life" })
    );
}
