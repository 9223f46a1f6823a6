//! The file of handsets: enough of them, told apart by name and by what they do.

use super::*;
use std::collections::BTreeSet;

#[test]
fn there_are_forty_families_and_each_is_its_own() {
    let known = all().unwrap();
    assert!(known.len() >= 40, "{}", known.len());
    let names: BTreeSet<&str> = known.iter().map(|family| family.name.as_str()).collect();
    assert_eq!(names.len(), known.len(), "two have one name");
    for (index, one) in known.iter().enumerate() {
        assert!(!one.about.is_empty(), "{}", one.name);
        for other in &known[..index] {
            let (mut one, mut other) = (one.clone(), other.clone());
            for family in [&mut one, &mut other] {
                family.name.clear();
                family.about.clear();
            }
            assert_ne!(one, other, "two do the same");
        }
    }
}

#[test]
fn an_unknown_name_is_told_what_there_is() {
    let error = Personality::named("nothing").unwrap_err().to_string();
    assert!(
        error.contains("root-proxy-8080") && error.contains("deferred"),
        "{error}"
    );
}

#[test]
fn numbers_as_gateways_write_them() {
    let number = Msisdn::from_digits(b"447700900001").unwrap();
    for (written, expected) in [
        (Written::Plus, "+447700900001"),
        (Written::Digits, "447700900001"),
        (Written::Hex, "343437373030393030303031"),
        (
            Written::CookieHex,
            "User-Identity-Forward-msisdn=343437373030393030303031",
        ),
        (Written::Tel, "tel:+447700900001"),
        (Written::National, "7700900001"),
    ] {
        let family = Personality {
            written,
            ..Personality::default()
        };
        assert_eq!(family.identity(number), expected);
    }
}

#[test]
fn a_family_makes_a_phone_of_the_labs() {
    let number = Msisdn::from_digits(b"447700900001").unwrap();
    let config = Config::lab(
        number,
        "http://127.0.0.1:8190/".parse().unwrap(),
        "http://127.0.0.1:8192/".parse().unwrap(),
    );
    let proxied = Personality::named("servlets-mms")
        .unwrap()
        .applied(config.clone())
        .unwrap();
    assert_eq!(proxied.mmsc.to_string(), "http://mmsc.example/servlets/mms");
    assert_eq!(proxied.proxy.as_deref(), Some("127.0.0.1:8190"));
    let direct = Personality::named("servlets-mms-direct")
        .unwrap()
        .applied(config)
        .unwrap();
    assert_eq!(direct.mmsc.to_string(), "http://127.0.0.1:8190/servlets/mms");
    assert_eq!(direct.proxy, None);
}
