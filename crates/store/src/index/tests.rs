//! The index against a map, and how much one insertion moves.

use super::{Index, PARTS};
use std::cell::Cell;
use std::collections::BTreeMap;

/// Spreads numbers over all bits (the finishing steps of a common mixing function).
fn hash(number: u32) -> u64 {
    let mut hash = u64::from(number).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    hash = (hash ^ (hash >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    hash ^ (hash >> 31)
}

#[test]
fn it_finds_what_was_put_in_and_not_taken_out() {
    let mut index = Index::default();
    let mut model = BTreeMap::new();
    for number in 0..20_000_u32 {
        // Keys repeat: several entries of one hash.
        let key = number % 7_000;
        index.insert(hash(key), number, |other| hash(other % 7_000));
        model.entry(key).or_insert_with(Vec::new).push(number);
        if number % 3 == 0 {
            let gone = number / 2;
            index.remove(hash(gone % 7_000), gone);
            model
                .entry(gone % 7_000)
                .or_default()
                .retain(|other| *other != gone);
        }
    }
    index.remove(hash(1), 7_777_777);
    for (key, numbers) in &model {
        let of_key = |number: &u32| number % 7_000 == *key;
        let mut found: Vec<u32> = index.of_hash(hash(*key)).filter(of_key).collect();
        found.sort_unstable();
        assert_eq!(&found, numbers);
        let first = index.find(hash(*key), |number| of_key(&number));
        assert_eq!(first.is_some(), !numbers.is_empty());
    }
    assert_eq!(index.find(hash(8_000), |number| number == 8_000), None);
}

#[test]
fn no_insertion_moves_more_than_a_part() {
    const ENTRIES: u32 = 300_000;
    let mut index = Index::default();
    let moved = Cell::new(0);
    let mut most = 0;
    for number in 0..ENTRIES {
        moved.set(0);
        index.insert(hash(number), number, |other| {
            moved.set(moved.get() + 1);
            hash(other)
        });
        most = most.max(moved.get());
    }
    let part = ENTRIES / u32::try_from(PARTS).unwrap();
    assert!(most > part / 4 && most < part * 3 / 2, "{most} of {part}");
}
