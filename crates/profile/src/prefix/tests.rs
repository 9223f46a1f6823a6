//! What is a prefix, what is not, and what lies in one.

use super::{NotAPrefix, Prefix};

#[test]
fn texts_that_are_prefixes_and_texts_that_are_not() {
    let rows: &[(&str, Result<&str, NotAPrefix>)] = &[
        ("127.0.0.0/8", Ok("127.0.0.0/8")),
        ("10.1.2.3", Ok("10.1.2.3/32")),
        ("::1", Ok("::1/128")),
        ("2001:db8::/32", Ok("2001:db8::/32")),
        ("0.0.0.0/0", Ok("0.0.0.0/0")),
        ("10.0.0.0/33", Err(NotAPrefix::Bits)),
        ("10.0.0.0/", Err(NotAPrefix::Bits)),
        ("10.0.0.0/-1", Err(NotAPrefix::Bits)),
        ("10.0.0.1/8", Err(NotAPrefix::HostBits)),
        ("2001:db8::1/32", Err(NotAPrefix::HostBits)),
        ("gateway.example", Err(NotAPrefix::Address)),
        ("", Err(NotAPrefix::Address)),
        ("10.0.0", Err(NotAPrefix::Address)),
    ];
    for (text, expected) in rows {
        let found = text.parse::<Prefix>().map(|prefix| prefix.to_string());
        assert_eq!(found.as_deref().map_err(|error| *error), *expected, "{text}");
    }
}

#[test]
fn addresses_in_and_out() {
    let rows: &[(&str, &str, bool)] = &[
        ("127.0.0.0/8", "127.255.0.1", true),
        ("127.0.0.0/8", "128.0.0.1", false),
        ("127.0.0.0/8", "::ffff:127.0.0.1", true),
        ("127.0.0.0/8", "::1", false),
        ("0.0.0.0/0", "203.0.113.9", true),
        ("0.0.0.0/0", "2001:db8::1", false),
        ("::/0", "2001:db8::1", true),
        ("::/0", "::ffff:203.0.113.9", false),
        ("2001:db8::/33", "2001:db8:7fff::1", true),
        ("2001:db8::/33", "2001:db8:8000::1", false),
        ("10.1.2.3", "10.1.2.3", true),
        ("10.1.2.3", "10.1.2.2", false),
    ];
    for (prefix, address, inside) in rows {
        let prefix: Prefix = prefix.parse().unwrap();
        assert_eq!(
            prefix.contains(address.parse().unwrap()),
            *inside,
            "{prefix} {address}"
        );
    }
}
