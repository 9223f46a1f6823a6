//! Texts of number sources: read, refused, and printed as they are read.

use super::*;

#[test]
fn reads_what_it_prints() {
    for text in [
        "X-MSISDN",
        "Cookie parameter=User-Identity-Forward-msisdn form=hex",
        "X-WAP-3GPP-IMSI form=bcd",
        "x-vzw-mdn national_digits=10",
        "X-Up-Subno form=base64 numbers=national",
        "X-Nokia-MSISDN numbers=international",
    ] {
        let source: NumberSource = text.parse().unwrap();
        assert_eq!(source.to_string(), text);
    }
}

#[test]
fn refuses_the_rest() {
    for text in [
        "",
        " ",
        "X MSISDN",
        "X-MSISDN form=rot13",
        "X-MSISDN parameter=",
        "X-MSISDN numbers=local",
        "X-MSISDN national_digits=3",
        "X-MSISDN national_digits=15",
        "X-MSISDN:",
        "X-MSISDN colour=red",
    ] {
        assert_eq!(text.parse::<NumberSource>(), Err(NotASource), "{text}");
    }
}
