//! The table against a map, and its bounds.

use super::*;
use proptest::prelude::*;
use std::collections::BTreeMap;

fn number(digits: u64) -> Msisdn {
    Msisdn::from_bits(digits).unwrap()
}

fn code(value: u16) -> Code {
    Code::new(value).unwrap()
}

#[test]
fn an_empty_table_has_nothing() {
    let table = Numbers::new(&[]);
    assert_eq!(table.code(number(447_700_900_011)), None);
    assert_eq!((table.count(), table.octets()), (0, 0));
}

#[test]
fn codes_have_fourteen_bits_and_are_not_nothing() {
    assert_eq!(Code::new(0), None);
    assert_eq!(Code::new(16_383).map(Code::value), Some(16_383));
    assert_eq!(Code::new(16_384), None);
}

#[test]
fn the_shortest_and_the_longest_number_are_found() {
    let rows = [(1_000_000, 1), (999_999_999_999_999, 16_383), (1_000_001, 2)];
    let table = Numbers::new(&rows.map(|(digits, value)| Row::new(number(digits), code(value))));
    for (digits, value) in rows {
        assert_eq!(table.code(number(digits)), Some(code(value)), "{digits}");
    }
    assert_eq!(table.code(number(1_000_002)), None);
    assert_eq!(table.code(number(999_999_999_999_998)), None);
}

/// Numbers are handed out in blocks, so neighbours must not crowd: the table stays at 11 octets a number.
#[test]
fn blocks_of_neighbours_cost_no_more_than_others() {
    let rows: Vec<Row> = (0..100_000)
        .map(|index| Row::new(number(447_700_900_000 + index), code(1 + (index % 50) as u16)))
        .collect();
    let table = Numbers::new(&rows);
    assert_eq!(table.count(), rows.len());
    assert!(table.octets() < rows.len() * 11, "{}", table.octets());
    for index in 0..100_000 {
        let found = table.code(number(447_700_900_000 + index));
        assert_eq!(found, Some(code(1 + (index % 50) as u16)));
    }
    assert_eq!(table.code(number(447_700_899_999)), None);
    assert_eq!(table.code(number(447_701_000_000)), None);
}

#[test]
fn no_two_numbers_mix_into_one() {
    let mut seen: Vec<u64> = (0..200_000)
        .chain((1 << 49)..(1 << 49) + 200_000)
        .map(mixed)
        .collect();
    seen.sort_unstable();
    seen.dedup();
    assert_eq!(seen.len(), 400_000);
    assert!(seen.iter().all(|mixed| *mixed <= NUMBER_MASK));
}

proptest! {
    /// Rows of few numbers, so that many repeat: the last one wins, the others of the map are all there, and what is
    /// beside them is not.
    #[test]
    fn the_table_is_the_map(rows in prop::collection::vec((0_u64..300, 1_u16..=16_383), 0..400)) {
        let number = |index: u64| number(15_550_100 + index * index * 7_919);
        let list: Vec<Row> = rows.iter().map(|(index, value)| Row::new(number(*index), code(*value))).collect();
        let table = Numbers::new(&list);
        let map: BTreeMap<u64, u16> = rows.iter().copied().collect();
        prop_assert_eq!(table.count(), map.len());
        for index in 0..300 {
            let expected = map.get(&index).map(|value| code(*value));
            prop_assert_eq!(table.code(number(index)), expected);
        }
    }
}
