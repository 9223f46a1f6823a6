//! Event times by what clients send, and never after their arrival.

use super::*;

#[test]
fn event_times() {
    let received = WallSeconds(1_000);
    for (timestamp, delay_s, stamp, expected) in [
        (Some(900), None, Stamp::Event, 900),
        (Some(900), Some(50), Stamp::Event, 900),
        (Some(900), Some(50), Stamp::Sending, 850),
        (None, Some(50), Stamp::Event, 950),
        (None, None, Stamp::Event, 1_000),
        (Some(5_000), None, Stamp::Event, 1_000),
        (Some(10), Some(50), Stamp::Sending, 0),
    ] {
        assert_eq!(
            event_time(timestamp, delay_s, stamp, received),
            WallSeconds(expected)
        );
    }
}
