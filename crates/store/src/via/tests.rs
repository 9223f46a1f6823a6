//! The stored form of a way, which never changes.

use super::{PeerMark, Via};
use crate::record::FLAG_RELAYED;
use base::Token;

#[test]
fn a_way_comes_back_from_its_token() {
    for steps in 0..8_u8 {
        let via = Via {
            peer: PeerMark::of("alpha"),
            resends: 3,
            is_rerouted: steps & 1 != 0,
            answer: 0x86,
            is_deferred: steps & 2 != 0,
            is_deferral_told: steps & 4 != 0,
            is_refused: true,
        };
        assert_eq!(via.to_token().0[8..], [3, steps, 0x86, 1]);
        assert_eq!(Via::of(FLAG_RELAYED, via.to_token()), Some(via));
        assert_eq!(Via::of(0, via.to_token()), None);
    }
}

/// Stored for ever: computed apart, by the xxhash package of Python.
#[test]
fn the_mark_of_a_name_is_fixed() {
    assert_eq!(PeerMark::of("alpha"), PeerMark(ALPHA));
    let token = Via::first(PeerMark(0x0807_0605_0403_0201)).to_token();
    assert_eq!(token, Token([1, 2, 3, 4, 5, 6, 7, 8, 0, 0, 0, 0]));
}

const ALPHA: u64 = 0xbe69_03b5_f625_ab5a;
