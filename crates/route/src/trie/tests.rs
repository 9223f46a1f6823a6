//! The trie against a walk over all prefixes.

use super::*;
use proptest::prelude::*;
use std::collections::BTreeMap;

fn code(value: u16) -> Code {
    Code::new(value).unwrap()
}

fn trie(prefixes: &[(&str, u16)]) -> Trie {
    Trie::new(prefixes.iter().map(|(prefix, value)| (*prefix, code(*value))))
}

fn longest(trie: &Trie, digits: &str) -> Option<(u16, u8)> {
    let number = Msisdn::from_digits(digits.as_bytes()).unwrap();
    trie.longest(number)
        .map(|found| (found.code.value(), found.digits))
}

#[test]
fn the_longest_prefix_wins_whatever_the_order() {
    let prefixes = [
        ("44", 1),
        ("447700900", 2),
        ("4477", 3),
        ("447700900011", 4),
        ("1", 5),
    ];
    let mut reversed = prefixes;
    reversed.reverse();
    for prefixes in [prefixes, reversed] {
        let trie = trie(&prefixes);
        for (number, expected) in [
            ("447700900011", Some((4, 12))),
            ("4477009000111", Some((4, 12))),
            ("447700900012", Some((2, 9))),
            ("447700800012", Some((3, 4))),
            ("441234567", Some((1, 2))),
            ("15550100", Some((5, 1))),
            ("358501234567", None),
        ] {
            assert_eq!(longest(&trie, number), expected, "{number}");
        }
        assert_eq!(trie.count(), 5);
    }
}

#[test]
fn a_prefix_that_comes_again_gets_the_new_code() {
    let trie = trie(&[
        ("44", 1),
        ("447", 2),
        ("44", 3),
        ("447", 4),
        ("", 9),
        ("44x", 9),
        ("044", 9),
    ]);
    assert_eq!(trie.count(), 2);
    assert_eq!(longest(&trie, "441234567"), Some((3, 2)));
    assert_eq!(longest(&trie, "447700900"), Some((4, 3)));
}

#[test]
fn whole_numbers_of_every_length_are_walked_to_their_end() {
    for length in 7..=15 {
        let number = &"155501055501055"[..length];
        assert_eq!(longest(&trie(&[(number, 7)]), number), Some((7, length as u8)));
    }
    assert_eq!(
        longest(&trie(&[("100000000000000", 7)]), "100000000000000"),
        Some((7, 15))
    );
}

/// A number is no part of a longer prefix, though zeros are put behind it for the walk.
#[test]
fn a_number_that_is_shorter_than_a_prefix_does_not_match_it() {
    let trie = trie(&[("44", 1), ("4477009", 2), ("447700900", 3), ("4477009000", 4)]);
    assert_eq!(longest(&trie, "4477009"), Some((2, 7)));
    assert_eq!(longest(&trie, "44770090"), Some((2, 7)));
    assert_eq!(longest(&trie, "447700900"), Some((3, 9)));
    assert_eq!(longest(&trie, "44770090001"), Some((4, 10)));
    let only = super::Trie::new([("44770090", code(5))]);
    assert_eq!(longest(&only, "4477009"), None);
    assert_eq!(longest(&super::Trie::default(), "4477009"), None);
}

proptest! {
    #[test]
    fn the_trie_is_the_naive_walk(
        prefixes in prop::collection::vec(("[1-3][0-3]{0,14}", 1_u16..=16_383), 0..60),
        numbers in prop::collection::vec("[1-3][0-3]{6,14}", 1..40),
    ) {
        let trie = Trie::new(prefixes.iter().map(|(prefix, value)| (prefix.as_str(), code(*value))));
        let map: BTreeMap<String, u16> = prefixes.iter().cloned().collect();
        prop_assert_eq!(trie.count(), map.len());
        for number in &numbers {
            let owner = |end: usize| map.get(&number[..end]).map(|value| (*value, end as u8));
            let naive = (1..=number.len()).rev().find_map(owner);
            prop_assert_eq!(longest(&trie, number), naive, "{}", number);
        }
    }
}
