//! RADIUS accounting requests with the attributes that a packet core sends.
//!
//! A subject of the fuzzers. Invariant: the packet's own length is put right after most damage, so that it is met among
//! the attributes, too.

use radius::{Accounting, Code, Packet, Writer, attribute};

use crate::fuzz::{Dice, Format, Layout};

/// Datagrams.
pub const FORMAT: Format = Format {
    make: datagram,
    edit_length: |dice, bytes| {
        let mut starts = vec![2, 3];
        let mut at = HEAD;
        while let Some(&octets) = bytes.get(at + 1) {
            starts.push(at + 1);
            at += usize::from(octets.max(2));
        }
        if let Some(octet) = dice.pick(&starts).and_then(|&at| bytes.get_mut(at)) {
            *octet = [0, 1, 2, 3, 255, octet.wrapping_add(1), octet.wrapping_sub(1)][dice.below(7)];
        }
    },
    repair: |dice, bytes| {
        let octets = (bytes.len() as u16).to_be_bytes();
        if let Some(length) = bytes.get_mut(2..4)
            && !dice.one_in(4)
        {
            length.copy_from_slice(&octets);
        }
    },
    layout: Layout::Stream,
    tokens: &[
        b"\x28\x06\0\0\0\x01",
        b"\x28\x06\0\0\0\x02",
        b"\x28\x06\0\0\0\x03",
        b"\x28\x06\0\0\0\x07",
        b"\x08\x06\xC0\0\x02\x01",
        b"\x1F\x0E447700900001",
        b"\x2C\x04s1",
        b"\x50\x12\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0",
        b"\x1A\x0C\0\0\x28\xAF\x01\x06\x32\x33\x34\x31",
        b"\x1A\x08\0\0\x28\xAF\x01\xFF",
        b"\x1A\x02",
        b"\x61\x0A\0\x40\x20\x01\x0D\xB8\0\0",
        b"\x61\x04\0\xFF",
        b"\x21\x03p",
        b"\x37\x06\x7F\xFF\xFF\xFF",
    ],
    octets_max: 1_024,
};

/// Octets of a packet's head (RFC 2866 §3).
const HEAD: usize = radius::packet::HEADER_OCTETS;

fn datagram(dice: &mut Dice) -> Vec<u8> {
    let mut out = Vec::new();
    let mut writer = Writer::new(&mut out, Code::AccountingRequest, dice.octet());
    // None of these fills a packet: what a full one does is the crate's own test.
    let _ = writer.number(attribute::ACCT_STATUS_TYPE, 1 + dice.below(3) as u32);
    let _ = writer.attribute(attribute::ACCT_SESSION_ID, b"0A1B2C3D");
    let _ = writer.attribute(attribute::FRAMED_IP_ADDRESS, &[192, 0, 2, dice.octet()]);
    let _ = writer.attribute(attribute::CALLING_STATION_ID, b"447700900001");
    for _ in 0..dice.below(6) {
        let _ = match dice.below(8) {
            0 => writer.attribute(attribute::NAS_IP_ADDRESS, &[198, 51, 100, 1]),
            1 => writer.attribute(
                attribute::FRAMED_IPV6_PREFIX,
                &[0, 64, 0x20, 1, 0x0D, 0xB8, 0, 1, 0, 0],
            ),
            2 => writer.three_gpp(1, b"234150000000001"),
            3 => writer.three_gpp(18, b"23415"),
            4 => writer.number(attribute::EVENT_TIMESTAMP, dice.number() as u32),
            5 => writer.attribute(attribute::PROXY_STATE, &dice.noise(20)),
            6 => writer.number(attribute::ACCT_DELAY_TIME, dice.below(100) as u32),
            _ => writer.attribute(dice.octet(), &dice.noise(30)),
        };
    }
    writer.sign_request(radius::fuzz::SECRET);
    out
}

/// Whether it is an accounting request that says something.
pub fn accepts(bytes: &[u8]) -> bool {
    Packet::read(bytes).is_ok_and(|packet| Accounting::read(&packet).is_ok())
}

/// A walk over the attributes that believes their lengths.
pub fn canary(bytes: &[u8]) {
    let mut rest = bytes.get(HEAD..).unwrap_or_default();
    while let [_, octets, ..] = *rest {
        assert!(octets > 1, "a walk that stands still");
        rest = &rest[usize::from(octets)..];
    }
}
