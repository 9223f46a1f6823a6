//! What is kept, what is shown after a number, what is forgotten, who is told.

use super::{Index, PUSH_OVERHEAD_OCTETS, PUSHES_PER_NUMBER_MAX, Shown};
use axum::body::Bytes;
use base::Msisdn;

fn number(last: u8) -> Msisdn {
    Msisdn::from_digits(format!("4477009000{last:02}").as_bytes()).unwrap()
}

fn push(seq: u64) -> Shown {
    Shown {
        seq,
        pdu: Bytes::from(seq.to_le_bytes().to_vec()),
    }
}

fn seqs(index: &Index, number: Msisdn) -> Vec<u64> {
    let mut seqs = Vec::new();
    while let Some(shown) = index.after(number, seqs.last().copied().unwrap_or(0)) {
        seqs.push(shown.seq);
    }
    seqs
}

#[test]
fn the_first_push_after_a_number() {
    let mut index = Index::new(1 << 20);
    for seq in [30, 10, 20, 20] {
        index.insert(number(1), push(seq));
    }
    index.insert(number(2), push(15));
    assert_eq!(
        (seqs(&index, number(1)), seqs(&index, number(2))),
        (vec![10, 20, 30], vec![15])
    );
    let rows = [
        (0, Some(10)),
        (9, Some(10)),
        (10, Some(20)),
        (25, Some(30)),
        (30, None),
        (u64::MAX, None),
    ];
    for (after, expected) in rows {
        assert_eq!(
            index.after(number(1), after).map(|shown| shown.seq),
            expected,
            "{after}"
        );
    }
    assert_eq!((index.pushes(), index.numbers()), (4, 2));
    assert_eq!(index.after(number(3), 0), None);
}

#[test]
fn a_number_keeps_its_last_thousand() {
    let mut index = Index::new(1 << 30);
    for seq in 1..=PUSHES_PER_NUMBER_MAX as u64 + 5 {
        index.insert(number(1), push(seq));
    }
    let kept = seqs(&index, number(1));
    assert_eq!((kept.len(), kept[0]), (PUSHES_PER_NUMBER_MAX, 6));
    assert_eq!(index.pushes(), PUSHES_PER_NUMBER_MAX);
}

#[test]
fn the_whole_keeps_its_octets_and_forgets_the_oldest_first() {
    let mut index = Index::new(3 * (8 + PUSH_OVERHEAD_OCTETS));
    for seq in 1..=3 {
        index.insert(number(seq as u8), push(seq));
    }
    assert_eq!(index.octets(), 3 * (8 + PUSH_OVERHEAD_OCTETS));
    index.insert(number(9), push(4));
    assert_eq!((index.after(number(1), 0), index.numbers()), (None, 3));
    index.insert(number(9), push(5));
    assert_eq!(
        (index.after(number(2), 0), seqs(&index, number(9))),
        (None, vec![4, 5])
    );
    index.forget_below(5);
    assert_eq!(
        (index.pushes(), index.numbers(), index.octets()),
        (1, 1, 8 + PUSH_OVERHEAD_OCTETS)
    );
}

#[test]
fn one_busy_number_does_not_grow_the_queue_of_arrivals() {
    let mut index = Index::new(1 << 30);
    for seq in 1..=20_000 {
        index.insert(number(1), push(seq));
    }
    assert!(
        index.arrivals.len() <= 3 * PUSHES_PER_NUMBER_MAX + 1,
        "{}",
        index.arrivals.len()
    );
}

#[test]
fn waiters_are_told_once_and_those_that_gave_up_are_dropped() {
    let mut index = Index::new(1 << 20);
    let mut first = index.wait(number(1));
    let gone = index.wait(number(1));
    let mut other = index.wait(number(2));
    drop(gone);
    assert_eq!(index.waiters(), 3);
    index.gave_up(number(1));
    assert_eq!(index.waiters(), 2);
    assert!(first.try_recv().is_err());
    index.insert(number(1), push(1));
    assert!(first.try_recv().is_ok() && other.try_recv().is_err());
    drop(other);
    index.gave_up(number(2));
    index.gave_up(number(3));
    assert_eq!(index.waiters(), 0);
}
