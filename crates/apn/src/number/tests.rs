//! The golden table: what gateways write, and the number that it is.

use super::*;

fn plan(country_code: &str) -> NumberingPlan {
    NumberingPlan {
        country_code: country_code.to_owned(),
        ..NumberingPlan::default()
    }
}

/// (source, country code, value, number or 0).
const TABLE: &[(&str, &str, &str, u64)] = &[
    ("X", "44", "447700900001", 447_700_900_001),
    ("X", "44", "+447700900001", 447_700_900_001),
    ("X", "44", "00447700900001", 447_700_900_001),
    ("X", "44", "07700900001", 447_700_900_001),
    ("X", "44", "0770-090 0001", 447_700_900_001),
    ("X", "44", "\"+447700900001\"", 447_700_900_001),
    ("X", "44", " <447700900001> ", 447_700_900_001),
    ("X", "44", "tel:+44-7700-900001", 447_700_900_001),
    ("X", "44", "TEL:07700900001;phone-context=+44", 447_700_900_001),
    ("X", "44", "+447700900001/TYPE=PLMN", 447_700_900_001),
    ("X", "44", "+447700900001/TYPE=IPv4", 0),
    ("X", "", "07700900001", 0),
    ("X", "44", "", 0),
    ("X", "44", "12345", 0),
    ("X", "44", "4477009000012345", 0),
    ("X", "44", "44770090000a", 0),
    ("X", "44", "447700900001, 447700900002", 0),
    ("X", "44", "sip:+447700900001", 0),
    ("X numbers=international", "44", "447700900001", 447_700_900_001),
    ("X numbers=international", "44", "+447700900001", 447_700_900_001),
    ("X numbers=international", "44", "07700900001", 0),
    ("X numbers=national", "1", "5550100001", 15_550_100_001),
    ("X numbers=national", "1", "+15550100001", 15_550_100_001),
    ("X numbers=national", "1", "0015550100001", 15_550_100_001),
    ("X numbers=national", "44", "07700900001", 447_700_900_001),
    ("X numbers=national", "44", "7700900001", 447_700_900_001),
    ("X numbers=national", "", "7700900001", 0),
    ("X national_digits=10", "1", "5550100001", 15_550_100_001),
    ("X national_digits=10", "1", "15550100001", 15_550_100_001),
    ("X national_digits=10", "1", "(555) 010-0001", 15_550_100_001),
    ("X form=hex", "44", "343437373030393030303031", 447_700_900_001),
    ("X form=hex", "44", "2b343437373030393030303031", 447_700_900_001),
    ("X form=hex", "44", "0x343437373030393030303031", 447_700_900_001),
    ("X form=hex", "44", "34343737303039303030303", 0),
    ("X form=hex", "44", "447700900001", 0),
    ("X form=hex", "44", "zz", 0),
    ("X form=bcd", "44", "447700090010", 447_700_900_001),
    ("X form=bcd", "1", "51550001001F", 0),
    ("X form=bcd", "1", "5155100000F1", 15_550_100_001),
    ("X form=bcd", "44", "4477F0090010", 0),
    ("X form=base64", "44", "NDQ3NzAwOTAwMDAx", 447_700_900_001),
    ("X form=base64", "44", "KzQ0NzcwMDkwMDAwMQ==", 447_700_900_001),
    ("X form=base64", "44", "KzQ0NzcwMDkwMDAwMQ", 447_700_900_001),
    ("X form=base64", "44", "KzQ0NzcwMDkwMDAwMR", 0),
    ("X form=base64", "44", "NDQ3NzAw*TAwMDAx", 0),
    (
        "X parameter=MSISDN",
        "44",
        "MSISDN=447700900001;IMSI=999700000000001",
        447_700_900_001,
    ),
    (
        "X parameter=msisdn",
        "44",
        "a=b; MSISDN=\"+447700900001\"; c",
        447_700_900_001,
    ),
    ("X parameter=MSISDN", "44", "IMSI=999700000000001", 0),
    (
        "X parameter=MSISDN",
        "44",
        "MSISDN=447700900001;MSISDN=447700900002",
        0,
    ),
    (
        "X parameter=MSISDN",
        "44",
        "MSISDN=447700900001;MSISDN=447700900001",
        447_700_900_001,
    ),
    (
        "Cookie parameter=User-Identity-Forward-msisdn form=hex",
        "44",
        "x=1; User-Identity-Forward-msisdn=343437373030393030303031",
        447_700_900_001,
    ),
];

#[test]
fn the_golden_table() {
    assert!(TABLE.len() >= 30);
    for (source, country_code, value, expected) in TABLE {
        let source: NumberSource = source.parse().unwrap();
        let found = msisdn(value.as_bytes(), &source, &plan(country_code));
        assert_eq!(
            found.map_or(0, Msisdn::digits),
            *expected,
            "{source} {country_code} {value}"
        );
    }
}

#[test]
fn imsis() {
    for (source, value, expected) in [
        ("X", "999700000000001", Some("999700000000001")),
        ("X", "001010000000001", Some("001010000000001")),
        ("X form=bcd", "9979000000000010F0", None),
        ("X form=bcd", "99790000000000F1", Some("999700000000001")),
        (
            "X parameter=imsi",
            "msisdn=1;imsi=999700000000001",
            Some("999700000000001"),
        ),
        ("X", "99970000000000a", None),
        ("X", "+99970000000001", None),
    ] {
        let found = imsi(value.as_bytes(), &source.parse().unwrap());
        assert_eq!(
            found.map(|imsi| imsi.to_string()).as_deref(),
            expected,
            "{source} {value}"
        );
    }
}

#[test]
fn long_values_give_nothing() {
    for octet in [b'0', b' ', b'A', b'=', b';', b'"'] {
        let value = vec![octet; 5_000];
        for source in [
            "X",
            "X form=hex",
            "X form=bcd",
            "X form=base64",
            "X parameter=a",
            "X numbers=national",
        ] {
            assert_eq!(msisdn(&value, &source.parse().unwrap(), &plan("44")), None);
        }
    }
}
