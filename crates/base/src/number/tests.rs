//! The golden table of number normalisation.

use super::*;

fn british() -> NumberingPlan {
    NumberingPlan {
        country_code: "44".to_owned(),
        ..NumberingPlan::default()
    }
}

#[test]
fn aliases_of_one_number_meet() {
    for (dialled, expected) in [
        ("+447700900001", Some("+447700900001")),
        ("447700900001", Some("+447700900001")),
        ("00447700900001", Some("+447700900001")),
        ("07700900001", Some("+447700900001")),
        (" +44 (7700) 900-001 ", Some("+447700900001")),
        ("+1.555.0100", Some("+15550100")),
        ("12345", None),
        ("+0447700900001", None),
        ("+1234567890123456", None),
        ("", None),
        ("+", None),
        ("+44770090000x", None),
        ("000000000000000000000000000000000000", None),
    ] {
        let seen = british()
            .normalise(dialled.as_bytes())
            .map(|number| number.to_string());
        assert_eq!(seen.as_deref(), expected, "{dialled}");
    }
}

#[test]
fn a_national_number_needs_a_country_code() {
    assert_eq!(NumberingPlan::default().normalise(b"07700900001"), None);
}

#[test]
fn debug_shows_two_digits_only() {
    let number = Msisdn::from_digits(b"447700900042").unwrap();
    assert_eq!(format!("{number:?}"), "+…42");
    assert_eq!(Msisdn::from_bits(number.digits()), Some(number));
    assert_eq!(Msisdn::from_bits(12), None);
}
