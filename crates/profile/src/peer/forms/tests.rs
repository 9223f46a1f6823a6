//! Texts that have a form, and texts that do not.

use super::*;

fn check(form: &Form, fits: &[&str], not: &[&str]) {
    for text in fits {
        assert!(form.fits(text), "{text:?} is {}", form.text);
    }
    for text in not {
        assert!(!form.fits(text), "{text:?} is not {}", form.text);
    }
}

#[test]
fn names_are_short_and_no_words_of_the_table() {
    let long = "a".repeat(33);
    check(
        &PEER_NAME,
        &["a", "alpha", "alpha-2", &long[..32]],
        &["", "Alpha", "2a", "a b", "a_b", &long],
    );
    check(&PEER_NAME, &["locals"], &["local", "any", "refused"]);
    check(&PARTY, &["alpha", "local", "any"], &["refused", "*"]);
    check(&TARGET, &["alpha", "local", "refused"], &["any", ""]);
}

#[test]
fn domains_and_certificate_names() {
    let long = "a".repeat(254);
    check(
        &DOMAIN,
        &["mms.mnc015.mcc234.gprs", "a", "A.example", &long[..253]],
        &["", ".a", "a.", "-a", "a b", "a/b", "ä.example", &long],
    );
    check(
        &CERTIFICATE_NAME,
        &["a.example", "*.a.example"],
        &["*", "*.", "a.*.example", "**.a", ""],
    );
}

#[test]
fn hosts_have_a_port_and_perhaps_a_weight() {
    check(
        &HOST,
        &[
            "a.example:25",
            "192.0.2.1:2525/10",
            "[2001:db8::1]:25/0",
            "a:1/1000",
            "a:65535",
        ],
        &[
            "a.example",
            "a:0",
            "a:65536",
            "a:25/1001",
            "a:25/",
            "a:+25",
            ":25",
            "[::x]:25",
            "2001:db8::1:25",
            "a:25/-1",
        ],
    );
    assert_eq!(host("[::1]:25/7"), Some(("[::1]", 25, 7)));
    assert_eq!(host("a.example:2525"), Some(("a.example", 2_525, 1)));
}

#[test]
fn media_ranges_versions_ids_and_numbers() {
    check(
        &MEDIA_RANGE,
        &[
            "*/*",
            "image/*",
            "image/jpeg",
            "application/vnd.wap.sic",
            "text/x-vcard",
        ],
        &[
            "",
            "*",
            "*/jpeg",
            "Image/jpeg",
            "image",
            "image/",
            "/jpeg",
            "image/jpeg; q=1",
            "a/b/c",
        ],
    );
    check(
        &MM4_VERSION,
        &["4.2.0", "6.10.0"],
        &["6.10", "7.0.0", "6.10.0.1", "6..0", "6.100.0", "x", "6.+1.0"],
    );
    check(&ROUTING_ID, &["D042", "alpha", "1_2.3-4"], &["", "a b", "ä"]);
    check(
        &NUMBERS,
        &["+447700900011", "447700900011", "4477009*", "+4*", "1555010*"],
        &[
            "",
            "+",
            "*",
            "044*",
            "447700",
            "44770090001112345",
            "4477*0",
            "4477 0090001",
        ],
    );
}
