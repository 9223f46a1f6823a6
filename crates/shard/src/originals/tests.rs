//! Moves over several segments, freed in any order: a message is let go with the last of its records.

use super::Originals;
use base::MessageId;
use journal::SegmentSequence;

/// One that was moved, and one that was not.
fn messages() -> [MessageId; 2] {
    [7, 8].map(MessageId::from_bits)
}

fn freed(originals: &mut Originals, segment: u64, messages: &[MessageId]) -> Vec<MessageId> {
    let waited: Vec<_> = originals.out_of_use(SegmentSequence(segment)).collect();
    let all = messages.iter().copied().chain(waited);
    all.filter(|message| originals.may_go(*message)).collect()
}

#[test]
fn a_message_is_let_go_with_the_last_of_its_records() {
    let [moved, other] = messages();
    // Copied from 3 to 7, and from there to 9; the other one began in 9.
    for order in [[3, 7, 9], [3, 9, 7], [7, 3, 9], [7, 9, 3], [9, 3, 7], [9, 7, 3]] {
        let mut originals = Originals::default();
        originals.note(moved, 3);
        originals.note(moved, 7);
        let mut gone = Vec::new();
        for (place, segment) in order.into_iter().enumerate() {
            let latest: &[MessageId] = if segment == 9 { &[moved, other] } else { &[] };
            let now = freed(&mut originals, segment, latest);
            assert_eq!(now.contains(&other), segment == 9, "{order:?}");
            assert_eq!(now.contains(&moved), place == 2, "{order:?}");
            gone.extend(now);
        }
        assert_eq!(gone.len(), 2, "{order:?}: each once");
    }
}

#[test]
fn what_was_never_moved_goes_at_once() {
    let [moved, other] = messages();
    let mut originals = Originals::default();
    originals.note(moved, 3);
    assert_eq!(freed(&mut originals, 4, &[other]), [other]);
    assert_eq!(freed(&mut originals, 3, &[]), []);
    assert_eq!(freed(&mut originals, 5, &[moved]), [moved]);
}
