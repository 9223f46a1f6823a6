//! User data headers as octets, after 3GPP TS 23.040 §9.2.3.24, and where a push is cut.
//!
//! Invariant: sizes are written out, not computed by the code under test.

use super::*;
use crate::hex::octets;

#[track_caller]
fn check(push_octets: usize, reference: Reference, number: u8, header: &str, payload: usize) {
    let push = vec![0x5A; push_octets];
    let segment = segment(&push, reference, number).unwrap();
    let mut message = Vec::new();
    write_message(&mut message, reference, 0xABCD, &segment);
    let header = octets(header);
    assert_eq!(message.get(..header.len()), Some(header.as_slice()));
    assert_eq!(message.len(), header.len() + payload);
}

#[test]
fn headers() {
    // 05 04: ports; 0B84 = 2948, 23F0 = 9200.
    check(133, Reference::Octet, 1, "06 05 04 0B84 23F0", 133);
    check(133, Reference::Word, 1, "06 05 04 0B84 23F0", 133);
    // 00 03: concatenation with an octet of reference, total, number.
    check(134, Reference::Octet, 1, "0B 05 04 0B84 23F0 00 03 CD 02 01", 128);
    check(134, Reference::Octet, 2, "0B 05 04 0B84 23F0 00 03 CD 02 02", 6);
    // 08 04: with two octets of reference.
    check(
        134,
        Reference::Word,
        1,
        "0C 05 04 0B84 23F0 08 04 ABCD 02 01",
        127,
    );
    check(
        381,
        Reference::Word,
        3,
        "0C 05 04 0B84 23F0 08 04 ABCD 03 03",
        127,
    );
}

#[test]
fn how_many_messages() {
    let table = [
        (Reference::Octet, 0, Some(1)),
        (Reference::Octet, 133, Some(1)),
        (Reference::Octet, 134, Some(2)),
        (Reference::Octet, 256, Some(2)),
        (Reference::Octet, 257, Some(3)),
        (Reference::Octet, 384, Some(3)),
        (Reference::Octet, 385, None),
        (Reference::Word, 133, Some(1)),
        (Reference::Word, 254, Some(2)),
        (Reference::Word, 255, Some(3)),
        (Reference::Word, 381, Some(3)),
        (Reference::Word, 382, None),
    ];
    for (reference, octets, expected) in table {
        assert_eq!(
            reference.segments(octets),
            expected,
            "{octets} octets, {reference:?}"
        );
    }
    assert_eq!(segment(&[0; 134], Reference::Octet, 0), None);
    assert_eq!(segment(&[0; 134], Reference::Octet, 3), None);
    assert_eq!(segment(&[0; 385], Reference::Octet, 1), None);
}

#[test]
fn reading_headers() {
    let piece = |text: &str| {
        let octets = octets(text);
        read_header(&octets).map(|piece| (piece.ports, piece.concatenation, piece.octets.to_vec()))
    };
    let ports = Some((2948, 9200));
    // Concatenation first, which some networks want.
    assert_eq!(
        piece("0B 00 03 07 02 01 05 04 0B84 23F0 AA").unwrap(),
        (ports, Some((7, 2, 1)), vec![0xAA])
    );
    // An element that is unknown: 24 national language.
    assert_eq!(
        piece("09 24 01 01 05 04 0B84 23F0 AA").unwrap(),
        (ports, None, vec![0xAA])
    );
    // Longer than the message; an element longer than the header; half an element.
    assert_eq!(piece("06 05 04 0B84"), None);
    assert_eq!(piece("03 05 04 0B AA"), None);
    assert_eq!(piece("01 05 AA"), None);
    assert_eq!(piece(""), None);
}

#[test]
fn segments_in_any_order() {
    let push: Vec<u8> = (0..=255).chain(0..100).collect();
    let messages: Vec<_> = [3, 1, 1, 2]
        .iter()
        .map(|&number| {
            let mut message = Vec::new();
            let segment = segment(&push, Reference::Octet, number).unwrap();
            write_message(&mut message, Reference::Octet, 9, &segment);
            message
        })
        .collect();
    let mut reassembly = Reassembly::new();
    let mut whole = messages
        .iter()
        .map(|message| reassembly.take(&read_header(message).unwrap()));
    assert_eq!(whole.by_ref().take(3).collect::<Vec<_>>(), [None, None, None]);
    assert_eq!(whole.next().unwrap(), Some(push));
}

#[test]
fn reassembly_is_bounded() {
    let mut reassembly = Reassembly::new();
    let piece = |reference, number| Piece {
        ports: None,
        concatenation: Some((reference, 2, number)),
        octets: b"x",
    };
    for reference in 0..=OPEN_MAX as u16 {
        assert_eq!(reassembly.take(&piece(reference, 1)), None);
    }
    // The oldest gave way.
    assert_eq!(reassembly.take(&piece(0, 2)), None);
    assert_eq!(reassembly.take(&piece(OPEN_MAX as u16, 2)), Some(b"xx".to_vec()));
    let wrong = [(1, 2, 0), (1, 2, 3), (1, 200, 1)];
    for concatenation in wrong {
        let piece = Piece {
            concatenation: Some(concatenation),
            ..piece(0, 1)
        };
        assert_eq!(reassembly.take(&piece), None);
    }
}
