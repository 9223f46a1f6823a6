//! Digits with their count: what is read, stored and printed.

use super::*;

#[test]
fn leading_zeros_survive() {
    let imsi = Imsi::from_digits(b"001010000000001").unwrap();
    assert_eq!(imsi.to_string(), "001010000000001");
    assert_eq!(Imsi::from_bits(imsi.bits()), Some(imsi));
    let plmn = Plmn::from_digits(b"00101").unwrap();
    assert_eq!(plmn.to_string(), "00101");
    assert_ne!(Plmn::from_digits(b"001001"), Some(plmn));
    assert_eq!(Imeisv::from_digits(b"3500000000000001").unwrap().count(), 16);
}

#[test]
fn other_counts_and_characters_are_none() {
    for digits in [&b""[..], b"12345", b"1234567890123456", b"12345678901234a"] {
        assert_eq!(Imsi::from_digits(digits), None);
    }
    assert_eq!(Plmn::from_digits(b"9997"), None);
    assert_eq!(Plmn::from_digits(b"9997000"), None);
    assert_eq!(Imsi::from_bits(0), None);
    assert_eq!(Imsi::from_bits(u64::MAX), None);
}

#[test]
fn debug_hides_them() {
    let facts = Facts {
        msisdn: Msisdn::from_digits(b"447700900001"),
        imsi: Imsi::from_digits(b"999700000000012"),
        imeisv: Imeisv::from_digits(b"3500000000000034"),
        ..Facts::default()
    };
    let text = format!("{facts:?}");
    assert!(
        !text.contains("44770") && !text.contains("99970") && !text.contains("35000"),
        "{text}"
    );
}
