//! A void run claims nothing, and a run without a bound is neither kept nor broken.

use super::{Claim, Verdict, too_busy, too_few, too_foreign};
use crate::host::Host;
use serde_json::Value;

fn check(void: Option<String>, claim: Claim, expected: (bool, Value, &str)) {
    let verdict = Verdict::reach(&Host::default(), [None, void], claim);
    let mut said = String::new();
    verdict.write(&mut said);
    assert_eq!((verdict.is_good(), verdict.holds(), said.as_str()), expected);
}

#[test]
fn a_run_says_one_thing() {
    check(None, Claim::of(true), (true, true.into(), "HOLDS\n"));
    check(None, Claim::of(false), (false, false.into(), "DOES NOT HOLD\n"));
    let other = || Claim::NoBound("messages of 3 octets".to_owned());
    let said = "NO BOUND stands for messages of 3 octets\n";
    check(None, other(), (true, Value::Null, said));
    check(None, Claim::Figures, (true, Value::Null, ""));
}

#[test]
fn a_void_run_claims_nothing() {
    let few = || too_few("pairs", 6, 7);
    let said = "VOID: 6 pairs; 7 are the least\n";
    check(few(), Claim::Holds, (false, false.into(), said));
    check(few(), Claim::DoesNotHold, (false, false.into(), said));
    check(few(), Claim::Figures, (false, Value::Null, said));
}

#[test]
fn a_run_is_void_beyond_its_bounds_only() {
    assert_eq!(too_few("rounds", 3, 3), None);
    assert_eq!(too_foreign(0.05), None);
    let others = Some("others took 0.06 of the server's core".to_owned());
    assert_eq!(too_foreign(0.06), others);
    assert_eq!(too_busy(0.03, 0.03), None);
    let driver = Some("the driver's core was idle for 0.02".to_owned());
    assert_eq!(too_busy(0.02, 0.03), driver);
}
