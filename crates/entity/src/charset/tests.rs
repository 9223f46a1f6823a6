//! Tests of the names of character sets.

use super::*;

#[test]
fn names_and_numbers_agree() {
    for (text, number) in [
        ("UTF-8", Some(106)),
        ("utf8", Some(106)),
        ("Latin1", Some(4)),
        ("us-ascii", Some(3)),
        ("x-mib-2085", Some(2085)),
        ("X-MIB-7", Some(7)),
        ("x-mib-", None),
        ("klingon", None),
        ("é-mib-7", None),
    ] {
        assert_eq!(mib_enum(text), number, "{text}");
    }
    assert_eq!(name(106).as_deref(), Some("utf-8"));
    assert_eq!(name(2085).as_deref(), Some("x-mib-2085"));
    assert_eq!(name(0), None, "any character set is none");
}
