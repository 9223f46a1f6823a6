//! A joined sum is the sum of the whole, wherever it is cut; the judge is the crate that sums.

use super::{Summed, joined};
use proptest::prelude::*;

fn check(octets: &[u8], cut: usize) {
    let (first, second) = octets.split_at(cut);
    let second = Summed {
        octets: second.len() as u32,
        crc: crc32c::crc32c(second),
    };
    assert_eq!(
        joined(crc32c::crc32c(first), second),
        crc32c::crc32c(octets),
        "{} octets cut at {cut}",
        octets.len()
    );
}

#[test]
fn lengths_of_every_power_of_two() {
    let octets: Vec<u8> = (0..=u8::MAX).cycle().take((1 << 20) + 5).collect();
    for power in 0..=20 {
        let end = 5 + (1 << power);
        check(&octets[..end], 5);
        check(&octets[..end - 1], 5);
    }
}

proptest! {
    #[test]
    fn any_octets_cut_anywhere(
        octets in proptest::collection::vec(any::<u8>(), 0..5_000),
        cut in any::<prop::sample::Index>(),
    ) {
        check(&octets, cut.index(octets.len() + 1));
    }
}
