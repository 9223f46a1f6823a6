//! Buckets are cumulative, end in the count, and hold what lies at or below their bound.

use super::BOUNDS;
use crate::histograms::tests::families;

fn samples<'t>(text: &'t str, start: &'t str) -> impl Iterator<Item = u64> + 't {
    let of_series = text.lines().filter(move |line| line.starts_with(start));
    of_series.map(|line| line.rsplit(' ').next().unwrap().parse().unwrap())
}

#[test]
fn buckets_rise_to_the_count() {
    let text = families();
    let labels = "shard=\"0\",interface=\"mm1\",peer=\"phone\",transaction=\"submit\",stage=\"accept\"";
    let start = format!("ringpost_stage_seconds_bucket{{{labels},le=");
    let counts: Vec<u64> = samples(&text, &start).collect();
    // 160 ns to 160 µs in steps of 160 ns.
    let expected = [6, 18, 62, 187, 624, 1_000, 1_000];
    for (found, expected) in counts.iter().zip(expected) {
        assert!(found.abs_diff(expected) <= 1 + expected / 100, "{counts:?}");
    }
    assert!(
        counts.is_sorted() && counts.len() == BOUNDS.len() + 1,
        "{counts:?}"
    );
    assert_eq!(counts.last(), Some(&1_000));
    assert!(
        text.contains(&format!("\nringpost_stage_seconds_count{{{labels}}} 1000\n")),
        "{text}"
    );
    assert!(
        text.contains(&format!("\nringpost_stage_seconds_sum{{{labels}}} 0.08008\n")),
        "{text}"
    );
}

#[test]
fn the_total_is_a_family_of_its_own() {
    let text = families();
    let labels = "shard=\"1\",interface=\"mm1\",peer=\"phone\",transaction=\"retrieve\"";
    assert!(
        text.contains(&format!("ringpost_request_seconds_count{{{labels}}} 1\n")),
        "{text}"
    );
    assert!(!text.contains("stage=\"total\"") && !text.contains("stage=\"\""));
    assert!(
        !text.contains("stage=\"fetch\""),
        "what was never recorded has no series"
    );
}

#[test]
fn bounds_are_what_they_say() {
    for (text, ns) in BOUNDS {
        let seconds: f64 = text.parse().unwrap();
        assert!((seconds * 1e9 - ns as f64).abs() < 0.5, "{text}");
    }
    assert!(BOUNDS.is_sorted_by_key(|(_, ns)| *ns));
}
