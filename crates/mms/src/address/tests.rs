//! Vectors of address forms (OMA-TS-MMS_ENC clause 8) and of what is really sent.

use wsp::EncodedString;

use super::{Address, Digits, Form, PlmnText};

fn phone(text: &[u8], digits: &str, international: bool) {
    let Form::Phone(number) = Address::ascii(text).form() else {
        panic!("{}", text.escape_ascii())
    };
    assert_eq!(
        String::from_utf8(number.digits().collect()).as_deref(),
        Ok(digits)
    );
    assert_eq!(number.is_international(), international);
}

fn check(text: &[u8], form: Form<'_>) {
    assert_eq!(Address::ascii(text).form(), form, "{}", text.escape_ascii());
}

#[test]
fn telephone_numbers() {
    phone(b"+447700900001/TYPE=PLMN", "447700900001", true);
    phone(b"+447700900001/type=plmn", "447700900001", true);
    phone(b"+447700900001/TYPE=PLNM", "447700900001", true); // a real server's spelling
    phone(b"07700900001", "07700900001", false); // no type at all
    phone(b" +44 (7700) 900-001 /TYPE=PLMN", "447700900001", true);
    phone(b"\"Bob\" <+447700900001/TYPE=PLMN>", "447700900001", true);
    phone(b"12371", "12371", false); // a short code, bare: for the numbering plan to know
    assert_eq!(
        Digits::parse(b"+447700900001").and_then(|number| number.value()),
        Some(447_700_900_001)
    );
    assert_eq!(
        Digits::parse(b"99999999999999999999999").and_then(|number| number.value()),
        None
    );
    for text in [b"".as_slice(), b"+", b"1+2", b"++1", b"12a"] {
        assert_eq!(Digits::parse(text), None, "{}", text.escape_ascii());
    }
}

#[test]
fn other_forms() {
    check(b"*12345", Form::ShortCode(b"*12345"));
    check(b"#31#55", Form::ShortCode(b"#31#55"));
    check(b"NEWS", Form::Alpha(b"NEWS"));
    check(b"joe@user.example", Form::Email(b"joe@user.example"));
    check(b"Joe User <joe@user.example>", Form::Email(b"joe@user.example"));
    check(b"joe@user.example/TYPE=EMAIL", Form::Email(b"joe@user.example")); // not of the book
    check(
        b"192.0.2.30/TYPE=IPv4",
        Form::Ip("192.0.2.30".parse().expect("v4")),
    );
    check(
        b"192.0.2.30/TYPE=IPV4",
        Form::Ip("192.0.2.30".parse().expect("v4")),
    );
    check(
        b"2001:0DB8:0000:0000:0000:0000:0000:0001/TYPE=IPv6",
        Form::Ip("2001:db8::1".parse().expect("v6")),
    );
    check(b"My Bank", Form::Other(b"My Bank"));
    check(b"x/TYPE=unknown", Form::Other(b"x/TYPE=unknown"));
    check(b"*", Form::Other(b"*"));
    check(b"", Form::Other(b""));
    check(b"<>", Form::Other(b"<>"));
}

#[test]
fn display_names_and_types() {
    let named = Address::ascii(b"\"Bob B.\" <+447700900001/TYPE=PLMN>");
    assert_eq!(named.display_name(), Some(b"Bob B.".as_slice()));
    assert_eq!(named.type_token(), Some(b"PLMN".as_slice()));
    assert_eq!(Address::ascii(b"<a@b.example>").display_name(), None);
    assert_eq!(Address::ascii(b"a/b@c.example").type_token(), None);
}

#[test]
fn wide_text_is_no_number() {
    let wide = Address {
        text: EncodedString {
            charset: Some(1000),
            text: b"\x001\x002",
        },
    };
    assert_eq!(wide.form(), Form::Other(b"\x001\x002"));
}

#[test]
fn numbers_that_the_server_writes() {
    for (number, text) in [
        (447_700_900_001, b"+447700900001/TYPE=PLMN".as_slice()),
        (0, b"+0/TYPE=PLMN"),
        (7, b"+7/TYPE=PLMN"),
        (u64::MAX, b"+18446744073709551615/TYPE=PLMN"),
    ] {
        assert_eq!(PlmnText::new(number).address(), Address::ascii(text));
    }
}
