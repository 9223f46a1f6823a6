//! Frames: golden octets, every damage found, and what is behind a torn one left out.

use super::*;
use crate::Realm;

fn saved() -> Saved {
    Saved {
        key: Key::address(Realm(7), "10.1.2.3".parse().unwrap()),
        state: SavedState::Held,
        session: SessionName(0x1122_3344_5566_7788),
        previous: Previous::Ended(SessionName(9)),
        began_s_min: 1,
        began_s_max: 2,
        last_s: 3,
        heard: WallSeconds(4),
        facts: Facts {
            msisdn: Msisdn::from_digits(b"447700900001"),
            imsi: Imsi::from_digits(b"999700000000001"),
            imeisv: Imeisv::from_digits(b"3500000000000001"),
            sgsn: Plmn::from_digits(b"99970"),
            rat: Some(6),
        },
        nas: [5, 6],
        generation: Generation(0x0102_0304_0506),
    }
}

#[test]
fn frames_come_back() {
    for frame in [
        Frame::Claim(saved()),
        Frame::Claim(Saved {
            state: SavedState::Rival,
            previous: Previous::Displaced(SessionName(1)),
            facts: Facts::default(),
            ..saved()
        }),
        Frame::Forgotten(77),
        Frame::Alive(base::WallSeconds(78)),
        Frame::Cleared { nas: [1, 2], at_s: 3 },
    ] {
        assert_eq!(Frame::decode(&frame.encode()), Some(frame));
    }
}

/// A stored form: it must not change without another version.
#[test]
fn the_octets_of_a_claim() {
    let hex: String = Frame::Claim(saved())
        .encode()
        .iter()
        .take(64)
        .map(|octet| format!("{octet:02x}"))
        .collect();
    assert_eq!(
        hex,
        "7253010107008001\
         0302010affff00000000000000000000\
         8877665544332211\
         0900000000000000\
         01010600\
         01000000020000000300000004000000\
         82865100"
    );
    let octets = Frame::Claim(saved()).encode();
    assert_eq!(octets[108..124], *b"\x06\x05\x04\x03\x02\x01\0\0\0\0\0\0\0\0\0\0");
}

#[test]
fn every_changed_bit_is_found() {
    let sound = Frame::Claim(saved()).encode();
    for at in 0..FRAME_OCTETS * 8 {
        let mut octets = sound;
        octets[at / 8] ^= 1 << (at % 8);
        assert_eq!(Frame::decode(&octets), None, "bit {at}");
    }
}

#[test]
fn reading_ends_at_a_torn_frame() {
    let mut octets = Frame::Claim(saved()).encode().to_vec();
    octets.extend_from_slice(&Frame::Forgotten(1).encode());
    octets.extend_from_slice(&Frame::Forgotten(2).encode()[..100]);
    let mut frames = Frames::new(&octets);
    assert_eq!(frames.by_ref().count(), 2);
    assert_eq!(frames.offset(), 2 * FRAME_OCTETS);
}
