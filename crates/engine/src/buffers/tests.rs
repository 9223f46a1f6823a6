//! Tests of the budget: what fits, what does not, and that everything comes back.

use super::{Budget, Full, SMALL_OCTETS_MAX};

#[test]
fn a_share_grows_up_to_the_budget_and_not_beyond() {
    let budget = Budget::new(100);
    let (mut first, mut second) = (budget.share(), budget.share());
    assert_eq!(first.resize(60), Ok(()));
    assert_eq!(second.resize(41), Err(Full));
    assert_eq!(second.resize(40), Ok(()));
    assert_eq!(first.resize(61), Err(Full));
    assert_eq!(first.resize(10), Ok(()), "giving back works in a full budget");
    assert_eq!(second.resize(90), Ok(()));
}

#[test]
fn a_dropped_share_is_free_for_others() {
    let budget = Budget::new(100);
    let mut first = budget.share();
    assert_eq!(first.resize(100), Ok(()));
    let mut second = budget.share();
    assert_eq!(second.resize(1), Err(Full));
    drop(first);
    assert_eq!(second.resize(100), Ok(()));
}

#[test]
fn the_last_part_is_for_small_shares() {
    let budget = Budget::new(1_000_000);
    budget.open_to_large(80);
    let (mut large, mut other, mut small) = (budget.share(), budget.share(), budget.share());
    assert_eq!(large.resize(800_001), Err(Full));
    assert_eq!(large.resize(800_000), Ok(()));
    assert_eq!(other.resize(SMALL_OCTETS_MAX + 1), Err(Full));
    assert_eq!(other.resize(SMALL_OCTETS_MAX), Ok(()));
    assert_eq!(small.resize(1_000), Ok(()));
    assert_eq!(large.resize(700_000), Ok(()), "giving back always works");
    assert_eq!(other.resize(60_000), Ok(()));
    budget.open_to_large(10);
    assert_eq!(
        large.resize(699_999),
        Ok(()),
        "a share that is too large by now only shrinks"
    );
    assert_eq!(large.resize(700_000), Err(Full));
}
