//! Which numbers are served here.

use super::LocalRanges;
use base::Msisdn;

#[test]
fn numbers_in_and_out_of_the_ranges() {
    let rows: &[(&[&str], &str, bool)] = &[
        (&[], "447700900001", true),
        (&["+4477009"], "447700900001", true),
        (&["4477009"], "447700900001", true),
        (&["4477008"], "447700900001", false),
        (&["1555", "4477009"], "15550100", true),
        (&["447700900001"], "447700900001", true),
        (&["4477009000012"], "447700900001", false),
        (&["1", "2"], "3000000", false),
    ];
    for (ranges, number, inside) in rows {
        let ranges: Vec<String> = ranges.iter().map(|range| (*range).to_owned()).collect();
        let number = Msisdn::from_digits(number.as_bytes()).unwrap();
        assert_eq!(
            LocalRanges::new(&ranges).contains(number),
            *inside,
            "{ranges:?} {number}"
        );
    }
}
