//! A survey says what looking line by line says.

use super::Survey;
use crate::message::BodyKind;

/// Line by line, an octet at a time.
fn slowly(message: &[u8]) -> (BodyKind, bool, bool) {
    let (mut kind, mut has_long_line, mut header_sound) = (BodyKind::SevenBit, false, true);
    let (mut line, mut in_header, mut at) = (0, true, 0);
    while at < message.len() {
        let octet = message[at];
        if message[at..].starts_with(b"\r\n") {
            has_long_line |= line + 2 > 1_000;
            in_header &= line > 0;
            (line, at) = (0, at + 2);
            continue;
        }
        if matches!(octet, 0 | b'\r' | b'\n') {
            kind = BodyKind::Binary;
            header_sound &= !in_header;
        } else if octet > 0x7f && kind == BodyKind::SevenBit {
            kind = BodyKind::EightBit;
        }
        (line, at) = (line + 1, at + 1);
    }
    has_long_line |= line + 2 > 1_000;
    (kind, has_long_line, header_sound)
}

fn check(message: &[u8]) {
    let found = Survey::of(message);
    let (kind, has_long_line, header_sound) = slowly(message);
    assert_eq!(found.kind(), kind, "{message:?}");
    assert_eq!(found.header_sound(), header_sound, "{message:?}");
    if kind != BodyKind::Binary {
        assert_eq!(found.has_long_line(), has_long_line, "{message:?}");
    }
}

#[test]
fn lines_of_every_length_about_the_longest() {
    for octets in 990..1_010 {
        let line = vec![b'x'; octets];
        for message in [
            line.clone(),
            [&line, &b"\r\n"[..]].concat(),
            [&b"a: b\r\n\r\n"[..], &line, b"\r\nshort\r\n"].concat(),
            [&line, &b"\r\n"[..], &line, b"\r\n", &line].concat(),
        ] {
            check(&message);
        }
    }
}

#[test]
fn all_short_messages_of_what_matters() {
    const OCTETS: [u8; 6] = [b'\r', b'\n', 0, b'.', b'a', 0xe9];
    for length in 0..6_u32 {
        for number in 0..6_usize.pow(length) {
            let digit = |place: u32| OCTETS[number / 6_usize.pow(place) % 6];
            let message: Vec<u8> = (0..length).map(digit).collect();
            check(&message);
        }
    }
}
