//! Addresses and paths: what is one, what is none.

use super::{Address, find_path};

#[test]
fn addresses() {
    for text in [
        "+447700900001/TYPE=PLMN@mms.mnc001.mcc234.gprs",
        "+447700900001/TYPE=PLMN",
        "447700900001",
        "12345/TYPE=PLMN@a_b.example",
        "system-user@[192.0.2.1]",
        "a@[IPv6:2001:db8::1]",
        "\"a b\"@example",
        "\"a@b>c\\\"\"@example",
        "a.b..c@example",
    ] {
        assert_eq!(Address::parse(text).map(Address::as_str), Ok(text));
    }
    let long = format!("{}@example", "a".repeat(300));
    for text in [
        "",
        "@",
        "a@",
        "@a",
        "a b@c",
        "a@b c",
        "a@b@c",
        "a@b..c",
        "a@.b",
        "a@b.",
        "\"a",
        "\"a\"b@c",
        "a<b@c",
        "a>@c",
        "a@b>",
        "a\r\nRCPT",
        "a\0@b",
        "a\u{e9}@b",
        "a@[]",
        "a@[b",
        "a@[b]c",
        "\"\\",
        "\"a\r\"@b",
        &long,
    ] {
        assert!(Address::parse(text).is_err(), "{text:?} is taken for an address");
    }
}

#[test]
fn domains() {
    for (text, domain) in [
        ("a@b.c", Some("b.c")),
        ("a", None),
        ("\"x@y\"@z", Some("z")),
        ("\"x@y\"", None),
    ] {
        assert_eq!(Address::parse(text).unwrap().domain(), domain);
    }
}

#[test]
fn paths() {
    for (text, address, rest) in [
        ("<>", "", ""),
        (" <>", "", ""),
        ("<a@b> SIZE=5", "a@b", " SIZE=5"),
        ("<@r1.example,@r2:a@b>", "a@b", ""),
        ("<\"a>b\"@c>x", "\"a>b\"@c", "x"),
        ("<+447700900001/TYPE=PLMN>", "+447700900001/TYPE=PLMN", ""),
    ] {
        let extent = find_path(text).unwrap_or_else(|| panic!("{text:?} is no path"));
        assert_eq!(&text[extent.start..extent.end], address);
        assert_eq!(&text[extent.rest..], rest);
    }
    for text in [
        "",
        "<",
        ">",
        "a@b",
        "  <a@b>",
        "<a@b",
        "<<a@b>>",
        "<a@b<>",
        "<@a@b>",
        "<@:a@b>",
        "<@r a@b>",
        "<@r1,r2:a@b>",
        "<\"a>",
        "< a@b>",
        "<a@b >",
        "<@r\":a@b>",
    ] {
        assert_eq!(find_path(text), None, "{text:?} is taken for a path");
    }
}
