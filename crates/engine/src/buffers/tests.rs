//! Tests of the budget: what fits, what does not, and that everything comes back.

use super::{Budget, Full};

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
