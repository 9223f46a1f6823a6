//! Photographs have their size and are JPEGs.

use super::{JPEG_OCTETS_MIN, of_octets};

/// Walks the segments up to the scan: an independent look at the structure.
fn walk(jpeg: &[u8]) -> Result<usize, usize> {
    if !jpeg.starts_with(&[0xFF, 0xD8]) || !jpeg.ends_with(&[0xFF, 0xD9]) {
        return Err(0);
    }
    let (mut at, mut segments) = (2, 0);
    loop {
        let [0xFF, marker, high, low] = *jpeg.get(at..at + 4).ok_or(at)? else {
            return Err(at);
        };
        segments += 1;
        if marker == 0xDA {
            return Ok(segments);
        }
        at += 2 + usize::from(u16::from_be_bytes([high, low]));
    }
}

#[test]
fn every_size_is_met_to_the_octet() {
    for octets in [
        0,
        1,
        899,
        JPEG_OCTETS_MIN,
        901,
        2_000,
        30_000,
        65_530,
        100_000,
        100_001,
        290_000,
    ] {
        assert_eq!(of_octets(octets, 1).len(), octets);
    }
}

#[test]
fn from_the_least_size_on_it_is_a_jpeg() {
    for octets in [JPEG_OCTETS_MIN, 1_000, 5_003, 30_000, 131_072, 300_001] {
        let jpeg = of_octets(octets, 3);
        assert!(walk(&jpeg).is_ok(), "{octets}: {:?}", walk(&jpeg));
    }
    assert!(walk(&of_octets(100, 3)).is_err(), "the walk can fail");
}
