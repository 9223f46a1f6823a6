//! Large segments by pieces: what is done in a turn is bounded, and everything is done once and in order.

use super::{Freeings, PIECE, Piece};
use crate::originals::Originals;
use base::MessageId;
use journal::SegmentSequence;

fn messages(range: std::ops::Range<u64>) -> Vec<MessageId> {
    range.map(MessageId::from_bits).collect()
}

/// Everything that can be done now: who lost their places, and who is gone.
fn drain(freeings: &mut Freeings, originals: &mut Originals) -> (Vec<MessageId>, Vec<MessageId>) {
    let (mut displaced, mut gone) = (Vec::new(), Vec::new());
    while freeings.has_work() {
        match freeings.next_piece(originals).unwrap() {
            Piece::Displaced(some) => {
                assert!((1..=PIECE).contains(&some.len()));
                displaced.extend_from_slice(some);
            }
            Piece::Gone(some) => {
                assert!(some.len() <= PIECE);
                gone.extend(some);
            }
        }
    }
    assert_eq!(freeings.next_piece(originals), None);
    gone.sort_unstable();
    (displaced, gone)
}

#[test]
fn a_large_segment_goes_by_pieces() {
    let all = messages(0..100_000);
    let (mut freeings, mut originals) = (Freeings::default(), Originals::default());
    freeings.begin(SegmentSequence(1), all.clone());
    // Nobody is told before the free block is on the disk.
    assert_eq!(drain(&mut freeings, &mut originals), (all.clone(), Vec::new()));
    freeings.note_freed(SegmentSequence(1));
    assert_eq!(drain(&mut freeings, &mut originals), (Vec::new(), all));
}

#[test]
fn a_free_block_that_is_quick_changes_nothing() {
    let all = messages(0..2_000);
    let (mut freeings, mut originals) = (Freeings::default(), Originals::default());
    freeings.begin(SegmentSequence(1), all.clone());
    freeings.note_freed(SegmentSequence(1));
    assert_eq!(drain(&mut freeings, &mut originals), (all.clone(), all));
}

#[test]
fn who_waited_for_a_segment_goes_with_it() {
    let [first, second] = [messages(0..3_000), messages(3_000..3_001)];
    let (mut freeings, mut originals) = (Freeings::default(), Originals::default());
    // Copied out of segment 1, which nobody of its own lies in any more.
    first.iter().for_each(|message| originals.note(*message, 1));
    freeings.begin(SegmentSequence(2), [first.clone(), second.clone()].concat());
    freeings.note_freed(SegmentSequence(2));
    let (_, gone) = drain(&mut freeings, &mut originals);
    assert_eq!(gone, second);
    freeings.note_freed(SegmentSequence(1));
    assert_eq!(drain(&mut freeings, &mut originals), (Vec::new(), first));
}

#[test]
fn one_whose_free_block_tarries_keeps_no_other() {
    let [slow, quick] = [messages(0..10), messages(10..20)];
    let (mut freeings, mut originals) = (Freeings::default(), Originals::default());
    freeings.begin(SegmentSequence(1), slow.clone());
    freeings.begin(SegmentSequence(2), quick.clone());
    freeings.note_freed(SegmentSequence(2));
    let (displaced, gone) = drain(&mut freeings, &mut originals);
    assert_eq!((displaced.len(), gone), (20, quick));
    freeings.note_freed(SegmentSequence(1));
    assert_eq!(drain(&mut freeings, &mut originals).1, slow);
}
