//! What is counted fits the segments that were filled for it, whatever a message's size.

use super::{COUNTED_MESSAGES, SEGMENTS, WARM_MESSAGES, messages};
use crate::bare::SEGMENT_OCTETS;

#[test]
fn large_messages_are_counted_in_smaller_number() {
    for (octets, expected) in [
        (1_000, 50_000),
        (30_000, 50_000),
        (300_000, 5_000),
        (3_000_000, 500),
    ] {
        let counted = messages(COUNTED_MESSAGES, octets);
        assert_eq!(counted, expected, "{octets}");
        let written = (messages(WARM_MESSAGES, octets) + counted) * octets as u64;
        let room = u64::from(SEGMENTS) * u64::from(SEGMENT_OCTETS);
        // As much again is left for frames, and for what goes on while system calls are counted.
        assert!(written * 2 < room, "{octets}: {written}");
    }
}
