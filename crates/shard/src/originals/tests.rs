//! Chains of moves: each link waits for the one before.

use super::Originals;
use journal::SegmentSequence;

#[test]
fn a_copy_waits_for_its_original_and_no_longer() {
    let mut originals = Originals::default();
    originals.note(7, 3);
    originals.note(9, 7);
    originals.note(9, 9);
    let held = |originals: &Originals| [3, 7, 8, 9].map(|segment| originals.hold(SegmentSequence(segment)));
    assert_eq!(held(&originals), [false, true, false, true]);
    originals.forget_freed(|segment| segment != 3);
    assert_eq!(held(&originals), [false, false, false, true]);
    originals.forget_freed(|segment| segment > 7);
    assert_eq!(held(&originals), [false; 4]);
}
