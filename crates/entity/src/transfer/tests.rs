//! Tests of the transfer encodings. Examples of RFC 2045 and RFC 4648 §10; what broken senders write.

use super::*;

fn decoded(transfer: Transfer, body: &str) -> Vec<u8> {
    let mut out = b"before".to_vec();
    decode(transfer, body.as_bytes(), &mut out);
    out.split_off(6)
}

#[test]
fn base64_is_decoded_as_it_comes() {
    for (body, expected) in [
        ("Zm9vYmFy", "foobar"),
        ("Zm9vYmE=", "fooba"),
        ("Zm9vYg==\r\n", "foob"),
        ("Zm9v\r\nYmFy\r\n", "foobar"),
        ("Zm9vY\nmFy", "foobar"),
        ("Z m 9 v", "foo"),
        ("Zm9vYg", "foob"),
        ("Zm9vYmE", "fooba"),
        ("Zm9vY", "foo"),
        ("Zm9v*YmFy!", "foobar"),
        ("Zm8=Zm8=", "fofo"),
        ("", ""),
        ("====", ""),
        // The bits after the last octet should be zero; some senders leave others there.
        ("Zm9vYh==", "foob"),
    ] {
        assert_eq!(decoded(Transfer::Base64, body), expected.as_bytes(), "{body:?}");
    }
}

#[test]
fn quoted_printable_is_decoded_as_it_comes() {
    for (body, expected) in [
        ("a=3Db", "a=b"),
        ("=C3=bC", "ü"),
        ("a=\r\nb", "ab"),
        ("a= \t\r\nb", "ab"),
        ("a  \r\nb", "a\r\nb"),
        ("a\nb", "a\nb"),
        ("a=", "a"),
        ("a=4", "a=4"),
        ("a=XYb", "a=XYb"),
        ("a==3D", "a=="),
        ("", ""),
    ] {
        assert_eq!(
            decoded(Transfer::QuotedPrintable, body),
            expected.as_bytes(),
            "{body:?}"
        );
    }
}

#[test]
fn the_header_is_read_in_any_case() {
    for (value, transfer) in [
        ("base64", Transfer::Base64),
        ("BASE64 (comment)", Transfer::Base64),
        ("Quoted-Printable", Transfer::QuotedPrintable),
        ("8BIT", Transfer::Identity),
        ("binary", Transfer::Identity),
        ("", Transfer::Identity),
        ("x-uuencode", Transfer::Unknown),
    ] {
        assert_eq!(Transfer::read(value.as_bytes()), transfer, "{value}");
    }
}

#[test]
fn what_is_encoded_decodes_to_the_same_octets() {
    let octets: Vec<u8> = (0..1_000_u32)
        .map(|n| n.wrapping_mul(2_654_435_761).to_be_bytes()[0])
        .collect();
    for length in (0..200).chain([570, 1_000]) {
        let body = &octets[..length];
        for (encode, transfer) in [
            (encode_base64 as fn(&[u8], &mut Vec<u8>), Transfer::Base64),
            (encode_quoted_printable, Transfer::QuotedPrintable),
        ] {
            let mut text = Vec::new();
            encode(body, &mut text);
            assert!(
                text.split(|&o| o == b'\n').all(|line| line.len() <= 77),
                "short lines: {length}"
            );
            assert!(text.is_ascii() && !text.ends_with(b"\n"));
            assert_eq!(
                decoded(transfer, str::from_utf8(&text).unwrap()),
                body,
                "{transfer:?} {length}"
            );
        }
    }
}

#[test]
fn quoted_printable_keeps_line_ends_of_any_kind() {
    let mut text = Vec::new();
    encode_quoted_printable("From ü \r\n.\r\nlone\nreturn\rtab\t".as_bytes(), &mut text);
    let expected = "=46rom =C3=BC=20\r\n=2E\r\nlone=0Areturn=0Dtab=09";
    assert_eq!(str::from_utf8(&text).unwrap(), expected);
}

#[test]
fn bodies_are_told_apart() {
    let texture = |body: &str| {
        let t = Texture::of(body.as_bytes());
        (t.is_seven_bit, t.has_lines, t.is_mostly_text, t.holds_boundary)
    };
    assert_eq!(texture("a\r\nb"), (true, true, true, false));
    assert_eq!(texture("a\nb"), (true, false, true, false));
    assert_eq!(texture("a\rb"), (true, false, true, false));
    assert_eq!(texture("ü is a letter of seven"), (false, true, true, false));
    assert_eq!(texture("\0\u{1}"), (false, false, false, false));
    assert_eq!(texture("x--=_0001"), (true, true, true, true));
    assert!(texture(&"x".repeat(LINE_OCTETS_MAX)).1);
    assert!(!texture(&"x".repeat(LINE_OCTETS_MAX + 1)).1);
    assert_eq!(texture(""), (true, true, true, false));
}
